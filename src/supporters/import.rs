//! Reading a register from CSV: every row as a supporter's fields, every line that cannot be one with all its faults, and
//! warnings about what is merely missing (domain.md, Supporters and the register).

mod mapping;
mod store;

use std::collections::BTreeMap;
use std::fmt::Display;

use csv::{ByteRecord, ReaderBuilder, StringRecord, Terminator, WriterBuilder};

pub use mapping::{Codes, Mapping};
pub use store::{ImportOptions, ImportReport, import};

use crate::address;
use crate::text::{self, MAX_NAME, MAX_TEXT};
use crate::time::Day;
use crate::word_enum;

word_enum! {
    /// What of a supporter a column can hold; its word is the column's name where no mapping says another.
    pub enum Field {
        /// The name, which every row needs.
        Name = "name",
        /// The sector, by code or as the mapping translates it.
        Sector = "sector",
        /// The kind, by code or as the mapping translates it.
        Kind = "kind",
        /// The country, as alpha-2 or alpha-3 code or as the mapping translates it.
        Country = "country",
        /// The web site.
        Website = "website",
        /// What the supporter says about the call.
        Statement = "statement",
        /// When it endorsed, `YYYY-MM-DD`.
        EndorsedOn = "endorsed_on",
    }
}

/// A row that can be a supporter. What is `None` was empty, mapped to nothing, or has no column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it begins in the file, from 1.
    pub line: u64,
    /// The name, at most 200 characters.
    pub name: String,
    /// The name, folded; no two rows are alike.
    pub folded: String,
    /// One of the call's sectors.
    pub sector: Option<String>,
    /// One of the call's kinds.
    pub kind: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub country: Option<String>,
    /// An address of the web.
    pub website: Option<String>,
    /// Free text.
    pub statement: Option<String>,
    /// When it endorsed.
    pub endorsed_on: Option<Day>,
}

/// Something about a cell, or about a whole line where it names no column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// The column, as the file's header names it.
    pub column: Option<String>,
    /// What is wrong and what to do.
    pub detail: String,
}

/// A line that cannot be a supporter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadLine {
    /// Where it begins in the file, from 1.
    pub line: u64,
    /// Everything that is wrong with it, at least one.
    pub faults: Vec<Remark>,
    /// Its cells as they stand, what is not UTF-8 in them replaced by U+FFFD.
    pub record: Vec<String>,
}

/// Something missing that a supporter should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Where its row begins in the file, from 1.
    pub line: u64,
    /// What is missing.
    pub remark: Remark,
}

/// A register read whole.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// The file's first line.
    pub header: Vec<String>,
    /// What the header calls the column of each field that has one.
    pub columns: BTreeMap<Field, String>,
    /// What can be imported, in the file's order.
    pub rows: Vec<Row>,
    /// What cannot, in the file's order.
    pub bad: Vec<BadLine>,
    /// What is missing in the rows.
    pub warnings: Vec<Warning>,
}

/// Reads `bytes`, CSV as RFC 4180 in UTF-8 with or without a byte order mark, as `mapping` says, for a call with these `codes`.
/// Errors: the header's faults, which leave no row readable.
pub fn parse(bytes: &[u8], mapping: &Mapping, codes: &Codes) -> Result<Parsed, BadLine> {
    let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
    let reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut source = Source { bytes, reader, at: 0, line: 1 };
    let mut record = ByteRecord::new();
    let line = source.next(&mut record).map_or(1, |place| place.line);
    let header = decode(&record).map_err(|fault| BadLine { line, faults: vec![fault], record: lossy(&record) })?;
    let columns = columns(&header, mapping).map_err(|faults| BadLine { line, faults, record: header.clone() })?;
    let named = |(field, place): (&Field, &usize)| header.get(*place).map(|name| (*field, name.trim().to_owned()));
    let names = columns.iter().filter_map(named).collect();
    let mut reading = Reading {
        mapping,
        codes,
        columns,
        seen: BTreeMap::new(),
        parsed: Parsed { header, columns: names, ..Parsed::default() },
    };
    while let Some(place) = source.next(&mut record) {
        reading.record(place, &record);
    }
    Ok(reading.parsed)
}

