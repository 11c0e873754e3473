//! How persons hear of things: choices, digests, notifications, one-click unsubscribe, suppressed addresses.

mod stream;

use std::future::Future;
use std::pin::Pin;
use std::sync::Barrier;

use plenary::mail::{Kind, Language, Occasion, Templates};
use plenary::notifications;
use plenary::outbox::{self, Claimed, Mail, Outcome, Purpose, Sender};
use plenary::worker::Worker;
use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{Person, Reply, World};

const PREFERENCES: &str = "/me/notification-preferences";

fn write_to_members(cast: &Cast, subject: &str) {
    let secretary = cast.sign_in(&cast.secretary.email);
    let body = json!({"subject": subject, "body": "Come on Monday.", "to": "members"});
    cast.ask("POST", "/groups/5/messages").by(&secretary).json(&body).send().expect(202);
}

fn choose(cast: &World, person: &Person, choices: &Value) -> Reply {
    let person = cast.sign_in(&person.email);
    let etag = cast.ask("GET", PREFERENCES).by(&person).send().expect(200).header("etag").to_owned();
    cast.ask("PUT", PREFERENCES).by(&person).if_match(&etag).json(choices).send()
}

fn choice_of(world: &World, person: &Person, kind: &str) -> Value {
    let person = world.sign_in(&person.email);
    world.ask("GET", PREFERENCES).by(&person).send().expect(200).json()[kind].clone()
}

fn inbox(world: &World, person: &Person, query: &str) -> Value {
    let person = world.sign_in(&person.email);
    world.ask("GET", &format!("/notifications{query}")).by(&person).send().expect(200).json()
}

/// How many notifications a person has not read.
fn known(world: &World, person: &Person) -> i64 {
    inbox(world, person, "")["unread_count"].as_i64().unwrap()
}

fn to<'a>(mails: &'a [String], person: &Person) -> Vec<&'a str> {
    mails.iter().filter(|mail| mail.ends_with(&format!(" {}", person.email))).map(String::as_str).collect()
}

#[test]
fn preferences_are_replaced_as_a_whole() {
    let cast = Cast::new();
    let first = cast.ask("GET", PREFERENCES).by(&cast.member).send().expect(200);
    let shown = first.json();
    for kind in Kind::ALL {
        let listed = shown.get(kind.as_str()).is_some();
        assert_eq!(listed, kind.is_optional(), "{kind}");
    }
    assert_eq!(shown["group_message"], "immediate");
    let put = |body: &Value| cast.ask("PUT", PREFERENCES).by(&cast.member).json(body).send();
    assert_eq!(put(&json!({"group_message": "daily"})).expect(200).json()["group_message"], "daily");
    assert_eq!(put(&json!({})).problem(), "precondition-required");
    let stale = cast.ask("PUT", PREFERENCES).by(&cast.member).if_match(first.header("etag")).json(&json!({})).send();
    assert_eq!(stale.problem(), "precondition-failed");
    assert_eq!(choose(&cast, &cast.member, &json!({"comment_reply": "off"})).expect(200).json()["group_message"], "immediate");
    assert_eq!(
        choose(&cast, &cast.member, &json!({"password_changed": "off", "pigeon": "off"})).expect(422).faults(),
        ["/password_changed unknown", "/pigeon unknown"]
    );
    let all_at_once = choose(&cast, &cast.member, &json!({"pigeon": "off", "comment_reply": "never", "group_message": 1}));
    assert_eq!(all_at_once.expect(422).faults().len(), 3);
    assert_eq!(choice_of(&cast, &cast.member, "comment_reply"), "off");
    cast.get(PREFERENCES).expect(401);
}

