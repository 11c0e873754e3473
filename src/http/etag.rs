//! Versions as HTTP sees them: the ETag of an object, and what `If-Match` asks for.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Serialize, Serializer};

use crate::db::DbError;
use crate::error::{self, Error, Problem, ProblemKind};

/// An object with its version: `"<version>.<hex of the body>"`, the same text as header and as field `etag`.
///
/// `If-None-Match` compares the whole; `If-Match` the version only, because counts and other derived values change the body without
/// anybody having written to the object.
#[derive(Clone, Debug)]
pub struct Tagged<T> {
    value: T,
    etag: String,
}

impl<T: Serialize> Tagged<T> {
    /// `value` at `version`.
    pub fn new(version: i64, value: T) -> Self {
        // What cannot be written is told when it is answered.
        let written = serde_json::to_vec(&value).unwrap_or_default();
        let etag = format!("\"{version}.{:08x}\"", crc32fast::hash(&written));
        Self { value, etag }
    }
}

impl<T> Tagged<T> {
    /// The ETag, with its quotes.
    pub fn etag(&self) -> &str {
        &self.etag
    }

    /// The object itself.
    pub fn value(&self) -> &T {
        &self.value
    }
}

impl<T: Serialize> Serialize for Tagged<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        Shape { value: &self.value, etag: &self.etag }.serialize(serializer)
    }
}

/// The object, with its version in `etag`: the same text as the header, to be sent back as `If-Match`.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "{T}")]
struct Shape<T, E = String> {
    #[serde(flatten)]
    value: T,
    /// The object's version, to be sent back as `If-Match`.
    etag: E,
}

impl<T: JsonSchema> JsonSchema for Tagged<T> {
    fn inline_schema() -> bool {
        Shape::<T>::inline_schema()
    }
    fn schema_name() -> Cow<'static, str> {
        Shape::<T>::schema_name()
    }
    fn schema_id() -> Cow<'static, str> {
        Shape::<T>::schema_id()
    }
    fn json_schema(schemas: &mut SchemaGenerator) -> Schema {
        Shape::<T>::json_schema(schemas)
    }
}

/// The ETag of an answer that is no object of its own: a digest of its bytes.
pub fn of_bytes(bytes: &[u8]) -> String {
    use sha2::{Digest, Sha256};
    format!("\"{:.16}\"", crate::text::hex(&Sha256::digest(bytes)))
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
    pub fn require(&self, version: i64) -> error::Result<()> {
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
    pub fn allow(&self, version: i64) -> error::Result<()> {
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

/// Whether the one row was written that was meant; [`stale`] where it is no longer what was read.
pub fn written(rows: usize) -> error::Result<()> {
    if rows == 1 { Ok(()) } else { Err(stale()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn if_match_compares_versions_only() {
        let tag = Tagged::new(3, json!({"name": "body"}));
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
        let tagged = |name: &str| Tagged::new(1, json!({"name": name}));
        assert_ne!(tagged("a").etag(), tagged("b").etag());
        let nested = Tagged::new(2, json!({"first": tagged("\"a\\"), "none": Tagged::new(3, json!({}))}));
        let read: serde_json::Value = serde_json::from_str(&serde_json::to_string(&nested).unwrap()).unwrap();
        assert_eq!(read["etag"], nested.etag());
        assert_eq!(read["first"], json!({"name": "\"a\\", "etag": tagged("\"a\\").etag()}));
        assert!(read["none"]["etag"].as_str().unwrap().starts_with("\"3."));
        assert!(serde_json::to_string(&Tagged::new(1, "no object")).is_err());
        assert_ne!(of_bytes(b"a"), of_bytes(b"b"));
    }
}
