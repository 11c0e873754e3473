//! What is kept is kept as long as PRIVACY.md says, and no longer: a test for each line of its table.

use chrono::TimeDelta;
use diesel::connection::SimpleConnection;
use plenary::outbox::{self, Act, Mail, Purpose};
use plenary::people::{self, Role};
use plenary::time::Instant;
use plenary::worker::Worker;
use serde_json::json;

use crate::dump::dump;
use crate::world::{World, instant};

/// The rows of a table in which this stands.
fn rows(world: &World, table: &str, text: &str) -> usize {
    let prefix = format!("{table} ");
    dump(world.db()).iter().filter(|line| line.starts_with(&prefix) && line.contains(text)).count()
}

/// Everything in the database in which this stands.
fn traces(world: &World, text: &str) -> Vec<String> {
    dump(world.db()).into_iter().filter(|line| line.contains(text)).collect()
}

/// Lets the worker forget, as of `at`; how much it forgot.
fn forget(world: &World, at: Instant) -> usize {
    world.at(&at.to_string());
    let mut worker = Worker::new(world.db().clone(), "w");
    let round = actix_web::rt::System::new().block_on(worker.tick(at));
    assert!(round.failed.is_empty(), "{round:?}");
    round.done.iter().filter(|(job, _)| job.starts_with("forget old")).map(|(_, count)| count).sum()
}

/// `rows` stand an hour before `end`, and are gone then.
#[track_caller]
fn ends(world: &World, end: Instant, rows: impl Fn() -> usize) {
    let before = rows();
    assert!(before > 0, "there is nothing to forget");
    forget(world, end.minus(TimeDelta::hours(1)));
    assert_eq!(rows(), before, "it went too early");
    assert!(forget(world, end) > 0);
    assert_eq!(rows(), 0, "it is still there");
}

fn sql(world: &World, statements: &str) {
    world.write(|tx| Ok(tx.batch_execute(statements)?));
}

fn days(world: &World, days: i64) -> Instant {
    world.now().plus(TimeDelta::days(days))
}

fn application(world: &World, id: &str, status: &str, decided_at: &str) {
    sql(
        world,
        &format!(
            "INSERT INTO supporter_applications (id, name, folded_name, sector, contact_name, contact_email, contact_folded_email, \
             contact_job_title, contact_locale, authorised, status, rank, asked, possible_duplicates, decided_at, version, created_at, updated_at) \
             VALUES ('{id}', 'Acme', 'acme', 'academia', 'Cleo Contact', 'Cleo@acme.example', 'cleo@acme.example', 'Head of Cleo', 'fr', true, \
             '{status}', 0, '[]', '[]', {decided_at}, 1, '2026-09-01 09:00:00', '2026-09-01 09:00:00')"
        ),
    );
}

const ID: &str = "0190aaaa-0000-7000-8000-000000000001";

#[test]
fn an_application_that_nobody_confirmed_is_erased_whole_after_7_days() {
    let world = World::new();
    application(&world, ID, "unconfirmed", "NULL");
    application(&world, "0190aaaa-0000-7000-8000-000000000002", "pending", "NULL");
    world.write(|tx| {
        let mail = |due_at| Mail {
            kind: "confirm_application",
            person: None,
            recipient: "cleo@acme.example".into(),
            locale: None,
            params: json!({"name": "Cleo Contact"}),
            due_at,
            concealed: false,
        };
        let act = Act { purpose: Purpose::ConfirmApplication, subject: ID, detail: json!({"email": "cleo@acme.example"}) };
        outbox::ask(tx, mail(None), &act)?;
        let later = tx.now().plus(TimeDelta::days(400));
        outbox::ask(tx, mail(Some(later)), &act).map(drop)
    });
    world.mails();
    let others = traces(&world, "pending").len();
    ends(&world, days(&world, 7), || rows(&world, "supporter_applications", "unconfirmed"));
    assert_eq!(rows(&world, "outbox", "leo") + rows(&world, "mail_acts", "leo"), 0, "its mails too: {:?}", traces(&world, "leo"));
    assert_eq!(traces(&world, "pending").len(), others, "a confirmed one stays");
}

