//! Writing a register that was read: which of its rows are in the database already, and what each adds there.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{BadLine, Field, Parsed, Remark, Row, Warning};
use crate::audit;
use crate::db::{Db, DbError, Failure, Write};
use crate::error::Error;
use crate::facts;
use crate::ids::Id;
use crate::policy::SupporterId;
use crate::schema::calls;
use crate::supporters::facts::SupportersEndorsed;
use crate::supporters::rules::{Particulars, SOURCE_CALL, Status};
use crate::supporters::store::entries::{Entries, Entry};

/// How to import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Writes nothing, and reports what would be written.
    pub dry_run: bool,
    /// Imports the other lines where some are bad.
    pub skip_bad: bool,
}

/// What an import did, or, where it wrote nothing, would have done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Whether it was written.
    pub written: bool,
    /// Rows that are new entries.
    pub made: usize,
    /// Rows that changed an entry.
    pub changed: usize,
    /// Rows of which everything was there.
    pub unchanged: usize,
    /// Rows, among the changed and unchanged, whose entry is of another source.
    pub matched: usize,
    /// Lines that cannot be imported.
    pub bad: Vec<BadLine>,
    /// What is missing in the rows.
    pub warnings: Vec<Warning>,
    /// Where a row and its entry differ and the entry's value stays, and what else was left out of a row.
    pub differences: Vec<Warning>,
}

