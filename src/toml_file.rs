//! A TOML file that a person wrote, read so that every fault in it is found at once, with the key and the line where it stands.
//!
//! A reader asks for keys and gets `None` for what is missing or wrong; the fault is then already written down. It goes on
//! reading, and [`read`] refuses the file at the end when anything was found.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::fmt;

use chrono::NaiveTime;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::time::Day;

/// One thing that is wrong with a file, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where, as a path of keys with positions counted from 0: `groups[2].co_chairs[1]`. Empty where the file is no TOML.
    pub key: String,
    /// The line, counted from 1; `None` where the whole file lacks something.
    pub line: Option<usize>,
    /// What is wrong and what to do.
    pub detail: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if self.key.is_empty() { f.write_str(&self.detail) } else { write!(f, "{} {}", self.key, self.detail) }
    }
}

/// Of broken syntax the first places are told: a file that is something else altogether breaks it on every line.
const MOST_SYNTAX_FAULTS: usize = 10;

/// Reads `text` with `reader`, which gets the file's outermost table. Errors: every fault there is, in the order of the lines.
/// `keys` are the keys that the outermost table may have.
pub fn read<T>(text: &str, keys: &[&str], reader: impl FnOnce(&Table<'_>) -> Option<T>) -> Result<T, Vec<Fault>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let faults = Faults { text, found: RefCell::default() };
    let (root, syntax) = DeTable::parse_recoverable(text);
    // What follows from broken syntax would only bury it.
    if !syntax.is_empty() {
        let more = syntax.len().saturating_sub(MOST_SYNTAX_FAULTS);
        for fault in syntax.into_iter().take(MOST_SYNTAX_FAULTS) {
            faults.add("", fault.span().map(|span| span.start), format!("is not TOML here: {}", fault.message()));
        }
        if more > 0 {
            faults.add("", Some(text.len()), format!("{more} more places above are not TOML either: is this the right file?"));
        }
        return Err(faults.sorted());
    }
    let root = Table { faults: &faults, key: String::new(), offset: None, entries: root.get_ref() };
    root.only(keys);
    let value = reader(&root);
    let found = faults.sorted();
    match value {
        Some(value) if found.is_empty() => Ok(value),
        _ => Err(found),
    }
}

struct Faults<'f> {
    text: &'f str,
    found: RefCell<Vec<Fault>>,
}

impl Faults<'_> {
    fn line(&self, offset: usize) -> usize {
        self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
    }

    /// `offset` in bytes is where the fault stands.
    fn add(&self, key: &str, offset: Option<usize>, detail: String) {
        let line = offset.map(|offset| self.line(offset));
        self.found.borrow_mut().push(Fault { key: key.to_owned(), line, detail });
    }

    fn sorted(&self) -> Vec<Fault> {
        let mut found = self.found.take();
        found.sort_by_key(|fault| fault.line);
        found
    }
}

/// A table of the file.
#[derive(Clone)]
pub struct Table<'f> {
    faults: &'f Faults<'f>,
    key: String,
    offset: Option<usize>,
    entries: &'f DeTable<'f>,
}

impl<'f> Table<'f> {
    /// The value of `key` if the table has it.
    pub fn get(&self, key: &str) -> Option<Value<'f>> {
        self.entries.get(key).map(|value| self.value(key, value))
    }

    /// The value of `key`; a fault where the table lacks it.
    pub fn need(&self, key: &str) -> Option<Value<'f>> {
        let value = self.get(key);
        if value.is_none() {
            self.faults.add(&path(&self.key, key), self.offset, "is missing: add it".into());
        }
        value
    }

    /// The elements of the list `key`, none where the table lacks it.
    pub fn list(&self, key: &str) -> Vec<Value<'f>> {
        self.get(key).map(|value| value.items()).unwrap_or_default()
    }

    /// What `take` gets out of the value at the end of `path`, without a fault where there is none.
    pub fn peek<T>(&self, path: [&str; 2], take: impl Fn(&Value<'f>) -> Option<T>) -> Option<T> {
        let [table, key] = path;
        take(&self.get(table)?.inner(key)?)
    }

    /// What `take` gets out of the `key` of each table in the list `list`, without a fault where there is none.
    pub fn peek_all<T: Ord>(&self, list: &str, key: &str, take: impl Fn(&Value<'f>) -> Option<T>) -> BTreeSet<T> {
        let items = self.get(list).and_then(|list| list.as_list()).unwrap_or_default();
        items.iter().filter_map(|item| take(&item.inner(key)?)).collect()
    }

    /// Every key with its value, in the order of the keys.
    pub fn entries(&self) -> Vec<(&'f str, Value<'f>)> {
        self.entries.iter().map(|(key, value)| (key.get_ref().as_ref(), self.value(key.get_ref(), value))).collect()
    }

    /// Whether a fault was found in the value of `key` or below it.
    pub fn is_faulty(&self, key: &str) -> bool {
        faulty(self.faults, &path(&self.key, key))
    }

    /// A fault for each key that is not one of `keys`.
    fn only(&self, keys: &[&str]) {
        for (key, _) in self.entries.iter().filter(|(key, _)| !keys.contains(&key.get_ref().as_ref())) {
            let detail = format!("is no key that belongs here: correct or remove it (what may stand here: {})", keys.join(", "));
            self.faults.add(&path(&self.key, key.get_ref()), Some(key.span().start), detail);
        }
    }

    fn value(&self, key: &str, value: &'f Spanned<DeValue<'f>>) -> Value<'f> {
        Value { faults: self.faults, key: path(&self.key, key), at: value }
    }
}

