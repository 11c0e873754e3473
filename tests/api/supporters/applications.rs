//! From "we would like to endorse" to the decision.

use std::sync::Barrier;

use plenary::outbox::Purpose;
use serde_json::{Value, json};

use crate::world::{Person, Reply, World};

fn application(name: &str) -> Value {
    json!({
        "name": name, "sector": "civil_society", "kind": "ngo", "country": "sn", "website": "https://www.quai.example/about",
        "statement": "We endorse.",
        "contact": {"name": "Awa Ndiaye", "email": "Awa@quai.example", "job_title": "Director", "authorised": true},
    })
}

fn apply(world: &World, body: &Value) -> Reply {
    world.ask("POST", "/supporter-applications").json(body).send()
}

/// Applies and follows the mailed link; the application's path.
#[track_caller]
fn confirmed(world: &World, secretary: &Person, body: &Value) -> String {
    apply(world, body).expect(202);
    let token = world.mails().token(body["contact"]["email"].as_str().unwrap(), Purpose::ConfirmApplication);
    confirm(world, &token).expect(204);
    // What tells of it is another test's.
    world.mails();
    let newest = list(world, secretary).into_iter().find(|one| one["name"] == body["name"]).unwrap();
    format!("/supporter-applications/{}", newest["id"].as_str().unwrap())
}

fn confirm(world: &World, token: &str) -> Reply {
    world.ask("POST", "/supporter-applications/confirm").json(&json!({"token": token})).send()
}

fn list(world: &World, by: &Person) -> Vec<Value> {
    world.ask("GET", "/supporter-applications").by(by).send().expect(200).json()["items"].as_array().unwrap().clone()
}

fn decide(world: &World, by: &Person, path: &str, decision: &str, reason: Option<&str>) -> Reply {
    let body = json!({"decision": decision, "reason": reason});
    world.ask("POST", &format!("{path}/decision")).by(by).json(&body).send()
}

fn world() -> (World, Person) {
    let world = World::new();
    world.load_paris_call();
    let secretary = world.secretary();
    (world, secretary)
}

#[test]
fn an_organisation_gets_from_the_form_to_the_register() {
    let (world, secretary) = world();
    let reply = world.ask("POST", "/supporter-applications?locale=fr").json(&application("Quai des Idées")).send().expect(202);
    assert!(reply.body.is_empty());
    assert_eq!(list(&world, &secretary), [Value::Null; 0], "unconfirmed ones are nobody's business");
    let mails = world.mails();
    assert_eq!(mails.list(), ["confirm_application Awa@quai.example"]);
    assert_eq!(mails.to("Awa@quai.example").locale.as_deref(), Some("fr"));
    let token = mails.token("Awa@quai.example", Purpose::ConfirmApplication);
    confirm(&world, &token).expect(204);
    assert_eq!(confirm(&world, &token).problem(), "invalid-token");
    assert_eq!(world.mails().list(), ["application_received Awa@quai.example", "application_to_decide secretary@plenary.test"]);
    let one = list(&world, &secretary)[0].clone();
    assert_eq!((&one["status"], &one["country"], &one["possible_duplicates"]), (&json!("pending"), &json!("SN"), &json!([])));
    assert_eq!(one["contact"]["email"], "Awa@quai.example");
    let (path, entry) =
        (format!("/supporter-applications/{}", one["id"].as_str().unwrap()), one["supporter"]["slug"].as_str().unwrap());
    assert_eq!(entry, "quai-des-idees");
    world.get(&format!("/supporters/{entry}")).expect(404);
    world.ask("GET", &format!("/supporters/{entry}")).by(&secretary).send().expect(200);

    assert_eq!(decide(&world, &secretary, &path, "ask", None).expect(422).json()["violations"][0]["code"], "reason_required");
    let asked = decide(&world, &secretary, &path, "ask", Some("Who are your members?")).expect(200).json();
    assert_eq!(asked["asked"], json!([{"on": "2026-09-01", "text": "Who are your members?"}]));
    let mails = world.mails();
    assert_eq!(mails.list(), ["application_asked Awa@quai.example"]);
    assert_eq!(mails.to("Awa@quai.example").params["question"], "Who are your members?");

    let endorsed = decide(&world, &secretary, &path, "endorse", None).expect(200).json();
    assert_eq!(endorsed["status"], "endorsed");
    let mails = world.mails();
    assert_eq!(mails.list(), ["application_endorsed Awa@quai.example", "invitation Awa@quai.example"]);
    let supporter = world.get(&format!("/supporters/{entry}")).expect(200).json();
    assert_eq!((&supporter["status"], &supporter["endorsed_on"]), (&json!("endorsed"), &json!("2026-09-01")));
    assert!(!supporter.to_string().contains("Awa"), "contacts are never public");
    let refused = decide(&world, &secretary, &path, "decline", Some("No.")).expect(409);
    assert_eq!((refused.problem().as_str(), &refused.json()["allowed"]), ("illegal-transition", &json!([])));
    // The contact accepts, and may run its supporter.
    let token = mails.token("Awa@quai.example", Purpose::AcceptInvitation);
    let body = json!({"token": token, "password": crate::world::PASSWORD, "display_name": "Awa Ndiaye"});
    world.ask("POST", "/auth/invitations/accept").json(&body).send().expect(204);
    let awa = world.sign_in("awa@quai.example");
    let me = world.ask("GET", "/me").by(&awa).send().expect(200).json();
    assert_eq!(
        (&me["affiliations"][0]["supporter"]["slug"], &me["affiliations"][0]["role"]),
        (&json!(entry), &json!("focal_point"))
    );
    world.read(|c| Ok(plenary::audit::verify(c)?)).unwrap();
}

