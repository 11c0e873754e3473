//! `plenary config`.

use clap::Subcommand;

use super::{Outcome, say};
use crate::config::Settings;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Check the settings; show what is in force, and where each came from. Secrets are not shown
    Check,
}

pub(super) fn run(Command::Check: &Command, settings: &Settings) -> Outcome {
    for (key, value, source) in settings.effective() {
        say(format_args!("{:50} # {source}", format!("{key} = {value}")));
    }
    if let Some(dkim) = &settings.mail.dkim {
        say("# Receivers check the signature of mails by this record, which must stand in the DNS:");
        say(format_args!("# {}", dkim.record()));
    }
    say("# The settings are in order.");
    Ok(())
}
