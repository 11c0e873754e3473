//! Memberships: who takes part in a group, for whom, as intervals (domain.md, Memberships).

pub mod rules;
