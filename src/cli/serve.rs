//! `plenary serve`.

use super::{Outcome, log, say};
use crate::config::Settings;
use crate::server;

pub(super) fn run(settings: Settings) -> Outcome {
    log::start(&settings.log)?;
    Ok(server::serve(settings, announce)?)
}

/// Where to look.
pub(super) fn announce(settings: &Settings) {
    say(format_args!("Serving http://{}", settings.listen));
    if let Some(metrics) = settings.metrics_listen {
        say(format_args!("Metrics http://{metrics}/metrics"));
    }
}
