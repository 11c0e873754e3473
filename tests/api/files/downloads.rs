//! Reading versions' files.

use serde_json::json;

use super::work::{PDF, Work, long_pdf};
use crate::world::Reply;

const CONTENT: &str = "/deliverables/WG5-D1/versions/1/content";

#[test]
fn a_file_is_sent_as_attachment_whole_or_in_part() {
    let work = Work::new();
    let bytes = long_pdf(100_000);
    let version = work.adds("Entwurf \u{201e}zwei\u{201c}.pdf", &bytes);
    let read = |headers: &[(&str, &str)]| -> Reply {
        let ask = work.ask("GET", CONTENT).by(&work.member);
        headers.iter().fold(ask, |ask, (name, value)| ask.header(name, value)).send()
    };
    let whole = read(&[("Accept-Encoding", "gzip, br")]).expect(200);
    assert_eq!(whole.body, bytes);
    let tag = format!("\"{}\"", version["sha256"].as_str().unwrap());
    for (name, value) in [
        ("content-type", "application/pdf"),
        (
            "content-disposition",
            "attachment; filename=\"Entwurf _zwei_.pdf\"; filename*=UTF-8''Entwurf%20%E2%80%9Ezwei%E2%80%9C.pdf",
        ),
        ("x-content-type-options", "nosniff"),
        ("content-length", "100000"),
        ("accept-ranges", "bytes"),
        ("etag", &tag),
        ("cache-control", "no-store"),
        ("content-encoding", ""),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }
    for (range, from, to) in
        [("bytes=0-0", 0, 1), ("bytes=99990-", 99_990, 100_000), ("bytes=-5", 99_995, 100_000), ("bytes=5-9", 5, 10)]
    {
        let part = read(&[("Range", range)]).expect(206);
        assert_eq!(part.body, bytes[from..to], "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/100000", to - 1));
        assert_eq!((part.header("etag"), part.header("content-length")), (&*tag, &*(to - from).to_string()));
    }
    // A range of another version of the file is the whole, as are several ranges.
    assert_eq!(read(&[("Range", "bytes=5-9"), ("If-Range", &tag)]).expect(206).body, bytes[5..10]);
    read(&[("Range", "bytes=5-9"), ("If-Range", "\"other\"")]).expect(200);
    read(&[("Range", "bytes=0-1,5-9")]).expect(200);
    let beyond = read(&[("Range", "bytes=100000-")]).expect(416);
    assert_eq!((beyond.problem(), beyond.header("content-range")), ("range-not-satisfiable".into(), "bytes */100000"));
    let unchanged = read(&[("If-None-Match", &tag), ("Range", "bytes=0-1")]).expect(304);
    assert_eq!((unchanged.body.len(), unchanged.header("etag")), (0, &*tag));
    let head = work.ask("HEAD", CONTENT).by(&work.member).send().expect(200);
    assert_eq!((head.body.len(), head.header("content-length"), head.header("etag")), (0, "100000", &*tag));
    let text = work.adds("notes.txt", "\u{e9}".as_bytes());
    assert_eq!(
        work.reads(&work.member, &format!("/{}/content", text["number"])).header("content-type"),
        "text/plain; charset=utf-8"
    );
}

#[test]
fn the_public_reads_the_approved_version_until_it_is_withheld() {
    let work = Work::new();
    work.adds("first.pdf", b"%PDF-1.7 first");
    work.adds("second.pdf", PDF);
    work.get(CONTENT).expect(404);
    work.approves(2);
    let public = "/deliverables/WG5-D1/versions/2/content";
    assert_eq!(work.ask("HEAD", public).send().expect(200).body.len(), 0);
    let read = work.get(public).expect(200);
    assert_eq!((read.body.as_slice(), read.header("cache-control")), (PDF, "no-cache"));
    work.get(CONTENT).expect(404);
    let listed = work.get("/deliverables/WG5-D1/versions").expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    work.get("/deliverables/WG5-D1/versions/2").expect(200);

    let withhold = |person, number: i64, body: &serde_json::Value| {
        work.ask("POST", &format!("/deliverables/WG5-D1/versions/{number}/withhold")).by(person).json(body).send()
    };
    let why = json!({"reason": "It names somebody who must not be named."});
    withhold(&work.chair, 2, &why).expect(403);
    withhold(&work.stranger, 1, &why).expect(404);
    assert_eq!(withhold(&work.secretary, 2, &json!({"reason": " "})).expect(422).problem(), "rule-violation");
    let withheld = withhold(&work.secretary, 2, &why).expect(200).json();
    assert_eq!((&withheld["number"], &withheld["size"]), (&json!(2), &json!(PDF.len())));
    assert_eq!(withheld["withheld_reason"], why["reason"]);
    assert_eq!(withhold(&work.secretary, 2, &why).expect(409).problem(), "wrong-state");
    // The bytes are gone for everybody, and nothing kept them.
    work.get(public).expect(404);
    work.reads(&work.secretary, "/2/content").expect(404);
    assert_eq!(work.stored().len(), 1);
    assert_eq!(work.get("/deliverables/WG5-D1/versions/2").expect(200).json()["sha256"], withheld["sha256"]);
}

#[test]
fn a_link_has_no_bytes_here() {
    let work = Work::new();
    let link = json!({"url": "https://example.org/draft"});
    work.ask("POST", "/deliverables/WG5-D1/versions").by(&work.chair).json(&link).send().expect(201);
    work.reads(&work.member, "/1/content").expect(404);
}
