//! Rate limits: per address, per account, per route; 429 with how long to wait.

use plenary::http::limits::Quotas;
use plenary::time::Instant;
use serde_json::json;

use crate::process::{Running, end, plenary, plenary_on};
use crate::world::{Home, PASSWORD, Reply, World};

const PROXY: &str = "127.0.0.1";

/// A world behind a proxy, with these limits.
fn world(quotas: Quotas) -> World {
    let setup = World::setup().options(|options| {
        options.limits = quotas;
        options.trusted_proxies = vec![PROXY.parse().unwrap()];
    });
    setup.start()
}

/// A request that the proxy forwards for `client`.
fn from(world: &World, client: &str) -> Reply {
    world.ask("GET", "/sectors").header("X-Forwarded-For", client).send()
}

/// How long a refusal says to wait.
#[track_caller]
fn wait(reply: &Reply) -> i64 {
    assert_eq!((reply.status, reply.problem().as_str()), (429, "too-many-requests"));
    reply.header("retry-after").parse().unwrap()
}

fn later(world: &World, millis: i64) {
    let at: Instant = world.now().plus(chrono::TimeDelta::milliseconds(millis));
    world.at(&at.to_string());
}

#[test]
fn an_address_may_ask_so_often_a_minute() {
    let world = world(Quotas { per_address: 4, ..Quotas::default() });
    for _ in 0..4 {
        from(&world, "192.0.2.1").expect(200);
    }
    // Whatever it asks for, and whether or not the answer lies ready.
    assert_eq!(wait(&from(&world, "192.0.2.1")), 15);
    let reply = world.ask_outside("GET", "/nothing-here").header("X-Forwarded-For", "192.0.2.1").send();
    assert_eq!(wait(&reply), 15);
    assert!(!reply.header("x-request-id").is_empty() && !reply.header("content-security-policy").is_empty());
    from(&world, "192.0.2.2").expect(200);
    // Rounded up, and true: after that long the next one gets through.
    later(&world, 100);
    assert_eq!(wait(&from(&world, "192.0.2.1")), 15);
    later(&world, 14_899);
    assert_eq!(wait(&from(&world, "192.0.2.1")), 1);
    later(&world, 1);
    from(&world, "192.0.2.1").expect(200);
    assert_eq!(wait(&from(&world, "192.0.2.1")), 15);
}

#[test]
fn an_ipv6_client_is_its_network_and_a_stranger_cannot_forge_another() {
    let world = world(Quotas { per_address: 2, ..Quotas::default() });
    from(&world, "2001:db8:1:2::1").expect(200);
    from(&world, "2001:db8:1:2:ffff::2").expect(200);
    wait(&from(&world, "2001:db8:1:2:3:4:5:6"));
    from(&world, "2001:db8:1:3::1").expect(200);
    // What the client itself wrote stands left of what the proxy added.
    from(&world, "203.0.113.1, 198.51.100.7").expect(200);
    from(&world, "203.0.113.2, 198.51.100.7").expect(200);
    wait(&from(&world, "203.0.113.3, 198.51.100.7"));

    let open = World::setup().options(|options| options.limits.per_address = 2).start();
    for client in ["192.0.2.1", "192.0.2.2"] {
        from(&open, client).expect(200);
    }
    wait(&from(&open, "192.0.2.3"));
}

#[test]
fn supervisors_are_never_refused_and_0_switches_off() {
    let strict = world(Quotas { per_address: 1, ..Quotas::default() });
    from(&strict, PROXY).expect(200);
    wait(&strict.get("/sectors"));
    for path in ["/healthz", "/readyz"] {
        strict.ask_outside("GET", path).send().expect(200);
    }
    let off = world(Quotas::default());
    for _ in 0..50 {
        off.get("/sectors").expect(200);
    }
}

#[test]
fn an_account_may_ask_so_often_from_wherever() {
    let world = world(Quotas { per_account: 3, ..Quotas::default() });
    let (ana, ben) = (world.person("ana@example.org"), world.person("ben@example.org"));
    let again = world.sign_in("ana@example.org");
    let ask =
        |token: &str, client: &str, path: &str| world.ask("GET", path).token(token).header("X-Forwarded-For", client).send();
    ask(&ana.token, "192.0.2.1", "/me/sessions").expect(200);
    ask(&again.token, "192.0.2.2", "/sectors").expect(200);
    ask(&ana.token, "192.0.2.3", "/me/sessions").expect(200);
    assert_eq!(wait(&ask(&again.token, "192.0.2.4", "/me/sessions")), 20);
    assert_eq!(wait(&ask(&ana.token, "192.0.2.5", "/sectors")), 20);
    ask(&ben.token, "192.0.2.1", "/me/sessions").expect(200);
    world.get("/sectors").expect(200);
    // A token that does not count is nobody's: it cannot use up somebody's quota.
    let forged = ben.token.replacen('.', ".x", 1);
    for _ in 0..5 {
        ask(&forged, "192.0.2.1", "/sectors").expect(401);
    }
    ask(&ben.token, "192.0.2.1", "/me/sessions").expect(200);
    later(&world, 20_000);
    ask(&ana.token, "192.0.2.1", "/me/sessions").expect(200);
}

