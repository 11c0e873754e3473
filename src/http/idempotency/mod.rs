//! Idempotency-Key: the same request sent twice is done once (api.md, Conventions).
//!
//! The record is the transaction's first insert, so that concurrent repeats wait for each other on its primary key. Only success is
//! kept, and of it only which object it made: a repeat is rebuilt under the caller's present rights.

mod store;

use sha2::{Digest, Sha256};

use crate::db::{DbError, Write};
use crate::error::{Problem, ProblemKind, Result};
use crate::text::hex;

pub use store::{forget_old, keep};

/// How long a key is remembered, in hours.
pub const KEPT_HOURS: i64 = 24;

/// One request that may be repeated.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The person, or the client's address.
    pub caller: String,
    /// Method and path.
    pub route: String,
    /// The header's text.
    pub key: String,
    /// SHA-256 of path, query and body, hex.
    pub digest: String,
}

/// Reads the header; 422 when it is empty, too long or not printable ASCII.
pub fn parse_key(header: &str) -> Result<String> {
    let key = header.trim();
    if key.is_empty() || key.len() > 255 || !key.bytes().all(|b| b.is_ascii_graphic() || b == b' ') {
        return Err(crate::error::Error::invalid("Idempotency-Key", "format", "must be 1 to 255 printable ASCII characters"));
    }
    Ok(key.to_owned())
}

/// SHA-256 of the parts, in hex.
pub fn digest(parts: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    hex(&hash.finalize())
}

/// What claiming a key gave.
#[derive(Debug, PartialEq, Eq)]
pub enum Claim {
    /// It is new: do the work.
    New,
    /// The work was done: the id of what it made, where it made something.
    Done(Option<String>),
}

/// Claims the key for this transaction, or says what became of it.
pub fn claim(tx: &mut Write<'_>, attempt: &Attempt) -> Result<Claim> {
    store::forget_if_old(tx, attempt)?;
    match store::insert(tx, attempt) {
        Ok(true) => Ok(Claim::New),
        Ok(false) => {
            let (digest, object_id) = store::kept(tx, attempt)?;
            if digest != attempt.digest {
                return Err(Problem::new(
                    ProblemKind::IdempotencyKeyReused,
                    "This Idempotency-Key came with another request before. Make a new key for a new request.",
                )
                .into());
            }
            Ok(Claim::Done(object_id))
        }
        Err(error) if DbError::lock_timeout(&error) => Err(Problem::new(
            ProblemKind::IdempotencyInProgress,
            "The same request is still being worked on. Repeat it in a moment.",
        )
        .with_header("Retry-After", 1)
        .into()),
        Err(error) => Err(error.into()),
    }
}
