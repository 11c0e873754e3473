//! Memberships: who takes part in a group, for whom, as intervals (domain.md, Memberships).

pub mod admission;
pub mod endings;
pub mod mails;
pub mod routes;
pub mod rules;
pub mod store;
