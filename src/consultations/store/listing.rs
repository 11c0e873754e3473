//! Contributions as they are listed.

use diesel::dsl::count_star;
use diesel::prelude::*;

use super::ConsultationId;
use super::contributions::ContributionId;
use crate::consultations::rules::{ContributionStatus, Visibility};
use crate::db::{AnyConnection, Backend, Write, any_of};
use crate::error::{Error, Result};
use crate::http::etag::stale;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::policy::SupporterId;
use crate::schema::{consultation_audience as a, contributions, contributions as n, dispositions as d};
use crate::time::Instant;

/// A submitted contribution, as far as it is listed.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contributions)]
pub struct ListedRow {
    pub id: ContributionId,
    pub listing_id: ContributionId,
    pub supporter_id: Option<SupporterId>,
    pub visibility: Option<Visibility>,
    pub revision: i64,
    pub submitted_at: Option<Instant>,
    pub answers: Option<String>,
    pub hidden_at: Option<Instant>,
    pub hidden_reason: Option<String>,
    pub moderation_version: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
}

/// A submitted contribution, with the sector and region of its supporter when that came into the audience.
#[derive(Clone, Debug)]
pub struct Submitted {
    pub row: ListedRow,
    pub sector: Option<String>,
    pub region: Option<String>,
}

impl Submitted {
    /// Who learns what.
    pub fn visibility(&self) -> Visibility {
        self.row.visibility.unwrap_or(Visibility::SecretariatOnly)
    }

    /// The id under which it is listed: its own, or one that is related to nothing.
    pub fn listed_id(&self) -> ContributionId {
        if self.visibility() == Visibility::Anonymous { self.row.listing_id } else { self.row.id }
    }
}

/// The list of a round's contributions.
pub struct Contributions;

impl Listed for Contributions {
    type Row = Submitted;
    const SORTS: &'static [SortField<Submitted>] = &[SortField {
        name: "listing",
        column: "contributions.listing_id",
        key: SortKey::Text(|submitted| submitted.row.listing_id.to_string()),
    }];
    const DEFAULT: &'static str = "listing";
    const TIE: SortField<Submitted> = SortField {
        name: "listing",
        column: "contributions.listing_id",
        key: SortKey::Text(|submitted| submitted.row.listing_id.to_string()),
    };
}

/// Which contributions somebody sees, and which of them are asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct Which {
    /// Those for the secretariat alone as well.
    pub secret: bool,
    /// Those that are hidden as well.
    pub hidden: bool,
    /// Only those that have an answer, or have none.
    pub answered: Option<bool>,
}

macro_rules! visible {
    ($consultation:expr, $which:expr) => {{
        let which: Which = $which;
        let mut query = n::table
            .left_join(a::table.on(a::consultation_id.eq(n::consultation_id).and(a::supporter_id.nullable().eq(n::supporter_id))))
            .filter(n::consultation_id.eq($consultation))
            .filter(n::status.eq(ContributionStatus::Submitted))
            .into_boxed::<Backend>();
        if !which.secret {
            query = query.filter(n::visibility.ne(Visibility::SecretariatOnly));
        }
        if !which.hidden {
            query = query.filter(n::hidden_at.is_null());
        }
        let answers = d::table.filter(d::contribution_id.eq(n::id)).select(d::id);
        match which.answered {
            None => query,
            Some(true) => query.filter(diesel::dsl::exists(answers)),
            Some(false) => query.filter(diesel::dsl::not(diesel::dsl::exists(answers))),
        }
    }};
}

/// Where its supporter came from, as the contribution keeps it since it was submitted, and as its place in the audience has it.
type Row = (ListedRow, (Option<String>, Option<String>), (Option<String>, Option<String>));

fn submitted((row, own, invited): Row) -> Submitted {
    // The supporter may have become another one since.
    let (sector, region) = if own == (None, None) { invited } else { own };
    Submitted { row, sector, region }
}

/// One page.
pub fn page(
    c: &mut AnyConnection,
    consultation: ConsultationId,
    which: Which,
    plan: &Plan<Contributions>,
) -> Result<(Vec<Submitted>, Option<String>)> {
    let query = visible!(consultation, which).select((
        ListedRow::as_select(),
        (n::sector, n::region),
        (a::sector.nullable(), a::region.nullable()),
    ));
    let rows: Vec<Row> = plan.apply(query).load(c)?;
    Ok(plan.cut(rows.into_iter().map(submitted).collect()))
}

