//! A contribution from its first draft to the close.

use diesel::prelude::*;
use plenary::schema::{audit_entries, consultation_questions, consultation_tallies, contributions, outbox};
use serde_json::{Value, json};

use super::kit::work;
use super::round::{CLOSES, Round, text};
use crate::supporters::changes::{at_once, one_of};
use crate::world::cast::Cast;
use crate::world::{Person, World};

fn acts(world: &World) -> Vec<(String, String, Option<String>, Option<String>)> {
    world.read(|c| {
        let entries = audit_entries::table.filter(audit_entries::act.like("contribution.%")).order(audit_entries::seq);
        Ok(entries
            .select((audit_entries::act, audit_entries::object_type, audit_entries::actor_id, audit_entries::request_id))
            .load(c)?)
    })
}

#[test]
fn a_contribution_is_drafted_submitted_revised_and_withdrawn() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    assert_eq!(round.read(&cast, &cast.representative).expect(404).problem(), "not-found");
    assert_eq!(round.act(&cast, &cast.representative, "submit").status, 404);
    // An incomplete draft is kept; it cannot be submitted.
    let part =
        json!({"answers": [{"question_id": round.questions[3], "value": 2}, {"question_id": round.questions[0], "value": " "}]});
    let draft = round.put(cast.ask("PUT", &round.mine()).by(&cast.representative), None, &part).expect(200);
    let draft_json = draft.json();
    assert_eq!((&draft_json["status"], &draft_json["revision"]), (&json!("draft"), &json!(0)));
    assert_eq!(draft_json["visibility"], "attributed", "the only one there is");
    assert_eq!(draft_json["answers"], json!([{"question_id": round.questions[3], "value": 2}]));
    assert_eq!(draft_json["supporter"]["id"], json!(cast.supporter));
    assert_eq!(round.act(&cast, &cast.representative, "submit").expect(422).faults(), ["/answers required", "/answers required"]);
    // A colleague goes on with it.
    assert_eq!(round.save(&cast, &cast.member, None, "Peace.").expect(428).json()["current"]["etag"], draft.header("etag"));
    let second = round.save(&cast, &cast.member, Some(draft.header("etag")), "Peace.").expect(200);
    let stale = round.save(&cast, &cast.representative, Some(draft.header("etag")), "War.").expect(412).json();
    assert_eq!((text(&stale["current"]), &stale["current"]["etag"]), ("Peace.", &json!(second.header("etag"))));
    cast.mails();
    let submitted = round.act(&cast, &cast.member, "submit").expect(200).json();
    assert_eq!((&submitted["status"], &submitted["revision"], text(&submitted)), (&json!("submitted"), &json!(1), "Peace."));
    assert_eq!(submitted["answers"][2]["value"], json!(["One", "Three"]), "in the order of the options");
    assert_eq!(submitted["answers"][4]["value"], json!(["C", "A"]), "in the order of preference");
    assert_eq!(cast.mails().list(), ["contribution_submitted focal-point@plenary.test"]);
    // Sent again on a bad connection: the same.
    assert_eq!(round.act(&cast, &cast.representative, "submit").expect(200).json()["revision"], 1);
    // What is written now does not count before it is submitted.
    let etag = submitted["etag"].as_str().unwrap();
    let working = round.save(&cast, &cast.focal_point, Some(etag), "More peace.").expect(200).json();
    assert_eq!(
        (text(&working), text(&working["working_copy"]), &working["status"]),
        ("Peace.", "More peace.", &json!("submitted"))
    );
    let again = round.act(&cast, &cast.focal_point, "submit").expect(200).json();
    assert_eq!((text(&again), &again["working_copy"], &again["revision"]), ("More peace.", &Value::Null, &json!(2)));
    assert_eq!(cast.mails().list(), Vec::<String>::new(), "nobody is told what it did itself");
    let moved = cast.ask("POST", &format!("{}/withdraw", round.mine())).by(&cast.lead).if_match(etag).send().expect(412);
    assert_eq!(text(&moved.json()["current"]), "More peace.");
    let withdrawn = round.act(&cast, &cast.lead, "withdraw").expect(200).json();
    assert_eq!(
        (&withdrawn["status"], text(&withdrawn), &withdrawn["submitted_at"]),
        (&json!("withdrawn"), "More peace.", &Value::Null)
    );
    assert_eq!(cast.mails().list(), ["contribution_withdrawn focal-point@plenary.test"]);
    let refused = round.act(&cast, &cast.lead, "submit").expect(409);
    assert_eq!((refused.problem(), &refused.json()["allowed"]), ("illegal-transition".into(), &json!(["draft"])));
    assert_eq!(round.act(&cast, &cast.lead, "withdraw").expect(409).problem(), "illegal-transition");
    let anew = round.save(&cast, &cast.lead, withdrawn["etag"].as_str(), "Anew.").expect(200).json();
    assert_eq!((&anew["status"], &anew["revision"]), (&json!("draft"), &json!(2)));
    assert_eq!(round.act(&cast, &cast.lead, "submit").expect(200).json()["revision"], 3);
    let acts = acts(&cast);
    let words: Vec<&str> = acts.iter().map(|(act, ..)| act.trim_start_matches("contribution.")).collect();
    assert_eq!(words, ["started", "submitted", "submitted", "withdrawn", "started", "submitted"]);
    assert!(acts.iter().all(|(_, object, actor, request)| object == "contribution" && actor.is_some() && request.is_some()));
    let revisions: i64 = cast.read(|c| Ok(plenary::schema::contribution_revisions::table.count().get_result(c)?));
    assert_eq!(revisions, 3, "every one is kept");
}

