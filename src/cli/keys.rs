//! `plenary keys`.

use clap::Subcommand;

use super::{Failure, Outcome, log, say};
use crate::audit::{self, Entry};
use crate::config::Settings;
use crate::error::Error;
use crate::people::{KeyState, Keys};
use crate::server;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Sign access tokens with a new key; tokens signed before count until they expire
    Rotate,
}

pub(super) fn run(Command::Rotate: &Command, settings: &Settings) -> Outcome {
    log::quietly(&settings.log)?;
    let path = settings.keys_file();
    if !path.exists() {
        return Err(Failure(format!(
            "there is no key file {} to rotate; `plenary serve` makes it at its first start. Name the right one in auth.keys_file \
             (PLENARY_AUTH__KEYS_FILE) or data_dir (PLENARY_DATA_DIR).",
            path.display()
        )));
    }
    // Opened first: what cannot be recorded is not done.
    let db = server::open(settings)?;
    server::migrate(&db, false)?;
    let now = db.clock().now();
    let kid = Keys::rotate(&path, now).map_err(|error| Failure(format!("{error}. Nothing was changed.")))?;
    db.write_blocking(&mut |tx| {
        audit::record(tx, Entry::of("key.rotated", "key", &kid));
        Ok::<_, Error>(())
    })?;
    say(format_args!("Access tokens are signed with the new key {kid}; running servers take it up within a second."));
    for key in Keys::open(&path, &settings.public_url, now)?.list(now).into_iter().filter(|key| key.state == KeyState::Verifying)
    {
        let until = key.until.map(|until| until.to_string()).unwrap_or_default();
        say(format_args!("Tokens signed with {} count until they expire, at most until {until}.", key.kid));
    }
    Ok(())
}