/// The refused lines as CSV, each with its number and everything that is wrong with it before its own cells. No cell begins
/// a formula.
pub fn refused_csv(header: &[String], bad: &[BadLine]) -> Vec<u8> {
    // The mark makes spreadsheets read UTF-8 instead of the machine's code page.
    let mark = "\u{FEFF}".as_bytes().to_vec();
    let mut writer = WriterBuilder::new().flexible(true).terminator(Terminator::CRLF).from_writer(mark);
    let mut write = |line: &str, faults: &str, cells: &[String]| {
        let cells = [line, faults].into_iter().chain(cells.iter().map(String::as_str));
        // Writing to memory does not fail.
        writer.write_record(cells.map(|cell| text::formula_safe(cell.to_owned()))).unwrap_or_default();
    };
    write("line", "faults", header);
    for BadLine { line, faults, record } in bad {
        write(&line.to_string(), &faults.iter().map(Remark::to_string).collect::<Vec<_>>().join("; "), record);
    }
    writer.into_inner().unwrap_or_default()
}

impl Display for Remark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.column {
            Some(column) => write!(f, "{column}: {}", self.detail),
            None => f.write_str(&self.detail),
        }
    }
}

struct Source<'b> {
    bytes: &'b [u8],
    reader: csv::Reader<&'b [u8]>,
    /// How far lines have been counted.
    at: usize,
    line: u64,
}

struct Place {
    /// Where the record begins, from 1.
    line: u64,
    /// Whether every quotation mark in it has its other: one that is never closed swallows the lines that follow.
    quotes_paired: bool,
}

impl Source<'_> {
    fn next(&mut self, record: &mut ByteRecord) -> Option<Place> {
        // Reading from memory fails in no way that `csv` knows: it takes any bytes for cells.
        self.reader.read_byte_record(record).ok().filter(|more| *more)?;
        let offset = |position: &csv::Position| usize::try_from(position.byte()).unwrap_or(usize::MAX);
        let (begin, end) = (record.position().map_or(self.at, offset), offset(self.reader.position()));
        // `csv` begins a record at the line end before it, and before blank lines.
        while let Some(byte) = self.bytes.get(self.at)
            && (self.at < begin || matches!(byte, b'\r' | b'\n'))
        {
            self.line += u64::from(*byte == b'\n');
            self.at += 1;
        }
        let raw = self.bytes.get(begin..end).unwrap_or_default();
        Some(Place { line: self.line, quotes_paired: raw.iter().filter(|byte| **byte == b'"').count() % 2 == 0 })
    }
}

fn lossy(record: &ByteRecord) -> Vec<String> {
    record.iter().map(|cell| String::from_utf8_lossy(cell).into_owned()).collect()
}

fn decode(record: &ByteRecord) -> Result<Vec<String>, Remark> {
    let decoded = StringRecord::from_byte_record(record.clone());
    decoded.map(|record| record.iter().map(str::to_owned).collect()).map_err(|error| Remark {
        column: None,
        detail: format!("cell {} is not UTF-8: save the file as UTF-8", error.utf8_error().field() + 1),
    })
}