#[test]
fn faulty_answers_are_told_all_at_once_and_change_nothing() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed", "anonymous"], None);
    let saved = round.save(&cast, &cast.member, None, "Kept.").expect(200);
    let ask = || cast.ask("PUT", &round.mine()).by(&cast.member);
    let body = json!({"visibility": "secretariat_only", "answers": [
        {"question_id": round.questions[0], "value": "x".repeat(201)},
        {"question_id": round.questions[1], "value": "Nothing"},
        {"question_id": round.questions[1], "value": "Norms"},
        {"question_id": "0190aaaa-0000-7000-8000-00000000dead", "value": "?"},
    ]});
    assert_eq!(
        round.put(ask(), Some(saved.header("etag")), &body).expect(422).faults(),
        [
            "/answers/0/value too-long",
            "/answers/1/value enum",
            "/answers/2/question_id repeated",
            "/answers/3/question_id unknown",
            "/visibility enum"
        ]
    );
    for value in [json!(null), json!(true), json!({"en": "a"}), json!(1.5), json!(["a", 1])] {
        let body = json!({"answers": [{"question_id": round.questions[0], "value": value}]});
        round.put(ask(), Some("*"), &body).expect(422).faults();
    }
    round.put(ask(), Some("*"), &json!({"answers": [{"question_id": "x", "value": "a"}], "more": 1})).expect(422).faults();
    assert_eq!(round.read(&cast, &cast.member).header("etag"), saved.header("etag"));
    // No visibility is chosen for anybody where there are several.
    let body = json!({"answers": round.answers("Kept.")});
    round.put(ask(), Some("*"), &body).expect(200);
    assert_eq!(round.act(&cast, &cast.member, "submit").expect(422).faults(), ["/visibility required"]);
}

#[test]
fn options_and_texts_are_in_the_readers_language_and_script() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    let arabic = "السلام والأمن\u{200F} في الفضاء السيبراني — 👍";
    let body = json!({"answers": [
        {"question_id": round.questions[0], "value": arabic}, {"question_id": round.questions[1], "value": "Hygiène"},
    ]});
    round.put(cast.ask("PUT", &round.mine()).by(&cast.member), None, &body).expect(200);
    round.act(&cast, &cast.member, "submit").expect(200);
    let in_locale =
        |locale: &str| cast.ask("GET", &format!("{}?locale={locale}", round.mine())).by(&cast.member).send().expect(200).json();
    assert_eq!(text(&in_locale("en")), arabic);
    assert_eq!(in_locale("en")["answers"][1]["value"], "Hygiene");
    assert_eq!(in_locale("fr")["answers"][1]["value"], "Hygiène");
    assert_eq!(in_locale("*")["answers"][1]["value"], json!({"en": "Hygiene", "fr": "Hygiène"}));
}

