//! What each kind is about, and who hears of it.

use diesel::prelude::*;
use plenary::schema::persons;
use serde_json::{Value, json};

use super::{Server, of, patch, plan, reminders, submit, write_down};
use crate::consultations::kit::Asked;
use crate::world::cast::Cast;

/// Group 5 with a server that has worked since the first of September.
fn set() -> (Cast, Server) {
    let cast = Cast::new();
    let mut server = Server::new(&cast, "w");
    server.work(&cast);
    reminders(&cast);
    (cast, server)
}

#[test]
fn who_works_on_a_deliverable_hears_of_it_until_it_is_submitted() {
    let (cast, mut server) = set();
    let lead = cast.open_membership(&cast.lead);
    let owed = plan(&cast, &cast.chair, "2026-10-08", &json!({"lead_membership_id": lead}));
    let told = server.days(&cast, "2026-09-02", "2026-10-22");
    let of_lead: Vec<String> = of("deliverable_due", &told).into_iter().filter(|line| line.ends_with(" lead")).collect();
    assert_eq!(of_lead, ["2026-09-08 lead", "2026-09-24 lead", "2026-10-01 lead", "2026-10-07 lead"]);
    let all: Vec<String> = of("deliverable_due", &told).into_iter().filter(|line| line.starts_with("2026-09-08")).collect();
    assert_eq!(all, ["2026-09-08 chair", "2026-09-08 lead", "2026-09-08 other-chair"]);
    let late: Vec<String> = of("deliverable_late", &told).into_iter().filter(|line| line.ends_with(" lead")).collect();
    assert_eq!(late, ["2026-10-15 lead", "2026-10-22 lead"]);
    let cast = cast.again();
    let post =
        |what: &str, body: Value| cast.ask("POST", &format!("/deliverables/{owed}/{what}")).by(&cast.chair).json(&body).send();
    post("versions", json!({"url": "https://example.org/1"})).expect(201);
    for to in ["in_progress", "submitted"] {
        post("transitions", json!({"to": to})).expect(200);
    }
    assert_eq!(server.days(&cast, "2026-10-23", "2026-11-12"), Vec::<String>::new());
}

#[test]
fn several_things_of_one_day_share_a_mail_and_a_moved_date_plans_anew() {
    let (cast, mut server) = set();
    let first = plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    let second = plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    let third = plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    let drop = json!({"to": "dropped", "reason": "Overtaken."});
    cast.ask("POST", &format!("/deliverables/{third}/transitions")).by(&cast.chair).json(&drop).send().expect(200);
    cast.at("2026-09-08T06:59:59Z");
    server.work(&cast);
    assert_eq!(of("deliverable_due", &reminders(&cast)), Vec::<String>::new());
    cast.at("2026-09-08T07:00:00Z");
    server.work(&cast);
    let mails = cast.mails();
    let mail = mails.to(&cast.chair.email);
    assert_eq!(mail.kind, "deliverable_due");
    let params = &mail.params;
    let told: Vec<_> = params["items"].as_array().unwrap().iter().map(|item| item["reference"].clone()).collect();
    assert_eq!(told, [json!(first), json!(second)]);
    assert_eq!(params["items"][0]["path"], json!(format!("deliverables/{first}")));
    assert_eq!(params["items"][0]["days"], json!(30));
    // Earlier: the offsets of the new day only, none that lies before it was set.
    cast.at("2026-09-10T08:00:00Z");
    let cast = cast.again();
    patch(&cast, &cast.chair, &format!("/deliverables/{first}"), &json!({"due_on": "2026-09-25"}));
    let told = server.days(&cast, "2026-09-11", "2026-10-01");
    let chair: Vec<_> = of("deliverable_due", &told).into_iter().filter(|line| line.ends_with(" chair")).collect();
    assert_eq!(chair, ["2026-09-11 chair", "2026-09-18 chair", "2026-09-24 chair", "2026-10-01 chair"]);
}

#[test]
fn supporters_that_have_not_answered_hear_that_a_round_closes() {
    let (cast, mut server) = set();
    let other = cast.person("other-focal-point@plenary.test");
    let body = json!({"email": other.email, "role": "focal_point"});
    let path = format!("/supporters/{}/affiliations", cast.other_supporter);
    cast.ask("POST", &path).by(&cast.secretary).json(&body).send().expect(201);
    let round = Asked::new(&cast, "supporters", &["attributed"]);
    let told = server.days(&cast, "2026-09-02", "2026-09-18");
    assert_eq!(of("consultation_closing", &told), ["2026-09-17 focal-point", "2026-09-17 other-focal-point"]);
    let cast = cast.again();
    write_down(&cast, &cast.focal_point, &round.path);
    submit(&cast, &cast.focal_point, &round.path);
    let told = server.days(&cast, "2026-09-19", "2026-10-02");
    assert_eq!(of("consultation_closing", &told), ["2026-09-28 other-focal-point", "2026-09-30 other-focal-point"]);
}

