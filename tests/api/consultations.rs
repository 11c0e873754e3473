//! Consultation rounds.

mod contributing;
mod fields;
mod following;
mod killed;
mod kit;
mod moves;
mod parties;
mod public;
mod questions;
mod round;
mod shown;
mod telling;
mod time;
mod traces;
mod walking;
