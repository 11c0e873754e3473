//! `/admin/mail` and `plenary mail`: what was queued, and sending it again.

use plenary::outbox::{self, DispatchId, Mail, Purpose, State};
use serde_json::{Value, json};
use tempfile::TempDir;

use super::files::mails;
use crate::process::{database, end, plenary_on};
use crate::world::{Home, PASSWORD, Person, World};

fn queue(world: &World, kind: &'static str, recipient: &str) -> DispatchId {
    world.write(|tx| {
        let (recipient, params) = (recipient.to_owned(), json!({"name": "Geheim", "message": "geheim"}));
        Ok(outbox::enqueue(
            tx,
            Mail { kind, person: None, recipient, locale: Some("fr".into()), params, due_at: None, concealed: false },
        )?)
    })
}

fn rows(world: &World, by: &Person, query: &str) -> Vec<Value> {
    // Signed in anew: the clock may have moved on.
    let by = world.sign_in(&by.email);
    let list = world.ask("GET", &format!("/admin/mail{query}")).by(&by).send().expect(200).json();
    list["items"].as_array().unwrap().clone()
}

fn resend(world: &World, by: &Person, id: &str) -> crate::world::Reply {
    world.ask("POST", &format!("/admin/mail/{id}/resend")).by(&world.sign_in(&by.email)).send()
}

#[test]
fn the_secretariat_sees_what_became_of_mails_and_never_what_they_say() {
    let world = World::new();
    let (ana, secretary) = (world.person("ana@example.org"), world.secretary());
    let id = queue(&world, "application_asked", "bea@example.org");
    world.at("2026-09-01T09:10:00Z");
    let list = world.ask("GET", "/admin/mail?total=true&limit=1").by(&secretary).send().expect(200);
    assert!(!list.text().to_lowercase().contains("geheim"), "{}", list.text());
    let list = list.json();
    assert_eq!(list["total"], 3);
    let newest = &list["items"][0];
    assert_eq!(
        (newest["id"].as_str(), &newest["state"], &newest["kind"], &newest["recipient"], &newest["attempts"]),
        (Some(id.as_str()), &json!("queued"), &json!("application_asked"), &json!("bea@example.org"), &json!(0))
    );
    assert!(newest["due_at"].is_string() && newest["sent_at"].is_null() && newest["etag"].is_string(), "{newest}");
    world.mails();
    let sent = rows(&world, &secretary, "?state=sent&kind=application_asked");
    assert_eq!((sent.len(), &sent[0]["last_answer"], &sent[0]["sent_at"]), (1, &json!("250 ok"), &json!("2026-09-01T09:10:00Z")));
    assert!(sent[0]["due_at"].is_null());
    assert!(rows(&world, &secretary, "?state=dead").is_empty());
    assert_eq!(rows(&world, &secretary, "?kind=verify_email").len(), 2);
    let next = list["next_cursor"].as_str().unwrap();
    assert_eq!(rows(&world, &secretary, &format!("?limit=1&cursor={next}"))[0]["kind"], "verify_email");
    for wrong in ["?state=lost", "?kind=pigeon", "?recipient=a"] {
        assert_eq!(world.ask("GET", &format!("/admin/mail{wrong}")).by(&secretary).send().problem(), "invalid-input", "{wrong}");
    }
    assert_eq!(world.ask("GET", "/admin/mail").by(&ana).send().problem(), "forbidden");
    assert_eq!(world.get("/admin/mail").problem(), "authentication-required");
    assert_eq!(resend(&world, &ana, id.as_str()).problem(), "forbidden");
    assert_eq!(resend(&world, &secretary, "0190aaaa-0000-7000-8000-0000000000ff").problem(), "not-found");
}

