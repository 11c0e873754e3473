//! `plenary files`.

use std::collections::HashSet;

use actix_web::rt::System;
use chrono::TimeDelta;
use clap::Subcommand;

use super::{Failure, Outcome, log, say};
use crate::config::Settings;
use crate::deliverables;
use crate::files::{FilesError, Kept, LEFT_ALONE_HOURS};
use crate::server;

/// Files looked up in the database at once.
const BATCH: usize = 1000;

#[derive(Subcommand)]
pub(super) enum Command {
    /// Delete stored files that nothing refers to: of uploads that broke off, and of versions that were withheld. Younger than a day they
    /// are left alone: their upload may be under way
    Sweep {
        /// Only say what would be deleted
        #[arg(long)]
        dry_run: bool,
    },
}

pub(super) fn run(Command::Sweep { dry_run }: &Command, settings: &Settings) -> Outcome {
    log::quietly(&settings.log)?;
    let db = server::open(settings)?;
    server::migrate(&db, false)?;
    let files = server::files(settings)?;
    // What is listed was whole before the database is read: an upload that ends meanwhile is younger than that.
    let before = db.clock().now().minus(TimeDelta::hours(LEFT_ALONE_HOURS));
    let system = System::new();
    let kept = system.block_on(files.before(before))?;
    let unfinished = files.unfinished(before)?;
    let mut orphans: Vec<&Kept> = Vec::new();
    for batch in kept.chunks(BATCH) {
        let names: Vec<&str> = batch.iter().map(|file| file.name.as_str()).collect();
        let referred: HashSet<String> = db.read_blocking(|tx| deliverables::referred_files(tx, &names))?.into_iter().collect();
        orphans.extend(batch.iter().filter(|file| !referred.contains(&file.name)));
    }
    let bytes: u64 = orphans.iter().map(|file| file.size).chain(unfinished.iter().map(|file| file.size)).sum();
    let (found, broken) = (orphans.len(), unfinished.len());
    let what = format!("{} that nothing refers to and {}, {bytes} bytes", files_of(found), unfinished_of(broken));
    if *dry_run {
        say(format_args!("{} looked at; {what}, would be deleted.", files_of(kept.len())));
        return Ok(());
    }
    for file in &orphans {
        let deleted = system.block_on(files.delete(&file.name));
        deleted.map_err(|error| Failure(format!("{} could not be deleted: {error}. Run it again.", file.name)))?;
    }
    for file in &unfinished {
        files.delete_unfinished(&file.name).map_err(|error: FilesError| Failure(error.to_string()))?;
    }
    say(format_args!("{} looked at; {what}, deleted.", files_of(kept.len())));
    Ok(())
}

fn files_of(n: usize) -> String {
    if n == 1 { "1 file".into() } else { format!("{n} files") }
}

fn unfinished_of(n: usize) -> String {
    if n == 1 { "1 unfinished upload".into() } else { format!("{n} unfinished uploads") }
}
