//! Examples for the documentation, drawn from the schemas themselves, so that they cannot disagree with them.

use serde_json::{Map, Value, json};

/// An example of `schema`; `components` resolves references. At most sixteen levels deep, references counted: a schema may name itself.
pub fn of(schema: &Value, components: &Map<String, Value>) -> Value {
    sample(schema, components, 0)
}

fn sample(schema: &Value, components: &Map<String, Value>, depth: usize) -> Value {
    let follow = |schema: &Value| sample(schema, components, depth + 1);
    if depth > 16 {
        return Value::Null;
    }
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let name = reference.rsplit('/').next().unwrap_or_default();
        return components.get(name).map_or(Value::Null, follow);
    }
    if let Some(first) = schema.get("examples").and_then(|all| all.get(0)) {
        return first.clone();
    }
    for fixed in ["const", "default"] {
        if let Some(value) = schema.get(fixed).filter(|value| !value.is_null()) {
            return value.clone();
        }
    }
    if let Some(first) = schema.get("enum").and_then(|all| all.get(0)) {
        return first.clone();
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema.get(choice).and_then(|all| all.get(0)) {
            return follow(first);
        }
    }
    let kind = match schema.get("type") {
        Some(Value::String(one)) => one.as_str(),
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).find(|kind| *kind != "null").unwrap_or("null"),
        _ => "",
    };
    match kind {
        "object" | "" if schema.get("properties").is_some() || schema.get("allOf").is_some() => {
            let mut object = Map::new();
            for part in schema.get("allOf").and_then(Value::as_array).into_iter().flatten() {
                if let Value::Object(members) = follow(part) {
                    object.extend(members);
                }
            }
            for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
                object.insert(name.clone(), follow(property));
            }
            Value::Object(object)
        }
        "object" => json!({}),
        "array" => schema.get("items").map_or_else(|| json!([]), |items| json!([follow(items)])),
        "integer" | "number" => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        "boolean" => json!(true),
        "string" => json!(text(schema.get("format").and_then(Value::as_str).unwrap_or_default())),
        _ => Value::Null,
    }
}

fn text(format: &str) -> &'static str {
    match format {
        "date" => "2026-11-12",
        "date-time" => "2026-11-12T09:00:00Z",
        "uuid" => "0190e6a0-5c1e-7000-8000-000000000001",
        "email" => "somebody@example.org",
        "uri" => "https://example.org/",
        _ => "text",
    }
}
