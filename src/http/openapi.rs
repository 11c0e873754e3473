//! The OpenAPI 3.1 document, made from the routes themselves.

use std::collections::{BTreeMap, BTreeSet};

use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::example;
use super::route::Route;
use crate::error::ProblemKind;
use crate::policy::{self, Standing};

/// The document for these routes.
pub fn document(routes: &[Route]) -> Value {
    let mut schemas = SchemaSettings::openapi3()
        .with(|s| {
            s.meta_schema = None;
            s.definitions_path = "#/components/schemas".into();
            s.transforms.clear();
            s.contract = schemars::generate::Contract::Serialize;
        })
        .into_generator();
    let mut parts: Vec<(&Route, super::answer::Described, Option<Value>)> = Vec::new();
    for route in routes {
        parts.push((route, (route.describe)(&mut schemas), route.callback.map(|describe| describe(&mut schemas))));
    }
    let mut components: Map<String, Value> = schemas.take_definitions(true).into_iter().collect();
    components.insert("Problem".into(), problem_schema());
    let input = Input::beside(routes, &mut components);
    let (mut paths, mut responses) = (Map::new(), Map::new());
    for (route, described, callback) in parts {
        let mut operation = operation(route, described, &components, &input, &mut responses);
        if let (Some(operation), Some(callback)) = (operation.as_object_mut(), callback) {
            operation.insert("callbacks".into(), callback);
        }
        let path = paths.entry(format!("/api/v1{}", route.path)).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_ascii_lowercase(), operation);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Plenary",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "The backend on which a multi-stakeholder initiative runs its working groups",
            "description": "Lists are cut into pages (`limit`, `cursor`), errors are problem+json (RFC 9457), what can be changed carries an ETag. \
                Every answer takes `?locale=` (a language of the call, or `*` for all) and `Accept-Language`. A language that the call does not have is passed \
                over: `Accept-Language` decides, then the caller's own language, then the call's first; `Content-Language` says which one was taken.",
            "license": {"name": env!("CARGO_PKG_LICENSE"), "identifier": env!("CARGO_PKG_LICENSE")}
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": responses,
            "headers": headers(),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer", "description": "An access token of `POST /api/v1/auth/login`."},
                "link": {"type": "apiKey", "in": "query", "name": "link", "description": "A signed link of `POST /api/v1/me/links`."}
            }
        }
    })
}

