//! The log of all mails.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono_tz::Tz;
use diesel::prelude::*;
use plenary::schema::outbox;
use plenary::time::Instant;
use serde_json::Value;

use super::super::community::Community;
use crate::world::World;

/// A mail as it was queued.
#[derive(Debug)]
pub struct Told {
    pub at: Instant,
    pub kind: String,
    pub to: String,
    pub zone: Tz,
    pub items: Vec<Item>,
}

/// One thing that a reminder says.
#[derive(Debug)]
pub struct Item {
    pub path: String,
    /// The day that it is about, as the mail says it.
    pub target: String,
    /// How many days are left, or how late it is.
    pub days: i64,
}

/// What was queued since it was asked last, oldest first; it counts as sent.
pub fn taken(world: &World, seen: &mut Option<String>, community: &Community) -> Vec<Told> {
    let after = seen.clone().unwrap_or_default();
    let rows: Vec<(String, String, String, String, Instant)> = world.read(|c| {
        let new = outbox::table.filter(outbox::id.gt(after)).filter(outbox::state.eq("queued")).order(outbox::id);
        Ok(new.select((outbox::id, outbox::kind, outbox::recipient, outbox::params, outbox::created_at)).load(c)?)
    });
    if rows.is_empty() {
        return Vec::new();
    }
    *seen = rows.last().map(|(id, ..)| id.clone());
    world.write(|tx| {
        let queued = outbox::table.filter(outbox::state.eq("queued"));
        diesel::update(queued)
            .set((outbox::state.eq("sent"), outbox::sent_at.eq(outbox::created_at.nullable())))
            .execute(&mut **tx)?;
        Ok(())
    });
    let told = |(_, kind, to, params, at): (String, String, String, String, Instant)| {
        let params: Value = serde_json::from_str(&params).unwrap();
        let is_reminder = super::super::KINDS.contains(&kind.as_str());
        let items = params["items"].as_array().filter(|_| is_reminder).into_iter().flatten().map(item).collect();
        Told { at, kind, zone: community.zone(&to), to, items }
    };
    rows.into_iter().map(told).collect()
}

fn item(params: &Value) -> Item {
    let target = ["due_on", "on", "closes"].iter().find_map(|name| params[*name].as_str()).unwrap();
    Item { path: params["path"].as_str().unwrap().to_owned(), target: target.to_owned(), days: params["days"].as_i64().unwrap() }
}

/// A line for everybody who is told the same on a day: the few by name, of many how many.
pub fn log(told: &[Told]) -> String {
    let mut lines: BTreeMap<(String, &str, String), Vec<&str>> = BTreeMap::new();
    for one in told {
        let items: Vec<String> = one.items.iter().map(|item| said(&one.kind, item)).collect();
        let to = one.to.split('@').next().unwrap();
        lines.entry((one.at.day_in(one.zone).to_string(), &one.kind, items.join("; "))).or_default().push(to);
    }
    let mut log = String::new();
    for ((day, kind, items), mut to) in lines {
        to.sort_unstable();
        let who = if to.len() > 4 { format!("{} persons", to.len()) } else { to.join(", ") };
        let items = if items.is_empty() { items } else { format!(" {items}") };
        writeln!(log, "{day} {kind}{items}: {who}").unwrap();
    }
    log
}

fn said(kind: &str, item: &Item) -> String {
    let what = item.path.split('/').next_back().unwrap();
    let days = if item.days == 1 { "1 day".to_owned() } else { format!("{} days", item.days) };
    let when = if kind == "deliverable_late" { format!("{days} late") } else { format!("in {days}") };
    format!("{what} {when}")
}
