//! The weekly readiness report to the secretariat (domain.md, The Forum cycle and its mails).

use std::collections::{BTreeMap, HashMap};

use chrono::{Days, TimeDelta};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::monday::due;
use super::store;
use super::table::{HealthCounts, Line, Table};
use crate::call::{self, Call};
use crate::db::Write;
use crate::deliverables::{Health, Status, Todays, Which};
use crate::error::Result;
use crate::facts::Objections;
use crate::forum::{EditionFacts, EditionId};
use crate::http::Languages;
use crate::locale::Reader;
use crate::mail::Kind;
use crate::people::{self, PersonErased, PersonRow};
use crate::reminders;
use crate::time::{Day, Instant};

/// Rows of the picture, at most: what a mail shows without being scrolled for long.
const DRAWN: usize = 24;
/// Lines of each list, at most.
const LISTED: usize = 40;
/// Persons that one write tells, at most.
const BATCH: usize = 200;
/// How many days ahead the report looks.
const AHEAD: u64 = 14;

/// Queues the reports that are due, each once; how many.
pub fn queue_readiness_reports(tx: &mut Write<'_>) -> Result<usize> {
    let now = tx.now();
    let Some(call) = loaded(tx)? else { return Ok(0) };
    let todays = Todays::load(tx, now)?;
    let editions: Vec<EditionFacts> = todays.editions().filter(|edition| edition.takes_work()).cloned().collect();
    let days_before = reminders::current_settings(tx)?.reminders.readiness_report_from;
    // No zone is further ahead of another than a day or so.
    let soon = |edition: &EditionFacts| {
        let ahead = (edition.starts_on - edition.today(now)).num_days();
        (-1..=days_before + 2).contains(&ahead)
    };
    let editions: Vec<EditionFacts> = editions.into_iter().filter(soon).collect();
    if editions.is_empty() {
        return Ok(0);
    }
    // Held until the commit: of two servers one decides.
    tx.exclude("reminders")?;
    let secretariat = people::secretariat(tx)?;
    let since: HashMap<EditionId, Instant> =
        store::starts_set(tx, &editions.iter().map(|edition| edition.id).collect::<Vec<_>>())?.into_iter().collect();
    let mut queued = 0;
    for edition in &editions {
        let since = since.get(&edition.id).copied().unwrap_or(now);
        queued += report(tx, &call, edition, days_before, &secretariat, since, BATCH - queued)?;
    }
    Ok(queued)
}

fn loaded(tx: &mut Write<'_>) -> Result<Option<Call>> {
    use crate::error::{Error, ProblemKind};
    match call::load(tx) {
        Ok(call) => Ok(Some(call)),
        Err(Error::Problem(problem)) if problem.kind == ProblemKind::Unavailable => Ok(None),
        Err(error) => Err(error),
    }
}

/// Queues the reports on one edition, at most so many.
fn report(
    tx: &mut Write<'_>,
    call: &Call,
    edition: &EditionFacts,
    days_before: i64,
    secretariat: &[PersonRow],
    since: Instant,
    most: usize,
) -> Result<usize> {
    let now = tx.now();
    let zone =
        |person: &PersonRow| -> Tz { person.time_zone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or(call.time_zone) };
    let mut by_monday: BTreeMap<Day, Vec<&PersonRow>> = BTreeMap::new();
    for person in secretariat {
        if let Some(monday) = due(now, zone(person), edition.starts_on, days_before, since.max(person.created_at)) {
            by_monday.entry(monday).or_default().push(person);
        }
    }
    let mut written: HashMap<(Option<String>, Day), Value> = HashMap::new();
    let mut queued = 0;
    for (monday, persons) in by_monday {
        let sent = store::sent(tx, edition.id, monday)?;
        for person in persons.into_iter().filter(|person| !sent.contains(&person.id)) {
            if queued == most {
                return Ok(queued);
            }
            // One for each language, whoever reads it.
            let key = (person.locale.clone(), monday);
            if !written.contains_key(&key) {
                let order = Languages(call.locales.clone()).read_by(person.locale.as_deref());
                let params = params(tx, edition, &Reader::Prefers(order), Instant::at_nine(monday, call.time_zone))?;
                written.insert(key.clone(), params);
            }
            let Some(params) = written.get(&key) else { continue };
            if store::mark_sent(tx, edition.id, monday, person.id)? {
                people::tell(tx, Kind::ReadinessReport, person, params.clone())?;
                queued += 1;
            }
        }
    }
    Ok(queued)
}

