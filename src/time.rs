//! Instants, days and the clock. The only module that may ask the machine what time it is.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, NaiveDateTime, SubsecRound, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use diesel::backend::Backend;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, Output, ToSql};
use diesel::sql_types::Timestamp;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A day of the Gregorian calendar without a zone, `YYYY-MM-DD` in JSON (RFC 3339 `full-date`).
pub type Day = NaiveDate;

/// Why a text names no time zone, and what to write instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be a zone of the tz database, such as Europe/Paris")]
pub struct NoZone;

/// The time zone of this name in the tz database.
pub fn zone(name: &str) -> Result<Tz, NoZone> {
    name.parse().map_err(|_| NoZone)
}

/// An instant in UTC, in whole microseconds (what both databases keep). RFC 3339 with `Z` in JSON.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, FromSqlRow, AsExpression)]
#[diesel(sql_type = Timestamp)]
pub struct Instant(NaiveDateTime);

impl Instant {
    /// The instant, cut to whole microseconds.
    pub fn new(at: DateTime<Utc>) -> Self {
        Self(at.naive_utc().trunc_subsecs(6))
    }

    /// An RFC 3339 text with any offset; `None` when it is not one.
    pub fn parse(text: &str) -> Option<Self> {
        DateTime::parse_from_rfc3339(text).ok().map(|at| Self::new(at.to_utc()))
    }

    /// The first instant of `day` in `zone`. A midnight that daylight saving skips is the first instant after the gap.
    pub fn start_of(day: Day, zone: Tz) -> Self {
        Self::first(day, chrono::NaiveTime::MIN, zone)
    }

    /// 09:00 of `day` in `zone`, when people are told what waits for them (domain.md, The Forum cycle and its mails): the first instant from
    /// then on where that hour is skipped, the earlier one where it comes twice.
    pub fn at_nine(day: Day, zone: Tz) -> Self {
        Self::first(day, chrono::NaiveTime::from_hms_opt(9, 0, 0).unwrap_or_default(), zone)
    }

    fn first(day: Day, time: chrono::NaiveTime, zone: Tz) -> Self {
        let mut local = day.and_time(time);
        // The widest gap in the tz database is a whole day (Samoa skipped 30 December 2011).
        for _ in 0..=96 {
            if let Some(at) = zone.from_local_datetime(&local).earliest() {
                return Self::new(at.to_utc());
            }
            local += TimeDelta::minutes(15);
        }
        Self::new(day.and_time(time).and_utc())
    }

    /// The last microsecond of `day` in `zone`.
    pub fn end_of(day: Day, zone: Tz) -> Self {
        let next = day.checked_add_days(Days::new(1)).unwrap_or(day);
        Self::start_of(next, zone).minus(TimeDelta::microseconds(1))
    }

    /// The day that a calendar in `zone` shows at this instant.
    pub fn day_in(self, zone: Tz) -> Day {
        self.utc().with_timezone(&zone).date_naive()
    }

    /// As chrono's own type.
    pub fn utc(self) -> DateTime<Utc> {
        self.0.and_utc()
    }

    /// So many seconds after the beginning of 1970 in UTC; that beginning, where it is beyond what a calendar holds.
    pub fn of_unix(seconds: i64) -> Self {
        Self::new(DateTime::from_timestamp_secs(seconds).unwrap_or_default())
    }

    /// Later by `by`; the last representable instant where that overflows.
    pub fn plus(self, by: TimeDelta) -> Self {
        self.0.checked_add_signed(by).map_or(Self(NaiveDateTime::MAX), Self)
    }

    /// Earlier by `by`; the first representable instant where that overflows.
    pub fn minus(self, by: TimeDelta) -> Self {
        self.0.checked_sub_signed(by).map_or(Self(NaiveDateTime::MIN), Self)
    }

    /// How long from `earlier` to this instant, negative when it lies after.
    pub fn since(self, earlier: Self) -> TimeDelta {
        self.0 - earlier.0
    }
}

/// The longest text of an instant: `2026-11-22T13:15:16.123456Z`.
const TEXT: usize = 27;

impl Instant {
    /// The text of RFC 3339 in `buffer`. By hand: every object carries two instants, and `fmt` costs several times as much.
    fn write(self, buffer: &mut [u8; TEXT]) -> &str {
        use chrono::{Datelike, Timelike};
        let at = self.0;
        let micros = at.nanosecond() / 1000;
        let mut rest = &mut buffer[..];
        let year = u32::try_from(at.year()).unwrap_or_default();
        for (number, digits, mark) in [
            (year, 4, b'-'),
            (at.month(), 2, b'-'),
            (at.day(), 2, b'T'),
            (at.hour(), 2, b':'),
            (at.minute(), 2, b':'),
            (at.second(), 2, if micros == 0 { b'Z' } else { b'.' }),
            (micros, if micros == 0 { 0 } else { 6 }, b'Z'),
        ] {
            if digits == 0 {
                break;
            }
            let Some((field, after)) = std::mem::take(&mut rest).split_at_mut_checked(digits + 1) else { break };
            let mut number = number;
            if let Some((last, places)) = field.split_last_mut() {
                *last = mark;
                for place in places.iter_mut().rev() {
                    *place = b'0' + (number % 10) as u8;
                    number /= 10;
                }
            }
            rest = after;
        }
        let length = if micros == 0 { 20 } else { TEXT };
        buffer.get(..length).and_then(|text| std::str::from_utf8(text).ok()).unwrap_or_default()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.write(&mut [0; TEXT]))
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Instant {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(self.write(&mut [0; TEXT]))
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("is no RFC 3339 instant"))
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date-time", "description": "RFC 3339, UTC"})
    }
}

