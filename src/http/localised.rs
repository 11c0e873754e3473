//! Text in several languages, as a caller writes it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;

use crate::error::FieldFault;
use crate::locale::Localised;
use crate::text::NameFault;

/// A string, in the call's first language, or an object of languages.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum Written {
    /// In the call's first language.
    One(String),
    /// By language code.
    Several(BTreeMap<String, String>),
}

impl Written {
    /// The cleaned text, where the call has these languages; else every fault, at `pointer` or below it.
    pub fn read(
        &self,
        pointer: &str,
        languages: &[String],
        clean: impl Fn(&str) -> Result<String, NameFault>,
    ) -> Result<Localised, Vec<FieldFault>> {
        let fault = |at: String, why: NameFault| FieldFault::new(at, "format", why.to_string());
        let texts = match self {
            Self::One(text) => {
                let first = languages.first().map_or("en", String::as_str);
                return clean(text).map(|text| Localised::one(first, text)).map_err(|why| vec![fault(pointer.to_owned(), why)]);
            }
            Self::Several(texts) => texts,
        };
        let (mut clean_texts, mut faults) = (BTreeMap::new(), Vec::new());
        for (language, text) in texts {
            let at = format!("{pointer}/{}", language.replace('~', "~0").replace('/', "~1"));
            if !languages.contains(language) {
                faults.push(FieldFault::new(at, "enum", format!("is in no language of the call ({})", languages.join(", "))));
                continue;
            }
            match clean(text) {
                Ok(text) => drop(clean_texts.insert(language.clone(), text)),
                Err(why) => faults.push(fault(at, why)),
            }
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        Localised::new(clean_texts)
            .ok_or_else(|| vec![FieldFault::new(pointer, "too-few", "has no language; write a text in one at least")])
    }
}

impl JsonSchema for Written {
    fn schema_name() -> Cow<'static, str> {
        "WrittenText".into()
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A string in the call's first language, or an object of languages of the call.",
            "oneOf": [{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}, "minProperties": 1}]
        })
    }
}
