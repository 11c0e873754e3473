//! The demo's consultation rounds: one that a group asked its members and published, one of the call that is open. The round of 2020 comes
//! with the call.

use actix_web::http::Method;
use serde_json::{Value, json};

use super::people::{RIGHTS, UNIVERSITY};
use super::stage::{Played, Stage, field, id};

/// The slug of the round that is open.
pub const OPEN: &str = "demo-round-what-supporters-expect";

const TOPICS: [&str; 3] = ["Back-ups", "Updates", "Passwords"];

fn both(en: &str, fr: &str) -> Value {
    json!({"en": en, "fr": fr})
}

/// Makes a round with its questions and opens it; its path and the ids of its questions, in order.
async fn open(stage: &Stage, who: &str, round: Value, questions: Value) -> Played<(String, Vec<String>)> {
    let path = format!("/consultations/{}", field(&stage.post(who, "/consultations", round).await?, "slug")?);
    let body = json!({"questions": questions});
    let asked = stage.change(who, Method::PUT, &format!("{path}/questions"), body).await?;
    let items = asked.get("questions").and_then(Value::as_array).cloned().unwrap_or_default();
    stage.post(who, &format!("{path}/transitions"), json!({"to": "open"})).await?;
    Ok((path, items.iter().map(id).collect::<Played<_>>()?))
}

/// Saves answers to the questions, in order, and submits them where they are meant.
async fn answer(
    stage: &Stage,
    who: &str,
    path: &str,
    asked: &[String],
    answers: Value,
    visibility: &str,
    submit: bool,
) -> Played {
    let values = answers.as_array().cloned().unwrap_or_default();
    let answers: Vec<Value> =
        asked.iter().zip(values).map(|(question, value)| json!({"question_id": question, "value": value})).collect();
    stage.say(who, &format!("{path}/contribution"), json!({"answers": answers, "visibility": visibility})).await?;
    if submit {
        stage.post(who, &format!("{path}/contribution/submit"), json!({})).await?;
    }
    Ok(())
}

/// A group asks its members about a draft: its path.
pub async fn ask_members(stage: &Stage) -> Played<String> {
    stage.at(-31).await?;
    let round = json!({
        "scope": "deliverable", "deliverable": "WG101-D3", "version": 1, "title": "Demo round: what the toolkit should hold",
        "background": "Made up by the demo: the first draft is out; say what it lacks.", "audience": "group_members",
        "opens_at": stage.instant(-31), "closes_at": stage.instant(-20),
    });
    let questions = json!([
        {"kind": "single_choice", "prompt": "Where should it begin?", "required": true, "options": TOPICS},
        {"kind": "text", "prompt": "What is missing?", "required": false, "max_length": 2000},
    ]);
    let (path, asked) = open(stage, "co_chair", round, questions).await?;
    stage.at(-30).await?;
    let answers = json!(["Back-ups", "A page on what to do when the office is closed."]);
    answer(stage, "lead", &path, &asked, answers, "attributed", true).await?;
    answer(stage, "member", &path, &asked, json!(["Passwords", "Words that a student understands."]), "attributed", true).await?;
    answer(stage, "co_chair", &path, &asked, json!(["Back-ups"]), "attributed", true).await?;
    Ok(path)
}

/// The group says what became of it.
pub async fn answer_members(stage: &Stage, path: &str) -> Played {
    stage.at(-27).await?;
    let who = "second_co_chair";
    stage.post(who, &format!("{path}/transitions"), json!({"to": "closed"})).await?;
    let list = stage.get(who, &format!("{path}/contributions")).await?;
    let contributions = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let of = |slug: &str| {
        let theirs = contributions.iter().find(|one| one.pointer("/supporter/slug").and_then(Value::as_str) == Some(slug));
        id(theirs.unwrap_or(&Value::Null))
    };
    let items = json!([
        {"contribution_id": of(RIGHTS)?, "question_id": null, "point": null, "disposition": "accepted",
         "reason": "The second draft has that page.", "deliverable": "WG101-D3"},
        {"contribution_id": of(UNIVERSITY)?, "question_id": null, "point": null, "disposition": "partly_accepted",
         "reason": "Chapter 1 is rewritten; the annex stays technical.", "deliverable": "WG101-D3"},
    ]);
    stage.say(who, &format!("{path}/dispositions"), json!({"items": items})).await?;
    let synthesis = json!({"markdown": "Members want it to begin with **back-ups**, in words that everybody understands."});
    stage.change(who, Method::PUT, &format!("{path}/synthesis"), synthesis).await?;
    stage.post(who, &format!("{path}/transitions"), json!({"to": "published"})).await.map(drop)
}

/// The secretariat asks every supporter; some have answered.
pub async fn ask_everybody(stage: &Stage) -> Played {
    stage.at(-3).await?;
    let round = json!({
        "scope": "call", "title": both("Demo round: what supporters expect", "Tour de démonstration : les attentes des soutiens"),
        "background": both("Made up by the demo: a question of every kind.", "Inventé par la démonstration : une question de chaque sorte."),
        "audience": "supporters", "allowed_visibility": ["attributed", "anonymous", "secretariat_only"],
        "opens_at": stage.instant(-3), "closes_at": stage.instant(20),
    });
    let options = [("Back-ups", "Sauvegardes"), ("Updates", "Mises à jour"), ("Passwords", "Mots de passe")];
    let options: Vec<Value> = options.iter().map(|(en, fr)| both(en, fr)).collect();
    let questions = json!([
        {"kind": "single_choice", "prompt": both("What comes first?", "Que faire d’abord ?"), "required": true, "options": options},
        {"kind": "multiple_choice", "prompt": both("Where can you help?", "Où pouvez-vous aider ?"), "required": false,
         "options": options, "min": 1, "max": 2},
        {"kind": "scale", "prompt": both("How well do the groups serve you?", "Les groupes vous sont-ils utiles ?"), "required": true, "max": 5},
        {"kind": "ranking", "prompt": both("In which order?", "Dans quel ordre ?"), "required": false, "options": options},
        {"kind": "text", "prompt": both("What else?", "Quoi d’autre ?"), "required": false, "max_length": 5000},
    ]);
    let (path, asked) = open(stage, "secretariat", round, questions).await?;
    stage.at(-2).await?;
    let answers = json!(["Back-ups", ["Updates"], 4, ["Back-ups", "Updates", "Passwords"], "A list of who can help whom."]);
    answer(stage, "representative", &path, &asked, answers, "attributed", true).await?;
    answer(stage, "member", &path, &asked, json!(["Passwords", ["Back-ups", "Updates"], 3]), "anonymous", true).await?;
    // Begun, and not submitted: what a reminder is for.
    answer(stage, "applicant", &path, &asked, json!(["Updates"]), "attributed", false).await
}