/// A value of the file, with where it stands.
#[derive(Clone)]
pub struct Value<'f> {
    faults: &'f Faults<'f>,
    key: String,
    at: &'f Spanned<DeValue<'f>>,
}

impl<'f> Value<'f> {
    /// Writes down that this value is wrong: what is wrong with it and what to do.
    pub fn fault(&self, detail: impl fmt::Display) {
        self.faults.add(&self.key, Some(self.at.span().start), detail.to_string());
    }

    /// [`Value::fault`] where the reader owes a value: there is none.
    pub fn refuse<T>(&self, detail: impl fmt::Display) -> Option<T> {
        self.fault(detail);
        None
    }

    /// Where the value stands: `groups[2].title`.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Whether a fault was found in this value or below it.
    pub fn is_faulty(&self) -> bool {
        faulty(self.faults, &self.key)
    }

    /// The text, where it is one; no fault otherwise.
    pub fn as_str(&self) -> Option<&'f str> {
        self.at.get_ref().as_str()
    }

    /// A text.
    pub fn text(&self) -> Option<&'f str> {
        self.as_str().or_else(|| self.misfit("a text in quotes"))
    }

    /// A text that `parse` understands; its error is the fault.
    pub fn parsed<T, E: fmt::Display>(&self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        let text = self.text()?;
        parse(text).map_or_else(|fault| self.refuse(format!("{text:?} {fault}")), Some)
    }

    /// One of the words of a `word_enum!`: its `parse` and its `ALL`.
    pub fn word<E: fmt::Display>(&self, parse: fn(&str) -> Option<E>, all: &[E]) -> Option<E> {
        let words = || all.iter().map(E::to_string).collect::<Vec<_>>().join(", ");
        self.parsed(|text| parse(text).ok_or_else(|| format!("is none of the words that may stand here: {}", words())))
    }

    /// A text that is one of `known`; `what` names what it should have been (`sector`, with where those stand).
    pub fn reference(&self, known: &BTreeSet<String>, what: &str) -> Option<String> {
        self.parsed(|text| match known.get(text) {
            Some(text) => Ok(text.clone()),
            None => Err(format!("is no {what}: correct it, or add it there")),
        })
    }

    /// A whole number from `min` to `max`.
    pub fn number(&self, min: i64, max: i64) -> Option<i64> {
        let number = self.as_number().filter(|number| (min..=max).contains(number));
        number.or_else(|| self.misfit(&format!("a whole number from {min} to {max}")))
    }

    /// The whole number, where it is one; no fault otherwise.
    pub fn as_number(&self) -> Option<i64> {
        self.at.get_ref().as_integer().and_then(|number| i64::from_str_radix(number.as_str(), number.radix()).ok())
    }

    /// A day.
    pub fn day(&self) -> Option<Day> {
        self.as_day().or_else(|| self.misfit("a day as 2021-02-28, without quotes"))
    }

    /// The day, where it is one; no fault otherwise.
    pub fn as_day(&self) -> Option<Day> {
        let at = self.at.get_ref().as_datetime().filter(|at| at.time.is_none() && at.offset.is_none())?;
        at.date.and_then(|day| Day::from_ymd_opt(day.year.into(), day.month.into(), day.day.into()))
    }

    /// A time of day, without a zone.
    pub fn time(&self) -> Option<NaiveTime> {
        let time = self.at.get_ref().as_datetime().filter(|at| at.date.is_none()).and_then(|at| at.time);
        time.and_then(|time| {
            NaiveTime::from_hms_opt(time.hour.into(), time.minute.into(), time.second.unwrap_or_default().into())
        })
        .or_else(|| self.misfit("a time of day as 14:30:00, without quotes"))
    }

    /// The elements of a list, each with its position.
    pub fn items(&self) -> Vec<Value<'f>> {
        self.as_list().or_else(|| self.misfit("a list")).unwrap_or_default()
    }

    /// The elements of the list, where it is one; no fault otherwise.
    pub fn as_list(&self) -> Option<Vec<Value<'f>>> {
        let item = |(n, at)| Value { faults: self.faults, key: format!("{}[{n}]", self.key), at };
        Some(self.at.get_ref().as_array()?.iter().enumerate().map(item).collect())
    }

    /// Whether this is a table.
    pub fn is_table(&self) -> bool {
        self.at.get_ref().is_table()
    }

    /// A table that may have these `keys` and no others.
    pub fn table(&self, keys: &[&str]) -> Option<Table<'f>> {
        let table = self.free_table()?;
        table.only(keys);
        Some(table)
    }

    /// A table of any keys.
    pub fn free_table(&self) -> Option<Table<'f>> {
        let Some(entries) = self.at.get_ref().as_table() else { return self.misfit("a table") };
        Some(Table { faults: self.faults, key: self.key.clone(), offset: Some(self.at.span().start), entries })
    }

    fn inner(&self, key: &str) -> Option<Self> {
        let at = self.at.get_ref().as_table()?.get(key)?;
        Some(Value { faults: self.faults, key: path(&self.key, key), at })
    }

    fn misfit<T>(&self, wanted: &str) -> Option<T> {
        let found = match self.at.get_ref() {
            DeValue::String(text) => format!("the text {text:?}"),
            DeValue::Integer(number) => format!("the number {number}"),
            DeValue::Float(number) => format!("the number {number}"),
            DeValue::Boolean(value) => value.to_string(),
            DeValue::Datetime(at) => at.to_string(),
            DeValue::Array(_) => "a list".into(),
            DeValue::Table(_) => "a table".into(),
        };
        self.refuse(format!("is {found}: write {wanted}"))
    }
}

