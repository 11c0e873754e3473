//! The demo's people and those for whom they speak, all made up.

use actix_web::rt::System;
use futures_util::future::try_join_all;
use serde_json::json;

use super::stage::{Played, Stage};
use crate::db::{AnyConnection, Db};
use crate::error::{Error, Result};
use crate::people::{self, Accounts, Role};
use crate::policy::PersonId;

/// Supporters that are nobody, as the call file has them.
pub const SUPPORTERS: &str = r#"
# Supporters that do not exist: made up by the demo.
[[supporters]]
name = "Demo Cloud Company"
sector = "private_sector"
kind = "company"
country = "FR"
[[supporters]]
name = "Demo Security Company"
sector = "private_sector"
kind = "company"
country = "US"
[[supporters]]
name = "Demo University"
sector = "academia"
kind = "university"
country = "DE"
[[supporters]]
name = "Demo Digital Rights Association"
sector = "civil_society"
kind = "ngo"
country = "KE"
"#;

/// The slugs of [`SUPPORTERS`].
pub const CLOUD: &str = "demo-cloud-company";
pub const SECURITY: &str = "demo-security-company";
pub const UNIVERSITY: &str = "demo-university";
pub const RIGHTS: &str = "demo-digital-rights-association";

/// Somebody of the demo.
struct Cast {
    /// What it shows, a word.
    role: &'static str,
    /// Its name.
    name: &'static str,
    /// Its role in the initiative.
    standing: Role,
    /// The supporter that it speaks for and in what role, if it does.
    speaks: Option<(&'static str, &'static str)>,
}

const fn cast(role: &'static str, name: &'static str, speaks: Option<(&'static str, &'static str)>) -> Cast {
    Cast { role, name, standing: Role::Person, speaks }
}

const CAST: [Cast; 11] = [
    Cast { standing: Role::Administrator, ..cast("administrator", "Ada Administrator", None) },
    Cast { standing: Role::Secretariat, ..cast("secretariat", "Sami Secretary", None) },
    cast("focal_point", "Fatou Focal", Some((CLOUD, "focal_point"))),
    cast("representative", "Rui Representative", Some((CLOUD, "representative"))),
    cast("co_chair", "Cora Chair", Some((CLOUD, "representative"))),
    cast("second_co_chair", "Said Second", Some((UNIVERSITY, "representative"))),
    cast("lead", "Lena Lead", Some((RIGHTS, "representative"))),
    cast("member", "Mina Member", Some((UNIVERSITY, "representative"))),
    cast("observer", "Omar Observer", None),
    cast("applicant", "Aki Applicant", Some((SECURITY, "representative"))),
    cast("person", "Pat Person", None),
];

/// The address of who plays a role.
pub fn email(role: &str) -> String {
    format!("{}@demo.example", role.replace('_', "-"))
}

/// How to sign in as somebody.
pub struct Login {
    /// What it shows.
    pub role: &'static str,
    /// Its address.
    pub email: String,
    /// Its password.
    pub password: String,
    /// Who it is.
    pub person: PersonId,
}

/// Makes everybody; who was made. Passwords are told once.
pub fn make(db: &Db, accounts: &Accounts) -> Result<Vec<Login>> {
    let mut passwords = Vec::new();
    for _ in &CAST {
        passwords.push(people::random_password()?);
    }
    let hashing = passwords.iter().map(|password| async {
        let slot = accounts.hasher.slot().await?;
        slot.hash(password.clone()).await
    });
    let hashes = System::new().block_on(try_join_all(hashing))?;
    let persons = db.write_blocking(&mut |tx| {
        let made = CAST.iter().zip(&hashes);
        let made = made.map(|(cast, hash)| people::make_confirmed(tx, &email(cast.role), cast.name, cast.standing, hash));
        made.collect::<Result<Vec<_>>>()
    })?;
    let logins = CAST.iter().zip(passwords).zip(persons);
    Ok(logins.map(|((cast, password), person)| Login { role: cast.role, email: email(cast.role), password, person }).collect())
}

/// Whether anybody is there already.
pub fn are_there(tx: &mut AnyConnection) -> Result<bool, Error> {
    for cast in &CAST {
        if people::person_by_email(tx, &email(cast.role))?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Has them speak for their supporters.
pub async fn affiliate(stage: &Stage) -> Played {
    for cast in &CAST {
        if let Some((supporter, role)) = cast.speaks {
            let body = json!({"email": email(cast.role), "role": role});
            stage.post("secretariat", &format!("/supporters/{supporter}/affiliations"), body).await?;
        }
    }
    Ok(())
}
