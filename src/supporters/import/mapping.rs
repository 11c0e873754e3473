//! The mapping file: which column of a register holds what, and what its values mean here.

use std::collections::{BTreeMap, BTreeSet};

use super::Field;
use crate::country;
use crate::text::{self, MAX_NAME};
use crate::toml_file::{self, Fault, Table, Value};

/// The codes of the call that cells are checked against.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Codes {
    /// Codes of its sectors.
    pub sectors: BTreeSet<String>,
    /// Codes of its kinds.
    pub kinds: BTreeSet<String>,
}

/// How the columns and values of one source become those of supporters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mapping {
    /// Names the source: the same source again updates what it brought, another only fills what is empty.
    pub source: String,
    /// The column of each field; `None` where the columns are named as the fields.
    pub(super) columns: Option<BTreeMap<Field, String>>,
    /// What a value, folded, stands for; `None` for nothing.
    values: BTreeMap<(Field, String), Option<String>>,
}

impl Mapping {
    /// Columns named as the fields, values that are codes already.
    pub fn plain(source: &str) -> Self {
        Self { source: source.to_owned(), columns: None, values: BTreeMap::new() }
    }

    /// Reads a mapping file for a call with these `codes`. Errors: every fault in it.
    pub fn parse(text: &str, codes: &Codes) -> Result<Self, Vec<Fault>> {
        toml_file::read(text, &["source", "columns", "values"], |root| {
            let source = root.need("source").and_then(|value| value.parsed(|raw| text::name(raw, MAX_NAME)));
            let columns = root.get("columns").map(|value| columns(&value));
            let mut values = BTreeMap::new();
            if let Some(table) = root.get("values").and_then(|value| value.table(&["sector", "kind", "country"])) {
                let known = |codes: &BTreeSet<String>, what: &str, value: &Value<'_>| value.reference(codes, what);
                translate(&table, Field::Sector, &mut values, |value| known(&codes.sectors, "sector of the call", value));
                translate(&table, Field::Kind, &mut values, |value| known(&codes.kinds, "kind of the call", value));
                translate(&table, Field::Country, &mut values, |value| {
                    value.parsed(|code| country::alpha2(code).ok_or("is no country of ISO 3166-1: write its code, as FR"))
                });
            }
            Some(Self { source: source?, columns, values })
        })
    }

    /// The code that a cell stands for: as the mapping translates it, or a code itself, case and punctuation aside.
    pub(super) fn code(&self, field: Field, raw: &str, known: &BTreeSet<String>) -> Result<Option<String>, String> {
        let folded = token(raw);
        if let Some(mapped) = self.values.get(&(field, folded.clone())) {
            return Ok(mapped.clone());
        }
        let code = known.iter().find(|code| token(code) == folded);
        code.map(|code| Some(code.clone()))
            .ok_or_else(|| format!("is no {field} of the call: map it under [values.{field}], or correct it"))
    }

    /// The country that a cell stands for: as the mapping translates it, or an alpha-2 or alpha-3 code itself.
    pub(super) fn country(&self, raw: &str) -> Result<Option<String>, &'static str> {
        match self.values.get(&(Field::Country, token(raw))) {
            Some(mapped) => Ok(mapped.clone()),
            None => country::alpha2(raw)
                .map(Some)
                .ok_or("is no country code of ISO 3166-1: map it under [values.country], or correct it"),
        }
    }
}

/// What two values have in common that are the same word; a value of signs alone is itself.
fn token(value: &str) -> String {
    let folded = text::fold(value);
    if folded.is_empty() { value.trim().to_owned() } else { folded }
}

fn columns(value: &Value<'_>) -> BTreeMap<Field, String> {
    let fields: Vec<&str> = Field::ALL.iter().map(Field::as_str).collect();
    let Some(table) = value.table(&fields) else { return BTreeMap::new() };
    if table.get(Field::Name.as_str()).is_none() {
        _ = table.need(Field::Name.as_str());
    }
    let column = |field: &Field| {
        let column = table.get(field.as_str())?.parsed(|raw| text::name(raw, MAX_NAME))?;
        Some((*field, column))
    };
    Field::ALL.iter().filter_map(column).collect()
}

fn translate(
    table: &Table<'_>,
    field: Field,
    values: &mut BTreeMap<(Field, String), Option<String>>,
    target: impl Fn(&Value<'_>) -> Option<String>,
) {
    let entries = table.get(field.as_str()).and_then(|value| value.free_table()).map(|table| table.entries()).unwrap_or_default();
    for (from, value) in entries {
        let to = if value.as_str() == Some("") { None } else { target(&value) };
        let before = values.insert((field, token(from)), to.clone());
        if before.is_some_and(|before| before != to) {
            value.fault("is mapped a second time, but for case, accents and punctuation, to something else: keep one");
        }
    }
}
