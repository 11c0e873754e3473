//! Deliverables: what groups owe by a date, and how it comes about (domain.md, Deliverables).

mod acknowledgements;
mod board;
mod calendar;
mod comments;
mod consulted;
mod facts;
mod form;
mod mails;
mod milestones;
mod path;
mod reactions;
mod record;
mod routes;
mod rules;
mod store;
mod todays;
mod traced;
mod versions;
mod view;

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::AnyConnection;
use crate::error::Result;
use crate::forum::EditionId;
use crate::http::Route;
use crate::policy::{GroupId, PersonId};
use crate::text;

pub use board::{BoardMilestone, BoardRow, Which, board_milestones, board_rows};
pub use calendar::calendar_entries;
pub use consulted::{ConsultedVersion, consult, consulted_version, round_ended};
pub use facts::{DeliverableSettled, RoundWanted};
pub use milestones::store::{MilestoneId, MilestoneMark};
pub use reactions::{
    on_edition_cancelled, on_edition_rescheduled, on_group_concluding, on_group_renumbering, on_leads_wanted,
    on_membership_ended, on_person_erased, on_session_shows,
};
pub use rules::{Health, HealthReason, Kind, Status};
pub use store::pending::{Pending, PendingOf, pending};
pub use store::{DeliverableId, DeliverableMark};
pub use todays::Todays;
pub use traced::{Traced, traced};
pub use versions::referred as referred_files;

/// `/deliverables`, what lies below a deliverable, and `/groups/{group}/deliverables`.
pub fn routes() -> Vec<Route> {
    [routes::routes(), milestones::routes(), acknowledgements::routes(), comments::routes(), versions::routes()]
        .into_iter()
        .flatten()
        .collect()
}

/// A deliverable where something else refers to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeliverableRef {
    /// Its id.
    pub id: DeliverableId,
    /// Its reference, `WG5-D1`.
    pub reference: String,
    /// Its title.
    pub title: String,
}

impl From<(DeliverableId, String, String)> for DeliverableRef {
    fn from((id, reference, title): (DeliverableId, String, String)) -> Self {
        Self { id, reference, title }
    }
}

/// How answers refer to these deliverables, in one query; ids that name none are left out.
pub fn refs(connection: &mut AnyConnection, ids: &[DeliverableId]) -> Result<HashMap<DeliverableId, DeliverableRef>> {
    let refs = store::list::refs(connection, ids)?.into_iter().map(DeliverableRef::from);
    Ok(refs.map(|reference| (reference.id, reference)).collect())
}

/// The deliverable that a path, filter or body names by reference or id. 404 where there is none.
pub fn named(connection: &mut AnyConnection, name: &str) -> Result<DeliverableFacts> {
    let store::Found { row, lead } = store::find(connection, name)?;
    let store::DeliverableRow { id, reference, title, group_id, status, forum_edition_id, .. } = row;
    Ok(DeliverableFacts { id, reference, title, group: group_id, status, forum_edition: forum_edition_id, lead })
}

/// The deliverables that these names name, by reference or id, and where they stand, in one query: by the name in capitals. Names that name
/// none are left out.
pub fn all_named(connection: &mut AnyConnection, names: &[String]) -> Result<HashMap<String, (DeliverableId, Status)>> {
    let found = if names.is_empty() { Vec::new() } else { store::list::named(connection, names)? };
    let both = |(id, reference, status): (DeliverableId, String, Status)| {
        [(id.to_string().to_ascii_uppercase(), (id, status)), (reference, (id, status))]
    };
    Ok(found.into_iter().flat_map(both).collect())
}

/// A deliverable as other slices see it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliverableFacts {
    /// Its id.
    pub id: DeliverableId,
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// The group that owes it.
    pub group: GroupId,
    /// Where it stands.
    pub status: Status,
    /// For which Forum edition it is.
    pub forum_edition: Option<EditionId>,
    /// Who leads it.
    pub lead: Option<PersonId>,
}

/// Whether a person leads anything that is neither presented nor dropped.
pub fn leads_any(connection: &mut AnyConnection, person: PersonId) -> Result<bool> {
    store::reactions::leads_any(connection, person)
}

/// At most `limit` deliverables, newest first, whose reference, title or summary have every word of `q`; none where `q` has no word.
pub fn search(connection: &mut AnyConnection, q: &str, limit: i64) -> Result<Vec<DeliverableRef>> {
    if text::search_words(q).is_empty() {
        return Ok(Vec::new());
    }
    Ok(store::list::search(connection, q, limit)?.into_iter().map(DeliverableRef::from).collect())
}

/// What is kept about a person here: its comments, and what it agreed to be thanked for.
pub fn export(connection: &mut AnyConnection, person: PersonId) -> Result<Map<String, Value>> {
    let (comments, acknowledgements) = comments::store::export(connection, person)?;
    Ok([("comments".to_owned(), comments), ("acknowledgements".to_owned(), acknowledgements)].into_iter().collect())
}