/// One operation; `shared` takes the responses that many of them have.
fn operation(
    route: &Route,
    described: super::answer::Described,
    components: &Map<String, Value>,
    input: &Input,
    shared: &mut Map<String, Value>,
) -> Value {
    let mut parameters = Vec::new();
    for (place, checker) in [("path", &route.form.path), ("query", &route.form.query)] {
        let required: Vec<_> =
            checker.schema().get("required").and_then(Value::as_array).into_iter().flatten().cloned().collect();
        for (name, schema) in checker.schema().get("properties").and_then(Value::as_object).into_iter().flatten() {
            let mut schema = input.relocated(resolve(schema, checker.schema()));
            let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
            let mut parameter = json!({"name": name, "in": place, "required": place == "path" || required.contains(&json!(name)), "schema": schema});
            if let (Some(parameter), Some(description)) = (parameter.as_object_mut(), description) {
                parameter.insert("description".into(), description);
            }
            parameters.push(parameter);
        }
    }
    parameters.push(
        json!({"name": "locale", "in": "query", "required": false, "description": "A language of the call, or `*` for all.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 35}}),
    );
    if route.form.idempotent {
        parameters.push(json!({"name": "Idempotency-Key", "in": "header", "required": false, "schema": {"type": "string", "minLength": 1, "maxLength": 255},
            "description": "The same key and request within 24 hours gives the first outcome again."}));
    }
    if route.versioned {
        parameters.push(json!({"name": "If-Match", "in": "header", "required": false, "schema": {"type": "string"},
            "description": "The ETag of the version that is changed; 428 without."}));
    }
    let mut responses = Map::new();
    let mut next = Some(&described);
    while let Some(described) = next {
        let content: Map<String, Value> = described
            .bodies
            .iter()
            .map(|(media, schema)| {
                let example = if *media == "application/json" { example::of(schema, components) } else { json!("…") };
                ((*media).to_owned(), json!({"schema": schema, "example": example}))
            })
            .collect();
        let headers = headers_of(route, described, components);
        let mut success = json!({"description": described.description, "headers": headers});
        if let (Some(success), false) = (success.as_object_mut(), content.is_empty()) {
            success.insert("content".into(), Value::Object(content));
        }
        if described.ranges {
            let (headers, content) = (success.get("headers"), success.get("content"));
            let part = json!({"description": "The bytes that `Range` asks for.", "headers": headers, "content": content});
            responses.insert("206".into(), part);
        }
        for (name, description) in &described.asks {
            parameters.push(json!({"name": name, "in": "header", "required": false, "schema": {"type": "string"}, "description": description}));
        }
        responses.insert(described.status.to_string(), success);
        next = described.or.as_deref();
    }
    if route.method == "GET" {
        let unchanged = "Unchanged since the ETag in If-None-Match.";
        responses.insert("304".into(), json!({"description": unchanged, "headers": these(["X-Request-Id"])}));
    }
    if !route.form.path.is_none() {
        let moved = "It lives at `Location` now: a former slug, a merged supporter.";
        responses.insert("308".into(), json!({"description": moved, "headers": these(["Location", "X-Request-Id"])}));
    }
    for (status, kinds) in problems(route) {
        let name = kinds.iter().map(|kind| kind.slug()).collect::<Vec<_>>().join(".");
        responses.insert(status.to_string(), json!({"$ref": format!("#/components/responses/{name}")}));
        shared.entry(name).or_insert_with(|| problem_of(status, &kinds));
    }
    let mut operation = json!({
        "operationId": operation_id(route),
        "summary": route.summary,
        "tags": [route.path.split('/').nth(1).unwrap_or_default()],
        "parameters": parameters,
        "responses": responses,
        "security": security(route),
        "x-action": route.action,
    });
    if let (Some(operation), false) = (operation.as_object_mut(), route.form.body.is_none()) {
        let mut schema = input.relocated(route.form.body.schema().clone());
        if let Some(schema) = schema.as_object_mut() {
            schema.remove("$defs");
            schema.remove("$schema");
        }
        let example = example::of(&schema, components);
        operation.insert("requestBody".into(), body_of(route, json!({"schema": schema, "example": example})));
    }
    operation
}

/// A response that is one of these problems.
fn problem_of(status: u16, kinds: &[ProblemKind]) -> Value {
    let types: Vec<_> = kinds.iter().map(|kind| format!("`{}`", kind.slug())).collect();
    let first = kinds.first().map(|kind| {
        json!({"type": format!("/problems/{}", kind.slug()), "title": kind.title(), "status": status,
            "detail": kind.page(), "request_id": "0190e6a0-5c1e-7000-8000-000000000001"})
    });
    let own = match status {
        401 => Some("WWW-Authenticate"),
        429 | 503 => Some("Retry-After"),
        _ => None,
    };
    json!({"description": types.join(", "), "headers": these(own.into_iter().chain(["X-Request-Id"])),
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}, "example": first}}})
}

/// How a caller is recognised: by its token, or, where a browser reads without headers, by a signed link.
fn security(route: &Route) -> Value {
    let nobody = policy::allows(route.action, Standing::Anyone).then(|| json!({}));
    let link = (route.method == "GET").then(|| json!({"link": []}));
    nobody.into_iter().chain([json!({"bearer": []})]).chain(link).collect()
}

