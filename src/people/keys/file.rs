//! The key file: read, made, replaced. Nobody but its owner may get at it.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::time::Instant;

/// How long a replaced key still verifies: the longest life of a token signed with it, and a margin for servers that read the file late.
const OVERLAP: TimeDelta = TimeDelta::hours(1);

/// What the file holds.
#[derive(Serialize, Deserialize)]
pub struct KeyFile {
    /// 32 bytes, base64url: what mail tokens are derived from.
    pub mail: SecretText,
    /// Newest last: it signs.
    pub access: Vec<StoredKey>,
}

/// A key of access tokens.
#[derive(Serialize, Deserialize)]
pub struct StoredKey {
    /// How tokens name it.
    pub kid: String,
    /// When it was made; the one before it stopped signing then.
    pub created_at: Instant,
    /// PKCS #8, base64url.
    pub private: SecretText,
    /// Raw, base64url.
    pub public: String,
}

/// A secret that goes into the key file and nowhere else.
pub struct SecretText(pub SecretString);

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

/// What tells one state of the file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    modified: Option<SystemTime>,
    length: u64,
    /// A replaced file is another one, however fast it was replaced.
    inode: u64,
}

/// The file's stamp; `None` where there is none to be had.
pub fn stamp(path: &Path) -> Option<Stamp> {
    let meta = fs::metadata(path).ok()?;
    #[cfg(unix)]
    let inode = std::os::unix::fs::MetadataExt::ino(&meta);
    #[cfg(not(unix))]
    let inode = 0;
    Some(Stamp { modified: meta.modified().ok(), length: meta.len(), inode })
}

/// What is wrong with the file.
pub fn broken(path: &Path, why: impl std::fmt::Display) -> Error {
    Error::Internal(format!("the key file {}: {why}", path.display()))
}

impl KeyFile {
    /// Reads it; refused where others can get at it.
    pub fn read(path: &Path) -> Result<Self> {
        refuse_if_open(path)?;
        let text = fs::read_to_string(path).map_err(|e| broken(path, e))?;
        let file: Self = serde_json::from_str(&text)
            .map_err(|e| broken(path, format!("line {}, column {} is not as it should be", e.line(), e.column())))?;
        if file.access.is_empty() { Err(broken(path, "has no access key")) } else { Ok(file) }
    }

    /// Until when the key at `position` verifies; `None`: it signs.
    pub fn until(&self, position: usize) -> Option<Instant> {
        self.access.get(position + 1).map(|next| next.created_at.plus(OVERLAP))
    }
}

/// Makes the file where there is none; of several servers that start at once one makes it.
pub fn make(path: &Path, now: Instant) -> Result<()> {
    let file = KeyFile { mail: SecretText(random_text()?.into()), access: vec![new_key(now)?] };
    fs::create_dir_all(directory(path)).map_err(|e| broken(path, e))?;
    let beside = write_beside(path, &file)?;
    let placed = fs::hard_link(&beside, path);
    drop(fs::remove_file(&beside));
    match placed {
        Err(e) if e.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(broken(path, e)),
        Ok(()) => sync_directory(path),
    }
}

/// Adds a key that signs from now on, and drops those whose overlap is over; its name. Two at once follow each other. The key of mail
/// tokens stays: links in mails that were sent go on working.
pub fn rotate(path: &Path, now: Instant) -> Result<String> {
    // A link stays what it is, and points to the new file.
    let path = &fs::canonicalize(path).map_err(|e| broken(path, e))?;
    let mut lock = path.as_os_str().to_owned();
    lock.push(".lock");
    let lock = private().create(true).truncate(false).open(&lock).map_err(|e| broken(path, e))?;
    lock.lock().map_err(|e| broken(path, format!("cannot be locked: {e}")))?;
    let mut file = KeyFile::read(path)?;
    let key = new_key(now)?;
    let kid = key.kid.clone();
    file.access.push(key);
    let over: Vec<bool> = (0..file.access.len()).map(|i| file.until(i).is_some_and(|until| until <= now)).collect();
    let mut over = over.into_iter();
    file.access.retain(|_| !over.next().unwrap_or_default());
    let beside = write_beside(path, &file)?;
    let placed = keep_owner(path, &beside).and_then(|()| fs::rename(&beside, path).map_err(|e| broken(path, e)));
    if placed.is_err() {
        drop(fs::remove_file(&beside));
    }
    placed?;
    sync_directory(path)?;
    Ok(kid)
}

/// Opens a file that only its owner gets at, for writing.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Writes the whole file under another name in the same directory.
fn write_beside(path: &Path, file: &KeyFile) -> Result<PathBuf> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", random_text()?));
    let text = serde_json::to_string_pretty(file)?;
    let written = private().create_new(true).open(&beside).and_then(|mut out| {
        out.write_all(text.as_bytes())?;
        out.sync_all()
    });
    match written {
        Ok(()) => Ok(beside),
        Err(e) => {
            drop(fs::remove_file(&beside));
            Err(broken(path, format!("cannot be written: {e}")))
        }
    }
}

/// So that the file is there after a power loss too.
fn sync_directory(path: &Path) -> Result<()> {
    if cfg!(unix) { File::open(directory(path)).and_then(|it| it.sync_all()).map_err(|e| broken(path, e)) } else { Ok(()) }
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
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

#[cfg(unix)]
fn refuse_if_open(path: &Path) -> Result<()> {
    use std::os::unix::fs::MetadataExt as _;
    let mode = fs::metadata(path).map_err(|e| broken(path, e))?.mode() & 0o777;
    if mode & 0o077 == 0 {
        return Ok(());
    }
    let name = path.display();
    let why = format!(
        "others than its owner can get at it (mode {mode:03o}). Run chmod 600 {name}, and plenary keys rotate if somebody might have read it"
    );
    Err(broken(path, why))
}

#[cfg(not(unix))]
fn refuse_if_open(_: &Path) -> Result<()> {
    Ok(())
}

/// A rotation as root leaves the file to the user that the server runs as.
#[cfg(unix)]
fn keep_owner(path: &Path, beside: &Path) -> Result<()> {
    use std::os::unix::fs::{MetadataExt as _, chown};
    let owner = |path: &Path| fs::metadata(path).map(|meta| (meta.uid(), meta.gid())).map_err(|e| broken(path, e));
    let (old, new) = (owner(path)?, owner(beside)?);
    if old == new {
        return Ok(());
    }
    // Another group harms nobody: it has no rights.
    match chown(beside, Some(old.0), Some(old.1)) {
        Err(e) if old.0 != new.0 => Err(broken(path, format!("belongs to user {}, so run this as that user: {e}", old.0))),
        _ => Ok(()),
    }
}

#[cfg(not(unix))]
fn keep_owner(_: &Path, _: &Path) -> Result<()> {
    Ok(())
}
