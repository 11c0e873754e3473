//! Transactions that write whole files.

use diesel::QueryResult;
use diesel::connection::SimpleConnection;

use super::{Engine, Write};

impl Write<'_> {
    /// Makes this transaction the only load or import there is, however many processes run one: the others wait until it has ended, as
    /// long as that takes. Whoever else writes does not wait; where both write one row, this transaction fails as transient and is
    /// repeated. Comes before every other statement.
    pub fn alone(&mut self) -> QueryResult<()> {
        match self.engine() {
            // It holds the one write lock already.
            Engine::Sqlite(_) => Ok(()),
            // Locking a table takes no snapshot, so what is read next is what the transaction before this one has left.
            Engine::Postgres(c) => c.batch_execute(
                "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; SET LOCAL lock_timeout = 0; SET LOCAL statement_timeout = 0; \
                 LOCK TABLE calls IN SHARE ROW EXCLUSIVE MODE",
            ),
        }
    }
}
