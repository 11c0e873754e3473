//! What is refused before a handler sees it, in which order, and how: always as a problem, never with internals.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::notes::{self, setup, started};
use crate::world::{Ask, Reply, World};

/// The answer's status and the slug of its problem.
fn refused(reply: &Reply) -> (u16, String) {
    (reply.status, reply.problem())
}

#[test]
fn whatever_is_wrong_is_a_problem() {
    let world = notes::world();
    let post = || world.ask("POST", "/kit-notes").token("secretariat");
    let json = |ask: Ask<'_>, body: &str| ask.header("Content-Type", "application/json").body(body).send();
    let big = format!("{{\"title\": \"{}\"}}", "x".repeat(1 << 20));
    let cases = [
        (world.get("/nothing"), 404, "not-found"),
        (world.get(""), 404, "not-found"),
        (world.get("/kit-notes/"), 404, "not-found"),
        (world.get("/kit-notes/none"), 404, "not-found"),
        (world.ask_outside("GET", "/").send(), 404, "not-found"),
        (world.ask_outside("GET", "/api/v2/kit-notes").send(), 404, "not-found"),
        (world.ask_outside("GET", "/problems/nothing").send(), 404, "not-found"),
        (world.ask_outside("GET", "/docs/nothing.js").send(), 404, "not-found"),
        (world.ask("DELETE", "/kit-notes").send(), 405, "method-not-allowed"),
        (world.ask("TRACE", "/kit-notes").send(), 405, "method-not-allowed"),
        (world.ask("BREW", "/kit-notes").send(), 405, "method-not-allowed"),
        (world.ask_outside("POST", "/api/openapi.json").send(), 405, "method-not-allowed"),
        (world.ask_outside("POST", "/docs").send(), 405, "method-not-allowed"),
        (json(post(), ""), 400, "malformed-json"),
        (json(post(), "{\"title\": \"a\", "), 400, "malformed-json"),
        (json(post(), "{\"title\": \"a\", \"title\": \"b\", \"rank\": 1} x"), 400, "malformed-json"),
        (post().header("Content-Type", "application/json").body(&b"{\"title\": \"\xff\"}"[..]).send(), 400, "malformed-json"),
        (json(post(), &("[".repeat(10_000) + &"]".repeat(10_000))), 400, "malformed-json"),
        (json(post(), &big), 413, "payload-too-large"),
        (post().body("{}").send(), 415, "unsupported-media-type"),
        (post().header("Content-Type", "text/plain").body("{}").send(), 415, "unsupported-media-type"),
        (post().send(), 415, "unsupported-media-type"),
        (
            post().header("Content-Type", "application/json").header("Content-Encoding", "gzip").body("{}").send(),
            415,
            "unsupported-media-type",
        ),
        (world.ask("POST", "/kit-notes").json(&json!({})).send(), 401, "authentication-required"),
        (world.ask("GET", "/kit-notes").token("unknown").send(), 401, "bad-access-token"),
        (world.ask("GET", "/kit-notes").token("ended").send(), 401, "bad-access-token"),
        (world.ask("GET", "/kit-notes").header("Authorization", "Basic YTpi").send(), 401, "bad-access-token"),
        (world.ask("GET", "/kit-notes").header("Authorization", "Bearer x y").send(), 401, "bad-access-token"),
        (world.ask("GET", "/call").token("unknown").send(), 401, "bad-access-token"),
    ];
    for (number, (reply, status, slug)) in cases.iter().enumerate() {
        assert_eq!(refused(reply), (*status, (*slug).to_owned()), "case {number}: {}", reply.text());
        if *status == 401 {
            assert!(reply.header("www-authenticate").starts_with("Bearer realm="), "case {number}");
        }
        if *status == 405 {
            assert!(reply.header("allow").contains("GET") && !reply.header("allow").contains("DELETE"), "case {number}");
        }
    }
    assert_eq!(world.ask("PUT", "/kit-notes").send().header("allow"), "GET, HEAD, POST");
    assert_eq!(world.ask("DELETE", "/kit-notes/a").send().header("allow"), "GET, HEAD, PATCH");
    assert_eq!(world.ask("GET", "/kit-notes/a/transitions").send().header("allow"), "POST");
    // A media type with parameters, in any case, is the same one.
    let made = post().header("Content-Type", "Application/JSON; charset=utf-8").body("{\"title\": \"a\", \"rank\": 1}").send();
    assert_eq!(made.status, 201, "{}", made.text());
}

