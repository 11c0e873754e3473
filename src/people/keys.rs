//! The server's keys: those that sign access tokens (Ed25519, rotating) and the one that mail tokens are derived from. One file, made at
//! the first start, readable by its owner only. Several servers share it.

mod file;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, RwLock};

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig, get, head, resource, to};
use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use schemars::JsonSchema;
use secrecy::ExposeSecret as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::file::{KeyFile, Stamp, broken};
use super::accounts::Accounts;
use super::rules::ACCESS_TOKEN_LIFE;
use crate::error::{Error, Result};
use crate::http::route::{method_not_allowed, problem_response};
use crate::http::{Web, bad_token};
use crate::ids::Id;
use crate::policy::{PersonId, SessionMark};
use crate::time::Instant;
use crate::word_enum;

pub use file::random_text;

/// How often the file is looked at, at most: a rotation by another process is in force after that.
const LOOK: TimeDelta = TimeDelta::seconds(1);
/// Who the tokens are for.
const AUDIENCE: &str = "plenary";

/// A public key as JWKS shows it (RFC 8037).
#[derive(Clone, Debug, Serialize)]
pub struct PublicKey {
    kty: &'static str,
    crv: &'static str,
    alg: &'static str,
    #[serde(rename = "use")]
    usage: &'static str,
    kid: String,
    x: String,
}

word_enum! {
    /// What a key is for now.
    pub enum KeyState {
        /// New tokens are signed with it.
        Signing = "signing",
        /// Another one signs; tokens signed with it still count.
        Verifying = "verifying",
    }
}

/// A key of access tokens, without its secret.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[schemars(rename = "Key")]
pub struct KeyView {
    /// How tokens and `/.well-known/jwks.json` name it.
    pub kid: String,
    /// What it is for now.
    pub state: KeyState,
    /// Until when tokens signed with it count; null for the one that signs.
    pub until: Option<Instant>,
    /// When it was made.
    pub created_at: Instant,
}

/// A key that verifies.
struct Verifying {
    kid: String,
    created_at: Instant,
    until: Option<Instant>,
    key: DecodingKey,
    public: PublicKey,
}

impl Verifying {
    fn counts(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}

struct Loaded {
    mail: [u8; 32],
    signing: EncodingKey,
    kid: String,
    /// Oldest first.
    verifying: Vec<Verifying>,
}

/// The keys of this server. Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    path: PathBuf,
    issuer: String,
    loaded: RwLock<Arc<Loaded>>,
    looked: Mutex<Looked>,
}

/// When the file was last looked at, and what it was.
struct Looked {
    at: Instant,
    stamp: Option<Stamp>,
}

/// What an access token says: person and session only.
#[derive(Debug, Serialize, Deserialize)]
pub struct Claims {
    iss: String,
    aud: String,
    /// The person.
    pub sub: PersonId,
    /// The session.
    pub sid: Id<SessionMark>,
    iat: i64,
    nbf: i64,
    exp: i64,
}

impl Claims {
    /// When the token expires.
    pub fn until(&self) -> Instant {
        Instant::of_unix(self.exp)
    }
}

impl Keys {
    /// Reads the key file, or makes it. `issuer` is the public URL. Refused where others than its owner can get at the file.
    pub fn open(path: &Path, issuer: &str, now: Instant) -> Result<Self> {
        if !path.exists() {
            file::make(path, now)?;
        }
        let stamp = file::stamp(path);
        let loaded = RwLock::new(Arc::new(load(path)?));
        let looked = Mutex::new(Looked { at: now, stamp });
        Ok(Self(Arc::new(Inner { path: path.to_owned(), issuer: issuer.to_owned(), loaded, looked })))
    }

    /// Adds a key that signs from now on, and gives its name; those before verify for another hour. Other servers take it up within a
    /// second, or with its first token. Blocks on the file.
    pub fn rotate(path: &Path, now: Instant) -> Result<String> {
        file::rotate(path, now)
    }

    /// [`Keys::rotate`] of this server's own file.
    pub fn rotate_own(&self, now: Instant) -> Result<String> {
        let kid = file::rotate(&self.0.path, now)?;
        self.look(now, true);
        Ok(kid)
    }

    /// Reads the file again where it has changed: asked for at most once a second, unless `at_once`.
    fn look(&self, now: Instant, at_once: bool) {
        let Ok(mut looked) = self.0.looked.lock() else { return };
        // Also where the machine's clock was set back.
        if !at_once && now.since(looked.at).abs() < LOOK {
            return;
        }
        looked.at = now;
        let stamp = file::stamp(&self.0.path);
        if looked.stamp == stamp {
            return;
        }
        // Kept also when it cannot be read: that is logged once, and tried again when it has changed.
        looked.stamp = stamp;
        match load(&self.0.path) {
            Ok(fresh) => {
                if let Ok(mut loaded) = self.0.loaded.write() {
                    *loaded = Arc::new(fresh);
                }
                tracing::info!("read the keys again");
            }
            Err(error) => tracing::error!(error = %error, "the keys could not be read again; the old ones stay"),
        }
    }

