//! What follows from a round's moves, and what rounds do when something happens around them.

use diesel::prelude::*;
use plenary::schema::{consultation_audience as a, deliverables, supporters};
use serde_json::{Value, json};

use super::kit::{Asked, CLOSES, OPENS, body, post, work};
use crate::deliverables::violations;
use crate::world::cast::Cast;
use crate::world::instant;

/// A deliverable of group 5 in progress, with a version; its path.
fn work_in_progress(cast: &Cast) -> String {
    let owed = json!({"title": "Index", "kind": "index", "due_on": "2026-12-15"});
    let made = post(cast, &cast.chair, "/groups/5/deliverables", &owed).expect(201).json();
    let path = format!("/deliverables/{}", made["reference"].as_str().unwrap());
    post(cast, &cast.chair, &format!("{path}/transitions"), &json!({"to": "in_progress"})).expect(200);
    post(cast, &cast.chair, &format!("{path}/versions"), &json!({"url": "https://example.org/1", "note": null})).expect(201);
    path
}

/// A round about it, ready.
fn about(cast: &Cast, path: &str, audience: &str) -> Asked {
    let mut body = body(cast, audience, &["attributed"]);
    body.as_object_mut().unwrap().remove("group_id");
    (body["scope"], body["deliverable"], body["version"]) =
        (json!("deliverable"), json!(path.trim_start_matches("/deliverables/")), json!(1));
    let round = Asked::drafted(cast, &cast.chair, &body);
    round.fill(cast);
    round
}

fn status_of(cast: &Cast, path: &str) -> Value {
    cast.get(path).expect(200).json()["status"].clone()
}

#[test]
fn a_deliverable_is_in_consultation_as_long_as_a_round_is_open() {
    let cast = Cast::new();
    let path = work_in_progress(&cast);
    let (one, other) = (about(&cast, &path, "group_members"), about(&cast, &path, "group_members"));
    let consult = || post(&cast, &cast.chair, &format!("{path}/transitions"), &json!({"to": "in_consultation"}));
    assert_eq!(violations(consult()), ["no_open_round"]);
    one.go(&cast, &cast.chair, "scheduled").expect(200);
    assert_eq!(violations(consult()), ["no_open_round"]);
    one.go(&cast, &cast.chair, "open").expect(200);
    other.go(&cast, &cast.chair, "open").expect(200);
    consult().expect(200);
    one.go(&cast, &cast.chair, "closed").expect(200);
    assert_eq!(status_of(&cast, &path), "in_consultation");
    other.go(&cast, &cast.chair, "cancelled").expect(200);
    assert_eq!(status_of(&cast, &path), "in_progress");
    // By the clock too.
    let third = about(&cast, &path, "group_members");
    third.go(&cast, &cast.chair, "scheduled").expect(200);
    cast.at(OPENS);
    let cast = cast.again();
    post(&cast, &cast.chair, &format!("{path}/transitions"), &json!({"to": "in_consultation"})).expect(200);
    cast.at(CLOSES);
    work(&cast);
    assert_eq!(status_of(&cast, &path), "in_progress");
    let acts = cast.get("/groups/5/timeline?limit=1").json()["items"][0].clone();
    assert_eq!(
        (&acts["act"], &acts["from"], &acts["actor"]),
        (&json!("deliverable.moved"), &json!("in_consultation"), &Value::Null)
    );
}

#[test]
fn everybody_reads_the_version_that_a_round_open_to_all_is_about() {
    let cast = Cast::new();
    let path = work_in_progress(&cast);
    let version = format!("{path}/versions/1");
    let seen = || {
        (cast.get(&version).status, cast.get(&format!("{path}/versions")).expect(200).json()["items"].as_array().unwrap().len())
    };
    let own = about(&cast, &path, "group_members");
    own.go(&cast, &cast.chair, "open").expect(200);
    assert_eq!(seen(), (404, 0), "the group's round is the group's");
    let round = about(&cast, &path, "supporters");
    round.go(&cast, &cast.secretary, "scheduled").expect(200);
    assert_eq!(seen(), (404, 0));
    round.go(&cast, &cast.secretary, "draft").expect(200);
    cast.at(OPENS);
    assert_eq!(seen(), (404, 0));
    cast.at("2026-09-01T09:00:00Z");
    round.go(&cast, &cast.secretary, "scheduled").expect(200);
    cast.at("2026-09-10T08:59:59.999999Z");
    assert_eq!(seen(), (404, 0));
    cast.at(OPENS);
    assert_eq!(seen(), (200, 1), "by the clock, with no worker");
    // What was shown stays shown.
    let cast = cast.again();
    round.go(&cast, &cast.secretary, "cancelled").expect(200);
    cast.get(&version).expect(200);
    cast.get(&format!("{path}/versions/2")).expect(404);
}