#[test]
fn the_contact_of_a_decided_application_goes_after_12_months() {
    for status in ["declined", "endorsed"] {
        let world = World::new();
        application(&world, ID, status, "'2026-10-01 09:00:00'");
        ends(&world, instant("2027-10-01T09:00:00Z"), || rows(&world, "supporter_applications", "leo"));
        assert_eq!(rows(&world, "supporter_applications", "Acme"), 1, "the decision stays");
    }
    let open = World::new();
    application(&open, ID, "pending", "NULL");
    forget(&open, days(&open, 4000));
    assert_eq!(rows(&open, "supporter_applications", "leo"), 1, "it still waits");
}

#[test]
fn a_mail_goes_90_days_after_it_left() {
    let world = World::new();
    world.register("ana@example.org");
    world.mails();
    let mail = || rows(&world, "outbox", "ana@example.org") + rows(&world, "mail_acts", "ana@example.org");
    assert_eq!(mail(), 2);
    // A session would be forgotten before; the account itself is confirmed.
    sql(&world, "UPDATE persons SET email_verified_at = created_at");
    world.write(|tx| {
        let due_at = Some(tx.now().plus(TimeDelta::days(400)));
        let mail = Mail {
            kind: "test",
            person: None,
            recipient: "later".into(),
            locale: None,
            params: json!({}),
            due_at,
            concealed: false,
        };
        let act = Act { purpose: Purpose::AcceptInvitation, subject: "x", detail: json!({"email": "later"}) };
        outbox::ask(tx, mail, &act).map(drop)
    });
    ends(&world, days(&world, 90), mail);
    assert_eq!(
        (rows(&world, "outbox", "later"), rows(&world, "mail_acts", "later")),
        (1, 1),
        "what has not left stays, with its act"
    );
}

#[test]
fn a_link_without_a_mail_goes_when_it_is_over() {
    let world = World::new();
    world.write(|tx| {
        let act = Act { purpose: Purpose::ResetPassword, subject: "x", detail: json!({"email": "ana@example.org"}) };
        outbox::hand_out(tx, &act).map(drop)
    });
    ends(&world, world.now().plus(TimeDelta::hours(1)), || rows(&world, "mail_acts", "ana@example.org"));
}

#[test]
fn a_session_goes_30_days_after_its_end() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    let left = world.sign_in("ana@example.org");
    let session = |person: &crate::world::Person| {
        let body = json!({"refresh_token": person.refresh_token});
        world.ask("POST", "/auth/refresh").json(&body).send().expect(200).json()["refresh_token"].as_str().unwrap().to_owned()
    };
    let kept = session(&ana);
    world.ask("POST", "/auth/logout").by(&left).send().expect(204);
    let hash = outbox::token_hash(&left.refresh_token);
    ends(&world, days(&world, 30), || rows(&world, "refresh_tokens", &hash));
    assert_eq!(
        (rows(&world, "person_sessions", ""), rows(&world, "refresh_tokens", "")),
        (1, 1),
        "the other session ran out just now"
    );
    assert_eq!(rows(&world, "refresh_tokens", &outbox::token_hash(&kept)), 1, "of it the exchanged token is gone");
    forget(&world, days(&world, 30));
    assert_eq!((rows(&world, "person_sessions", ""), rows(&world, "refresh_tokens", "")), (0, 0));
    assert_eq!(rows(&world, "persons", "ana@example.org"), 1);
}

#[test]
fn what_slows_guessing_goes_after_30_quiet_days() {
    let world = World::new();
    world.person("ana@example.org");
    assert_eq!(rows(&world, "login_addresses", ""), 1);
    for _ in 0..3 {
        let wrong = json!({"email": "ana@example.org", "password": "not the right one"});
        world.ask("POST", "/auth/login").json(&wrong).send().expect(401);
    }
    assert!(traces(&world, "127.0.0.1").is_empty(), "no client's address is kept, only its digest");
    ends(&world, days(&world, 30), || rows(&world, "login_failures", "") + rows(&world, "login_addresses", ""));
}

