//! Reads: conditional, compressed, kept in memory and never stale, alike for HEAD and GET, at a constant number of statements.

use std::io::Read;
use std::sync::atomic::{AtomicBool, Ordering};

use serde_json::json;

use super::notes::{self, setup, started};
use crate::world::{Reply, World};

fn make(world: &World, title: &str) -> String {
    let reply = world.ask("POST", "/kit-notes").token("secretariat").json(&json!({"title": title, "rank": 1})).send().expect(201);
    reply.header("location").strip_prefix("/api/v1").unwrap().to_owned()
}

fn decoded(reply: &Reply) -> Vec<u8> {
    let mut plain = Vec::new();
    match reply.header("content-encoding") {
        "gzip" => flate2::read::GzDecoder::new(reply.body.as_slice()).read_to_end(&mut plain).map(drop).unwrap(),
        "br" => brotli::Decompressor::new(reply.body.as_slice(), 4096).read_to_end(&mut plain).map(drop).unwrap(),
        "" => plain.clone_from(&reply.body),
        other => panic!("{other}"),
    }
    plain
}

#[test]
fn head_answers_as_get_without_a_body() {
    let world = notes::world();
    let path = make(&world, "a");
    for path in [
        format!("/api/v1{path}"),
        "/api/v1/kit-notes".into(),
        "/api/v1/kit-notes/none".into(),
        "/api/openapi.json".into(),
        "/docs/".into(),
        "/problems/not-found".into(),
    ] {
        let (get, head) = (world.ask_outside("GET", &path).send(), world.ask_outside("HEAD", &path).send());
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        for header in ["content-type", "etag", "content-length", "cache-control", "vary", "content-security-policy"] {
            assert_eq!(head.header(header), get.header(header), "{path} {header}");
        }
        assert_eq!(get.header("content-length"), get.body.len().to_string(), "{path}");
    }
}

#[test]
fn what_is_unchanged_is_not_sent_again() {
    let world = notes::world();
    let long = make(&world, &"a long title ".repeat(70));
    for path in [long.as_str(), "/kit-notes"] {
        let mut tags = Vec::new();
        for coding in ["", "gzip", "br"] {
            let get = |etag: &str| {
                let mut ask = world.ask("GET", path);
                if !coding.is_empty() {
                    ask = ask.header("Accept-Encoding", coding);
                }
                if etag.is_empty() { ask } else { ask.header("If-None-Match", etag) }.send()
            };
            let whole = get("").expect(200);
            let tag = whole.header("etag").to_owned();
            assert_eq!(decoded(&whole), world.get(path).body, "{path} {coding}");
            assert_eq!(whole.header("content-encoding"), coding, "{path}");
            assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
            for same in [tag.clone(), format!("W/{tag}"), format!("\"x\", {tag}"), "*".into()] {
                let unchanged = get(&same).expect(304);
                assert_eq!(unchanged.body.len(), 0);
                assert!(!unchanged.header("etag").is_empty() && !unchanged.header("vary").is_empty());
                assert_eq!(unchanged.header("content-type"), "");
            }
            get("\"other\"").expect(200);
            tags.push(tag);
        }
        tags.sort();
        tags.dedup();
        assert_eq!(tags.len(), 3, "each encoding has an ETag of its own: {tags:?}");
        let before = tags;
        world.ask("PATCH", &long).token("secretariat").if_match("*").json(&json!({"rank": 5})).send();
        for tag in before {
            if path == long {
                world.ask("GET", path).header("If-None-Match", tag).send().expect(200);
            }
        }
    }
    // Any of an object's ETags, in whatever encoding, is good for changing it.
    let tag = world.ask("GET", &long).header("Accept-Encoding", "br").send().header("etag").to_owned();
    assert!(tag.ends_with(".br\""));
    world.ask("PATCH", &long).token("secretariat").if_match(&tag).json(&json!({"rank": 6})).send().expect(200);
}

#[test]
fn small_and_refused_answers_are_sent_as_they_are() {
    let world = notes::world();
    let path = make(&world, "a");
    for path in [path.as_str(), "/nothing"] {
        assert_eq!(world.ask("GET", path).header("Accept-Encoding", "gzip, br").send().header("content-encoding"), "");
    }
    make(&world, &"b".repeat(1000));
    let signed = world.ask("GET", "/kit-notes").token("person").header("Accept-Encoding", "gzip, br").send();
    assert_eq!(signed.header("content-encoding"), "gzip", "what is not kept is not worth brotli");
    assert_eq!(decoded(&signed), world.get("/kit-notes").body);
    let refused = world.ask("GET", "/kit-notes").header("Accept-Encoding", "gzip;q=0, br;q=0, identity").send();
    assert_eq!(refused.header("content-encoding"), "");
}

