//! One's own account: profile, second factor, export, erasure.

use diesel::connection::SimpleConnection;
use plenary::outbox::Purpose;
use plenary::people::Role;
use serde_json::{Value, json};
use totp_rs::{Builder, Secret};

use crate::world::{PASSWORD, Person, Reply, World};

fn ask(world: &World, by: &Person, method: &str, path: &str, body: &Value) -> Reply {
    world.ask(method, path).by(by).json(body).send()
}

fn login(world: &World, email: &str, code: Option<&str>) -> Reply {
    let mut body = json!({"email": email, "password": PASSWORD});
    if let Some(code) = code {
        body["code"] = json!(code);
    }
    world.ask("POST", "/auth/login").json(&body).send()
}

fn etag(world: &World, by: &Person) -> String {
    world.ask("GET", "/me").by(by).send().expect(200).header("etag").to_owned()
}

/// What the app shows now.
fn code(world: &World, secret: &str) -> String {
    let totp = Builder::new().with_secret(Secret::try_from_base32(secret).unwrap()).with_account_name("a").build().unwrap();
    totp.generate(world.now().utc().timestamp() as u64).to_string()
}

/// Sets up a second factor; its secret and recovery codes.
fn second_factor(world: &World, by: &Person) -> (String, Vec<String>) {
    let setup = ask(world, by, "POST", "/me/totp", &json!({"password": PASSWORD})).expect(200).json();
    let secret = setup["secret"].as_str().unwrap().to_owned();
    assert!(setup["otpauth_url"].as_str().unwrap().starts_with("otpauth://totp/"), "{setup}");
    let codes = ask(world, by, "POST", "/me/totp/confirm", &json!({"code": code(world, &secret)})).expect(200).json();
    let codes = codes["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap().to_owned()).collect();
    (secret, codes)
}

#[test]
fn a_profile_is_changed_over_the_version_that_was_read() {
    let world = World::new();
    world.load_paris_call();
    let ana = world.person("ana@example.org");
    let change = |tag: &str, body: Value| world.ask("PATCH", "/me").by(&ana).if_match(tag).json(&body).send();
    let tag = etag(&world, &ana);
    let changed = change(&tag, json!({"display_name": " آنا  سيلفا ", "locale": "fr", "time_zone": "Asia/Riyadh"})).expect(200);
    let me = changed.json();
    assert_eq!(
        (&me["display_name"], &me["locale"], &me["time_zone"]),
        (&json!("آنا سيلفا"), &json!("fr"), &json!("Asia/Riyadh"))
    );
    assert_eq!(changed.header("etag"), me["etag"]);
    assert_eq!(change(&tag, json!({"locale": null})).expect(412).problem(), "precondition-failed");
    let cleared = change(changed.header("etag"), json!({"locale": null, "time_zone": null})).expect(200).json();
    assert_eq!(
        (&cleared["locale"], &cleared["time_zone"], &cleared["display_name"]),
        (&Value::Null, &Value::Null, &json!("آنا سيلفا"))
    );
    assert_eq!(ask(&world, &ana, "PATCH", "/me", &json!({"locale": "fr"})).expect(428).problem(), "precondition-required");
    let faults = change("*", json!({"display_name": "\u{200b}", "locale": "xx", "time_zone": "Paris", "email": "a@b"})).faults();
    assert_eq!(faults, ["/display_name format", "/locale enum", "/time_zone enum", "/email format", "/password required"]);
    assert_eq!(change("*", json!({"role": "administrator"})).faults(), ["/role unknown"]);
    assert_eq!(change("*", json!({"display_name": null})).faults(), ["/display_name type"]);
    let tag = etag(&world, &ana);
    assert_eq!(change(&tag, json!({})).expect(200).header("etag"), tag, "nothing is changed by nothing");
    assert_eq!(world.get("/me").expect(401).problem(), "authentication-required");
}

#[test]
fn a_second_factor_is_asked_for_and_each_code_counts_once() {
    let world = World::new();
    world.load_paris_call();
    let ana = world.person("ana@example.org");
    assert_eq!(ask(&world, &ana, "POST", "/me/totp", &json!({"password": "no such password"})).status, 403);
    assert_eq!(ask(&world, &ana, "POST", "/me/totp/confirm", &json!({"code": "000000"})).problem(), "wrong-state");
    let (secret, recovery) = second_factor(&world, &ana);
    assert_eq!(recovery.len(), 10);
    // Each has the 112 bits and more of a secret whose plain hash may be kept (ASVS 6.5.2): 24 letters of 31.
    let letters = |code: &String| code.chars().filter(char::is_ascii_alphanumeric).count();
    assert!(recovery.iter().all(|code| letters(code) == 24), "{recovery:?}");
    assert_eq!(world.mails().list(), ["second_factor_changed ana@example.org"]);
    assert_eq!(ask(&world, &ana, "POST", "/me/totp", &json!({"password": PASSWORD})).problem(), "already-exists");
    assert_eq!(login(&world, "ana@example.org", None).expect(401).problem(), "second-factor-required");
    let used = code(&world, &secret);
    assert_eq!(
        login(&world, "ana@example.org", Some(&used)).expect(401).problem(),
        "invalid-credentials",
        "it confirmed the setup"
    );
    world.at("2026-09-01T09:00:30Z");
    let next = code(&world, &secret);
    login(&world, "ana@example.org", Some(&format!("{} {}", &next[..3], &next[3..]))).expect(200);
    login(&world, "ana@example.org", Some(&next)).expect(401);
    // A clock half a minute off is forgiven, a minute is not.
    world.at("2026-09-01T09:02:00Z");
    let early = code(&world, &secret);
    world.at("2026-09-01T09:03:00Z");
    login(&world, "ana@example.org", Some(&early)).expect(401);
    login(&world, "ana@example.org", Some(&recovery[0].to_uppercase())).expect(200);
    login(&world, "ana@example.org", Some(&recovery[0])).expect(401);
    let remove = |code: &str| ask(&world, &ana, "DELETE", "/me/totp", &json!({"password": PASSWORD, "code": code}));
    assert_eq!(remove("000000").faults(), ["/code wrong"]);
    remove(&recovery[1]).expect(204);
    login(&world, "ana@example.org", None).expect(200);
    assert_eq!(remove(&recovery[2]).problem(), "wrong-state");
}

#[test]
fn roles_wait_for_the_second_factor_that_the_settings_ask_for() {
    let world = World::setup().accounts(|accounts| accounts.require_second_factor = true).start();
    world.load_paris_call();
    let secretary = world.with_role("secretary@example.org", Role::Administrator);
    let refused = world.ask("GET", "/admin/audit").by(&secretary).send().expect(403);
    assert!(refused.json()["detail"].as_str().unwrap().contains("/me/totp"), "{}", refused.json());
    second_factor(&world, &secretary);
    world.ask("GET", "/admin/audit").by(&secretary).send().expect(200);
}

#[test]
fn a_person_takes_everything_along() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    let export = world.ask("GET", "/me/export").by(&ana).send().expect(200);
    assert_eq!(export.header("content-disposition"), "attachment; filename=\"plenary-export.json\"");
    assert_eq!(export.header("cache-control"), "no-store");
    let all = export.json();
    assert_eq!((&all["account"]["email"], &all["mails"][0]["kind"]), (&json!("ana@example.org"), &json!("verify_email")));
    assert_eq!(all["record"][0]["act"], "person.registered");
    assert_eq!(all["account"]["sessions"].as_array().unwrap().len(), 1);
    for list in ["affiliations", "affiliation_requests", "invitations", "applications"] {
        assert!(all[list].is_array(), "{list}");
    }
    assert!(!export.text().contains("argon2") && !export.text().contains("token"), "{}", export.text());
}

