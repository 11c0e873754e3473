//! Second factors: one-time codes of an authenticator app (RFC 6238: SHA-1, 6 digits, 30 s, what every app speaks) and recovery codes.

use totp_rs::{Algorithm, Builder, Secret, Totp};

use super::store::{self, PersonRow};
use crate::db::Write;
use crate::error::{Error, Result};
use crate::outbox::token_hash;

/// Seconds of a step.
const STEP: u64 = 30;
/// How many recovery codes are given.
const RECOVERY_CODES: usize = 10;
/// Letters of one: 118 bits, so that a plain hash of it tells nothing (OWASP ASVS 6.5.2 asks for 112).
const RECOVERY_LETTERS: usize = 24;

/// A new secret, in base32 as apps take it: 20 bytes, the length of the hash (RFC 4226, 4).
pub fn new_secret() -> Result<String> {
    let mut bytes = [0; 20];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Error::Internal("no randomness".into()))?;
    Ok(Secret::new_stack(bytes).to_base32())
}

fn totp(secret: &str, issuer: &str, account: &str) -> Result<Totp> {
    let broken = |why: &dyn std::fmt::Display| Error::Internal(format!("a stored secret: {why}"));
    let secret = Secret::try_from_base32(secret).map_err(|e| broken(&e))?;
    // A colon parts issuer and account in the URL.
    let builder = Builder::new()
        .with_algorithm(Algorithm::SHA1)
        .with_digits(6)
        .with_skew(1)
        .with_step_duration(STEP)
        .with_secret(secret)
        .with_issuer(Some(issuer.replace(':', " ")))
        .with_account_name(account.replace(':', " "));
    builder.build().map_err(|e| broken(&e))
}

/// What an app scans.
pub fn otpauth_url(secret: &str, issuer: &str, email: &str) -> Result<String> {
    totp(secret, issuer, email)?.to_url().map_err(|e| Error::Internal(format!("the address of a second factor: {e}")))
}

/// The step whose code this is, one step to each side of `seconds` allowed for clocks that differ.
fn step_of(secret: &str, code: &str, seconds: u64) -> Result<Option<i64>> {
    let code: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    Ok(totp(secret, "Plenary", "code")?.check(&code, seconds).and_then(|step| i64::try_from(step).ok()))
}

/// Takes a code of the app, each once, or an unused recovery code; whether it was one.
pub fn accept(tx: &mut Write<'_>, person: &mut PersonRow, code: &str) -> Result<bool> {
    let Some(secret) = person.totp_secret.clone() else { return Ok(false) };
    let seconds = u64::try_from(tx.now().utc().timestamp()).unwrap_or_default();
    match step_of(&secret, code, seconds)? {
        Some(step) if person.totp_last_step.is_none_or(|last| step > last) => {
            person.totp_last_step = Some(step);
            store::save_person(tx, person)?;
            Ok(true)
        }
        Some(_) => Ok(false),
        None => store::use_recovery_code(tx, person.id, &recovery_hash(code)),
    }
}

/// New recovery codes: what the person keeps, and the hashes that we do.
pub fn recovery_codes() -> Result<(Vec<String>, Vec<String>)> {
    let mut codes = Vec::with_capacity(RECOVERY_CODES);
    for _ in 0..RECOVERY_CODES {
        let mut code = String::new();
        for letter in 0..RECOVERY_LETTERS {
            if letter > 0 && letter % 4 == 0 {
                code.push('-');
            }
            code.push(random_letter()?);
        }
        codes.push(code);
    }
    let hashes = codes.iter().map(|code| recovery_hash(code)).collect();
    Ok((codes, hashes))
}

/// A letter that nobody confuses with another, each as likely.
fn random_letter() -> Result<char> {
    const LETTERS: &[u8; 31] = b"abcdefghjkmnpqrstuvwxyz23456789";
    loop {
        let mut byte = [0];
        aws_lc_rs::rand::fill(&mut byte).map_err(|_| Error::Internal("no randomness".into()))?;
        // Of what is left over after the last whole round of the letters some would come more often.
        let [byte] = byte.map(usize::from);
        if let Some(letter) = LETTERS.get(byte % LETTERS.len()).filter(|_| byte < 248) {
            return Ok(char::from(*letter));
        }
    }
}

fn recovery_hash(code: &str) -> String {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    token_hash(&plain)
}
