//! Adding versions.

use std::io::Write;
use std::net::TcpStream;
use std::sync::Barrier;
use std::time::{Duration, Instant};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::work::{PDF, Work, long_pdf, multipart};
use crate::world::World;

fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_file_becomes_a_version_that_says_what_it_is() {
    let work = Work::new();
    let parts: [(&str, &[u8]); 2] =
        [("name=\"file\"; filename=\"../../R\u{e9}sum\u{e9} 2026.pdf\"", PDF), ("name=\"note\"", " First draft. ".as_bytes())];
    let made = work.multipart(&parts).by(&work.chair).send().expect(201);
    assert_eq!(made.header("location"), "/api/v1/deliverables/WG5-D1/versions/1");
    let version = made.json();
    assert_eq!(
        [&version["number"], &version["file_name"], &version["media_type"], &version["size"], &version["note"], &version["url"]],
        [
            &json!(1),
            &json!("R\u{e9}sum\u{e9} 2026.pdf"),
            &json!("application/pdf"),
            &json!(PDF.len()),
            &json!("First draft."),
            &json!(null)
        ]
    );
    assert_eq!(version["sha256"], hex(PDF));
    assert_eq!(work.stored().len(), 1);
    assert_eq!(std::fs::read(&work.stored()[0]).unwrap(), PDF);

    // A file that is longer than what is written at once.
    let long = long_pdf(700_001);
    let second = work.upload("long.pdf", &long).by(&work.chair).send().expect(201).json();
    assert_eq!((&second["number"], &second["size"], &second["sha256"]), (&json!(2), &json!(700_001), &json!(hex(&long))));
    // And a link.
    let link = json!({"url": "https://example.org/draft", "note": null});
    let third = work.ask("POST", "/deliverables/WG5-D1/versions").by(&work.chair).json(&link).send().expect(201).json();
    assert_eq!(
        (&third["number"], &third["url"], &third["sha256"]),
        (&json!(3), &json!("https://example.org/draft"), &json!(null))
    );

    let listed = work.reads(&work.observer, "?total=true").expect(200).json();
    let numbers: Vec<_> = listed["items"].as_array().unwrap().iter().map(|item| item["number"].as_i64().unwrap()).collect();
    assert_eq!((numbers, &listed["total"]), (vec![3, 2, 1], &json!(3)));
    assert_eq!(work.reads(&work.member, "/2").expect(200).json(), second);
    // Drafts are the group's.
    assert_eq!(work.reads(&work.stranger, "").expect(200).json()["items"], json!([]));
    for hidden in ["/1", "/1/content", "/4"] {
        assert_eq!(work.reads(&work.stranger, hidden).expect(404).problem(), "not-found");
        work.get(&format!("/deliverables/WG5-D1/versions{hidden}")).expect(404);
    }
}

#[test]
fn only_types_that_are_taken_come_in_and_the_bytes_decide() {
    let work = Work::new();
    let split = [&b"text ".repeat(2000)[..], b"\xff\xfe"].concat();
    let cut = [&b"text ".repeat(2000)[..], b"\xe2\x82"].concat();
    let refused: [(&str, &[u8]); 6] = [
        ("page.pdf", b"<!DOCTYPE html><script>alert(1)</script>"),
        ("report.pdf", b"MZ\x90\x00\x03"),
        ("notes.txt", b"a\x00b"),
        ("latin.txt", b"caf\xe9"),
        ("later.txt", &split),
        ("cut.txt", &cut),
    ];
    for (name, bytes) in refused {
        let problem = work.upload(name, bytes).by(&work.chair).send().expect(415);
        assert_eq!(problem.problem(), "unsupported-media-type", "{name}");
    }
    assert_eq!(work.upload("empty.pdf", b"").by(&work.chair).send().expect(422).faults(), ["/file empty"]);
    work.is_empty();
    let taken: [(&str, &[u8], &str); 4] = [
        ("README.md", "# Titre \u{e9}".as_bytes(), "text/markdown"),
        ("table.csv", b"a,b\r\n1,2\r\n", "text/csv"),
        ("run.exe", b"only words", "text/plain"),
        ("x", b"\x89PNG\r\n\x1a\n", "image/png"),
    ];
    for (name, bytes, media_type) in taken {
        assert_eq!(work.adds(name, bytes)["media_type"], media_type, "{name}");
    }
}

