//! Form of the input: every path, query and body is checked against the schema that OpenAPI publishes, all faults at once, and
//! decoded after.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{ValidationError, Validator};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::error::{Error, FieldFault, Problem, Result as Answered};
use crate::text::{self, NameFault};

/// What a path, a query or a body may be: it describes itself as a schema and is decoded from JSON. `()` stands for none.
pub trait Shape: DeserializeOwned + JsonSchema + Send + Sync + 'static {}
impl<T: DeserializeOwned + JsonSchema + Send + Sync + 'static> Shape for T {}

/// A schema, made and compiled at its first use: most of a hundred and more routes are not asked between two starts of a server, and
/// their schemas would be most of its memory.
pub struct Checker {
    make: fn() -> Value,
    schema: OnceLock<Value>,
    validator: OnceLock<Option<Validator>>,
    is_none: bool,
}

/// Where a value came from, which decides how a fault points at it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// `{name}`.
    Path,
    /// `?name`.
    Query,
    /// A JSON Pointer.
    Body,
}

impl Checker {
    /// The checker of `T`; unknown members are faults whether or not `T` says so.
    pub fn of<T: Shape>() -> Self {
        let is_none = TypeId::of::<T>() == TypeId::of::<()>();
        Self { make: schema_of::<T>, schema: OnceLock::new(), validator: OnceLock::new(), is_none }
    }

    /// Whether there is anything to check (`()` has nothing).
    pub fn is_none(&self) -> bool {
        self.is_none
    }

    /// Whether the schema can be compiled: a test asks that of every route.
    pub fn compiles(&self) -> bool {
        self.is_none() || self.validator().is_some()
    }

    fn validator(&self) -> Option<&Validator> {
        let compile = || jsonschema::options().should_validate_formats(true).build(self.schema()).ok();
        self.validator.get_or_init(compile).as_ref()
    }

    /// The schema itself.
    pub fn schema(&self) -> &Value {
        self.schema.get_or_init(self.make)
    }

    /// `value` if it is as the schema says, or every fault. Of nothing, null.
    pub fn check(&self, mut value: Value, origin: Origin) -> Result<Value, Vec<FieldFault>> {
        if self.is_none() {
            return Ok(Value::Null);
        }
        // Never let anything through unchecked.
        let Some(validator) = self.validator() else {
            return Err(vec![FieldFault::new(pointer("", origin), "invalid", "cannot be checked here; please report this")]);
        };
        let mut faults = Vec::new();
        find_bad_text(&value, &mut String::new(), origin, &mut faults);
        for error in validator.iter_errors(&value) {
            describe(&error, origin, &mut faults);
        }
        make_whole(&mut value, "", origin, &mut faults);
        if faults.is_empty() {
            return Ok(value);
        }
        faults.sort_by(|a, b| a.pointer.cmp(&b.pointer));
        faults.dedup();
        Err(faults)
    }

    /// The JSON that a query or path text stands for: numbers and booleans where the schema wants them, texts elsewhere.
    pub fn read_pairs(&self, pairs: impl IntoIterator<Item = (String, String)>) -> Result<Value, Vec<FieldFault>> {
        let mut object = Map::new();
        let mut twice = BTreeMap::new();
        for (name, text) in pairs {
            let value = match self.types_of(&name) {
                types if types.contains(&"integer") => text.parse::<i64>().map_or(Value::String(text), Value::from),
                types if types.contains(&"boolean") => text.parse::<bool>().map_or(Value::String(text), Value::from),
                _ => Value::String(text),
            };
            if object.insert(name.clone(), value).is_some() {
                twice.insert(name, ());
            }
        }
        if twice.is_empty() {
            Ok(Value::Object(object))
        } else {
            Err(twice
                .into_keys()
                .map(|name| FieldFault::new(format!("?{name}"), "repeated", "is given more than once; give it once"))
                .collect())
        }
    }

    fn types_of(&self, name: &str) -> Vec<&str> {
        let Some(mut property) = self.schema().get("properties").and_then(|all| all.get(name)) else { return Vec::new() };
        if let Some(reference) = property.get("$ref").and_then(Value::as_str) {
            property = reference.strip_prefix('#').and_then(|path| self.schema().pointer(path)).unwrap_or(property);
        }
        match property.get("type") {
            Some(Value::String(one)) => vec![one],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }
}

/// What was checked, decoded; the fault that a schema cannot tell is added to `faults`.
pub(super) fn decoded<T: Shape>(checked: Option<Value>, origin: Origin, faults: &mut Vec<FieldFault>) -> Option<T> {
    let fault = |e: serde_json::Error| faults.push(FieldFault::new(pointer("", origin), "invalid", e.to_string()));
    serde_json::from_value(checked?).map_err(fault).ok()
}

fn schema_of<T: Shape>() -> Value {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<T>().to_value();
    close(&mut schema);
    schema
}

/// Closes every object of a schema that names its members, so that an unknown one is a fault.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            if object.contains_key("properties") && !object.contains_key("additionalProperties") {
                object.remove("unevaluatedProperties");
                object.insert("additionalProperties".into(), Value::Bool(false));
            }
            object.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