#[test]
fn what_holds_by_default_depends_on_what_one_has_to_do() {
    let cast = Cast::new();
    assert_eq!(choice_of(&cast, &cast.member, "forum_start"), "off");
    for person in [&cast.chair, &cast.secretary] {
        assert_eq!(choice_of(&cast, person, "forum_start"), "immediate");
    }
    // Whoever sends back what it was shown has said nothing: a task that comes later counts.
    let shown = cast.ask("GET", PREFERENCES).by(&cast.lead).send().expect(200).json();
    let mut shown = shown.as_object().unwrap().clone();
    shown.remove("etag");
    assert_eq!(shown["forum_start"], "off");
    choose(&cast, &cast.lead, &Value::Object(shown)).expect(200);
    let lead = cast.open_membership(&cast.lead);
    let body = json!({"title": "Report", "kind": "report", "due_on": "2026-10-08", "lead_membership_id": lead});
    cast.ask("POST", "/groups/5/deliverables").by(&cast.chair).json(&body).send().expect(201);
    assert_eq!(choice_of(&cast, &cast.lead, "forum_start"), "immediate");
    assert_eq!(choose(&cast, &cast.lead, &json!({"forum_start": "off"})).expect(200).json()["forum_start"], "off");
    assert_eq!(choice_of(&cast, &cast.lead, "forum_start"), "off");
}

#[test]
fn off_is_no_mail_and_still_told_in_the_application() {
    let cast = Cast::new();
    let all: serde_json::Map<String, Value> =
        Kind::ALL.iter().filter(|kind| kind.is_optional()).map(|kind| (kind.to_string(), json!("off"))).collect();
    choose(&cast, &cast.member, &Value::Object(all)).expect(200);
    // Of how they came to speak for their supporters.
    let before = known(&cast, &cast.member);
    write_to_members(&cast, "First");
    write_to_members(&cast, "Second");
    let mails = cast.mails().list();
    assert!(to(&mails, &cast.member).is_empty(), "{mails:?}");
    assert_eq!(to(&mails, &cast.other_member).len(), 2, "{mails:?}");
    // What concerns the account is mailed all the same.
    let body = json!({"password": crate::world::PASSWORD, "new_password": "another fine day for a walk"});
    cast.ask("POST", "/me/password").by(&cast.member).json(&body).send().expect(204);
    assert_eq!(to(&cast.mails().list(), &cast.member), [format!("password_changed {}", cast.member.email)]);
    let list = cast.ask("GET", "/notifications?total=true").by(&cast.member).send().expect(200).json();
    let items = list["items"].as_array().unwrap();
    assert_eq!((list["unread_count"].as_i64(), list["total"].as_i64()), (Some(before + 2), Some(before + 2)));
    assert_eq!(items.len() as i64, before + 2);
    assert!(items[0]["title"].as_str().unwrap().contains("Second"), "{list}");
    assert_eq!((items[0]["kind"].as_str(), &items[0]["read_at"]), (Some("group_message"), &Value::Null));
}

#[test]
fn notifications_are_read_up_to_one() {
    let cast = Cast::new();
    let before = known(&cast, &cast.other_member);
    for subject in ["One", "Two", "Three"] {
        write_to_members(&cast, subject);
    }
    let items = inbox(&cast, &cast.member, "")["items"].as_array().unwrap().clone();
    let read = |by: &Person, id: &Value| cast.ask("POST", "/notifications/read").by(by).json(&json!({"up_to": id})).send();
    read(&cast.member, &items[1]["id"]).expect(204);
    read(&cast.member, &items[1]["id"]).expect(204);
    let unread = inbox(&cast, &cast.member, "?unread=true");
    assert_eq!((unread["unread_count"].as_i64(), unread["items"].as_array().unwrap().len()), (Some(1), 1));
    assert_eq!(unread["items"][0]["id"], items[0]["id"]);
    // Another's is none of one's own.
    assert_eq!(read(&cast.other_member, &items[0]["id"]).expect(422).faults(), ["/up_to unknown"]);
    assert_eq!(known(&cast, &cast.other_member), before + 3);
    let page = inbox(&cast, &cast.member, "?limit=2");
    let next = page["next_cursor"].as_str().unwrap();
    let rest = inbox(&cast, &cast.member, &format!("?limit=2&cursor={next}"));
    assert_eq!(rest["items"][0]["id"], items[2]["id"]);
    cast.get("/notifications").expect(401);
}

