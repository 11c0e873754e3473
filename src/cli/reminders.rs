//! `plenary reminders`.

use clap::Args;

use super::{Failure, Outcome, log, say, say_aside};
use crate::config::Settings;
use crate::db::Db;
use crate::error::Error;
use crate::notifications::Choice;
use crate::outbox::{self, Delivered, Handled};
use crate::reminders::{self, RecipientView, Scheduled};
use crate::time::Day;
use crate::worker::Postman;
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
    } else {
        table(&lines);
    }
    let of = if lines.len() == 1 { "1 reminder".to_owned() } else { format!("{} reminders", lines.len()) };
    let done = if arguments.dry_run {
        format!("{of} of {day} would be queued; nothing was.")
    } else {
        format!("Queued {of} of {day}. {}", delivered(&db, settings)?)
    };
    // JSON stays alone on standard output.
    if arguments.json {
        say_aside(done)
    } else {
        say(done)
    }
    Ok(())
}

fn table(rows: &[Scheduled]) {
    for Scheduled { due_at, kind, subject, person, by_mail, reason, .. } in rows {
        let to = match person {
            Some(RecipientView { display_name, email: Some(email), .. }) => format!("{display_name} <{email}>"),
            Some(RecipientView { display_name, .. }) => display_name.clone(),
            None => "(who has not answered is not told)".to_owned(),
        };
        let how = match by_mail {
            Some(Choice::Daily) => ", with the digest of that morning",
            Some(Choice::Off) => ", in the application only",
            Some(Choice::Immediate) | None => "",
        };
        say(format_args!("{due_at} {:<20} {:<28} {to}: {reason}{how}", kind.as_str(), subject.url));
    }
}

/// Lets the mails leave, and says by whom.
fn delivered(db: &Db, settings: &Settings) -> Result<String, Failure> {
    let postman = Postman::new(db.clone(), settings);
    let holder = db.ids().next::<()>(db.clock().now()).to_string();
    let handled = actix_web::rt::System::new().block_on(outbox::deliver_unless_served(db, &holder, &postman));
    Ok(match handled.map_err(refusal)? {
        Handled::Nothing => "Nothing waits for delivery.".into(),
        Handled::ByServer => "The worker of a running server delivers them.".into(),
        Handled::Here(Delivered { claimed, taken }) if claimed == taken => {
            format!("No server runs here: this command sent {taken} mails.")
        }
        Handled::Here(Delivered { claimed, taken }) => {
            let left = claimed - taken;
            format!(
                "No server runs here: this command sent {taken} mails; {left} were not taken and wait for a server, see `plenary mail list`."
            )
        }
    })
}

fn refusal(error: Error) -> Failure {
    match error {
        Error::Problem(problem) => Failure(problem.detail),
        other => Failure(other.to_string()),
    }
}