    fn loaded(&self) -> Arc<Loaded> {
        match self.0.loaded.read() {
            Ok(loaded) => loaded.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    fn current(&self, now: Instant) -> Arc<Loaded> {
        self.look(now, false);
        self.loaded()
    }

    /// The key of mail tokens.
    pub fn mail_key(&self) -> [u8; 32] {
        self.loaded().mail
    }

    /// The token of a private calendar, 43 base64url characters: derived, so that its owner can read its address again and the database
    /// has nothing that opens it.
    pub fn calendar_token(&self, feed: impl std::fmt::Display) -> String {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.mail_key());
        // Mail tokens are of bare ids: none of them is one of these.
        URL_SAFE_NO_PAD.encode(hmac::sign(&key, format!("calendar-feed/{feed}").as_bytes()))
    }

    /// The public keys with which tokens count at `now`, newest first.
    pub fn jwks(&self, now: Instant) -> Vec<PublicKey> {
        let loaded = self.current(now);
        loaded.verifying.iter().rev().filter(|key| key.counts(now)).map(|key| key.public.clone()).collect()
    }

    /// The keys with which tokens count at `now`, newest first.
    pub fn list(&self, now: Instant) -> Vec<KeyView> {
        let view = |key: &Verifying| KeyView {
            kid: key.kid.clone(),
            state: if key.until.is_none() { KeyState::Signing } else { KeyState::Verifying },
            until: key.until,
            created_at: key.created_at,
        };
        self.current(now).verifying.iter().rev().filter(|key| key.counts(now)).map(view).collect()
    }

    /// An access token for a person in a session.
    pub fn issue(&self, person: PersonId, session: Id<SessionMark>, now: Instant) -> Result<String> {
        let loaded = self.current(now);
        let at = now.utc().timestamp();
        let claims = Claims {
            iss: self.0.issuer.clone(),
            aud: AUDIENCE.into(),
            sub: person,
            sid: session,
            iat: at,
            nbf: at,
            exp: at + ACCESS_TOKEN_LIFE.num_seconds(),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(loaded.kid.clone());
        jsonwebtoken::encode(&header, &claims, &loaded.signing).map_err(|e| Error::Internal(format!("signing a token: {e}")))
    }

    /// The claims of a token of ours that counts now; 401 otherwise. The algorithm is fixed, whatever the token's header says (RFC 8725, 3.1).
    pub fn verify(&self, token: &str, now: Instant) -> Result<Claims> {
        let header = jsonwebtoken::decode_header(token).map_err(|_| bad_token())?;
        let kid = header.kid.ok_or_else(bad_token)?;
        let mut loaded = self.current(now);
        if !loaded.verifying.iter().any(|key| key.kid == kid) {
            // Another server has signed with a key that is newer than what we read.
            self.look(now, true);
            loaded = self.loaded();
        }
        let key = loaded.verifying.iter().find(|key| key.kid == kid && key.counts(now)).ok_or_else(bad_token)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&self.0.issuer]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The crate would ask the machine's clock; ours is passed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims: Claims = jsonwebtoken::decode(token, &key.key, &validation).map_err(|_| bad_token())?.claims;
        let at = now.utc().timestamp();
        if claims.nbf <= at && at < claims.exp { Ok(claims) } else { Err(bad_token()) }
    }
}

fn load(path: &Path) -> Result<Loaded> {
    let file = KeyFile::read(path)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|e| broken(path, e));
    let mail = decode(file.mail.0.expose_secret())?.try_into().map_err(|_| broken(path, "the mail key has not 32 bytes"))?;
    let newest = file.access.last().ok_or_else(|| broken(path, "has no access key"))?;
    let signing = EncodingKey::from_ed_der(&decode(newest.private.0.expose_secret())?);
    let kid = newest.kid.clone();
    let verifying = file.access.iter().enumerate().map(|(i, stored)| {
        let (kid, x) = (stored.kid.clone(), stored.public.clone());
        let key = DecodingKey::from_ed_components(&x).map_err(|e| broken(path, e))?;
        let public = PublicKey { kty: "OKP", crv: "Ed25519", alg: "EdDSA", usage: "sig", kid: kid.clone(), x };
        Ok(Verifying { kid, created_at: stored.created_at, until: file.until(i), key, public })
    });
    let verifying = verifying.collect::<Result<_>>()?;
    Ok(Loaded { mail, signing, kid, verifying })
}

/// `/.well-known/jwks.json` (RFC 7517), outside `/api/v1`.
pub fn mount(config: &mut ServiceConfig) {
    let jwks = |web: Data<Web>| async move {
        match web.part::<Accounts>() {
            Ok(accounts) => HttpResponse::Ok().json(json!({"keys": accounts.keys.jwks(web.db.clock().now())})),
            Err(error) => problem_response(error.into_problem()),
        }
    };
    let resource = resource("/.well-known/jwks.json").route(get().to(jwks)).route(head().to(jwks));
    config.service(resource.default_service(to(|| async { method_not_allowed("GET, HEAD") })));
}
