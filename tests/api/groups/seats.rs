//! Co-chair seats and the persons in them.

use diesel::prelude::*;
use plenary::schema::*;
use serde_json::{Value, json};

use super::life::{codes, go, patch};
use crate::supporters::changes::acts;
use crate::world::cast::Cast;
use crate::world::{Person, Reply};

pub const SEATS: &str = "/groups/5/co-chairs";

/// The id of a supporter.
pub fn id(cast: &Cast, slug: &str) -> String {
    cast.read(|c| Ok(supporters::table.filter(supporters::slug.eq(slug)).select(supporters::id).get_result(c)?))
}

/// Sets the seats of group 5 over the version that it is at.
fn put(cast: &Cast, by: &Person, body: Value) -> Reply {
    let etag = cast.get(SEATS).header("etag").to_owned();
    cast.ask("PUT", SEATS).by(by).if_match(&etag).json(&body).send()
}

fn seats(cast: &Cast) -> Vec<Value> {
    cast.get(SEATS).expect(200).json()["items"].as_array().unwrap().clone()
}

/// The path of the seat of that place, from 0.
pub fn path(cast: &Cast, n: usize) -> String {
    format!("{SEATS}/{}", seats(cast)[n]["id"].as_str().unwrap())
}

/// How a violation names a seat that there is.
pub fn at_fault(seat: &Value) -> Value {
    json!({"id": seat["id"], "supporter": seat["supporter"]})
}

fn names(cast: &Cast, query: &str) -> Value {
    let page = cast.get(&format!("{SEATS}{query}")).expect(200).json();
    page["items"].as_array().unwrap().iter().map(|seat| seat["person"]["display_name"].clone()).collect()
}

#[test]
fn seats_are_set_whole_and_who_stays_keeps_seat_and_person() {
    let cast = Cast::new();
    let before = seats(&cast);
    cast.at("2026-09-01T09:10:00Z");
    let (microsoft, first, second) = (id(&cast, "microsoft"), cast.supporter.to_string(), cast.other_supporter.to_string());
    let body = json!({"seats": [{"supporter_id": second}, {"supporter_id": microsoft}, {"supporter_id": first, "person_id": cast.representative.id}]});
    let set = put(&cast, &cast.secretary, body.clone()).expect(200);
    let after = set.json()["items"].clone();
    assert_eq!((&after[0]["id"], &after[2]["id"]), (&before[1]["id"], &before[0]["id"]));
    assert_eq!((&after[0]["since"], &after[0]["person"]["id"]), (&before[1]["since"], &json!(cast.other_chair.id)));
    assert_eq!((&after[1]["since"], &after[1]["person"]), (&json!("2026-09-01T09:10:00Z"), &Value::Null));
    assert_eq!(after[2]["person"]["id"], json!(cast.representative.id));
    assert_eq!(cast.get(SEATS).expect(200).header("etag"), set.header("etag"));
    // The order is the present one, the persons are those of that instant.
    assert_eq!(names(&cast, "?at=2026-09-01T09:05:00Z"), json!(["Other-chair Test", "Chair Test", null]));
    assert_eq!(names(&cast, ""), json!(["Other-chair Test", null, "Representative Test"]));
    assert_eq!(acts(&cast, before[2]["id"].as_str().unwrap()), ["seat.ended"]);
    assert_eq!(acts(&cast, after[1]["id"].as_str().unwrap()), ["seat.made"]);
    // The co-chairs who sit from now on are told of the empty seat, the new one of its seat; who did it is not.
    assert_eq!(
        cast.mails().list(),
        [
            "seat_filled representative@plenary.test",
            "seat_vacant other-chair@plenary.test",
            "seat_vacant representative@plenary.test"
        ]
    );
    // Nobody any more.
    let empty =
        json!({"seats": [{"supporter_id": second, "person_id": null}, {"supporter_id": microsoft}, {"supporter_id": first}]});
    put(&cast, &cast.secretary, empty).expect(200);
    assert_eq!(names(&cast, ""), json!([null, null, "Representative Test"]));
    for person in [&cast.chair, &cast.focal_point, &cast.representative] {
        put(&cast, person, body.clone()).expect(403);
    }
    cast.ask("PUT", SEATS).by(&cast.secretary).json(&body).send().expect(428);
    let open: i64 = cast.read(|c| {
        let ended = co_chair_seats::table.inner_join(seat_persons::table).filter(co_chair_seats::until.is_not_null());
        Ok(ended.filter(seat_persons::until.is_null()).count().get_result(c)?)
    });
    assert_eq!(open, 0, "somebody sits in a seat that has ended");
    assert_eq!(cast.get("/groups/5").json()["counts"]["member_supporters"], 3);
}

