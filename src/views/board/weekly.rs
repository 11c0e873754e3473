//! The weekly readiness report to the secretariat (domain.md, The Forum cycle and its mails).

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{Days, TimeDelta};
use chrono_tz::Tz;
use serde_json::{Value, json};

use super::monday::due;
use super::store;
use super::table::{HealthCounts, Line, Table};
use crate::call;
use crate::db::{AnyConnection, Write};
use crate::deliverables::{Health, Status, Todays, Which};
use crate::error::{Error, ProblemKind, Result};
use crate::forum::{self, EditionFacts, EditionId};
use crate::http::Languages;
use crate::locale::Reader;
use crate::mail::Kind;
use crate::people::{self, PersonRow};
use crate::reminders;
use crate::settings;
use crate::time::{Day, Instant};

/// Rows of the picture, at most: what a mail shows without being scrolled for long.
const DRAWN: usize = 24;
/// Lines of each list, at most.
const LISTED: usize = 40;
/// Persons that one write tells, at most.
const BATCH: usize = 200;
/// How many days ahead the report looks.
const AHEAD: u64 = 14;

/// A report that is due: on which edition, of which Monday, to whom.
struct Report {
    edition: EditionFacts,
    monday: Day,
    reader: PersonRow,
}

/// Whether any report is due: while no Forum is near, a look at the editions.
pub fn is_any_readiness_report_due(c: &mut AnyConnection, now: Instant) -> Result<bool> {
    Ok(!due_reports(c, now)?.is_empty())
}

/// Queues reports that are due, at most so many that the write is short, each once.
pub fn queue_readiness_reports(tx: &mut Write<'_>) -> Result<()> {
    // Held until the commit: of two servers one decides.
    tx.exclude("reminders")?;
    let now = tx.now();
    let due = due_reports(tx, now)?;
    if due.is_empty() {
        return Ok(());
    }
    let call = call::load(tx)?;
    let mut written: HashMap<(EditionId, Option<String>, Day), Value> = HashMap::new();
    for Report { edition, monday, reader } in due.into_iter().take(BATCH) {
        // One for each language, whoever reads it.
        let key = (edition.id, reader.locale.clone(), monday);
        if !written.contains_key(&key) {
            let order = Languages(call.locales.clone()).read_by(reader.locale.as_deref());
            let params = params(tx, &edition, &Reader::Prefers(order), Instant::at_nine(monday, call.time_zone))?;
            written.insert(key.clone(), params);
        }
        let Some(params) = written.get(&key) else { continue };
        if reminders::mark_report(tx, edition.id, monday, reader.id)? {
            people::tell(tx, Kind::ReadinessReport, &reader, params.clone())?;
        }
    }
    Ok(())
}

/// The reports that are due and were not sent.
fn due_reports(c: &mut AnyConnection, now: Instant) -> Result<Vec<Report>> {
    let here = match call::load(c) {
        Ok(call) => call.time_zone,
        Err(Error::Problem(problem)) if problem.kind == ProblemKind::Unavailable => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let days_before = settings::current(c)?.reminders.readiness_report_from;
    // No zone is further ahead of another than a day or so.
    let is_near = |edition: &EditionFacts| {
        let ahead = (edition.starts_on - edition.today(now)).num_days();
        edition.takes_work() && (-1..=days_before + 2).contains(&ahead)
    };
    let editions: Vec<EditionFacts> = forum::editions(c)?.into_iter().filter(is_near).collect();
    if editions.is_empty() {
        return Ok(Vec::new());
    }
    let secretariat = people::secretariat(c)?;
    let since: HashMap<EditionId, Instant> =
        store::starts_set(c, &editions.iter().map(|edition| edition.id).collect::<Vec<_>>())?.into_iter().collect();
    let mut reports = Vec::new();
    for edition in editions {
        let set_at = since.get(&edition.id).copied().unwrap_or(now);
        let mut by_monday: BTreeMap<Day, Vec<&PersonRow>> = BTreeMap::new();
        for reader in &secretariat {
            let zone: Tz = reader.time_zone.as_deref().and_then(|zone| zone.parse().ok()).unwrap_or(here);
            let monday = due(now, zone, edition.starts_on, days_before, set_at.max(reader.created_at));
            if let Some(monday) = monday {
                by_monday.entry(monday).or_default().push(reader);
            }
        }
        for (monday, readers) in by_monday {
            let sent = reminders::reported(c, edition.id, monday)?;
            let left = readers.into_iter().filter(|reader| !sent.contains(&reader.id)).cloned();
            reports.extend(left.map(|reader| Report { edition: edition.clone(), monday, reader }));
        }
    }
    Ok(reports)
}

/// What a report says.
fn params(tx: &mut Write<'_>, edition: &EditionFacts, reader: &Reader, since: Instant) -> Result<Value> {
    let now = tx.now();
    let todays = Todays::load(tx, now)?;
    let which = Which { edition: Some(edition.id), ..Which::default() };
    let mut table = Table::of(tx, todays, &which, reader)?;
    let today = edition.today(now);
    let week_ago = since.minus(TimeDelta::days(7)).min(now);
    let moved: HashSet<String> = store::moved(tx, week_ago, now)?.into_iter().collect();

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
fn what_is_new(line: &Line, moved: &HashSet<String>) -> Option<&'static str> {
    let was_moved = moved.contains(line.row.id.as_str());
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
