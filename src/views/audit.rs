//! `/admin/audit`: the record, as the secretariat reads it, with names in place of the ids that it keeps.

pub(super) mod store;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::store::{Filter, Record, Row};
use crate::error::{Error, ProblemKind, Result};
use crate::http::page::Paging;
use crate::http::{Page, Request, Route, get};
use crate::people::{self, PersonRef};
use crate::policy::{Action, Object, PersonId};
use crate::time::Instant;

/// Something that was done.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "AuditEntry")]
struct EntryView {
    /// Its number in the record, from 1. Acts on contributions to rounds that keep to themselves who answered are left out.
    seq: i64,
    at: Instant,
    /// Who did it; null: nobody with an account, or the machine.
    actor: Option<PersonRef>,
    /// What was done, such as `person.verified`.
    act: String,
    /// What kind of object it was done to.
    object_type: String,
    object_id: String,
    /// The state before, where the act moved it.
    from: Option<String>,
    /// The state after.
    to: Option<String>,
    /// Why, where a reason was given and has not been erased.
    reason: Option<String>,
    /// The request that did it; null: a command or the machine.
    request_id: Option<String>,
}

#[derive(Deserialize, JsonSchema)]
struct AuditQuery {
    #[serde(flatten)]
    page: Paging<Record>,
    /// Only acts on this kind of object.
    #[schemars(length(min = 1, max = 100))]
    object_type: Option<String>,
    /// Only acts on this object.
    #[schemars(length(min = 1, max = 200))]
    object_id: Option<String>,
    /// Only acts of this person.
    actor: Option<PersonId>,
    /// Only this act.
    #[schemars(length(min = 1, max = 100))]
    act: Option<String>,
    /// Only what was done at this instant or later.
    from: Option<Instant>,
    /// Only what was done at this instant or earlier.
    to: Option<Instant>,
}

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/audit", Action::RunInitiative, "The record of who did what, newest first", audit)
            .answers(&[ProblemKind::InvalidCursor]),
    ]
}

async fn audit(request: Request<(), AuditQuery>) -> Result<Page<EntryView>> {
    request
        .read(|tx, input| {
            input.allow(&Object::initiative())?;
            let query = &input.query;
            if query.from.zip(query.to).is_some_and(|(from, to)| to < from) {
                return Err(Error::invalid("?to", "too-early", "must not lie before from"));
            }
            let filter = Filter {
                group: None,
                acts: None,
                but_objects: &[],
                object_type: query.object_type.as_deref(),
                object_id: query.object_id.as_deref(),
                actor: query.actor,
                act: query.act.as_deref(),
                from: query.from,
                to: query.to,
            };
            let plan = query.page.plan(&input.filters)?;
            let rows = store::page(tx, &filter, &plan)?;
            let total = if plan.total { Some(store::count(tx, &filter)?) } else { None };
            let (rows, next) = plan.cut(rows);
            let actors: Vec<PersonId> = rows.iter().filter_map(|row| row.actor_id).collect();
            let names = people::refs(tx, &actors)?;
            let view = |row: Row| EntryView {
                seq: row.seq,
                at: row.at,
                actor: row.actor_id.and_then(|id| names.get(&id).cloned()),
                act: row.act,
                object_type: row.object_type,
                object_id: row.object_id,
                from: row.from_state,
                to: row.to_state,
                reason: row.reason,
                request_id: row.request_id,
            };
            Ok(Page::new(rows.into_iter().map(view).collect(), next, total))
        })
        .await
}