#[test]
fn every_violation_names_the_seats_at_fault() {
    // The same shape as in a group's balance, and where it may not become active.
    let cast = Cast::new();
    let seat = |slug: &str| json!({"supporter_id": id(&cast, slug)});
    let set =
        |slugs: &[&str]| put(&cast, &cast.secretary, json!({"seats": slugs.iter().map(|slug| seat(slug)).collect::<Value>()}));
    let hague = cast.slug(cast.other_supporter);
    for (slugs, expected) in [
        (&[] as &[&str], &["seat_count", "sectors", "countries"] as &[&str]),
        (&["google"], &["seat_count", "sectors", "countries"]),
        (&["google", "cisco"], &["sectors", "countries"]),
        (&["google", "google"], &["duplicate_supporter", "sectors", "countries"]),
        (&["google", "france", "japan", "mexico"], &["seat_count"]),
        (&[&hague, "cyberpeace-institute"], &["sectors"]),
    ] {
        assert_eq!(codes(&set(slugs).expect(422)), expected, "{slugs:?}");
    }
    let refused = set(&["google", "google"]).expect(422).json();
    let google = cast.get("/supporters/google").json();
    let made = json!({"id": null, "supporter": {"id": google["id"], "slug": "google", "name": google["name"]}});
    assert_eq!(refused["violations"][0]["seats"], json!([made, made]));
    let refused = set(&[&hague, "cyberpeace-institute"]).expect(422).json();
    assert_eq!(refused["violations"][0]["seats"][0], at_fault(&seats(&cast)[1]));
    // What is waived is no violation.
    let body = json!({"seats": [seat("google"), seat("cisco")], "derogation": {"waives": ["sectors", "countries"], "reason": "For now."}});
    put(&cast, &cast.secretary, body).expect(200);
    assert_eq!(cast.get("/groups/5").json()["co_chair_balance"]["balanced"], true);
    // At rest only what is refused in every status.
    go(&cast, &cast.secretary, "5", json!({"to": "suspended"})).expect(200);
    assert_eq!(codes(&set(&["google", "google"]).expect(422)), ["duplicate_supporter"]);
    assert_eq!(codes(&set(&["google", "france", "japan", "mexico"]).expect(422)), ["seat_count"]);
    set(&["google"]).expect(200);
    assert_eq!(cast.get("/groups/5").json()["counts"]["member_supporters"], 3, "members stand for their supporters still");
}

#[test]
fn faults_of_what_is_named_come_all_at_once() {
    let cast = Cast::new();
    let nobody = "0190aaaa-0000-7000-8000-000000000001";
    cast.write(|tx| {
        Ok(diesel::update(persons::table.filter(persons::id.eq(cast.member.id)))
            .set(persons::suspended_at.eq(tx.now()))
            .execute(&mut **tx)?)
    });
    let (first, second) = (cast.supporter, cast.other_supporter);
    let body = json!({"seats": [
        {"supporter_id": nobody, "person_id": nobody}, {"supporter_id": first, "person_id": nobody},
        {"supporter_id": second, "person_id": cast.chair.id}, {"supporter_id": first, "person_id": cast.member.id},
    ]});
    assert_eq!(
        put(&cast, &cast.secretary, body).expect(422).faults(),
        [
            "/seats/0/supporter_id unknown",
            "/seats/1/person_id not_affiliated",
            "/seats/2/person_id not_affiliated",
            "/seats/3/person_id suspended"
        ]
    );
    let body = json!({"seats": [{"supporter_id": first}], "derogation": {"waives": [], "reason": "R"}});
    put(&cast, &cast.secretary, body).expect(422);
    let body = json!({"seats": [{"supporter_id": nobody}], "derogation": {"waives": ["sectors"], "reason": " "}});
    let faults = ["/derogation/reason format", "/seats/0/supporter_id unknown"];
    assert_eq!(put(&cast, &cast.secretary, body.clone()).expect(422).faults(), faults);
    assert_eq!(put(&cast, &cast.chair, body).expect(422).faults(), faults[..1], "what is not the caller's is not looked into");
    let seat = path(&cast, 0);
    assert_eq!(patch(&cast, &cast.focal_point, &seat, json!({})).expect(422).faults(), ["/person_id required"]);
    for (person, fault) in
        [(json!(nobody), "not_affiliated"), (json!(cast.other_chair.id), "not_affiliated"), (json!(cast.member.id), "suspended")]
    {
        assert_eq!(
            patch(&cast, &cast.focal_point, &seat, json!({"person_id": person})).expect(422).faults(),
            [format!("/person_id {fault}")]
        );
    }
}

