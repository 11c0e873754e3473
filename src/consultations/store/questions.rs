//! The questions of rounds.

use diesel::prelude::*;

use super::{ConsultationId, ConsultationRow};
use crate::consultations::rules::questions::{Question, QuestionId, QuestionKind};
use crate::db::{AnyConnection, Write, any_of};
use crate::error::Result;
use crate::http::etag::stale;
use crate::locale::Localised;
use crate::schema::{consultation_questions as q, consultations as r};

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

impl Row {
    fn question(self) -> Result<Question> {
        let Self { id, kind, prompt, required, options, min, max, max_length } = self;
        let options = options.map(|json| serde_json::from_str(&json)).transpose()?.unwrap_or_default();
        Ok(Question { id, kind, prompt: Localised::from_json(&prompt)?, required, options, min, max, max_length })
    }
}

/// The questions of a round, in order.
pub fn of(c: &mut AnyConnection, consultation: ConsultationId) -> Result<Vec<Question>> {
    let rows: Vec<Row> =
        q::table.filter(q::consultation_id.eq(consultation)).order(q::position).select(Row::as_select()).load(c)?;
    rows.into_iter().map(Row::question).collect()
}

/// The questions of these rounds, in one query: each with its round, in order.
pub fn of_all(c: &mut AnyConnection, consultations: &[ConsultationId]) -> Result<Vec<(ConsultationId, Question)>> {
    let rows: Vec<(ConsultationId, Row)> = q::table
        .filter(any_of("consultation_questions.consultation_id", consultations))
        .order((q::consultation_id, q::position))
        .select((q::consultation_id, Row::as_select()))
        .load(c)?;
    rows.into_iter().map(|(id, row)| Ok((id, row.question()?))).collect()
}

/// Replaces the questions of a round that the transaction holds; the version that they have then.
pub fn replace(tx: &mut Write<'_>, of: &ConsultationRow, questions: &[Question]) -> Result<i64> {
    diesel::delete(q::table.filter(q::consultation_id.eq(of.id))).execute(&mut **tx)?;
    for (position, question) in (0_i64..).zip(questions) {
        let options = (!question.options.is_empty()).then(|| serde_json::to_string(&question.options)).transpose()?;
        diesel::insert_into(q::table)
            .values((
                (q::id.eq(question.id), q::consultation_id.eq(of.id), q::position.eq(position), q::kind.eq(question.kind)),
                (q::prompt.eq(question.prompt.to_json()), q::required.eq(question.required), q::options.eq(options)),
                (q::min.eq(question.min), q::max.eq(question.max), q::max_length.eq(question.max_length)),
            ))
            .execute(&mut **tx)?;
    }
    let version = of.questions_version + 1;
    let known = r::table.filter(r::id.eq(of.id)).filter(r::questions_version.eq(of.questions_version));
    let now = tx.now();
    let saved = diesel::update(known).set((r::questions_version.eq(version), r::updated_at.eq(now))).execute(&mut **tx)?;
    if saved == 1 { Ok(version) } else { Err(stale()) }
}
