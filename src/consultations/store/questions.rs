//! The questions of rounds.

use diesel::prelude::*;

use super::ConsultationId;
use crate::consultations::rules::questions::{Question, QuestionId, QuestionKind};
use crate::db::AnyConnection;
use crate::error::Result;
use crate::locale::Localised;
use crate::schema::consultation_questions as q;

#[derive(Queryable, Selectable)]
#[diesel(table_name = q)]
struct Row {
    id: QuestionId,
    kind: QuestionKind,
    prompt: String,
    required: bool,
    options: Option<String>,
    min: Option<i64>,
    max: Option<i64>,
    max_length: Option<i64>,
}

/// The questions of a round, in order.
pub fn of(c: &mut AnyConnection, consultation: ConsultationId) -> Result<Vec<Question>> {
    let rows: Vec<Row> =
        q::table.filter(q::consultation_id.eq(consultation)).order(q::position).select(Row::as_select()).load(c)?;
    let question = |row: Row| -> Result<Question> {
        let Row { id, kind, prompt, required, options, min, max, max_length } = row;
        let options = options.map(|json| serde_json::from_str(&json)).transpose()?.unwrap_or_default();
        Ok(Question { id, kind, prompt: Localised::from_json(&prompt)?, required, options, min, max, max_length })
    };
    rows.into_iter().map(question).collect()
}
