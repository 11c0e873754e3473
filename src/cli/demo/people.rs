//! Somebody to sign in as in each role, made up by the demo.

use actix_web::rt::System;

use crate::db::{AnyConnection, Db, Write};
use crate::error::{Error, Result};
use crate::people::{self, Accounts, Role};
use crate::policy::SupporterId;
use crate::supporters::{self, AffiliationRole};

/// Somebody of the demo.
struct Cast {
    /// What it shows, a word.
    role: &'static str,
    /// Its name.
    name: &'static str,
    /// Its role in the initiative.
    standing: Role,
    /// In what role it speaks for the demo's supporter, if it does.
    speaks_as: Option<AffiliationRole>,
}

const CAST: [Cast; 5] = [
    Cast { role: "administrator", name: "Ada Administrator", standing: Role::Administrator, speaks_as: None },
    Cast { role: "secretariat", name: "Sami Secretary", standing: Role::Secretariat, speaks_as: None },
    Cast { role: "focal_point", name: "Fatou Focal", standing: Role::Person, speaks_as: Some(AffiliationRole::FocalPoint) },
    Cast {
        role: "representative",
        name: "Rui Representative",
        standing: Role::Person,
        speaks_as: Some(AffiliationRole::Representative),
    },
    Cast { role: "person", name: "Pat Person", standing: Role::Person, speaks_as: None },
];

impl Cast {
    fn email(&self) -> String {
        format!("{}@demo.example", self.role.replace('_', "-"))
    }
}

/// How to sign in as somebody.
pub struct Login {
    /// What it shows.
    pub role: &'static str,
    /// Its address.
    pub email: String,
    /// Its password.
    pub password: String,
}

/// Everybody who was made now; nobody where they are there already: passwords are told once.
pub fn people(db: &Db, accounts: &Accounts) -> Result<Vec<Login>> {
    let known = db.read_blocking(|tx| is_there(tx))?;
    if known {
        return Ok(Vec::new());
    }
    let mut logins = Vec::new();
    for cast in &CAST {
        let password = people::random_password()?;
        let hash = System::new().block_on(async { accounts.hasher.slot().await?.hash(password.clone()).await })?;
        logins.push((cast, password, hash));
    }
    db.write_blocking(&mut |tx| {
        let supporter = supporter(tx)?;
        for (cast, _, hash) in &logins {
            make(tx, cast, hash, supporter)?;
        }
        Ok::<_, Error>(())
    })?;
    Ok(logins.into_iter().map(|(cast, password, _)| Login { role: cast.role, email: cast.email(), password }).collect())
}

fn is_there(tx: &mut AnyConnection) -> Result<bool> {
    for cast in &CAST {
        if people::person_by_email(tx, &cast.email())?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The supporter that the demo's people speak for: the first of the register.
fn supporter(tx: &mut AnyConnection) -> Result<SupporterId> {
    supporters::first(tx)?.ok_or_else(|| Error::Internal("the demo's call has no supporters".into()))
}

fn make(tx: &mut Write<'_>, cast: &Cast, hash: &str, supporter: SupporterId) -> Result<()> {
    let id = people::make_confirmed(tx, &cast.email(), cast.name, cast.standing, hash)?;
    match cast.speaks_as {
        Some(role) => supporters::affiliate(tx, id, supporter, role),
        None => Ok(()),
    }
}
