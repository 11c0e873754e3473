//! Getting and regaining an account: nothing tells a stranger whether an address has one.

use plenary::outbox::Purpose;
use serde_json::{Value, json};

use crate::world::{PASSWORD, Person, Reply, World};

fn post(world: &World, path: &str, body: &Value) -> Reply {
    world.ask("POST", path).json(body).send()
}

fn newcomer(email: &str) -> Value {
    json!({"email": email, "password": PASSWORD, "display_name": "Ana"})
}

/// What a stranger sees of an answer: everything but what every answer has of its own.
fn seen(reply: &Reply) -> (u16, Vec<u8>, Vec<String>) {
    let own = ["date", "x-request-id"];
    let headers = reply.headers.iter().filter(|(name, _)| !own.contains(&name.as_str()));
    (reply.status, reply.body.clone(), headers.map(|(name, value)| format!("{name}: {value:?}")).collect())
}

#[test]
fn an_account_is_registered_confirmed_and_signed_in_to() {
    let world = World::new();
    world.load_paris_call();
    let body = json!({"email": "Ana@Example.org", "password": PASSWORD, "display_name": "Ana", "locale": "fr"});
    assert!(post(&world, "/auth/register", &body).expect(202).body.is_empty());
    // Before the address is confirmed one reads and changes oneself, and nothing else.
    let ana = world.sign_in("ana@example.ORG");
    assert_eq!(world.ask("GET", "/me").by(&ana).send().expect(200).json()["email_verified"], false);
    let mails = world.mails();
    assert_eq!(mails.list(), ["verify_email Ana@Example.org"]);
    assert_eq!(mails.to("Ana@Example.org").locale.as_deref(), Some("fr"));
    let token = mails.token("Ana@Example.org", Purpose::VerifyEmail);
    assert_eq!(token.len(), 43);
    let verify = || post(&world, "/auth/verify-email", &json!({"token": token}));
    verify().expect(204);
    assert_eq!(verify().problem(), "invalid-token", "a token counts once");
    let me = world.ask("GET", "/me").by(&ana).send().expect(200).json();
    assert_eq!((&me["email"], &me["email_verified"], &me["role"]), (&json!("Ana@Example.org"), &json!(true), &json!("person")));
    assert_eq!((&me["display_name"], &me["locale"], &me["affiliations"]), (&json!("Ana"), &json!("fr"), &json!([])));
}

#[test]
fn a_registration_is_in_the_language_of_the_body_else_of_the_request_else_the_calls_first() {
    let world = World::new();
    world.load_paris_call();
    for (query, accept, locale, taken) in [
        ("", Some("de, fr-CA;q=0.8, en;q=0.1"), None, "fr"),
        ("", Some("fr"), Some("en"), "en"),
        ("?locale=fr", Some("en"), None, "fr"),
        ("?locale=*", Some("fr"), None, "en"),
        ("", Some("de"), None, "en"),
        ("", None, None, "en"),
    ] {
        let mut body = newcomer("ana@example.org");
        if let Some(locale) = locale {
            body["locale"] = json!(locale);
        }
        let asks = world.ask("POST", &format!("/auth/register{query}")).json(&body);
        let asks = match accept {
            Some(accept) => asks.header("Accept-Language", accept),
            None => asks,
        };
        // Asked for again it takes over what was sent last, the language too.
        asks.send().expect(202);
        assert_eq!(world.mails().to("ana@example.org").locale.as_deref(), Some(taken), "{query} {accept:?} {locale:?}");
        let ana = world.sign_in("ana@example.org");
        assert_eq!(world.ask("GET", "/me").by(&ana).send().expect(200).json()["locale"], taken, "{query} {accept:?} {locale:?}");
    }
}

#[test]
fn every_fault_of_a_registration_is_told_at_once() {
    let world = World::new();
    world.load_paris_call();
    let body = json!({"email": "ana", "password": "password12!", "display_name": "\u{202e}ana", "locale": "tlh"});
    let faults = post(&world, "/auth/register", &body).expect(422).faults();
    assert_eq!(faults, ["/email format", "/password too-short", "/password too-common", "/display_name format", "/locale enum"]);
    for (password, code) in [
        ("Ana.Maria.Silva", "is-email"),
        ("ana.maria.silva@example.org", "is-email"),
        ("123 iloveyou 123", "too-common"),
        (&"ä".repeat(129), "too-long"),
    ] {
        let body = json!({"email": "ana.maria.silva@example.org", "password": password, "display_name": "Ana"});
        assert_eq!(post(&world, "/auth/register", &body).expect(422).faults(), [format!("/password {code}")], "{password}");
    }
    assert_eq!(world.mails().list(), [""; 0]);
    // The longest one, and any way of typing it: NFKC makes one of composed and decomposed letters.
    let body = json!({"email": "a@example.org", "password": "ﬁne e\u{301}tudes ½", "display_name": "Ana"});
    post(&world, "/auth/register", &body).expect(202);
    let login = json!({"email": "a@example.org", "password": "fine \u{e9}tudes 1⁄2"});
    post(&world, "/auth/login", &login).expect(200);
}

