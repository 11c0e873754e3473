//! Answers that are the same for all who may read them and ask for the same, such as a board: made once, and kept while nothing is written,
//! also for who is signed in.

use std::fmt::Display;
use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::http::header::{self, HeaderValue};
use schemars::SchemaGenerator;

use super::answer::{Answer, Described, Reply};
use super::cache::Kept;
use super::{Input, etag};
use crate::db::Read;
use crate::error::{Error, Result};

/// An `A` that may have been made for somebody else.
pub struct Shared<A> {
    kept: Arc<Kept>,
    made_as: PhantomData<fn() -> A>,
}

impl<P, Q, B> Input<P, Q, B> {
    /// What `make` answers, or answered before to whoever asked for the same `what` in the same languages, in the same format and of the
    /// same state of the database. Ask policy first: this does not. `what` says everything else that the answer depends on, and to
    /// `A` it is an answer without a next page.
    pub fn shared<A: Answer>(
        &self,
        tx: &mut Read<'_>,
        what: impl Display,
        make: impl FnOnce(&mut Read<'_>) -> Result<A>,
    ) -> Result<Shared<A>> {
        let key = format!("{what} {:?}{}", self.reader, if self.wants_csv { " csv" } else { "" });
        let cache = &self.web.shared;
        let known = cache.get(&key, tx.revision(), tx.now());
        let kept = match known {
            Some(kept) => kept,
            None => {
                let reply = make(tx)?.reply(&|_| String::new())?;
                let kept = Arc::new(self.keep(reply, tx.revision())?);
                cache.keep(key, kept.clone());
                kept
            }
        };
        Ok(Shared { kept, made_as: PhantomData })
    }

    fn keep(&self, reply: Reply, revision: u64) -> Result<Kept> {
        let Reply { status, mut headers, body, meta, .. } = reply;
        let language = self.reader.content_language(&self.languages.0);
        headers.push((
            header::CONTENT_LANGUAGE,
            HeaderValue::from_str(&language).map_err(|error| Error::Internal(error.to_string()))?,
        ));
        // The edge says of each request which route it took.
        let mut kept = Kept::new(status, headers, body.into(), String::new(), revision);
        kept.etag = Some(meta.etag.unwrap_or_else(|| etag::of_bytes(&kept.body)));
        kept.fresh_until = meta.fresh_until;
        Ok(kept)
    }
}

impl<A: Answer> Answer for Shared<A> {
    fn reply(self, _: &dyn Fn(&str) -> String) -> Result<Reply> {
        Ok(Reply { kept: Some(self.kept.clone()), ..Reply::empty(self.kept.status) })
    }

    fn describe(schemas: &mut SchemaGenerator) -> Described {
        A::describe(schemas)
    }
}