/// The body, as JSON and, where files are taken, as one.
fn body_of(route: &Route, as_json: Value) -> Value {
    let mut content = Map::from_iter([("application/json".to_owned(), as_json)]);
    if route.form.files {
        let form = json!({"type": "object", "required": ["file"], "additionalProperties": false, "description": "`file` comes first.",
            "properties": {
                "file": {"type": "string", "format": "binary"}, "note": {"type": "string", "maxLength": crate::text::MAX_TEXT}}});
        content.insert("multipart/form-data".into(), json!({"schema": form}));
    }
    json!({"required": true, "content": content})
}

/// Every problem that the operation can answer, by status.
pub fn problems(route: &Route) -> Vec<(u16, Vec<ProblemKind>)> {
    let mut kinds = vec![
        ProblemKind::BadAccessToken,
        ProblemKind::InvalidInput,
        ProblemKind::TooManyRequests,
        ProblemKind::Internal,
        ProblemKind::Unavailable,
    ];
    if !policy::allows(route.action, Standing::Anyone) {
        kinds.extend([ProblemKind::AuthenticationRequired, ProblemKind::Forbidden]);
    }
    if !route.form.body.is_none() {
        kinds.extend([
            ProblemKind::MalformedJson,
            ProblemKind::PayloadTooLarge,
            ProblemKind::UnsupportedMediaType,
            ProblemKind::RequestTimeout,
        ]);
    }
    if !route.form.path.is_none() {
        kinds.push(ProblemKind::NotFound);
    }
    if route.form.query.schema().pointer("/properties/cursor").is_some() {
        kinds.push(ProblemKind::InvalidCursor);
    }
    if route.versioned {
        kinds.extend([ProblemKind::PreconditionRequired, ProblemKind::PreconditionFailed]);
    }
    if route.form.idempotent {
        kinds.extend([ProblemKind::IdempotencyInProgress, ProblemKind::IdempotencyKeyReused]);
    }
    kinds.extend(&route.problems);
    kinds.sort();
    kinds.dedup();
    let mut by_status: Vec<(u16, Vec<ProblemKind>)> = Vec::new();
    for kind in kinds {
        match by_status.iter_mut().find(|(status, _)| *status == kind.status()) {
            Some((_, list)) => list.push(kind),
            None => by_status.push((kind.status(), vec![kind])),
        }
    }
    by_status.sort_by_key(|(status, _)| *status);
    by_status
}

fn operation_id(route: &Route) -> String {
    let words = route.path.split(['/', '-', '.']).filter(|word| !word.is_empty());
    let words = words.map(|word| word.trim_matches(['{', '}']).to_owned());
    std::iter::once(route.method.as_str().to_ascii_lowercase()).chain(words).collect::<Vec<_>>().join("_")
}

fn resolve(schema: &Value, root: &Value) -> Value {
    schema.get("$ref").and_then(Value::as_str).and_then(|r| root.pointer(r.strip_prefix('#')?)).unwrap_or(schema).clone()
}

/// What is known of the schemas that input is checked against.
struct Input {
    /// Types that are both taken and answered, in two forms: what is taken lets out what may be null, and nothing else may stand in it.
    /// As input their names begin with `New`.
    two_formed: BTreeSet<String>,
}

impl Input {
    /// Puts what the input of these routes refers to beside what they answer.
    fn beside(routes: &[Route], components: &mut Map<String, Value>) -> Self {
        let checkers = routes.iter().flat_map(|route| [&route.form.path, &route.form.query, &route.form.body]);
        let defined = checkers.filter_map(|checker| checker.schema().get("$defs")?.as_object().cloned());
        let defined: BTreeMap<String, Value> = defined.flatten().collect();
        let alike = Self { two_formed: BTreeSet::new() };
        let is_another = |name: &str, definition: &Value| {
            components.get(name).is_some_and(|answered| *answered != alike.relocated(definition.clone()))
        };
        let two_formed = defined.iter().filter(|(name, definition)| is_another(name, definition)).map(|(name, _)| name.clone());
        let input = Self { two_formed: two_formed.collect() };
        for (name, definition) in defined {
            components.entry(input.named(&name)).or_insert_with(|| input.relocated(definition));
        }
        input
    }

