//! Uploaded files: versions of deliverables, signed links, the sweep.

mod bucket;
mod downloads;
mod links;
mod memory;
mod sweep;
mod uploads;
mod work;
