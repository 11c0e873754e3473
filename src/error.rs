//! Everything that can go wrong with a request: one table of problems (RFC 9457), and the error type that carries one.

use std::fmt;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::db::{DbError, Failure};
use crate::states::{IllegalTransition, State};

macro_rules! problems {
    ($($(#[$meta:meta])* $variant:ident = $slug:literal, $status:literal, $title:literal, $page:literal;)+) => {
        /// A type of problem. Its page stands at `/problems/<slug>`.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum ProblemKind { $($(#[$meta])* #[doc = $title] $variant,)+ }

        impl ProblemKind {
            /// Every type.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The last part of its `type`.
            pub fn slug(self) -> &'static str { match self { $(Self::$variant => $slug),+ } }
            /// The status it answers with.
            pub fn status(self) -> u16 { match self { $(Self::$variant => $status),+ } }
            /// The same for every occurrence.
            pub fn title(self) -> &'static str { match self { $(Self::$variant => $title),+ } }
            /// What its page says: when it comes and what to do.
            pub fn page(self) -> &'static str { match self { $(Self::$variant => $page),+ } }
        }
    };
}

problems! {
    MalformedRequest = "malformed-request", 400, "The request cannot be read",
        "The request line, a header or the transfer was not HTTP as the server understands it. Send it again with a client that writes well-formed requests.";
    MalformedJson = "malformed-json", 400, "The body is no JSON",
        "The body was cut off or breaks JSON's grammar; `detail` says at which line and column. Nothing was done.";
    AuthenticationRequired = "authentication-required", 401, "Sign in first",
        "Nobody may use this without an account. Sign in with `POST /api/v1/auth/login` and send `Authorization: Bearer <access token>`.";
    BadAccessToken = "bad-access-token", 401, "The access token does not count",
        "The bearer token is not one of this server's, has expired, or its session has ended. Refresh it or sign in again; without a token public data can still be read.";
    InvalidCredentials = "invalid-credentials", 401, "That does not sign you in",
        "E-mail, password or code do not fit together, or the account cannot be used. If you forgot the password, ask for a new one with `POST /api/v1/auth/password/forgot`.";
    SecondFactorRequired = "second-factor-required", 401, "A second factor is needed",
        "The password is right and the account has a second factor. Send the login again with `code`: six digits of the app, or a recovery code.";
    Forbidden = "forbidden", 403, "This is not yours to do",
        "You may see this, but not do that to it. `detail` says who may.";
    NotFound = "not-found", 404, "There is nothing here",
        "No such object or path, or it is hidden from you. Check the address; if the object is not public, sign in.";
    MethodNotAllowed = "method-not-allowed", 405, "This path does not take that method",
        "The header `Allow` names the methods that the path takes.";
    RequestTimeout = "request-timeout", 408, "The request took too long to arrive",
        "The body did not arrive in time. Send it again on a better connection.";
    WrongState = "wrong-state", 409, "Not in this state",
        "The object is in a state in which this cannot be done. `detail` says which state it is in.";
    IllegalTransition = "illegal-transition", 409, "That move does not exist from here",
        "From the present state the move is not there for you. `allowed` lists the moves that are.";
    AlreadyExists = "already-exists", 409, "There is one already",
        "Something that must be unique is taken. `detail` says what.";
    IdempotencyInProgress = "idempotency-in-progress", 409, "The same request is still running",
        "A request with this Idempotency-Key is being worked on. Repeat it in a moment: it will get the same outcome.";
    PreconditionFailed = "precondition-failed", 412, "It has changed meanwhile",
        "The If-Match header names an older version. Read the object again, apply your change to that, and send its new ETag.";
    PayloadTooLarge = "payload-too-large", 413, "The body is too large",
        "`detail` says how large it may be.";
    UnsupportedMediaType = "unsupported-media-type", 415, "The body is of a type that is not taken here",
        "Send the media type that the documentation names, usually `Content-Type: application/json`.";
    RangeNotSatisfiable = "range-not-satisfiable", 416, "The file is shorter than that",
        "The header `Range` asks for bytes that the file does not have. `Content-Range` says how many it has.";
    InvalidInput = "invalid-input", 422, "The input is not as documented",
        "One or more parameters or fields are unknown, missing, or of the wrong form. `errors` names each with a JSON Pointer (or `?name` for a query parameter, `{name}` for a part of the path).";
    RuleViolation = "rule-violation", 422, "A rule stands against it",
        "The input is well formed, but a rule of the call forbids it. `violations` lists every rule that is broken.";
    SupporterRequired = "supporter-required", 422, "Say for which supporter",
        "You may act for several supporters here. Send the request again with `?supporter_id=`, the id of one of those that `supporters` names.";
    InvalidCursor = "invalid-cursor", 422, "The cursor does not belong to this list",
        "A cursor goes with the filters and the sort order it was made under. Start again without it.";
    IdempotencyKeyReused = "idempotency-key-reused", 422, "The Idempotency-Key was used for another body",
        "A key stands for one request. Make a new key for a new request.";
    InvalidToken = "invalid-token", 422, "The link does nothing any more",
        "The token of the link is unknown, was used, was replaced by a newer one, or is too old. Ask for a new mail.";
    PreconditionRequired = "precondition-required", 428, "Say which version you change",
        "Changing this needs an `If-Match` header with the object's ETag, so that nobody overwrites what another wrote meanwhile.";
    TooManyRequests = "too-many-requests", 429, "Too many requests",
        "Wait as long as `Retry-After` says (seconds), then go on.";
    Internal = "internal", 500, "Something went wrong here",
        "The fault is the server's. It is logged under `request_id`; tell the operator that id.";
    Unavailable = "unavailable", 503, "Not available at the moment",
        "The server or its database is busy or starting. Try again as `Retry-After` says.";
}

/// One fault of the input, where it is, what kind, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldFault {
    /// A JSON Pointer into the body; `?name` for a query parameter, `{name}` for a part of the path.
    pub pointer: String,
    /// What kind of fault.
    pub code: &'static str,
    /// For a person.
    pub detail: String,
}

impl FieldFault {
    /// A fault at `pointer`.
    pub fn new(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), code, detail: detail.into() }
    }
}

