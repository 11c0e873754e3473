//! A request as a handler sees it: checked input, the caller, and one transaction to answer in.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::credential::Credential;
use super::etag::IfMatch;
use super::file::Asks;
use super::idempotency::{self, Attempt, Claim};
use super::upload::Upload;
use super::{Caller, Languages, Streams, Web};
use crate::audit;
use crate::db::{AnyConnection, Read, Write};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::locale::Reader;
use crate::policy::{Action, Actor, Object};
use crate::time::Instant;

/// Form-checked input, or the problem that its form is. It answers only after the caller has been recognised: 401 comes before 422.
pub(super) type Form<P, Q, B> = Result<Arc<Decoded<P, Q, B>>, Problem>;

/// Path, query and body, decoded.
pub struct Decoded<P, Q, B> {
    /// The path's parts.
    pub path: P,
    /// The query's parameters.
    pub query: Q,
    /// The query without paging and language: what a cursor is bound to.
    pub filters: Value,
    /// The body.
    pub body: B,
}

/// What the headers said.
#[derive(Clone)]
pub(super) struct Head {
    pub action: Action,
    pub credential: Option<Credential>,
    pub address: String,
    pub client: String,
    pub accept_language: Option<String>,
    pub locale: Option<String>,
    pub wants_csv: bool,
    pub if_match: IfMatch,
    pub request_id: String,
    pub attempt: Option<Attempt>,
    /// What of a stored file is asked for.
    pub asks: Asks,
    /// The last event that a stream's client has (`Last-Event-ID`).
    pub last_event: Option<String>,
    /// What the answer says in `Content-Language`, once the reader is known.
    pub spoken: Arc<OnceLock<String>>,
}

/// A request: `P` its path, `Q` its query, `B` its body. Nothing can be done with it but answer it, in one transaction.
pub struct Request<P = (), Q = (), B = ()> {
    pub(super) web: Web,
    pub(super) head: Head,
    pub(super) form: Form<P, Q, B>,
    pub(super) upload: Option<Upload>,
}

/// What a handler works on, once the caller is known and the form is right.
pub struct Input<P = (), Q = (), B = ()> {
    /// The caller.
    pub actor: Actor,
    /// The languages it reads.
    pub reader: Reader,
    /// The call's languages.
    pub languages: Arc<Languages>,
    /// What `If-Match` says.
    pub if_match: IfMatch,
    /// Whether `Accept` asks for CSV.
    pub wants_csv: bool,
    /// The request's id, for the record.
    pub request_id: String,
    /// The client's address, behind trusted proxies.
    pub address: String,
    /// What the client calls itself (`User-Agent`), cut to 200 characters.
    pub client: String,
    pub(super) asks: Asks,
    pub(super) web: Web,
    action: Action,
    decoded: Arc<Decoded<P, Q, B>>,
}

impl<P, Q, B> std::ops::Deref for Input<P, Q, B> {
    type Target = Decoded<P, Q, B>;
    fn deref(&self) -> &Decoded<P, Q, B> {
        &self.decoded
    }
}

impl<P, Q, B> Input<P, Q, B> {
    /// 401 or 403 unless policy gives the caller this route's action on `object`.
    pub fn allow(&self, object: &Object) -> Result<()> {
        if self.actor.may(self.action, object) {
            Ok(())
        } else if self.actor.person.is_none() {
            Err(authentication_required())
        } else if self.actor.lacks_second_factor {
            Err(Error::forbidden(
                "Your role needs a second factor here. Set one up with POST /api/v1/me/totp, then sign in again.",
            ))
        } else if self.actor.address_lapsed {
            Err(Error::forbidden(
                "Your e-mail address belonged to a supporter that you no longer speak for. Give your account another one with PATCH /api/v1/me \
                 (`email`, `password`), and confirm it.",
            ))
        } else if !self.actor.verified {
            Err(Error::forbidden(
                "Confirm your e-mail address first, by the link that was mailed to you; ask for another with POST /api/v1/auth/verify-email/resend.",
            ))
        } else {
            Err(Error::forbidden("Your roles do not allow this here. Ask the secretariat, or somebody who holds the role."))
        }
    }

    /// 404 unless the caller has `action` on `object`: what is hidden does not exist.
    pub fn reveal(&self, action: Action, object: &Object, what: &str) -> Result<()> {
        if self.actor.may(action, object) { Ok(()) } else { Err(Error::not_found(what)) }
    }
}

pub(super) fn authentication_required() -> Error {
    Problem::new(
        ProblemKind::AuthenticationRequired,
        "Nobody may do this without an account. Sign in and send your access token.",
    )
    .with_header("WWW-Authenticate", "Bearer realm=\"plenary\"")
    .into()
}