#[test]
fn what_sends_mail_to_strangers_is_limited_by_the_hour() {
    let world = world(Quotas { register: 2, forgot: 1, ..Quotas::default() });
    let post = |client: &str, path: &str, body: serde_json::Value| {
        world.ask("POST", path).header("X-Forwarded-For", client).json(&body).send()
    };
    let register = |client: &str, email: &str| {
        post(client, "/auth/register", json!({"email": email, "password": PASSWORD, "display_name": "A"}))
    };
    register("192.0.2.1", "a@example.org").expect(202);
    // The mail asked for again counts with the registrations.
    post("192.0.2.1", "/auth/verify-email/resend", json!({"email": "a@example.org"})).expect(202);
    assert_eq!(wait(&register("192.0.2.1", "b@example.org")), 1800);
    assert_eq!(wait(&post("192.0.2.1", "/auth/verify-email/resend", json!({"email": "a@example.org"}))), 1800);
    register("192.0.2.2", "b@example.org").expect(202);
    post("192.0.2.1", "/auth/password/forgot", json!({"email": "a@example.org"})).expect(202);
    assert_eq!(wait(&post("192.0.2.1", "/auth/password/forgot", json!({"email": "b@example.org"}))), 3600);
    // Nothing else is.
    for _ in 0..5 {
        from(&world, "192.0.2.1").expect(200);
        post("192.0.2.1", "/auth/login", json!({"email": "c@example.org", "password": PASSWORD})).expect(401);
    }
    assert_eq!(
        world.mails().list(),
        ["reset_password a@example.org", "verify_email a@example.org", "verify_email b@example.org"]
    );
    later(&world, 1_800_000);
    register("192.0.2.1", "b@example.org").expect(202);
}

#[test]
fn a_page_reads_that_it_is_refused() {
    let world = World::setup().options(|options| {
        options.limits.per_address = 1;
        options.cors.allowed_origins = vec!["https://www.example.org".into()];
    });
    let world = world.start();
    world.get("/sectors").expect(200);
    let refused = world.ask("GET", "/sectors").header("Origin", "https://www.example.org").send();
    wait(&refused);
    assert_eq!(refused.header("access-control-allow-origin"), "https://www.example.org");
    assert!(refused.header("access-control-expose-headers").to_ascii_lowercase().contains("retry-after"), "{refused:?}");
}

#[test]
fn guesses_from_one_ipv6_network_are_counted_together() {
    let setup = World::setup().options(|options| options.trusted_proxies = vec![PROXY.parse().unwrap()]);
    let world = setup.accounts(|accounts| (accounts.limits.login_account, accounts.limits.login_address) = (0, 3)).start();
    let guess = |client: &str| {
        let body = json!({"email": "a@example.org", "password": "not the right one"});
        world.ask("POST", "/auth/login").header("X-Forwarded-For", client).json(&body).send()
    };
    for n in 1..=3 {
        guess(&format!("2001:db8::{n}")).expect(401);
    }
    wait(&guess("2001:db8::4"));
    guess("2001:db8:0:1::4").expect(401);
}

#[test]
fn the_settings_are_in_force() {
    let (home, directory) = (Home::copied(), tempfile::TempDir::new().unwrap());
    let mut command = plenary_on(&home, directory.path(), &["serve"]);
    command.env("PLENARY_LIMITS__PER_ADDRESS", "3");
    let server = Running::start(command);
    for _ in 0..3 {
        server.ask("GET", "/api/v1/sectors").expect(200);
    }
    assert_eq!(wait(&server.ask("GET", "/api/v1/sectors")), 20);
    server.ask("GET", "/healthz").expect(200);
    // The defaults are api.md's.
    let shown = end({
        let mut command = plenary(&["config", "check"]);
        command.env_remove("PLENARY_LIMITS__PER_ADDRESS");
        command
    });
    let shown = shown.well().stdout;
    for line in ["limits.per_address = 600", "limits.per_account = 600", "limits.register = 100", "limits.forgot = 100"] {
        assert!(shown.contains(line), "{shown}");
    }
}
