//! Keyset pages: order and "after this row" as SQL fragments over columns that a list has declared.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Date, Text, Timestamp};
use diesel::{QueryResult, serialize::ToSql};

use super::Backend;
use crate::time::{Day, Instant};

/// The value of one sort column in one row.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Key {
    /// A text column.
    Text(String),
    /// A whole-number column.
    Int(i64),
    /// A timestamp column.
    At(Instant),
    /// A date column.
    On(Day),
}

/// `order by` over declared columns.
#[derive(Clone, Debug)]
pub struct OrderBy(pub Vec<(&'static str, Descending)>);

/// Whether a column runs downwards.
pub type Descending = bool;

/// The rows after `keys` in the order of `columns`: a row value where all run the same way (it keeps the index on both databases),
/// else the spelled-out comparison.
#[derive(Clone, Debug)]
pub struct Keyset {
    /// Columns in sort order, the last one unique.
    pub columns: Vec<(&'static str, Descending)>,
    /// The last row's values, one a column.
    pub keys: Vec<Key>,
}

fn push_key<'b>(out: &mut AstPass<'_, 'b, Backend>, key: &'b Key) -> QueryResult<()>
where
    String: ToSql<Text, Backend>,
{
    match key {
        Key::Text(text) => out.push_bind_param::<Text, _>(text),
        Key::Int(number) => out.push_bind_param::<BigInt, _>(number),
        Key::At(at) => out.push_bind_param::<Timestamp, _>(at),
        Key::On(day) => out.push_bind_param::<Date, _>(day),
    }
}

impl QueryFragment<Backend> for Keyset {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        let same_way = self.columns.windows(2).all(|pair| matches!(pair, [a, b] if a.1 == b.1));
        if same_way {
            out.push_sql("(");
            for (i, (column, _)) in self.columns.iter().enumerate() {
                out.push_sql(if i > 0 { ", " } else { "" });
                out.push_sql(column);
            }
            out.push_sql(if self.columns.first().is_some_and(|c| c.1) { ") < (" } else { ") > (" });
            for (i, key) in self.keys.iter().enumerate() {
                out.push_sql(if i > 0 { ", " } else { "" });
                push_key(&mut out, key)?;
            }
            out.push_sql(")");
            return Ok(());
        }
        // (a > x) or (a = x and b < y) or …
        out.push_sql("(");
        for last in 0..self.columns.len() {
            out.push_sql(if last > 0 { " OR (" } else { "(" });
            for (i, ((column, descending), key)) in self.columns.iter().zip(&self.keys).take(last + 1).enumerate() {
                out.push_sql(if i > 0 { " AND " } else { "" });
                out.push_sql(column);
                out.push_sql(match (i == last, descending) {
                    (false, _) => " = ",
                    (true, true) => " < ",
                    (true, false) => " > ",
                });
                push_key(&mut out, key)?;
            }
            out.push_sql(")");
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Keyset {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Keyset {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for Keyset {}
impl<QS> SelectableExpression<QS> for Keyset {}
impl<G> ValidGrouping<G> for Keyset {
    type IsAggregate = is_aggregate::Never;
}

impl QueryFragment<Backend> for OrderBy {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        for (i, (column, descending)) in self.0.iter().enumerate() {
            out.push_sql(if i > 0 { ", " } else { "" });
            out.push_sql(column);
            out.push_sql(if *descending { " DESC" } else { " ASC" });
        }
        Ok(())
    }
}

impl QueryId for OrderBy {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for OrderBy {
    type SqlType = Text;
}

impl<QS> AppearsOnTable<QS> for OrderBy {}
impl<QS> SelectableExpression<QS> for OrderBy {}
impl<G> ValidGrouping<G> for OrderBy {
    type IsAggregate = is_aggregate::Never;
}
