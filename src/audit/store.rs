//! The record's rows.

use diesel::prelude::*;
use serde_json::{Value, json};

use super::Entry;
use super::chain::{Broken, Link, Verified, Walk, hash, reason_digest};
use crate::db::{AnyConnection, Write};
use crate::policy::PersonId;
use crate::schema::{audit_entries as entries, audit_head as head, audit_reasons as reasons};
use crate::time::Instant;

/// Entries read at a time.
const STRIDE: i64 = 1000;

/// Adds entries at the end of the chain. Taking their numbers locks the head until the commit, so that chains of two transactions never mix.
pub fn append(tx: &mut Write<'_>, pending: Vec<Entry>) -> QueryResult<()> {
    let count = i64::try_from(pending.len()).unwrap_or(i64::MAX);
    let (last, mut previous): (i64, String) = diesel::update(head::table)
        .set(head::seq.eq(head::seq + count))
        .returning((head::seq, head::hash))
        .get_result(&mut **tx)?;
    for (seq, entry) in (last - count + 1..).zip(pending) {
        let reason = entry.reason.map(|reason| (tx.new_id::<()>().to_string(), reason));
        let link = Link {
            seq,
            at: tx.now(),
            actor: entry.actor.map(|actor| actor.to_string()),
            act: entry.act.to_owned(),
            object_type: entry.object_type.to_owned(),
            object_id: entry.object_id,
            from: entry.from,
            to: entry.to,
            reason_digest: reason.as_ref().map(|(salt, reason)| reason_digest(salt, reason)),
            request_id: entry.request_id,
            group: entry.group.map(|group| group.to_string()),
        };
        previous = hash(&previous, &link);
        diesel::insert_into(entries::table)
            .values((
                entries::seq.eq(seq),
                entries::at.eq(link.at),
                entries::actor_id.eq(link.actor),
                entries::act.eq(link.act),
                entries::object_type.eq(link.object_type),
                entries::object_id.eq(link.object_id),
                entries::from_state.eq(link.from),
                entries::to_state.eq(link.to),
                entries::reason_digest.eq(link.reason_digest),
                entries::request_id.eq(link.request_id),
                entries::group_id.eq(link.group),
                entries::hash.eq(&previous),
            ))
            .execute(&mut **tx)?;
        if let Some((salt, reason)) = reason {
            diesel::insert_into(reasons::table)
                .values((reasons::seq.eq(seq), reasons::salt.eq(salt), reasons::reason.eq(reason)))
                .execute(&mut **tx)?;
        }
    }
    diesel::update(head::table).set(head::hash.eq(previous)).execute(&mut **tx)?;
    Ok(())
}

#[derive(Queryable)]
struct Row {
    seq: i64,
    at: Instant,
    actor: Option<String>,
    act: String,
    object_type: String,
    object_id: String,
    from: Option<String>,
    to: Option<String>,
    reason_digest: Option<String>,
    request_id: Option<String>,
    group: Option<String>,
    hash: String,
    reason: Option<(String, String)>,
}

/// The whole chain, a stride at a time.
pub fn verify(connection: &mut AnyConnection) -> QueryResult<Result<Verified, Broken>> {
    let mut walk = Walk::new();
    // From below the first number that there can be: what was put in front is found too.
    let mut after = i64::MIN;
    loop {
        let rows: Vec<Row> = entries::table
            .left_join(reasons::table.on(reasons::seq.eq(entries::seq)))
            .filter(entries::seq.gt(after))
            .order(entries::seq)
            .limit(STRIDE)
            .select((
                entries::seq,
                entries::at,
                entries::actor_id,
                entries::act,
                entries::object_type,
                entries::object_id,
                entries::from_state,
                entries::to_state,
                entries::reason_digest,
                entries::request_id,
                entries::group_id,
                entries::hash,
                (reasons::salt, reasons::reason).nullable(),
            ))
            .load(connection)?;
        let Some(last) = rows.last() else { break };
        after = last.seq;
        for Row { seq, at, actor, act, object_type, object_id, from, to, reason_digest, request_id, group, hash, reason } in rows
        {
            let link = Link { seq, at, actor, act, object_type, object_id, from, to, reason_digest, request_id, group };
            let reason = reason.as_ref().map(|(salt, reason)| (salt.as_str(), reason.as_str()));
            if let Err(broken) = walk.step(&link, &hash, reason) {
                return Ok(Err(broken));
            }
        }
    }
    let heads: Vec<(i64, String)> = head::table.select((head::seq, head::hash)).load(connection)?;
    let [(seq, hash)] = heads.as_slice() else {
        return Ok(Err(Broken { seq: walk.seq(), why: "is not the end of the record: its head is missing" }));
    };
    Ok(walk.end(*seq, hash))
}

pub fn export(connection: &mut AnyConnection, person: PersonId) -> QueryResult<Value> {
    type Act = (Instant, String, String, String, Option<String>, Option<String>);
    let acts: Vec<Act> = entries::table
        .filter(entries::actor_id.eq(person.to_string()))
        .order(entries::seq)
        .select((entries::at, entries::act, entries::object_type, entries::object_id, entries::from_state, entries::to_state))
        .load(connection)?;
    let acts = acts.into_iter().map(|(at, act, object_type, object_id, from, to)| {
        json!({"at": at, "act": act, "object_type": object_type, "object_id": object_id, "from": from, "to": to})
    });
    Ok(acts.collect())
}
