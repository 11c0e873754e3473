//! Rows of applications.

use diesel::prelude::*;
use diesel::sql_types::{Nullable, Text};

use super::rules::{Application, Likeness, Status};
use crate::address;
use crate::db::{AnyConnection, Backend, Write};
use crate::error::Result;
use crate::http::etag::written;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::ids::Id;
use crate::policy::SupporterId;
use crate::schema::{supporter_applications as a, supporter_former_names as f, supporters as s};
use crate::supporters::rules::Status as SupporterStatus;
use crate::text;
use crate::time::Instant;

/// Marks the id of an application.
pub enum ApplicationMark {}
/// The identifier of an application.
pub type ApplicationId = Id<ApplicationMark>;

/// An application's row.
#[derive(Clone, Debug, Queryable, Selectable, AsChangeset)]
#[diesel(table_name = a, treat_none_as_null = true)]
pub struct Row {
    #[diesel(skip_update)]
    pub id: ApplicationId,
    pub name: String,
    pub folded_name: String,
    pub sector: String,
    pub kind: Option<String>,
    pub country: Option<String>,
    pub website: Option<String>,
    pub statement: Option<String>,
    /// Null once forgotten, as everything of the contact's.
    pub contact_name: Option<String>,
    pub contact_email: Option<String>,
    pub contact_job_title: Option<String>,
    pub contact_locale: Option<String>,
    pub authorised: bool,
    pub status: Status,
    pub rank: i64,
    pub reason: Option<String>,
    /// JSON: what was asked when.
    pub asked: String,
    /// JSON: [`LookAlike`]s.
    pub possible_duplicates: String,
    pub supporter_id: Option<SupporterId>,
    pub confirmed_at: Option<Instant>,
    pub decided_at: Option<Instant>,
    pub version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// The applications as a list: open ones first, then the newest.
pub struct Applications;

impl Listed for Applications {
    type Row = Row;
    const SORTS: &'static [SortField<Row>] = &[
        SortField { name: "decided", column: "supporter_applications.rank", key: SortKey::Int(|row| row.rank) },
        SortField { name: "created_at", column: "supporter_applications.created_at", key: SortKey::At(|row| row.created_at) },
        SortField {
            name: "name",
            column: "supporter_applications.folded_name",
            key: SortKey::Text(|row| row.folded_name.clone()),
        },
    ];
    const DEFAULT: &'static str = "decided,-created_at";
    const TIE: SortField<Row> =
        SortField { name: "id", column: "supporter_applications.id", key: SortKey::Text(|row| row.id.to_string()) };
}

type Query<'a> = a::BoxedQuery<'a, Backend>;

/// The applications that wait for a decision: id, name, since when; the longest waiting first, at most `limit`.
pub fn waiting(c: &mut AnyConnection, limit: i64) -> Result<Vec<(ApplicationId, String, Instant)>> {
    Ok(a::table
        .filter(a::status.eq(Status::Pending))
        .order((a::created_at, a::id))
        .limit(limit)
        .select((a::id, a::name, a::created_at))
        .load(c)?)
}

fn confirmed<'a>(status: Option<Status>) -> Query<'a> {
    let query = a::table.filter(a::status.ne(Status::Unconfirmed)).into_boxed::<Backend>();
    match status {
        Some(status) => query.filter(a::status.eq(status)),
        None => query,
    }
}

/// A page of the confirmed ones, or of those of them in a state.
pub fn page(c: &mut AnyConnection, status: Option<Status>, plan: &Plan<Applications>) -> Result<Vec<Row>> {
    Ok(plan.apply(confirmed(status).select(Row::as_select())).load(c)?)
}

/// How many of them there are.
pub fn count(c: &mut AnyConnection, status: Option<Status>) -> Result<i64> {
    Ok(confirmed(status).count().get_result(c)?)
}

/// An application, whatever its state.
pub fn find(c: &mut AnyConnection, id: ApplicationId) -> Result<Option<Row>> {
    Ok(a::table.filter(a::id.eq(id)).select(Row::as_select()).get_result(c).optional()?)
}

/// [`find`], held until this transaction ends: of two who decide at once the second sees what the first decided.
pub fn hold(tx: &mut Write<'_>, id: ApplicationId) -> Result<Option<Row>> {
    diesel::update(a::table.filter(a::id.eq(id))).set(a::version.eq(a::version)).execute(&mut **tx)?;
    find(tx, id)
}