#[test]
fn where_nobody_works_on_it_or_nobody_can_be_reached_the_secretariat_hears() {
    let (cast, mut server) = set();
    let body = json!({"title": "Report", "kind": "report", "due_on": "2026-10-08"});
    cast.ask("POST", "/groups/4/deliverables").by(&cast.secretary).json(&body).send().expect(201);
    let secretary = cast.secretary.email.replace("@plenary.test", "");
    let told = server.days(&cast, "2026-09-08", "2026-09-08");
    assert_eq!(of("deliverable_due", &told), [format!("2026-09-08 {secretary}")], "no seat of group 4 is filled");

    let cast = cast.again();
    plan(&cast, &cast.chair, "2026-10-12", &json!({}));
    cast.mails();
    let lapse = |person: &crate::world::Person| {
        cast.write(|tx| {
            diesel::update(persons::table.filter(persons::id.eq(person.id)))
                .set(persons::address_lapsed.eq(true))
                .execute(&mut **tx)?;
            Ok(())
        });
    };
    lapse(&cast.chair);
    let told = server.days(&cast, "2026-09-09", "2026-09-12");
    assert_eq!(of("deliverable_due", &told), ["2026-09-12 other-chair"]);
    lapse(&cast.other_chair);
    let told = server.days(&cast, "2026-09-28", "2026-09-28");
    assert_eq!(of("deliverable_due", &told), [format!("2026-09-28 {secretary}")]);
}

/// Chooses how somebody hears that a Forum begins.
fn choose(cast: &Cast, person: &crate::world::Person, how: &str) {
    let path = "/me/notification-preferences";
    let etag = cast.ask("GET", path).by(person).send().expect(200).header("etag").to_owned();
    cast.ask("PUT", path).by(person).if_match(&etag).json(&json!({"forum_start": how})).send().expect(200);
}

#[test]
fn members_hear_that_a_forum_begins_if_they_asked_for_it_and_chairs_unless_they_do_not_want_to() {
    let (cast, mut server) = set();
    let body = json!({
        "name": "Forum", "city": "Paris", "country": "FR", "time_zone": "Europe/Paris", "starts_on": "2026-12-01",
        "ends_on": "2026-12-02",
    });
    cast.ask("POST", "/forum-editions").by(&cast.secretary).json(&body).send().expect(201);
    plan(&cast, &cast.chair, "2026-11-20", &json!({"forum_year": 2026}));
    choose(&cast, &cast.member, "immediate");
    choose(&cast, &cast.other_member, "off");
    choose(&cast, &cast.chair, "off");
    let secretary = cast.secretary.email.replace("@plenary.test", "");
    let told = server.days(&cast, "2026-09-02", "2026-09-02");
    let mut expected = ["member", "other-chair", secretary.as_str()].map(|who| format!("2026-09-02 {who}"));
    expected.sort();
    assert_eq!(of("forum_start", &told), expected, "neither the chair, nor members who said nothing");
}

#[test]
fn the_forum_is_the_secretariats_and_whose_who_present() {
    let (cast, mut server) = set();
    let body = json!({
        "name": "Forum 2027", "city": "Paris", "country": "FR", "time_zone": "Europe/Paris", "starts_on": "2027-03-10",
        "ends_on": "2027-03-11", "submission_deadline": "2027-01-10",
    });
    cast.ask("POST", "/forum-editions").by(&cast.secretary).json(&body).send().expect(201);
    plan(&cast, &cast.chair, "2027-03-01", &json!({"forum_year": 2027}));
    let told = server.days(&cast, "2026-11-10", "2026-12-12");
    assert_eq!(
        of("submission_deadline", &told),
        ["2026-11-11 chair", "2026-11-11 other-chair", "2026-12-11 chair", "2026-12-11 other-chair"]
    );
    let start: Vec<_> = of("forum_start", &told).into_iter().filter(|line| line.starts_with("2026-12-10")).collect();
    let secretary = cast.secretary.email.replace("@plenary.test", "");
    let mut expected =
        vec!["2026-12-10 chair".to_owned(), "2026-12-10 other-chair".to_owned(), format!("2026-12-10 {secretary}")];
    expected.sort();
    assert_eq!(start, expected);
}