    fn named(&self, name: &str) -> String {
        if self.two_formed.contains(name) { format!("New{name}") } else { name.to_owned() }
    }

    /// A stand-alone schema, made to point into the document. Its defaults that are null go: they stand for "left out", and null is none of
    /// the values.
    fn relocated(&self, mut schema: Value) -> Value {
        self.relocate(&mut schema);
        schema
    }

    fn relocate(&self, value: &mut Value) {
        match value {
            Value::Object(object) => {
                if let Some(Value::String(reference)) = object.get_mut("$ref")
                    && let Some(name) = reference.strip_prefix("#/$defs/")
                {
                    *reference = format!("#/components/schemas/{}", self.named(name));
                }
                if object.get("default").is_some_and(Value::is_null) {
                    object.remove("default");
                }
                object.values_mut().for_each(|part| self.relocate(part));
            }
            Value::Array(items) => items.iter_mut().for_each(|part| self.relocate(part)),
            _ => {}
        }
    }
}

/// The headers that answers carry. One that is required is there each time that it is named.
fn headers() -> Value {
    let text = json!({"type": "string"});
    json!({
        "ETag": {"required": true, "schema": text, "description": "Names this version, for `If-Match` and `If-None-Match`."},
        "Link": {"required": false, "schema": text, "description": "The next page, as `rel=\"next\"`, where there is one."},
        "Location": {"required": true, "schema": {"type": "string", "format": "uri-reference"}, "description": "Where it lives."},
        "Retry-After": {"required": true, "schema": {"type": "integer", "minimum": 0}, "description": "Seconds to wait."},
        "WWW-Authenticate": {"required": true, "schema": text, "description": "How to say who one is."},
        "X-Request-Id": {"required": true, "schema": text, "description": "Names the request, for the server's log."}
    })
}

/// Some of [`headers`], by name.
fn these<'n>(names: impl IntoIterator<Item = &'n str>) -> Value {
    let refer = |name: &str| (name.to_owned(), json!({"$ref": format!("#/components/headers/{name}")}));
    Value::Object(names.into_iter().map(refer).collect())
}

/// The headers of a success.
fn headers_of(route: &Route, described: &super::answer::Described, components: &Map<String, Value>) -> Value {
    let is_read = route.method == "GET" && !described.bodies.iter().any(|(media, _)| *media == "text/event-stream");
    let has = |name: &str| {
        described.bodies.iter().any(|(_, schema)| {
            let reference = schema.get("$ref").and_then(Value::as_str).and_then(|path| path.rsplit('/').next());
            let schema = reference.and_then(|name| components.get(name)).unwrap_or(schema);
            schema.pointer(&format!("/properties/{name}")).is_some()
        })
    };
    // What is read has one in any case, a digest where the object has none.
    let etag = is_read || (described.etag && has("etag"));
    let named = [("ETag", etag), ("Link", has("next_cursor")), ("Location", described.location), ("X-Request-Id", true)];
    these(named.into_iter().filter(|(_, is_there)| *is_there).map(|(name, _)| name))
}

fn problem_schema() -> Value {
    json!({
        "type": "object",
        "description": "RFC 9457. `type` leads to a page that explains it.",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri-reference"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
            "errors": {"type": "array", "items": {"type": "object", "required": ["pointer", "code", "detail"], "properties": {
                "pointer": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}}}},
            "violations": {"type": "array", "items": {"type": "object", "required": ["code", "detail"], "properties": {
                "code": {"type": "string"}, "detail": {"type": "string"}}}},
            "allowed": {"type": "array", "items": {"type": "string"}}
        }
    })
}
