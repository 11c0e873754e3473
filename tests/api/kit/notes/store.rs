//! The slice's one table.

use diesel::prelude::*;
use plenary::db::{AnyConnection, DbError, Write};
use plenary::error::{Error, Problem, ProblemKind, Result};
use plenary::http::etag;
use plenary::http::page::{Listed, SortField, SortKey};
use plenary::ids::Id;
use plenary::time::Instant;
use plenary::word_enum;

use crate::world::World;

diesel::table! {
    kit_notes (id) {
        id -> Text,
        title -> Text,
        rank -> BigInt,
        due_at -> Timestamp,
        status -> Text,
        version -> BigInt,
        created_at -> Timestamp,
        updated_at -> Timestamp,
    }
}

word_enum! {
    /// Where a note stands.
    pub enum Status {
        Draft = "draft",
        Done = "done",
    }
}

#[derive(Debug)]
pub enum NoteMark {}

#[derive(Queryable, Selectable)]
#[diesel(table_name = kit_notes)]
pub struct NoteRow {
    pub id: Id<NoteMark>,
    pub title: String,
    pub rank: i64,
    pub due_at: Instant,
    pub status: Status,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// The list of notes.
pub struct Notes;

impl Listed for Notes {
    type Row = NoteRow;
    const SORTS: &'static [SortField<NoteRow>] = &[
        SortField { name: "title", column: "kit_notes.title", key: SortKey::Text(|row| row.title.clone()) },
        SortField { name: "rank", column: "kit_notes.rank", key: SortKey::Int(|row| row.rank) },
        SortField { name: "due_at", column: "kit_notes.due_at", key: SortKey::At(|row| row.due_at) },
        SortField { name: "status", column: "kit_notes.status", key: SortKey::Text(|row| row.status.to_string()) },
    ];
    const DEFAULT: &'static str = "-due_at";
    const TIE: SortField<NoteRow> =
        SortField { name: "id", column: "kit_notes.id", key: SortKey::Text(|row| row.id.to_string()) };
}

pub fn load(connection: &mut AnyConnection, id: &str) -> Result<NoteRow> {
    let row = kit_notes::table.filter(kit_notes::id.eq(id)).select(NoteRow::as_select()).get_result(connection).optional()?;
    row.ok_or_else(|| Error::not_found("note"))
}

pub fn taken(error: diesel::result::Error) -> Error {
    if DbError::unique_violation(&error) {
        Problem::new(ProblemKind::AlreadyExists, "There is a note of that title.").into()
    } else {
        error.into()
    }
}

/// Saves by compare-and-set on the version.
pub fn save(tx: &mut Write<'_>, note: &NoteRow) -> Result<()> {
    let now = tx.now();
    let saved = tx
        .savepoint(|c| {
            diesel::update(kit_notes::table.filter(kit_notes::id.eq(note.id)).filter(kit_notes::version.eq(note.version)))
                .set((
                    kit_notes::title.eq(&note.title),
                    kit_notes::rank.eq(note.rank),
                    kit_notes::status.eq(note.status),
                    kit_notes::version.eq(note.version + 1),
                    kit_notes::updated_at.eq(now),
                ))
                .execute(c)
        })
        .map_err(taken)?;
    if saved == 1 { Ok(()) } else { Err(etag::stale()) }
}

/// How many rows the tables hold that a write leaves something in: notes, mails, entries, keys, and where the record's head stands.
pub fn traces(world: &World) -> [i64; 5] {
    use plenary::schema::{audit_entries, audit_head, idempotency_keys, outbox};
    world.read(|c| {
        Ok([
            kit_notes::table.count().get_result(c)?,
            outbox::table.count().get_result(c)?,
            audit_entries::table.count().get_result(c)?,
            idempotency_keys::table.count().get_result(c)?,
            audit_head::table.select(audit_head::seq).get_result(c)?,
        ])
    })
}