#[test]
fn every_fault_is_named_at_once_and_none_repeats_the_value() {
    let world = notes::world();
    let reply = world
        .ask("POST", "/kit-notes?fail=never&unknown=1&locale=&fail=save")
        .token("secretariat")
        .json(
            &json!({"title": "secret".repeat(1000), "rank": "secret", "due_at": "secret", "status": "secret", "secret\u{0}": 1}),
        )
        .send();
    assert_eq!(
        reply.faults(),
        [
            "?locale format",
            "?fail repeated",
            " nul",
            "/due_at format",
            "/rank type",
            "/secret unknown",
            "/status enum",
            "/title too-long"
        ]
    );
    assert!(!reply.text().replace("/secret", "").contains("secret"), "{}", reply.text());
    let lists = [
        ("?limit=0", "?limit too-small"),
        ("?limit=201", "?limit too-large"),
        ("?limit=x", "?limit type"),
        ("?limit=99999999999999999999", "?limit type"),
        ("?total=yes", "?total type"),
        ("?sort=colour", "?sort pattern"),
        ("?sort=rank,-rank", "?sort repeated"),
        ("?sort=", "?sort pattern"),
        ("?status=gone", "?status enum"),
        ("?q=x", "?q unknown"),
        ("?status=%00", "?status enum"),
        ("?limit=1&limit=1", "?limit repeated"),
        ("?%ff=1", "?\u{fffd} unknown"),
        ("?locale=xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "?locale format"),
    ];
    for (query, fault) in lists {
        assert!(world.get(&format!("/kit-notes{query}")).faults().contains(&fault.to_owned()), "{query}");
    }
    assert_eq!(refused(&world.get("/kit-notes?cursor=x")), (422, "invalid-cursor".into()));
    assert_eq!(world.get(&format!("/kit-notes/{}", "x".repeat(201))).faults(), ["{note} too-long"]);
    assert_eq!(world.get("/kit-notes/a%00b").faults(), ["{note} nul"]);
    assert_eq!(world.get("/kit-notes/a?x=1").faults(), ["?x unknown"]);
    // CSV is the whole list.
    let csv = world.ask("GET", "/kit-notes?limit=5&cursor=x").header("Accept", "text/csv").send();
    assert_eq!(csv.faults(), ["?limit unknown", "?cursor unknown"]);
}

#[test]
fn what_is_written_where_no_body_is_taken_is_not_lost_without_a_word() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    let leave = || world.ask("POST", "/auth/logout").by(&ana);
    for body in [r#"{"everywhere": true}"#, "everywhere", "[]", &"x".repeat(100_000)] {
        let reply = leave().body(body).send();
        assert_eq!((refused(&reply), reply.faults()), ((422, "invalid-input".into()), vec![" unknown".to_owned()]), "{body}");
    }
    assert_eq!(world.ask("POST", "/auth/logout").body("{\"x\": 1}").send().expect(401).problem(), "authentication-required");
    leave().header("Content-Type", "application/json").body(" {}\n").send().expect(204);
    leave().send().expect(401);
}