impl<P, Q, B> Request<P, Q, B> {
    /// A part of the app that a slice put there (its keys, its hasher).
    pub fn part<T: Send + Sync + 'static>(&self) -> Result<Arc<T>> {
        self.web.part()
    }

    /// Where the world reaches this server, without a slash at its end.
    pub fn public_url(&self) -> &str {
        &self.web.options.public_url
    }

    /// The upload that it brings, once. Allow first, then read it, then write.
    pub fn take_upload(&mut self) -> Option<Upload> {
        self.upload.take()
    }

    /// Who asks, to be asked for again while a stream lasts; 401 where nobody does.
    pub fn caller(&self) -> Result<Caller> {
        let credential = self.head.credential.ok_or_else(authentication_required)?;
        Ok(Caller::new(self.web.clone(), credential))
    }

    /// Whether only the head of the answer is asked for.
    pub fn wants_head_only(&self) -> bool {
        self.head.asks.head
    }

    /// What holds for streams of events.
    pub fn streams(&self) -> Streams {
        self.web.options.streams
    }

    /// The last event that a stream's client has (`Last-Event-ID`).
    pub fn last_event(&self) -> Option<&str> {
        self.head.last_event.as_deref()
    }

    /// Whether it may be a repeat, by its `Idempotency-Key`: then what was done before is answered, whatever the state is now.
    pub fn may_be_repeated(&self) -> bool {
        self.head.attempt.is_some()
    }

    /// Says what its upload was, which is what an `Idempotency-Key` stands for.
    #[must_use]
    pub fn having_received(mut self, parts: &[&str]) -> Self {
        if let Some(attempt) = &mut self.head.attempt {
            let all = std::iter::once(attempt.digest.as_str()).chain(parts.iter().copied());
            let all: Vec<&[u8]> = all.map(str::as_bytes).collect();
            attempt.digest = idempotency::digest(&all);
        }
        self
    }
}

