//! `plenary mail`.

use std::time::Duration;

use clap::{Subcommand, ValueEnum};
use serde_json::json;

use super::{Failure, Outcome, log, say};
use crate::config::Settings;
use crate::db::Db;
use crate::error::Error;
use crate::mail::Kind;
use crate::outbox::{self, DispatchId, DispatchRow, Mail, State};
use crate::worker::Postman;
use crate::{app, server};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Show the mails that were queued, newest first: id, state, attempts, when, kind, to whom, and the last answer
    List {
        /// Only those in this state
        #[arg(long)]
        state: Option<StateName>,
        /// How many at most
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(i64).range(1..=100_000))]
        limit: i64,
    },
    /// Queue a mail again that was sent or given up; one that waits for another attempt is tried at once
    Resend {
        /// Its id
        #[arg(value_name = "ID")]
        id: DispatchId,
    },
    /// Send a mail that shows that mail leaves, and say what became of it
    Test {
        /// Where to
        #[arg(value_name = "ADDRESS")]
        address: String,
    },
}

#[derive(Clone, Copy, ValueEnum)]
pub(super) enum StateName {
    Queued,
    Sent,
    Dead,
    Dropped,
}

impl StateName {
    fn state(self) -> State {
        match self {
            Self::Queued => State::Queued,
            Self::Sent => State::Sent,
            Self::Dead => State::Dead,
            Self::Dropped => State::Dropped,
        }
    }
}

/// How long `test` waits for a server that took the mail on itself: longer than it may take to hand a mail over.
const PATIENCE: Duration = Duration::from_secs(70);

pub(super) fn run(command: &Command, settings: &Settings) -> Outcome {
    log::barely(&settings.log)?;
    let db = server::open(settings)?;
    server::migrate(&db, false)?;
    match command {
        Command::List { state, limit } => list(&db, state.map(StateName::state), *limit),
        Command::Resend { id } => {
            app::prepare_links(&db, &server::accounts(settings, db.clock())?);
            resend(&db, *id)
        }
        Command::Test { address } => test(db, settings, address),
    }
}

fn refusal(error: Error) -> Failure {
    match error {
        Error::Problem(problem) => Failure(problem.detail),
        other => Failure(other.to_string()),
    }
}

fn list(db: &Db, state: Option<State>, limit: i64) -> Outcome {
    let mails = db.read_blocking(|tx| outbox::newest(tx, state, limit)).map_err(refusal)?;
    for mail in &mails {
        let DispatchRow { id, kind, recipient, state, attempts, due_at, sent_at, .. } = mail;
        let at = match state {
            State::Queued => format!("due {due_at}"),
            State::Sent => sent_at.map(|at| format!("sent {at}")).unwrap_or_default(),
            State::Dead | State::Dropped => format!("since {}", mail.updated_at),
        };
        let answer = mail.last_answer.as_deref().unwrap_or("-");
        say(format_args!("{id} {state:<7} {attempts:>2} {at:<33} {kind:<23} {recipient} {answer}"));
    }
    let what = state.map(|state| format!(" {state}")).unwrap_or_default();
    match mails.len() {
        0 => say(format_args!("There are no{what} mails.")),
        n if i64::try_from(n).is_ok_and(|n| n == limit) => say(format_args!("The newest {n}{what} mails; --limit shows more.")),
        n => say(format_args!("{n}{what} mails.")),
    }
    Ok(())
}

fn resend(db: &Db, id: DispatchId) -> Outcome {
    db.write_blocking(&mut |tx: &mut crate::db::Write<'_>| outbox::resend(tx, id)).map_err(refusal)?;
    say(format_args!("Queued {id} again. The worker of a running server delivers it."));
    Ok(())
}

fn test(db: Db, settings: &Settings, address: &str) -> Outcome {
    if crate::people::fold_email(address).is_none() {
        return Err(Failure(format!("{address:?} is no e-mail address; nothing was queued.")));
    }
    let mail = Mail {
        kind: Kind::Test.as_str(),
        person: None,
        recipient: address.to_owned(),
        locale: None,
        params: json!({}),
        due_at: None,
        concealed: false,
    };
    let id = db
        .write_blocking(&mut |tx: &mut crate::db::Write<'_>| Ok::<_, Error>(outbox::enqueue(tx, mail.clone())?))
        .map_err(refusal)?;
    say(format_args!("Queued {id} to {address}."));
    let row = actix_web::rt::System::new().block_on(see_it_leave(&db, id, settings)).map_err(refusal)?;
    let answer = row.last_answer.unwrap_or_default();
    match row.state {
        State::Sent => say(format_args!("It was taken: {answer}")),
        State::Queued if answer.is_empty() => {
            say("A running server has it and has not said yet what became of it: see `plenary mail list`.")
        }
        State::Queued => {
            return Err(Failure(format!(
                "it was not taken: {answer}. The worker of a running server tries again from {} on.",
                row.due_at
            )));
        }
        State::Dead | State::Dropped => return Err(Failure(format!("it was refused for good: {answer}"))),
    }
    Ok(())
}

/// Delivers the mail from here, unless the worker of a running server is faster; then waits until that says what became of it.
async fn see_it_leave(db: &Db, id: DispatchId, settings: &Settings) -> Result<DispatchRow, Error> {
    let postman = Postman::new(db.clone(), settings);
    let holder = db.ids().next::<()>(db.clock().now()).to_string();
    outbox::deliver_one(db, id, &holder, &postman).await?;
    let begun = tokio::time::Instant::now();
    loop {
        let row = db.read(move |tx| outbox::mail(tx, id)).await?.ok_or_else(|| Error::not_found("mail"))?;
        if row.state != State::Queued || row.last_answer.is_some() || begun.elapsed() > PATIENCE {
            return Ok(row);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
