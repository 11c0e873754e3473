//! The server's keys: those that sign access tokens (Ed25519, rotating) and the one that mail tokens are derived from. One file, made at
//! the first start, readable by its owner only. Several servers share it.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, RwLock};
use std::time::SystemTime;

use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig, get, head, resource, to};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::accounts::Accounts;
use super::rules::ACCESS_TOKEN_LIFE;
use crate::error::{Error, Result};
use crate::http::route::{method_not_allowed, problem_response};
use crate::http::{Web, bad_token};
use crate::ids::Id;
use crate::policy::{PersonId, SessionMark};
use crate::time::Instant;

/// How long a replaced key still verifies: the longest life of a token signed with it, and a margin for servers that read the file late.
const OVERLAP: TimeDelta = TimeDelta::hours(1);
/// Who the tokens are for.
const AUDIENCE: &str = "plenary";

#[derive(Serialize, Deserialize)]
struct KeyFile {
    /// 32 bytes, base64url: what mail tokens are derived from.
    mail: SecretText,
    /// Newest last.
    access: Vec<StoredKey>,
}

#[derive(Serialize, Deserialize)]
struct StoredKey {
    kid: String,
    created_at: Instant,
    /// PKCS #8, base64url.
    private: SecretText,
    /// Raw, base64url.
    public: String,
}

/// A secret that goes into the key file and nowhere else.
struct SecretText(SecretString);

impl Serialize for SecretText {
    fn serialize<S: serde::Serializer>(&self, s: S) -> std::result::Result<S::Ok, S::Error> {
        s.serialize_str(self.0.expose_secret())
    }
}

impl<'de> Deserialize<'de> for SecretText {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> std::result::Result<Self, D::Error> {
        String::deserialize(d).map(|text| Self(text.into()))
    }
}

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

struct Loaded {
    modified: Option<SystemTime>,
    mail: [u8; 32],
    signing: EncodingKey,
    kid: String,
    verifying: Vec<(String, Instant, DecodingKey, PublicKey)>,
}

/// The keys of this server. Cheap to clone.
#[derive(Clone)]
pub struct Keys {
    path: Arc<PathBuf>,
    issuer: Arc<str>,
    loaded: Arc<RwLock<Arc<Loaded>>>,
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

fn broken(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::Internal(format!("the key file {}: {why}", path.display()))
}

impl Keys {
    /// Reads the key file, or makes it. `issuer` is the public URL.
    pub fn open(path: &Path, issuer: &str, now: Instant) -> Result<Self> {
        if !path.exists() {
            let file = KeyFile { mail: SecretText(random_text()?.into()), access: vec![new_key(now)?] };
            write(path, &file, false)?;
        }
        let loaded = load(path)?;
        Ok(Self { path: Arc::new(path.to_owned()), issuer: issuer.into(), loaded: Arc::new(RwLock::new(Arc::new(loaded))) })
    }

    /// Adds a new signing key and drops those whose overlap is over. Running servers read the file again within a second.
    pub fn rotate(path: &Path, now: Instant) -> Result<String> {
        let mut file = read(path)?;
        let key = new_key(now)?;
        let kid = key.kid.clone();
        file.access.push(key);
        // A key stops signing when the next one is made; it verifies until the overlap has passed since then.
        let replaced: Vec<Instant> = file.access.iter().skip(1).map(|next| next.created_at).collect();
        let mut replaced = replaced.into_iter();
        file.access.retain(|_| replaced.next().is_none_or(|at| now.since(at) < OVERLAP));
        write(path, &file, true)?;
        Ok(kid)
    }

    /// Reads the file again where it has changed.
    pub fn refresh(&self) {
        let modified = std::fs::metadata(self.path.as_path()).and_then(|meta| meta.modified()).ok();
        if self.current().modified != modified {
            match load(&self.path) {
                Ok(fresh) => {
                    if let Ok(mut loaded) = self.loaded.write() {
                        *loaded = Arc::new(fresh);
                    }
                }
                Err(error) => tracing::error!(error = %error, "the keys could not be read again; the old ones stay"),
            }
        }
    }

    fn current(&self) -> Arc<Loaded> {
        match self.loaded.read() {
            Ok(loaded) => loaded.clone(),
            Err(poisoned) => poisoned.into_inner().clone(),
        }
    }

    /// The key of mail tokens.
    pub fn mail_key(&self) -> [u8; 32] {
        self.current().mail
    }

    /// The public keys, newest first.
    pub fn jwks(&self) -> Vec<PublicKey> {
        self.current().verifying.iter().rev().map(|(.., public)| public.clone()).collect()
    }