/// Imports a register of the name `source`, all of it or nothing, in one transaction; where a line is bad nothing, unless the options
/// say to skip those. `progress` hears of each row: how many are done, and how many there are; from the start again where the
/// transaction had to be repeated.
///
/// A row that matches no entry, by name or former name, is made one, endorsed. One whose entry is of the same source gives it what
/// the row says; one of another source, only what it lacks. What a row does not say leaves the entry as it is.
pub fn import(
    db: &Db,
    parsed: &Parsed,
    source: &str,
    options: ImportOptions,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ImportReport, Error> {
    let is_wanted = !options.dry_run && (options.skip_bad || parsed.bad.is_empty());
    let outcome = db.write_blocking(&mut |tx| {
        let mut report = write(tx, parsed, source, progress)?;
        report.written = is_wanted && report.made + report.changed > 0;
        if report.written {
            record(tx)?;
            facts::announce(tx, &SupportersEndorsed)?;
        }
        if report.written { Ok(report) } else { Err(Stop::Unwritten(Box::new(report))) }
    });
    match outcome {
        Ok(report) => Ok(report),
        Err(Stop::Unwritten(report)) => Ok(*report),
        Err(Stop::Failed(error)) => Err(error),
    }
}

/// Why a transaction is rolled back.
enum Stop {
    Unwritten(Box<ImportReport>),
    Failed(Error),
}

impl From<DbError> for Stop {
    fn from(error: DbError) -> Self {
        Self::Failed(error.into())
    }
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl Failure for Stop {
    fn as_db(&self) -> Option<&DbError> {
        match self {
            Self::Failed(error) => error.as_db(),
            Self::Unwritten(_) => None,
        }
    }
}

fn write(
    tx: &mut Write<'_>,
    parsed: &Parsed,
    source: &str,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<ImportReport, Error> {
    tx.alone()?;
    let mut import = Import {
        entries: Entries::read(tx)?,
        source: format!("import:{source}"),
        parsed,
        taken: HashMap::new(),
        report: ImportReport { bad: parsed.bad.clone(), warnings: parsed.warnings.clone(), ..ImportReport::default() },
    };
    for (done, row) in parsed.rows.iter().enumerate() {
        import.row(tx, row)?;
        progress(done + 1, parsed.rows.len());
    }
    Ok(import.report)
}

/// One act, not one a row: what it brought is what has its source.
fn record(tx: &mut Write<'_>) -> Result<(), Error> {
    let call: Id<()> = calls::table.select(calls::id).get_result(&mut **tx)?;
    audit::record(tx, audit::Entry::of("supporters.imported", "call", call));
    Ok(())
}

struct Import<'p> {
    entries: Entries,
    source: String,
    parsed: &'p Parsed,
    /// Entries that a row has had, with its line.
    taken: HashMap<SupporterId, u64>,
    report: ImportReport,
}

impl Import<'_> {
    fn row(&mut self, tx: &mut Write<'_>, row: &Row) -> Result<(), Error> {
        let found = self.entries.named(&row.folded);
        // Of several look-alikes its own from last time, else the oldest that stands in the register.
        let is_own = |entry: &&Entry| entry.particulars.source == self.source;
        let standing = |entry: &&Entry| entry.status == Status::Endorsed;
        let Some(entry) = found.iter().find(is_own).or(found.iter().find(standing)).or(found.first()).cloned() else {
            let slug = self.entries.free_slug(&row.name);
            let id = self.entries.insert(tx, self.fresh(row, slug))?;
            self.taken.insert(id, row.line);
            self.report.made += 1;
            return Ok(());
        };
        let is_own = is_own(&&entry);
        self.report.matched += usize::from(!is_own);
        if let Some(line) = self.taken.get(&entry.id).copied() {
            let detail =
                format!("is {:?} by a former name, as line {line} is: nothing is taken from this line", entry.particulars.name);
            self.differ(row, Field::Name, detail);
            self.report.unchanged += 1;
            return Ok(());
        }
        self.taken.insert(entry.id, row.line);
        if entry.status != Status::Endorsed {
            let status = entry.status;
            self.differ(row, Field::Name, format!("is a supporter whose status is {status}, which an import does not change"));
        }
        let to = if is_own { self.own(row, &entry) } else { self.fill(row, &entry) };
        match self.entries.update(tx, entry.id, to)? {
            true => self.report.changed += 1,
            false => self.report.unchanged += 1,
        }
        Ok(())
    }

    fn fresh(&self, row: &Row, slug: String) -> Particulars {
        let Row { name, sector, kind, country, website, statement, endorsed_on, .. } = row.clone();
        Particulars { slug, name, sector, kind, country, website, statement, endorsed_on, source: self.source.clone() }
    }

    /// An entry of the same source, with what the row says.
    fn own(&self, row: &Row, entry: &Entry) -> Particulars {
        let is = entry.particulars.clone();
        let says = self.fresh(row, is.slug);
        Particulars {
            // One that was found by a former name has been renamed since.
            name: if crate::text::fold(&is.name) == row.folded { says.name } else { is.name },
            sector: says.sector.or(is.sector),
            kind: says.kind.or(is.kind),
            country: says.country.or(is.country),
            website: says.website.or(is.website),
            statement: says.statement.or(is.statement),
            endorsed_on: says.endorsed_on.filter(|_| entry.status == Status::Endorsed).or(is.endorsed_on),
            ..says
        }
    }

    /// An entry of another source, with what it lacked and the row says.
    fn fill(&mut self, row: &Row, entry: &Entry) -> Particulars {
        let is = entry.particulars.clone();
        if is.name != row.name {
            self.differ(row, Field::Name, format!("is {:?} here, and {:?} in the register, which stays", row.name, is.name));
        }
        let days = [row.endorsed_on, is.endorsed_on].map(|day| day.map(|day| day.to_string()));
        let [says, stands] = &days;
        let values = [
            (Field::Sector, &row.sector, &is.sector),
            (Field::Kind, &row.kind, &is.kind),
            (Field::Country, &row.country, &is.country),
            (Field::Website, &row.website, &is.website),
            (Field::Statement, &row.statement, &is.statement),
            (Field::EndorsedOn, says, stands),
        ];
        let from = if is.source == SOURCE_CALL { "the call file" } else { is.source.as_str() };
        for (field, says, stands) in values {
            if let (Some(says), Some(stands)) = (says, stands)
                && says != stands
            {
                self.differ(row, field, format!("is {says:?} here, and {stands:?} in the register (from {from}), which stays"));
            }
        }
        Particulars {
            sector: is.sector.or_else(|| row.sector.clone()),
            kind: is.kind.or_else(|| row.kind.clone()),
            country: is.country.or_else(|| row.country.clone()),
            website: is.website.or_else(|| row.website.clone()),
            statement: is.statement.or_else(|| row.statement.clone()),
            endorsed_on: is.endorsed_on.or(row.endorsed_on.filter(|_| entry.status == Status::Endorsed)),
            ..is
        }
    }

    fn differ(&mut self, row: &Row, field: Field, detail: String) {
        let column = self.parsed.columns.get(&field).cloned();
        self.report.differences.push(Warning { line: row.line, remark: Remark { column, detail } });
    }
}