#[test]
fn every_answer_carries_what_every_answer_carries() {
    let world = started(setup().options(|options| options.public_url = "https://plenary.example.org".into()));
    let path = make(&world, "a");
    let etag = world.get(&path).header("etag").to_owned();
    let answers = [
        world.get(&path).expect(200),
        world.get(&path).expect(200),
        world.ask("GET", &path).header("If-None-Match", &etag).send().expect(304),
        world.ask("GET", &path).token("person").send().expect(200),
        world.get("/kit-notes/none").expect(404),
        world.get("/nothing").expect(404),
        world.ask("DELETE", "/kit-notes").send().expect(405),
        world.get("/kit-notes?x=1").expect(422),
        world
            .ask("POST", "/kit-notes?panic=load")
            .token("secretariat")
            .json(&json!({"title": "b", "rank": 1}))
            .send()
            .expect(500),
        world.ask_outside("GET", "/api/openapi.json").send().expect(200),
        world.ask_outside("GET", "/docs/").send().expect(200),
        world.ask_outside("GET", "/docs").send().expect(308),
        world.ask_outside("GET", "/problems/not-found").send().expect(200),
    ];
    let mut ids = Vec::new();
    for (number, answer) in answers.iter().enumerate() {
        for (header, part) in [
            ("content-security-policy", "default-src 'none'"),
            ("content-security-policy", "frame-ancestors 'none'"),
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "no-referrer"),
            ("strict-transport-security", "max-age="),
            ("vary", "Accept-Language"),
            ("vary", "Authorization"),
            ("vary", "Accept-Encoding"),
        ] {
            assert!(answer.header(header).contains(part), "case {number}: {header} is {:?}", answer.header(header));
        }
        ids.push(answer.header("x-request-id").to_owned());
    }
    assert_eq!(answers[0].header("cache-control"), "no-cache");
    assert_eq!(answers[3].header("cache-control"), "no-store");
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), ids[0].len()), (answers.len(), 36));
    assert_eq!(answers[4].json()["type"], "/problems/not-found");
    assert_eq!(notes::world().get("/kit-notes").header("strict-transport-security"), "", "only where it is https");
    for (given, taken) in [
        ("abc-1.2_Z", true),
        (&"x".repeat(64), true),
        (&"x".repeat(65), false),
        ("a b", false),
        ("a\u{e9}", false),
        ("<a>", false),
    ] {
        let reply = world.ask("GET", "/nothing").header("X-Request-Id", given).send();
        assert_eq!(reply.header("x-request-id") == given, taken, "{given}");
        assert_eq!(reply.json()["request_id"], reply.header("x-request-id"));
    }
}

#[test]
fn a_kept_answer_is_never_older_than_ones_own_write() {
    let world = notes::world();
    let path = make(&world, "a");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !stop.load(Ordering::Relaxed) {
                    world.get(&path).expect(200);
                    world.get("/kit-notes").expect(200);
                }
            });
        }
        for n in 0..60 {
            let title = format!("title {n}");
            world.ask("PATCH", &path).token("secretariat").if_match("*").json(&json!({"title": title})).send().expect(200);
            let (one, list) = (world.get(&path).json(), world.get("/kit-notes").json());
            if (&one["title"], &list["items"][0]["title"]) != (&json!(title), &json!(title)) {
                stop.store(true, Ordering::Relaxed);
                panic!("{one} {list} instead of {title}");
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    let before = world.db().queries();
    for _ in 0..20 {
        world.get(&path).expect(200);
        world.get("/kit-notes?limit=5&total=true").expect(200);
        world.get("/kit-notes?total=true&limit=5").expect(200);
    }
    assert!(world.db().queries() - before < 20, "nothing was kept");
}

#[test]
fn what_changes_by_itself_is_not_kept_beyond_that() {
    let world = notes::world();
    let minute = || world.get("/kit-notes-today").expect(200).json()["minute"].clone();
    assert_eq!(minute(), "2026-09-01T09:00");
    world.at("2026-09-01T09:00:59.999998Z");
    assert_eq!(minute(), "2026-09-01T09:00");
    world.at("2026-09-01T09:01:00Z");
    assert_eq!(minute(), "2026-09-01T09:01");
}

#[test]
fn signed_in_and_csv_and_language_answers_are_kept_apart() {
    let world = notes::world();
    make(&world, "=1+1");
    let json = world.get("/kit-notes").expect(200);
    let csv = world.ask("GET", "/kit-notes").header("Accept", "text/csv").send().expect(200);
    assert_eq!(csv.text(), "\u{FEFF}title,rank\r\n'=1+1,1\r\n");
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8; header=present");
    assert_eq!(world.get("/kit-notes").text(), json.text());
    assert_eq!(
        world.ask("GET", "/kit-notes").header("Accept", "image/png").send().text(),
        json.text(),
        "elsewhere Accept is not looked at"
    );
    assert_eq!(world.ask("GET", "/kit-notes").token("ended").send().status, 401, "a kept answer is nobody's pass");
}

#[test]
fn a_longer_page_costs_no_further_statement() {
    let world = started(setup().options(|options| options.cache_bytes = 0));
    let cost = |path: &str| {
        let before = world.db().queries();
        world.get(path).expect(200);
        world.db().queries() - before
    };
    let first = make(&world, "first");
    world.get("/kit-notes").expect(200);
    let (one, of_one) = (cost("/kit-notes?total=true"), cost(&first));
    for n in 0..30 {
        make(&world, &n.to_string());
    }
    world.get("/kit-notes").expect(200);
    assert_eq!((cost("/kit-notes?total=true"), cost(&first)), (one, of_one));
    assert_eq!((one, of_one), (2, 1), "the page and the total, the note");
}
