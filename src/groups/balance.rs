//! The balance of a group's co-chairs as it stands, and what is told of its loss.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::mails;
use super::rules::{self, Balance, Derogation, Seat, Violation};
use super::store::{self, SeatId, SeatRow, entry};
use crate::call::{self, RuleNumbers};
use crate::db::{AnyConnection, Write};
use crate::error::{self, Error, Problem, ProblemKind, Result};
use crate::policy::{GroupId, SupporterId};
use crate::supporters::{self, SupporterFacts, SupporterRef};
use crate::time::Day;

/// What is known of supporters, by id.
pub type Facts = HashMap<SupporterId, SupporterFacts>;

/// A seat at fault, as a violation names it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SeatAtFault {
    /// The seat; null where it is yet to be made.
    pub id: Option<SeatId>,
    /// Its supporter.
    pub supporter: SupporterRef,
}

/// What the rule asks of one supporter's seat, there or to be made.
pub fn seat(id: Option<SeatId>, facts: &SupporterFacts) -> Seat<'_, SeatAtFault> {
    let key = SeatAtFault { id, supporter: facts.reference.clone() };
    let (sector, country) = (facts.sector.as_deref(), facts.country.as_deref());
    Seat { key, supporter: facts.reference.id.as_str(), endorsed: facts.endorsed, sector, country }
}

/// The rule's answer about these seats.
pub fn of_seats(rule: &RuleNumbers, seats: &[SeatRow], facts: &Facts) -> Result<Balance<SeatAtFault>> {
    let judged = |row: &SeatRow| Ok(seat(Some(row.id), of_seat(row, facts)?));
    let seats: Vec<_> = seats.iter().map(judged).collect::<Result<_>>()?;
    Ok(rules::balance(rule, &seats))
}

/// What is known of a seat's supporter.
pub fn of_seat<'f>(seat: &SeatRow, facts: &'f Facts) -> Result<&'f SupporterFacts> {
    facts.get(&seat.supporter_id).ok_or_else(|| Error::Internal(format!("seat {} has no supporter", seat.id)))
}

/// What is known of the supporters of these seats.
pub fn facts(c: &mut AnyConnection, seats: &[SeatRow]) -> Result<Facts> {
    let mut ids: Vec<SupporterId> = seats.iter().map(|seat| seat.supporter_id).collect();
    ids.sort_unstable();
    ids.dedup();
    supporters::refs(c, &ids)
}

/// The derogation that stands in a group on a day.
pub fn standing(c: &mut AnyConnection, group: GroupId, today: Day) -> Result<Option<Derogation>> {
    let row = store::derogations(c, &[group])?.pop();
    Ok(row.map(|row| row.terms()).transpose()?.filter(|terms| terms.stands_on(today)))
}

/// What is violated in a group `today` beyond what `derogation` waives.
pub fn unwaived(
    c: &mut AnyConnection,
    rule: &RuleNumbers,
    group: GroupId,
    derogation: Option<&Derogation>,
    today: Day,
) -> Result<Vec<Violation<SeatAtFault>>> {
    let seats = store::present_seats(c, &[group])?;
    let facts = facts(c, &seats)?;
    Ok(rules::unwaived(of_seats(rule, &seats, &facts)?.violations, derogation, today))
}

/// 422 with these broken rules, then these of the co-chair rule, each with the seats at fault.
pub fn refused(first: Vec<error::Violation>, then: &[Violation<SeatAtFault>]) -> Error {
    let details: Vec<String> =
        first.iter().map(|violation| violation.detail.clone()).chain(then.iter().map(|v| v.detail.clone())).collect();
    let all: Vec<Value> = first.iter().map(|v| json!(v)).chain(then.iter().map(|v| json!(v))).collect();
    let detail = match details.as_slice() {
        [one] => one.clone(),
        many => format!("{} rules stand against it: see `violations`.", many.len()),
    };
    Problem::new(ProblemKind::RuleViolation, detail).with("violations", all).into()
}

/// Looks after the balance of a group that the transaction holds, after a change of whatever it depends on: an active group that has lost
/// it is noted, and the secretariat told, once until it is back.
pub fn watch(tx: &mut Write<'_>, group: GroupId) -> Result<()> {
    let row = store::by_id(tx, group)?;
    let lost = if row.status.needs_balance() {
        let call = call::load(tx)?;
        let today = call.today(tx.now());
        let derogation = standing(tx, group, today)?;
        unwaived(tx, &call.rule, group, derogation.as_ref(), today)?
    } else {
        Vec::new()
    };
    match (lost.is_empty(), row.unbalanced_since) {
        (false, None) => {
            let now = tx.now();
            entry::mark_unbalanced(tx, group, Some(now))?;
            mails::balance_lost(tx, group, lost.into_iter().map(|violation| violation.detail).collect());
            Ok(())
        }
        (true, Some(_)) => entry::mark_unbalanced(tx, group, None),
        _ => Ok(()),
    }
}
