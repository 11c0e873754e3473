//! Text in several languages of the call, and which of them a reader gets (domain.md, Languages).

use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize, Serializer};

/// One text in one or more languages, keyed by language code (`en`, `fr`). Never empty.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Localised(BTreeMap<String, String>);

impl Localised {
    /// `text` in the one language `locale`.
    pub fn one(locale: &str, text: impl Into<String>) -> Self {
        Self(BTreeMap::from([(locale.to_owned(), text.into())]))
    }

    /// All of `texts`; `None` where there are none.
    pub fn new(texts: BTreeMap<String, String>) -> Option<Self> {
        (!texts.is_empty()).then_some(Self(texts))
    }

    /// The texts by language code.
    pub fn texts(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// The text for a reader who wants `preferred`, in order; else any there is.
    pub fn pick<'a>(&'a self, preferred: &[String]) -> &'a str {
        preferred.iter().find_map(|locale| self.0.get(locale)).or_else(|| self.0.values().next()).map_or("", String::as_str)
    }

    /// As the database keeps it.
    pub fn to_json(&self) -> String {
        serde_json::to_string(&self.0).unwrap_or_default()
    }

    /// From what the database keeps.
    pub fn from_json(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    /// Every language's text, folded, for searching.
    pub fn folded(&self) -> String {
        self.0.values().map(|text| crate::text::fold(text)).collect::<Vec<_>>().join(" ")
    }

    /// What `reader` sees of it.
    pub fn shown(self, reader: &Reader) -> Shown {
        match reader {
            Reader::All => Shown::All(self),
            Reader::Prefers(order) => Shown::One(self.pick(order).to_owned()),
        }
    }
}

/// What a reader wants: every language (`?locale=*`), or one, falling back field by field along this order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Every language there is.
    All,
    /// Language codes of the call, most wanted first, all of the call's languages in it.
    Prefers(Vec<String>),
}

impl Reader {
    /// Who asks with `?locale=` and `Accept-Language`, of a person whose own language is `own`, to a call of these `locales`.
    /// An asked-for language that the call does not have falls back as if it had not been asked for.
    pub fn negotiate(asked: Option<&str>, accept_language: Option<&str>, own: Option<&str>, locales: &[String]) -> Self {
        if asked == Some("*") {
            return Self::All;
        }
        let accepted = accept_language.map(parse_accept_language).unwrap_or_default();
        let wanted = asked.into_iter().map(str::to_owned).chain(accepted).chain(own.map(str::to_owned));
        let mut order: Vec<String> = Vec::with_capacity(locales.len());
        for tag in wanted {
            // RFC 4647 lookup: fr-CA falls back to fr.
            let known = locales.iter().find(|locale| {
                let prefix = tag.get(..locale.len()).unwrap_or_default();
                prefix.eq_ignore_ascii_case(locale) && matches!(tag.as_bytes().get(locale.len()), None | Some(b'-'))
            });
            if let Some(locale) = known
                && !order.contains(locale)
            {
                order.push(locale.clone());
            }
        }
        // The call's own order is the fallback, whatever was asked for.
        for locale in locales {
            if !order.contains(locale) {
                order.push(locale.clone());
            }
        }
        Self::Prefers(order)
    }

    /// The one language to write to the reader in: the one wanted most, or the call's first where every one is wanted.
    pub fn language<'a>(&'a self, locales: &'a [String]) -> Option<&'a str> {
        let order = match self {
            Self::All => locales,
            Self::Prefers(order) => order,
        };
        order.first().map(String::as_str)
    }

    /// What `Content-Language` says: the language wanted most, or all of the call's.
    pub fn content_language(&self, locales: &[String]) -> String {
        match self {
            Self::All => locales.join(", "),
            Self::Prefers(order) => order.first().cloned().unwrap_or_default(),
        }
    }
}

/// The tags of an `Accept-Language` header, most wanted first; those of quality 0 and `*` left out. At most 16 are read.
fn parse_accept_language(header: &str) -> Vec<String> {
    let mut tags: Vec<(u32, String)> = header
        .split(',')
        .take(16)
        .filter_map(|part| {
            let mut fields = part.split(';');
            let tag = fields.next()?.trim();
            let quality =
                fields.find_map(|field| field.trim().strip_prefix("q=")).map_or(Some(1.0), |q| q.trim().parse::<f32>().ok())?;
            let thousandths = (quality.clamp(0.0, 1.0) * 1000.0).round() as u32;
            (!tag.is_empty() && tag != "*" && thousandths > 0).then(|| (thousandths, tag.to_owned()))
        })
        .collect();
    tags.sort_by_key(|(quality, _)| std::cmp::Reverse(*quality));
    tags.into_iter().map(|(_, tag)| tag).collect()
}

/// A [`Localised`] text as an answer carries it: one string, or an object of languages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shown {
    /// The reader's language.
    One(String),
    /// Every language.
    All(Localised),
}

impl Shown {
    /// The text where there is room for one only (a table, a picture): the reader's language, or whichever comes first.
    pub fn plain(&self) -> &str {
        match self {
            Self::One(text) => text,
            Self::All(all) => all.pick(&[]),
        }
    }
}

impl Serialize for Shown {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(text) => s.serialize_str(text),
            Self::All(all) => all.serialize(s),
        }
    }
}

impl JsonSchema for Shown {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "LocalisedText".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A string in the reader's language (Content-Language); with `?locale=*` an object of all languages.",
            "oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}]
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn locales() -> Vec<String> {
        vec!["en".into(), "fr".into()]
    }

    #[test]
    fn a_reader_gets_the_language_asked_for_then_accepted_then_their_own_then_the_calls_first() {
        type Case = (Option<&'static str>, Option<&'static str>, Option<&'static str>, &'static [&'static str]);
        let cases: [Case; 9] = [
            (None, None, None, &["en", "fr"]),
            (None, Some("fr"), None, &["fr", "en"]),
            (None, Some("de, fr-CA;q=0.5, en;q=0.4"), None, &["fr", "en"]),
            (None, Some("en;q=0.1, fr;q=0.9"), None, &["fr", "en"]),
            (None, Some("fr;q=0"), None, &["en", "fr"]),
            (None, Some("frr"), None, &["en", "fr"]),
            (None, None, Some("fr"), &["fr", "en"]),
            (Some("fr"), Some("en"), None, &["fr", "en"]),
            (Some("xx"), Some(";;q=,"), None, &["en", "fr"]),
        ];
        for (asked, accept, own, order) in cases {
            let expected = Reader::Prefers(order.iter().map(|s| (*s).to_owned()).collect());
            assert_eq!(Reader::negotiate(asked, accept, own, &locales()), expected, "{asked:?} {accept:?} {own:?}");
        }
        assert_eq!(Reader::negotiate(Some("*"), None, None, &locales()), Reader::All);
    }

    #[test]
    fn a_missing_language_falls_back_field_by_field() {
        let only_en = Localised::one("en", "Norms");
        assert_eq!(only_en.pick(&["fr".into(), "en".into()]), "Norms");
        assert_eq!(only_en.pick(&["fr".into()]), "Norms");
    }
}