/// What a report says.
fn params(tx: &mut Write<'_>, edition: &EditionFacts, reader: &Reader, since: Instant) -> Result<Value> {
    let now = tx.now();
    let todays = Todays::load(tx, now)?;
    let which = Which { edition: Some(edition.id), ..Which::default() };
    let mut table = Table::of(tx, todays, &which, reader)?;
    let today = edition.today(now);
    let week_ago = since.minus(TimeDelta::days(7)).min(now);
    let moved: HashMap<String, String> =
        store::moves(tx, week_ago, now)?.into_iter().filter_map(|(id, to)| Some((id, to?))).collect();

    let news: Vec<Value> = table.lines().filter_map(|line| Some(shown(line, what_is_new(line, &moved)?))).collect();
    let horizon = today.checked_add_days(Days::new(AHEAD)).unwrap_or(today);
    let mut owed: Vec<(Day, Value)> = table
        .lines()
        .filter_map(|line| {
            let next = line.next.as_ref().filter(|next| next.due_on <= horizon)?;
            let mut item = shown(line, next.what.as_str());
            if let Some(item) = item.as_object_mut() {
                item.insert("by".into(), json!(next.by));
                item.insert("due_on".into(), json!(next.due_on));
            }
            Some((next.due_on, item))
        })
        .collect();
    owed.sort_by_key(|(due_on, _)| *due_on);
    let owed: Vec<Value> = owed.into_iter().map(|(_, item)| item).collect();
    let groups: Vec<Value> = table
        .lanes
        .iter()
        .map(|lane| {
            let mut counts = serde_json::to_value(HealthCounts::of(&lane.lines))?;
            if let Some(counts) = counts.as_object_mut() {
                counts.insert("number".into(), json!(lane.group.number));
                counts.insert("title".into(), json!(lane.group.title.plain()));
            }
            Ok(counts)
        })
        .collect::<Result<_>>()?;
    let (total, counts) = (table.lines().count(), HealthCounts::of(table.lines()));
    for lane in &mut table.lanes {
        lane.lines.retain(|line| line.health != Health::Dropped);
    }
    table.keep_urgent(DRAWN);
    let rows: Vec<Value> = table
        .lines()
        .take(DRAWN)
        .map(|line| json!([line.row.reference, line.health, line.row.due_on, line.row.progress]))
        .collect();
    let cut = |mut list: Vec<Value>| {
        let more = list.len().saturating_sub(LISTED);
        list.truncate(LISTED);
        (list, more)
    };
    let ((news, more_news), (owed, more_owed)) = (cut(news), cut(owed));
    Ok(json!({
        "path": format!("board?forum_year={}", edition.year),
        "year": edition.year,
        "days": (edition.starts_on - today).num_days(),
        "starts_on": edition.starts_on,
        "submission_deadline": edition.submission_deadline,
        "total": total,
        "counts": counts,
        "groups": groups,
        "news": news,
        "more_news": more_news,
        "owed": owed,
        "more_owed": more_owed,
        "board": {
            "today": today,
            "starts_on": edition.starts_on,
            "submission_deadline": edition.submission_deadline,
            "rows": rows,
        },
    }))
}

/// What is new of a deliverable since last week: what it became, or that it came to be late.
fn what_is_new(line: &Line, moved: &HashMap<String, String>) -> Option<&'static str> {
    let was_moved = moved.contains_key(line.row.id.as_str());
    match line.row.status {
        status @ (Status::Submitted | Status::Approved | Status::Presented | Status::Dropped) if was_moved => {
            Some(status.as_str())
        }
        _ if line.health == Health::Late && line.days_left >= -7 => Some(Health::Late.as_str()),
        _ => None,
    }
}

fn shown(line: &Line, what: &str) -> Value {
    let (reference, title) = (&line.row.reference, &line.row.title);
    json!({"reference": reference, "title": title, "what": what, "path": format!("deliverables/{reference}")})
}

/// Forgets which reports somebody was sent.
pub fn forget_reports(tx: &mut Write<'_>, fact: &PersonErased, _: &mut Objections) -> Result<()> {
    store::forget(tx, fact.person)
}
