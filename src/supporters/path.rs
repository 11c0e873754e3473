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

/// The supporter, where the caller may see it: who asks to endorse, or was declined, is the secretariat's business and its own. 308 under
/// a former name, to the same path `below` it; 404 where it is hidden.
pub fn visible<Q, B>(c: &mut AnyConnection, input: &Input<InSupporter, Q, B>, below: &str) -> Result<SupporterRow> {
    let row = resolve(c, &input.path.supporter, below)?;
    if !row.is_public() {
        input.reveal(Action::RunSupporter, &Object::of_supporter(row.id), "supporter")?;
    }
    Ok(row)
}

/// [`visible`], once the caller may do there what the route does; else 403.
pub fn load<Q, B>(c: &mut AnyConnection, input: &Input<InSupporter, Q, B>, below: &str) -> Result<SupporterRow> {
    let row = visible(c, input, below)?;
    input.allow(&Object::of_supporter(row.id))?;
    Ok(row)
}
