//! The one place where the engines' own full-text search differs: substring search by trigrams (FTS5 on SQLite, `pg_trgm` on
//! PostgreSQL). Words shorter than a trigram are looked for with `like`.

use diesel::expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate};
use diesel::query_builder::{AstPass, QueryFragment, QueryId};
use diesel::sql_types::{BigInt, Bool, Text};
use diesel::{QueryResult, QueryableByName, RunQueryDsl};

use super::{AnyConnection, Backend, Engine};
use crate::text;

/// From here on a word stands in many entries: about where looking each up and walking past the others cost the same, at 100,000.
const MANY: i64 = 2_000;

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Whether every word stands somewhere in `column`; on SQLite longer words go to `fts` (`FTS5 trigram table`, keyed by `id_column`).
#[derive(Clone, Debug)]
pub struct Contains {
    column: &'static str,
    fts: Option<Fts>,
    short: Vec<String>,
}

#[derive(Clone, Debug)]
struct Fts {
    table: &'static str,
    key: &'static str,
    id_column: &'static str,
    phrase: String,
}

impl Contains {
    /// Looks for the words of `q` in `column`, one `like` a word. For tables small enough to be read whole.
    pub fn scan(column: &'static str, q: &str) -> Self {
        let short = text::search_words(q).iter().map(|word| text::like_anywhere(word)).collect();
        Self { column, fts: None, short }
    }

    /// Looks for the words of `q` in the supporters' `search_text`, by index. On SQLite one query first finds out whether they stand in
    /// few entries, to be looked up one by one, or in so many that a walk along the sort order soon meets enough of them.
    pub fn supporters(connection: &mut AnyConnection, q: &str) -> QueryResult<Self> {
        let column = "supporters.search_text";
        let Engine::Sqlite(sqlite) = connection.engine() else { return Ok(Self::scan(column, q)) };
        let (long, short): (Vec<_>, Vec<_>) = text::search_words(q).into_iter().partition(|word| word.chars().count() >= 3);
        if long.is_empty() {
            return Ok(Self::scan(column, q));
        }
        // Folded words hold letters, digits and marks only; the quotes make each one a literal phrase.
        let phrase = long.iter().map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" AND ");
        let few = "SELECT count(*) AS count FROM (SELECT 1 FROM supporter_search WHERE supporter_search MATCH ? LIMIT ?)";
        if diesel::sql_query(few).bind::<Text, _>(&phrase).bind::<BigInt, _>(MANY).get_result::<Found>(sqlite)?.count >= MANY {
            return Ok(Self::scan(column, q));
        }
        let fts = Some(Fts { table: "supporter_search", key: "supporter_id", id_column: "supporters.id", phrase });
        Ok(Self { column, fts, short: short.iter().map(|word| text::like_anywhere(word)).collect() })
    }

    /// Whether few rows are left, which are better looked up than met on a walk.
    pub fn is_selective(&self) -> bool {
        self.fts.is_some()
    }
}

impl QueryFragment<Backend> for Contains {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        out.push_sql("(1 = 1");
        if let Some(fts) = &self.fts {
            out.push_sql(" AND ");
            for part in [fts.id_column, " IN (SELECT ", fts.key, " FROM ", fts.table, " WHERE ", fts.table, " MATCH "] {
                out.push_sql(part);
            }
            out.push_bind_param::<Text, _>(&fts.phrase)?;
            out.push_sql(")");
        }
        for pattern in &self.short {
            out.push_sql(" AND ");
            out.push_sql(self.column);
            out.push_sql(" LIKE ");
            out.push_bind_param::<Text, _>(pattern)?;
            out.push_sql(r" ESCAPE '\'");
        }
        out.push_sql(")");
        Ok(())
    }
}

impl QueryId for Contains {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Expression for Contains {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for Contains {}
impl<QS> SelectableExpression<QS> for Contains {}
impl<G> ValidGrouping<G> for Contains {
    type IsAggregate = is_aggregate::Never;
}