#[test]
fn every_fault_of_an_application_is_told_at_once() {
    let (world, _) = world();
    let body = json!({
        "name": "\u{202e}evil", "sector": "pirates", "kind": "crew", "website": "javascript:alert(1)",
        "contact": {"name": " ", "email": "nobody", "job_title": "x\u{7}", "authorised": false},
    });
    let faults = apply(&world, &body).expect(422).faults();
    for fault in [
        "/sector enum",
        "/kind enum",
        "/country required",
        "/contact/authorised required",
        "/name format",
        "/website format",
        "/contact/name format",
        "/contact/email format",
        "/contact/job_title format",
    ] {
        assert!(faults.contains(&fault.to_owned()), "{fault}: {faults:?}");
    }
    assert_eq!(faults.len(), 9, "{faults:?}");
    let mut body = application("Union of Unions");
    (body["sector"], body["country"]) = (json!("international_organisation"), Value::Null);
    apply(&world, &body).expect(202);
    assert_eq!(apply(&world, &json!({"name": "A"})).faults(), ["/contact required", "/sector required"]);
}

#[test]
fn what_is_not_confirmed_in_a_week_never_was() {
    let (world, secretary) = world();
    apply(&world, &application("Quai")).expect(202);
    apply(&world, &application("Quai")).expect(202);
    let mails = world.mails();
    assert_eq!(mails.list(), ["confirm_application Awa@quai.example"; 2], "an unconfirmed one blocks nothing");
    let token = mails.token("Awa@quai.example", Purpose::ConfirmApplication);
    world.at("2026-09-08T09:00:00Z");
    assert_eq!(confirm(&world, &token).problem(), "invalid-token");
    let secretary = world.sign_in(&secretary.email);
    assert_eq!(list(&world, &secretary), [Value::Null; 0]);
}

#[test]
fn look_alikes_are_shown_to_the_secretariat_and_refused_by_nobody() {
    let (world, secretary) = world();
    let id = |path: &str| path.rsplit_once('/').unwrap().1.to_owned();
    let first = confirmed(&world, &secretary, &application("Quai des Idées"));
    let mut second = application("QUAI DES IDEES!");
    second["contact"]["email"] = json!("other@else.example");
    second["website"] = Value::Null;
    let second = confirmed(&world, &secretary, &second);
    let alike = |path: &str| world.ask("GET", path).by(&secretary).send().expect(200).json()["possible_duplicates"].clone();
    assert_eq!(alike(&first), json!([]));
    assert_eq!(alike(&second), json!([{"supporter": null, "application_id": id(&first), "why": "name"}]));
    decide(&world, &secretary, &first, "endorse", None).expect(200);
    let mut third = application("Wholly Other");
    third["website"] = json!("http://quai.example/");
    let third = confirmed(&world, &secretary, &third);
    let supporter = world.get("/supporters/quai-des-idees").expect(200).json();
    let reference = json!({"id": supporter["id"], "slug": "quai-des-idees", "name": "Quai des Idées"});
    assert_eq!(alike(&third), json!([{"supporter": reference, "application_id": null, "why": "website"}]));
    // Both can be endorsed; the slugs differ.
    let endorsed = decide(&world, &secretary, &second, "endorse", None).expect(200).json();
    assert_eq!(endorsed["supporter"]["slug"], "quai-des-idees-2");
}

