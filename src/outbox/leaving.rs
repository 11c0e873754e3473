//! The tokens with which the reader of a mail says that it wants no more of them (RFC 8058). They can be used more than once, as long as the
//! mail's row is there, and nothing of them is kept: a token is the row's id and an HMAC-SHA-256 of it under the key of the mails.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret as _, SecretString};

use super::DispatchId;
use super::acts::TokenKey;
use crate::mail::Kind;
use crate::policy::PersonId;

/// Keeps these apart from the tokens of acts, which are HMACs under the same key.
const LABEL: &[u8] = b"plenary unsubscribe ";

/// What a mail's link to get no more of these carries: 64 base64url characters.
#[derive(Clone)]
pub struct LeaveToken(SecretString);

impl LeaveToken {
    /// The token of a mail.
    pub fn of(key: &TokenKey, mail: DispatchId) -> Self {
        let bytes = mail.bytes();
        let tag = hmac::sign(&signing(key), &labelled(bytes));
        let token: Vec<u8> = bytes.iter().chain(tag.as_ref()).copied().collect();
        Self(URL_SAFE_NO_PAD.encode(token).into())
    }

    /// For the mail, and for nothing else.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl std::fmt::Debug for LeaveToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LeaveToken")
    }
}

impl PartialEq for LeaveToken {
    fn eq(&self, other: &Self) -> bool {
        self.expose() == other.expose()
    }
}

/// The mail whose token this is; `None` where this server made no such token. Compared in constant time.
pub fn mail_of(key: &TokenKey, token: &str) -> Option<DispatchId> {
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, tag) = bytes.split_first_chunk::<16>()?;
    hmac::verify(&signing(key), &labelled(*id), tag).ok()?;
    Some(DispatchId::of_bytes(*id))
}

fn signing(key: &TokenKey) -> hmac::Key {
    hmac::Key::new(hmac::HMAC_SHA256, key.0.expose_secret())
}

fn labelled(id: [u8; 16]) -> Vec<u8> {
    LABEL.iter().chain(&id).copied().collect()
}

/// A mail that its reader wants no more of.
pub struct Left {
    /// Which mail it was.
    pub kind: Kind,
    /// Who got it; `None` where it went to an address without account.
    pub person: Option<PersonId>,
    /// Where it went; empty once its reader is erased.
    pub recipient: String,
}
