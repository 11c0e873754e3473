//! What the code says of itself: the OpenAPI document, the policy matrix, the table of errors. A change of any is a change of the
//! public interface and is reviewed as one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::Path;

use plenary::app;
use plenary::error::ProblemKind;
use plenary::http::{Route, openapi};
use plenary::policy::{self, Action, Standing};
use serde_json::{Value, json};

use crate::kit;

/// The product's routes, and those of the kit's tests: what is said of a POST or PATCH is seen before the first slice has one.
fn routes() -> Vec<Route> {
    app::routes().into_iter().chain(kit::notes::routes()).collect()
}

/// Every operation of the document, with its method and path.
fn operations(document: &Value) -> Vec<(String, &Value)> {
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, methods): (&String, &Value)| -> Vec<(String, Value)> {
        methods.as_object().unwrap().keys().map(|method| (format!("{method} {path}"), Value::from(path.as_str()))).collect()
    };
    paths
        .iter()
        .flat_map(methods)
        .map(|(name, path)| {
            let method = name.split(' ').next().unwrap().to_owned();
            (name, &document["paths"][path.as_str().unwrap()][method])
        })
        .collect()
}

#[test]
fn openapi_json_is_what_the_code_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let generated = format!("{}\n", serde_json::to_string_pretty(&openapi::document(&app::routes())).unwrap());
    if std::env::var_os("UPDATE_OPENAPI").is_some() {
        std::fs::write(&file, &generated).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    if committed != generated {
        let differs = committed.lines().zip(generated.lines()).position(|(a, b)| a != b).unwrap_or_default() + 1;
        panic!(
            "openapi.json differs from line {differs} on; review what UPDATE_OPENAPI=1 cargo test --test api openapi writes, and commit it"
        );
    }
}

#[test]
fn error_codes() {
    let table: String =
        ProblemKind::ALL.iter().map(|kind| format!("{:<24} {}  {}\n", kind.slug(), kind.status(), kind.title())).collect();
    insta::assert_snapshot!(table);
    let slugs: BTreeSet<_> = ProblemKind::ALL.iter().map(|kind| kind.slug()).collect();
    assert_eq!(slugs.len(), ProblemKind::ALL.len(), "a slug stands for two types");
}

/// A row for each of `rows`, a mark for each standing that has the right.
fn matrix(rows: impl IntoIterator<Item = (String, Action)>) -> String {
    let mut table = format!("{:<60}", "");
    for standing in Standing::ALL {
        write!(table, " {standing}").unwrap();
    }
    table.push('\n');
    for (name, action) in rows {
        write!(table, "{name:<60}").unwrap();
        for standing in Standing::ALL {
            let mark = if policy::allows(action, *standing) { "✓" } else { "·" };
            write!(table, " {mark:<width$}", width = standing.as_str().len()).unwrap();
        }
        table.truncate(table.trim_end().len());
        table.push('\n');
    }
    table
}

#[test]
fn policy_matrix() {
    insta::assert_snapshot!("policy_actions", matrix(Action::ALL.iter().map(|action| (action.to_string(), *action))));
    let routes = app::routes();
    let rows = routes.iter().map(|route| (format!("{:<6} {}", route.method, route.path), route.action));
    insta::assert_snapshot!("policy_routes", matrix(rows));
}

#[test]
fn rights_grow_from_anyone_upwards() {
    for action in Action::ALL {
        if policy::allows(*action, Standing::Anyone) {
            assert!(
                Standing::ALL.iter().all(|standing| policy::allows(*action, *standing)),
                "{action}: what anyone may, everybody may"
            );
        }
        if policy::allows(*action, Standing::Secretariat) {
            assert!(policy::allows(*action, Standing::Administrator), "{action}: an administrator is secretariat as well");
        }
    }
}

#[test]
fn every_route_says_what_it_is() {
    let routes = routes();
    let mut summaries = BTreeMap::new();
    for route in &routes {
        let name = format!("{} {}", route.method, route.path);
        assert!(route.summary.len() > 5 && !route.summary.ends_with('.'), "{name}: {:?} is no summary", route.summary);
        if let Some(other) = summaries.insert(route.summary, name.clone()) {
            panic!("{name} and {other} have the same summary");
        }
        let problems: Vec<ProblemKind> = openapi::problems(route).into_iter().flat_map(|(_, kinds)| kinds).collect();
        assert!(
            problems.contains(&ProblemKind::InvalidInput) && problems.contains(&ProblemKind::Internal),
            "{name} has no problem types"
        );
        for (place, checker) in [("path", &route.form.path), ("query", &route.form.query), ("body", &route.form.body)] {
            assert!(checker.compiles(), "{name}: the schema of its {place} does not compile");
        }
        assert_eq!(
            named_in_template(route),
            named_in_schema(route),
            "{name}: its path and the type that its path is read into differ"
        );
    }
}

fn named_in_template(route: &Route) -> BTreeSet<&str> {
    route.path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect()
}

