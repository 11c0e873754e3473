//! `/me`: one's own account with whom one speaks for, and everything that is kept about oneself.

mod export;

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::address;
use crate::db::AnyConnection;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result};
use crate::groups::{self, MyMembership, MySeat};
use crate::http::change::Change;
use crate::http::{Input, Object, Request, Route, Tagged, get, route};
use crate::locale::Reader;
use crate::people::{self, PersonRow, Role};
use crate::policy::{Action, PersonId};
use crate::reminders;
use crate::supporters::{self, MyAffiliation};
use crate::text;
use crate::time::{self, Instant};

/// Oneself.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Me")]
struct MeView {
    id: PersonId,
    display_name: String,
    email: String,
    /// Until it is, only public data can be read and only the own account changed.
    email_verified: bool,
    role: Role,
    /// A language of the call; null: the one that the client asks for.
    locale: Option<String>,
    /// A zone of the tz database, such as `Europe/Paris`; null: the call's.
    time_zone: Option<String>,
    /// Whether signing in takes a second factor.
    second_factor: bool,
    /// Whom one speaks for now.
    affiliations: Vec<MyAffiliation>,
    /// The groups one takes part in now, or has asked to.
    memberships: Vec<MyMembership>,
    /// The co-chair seats that one fills now.
    seats: Vec<MySeat>,
    created_at: Instant,
    updated_at: Instant,
}

pub fn routes() -> Vec<Route> {
    vec![
        get("/me", Action::KeepOwnAccount, "One's own account", me),
        route(
            Method::PATCH,
            "/me",
            Action::KeepOwnAccount,
            "Change one's own account; a new address counts once it is confirmed",
            change,
        )
        .answers(&[ProblemKind::Forbidden, ProblemKind::TooManyRequests]),
        get("/me/export", Action::KeepOwnAccount, "Everything that is kept about oneself, as a file", export::export),
    ]
}

fn myself<P, Q, B>(c: &mut AnyConnection, input: &Input<P, Q, B>) -> Result<PersonRow> {
    people::person(c, people::oneself(&input.actor)?)?.ok_or_else(|| Error::not_found("person"))
}

fn view(c: &mut AnyConnection, row: PersonRow, reader: &Reader) -> Result<Tagged<MeView>> {
    let affiliations = supporters::my_affiliations(c, row.id)?;
    let (memberships, seats) = groups::mine(c, row.id, reader)?;
    let view = MeView {
        id: row.id,
        email_verified: row.is_verified(),
        second_factor: row.has_second_factor(),
        display_name: row.display_name,
        email: row.email.unwrap_or_default(),
        role: row.role,
        locale: row.locale,
        time_zone: row.time_zone,
        affiliations,
        memberships,
        seats,
        created_at: row.created_at,
        updated_at: row.updated_at,
    };
    Ok(Tagged::new(row.version, view))
}

async fn me(request: Request) -> Result<Object<Tagged<MeView>>> {
    request
        .read(|tx, input| {
            let row = myself(tx, input)?;
            Ok(Object::tagged(view(tx, row, &input.reader)?))
        })
        .await
}

#[derive(Deserialize, JsonSchema)]
struct Changes {
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 200))]
    display_name: Option<String>,
    /// A language of the call.
    #[serde(default)]
    #[schemars(length(max = 35))]
    locale: Change<String>,
    /// A zone of the tz database.
    #[serde(default)]
    #[schemars(length(max = 64))]
    time_zone: Change<String>,
    /// A link is mailed there; until it is followed the old address stays. Needs `password`.
    #[serde(default)]
    #[schemars(with = "String", length(max = 254))]
    email: Option<String>,
    #[serde(default)]
    #[schemars(with = "String", length(max = 1000))]
    password: Option<String>,
}

impl Changes {
    /// Every fault, where the call has these languages.
    fn faults(&self, languages: &[String]) -> Vec<FieldFault> {
        let mut faults = Vec::new();
        let mut fault = |at: &str, code, detail: String| faults.push(FieldFault::new(at, code, detail));
        if let Some(Err(why)) = self.display_name.as_deref().map(|name| text::name(name, text::MAX_NAME)) {
            fault("/display_name", "format", why.to_string());
        }
        if self.locale.value().is_some_and(|locale| !languages.contains(locale)) {
            fault("/locale", "enum", format!("must be one of {}", languages.join(", ")));
        }
        if let Some(Err(why)) = self.time_zone.value().map(|zone| time::zone(zone)) {
            fault("/time_zone", "enum", why.to_string());
        }
        if let Some(Err(why)) = self.email.as_deref().map(address::email) {
            fault("/email", "format", why.to_string());
        }
        if self.email.is_some() && self.password.is_none() {
            fault("/password", "required", "is missing; a new address needs it".into());
        }
        faults
    }
}

async fn change(request: Request<(), (), Changes>) -> Result<Object<Tagged<MeView>>> {
    let (request, moves) = request
        .peek(|tx, input| {
            let faults = input.body.faults(&input.languages.0);
            if !faults.is_empty() {
                return Err(Problem::invalid(&faults).into());
            }
            // Told before the slow question for the password.
            input.if_match.require(myself(tx, input)?.version)?;
            Ok(input.body.email.is_some())
        })
        .await?;
    let request = if moves {
        people::with_own_password(request, |body| body.password.as_deref().unwrap_or_default()).await?.1
    } else {
        request
    };
    request
        .write(|tx, input| {
            let mut row = myself(tx, input)?;
            input.if_match.require(row.version)?;
            let before = (row.display_name.clone(), row.locale.clone(), row.time_zone.clone());
            if let Some(name) = &input.body.display_name {
                row.display_name =
                    text::name(name, text::MAX_NAME).map_err(|why| Error::invalid("/display_name", "format", why.to_string()))?;
            }
            input.body.locale.apply(&mut row.locale);
            input.body.time_zone.apply(&mut row.time_zone);
            if before != (row.display_name.clone(), row.locale.clone(), row.time_zone.clone()) {
                if before.2 != row.time_zone {
                    reminders::on_zone_left(tx, row.id, before.2.as_deref())?;
                }
                people::save_profile(tx, &mut row)?;
            }
            if let Some(email) = &input.body.email {
                people::propose_address(tx, &row, email)?;
            }
            Ok(Object::tagged(view(tx, row, &input.reader)?))
        })
        .await
}
