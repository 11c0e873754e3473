//! Everything that is in a database, to hold one moment against another.

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use plenary::db::{AnyConnection, Db, Engine};
use plenary::error::Error;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(connection: &mut AnyConnection, query: &str) -> Vec<String> {
    let rows: Vec<Line> = diesel::sql_query(query).load(connection).unwrap();
    rows.into_iter().map(|row| row.line).collect()
}

/// Every row of every table, search index left out, as `table [values]`.
pub fn dump(db: &Db) -> Vec<String> {
    let all: Result<_, Error> = db.read_blocking(|tx| {
        let connection = &mut **tx;
        let is_sqlite = matches!(connection.engine(), Engine::Sqlite(_));
        let tables = if is_sqlite {
            "SELECT name AS line FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'supporter_search%' ORDER BY 1"
        } else {
            "SELECT table_name::text AS line FROM information_schema.tables WHERE table_schema = 'public' ORDER BY 1"
        };
        let mut all = Vec::new();
        for table in lines(connection, tables) {
            let query = if is_sqlite {
                let columns = lines(connection, &format!("SELECT name AS line FROM pragma_table_info('{table}')")).join(", ");
                format!("SELECT json_array({columns}) AS line FROM {table} ORDER BY 1")
            } else {
                format!("SELECT row_to_json(t)::text AS line FROM {table} t ORDER BY 1")
            };
            all.extend(lines(connection, &query).into_iter().map(|line| format!("{table} {line}")));
        }
        assert!(all.iter().any(|line| line.starts_with("__diesel_schema_migrations")), "nothing was dumped");
        Ok(all)
    });
    all.unwrap()
}

/// What differs between two dumps: `-` what is only in the first, `+` what is only in the second.
pub fn differences(before: &[String], after: &[String]) -> Vec<String> {
    let gone = before.iter().filter(|line| !after.contains(line)).map(|line| format!("- {line}"));
    gone.chain(after.iter().filter(|line| !before.contains(line)).map(|line| format!("+ {line}"))).collect()
}
