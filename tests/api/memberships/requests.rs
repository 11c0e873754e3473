//! Asking to become a member, and who sees it.

use diesel::prelude::*;
use plenary::schema::supporters;
use serde_json::{Value, json};

use super::LIST;
use crate::world::cast::Cast;

#[test]
fn a_request_waits_for_a_co_chair_and_is_granted() {
    let cast = Cast::new();
    let made = cast.request(&cast.representative).expect(201);
    let view = made.json();
    let id = view["id"].as_str().unwrap();
    assert_eq!(made.header("location"), format!("/api/v1/memberships/{id}"));
    let slug = cast.slug(cast.supporter);
    let group = cast.get("/groups/5").json();
    let expected = json!({
        "id": id, "group": {"id": cast.group, "number": 5, "slug": group["slug"], "title": group["title"]},
        "supporter": {"id": cast.supporter, "slug": slug, "name": view["supporter"]["name"]}, "body": null,
        "person": {"id": cast.representative.id, "display_name": "Representative Test"}, "role": "member", "status": "requested",
        "message": "Please.", "reason": null, "since": "2026-09-01T09:00:00Z", "until": null,
        "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z", "etag": view["etag"],
    });
    assert_eq!(view, expected);
    let mails = cast.mails();
    assert_eq!(mails.list(), ["membership_requested chair@plenary.test", "membership_requested other-chair@plenary.test"]);
    let params = &mails.to("chair@plenary.test").params;
    assert_eq!((&params["person"], &params["message"]), (&json!("Representative Test"), &json!("Please.")));
    assert_eq!((&params["group"], &params["supporter"]), (&group["title"], &view["supporter"]["name"]));
    // It waits: no member yet, and seen by the person and the group only.
    cast.read_as(&cast.representative, LIST).expect(403);
    assert_eq!(cast.own(&cast.representative)[0]["status"], "requested");
    assert_eq!(cast.read_as(&cast.representative, &format!("/memberships/{id}")).expect(200).json(), view);
    let seen = cast.read_as(&cast.member, &format!("/memberships/{id}")).expect(200).json();
    assert_eq!((&seen["message"], &seen["status"]), (&Value::Null, &json!("requested")), "what was written is for who decides");
    cast.read_as(&cast.stranger, &format!("/memberships/{id}")).expect(404);
    cast.get(&format!("/memberships/{id}")).expect(401);
    assert_eq!(cast.request(&cast.representative).expect(409).problem(), "already-exists");

    cast.at("2026-09-01T09:05:00Z");
    let granted = cast.move_membership(&cast.other_chair, id, "active", None).expect(200).json();
    assert_eq!(
        (&granted["status"], &granted["since"], &granted["until"]),
        (&json!("active"), &json!("2026-09-01T09:05:00Z"), &Value::Null)
    );
    let mails = cast.mails();
    assert_eq!(mails.list(), ["membership_decided representative@plenary.test"]);
    let params = &mails.to("representative@plenary.test").params;
    assert_eq!(
        (&params["accepted"], &params["reason"], &params["name"]),
        (&json!(true), &Value::Null, &json!("Representative Test"))
    );
    // Three were members before; the seats' supporters are three.
    assert_eq!(cast.counted(), (4, 3));
    let list = cast.read_as(&cast.representative, &format!("{LIST}?total=true&status=active&role=member")).expect(200).json();
    assert_eq!(list["total"], 4);
    assert_eq!(cast.acts("membership."), ["membership.requested", "membership.activated"]);
}

