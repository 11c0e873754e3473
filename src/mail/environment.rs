//! What templates are written with: their filters, and how values are written out.

use minijinja::value::{Value, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior};

use super::{Language, moments, plain};

/// The engine for templates in a language.
pub fn environment(language: Language) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_formatter(write_out);
    environment.add_filter("quote", |text: &str| Value::from_safe_string(plain::quote(text)));
    environment.add_filter("passage", |text: &str| Value::from_safe_string(plain::passage(text)));
    environment.add_filter("day", move |written: &str| match written.parse() {
        Ok(day) => Ok(moments::day(day, language)),
        Err(_) => Err(Error::new(ErrorKind::InvalidOperation, "is no day")),
    });
    environment
}

/// Writes a value out: one line of plain text, unless it is ours or was marked as a quotation.
fn write_out(out: &mut Output<'_>, _: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    if matches!(value.kind(), ValueKind::None | ValueKind::Undefined) {
        return Err(Error::new(ErrorKind::UndefinedError, "a value is missing; ask with {% if … %} first"));
    }
    let written = match value.as_str() {
        Some(text) if value.is_safe() => out.write_str(text),
        Some(text) => out.write_str(&plain::one_line(text)),
        None => out.write_str(&plain::one_line(&value.to_string())),
    };
    written.map_err(|_| Error::new(ErrorKind::WriteFailure, "cannot be written"))
}
