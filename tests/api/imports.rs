//! Reads `src/` and fails on an import that points up, on a room whose walls leak, and on a file that has grown too long.

use std::collections::BTreeSet;
use std::fs;
use std::iter::Peekable;
use std::path::Path;
use std::str::Chars;

/// The modules of the crate, top to bottom: a module names only those below it. The kernel comes last, itself in order.
const ORDER: &[&str] = &[
    "main",
    "cli",
    "server",
    "app",
    "worker",
    "views",
    "load",
    "reminders",
    "campaign",
    "consultations",
    "meetings",
    "deliverables",
    "forum",
    "groups",
    "supporters",
    "people",
    "notifications",
    "call",
    "settings",
    "webhooks",
    "outbox",
    "http",
    "mail",
    "audit",
    "files",
    "facts",
    "policy",
    "error",
    "db",
    "schema",
    "config",
    "picture",
    "country",
    "locale",
    "toml_file",
    "calendar",
    "address",
    "states",
    "ids",
    "time",
    "text",
];

/// The slices, from the first to the last of them in [`ORDER`]: each hides its files behind its `mod.rs`.
const SLICES: (&str, &str) = ("views", "webhooks");

/// What a slice is made of, top to bottom. Other files of a slice may lie between any of these.
const ROOMS: &[&str] = &["mod", "routes", "store", "rules"];

/// The longest file of `src/`, in lines; the generated schema is not for reading.
const LONGEST: usize = 450;

/// Backends and their connections, which only `db` names.
const BACKENDS: &[&str] = &["sqlite", "pg", "SqliteConnection", "PgConnection"];

/// What a pure file does without: the outside world, as the heads of paths.
const IMPURE: &[&[&str]] = &[
    &["actix_web"],
    &["diesel", "prelude"],
    &["diesel", "RunQueryDsl"],
    &["std", "fs"],
    &["std", "net"],
    &["std", "env"],
    &["crate", "db"],
    &["crate", "http"],
    &["crate", "schema"],
];

/// One file of `src/`, by its path below it, such as `groups/store.rs`.
struct Source {
    path: String,
    text: String,
}

/// A path that a file names, made absolute (`crate::…`, or from another crate), and where.
struct Named {
    line: usize,
    path: Vec<String>,
}

impl Source {
    /// The module path of the file: `groups/store.rs` is `[groups, store]`, `groups/mod.rs` is `[groups]`.
    fn module(&self) -> Vec<&str> {
        let mut parts: Vec<&str> = self.path.trim_end_matches(".rs").split('/').collect();
        if parts.last() == Some(&"mod") {
            parts.pop();
        }
        parts
    }

    /// The file within its unit: `groups/store/seats.rs` is `store`, `groups/mod.rs` and `worker.rs` are `mod`.
    fn room(&self) -> &str {
        self.module().get(1).copied().unwrap_or("mod")
    }

    /// Every path named in code, imports in braces taken apart. In a file's tests `super` is the file, so there only absolute paths count.
    fn named(&self) -> Vec<Named> {
        let code: String = self.text.lines().map(|line| format!("{}\n", line.split("//").next().unwrap_or(line))).collect();
        let tests = code.find("#[cfg(test)]\nmod ").unwrap_or(code.len());
        let mut found = Vec::new();
        for head in ["crate", "plenary", "super", "self", "diesel", "actix_web", "std"] {
            for (at, _) in code.match_indices(&format!("{head}::")) {
                let follows = code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
                if follows || (at > tests && (head == "super" || head == "self")) {
                    continue;
                }
                let mut paths = Vec::new();
                take_apart(&mut code[at..].chars().peekable(), Vec::new(), &mut paths);
                let line = code[..at].matches('\n').count() + 1;
                found.extend(paths.into_iter().map(|path| Named { line, path: self.absolute(path) }));
            }
        }
        found
    }

    fn absolute(&self, path: Vec<String>) -> Vec<String> {
        let mut base: Vec<&str> = match path[0].as_str() {
            "crate" | "plenary" => Vec::new(),
            "super" | "self" => self.module(),
            _ => return path,
        };
        let mut rest = path.as_slice();
        while let Some(head @ ("crate" | "plenary" | "super" | "self")) = rest.first().map(String::as_str) {
            if head == "super" {
                base.pop();
            }
            rest = &rest[1..];
        }
        ["crate"].into_iter().chain(base).map(str::to_owned).chain(rest.iter().cloned()).collect()
    }
}

