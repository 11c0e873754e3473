//! Pages of other sites (api.md, Conventions: CORS from settings).

use std::time::Duration;

use crate::world::{Reply, World};

const OURS: &str = "https://www.example.org";

fn world() -> World {
    World::setup()
        .options(|options| {
            options.cors.allowed_origins = vec![OURS.into(), "http://localhost:3000".into()];
            options.cors.max_age = Duration::from_secs(600);
        })
        .start()
}

fn from(world: &World, origin: &str) -> Reply {
    world.ask("GET", "/principles").header("Origin", origin).send().expect(200)
}

#[test]
fn a_listed_origin_may_read_the_answer_and_what_its_headers_say() {
    let world = world();
    // The second answer of each comes from memory.
    for origin in [OURS, OURS, "http://localhost:3000", "http://localhost:3000"] {
        let reply = from(&world, origin);
        assert_eq!(reply.header("access-control-allow-origin"), origin);
        let exposed = reply.header("access-control-expose-headers");
        assert!(
            ["ETag", "Link", "Location", "X-Request-Id", "Retry-After"].iter().all(|name| exposed.contains(name)),
            "{exposed}"
        );
        assert!(!reply.headers.contains_key("access-control-allow-credentials"));
    }
    let unknown = world.ask("GET", "/principles/1/2/3").header("Origin", OURS).send();
    assert_eq!((unknown.problem().as_str(), unknown.header("access-control-allow-origin")), ("not-found", OURS));
}

#[test]
fn another_origin_gets_the_answer_without_leave_to_show_it() {
    let world = world();
    from(&world, OURS);
    for origin in ["https://www.example.org.evil.example", "https://WWW.example.org", "http://www.example.org", "null", ""] {
        let reply = from(&world, origin);
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{origin}");
    }
    let vary: Vec<_> = world.get("/principles").headers.get_all("vary").iter().map(|v| v.to_str().unwrap().to_owned()).collect();
    assert!(vary.join(", ").contains("Origin"), "what caches hold differs by origin: {vary:?}");
}

#[test]
fn a_preflight_says_what_may_be_sent() {
    let world = world();
    let preflight = |origin| {
        let asked = world.ask("OPTIONS", "/principles").header("Origin", origin);
        asked.header("Access-Control-Request-Method", "PUT").header("Access-Control-Request-Headers", "if-match").send()
    };
    let reply = preflight(OURS).expect(204);
    assert_eq!((reply.header("access-control-allow-origin"), reply.header("access-control-max-age")), (OURS, "600"));
    let (methods, headers) = (reply.header("access-control-allow-methods"), reply.header("access-control-allow-headers"));
    assert!(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].iter().all(|method| methods.contains(method)), "{methods}");
    let needed = ["Authorization", "If-Match", "If-None-Match", "Idempotency-Key", "Content-Type", "Accept-Language"];
    assert!(needed.iter().all(|name| headers.contains(name)), "{headers}");
    assert!(!reply.header("x-request-id").is_empty());

    let refused = preflight("https://evil.example");
    assert_eq!((refused.status, refused.problem().as_str()), (403, "forbidden"));
    assert!(!refused.headers.contains_key("access-control-allow-methods"));
}

#[test]
fn without_origins_in_the_settings_there_is_no_cors() {
    let world = World::new();
    let reply = from(&world, OURS);
    assert!(!reply.headers.contains_key("access-control-allow-origin") && !reply.header("vary").contains("Origin"));
    let preflight =
        world.ask("OPTIONS", "/principles").header("Origin", OURS).header("Access-Control-Request-Method", "GET").send();
    assert_eq!((preflight.status, preflight.header("allow")), (405, "GET, HEAD"));
}