/// One rule that is broken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// Which rule.
    pub code: &'static str,
    /// For a person.
    pub detail: String,
}

impl Violation {
    /// A violation.
    pub fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }
}

/// One occurrence of a problem, without the request it came from.
#[derive(Clone, Debug)]
pub struct Problem {
    /// Its type.
    pub kind: ProblemKind,
    /// What happened and what to do, for a person.
    pub detail: String,
    /// Further members: `errors`, `violations`, `allowed`, ….
    pub members: Map<String, Value>,
    /// Headers that belong to it: `Allow`, `Retry-After`, `WWW-Authenticate`.
    pub headers: Vec<(&'static str, String)>,
    /// What the server knows beyond that, for its log and for nobody else.
    pub cause: Option<String>,
}

impl Problem {
    /// A problem with its detail.
    pub fn new(kind: ProblemKind, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into(), members: Map::new(), headers: Vec::new(), cause: None }
    }

    /// 422 with every fault of the input.
    pub fn invalid(faults: &[FieldFault]) -> Self {
        let detail = match faults {
            [one] if one.pointer.is_empty() => format!("The body {}", one.detail),
            [one] => format!("{} {}", one.pointer, one.detail),
            many => format!("{} faults: see `errors`.", many.len()),
        };
        Self::new(ProblemKind::InvalidInput, detail).with("errors", faults)
    }

    /// 422 with every rule that is broken.
    pub fn violations(violations: &[Violation]) -> Self {
        let detail = match violations {
            [one] => one.detail.clone(),
            many => format!("{} rules stand against it: see `violations`.", many.len()),
        };
        Self::new(ProblemKind::RuleViolation, detail).with("violations", violations)
    }