#[test]
fn an_address_that_nobody_confirmed_opens_no_export_of_what_was_sent_to_it() {
    let world = World::new();
    world.load_paris_call();
    world.write(|tx| {
        let now = "'2026-09-01 09:00:00'";
        Ok(tx.batch_execute(&format!(
            "INSERT INTO invitations (id, supporter_id, email, folded_email, role, status, expires_at, version, created_at, updated_at) \
             SELECT '0190aaaa-0000-7000-8000-000000000001', min(id), 'ana@example.org', 'ana@example.org', 'representative', 'pending', \
             '2026-09-15 09:00:00', 1, {now}, {now} FROM supporters"
        ))?)
    });
    world.register("ana@example.org");
    let stranger = world.sign_in("ana@example.org");
    let invitations =
        |who: &Person| world.ask("GET", "/me/export").by(who).send().expect(200).json()["invitations"].as_array().unwrap().len();
    assert_eq!(invitations(&stranger), 0, "it may be anybody");
    let token = world.mails().token("ana@example.org", Purpose::VerifyEmail);
    world.ask("POST", "/auth/verify-email").json(&json!({"token": token})).send().expect(204);
    assert_eq!(invitations(&stranger), 1);
}

#[test]
fn guessing_the_code_that_removes_a_second_factor_is_slowed() {
    let world = World::setup().accounts(|accounts| accounts.limits.login_account = 3).start();
    world.load_paris_call();
    let ana = world.person("ana@example.org");
    second_factor(&world, &ana);
    let remove = || ask(&world, &ana, "DELETE", "/me/totp", &json!({"password": PASSWORD, "code": "000000"}));
    for _ in 0..3 {
        assert_eq!(remove().faults(), ["/code wrong"]);
    }
    assert_eq!(remove().expect(429).problem(), "too-many-requests");
}

