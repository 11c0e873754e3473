//! `plenary reminders`.

use clap::Args;

use super::{Failure, Outcome, log, say};
use crate::config::Settings;
use crate::error::Error;
use crate::reminders::{self, Line};
use crate::time::Day;
use crate::{app, call, server};

#[derive(Args)]
pub(super) struct Arguments {
    /// Only show what would be sent
    #[arg(long)]
    dry_run: bool,
    /// The day whose reminders are meant, YYYY-MM-DD; without it today
    #[arg(long, value_name = "DATE")]
    on: Option<Day>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

pub(super) fn run(arguments: &Arguments, settings: &Settings) -> Outcome {
    log::barely(&settings.log)?;
    let db = server::open(settings)?;
    server::migrate(&db, false)?;
    app::prepare(&db);
    app::prepare_links(&db, &server::accounts(settings, db.clock())?);
    let day = match arguments.on {
        Some(day) => day,
        None => db
            .read_blocking(|tx| {
                let now = tx.now();
                call::load(tx).map(|call| now.day_in(call.time_zone))
            })
            .map_err(refusal)?,
    };
    let lines = reminders::send_on(&db, day, arguments.dry_run).map_err(refusal)?;
    if arguments.json {
        say(serde_json::to_string_pretty(&lines)?);
        return Ok(());
    }
    for Line { due_at, kind, subject, person, reason } in &lines {
        let to = match person {
            Some((name, Some(email))) => format!("{name} <{email}>"),
            Some((name, None)) => name.clone(),
            None => "(who has not answered is not told)".to_owned(),
        };
        say(format_args!("{due_at} {kind:<20} {subject:<28} {to}: {reason}"));
    }
    let of = if lines.len() == 1 { "1 reminder".to_owned() } else { format!("{} reminders", lines.len()) };
    if arguments.dry_run {
        say(format_args!("{of} of {day} would be queued; nothing was."));
    } else {
        say(format_args!("Queued {of} of {day}. The worker of a running server delivers them; start one where none runs."));
    }
    Ok(())
}

fn refusal(error: Error) -> Failure {
    match error {
        Error::Problem(problem) => Failure(problem.detail),
        other => Failure(other.to_string()),
    }
}
