//! Signed links.

use serde_json::{Value, json};

use super::work::{PDF, Work};
use crate::world::{Person, Reply};

const CONTENT: &str = "/api/v1/deliverables/WG5-D1/versions/1/content";

fn link(work: &Work, by: &Person, path: &str) -> Reply {
    work.ask("POST", "/me/links").by(by).json(&json!({"path": path})).send()
}

/// Where a link leads, on this server.
#[track_caller]
fn made(work: &Work, by: &Person, path: &str) -> String {
    let made = link(work, by, path).expect(200);
    assert_eq!(made.header("cache-control"), "no-store");
    let url = made.json()["url"].as_str().unwrap().to_owned();
    url.strip_prefix(&work.web().options.public_url).unwrap().to_owned()
}

#[test]
fn a_link_reads_one_address_as_the_one_who_made_it() {
    let work = Work::new();
    work.adds("draft.pdf", PDF);
    let answer = link(&work, &work.member, CONTENT).expect(200).json();
    assert_eq!(answer["expires_at"], "2026-09-01T09:05:00Z");
    let url = made(&work, &work.member, CONTENT);
    let open = |method: &str, url: &str| work.ask_outside(method, url).send();
    let read = open("GET", &url).expect(200);
    assert_eq!((read.body.as_slice(), read.header("cache-control")), (PDF, "no-store"));
    // A browser asks again for a range, and for the head.
    let part = work.ask_outside("GET", &url).header("Range", "bytes=0-3").send().expect(206);
    assert_eq!(part.body, b"%PDF");
    open("HEAD", &url).expect(200);
    // Nothing of it is kept for others.
    work.ask_outside("GET", CONTENT).send().expect(404);

    let (_, token) = url.split_once("link=").unwrap();
    let refused = |method: &str, url: &str| {
        let refused = open(method, url).expect(401);
        assert_eq!(refused.problem(), "bad-access-token", "{method} {url}");
        assert!(!String::from_utf8_lossy(&refused.body).contains(token));
    };
    refused("GET", &format!("/api/v1/deliverables/WG5-D1/versions/2/content?link={token}"));
    refused("GET", &format!("/api/v1/deliverables/wg5-d1/versions/1/content?link={token}"));
    refused("GET", &format!("{CONTENT}?locale=fr&link={token}"));
    refused("GET", &format!("{CONTENT}?link={token}&link={token}"));
    refused("GET", &format!("{CONTENT}?link="));
    refused("GET", &format!("{CONTENT}?link"));
    refused("GET", &format!("/api/v1/me?link={token}"));
    let elsewhere = work.ask_outside("POST", &format!("/api/v1/deliverables/WG5-D1/transitions?link={token}"));
    assert_eq!(elsewhere.json(&json!({"to": "dropped"})).send().expect(401).problem(), "bad-access-token");
    refused("DELETE", &format!("/api/v1/me/sessions/0190aaaa-0000-7000-8000-000000000001?link={token}"));
    for at in [0, 20, 45, 60, token.len() - 2] {
        let mut changed = token.as_bytes().to_vec();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        refused("GET", &format!("{CONTENT}?link={}", String::from_utf8(changed).unwrap()));
    }
    // Beside an access token nobody knows who calls.
    assert_eq!(work.ask_outside("GET", &url).by(&work.chair).send().expect(401).problem(), "bad-access-token");
    refused("GET", &format!("{CONTENT}?link={}", work.chair.token));
    // An access token is none, and the other way round.
    work.ask("GET", "/me").token(token).send().expect(401);
    work.at("2026-09-01T09:04:59Z");
    open("GET", &url).expect(200);
    work.at("2026-09-01T09:05:00Z");
    refused("GET", &url);
}

#[test]
fn a_link_counts_as_long_as_its_session_and_rights_do() {
    let work = Work::new();
    work.adds("draft.pdf", PDF);
    let again = work.sign_in(&work.member.email);
    let (url, other) = (made(&work, &again, CONTENT), made(&work, &work.member, CONTENT));
    work.ask("POST", "/auth/logout").by(&again).send().expect(204);
    work.ask_outside("GET", &url).send().expect(401);
    work.ask_outside("GET", &other).send().expect(200);
    // The same path; the secretariat sees it, until it is no longer that.
    let secret = made(&work, &work.secretary, CONTENT);
    work.write(|tx| {
        let mut row = plenary::people::person(tx, work.secretary.id)?.unwrap();
        row.role = plenary::people::Role::Person;
        plenary::people::save_person(tx, &mut row)
    });
    work.ask_outside("GET", &secret).send().expect(404);
}

#[test]
fn a_link_leads_where_a_get_goes_and_keeps_its_query() {
    let work = Work::new();
    let csv = made(&work, &work.chair, "/api/v1/deliverables?sort=title&limit=1&locale=fr");
    let listed = work.ask_outside("GET", &csv).send().expect(200);
    assert!(!listed.header("link").contains("link="), "{}", listed.header("link"));
    // The order of a query is part of the address, its parameters are checked when it is read.
    let odd = made(&work, &work.chair, "/api/v1/groups?nonsense=1");
    assert_eq!(work.ask_outside("GET", &odd).send().expect(422).faults(), ["?nonsense unknown"]);
    assert_eq!(
        work.ask_outside("GET", &made(&work, &work.chair, "/api/v1/me?")).send().expect(200).json()["email"],
        work.chair.email
    );
    for (path, fault) in [
        ("/api/v1/me/links", "/path unknown"),
        ("/api/v1/nowhere", "/path unknown"),
        ("/healthz", "/path unknown"),
        ("https://example.org/api/v1/me", "/path unknown"),
        ("/api/v1/groups/..", "/path format"),
        ("/api/v1/groups/%2E%2e", "/path format"),
        ("/api/v1/me#x", "/path format"),
        ("/api/v1/groups?q=a b", "/path format"),
        ("/api/v1/groups?q=\u{e9}", "/path format"),
        ("/api/v1/me?link=x", "/path format"),
        ("", "/path too-short"),
    ] {
        assert_eq!(link(&work, &work.chair, path).expect(422).faults(), [fault], "{path}");
    }
    link(&work, &work.chair, &format!("/api/v1/groups?q={}", "x".repeat(2000))).expect(422);
    work.ask("POST", "/me/links").json(&json!({"path": CONTENT})).send().expect(401);
}

#[test]
fn an_answer_to_a_link_is_kept_for_nobody() {
    let work = Work::new();
    let path = "/api/v1/deliverables/WG5-D1";
    let url = made(&work, &work.chair, path);
    let deliverable = |reply: Reply| -> Value { reply.expect(200).json()["latest_version"]["number"].clone() };
    work.adds("draft.pdf", PDF);
    for _ in 0..2 {
        assert_eq!(deliverable(work.ask_outside("GET", &url).send()), 1);
        assert_eq!(deliverable(work.ask_outside("GET", path).send()), Value::Null);
        assert_eq!(deliverable(work.ask_outside("GET", &url).send()), 1);
    }
}