/// A [`Day`] where a type must describe itself in a schema (`#[schemars(with = "DaySchema")]`).
pub struct DaySchema;

impl JsonSchema for DaySchema {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Day".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({"type": "string", "format": "date", "description": "YYYY-MM-DD"})
    }
}

impl<DB: Backend> ToSql<Timestamp, DB> for Instant
where
    NaiveDateTime: ToSql<Timestamp, DB>,
{
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, DB>) -> serialize::Result {
        self.0.to_sql(out)
    }
}

impl<DB: Backend> FromSql<Timestamp, DB> for Instant
where
    NaiveDateTime: FromSql<Timestamp, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self(NaiveDateTime::from_sql(bytes)?))
    }
}

/// Where `now` comes from: the machine, or a hand that tests move.
#[derive(Clone)]
pub enum Clock {
    /// The machine's clock.
    System,
    /// Stands still until [`Clock::set`] moves it (microseconds since 1970).
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at `at`.
    pub fn fixed(at: Instant) -> Self {
        Self::Fixed(Arc::new(AtomicI64::new(at.utc().timestamp_micros())))
    }

    /// The present instant.
    pub fn now(&self) -> Instant {
        match self {
            #[expect(clippy::disallowed_methods, reason = "the one place that asks the machine")]
            Self::System => Instant::new(Utc::now()),
            Self::Fixed(micros) => {
                Instant::new(DateTime::from_timestamp_micros(micros.load(Ordering::SeqCst)).unwrap_or_default())
            }
        }
    }

    /// Time that has passed since some beginning: for what must not notice that the machine's clock was set. A fixed clock's moves count.
    pub fn steady(&self) -> Duration {
        static BEGINNING: OnceLock<std::time::Instant> = OnceLock::new();
        match self {
            Self::System => BEGINNING.get_or_init(std::time::Instant::now).elapsed(),
            Self::Fixed(micros) => Duration::from_micros(u64::try_from(micros.load(Ordering::SeqCst)).unwrap_or_default()),
        }
    }

    /// Moves a fixed clock; the machine's own cannot be moved and stays.
    pub fn set(&self, at: Instant) {
        if let Self::Fixed(micros) = self {
            micros.store(at.utc().timestamp_micros(), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_starts_and_ends_where_its_zone_says() {
        let cases = [
            ("2021-02-28", "Europe/Paris", "2021-02-27T23:00:00Z", "2021-02-28T22:59:59.999999Z"),
            ("2021-03-28", "Europe/Paris", "2021-03-27T23:00:00Z", "2021-03-28T21:59:59.999999Z"), // 23 hours
            ("2021-10-31", "Europe/Paris", "2021-10-30T22:00:00Z", "2021-10-31T22:59:59.999999Z"), // 25 hours
            ("2024-02-29", "Pacific/Kiritimati", "2024-02-28T10:00:00Z", "2024-02-29T09:59:59.999999Z"), // UTC+14
            ("2018-11-04", "America/Sao_Paulo", "2018-11-04T03:00:00Z", "2018-11-05T01:59:59.999999Z"), // no midnight
            ("2011-12-30", "Pacific/Apia", "2011-12-30T10:00:00Z", "2011-12-30T09:59:59.999999Z"), // a day that never was
        ];
        for (on, zone, first, last) in cases {
            let zone: Tz = zone.parse().unwrap();
            assert_eq!(Instant::start_of(day(on), zone).to_string(), first, "{on} {zone}");
            assert_eq!(Instant::end_of(day(on), zone).to_string(), last, "{on} {zone}");
        }
    }

    #[test]
    fn instants_are_cut_to_microseconds_and_written_in_utc() {
        let at = Instant::parse("2026-11-22T14:15:16.123456789+01:00").unwrap();
        assert_eq!(at.to_string(), "2026-11-22T13:15:16.123456Z");
        assert_eq!(Instant::parse("2026-11-22T13:15:16Z").unwrap().to_string(), "2026-11-22T13:15:16Z");
        assert!(Instant::parse("2026-11-22").is_none());
        for same in ["0001-01-01T00:00:00Z", "2024-02-29T23:59:59.000001Z", "9999-12-31T23:59:59.999999Z"] {
            assert_eq!(Instant::parse(same).unwrap().to_string(), same);
        }
    }
}
