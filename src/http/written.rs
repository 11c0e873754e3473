//! Text in several languages on its way in (domain.md, Languages).

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use super::Languages;
use crate::error::FieldFault;
use crate::locale::Localised;
use crate::text::NameFault;

/// What a body says in one language, the call's first, or in several.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Written {
    /// In the call's first language.
    One(String),
    /// By language code.
    All(BTreeMap<String, String>),
}

impl JsonSchema for Written {
    fn schema_name() -> Cow<'static, str> {
        "WrittenText".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A string in the call's first language, or an object of the call's languages.",
            "oneOf": [
                {"type": "string", "maxLength": 20_000},
                {"type": "object", "additionalProperties": {"type": "string", "maxLength": 20_000}, "minProperties": 1, "maxProperties": 50}
            ]
        })
    }
}

impl Written {
    /// The texts, each cleaned by `clean`, or everything that is wrong with them, from `pointer` on.
    ///
    /// # Errors
    ///
    /// A language that the call does not have, a text that `clean` refuses.
    pub fn read(
        &self,
        pointer: &str,
        languages: &Languages,
        clean: impl Fn(&str) -> Result<String, NameFault>,
    ) -> Result<Localised, Vec<FieldFault>> {
        let (mut texts, mut faults) = (BTreeMap::new(), Vec::new());
        let mut take = |at: String, language: &str, text: &str| match clean(text) {
            Ok(text) => drop(texts.insert(language.to_owned(), text)),
            Err(why) => faults.push(FieldFault::new(at, "format", why.to_string())),
        };
        match self {
            Self::One(text) => {
                let first = languages.0.first().map_or("en", String::as_str);
                take(pointer.to_owned(), first, text);
            }
            Self::All(all) => {
                for (language, text) in all.iter().filter(|(language, _)| languages.0.contains(language)) {
                    take(format!("{pointer}/{language}"), language, text);
                }
                let known = languages.0.join(", ");
                faults.extend(all.keys().filter(|language| !languages.0.contains(language)).map(|language| {
                    let language = language.replace('~', "~0").replace('/', "~1");
                    FieldFault::new(format!("{pointer}/{language}"), "unknown", format!("is no language of the call: {known}"))
                }));
            }
        }
        match Localised::new(texts) {
            Some(texts) if faults.is_empty() => Ok(texts),
            _ => Err(faults),
        }
    }
}
