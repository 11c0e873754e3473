//! What every section of a call file is read with: the texts and numbers that the domain knows, and references between sections.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Display;

use chrono_tz::Tz;

use crate::address;
use crate::country;
use crate::locale::Localised;
use crate::text::{self, MAX_NAME, MAX_TEXT, NameFault};
use crate::time::Day;
use crate::toml_file::{Table, Value};

/// Highest number that a principle, a group, a count may have: more than enough, and no sum of them overflows.
pub(super) const MAX_NUMBER: i64 = 2_147_483_647;

/// What one section must know of the others, gathered before any is read, so that a fault in one makes no false ones elsewhere.
pub(super) struct Known {
    /// The call's languages; empty where the file's are no list of texts.
    pub locales: Vec<String>,
    /// The call's zone; UTC where the file's is faulty.
    pub zone: Tz,
    /// The day since which groups, seats and derogations stand.
    pub as_of: Day,
    pub sectors: BTreeSet<String>,
    pub kinds: BTreeSet<String>,
    pub principles: BTreeSet<i64>,
    /// Names of supporters, folded.
    pub supporters: BTreeSet<String>,
    pub groups: BTreeSet<i64>,
    pub petitions: BTreeSet<String>,
}

impl Known {
    pub fn of(root: &Table<'_>) -> Self {
        let word = |value: &Value<'_>| value.as_str().map(str::to_owned);
        let locales = root.peek(["call", "locales"], |value| value.as_list());
        Self {
            locales: locales.iter().flatten().filter_map(word).collect(),
            zone: root.peek(["call", "time_zone"], |value| value.as_str()?.parse().ok()).unwrap_or(Tz::UTC),
            as_of: root
                .peek(["call", "as_of"], Value::as_day)
                .or_else(|| root.peek(["call", "launched_on"], Value::as_day))
                .unwrap_or_default(),
            sectors: root.peek_all("sectors", "code", word),
            kinds: root.peek_all("kinds", "code", word),
            principles: root.peek_all("principles", "number", Value::as_number),
            supporters: root.peek_all("supporters", "name", |value| value.as_str().map(text::fold)),
            groups: root.peek_all("groups", "number", Value::as_number),
            petitions: root.peek_all("petitions", "slug", word),
        }
    }

    /// A title or name, in one language or several of the call's.
    pub fn title(&self, value: &Value<'_>) -> Option<Localised> {
        self.localised(value, |text| text::name(text, MAX_NAME))
    }

    /// A free text, in one language or several of the call's.
    pub fn prose(&self, value: &Value<'_>) -> Option<Localised> {
        self.localised(value, |text| text::prose(text, MAX_TEXT))
    }

    fn localised(&self, value: &Value<'_>, clean: impl Fn(&str) -> Result<String, NameFault>) -> Option<Localised> {
        if !value.is_table() {
            return value.parsed(clean).map(|text| Localised::one(self.locales.first().map_or("en", String::as_str), text));
        }
        let mut texts = BTreeMap::new();
        for (locale, text) in value.free_table()?.entries() {
            if !self.locales.is_empty() && !self.locales.iter().any(|known| known == locale) {
                text.fault(format!("is in a language that call.locales has not ({})", self.locales.join(", ")));
            }
            texts.extend(text.parsed(&clean).map(|text| (locale.to_owned(), text)));
        }
        Localised::new(texts).or_else(|| if value.is_faulty() { None } else { value.refuse("has no language: write a text") })
    }

    /// The text of a title that a slug is made from.
    pub fn first<'t>(&self, title: &'t Localised) -> &'t str {
        title.pick(&self.locales)
    }

    /// Numbers of principles, none twice.
    pub fn principles(&self, table: &Table<'_>) -> Vec<i64> {
        let mut numbers = Vec::new();
        for value in table.list("principles") {
            let Some(number) = value.number(1, MAX_NUMBER) else { continue };
            if !self.principles.contains(&number) {
                value.fault(format!("is {number}, which is no principle of [[principles]]: correct it, or add it there"));
            } else if numbers.contains(&number) {
                value.fault(format!("is {number}, which stands in the list already: remove it"));
            } else {
                numbers.push(number);
            }
        }
        numbers
    }
}

/// A name in one language.
pub(super) fn name(value: &Value<'_>) -> Option<String> {
    value.parsed(|raw| text::name(raw, MAX_NAME))
}

/// A free text in one language.
pub(super) fn prose(value: &Value<'_>) -> Option<String> {
    value.parsed(|raw| text::prose(raw, MAX_TEXT))
}

/// The address of a web page.
pub(super) fn url(value: &Value<'_>) -> Option<String> {
    value.parsed(address::url)
}

/// A country as an alpha-2 code in capitals.
pub(super) fn country(value: &Value<'_>) -> Option<String> {
    value.parsed(|code| {
        let known = country::alpha2(code).filter(|known| known == code);
        known.ok_or("is no country of ISO 3166-1: write its two capital letters, as FR")
    })
}

/// A time zone of the IANA database.
pub(super) fn zone(value: &Value<'_>) -> Option<Tz> {
    value.parsed(|zone| zone.parse().map_err(|_| "is no time zone of the IANA database: write one as Europe/Paris"))
}

/// A number that counts something, from `min`.
pub(super) fn count(value: &Value<'_>, min: i64) -> Option<i64> {
    value.number(min, MAX_NUMBER)
}

/// The slug of a table: its key `slug`, else made from what its key `origin` says, which reads `from`. No two are alike.
pub(super) fn slug(table: &Table<'_>, claims: &mut Claims, origin: &str, from: Option<&str>) -> Option<String> {
    if let Some(value) = table.get("slug") {
        let form = "is no slug: write small letters, digits and single hyphens, at most 80, with a letter among them";
        let slug = value.parsed(|slug| if text::is_slug(slug) { Ok(slug.to_owned()) } else { Err(form) })?;
        return claims.claim(&value, &slug, &slug).then_some(slug);
    }
    let value = table.get(origin)?;
    match from.and_then(text::slug).filter(|slug| text::is_slug(slug)) {
        Some(slug) => claims.claim(&value, &slug, &slug).then_some(slug),
        None if from.is_some() => value.refuse("gives no slug: add the key slug, with a letter in it"),
        None => None,
    }
}

/// What must be different throughout a section, and which key had it first.
pub(super) struct Claims {
    what: &'static str,
    first: BTreeMap<String, String>,
}

impl Claims {
    /// `what` names what is claimed: `slug`, `number`.
    pub fn of(what: &'static str) -> Self {
        Self { what, first: BTreeMap::new() }
    }

    /// Whether `token` is free; else a fault that shows the value as `shown`.
    pub fn claim(&mut self, value: &Value<'_>, token: impl Display, shown: impl Display) -> bool {
        let token = token.to_string();
        if let Some(first) = self.first.get(&token) {
            value.fault(format!(
                "has the {} {shown:?} that {first} has already: change one of them",
                self.what,
                shown = shown.to_string()
            ));
            return false;
        }
        self.first.insert(token, value.key().to_owned());
        true
    }
}
