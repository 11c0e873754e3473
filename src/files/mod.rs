//! Uploaded files: they arrive in pieces, are looked at and hashed on the way, and lie in a store under a name that says nothing. Whoever
//! refers to one does so in the database, and only once it is whole.

mod kind;
mod name;
mod receive;
mod store;

use crate::error::{Error, Problem, ProblemKind};

pub use name::FileName;
pub use receive::{Receiving, Stored};
pub use store::{Files, FilesError, Kept, Pieces};

/// How long what nobody refers to is left alone, in hours: its upload may still be under way, or its transaction.
pub const LEFT_ALONE_HOURS: i64 = 24;

/// 413: the file has more than `max` bytes.
pub fn too_large(max: u64) -> Error {
    Problem::new(
        ProblemKind::PayloadTooLarge,
        format!("A file may have at most {max} bytes. Make it smaller, or add a link to it."),
    )
    .into()
}
