//! `plenary audit`.

use clap::Subcommand;

use super::{Failure, Outcome, log, say};
use crate::audit;
use crate::config::{Database, Settings};
use crate::db::MigrationState;
use crate::error::Error;
use crate::server;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Walk the record of who did what from its first entry to its last, and say whether anything in it was changed, removed, moved or cut off
    Verify,
}

pub(super) fn run(Command::Verify: &Command, settings: &Settings) -> Outcome {
    log::quietly(&settings.log)?;
    if let Database::Sqlite(path) = settings.database()
        && !path.exists()
    {
        // Opening it would make it.
        return Err(Failure(format!(
            "there is no {}. Name the right place in data_dir (PLENARY_DATA_DIR) or database_url (PLENARY_DATABASE_URL).",
            path.display()
        )));
    }
    let db = server::open(settings)?;
    let state = db.migration_status()?.state();
    if state != MigrationState::Current {
        return Err(Failure(state.to_string()));
    }
    match db.read_blocking(|tx| Ok::<_, Error>(audit::verify(tx)?))? {
        Ok(audit::Verified { entries, head }) => {
            say(format_args!("The record holds: {entries} entries, head {head}."));
            say(
                "Keep that line where nobody who can write to the database can change it: a record that was rewritten as a whole has another head.",
            );
            Ok(())
        }
        Err(broken) => Err(Failure(format!(
            "the record is broken: {broken}. What stands before it holds; what follows proves nothing. Nothing was changed. Compare it with \
             a backup from before, restore that or keep both, and find out who could write to the database."
        ))),
    }
}
