//! `plenary admin`.

use std::io::{BufRead as _, Read as _};

use actix_web::rt::System;
use clap::{Args, Subcommand};
use secrecy::{ExposeSecret as _, SecretString};

use super::{Failure, Outcome, log, say};
use crate::config::Settings;
use crate::error::Error;
use crate::people::{self, Founded};
use crate::{app, server};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Make an administrator: the first one, or a further one. Prints a link with which to choose a password
    Create(Arguments),
}

#[derive(Args)]
pub(super) struct Arguments {
    /// The address that the administrator signs in with
    #[arg(value_name = "EMAIL")]
    email: String,
    /// Take the password from the first line of standard input instead of printing a link. The account is then confirmed
    #[arg(long)]
    password_stdin: bool,
}

pub(super) fn run(Command::Create(arguments): &Command, settings: &Settings) -> Outcome {
    log::quietly(&settings.log)?;
    let Arguments { email, password_stdin } = arguments;
    if people::fold_email(email).is_none() {
        return Err(Failure(format!("{email:?} is no e-mail address.")));
    }
    let email = email.trim();
    let password = if *password_stdin { Some(password(email)?) } else { None };
    let db = server::open(settings)?;
    server::migrate(&db, false)?;
    let accounts = server::accounts(settings, db.clock())?;
    app::prepare_links(&db, &accounts);
    let hash = match password {
        Some(password) => Some(System::new().block_on(async { accounts.hasher.slot().await?.hash(password).await })?),
        None => None,
    };
    let founded =
        db.write_blocking(&mut |tx| people::make_administrator(tx, email, hash.as_deref())).map_err(|error| match error {
            Error::Problem(problem) => Failure(format!("{email} was not made administrator. {}", problem.detail)),
            error => Failure(format!("{email} was not made administrator: {error}")),
        })?;
    let kept = if *password_stdin { " The password given was not taken." } else { "" };
    match founded {
        Founded::Made => say(format_args!("{email} is an administrator now, confirmed, and signs in with the password given.")),
        Founded::Raised => say(format_args!("{email} had an account and is an administrator now; it keeps its password.{kept}")),
        Founded::Unchanged => say(format_args!("{email} is an administrator already; nothing was changed.{kept}")),
        Founded::Invited(asked) => {
            say(format_args!("{email} is an administrator as soon as a password is chosen here, once, by {}:", asked.expires_at));
            say(format_args!("{}/{}?token={}", settings.public_url, asked.purpose, asked.token.expose_secret()));
        }
    }
    Ok(())
}

/// The first line of standard input, as it is hashed.
fn password(email: &str) -> Result<String, Failure> {
    let mut line = String::new();
    // More than any password may have: nobody feeds a file by mistake.
    let read = std::io::stdin().lock().take(4096).read_line(&mut line);
    read.map_err(|error| Failure(format!("no password could be read from standard input: {error}")))?;
    let line: SecretString = line.trim_end_matches(['\r', '\n']).into();
    if line.expose_secret().is_empty() {
        return Err(Failure("standard input has no password in its first line.".into()));
    }
    people::admissible_password(email, line.expose_secret())
        .map_err(|faults| Failure(format!("{email} was not made administrator. The password {}.", faults.join("; it "))))
}
