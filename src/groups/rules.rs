//! What a working group may be and become, and the balance of its co-chairs (domain.md, Working groups).

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use crate::call::RuleNumbers;
use crate::states::State;
use crate::supporters::INTERNATIONAL_ORGANISATION;
use crate::time::Day;
use crate::word_enum;

word_enum! {
    /// Where a group stands.
    #[schemars(rename = "GroupStatus")]
    pub enum Status {
        /// Being prepared: takes no memberships yet.
        Proposed = "proposed",
        /// At work.
        Active = "active",
        /// Resting: no new members, rounds, submissions.
        Suspended = "suspended",
        /// Done: read-only, a public archive.
        Concluded = "concluded",
        /// Given up before it began.
        Withdrawn = "withdrawn",
    }
}

impl State for Status {
    fn all() -> &'static [Self] {
        Self::ALL
    }

    fn next(self) -> &'static [Self] {
        match self {
            Self::Proposed => &[Self::Active, Self::Withdrawn],
            Self::Active => &[Self::Suspended, Self::Concluded],
            Self::Suspended => &[Self::Active, Self::Concluded],
            Self::Concluded => &[Self::Active],
            Self::Withdrawn => &[],
        }
    }

    fn needs_reason(self, to: Self) -> bool {
        (self, to) == (Self::Concluded, Self::Active)
    }
}

impl Status {
    /// Whether nothing of the group itself changes any more: it is an archive.
    pub fn is_over(self) -> bool {
        matches!(self, Self::Concluded | Self::Withdrawn)
    }

    /// Whether seats are set, and the status is entered, only where the co-chair rule holds or a derogation waives what is violated.
    pub fn needs_balance(self) -> bool {
        self == Self::Active
    }
}

word_enum! {
    /// How a request for membership is decided.
    pub enum JoinPolicy {
        /// Accepted at once.
        Open = "open",
        /// A co-chair or the secretariat decides.
        Approval = "approval",
    }
}

word_enum! {
    /// What of the co-chair rule is violated.
    #[schemars(rename = "CoChairViolationCode")]
    pub enum ViolationCode {
        /// Too few or too many seats.
        SeatCount = "seat_count",
        /// A supporter holds more than one seat.
        DuplicateSupporter = "duplicate_supporter",
        /// A seat's supporter is not endorsed.
        NotEndorsed = "not_endorsed",
        /// Too few known sectors.
        Sectors = "sectors",
        /// Too few known countries.
        Countries = "countries",
    }
}

word_enum! {
    /// What of the co-chair rule a derogation may waive.
    #[schemars(rename = "Waivable")]
    pub enum Waivable {
        /// [`ViolationCode::NotEndorsed`].
        NotEndorsed = "not_endorsed",
        /// [`ViolationCode::Sectors`].
        Sectors = "sectors",
        /// [`ViolationCode::Countries`].
        Countries = "countries",
    }
}

impl Waivable {
    /// The violation that it waives.
    pub fn code(self) -> ViolationCode {
        match self {
            Self::NotEndorsed => ViolationCode::NotEndorsed,
            Self::Sectors => ViolationCode::Sectors,
            Self::Countries => ViolationCode::Countries,
        }
    }
}

/// A co-chair seat as the rule sees it. `K` is whatever the caller knows the seat by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seat<'a, K> {
    /// How a violation names this seat.
    pub key: K,
    /// The supporter's identifier: equal for two seats of one supporter.
    pub supporter: &'a str,
    /// Whether the supporter is endorsed.
    pub endorsed: bool,
    /// The supporter's sector, by code, where known.
    pub sector: Option<&'a str>,
    /// The supporter's country, as alpha-2 code, where known.
    pub country: Option<&'a str>,
}

/// What a seat counts as a country: its own, or, for an international organisation without one, itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin<'a> {
    Country(&'a str),
    Organisation(&'a str),
}

impl<'a, K> Seat<'a, K> {
    fn origin(&self) -> Option<Origin<'a>> {
        match self.country {
            Some(country) => Some(Origin::Country(country)),
            None => (self.sector == Some(INTERNATIONAL_ORGANISATION)).then_some(Origin::Organisation(self.supporter)),
        }
    }
}

