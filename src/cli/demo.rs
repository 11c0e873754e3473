//! `plenary demo`.

use super::{Outcome, log, serve};
use crate::config::Settings;
use crate::server;

pub(super) fn run(settings: Settings) -> Outcome {
    log::start(&settings.log)?;
    Ok(server::serve(settings, serve::announce)?)
}
