//! Locks by name, which many may share: for what thousands do at once and one must be able to end.

use diesel::sql_types::Text;
use diesel::{QueryResult, RunQueryDsl, sql_query};

use super::{Engine, Write};

impl Write<'_> {
    /// Shares the lock `name` until the transaction ends: nobody [excludes](Self::exclude) the others meanwhile.
    pub fn share(&mut self, name: &str) -> QueryResult<()> {
        self.lock("SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", name)
    }

    /// Has the lock `name` alone until the transaction ends: waits for everybody who shares it, and they for this transaction.
    pub fn exclude(&mut self, name: &str) -> QueryResult<()> {
        self.lock("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", name)
    }

    fn lock(&mut self, statement: &str, name: &str) -> QueryResult<()> {
        match self.engine() {
            // It holds the one write lock already.
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(c) => sql_query(statement).bind::<Text, _>(name).execute(c).map(|_| ()),
        }
    }
}
