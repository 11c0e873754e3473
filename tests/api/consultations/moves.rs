//! Who moves a round where, and what must hold.

use serde_json::{Value, json};

use super::kit::{Asked, body, post};
use crate::deliverables::violations;
use crate::world::Person;
use crate::world::cast::Cast;

const STATUSES: [&str; 6] = ["draft", "scheduled", "open", "closed", "published", "cancelled"];

/// Brings a round that is ready into a status.
fn bring(cast: &Cast, round: &Asked, status: &str) {
    let way: &[&str] = match status {
        "scheduled" => &["scheduled"],
        "open" => &["open"],
        "closed" => &["open", "closed"],
        "published" => &["open", "closed", "published"],
        "cancelled" => &["cancelled"],
        _ => &[],
    };
    for to in way {
        if *to == "published" {
            round.conclude(cast);
        }
        round.go(cast, &cast.secretary, to).expect(200);
    }
}

#[test]
fn a_round_moves_as_the_table_says_for_every_role() {
    let cast = Cast::new();
    let movers: [(&str, &Person); 2] = [("co_chair", &cast.chair), ("secretariat", &cast.secretary)];
    let mut lines = Vec::new();
    for audience in ["group_members", "supporters"] {
        for from in STATUSES {
            for (role, by) in movers {
                let mut outcomes = Vec::new();
                for to in STATUSES {
                    let mut body = body(&cast, audience, &["attributed"]);
                    // A group's, also where it asks everybody.
                    (body["scope"], body["group_id"]) = (json!("group"), json!(cast.group));
                    let round = Asked::drafted(&cast, &cast.chair, &body);
                    round.fill(&cast);
                    bring(&cast, &round, from);
                    round.conclude(&cast);
                    let allowed = round.read(&cast, by).expect(200).json()["allowed_transitions"].clone();
                    let reply = round.go(&cast, by, to);
                    let may = allowed.as_array().unwrap().contains(&json!(to));
                    assert_eq!(reply.status == 200, may, "{audience} {role} {from} {to} {allowed}");
                    match reply.status {
                        200 => {
                            assert_eq!(reply.json()["status"], to);
                            outcomes.push(to.to_owned());
                        }
                        409 => assert_eq!(reply.json()["allowed"], allowed),
                        403 => outcomes.push(format!("({to})")),
                        other => panic!("{other}"),
                    }
                }
                lines.push(format!("{audience} {from} {role}: {}", outcomes.join(" ")));
            }
        }
    }
    insta::assert_snapshot!(lines.join("\n"), @"
    group_members draft co_chair: scheduled open cancelled
    group_members draft secretariat: scheduled open cancelled
    group_members scheduled co_chair: draft open cancelled
    group_members scheduled secretariat: draft open cancelled
    group_members open co_chair: closed cancelled
    group_members open secretariat: closed cancelled
    group_members closed co_chair: published
    group_members closed secretariat: published
    group_members published co_chair: 
    group_members published secretariat: 
    group_members cancelled co_chair: 
    group_members cancelled secretariat: 
    supporters draft co_chair: (scheduled) (open) cancelled
    supporters draft secretariat: scheduled open cancelled
    supporters scheduled co_chair: draft (scheduled) (open) cancelled
    supporters scheduled secretariat: draft open cancelled
    supporters open co_chair: (scheduled) (open) closed cancelled
    supporters open secretariat: closed cancelled
    supporters closed co_chair: (scheduled) (open) published
    supporters closed secretariat: published
    supporters published co_chair: (scheduled) (open)
    supporters published secretariat: 
    supporters cancelled co_chair: (scheduled) (open)
    supporters cancelled secretariat: 
    ");
}

#[test]
fn whoever_does_not_run_a_round_moves_nothing() {
    let cast = Cast::new();
    let draft = Asked::ready(&cast, "group_members", &["attributed"]);
    let open = Asked::new(&cast, "group_members", &["attributed"]);
    let everybodys = Asked::new(&cast, "public", &["attributed"]);
    let moves = |round: &Asked, by: &Person| {
        let extension = round.extend(&cast, by, "2026-12-01T00:00:00Z").status;
        let change = cast.ask("PATCH", &round.path).by(by).if_match("*").json(&json!({"title": "Mine"})).send().status;
        (round.go(&cast, by, "cancelled").status, extension, change)
    };
    for by in [&cast.member, &cast.observer, &cast.lead] {
        assert_eq!(moves(&draft, by), (404, 404, 404), "{}", by.email);
        assert_eq!(moves(&open, by), (403, 403, 403), "{}", by.email);
    }
    for by in [&cast.stranger, &cast.representative, &cast.focal_point] {
        assert_eq!(moves(&draft, by), (404, 404, 404), "{}", by.email);
        assert_eq!(moves(&open, by), (404, 404, 404), "{}", by.email);
        assert_eq!(moves(&everybodys, by), (403, 403, 403), "{}", by.email);
    }
    // The call's rounds are the secretariat's, a group's not those of another group's chairs.
    assert_eq!(moves(&everybodys, &cast.chair), (403, 403, 403));
    cast.ask("POST", &format!("{}/transitions", everybodys.path)).json(&json!({"to": "closed"})).send().expect(401);
    assert_eq!((open.status_of(&cast), draft.acts(&cast).len()), ("open".into(), 1));
}

impl Asked {
    fn status_of(&self, cast: &Cast) -> String {
        self.read(cast, &cast.secretary).json()["status"].as_str().unwrap().to_owned()
    }
}

#[test]
fn every_missing_condition_is_named_at_once() {
    let cast = Cast::new();
    let mut empty = body(&cast, "group_members", &[]);
    (empty["opens_at"], empty["closes_at"]) = (json!("2026-09-01T08:59:59.999999Z"), json!("2026-09-01T08:00:00Z"));
    let round = Asked::drafted(&cast, &cast.chair, &empty);
    let all = ["no_question", "no_visibility", "opens_in_the_past", "closes_before_it_opens"];
    assert_eq!(violations(round.go(&cast, &cast.chair, "scheduled")), all);
    // By hand it opens now, so only the close can lie wrong.
    assert_eq!(violations(round.go(&cast, &cast.chair, "open")), ["no_question", "no_visibility", "closes_before_it_opens"]);
    let at_rest = |status: &str| {
        let body = json!({"to": status, "reason": "A pause."});
        cast.ask("POST", "/groups/5/transitions").by(&cast.secretary).json(&body).send().expect(200);
    };
    at_rest("suspended");
    let reply = round.go(&cast, &cast.chair, "scheduled");
    assert_eq!(violations(reply).last().unwrap(), "group_not_active");
    at_rest("active");
    round.fill(&cast);
    round.change(&cast, &cast.chair, &json!({"allowed_visibility": ["attributed"], "opens_at": "2026-09-01T09:00:00Z", "closes_at": "2026-09-01T09:00:00.000001Z"})).expect(200);
    // Now is not too late to open, and a microsecond is long enough.
    round.go(&cast, &cast.chair, "scheduled").expect(200);
    assert_eq!(round.acts(&cast), ["consultation.created", "consultation.changed", "consultation.scheduled"]);
    let path = format!("{}/transitions", round.path);
    assert_eq!(violations(post(&cast, &cast.chair, &path, &json!({"to": "cancelled", "reason": " "}))), ["reason_required"]);
    let closed = round.go(&cast, &cast.chair, "closed").expect(200).json();
    assert_eq!((&closed["status"], &closed["closes_at"]), (&json!("closed"), &json!("2026-09-01T09:00:00Z")));
    assert_eq!(violations(round.go(&cast, &cast.chair, "published")), ["no_synthesis"]);
    round.conclude(&cast);
    let published = round.go(&cast, &cast.chair, "published").expect(200).json();
    assert_eq!(published["published_at"], "2026-09-01T09:00:00Z");
    assert_eq!(violations_of(&published), Value::Null);
}

fn violations_of(json: &Value) -> Value {
    json["violations"].clone()
}

#[test]
fn opening_and_closing_by_hand_set_that_instant() {
    let cast = Cast::new();
    let round = Asked::scheduled(&cast, "public");
    cast.at("2026-09-01T09:05:00.000007Z");
    let open = round.go(&cast, &cast.secretary, "open").expect(200).json();
    assert_eq!((&open["opens_at"], &open["closes_at"]), (&json!("2026-09-01T09:05:00.000007Z"), &json!(super::kit::CLOSES)));
    cast.at("2026-09-01T09:06:00Z");
    let closed = round.go(&cast, &cast.secretary, "closed").expect(200).json();
    assert_eq!(closed["closes_at"], "2026-09-01T09:06:00Z");
    assert_eq!(round.status(&cast), "closed");
}

#[test]
fn an_extension_is_later_and_has_a_reason() {
    let cast = Cast::new();
    let round = Asked::ready(&cast, "group_members", &["attributed"]);
    assert_eq!(round.extend(&cast, &cast.chair, "2026-12-01T00:00:00Z").expect(409).problem(), "wrong-state");
    round.go(&cast, &cast.chair, "open").expect(200);
    let path = format!("{}/extension", round.path);
    let bare = post(&cast, &cast.chair, &path, &json!({"closes_at": "2026-09-01T09:00:00Z"}));
    assert_eq!(violations(bare), ["closes_in_the_past", "no_extension", "reason_required"]);
    assert_eq!(violations(round.extend(&cast, &cast.chair, super::kit::CLOSES)), ["no_extension"]);
    let reply = cast
        .ask("POST", &path)
        .by(&cast.chair)
        .if_match("\"1.0\"")
        .json(&json!({"closes_at": "2026-12-01T00:00:00Z", "reason": "R"}));
    reply.send().expect(412);
    let longer = round.extend(&cast, &cast.chair, "2026-09-30T22:00:00.000001Z").expect(200).json();
    assert_eq!(longer["closes_at"], "2026-09-30T22:00:00.000001Z");
    assert_eq!(round.acts(&cast).last().unwrap(), "consultation.extended");
}

#[test]
fn of_those_who_move_a_round_at_once_one_does() {
    let cast = Cast::new();
    let round = Asked::ready(&cast, "group_members", &["attributed"]);
    let statuses = crate::supporters::sixteen_at_once(|n| {
        round.go(&cast, if n % 2 == 0 { &cast.chair } else { &cast.other_chair }, "open").status
    });
    let mut expected = vec![409; 16];
    expected[0] = 200;
    assert_eq!(statuses, expected);
    assert_eq!(round.acts(&cast), ["consultation.created", "consultation.opened"]);
    assert_eq!(cast.get("/groups/5").json()["counts"]["open_consultations"], 1);
}