#[test]
fn an_erased_person_is_gone_and_the_record_stays_whole() {
    let world = World::new();
    world.load_paris_call();
    let ana = world.person("Ana@Example.org");
    world.ask("POST", "/auth/password/forgot").json(&json!({"email": "ana@example.org"})).send().expect(202);
    let erase =
        |tag: &str, password: &str| world.ask("DELETE", "/me").by(&ana).if_match(tag).json(&json!({"password": password})).send();
    let tag = etag(&world, &ana);
    assert_eq!(ask(&world, &ana, "DELETE", "/me", &json!({"password": PASSWORD})).expect(428).problem(), "precondition-required");
    assert_eq!(erase(&tag, "no such password").expect(403).problem(), "forbidden");
    erase(&tag, PASSWORD).expect(204);
    assert_eq!(world.mails().list(), [""; 0], "what was queued for her is dropped");
    assert_eq!(world.ask("GET", "/me").by(&ana).send().expect(401).problem(), "bad-access-token");
    assert_eq!(world.ask("POST", "/auth/refresh").json(&json!({"refresh_token": ana.refresh_token})).send().status, 401);
    login(&world, "ana@example.org", None).expect(401);
    // Nothing of her is left in the database but what she did, under no name.
    let left = crate::dump::dump(world.db()).join("\n").to_lowercase();
    assert!(!left.contains("ana@example.org") && !left.contains("ana test"), "{left}");
    assert!(left.contains("former participant"));
    world.read(|c| Ok(plenary::audit::verify(c)?)).unwrap();
    // The address is free again.
    let anew = world.person("ana@example.org");
    assert_ne!(anew.id, ana.id);
}

#[test]
fn the_last_administrator_stays() {
    let world = World::new();
    let first = world.administrator();
    let erase = |by: &Person| world.ask("DELETE", "/me").by(by).if_match("*").json(&json!({"password": PASSWORD})).send();
    assert_eq!(erase(&first).expect(409).problem(), "wrong-state");
    let second = world.with_role("second@example.org", Role::Administrator);
    // Both at once: one of them stays.
    let (a, b) = std::thread::scope(|scope| {
        let (a, b) = (scope.spawn(|| erase(&first).status), scope.spawn(|| erase(&second).status));
        (a.join().unwrap(), b.join().unwrap())
    });
    let mut both = [a, b];
    both.sort_unstable();
    assert_eq!(both, [204, 409]);
}

#[test]
fn a_stolen_session_does_not_guess_the_password() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    let guess = || {
        ask(
            &world,
            &ana,
            "POST",
            "/me/password",
            &json!({"password": "a guess of a thief", "new_password": "the thief's own one"}),
        )
    };
    for _ in 0..10 {
        guess().expect(403);
    }
    assert!(guess().expect(429).header("retry-after").parse::<u32>().unwrap() > 0);
    // Signing in is not hindered by it.
    login(&world, "ana@example.org", None).expect(200);
}

#[test]
fn an_unconfirmed_person_only_keeps_its_own_account() {
    let world = World::new();
    world.load_paris_call();
    world.register("ana@example.org");
    let ana = world.sign_in("ana@example.org");
    world.ask("GET", "/me").by(&ana).send().expect(200);
    world.ask("GET", "/groups").by(&ana).send().expect(200);
    world.mails().token("ana@example.org", Purpose::VerifyEmail);
}

#[test]
fn a_forgotten_password_does_not_replace_the_second_factor() {
    let world = World::new();
    world.load_paris_call();
    let ana = world.person("ana@example.org");
    second_factor(&world, &ana);
    world.mails();
    world.ask("POST", "/auth/password/forgot").json(&json!({"email": "ana@example.org"})).send().expect(202);
    let token = world.mails().token("ana@example.org", Purpose::ResetPassword);
    let body = json!({"token": token, "password": PASSWORD});
    world.ask("POST", "/auth/password/reset").json(&body).send().expect(204);
    assert_eq!(login(&world, "ana@example.org", None).expect(401).problem(), "second-factor-required");
}

#[test]
fn no_token_that_works_lies_in_the_database() {
    let world = World::new();
    world.load_paris_call();
    let ana = world.person("ana@example.org");
    let (secret, recovery) = second_factor(&world, &ana);
    world.ask("POST", "/auth/password/forgot").json(&json!({"email": "ana@example.org"})).send().expect(202);
    let mailed = world.mails().token("ana@example.org", Purpose::ResetPassword);
    let everything = crate::dump::dump(world.db()).join("\n");
    for (what, token) in [("mail", &mailed), ("refresh", &ana.refresh_token), ("access", &ana.token), ("recovery", &recovery[0])]
    {
        assert!(!everything.contains(token.as_str()), "the {what} token");
    }
    assert!(everything.contains(&secret), "that of the second factor has to be kept as it is: codes are made of it");
    assert!(!everything.contains(PASSWORD));
}