    /// An access token for a person in a session.
    pub fn issue(&self, person: PersonId, session: Id<SessionMark>, now: Instant) -> Result<String> {
        let loaded = self.current();
        let at = now.utc().timestamp();
        let claims = Claims {
            iss: self.issuer.to_string(),
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
        if !self.current().verifying.iter().any(|(known, ..)| *known == kid) {
            self.refresh();
        }
        let loaded = self.current();
        let (.., key, _) = loaded.verifying.iter().find(|(known, ..)| *known == kid).ok_or_else(bad_token)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[self.issuer.as_ref()]);
        validation.set_audience(&[AUDIENCE]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The crate would ask the machine's clock; ours is passed in.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let claims: Claims = jsonwebtoken::decode(token, key, &validation).map_err(|_| bad_token())?.claims;
        let at = now.utc().timestamp();
        if claims.nbf <= at && at < claims.exp { Ok(claims) } else { Err(bad_token()) }
    }
}

/// 32 random bytes as 43 base64url characters: refresh tokens, keys.
pub fn random_text() -> Result<String> {
    let mut bytes = [0; 32];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Internal("no randomness".into()))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn new_key(now: Instant) -> Result<StoredKey> {
    let failed = |_| Error::Internal("no Ed25519 key could be made".into());
    let private = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).map_err(failed)?;
    let pair = Ed25519KeyPair::from_pkcs8(private.as_ref()).map_err(|e| Error::Internal(e.to_string()))?;
    let public = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let kid = public.get(..12).unwrap_or(&public).to_owned();
    Ok(StoredKey { kid, created_at: now, private: SecretText(URL_SAFE_NO_PAD.encode(private.as_ref()).into()), public })
}

fn read(path: &Path) -> Result<KeyFile> {
    let text = std::fs::read_to_string(path).map_err(|e| broken(path, e))?;
    serde_json::from_str(&text)
        .map_err(|e| broken(path, format!("line {}, column {} is not as it should be", e.line(), e.column())))
}

fn load(path: &Path) -> Result<Loaded> {
    let modified = std::fs::metadata(path).and_then(|meta| meta.modified()).ok();
    let file = read(path)?;
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|e| broken(path, e));
    let mail = decode(file.mail.0.expose_secret())?.try_into().map_err(|_| broken(path, "the mail key has not 32 bytes"))?;
    let newest = file.access.last().ok_or_else(|| broken(path, "has no access key"))?;
    let signing = EncodingKey::from_ed_der(&decode(newest.private.0.expose_secret())?);
    let kid = newest.kid.clone();
    let verifying = file
        .access
        .iter()
        .map(|key| {
            let public =
                PublicKey { kty: "OKP", crv: "Ed25519", alg: "EdDSA", usage: "sig", kid: key.kid.clone(), x: key.public.clone() };
            let decoding = DecodingKey::from_ed_components(&key.public).map_err(|e| broken(path, e))?;
            Ok((key.kid.clone(), key.created_at, decoding, public))
        })
        .collect::<Result<_>>()?;
    Ok(Loaded { modified, mail, signing, kid, verifying })
}

/// Written beside and renamed, mode 600; of several servers that start at once one makes it.
fn write(path: &Path, file: &KeyFile, replace: bool) -> Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    std::fs::create_dir_all(directory).map_err(|e| broken(path, e))?;
    let beside = directory.join(format!(".keys-{}", std::process::id()));
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let text = serde_json::to_string_pretty(file)?;
    let mut out = options.open(&beside).map_err(|e| broken(path, e))?;
    out.write_all(text.as_bytes()).and_then(|()| out.sync_all()).map_err(|e| broken(path, e))?;
    let placed = if replace { std::fs::rename(&beside, path) } else { std::fs::hard_link(&beside, path) };
    if !replace {
        drop(std::fs::remove_file(&beside));
    }
    match placed {
        Err(e) if !replace && e.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        other => other.map_err(|e| broken(path, e)),
    }
}

/// `/.well-known/jwks.json` (RFC 7517), outside `/api/v1`.
pub fn mount(config: &mut ServiceConfig) {
    let jwks = |web: Data<Web>| async move {
        match web.part::<Accounts>() {
            Ok(accounts) => HttpResponse::Ok().json(json!({"keys": accounts.keys.jwks()})),
            Err(error) => problem_response(error.into_problem()),
        }
    };
    let resource = resource("/.well-known/jwks.json").route(get().to(jwks)).route(head().to(jwks));
    config.service(resource.default_service(to(|| async { method_not_allowed("GET, HEAD") })));
}
