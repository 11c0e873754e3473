//! What the demo's people do, in order: one finished group of the last season, and those at work on the next Forum.

use std::collections::HashMap;

use actix_web::http::Method;
use serde_json::{Value, json};

use super::groups::{self, ask, found, go, join};
use super::people::{self, CLOUD, RIGHTS, SECURITY, UNIVERSITY};
use super::stage::{Played, Stage, field, id};
use super::{Seasons, paper, rounds};
use crate::groups as working_groups;

/// Days before today on which the present season begins.
pub const BEGINS: i64 = -100;
/// Days before the last Forum on which its season began.
pub const LAST_SEASON: i64 = -150;

/// Everything.
pub async fn all(stage: &Stage, seasons: Seasons) -> Played {
    people::affiliate(stage).await?;
    last_season(stage, seasons).await?;
    stage.at(BEGINS).await?;
    found_groups(stage).await?;
    stage.at(-98).await?;
    let members = gather(stage).await?;
    stage.at(-95).await?;
    plan(stage, seasons, &members).await?;
    work(stage).await?;
    meet(stage).await?;
    let asked = rounds::ask_members(stage).await?;
    go(stage, 103, json!({"to": "suspended", "reason": "Until both co-chairs have found the time that it takes."})).await?;
    rounds::answer_members(stage, &asked).await?;
    stage.at(-19).await?;
    stage.db.write_blocking(&mut |tx| working_groups::tell_of_expired_derogations(tx))?;
    hand_in(stage, seasons).await?;
    rounds::ask_everybody(stage).await?;
    news(stage).await?;
    stage.at(0).await?;
    let mandate = "Made up by the demo: proposed, without co-chairs yet, so that it cannot become active.";
    groups::propose(stage, 106, "Demo: a group that is proposed", mandate, "approval").await?;
    stage.deliver().await
}

/// A group that presented what it owed at the last Forum, and concluded.
async fn last_season(stage: &Stage, seasons: Seasons) -> Played {
    let forum = stage.offset(seasons.last_starts_on());
    stage.at(forum + LAST_SEASON).await?;
    found(stage, 104, "Demo: a group that has concluded", "Made up by the demo: it presented its result, and is an archive.")
        .await?;
    let report = Deliverable {
        group: 104,
        title: "Demo report on coordinated disclosure",
        kind: "report",
        due: forum - 40,
        year: Some(seasons.last),
        lead: None,
    };
    let report = report.plan(stage).await?;
    stage.at(forum - 100).await?;
    start(stage, "co_chair", &report, 100).await?;
    stage.at(forum - 45).await?;
    submit(stage, &report, "As the group adopted it.").await?;
    stage.at(forum - 35).await?;
    approve(stage, &report).await?;
    show(
        stage,
        seasons.last,
        stage.day(forum),
        "Demo session: what the groups achieved",
        json!([{"reference": report, "as": "final"}]),
    )
    .await?;
    stage.at(forum + 3).await?;
    move_on(stage, "secretariat", &report, json!({"to": "presented"})).await?;
    if forum + 2 <= 0 {
        stage.post("secretariat", &format!("/forum-editions/{}/transitions", seasons.last), json!({"to": "held"})).await?;
    }
    go(stage, 104, json!({"to": "concluded"})).await
}

async fn found_groups(stage: &Stage) -> Played {
    found(stage, 101, "Demo: a group at work", "Made up by the demo: it has deliverables of every kind of health.").await?;
    groups::found_unbalanced(stage, 102).await?;
    found(stage, 103, "Demo: a group that is suspended", "Made up by the demo: it takes no members and submits nothing.").await?;
    groups::propose(stage, 105, "Demo: a group that was withdrawn", "Made up by the demo: it never began.", "open").await?;
    go(stage, 105, json!({"to": "withdrawn"})).await
}

/// Memberships of leads, by group.
type Members = HashMap<i64, String>;

async fn gather(stage: &Stage) -> Played<Members> {
    let lead = join(stage, "lead", RIGHTS, 101, "We would like to lead the guidelines.").await?;
    join(stage, "member", UNIVERSITY, 101, "We teach what the group writes.").await?;
    groups::observe(stage, 101).await?;
    // Its policy is open: nobody decides.
    let member = ask(stage, "member", UNIVERSITY, 102, "We can bring students to it.").await?;
    Ok(HashMap::from([(101, lead), (102, member)]))
}

/// A deliverable to be planned.
struct Deliverable<'a> {
    group: i64,
    title: &'a str,
    kind: &'a str,
    /// In days from today.
    due: i64,
    year: Option<i32>,
    lead: Option<&'a String>,
}

impl Deliverable<'_> {
    /// Plans it; its reference.
    async fn plan(&self, stage: &Stage) -> Played<String> {
        let Self { group, title, kind, due, year, lead } = self;
        let body = json!({
            "title": title, "kind": kind, "due_on": stage.day(*due), "forum_year": year, "lead_membership_id": lead, "principles": [6],
            "summary": "Made up by the demo.",
        });
        field(&stage.post(chair_of(*group), &format!("/groups/{group}/deliverables"), body).await?, "reference")
    }
}

