//! Identifiers: a UUID for every object, typed by what it names. The only module that makes them.

use std::collections::HashMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Text;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::time::Instant;

/// The identifier of one `T`. Kept as its 36 characters, because that is what both databases, JSON and paths hold.
#[derive(FromSqlRow, AsExpression)]
#[diesel(sql_type = Text)]
pub struct Id<T> {
    text: [u8; 36],
    of: PhantomData<fn() -> T>,
}

impl<T> Id<T> {
    fn of(uuid: Uuid) -> Self {
        let mut text = [0; 36];
        uuid.hyphenated().encode_lower(&mut text);
        Self { text, of: PhantomData }
    }

    /// Its 16 bytes.
    pub fn bytes(&self) -> [u8; 16] {
        Uuid::try_parse(self.as_str()).unwrap_or_default().into_bytes()
    }

    /// The identifier of these bytes.
    pub fn of_bytes(bytes: [u8; 16]) -> Self {
        Self::of(Uuid::from_bytes(bytes))
    }

    /// The hyphenated lower-case form.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.text).unwrap_or_default()
    }

    /// The same identifier where an untyped one is wanted (audit, outbox, ETag).
    pub fn untyped(self) -> Id<()> {
        Id { text: self.text, of: PhantomData }
    }
}

/// What belongs to each key, in the order given: rows of something that others have several of.
pub fn listed<K: Eq + Hash, V>(rows: impl IntoIterator<Item = (K, V)>) -> HashMap<K, Vec<V>> {
    let mut lists: HashMap<K, Vec<V>> = HashMap::new();
    for (key, value) in rows {
        lists.entry(key).or_default().push(value);
    }
    lists
}

/// Each of these identifiers once, ascending: what a query asks for.
pub fn distinct<T>(ids: impl IntoIterator<Item = Id<T>>) -> Vec<Id<T>> {
    let mut ids: Vec<Id<T>> = ids.into_iter().collect();
    ids.sort_unstable();
    ids.dedup();
    ids
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<T> Copy for Id<T> {}
impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
impl<T> Eq for Id<T> {}
impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.text.cmp(&other.text)
    }
}
impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}
impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T> FromStr for Id<T> {
    type Err = uuid::Error;
    /// Takes the hyphenated form only, in any case.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let uuid = Uuid::try_parse(text)?;
        if text.len() == 36 { Ok(Self::of(uuid)) } else { Uuid::try_parse("").map(Self::of) }
    }
}

impl<T> Serialize for Id<T> {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.as_str())
    }
}

impl<'de, T> Deserialize<'de> for Id<T> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(|_| serde::de::Error::custom("is no UUID"))
    }
}

impl<T> JsonSchema for Id<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Id".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "uuid"})
    }
}

impl<T, DB: Backend> ToSql<Text, DB> for Id<T>
where
    str: ToSql<Text, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.as_str().to_sql(out)
    }
}

impl<T, DB: Backend> FromSql<Text, DB> for Id<T>
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(String::from_sql(bytes)?.parse()?)
    }
}

/// Where new identifiers come from: random, or a sequence that makes a test's answers the same on every database.
#[derive(Clone)]
pub enum Ids {
    /// Version 7 and version 4 from the machine's randomness.
    Random,
    /// Counted, still well-formed.
    Counted(Arc<AtomicU64>),
}

impl Ids {
    /// Counts from one.
    pub fn counted() -> Self {
        Self::Counted(Arc::new(AtomicU64::new(1)))
    }

    /// A new identifier, version 7 (RFC 9562): its first 48 bits are `now` in milliseconds, so that ids sort by age.
    pub fn next<T>(&self, now: Instant) -> Id<T> {
        let millis = u64::try_from(now.utc().timestamp_millis()).unwrap_or_default();
        let mut random = [0; 10];
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
            Self::Random => random.copy_from_slice(Uuid::new_v4().as_bytes().last_chunk::<10>().unwrap_or(&[0; 10])),
            Self::Counted(n) => {
                let count = n.fetch_add(1, Ordering::SeqCst).to_be_bytes();
                if let Some(tail) = random.last_chunk_mut::<8>() {
                    *tail = count;
                }
            }
        }
        Id::of(uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid())
    }

    /// A new identifier, version 4, which says nothing of when it was made or of what: for what must not be recognised.
    pub fn unrelated<T>(&self) -> Id<T> {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks for randomness")]
            Self::Random => Id::of(Uuid::new_v4()),
            Self::Counted(n) => {
                // An odd factor scatters the count over all values, each once: in a test too the order says nothing.
                let count = u128::from(n.fetch_add(1, Ordering::SeqCst));
                let scattered = count.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
                Id::of(uuid::Builder::from_random_bytes(scattered.to_be_bytes()).into_uuid())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_sort_by_age() {
        let (early, late) =
            (Instant::parse("2021-01-01T00:00:00Z").unwrap(), Instant::parse("2021-01-01T00:00:00.002Z").unwrap());
        for ids in [Ids::Random, Ids::counted()] {
            let (a, b): (Id<()>, Id<()>) = (ids.next(early), ids.next(late));
            assert!(a < b, "{a} {b}");
            assert_eq!(Uuid::parse_str(a.as_str()).unwrap().get_version_num(), 7);
        }
    }

    #[test]
    fn unrelated_ids_are_version_4_and_in_no_order() {
        for ids in [Ids::Random, Ids::counted()] {
            let made: Vec<Id<()>> = (0..50).map(|_| ids.unrelated()).collect();
            let mut sorted = made.clone();
            sorted.sort();
            sorted.dedup();
            assert_eq!(sorted.len(), made.len());
            assert_ne!(sorted, made);
            assert!(made.iter().all(|id| Uuid::parse_str(id.as_str()).unwrap().get_version_num() == 4));
        }
    }

    #[test]
    fn only_the_hyphenated_form_is_an_id() {
        assert!("0190aaaa-0000-7000-8000-000000000001".parse::<Id<()>>().is_ok());
        for no in ["", "0190aaaa00007000800000000000000a", "{0190aaaa-0000-7000-8000-000000000001}", "WG5-D1"] {
            assert!(no.parse::<Id<()>>().is_err(), "{no}");
        }
    }
}