/// NUL cannot be kept by PostgreSQL and means nothing in text: refused everywhere, in names of members as well.
fn find_bad_text(value: &Value, at: &mut String, origin: Origin, faults: &mut Vec<FieldFault>) {
    match value {
        Value::String(text) if text.contains('\0') => {
            faults.push(FieldFault::new(pointer(at, origin), "nul", "has a NUL character; remove it"));
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                let length = at.len();
                at.push_str(&format!("/{i}"));
                find_bad_text(item, at, origin, faults);
                at.truncate(length);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                if name.contains('\0') {
                    faults.push(FieldFault::new(
                        pointer(at, origin),
                        "nul",
                        "has a member whose name has a NUL character; remove it",
                    ));
                }
                let length = at.len();
                at.push('/');
                at.push_str(&name.replace('~', "~0").replace('/', "~1"));
                find_bad_text(member, at, origin, faults);
                at.truncate(length);
            }
        }
        _ => {}
    }
}

/// A whole number is one however it is written (`3.0` is an integer to JSON Schema); one of more than 64 bits nothing here can be.
fn make_whole(value: &mut Value, at: &str, origin: Origin, faults: &mut Vec<FieldFault>) {
    match value {
        Value::Number(number) if !number.is_i64() => {
            let float = number.as_f64().unwrap_or_default();
            if float.fract() == 0.0 {
                match whole(float) {
                    Some(whole) if number.is_f64() => *number = whole.into(),
                    _ if faults.iter().any(|fault| fault.pointer == pointer(at, origin)) => {}
                    _ => faults.push(FieldFault::new(pointer(at, origin), "too-large", "must be a number of 64 bits")),
                }
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter_mut().enumerate() {
                make_whole(item, &format!("{at}/{i}"), origin, faults);
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                make_whole(member, &below(at, name), origin, faults);
            }
        }
        _ => {}
    }
}

fn whole(float: f64) -> Option<i64> {
    // Writes no exponent, and nothing behind the point where there is nothing.
    format!("{float:.0}").parse().ok()
}

fn pointer(at: &str, origin: Origin) -> String {
    match origin {
        Origin::Body => at.to_owned(),
        Origin::Query => format!("?{}", at.trim_start_matches('/')),
        Origin::Path => format!("{{{}}}", at.trim_start_matches('/')),
    }
}

fn below(at: &str, name: &str) -> String {
    format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// Texts of our own: the crate's would echo the value, which may be a password.
fn describe(error: &ValidationError<'_>, origin: Origin, faults: &mut Vec<FieldFault>) {
    use ValidationErrorKind as Kind;
    let at = error.instance_path().to_string();
    let mut fault = |at: &str, code, detail: String| faults.push(FieldFault::new(pointer(at, origin), code, detail));
    match error.kind() {
        Kind::AdditionalProperties { unexpected } | Kind::UnevaluatedProperties { unexpected } => {
            for name in unexpected {
                let name: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
                fault(&below(&at, &name), "unknown", "is not known here; remove it".into());
            }
        }
        Kind::Required { property } => {
            fault(&below(&at, property.as_str().unwrap_or_default()), "required", "is missing; it is required".into());
        }
        Kind::Type { kind } => {
            let wanted = match kind {
                TypeKind::Single(one) => one.to_string(),
                TypeKind::Multiple(several) => several.iter().map(|t| t.to_string()).collect::<Vec<_>>().join(" or "),
            };
            fault(&at, "type", format!("must be of type {wanted}"));
        }
        Kind::Enum { options } => {
            let options: Vec<_> = options.as_array().into_iter().flatten().map(word).collect();
            fault(&at, "enum", format!("must be one of {}", options.join(", ")));
        }
        Kind::MaxLength { limit } => fault(&at, "too-long", format!("may have at most {limit} characters")),
        Kind::MinLength { limit } => fault(&at, "too-short", format!("must have at least {limit} characters")),
        Kind::MaxItems { limit } => fault(&at, "too-many", format!("may have at most {limit} items")),
        Kind::MinItems { limit } => fault(&at, "too-few", format!("must have at least {limit} items")),
        Kind::UniqueItems => fault(&at, "not-unique", "must not repeat an item".into()),
        Kind::Maximum { limit } => fault(&at, "too-large", format!("must be at most {limit}")),
        Kind::Minimum { limit } => fault(&at, "too-small", format!("must be at least {limit}")),
        Kind::Format { format } => fault(&at, "format", format_hint(format)),
        Kind::Pattern { pattern } => fault(&at, "pattern", format!("must match {pattern}")),
        // A word that stands for itself in each form: an enum with a description a word.
        Kind::OneOfNotValid { context } if context.iter().all(|form| constant(form).is_some()) => {
            let words: Vec<_> = context.iter().filter_map(|form| constant(form)).collect();
            fault(&at, "enum", format!("must be one of {}", words.join(", ")));
        }
        // An optional value: what is wrong is what its one form says, not that it is no null.
        Kind::AnyOf { context } if context.iter().filter(|form| !is_no_null(form)).count() == 1 => {
            context.iter().filter(|form| !is_no_null(form)).flatten().for_each(|error| describe(error, origin, faults));
        }
        Kind::AnyOf { context } if context.iter().all(|form| format_of(form).is_some()) => {
            let hints: Vec<_> = context.iter().filter_map(|form| format_of(form)).map(format_hint).collect();
            fault(&at, "format", hints.join(", or "));
        }
        // Of several forms the one of the value's type is meant, and what is wrong is what that one says.
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } if only(context, &at).is_some() => {
            only(context, &at).into_iter().flatten().for_each(|error| describe(error, origin, faults));
        }
        Kind::AnyOf { context } | Kind::OneOfNotValid { context } if context.iter().all(|form| type_of(form, &at).is_some()) => {
            let types: Vec<_> = context.iter().filter_map(|form| type_of(form, &at)).collect();
            fault(&at, "type", format!("must be of type {}", types.join(" or ")));
        }
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => {
            fault(&at, "type", "has none of the documented forms".into());
        }
        _ => fault(&at, "invalid", "is not as documented".into()),
    }
}

/// The type that a form asks for and the value at `at` is not of.
fn type_of(form: &[ValidationError<'_>], at: &str) -> Option<String> {
    form.iter().filter(|error| error.instance_path().to_string() == at).find_map(|error| match error.kind() {
        ValidationErrorKind::Type { kind: TypeKind::Single(one) } => Some(one.to_string()),
        _ => None,
    })
}

/// The one of several forms that takes values of this type, whatever else is wrong with it.
fn only<'f, 'e>(forms: &'f [Vec<ValidationError<'e>>], at: &str) -> Option<&'f [ValidationError<'e>]> {
    let is_other = |error: &ValidationError<'_>| {
        matches!(error.kind(), ValidationErrorKind::Type { .. }) && error.instance_path().to_string() == at
    };
    let mut fitting = forms.iter().filter(|form| !form.iter().any(is_other));
    let first = fitting.next()?;
    fitting.next().is_none().then_some(first.as_slice())
}

