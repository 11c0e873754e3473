//! Telling contributors what became of their input.

use crate::consultations::path::Round;
use crate::consultations::store::dispositions::DispositionRow;
use crate::db::Write;
use crate::error::Result;

/// Tells the contributors of these dispositions, each once.
pub fn answered(_tx: &mut Write<'_>, _round: &Round, _changed: Vec<DispositionRow>) -> Result<()> {
    Ok(())
}
