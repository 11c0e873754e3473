//! `plenary load`.

use std::path::PathBuf;

use clap::Args;

use super::{Failure, Outcome, log, say};
use crate::config::Settings;
use crate::load::{self, LoadFault};
use crate::server;

#[derive(Args)]
pub(super) struct Arguments {
    /// The call file (TOML), such as config/paris-call.toml
    #[arg(value_name = "CALL.TOML")]
    file: PathBuf,
}

pub(super) fn run(Arguments { file }: &Arguments, settings: &Settings) -> Outcome {
    log::quietly(&settings.log)?;
    let name = file.display();
    let text = std::fs::read_to_string(file).map_err(|error| Failure(format!("cannot read {name}: {error}")))?;
    let db = server::open(settings)?;
    server::migrate(&db, false)?;
    let report = load::load(&db, &text).map_err(|fault| {
        Failure(match &fault {
            LoadFault::File(faults) => {
                format!("{name} was not loaded; correct it and load it again ({} faults):\n{fault}", faults.len())
            }
            LoadFault::Refused(faults) => {
                format!("{name} was not loaded; what is in the database stands against it ({} times):\n{fault}", faults.len())
            }
            LoadFault::Failed(error) => format!("{name} was not loaded: {error}"),
        })
    })?;
    say(&report);
    say(if report.is_unchanged() { format!("{name} was loaded already; nothing changed.") } else { format!("Loaded {name}.") });
    Ok(())
}
