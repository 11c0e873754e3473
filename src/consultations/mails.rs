//! Telling the audience of a round, a batch at a time. The parameters of the mails are a contract with the templates.

use std::collections::HashMap;

use chrono_tz::Tz;
use serde::Deserialize;
use serde_json::{Value, json};

use super::dispositions::mails as dispositions;
use super::path::Round;
use super::rules::Audience;
use super::store::announcements::{self, AnnouncementRow, Whom};
use super::store::{self, ConsultationRow};
use crate::call;
use crate::db::Write;
use crate::error::Result;
use crate::groups;
use crate::locale::{Localised, Reader, Shown};
use crate::mail::{Kind, Language, moment};
use crate::outbox::{self, Mail};
use crate::people::{self, PersonRow};
use crate::policy::PersonId;
use crate::time::Instant;

/// Persons told in one write, at most.
const BATCH: i64 = 200;
/// What stands before the contributions of those who have no account; it sorts behind every id.
const ADDRESSES: &str = "~";

/// What an announcement says beside its round.
#[derive(Deserialize)]
struct Said {
    reason: Option<String>,
    closes_at: Instant,
}

/// What a mail about a round is made from, in whatever language.
struct Letter {
    kind: Kind,
    path: String,
    title: Localised,
    group: Option<Localised>,
    said: Said,
    languages: Vec<String>,
    zone: Tz,
}

impl Letter {
    fn of(tx: &mut Write<'_>, row: &AnnouncementRow, about: &ConsultationRow) -> Result<Self> {
        let call = call::load(tx)?;
        let group = match about.group_id {
            Some(id) => groups::refs(tx, &[id], &Reader::All)?.remove(&id).map(|group| match group.title {
                Shown::All(title) => title,
                Shown::One(title) => Localised::one("en", title),
            }),
            None => None,
        };
        let title = Localised::from_json(&about.title)?;
        let said = serde_json::from_str(&row.params)?;
        let path = format!("consultations/{}", about.slug);
        Ok(Self { kind: row.kind, path, title, group, said, languages: call.locales, zone: call.time_zone })
    }

    /// To whoever reads this language, where one is known.
    fn params(&self, locale: Option<&str>) -> Value {
        let order: Vec<String> = locale.map(str::to_owned).into_iter().chain(self.languages.iter().cloned()).collect();
        let language = Language::first_of(order.iter().map(String::as_str));
        json!({
            "path": self.path,
            "title": self.title.pick(&order),
            "group": self.group.as_ref().map(|group| group.pick(&order)),
            "closes": moment(self.said.closes_at, self.zone, language),
            "reason": self.said.reason,
        })
    }
}

/// Whom a round's announcement goes to.
fn whom(kind: Kind, row: &ConsultationRow) -> Whom {
    let members = row.group_id.filter(|_| row.audience == Audience::GroupMembers);
    // Whoever has written to a round that asks everybody knows that it is open.
    let of_public = row.audience == Audience::Public && kind != Kind::ConsultationOpened;
    let writers = of_public || kind == Kind::ConsultationPublished;
    Whom { focal_points: row.audience == Audience::Supporters, members, writers }
}

/// Queues the next batch of what audiences are to be told; whether there may be more. Each mail is queued once, whoever is killed in
/// between: how far it has come is written with the mails.
pub fn tell_some(tx: &mut Write<'_>) -> Result<bool> {
    let Some(row) = announcements::hold_next(tx)? else { return Ok(false) };
    let now = tx.now();
    let round = Round::at(store::find(tx, row.consultation_id.as_str())?, now)?;
    if dispositions::is_theirs(row.kind) {
        return dispositions::tell_some(tx, &row, &round).map(|()| true);
    }
    let letter = Letter::of(tx, &row, &round.row)?;
    match row.done_to.strip_prefix(ADDRESSES) {
        None => tell_persons(tx, &row, &round, &letter)?,
        Some(after) => tell_addresses(tx, &row, &round, &letter, after)?,
    }
    Ok(true)
}

fn tell_persons(tx: &mut Write<'_>, row: &AnnouncementRow, round: &Round, letter: &Letter) -> Result<()> {
    let next = announcements::persons(tx, round.row.id, whom(row.kind, &round.row), &row.done_to, BATCH)?;
    let ids: Vec<PersonId> = next.iter().map(|(person, _)| *person).filter(|person| Some(*person) != row.caused_by).collect();
    let mut persons: HashMap<PersonId, PersonRow> = people::persons(tx, &ids)?.into_iter().map(|row| (row.id, row)).collect();
    for (id, wrote) in &next {
        let Some(person) = persons.remove(id).filter(PersonRow::may_sign_in) else { continue };
        let params = letter.params(person.locale.as_deref());
        // Who is told for having written only, is shown by it as one who did.
        if *wrote && round.is_confidential() {
            people::tell_in_secret(tx, letter.kind, &person, params)?;
        } else {
            people::tell(tx, letter.kind, &person, params)?;
        }
    }
    match next.last() {
        Some((last, _)) => announcements::come_to(tx, row, last.as_str()),
        None if row.kind == Kind::ConsultationPublished && round.row.audience == Audience::Public => {
            announcements::come_to(tx, row, ADDRESSES)
        }
        None => announcements::end(tx, row),
    }
}

/// Tells who contributed without an account what came of it.
fn tell_addresses(tx: &mut Write<'_>, row: &AnnouncementRow, round: &Round, letter: &Letter, after: &str) -> Result<()> {
    let next = announcements::addresses(tx, round.row.id, after, BATCH)?;
    for (_, recipient, locale) in &next {
        let mail = Mail {
            kind: letter.kind.as_str(),
            person: None,
            recipient: recipient.clone(),
            locale: locale.clone(),
            params: letter.params(locale.as_deref()),
            due_at: None,
            concealed: round.is_confidential(),
        };
        outbox::enqueue(tx, mail)?;
    }
    match next.last() {
        Some((last, ..)) => announcements::come_to(tx, row, &format!("{ADDRESSES}{last}")),
        None => announcements::end(tx, row),
    }
}