#[test]
fn the_list_is_the_groups_filtered_and_paged() {
    let cast = Cast::new();
    cast.requested(&cast.representative);
    for by in [&cast.member, &cast.observer, &cast.chair, &cast.secretary] {
        assert_eq!(cast.read_as(by, &format!("{LIST}?total=true")).expect(200).json()["total"], 5);
    }
    for by in [&cast.stranger, &cast.representative, &cast.focal_point] {
        assert_eq!(cast.read_as(by, LIST).expect(403).problem(), "forbidden");
    }
    cast.get(LIST).expect(401);
    cast.read_as(&cast.chair, "/groups/99/memberships").expect(404);
    let total =
        |query: &str| cast.read_as(&cast.chair, &format!("{LIST}?total=true&{query}")).expect(200).json()["total"].clone();
    assert_eq!(["status=requested", "status=active", "status=left", "role=observer"].map(total), [1, 4, 0, 1].map(|n| json!(n)));
    let slug = cast.slug(cast.other_supporter);
    assert_eq!(total(&format!("supporter={slug}")), 1);
    assert_eq!(total(&format!("supporter={}&role=member", cast.supporter)), 3);
    let refused = cast.read_as(&cast.chair, &format!("{LIST}?supporter=nobody")).expect(422);
    assert_eq!(refused.faults(), ["?supporter enum"]);
    let mut seen = Vec::new();
    let mut path = format!("{LIST}?limit=2&sort=since");
    loop {
        let page = cast.read_as(&cast.chair, &path).expect(200).json();
        seen.extend(page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        path = format!("{LIST}?limit=2&sort=since&cursor={cursor}");
    }
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 5);
}

#[test]
fn only_who_speaks_for_an_endorsed_supporter_asks_and_only_an_active_group() {
    let cast = Cast::new();
    let body = json!({"supporter_id": cast.supporter});
    cast.ask("POST", LIST).json(&body).send().expect(401);
    for by in [&cast.stranger, &cast.secretary, &cast.other_chair] {
        let refused = cast.post_as(by, LIST, &body).expect(403);
        assert_eq!(refused.problem(), "forbidden");
        assert!(refused.json()["detail"].as_str().unwrap().contains("/affiliation-requests"));
    }
    let unknown = json!({"supporter_id": "0190aaaa-0000-7000-8000-00000000dead"});
    cast.post_as(&cast.representative, LIST, &unknown).expect(403);
    cast.post_as(&cast.representative, "/groups/99/memberships", &body).expect(404);
    let observer = json!({"supporter_id": cast.supporter, "role": "observer"});
    assert_eq!(cast.post_as(&cast.representative, LIST, &observer).expect(422).faults(), ["/role enum"]);
    let mut both = observer.clone();
    both["message"] = json!("\u{7}");
    assert_eq!(cast.post_as(&cast.representative, LIST, &both).expect(422).faults(), ["/message format", "/role enum"]);
    assert_eq!(
        cast.post_as(&cast.representative, LIST, &json!({"role": "member"})).expect(422).faults(),
        ["/supporter_id required"]
    );
    let long = json!({"supporter_id": cast.supporter, "message": "م".repeat(5001)});
    assert_eq!(cast.post_as(&cast.representative, LIST, &long).expect(422).faults(), ["/message too-long"]);
    for status in ["proposed", "suspended", "concluded", "withdrawn"] {
        cast.set_group(status, "open");
        let refused = cast.request(&cast.representative).expect(409);
        assert_eq!(refused.problem(), "wrong-state", "{status}");
    }
    cast.set_group("active", "open");
    cast.write(|tx| {
        let row = supporters::table.filter(supporters::id.eq(cast.supporter));
        diesel::update(row).set(supporters::status.eq("withdrawn")).execute(&mut **tx)?;
        Ok(())
    });
    assert_eq!(cast.request(&cast.representative).expect(409).problem(), "wrong-state");
    assert_eq!(cast.mails().list(), [""; 0]);
    assert_eq!(cast.own(&cast.representative), [json!(null); 0]);
}

