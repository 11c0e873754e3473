//! What a large file costs in memory: a server process of its own is asked.

use std::fs;
use std::io::Read;

use serde_json::{Value, json};

use super::work::{PDF, Work, long_pdf, multipart};
use crate::process::{Running, plenary_on};
use crate::world::PASSWORD;

const MIB: u64 = 1 << 20;

/// A line of `/proc/<pid>/status`, in bytes.
fn memory(pid: u32, line: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let found = status.lines().find_map(|text| text.strip_prefix(line)).unwrap();
    found.trim_matches([':', ' ', '\t']).trim_end_matches(" kB").trim().parse::<u64>().unwrap() * 1024
}

#[test]
fn fifty_mebibytes_come_and_go_within_eight_of_memory() {
    let work = Work::new();
    let directory = work.home().directory();
    let mut command = plenary_on(work.home(), directory, &["serve"]);
    command.env("PLENARY_DATA_DIR", directory).env("PLENARY_HTTP__WORKERS", "2").env("PLENARY_WORKER__ENABLED", "false");
    let server = Running::start(command);
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let login = json!({"email": work.chair.email, "password": PASSWORD});
    let tokens: Value = agent.post(server.url("/api/v1/auth/login")).send_json(&login).unwrap().body_mut().read_json().unwrap();
    let bearer = format!("Bearer {}", tokens["access_token"].as_str().unwrap());
    let upload = |bytes: &[u8]| -> Value {
        let (media_type, body) = multipart(&[("name=\"file\"; filename=\"large.pdf\"", bytes)]);
        let asked = agent.post(server.url("/api/v1/deliverables/WG5-D1/versions"));
        let asked = asked.header("Authorization", &bearer).header("Content-Type", media_type);
        let mut answered = asked.send(&body[..]).unwrap();
        assert_eq!(answered.status(), 201);
        answered.body_mut().read_json().unwrap()
    };
    let download = |number: &Value| -> u64 {
        let path = format!("/api/v1/deliverables/WG5-D1/versions/{number}/content");
        let answered = agent.get(server.url(&path)).header("Authorization", &bearer).call().unwrap();
        let mut reader = answered.into_body().into_with_config().limit(u64::MAX).reader();
        let (mut piece, mut length) = (vec![0; 1 << 16], 0);
        loop {
            match reader.read(&mut piece).unwrap() {
                0 => return length,
                n => length += n as u64,
            }
        }
    };
    // What is made once (threads, statements, connections) is there from now on.
    for _ in 0..8 {
        let small = upload(PDF);
        assert_eq!(download(&small["number"]), PDF.len() as u64);
    }
    let pid = server.pid();
    // From here on the highest is counted anew.
    fs::write(format!("/proc/{pid}/clear_refs"), "5").unwrap();
    let before = memory(pid, "VmRSS");
    let large = upload(&long_pdf(50 << 20));
    assert_eq!(large["size"], 50 << 20);
    let uploaded = memory(pid, "VmHWM");
    assert_eq!(download(&large["number"]), 50 << 20);
    let downloaded = memory(pid, "VmHWM");
    println!("before {before}, with the upload {uploaded}, with the download {downloaded}");
    assert!(uploaded < before + 8 * MIB, "{before} bytes before, {uploaded} with a 50 MiB upload");
    assert!(downloaded < before + 8 * MIB, "{before} bytes before, {downloaded} with a 50 MiB download");
}
