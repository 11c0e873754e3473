//! Consultation rounds.

mod fields;
mod following;
mod kit;
mod moves;
mod shown;
mod telling;
mod time;
