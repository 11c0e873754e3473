//! Consultation rounds.

mod contributing;
mod killed;
mod parties;
mod public;
mod questions;
mod round;
mod traces;
mod walking;
