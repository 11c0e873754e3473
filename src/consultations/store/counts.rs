//! How many were asked and how many answered, for a page of rounds in one query each.

use std::collections::HashMap;

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::ConsultationId;
use crate::consultations::rules::ContributionStatus;
use crate::db::{AnyConnection, any_of};
use crate::error::Result;
use crate::schema::{consultation_audience as a, consultation_questions as q, consultation_tallies as t, contributions as n};

/// How many supporters are in the audience of each of these rounds; of one that was counted, how many were in it then.
pub fn invited(c: &mut AnyConnection, of: &[ConsultationId]) -> Result<HashMap<ConsultationId, i64>> {
    let mut invited: HashMap<ConsultationId, i64> = a::table
        .filter(any_of("consultation_audience.consultation_id", of))
        .group_by(a::consultation_id)
        .select((a::consultation_id, count_star()))
        .load::<(ConsultationId, i64)>(c)?
        .into_iter()
        .collect();
    let counted: Vec<(ConsultationId, Option<i64>)> =
        t::table.filter(any_of("consultation_tallies.consultation_id", of)).select((t::consultation_id, t::invited)).load(c)?;
    invited.extend(counted.into_iter().filter_map(|(id, were)| Some((id, were?))));
    Ok(invited)
}

/// How many contributions to each of these rounds count.
pub fn submitted(c: &mut AnyConnection, of: &[ConsultationId]) -> Result<HashMap<ConsultationId, i64>> {
    let rows: Vec<(ConsultationId, i64)> = n::table
        .filter(any_of("contributions.consultation_id", of))
        .filter(n::status.eq(ContributionStatus::Submitted))
        .group_by(n::consultation_id)
        .select((n::consultation_id, count_star()))
        .load(c)?;
    Ok(rows.into_iter().collect())
}

/// How many contributed to each of these rounds, as was written down when its contributions were counted, where that may be told.
pub fn told(c: &mut AnyConnection, of: &[ConsultationId]) -> Result<HashMap<ConsultationId, i64>> {
    let rows: Vec<(ConsultationId, Option<i64>)> =
        t::table.filter(any_of("consultation_tallies.consultation_id", of)).select((t::consultation_id, t::submitted)).load(c)?;
    Ok(rows.into_iter().filter_map(|(id, submitted)| Some((id, submitted?))).collect())
}

/// Whether a round asks anything.
pub fn has_question(c: &mut AnyConnection, of: ConsultationId) -> Result<bool> {
    Ok(diesel::select(diesel::dsl::exists(q::table.filter(q::consultation_id.eq(of)))).get_result(c)?)
}
