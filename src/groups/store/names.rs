//! What names a group in a path: its id, number or slug, or a number or slug that it had before.

use diesel::prelude::*;

use super::GroupRow;
use crate::db::{AnyConnection, Backend, Write};
use crate::error::{Error, Result};
use crate::policy::GroupId;
use crate::schema::{group_aliases as aliases, working_groups as groups};

/// The group that a reference names, and whether by a name that it had before. 404 where there is none.
fn named(c: &mut AnyConnection, reference: &str) -> Result<(GroupRow, bool)> {
    let none = || Error::not_found("group");
    if let Ok(id) = reference.parse::<GroupId>() {
        return Ok((super::by_id(c, id)?, false));
    }
    let query = groups::table.select(GroupRow::as_select()).into_boxed::<Backend>();
    let (query, name) = match reference.parse::<i64>() {
        Ok(number) => (query.filter(groups::number.eq(number)), number.to_string()),
        Err(_) => (query.filter(groups::slug.eq(reference.to_owned())), reference.to_owned()),
    };
    if let Some(row) = query.get_result(c).optional()? {
        return Ok((row, false));
    }
    let group = owner(c, &name)?.ok_or_else(none)?;
    Ok((super::by_id(c, group)?, true))
}

/// The group that a filter names, by a former name too.
pub fn find(c: &mut AnyConnection, reference: &str) -> Result<GroupRow> {
    Ok(named(c, reference)?.0)
}

/// The group that a path names. [`Error::Moved`] to the same path `below` what it is called now, where the name is a former one.
pub fn resolve(c: &mut AnyConnection, reference: &str, below: &str) -> Result<GroupRow> {
    match named(c, reference)? {
        (row, false) => Ok(row),
        (row, true) => Err(Error::Moved(format!("/groups/{}{below}", row.slug))),
    }
}

/// The group that had this number or slug before, and nobody has now.
pub fn owner(c: &mut AnyConnection, name: &str) -> Result<Option<GroupId>> {
    Ok(aliases::table.filter(aliases::alias.eq(name)).select(aliases::group_id).get_result(c).optional()?)
}

/// 409 where another group than `group` has, or had, this number or slug: neither is given again.
pub fn require_free(c: &mut AnyConnection, group: Option<GroupId>, number: i64, slug: &str) -> Result<()> {
    // Former names are read after the present ones, so that none is missed that goes from one to the other meanwhile.
    let query = groups::table.filter(groups::number.eq(number).or(groups::slug.eq(slug)));
    let rows: Vec<(GroupId, i64, String)> = query.select((groups::id, groups::number, groups::slug)).load(c)?;
    let rows: Vec<_> = rows.into_iter().filter(|(id, ..)| Some(*id) != group).collect();
    let had = |c: &mut AnyConnection, name: &str| Ok::<_, Error>(owner(c, name)?.is_some_and(|owner| Some(owner) != group));
    if rows.iter().any(|(_, taken, _)| *taken == number) || had(c, &number.to_string())? {
        return Err(Error::already_exists(format!("The number {number} is, or was, another group's. Choose another `number`.")));
    }
    if rows.iter().any(|(.., taken)| taken == slug) || had(c, slug)? {
        return Err(Error::already_exists(format!("The slug {slug} is, or was, another group's. Choose another `slug`.")));
    }
    Ok(())
}

/// Lets a name of a group lead to it after it has another one.
pub fn leave(tx: &mut Write<'_>, group: GroupId, name: &str) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(aliases::table)
        .values((aliases::alias.eq(name), aliases::group_id.eq(group), aliases::created_at.eq(now)))
        .execute(&mut **tx)?;
    Ok(())
}

/// Gives a group a former name of its own back.
pub fn regain(tx: &mut Write<'_>, group: GroupId, name: &str) -> Result<()> {
    diesel::delete(aliases::table.filter(aliases::alias.eq(name)).filter(aliases::group_id.eq(group))).execute(&mut **tx)?;
    Ok(())
}