#[test]
fn what_is_daily_comes_in_one_mail_a_little_after_nine() {
    let cast = Cast::new();
    choose(&cast, &cast.member, &json!({"group_message": "daily"})).expect(200);
    choose(&cast, &cast.other_member, &json!({"group_message": "daily"})).expect(200);
    write_to_members(&cast, "One");
    write_to_members(&cast, "Two");
    // Who changes its mind gets nothing of what waits.
    choose(&cast, &cast.other_member, &json!({"group_message": "off"})).expect(200);
    let digest = || {
        cast.write(notifications::send_digests);
        cast.mails()
    };
    assert!(to(&digest().list(), &cast.member).is_empty());
    cast.at("2026-09-02T07:04:59Z");
    assert!(to(&digest().list(), &cast.member).is_empty(), "the reminders of nine may still come");
    cast.at("2026-09-02T07:05:00Z");
    let mails = digest();
    assert_eq!(to(&mails.list(), &cast.member), [format!("digest {}", cast.member.email)]);
    assert!(to(&mails.list(), &cast.other_member).is_empty());
    let mail = mails.to(&cast.member.email);
    let occasion = Occasion {
        kind: Kind::Digest,
        language: Language::En,
        call: "Paris Call",
        contact: None,
        link: None,
        until: None,
        unsubscribe: Some("http://plenary.test/unsubscribe?token=x"),
        site: None,
        params: &mail.params,
    };
    let templates = Templates::new(None);
    let gathered = templates.gathered(&occasion);
    let (letter, _) = templates.render(&Occasion { params: &gathered, ..occasion }).unwrap();
    assert_eq!(letter.text.matches("Come on Monday.").count(), 2, "{}", letter.text);
    assert!(letter.text.contains("One") && letter.text.contains("Two") && letter.subject.contains('2'), "{}", letter.text);
    assert!(letter.text.contains("unsubscribe?token=x"), "{}", letter.text);
    // Once.
    assert!(to(&digest().list(), &cast.member).is_empty());
    // Its link ends the daily mails.
    let token = mail.leave.as_ref().unwrap().expose().to_owned();
    cast.ask_outside("POST", &format!("/unsubscribe?token={token}")).send().expect(200);
    assert_eq!(choice_of(&cast, &cast.member, "group_message"), "off");
    assert_eq!(choice_of(&cast, &cast.member, "comment_reply"), "immediate");
}

#[test]
fn of_servers_that_gather_at_once_one_sends_each_digest() {
    let cast = Cast::new();
    let readers = [&cast.member, &cast.other_member];
    for reader in readers {
        choose(&cast, reader, &json!({"group_message": "daily"})).expect(200);
    }
    // As other processes: each with connections of its own.
    let databases: Vec<_> = (0..3).map(|_| cast.beside_db()).collect();
    for day in 2..=5 {
        write_to_members(&cast, "One");
        write_to_members(&cast, "Two");
        cast.mails();
        cast.at(&format!("2026-09-{day:02}T07:05:00Z"));
        let together = Barrier::new(databases.len());
        std::thread::scope(|scope| {
            for (n, db) in databases.iter().enumerate() {
                let (together, now) = (&together, cast.now());
                scope.spawn(move || {
                    let mut worker = Worker::new(db.clone(), format!("w{n}"));
                    together.wait();
                    let round = actix_web::rt::System::new().block_on(worker.tick(now));
                    assert!(round.failed.is_empty(), "{round:?}");
                });
            }
        });
        let digests = cast.mails().of_kind("digest");
        let mut told: Vec<_> = digests.iter().map(|mail| mail.recipient.as_str()).collect();
        told.sort_unstable();
        let mut readers: Vec<_> = readers.iter().map(|reader| reader.email.as_str()).collect();
        readers.sort_unstable();
        assert_eq!(told, readers, "day {day}");
        assert!(digests.iter().all(|mail| mail.params["items"].as_array().unwrap().len() == 2), "day {day}");
    }
}

/// A server that takes nothing now.
struct Busy;

