//! Reading the settings: defaults, file, environment, each over the one before, with every fault that is found in them.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display};
use std::path::Path;

use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use toml::{Table, Value as Toml};

use super::Settings;
use super::reading::Reading;

/// Every setting with its default: what is not in it is no setting, and its types are the settings'.
pub(super) const DEFAULTS: &str = include_str!("../../config/default.toml");
const PREFIX: &str = "PLENARY_";
/// Names the settings file, so it is no setting.
const FILE_VARIABLE: &str = "PLENARY_CONFIG";

/// Something wrong with a setting. It never repeats the value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFault {
    /// The setting's key, `section.name`.
    pub key: String,
    /// What is wrong with its value and what to write instead.
    pub wrong: String,
    /// `default`, the file's path, or the environment variable.
    pub source: String,
}

impl Display for ConfigFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Keys and sources are others' text: a line break in one must not look like another fault.
        write!(f, "{}: {} (from {})", self.key.escape_debug(), self.wrong, self.source.escape_debug())
    }
}

/// All faults of one load, at least one; displayed a line each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigFaults(pub Vec<ConfigFault>);

impl Display for ConfigFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.0.iter().enumerate() {
            write!(f, "{}{fault}", if n > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigFaults {}

/// This process's variables that begin with `PLENARY_`. What is not Unicode in one shows as U+FFFD, which [`Settings::load`] refuses.
pub fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .map(|(name, text)| (name.to_string_lossy().into_owned(), text.to_string_lossy().into_owned()))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}

impl Settings {
    /// The defaults, over them `file`, over that the variables of `env` that begin with `PLENARY_`.
    ///
    /// Fails with every fault at once: the file cannot be read or is no TOML, unknown keys, wrong types, bad values.
    pub fn load(file: Option<&Path>, env: impl IntoIterator<Item = (String, String)>) -> Result<Self, ConfigFaults> {
        let mut layers = Layers::new();
        if let Some(file) = file {
            layers.add_file(file);
        }
        let mut variables: Vec<_> =
            env.into_iter().filter(|(name, _)| name.starts_with(PREFIX) && name != FILE_VARIABLE).collect();
        variables.sort();
        for (name, text) in variables {
            layers.add_variable(name, &text);
        }
        Reading::new(layers.figment, layers.faults).settings()
    }
}

/// One value that one source gives to one setting.
struct Given<'a> {
    key: &'a str,
    value: &'a Toml,
    source: &'a str,
}

impl Provider for Given<'_> {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.source.to_owned())
    }

    fn data(&self) -> Result<Map<Profile, Dict>, figment::Error> {
        let nested = figment::util::nest(self.key, Value::serialize(self.value)?);
        Ok(Profile::Default.collect(nested.into_dict().unwrap_or_default()))
    }
}

/// What was given so far, each value of its setting's type, and what was not taken.
struct Layers {
    figment: Figment,
    defaults: BTreeMap<String, Toml>,
    faults: Vec<ConfigFault>,
}

impl Layers {
    fn new() -> Self {
        let mut layers = Self { figment: Figment::new(), defaults: BTreeMap::new(), faults: Vec::new() };
        match DEFAULTS.parse::<Table>() {
            Ok(table) => settings_in(table, "", &mut |key, value| _ = layers.defaults.insert(key, value)),
            Err(error) => layers.fault("default.toml", error.message(), "default"),
        }
        for (key, value) in &layers.defaults {
            layers.figment = std::mem::take(&mut layers.figment).merge(Given { key, value, source: "default" });
        }
        layers
    }

    fn fault(&mut self, key: &str, wrong: impl Into<String>, source: &str) {
        self.faults.push(ConfigFault { key: key.to_owned(), wrong: wrong.into(), source: source.to_owned() });
    }

    fn give(&mut self, key: &str, value: &Toml, source: &str) {
        self.figment = std::mem::take(&mut self.figment).merge(Given { key, value, source });
    }

