//! `/groups/{group}/timeline`: the record, filtered to one group (domain.md, Record), for everybody or for who takes part in it.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::audit::store::{self, Filter, Record, Row};
use crate::consultations::{self, ConsultationId};
use crate::db::AnyConnection;
use crate::deliverables::{self, DeliverableId};
use crate::error::{ProblemKind, Result};
use crate::groups;
use crate::http::page::Paging;
use crate::http::{Page, Request, Route, get};
use crate::locale::Reader;
use crate::people::{self, PersonRef};
use crate::policy::{Action, Object, PersonId};
use crate::time::Instant;

/// What everybody may know: what the group became, who co-chairs it, and what came of its work. Everything else is the group's own.
const PUBLIC: &[&str] = &[
    "group.proposed",
    "group.activated",
    "group.suspended",
    "group.concluded",
    "group.withdrawn",
    "group.changed",
    "seat.made",
    "seat.placed",
    "seat.ended",
    "seat.filled",
    "seat.vacated",
    "derogation.granted",
    "derogation.expired",
    "derogation.withdrawn",
    "deliverable.planned",
    "deliverable.moved",
    "deliverable.due_moved",
    "deliverable.forum_changed",
    "consultation.opened",
    "consultation.extended",
    "consultation.closed",
    "consultation.published",
    "consultation.cancelled",
    "meeting.called",
    "meeting.held",
    "meeting.cancelled",
];

/// Acts whose reasons everybody may read who reads of the act: they say why the group is what it is, and what audiences were told.
const REASONED: &[&str] = &["group.", "derogation.", "consultation."];

pub fn routes() -> Vec<Route> {
    let what = "What happened in a group, newest first; who takes part in it sees more";
    vec![get("/groups/{group}/timeline", Action::ReadPublic, what, timeline).answers(&[ProblemKind::NotFound])]
}

#[derive(Deserialize, JsonSchema)]
struct InGroup {
    /// The group's id, number or slug.
    #[schemars(length(max = 200))]
    group: String,
}

/// Something that happened in a group.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TimelineEntry")]
struct EntryView {
    /// Its number in the record.
    seq: i64,
    at: Instant,
    /// What was done, such as `deliverable.moved`.
    act: String,
    subject: Subject,
    /// The state before, where the act moved it.
    from: Option<String>,
    /// The state after.
    to: Option<String>,
    /// Why; the group's to know, but for what the group itself became.
    reason: Option<String>,
    /// Who did it; the group's to know, null for others and where it was the machine.
    actor: Option<PersonRef>,
}

/// What something happened to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "TimelineSubject")]
struct Subject {
    /// What kind of object it is.
    #[serde(rename = "type")]
    object_type: String,
    id: String,
    /// What people call it: a deliverable's reference, a round's slug.
    #[serde(rename = "ref")]
    reference: Option<String>,
    /// Its title, where it has one.
    title: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct TimelineQuery {
    #[serde(flatten)]
    page: Paging<Record>,
}

async fn timeline(request: Request<InGroup, TimelineQuery>) -> Result<Page<EntryView>> {
    request
        .read(|tx, input| {
            let group = groups::named(tx, &input.path.group, "/timeline")?;
            let within = input.actor.may(Action::ReadGroup, &Object::of_group(group.id));
            let now = tx.now();
            let hidden: Vec<String> =
                consultations::hidden(tx, group.id, &input.actor, now)?.into_iter().map(|id| id.to_string()).collect();
            let acts = (!within).then_some(PUBLIC);
            let filter = Filter { group: Some(group.id), acts, but_objects: &hidden, ..Filter::default() };
            let plan = input.query.page.plan(&input.filters)?;
            let rows = store::page(tx, &filter, &plan)?;
            let total = if plan.total { Some(store::count(tx, &filter)?) } else { None };
            let (rows, next) = plan.cut(rows);
            let page = Page::new(views(tx, rows, within, &input.reader)?, next, total);
            Ok(page.fresh_until(consultations::next_change(tx, now)?))
        })
        .await
}

fn views(c: &mut AnyConnection, rows: Vec<Row>, within: bool, reader: &Reader) -> Result<Vec<EntryView>> {
    let actors: Vec<PersonId> = rows.iter().filter_map(|row| row.actor_id).filter(|_| within).collect();
    let names = people::refs(c, &actors)?;
    let ids: Vec<DeliverableId> =
        rows.iter().filter(|row| row.object_type == "deliverable").filter_map(|row| row.object_id.parse().ok()).collect();
    let mut titles: HashMap<String, (String, String)> =
        deliverables::refs(c, &ids)?.into_iter().map(|(id, known)| (id.to_string(), (known.reference, known.title))).collect();
    let ids: Vec<ConsultationId> =
        rows.iter().filter(|row| row.object_type == "consultation").filter_map(|row| row.object_id.parse().ok()).collect();
    let rounds = consultations::refs(c, &ids, reader)?.into_iter();
    titles.extend(rounds.map(|round| (round.id.to_string(), (round.slug, round.title.plain().to_owned()))));
    let view = |row: Row| {
        let (reference, title) = titles.get(&row.object_id).cloned().unzip();
        let told = within || REASONED.iter().any(|begins| row.act.starts_with(begins));
        EntryView {
            seq: row.seq,
            at: row.at,
            act: row.act,
            subject: Subject { object_type: row.object_type, id: row.object_id, reference, title },
            from: row.from_state,
            to: row.to_state,
            reason: row.reason.filter(|_| told),
            actor: row.actor_id.and_then(|id| names.get(&id).cloned()),
        }
    };
    Ok(rows.into_iter().map(view).collect())
}