#[test]
fn a_group_counts_its_open_rounds_and_is_concluded_once_none_waits() {
    let cast = Cast::new();
    let open = || cast.get("/groups/5").json()["counts"]["open_consultations"].clone();
    let scheduled = Asked::scheduled(&cast, "group_members");
    let one = Asked::new(&cast, "group_members", &["attributed"]);
    let two = Asked::new(&cast, "group_members", &["attributed"]);
    Asked::new(&cast, "supporters", &["attributed"]);
    Asked::ready(&cast, "group_members", &["attributed"]);
    assert_eq!(open(), 2);
    two.go(&cast, &cast.chair, "closed").expect(200);
    assert_eq!(open(), 1);
    let conclude = || post(&cast, &cast.secretary, "/groups/5/transitions", &json!({"to": "concluded"}));
    let refused = conclude();
    let details = refused.json()["violations"].to_string();
    assert_eq!(violations(refused), ["round_unfinished"; 3]);
    for word in ["is scheduled", "is open", "not published"] {
        assert!(details.contains(word), "{details}");
    }
    scheduled.go(&cast, &cast.chair, "cancelled").expect(200);
    one.go(&cast, &cast.chair, "cancelled").expect(200);
    two.conclude(&cast);
    two.go(&cast, &cast.chair, "published").expect(200);
    conclude().expect(200);
    assert_eq!(open(), 0);
    // An archive: its drafts stay where they are.
    let draft = cast.ask("GET", "/consultations?status=draft").by(&cast.chair).send().json()["items"][0]["slug"].clone();
    let path = format!("/consultations/{}/transitions", draft.as_str().unwrap());
    assert_eq!(
        post(&cast, &cast.secretary, &path, &json!({"to": "cancelled", "reason": "R"})).expect(409).problem(),
        "wrong-state"
    );
}

#[test]
fn a_suspended_group_opens_nothing_by_itself() {
    let cast = Cast::new();
    let (scheduled, open) = (Asked::scheduled(&cast, "group_members"), Asked::new(&cast, "group_members", &["attributed"]));
    post(&cast, &cast.secretary, "/groups/5/transitions", &json!({"to": "suspended", "reason": "A pause."})).expect(200);
    assert_eq!((scheduled.written(&cast), open.written(&cast)), ("draft".into(), "open".into()));
    cast.at(OPENS);
    work(&cast);
    assert_eq!(scheduled.written(&cast), "draft");
    assert_eq!(scheduled.acts(&cast).last().unwrap(), "consultation.unscheduled");
}

fn invited(cast: &Cast, round: &Asked) -> i64 {
    cast.read(|c| Ok(a::table.filter(a::consultation_id.eq(round.id)).count().get_result(c)?))
}

