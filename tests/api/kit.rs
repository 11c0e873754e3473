//! What every slice gets from the kit, tried over HTTP on a slice that only these tests mount.

mod forms;
mod lists;
pub mod notes;
mod reads;
mod writes;
