//! Loading a call file: the whole file or nothing.

mod file;

pub use file::{
    Audience, Call, CallFile, Campaign, Coded, Consultation, ForumEdition, Group, Milestone, Petition, Principle, RoundStatus,
    Scope, Session, Supporter, parse,
};
