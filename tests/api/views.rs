//! What shows several slices at once.

mod board;
mod tasks;
mod timeline;
mod trace;
