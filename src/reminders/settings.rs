//! What administrators set while the server runs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::rules::offsets::Offsets;
use crate::error::Result;

/// The settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(rename = "Settings")]
pub struct Settings {
    /// When reminders are sent.
    pub reminders: Offsets,
}

impl Settings {
    /// From what the database keeps: what is not in it is as delivered.
    pub fn read(json: &str) -> Result<Self> {
        Ok(serde_json::from_str(json)?)
    }
}