    fn add_file(&mut self, file: &Path) {
        let source = file.display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => return self.fault("settings file", format!("cannot be read: {error}"), &source),
        };
        match text.parse::<Table>() {
            Ok(table) => settings_in(table, "", &mut |key, value| self.add_from_file(&key, &value, &source)),
            Err(error) => {
                // Not the error's own display: that shows the line, which may hold a secret.
                let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
                let line = before.matches('\n').count() + 1;
                self.fault("settings file", format!("is no TOML: line {line}: {}", error.message().trim_end()), &source);
            }
        }
    }

    fn add_from_file(&mut self, key: &str, value: &Toml, source: &str) {
        let section = format!("{key}.");
        match self.defaults.get(key) {
            Some(default) if is_like(default, value) => self.give(key, value, source),
            Some(default) => self.fault(key, wanted(default), source),
            None if self.defaults.keys().any(|known| known.starts_with(&section)) => {
                // An empty section is none too many.
                if value.as_table().is_none() {
                    self.fault(key, format!("is a section: write [{key}], and its settings below"), source);
                }
            }
            None => self.fault(key, format!("is no setting; {}", self.instead(key, str::to_owned)), source),
        }
    }

    fn add_variable(&mut self, name: String, text: &str) {
        let Some((key, default)) = self.defaults.iter().find(|(key, _)| variable(key) == name) else {
            let key = name.strip_prefix(PREFIX).unwrap_or(&name).to_lowercase().replace("__", ".");
            return self.fault(&key, format!("is no setting; {}", self.instead(&key, variable)), &name);
        };
        let value = match default {
            Toml::Integer(_) => text.parse().ok().map(Toml::Integer),
            Toml::Boolean(_) => text.parse().ok().map(Toml::Boolean),
            Toml::Array(_) => {
                let items = text.split(',').map(str::trim).filter(|item| !item.is_empty());
                Some(Toml::Array(items.map(|item| Toml::String(item.to_owned())).collect()))
            }
            _ => Some(Toml::String(text.to_owned())),
        };
        let (key, wanted) = (key.clone(), wanted(default));
        match value {
            Some(value) => self.give(&key, &value, &name),
            None => self.fault(&key, wanted, &name),
        }
    }

    /// What may have been meant by a key that is none, each key written as `spell` does.
    fn instead(&self, key: &str, spell: impl Fn(&str) -> String) -> String {
        let known = || self.defaults.keys();
        let same_name = || known().find(|known| known.rsplit('.').next() == key.rsplit('.').next());
        let near =
            || known().map(|known| (distance(known, key), known)).filter(|(far, _)| *far <= 2).min().map(|(_, known)| known);
        if let Some(meant) = same_name().or_else(near) {
            return format!("did you mean {}?", spell(meant));
        }
        let section = key.split_once('.').map_or("", |(section, _)| section);
        let within: Vec<_> = known().filter(|known| known.split_once('.').is_some_and(|(of, _)| of == section)).collect();
        if within.is_empty() {
            let top: Vec<_> = known().filter(|known| !known.contains('.')).map(|known| spell(known)).collect();
            let sections: BTreeSet<_> = known().filter_map(|known| Some(known.split_once('.')?.0)).collect();
            let sections: Vec<_> = sections.into_iter().collect();
            format!("there are {}, and the sections {}", top.join(", "), sections.join(", "))
        } else {
            format!("{section} has {}", within.into_iter().map(|known| spell(known)).collect::<Vec<_>>().join(", "))
        }
    }
}

/// Calls `found` with every value below `table` that is no section with something in it.
fn settings_in(table: Table, prefix: &str, found: &mut impl FnMut(String, Toml)) {
    for (name, value) in table {
        // A quoted name with a dot in it is no path to a setting, though it would read like one.
        let key = if name.contains('.') { format!("{prefix}\"{name}\"") } else { format!("{prefix}{name}") };
        match value {
            Toml::Table(section) if !section.is_empty() => settings_in(section, &format!("{key}."), found),
            value => found(key, value),
        }
    }
}

/// The environment variable of a setting.
fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.to_uppercase().replace('.', "__"))
}

fn is_like(default: &Toml, value: &Toml) -> bool {
    match value {
        Toml::Array(items) => default.is_array() && items.iter().all(Toml::is_str),
        value => default.same_type(value),
    }
}

fn wanted(default: &Toml) -> &'static str {
    match default {
        Toml::Integer(_) => "must be a whole number",
        Toml::Boolean(_) => "must be true or false",
        Toml::Array(_) => "must be a list of texts",
        _ => "must be a text",
    }
}

/// Levenshtein's distance, in characters.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (i, of_a) in a.chars().enumerate() {
        let mut left = i + 1;
        let mut next = vec![left];
        for (pair, of_b) in row.windows(2).zip(b.chars()) {
            if let [diagonal, above] = pair {
                left = (left + 1).min(above + 1).min(diagonal + usize::from(of_a != of_b));
                next.push(left);
            }
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}