impl Sender for Busy {
    fn send<'a>(&'a self, _: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async { Outcome::Later("451 come again".into()) })
    }
}

#[test]
fn what_waits_to_be_sent_again_is_dropped_where_its_reader_wants_no_more_of_it() {
    let cast = Cast::new();
    write_to_members(&cast, "One");
    actix_web::rt::System::new().block_on(outbox::deliver_due(cast.db(), "w", &Busy)).unwrap();
    choose(&cast, &cast.member, &json!({"group_message": "off"})).expect(200);
    cast.at("2026-09-01T09:10:00Z");
    let mails = cast.mails().list();
    assert!(to(&mails, &cast.member).is_empty(), "{mails:?}");
    assert_eq!(to(&mails, &cast.other_member).len(), 1, "{mails:?}");
}

#[test]
fn who_erases_its_account_while_it_is_told_something_leaves_nothing_behind() {
    let cast = Cast::new();
    let secretary = cast.sign_in(&cast.secretary.email);
    for n in 0..6 {
        let person = cast.person(&format!("leaving{n}@plenary.test"));
        cast.admit(&person, Some(cast.supporter));
        let etag = cast.ask("GET", "/me").by(&person).send().expect(200).header("etag").to_owned();
        let (together, delay) = (Barrier::new(2), std::time::Duration::from_millis(n * 3));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                together.wait();
                std::thread::sleep(delay);
                let body = json!({"password": crate::world::PASSWORD});
                cast.ask("DELETE", "/me").by(&person).if_match(&etag).json(&body).send().expect(204);
            });
            scope.spawn(|| {
                let group = json!({"subject": "Hello", "body": "Come.", "to": "members"});
                together.wait();
                // Five a day and sender: some are refused, and that is not the point.
                cast.ask("POST", "/groups/5/messages").by(if n < 5 { &secretary } else { &cast.chair }).json(&group).send();
            });
        });
        let left = cast.read(|c| notifications::export(c, person.id));
        assert_eq!(left, json!({"preferences": {}, "notifications": []}), "round {n}");
        assert!(to(&cast.mails().list(), &person).is_empty(), "round {n}");
    }
}

#[test]
fn one_click_leaves_and_looking_does_not() {
    let cast = Cast::new();
    write_to_members(&cast, "One");
    let mails = cast.mails();
    let token = mails.to(&cast.member.email).leave.as_ref().unwrap().expose().to_owned();
    let path = format!("/unsubscribe?token={token}");
    for method in ["GET", "HEAD"] {
        cast.ask_outside(method, &path).send().expect(200);
    }
    assert_eq!(choice_of(&cast, &cast.member, "group_message"), "immediate");
    for body in ["", "List-Unsubscribe=One-Click", ""] {
        let form = cast.ask_outside("POST", &path).header("content-type", "application/x-www-form-urlencoded").body(body);
        assert!(form.send().expect(200).text().contains("That is done"));
    }
    assert_eq!(choice_of(&cast, &cast.member, "group_message"), "off");
    assert_eq!(choice_of(&cast, &cast.other_member, "group_message"), "immediate");
    write_to_members(&cast, "Two");
    assert!(to(&cast.mails().list(), &cast.member).is_empty());
    // A token that is another's, cut, changed, or none.
    let mut changed = token.clone();
    changed.replace_range(30..31, if &token[30..31] == "A" { "B" } else { "A" });
    for wrong in [&changed, &token[..40], "", "%3Cscript%3E", "x"] {
        let reply = cast.ask_outside("POST", &format!("/unsubscribe?token={wrong}")).send().expect(422);
        assert!(!reply.text().contains("<script"), "{}", reply.text());
    }
    cast.ask_outside("PUT", &path).send().expect(405);
}

#[test]
fn whoever_has_no_account_can_leave_too() {
    let world = World::new();
    let queue = || {
        world.write(|tx| {
            let mail = Mail {
                kind: "contribution_taken_up",
                person: None,
                recipient: "Bea@example.org".into(),
                locale: None,
                params: json!({}),
                due_at: None,
                concealed: false,
            };
            notifications::enqueue_to_address(tx, mail)
        });
        world.mails()
    };
    let token = queue().to("Bea@example.org").leave.as_ref().unwrap().expose().to_owned();
    for _ in 0..2 {
        world.ask_outside("POST", &format!("/unsubscribe?token={token}")).send().expect(200);
    }
    assert!(queue().list().is_empty());
}