impl<P, Q, B> Request<P, Q, B>
where
    P: Send + Sync + 'static,
    Q: Send + Sync + 'static,
    B: Send + Sync + 'static,
{
    /// Answers from one read transaction.
    pub async fn read<A, F>(self, f: F) -> Result<A>
    where
        A: Send + 'static,
        F: FnOnce(&mut Read<'_>, &Input<P, Q, B>) -> Result<A> + Send + 'static,
    {
        let Self { web, head, form, .. } = self;
        if head.credential.is_none() {
            // Nobody to recognise: a faulty form needs no database.
            let form = form?;
            let db = web.db.clone();
            return db.read(move |tx| answer_read(&web, head, Ok(form), tx, f)).await;
        }
        let db = web.db.clone();
        db.read(move |tx| answer_read(&web, head, form, tx, f)).await
    }

    /// Reads first and keeps the request: for handlers that do slow work (a password hash) between a read and a write, with no
    /// transaction open meanwhile.
    pub async fn peek<A, F>(self, f: F) -> Result<(Self, A)>
    where
        A: Send + 'static,
        F: FnOnce(&mut Read<'_>, &Input<P, Q, B>) -> Result<A> + Send + 'static,
    {
        let Self { web, head, form, upload } = self;
        let again = Self { web: web.clone(), head: head.clone(), form: form.clone(), upload };
        let seen = Self { web, head, form, upload: None }.read(f).await?;
        Ok((again, seen))
    }

    /// Answers from one write transaction; the closure is repeated after a serialization failure.
    pub async fn write<A, F>(self, mut f: F) -> Result<A>
    where
        A: Send + 'static,
        F: FnMut(&mut Write<'_>, &Input<P, Q, B>) -> Result<A> + Send + 'static,
    {
        let mut prepared = Prepared::of(self)?;
        let db = prepared.web.db.clone();
        db.write(move |tx| {
            let now = tx.now();
            let input = prepared.input(tx, now)?;
            audit::caused_by(tx, input.actor.person, &input.request_id);
            f(tx, input)
        })
        .await
    }

    /// Makes something, once for every `Idempotency-Key`: `make` does it and gives its id, `show` answers with it. A repeat of the same
    /// request only shows again, under the caller's present rights.
    pub async fn create<A, M, S>(self, mut make: M, mut show: S) -> Result<A>
    where
        A: Send + 'static,
        M: FnMut(&mut Write<'_>, &Input<P, Q, B>) -> Result<String> + Send + 'static,
        S: FnMut(&mut Write<'_>, &Input<P, Q, B>, &str) -> Result<A> + Send + 'static,
    {
        let attempt = self.head.attempt.clone();
        self.write(move |tx, input| {
            let id = once(tx, input, attempt.as_ref(), |tx| make(tx, input).map(Some))?;
            let id = id.ok_or_else(|| Error::Internal("an idempotency record without its object".into()))?;
            show(tx, input, &id)
        })
        .await
    }

    /// Does something that answers 202 or 204, once for every `Idempotency-Key`.
    pub async fn accept<A, M>(self, outcome: fn() -> A, mut make: M) -> Result<A>
    where
        A: Send + 'static,
        M: FnMut(&mut Write<'_>, &Input<P, Q, B>) -> Result<()> + Send + 'static,
    {
        let attempt = self.head.attempt.clone();
        self.write(move |tx, input| {
            once(tx, input, attempt.as_ref(), |tx| make(tx, input).map(|()| None))?;
            Ok(outcome())
        })
        .await
    }
}

/// Does `make` unless the same request has been done before.
fn once<P, Q, B>(
    tx: &mut Write<'_>,
    input: &Input<P, Q, B>,
    attempt: Option<&Attempt>,
    make: impl FnOnce(&mut Write<'_>) -> Result<Option<String>>,
) -> Result<Option<String>> {
    let Some(attempt) = attempt else { return make(tx) };
    let caller = input.actor.person.map_or_else(|| attempt.caller.clone(), |person| format!("person:{person}"));
    let attempt = Attempt { caller, ..attempt.clone() };
    match idempotency::claim(tx, &attempt)? {
        Claim::Done(id) => Ok(id),
        Claim::New => {
            let id = make(tx)?;
            idempotency::keep(tx, &attempt, id.clone())?;
            Ok(id)
        }
    }
}

fn answer_read<P, Q, B, A>(
    web: &Web,
    head: Head,
    form: Form<P, Q, B>,
    tx: &mut Read<'_>,
    f: impl FnOnce(&mut Read<'_>, &Input<P, Q, B>) -> Result<A>,
) -> Result<A> {
    let now = tx.now();
    let actor = web.recognise(tx, head.credential.as_ref(), now)?;
    let decoded = form?;
    let languages = languages(web, tx)?;
    let input = assemble(web.clone(), head, actor, languages, decoded);
    f(tx, &input)
}

/// The call's languages, as read before where nobody has written since.
fn languages(web: &Web, tx: &mut Read<'_>) -> Result<Arc<Languages>> {
    let languages = tx.remembered(|c| (web.load_languages)(c))?;
    web.keep_languages(&languages);
    Ok(languages)
}

/// The languages that the reader of an answer reads. Set once: a repeated transaction speaks the same.
fn reader(head: &Head, actor: &Actor, languages: &Languages) -> Reader {
    let reader =
        Reader::negotiate(head.locale.as_deref(), head.accept_language.as_deref(), actor.locale.as_deref(), &languages.0);
    let _ = head.spoken.set(reader.content_language(&languages.0));
    reader
}

fn assemble<P, Q, B>(
    web: Web,
    head: Head,
    actor: Actor,
    languages: Arc<Languages>,
    decoded: Arc<Decoded<P, Q, B>>,
) -> Input<P, Q, B> {
    Input {
        reader: reader(&head, &actor, &languages),
        actor,
        languages,
        if_match: head.if_match,
        wants_csv: head.wants_csv,
        request_id: head.request_id,
        address: head.address,
        client: head.client,
        asks: head.asks,
        web,
        action: head.action,
        decoded,
    }
}

/// A write's input, put together in its first attempt and used again when the transaction is repeated. The caller is read anew.
struct Prepared<P, Q, B> {
    web: Web,
    head: Head,
    form: Option<Form<P, Q, B>>,
    input: Option<Input<P, Q, B>>,
}

impl<P, Q, B> Prepared<P, Q, B> {
    fn of(request: Request<P, Q, B>) -> Result<Self> {
        let Request { web, head, form, .. } = request;
        if head.credential.is_none() {
            let form = form?;
            return Ok(Self { web, head, form: Some(Ok(form)), input: None });
        }
        Ok(Self { web, head, form: Some(form), input: None })
    }

    fn input(&mut self, tx: &mut AnyConnection, now: Instant) -> Result<&Input<P, Q, B>> {
        let actor = self.web.recognise(tx, self.head.credential.as_ref(), now)?;
        match self.form.take() {
            Some(form) => {
                let languages = Arc::new((self.web.load_languages)(tx)?);
                self.input = Some(assemble(self.web.clone(), self.head.clone(), actor, languages, form?));
            }
            None => {
                if let Some(input) = &mut self.input {
                    input.actor = actor;
                }
            }
        }
        self.input.as_ref().ok_or_else(|| Error::Internal("a write without its input".into()))
    }
}