/// Takes `a::{b, c::{d, e as f}}` apart into `a::b`, `a::c::d`, `a::c::e`.
fn take_apart(rest: &mut Peekable<Chars>, mut path: Vec<String>, paths: &mut Vec<Vec<String>>) {
    loop {
        while rest.next_if(|c| c.is_whitespace()).is_some() {}
        if rest.next_if_eq(&'{').is_some() {
            loop {
                take_apart(rest, path.clone(), paths);
                // Over ` as name`, up to what ends this branch.
                while rest.next_if(|c| *c != ',' && *c != '}').is_some() {}
                if rest.next() != Some(',') {
                    return;
                }
            }
        }
        let mut word = String::new();
        while let Some(c) = rest.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '*') {
            word.push(c);
        }
        if word.is_empty() {
            break;
        }
        path.push(word);
        if rest.next_if_eq(&':').is_none() || rest.next_if_eq(&':').is_none() {
            break;
        }
    }
    paths.push(path);
}

fn place(order: &[&str], name: &str) -> Option<usize> {
    order.iter().position(|known| *known == name)
}

fn is_slice(unit: &str) -> bool {
    let (first, last) = (place(ORDER, SLICES.0), place(ORDER, SLICES.1));
    place(ORDER, unit).is_some_and(|at| Some(at) >= first && Some(at) <= last)
}

/// Everything wrong in these files, each with where it is, what is wrong and what to do.
fn faults(sources: &[Source]) -> BTreeSet<String> {
    let mut faults = BTreeSet::new();
    let units: BTreeSet<&str> = sources.iter().map(|source| source.module()[0]).filter(|unit| *unit != "lib").collect();
    for unit in units.iter().filter(|unit| place(ORDER, unit).is_none()) {
        faults.insert(format!("src/{unit}: has no place in the order of modules; give it one in {}", file!()));
    }
    for source in sources {
        let (unit, room) = (source.module()[0], source.room());
        let lines = source.text.lines().count();
        if unit != "schema" && lines >= LONGEST {
            faults.insert(format!("{}: has {lines} lines, {LONGEST} or more; split it by what it is about", source.path));
        }
        for (at, line) in source.text.lines().enumerate() {
            if is_slice(unit) && room == "mod" && line.starts_with("pub") && line.split(' ').any(|word| word == "mod") {
                let what = "opens a file of the slice to others; keep it private and `pub use` what they need";
                faults.insert(format!("{}:{}: {what}", source.path, at + 1));
            }
            if unit == "lib" && line.starts_with("pub use") {
                faults.insert(format!(
                    "{}:{}: a second name at the root hides where a thing lives; name its module",
                    source.path,
                    at + 1
                ));
            }
        }
        let is_pure = place(ORDER, unit) > place(ORDER, "config") || unit == "policy" || (is_slice(unit) && room == "rules");
        for Named { line, path } in source.named() {
            let mut fault = |what: String| faults.insert(format!("{}:{line}: names {}, {what}", source.path, path.join("::")));
            if path[0] == "diesel" && path.get(1).is_some_and(|part| BACKENDS.contains(&part.as_str())) && unit != "db" {
                fault("a backend; only db does, ask it through the connection".to_owned());
            }
            if is_pure && IMPURE.iter().any(|head| path.iter().map(String::as_str).take(head.len()).eq(head.iter().copied())) {
                fault("but is pure: no I/O, no query, no HTTP; take the value as an argument".to_owned());
            }
            let Some(target) = path.get(1).filter(|target| path[0] == "crate" && units.contains(target.as_str())) else {
                continue;
            };
            if target == "schema" && !source.module().contains(&"store") && unit != "db" && unit != "schema" {
                fault("but only a store.rs speaks SQL; move the query there".to_owned());
            }
            if target == unit {
                let file = path.get(2).filter(|file| {
                    let (leaf, folder) = (format!("{unit}/{file}.rs"), format!("{unit}/{file}/"));
                    sources.iter().any(|other| other.path == leaf || other.path.starts_with(&folder))
                });
                let below = file.map_or("mod", String::as_str);
                let is_above = place(ROOMS, below).is_some_and(|at| Some(at) < place(ROOMS, room));
                if is_slice(unit) && below != room && (below == "mod" || is_above) {
                    fault(format!(
                        "but in a slice {} is above {room}; move it down",
                        if below == "mod" { "mod.rs" } else { below }
                    ));
                }
            } else if place(ORDER, target) < place(ORDER, unit) {
                fault(format!("but {target} is above {unit}; move it down, or announce a fact that app.rs wires up"));
            }
        }
    }
    faults
}

