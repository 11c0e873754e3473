//! Working groups: mandates, co-chair seats and the rule of their balance.

mod rules;

pub use rules::{
    Balance, Derogation, JoinPolicy, Seat, Status, Violation, ViolationCode, Waivable, balance, balanced, refused_in_every_status,
};