#[test]
fn one_that_withdrew_is_re_opened_only_when_it_is_endorsed_again() {
    let (world, secretary) = world();
    let path = confirmed(&world, &secretary, &application("Quai"));
    decide(&world, &secretary, &path, "endorse", None).expect(200);
    let before = world.get("/supporters/quai").expect(200).json();
    let withdraw = json!({"to": "withdrawn", "reason": "Reorganised."});
    world.at("2026-09-10T09:00:00Z");
    let secretary = world.sign_in(&secretary.email);
    world.ask("POST", "/supporters/quai/transitions").by(&secretary).json(&withdraw).send().expect(200);
    let mut again = application("Quai");
    (again["sector"], again["statement"]) = (json!("academia"), Value::Null);
    world.at("2026-09-20T09:00:00Z");
    let secretary = world.sign_in(&secretary.email);
    apply(&world, &again).expect(202);
    let token = world.mails().token("Awa@quai.example", Purpose::ConfirmApplication);
    confirm(&world, &token).expect(204);
    // A stranger's application changes nothing that anybody sees.
    assert_eq!(world.get("/supporters/quai").expect(200).json()["status"], "withdrawn");
    let path = format!("/supporter-applications/{}", list(&world, &secretary)[0]["id"].as_str().unwrap());
    decide(&world, &secretary, &path, "endorse", None).expect(200);
    let after = world.get("/supporters/quai").expect(200).json();
    assert_eq!((&after["id"], &after["status"], &after["withdrawn_on"]), (&before["id"], &json!("endorsed"), &Value::Null));
    assert_eq!(
        (&after["sector"], &after["statement"]),
        (&json!("academia"), &json!("We endorse.")),
        "what it does not say stays"
    );
    for (day, listed) in [("2026-08-31", false), ("2026-09-05", true), ("2026-09-15", false), ("2026-09-20", true)] {
        let total = &world.get(&format!("/supporters?q=quai&as_of={day}&total=true")).expect(200).json()["total"];
        assert_eq!(*total, i32::from(listed), "{day}");
    }
}

#[test]
fn a_declined_one_is_told_why_and_may_try_again() {
    let (world, secretary) = world();
    let path = confirmed(&world, &secretary, &application("مركز الحوار"));
    let slug = list(&world, &secretary)[0]["supporter"]["slug"].as_str().unwrap().to_owned();
    assert_eq!(decide(&world, &secretary, &path, "decline", Some(" ")).expect(422).problem(), "rule-violation");
    let declined = decide(&world, &secretary, &path, "decline", Some("Not an organisation.")).expect(200).json();
    assert_eq!((&declined["status"], &declined["reason"]), (&json!("declined"), &json!("Not an organisation.")));
    let mails = world.mails();
    assert_eq!(mails.to("Awa@quai.example").params["reason"], "Not an organisation.");
    world.get(&format!("/supporters/{slug}")).expect(404);
    let path = confirmed(&world, &secretary, &application("مركز الحوار"));
    decide(&world, &secretary, &path, "endorse", None).expect(200);
    assert_eq!(world.get(&format!("/supporters/{slug}")).expect(200).json()["name"], "مركز الحوار");
}

#[test]
fn only_the_secretariat_reads_and_decides() {
    let (world, secretary) = world();
    let path = confirmed(&world, &secretary, &application("Quai"));
    let person = world.person("person@example.org");
    for path in ["/supporter-applications", &path] {
        world.get(path).expect(401);
        world.ask("GET", path).by(&person).send().expect(403);
    }
    decide(&world, &person, &path, "endorse", None).expect(403);
    decide(&world, &secretary, "/supporter-applications/0190aaaa-0000-7000-8000-00000000dead", "endorse", None).expect(404);
    let stale = world.ask("POST", &format!("{path}/decision")).by(&secretary).if_match("\"9.0\"");
    stale.json(&json!({"decision": "endorse"})).send().expect(412);
}

#[test]
fn of_many_who_decide_at_once_one_does() {
    let (world, secretary) = world();
    let path = confirmed(&world, &secretary, &application("Quai"));
    let start = Barrier::new(8);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|n| {
                let (world, secretary, path, start) = (&world, &secretary, &path, &start);
                scope.spawn(move || {
                    start.wait();
                    decide(world, secretary, path, if n % 2 == 0 { "endorse" } else { "decline" }, Some("Because.")).status
                })
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert!(statuses.iter().all(|status| matches!(status, 200 | 409)), "{statuses:?}");
    let told = world.mails().list().iter().filter(|mail| mail.starts_with("application_")).count();
    assert_eq!(told, 1);
}

#[test]
fn of_many_of_one_name_confirmed_at_once_each_but_the_first_sees_another() {
    let (world, secretary) = world();
    let tokens: Vec<String> = (0..6)
        .map(|n| {
            let mut body = application("Quai");
            body["website"] = Value::Null;
            body["contact"]["email"] = json!(format!("contact{n}@example.org"));
            apply(&world, &body).expect(202);
            world.mails().token(&format!("contact{n}@example.org"), Purpose::ConfirmApplication)
        })
        .collect();
    std::thread::scope(|scope| {
        for token in &tokens {
            scope.spawn(|| confirm(&world, token).expect(204));
        }
    });
    let mut alike: Vec<_> =
        list(&world, &secretary).iter().map(|one| one["possible_duplicates"].as_array().unwrap().len()).collect();
    alike.sort_unstable();
    assert_eq!(alike, [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_repeated_application_is_one() {
    let (world, _) = world();
    let start = Barrier::new(16);
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| {
                start.wait();
                world.ask("POST", "/supporter-applications").key("k-1").json(&application("Quai")).send().expect(202)
            });
        }
    });
    assert_eq!(world.mails().list(), ["confirm_application Awa@quai.example"]);
    let other = world.ask("POST", "/supporter-applications").key("k-1").json(&application("Other")).send();
    assert_eq!(other.expect(422).problem(), "idempotency-key-reused");
}