fn named_in_schema(route: &Route) -> BTreeSet<&str> {
    route.form.path.schema()["properties"].as_object().map(|all| all.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn every_operation_is_described_whole() {
    let document = openapi::document(&routes());
    let operations = operations(&document);
    assert_eq!(operations.len(), routes().len());
    references_lead_somewhere(&document, &document);
    let mut ids = BTreeSet::new();
    for (name, operation) in operations {
        assert!(ids.insert(operation["operationId"].as_str().unwrap()), "{name}: its operationId is another's too");
        for parameter in operation["parameters"].as_array().unwrap() {
            let is_limited = parameter["in"] == "header" || is_limited(&parameter["schema"], &document);
            assert!(is_limited, "{name}: {} has no limit: {}", parameter["name"], parameter["schema"]);
        }
        let responses = operation["responses"].as_object().unwrap();
        assert!(responses.keys().any(|status| status.starts_with('2')) && responses.contains_key("422"), "{name}");
        for (status, response) in responses {
            let shared = response["$ref"].as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
            for (media, content) in shared.unwrap_or(response)["content"].as_object().into_iter().flatten() {
                assert!(!content["example"].is_null(), "{name} {status} {media} has no example");
                if media.ends_with("json") {
                    is_example_of(&format!("{name} {status}"), &content["example"], &content["schema"], &document);
                }
            }
        }
        if let Some(content) = operation.pointer("/requestBody/content/application~1json") {
            is_example_of(&format!("{name} body"), &content["example"], &content["schema"], &document);
        }
    }
}

/// What is taken and what is answered may have the same name, and not the same form.
#[test]
fn bodies_are_described_as_they_are_checked() {
    let document = openapi::document(&routes());
    let operations: BTreeMap<_, _> = operations(&document).into_iter().collect();
    for route in routes() {
        let name = format!("{} /api/v1{}", route.method.as_str().to_lowercase(), route.path);
        if let Some(described) = operations[&name].pointer("/requestBody/content/application~1json/schema") {
            let mut checked = inlined(route.form.body.schema(), route.form.body.schema(), 0);
            for only in ["$schema", "$defs"] {
                checked.as_object_mut().unwrap().remove(only);
            }
            assert_eq!(inlined(described, &document, 0), checked, "{name}");
        }
    }
}

/// A schema with what it refers to in place of the references, and without the `null` that stands for "left out".
fn inlined(part: &Value, root: &Value, depth: usize) -> Value {
    match part {
        Value::Object(members) => {
            let members = members.iter().filter(|(name, member)| *name != "default" || !member.is_null());
            let inline = |(name, member): (&String, &Value)| match member.as_str() {
                Some(reference) if name == "$ref" && depth < 9 => {
                    (name.clone(), inlined(root.pointer(reference.trim_start_matches('#')).unwrap(), root, depth + 1))
                }
                _ if name == "$ref" => (name.clone(), Value::Null),
                _ => (name.clone(), inlined(member, root, depth)),
            };
            Value::Object(members.map(inline).collect())
        }
        Value::Array(items) => items.iter().map(|item| inlined(item, root, depth)).collect(),
        other => other.clone(),
    }
}

/// What may be left out has no default where null is none of its values: left out of a PATCH it stays as it is.
#[test]
fn no_default_is_null() {
    let text = openapi::document(&routes()).to_string();
    assert_eq!(text.matches("\"default\":null").count(), 0);
}

fn references_lead_somewhere(part: &Value, document: &Value) {
    if let Some(reference) = part["$ref"].as_str() {
        assert!(document.pointer(reference.trim_start_matches('#')).is_some(), "{reference} leads nowhere");
    }
    let parts = part.as_object().into_iter().flat_map(|object| object.values()).chain(part.as_array().into_iter().flatten());
    parts.for_each(|part| references_lead_somewhere(part, document));
}

/// Whether a parameter's values have an end: an enum, a format, a length, a range, a truth value.
fn is_limited(schema: &Value, document: &Value) -> bool {
    if let Some(reference) = schema["$ref"].as_str() {
        return document.pointer(&reference[1..]).is_some_and(|schema| is_limited(schema, document));
    }
    let is = |kind: &str| schema["type"] == kind || schema["type"].as_array().is_some_and(|kinds| kinds.contains(&json!(kind)));
    let has = |names: &[&str]| names.iter().any(|name| !schema[*name].is_null());
    let by_itself = has(&["enum", "const"])
        || is("boolean")
        || (is("string") && has(&["maxLength", "format"]))
        || (is("integer") && has(&["maximum", "format"]));
    let forms = schema["anyOf"].as_array().or(schema["oneOf"].as_array());
    by_itself || forms.is_some_and(|forms| forms.iter().all(|form| form["type"] == "null" || is_limited(form, document)))
}

#[track_caller]
fn is_example_of(name: &str, example: &Value, schema: &Value, document: &Value) {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    let validator = jsonschema::options().should_validate_formats(true).build(&whole).unwrap_or_else(|e| panic!("{name}: {e}"));
    let faults: Vec<String> = validator.iter_errors(example).map(|e| format!("{} {e}", e.instance_path())).collect();
    assert!(faults.is_empty(), "{name}: the example {example} is none: {faults:?}");
}