#[test]
fn a_focal_point_names_the_person_and_the_person_may_leave() {
    let cast = Cast::new();
    let seat = path(&cast, 0);
    let name = |by: &Person, person: Value| patch(&cast, by, &seat, json!({"person_id": person}));
    // Whoever sits may only leave, and nobody else may do either.
    name(&cast.chair, json!(cast.representative.id)).expect(403);
    for person in [&cast.other_chair, &cast.member, &cast.representative, &cast.stranger] {
        name(person, Value::Null).expect(403);
    }
    cast.ask("PATCH", &seat).json(&json!({"person_id": null})).send().expect(401);
    cast.at("2026-09-01T09:10:00Z");
    let named = name(&cast.focal_point, json!(cast.representative.id)).expect(200);
    assert_eq!(named.json()["person"]["id"], json!(cast.representative.id));
    assert_eq!(cast.mails().list(), ["seat_filled representative@plenary.test"]);
    assert_eq!(names(&cast, "?at=2026-09-01T09:05:00Z"), json!(["Chair Test", "Other-chair Test", null]));
    assert_eq!(names(&cast, ""), json!(["Representative Test", "Other-chair Test", null]));
    // The same again changes nothing.
    assert_eq!(name(&cast.focal_point, json!(cast.representative.id)).expect(200).header("etag"), named.header("etag"));
    name(&cast.representative, Value::Null).expect(200);
    assert_eq!(
        cast.mails().list(),
        ["seat_vacant focal-point@plenary.test", "seat_vacant other-chair@plenary.test", "seat_vacant secretary@plenary.test"]
    );
    assert_eq!(acts(&cast, seat.rsplit('/').next().unwrap()), ["seat.filled", "seat.vacated"]);
    name(&cast.secretary, json!(cast.chair.id)).expect(200);
    // A co-chair's rights come and go with the seat.
    patch(&cast, &cast.chair, "/groups/5", json!({"mandate": "M"})).expect(200);
    patch(&cast, &cast.representative, "/groups/5", json!({"mandate": "N"})).expect(403);
}

#[test]
fn a_seat_is_given_up_even_below_the_minimum() {
    let cast = Cast::new();
    let give = |by: &Person, seat: &str| {
        let etag = cast.get(seat).header("etag").to_owned();
        cast.ask("DELETE", seat).by(by).if_match(&etag).send()
    };
    let seat = path(&cast, 0);
    for person in [&cast.chair, &cast.other_chair, &cast.representative] {
        give(person, &seat).expect(403);
    }
    give(&cast.focal_point, &seat).expect(204);
    let lost = cast.mails();
    assert_eq!(lost.list(), ["balance_lost secretary@plenary.test"]);
    let item = &lost.to("secretary@plenary.test").params["items"][0];
    assert_eq!((&item["number"], item["violations"].as_array().unwrap().len()), (&json!(5), 1));
    assert_eq!((&item["path"], &lost.to("secretary@plenary.test").params["path"]), (&json!("groups/5"), &json!("groups/5")));
    assert_eq!(cast.get("/groups/5").json()["co_chair_balance"]["balanced"], false);
    assert_eq!(names(&cast, "?history=true"), json!([null, "Other-chair Test", null]));
    assert_eq!(give(&cast.focal_point, &seat).expect(409).problem(), "wrong-state");
    assert_eq!(patch(&cast, &cast.secretary, &seat, json!({"person_id": null})).expect(409).problem(), "wrong-state");
    // It is told once.
    give(&cast.secretary, &path(&cast, 1)).expect(204);
    give(&cast.secretary, &path(&cast, 0)).expect(204);
    assert!(cast.mails().list().is_empty());
    let group = cast.get("/groups/5").json();
    assert_eq!((&group["co_chairs"], &group["counts"]["member_supporters"]), (&json!([]), &json!(2)));
}