#[test]
fn a_mail_is_sent_again_once_for_each_wish() {
    let world = World::new();
    let secretary = world.secretary();
    let id = queue(&world, "test", "ana@example.org").to_string();
    world.mails();
    let path = format!("/admin/mail/{id}/resend");
    for _ in 0..2 {
        world.ask("POST", &path).by(&secretary).key("k1").send().expect(202);
    }
    assert_eq!(world.mails().list(), ["test ana@example.org"]);
    // A repeat of the request is no second wish; another one is.
    world.ask("POST", &path).by(&secretary).key("k1").send().expect(202);
    assert!(world.mails().list().is_empty());
    let etag = rows(&world, &secretary, "?kind=test")[0]["etag"].as_str().unwrap().to_owned();
    world.ask("POST", &path).by(&secretary).key("k2").if_match(&etag).send().expect(202);
    assert_eq!(world.ask("POST", &path).by(&secretary).if_match(&etag).send().problem(), "precondition-failed");
    assert_eq!(world.mails().list(), ["test ana@example.org"]);
    let resent = world.read(|c| {
        use diesel::prelude::*;
        use plenary::schema::audit_entries as a;
        let entries = a::table.filter(a::act.eq("mail.resent")).select((a::object_id, a::actor_id, a::from_state, a::to_state));
        Ok(entries.load::<(String, Option<String>, Option<String>, Option<String>)>(c)?)
    });
    let expected = (id, Some(secretary.id.to_string()), Some("sent".to_owned()), Some("queued".to_owned()));
    assert_eq!(resent, [expected.clone(), expected]);
}

#[test]
fn a_mail_that_waits_is_tried_at_once_and_one_given_up_starts_anew() {
    let world = World::new();
    let secretary = world.secretary();
    let (later, dead) = (queue(&world, "test", "a@example.org"), queue(&world, "test", "b@example.org"));
    world.write(|tx| {
        use diesel::prelude::*;
        use plenary::schema::outbox as o;
        let tomorrow = plenary::time::Instant::parse("2026-09-02T09:00:00Z").unwrap();
        diesel::update(o::table.find(later)).set((o::attempts.eq(9_i64), o::due_at.eq(tomorrow))).execute(&mut **tx)?;
        diesel::update(o::table.find(dead)).set((o::attempts.eq(10_i64), o::state.eq(State::Dead))).execute(&mut **tx)?;
        Ok(())
    });
    assert!(world.mails().list().is_empty());
    for id in [later, dead] {
        resend(&world, &secretary, id.as_str()).expect(202);
    }
    let row = &rows(&world, &secretary, "?kind=test&state=queued&sort=created_at")[1];
    assert_eq!((row["attempts"].clone(), &row["due_at"]), (json!(0), &json!("2026-09-01T09:00:00Z")));
    assert_eq!(world.mails().list(), ["test a@example.org", "test b@example.org"]);
}

#[test]
fn what_is_not_wanted_any_more_is_not_sent_again() {
    let world = World::new();
    let secretary = world.secretary();
    let forgot = |email: &str| world.ask("POST", "/auth/password/forgot").json(&json!({"email": email})).send().expect(202);
    world.person("ana@example.org");
    forgot("ana@example.org");
    let token = world.mails().token("ana@example.org", Purpose::ResetPassword);
    let id = |query: &str| rows(&world, &secretary, query)[0]["id"].as_str().unwrap().to_owned();
    let used = id("?kind=reset_password");
    resend(&world, &secretary, &used).expect(202);
    assert_eq!(world.mails().token("ana@example.org", Purpose::ResetPassword), token, "the same token");
    world.ask("POST", "/auth/password/reset").json(&json!({"token": token, "password": PASSWORD})).send().expect(204);
    assert_eq!(resend(&world, &secretary, &used).problem(), "wrong-state");
    // One of nobody's, written so that nobody can tell whether there is an account.
    forgot("nobody@example.org");
    assert_eq!(resend(&world, &secretary, &id("?state=dropped")).problem(), "wrong-state");
    // One that a newer one replaced.
    forgot("ana@example.org");
    let replaced = id("?kind=reset_password&state=queued");
    forgot("ana@example.org");
    assert_eq!(resend(&world, &secretary, &replaced).problem(), "wrong-state");
    world.mails();
    world.at("2026-09-01T10:00:01Z");
    assert_eq!(resend(&world, &secretary, &id("?kind=reset_password&state=sent")).problem(), "wrong-state", "an hour is over");
    // One whose reader is erased.
    let gone = queue(&world, "test", "");
    assert_eq!(resend(&world, &secretary, gone.as_str()).problem(), "wrong-state");
}