    /// With one more member.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Serialize) -> Self {
        self.members.insert(name.to_owned(), serde_json::to_value(value).unwrap_or_default());
        self
    }

    /// 500; `cause` goes into the log under the request's id.
    pub fn internal(cause: impl Into<String>) -> Self {
        let detail = "Something went wrong here; it was logged. Try again, then tell the operator the request id.";
        Self { cause: Some(cause.into()), ..Self::new(ProblemKind::Internal, detail) }
    }

    /// With one more header.
    #[must_use]
    pub fn with_header(mut self, name: &'static str, value: impl fmt::Display) -> Self {
        self.headers.push((name, value.to_string()));
        self
    }
}

/// Why a request got no success.
#[derive(Debug)]
pub enum Error {
    /// An answer for the caller.
    Problem(Box<Problem>),
    /// It lives elsewhere now (308): a former slug or number, a merged supporter.
    Moved(String),
    /// The database failed; the caller learns only that something did.
    Db(DbError),
    /// A fault of ours, for the log.
    Internal(String),
}

/// A result with [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// 404: no such `what`, or hidden.
    pub fn not_found(what: &str) -> Self {
        Problem::new(ProblemKind::NotFound, format!("There is no such {what}, or it is not public.")).into()
    }

    /// 403, saying who may.
    pub fn forbidden(detail: impl Into<String>) -> Self {
        Problem::new(ProblemKind::Forbidden, detail).into()
    }

    /// 422 with one broken rule.
    pub fn violation(code: &'static str, detail: impl Into<String>) -> Self {
        Problem::violations(&[Violation::new(code, detail)]).into()
    }

    /// 422: the act needs a reason, and none was given.
    pub fn reason_required(why: &str) -> Self {
        Self::violation("reason_required", format!("Say why, in `reason`: {why}."))
    }

    /// 409: the object is in a state in which this cannot be done.
    pub fn wrong_state(detail: impl Into<String>) -> Self {
        Problem::new(ProblemKind::WrongState, detail).into()
    }

    /// 409: what must be unique is taken.
    pub fn already_exists(detail: impl Into<String>) -> Self {
        Problem::new(ProblemKind::AlreadyExists, detail).into()
    }

    /// 422 with one fault.
    pub fn invalid(pointer: impl Into<String>, code: &'static str, detail: impl Into<String>) -> Self {
        Problem::invalid(&[FieldFault::new(pointer, code, detail)]).into()
    }

    /// What the caller is told; a fault of the server goes along as the `cause`, which the edge logs.
    pub fn into_problem(self) -> Problem {
        match self {
            Self::Problem(problem) => *problem,
            Self::Moved(_) => Problem::new(ProblemKind::NotFound, "It has moved."),
            Self::Db(error) if error.is_busy() => {
                tracing::warn!(error = %error, "the database is busy");
                Problem::new(ProblemKind::Unavailable, "The database is busy. Try again in a moment.")
                    .with_header("Retry-After", 1)
            }
            Self::Db(error) => Problem::internal(format!("the database failed: {error}")),
            Self::Internal(error) => Problem::internal(error),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Problem(problem) => write!(f, "{}: {}", problem.kind.slug(), problem.detail),
            Self::Moved(to) => write!(f, "moved to {to}"),
            Self::Db(error) => error.fmt(f),
            Self::Internal(error) => f.write_str(error),
        }
    }
}

impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Problem(Box::new(problem))
    }
}

impl<S: State> From<IllegalTransition<S>> for Error {
    fn from(refused: IllegalTransition<S>) -> Self {
        let allowed: Vec<_> = refused.allowed.iter().map(S::to_string).collect();
        Problem::new(ProblemKind::IllegalTransition, format!("This is no move from here: {refused}."))
            .with("allowed", allowed)
            .into()
    }
}

impl From<DbError> for Error {
    fn from(error: DbError) -> Self {
        Self::Db(error)
    }
}

impl From<diesel::result::Error> for Error {
    fn from(error: diesel::result::Error) -> Self {
        Self::Db(error.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(format!("stored JSON does not fit: {error}"))
    }
}

impl Failure for Error {
    fn as_db(&self) -> Option<&DbError> {
        match self {
            Self::Db(error) => Some(error),
            _ => None,
        }
    }
}
