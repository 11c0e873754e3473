//! Consultation rounds.

mod contributing;
mod fields;
mod following;
mod killed;
pub mod kit;
mod listed;
mod merging;
mod moves;
mod parties;
mod public;
mod questions;
mod results;
mod round;
mod secrets;
mod seed;
mod shown;
mod telling;
mod time;
mod traces;
mod walking;