/// At most `limit` of them, in the order of the list, from the one after `after` on.
pub fn batch(
    c: &mut AnyConnection,
    consultation: ConsultationId,
    which: Which,
    after: &str,
    limit: i64,
) -> Result<Vec<Submitted>> {
    let query = visible!(consultation, which).filter(n::listing_id.gt(after.to_owned())).order(n::listing_id).limit(limit);
    let rows: Vec<Row> =
        query.select((ListedRow::as_select(), (n::sector, n::region), (a::sector.nullable(), a::region.nullable()))).load(c)?;
    Ok(rows.into_iter().map(submitted).collect())
}

/// How many there are.
pub fn count(c: &mut AnyConnection, consultation: ConsultationId, which: Which) -> QueryResult<i64> {
    visible!(consultation, which).count().get_result(c)
}

/// How many have no answer, and how many of these say whose they are. Those for the secretariat alone are not among them. Counted from what
/// was answered, as few of many are at first.
pub fn unanswered(c: &mut AnyConnection, consultation: ConsultationId) -> QueryResult<(i64, i64)> {
    use diesel::AggregateExpressionMethods as _;
    type Counted = Vec<(Option<Visibility>, i64)>;
    let counts = n::table.filter(n::consultation_id.eq(consultation)).filter(n::status.eq(ContributionStatus::Submitted));
    let submitted: Counted = counts.group_by(n::visibility).select((n::visibility, count_star())).load(c)?;
    let answers = d::table.inner_join(n::table.on(n::id.eq(d::contribution_id)));
    let answers = answers.filter(d::consultation_id.eq(consultation)).filter(n::status.eq(ContributionStatus::Submitted));
    let answered: Counted = answers
        .group_by(n::visibility)
        .select((n::visibility, diesel::dsl::count(d::contribution_id).aggregate_distinct()))
        .load(c)?;
    let of = |counted: &Counted, visibility| {
        counted.iter().filter(|(known, _)| *known == Some(visibility)).map(|(_, count)| count).sum::<i64>()
    };
    let open = |visibility| of(&submitted, visibility) - of(&answered, visibility);
    let named = open(Visibility::Attributed);
    Ok((named + open(Visibility::Anonymous), named))
}

/// Those of these listed ids that there are. `listed` are ids as the list has them: nobody finds an anonymous one by its own.
pub fn find(
    c: &mut AnyConnection,
    consultation: ConsultationId,
    which: Which,
    listed: &[ContributionId],
) -> Result<Vec<Submitted>> {
    let anonymous = n::visibility.eq(Visibility::Anonymous).and(any_of("contributions.listing_id", listed));
    let own = n::visibility.ne(Visibility::Anonymous).and(any_of("contributions.id", listed));
    let query = visible!(consultation, which).filter(anonymous.or(own));
    let rows: Vec<Row> =
        query.select((ListedRow::as_select(), (n::sector, n::region), (a::sector.nullable(), a::region.nullable()))).load(c)?;
    Ok(rows.into_iter().map(submitted).collect())
}

/// The one that a path names. 404 where there is none that is seen.
pub fn one(c: &mut AnyConnection, consultation: ConsultationId, which: Which, listed: ContributionId) -> Result<Submitted> {
    let found = find(c, consultation, which, &[listed])?.pop();
    found.ok_or_else(|| Error::not_found("contribution"))
}

/// Hides a contribution for a reason, or shows it again, over the version of its moderation that was read; the version then.
pub fn moderate(tx: &mut Write<'_>, row: &ListedRow, hidden: Option<(Instant, &str)>) -> Result<i64> {
    let known = n::table.filter(n::id.eq(row.id)).filter(n::moderation_version.eq(row.moderation_version));
    let next = row.moderation_version + 1;
    let changes = (
        n::hidden_at.eq(hidden.map(|(at, _)| at)),
        n::hidden_reason.eq(hidden.map(|(_, why)| why)),
        n::moderation_version.eq(next),
    );
    let saved = diesel::update(known).set(changes).execute(&mut **tx)?;
    if saved == 1 { Ok(next) } else { Err(stale()) }
}
