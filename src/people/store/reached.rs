//! Who can be reached, and where they are.

use diesel::prelude::*;

use super::super::rules::Role;
use crate::db::{AnyConnection, Backend, any_of};
use crate::error::Result;
use crate::policy::PersonId;
use crate::schema::persons as p;

/// Somebody who can be reached.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = p)]
pub struct Reachable {
    /// Its id.
    pub id: PersonId,
    /// Its name.
    pub display_name: String,
    /// Its address.
    pub email: Option<String>,
    /// Where it is, where it said so.
    pub time_zone: Option<String>,
    /// Its role.
    pub role: Role,
}

/// Who can be reached of everybody, or of some, in the order of ids: confirmed, neither suspended nor erased.
pub fn reachable(c: &mut AnyConnection, of: Option<&[PersonId]>) -> Result<Vec<Reachable>> {
    let all = || {
        p::table
            .filter(p::email_verified_at.is_not_null())
            .filter(p::address_lapsed.eq(false))
            .filter(p::suspended_at.is_null())
            .filter(p::erased_at.is_null())
            .order(p::id)
            .select(Reachable::as_select())
            .into_boxed::<Backend>()
    };
    let Some(ids) = of else { return Ok(all().load(c)?) };
    let mut rows = Vec::new();
    for some in ids.chunks(4096) {
        rows.extend(all().filter(any_of("persons.id", some)).load(c)?);
    }
    rows.sort_by_key(|row: &Reachable| row.id);
    Ok(rows)
}

/// The zones that persons chose.
pub fn zones(c: &mut AnyConnection) -> Result<Vec<String>> {
    let zones: Vec<Option<String>> = p::table.select(p::time_zone).distinct().load(c)?;
    Ok(zones.into_iter().flatten().collect())
}
