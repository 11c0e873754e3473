//! Loading a call file: the whole file or nothing.

mod file;
mod report;
mod store;

pub use file::{
    Call, CallFile, Campaign, Coded, Consultation, ForumEdition, Group, Milestone, Petition, Principle, RoundStatus, Scope,
    Session, Supporter, parse,
};
pub use report::{LoadFault, Report, Section, Tally};
pub use store::{load, loaded};