#[test]
fn what_is_too_large_or_malformed_is_refused_and_nothing_stays() {
    let work = Work::in_world(World::setup().files(|files| files.max_bytes = 300_000).start());
    // Told by its length; then found while it arrives.
    for length in [400_000, 300_001] {
        let problem = work.upload("long.pdf", &long_pdf(length)).by(&work.chair).send().expect(413);
        assert_eq!(problem.problem(), "payload-too-large");
    }
    assert_eq!(work.upload("fits.pdf", &long_pdf(300_000)).by(&work.chair).send().expect(201).json()["size"], 300_000);
    std::fs::remove_file(&work.stored()[0]).unwrap();

    let file = "name=\"file\"; filename=\"a.pdf\"";
    let long_note = "n".repeat(20_001);
    type Parts<'a> = &'a [(&'a str, &'a [u8])];
    let faulty: [(Parts<'_>, &str); 6] = [
        (&[], "/file required"),
        (&[("name=\"note\"", b"first")], "/file required"),
        (&[(file, PDF), ("name=\"other\"", b"x")], "/ unknown"),
        (&[(file, PDF), ("name=\"note\"", b"x"), ("name=\"note\"", b"y")], "/ unknown"),
        (&[(file, PDF), ("name=\"note\"", b"\xff")], "/note encoding"),
        (&[(file, PDF), ("name=\"note\"", long_note.as_bytes())], "/note too-long"),
    ];
    for (parts, fault) in faulty {
        assert_eq!(work.multipart(parts).by(&work.chair).send().expect(422).faults(), [fault]);
    }
    let post = || work.ask("POST", "/deliverables/WG5-D1/versions").by(&work.chair);
    let (media_type, body) = multipart(&[(file, &long_pdf(100_000))]);
    for (media_type, body, status) in [
        ("multipart/form-data", &body[..], 400),
        ("multipart/form-data; boundary=another", &body[..], 400),
        (&media_type, &body[..90_000], 400),
        (&media_type, b"", 400),
        ("application/json", b"{", 400),
        ("text/plain", PDF, 415),
    ] {
        post().header("Content-Type", media_type).body(body).send().expect(status);
    }
    post().header("Content-Type", &media_type).header("Content-Encoding", "gzip").body(body.clone()).send().expect(415);
    assert_eq!(post().json(&json!(null)).send().expect(422).faults(), [" type"]);
    let link = json!({"url": "javascript:alert(1)", "note": "\u{7}"});
    assert_eq!(post().json(&link).send().expect(422).faults(), ["/url format", "/note format"]);
    assert_eq!(post().json(&json!({"url": "https://example.org", "file": "x"})).send().expect(422).faults(), ["/file unknown"]);
    work.is_empty();
    assert_eq!(work.reads(&work.chair, "?total=true").json()["total"], 1);
}

#[test]
fn whoever_may_not_is_told_before_the_file_is_read() {
    let work = Work::new();
    assert_eq!(work.upload("a.pdf", PDF).send().expect(401).problem(), "authentication-required");
    for person in [&work.member, &work.observer, &work.stranger, &work.representative] {
        assert_eq!(work.upload("a.pdf", PDF).by(person).send().expect(403).problem(), "forbidden");
    }
    let (media_type, body) = multipart(&[("name=\"file\"; filename=\"a.pdf\"", PDF)]);
    let nowhere = work.ask("POST", "/deliverables/WG5-D9/versions").by(&work.chair).header("Content-Type", media_type).body(body);
    nowhere.send().expect(404);
    work.is_empty();
    for person in [&work.other_chair, &work.secretary] {
        work.upload("a.pdf", PDF).by(person).send().expect(201);
    }
    work.moves(&work.chair, &json!({"to": "submitted"}));
    for person in [&work.chair, &work.secretary] {
        assert_eq!(work.upload("a.pdf", PDF).by(person).send().expect(409).problem(), "wrong-state");
        let link = json!({"url": "https://example.org"});
        work.ask("POST", "/deliverables/WG5-D1/versions").by(person).json(&link).send().expect(409);
    }
    work.moves(&work.secretary, &json!({"to": "approved", "version": 2}));
    work.upload("a.pdf", PDF).by(&work.chair).send().expect(409);
    assert_eq!(work.stored().len(), 2);
}

#[test]
fn a_repeat_is_answered_with_the_version_that_came_first() {
    let work = Work::new();
    let add = |bytes: &[u8], key: &str| work.upload("a.pdf", bytes).by(&work.chair).key(key).send();
    let first = add(PDF, "one").expect(201).json();
    assert_eq!(add(PDF, "one").expect(201).json(), first);
    assert_eq!(add(b"%PDF-1.7 another", "one").expect(422).problem(), "idempotency-key-reused");
    assert_eq!(add(PDF, "two").expect(201).json()["number"], 2);
    assert_eq!(work.stored().len(), 2);
    // Also when no version could be added any more.
    work.moves(&work.chair, &json!({"to": "submitted"}));
    assert_eq!(add(PDF, "one").expect(201).json(), first);
    add(PDF, "three").expect(409);
    assert_eq!(work.stored().len(), 2);
}

#[test]
fn of_many_uploads_at_once_each_gets_a_number_of_its_own() {
    let work = Work::new();
    let start = Barrier::new(6);
    let mut numbers: Vec<i64> = std::thread::scope(|scope| {
        let adders: Vec<_> = (0..6)
            .map(|_| {
                scope.spawn(|| {
                    start.wait();
                    work.adds("a.pdf", &long_pdf(50_000))["number"].as_i64().unwrap()
                })
            })
            .collect();
        adders.into_iter().map(|adder| adder.join().unwrap()).collect()
    });
    numbers.sort_unstable();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6]);
    assert_eq!(work.stored().len(), 6);
}