#[test]
fn an_audience_grows_while_its_round_is_open_and_keeps_what_it_was() {
    let cast = Cast::new();
    let (all, group, over) = (
        Asked::new(&cast, "supporters", &["attributed"]),
        Asked::new(&cast, "group_members", &["attributed"]),
        Asked::new(&cast, "supporters", &["attributed"]),
    );
    over.go(&cast, &cast.secretary, "closed").expect(200);
    let endorsed = cast.get("/supporters?total=true").json()["total"].as_i64().unwrap();
    assert_eq!((invited(&cast, &all), invited(&cast, &group), invited(&cast, &over)), (endorsed, 2, endorsed));
    assert_eq!(cast.get(&all.path).json()["counts"], json!({"invited": endorsed, "submitted": 0}));
    // One more is endorsed.
    let application = json!({
        "name": "Newcomers", "sector": "academia", "country": "FR",
        "contact": {"name": "Ana", "email": "ana@newcomers.example", "job_title": "Head", "authorised": true},
    });
    cast.ask("POST", "/supporter-applications").json(&application).send().expect(202);
    let token = cast.mails().token("ana@newcomers.example", plenary::outbox::Purpose::ConfirmApplication);
    cast.ask("POST", "/supporter-applications/confirm").json(&json!({"token": token})).send().expect(204);
    let pending = cast.ask("GET", "/supporter-applications").by(&cast.secretary).send().json()["items"][0]["id"].clone();
    let path = format!("/supporter-applications/{}/decision", pending.as_str().unwrap());
    post(&cast, &cast.secretary, &path, &json!({"decision": "endorse"})).expect(200);
    assert_eq!((invited(&cast, &all), invited(&cast, &group), invited(&cast, &over)), (endorsed + 1, 2, endorsed));
    // A member joins for a supporter that had none; another for one that has.
    let newcomer = cast.person("newcomer@plenary.test");
    let new: String =
        cast.read(|c| Ok(supporters::table.filter(supporters::name.eq("Newcomers")).select(supporters::id).get_result(c)?));
    let affiliation = json!({"email": newcomer.email, "role": "representative"});
    post(&cast, &cast.secretary, &format!("/supporters/{new}/affiliations"), &affiliation).expect(201);
    for (person, supporter) in [(&newcomer, new.clone()), (&cast.representative, cast.supporter.to_string())] {
        let asked = post(&cast, person, "/groups/5/memberships", &json!({"supporter_id": supporter})).expect(201).json();
        let path = format!("/memberships/{}/transitions", asked["id"].as_str().unwrap());
        post(&cast, &cast.chair, &path, &json!({"to": "active"})).expect(200);
    }
    assert_eq!((invited(&cast, &all), invited(&cast, &group)), (endorsed + 1, 3));
    // Frozen as it came in.
    cast.write(|tx| {
        let row = supporters::table.filter(supporters::id.eq(&new));
        Ok(diesel::update(row).set((supporters::sector.eq("state"), supporters::region.eq("asia"))).execute(&mut **tx)?)
    });
    let kept: (Option<String>, Option<String>) = cast.read(|c| {
        let one = a::table.filter(a::consultation_id.eq(all.id)).filter(a::supporter_id.eq(&new));
        Ok(one.select((a::sector, a::region)).get_result(c)?)
    });
    assert_eq!(kept, (Some("academia".into()), Some("europe".into())));
    // Two entries that are one organisation are in an audience once.
    let merge = json!({"into_supporter_id": cast.other_supporter, "reason": "One organisation."});
    post(&cast, &cast.secretary, &format!("/supporters/{new}/merge"), &merge).expect(200);
    assert_eq!((invited(&cast, &all), invited(&cast, &group), invited(&cast, &over)), (endorsed, 2, endorsed));
}

#[test]
fn whoever_comes_with_an_import_or_the_call_file_is_asked_too() {
    let cast = Cast::new();
    let round = Asked::new(&cast, "supporters", &["attributed"]);
    let before = invited(&cast, &round);
    let register = "name,sector,country\nLatecomers,academia,FR\nLatest,private_sector,DE\n";
    let mapping = plenary::supporters::Mapping::plain("late");
    let parsed = plenary::supporters::parse_register(register.as_bytes(), &mapping, &crate::import::codes(cast.db())).unwrap();
    plenary::supporters::import(cast.db(), &parsed, "late", crate::import::ALL, &mut |_, _| {}).unwrap();
    assert_eq!(invited(&cast, &round), before + 2);
    let one_more = "[[supporters]]\nname = \"Newly Named\"\nsector = \"academia\"\ncountry = \"FR\"\n";
    cast.load(&format!("{}\n{one_more}", crate::world::PARIS_CALL));
    assert_eq!(invited(&cast, &round), before + 3);
}