fn chair_of(group: i64) -> &'static str {
    if group == 102 { "applicant" } else { "co_chair" }
}

async fn plan(stage: &Stage, seasons: Seasons, members: &Members) -> Played {
    let year = Some(seasons.coming);
    let planned: [(i64, &str, &str, i64, Option<i32>); 11] = [
        (101, "Demo guidelines for safe updates", "guidelines", 30, year),
        (101, "Demo statement on supply chains", "statement", 45, year),
        (101, "Demo toolkit for small organisations", "toolkit", 40, year),
        (101, "Demo index of readiness", "index", 90, year),
        (101, "Demo training event", "event", 75, year),
        (101, "Demo glossary", "other", 9, year),
        (102, "Demo report on shared threats", "report", -12, year),
        (102, "Demo survey of practices", "report", 120, None),
        (102, "Demo contact directory", "other", 60, year),
        (103, "Demo handbook for exercises", "guidelines", 100, year),
        (101, "Demo outlook on the year after", "report", 200, None),
    ];
    for (group, title, kind, due, year) in planned {
        // Some are led by a member, some by nobody.
        let lead = members.get(&group).filter(|_| due < 100);
        Deliverable { group, title, kind, due, year, lead }.plan(stage).await?;
    }
    Ok(())
}

async fn move_on(stage: &Stage, who: &str, reference: &str, body: Value) -> Played {
    stage.post(who, &format!("/deliverables/{reference}/transitions"), body).await.map(drop)
}

async fn progress(stage: &Stage, who: &str, reference: &str, body: Value) -> Played {
    stage.change(who, Method::PATCH, &format!("/deliverables/{reference}"), body).await.map(drop)
}

async fn start(stage: &Stage, who: &str, reference: &str, percent: i64) -> Played {
    move_on(stage, who, reference, json!({"to": "in_progress"})).await?;
    progress(stage, who, reference, json!({"progress": percent})).await
}

async fn submit(stage: &Stage, reference: &str, note: &str) -> Played {
    let name = format!("{}.pdf", reference.to_lowercase());
    let file = paper::pdf(&format!("{reference}: made up by the demo"));
    stage.upload("co_chair", &format!("/deliverables/{reference}/versions"), (&name, &file), note).await?;
    move_on(stage, "co_chair", reference, json!({"to": "submitted"})).await
}

async fn approve(stage: &Stage, reference: &str) -> Played {
    move_on(stage, "secretariat", reference, json!({"to": "approved", "version": 1})).await
}

async fn show(stage: &Stage, year: i32, day: crate::time::Day, title: &str, shown: Value) -> Played {
    let body = json!({
        "title": title, "day": day, "room": "Demo hall", "deliverables": shown,
        "moderator": {"name": "Sami Secretary", "role": "Demo secretariat"},
        "panellists": [{"name": "Cora Chair", "role": "Co-chair", "organisation": "Demo Cloud Company"}],
    });
    stage.post("secretariat", &format!("/forum-editions/{year}/sessions"), body).await.map(drop)
}

async fn milestone(stage: &Stage, reference: &str, title: &str, due: i64, done: Option<i64>) -> Played {
    let body = json!({"title": title, "due_on": stage.day(due), "done_on": done.map(|day| stage.day(day))});
    stage.post("lead", &format!("/deliverables/{reference}/milestones"), body).await.map(drop)
}

async fn work(stage: &Stage) -> Played {
    stage.at(-90).await?;
    for (reference, percent) in [("WG101-D1", 100), ("WG101-D2", 95), ("WG101-D3", 75), ("WG101-D4", 30), ("WG101-D5", 40)] {
        start(stage, "lead", reference, percent).await?;
    }
    start(stage, "member", "WG102-D1", 55).await?;
    start(stage, "co_chair", "WG103-D1", 20).await?;
    stage.at(-60).await?;
    milestone(stage, "WG101-D3", "Outline agreed", -62, Some(-61)).await?;
    milestone(stage, "WG101-D3", "First draft read by members", -20, None).await?;
    milestone(stage, "WG101-D3", "Translated", 20, None).await?;
    milestone(stage, "WG101-D5", "Trainers found", -6, None).await?;
    stage.at(-50).await?;
    let reason = "Supporters keep their own directories, and told us that another one would not be kept up.";
    move_on(stage, "applicant", "WG102-D3", json!({"to": "dropped", "reason": reason})).await?;
    discuss(stage).await
}

/// What is said of one deliverable, and who agreed to be thanked in it.
async fn discuss(stage: &Stage) -> Played {
    stage.at(-40).await?;
    let toolkit = "/deliverables/WG101-D3";
    let draft = json!({"url": "https://demo.example/toolkit-draft", "note": "The first draft, for comments."});
    stage.post("lead", &format!("{toolkit}/versions"), draft).await?;
    let comments = format!("{toolkit}/comments");
    stage.at(-38).await?;
    let question = stage.post("member", &comments, json!({"body": "Could chapter 2 say more on back-ups?"})).await?;
    let reply = json!({"body": "It will: the next draft has a page on them.", "reply_to": id(&question)?});
    stage.post("lead", &comments, reply).await?;
    stage.post("observer", &comments, json!({"body": "We would gladly test it with towns of our network."})).await?;
    let consent = json!({"agreed": true, "text": "Mina Member, Demo University, who tested it with students"});
    stage.say("member", &format!("{toolkit}/acknowledgements/me"), consent).await?;
    let thanked = membership_of(stage, "member").await?;
    let path = format!("{toolkit}/acknowledgements");
    stage.change("co_chair", Method::PUT, &path, json!({"items": [{"membership_id": thanked}]})).await.map(drop)
}