/// Sends the head of an upload and the first half of its body, and gives the open connection.
fn half(work: &Work) -> TcpStream {
    let (media_type, body) = multipart(&[("name=\"file\"; filename=\"a.pdf\"", &long_pdf(2_000_000))]);
    let mut connection = TcpStream::connect(work.base().trim_start_matches("http://")).unwrap();
    let head = format!(
        "POST /api/v1/deliverables/WG5-D1/versions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {}\r\nContent-Type: {media_type}\r\n\
         Content-Length: {}\r\n\r\n",
        work.chair.token,
        body.len()
    );
    connection.write_all(head.as_bytes()).unwrap();
    connection.write_all(&body[..1_000_000]).unwrap();
    let begun = Instant::now();
    while work.stored().is_empty() {
        assert!(begun.elapsed() < Duration::from_secs(20), "nothing arrives");
        std::thread::sleep(Duration::from_millis(5));
    }
    connection
}

#[test]
fn an_upload_that_breaks_off_or_falls_silent_leaves_nothing() {
    let work = Work::in_world(World::setup().options(|options| options.body_timeout = Duration::from_millis(1500)).start());
    let connection = half(&work);
    // It is there under a name of its own, until it is whole.
    assert!(work.stored()[0].file_name().unwrap().to_str().unwrap().contains('#'));
    drop(connection);
    work.is_empty();
    let silent = half(&work);
    work.is_empty();
    drop(silent);
    assert_eq!(work.reads(&work.chair, "").json()["items"], json!([]));
}
