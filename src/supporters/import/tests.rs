//! The made-up register with every kind of mess, and the real one where it is at hand.

use std::collections::BTreeSet;

use super::*;
use crate::toml_file::Fault;

const CSV: &[u8] = include_bytes!("../../../tests/fixtures/register.csv");
const MAPPING: &str = include_str!("../../../tests/fixtures/register.mapping.toml");
const REAL_MAPPING: &str = include_str!("../../../config/register-2021.mapping.toml");
const CALL: &str = include_str!("../../../config/paris-call.toml");

/// The codes of the reference call, and the folded names of its supporters.
fn call() -> (Codes, BTreeSet<String>) {
    let call: toml::Table = CALL.parse().unwrap();
    let all = |section: &str, key: &str| -> BTreeSet<String> {
        call[section].as_array().unwrap().iter().map(|item| item[key].as_str().unwrap().to_owned()).collect()
    };
    let names = all("supporters", "name").iter().map(|name| text::fold(name)).collect();
    (Codes { sectors: all("sectors", "code"), kinds: all("kinds", "code") }, names)
}

fn fixture() -> Parsed {
    let (codes, _) = call();
    parse(CSV, &Mapping::parse(MAPPING, &codes).unwrap(), &codes).unwrap()
}

#[test]
fn what_is_well_or_merely_incomplete_becomes_rows() {
    let parsed = fixture();
    let show = |row: &Row| {
        let or = |cell: &Option<String>| cell.clone().unwrap_or("-".into());
        format!("{} {} | {} | {} | {}", row.line, row.name, or(&row.sector), or(&row.kind), or(&row.country))
    };
    insta::assert_snapshot!(parsed.rows.iter().map(show).collect::<Vec<_>>().join("\n"), @"
    2 Nordlicht Werke | private_sector | company | DE
    3 Académie des Phares, A.C. | civil_society | university | MX
    5 Casa Verde | private_sector | company | RO
    7 Blue Delta | - | company | RS
    8 Open Harbour | civil_society | - | -
    9 Island of Birds | state | - | FR
    10 Quiet Office | - | - | FR
    22 +Plus Minus | private_sector | company | FR
    24 Last With Line End | private_sector | company | GB
    ");
    let first = &parsed.rows[0];
    assert_eq!((first.folded.as_str(), first.website.as_deref()), ("nordlicht werke", Some("https://nordlicht.example")));
    assert_eq!(first.endorsed_on.unwrap().to_string(), "2019-11-12");
    assert_eq!(parsed.rows[1].statement.as_deref(), Some("Nous veillons,\nensemble."));
}

#[test]
fn an_empty_sector_or_country_is_a_warning() {
    let warnings: Vec<_> = fixture().warnings.iter().map(|warning| format!("{} {}", warning.line, warning.remark)).collect();
    assert_eq!(warnings, ["7 Secteur: is empty: the sector stays unknown", "8 Pays: is empty: the country stays unknown"]);
}

#[test]
fn every_fault_of_every_bad_line_is_told() {
    let parsed = fixture();
    let faults: Vec<_> =
        parsed.bad.iter().flat_map(|bad| bad.faults.iter().map(|fault| format!("{} {fault}", bad.line))).collect();
    insta::assert_snapshot!(faults.join("\n"), @r#"
    11 has 3 cells where the header has 8: a comma, a quotation mark or a cell is missing or too many
    12 has 9 cells where the header has 8: a comma, a quotation mark or a cell is missing or too many
    13 Organisation: is empty: a supporter needs a name
    14 Organisation: is the name of line 5 as well, but for case, accents and punctuation: keep one
    15 Organisation: "Bell\u{7} Tower" has a control or text-direction character; remove it
    16 Organisation: "Mirror \u{202e}Advisory" has a control or text-direction character; remove it
    17 Organisation: "XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX…" is longer than 200 characters
    18 Organisation: "—" needs at least one letter or digit
    19 Secteur: "Martian" is no sector of the call: map it under [values.sector], or correct it
    19 Nature: "Wizard" is no kind of the call: map it under [values.kind], or correct it
    19 Pays: "XXX" is no country code of ISO 3166-1: map it under [values.country], or correct it
    19 Site: "ftp://x" is no web address: write it as https://example.org/page
    19 Signé le: "2021-13-01" is no day: write it as 2021-02-28
    20 Signé le: "12/11/2019" is no day: write it as 2021-02-28
    21 Signé le: "2019-1-2" is no day: write it as 2021-02-28
    23 cell 1 is not UTF-8: save the file as UTF-8
    25 has a quotation mark that is not closed: close it, or write it twice where it is meant itself
    "#);
}

#[test]
fn refused_lines_are_csv_without_formulas() {
    let parsed = fixture();
    let csv = refused_csv(&parsed.header, &parsed.bad);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(csv.as_slice());
    assert_eq!(reader.headers().unwrap().iter().take(3).collect::<Vec<_>>(), ["line", "faults", "Organisation"]);
    let records: Vec<StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(records.len(), parsed.bad.len());
    assert!(records.iter().flatten().all(|cell| !cell.starts_with(['=', '+', '-', '@', '\t', '\r'])));
    assert!(records.iter().any(|record| &record[2] == "'=HYPERLINK(1)"));
}

#[test]
fn without_a_mapping_columns_are_named_as_the_fields() {
    let (codes, _) = call();
    let plain = Mapping::plain("list");
    let csv = "country,name,note\nfr,A,x\nROM,B,y\n";
    let parsed = parse(csv.as_bytes(), &plain, &codes).unwrap();
    assert_eq!((parsed.rows.len(), parsed.bad.len(), parsed.warnings.len()), (1, 1, 0), "{parsed:#?}");
    assert_eq!(parsed.rows[0].country.as_deref(), Some("FR"));
    assert_eq!(parse(b"name\n", &plain, &codes).unwrap().rows, []);
}

#[test]
fn a_header_that_leaves_no_row_readable_is_refused() {
    let (codes, _) = call();
    let refused = |csv: &[u8], mapping: &Mapping| -> Vec<String> {
        parse(csv, mapping, &codes).unwrap_err().faults.iter().map(Remark::to_string).collect()
    };
    let plain = Mapping::plain("list");
    assert!(refused(b"", &plain)[0].starts_with("name: is no column of the file"));
    assert!(refused(b"name;country\nA;FR\n", &plain)[0].starts_with("name: is no column of the file, which has: name;country."));
    assert_eq!(refused(b"name,country,name,country\n", &plain).len(), 2);
    assert_eq!(refused(b"name,caf\xe9\n", &plain), ["cell 2 is not UTF-8: save the file as UTF-8"]);
    assert_eq!(refused(b"name\n", &Mapping::parse(MAPPING, &codes).unwrap()).len(), 7);
}

#[test]
fn every_fault_of_a_mapping_is_told() {
    let (codes, _) = call();
    let text = "origin = \"x\"\n[columns]\nsector = \"Secteur\"\nsize = \"Taille\"\n[values.sector]\nA = \"private\"\n[values.kind]\n\"École\" = \"school\"\nECOLE = \"agency\"\n[values.country]\nROM = \"Romania\"\n[values.website]\n";
    let faults: Vec<_> = Mapping::parse(text, &codes).unwrap_err().iter().map(Fault::to_string).collect();
    insta::assert_snapshot!(faults.join("\n"), @r#"
    source is missing: add it
    line 1: origin is no key that belongs here: correct or remove it (what may stand here: source, columns, values)
    line 2: columns.name is missing: add it
    line 4: columns.size is no key that belongs here: correct or remove it (what may stand here: name, sector, kind, country, website, statement, endorsed_on)
    line 6: values.sector.A "private" is no sector of the call: correct it, or add it there
    line 8: values.kind."École" is mapped a second time, but for case, accents and punctuation, to something else: keep one
    line 11: values.country.ROM "Romania" is no country of ISO 3166-1: write its code, as FR
    line 12: values.website is no key that belongs here: correct or remove it (what may stand here: sector, kind, country)
    "#);
}

/// domain.md: the real register imports its 1,222 rows with 0 bad lines and 10 warnings, and 12 of the call's supporters match.
/// The file is not ours to carry: `REGISTER_CSV` says where it is.
#[test]
fn the_real_register_is_read_whole() {
    let Some(path) = std::env::var_os("REGISTER_CSV") else {
        eprintln!("skipped: REGISTER_CSV does not say where the real register is");
        return;
    };
    let (codes, supporters) = call();
    let parsed = parse(&std::fs::read(path).unwrap(), &Mapping::parse(REAL_MAPPING, &codes).unwrap(), &codes).unwrap();
    assert_eq!((parsed.rows.len(), parsed.bad, parsed.warnings.len()), (1222, vec![], 10));
    let warned = |column: &str| parsed.warnings.iter().filter(|warning| warning.remark.column.as_deref() == Some(column)).count();
    assert_eq!((warned("category"), warned("nationality")), (5, 5));
    let of = |sector: &str| parsed.rows.iter().filter(|row| row.sector.as_deref() == Some(sector)).count();
    assert_eq!(["private_sector", "civil_society", "state", "public_authority"].map(of), [708, 391, 81, 37]);
    let from = |country: &str| parsed.rows.iter().filter(|row| row.country.as_deref() == Some(country)).count();
    assert_eq!(["RO", "ME", "RS"].map(from), [33, 1, 1]);
    assert_eq!(parsed.rows.iter().filter(|row| row.endorsed_on.is_some()).count(), 138);
    let universities = parsed.rows.iter().filter(|row| row.kind.as_deref() == Some("university")).count();
    assert_eq!(universities, 55, "both cases of Université");
    let matched: Vec<&str> =
        parsed.rows.iter().filter(|row| supporters.contains(&row.folded)).map(|row| row.name.as_str()).collect();
    assert_eq!(matched.len(), 12, "{matched:?}");
}

proptest::proptest! {
    #[test]
    fn any_bytes_become_rows_or_bad_lines_in_order(cells in proptest::collection::vec("[\\x00-\\x7fé日\"\r\n,=]{0,12}", 0..12), tail: Vec<u8>) {
        let csv = [b"name,sector\n".as_slice(), cells.join(",").as_bytes(), &tail].concat();
        let (codes, _) = call();
        let parsed = parse(&csv, &Mapping::plain("any"), &codes).unwrap();
        let lines = 1 + u64::try_from(csv.iter().filter(|byte| **byte == b'\n').count()).unwrap();
        let mut told: Vec<u64> = parsed.rows.iter().map(|row| row.line).chain(parsed.bad.iter().map(|bad| bad.line)).collect();
        told.sort_unstable();
        proptest::prop_assert!(told.iter().all(|line| (2..=lines).contains(line)), "{told:?} of {lines}");
        proptest::prop_assert!(parsed.bad.iter().all(|bad| !bad.faults.is_empty()));
        let refused = refused_csv(&parsed.header, &parsed.bad);
        proptest::prop_assert_eq!(csv::ReaderBuilder::new().flexible(true).from_reader(refused.as_slice()).byte_records().count(), parsed.bad.len());
    }
}
