//! `column IN (…)` over a list of ids, in a form whose statement the connection keeps.
//!
//! diesel's own `eq_any` over a list never caches its statement on these two databases through one connection type, so each use is
//! compiled anew, which costs more than running it. Here the list is padded to a power of two with its last value: a handful of
//! statements serves every length.

use std::fmt::Display;

use diesel::QueryResult;
use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{Bool, Text};

use super::Backend;

/// Whether a text column has one of these values; none where there are none.
#[derive(Clone, Debug)]
pub struct AnyOf {
    column: &'static str,
    values: Vec<String>,
}

/// Whether `column` (with its table, as SQL names it) has one of `values`. At most some thousand: SQLite binds 32,766 at once.
pub fn any_of<T: Display>(column: &'static str, values: impl IntoIterator<Item = T>) -> AnyOf {
    let mut values: Vec<String> = values.into_iter().map(|value| value.to_string()).collect();
    if let Some(last) = values.last().cloned() {
        values.resize(values.len().next_power_of_two(), last);
    }
    AnyOf { column, values }
}

impl QueryFragment<Backend> for AnyOf {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        if self.values.is_empty() {
            out.push_sql("1 = 0");
            return Ok(());
        }
        out.push_sql(self.column);
        out.push_sql(" IN (");
        for (i, value) in self.values.iter().enumerate() {
            out.push_sql(if i > 0 { ", " } else { "" });
            out.push_bind_param::<Text, _>(value)?;
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for AnyOf {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for AnyOf {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for AnyOf {}
impl<QS> SelectableExpression<QS> for AnyOf {}
impl<G> ValidGrouping<G> for AnyOf {
    type IsAggregate = is_aggregate::Never;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_is_padded_to_a_power_of_two() {
        for (given, kept) in [(0, 0), (1, 1), (3, 4), (50, 64)] {
            let list = any_of("t.id", 0..given);
            assert_eq!(list.values.len(), kept);
            assert!(list.values.iter().all(|value| value.parse::<i32>().unwrap() < given));
        }
    }
}