#[test]
fn nobody_learns_whether_an_address_has_an_account() {
    let world = World::new();
    world.person("known@example.org");
    for path in ["/auth/register", "/auth/password/forgot", "/auth/verify-email/resend"] {
        let body = |email| if path == "/auth/register" { newcomer(email) } else { json!({"email": email}) };
        let (known, unknown) = (post(&world, path, &body("known@example.org")), post(&world, path, &body("unknown@example.org")));
        assert_eq!(known.status, 202, "{path}");
        assert_eq!(seen(&known), seen(&unknown), "{path}");
    }
    let mails = world.mails();
    let known: Vec<_> = mails.list().into_iter().filter(|mail| mail.ends_with(" known@example.org")).collect();
    assert_eq!(known, ["account_exists known@example.org", "reset_password known@example.org"]);
    // Whoever signs in with a wrong password cannot tell either.
    let wrong = |email: &str| post(&world, "/auth/login", &json!({"email": email, "password": "no such password"}));
    let (known, nobody) = (wrong("known@example.org"), wrong("nobody@example.org"));
    assert_eq!((known.problem(), nobody.problem()), ("invalid-credentials".into(), "invalid-credentials".into()));
    assert_eq!(known.json()["detail"], nobody.json()["detail"]);
}

#[test]
fn an_unknown_address_costs_what_a_known_one_costs() {
    let world = World::new();
    world.person("known@example.org");
    // Counted rather than timed: a clock on a busy machine tells nothing.
    let cost = |path: &str, body: Value| {
        let before = world.db().queries();
        post(&world, path, &body);
        world.db().queries() - before
    };
    for path in ["/auth/password/forgot", "/auth/login"] {
        let body = |email: &str| match path {
            "/auth/login" => json!({"email": email, "password": "no such password"}),
            _ => json!({"email": email}),
        };
        cost(path, body("known@example.org"));
        let (known, unknown) = (cost(path, body("known@example.org")), cost(path, body("unknown@example.org")));
        assert!(known.abs_diff(unknown) <= 2, "{path}: {known} and {unknown} statements");
    }
}

#[test]
fn a_repeated_registration_voids_the_earlier_link() {
    let world = World::new();
    post(&world, "/auth/register", &newcomer("ana@example.org")).expect(202);
    let first = world.mails().token("ana@example.org", Purpose::VerifyEmail);
    let mut again = newcomer("ANA@example.org");
    again["password"] = json!("quite another password");
    post(&world, "/auth/register", &again).expect(202);
    let second = world.mails().token("ANA@example.org", Purpose::VerifyEmail);
    assert_ne!(first, second);
    let verify = |token: &str| post(&world, "/auth/verify-email", &json!({"token": token}));
    assert_eq!(verify(&first).problem(), "invalid-token");
    verify(&second).expect(204);
    post(&world, "/auth/login", &json!({"email": "ana@example.org", "password": PASSWORD})).expect(401);
    post(&world, "/auth/login", &json!({"email": "ana@example.org", "password": "quite another password"})).expect(200);
}

#[test]
fn a_link_is_over_after_its_time_and_another_can_be_asked_for() {
    let world = World::new();
    world.register("ana@example.org");
    let token = world.mails().token("ana@example.org", Purpose::VerifyEmail);
    world.at("2026-09-08T09:00:00Z");
    assert_eq!(post(&world, "/auth/verify-email", &json!({"token": token})).problem(), "invalid-token");
    post(&world, "/auth/verify-email/resend", &json!({"email": "ana@example.org"})).expect(202);
    let token = world.mails().token("ana@example.org", Purpose::VerifyEmail);
    world.at("2026-09-15T08:59:59Z");
    post(&world, "/auth/verify-email", &json!({"token": token})).expect(204);
    // Of another purpose, made up, or of no form at all.
    for token in [token.as_str(), &"A".repeat(43), "", "ü"] {
        assert_eq!(post(&world, "/auth/email/confirm", &json!({"token": token})).problem(), "invalid-token", "{token}");
    }
}

#[test]
fn a_forgotten_password_is_chosen_anew_and_every_session_ends() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    let forgot = || post(&world, "/auth/password/forgot", &json!({"email": "ana@example.org"})).expect(202);
    forgot();
    let void = world.mails().token("ana@example.org", Purpose::ResetPassword);
    forgot();
    let token = world.mails().token("ana@example.org", Purpose::ResetPassword);
    let reset =
        |token: &str, password: &str| post(&world, "/auth/password/reset", &json!({"token": token, "password": password}));
    assert_eq!(reset(&void, "another long password").problem(), "invalid-token");
    assert_eq!(reset(&token, "ana@example.org").faults(), ["/password is-email"], "a refused password uses nothing up");
    reset(&token, "another long password").expect(204);
    assert_eq!(reset(&token, "a third long password").problem(), "invalid-token");
    assert_eq!(world.ask("GET", "/me").by(&ana).send().problem(), "bad-access-token");
    assert_eq!(post(&world, "/auth/refresh", &json!({"refresh_token": ana.refresh_token})).status, 401);
    assert_eq!(world.mails().list(), ["password_changed ana@example.org"]);
    let login = |password: &str| post(&world, "/auth/login", &json!({"email": "ana@example.org", "password": password})).status;
    assert_eq!((login(PASSWORD), login("another long password")), (401, 200));
    // An hour, no longer.
    forgot();
    let token = world.mails().token("ana@example.org", Purpose::ResetPassword);
    world.at("2026-09-01T10:00:00Z");
    assert_eq!(reset(&token, "a third long password").problem(), "invalid-token");
}

