//! What will be sent to whom, when, why, and by which way: for the secretariat, and for whoever runs the command.

mod reason;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::gather::{self, About, Gathered};
use super::planning::{mail_of, path};
use super::rules::ReminderKind;
use super::rules::plan::{Item, When};
use crate::db::{AnyConnection, Read};
use crate::error::Result;
use crate::http::page::{Listed, SortField, SortKey};
use crate::locale::{Localised, Reader};
use crate::mail::Language;
use crate::notifications::{self, Choice};
use crate::policy::PersonId;
use crate::time::{Day, Instant};

/// How many must stand on each side where it is a secret who stands where (domain.md, Consultations).
const CROWD: usize = 3;

/// The schedule as a list.
pub struct Schedule;

impl Listed for Schedule {
    type Row = Scheduled;
    const SORTS: &'static [SortField<Scheduled>] =
        &[SortField { name: "due_at", column: "due_at", key: SortKey::At(|row| row.due_at) }];
    const DEFAULT: &'static str = "due_at";
    const TIE: SortField<Scheduled> = SortField { name: "key", column: "key", key: SortKey::Text(|row| row.key.clone()) };
}

/// What a reminder is about.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "ReminderSubject")]
pub struct SubjectView {
    /// `deliverable`, `forum_edition` or `consultation`.
    #[serde(rename = "type")]
    of: &'static str,
    /// Its reference, year or slug.
    #[serde(rename = "ref")]
    reference: String,
    /// What it is called.
    title: String,
    /// Its path in the API.
    pub url: String,
}

/// Whom a reminder goes to.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "ReminderRecipient")]
pub struct RecipientView {
    id: PersonId,
    /// Its name.
    pub display_name: String,
    /// Its address.
    pub email: Option<String>,
}

/// A reminder that will be sent if nothing changes.
#[derive(Clone, Serialize, JsonSchema)]
#[schemars(rename = "ScheduledReminder")]
pub struct Scheduled {
    /// Of what.
    pub kind: ReminderKind,
    /// About what.
    pub subject: SubjectView,
    /// Null where it is a secret who has not answered.
    pub person: Option<RecipientView>,
    /// How the person hears of it by mail: `daily` is in the digest of the same morning, `off` in the application only. Null without a person.
    pub by_mail: Option<Choice>,
    /// How many persons; null where they answer for fewer than three, or fewer than three have answered, and that is a secret.
    count: Option<usize>,
    /// When: 09:00 of the recipient's day, or earlier than now where it waits for the worker.
    pub due_at: Instant,
    /// Why, in the reader's language.
    pub reason: String,
    #[serde(skip)]
    key: String,
}

/// A moment of a round that keeps to itself who answered.
struct Veiled {
    item: Item,
    /// Who will be reminded.
    persons: usize,
    /// For whom, and for whom nobody is reminded any more.
    open: BTreeSet<String>,
    done: BTreeSet<String>,
}

impl Veiled {
    fn of(item: &Item) -> Self {
        Self { item: item.clone(), persons: 0, open: BTreeSet::new(), done: BTreeSet::new() }
    }
}

impl Scheduled {
    /// By when it is due, then what it is and to whom.
    pub fn order(&self) -> (Instant, &str) {
        (self.due_at, &self.key)
    }
}

/// What will be sent until the end of a day in each recipient's zone.
pub fn ahead(tx: &mut Read<'_>, now: Instant, until: Day, reader: &Reader) -> Result<Vec<Scheduled>> {
    let all = gather::gather(tx, None)?;
    let mut rows = rows(&all, &all.state.ahead(now, until), reader)?;
    say_how(tx, &mut rows)?;
    Ok(rows)
}

/// What falls on a day in each recipient's zone, as if that day had ended.
pub fn on(tx: &mut Read<'_>, day: Day) -> Result<Vec<Scheduled>> {
    let all = gather::gather(tx, None)?;
    rows(&all, &all.state.up(When::On(day)), &Reader::All)
}