/// Where each field stands, from the header.
fn columns(header: &[String], mapping: &Mapping) -> Result<BTreeMap<Field, usize>, Vec<Remark>> {
    let (mut columns, mut faults) = (BTreeMap::new(), Vec::new());
    for field in Field::ALL {
        let (wanted, required) = match &mapping.columns {
            Some(columns) => match columns.get(field) {
                Some(column) => (column.as_str(), true),
                None => continue,
            },
            None => (field.as_str(), *field == Field::Name),
        };
        let places: Vec<usize> =
            header.iter().enumerate().filter(|(_, name)| name.trim() == wanted).map(|(place, _)| place).collect();
        let column = Some(wanted.to_owned());
        match places.as_slice() {
            [place] => _ = columns.insert(*field, *place),
            [] if required => {
                let detail =
                    format!("is no column of the file, which has: {}. Correct the header or the mapping", header.join(", "));
                faults.push(Remark { column, detail });
            }
            [] => {}
            _ => faults.push(Remark { column, detail: "stands more than once in the header: rename all but one".into() }),
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

struct Reading<'m> {
    mapping: &'m Mapping,
    codes: &'m Codes,
    columns: BTreeMap<Field, usize>,
    /// Folded names, with the line that had each first.
    seen: BTreeMap<String, u64>,
    parsed: Parsed,
}

impl Reading<'_> {
    fn record(&mut self, place: Place, record: &ByteRecord) {
        let line = place.line;
        match self.row(place, record) {
            Ok((row, warnings)) => {
                self.parsed.rows.push(row);
                self.parsed.warnings.extend(warnings);
            }
            Err(faults) => self.parsed.bad.push(BadLine { line, faults, record: lossy(record) }),
        }
    }

    fn row(&mut self, Place { line, quotes_paired }: Place, record: &ByteRecord) -> Result<(Row, Vec<Warning>), Vec<Remark>> {
        let cells = decode(record).map_err(|fault| vec![fault])?;
        // Which cell is which cannot be known after these two, so nothing more is said.
        if !quotes_paired {
            let detail = "has a quotation mark that is not closed: close it, or write it twice where it is meant itself".into();
            return Err(vec![Remark { column: None, detail }]);
        }
        let (has, wants) = (cells.len(), self.parsed.header.len());
        if has != wants {
            let detail = format!(
                "has {has} cells where the header has {wants}: a comma, a quotation mark or a cell is missing or too many"
            );
            return Err(vec![Remark { column: None, detail }]);
        }
        let mut cells = Cells { header: &self.parsed.header, columns: &self.columns, cells: &cells, faults: Vec::new() };
        let name = cells.read(Field::Name, |raw| text::name(raw, MAX_NAME));
        if cells.empty(Field::Name) {
            cells.fault(Field::Name, "is empty: a supporter needs a name");
        }
        let folded = name.as_deref().map(text::fold).unwrap_or_default();
        if let Some(first) = self.seen.get(&folded).filter(|_| !folded.is_empty()) {
            cells.fault(
                Field::Name,
                format!("is the name of line {first} as well, but for case, accents and punctuation: keep one"),
            );
        } else if !folded.is_empty() {
            self.seen.insert(folded.clone(), line);
        }
        let sector = cells.read(Field::Sector, |raw| self.mapping.code(Field::Sector, raw, &self.codes.sectors)).flatten();
        let kind = cells.read(Field::Kind, |raw| self.mapping.code(Field::Kind, raw, &self.codes.kinds)).flatten();
        let country = cells.read(Field::Country, |raw| self.mapping.country(raw)).flatten();
        let website = cells.read(Field::Website, address::url);
        let statement = cells.read(Field::Statement, |raw| text::prose(raw, MAX_TEXT));
        let endorsed_on = cells.read(Field::EndorsedOn, day);
        let warn = |field: &Field| Warning {
            line,
            remark: Remark { column: cells.column(*field), detail: format!("is empty: the {field} stays unknown") },
        };
        let warnings = [Field::Sector, Field::Country].iter().filter(|field| cells.empty(**field)).map(warn).collect();
        match name {
            Some(name) if cells.faults.is_empty() => {
                Ok((Row { line, name, folded, sector, kind, country, website, statement, endorsed_on }, warnings))
            }
            _ => Err(cells.faults),
        }
    }
}

fn day(raw: &str) -> Result<Day, &'static str> {
    // chrono would also take 2021-2-3.
    let day = Some(raw).filter(|raw| raw.len() == 10).and_then(|raw| raw.parse().ok());
    day.ok_or("is no day: write it as 2021-02-28")
}

/// The cells of one line, by field.
struct Cells<'c> {
    header: &'c [String],
    columns: &'c BTreeMap<Field, usize>,
    cells: &'c [String],
    faults: Vec<Remark>,
}

impl Cells<'_> {
    fn cell(&self, field: Field) -> Option<&str> {
        self.columns.get(&field).and_then(|place| self.cells.get(*place)).map(|cell| cell.trim())
    }

    /// Whether the field has a column, and nothing in it.
    fn empty(&self, field: Field) -> bool {
        self.cell(field) == Some("")
    }

    fn column(&self, field: Field) -> Option<String> {
        self.columns.get(&field).and_then(|place| self.header.get(*place)).map(|name| name.trim().to_owned())
    }

    fn fault(&mut self, field: Field, detail: impl Display) {
        self.faults.push(Remark { column: self.column(field), detail: detail.to_string() });
    }

    /// What `read` makes of the field's cell; `None` where there is nothing in it, or a fault.
    fn read<T, E: Display>(&mut self, field: Field, read: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let cell = self.cell(field).filter(|cell| !cell.is_empty())?;
        match read(cell) {
            Ok(value) => Some(value),
            Err(fault) => {
                // A cell may be a whole page by mistake: enough of it to be found again.
                let shown: String = cell.chars().take(60).collect();
                let more = if shown.len() < cell.len() { "…" } else { "" };
                let detail = format!("{:?} {fault}", format!("{shown}{more}"));
                self.fault(field, detail);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests;