#[test]
fn nothing_of_an_erased_reader_is_left_in_the_queue() {
    let world = World::new();
    let (ana, secretary) = (world.person("ana@example.org"), world.secretary());
    world.write(|tx| {
        use diesel::prelude::*;
        use plenary::schema::outbox as o;
        let (params, recipient) = (json!({"name": "Ana"}), ana.email.clone());
        let mail = Mail { kind: "test", person: Some(ana.id), recipient, locale: None, params, due_at: None, concealed: false };
        let dead = outbox::enqueue(tx, mail.clone())?;
        let answer = (o::state.eq(State::Dead), o::last_answer.eq("550 <ana@example.org> is nobody here"));
        diesel::update(o::table.find(dead)).set(answer).execute(&mut **tx)?;
        outbox::enqueue(tx, mail)?;
        outbox::forget_person(tx, ana.id)?;
        Ok(())
    });
    let mut rows = rows(&world, &secretary, "?kind=test");
    // What is not wanted any more is shown to who asks for it.
    rows.extend(self::rows(&world, &secretary, "?kind=test&state=dropped"));
    let all: Vec<_> = rows.iter().map(|row| (row["state"].as_str().unwrap(), row["recipient"].as_str().unwrap())).collect();
    assert_eq!(all, [("dead", ""), ("dropped", "")]);
    assert!(rows.iter().all(|row| !row.to_string().to_lowercase().contains("ana")), "{rows:?}");
    assert!(world.mails().list().is_empty());
}

#[test]
fn the_command_lists_sends_again_and_tests() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("call.toml");
    std::fs::write(&file, crate::world::PARIS_CALL).unwrap();
    let run = |arguments: &[&str]| end(plenary_on(&home, directory.path(), arguments));
    run(&["load", file.to_str().unwrap()]).well();
    assert_eq!(run(&["mail", "list"]).well().stdout, "There are no mails.\n");
    let told = run(&["mail", "test", "ana@example.org"]).well().stdout;
    assert!(told.starts_with("Queued ") && told.contains("It was taken: written to "), "{told}");
    let id = told.split(' ').nth(1).unwrap().to_owned();
    let written = mails(&directory.path().join("data"));
    assert!(written.len() == 1 && written[0].0.starts_with(&id), "{written:?}");
    let list = run(&["mail", "list", "--state", "sent"]).well().stdout;
    assert!(list.contains(&id) && list.contains("ana@example.org") && list.ends_with("1 sent mails.\n"), "{list}");
    assert_eq!(run(&["mail", "list", "--state", "dead"]).well().stdout, "There are no dead mails.\n");
    let again = run(&["mail", "resend", &id]).well().stdout;
    assert!(again.contains("again"), "{again}");
    assert!(run(&["mail", "list", "--state", "queued"]).well().stdout.contains(&id));
    assert!(run(&["mail", "resend", "0190aaaa-0000-7000-8000-0000000000ff"]).failure().contains("no such mail"));
    assert!(run(&["mail", "test", "nobody"]).failure().contains("no e-mail address"));
    // A transport that does not get through is said, and the mail waits.
    let mut refused = plenary_on(&home, directory.path(), &["mail", "test", "bea@example.org"]);
    refused.env("PLENARY_MAIL__TRANSPORT", "smtp").env("PLENARY_MAIL__SMTP_URL", "smtp://u:hunter2@127.0.0.1:1");
    let told = end(refused).failure();
    assert!(told.contains("it was not taken") && told.contains("efused") && !told.contains("hunter2"), "{told}");
    let counts = database(&home).read_blocking(|tx| Ok::<_, plenary::error::Error>(outbox::counts(tx, State::ALL)?)).unwrap();
    assert!(counts.contains(&(State::Queued, 2)), "{counts:?}");
}
