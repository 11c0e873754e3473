//! The demo's working groups, one in each status, and who takes part in them. Numbers from 101 on, "Demo" in each title: nobody takes
//! them for the call's own.

use std::collections::HashMap;

use actix_web::http::Method;
use serde_json::{Value, json};

use super::people::{self, CLOUD, RIGHTS, SECURITY, UNIVERSITY};
use super::stage::{Played, Stage, id};

/// The last of what the demo makes: where there is a group of this slug, everything else is there, too.
pub const LAST: &str = "demo-a-group-that-is-proposed";

/// Ids of the supporters that the demo's people speak for, by slug.
pub async fn supporters(stage: &Stage) -> Played<HashMap<&'static str, String>> {
    let mut ids = HashMap::new();
    for slug in [CLOUD, SECURITY, UNIVERSITY, RIGHTS] {
        ids.insert(slug, id(&stage.get("secretariat", &format!("/supporters/{slug}")).await?)?);
    }
    Ok(ids)
}

/// Proposes a group.
pub async fn propose(stage: &Stage, number: i64, title: &str, mandate: &str, join_policy: &str) -> Played {
    let body = json!({"number": number, "title": title, "mandate": mandate, "principles": [6, 7], "join_policy": join_policy});
    stage.post("secretariat", "/groups", body).await.map(drop)
}

/// Moves a group on.
pub async fn go(stage: &Stage, number: i64, body: Value) -> Played {
    stage.post("secretariat", &format!("/groups/{number}/transitions"), body).await.map(drop)
}

/// Sets a group's seats: of which supporter, and who sits there.
async fn seat(stage: &Stage, number: i64, seats: &[(&str, Option<&str>)]) -> Played {
    let ids = supporters(stage).await?;
    let mut wanted = Vec::new();
    for (slug, role) in seats {
        let person = role.map(|role| stage.person(role)).transpose()?;
        wanted.push(json!({"supporter_id": ids.get(slug), "person_id": person}));
    }
    stage.change("secretariat", Method::PUT, &format!("/groups/{number}/co-chairs"), json!({"seats": wanted})).await.map(drop)
}

/// A group with two co-chairs at work.
pub async fn found(stage: &Stage, number: i64, title: &str, mandate: &str) -> Played {
    propose(stage, number, title, mandate, "approval").await?;
    seat(stage, number, &[(CLOUD, Some("co_chair")), (UNIVERSITY, Some("second_co_chair"))]).await?;
    go(stage, number, json!({"to": "active"})).await
}

/// An active group whose derogation runs out before today, with a seat that nobody fills: unbalanced.
pub async fn found_unbalanced(stage: &Stage, number: i64) -> Played {
    let mandate = "Made up by the demo: its co-chairs are of one sector, and the derogation that allowed it has run out.";
    propose(stage, number, "Demo: a group that lost its balance", mandate, "open").await?;
    seat(stage, number, &[(CLOUD, None), (SECURITY, Some("applicant"))]).await?;
    let reason = "Two companies begin; a co-chair of another sector is to follow.";
    let derogation = json!({"waives": ["sectors"], "reason": reason, "until": stage.day(-20)});
    go(stage, number, json!({"to": "active", "derogation": derogation})).await
}

/// Asks to become a member; the membership's id.
pub async fn ask(stage: &Stage, who: &str, of: &str, number: i64, message: &str) -> Played<String> {
    let ids = supporters(stage).await?;
    let body = json!({"supporter_id": ids.get(of), "message": message});
    id(&stage.post(who, &format!("/groups/{number}/memberships"), body).await?)
}

/// Becomes a member of a group where a co-chair decides; the membership's id.
pub async fn join(stage: &Stage, who: &str, of: &str, number: i64, message: &str) -> Played<String> {
    let membership = ask(stage, who, of, number, message).await?;
    stage.post("co_chair", &format!("/memberships/{membership}/transitions"), json!({"to": "active"})).await?;
    Ok(membership)
}

/// Becomes an observer, invited by a co-chair.
pub async fn observe(stage: &Stage, number: i64) -> Played {
    let email = people::email("observer");
    let body = json!({"email": email, "role": "observer", "body": "Demo Observatory"});
    stage.post("co_chair", &format!("/groups/{number}/invitations"), body).await?;
    stage.deliver().await?;
    stage.post("observer", "/me/invitations/accept", json!({"token": stage.token(&email)?})).await.map(drop)
}