#[test]
fn whoever_speaks_for_a_supporter_no_more_leaves_its_seat() {
    let cast = Cast::new();
    let list =
        cast.ask("GET", &format!("/supporters/{}/affiliations", cast.supporter)).by(&cast.secretary).send().expect(200).json();
    let theirs =
        list["items"].as_array().unwrap().iter().find(|row| row["person"]["id"] == json!(cast.chair.id)).unwrap().clone();
    let end = cast.ask("DELETE", &format!("/affiliations/{}", theirs["id"].as_str().unwrap())).by(&cast.chair);
    end.if_match(theirs["etag"].as_str().unwrap()).send().expect(204);
    assert_eq!(names(&cast, ""), json!([null, "Other-chair Test", null]));
    let told: Vec<String> = cast.mails().list().into_iter().filter(|mail| mail.starts_with("seat_")).collect();
    assert_eq!(
        told,
        ["seat_vacant focal-point@plenary.test", "seat_vacant other-chair@plenary.test", "seat_vacant secretary@plenary.test"]
    );
    assert_eq!(seats(&cast).len(), 3, "the supporter keeps its seat");
}

#[test]
fn whoever_is_suspended_or_erased_leaves_its_seats() {
    let cast = Cast::new();
    let administrator = cast.administrator();
    let account = format!("/admin/persons/{}", cast.chair.id);
    let etag = cast.ask("GET", &account).by(&administrator).send().expect(200).header("etag").to_owned();
    let suspend = json!({"suspended": true, "reason": "A test."});
    cast.ask("PATCH", &account).by(&administrator).if_match(&etag).json(&suspend).send().expect(200);
    assert_eq!(names(&cast, ""), json!([null, "Other-chair Test", null]));
    let told = cast.mails().list();
    assert_eq!(
        told,
        ["seat_vacant focal-point@plenary.test", "seat_vacant other-chair@plenary.test", "seat_vacant secretary@plenary.test"]
    );
    let body = json!({"password": crate::world::PASSWORD});
    let me = cast.ask("GET", "/me").by(&cast.other_chair).send().expect(200);
    cast.ask("DELETE", "/me").by(&cast.other_chair).if_match(me.header("etag")).json(&body).send().expect(204);
    assert_eq!(names(&cast, ""), json!([null, null, null]));
    let told: Vec<String> = cast.mails().list().into_iter().filter(|mail| mail.starts_with("seat_")).collect();
    assert_eq!(told, ["seat_vacant administrator@plenary.test", "seat_vacant secretary@plenary.test"]);
    // Who was there stays to be read, without a name.
    assert_eq!(names(&cast, "?at=2026-08-31"), json!([null, null, null]));
    let filled: i64 = cast.read(|c| Ok(seat_persons::table.filter(seat_persons::until.is_null()).count().get_result(c)?));
    assert_eq!(filled, 0);
}

#[test]
fn a_withdrawn_supporters_seats_end_with_their_persons() {
    let cast = Cast::new();
    let body = json!({"to": "withdrawn", "reason": "No more."});
    cast.ask("POST", &format!("/supporters/{}/transitions", cast.supporter)).by(&cast.focal_point).json(&body).send().expect(200);
    assert_eq!(names(&cast, ""), json!(["Other-chair Test", null]));
    let told: Vec<String> = cast.mails().list().into_iter().filter(|mail| mail.starts_with("balance_")).collect();
    assert_eq!(told, ["balance_lost secretary@plenary.test"]);
    let chair = cast.ask("GET", "/me").by(&cast.chair).send().expect(200);
    assert_eq!(chair.status, 200);
    patch(&cast, &cast.chair, "/groups/5", json!({"mandate": "M"})).expect(403);
}

#[test]
fn another_sector_may_take_the_balance_and_give_it_back() {
    let cast = Cast::new();
    let supporter = format!("/supporters/{}", cast.supporter);
    let other = cast.with_role("second-secretary@plenary.test", plenary::people::Role::Secretariat);
    let sector = |code: &str| {
        let etag = cast.ask("GET", &supporter).send().header("etag").to_owned();
        cast.ask("PATCH", &supporter).by(&cast.secretary).if_match(&etag).json(&json!({"sector": code})).send().expect(200);
        cast.mails().list()
    };
    // Who did it is not told.
    assert_eq!(sector("civil_society"), [format!("balance_lost {}", other.email)]);
    assert!(sector("academia").is_empty());
    assert_eq!(sector("civil_society"), [format!("balance_lost {}", other.email)]);
}
