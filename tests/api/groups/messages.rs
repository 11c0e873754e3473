//! Messages to the people of groups.

use diesel::prelude::*;
use plenary::schema::*;
use serde_json::{Value, json};

use super::life::codes;
use crate::supporters::changes::{acts, at_once};
use crate::world::cast::Cast;
use crate::world::{Person, Reply};

fn write(cast: &Cast, by: &Person, to: &str) -> Reply {
    let body = json!({"subject": "  On Monday ", "body": "We meet.\n\n**All** of us.", "to": to});
    cast.ask("POST", "/groups/5/messages").by(by).json(&body).send()
}

#[test]
fn co_chairs_write_to_the_people_of_their_group() {
    let cast = Cast::new();
    write(&cast, &cast.chair, "members").expect(202);
    let mails = cast.mails();
    assert_eq!(
        mails.list(),
        ["group_message lead@plenary.test", "group_message member@plenary.test", "group_message other-member@plenary.test"]
    );
    let expected = json!({"name": "Member Test", "groups": ["Creating a cyberspace stability index"], "sender": "Chair Test",
        "subject": "On Monday", "body": "We meet.\n\n**All** of us.", "path": "groups/5"});
    assert_eq!(mails.to("member@plenary.test").params, expected);
    // Not to oneself.
    write(&cast, &cast.chair, "co_chairs").expect(202);
    assert_eq!(cast.mails().list(), ["group_message other-chair@plenary.test"]);
    assert_eq!(codes(&write(&cast, &cast.chair, "leads").expect(422)), ["no_recipients"]);
    for person in [&cast.member, &cast.observer, &cast.focal_point, &cast.stranger] {
        write(&cast, person, "members").expect(403);
    }
    assert_eq!(acts(&cast, cast.group.as_str()), ["group.messaged", "group.messaged"]);
    let kept: Vec<(String, i64)> = cast.read(|c| {
        Ok(group_messages::table
            .order(group_messages::id)
            .select((group_messages::audience, group_messages::recipients))
            .load(c)?)
    });
    assert_eq!(kept, [("members".to_owned(), 3), ("co_chairs".to_owned(), 1)]);
    let body = json!({"subject": " ", "body": "a\u{1}", "to": "members"});
    let faults = cast.ask("POST", "/groups/5/messages").by(&cast.chair).json(&body).send().expect(422).faults();
    assert_eq!(faults, ["/subject format", "/body format"]);
}

#[test]
fn nobody_writes_more_than_five_a_day_to_a_group() {
    let cast = Cast::new();
    let statuses = at_once(8, |n| {
        let body = json!({"subject": format!("S{n}"), "body": "B", "to": "members"});
        cast.ask("POST", "/groups/5/messages").by(&cast.chair).json(&body).send()
    });
    assert_eq!(statuses, [202, 202, 202, 202, 202, 422, 422, 422]);
    assert_eq!(codes(&write(&cast, &cast.chair, "members").expect(422)), ["daily_limit"]);
    write(&cast, &cast.other_chair, "members").expect(202);
    // The day is the call's: Paris is at UTC+2.
    cast.at("2026-09-01T21:59:59Z");
    let chair = cast.sign_in(&cast.chair.email);
    write(&cast, &chair, "members").expect(422);
    cast.at("2026-09-01T22:00:00Z");
    write(&cast, &chair, "members").expect(202);
}

#[test]
fn the_secretariat_writes_to_many_groups_once_to_each_person() {
    let cast = Cast::new();
    // A member of group 5 is one of group 4 too.
    cast.write(|tx| {
        let four: String =
            working_groups::table.filter(working_groups::number.eq(4)).select(working_groups::id).get_result(&mut **tx)?;
        let (id, now): (plenary::ids::Id<()>, _) = (tx.new_id(), tx.now());
        use memberships as m;
        let own = (m::id.eq(id), m::group_id.eq(four), m::person_id.eq(cast.member.id), m::supporter_id.eq(cast.supporter));
        let stands = (m::role.eq("member"), m::status.eq("active"), m::since.eq(now));
        diesel::insert_into(m::table)
            .values((own, stands, m::version.eq(1), m::created_at.eq(now), m::updated_at.eq(now)))
            .execute(&mut **tx)?;
        Ok(())
    });
    let ask = |by: &Person, filter: Value, preview: bool| {
        let body = json!({"filter": filter, "subject": "S", "body": "B", "to": "members", "preview": preview});
        cast.ask("POST", "/admin/messages").by(by).json(&body).send()
    };
    let preview = ask(&cast.secretary, json!({"status": "active", "principle": 9}), true).expect(200).json();
    let groups: Vec<(i64, i64)> = preview["groups"]
        .as_array()
        .unwrap()
        .iter()
        .map(|g| (g["group"]["number"].as_i64().unwrap(), g["recipients"].as_i64().unwrap()))
        .collect();
    assert_eq!((groups, &preview["recipients"]), (vec![(1, 0), (2, 0), (3, 0), (4, 1), (5, 3)], &json!(3)));
    assert!(cast.mails().list().is_empty());
    ask(&cast.secretary, json!({}), false).expect(202);
    let mails = cast.mails();
    assert_eq!(mails.list().len(), 3);
    assert_eq!(
        mails.to("member@plenary.test").params["groups"],
        json!(["Advancing international norms", "Creating a cyberspace stability index"])
    );
    assert_eq!(codes(&ask(&cast.secretary, json!({"group": "6"}), false).expect(422)), ["no_recipients"]);
    assert_eq!(codes(&ask(&cast.secretary, json!({"status": "concluded"}), false).expect(422)), ["no_recipients"]);
    assert_eq!(ask(&cast.secretary, json!({"group": "none"}), true).expect(422).faults(), ["/filter/group unknown"]);
    assert_eq!(ask(&cast.secretary, json!({"principle": 77}), true).expect(422).faults(), ["/filter/principle enum"]);
    ask(&cast.chair, json!({}), true).expect(403);
    for _ in 0..4 {
        ask(&cast.secretary, json!({"group": "5"}), false).expect(202);
    }
    // One group has had its five: nothing goes to the others either.
    let refused = ask(&cast.secretary, json!({}), false).expect(422);
    assert_eq!(codes(&refused), ["daily_limit"]);
    assert!(refused.json()["violations"][0]["detail"].as_str().unwrap().contains("group 5"));
}