#[test]
fn an_account_that_nobody_confirmed_is_erased_after_30_days() {
    let world = World::new();
    world.load_paris_call();
    for email in ["ana@example.org", "chief@example.org", "focal@example.org"] {
        world.register(email);
    }
    let ben = world.person("ben@example.org");
    world.write(|tx| {
        let mut chief = people::person_by_email(tx, "chief@example.org")?.unwrap();
        chief.role = Role::Administrator;
        people::save_person(tx, &mut chief)?;
        let focal = people::person_by_email(tx, "focal@example.org")?.unwrap().id;
        let affiliate = format!(
            "INSERT INTO affiliations (id, person_id, supporter_id, role, since, version, created_at, updated_at) \
             SELECT '{ID}', '{focal}', min(id), 'representative', '2026-09-01 09:00:00', 1, '2026-09-01 09:00:00', '2026-09-01 09:00:00' \
             FROM supporters"
        );
        Ok(tx.batch_execute(&affiliate)?)
    });
    let id = world.read(|c| people::person_by_email(c, "ana@example.org")).unwrap().id;
    ends(&world, days(&world, 30), || rows(&world, "persons", "ana@example.org"));
    assert!(traces(&world, "ana@example.org").is_empty(), "{:?}", traces(&world, "ana@example.org"));
    assert_eq!(rows(&world, "persons", "former participant"), 1);
    for stays in ["chief@example.org", "focal@example.org", "ben@example.org"] {
        assert_eq!(rows(&world, "persons", stays), 1, "{stays}");
    }
    // It can be registered again, and the record says what became of the first one.
    world.register("ana@example.org");
    let acts = rows(&world, "audit_entries", "person.erased");
    assert_eq!((acts, rows(&world, "audit_entries", &id.to_string())), (1, 2));
    assert!(world.read(|c| Ok(plenary::audit::verify(c)?)).is_ok());
    assert!(world.read(|c| people::person(c, ben.id)).unwrap().erased_at.is_none());
}

#[test]
fn somebody_who_registers_again_gets_30_days_more() {
    let world = World::new();
    world.register("ana@example.org");
    world.at(&days(&world, 29).to_string());
    world.register("ana@example.org");
    ends(&world, days(&world, 30), || rows(&world, "persons", "ana@example.org"));
}

#[test]
fn the_address_of_an_invitation_goes_30_days_after_it_ran_out() {
    let world = World::new();
    world.load_paris_call();
    sql(
        &world,
        &format!(
            "INSERT INTO invitations (id, supporter_id, email, folded_email, role, status, expires_at, version, created_at, updated_at) \
             SELECT '{ID}', min(id), 'Dan@acme.example', 'dan@acme.example', 'representative', 'pending', '2026-09-15 09:00:00', 1, \
             '2026-09-01 09:00:00', '2026-09-01 09:00:00' FROM supporters"
        ),
    );
    ends(&world, instant("2026-10-15T09:00:00Z"), || rows(&world, "invitations", "an@acme"));
    assert_eq!(rows(&world, "invitations", ""), 1);
}

#[test]
fn what_was_written_in_a_request_for_affiliation_goes_12_months_after_the_decision() {
    let world = World::new();
    world.load_paris_call();
    let ana = world.person("ana@example.org");
    for (n, status) in [(1, "declined"), (2, "requested")] {
        sql(
            &world,
            &format!(
                "INSERT INTO affiliation_requests (id, person_id, supporter_id, message, status, reason, version, created_at, updated_at) \
                 SELECT '0190aaaa-0000-7000-8000-00000000000{n}', '{}', min(id), 'please, {status}', '{status}', 'well, {status}', 1, \
                 '2026-09-01 09:00:00', '2026-09-02 09:00:00' FROM supporters",
                ana.id
            ),
        );
    }
    ends(&world, instant("2027-09-02T09:00:00Z"), || rows(&world, "affiliation_requests", ", declined"));
    assert_eq!(rows(&world, "affiliation_requests", ", requested"), 1, "the open one stays");
}

#[test]
fn much_is_forgotten_in_batches_and_by_one_server_at_a_time() {
    let world = World::new();
    let values: Vec<_> = (0..1234).map(|n| format!("('k{n}', 1, '2026-09-01 09:00:00')")).collect();
    sql(&world, &format!("INSERT INTO login_failures (key, failures, window_started_at) VALUES {}", values.join(", ")));
    let at = days(&world, 30);
    assert_eq!(forget(&world, at), 1234);
    sql(&world, "INSERT INTO login_failures (key, failures, window_started_at) VALUES ('k', 1, '2026-09-01 09:00:00')");
    assert_eq!(forget(&world, at.plus(TimeDelta::minutes(59))), 0, "an hour has not passed");
    assert_eq!(forget(&world, at.plus(TimeDelta::minutes(60))), 1);
}