/// A row for each that is to be sent; but of a round that keeps to itself who answered, one for each moment, whoever it is for.
fn rows(all: &Gathered, items: &[Item], reader: &Reader) -> Result<Vec<Scheduled>> {
    let mut rows = Vec::new();
    // Who is asked for the same supporter stands on its side together.
    let mut secret: BTreeMap<(usize, Instant, i64), Veiled> = BTreeMap::new();
    for item in items {
        let Some(about) = all.about.get(item.subject) else { continue };
        if about.is_secret() {
            let key = (item.subject, item.moment.at, item.moment.days_before);
            let of = all.parties.get(&(item.subject, item.person)).map_or_else(|| item.person.to_string(), ToString::to_string);
            let counted = secret.entry(key).or_insert_with(|| Veiled::of(item));
            counted.persons += usize::from(!item.done);
            if item.done { &mut counted.done } else { &mut counted.open }.insert(of);
        } else if !item.done {
            rows.push(view(all, about, item, Some(item.person), Some(1), reader)?);
        }
    }
    for Veiled { item, persons, open, done } in secret.into_values() {
        let Some(about) = all.about.get(item.subject) else { continue };
        let count = Some(persons).filter(|_| open.len() >= CROWD && done.len() >= CROWD);
        rows.push(view(all, about, &item, None, count, reader)?);
    }
    Ok(rows)
}

/// The row of what one person is reminded of, for whoever runs the command; where it is a secret who has not answered, without the person.
pub fn row(all: &Gathered, item: &Item) -> Result<Option<Scheduled>> {
    let Some(about) = all.about.get(item.subject) else { return Ok(None) };
    let (person, count) = if about.is_secret() { (None, None) } else { (Some(item.person), Some(1)) };
    view(all, about, item, person, count, &Reader::All).map(Some)
}

/// Says of each row how its person hears of it.
pub fn say_how(c: &mut AnyConnection, rows: &mut [Scheduled]) -> Result<()> {
    for kind in ReminderKind::ALL {
        let said = notifications::choices_of(c, mail_of(*kind), None)?;
        for row in rows.iter_mut().filter(|row| row.kind == *kind) {
            // Whoever is told has a task, or said that it wants to be.
            row.by_mail = row.person.as_ref().map(|person| said.get(&person.id).copied().unwrap_or(Choice::Immediate));
        }
    }
    Ok(())
}

fn view(
    all: &Gathered,
    about: &About,
    item: &Item,
    person: Option<PersonId>,
    count: Option<usize>,
    reader: &Reader,
) -> Result<Scheduled> {
    // The command speaks English.
    let language = match reader {
        Reader::Prefers(order) => Language::first_of(order.iter().map(String::as_str)),
        Reader::All => Language::En,
    };
    let (of, reference, title) = match about {
        About::Deliverable { reference, title } => ("deliverable", reference.clone(), title.clone()),
        About::Edition { year, name, .. } => ("forum_edition", year.to_string(), name.clone()),
        About::Round { slug, title, .. } => {
            let title = Localised::from_json(title)?;
            let order = match reader {
                Reader::Prefers(order) => order.as_slice(),
                Reader::All => &all.languages,
            };
            ("consultation", slug.clone(), title.pick(order).to_owned())
        }
    };
    let person = person.and_then(|id| all.persons.get(&id)).map(|row| RecipientView {
        id: row.id,
        display_name: row.display_name.clone(),
        email: row.email.clone(),
    });
    let who = person.as_ref().map(|person| person.id.to_string()).unwrap_or_default();
    Ok(Scheduled {
        kind: item.moment.kind,
        key: format!("{} {reference} {who} {}", item.moment.kind, item.moment.days_before),
        subject: SubjectView { of, reference, title, url: format!("/{}", path(about)) },
        person,
        by_mail: None,
        count,
        due_at: item.moment.at,
        reason: reason::of(&item.moment, language),
    })
}