/// Whether a form's only fault is that the value is not null.
fn is_no_null(form: &[ValidationError<'_>]) -> bool {
    let null = |kind: &TypeKind| matches!(kind, TypeKind::Single(one) if one.to_string() == "null");
    matches!(form, [error] if matches!(error.kind(), ValidationErrorKind::Type { kind } if null(kind)))
}

/// The format that is all that a form asks for.
fn format_of<'f>(form: &'f [ValidationError<'_>]) -> Option<&'f str> {
    match form {
        [error] => match error.kind() {
            ValidationErrorKind::Format { format } => Some(format),
            _ => None,
        },
        _ => None,
    }
}

/// The one value that a form would have taken.
fn constant(form: &[ValidationError<'_>]) -> Option<String> {
    match form {
        [error] => match error.kind() {
            ValidationErrorKind::Constant { expected_value } => Some(word(expected_value)),
            _ => None,
        },
        _ => None,
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn format_hint(format: &str) -> String {
    match format {
        "date" => "must be a day, YYYY-MM-DD".into(),
        "date-time" => "must be an instant of RFC 3339, such as 2026-11-12T09:00:00Z".into(),
        "uuid" => "must be a UUID".into(),
        "email" => "must be an e-mail address".into(),
        "uri" => "must be an absolute address, such as https://example.org/".into(),
        other => format!("must be of the format {other}"),
    }
}

/// Free text that a body may leave out: a message, a reason. Blank is none; 422 at `pointer` where it cannot be kept.
pub fn prose(pointer: &str, given: Option<&str>) -> Answered<Option<String>> {
    prose_or_faults(pointer, given).map_err(|faults| Problem::invalid(&faults).into())
}

/// [`prose`] of a body that may have other faults, to be told with them ([`both`]).
pub fn prose_or_faults(pointer: &str, given: Option<&str>) -> Result<Option<String>, Vec<FieldFault>> {
    match text::prose(given.unwrap_or_default(), text::MAX_TEXT) {
        Ok(text) => Ok(Some(text)),
        Err(NameFault::Empty) => Ok(None),
        Err(fault) => Err(vec![FieldFault::new(pointer, "format", fault.to_string())]),
    }
}

/// Two parts of a body, or 422 with the faults of both.
pub fn both<A, B>(one: Result<A, Vec<FieldFault>>, other: Result<B, Vec<FieldFault>>) -> Answered<(A, B)> {
    match (one, other) {
        (Ok(one), Ok(other)) => Ok((one, other)),
        (one, other) => {
            let faults: Vec<FieldFault> = one.err().into_iter().chain(other.err()).flatten().collect();
            Err(Problem::invalid(&faults).into())
        }
    }
}

/// What a body is about, which was looked for although its form has these faults, so that what is wrong beside them is told with them. Where
/// it is not there, or not the caller's, the form comes first (api.md, Conventions).
pub fn behind<T>(faults: &[FieldFault], found: Answered<T>) -> Answered<T> {
    match found {
        Err(Error::Problem(_) | Error::Moved(_)) if !faults.is_empty() => Err(Problem::invalid(faults).into()),
        found => found,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;
    use serde_json::json;

    #[derive(Deserialize, JsonSchema, Debug)]
    #[expect(dead_code, reason = "only its form matters")]
    struct Body {
        #[schemars(length(max = 3))]
        name: String,
        count: Option<i64>,
        region: Option<crate::country::Region>,
        #[serde(default)]
        tags: Vec<String>,
        words: Option<crate::http::Written>,
    }

    #[test]
    fn every_fault_is_named_at_once_and_no_value_is_echoed() {
        let value = json!({"name": "hunter2hunter2", "count": "x", "tags": ["a\u{0}", 5], "extra/one": 1});
        let faults = Checker::of::<Body>().check(value, Origin::Body).unwrap_err();
        let named: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
        assert_eq!(
            named,
            [("/count", "type"), ("/extra~1one", "unknown"), ("/name", "too-long"), ("/tags/0", "nul"), ("/tags/1", "type")]
        );
        assert!(!format!("{faults:?}").contains("hunter2"));
        let faults = Checker::of::<Body>().check(json!({"name": "a", "region": "atlantis"}), Origin::Body).unwrap_err();
        assert_eq!((faults.len(), faults[0].pointer.as_str(), faults[0].code), (1, "/region", "enum"));
        assert!(faults[0].detail.contains("oceania"), "{faults:?}");
        assert!(Checker::of::<Body>().check(json!({"name": "a", "region": null}), Origin::Body).is_ok());
        let long = json!({"name": "a", "words": "x".repeat(20_001)});
        let faults = Checker::of::<Body>().check(long, Origin::Body).unwrap_err();
        assert_eq!((faults.len(), faults[0].pointer.as_str(), faults[0].code), (1, "/words", "too-long"));
        let long = json!({"name": "a", "words": {"en": "x".repeat(20_001), "fr": 1}});
        let faults = Checker::of::<Body>().check(long, Origin::Body).unwrap_err();
        let named: Vec<_> = faults.iter().map(|f| (f.pointer.as_str(), f.code)).collect();
        assert_eq!(named, [("/words/en", "too-long"), ("/words/fr", "type")]);
        let faults = Checker::of::<Body>().check(json!({"name": "a", "words": 5}), Origin::Body).unwrap_err();
        assert_eq!((faults[0].pointer.as_str(), faults[0].code), ("/words", "type"));
        assert_eq!(faults[0].detail, "must be of type string or object");
        let missing = Checker::of::<Body>().check(json!({}), Origin::Body).unwrap_err();
        assert_eq!(missing[0].pointer, "/name");
    }

    #[test]
    fn a_query_is_read_as_the_schema_wants_it() {
        let checker = Checker::of::<Body>();
        let pairs = |list: &[(&str, &str)]| list.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect::<Vec<_>>();
        let value = checker.read_pairs(pairs(&[("name", "12"), ("count", "5")])).unwrap();
        assert_eq!(value, json!({"name": "12", "count": 5}));
        let faults = checker.read_pairs(pairs(&[("name", "a"), ("name", "b")])).unwrap_err();
        assert_eq!(faults[0].pointer, "?name");
    }
}
