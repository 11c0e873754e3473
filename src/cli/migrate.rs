//! `plenary migrate`.

use clap::Args;

use super::{Failure, Outcome, log, say};
use crate::config::{Database, Settings};
use crate::db::MigrationState;
use crate::server;

#[derive(Args)]
pub(super) struct Arguments {
    /// Only say which migrations have run and which are still to run
    #[arg(long)]
    status: bool,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> Outcome {
    log::quietly(&settings.log)?;
    if arguments.status {
        return status(settings);
    }
    let db = server::open(settings)?;
    let run = server::migrate(&db, true)?;
    for name in &run {
        say(format_args!("ran {name}"));
    }
    say(match run.len() {
        0 => "The schema was up to date; nothing was done.".to_owned(),
        n => format!("Ran {n} migrations; the schema is up to date."),
    });
    Ok(())
}

fn status(settings: &Settings) -> Outcome {
    if let Database::Sqlite(path) = settings.database()
        && !path.exists()
    {
        // Opening it would make it.
        say(format_args!("There is no {} yet. `plenary migrate`, or any command that needs it, makes it.", path.display()));
        return Ok(());
    }
    let status = server::open(settings)?.migration_status()?;
    for version in &status.applied {
        let is_unknown = status.unknown.contains(version);
        say(format_args!("{} {version}", if is_unknown { "unknown" } else { "run    " }));
    }
    for name in &status.pending {
        say(format_args!("to run  {name}"));
    }
    match status.state() {
        MigrationState::Current => say("The schema is up to date."),
        MigrationState::Behind => say("`plenary migrate` runs what is still to run."),
        MigrationState::Ahead => return Err(Failure(MigrationState::Ahead.to_string())),
    }
    Ok(())
}
