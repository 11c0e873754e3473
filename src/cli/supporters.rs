//! `plenary supporters`.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};

use super::{Failure, Outcome, log, say};
use crate::call;
use crate::config::Settings;
use crate::db::Db;
use crate::error::Error;
use crate::server;
use crate::supporters::{self, BadLine, Codes, ImportOptions, ImportReport, Mapping, Warning};

#[derive(Subcommand)]
pub(super) enum Command {
    /// Take supporters from a register in CSV: the whole file, or nothing
    Import(Arguments),
}

#[derive(Args)]
pub(super) struct Arguments {
    /// The register (CSV, UTF-8)
    #[arg(value_name = "CSV")]
    file: PathBuf,
    /// What its columns and values mean (TOML); without it the columns are named as the fields, and the file's name is the source's
    #[arg(long, value_name = "TOML")]
    mapping: Option<PathBuf>,
    /// Write nothing; say what would be written
    #[arg(long)]
    dry_run: bool,
    /// Leave bad lines out, and write them to CSV.refused.csv
    #[arg(long)]
    skip_bad: bool,
}

pub(super) fn run(Command::Import(arguments): &Command, settings: &Settings) -> Outcome {
    log::quietly(&settings.log)?;
    let Arguments { file, mapping, dry_run, skip_bad } = arguments;
    let name = file.display();
    let bytes = std::fs::read(file).map_err(|error| unreadable(file, &error))?;
    let db = server::open(settings)?;
    server::migrate(&db, false)?;
    let codes = codes(&db)?;
    let mapping = match mapping {
        Some(path) => {
            let text = std::fs::read_to_string(path).map_err(|error| unreadable(path, &error))?;
            Mapping::parse(&text, &codes).map_err(|faults| {
                let lines: Vec<String> = faults.iter().map(ToString::to_string).collect();
                Failure(format!("the mapping {} is wrong:\n{}", path.display(), lines.join("\n")))
            })?
        }
        None => Mapping::plain(&file.file_stem().unwrap_or_default().to_string_lossy()),
    };
    let parsed = supporters::parse_register(&bytes, &mapping, &codes)
        .map_err(|header| Failure(format!("{name} was not imported; its header is wrong:\n{}", bad_lines(&[header]))))?;
    let refused = refused_path(file);
    let is_refusing = *skip_bad && !*dry_run && !parsed.bad.is_empty();
    if is_refusing {
        // First: what is refused must not be lost when it cannot be written.
        std::fs::write(&refused, supporters::refused_csv(&parsed.header, &parsed.bad))
            .map_err(|error| Failure(format!("{name} was not imported; cannot write {}: {error}", refused.display())))?;
    }
    let options = ImportOptions { dry_run: *dry_run, skip_bad: *skip_bad };
    // Draws on standard error, and only where that is a terminal.
    let bar = ProgressBar::new(0).with_style(ProgressStyle::default_bar());
    let report = supporters::import(&db, &parsed, &mapping.source, options, &mut |done, total| {
        bar.set_length(total.try_into().unwrap_or(u64::MAX));
        bar.set_position(done.try_into().unwrap_or(u64::MAX));
    });
    bar.finish_and_clear();
    let report = report.map_err(|error| Failure(format!("{name} was not imported: {error}")))?;
    for Warning { line, remark } in report.warnings.iter().chain(&report.differences) {
        say(format_args!("line {line}: {remark}"));
    }
    if !report.bad.is_empty() && !*skip_bad {
        return Err(Failure(format!(
            "{name} was not imported; {} of its lines are bad. Correct them, or leave them out with --skip-bad:\n{}",
            report.bad.len(),
            bad_lines(&report.bad)
        )));
    }
    say(summary(&report, &mapping.source, *dry_run));
    if is_refusing {
        say(format_args!("Left out {} bad lines: see {}.", report.bad.len(), refused.display()));
    } else if !report.bad.is_empty() {
        say(format_args!("Would leave out {} bad lines:\n{}", report.bad.len(), bad_lines(&report.bad)));
    }
    Ok(())
}

/// The codes of the call that is loaded.
fn codes(db: &Db) -> Result<Codes, Error> {
    let call = db.read_blocking(|tx| call::load(tx))?;
    let codes = |codes: Vec<call::Code>| codes.into_iter().map(|code| code.code).collect::<BTreeSet<_>>();
    Ok(Codes { sectors: codes(call.sectors), kinds: codes(call.kinds) })
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure(format!("cannot read {}: {error}", path.display()))
}

/// Where refused lines go: beside the register.
fn refused_path(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".refused.csv");
    name.into()
}

/// A line a fault.
fn bad_lines(bad: &[BadLine]) -> String {
    let faults = bad.iter().flat_map(|bad| bad.faults.iter().map(|fault| format!("line {}: {fault}", bad.line)));
    faults.collect::<Vec<_>>().join("\n")
}

fn summary(report: &ImportReport, source: &str, dry_run: bool) -> String {
    let ImportReport { made, changed, unchanged, matched, warnings, differences, .. } = report;
    let did = match (dry_run, report.written) {
        (true, _) => "Would import",
        (false, true) => "Imported",
        (false, false) => "Nothing changed:",
    };
    format!(
        "{did} {} rows as {source:?}: {made} made, {changed} changed, {unchanged} unchanged; {matched} of them matched supporters of \
         another source. {} warnings, {} differences.",
        made + changed + unchanged,
        warnings.len(),
        differences.len()
    )
}
