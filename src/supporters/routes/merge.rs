//! Merging two entries that are one organisation.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Beside, SupporterView};
use crate::audit::{self, Entry};
use crate::db::AnyConnection;
use crate::error::{Error, FieldFault, Result};
use crate::facts::{self, Objections};
use crate::http::{Object, Request, Tagged, behind, both, prose_or_faults};
use crate::policy::SupporterId;
use crate::supporters::facts::SupportersMerged;
use crate::supporters::path::{InSupporter, load};
use crate::supporters::rules::Status;
use crate::supporters::store::{self, SupporterRow, entry, merge};

/// Which entry it goes into, and why.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SupporterMerge")]
pub struct Merge {
    /// The entry that stays.
    into_supporter_id: SupporterId,
    #[schemars(length(max = 5000))]
    reason: Option<String>,
}

pub async fn merge(request: Request<InSupporter, (), Merge>) -> Result<Object<Tagged<SupporterView>>> {
    request
        .write(|tx, input| {
            let reason = prose_or_faults("/reason", input.body.reason.as_deref());
            let from = behind(reason.as_ref().err().map_or(&[], Vec::as_slice), load(tx, input, "/merge"))?;
            let into = store::find(tx, input.body.into_supporter_id.as_str())?;
            let into = into.ok_or_else(|| vec![FieldFault::new("/into_supporter_id", "unknown", "names no supporter")]);
            let (reason, into) = both(reason, into)?;
            entry::hold(tx, &[from.id, into.id])?;
            // What they are now: somebody may have changed them before they were held.
            let (from, into) = (find(tx, from.id)?, find(tx, into.id)?);
            input.if_match.allow(from.version)?;
            let mut objections = Objections::default();
            if reason.is_none() {
                objections.raise("reason_required", "Say why, in `reason`: it goes into the record.");
            }
            if into.id == from.id {
                objections.raise("same_supporter", "An entry cannot be merged into itself.");
            }
            if into.status != Status::Endorsed {
                let detail = format!("{} is {}: merge into an endorsed entry only.", into.name, into.status);
                objections.raise("into_not_endorsed", detail);
            }
            if merge::has_open_application(tx, from.id)? {
                objections.raise("open_application", format!("An application of {} is open: decide it first.", from.name));
            }
            facts::consider(tx, &SupportersMerged { from: from.id, into: into.id }, &mut objections)?;
            objections.none()?;
            merge::merge(tx, from.id, into.id)?;
            audit::record(
                tx,
                Entry::of("supporter.merged", "supporter", from.id).moved(from.id, into.id).because(reason.as_deref()),
            );
            let row = find(tx, into.id)?;
            let mut beside = Beside::rows(tx, std::slice::from_ref(&row))?;
            Ok(Object::tagged(SupporterView::of(row, &mut beside)))
        })
        .await
}

fn find(c: &mut AnyConnection, id: SupporterId) -> Result<SupporterRow> {
    store::find(c, id.as_str())?.ok_or_else(|| Error::not_found("supporter"))
}
