//! Versions as HTTP sees them: the ETag of an object, and what `If-Match` asks for.

use schemars::JsonSchema;
use serde::Serialize;

use crate::db::DbError;
use crate::error::{Error, Problem, ProblemKind, Result};

/// An object with its version: `"<version>.<hex of the body>"`, the same text as header and as field `etag`.
///
/// `If-None-Match` compares the whole; `If-Match` the version only, because counts and other derived values change the body without
/// anybody having written to the object.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "{T}")]
pub struct Tagged<T> {
    #[serde(flatten)]
    value: T,
    /// The object's version, to be sent back as `If-Match`.
    etag: String,
}

impl<T: Serialize> Tagged<T> {
    /// `value` at `version`.
    pub fn new(version: i64, value: T) -> Self {
        let etag = format!("\"{version}.{:08x}\"", digest(&value));
        Self { value, etag }
    }

    /// The ETag, with its quotes.
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// The object itself.
    pub fn value(&self) -> &T {
        &self.value
    }
}

/// A few hex of the body's bytes (FNV-1a): enough to tell a changed rendering, no secret.
fn digest(value: &impl Serialize) -> u32 {
    struct Fnv(u64);
    impl std::io::Write for Fnv {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            for byte in bytes {
                self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
            }
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut fnv = Fnv(0xcbf2_9ce4_8422_2325);
    // Writing to a counter cannot fail; a value that cannot be serialised fails when it is answered.
    drop(serde_json::to_writer(&mut fnv, value));
    (fnv.0 ^ (fnv.0 >> 32)) as u32
}

/// The ETag of an answer that is no object of its own: a digest of its bytes.
pub fn of_bytes(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::digest(bytes);
    format!("\"{}\"", hash.iter().take(8).map(|b| format!("{b:02x}")).collect::<String>())
}

/// What the header `If-Match` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IfMatch {
    /// It is not there.
    Absent,
    /// `*`: any version.
    Any,
    /// These versions. Empty where nothing in the header is an ETag of ours.
    Versions(Vec<i64>),
}

impl IfMatch {
    /// Reads the header. The encoding suffix of an ETag does not matter, weak ones never match (RFC 9110, 13.1.1).
    pub fn parse(header: Option<&str>) -> Self {
        match header.map(str::trim) {
            None => Self::Absent,
            Some("*") => Self::Any,
            Some(list) => {
                let version = |tag: &str| tag.trim().strip_prefix('"')?.strip_suffix('"')?.split('.').next()?.parse().ok();
                Self::Versions(list.split(',').filter_map(version).collect())
            }
        }
    }

    /// For PATCH, PUT, DELETE: 428 when absent, 412 when the object is at another version.
    pub fn require(&self, version: i64) -> Result<()> {
        match self {
            Self::Absent => Err(Problem::new(
                ProblemKind::PreconditionRequired,
                "Send the object's ETag as If-Match, so that nobody's change is overwritten unseen.",
            )
            .into()),
            _ => self.allow(version),
        }
    }

    /// For moves: 412 only when given and stale.
    pub fn allow(&self, version: i64) -> Result<()> {
        match self {
            Self::Versions(known) if !known.contains(&version) => {
                let detail = "It was changed since you read it. Read it again and apply your change to what it is now.";
                Err(Problem::new(ProblemKind::PreconditionFailed, detail).into())
            }
            _ => Ok(()),
        }
    }
}

/// What a store says when a row is no longer at the version that it was read at: the transaction is repeated on what the row is now, and
/// whoever sent `If-Match` then learns of it.
pub fn stale() -> Error {
    DbError::Conflict.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_compares_versions_only() {
        let tag = Tagged::new(3, "body");
        assert!(IfMatch::parse(Some(tag.etag())).require(3).is_ok());
        for header in ["\"3.00000000\"", "\"3.00000000.gzip\"", "*", "\"1.0\", \"3.1\""] {
            assert!(IfMatch::parse(Some(header)).require(3).is_ok(), "{header}");
        }
        for header in ["\"2.00000000\"", "W/\"3.00000000\"", "", "3"] {
            assert!(IfMatch::parse(Some(header)).require(3).is_err(), "{header}");
        }
        assert!(IfMatch::parse(None).require(3).is_err());
        assert!(IfMatch::parse(None).allow(3).is_ok());
    }

    #[test]
    fn a_changed_body_changes_the_etag() {
        assert_ne!(Tagged::new(1, "a").etag(), Tagged::new(1, "b").etag());
        assert_ne!(of_bytes(b"a"), of_bytes(b"b"));
    }
}
