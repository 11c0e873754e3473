//! `plenary openapi`.

use super::{Outcome, say};
use crate::app;
use crate::http::openapi;

pub(super) fn run() -> Outcome {
    say(serde_json::to_string_pretty(&openapi::document(&app::routes()))?);
    Ok(())
}
