//! Requests for affiliation: a person asks, a focal point or the secretariat decides.

use serde_json::{Value, json};

use super::team::{Team, one_of, sixteen_at_once};
use crate::world::{Person, Reply};

const ACME: &str = "/supporters/acme/affiliation-requests";

fn ask(team: &Team, by: &Person) -> Reply {
    team.post(by, ACME, &json!({}))
}

fn path(view: &Value) -> String {
    format!("/affiliation-requests/{}", view["id"].as_str().unwrap())
}

fn decide(team: &Team, by: &Person, view: &Value, body: &Value) -> Reply {
    team.post(by, &format!("{}/decision", path(view)), body)
}

#[test]
fn a_person_asks_a_focal_point_accepts_and_both_are_told() {
    let team = Team::new();
    let focal = team.colleague("focal@acme.example", "acme", "focal_point");
    let second = team.colleague("second@acme.example", "acme", "focal_point");
    team.colleague("rep@acme.example", "acme", "representative");
    let ana = team.person("ana@example.org");
    let made = team.post(&ana, ACME, &json!({"message": " أعمل هنا \r\nسطر ثان"})).expect(201);
    let view = made.json();
    assert_eq!(made.header("location"), format!("/api/v1{}", path(&view)));
    let expected = json!({
        "id": view["id"], "person": {"id": ana.id, "display_name": "Ana Test"}, "email": "ana@example.org",
        "supporter": {"id": team.acme, "slug": "acme", "name": "Acme"}, "message": "أعمل هنا \nسطر ثان", "status": "requested",
        "reason": null, "decided_by": null, "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z",
        "etag": view["etag"],
    });
    assert_eq!(view, expected);
    let mails = team.mails();
    assert_eq!(mails.list(), ["affiliation_asked focal@acme.example", "affiliation_asked second@acme.example"]);
    let params = json!({"name": "Focal Test", "path": "supporters/acme/affiliation-requests", "supporter": "Acme", "person": "Ana Test",
        "message": "أعمل هنا \nسطر ثان"});
    assert_eq!(mails.to("focal@acme.example").params, params);
    for by in [&ana, &focal, &team.secretary] {
        assert_eq!(team.read_by(by, &path(&view)).expect(200).json(), expected);
    }
    assert_eq!(ask(&team, &ana).expect(409).problem(), "already-exists");
    let waiting = team.read_by(&focal, &format!("{ACME}?status=requested&total=true")).expect(200).json();
    assert_eq!((&waiting["items"][0], &waiting["total"]), (&expected, &json!(1)));
    let accept = json!({"decision": "accept"});
    let stale = team.ask("POST", &format!("{}/decision", path(&view))).by(&focal).if_match("\"9.0\"").json(&accept).send();
    assert_eq!(stale.expect(412).problem(), "precondition-failed");
    let decided = decide(&team, &second, &view, &accept).expect(200).json();
    assert_eq!((&decided["status"], &decided["decided_by"]["id"]), (&json!("accepted"), &json!(second.id)));
    let mails = team.mails();
    assert_eq!(mails.list(), ["affiliation_decided ana@example.org"]);
    let params = json!({"name": "Ana Test", "path": "supporters/acme", "supporter": "Acme", "accepted": true, "reason": null});
    assert_eq!(mails.to("ana@example.org").params, params);
    assert_eq!(team.affiliation("acme", "ana@example.org").unwrap()["role"], "representative");
    assert_eq!(team.acts("affiliation_request."), ["affiliation_request.made", "affiliation_request.decided"]);
    // What is decided is decided.
    for decision in ["accept", "decline"] {
        let again = decide(&team, &focal, &view, &json!({"decision": decision})).expect(409);
        assert_eq!((again.problem().as_str(), &again.json()["allowed"]), ("illegal-transition", &json!([])));
    }
    assert_eq!(ask(&team, &ana).expect(409).problem(), "already-exists", "affiliated already");
}

