//! Persons: accounts, sessions, roles. Whom a person speaks for is the supporters' slice to say.

mod accounts;
mod administrators;
mod endings;
mod hasher;
mod keys;
mod links;
mod mails;
mod newcomers;
mod profile;
mod references;
mod retention;
mod routes;
mod rules;
mod store;
mod totp;

pub use accounts::{Accounts, LoginLimits, oneself};
pub use administrators::{Founded, admissible_password, make_administrator, make_confirmed, random_password};
pub use endings::{FORMER_PARTICIPANT, PersonErased, PersonSuspended, erase, lapse_address, refuse_for_last_administrator};
pub use hasher::{Cost, Hasher};
pub use keys::{KeyState, Keys};
pub use mails::{tell, tell_in_secret};
pub use newcomers::{Newcomer, confirm_address};
pub use profile::{export, propose_address, save_profile};
pub use references::{PersonRef, contacts, refs};
pub use retention::forget_old;
pub use routes::with_own_password;
pub use rules::{Role, fold_email};
pub use store::reached::{Reachable, reachable, zones};
pub use store::{
    NewPerson, PersonRow, hold_persons as hold, insert_person, person, person_by_email, persons, save_person, secretariat,
};

use crate::http::Route;

/// `/.well-known/jwks.json`.
pub fn mount_jwks(config: &mut actix_web::web::ServiceConfig) {
    keys::mount(config);
}

/// `/auth/*`, `/me/*`, `/admin/persons`, `/admin/keys`.
pub fn routes() -> Vec<Route> {
    routes::routes()
}