fn read(dir: &Path, below: &str, sources: &mut Vec<Source>) {
    for entry in fs::read_dir(dir).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_str().unwrap());
        if entry.file_type().unwrap().is_dir() {
            read(&entry.path(), &format!("{path}/"), sources);
        } else if path.ends_with(".rs") {
            sources.push(Source { path, text: fs::read_to_string(entry.path()).unwrap() });
        }
    }
}

#[test]
fn imports_point_down_only() {
    let mut sources = Vec::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    assert!(sources.iter().any(|source| source.path == "lib.rs"), "src/ was not read");
    let faults: Vec<String> = faults(&sources).into_iter().collect();
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

/// A tree of made-up files with the one under test, and what is found wrong with it.
fn faults_of(path: &str, text: &str) -> Vec<String> {
    let mut sources = vec![Source { path: path.to_owned(), text: text.to_owned() }];
    let others = "worker.rs groups/mod.rs groups/routes.rs groups/view.rs groups/store.rs groups/rules.rs supporters/mod.rs db/mod.rs \
        schema.rs text.rs";
    for other in others.split(' ') {
        if other != path {
            sources.push(Source { path: other.to_owned(), text: String::new() });
        }
    }
    faults(&sources).into_iter().collect()
}

#[test]
fn what_is_wrong_is_found() {
    let cases = [
        ("supporters/routes.rs", "use crate::groups::Group;", "groups is above supporters"),
        ("supporters/routes.rs", "use crate::{\n    text,\n    groups::{self, Group as G},\n};", "groups is above supporters"),
        ("supporters/routes.rs", "fn f() { super::super::worker::tick() }", "worker is above supporters"),
        ("text.rs", "macro_rules! m { () => { $crate::worker::tick() } }", "worker is above text"),
        ("db/mod.rs", "#[cfg(test)]\nmod tests {\n    use crate::worker::tick;\n}", "worker is above db"),
        ("groups/store.rs", "use super::routes::Answer;", "routes is above store"),
        ("groups/rules.rs", "use super::store::Row;", "store is above rules"),
        ("groups/store.rs", "use super::Face;", "mod.rs is above store"),
        ("groups/store.rs", "use super::*;", "mod.rs is above store"),
        ("groups/mod.rs", "pub(crate) mod store;", "opens a file of the slice"),
        ("groups/routes.rs", "use crate::schema::groups;", "only a store.rs speaks SQL"),
        ("groups/store.rs", "use diesel::{prelude::*, sqlite::Sqlite};", "a backend"),
        ("groups/rules.rs", "use diesel::prelude::*;", "is pure"),
        ("text.rs", "fn f() { std::fs::read(\"x\") }", "is pure"),
        ("lib.rs", "pub use groups::Group;", "second name at the root"),
        ("misc.rs", "", "no place in the order"),
        ("groups/store.rs", &"\n".repeat(LONGEST), "has 450 lines"),
    ];
    for (path, text, expected) in cases {
        let found = faults_of(path, text);
        let as_expected = !found.is_empty() && found.iter().all(|fault| fault.contains(expected));
        assert!(as_expected, "{path}: {text}\nexpected {expected:?}, found {found:?}");
    }
}

#[test]
fn what_is_right_is_left_alone() {
    let cases = [
        ("groups/mod.rs", "mod store;\npub use store::Row;\nuse self::rules::may;"),
        ("groups/routes.rs", "use super::{rules::*, store};\nuse crate::{db, supporters::{self, Name}, text::fold};"),
        ("groups/store.rs", "use crate::schema::groups;\nuse super::rules;\n// crate::worker knows why\n"),
        ("http/idempotency/store.rs", "use crate::schema::idempotency_keys;"),
        ("groups/store/seats.rs", "use crate::schema::seats;\nuse super::super::rules;"),
        ("groups/routes.rs", "use super::view::Group;"),
        ("groups/view.rs", "use super::store::Row;"),
        ("groups/rules.rs", "#[cfg(test)]\nmod tests {\n    use super::*;\n}"),
        ("db/mod.rs", "use diesel::pg::PgConnection;\nuse crate::schema::groups;"),
        ("schema.rs", &"\n".repeat(2 * LONGEST)),
        ("groups/store.rs", &"\n".repeat(LONGEST - 1)),
    ];
    for (path, text) in cases {
        let found = faults_of(path, text);
        assert!(found.is_empty(), "{path}: {text}\n{found:?}");
    }
}
