//! What each kind is about, and who hears of it.

use serde_json::json;

use super::{Server, of, patch, plan, reminders};
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
    plan(&cast, &cast.chair, "2026-10-08", &json!({"lead_membership_id": lead}));
    let told = server.days(&cast, "2026-09-02", "2026-10-23");
    let of_lead: Vec<String> = of("deliverable_due", &told).into_iter().filter(|line| line.ends_with(" lead")).collect();
    assert_eq!(of_lead, ["2026-09-08 lead", "2026-09-24 lead", "2026-10-01 lead", "2026-10-07 lead"]);
    let all: Vec<String> = of("deliverable_due", &told).into_iter().filter(|line| line.starts_with("2026-09-08")).collect();
    assert_eq!(all, ["2026-09-08 chair", "2026-09-08 lead", "2026-09-08 other-chair"]);
    let late: Vec<String> = of("deliverable_late", &told).into_iter().filter(|line| line.ends_with(" lead")).collect();
    assert_eq!(late, ["2026-10-15 lead", "2026-10-22 lead"]);
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
    let round = Asked::new(&cast, "supporters", &["attributed"]);
    let told = server.days(&cast, "2026-09-02", "2026-10-02");
    let told = of("consultation_closing", &told);
    assert_eq!(told, ["2026-09-17 focal-point", "2026-09-28 focal-point", "2026-09-30 focal-point"], "{}", round.path);
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
