//! Members who are thanked by name, with their consent.

use serde_json::{Value, json};

use super::{Desk, each, violations};
use crate::world::{Person, Reply};

impl Desk {
    fn agree(&self, by: &Person, path: &str, body: &Value) -> Reply {
        self.ask("PUT", &format!("{path}/acknowledgements/me")).by(by).json(body).send()
    }

    #[track_caller]
    fn thank(&self, by: &Person, path: &str, items: &Value) -> Reply {
        self.with_etag("PUT", by, &format!("{path}/acknowledgements"), Some(&json!({"items": items})))
    }
}

fn names(list: &Value) -> Vec<String> {
    each(list, "person").iter().map(|person| person["display_name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn who_agreed_and_was_chosen_is_thanked() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let list = format!("{path}/acknowledgements");
    let (member, other, lead) = (desk.membership(&desk.member), desk.membership(&desk.other_member), desk.membership(&desk.lead));
    let mine = desk.agree(&desk.member, &path, &json!({"agreed": true, "text": "For the index."})).expect(200).json();
    assert_eq!(mine, json!({"agreed": true, "text": "For the index.", "shown": false}));
    desk.agree(&desk.other_member, &path, &json!({"agreed": true})).expect(200);
    // Before somebody chose, only who chooses and oneself know.
    assert!(names(&desk.get(&list).expect(200).json()).is_empty());
    assert_eq!(names(&desk.read(&desk.lead, &list).json()), ["Member Test", "Other-member Test"]);
    assert_eq!(names(&desk.read(&desk.member, &list).json()), ["Member Test"]);
    assert!(names(&desk.read(&desk.observer, &list).json()).is_empty());
    let items = json!([{"membership_id": other, "text": "For everything."}, {"membership_id": member}]);
    desk.thank(&desk.lead, &path, &items).expect(200);
    let public = desk.get(&list).expect(200).json();
    assert_eq!(names(&public), ["Other-member Test", "Member Test"]);
    assert_eq!(each(&public, "text"), ["For everything.", "For the index."]);
    assert_eq!(desk.get(&path).json()["acknowledgements"], public["items"]);
    // Nobody who did not agree, nobody twice.
    assert_eq!(
        violations(desk.thank(&desk.chair, &path, &json!([{"membership_id": lead}, {"membership_id": member}]))),
        ["not_agreed"]
    );
    let twice = json!([{"membership_id": member}, {"membership_id": member, "text": "\u{0007}"}]);
    assert_eq!(
        desk.thank(&desk.chair, &path, &twice).expect(422).faults(),
        ["/items/1/text format", "/items/1/membership_id repeated"]
    );
    // Words that are public are changed by who chose them.
    desk.agree(&desk.member, &path, &json!({"agreed": true, "text": "For more."})).expect(409);
    desk.agree(&desk.member, &path, &json!({"agreed": true})).expect(200);
    // Agreement taken back: at once.
    let mine = desk.agree(&desk.other_member, &path, &json!({"agreed": false})).expect(200).json();
    assert_eq!(mine, json!({"agreed": false, "text": null, "shown": false}));
    assert_eq!(names(&desk.get(&list).json()), ["Member Test"]);
    assert_eq!(violations(desk.thank(&desk.chair, &path, &items)), ["not_agreed"]);
    desk.thank(&desk.chair, &path, &json!([])).expect(200);
    assert!(names(&desk.get(&list).json()).is_empty());
    let acts =
        ["deliverable.acknowledged - - -", "deliverable.acknowledgement_withdrawn - - -", "deliverable.acknowledged - - -"];
    assert_eq!(desk.acts("deliverable.ack"), acts);
}

#[test]
fn only_members_agree_and_only_who_works_on_it_chooses() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    for who in [&desk.observer, &desk.chair, &desk.secretary, &desk.representative, &desk.stranger] {
        desk.agree(who, &path, &json!({"agreed": true})).expect(403);
    }
    for who in [&desk.member, &desk.observer, &desk.representative, &desk.stranger] {
        desk.thank(who, &path, &json!([])).expect(403);
    }
    let list = format!("{path}/acknowledgements");
    desk.ask("PUT", &list).json(&json!({"items": []})).send().expect(401);
    desk.ask("PUT", &list).by(&desk.lead).json(&json!({"items": []})).send().expect(428);
    let etag = desk.read(&desk.lead, &list).header("etag").to_owned();
    desk.change(&desk.lead, &path, &json!({"progress": 1})).expect(200);
    desk.ask("PUT", &list).by(&desk.lead).if_match(&etag).json(&json!({"items": []})).send().expect(412);
    // Thanks are for what is done, too; an archive stays as it is, but nobody is thanked against their will.
    desk.agree(&desk.member, &path, &json!({"agreed": true})).expect(200);
    desk.put(&path, "approved");
    desk.thank(&desk.lead, &path, &json!([{"membership_id": desk.membership(&desk.member)}])).expect(200);
    desk.put_group("concluded");
    desk.thank(&desk.secretary, &path, &json!([])).expect(409);
    desk.agree(&desk.other_member, &path, &json!({"agreed": true})).expect(409);
    desk.agree(&desk.member, &path, &json!({"agreed": false})).expect(200);
    assert!(names(&desk.get(&list).json()).is_empty());
}

#[test]
fn who_asks_to_be_forgotten_is_thanked_no_more() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    desk.agree(&desk.member, &path, &json!({"agreed": true, "text": "Member Test wrote it."})).expect(200);
    desk.thank(&desk.lead, &path, &json!([{"membership_id": desk.membership(&desk.member)}])).expect(200);
    let export = desk.read(&desk.member, "/me/export").expect(200).json();
    assert_eq!(export["acknowledgements"][0]["text"], "Member Test wrote it.");
    desk.ask("DELETE", "/me")
        .by(&desk.member)
        .if_match("*")
        .json(&json!({"password": crate::world::PASSWORD}))
        .send()
        .expect(204);
    for path in [path.clone(), format!("{path}/acknowledgements")] {
        assert!(!desk.read(&desk.lead, &path).expect(200).text().contains("Member Test"), "{path}");
    }
}
