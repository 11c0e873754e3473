//! What the composition root makes of this slice: keys, hasher and settings as one part of the app, and who a token stands for.

use super::hasher::Hasher;
use super::keys::Keys;
use super::links;
use super::rules::Role;
use super::store;
use crate::db::AnyConnection;
use crate::error::{Error, Result};
use crate::http::{Authenticate, SignedIn};
use crate::policy::{Actor, PersonId};
use crate::time::Instant;

/// Failures that cost nothing, from the settings; 0: no limit.
#[derive(Clone, Copy, Debug)]
pub struct LoginLimits {
    /// Of one account.
    pub login_account: i64,
    /// From one address.
    pub login_address: i64,
}

/// Everything that accounts need beside the database. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    /// Signs and verifies.
    pub keys: Keys,
    /// Hashes passwords.
    pub hasher: Hasher,
    /// How guessing is slowed.
    pub limits: LoginLimits,
    /// Whether secretariat and administrator need a second factor for what their role allows.
    pub require_second_factor: bool,
}

impl Accounts {
    /// The hash of a password that [`super::Newcomer::password`] gave; 503 when too many wait already. Slow: never in a transaction.
    pub async fn hash(&self, password: String) -> Result<String> {
        self.hasher.slot().await?.hash(password).await
    }
}

impl Authenticate for Accounts {
    fn verify(&self, token: &str, now: Instant) -> Result<SignedIn> {
        self.keys.verify(token, now).map(|claims| SignedIn { person: claims.sub, session: claims.sid, until: claims.until() })
    }

    fn verify_link(&self, link: &str, target: &str, now: Instant) -> Result<SignedIn> {
        links::verify(&self.keys, link, target, now)
    }

    fn recognise(&self, c: &mut AnyConnection, who: SignedIn, now: Instant) -> Result<Option<Actor>> {
        let found = store::standing_session(c, who.session, now)?;
        let found = found.filter(|(_, person)| person.id == who.person && person.may_sign_in());
        let Some((session, person)) = found else { return Ok(None) };
        let secured = !self.require_second_factor || person.has_second_factor();
        Ok(Some(Actor {
            person: Some(person.id),
            session: Some(session.id),
            verified: person.is_verified(),
            address_lapsed: person.address_lapsed,
            secretariat: person.role != Role::Person && secured,
            administrator: person.role == Role::Administrator && secured,
            lacks_second_factor: person.role != Role::Person && !secured,
            // Whom the person speaks for is a higher slice's to say.
            affiliations: Vec::new(),
            memberships: Vec::new(),
            seats: Vec::new(),
            locale: person.locale,
        }))
    }
}

/// The caller as a person; a route without action for strangers never gets here without one.
pub fn oneself(actor: &Actor) -> Result<PersonId> {
    actor.person.ok_or_else(|| Error::Internal("a route for persons reached without one".into()))
}