#[test]
fn who_is_erased_leaves_nothing_here() {
    let cast = Cast::new();
    choose(&cast, &cast.member, &json!({"group_message": "daily"})).expect(200);
    let before = known(&cast, &cast.member) as usize;
    write_to_members(&cast, "One");
    let me = cast.sign_in(&cast.member.email);
    let export = cast.ask("GET", "/me/export").by(&me).send().expect(200).json();
    assert_eq!(export["notifications"]["preferences"], json!({"group_message": "daily"}));
    assert_eq!(export["notifications"]["notifications"].as_array().unwrap().len(), before + 1);
    let etag = cast.ask("GET", "/me").by(&me).send().expect(200).header("etag").to_owned();
    cast.ask("DELETE", "/me").by(&me).if_match(&etag).json(&json!({"password": crate::world::PASSWORD})).send().expect(204);
    let left = cast.read(|c| notifications::export(c, me.id));
    assert_eq!(left, json!({"preferences": {}, "notifications": []}));
    cast.at("2026-09-03T07:00:00Z");
    cast.write(notifications::send_digests);
    assert!(to(&cast.mails().list(), &cast.member).is_empty());
}

/// Says of everybody that nobody has that address.
struct Gone;

impl Sender for Gone {
    fn send<'a>(&'a self, _: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async { Outcome::Nobody("550 5.1.1 no such user".into()) })
    }
}

#[test]
fn an_address_that_nobody_has_gets_nothing_until_somebody_has_it() {
    let cast = Cast::new();
    write_to_members(&cast, "One");
    actix_web::rt::System::new().block_on(outbox::deliver_due(cast.db(), "gone", &Gone)).unwrap();
    let secretary = cast.sign_in(&cast.secretary.email);
    let list = cast.ask("GET", "/admin/suppressions?q=other-member&total=true").by(&secretary).send().expect(200).json();
    assert_eq!((list["total"].as_i64(), list["items"][0]["address"].as_str()), (Some(1), Some(cast.other_member.email.as_str())));
    assert_eq!(list["items"][0]["reason"], "550 5.1.1 no such user");
    write_to_members(&cast, "Two");
    assert!(to(&cast.mails().list(), &cast.member).is_empty());
    let dead = cast.ask("GET", "/admin/mail?state=dead&kind=group_message").by(&secretary).send().expect(200).json();
    let id = dead["items"][0]["id"].as_str().unwrap();
    assert_eq!(cast.ask("POST", &format!("/admin/mail/{id}/resend")).by(&secretary).send().problem(), "wrong-state");
    // What proves that somebody reads there is sent, and lifts it.
    cast.ask("POST", "/auth/password/forgot").json(&json!({"email": cast.member.email})).send().expect(202);
    let token = cast.mails().token(&cast.member.email, Purpose::ResetPassword);
    let body = json!({"token": token, "password": "another fine day for a walk"});
    cast.ask("POST", "/auth/password/reset").json(&body).send().expect(204);
    let lift = |by: &Person, address: &str| cast.ask("DELETE", &format!("/admin/suppressions/{address}")).by(by).send();
    assert_eq!(lift(&cast.other_chair, &cast.other_member.email).problem(), "forbidden");
    lift(&secretary, &cast.member.email).expect(404);
    lift(&secretary, &cast.other_member.email.to_uppercase()).expect(204);
    cast.mails();
    write_to_members(&cast, "Three");
    let mails = cast.mails().list();
    assert_eq!((to(&mails, &cast.member).len(), to(&mails, &cast.other_member).len()), (1, 1), "{mails:?}");
    assert_eq!(cast.ask("GET", "/admin/suppressions").by(&cast.stranger).send().problem(), "forbidden");
}