#[test]
fn a_declined_request_says_why_and_may_be_made_again() {
    let team = Team::new();
    let ana = team.person("ana@example.org");
    // No focal point: the secretariat is asked.
    let view = ask(&team, &ana).expect(201).json();
    assert_eq!(team.mails().list(), ["affiliation_asked secretary@plenary.test"]);
    assert_eq!(view["message"], Value::Null);
    let decline = json!({"decision": "decline", "reason": "Unknown here."});
    assert_eq!(decide(&team, &team.secretary, &view, &json!({"decision": "perhaps"})).expect(422).faults(), ["/decision enum"]);
    let decided = decide(&team, &team.secretary, &view, &decline).expect(200).json();
    assert_eq!((&decided["status"], &decided["reason"]), (&json!("declined"), &json!("Unknown here.")));
    let params =
        json!({"name": "Ana Test", "path": "supporters/acme", "supporter": "Acme", "accepted": false, "reason": "Unknown here."});
    assert_eq!(team.mails().to("ana@example.org").params, params);
    assert_eq!(team.affiliation("acme", "ana@example.org"), None);
    let again = ask(&team, &ana).expect(201).json();
    assert_ne!(again["id"], view["id"]);
    // Affiliated by other means, what was asked for is given.
    team.affiliate("ana@example.org", "acme", "focal_point");
    assert_eq!(team.read_by(&ana, &path(&again)).expect(200).json()["status"], "accepted");
}

#[test]
fn only_a_confirmed_person_asks_and_only_an_endorsed_supporter() {
    let team = Team::new();
    let focal = team.colleague("focal@acme.example", "acme", "focal_point");
    let rep = team.colleague("rep@acme.example", "acme", "representative");
    let other = team.colleague("other@example.org", "ministry", "focal_point");
    let ana = team.person("ana@example.org");
    team.register("half@example.org");
    let half = team.sign_in("half@example.org");
    assert_eq!(ask(&team, &half).expect(403).problem(), "forbidden");
    team.ask("POST", ACME).json(&json!({})).send().expect(401);
    for hidden in ["asking", "nobody"] {
        team.post(&ana, &format!("/supporters/{hidden}/affiliation-requests"), &json!({})).expect(404);
    }
    let gone = team.post(&ana, "/supporters/gone/affiliation-requests", &json!({})).expect(409);
    assert_eq!(gone.problem(), "wrong-state");
    let hidden = team.post(&team.secretary, "/supporters/asking/affiliation-requests", &json!({})).expect(409);
    assert_eq!(hidden.problem(), "wrong-state");
    assert_eq!(team.post(&ana, ACME, &json!({"message": "\u{0007}"})).expect(422).faults(), ["/message format"]);
    assert_eq!(ask(&team, &rep).expect(409).problem(), "already-exists");
    let view = ask(&team, &ana).expect(201).json();
    let accept = json!({"decision": "accept"});
    for by in [&rep, &other, &half] {
        team.read_by(by, ACME).expect(403);
        team.read_by(by, &path(&view)).expect(404);
        decide(&team, by, &view, &accept).expect(404);
    }
    // One's own is seen, and not decided.
    team.read_by(&ana, ACME).expect(403);
    decide(&team, &ana, &view, &accept).expect(403);
    decide(&team, &focal, &view, &accept).expect(200);
}

#[test]
fn sixteen_at_once_ask_once_and_decide_once() {
    let team = Team::new();
    let focal = team.colleague("focal@acme.example", "acme", "focal_point");
    let ana = team.person("ana@example.org");
    assert_eq!(sixteen_at_once(|_| ask(&team, &ana).status), one_of(201, 409));
    assert_eq!(team.mails().list(), ["affiliation_asked focal@acme.example"]);
    let list = team.read_by(&focal, ACME).expect(200).json();
    let view = &list["items"][0];
    let decision = |i: usize| if i.is_multiple_of(2) { "accept" } else { "decline" };
    let decided = |i: usize| {
        let by = if i.is_multiple_of(3) { &team.secretary } else { &focal };
        decide(&team, by, view, &json!({"decision": decision(i)})).status
    };
    assert_eq!(sixteen_at_once(decided), one_of(200, 409));
    assert_eq!(team.mails().list(), ["affiliation_decided ana@example.org"]);
    let status = team.read_by(&ana, &path(view)).expect(200).json()["status"].clone();
    assert_eq!(status == "accepted", team.affiliation("acme", "ana@example.org").is_some());
}
