//! The supporter that a path begins with, as every route below `/supporters/{supporter}` loads it.

use schemars::JsonSchema;
use serde::Deserialize;

use super::store::SupporterRow;
use super::store::names::resolve;
use crate::db::AnyConnection;
use crate::error::Result;
use crate::http::Input;
use crate::policy::{Action, Object};

/// Of a path below a supporter.
#[derive(Deserialize, JsonSchema)]
pub struct InSupporter {
    /// The supporter's id or slug.
    #[schemars(length(max = 200))]
    pub supporter: String,
}

/// The supporter, once the caller may do there what the route does. 308 under a former name, 404 where it is hidden from the caller, 403
/// where it is not its to do.
pub fn load<Q, B>(c: &mut AnyConnection, input: &Input<InSupporter, Q, B>, below: &str) -> Result<SupporterRow> {
    let row = resolve(c, &input.path.supporter, below)?;
    let object = Object::of_supporter(row.id);
    if !row.is_public() {
        input.reveal(Action::RunSupporter, &object, "supporter")?;
    }
    input.allow(&object)?;
    Ok(row)
}