async fn membership_of(stage: &Stage, who: &str) -> Played<String> {
    let person = stage.person(who)?.to_string();
    let list = stage.get("co_chair", "/groups/101/memberships?status=active").await?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    let theirs = items.iter().find(|item| item.pointer("/person/id").and_then(Value::as_str) == Some(&person));
    id(theirs.unwrap_or(&Value::Null))
}

/// One meeting that was held, with minutes; one to come; one called off.
async fn meet(stage: &Stage) -> Played {
    stage.at(-36).await?;
    let held = call(stage, "co_chair", 101, "Demo meeting: half-time", -33).await?;
    stage.say("member", &format!("/meetings/{held}/attendance/me"), json!({"status": "accepted"})).await?;
    stage.at(-32).await?;
    stage.post("co_chair", &format!("/meetings/{held}/transitions"), json!({"to": "held"})).await?;
    let there = ["member", "lead", "observer"].map(|role| (role, if role == "lead" { "absent" } else { "present" }));
    let mut items = Vec::new();
    for (role, status) in there {
        items.push(json!({"person_id": stage.person(role)?, "status": status}));
    }
    stage.say("co_chair", &format!("/meetings/{held}/attendance"), json!({"items": items})).await?;
    let minutes = "## Decided\n\n- The toolkit is read by members until the next meeting.\n- The index waits for its data.";
    let published = json!({"minutes": minutes, "minutes_status": "published"});
    stage.change("co_chair", Method::PATCH, &format!("/meetings/{held}"), published).await.map(drop)
}

async fn call(stage: &Stage, who: &str, group: i64, title: &str, day: i64) -> Played<String> {
    let body = json!({
        "title": title, "link": "https://demo.example/meet", "agenda": "1. Where we stand\n2. What is owed next",
        "starts_at": format!("{}T14:00:00Z", stage.day(day)), "ends_at": format!("{}T15:30:00Z", stage.day(day)),
    });
    id(&stage.post(who, &format!("/groups/{group}/meetings"), body).await?)
}

async fn hand_in(stage: &Stage, seasons: Seasons) -> Played {
    stage.at(-16).await?;
    submit(stage, "WG101-D1", "As adopted by the group.").await?;
    stage.at(-14).await?;
    let flag = json!({"risk_flag": {"reason": "Half of the supporters have not sent their data yet."}});
    progress(stage, "lead", "WG101-D4", flag).await?;
    let read = "/deliverables/WG101-D3/milestones";
    let list = stage.get("lead", read).await?;
    let items = list.get("items").and_then(Value::as_array).cloned().unwrap_or_default();
    if let Some(draft) = items.iter().find(|item| item.get("due_on") == Some(&json!(stage.day(-20)))) {
        stage.change("lead", Method::PATCH, &format!("/milestones/{}", id(draft)?), json!({"done_on": stage.day(-15)})).await?;
    }
    stage.at(-10).await?;
    approve(stage, "WG101-D1").await?;
    let shown = json!([{"reference": "WG101-D1", "as": "final"}, {"reference": "WG101-D3", "as": "preliminary"}]);
    show(stage, seasons.coming, seasons.coming_starts_on(), "Demo session: from the working groups", shown).await?;
    stage.at(-4).await?;
    submit(stage, "WG101-D2", "For approval.").await
}

/// What the last days brought, and what waits.
async fn news(stage: &Stage) -> Played {
    stage.at(-3).await?;
    let coming = call(stage, "co_chair", 101, "Demo meeting: the road to the Forum", 10).await?;
    stage.say("member", &format!("/meetings/{coming}/attendance/me"), json!({"status": "accepted"})).await?;
    stage.say("lead", &format!("/meetings/{coming}/attendance/me"), json!({"status": "declined"})).await?;
    let off = call(stage, "applicant", 102, "Demo meeting: called off", 6).await?;
    let reason = json!({"to": "cancelled", "reason": "A co-chair is missing; see the vacant seat."});
    stage.post("applicant", &format!("/meetings/{off}/transitions"), reason).await?;
    let body = "The next meeting is called: please answer, and look at what is late.";
    let message = json!({"subject": "Before we meet", "body": body, "to": "members"});
    stage.post("co_chair", "/groups/101/messages", message).await?;
    stage.at(-2).await?;
    ask(stage, "applicant", SECURITY, 101, "We answer incidents, and would share what we learn.").await?;
    ask(stage, "representative", CLOUD, 101, "I would help Cora with the index.").await.map(drop)
}
