//! A list with more than its items.

use schemars::{JsonSchema, SchemaGenerator};
use serde::Serialize;

use super::answer::{Answer, Described, Reply, linked};
use super::page::Page;
use crate::error::Result;
use actix_web::http::StatusCode;

/// A page of a list with what goes beside its items, in the same object.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}With{B}")]
pub struct Beside<T, B> {
    /// The page.
    #[serde(flatten)]
    pub page: Page<T>,
    /// The other fields.
    #[serde(flatten)]
    pub beside: B,
}

impl<T, B> Answer for Beside<T, B>
where
    T: Serialize + JsonSchema + Send + 'static,
    B: Serialize + JsonSchema + Send + 'static,
{
    fn reply(self, next_page: &dyn Fn(&str) -> String) -> Result<Reply> {
        let mut reply = Reply::json(StatusCode::OK, &self)?;
        reply.meta.fresh_until = self.page.fresh_until;
        linked(reply, self.page.next_cursor.as_deref(), next_page)
    }
    fn describe(schemas: &mut SchemaGenerator) -> Described {
        Described::new(200, "One page of the list; `Link: rel=\"next\"` where there is another.").json::<Self>(schemas)
    }
}