#[test]
fn the_last_microsecond_is_in_and_the_first_one_after_it_is_out() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    let first = round.save(&cast, &cast.member, None, "In time.").expect(200);
    round.save(&cast, &cast.other_member, None, "Too late.").expect(200);
    cast.at("2026-09-01T09:09:59.999999Z");
    assert_eq!(round.act(&cast, &cast.member, "submit").expect(200).json()["submitted_at"], "2026-09-01T09:09:59.999999Z");
    cast.at(CLOSES);
    for act in ["submit", "withdraw"] {
        let late = round.act(&cast, &cast.other_member, act).expect(409);
        assert_eq!(late.problem(), "wrong-state");
        assert!(late.json()["detail"].as_str().unwrap().contains("closed at 2026-09-01T09:10:00Z"), "{}", late.text());
    }
    assert_eq!(round.save(&cast, &cast.other_member, Some("*"), "Later.").expect(409).problem(), "wrong-state");
    assert_eq!(
        round.save(&cast, &cast.member, Some(first.header("etag")), "Later.").expect(412).problem(),
        "precondition-failed"
    );
    // Nobody wrote down that it closed; another server finds the same.
    let beside = World::setup().beside(&cast.world);
    let path = format!("{}/submit", round.mine());
    assert_eq!(beside.ask("POST", &path).by(&cast.other_member).send().expect(409).problem(), "wrong-state");
    assert_eq!(round.read(&cast, &cast.member).expect(200).json()["status"], "submitted");
    // Before it opens it takes nothing either.
    let early = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    early.is(&cast, "scheduled");
    cast.at("2026-09-01T07:59:59.999999Z");
    let cast = cast.again();
    assert_eq!(early.save(&cast, &cast.member, None, "Early.").status, 404, "it is hidden");
    cast.at("2026-09-01T08:00:00Z");
    early.save(&cast, &cast.member, None, "Now.").expect(200);
}

#[test]
fn of_two_colleagues_one_wins_and_the_other_gets_the_text() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    let colleagues = [&cast.member, &cast.representative, &cast.lead, &cast.focal_point];
    let statuses = at_once(8, |n| {
        let reply = round.save(&cast, colleagues[n % 4], None, &format!("Begun by {n}."));
        assert!(reply.status == 200 || text(&reply.json()["current"]).starts_with("Begun by"), "{}", reply.text());
        reply
    });
    assert_eq!(statuses, one_of(8, 200, 428));
    let etag = round.read(&cast, &cast.member).header("etag").to_owned();
    let statuses = at_once(8, |n| {
        let reply = round.save(&cast, colleagues[n % 4], Some(&etag), &format!("Saved by {n}."));
        assert!(reply.status == 200 || text(&reply.json()["current"]).starts_with("Saved by"), "{}", reply.text());
        reply
    });
    assert_eq!(statuses, one_of(8, 200, 412));
    // Both submit: one revision.
    assert_eq!(at_once(8, |n| round.act(&cast, colleagues[n % 4], "submit")), [200; 8]);
    assert_eq!(round.read(&cast, &cast.member).json()["revision"], 1);
    assert_eq!(at_once(8, |n| round.act(&cast, colleagues[n % 4], "withdraw")), one_of(8, 200, 409));
    let rows: i64 = cast.read(|c| Ok(contributions::table.count().get_result(c)?));
    assert_eq!(rows, 1);
}

#[test]
fn a_confidential_round_records_nobody_and_shows_no_mail() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed", "anonymous"], None);
    round.save(&cast, &cast.member, None, "Quiet.").expect(200);
    round.act(&cast, &cast.member, "submit").expect(200);
    let listed: String = cast.read(|c| Ok(contributions::table.select(contributions::listing_id).get_result(c)?));
    let etag = round.read(&cast, &cast.member).header("etag").to_owned();
    let body = json!({"answers": round.answers("Quiet."), "visibility": "anonymous"});
    round.put(cast.ask("PUT", &round.mine()).by(&cast.member), Some(&etag), &body).expect(200);
    round.act(&cast, &cast.member, "submit").expect(200);
    let relisted: String = cast.read(|c| Ok(contributions::table.select(contributions::listing_id).get_result(c)?));
    assert_ne!(listed, relisted);
    assert_eq!(&relisted[14..15], "4", "unrelated to any instant");
    round.act(&cast, &cast.member, "withdraw").expect(200);
    for (act, object, actor, request) in acts(&cast) {
        assert_eq!((object.as_str(), actor, request), ("confidential_contribution", None, None), "{act}");
    }
    let objects: Vec<String> = cast.read(|c| {
        let entries = audit_entries::table.filter(audit_entries::object_type.eq("confidential_contribution"));
        Ok(entries.select(audit_entries::object_id).distinct().load(c)?)
    });
    assert_eq!(objects, [round.id.to_string()]);
    let mails: Vec<bool> =
        cast.read(|c| Ok(outbox::table.filter(outbox::kind.like("contribution_%")).select(outbox::concealed).load(c)?));
    assert_eq!(mails, [true; 3]);
}

