//! What was made of what came in.

use diesel::prelude::*;

use super::ConsultationRow;
use crate::db::Write;
use crate::error::Result;
use crate::http::etag::stale;
use crate::locale::Localised;
use crate::schema::consultations as r;

/// Saves the synthesis of a round over its version that was read, and gives the round as it is then; the transaction is repeated when another
/// was faster.
pub fn save(tx: &mut Write<'_>, row: ConsultationRow, text: &Localised) -> Result<ConsultationRow> {
    let known = r::table.filter(r::id.eq(row.id)).filter(r::synthesis_version.eq(row.synthesis_version));
    let next = ConsultationRow {
        synthesis: Some(text.to_json()),
        synthesis_version: row.synthesis_version + 1,
        updated_at: tx.now(),
        ..row
    };
    let changes = (
        r::synthesis.eq(next.synthesis.clone()),
        r::synthesis_version.eq(next.synthesis_version),
        r::updated_at.eq(next.updated_at),
    );
    if diesel::update(known).set(changes).execute(&mut **tx)? == 1 { Ok(next) } else { Err(stale()) }
}