/// Keeps what was typed, unconfirmed.
pub fn insert(tx: &mut Write<'_>, application: &Application, locale: &str) -> Result<ApplicationId> {
    let (id, now) = (tx.new_id::<ApplicationMark>(), tx.now());
    let contact = &application.contact;
    diesel::insert_into(a::table)
        .values((
            a::id.eq(id),
            a::name.eq(&application.name),
            a::folded_name.eq(text::fold(&application.name)),
            a::sector.eq(&application.sector),
            a::kind.eq(&application.kind),
            a::country.eq(&application.country),
            a::website.eq(&application.website),
            a::website_host.eq(application.website.as_deref().and_then(address::host)),
            a::statement.eq(&application.statement),
            a::contact_name.eq(&contact.name),
            a::contact_email.eq(&contact.email),
            a::contact_folded_email.eq(contact.email.to_lowercase()),
            a::contact_job_title.eq(&contact.job_title),
            a::contact_locale.eq(locale),
            a::authorised.eq(true),
            a::status.eq(Status::Unconfirmed),
            a::rank.eq(0_i64),
            a::asked.eq("[]"),
            a::possible_duplicates.eq("[]"),
            a::version.eq(1_i64),
            a::created_at.eq(now),
            a::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok(id)
}

/// Saves an application over the version it was read at; the transaction is repeated when another was faster.
pub fn save(tx: &mut Write<'_>, row: &mut Row) -> Result<()> {
    let read_at = row.version;
    row.version += 1;
    row.updated_at = tx.now();
    let saved = diesel::update(a::table.filter(a::id.eq(row.id)).filter(a::version.eq(read_at))).set(&*row).execute(&mut **tx)?;
    written(saved)
}

/// An entry or an application that may be the same organisation.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct LookAlike {
    pub supporter_id: Option<SupporterId>,
    pub application_id: Option<ApplicationId>,
    pub why: Likeness,
}

/// Every entry of this name, or that had it before, with its status.
pub fn namesakes(c: &mut AnyConnection, folded: &str) -> Result<Vec<(SupporterId, SupporterStatus, Likeness)>> {
    let now: Vec<(SupporterId, SupporterStatus)> =
        s::table.filter(s::folded_name.eq(folded)).order(s::id).select((s::id, s::status)).load(c)?;
    let before: Vec<(SupporterId, SupporterStatus)> =
        s::table.inner_join(f::table).filter(f::folded_name.eq(folded)).order(s::id).select((s::id, s::status)).load(c)?;
    let mut all: Vec<_> = now.into_iter().map(|(id, status)| (id, status, Likeness::Name)).collect();
    for (id, status) in before {
        if !all.iter().any(|(known, ..)| *known == id) {
            all.push((id, status, Likeness::FormerName));
        }
    }
    Ok(all)
}

#[diesel::declare_sql_function]
extern "SQL" {
    /// In lower case. SQLite lowers ASCII only: there a host typed in other capitals is not noticed, which costs a hint.
    fn lower(text: Nullable<Text>) -> Nullable<Text>;
}

/// What looks like this application among the endorsed and the confirmed that wait (domain.md, Application).
pub fn look_alikes(c: &mut AnyConnection, row: &Row) -> Result<Vec<LookAlike>> {
    let mut alike: Vec<LookAlike> = namesakes(c, &row.folded_name)?
        .into_iter()
        .filter(|(_, status, _)| *status == SupporterStatus::Endorsed)
        .map(|(id, _, why)| LookAlike { supporter_id: Some(id), application_id: None, why })
        .collect();
    let waiting = a::table.filter(a::status.eq(Status::Pending)).filter(a::id.ne(row.id)).order(a::id);
    let same: Vec<ApplicationId> = waiting.filter(a::folded_name.eq(&row.folded_name)).select(a::id).load(c)?;
    alike.extend(same.into_iter().map(|id| LookAlike { supporter_id: None, application_id: Some(id), why: Likeness::Name }));
    let Some(host) = row.website.as_deref().and_then(address::host) else { return Ok(alike) };
    // The host of an entry is no column: the few whose address has it somewhere are read, and looked at.
    let pattern = text::like_anywhere(&host);
    let sites: Vec<(SupporterId, Option<String>)> = s::table
        .filter(s::status.eq(SupporterStatus::Endorsed))
        .filter(lower(s::website).like(pattern).escape('\\'))
        .order(s::id)
        .select((s::id, s::website))
        .load(c)?;
    for (id, website) in sites {
        let is_same = website.as_deref().and_then(address::host).as_deref() == Some(&host);
        if is_same && !alike.iter().any(|known| known.supporter_id == Some(id)) {
            alike.push(LookAlike { supporter_id: Some(id), application_id: None, why: Likeness::Website });
        }
    }
    let same: Vec<ApplicationId> = waiting.filter(a::website_host.eq(&host)).select(a::id).load(c)?;
    for id in same {
        if !alike.iter().any(|known| known.application_id == Some(id)) {
            alike.push(LookAlike { supporter_id: None, application_id: Some(id), why: Likeness::Website });
        }
    }
    Ok(alike)
}