#[test]
fn a_round_that_opens_while_an_import_runs_asks_whom_it_brings() {
    let cast = Cast::new();
    let before = Asked::ready(&cast, "supporters", &["attributed"]);
    let closing = Asked::new(&cast, "supporters", &["attributed"]);
    let register = "name,sector,country\nLatecomers,academia,FR\nLatest,private_sector,DE\n";
    let mapping = plenary::supporters::Mapping::plain("late");
    let parsed = plenary::supporters::parse_register(register.as_bytes(), &mapping, &crate::import::codes(cast.db())).unwrap();
    let (begun, has_begun) = std::sync::mpsc::channel();
    let (moved, have_moved) = std::sync::mpsc::channel();
    let during = std::thread::scope(|scope| {
        let (cast, parsed) = (&cast, &parsed);
        scope.spawn(move || {
            let mut first = true;
            let wait = |_: usize, _: usize| {
                if std::mem::take(&mut first) {
                    begun.send(()).unwrap();
                    // As long as the others need; where they wait for the import (SQLite has one writer), no longer.
                    have_moved.recv_timeout(std::time::Duration::from_secs(2)).ok();
                }
            };
            plenary::supporters::import(&cast.beside_db(), parsed, "late", crate::import::ALL, &mut { wait }).unwrap();
        });
        has_begun.recv().unwrap();
        before.go(cast, &cast.secretary, "open").expect(200);
        let during = Asked::new(cast, "supporters", &["attributed"]);
        closing.go(cast, &cast.secretary, "closed").expect(200);
        moved.send(()).ok();
        during
    });
    let endorsed = cast.get("/supporters?total=true").json()["total"].as_i64().unwrap();
    for round in [&before, &during] {
        assert_eq!(invited(&cast, round), endorsed);
    }
    // Whichever came first: whoever is counted in it was there before it closed.
    let closed = cast.get(&closing.path).expect(200).json()["counts"]["invited"].as_i64().unwrap();
    assert!([endorsed - 2, endorsed].contains(&closed), "{closed}");
}

#[test]
fn nobody_is_endorsed_unseen_while_a_round_opens() {
    let cast = Cast::new();
    let rounds: Vec<Asked> = (0..4).map(|_| Asked::ready(&cast, "supporters", &["attributed"])).collect();
    let endorse = |n: usize| {
        let bring = |tx: &mut plenary::db::Write<'_>| {
            let id: plenary::ids::Id<()> = tx.new_id();
            let name = format!("Late {n}");
            let slug = format!("late-{n}");
            let now = tx.now();
            diesel::insert_into(supporters::table)
                .values((
                    (
                        supporters::id.eq(id),
                        supporters::slug.eq(&slug),
                        supporters::name.eq(&name),
                        supporters::folded_name.eq(&name),
                    ),
                    (supporters::status.eq("endorsed"), supporters::endorsed_key.eq(""), supporters::source.eq("call")),
                    (
                        supporters::search_text.eq(""),
                        supporters::version.eq(1_i64),
                        supporters::created_at.eq(now),
                        supporters::updated_at.eq(now),
                    ),
                ))
                .execute(&mut **tx)?;
            plenary::facts::announce(tx, &plenary::supporters::SupportersEndorsed)
        };
        cast.write(bring);
    };
    std::thread::scope(|scope| {
        for (n, round) in rounds.iter().enumerate() {
            scope.spawn(|| round.go(&cast, &cast.secretary, "open").expect(200));
            scope.spawn(move || endorse(n));
        }
    });
    let endorsed = cast.get("/supporters?total=true").json()["total"].as_i64().unwrap();
    for round in &rounds {
        assert_eq!(invited(&cast, round), endorsed);
    }
}

#[test]
fn what_a_deliverable_became_meanwhile_stands() {
    let cast = Cast::new();
    let path = work_in_progress(&cast);
    let round = about(&cast, &path, "group_members");
    round.go(&cast, &cast.chair, "open").expect(200);
    post(&cast, &cast.chair, &format!("{path}/transitions"), &json!({"to": "in_consultation"})).expect(200);
    post(&cast, &cast.chair, &format!("{path}/transitions"), &json!({"to": "dropped", "reason": "No time."})).expect(200);
    round.go(&cast, &cast.chair, "closed").expect(200);
    assert_eq!(status_of(&cast, &path), "dropped");
    let version: i64 = cast.read(|c| Ok(deliverables::table.select(deliverables::version).get_result(c)?));
    assert!(version > 1 && cast.now() == instant("2026-09-01T09:00:00Z"));
}