#[test]
fn a_new_login_address_counts_once_confirmed_and_the_old_one_can_undo_it() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    world.person("ben@example.org");
    let etag = |person: &_| world.ask("GET", "/me").by(person).send().expect(200).header("etag").to_owned();
    let change = |body: Value, tag: &str| world.ask("PATCH", "/me").by(&ana).if_match(tag).json(&body).send();
    let tag = etag(&ana);
    assert_eq!(change(json!({"email": "new@example.org"}), &tag).faults(), ["/password required"]);
    let wrong = json!({"email": "new@example.org", "password": "no such password"});
    assert_eq!(change(wrong, &tag).expect(403).problem(), "forbidden");
    // Taken: the caller sees no difference, the owner is told.
    let taken = json!({"email": "Ben@example.org", "password": PASSWORD});
    assert_eq!(change(taken, &tag).expect(200).json()["email"], "ana@example.org");
    assert_eq!(world.mails().list(), ["account_exists ben@example.org"]);
    let right = json!({"email": "new@example.org", "password": PASSWORD});
    assert_eq!(etag(&ana), tag, "an address that was asked for is none yet");
    assert_eq!(change(right, &tag).expect(200).json()["email"], "ana@example.org");
    let token = world.mails().token("new@example.org", Purpose::ConfirmEmail);
    post(&world, "/auth/email/confirm", &json!({"token": token})).expect(204);
    let me = world.ask("GET", "/me").by(&ana).send().expect(200).json();
    assert_eq!((&me["email"], &me["email_verified"]), (&json!("new@example.org"), &json!(true)));
    let undo = world.mails().token("ana@example.org", Purpose::UndoEmail);
    world.sign_in("new@example.org");
    world.at("2026-09-08T08:59:59Z");
    post(&world, "/auth/email/undo", &json!({"token": undo})).expect(204);
    assert_eq!(world.ask("GET", "/me").by(&ana).send().problem(), "bad-access-token", "undoing ends every session");
    let login = |email: &str| post(&world, "/auth/login", &json!({"email": email, "password": PASSWORD})).status;
    assert_eq!((login("new@example.org"), login("ana@example.org")), (401, 200));
}

#[test]
fn a_thief_who_moves_an_account_twice_does_not_void_the_way_back() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    let mut undo = None;
    for email in ["thief@example.org", "den@example.org"] {
        let body = json!({"email": email, "password": PASSWORD});
        world.ask("PATCH", "/me").by(&ana).if_match("*").json(&body).send().expect(200);
        let token = world.mails().token(email, Purpose::ConfirmEmail);
        post(&world, "/auth/email/confirm", &json!({"token": token})).expect(204);
        let mails = world.mails();
        undo = undo.or_else(|| Some(mails.token("ana@example.org", Purpose::UndoEmail)));
    }
    post(&world, "/auth/email/undo", &json!({"token": undo})).expect(204);
    for (email, status) in [("ana@example.org", 200), ("den@example.org", 401)] {
        post(&world, "/auth/login", &json!({"email": email, "password": PASSWORD})).expect(status);
    }
}

#[test]
fn an_address_that_was_taken_meanwhile_is_not_moved_to_and_not_gone_back_to() {
    let world = World::new();
    let (ana, ben) = (world.person("ana@example.org"), world.person("ben@example.org"));
    let confirmation = |person: &Person| {
        let body = json!({"email": "new@example.org", "password": PASSWORD});
        world.ask("PATCH", "/me").by(person).if_match("*").json(&body).send().expect(200);
        world.mails().token("new@example.org", Purpose::ConfirmEmail)
    };
    let (anas, bens) = (confirmation(&ana), confirmation(&ben));
    post(&world, "/auth/email/confirm", &json!({"token": anas})).expect(204);
    let undo = world.mails().token("ana@example.org", Purpose::UndoEmail);
    world.person("ana@example.org");
    for (path, token) in [("/auth/email/confirm", bens), ("/auth/email/undo", undo)] {
        assert_eq!(post(&world, path, &json!({"token": token})).expect(409).problem(), "already-exists", "{path}");
    }
}

#[test]
fn two_who_register_one_address_at_once_make_one_account() {
    let world = World::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| post(&world, "/auth/register", &newcomer("ana@example.org")).expect(202));
        }
    });
    let working: Vec<_> = world.mails().list();
    assert_eq!(working, ["verify_email ana@example.org"], "one link counts, the earlier ones are void");
}
