//! The key that mails are signed with (DKIM: RFC 6376, 8301, 8463), read with the settings, so that a wrong one stops the start.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::encoding::AsDer as _;
use aws_lc_rs::error::{KeyRejected, Unspecified};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject as _;
use sha2::{Digest as _, Sha256};

/// Bytes of a file that could be a key, at most.
const FILE: u64 = 64 << 10;
/// Bytes of the longest modulus that every receiver takes (RFC 8301, 3.2): 4,096 bits.
const MODULUS: usize = 512;
/// Octets of one string of a TXT record (RFC 1035, 3.3).
const STRING: usize = 255;

/// Who answers for mails, and with which key.
#[derive(Clone, Debug)]
pub struct DkimSettings {
    /// The domain, in lower case.
    pub domain: String,
    /// Which of its keys it is.
    pub selector: String,
    /// The key.
    pub key: DkimKey,
}

impl DkimSettings {
    /// What receivers must find in the DNS to check signatures, as a line of a zone file (RFC 6376, 3.6.2).
    pub fn record(&self) -> String {
        let public = match &*self.key.0 {
            // What receivers expect, and openssl writes: RFC 6376 says `RSAPublicKey`, and its examples show this.
            Pair::Rsa(pair) => pair.public_key().as_der().map(|der| STANDARD.encode(der.as_ref())).unwrap_or_default(),
            Pair::Ed25519(pair) => STANDARD.encode(pair.public_key()),
        };
        let kind = match &*self.key.0 {
            Pair::Rsa(_) => "rsa",
            Pair::Ed25519(_) => "ed25519",
        };
        let text: Vec<char> = format!("v=DKIM1; k={kind}; p={public}").chars().collect();
        let strings: Vec<String> = text.chunks(STRING).map(|part| format!("\"{}\"", part.iter().collect::<String>())).collect();
        format!("{}._domainkey.{}. IN TXT {}", self.selector, self.domain, strings.join(" "))
    }
}

/// A private key that signs mails.
#[derive(Clone)]
pub struct DkimKey(Arc<Pair>);

enum Pair {
    Rsa(RsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

impl DkimKey {
    /// The key in a file; why there is none reads on after the setting's key and names no path.
    pub(super) fn read(file: &Path) -> Result<Self, String> {
        let mut pem = Vec::new();
        File::open(file).and_then(|file| file.take(FILE).read_to_end(&mut pem)).map_err(|e| format!("cannot be read: {e}"))?;
        Self::from_pem(&pem).map_err(str::to_owned)
    }

    /// The first private key in PEM: RSA of 2,048 to 4,096 bits (PKCS#8 or PKCS#1) or Ed25519 (PKCS#8).
    pub fn from_pem(pem: &[u8]) -> Result<Self, &'static str> {
        const WRONG: &str = "must hold an RSA key of 2048 to 4096 bits, or an Ed25519 key";
        let is_encrypted = pem.windows(ENCRYPTED.len()).any(|part| part == ENCRYPTED);
        let key = PrivateKeyDer::from_pem_slice(pem);
        let pair = match &key {
            _ if is_encrypted => Err("holds a key behind a passphrase: write one without (openssl pkey)"),
            Ok(PrivateKeyDer::Pkcs1(der)) => RsaKeyPair::from_der(der.secret_pkcs1_der()).map(Pair::Rsa).map_err(|_| WRONG),
            Ok(PrivateKeyDer::Pkcs8(der)) => pkcs8(der.secret_pkcs8_der()).map_err(|_| WRONG),
            Ok(_) => Err(WRONG),
            Err(_) => Err("holds no private key in PEM (PKCS#8 or PKCS#1)"),
        }?;
        match &pair {
            Pair::Rsa(pair) if pair.public_modulus_len() > MODULUS => Err(WRONG),
            _ => Ok(Self(Arc::new(pair))),
        }
    }

    /// What signatures with it are called (RFC 6376, 3.5, `a=`).
    pub fn algorithm(&self) -> &'static str {
        match &*self.0 {
            Pair::Rsa(_) => "rsa-sha256",
            Pair::Ed25519(_) => "ed25519-sha256",
        }
    }

    /// Signs: the same bytes give the same signature.
    pub fn sign(&self, bytes: &[u8]) -> Result<Vec<u8>, Unspecified> {
        match &*self.0 {
            Pair::Rsa(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), bytes, &mut signature)?;
                Ok(signature)
            }
            // RFC 8463, 3: what is signed is the digest.
            Pair::Ed25519(pair) => Ok(pair.try_sign(&Sha256::digest(bytes))?.as_ref().to_vec()),
        }
    }
}

/// The word in the head of a key that lies behind a passphrase.
const ENCRYPTED: &[u8] = b"ENCRYPTED";

fn pkcs8(der: &[u8]) -> Result<Pair, KeyRejected> {
    RsaKeyPair::from_pkcs8(der).map(Pair::Rsa).or_else(|_| Ed25519KeyPair::from_pkcs8(der).map(Pair::Ed25519))
}

impl fmt::Debug for DkimKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DkimKey({})", self.algorithm())
    }
}
