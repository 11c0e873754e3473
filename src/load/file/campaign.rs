//! `[[consultations]]` and `[[register_milestones]]`, and the sections that are kept for later: `[[petitions]]`, `[[campaigns]]`.

use std::collections::BTreeMap;

use super::read::{self, Claims, Known, MAX_NUMBER};
use super::{Campaign, Consultation, Milestone, Petition, RoundStatus, Scope};
use crate::consultations::Audience;
use crate::time::Instant;
use crate::toml_file::{Table, Value};

pub(super) fn consultations(root: &Table<'_>, known: &Known) -> Vec<Consultation> {
    let mut slugs = Claims::of("slug");
    root.list("consultations").iter().filter_map(|item| consultation(item, known, &mut slugs)).collect()
}

fn consultation(item: &Value<'_>, known: &Known, slugs: &mut Claims) -> Option<Consultation> {
    let keys = ["slug", "scope", "group", "title", "background", "audience", "status", "opens_on", "closes_on", "synthesis"];
    let table = item.table(&keys)?;
    let scope = scope(&table, known);
    let title = table.need("title").and_then(|value| known.title(&value));
    let slug = read::slug(&table, slugs, "title", title.as_ref().map(|title| known.first(title)));
    let background = table.get("background").and_then(|value| known.prose(&value));
    let audience = table.need("audience").and_then(|value| {
        let audience = value.word(Audience::parse, Audience::ALL)?;
        match (audience, scope) {
            (Audience::GroupMembers, Some(Scope::Call)) => {
                value.refuse("is \"group_members\", but the scope is no group: correct one of them")
            }
            _ => Some(audience),
        }
    });
    let status = table.get("status").map_or(Some(RoundStatus::Draft), |value| value.word(RoundStatus::parse, RoundStatus::ALL));
    let day = |key| table.need(key).and_then(|value| value.day());
    let (opens_on, closes_on) = (day("opens_on"), day("closes_on"));
    if let (Some(opens_on), Some(closes_on), Some(value)) = (opens_on, closes_on, table.get("closes_on"))
        && closes_on < opens_on
    {
        value.fault("lies before opens_on: a round closes on the day it opens, or later");
    }
    let synthesis = table.get("synthesis").and_then(|value| known.prose(&value));
    if status == Some(RoundStatus::Published) && table.get("synthesis").is_none() {
        let _: Option<Value<'_>> = table.need("synthesis");
    }
    Some(Consultation {
        slug: slug?,
        scope: scope?,
        title: title?,
        background,
        audience: audience?,
        status: status?,
        opens_at: Instant::start_of(opens_on?, known.zone),
        closes_at: Instant::end_of(closes_on?, known.zone),
        synthesis,
    })
}

fn scope(table: &Table<'_>, known: &Known) -> Option<Scope> {
    let group = || {
        let value = table.need("group")?;
        let number = value.number(1, MAX_NUMBER)?;
        if known.groups.contains(&number) {
            Some(Scope::Group(number))
        } else {
            value.refuse(format!("is {number}, which is no group of [[groups]]: correct it, or add it there"))
        }
    };
    let value = table.need("scope")?;
    match value.text()? {
        "group" => group(),
        "call" => match table.get("group") {
            Some(stray) => stray.refuse("stands beside scope = \"call\": remove it, or write scope = \"group\""),
            None => Some(Scope::Call),
        },
        other => {
            value.refuse(format!("{other:?} is no scope that a file may have: write call, or group with the number of the group"))
        }
    }
}

pub(super) fn milestones(root: &Table<'_>, known: &Known) -> Vec<Milestone> {
    let mut claims = Claims::of("day");
    let read = |item: &Value<'_>| {
        let table = item.table(&["on", "total", "by_sector", "source"])?;
        let on = table.need("on").and_then(|value| {
            let on = value.day()?;
            claims.claim(&value, on, on).then_some(on)
        });
        let total = table.need("total").and_then(|value| read::count(&value, 0));
        let source = table.need("source").and_then(|value| read::prose(&value));
        let by_sector = table.get("by_sector").map(|value| by_sector(&value, known)).unwrap_or_default();
        Some(Milestone { on: on?, total: total?, by_sector, source: source? })
    };
    root.list("register_milestones").iter().filter_map(read).collect()
}

/// The parts need not add up to the total: announcements do not.
fn by_sector(value: &Value<'_>, known: &Known) -> BTreeMap<String, i64> {
    let mut parts = BTreeMap::new();
    for (code, part) in value.free_table().map(|table| table.entries()).unwrap_or_default() {
        if !known.sectors.contains(code) {
            part.fault("is under no sector of [[sectors]]: correct it, or add it there");
        }
        parts.extend(read::count(&part, 0).map(|count| (code.to_owned(), count)));
    }
    parts
}

pub(super) fn petitions(root: &Table<'_>) -> Vec<Petition> {
    let mut slugs = Claims::of("slug");
    let read = |item: &Value<'_>| {
        let table = item.table(&["slug", "title", "text", "goal", "launched_on", "announced_signatures", "announced_source"])?;
        let title = table.need("title").and_then(|value| read::name(&value));
        let slug = read::slug(&table, &mut slugs, "title", title.as_deref());
        let text = table.get("text").and_then(|value| read::prose(&value));
        let goal = table.get("goal").and_then(|value| read::count(&value, 1));
        let launched_on = table.need("launched_on").and_then(|value| value.day());
        let announced_signatures = table.get("announced_signatures").and_then(|value| read::count(&value, 0));
        let announced_source = table.get("announced_source").and_then(|value| read::prose(&value));
        if let (Some(source), None) = (table.get("announced_source"), table.get("announced_signatures")) {
            source.fault("stands without announced_signatures: add them");
        }
        Some(Petition {
            slug: slug?,
            title: title?,
            text,
            goal,
            launched_on: launched_on?,
            announced_signatures,
            announced_source,
        })
    };
    root.list("petitions").iter().filter_map(read).collect()
}

pub(super) fn campaigns(root: &Table<'_>, known: &Known) -> Vec<Campaign> {
    let mut slugs = Claims::of("slug");
    let read = |item: &Value<'_>| {
        let table = item.table(&["slug", "title", "hashtag", "petition", "starts_on", "weeks"])?;
        let title = table.need("title").and_then(|value| read::name(&value));
        let slug = read::slug(&table, &mut slugs, "title", title.as_deref());
        let hashtag = table.get("hashtag").and_then(|value| read::name(&value));
        let petition = table.get("petition").and_then(|value| value.reference(&known.petitions, "petition of [[petitions]]"));
        let starts_on = table.need("starts_on").and_then(|value| value.day());
        let weeks = table.need("weeks").and_then(|value| value.number(1, 520));
        Some(Campaign { slug: slug?, title: title?, hashtag, petition, starts_on: starts_on?, weeks: weeks? })
    };
    root.list("campaigns").iter().filter_map(read).collect()
}
