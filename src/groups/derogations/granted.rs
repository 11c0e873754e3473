//! A derogation as a body grants it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::error::FieldFault;
use crate::groups::rules::{Derogation, Waivable};
use crate::text;
use crate::time::Day;

/// An exception to the co-chair rule, from today on.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GrantedDerogation")]
#[serde(deny_unknown_fields)]
pub struct Granted {
    /// What it waives.
    #[schemars(length(min = 1))]
    waives: BTreeSet<Waivable>,
    /// Why, public, at most 5,000 characters.
    #[schemars(length(max = 20_000))]
    reason: String,
    /// Last day on which it stands, in the call's zone; without it, until it is taken back.
    #[schemars(with = "Option<crate::time::DaySchema>")]
    until: Option<Day>,
}

impl Granted {
    /// Its terms, or everything that is wrong with them, below `pointer`.
    ///
    /// # Errors
    ///
    /// A reason that says nothing or cannot be kept, a last day that has passed.
    pub fn terms(&self, pointer: &str, today: Day) -> Result<Derogation, Vec<FieldFault>> {
        let reason = text::prose(&self.reason, text::MAX_TEXT);
        let mut faults = Vec::new();
        if let Err(why) = &reason {
            faults.push(FieldFault::new(format!("{pointer}/reason"), "format", why.to_string()));
        }
        if self.until.is_some_and(|until| until < today) {
            faults.push(FieldFault::new(format!("{pointer}/until"), "past", format!("must be {today} or a later day")));
        }
        match reason {
            Ok(reason) if faults.is_empty() => {
                Ok(Derogation { waives: self.waives.clone(), reason, since: today, until: self.until })
            }
            _ => Err(faults),
        }
    }
}