fn faulty(faults: &Faults<'_>, key: &str) -> bool {
    let below = |found: &str| found.strip_prefix(key).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']));
    faults.found.borrow().iter().any(|fault| below(&fault.key))
}

fn path(above: &str, key: &str) -> String {
    let bare = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'));
    let key = if bare { key.to_owned() } else { format!("{key:?}") };
    if above.is_empty() { key } else { format!("{above}.{key}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(text: &str, reader: impl FnOnce(&Table<'_>)) -> Vec<String> {
        let read = read(text, &["a", "b", "list"], |root| {
            reader(root);
            Some(())
        });
        read.err().unwrap_or_default().iter().map(Fault::to_string).collect()
    }

    #[test]
    fn a_file_that_is_something_else_is_told_so_and_not_line_by_line() {
        let found = faults(&"name,category\n".repeat(50), |_| ());
        assert_eq!(found.len(), MOST_SYNTAX_FAULTS + 1, "{found:?}");
        assert!(found.last().unwrap().contains("is this the right file?"), "{found:?}");
    }

    #[test]
    fn every_fault_is_found_in_the_order_of_the_lines() {
        let text = "a = 1.5\nb = \"x\"\n\n[[list]]\nn = 0\n[[list]]\n\"d é\" = 1\nn = 2021-02-28T10:00:00Z\n[other]\n";
        let found = faults(text, |root| {
            for item in root.list("list") {
                let table = item.table(&["n"]).unwrap();
                assert!(table.need("n").unwrap().day().is_none());
            }
            assert!(root.need("a").unwrap().number(1, 9).is_none());
            assert_eq!(root.need("b").unwrap().reference(&BTreeSet::from(["y".into()]), "letter"), None);
        });
        assert_eq!(
            found,
            [
                "line 1: a is the number 1.5: write a whole number from 1 to 9",
                "line 2: b \"x\" is no letter: correct it, or add it there",
                "line 5: list[0].n is the number 0: write a day as 2021-02-28, without quotes",
                "line 7: list[1].\"d é\" is no key that belongs here: correct or remove it (what may stand here: n)",
                "line 8: list[1].n is 2021-02-28T10:00:00Z: write a day as 2021-02-28, without quotes",
                "line 9: other is no key that belongs here: correct or remove it (what may stand here: a, b, list)",
            ]
        );
    }

    #[test]
    fn broken_syntax_is_told_alone_with_its_lines() {
        let found = faults("a = 1\nb = [\nc = = 2\n", |root| assert!(root.need("nothing").is_none()));
        assert!(!found.is_empty());
        assert!(found.iter().all(|fault| fault.starts_with("line ") && fault.contains("not TOML")), "{found:?}");
    }

    #[test]
    fn what_is_missing_is_told_where_it_belongs() {
        let found = faults("[a]\n", |root| {
            assert!(root.need("a").unwrap().table(&["x"]).unwrap().need("x").is_none());
            assert!(root.need("list").is_none());
            assert!(root.is_faulty("a") && root.is_faulty("list") && !root.is_faulty("b"));
        });
        assert_eq!(found, ["list is missing: add it", "line 1: a.x is missing: add it"]);
    }

    #[test]
    fn values_are_read_as_what_they_are() {
        read("\u{FEFF}a = 0x10\nb = 14:30\nlist = [\"one\"]", &["a", "b", "list"], |root| {
            assert_eq!(root.need("a")?.number(0, 255), Some(16));
            assert_eq!(root.need("b")?.time()?.to_string(), "14:30:00");
            assert_eq!(root.list("list").first()?.text(), Some("one"));
            Some(())
        })
        .unwrap();
    }
}
