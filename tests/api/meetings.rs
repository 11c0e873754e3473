//! `/groups/{group}/meetings` and `/meetings`.

mod attendance;
mod calling;

use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{Person, Reply};

/// A meeting that lies some days ahead.
pub fn ahead() -> Value {
    json!({
        "title": "Kick-off", "starts_at": "2026-09-10T09:00:00Z", "ends_at": "2026-09-10T10:00:00Z", "place": "Room 1",
        "link": "https://meet.example/1", "agenda": "# Agenda\n\n1. Welcome",
    })
}

/// Calls a meeting of the cast's group.
pub fn call(cast: &Cast, by: &Person, body: &Value) -> Reply {
    cast.ask("POST", "/groups/5/meetings").by(by).json(body).send()
}

/// Its path.
pub fn path_of(meeting: &Value) -> String {
    format!("/meetings/{}", meeting["id"].as_str().unwrap())
}

/// The rules that it names.
#[track_caller]
pub fn codes(reply: Reply) -> Vec<String> {
    let json = reply.expect(422).json();
    json["violations"]
        .as_array()
        .unwrap_or_else(|| panic!("{json}"))
        .iter()
        .map(|v| v["code"].as_str().unwrap().to_owned())
        .collect()
}
