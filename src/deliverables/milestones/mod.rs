//! Milestones: what of a deliverable is to be done by when.

pub mod store;