/// One violation of the co-chair rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "CoChairViolation")]
pub struct Violation<K> {
    /// What is violated.
    pub code: ViolationCode,
    /// What is wrong, in English.
    pub detail: String,
    /// The seats at fault, in their order. All of them where the fault is their number.
    pub seats: Vec<K>,
}

/// The co-chair rule's answer about a group's seats.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Balance<K> {
    /// Every violation, at most one of each code, in the codes' order.
    pub violations: Vec<Violation<K>>,
    /// Where the rule is satisfied and only "all of different sectors and countries" is missing: what would bring it.
    pub advice: Option<String>,
}

impl<K> Balance<K> {
    /// Whether the rule itself is satisfied, without any derogation.
    pub fn satisfied(&self) -> bool {
        self.violations.is_empty()
    }
}

/// Evaluates the co-chair rule: the seats' number, each of a different supporter, all endorsed, and together of enough known
/// sectors and enough known countries. An unknown sector or country is none.
pub fn balance<K: Clone>(rule: &RuleNumbers, seats: &[Seat<'_, K>]) -> Balance<K> {
    let sectors = Spread::of(seats, |seat| seat.sector);
    let countries = Spread::of(seats, Seat::origin);
    let violations: Vec<_> = [
        seat_count(rule, seats),
        duplicate_supporter(seats),
        not_endorsed(seats),
        sectors.too_small(rule.min_sectors, ViolationCode::Sectors, ("sector", "sectors")),
        countries.too_small(rule.min_countries, ViolationCode::Countries, ("country", "countries")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let missing: Vec<&str> = [(sectors.alike.is_empty(), "sectors"), (countries.alike.is_empty(), "countries")]
        .into_iter()
        .filter(|(fine, _)| !fine)
        .map(|(_, what)| what)
        .collect();
    let advice = (violations.is_empty() && !missing.is_empty())
        .then(|| format!("The rule is satisfied. Better still would be co-chairs all of different {}.", missing.join(" and ")));
    Balance { violations, advice }
}

/// What is refused whatever the group's status: two seats of one supporter, and more seats than the maximum.
pub fn refused_in_every_status<K: Clone>(rule: &RuleNumbers, seats: &[Seat<'_, K>]) -> Vec<Violation<K>> {
    let too_many = seat_count(rule, seats).filter(|_| seats.len() > size(rule.max_seats));
    too_many.into_iter().chain(duplicate_supporter(seats)).collect()
}

fn seat_count<K: Clone>(rule: &RuleNumbers, seats: &[Seat<'_, K>]) -> Option<Violation<K>> {
    let (min, max) = (rule.min_seats, rule.max_seats);
    let wanted = if min == max { min.to_string() } else { format!("{min} to {max}") };
    (!(size(min)..=size(max)).contains(&seats.len())).then(|| Violation {
        code: ViolationCode::SeatCount,
        detail: format!("{} where the rule wants {wanted}.", counted(seats.len(), ("seat", "seats"))),
        seats: keys(seats, |_| true),
    })
}

fn duplicate_supporter<K: Clone>(seats: &[Seat<'_, K>]) -> Option<Violation<K>> {
    let at_fault = keys(seats, |seat| seats.iter().filter(|other| other.supporter == seat.supporter).count() > 1);
    (!at_fault.is_empty()).then(|| Violation {
        code: ViolationCode::DuplicateSupporter,
        detail: "A supporter holds more than one of the seats.".into(),
        seats: at_fault,
    })
}

fn not_endorsed<K: Clone>(seats: &[Seat<'_, K>]) -> Option<Violation<K>> {
    let at_fault = keys(seats, |seat| !seat.endorsed);
    (!at_fault.is_empty()).then(|| Violation {
        code: ViolationCode::NotEndorsed,
        detail: format!("{} of a supporter that is not endorsed.", counted(at_fault.len(), ("seat", "seats"))),
        seats: at_fault,
    })
}

/// How the seats spread over the values of one of their properties.
struct Spread<K> {
    /// Different known values.
    known: usize,
    /// Seats whose value is unknown or another seat's too.
    alike: Vec<K>,
    /// Seats without a known value.
    unknown: usize,
    all: Vec<K>,
}

impl<K: Clone> Spread<K> {
    fn of<'a, V: Ord>(seats: &[Seat<'a, K>], value: impl Fn(&Seat<'a, K>) -> Option<V>) -> Self {
        let mut times: BTreeMap<V, usize> = BTreeMap::new();
        for value in seats.iter().filter_map(&value) {
            *times.entry(value).or_default() += 1;
        }
        let unique = |seat: &Seat<'a, K>| value(seat).and_then(|value| times.get(&value).copied()) == Some(1);
        Self {
            known: times.len(),
            alike: keys(seats, |seat| !unique(seat)),
            unknown: seats.iter().filter(|seat| value(seat).is_none()).count(),
            all: keys(seats, |_| true),
        }
    }

    fn too_small(&self, min: i64, code: ViolationCode, what: (&str, &str)) -> Option<Violation<K>> {
        let unknown = if self.unknown == 0 { String::new() } else { format!(" ({} unknown)", self.unknown) };
        (self.known < size(min)).then(|| Violation {
            code,
            detail: format!("{}{unknown} among the seats where the rule wants at least {min}.", counted(self.known, what)),
            // Where no seat is like another, there are too few of them.
            seats: if self.alike.is_empty() { self.all.clone() } else { self.alike.clone() },
        })
    }
}

fn keys<'a, K: Clone>(seats: &[Seat<'a, K>], which: impl Fn(&Seat<'a, K>) -> bool) -> Vec<K> {
    seats.iter().filter(|seat| which(seat)).map(|seat| seat.key.clone()).collect()
}

fn counted(n: usize, (one, many): (&str, &str)) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// A number of the rule; a negative one asks for nothing.
fn size(n: i64) -> usize {
    usize::try_from(n.max(0)).unwrap_or(usize::MAX)
}

/// A recorded, reasoned exception to the co-chair rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Derogation {
    /// What it waives.
    pub waives: BTreeSet<Waivable>,
    /// Why, public.
    pub reason: String,
    /// First day on which it stands.
    #[schemars(with = "crate::time::DaySchema")]
    pub since: Day,
    /// Last day on which it stands; `None`: until it is taken back.
    #[schemars(with = "Option<crate::time::DaySchema>")]
    pub until: Option<Day>,
}

impl Derogation {
    /// Whether it stands on `day`: from its first day to its last, both included.
    pub fn stands_on(&self, day: Day) -> bool {
        self.since <= day && self.until.is_none_or(|until| day <= until)
    }

    /// The last day from `today` on of which [`Derogation::stands_on`] answers as it does for `today`; `None`: every later day.
    pub fn unchanged_until(&self, today: Day) -> Option<Day> {
        if today < self.since { self.since.pred_opt() } else { self.until.filter(|until| today <= *until) }
    }

    /// Whether it waives violations of this code.
    pub fn waives(&self, code: ViolationCode) -> bool {
        self.waives.iter().any(|waived| waived.code() == code)
    }
}

/// What of these violations no derogation that stands `today` waives.
pub fn unwaived<K>(violations: Vec<Violation<K>>, derogation: Option<&Derogation>, today: Day) -> Vec<Violation<K>> {
    let standing = derogation.filter(|derogation| derogation.stands_on(today));
    violations.into_iter().filter(|violation| !standing.is_some_and(|derogation| derogation.waives(violation.code))).collect()
}

/// Whether a group is balanced `today`: it violates nothing, or nothing that a derogation standing today does not waive.
pub fn balanced<K>(violations: &[Violation<K>], derogation: Option<&Derogation>, today: Day) -> bool {
    let standing = derogation.filter(|derogation| derogation.stands_on(today));
    violations.iter().all(|violation| standing.is_some_and(|derogation| derogation.waives(violation.code)))
}

#[cfg(test)]
mod tests;
