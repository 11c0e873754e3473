//! Setting the seats of a group, all at once.

use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{SeatOf, store};
use crate::audit::{self, Entry};
use crate::call::Call;
use crate::db::{AnyConnection, Write};
use crate::error::{Error, FieldFault, Problem, Result};
use crate::groups::balance::{self, Facts, SeatAtFault};
use crate::groups::derogations::{self, Granted};
use crate::groups::mails;
use crate::groups::rules::{self, Derogation, Violation};
use crate::groups::store::{self as groups, GroupRow, SeatId, SeatRow};
use crate::http::change::Change;
use crate::people;
use crate::policy::{PersonId, SupporterId};
use crate::supporters;

/// The seats of a group, all of them, in their order.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "CoChairSeats")]
#[serde(deny_unknown_fields)]
pub struct Setting {
    #[schemars(length(max = 100))]
    pub seats: Vec<NewSeat>,
    /// What is waived from now on, in place of a derogation that stands.
    pub derogation: Option<Granted>,
}

/// A seat of a supporter: the one that it has, or a new one.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewCoChairSeat")]
#[serde(deny_unknown_fields)]
pub struct NewSeat {
    pub supporter_id: SupporterId,
    /// Who fills it, affiliated to the supporter; null: nobody; without it: who does.
    #[serde(default)]
    pub person_id: Change<PersonId>,
}

/// What stands against a person in a seat of a supporter, at `pointer`. An account that does not belong there is not told from none.
pub fn person_faults(
    c: &mut AnyConnection,
    pointer: &str,
    person: PersonId,
    supporter: SupporterId,
) -> Result<Option<FieldFault>> {
    let fault = |code, detail: &str| Ok(Some(FieldFault::new(pointer, code, detail)));
    let row = people::person(c, person)?;
    let affiliated = supporters::affiliations_of(c, person)?.iter().any(|(to, _)| *to == supporter);
    match row {
        Some(row) if affiliated => {
            if !row.may_sign_in() {
                fault("suspended", "is suspended; name somebody else")
            } else if !row.is_verified() {
                fault("not_confirmed", "has not confirmed an e-mail address yet; let them do that first")
            } else {
                Ok(None)
            }
        }
        _ => fault("not_affiliated", "must be somebody who is affiliated to the seat's supporter now; affiliate them first"),
    }
}

/// Everything that is wrong with what is named: supporters that are none, persons who cannot sit.
pub fn faults(c: &mut AnyConnection, wanted: &[NewSeat]) -> Result<Vec<FieldFault>> {
    let known = known(c, wanted)?;
    let mut faults = Vec::new();
    for (n, seat) in wanted.iter().enumerate() {
        if !known.contains_key(&seat.supporter_id) {
            faults.push(FieldFault::new(format!("/seats/{n}/supporter_id"), "unknown", "names no supporter"));
        } else if let Change::Set(person) = seat.person_id {
            faults.extend(person_faults(c, &format!("/seats/{n}/person_id"), person, seat.supporter_id)?);
        }
    }
    Ok(faults)
}

fn known(c: &mut AnyConnection, wanted: &[NewSeat]) -> Result<Facts> {
    let ids: Vec<SupporterId> = wanted.iter().map(|seat| seat.supporter_id).collect();
    supporters::refs(c, &ids)
}

/// Sets the seats of a group that the transaction holds, with their supporters: those that stay keep their seat, the others end.
pub fn set(
    tx: &mut Write<'_>,
    call: &Call,
    group: &GroupRow,
    wanted: &[NewSeat],
    given: Option<&Derogation>,
    by: Option<PersonId>,
) -> Result<()> {
    let present = groups::present_seats(tx, &[group.id])?;
    let of: HashMap<SupporterId, &SeatRow> = present.iter().map(|row| (row.supporter_id, row)).collect();
    let violations = violations(tx, call, group, wanted, given, &of)?;
    if !violations.is_empty() {
        return Err(balance::refused(Vec::new(), &violations));
    }
    if let Some(given) = given {
        derogations::grant(tx, group.id, given, by)?;
    }
    let ids: Vec<SeatId> = present.iter().map(|row| row.id).collect();
    let filled: HashMap<SeatId, PersonId> = groups::persons_in(tx, &ids, None)?.into_iter().collect();
    for row in present.iter().filter(|row| !wanted.iter().any(|seat| seat.supporter_id == row.supporter_id)) {
        super::end(tx, group.id, row.id)?;
    }
    for (position, seat) in (0_i64..).zip(wanted) {
        let supporter = seat.supporter_id;
        let (id, is_new) = match of.get(&supporter) {
            Some(row) => {
                if row.position != position {
                    store::place(tx, row.id, position)?;
                    audit::record(tx, Entry::of("seat.placed", "co_chair_seat", row.id).in_group(group.id));
                }
                (row.id, false)
            }
            None => {
                let id = store::insert(tx, group.id, supporter, position)?;
                audit::record(tx, Entry::of("seat.made", "co_chair_seat", id).in_group(group.id));
                (id, true)
            }
        };
        let was = filled.get(&id).copied();
        match seat.person_id {
            Change::Set(person) if was != Some(person) => super::fill(tx, group.id, SeatOf { id, supporter }, person)?,
            Change::Clear if was.is_some() => super::vacate(tx, group.id, SeatOf { id, supporter })?,
            Change::Keep | Change::Clear if is_new => mails::seat_vacant(tx, group.id, supporter),
            _ => {}
        }
    }
    super::settle(tx, group.id)
}

fn violations(
    tx: &mut Write<'_>,
    call: &Call,
    group: &GroupRow,
    wanted: &[NewSeat],
    given: Option<&Derogation>,
    of: &HashMap<SupporterId, &SeatRow>,
) -> Result<Vec<Violation<SeatAtFault>>> {
    let facts = known(tx, wanted)?;
    let judged = |seat: &NewSeat| {
        let facts = facts.get(&seat.supporter_id).ok_or_else(|| Error::Internal("a seat without its supporter".into()))?;
        Ok(balance::seat(of.get(&seat.supporter_id).map(|row| row.id), facts))
    };
    let seats: Vec<_> = wanted.iter().map(judged).collect::<Result<_>>()?;
    if !group.status.needs_balance() {
        return Ok(rules::refused_in_every_status(&call.rule, &seats));
    }
    let today = call.today(tx.now());
    let standing = match given {
        Some(given) => Some(given.clone()),
        None => balance::standing(tx, group.id, today)?,
    };
    Ok(rules::unwaived(rules::balance(&call.rule, &seats).violations, standing.as_ref(), today))
}

/// 422 with all of `faults`, where there are any.
pub fn refuse(faults: &[FieldFault]) -> Result<()> {
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults).into()) }
}
