//! What those who take part in a group say of its deliverables.

use diesel::prelude::*;
use plenary::schema::memberships;
use serde_json::{Value, json};

use super::{Desk, each, violations};
use crate::world::Person;

impl Desk {
    #[track_caller]
    fn say(&self, by: &Person, path: &str, body: &str) -> Value {
        self.post(by, &format!("{path}/comments"), &json!({"body": body})).expect(201).json()
    }

    #[track_caller]
    fn reply(&self, by: &Person, path: &str, to: &Value) -> Value {
        self.post(by, &format!("{path}/comments"), &json!({"body": "I see.", "reply_to": to["id"]})).expect(201).json()
    }
}

fn at(comment: &Value) -> String {
    format!("/comments/{}", comment["id"].as_str().unwrap())
}

#[test]
fn who_takes_part_reads_and_writes_comments() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let list = format!("{path}/comments");
    for who in [&desk.observer, &desk.member, &desk.lead, &desk.chair, &desk.secretary] {
        let said = desk.say(who, &path, " Good.\r\nGo on. ");
        assert_eq!(said["body"], "Good.\nGo on.");
        assert_eq!(desk.read(&desk.member, &at(&said)).expect(200).json(), said);
    }
    let all = desk.read(&desk.observer, &format!("{list}?total=true&sort=created_at")).expect(200).json();
    let authors: Vec<_> = each(&all, "author").iter().map(|author| author["display_name"].clone()).collect();
    assert_eq!(authors, ["Observer Test", "Member Test", "Lead Test", "Chair Test", "Secretary Test"]);
    assert_eq!(all["total"], 5);
    let said = desk.say(&desk.member, &path, "Among us.");
    for who in [&desk.representative, &desk.focal_point, &desk.stranger] {
        desk.read(who, &list).expect(403);
        desk.post(who, &list, &json!({"body": "Hello."})).expect(403);
        desk.read(who, &at(&said)).expect(404);
        desk.ask("PATCH", &at(&said)).by(who).if_match("*").json(&json!({"body": "x"})).send().expect(404);
        desk.ask("DELETE", &at(&said)).by(who).if_match("*").send().expect(404);
        desk.post(who, &format!("{}/hide", at(&said)), &json!({"reason": "x"})).expect(404);
    }
    for path in [&list, &at(&said)] {
        desk.get(path).expect(401);
    }
    assert_eq!(desk.post(&desk.member, &list, &json!({"body": " \n"})).expect(422).faults(), ["/body format"]);
    assert_eq!(
        desk.post(&desk.member, &list, &json!({"body": 1, "reply_to": "x"})).expect(422).faults(),
        ["/body type", "/reply_to format"]
    );
    desk.put_group("concluded");
    desk.post(&desk.member, &list, &json!({"body": "Too late."})).expect(409);
    desk.read(&desk.member, &list).expect(200);
}

#[test]
fn whoever_was_removed_reads_nothing_any_more_not_even_their_own() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let said = desk.say(&desk.member, &path, "Mine.");
    desk.write(|tx| {
        let now = tx.now();
        let theirs = memberships::table.filter(memberships::person_id.eq(desk.member.id));
        diesel::update(theirs).set((memberships::status.eq("removed"), memberships::until.eq(now))).execute(&mut **tx)?;
        Ok(())
    });
    desk.read(&desk.member, &format!("{path}/comments")).expect(403);
    desk.read(&desk.member, &at(&said)).expect(404);
    desk.ask("DELETE", &at(&said)).by(&desk.member).if_match("*").send().expect(404);
    // Nor is told of replies.
    desk.mails();
    desk.reply(&desk.lead, &path, &said);
    assert!(desk.mails().list().is_empty());
}

#[test]
fn a_reply_is_mailed_to_whom_it_answers() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let said = desk.say(&desk.member, &path, "A question.");
    let reply = desk.reply(&desk.observer, &path, &said);
    let mails = desk.mails();
    assert_eq!(mails.list(), ["comment_reply member@plenary.test"]);
    let params = &mails.to("member@plenary.test").params;
    assert_eq!(
        (params["person"].clone(), params["body"].clone(), params["reference"].clone()),
        (json!("Observer Test"), json!("I see."), json!("WG5-D1"))
    );
    // To a reply, too; not to oneself.
    desk.reply(&desk.observer, &path, &reply);
    assert!(desk.mails().list().is_empty());
    desk.reply(&desk.secretary, &path, &reply);
    assert_eq!(desk.mails().list(), ["comment_reply observer@plenary.test"]);
    // Only on the same deliverable.
    let other = format!("/deliverables/{}", desk.plan("B", "2026-12-01")["reference"].as_str().unwrap());
    for to in [said["id"].as_str().unwrap(), "0190aaaa-0000-7000-8000-00000000dead"] {
        let body = json!({"body": "x", "reply_to": to});
        assert_eq!(violations(desk.post(&desk.member, &format!("{other}/comments"), &body)), ["reply_elsewhere"]);
    }
}

