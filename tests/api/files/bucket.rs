//! Files in an S3-compatible store: where `TEST_S3_ENDPOINT` names one (`scripts/s3.sh`).

use plenary::config::{FileStore, S3Bucket};
use serde_json::json;

use super::work::{PDF, Work, long_pdf};
use crate::world::World;

#[test]
fn files_come_to_a_bucket_and_go_from_it() {
    let Ok(endpoint) = std::env::var("TEST_S3_ENDPOINT") else {
        eprintln!("SKIPPED: TEST_S3_ENDPOINT names no S3-compatible server");
        return;
    };
    let bucket = format!("plenary-{}", std::process::id());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    assert!(agent.put(format!("{endpoint}/{bucket}")).send_empty().unwrap().status().is_success());
    let listed = || -> String {
        let mut answered = agent.get(format!("{endpoint}/{bucket}?list-type=2")).call().unwrap();
        answered.body_mut().read_to_string().unwrap()
    };
    let unfinished = || -> String {
        let mut answered = agent.get(format!("{endpoint}/{bucket}?uploads")).call().unwrap();
        answered.body_mut().read_to_string().unwrap()
    };
    let store = FileStore::S3(S3Bucket {
        endpoint: Some(endpoint.clone()),
        bucket: bucket.clone(),
        region: "us-east-1".into(),
        access_key_id: "test".into(),
        secret_access_key: "test".to_owned().into(),
    });
    let work = Work::in_world(World::setup().files(|files| files.store = store).start());
    // In several parts, and in one.
    let long = long_pdf(9_000_000);
    for (number, bytes) in [(1, &long[..]), (2, PDF)] {
        assert_eq!(work.adds("a.pdf", bytes)["number"], number);
        assert_eq!(work.reads(&work.member, &format!("/{number}/content")).expect(200).body, bytes);
    }
    let part =
        work.ask("GET", "/deliverables/WG5-D1/versions/1/content").by(&work.member).header("Range", "bytes=6000000-6000009");
    assert_eq!(part.send().expect(206).body, long[6_000_000..6_000_010]);
    assert_eq!(listed().matches("<Key>").count(), 2);
    // Refused after it had begun: text that is none.
    let text = [b"text ".repeat(1_300_000), b"\xff".to_vec()].concat();
    work.upload("a.txt", &text).by(&work.chair).send().expect(415);
    let begun = std::time::Instant::now();
    while unfinished().contains("<UploadId>") {
        assert!(begun.elapsed().as_secs() < 20, "{}", unfinished());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let why = json!({"reason": "By mistake."});
    work.ask("POST", "/deliverables/WG5-D1/versions/1/withhold").by(&work.secretary).json(&why).send().expect(200);
    work.reads(&work.member, "/1/content").expect(404);
    assert_eq!(listed().matches("<Key>").count(), 1);
}
