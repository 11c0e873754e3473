//! Acts that a mail asks for: the link in it holds a token that is derived when the mail is rendered, and only its hash is kept.
//!
//! The token is an HMAC-SHA-256 of the outbox row's id under a server key (domain.md, Forum cycle and its mails): a retry carries the
//! same one, no row and no view holds it, and a new request for the same act voids the earlier one.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use schemars::JsonSchema;
use secrecy::{ExposeSecret as _, SecretBox, SecretString};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::DispatchId;
use crate::error::{Error, Problem, ProblemKind};
use crate::text::hex;
use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// What a mail asks its reader to do. The word is also the page its link opens.
    pub enum Purpose {
        /// Confirm the address of a new account.
        VerifyEmail = "verify-email",
        /// Choose a new password.
        ResetPassword = "reset-password",
        /// Confirm a changed login address, from the new one.
        ConfirmEmail = "confirm-email",
        /// Undo a changed login address, from the old one.
        UndoEmail = "undo-email",
        /// Accept an invitation.
        AcceptInvitation = "accept-invitation",
        /// Confirm an application to endorse the call.
        ConfirmApplication = "confirm-application",
        /// Confirm the address of answers to a public round.
        ConfirmContribution = "confirm-contribution",
        /// Take confirmed answers to a public round back.
        WithdrawContribution = "withdraw-contribution",
    }
}

impl Purpose {
    /// Whether a new request voids an earlier one for the same subject. Each address that was replaced can be gone back to: whoever stole an
    /// account must not void the owner's link by replacing the address once more.
    pub fn replaces(self) -> bool {
        self != Self::UndoEmail
    }

    /// How long its token counts.
    pub fn life(self) -> TimeDelta {
        match self {
            Self::ResetPassword => TimeDelta::hours(1),
            Self::VerifyEmail | Self::ConfirmEmail | Self::UndoEmail | Self::ConfirmApplication | Self::ConfirmContribution => {
                TimeDelta::days(7)
            }
            // As long as its mail is kept; the round may close before.
            Self::WithdrawContribution => TimeDelta::days(90),
            Self::AcceptInvitation => TimeDelta::days(14),
        }
    }
}

/// An act, before its mail is written.
pub struct Act<'a> {
    /// What is to be done.
    pub purpose: Purpose,
    /// What it is about: an earlier request for the same purpose and subject is void from now on.
    pub subject: &'a str,
    /// What doing it needs to know.
    pub detail: Value,
}

/// The token of a mail's link, as a body.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "MailToken")]
pub struct TokenBody {
    /// 43 base64url characters.
    #[schemars(length(max = 200))]
    pub token: String,
}

/// The key that tokens are derived from. The composition root gives it to every transaction.
pub struct TokenKey(pub SecretBox<[u8; 32]>);

/// What a mail asks its reader to do.
#[derive(Clone)]
pub struct Asked {
    /// What is to be done.
    pub purpose: Purpose,
    /// The token of its link, 43 base64url characters. Goes into the mail and nowhere else.
    pub token: SecretString,
    /// Until when it counts.
    pub expires_at: Instant,
}

impl std::fmt::Debug for Asked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Asked({})", self.purpose)
    }
}

impl PartialEq for Asked {
    fn eq(&self, other: &Self) -> bool {
        self.purpose == other.purpose && self.token.expose_secret() == other.token.expose_secret()
    }
}

/// Why a mail is sent.
pub enum Errand {
    /// It only tells.
    Tell,
    /// It asks for something.
    Ask(Asked),
    /// It asked for something that can no longer be done: nothing is left to send it for.
    Over,
}

/// What a redeemed token stood for.
pub struct Redeemed {
    /// What it is about.
    pub subject: String,
    /// What doing it needs to know.
    pub detail: Value,
}

/// 422 for a token that does nothing (any more).
pub fn invalid_token() -> Error {
    Problem::new(ProblemKind::InvalidToken, "The link is unknown, was used already, or is too old. Ask for a new one.").into()
}

/// The token of a mail.
pub fn derive(key: &TokenKey, mail: DispatchId) -> String {
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, key.0.expose_secret()), mail.as_str().as_bytes());
    URL_SAFE_NO_PAD.encode(tag.as_ref())
}

/// SHA-256 of a token, in hex: what is kept of it.
pub fn token_hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}