#[test]
fn after_the_close_a_contribution_is_only_shown_to_fewer() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed", "anonymous", "secretariat_only"], None);
    round.save(&cast, &cast.member, None, "Said.").expect(200);
    round.act(&cast, &cast.member, "submit").expect(200);
    let to = |visibility: &str, etag: &str| {
        cast.ask("PATCH", &round.mine()).by(&cast.member).if_match(etag).json(&json!({"visibility": visibility})).send()
    };
    assert_eq!(to("anonymous", "*").expect(409).problem(), "wrong-state");
    let before: String = cast.read(|c| Ok(contributions::table.select(contributions::listing_id).get_result(c)?));
    cast.at(CLOSES);
    let read = round.read(&cast, &cast.member);
    let narrowed = to("anonymous", read.header("etag")).expect(200).json();
    assert_eq!((&narrowed["visibility"], text(&narrowed)), (&json!("anonymous"), "Said."));
    let after: String = cast.read(|c| Ok(contributions::table.select(contributions::listing_id).get_result(c)?));
    assert_ne!(before, after);
    assert_eq!(to("attributed", read.header("etag")).expect(412).json()["current"]["visibility"], "anonymous");
    assert_eq!(to("attributed", "*").expect(422).json()["violations"][0]["code"], "not_narrower");
    to("anonymous", "*").expect(200);
    round.is(&cast, "published");
    to("secretariat_only", "*").expect(200);
    cast.ask("PATCH", &round.mine()).by(&cast.member).json(&json!({"visibility": "anonymous"})).send().expect(428);
}

#[test]
fn a_hundred_questions_are_answered_at_once() {
    let cast = Cast::new();
    let asked: Vec<Value> =
        (0..100).map(|n| json!({"kind": "text", "prompt": format!("Question {n}?"), "required": true})).collect();
    let round = Round::opened(&cast, &cast.secretary, "supporters", &["attributed"], None, &json!(asked));
    let answers: Vec<Value> = round.questions.iter().map(|id| json!({"question_id": id, "value": "ش".repeat(4_000)})).collect();
    let body = json!({"answers": answers});
    round.put(cast.ask("PUT", &round.mine()).by(&cast.member), None, &body).expect(200);
    let read = round.act(&cast, &cast.member, "submit").expect(200).json();
    assert_eq!(read["answers"], json!(answers));
    let kept: i64 = cast.read(|c| Ok(consultation_questions::table.count().get_result(c)?));
    assert_eq!(kept, 100);
}

/// How many contributions are counted in a round's results, and how many for the secretariat alone, once the worker was there.
fn counted(cast: &Cast, round: &Round) -> (i64, i64) {
    work(cast);
    let of = consultation_tallies::table.filter(consultation_tallies::consultation_id.eq(round.id));
    let tally: String = cast.read(|c| Ok(of.select(consultation_tallies::tally).get_result(c)?));
    let tally: Value = serde_json::from_str(&tally).unwrap();
    let cells = tally["cells"].as_array().unwrap().iter();
    (cells.map(|cell| cell["submitted"]["a"].as_i64().unwrap()).sum(), tally["secretariat_only"].as_i64().unwrap())
}

#[test]
fn what_is_narrowed_before_publication_is_counted_anew_and_afterwards_results_stay() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed", "anonymous", "secretariat_only"], None);
    for person in [&cast.member, &cast.other_member] {
        round.save(&cast, person, None, "Said.").expect(200);
        round.act(&cast, person, "submit").expect(200);
    }
    let narrow = |person: &Person| {
        let ask = cast.ask("PATCH", &round.mine()).by(person).if_match("*");
        ask.json(&json!({"visibility": "secretariat_only"})).send().expect(200);
    };
    cast.at(CLOSES);
    assert_eq!(counted(&cast, &round), (2, 0));
    narrow(&cast.member);
    assert_eq!(counted(&cast, &round), (1, 1), "else what is listed could be subtracted from what is counted");
    round.is(&cast, "published");
    narrow(&cast.other_member);
    assert_eq!(counted(&cast, &round), (1, 1), "results never change once they are published");
}
