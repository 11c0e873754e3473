//! The persons as a list, for administrators.

use diesel::prelude::*;

use super::super::rules::Role;
use super::PersonRow;
use crate::db::search::Contains;
use crate::db::{AnyConnection, Backend};
use crate::error::Result;
use crate::http::page::{Listed, Plan, SortField, SortKey};
use crate::schema::persons::{self, dsl as p};
use crate::text;

/// Everybody who has an account, as a list.
pub struct Persons;

impl Listed for Persons {
    type Row = PersonRow;
    const SORTS: &'static [SortField<PersonRow>] = &[
        SortField { name: "created_at", column: "persons.created_at", key: SortKey::At(|row| row.created_at) },
        SortField {
            name: "name",
            column: "persons.search_text",
            key: SortKey::Text(|row| super::search_text(&row.display_name, row.folded_email.as_deref())),
        },
    ];
    const DEFAULT: &'static str = "-created_at";
    const TIE: SortField<PersonRow> =
        SortField { name: "id", column: "persons.id", key: SortKey::Text(|row| row.id.to_string()) };
}

/// Which persons; what is `None` leaves all.
pub struct Filter<'a> {
    /// Words that all stand in name or address.
    pub q: Option<&'a str>,
    pub role: Option<Role>,
}

impl<'a> Filter<'a> {
    /// Who was erased is nobody any more.
    fn persons(&self) -> persons::BoxedQuery<'a, Backend> {
        let mut query = persons::table.filter(p::erased_at.is_null()).into_boxed::<Backend>();
        if let Some(role) = self.role {
            query = query.filter(p::role.eq(role));
        }
        if let Some(q) = self.q.filter(|q| !text::search_words(q).is_empty()) {
            query = query.filter(Contains::scan("persons.search_text", q));
        }
        query
    }
}

/// One page.
pub fn page(c: &mut AnyConnection, filter: &Filter<'_>, plan: &Plan<Persons>) -> Result<Vec<PersonRow>> {
    Ok(plan.apply(filter.persons().select(PersonRow::as_select())).load(c)?)
}

/// How many the filter leaves.
pub fn count(c: &mut AnyConnection, filter: &Filter<'_>) -> Result<i64> {
    Ok(filter.persons().count().get_result(c)?)
}