#[test]
fn an_open_group_takes_everybody_at_once() {
    let cast = Cast::new();
    cast.set_group("active", "open");
    let ask = || cast.ask("POST", LIST).by(&cast.representative).key("k").json(&json!({"supporter_id": cast.supporter})).send();
    let view = ask().expect(201).json();
    assert_eq!((&view["status"], &view["message"]), (&json!("active"), &Value::Null));
    assert_eq!(ask().expect(201).json()["id"], view["id"], "a repeat shows it again");
    assert_eq!(cast.mails().list(), ["membership_decided representative@plenary.test"]);
    cast.read_as(&cast.representative, LIST).expect(200);
    let me = cast.read_as(&cast.representative, "/me").expect(200).json();
    let expected = json!([{"id": view["id"], "group": view["group"], "supporter": view["supporter"], "body": null, "role": "member",
        "status": "active", "since": "2026-09-01T09:00:00Z"}]);
    assert_eq!((&me["memberships"], &me["seats"]), (&expected, &json!([])));
    let chair = cast.read_as(&cast.chair, "/me").expect(200).json();
    assert_eq!(
        (&chair["seats"][0]["group"], &chair["seats"][0]["supporter"], &chair["memberships"]),
        (&view["group"], &view["supporter"], &json!([]))
    );
    let export = cast.read_as(&cast.chair, "/me/export").expect(200).json();
    assert_eq!((&export["memberships"], &export["co_chair_seats"][0]["until"]), (&json!([]), &Value::Null));
}

#[test]
fn without_a_co_chair_the_secretariat_decides() {
    let cast = Cast::new();
    cast.write(|tx| {
        diesel::delete(plenary::schema::seat_persons::table).execute(&mut **tx)?;
        Ok(())
    });
    let id = cast.request(&cast.representative).expect(201).json()["id"].as_str().unwrap().to_owned();
    assert_eq!(cast.mails().list(), ["membership_requested secretary@plenary.test"]);
    cast.move_membership(&cast.chair, &id, "active", None).expect(404);
    cast.move_membership(&cast.secretary, &id, "active", None).expect(200);
}

#[test]
fn members_and_seats_make_the_member_supporters() {
    let cast = Cast::new();
    let other = cast.colleague("cigref@plenary.test", "cigref", "representative");
    cast.set_group("active", "open");
    let cigref = cast.get("/supporters/cigref").json();
    let names = || {
        let slugs = |path: &str| {
            let list = cast.get(path).expect(200).json();
            let mut slugs: Vec<String> =
                list["items"].as_array().unwrap().iter().map(|item| item["slug"].as_str().unwrap().to_owned()).collect();
            slugs.sort();
            (slugs, list["total"].as_i64())
        };
        let (listed, filtered) = (slugs("/groups/5/supporters?total=true"), slugs("/supporters?group=5&total=true"));
        assert_eq!(listed, filtered);
        assert_eq!(listed.1, i64::try_from(listed.0.len()).ok());
        listed.0
    };
    assert_eq!(names().len(), 3);
    cast.post_as(&other, LIST, &json!({"supporter_id": cigref["id"]})).expect(201);
    assert_eq!(names().len(), 4);
    assert!(names().contains(&"cigref".to_owned()));
    assert_eq!(cast.counted(), (4, 4));
    let balance = cast.get("/groups/5/balance").expect(200).json();
    assert_eq!((&balance["members"], &balance["member_supporters"]), (&json!(4), &json!(4)));
    for list in ["by_sector", "by_region"] {
        let sum = |field: &str| balance[list].as_array().unwrap().iter().map(|row| row[field].as_i64().unwrap()).sum::<i64>();
        assert_eq!((sum("members"), sum("member_supporters")), (4, 4), "{list}");
    }
    // As of a day: the member joined on the first of September.
    let as_of = |day: &str| cast.get(&format!("/supporters?group=5&as_of={day}&total=true")).expect(200).json()["total"].clone();
    assert_eq!((as_of("2026-08-31"), as_of("2026-09-01")), (json!(3), json!(4)));
    cast.at("2026-09-03T09:00:00Z");
    let other = cast.sign_in(&other.email);
    let own = cast.own(&other);
    cast.move_membership(&other, own[0]["id"].as_str().unwrap(), "left", None).expect(200);
    assert_eq!(names().len(), 3);
    assert_eq!((as_of("2026-09-02"), as_of("2026-09-03")), (json!(4), json!(3)));
}
