//! The connection that is one of two.

use diesel::{PgConnection, SqliteConnection};

/// One connection to either database. Queries go through it as through any diesel connection.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// The database of larger deployments.
    Postgres(PgConnection),
}
