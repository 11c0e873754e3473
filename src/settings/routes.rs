//! `/admin/settings`.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::Serialize;

use super::rules::{Changes, Settings};
use super::store;
use crate::audit::{self, Entry};
use crate::db::AnyConnection;
use crate::error::{Problem, Result};
use crate::http::{Object as Answered, Request, Route, Tagged, get, route};
use crate::ids::Id;
use crate::policy::{Action, Object};
use crate::time::Instant;

pub fn routes() -> Vec<Route> {
    vec![
        get("/admin/settings", Action::RunAccounts, "What can be set while the server runs", settings),
        route(Method::PATCH, "/admin/settings", Action::RunAccounts, "Change settings, at once", change),
    ]
}

/// What can be set, as it is now.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SettingsInForce")]
struct SettingsView {
    id: Id<()>,
    #[serde(flatten)]
    settings: Settings,
    created_at: Option<Instant>,
    updated_at: Option<Instant>,
}

/// The settings have one id, whoever asks.
const THE_SETTINGS: [u8; 16] = *b"plenary settings";

fn shown(c: &mut AnyConnection) -> Result<Tagged<SettingsView>> {
    let store::Stored { settings, version, updated_at } = store::stored(c)?;
    let view = SettingsView { id: Id::of_bytes(THE_SETTINGS), settings, created_at: updated_at, updated_at };
    Ok(Tagged::new(version, view))
}

async fn settings(request: Request) -> Result<Answered<Tagged<SettingsView>>> {
    request
        .read(|tx, input| {
            input.allow(&Object::initiative())?;
            Ok(Answered::tagged(shown(tx)?))
        })
        .await
}

async fn change(request: Request<(), (), Changes>) -> Result<Answered<Tagged<SettingsView>>> {
    request
        .write(|tx, input| {
            let known = store::stored(tx)?;
            let settings = known.settings.changed(&input.body).map_err(|faults| Problem::invalid(&faults))?;
            input.allow(&Object::initiative())?;
            input.if_match.require(known.version)?;
            if settings != known.settings {
                store::save(tx, &settings, known.version)?;
                audit::record(tx, Entry::of("settings.changed", "settings", Id::<()>::of_bytes(THE_SETTINGS)));
            }
            Ok(Answered::tagged(shown(tx)?))
        })
        .await
}