#[test]
fn refusals_come_in_the_documented_order() {
    let world = started(setup().options(|options| options.max_body_bytes = 200));
    let made = |title: &str| {
        let reply = world.ask("POST", "/kit-notes").token("secretariat").json(&json!({"title": title, "rank": 9})).send();
        reply.expect(201).json()["id"].as_str().unwrap().to_owned()
    };
    let (note, _) = (made("a"), made("taken"));
    let path = format!("/kit-notes/{note}");
    let etag = world.get(&path).header("etag").to_owned();
    // Everything is wrong at first; each line mends one thing.
    let big = "{".repeat(201);
    let (text, json) = ("text/plain", "application/json");
    let bad = r#"{"title": "taken", "rank": 1, "x": 1}"#;
    let well = r#"{"title": "taken", "rank": 1}"#;
    let falling = r#"{"title": "free", "rank": 1}"#;
    let right = r#"{"title": "free", "rank": 10}"#;
    let stale = "\"7.0\"";
    let steps = [
        ("/none", text, "unknown", None, big.as_str(), 413, "payload-too-large"),
        ("/none", text, "unknown", None, "{", 415, "unsupported-media-type"),
        ("/none", json, "unknown", None, "{", 400, "malformed-json"),
        ("/none", json, "unknown", None, bad, 401, "bad-access-token"),
        ("/none", json, "", None, bad, 401, "authentication-required"),
        ("/none", json, "ended", None, bad, 401, "bad-access-token"),
        ("/none", json, "person", None, bad, 422, "invalid-input"),
        ("/none", json, "person", None, well, 404, "not-found"),
        ("", json, "person", None, well, 403, "forbidden"),
        ("", json, "secretariat", None, well, 428, "precondition-required"),
        ("", json, "secretariat", Some(stale), well, 412, "precondition-failed"),
        ("", json, "secretariat", Some(etag.as_str()), well, 409, "already-exists"),
        ("", json, "secretariat", Some(etag.as_str()), falling, 422, "rule-violation"),
    ];
    for (beyond, media, token, if_match, body, status, slug) in steps {
        let path = if beyond.is_empty() { path.clone() } else { format!("/kit-notes{beyond}") };
        let mut ask = world.ask("PATCH", &path).header("Content-Type", media).body(body);
        if !token.is_empty() {
            ask = ask.token(token);
        }
        if let Some(tag) = if_match {
            ask = ask.if_match(tag);
        }
        assert_eq!(refused(&ask.send()), (status, slug.to_owned()));
    }
    world.ask("PATCH", &path).token("secretariat").if_match(&etag).header("Content-Type", json).body(right).send().expect(200);
}

/// What a server says to bytes that are sent to it.
fn said(base: &str, bytes: &str) -> String {
    let mut socket = TcpStream::connect(base.strip_prefix("http://").unwrap()).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    socket.write_all(bytes.as_bytes()).unwrap();
    let mut said = Vec::new();
    drop(socket.read_to_end(&mut said));
    String::from_utf8_lossy(&said).into_owned()
}

#[test]
fn what_clients_seldom_send_is_refused_as_well() {
    let world = started(setup().options(|options| {
        options.max_body_bytes = 100;
        options.body_timeout = Duration::from_millis(300);
    }));
    let head = "POST /api/v1/kit-notes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\nAuthorization: Bearer secretariat\r\n";
    let chunk = format!("40\r\n{}\r\n", " ".repeat(0x40));
    let endless = said(world.base(), &format!("{head}Transfer-Encoding: chunked\r\n\r\n{}0\r\n\r\n", chunk.repeat(4)));
    assert!(endless.starts_with("HTTP/1.1 413") && endless.contains("payload-too-large"), "{endless}");
    let stopped = said(world.base(), &format!("{head}Content-Length: 50\r\n\r\n{{\"title\""));
    assert!(stopped.starts_with("HTTP/1.1 408") && stopped.contains("request-timeout"), "{stopped}");
    for token in ["", "Bearer", "Bearer ", "Bearer \u{e9}"] {
        let refused = said(
            world.base(),
            &format!("GET /api/v1/kit-notes HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: {token}\r\n\r\n"),
        );
        assert!(refused.starts_with("HTTP/1.1 401") && refused.contains("bad-access-token"), "{refused}");
    }
    let whole = said(world.base(), &format!("{head}Content-Length: 23\r\n\r\n{{\"title\":\"a\",\"rank\":1}}\n"));
    assert!(whole.starts_with("HTTP/1.1 201"), "{whole}");
}

#[test]
fn a_panic_is_a_problem_and_the_server_goes_on() {
    let world = notes::world();
    for _ in 0..5 {
        let reply =
            world.ask("POST", "/kit-notes?panic=load").token("secretariat").json(&json!({"title": "a", "rank": 1})).send();
        assert_eq!(refused(&reply), (500, "internal".into()));
    }
    world.ask("POST", "/kit-notes").token("secretariat").json(&json!({"title": "a", "rank": 1})).send().expect(201);
    assert_eq!(world.get("/kit-notes").expect(200).json()["items"].as_array().unwrap().len(), 1);
}
