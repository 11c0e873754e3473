//! A deliverable that versions are added to.

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{Ask, Person, Reply, World};

/// A PDF, as far as anybody looks.
pub const PDF: &[u8] = b"%PDF-1.7\nwhat it says\n";
const BOUNDARY: &str = "----a boundary'of 1";

/// A group at work on `WG5-D1`, which is in progress.
pub struct Work {
    pub cast: Cast,
}

impl std::ops::Deref for Work {
    type Target = Cast;
    fn deref(&self) -> &Cast {
        &self.cast
    }
}

impl Work {
    pub fn new() -> Self {
        Self::in_world(World::new())
    }

    pub fn in_world(world: World) -> Self {
        let work = Self { cast: Cast::around(world) };
        let plan = json!({"title": "Norms in practice", "kind": "report", "due_on": "2026-11-01"});
        work.ask("POST", "/groups/5/deliverables").by(&work.chair).json(&plan).send().expect(201);
        work.moves(&work.chair, &json!({"to": "in_progress"}));
        work
    }

    #[track_caller]
    pub fn moves(&self, by: &Person, body: &Value) {
        self.ask("POST", "/deliverables/WG5-D1/transitions").by(by).json(body).send().expect(200);
    }

    /// The latest version becomes the result.
    #[track_caller]
    pub fn approves(&self, number: i64) {
        self.moves(&self.chair, &json!({"to": "submitted"}));
        self.moves(&self.secretary, &json!({"to": "approved", "version": number}));
    }

    /// A co-chair adds a file.
    #[track_caller]
    pub fn adds(&self, name: &str, bytes: &[u8]) -> Value {
        self.upload(name, bytes).by(&self.chair).send().expect(201).json()
    }

    pub fn upload(&self, name: &str, bytes: &[u8]) -> Ask<'_> {
        self.multipart(&[(&format!("name=\"file\"; filename=\"{name}\""), bytes)])
    }

    /// An upload with these parts, each behind its disposition.
    pub fn multipart(&self, parts: &[(&str, &[u8])]) -> Ask<'_> {
        let (media_type, body) = multipart(parts);
        self.ask("POST", "/deliverables/WG5-D1/versions").header("Content-Type", media_type).body(body)
    }

    #[track_caller]
    pub fn reads(&self, by: &Person, path: &str) -> Reply {
        self.ask("GET", &format!("/deliverables/WG5-D1/versions{path}")).by(by).send()
    }

    /// What lies in the store, unfinished uploads too.
    pub fn stored(&self) -> Vec<PathBuf> {
        let found = std::fs::read_dir(self.world.home().directory().join("files")).unwrap();
        found.map(|entry| entry.unwrap().path()).collect()
    }

    /// The store, once nothing happens in it any more.
    #[track_caller]
    pub fn is_empty(&self) {
        let begun = std::time::Instant::now();
        while !self.stored().is_empty() {
            assert!(begun.elapsed().as_secs() < 20, "left behind: {:?}", self.stored());
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

/// The media type and the bytes of a form with these parts.
pub fn multipart(parts: &[(&str, &[u8])]) -> (String, Vec<u8>) {
    let mut body = Vec::new();
    for (disposition, bytes) in parts {
        body.extend(
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {disposition}\r\nContent-Type: text/html\r\n\r\n").bytes(),
        );
        body.extend(*bytes);
        body.extend(b"\r\n");
    }
    body.extend(format!("--{BOUNDARY}--\r\n").bytes());
    (format!("multipart/form-data; boundary=\"{BOUNDARY}\""), body)
}

/// Bytes that look like a PDF and do not compress.
pub fn long_pdf(length: usize) -> Vec<u8> {
    let mut bytes = PDF.to_vec();
    let mut state = 1_u64;
    bytes.extend(
        std::iter::repeat_with(move || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 56) as u8
        })
        .take(length - PDF.len()),
    );
    bytes
}