#[test]
fn a_comment_is_changed_by_its_author_for_a_quarter_of_an_hour() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    desk.at("2026-09-01T09:10:00Z");
    let said = desk.say(&desk.member, &path, "Frist.");
    let change = |by: &Person| desk.change(by, &at(&said), &json!({"body": "First."}));
    for who in [&desk.lead, &desk.chair, &desk.secretary] {
        change(who).expect(403);
    }
    desk.ask("PATCH", &at(&said)).by(&desk.member).json(&json!({"body": "x"})).send().expect(428);
    desk.at("2026-09-01T09:14:00Z");
    let changed = change(&desk.member).expect(200).json();
    assert_eq!((changed["body"].clone(), changed["edited_at"].clone()), (json!("First."), json!("2026-09-01T09:14:00Z")));
    desk.ask("PATCH", &at(&said)).by(&desk.member).if_match(said["etag"].as_str().unwrap()).json(&json!({})).send().expect(412);
    desk.at("2026-09-01T09:25:00.000001Z");
    let member = desk.sign_in("member@plenary.test");
    let etag = desk.ask("GET", &at(&said)).by(&member).send().expect(200).header("etag").to_owned();
    let late = desk.ask("PATCH", &at(&said)).by(&member).if_match(&etag).json(&json!({"body": "Late."})).send().expect(409);
    assert_eq!(late.problem(), "wrong-state");
    // Taken back it can be at any time.
    desk.ask("DELETE", &at(&said)).by(&member).if_match(&etag).send().expect(204);
    desk.ask("GET", &at(&said)).by(&member).send().expect(404);
}

#[test]
fn what_was_answered_leaves_a_trace_when_it_is_taken_back() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let said = desk.say(&desk.member, &path, "Regretted.");
    let reply = desk.reply(&desk.lead, &path, &said);
    for who in [&desk.lead, &desk.chair, &desk.secretary] {
        desk.with_etag("DELETE", who, &at(&said), None).expect(403);
    }
    desk.with_etag("DELETE", &desk.member, &at(&said), None).expect(204);
    for who in [&desk.member, &desk.secretary] {
        let trace = desk.read(who, &at(&said)).expect(200).json();
        assert_eq!((trace["status"].clone(), trace["body"].clone()), (json!("deleted"), Value::Null));
    }
    desk.change(&desk.member, &at(&said), &json!({"body": "Back."})).expect(409);
    let list = format!("{path}/comments");
    desk.post(&desk.lead, &list, &json!({"body": "x", "reply_to": said["id"]})).expect(409);
    assert_eq!(each(&desk.read(&desk.lead, &list).json(), "body"), [json!("I see."), Value::Null]);
    desk.with_etag("DELETE", &desk.lead, &at(&reply), None).expect(204);
    desk.read(&desk.lead, &at(&reply)).expect(404);
    // The words are gone, not only unseen.
    let export = desk.read(&desk.member, "/me/export").expect(200).json();
    assert_eq!(export["comments"][0]["body"], "");
}

#[test]
fn a_comment_is_hidden_for_a_reason() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let said = desk.say(&desk.member, &path, "Rude words.");
    let hide = format!("{}/hide", at(&said));
    for who in [&desk.member, &desk.lead, &desk.observer] {
        desk.post(who, &hide, &json!({"reason": "x"})).expect(403);
    }
    assert_eq!(violations(desk.post(&desk.chair, &hide, &json!({}))), ["reason_required"]);
    desk.post(&desk.chair, &hide, &json!({"reason": "Not among us."})).expect(200);
    desk.post(&desk.chair, &hide, &json!({"reason": "Again."})).expect(409);
    let seen = |by: &Person| {
        let comment = desk.read(by, &at(&said)).expect(200).json();
        assert_eq!(comment["status"], "hidden");
        (comment["body"].clone(), comment["hidden_reason"].clone())
    };
    for who in [&desk.member, &desk.other_chair, &desk.secretary] {
        assert_eq!(seen(who), (json!("Rude words."), json!("Not among us.")), "{}", who.email);
    }
    for who in [&desk.lead, &desk.observer, &desk.other_member] {
        assert_eq!(seen(who), (Value::Null, Value::Null), "{}", who.email);
        assert!(!desk.read(who, &format!("{path}/comments")).text().contains("Rude"));
    }
    desk.change(&desk.member, &at(&said), &json!({"body": "Polite words."})).expect(409);
    desk.post(&desk.lead, &format!("{path}/comments"), &json!({"body": "x", "reply_to": said["id"]})).expect(409);
    assert_eq!(desk.acts("comment"), ["comment.written - - -", "comment.hidden - - Not among us."]);
}
