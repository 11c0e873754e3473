//! Consultation rounds: questions to an audience, in time, and what became of the answers (domain.md, Consultations).

mod calendar;
mod contributions;
mod counting;
mod dispositions;
mod form;
mod listing;
mod mails;
mod moves;
mod path;
mod questions;
mod reactions;
mod report;
mod results;
mod routes;
mod rules;
mod store;
mod synthesis;
mod traced;
mod view;
mod waiting;

use crate::db::{AnyConnection, Read, Write};
use crate::error::Result;
use crate::http::Route;
use crate::locale::Reader;
use crate::policy::{Actor, GroupId};
use crate::text;
use crate::time::Instant;

pub use calendar::{Calendar, entries};
pub use contributions::{export, forget_old, person_erased, supporters_merged};
pub use counting::count_next as count_next_closed_round;
pub use dispositions::mails::on_deliverable_settled;
pub use form::search_text as round_search_text;
pub use moves::keep_time;
pub use reactions::{on_group_concluding, on_group_suspended, on_people_joined, on_round_wanted, on_supporters_endorsed};
pub use rules::{Audience, ContributionStatus, Scope, Status, Visibility};
pub use store::announcements::is_any as is_any_announcement;
pub use store::clock::{due, next_change};
pub use store::contributions::{ContributionId, ContributionMark};
pub use store::running::{RunningRound, Written, WrittenBy, running, written};
pub use store::{ConsultationId, ConsultationMark};
pub use traced::{TracedContribution, TracedRound, Which, contributions as traced_contributions, rounds as traced_rounds};
pub use view::ConsultationRef;
pub use waiting::{UnansweredRound, UnpublishedRound, unanswered, unpublished};

/// `/consultations` and what lies below.
pub fn routes() -> Vec<Route> {
    let parts = [
        routes::routes(),
        questions::routes::routes(),
        contributions::routes::routes(),
        contributions::public_routes(),
        listing::routes(),
        dispositions::routes(),
        results::routes::routes(),
        synthesis::routes(),
        report::routes(),
    ];
    parts.into_iter().flatten().collect()
}

/// At most `limit` rounds, newest first, that the caller may read and whose title or background has every word of `q`; none where `q` has
/// no word.
pub fn search(tx: &mut Read<'_>, q: &str, limit: i64, actor: &Actor, reader: &Reader) -> Result<Vec<ConsultationRef>> {
    if text::search_words(q).is_empty() {
        return Ok(Vec::new());
    }
    let (sight, now) = (path::sight(actor), tx.now());
    let filter = store::list::Filter { scope: None, group: None, status: None, q: Some(q), sight: &sight, now };
    store::list::newest(tx, &filter, limit)?.iter().map(|row| ConsultationRef::of(row, reader)).collect()
}

/// How answers refer to these rounds, in one query; ids that name none are left out.
pub fn refs(c: &mut AnyConnection, ids: &[ConsultationId], reader: &Reader) -> Result<Vec<ConsultationRef>> {
    store::list::by_ids(c, ids)?.iter().map(|row| ConsultationRef::of(row, reader)).collect()
}

/// The rounds of a group that a caller may not read at an instant: whatever shows the group says nothing of them.
pub fn hidden(c: &mut AnyConnection, group: GroupId, actor: &Actor, now: Instant) -> Result<Vec<ConsultationId>> {
    let mut hidden = Vec::new();
    for row in store::list::of_group(c, group)? {
        let round = path::Round::at(row, now)?;
        if !round.is_read_by(actor) {
            hidden.push(round.row.id);
        }
    }
    Ok(hidden)
}

/// Queues what audiences are to be told, one batch; whether there may be more.
pub fn tell_audiences(tx: &mut Write<'_>) -> Result<bool> {
    mails::tell_some(tx)
}
