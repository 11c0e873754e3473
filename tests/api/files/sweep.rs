//! `plenary files sweep`.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, SystemTime};

use diesel::prelude::*;
use plenary::schema::deliverable_versions;
use plenary::time::Clock;
use serde_json::json;

use super::work::{PDF, Work};
use crate::process::{Ended, end, plenary_on};

fn sweep(work: &Work, arguments: &[&str]) -> Ended {
    let directory = work.home().directory();
    let mut command = plenary_on(work.home(), directory, &[&["files", "sweep"], arguments].concat());
    command.env("PLENARY_DATA_DIR", directory);
    end(command).well()
}

fn hours_old(path: &Path, hours: u64) {
    // The command asks the machine's clock.
    let when = SystemTime::from(Clock::System.now().utc()) - Duration::from_secs(hours * 3600);
    File::options().write(true).open(path).unwrap().set_modified(when).unwrap();
}

#[test]
fn the_sweep_deletes_what_nobody_refers_to_after_a_day() {
    let work = Work::new();
    work.adds("kept.pdf", PDF);
    let kept = work.stored().remove(0);
    hours_old(&kept, 1000);
    let place = |name: &str, hours| {
        let path = kept.with_file_name(name);
        std::fs::write(&path, "left").unwrap();
        hours_old(&path, hours);
        path
    };
    let orphan = place("0190aaaa-0000-7000-8000-000000000001", 25);
    let young = place("0190aaaa-0000-7000-8000-000000000002", 23);
    let unfinished = place("0190aaaa-0000-7000-8000-000000000003#1", 25);
    let arriving = place("0190aaaa-0000-7000-8000-000000000004#1", 23);
    let said = sweep(&work, &["--dry-run"]).stdout;
    assert_eq!(said, "2 files looked at; 1 file that nothing refers to and 1 unfinished upload, 8 bytes, would be deleted.\n");
    assert!(orphan.exists() && unfinished.exists());
    let said = sweep(&work, &[]).stdout;
    assert_eq!(said, "2 files looked at; 1 file that nothing refers to and 1 unfinished upload, 8 bytes, deleted.\n");
    assert!(!orphan.exists() && !unfinished.exists());
    assert!(young.exists() && arriving.exists() && kept.exists());
    assert_eq!(work.reads(&work.chair, "/1/content").expect(200).body, PDF);

    // A version was withheld, and the server died before its bytes were gone.
    work.write(|tx| {
        diesel::update(deliverable_versions::table).set(deliverable_versions::stored_as.eq(None::<String>)).execute(&mut **tx)?;
        Ok(())
    });
    sweep(&work, &[]);
    assert!(!kept.exists());
    assert_eq!(
        sweep(&work, &[]).stdout,
        "0 files looked at; 0 files that nothing refers to and 0 unfinished uploads, 0 bytes, deleted.\n"
    );
    assert_eq!(work.reads(&work.chair, "/1").expect(200).json()["number"], json!(1));
}
