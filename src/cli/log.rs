//! What goes to standard error: the log, human on a terminal and JSON elsewhere, and panics, once.

use std::io::{self, IsTerminal as _};

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::config::{LogFormat, LogSettings};

/// Libraries that tell at `info` what is of use to their makers only. Under what the settings say.
const LIBRARIES: &str = "actix_server=warn,r2d2=warn";

/// Logs what the settings say, and panics.
pub(super) fn start(settings: &LogSettings) -> Result<(), ParseError> {
    let directives = format!("{LIBRARIES},{}", settings.level);
    subscribe(settings, EnvFilter::builder().parse(directives)?);
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(target: "plenary::panic", message = panic.payload_as_str(), place, "panicked");
    }));
    Ok(())
}

/// For commands that say themselves what they do: warnings only, unless the settings want less.
pub(super) fn quietly(settings: &LogSettings) -> Result<(), ParseError> {
    let level = if matches!(settings.level.as_str(), "off" | "error") { &settings.level } else { "warn" };
    subscribe(settings, EnvFilter::builder().parse(level)?);
    Ok(())
}

/// For commands that also say themselves what did not work: errors only.
pub(super) fn barely(settings: &LogSettings) -> Result<(), ParseError> {
    let level = if settings.level == "off" { "off" } else { "error" };
    subscribe(settings, EnvFilter::builder().parse(level)?);
    Ok(())
}

fn subscribe(settings: &LogSettings, filter: EnvFilter) {
    let is_human = match settings.format {
        LogFormat::Human => true,
        LogFormat::Json => false,
        LogFormat::Auto => io::stderr().is_terminal(),
    };
    let lines = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    if is_human {
        lines.with_ansi(io::stderr().is_terminal()).init();
    } else {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).init();
    }
}
