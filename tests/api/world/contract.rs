//! Holds every answer that any test gets against the OpenAPI document: its status must be documented for that operation, the headers that
//! the document promises must be there, its JSON must be what the document says, and so must be the JSON of a request that was taken.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock};

use jsonschema::Validator;
use plenary::http::{Route, openapi};
use serde_json::Value;

use super::Reply;

/// The document of one server's routes.
pub struct Contract {
    document: Value,
    /// What stands in the document, so that a pattern is compiled once: method, path and status to its check.
    checks: Mutex<HashMap<String, Arc<Validator>>>,
}

impl Contract {
    /// Of the product's own routes: made once.
    pub fn of_the_product() -> Arc<Self> {
        static PRODUCT: OnceLock<Arc<Contract>> = OnceLock::new();
        PRODUCT.get_or_init(|| Self::of(&plenary::app::routes())).clone()
    }

    /// Of other routes.
    pub fn of(routes: &[Route]) -> Arc<Self> {
        Arc::new(Self { document: openapi::document(routes), checks: Mutex::default() })
    }

    /// Checks an answer to a request with this body; paths that are no operation are not its matter.
    #[track_caller]
    pub fn check(&self, method: &str, path: &str, asked: Option<&[u8]>, reply: &Reply) {
        let method = if method == "HEAD" { "get".into() } else { method.to_lowercase() };
        let path = path.split('?').next().unwrap_or_default();
        let Some((template, operation)) = self.operation(&method, path) else { return };
        let name = format!("{method} {template} {}", reply.status);
        let response = self.resolved(&operation["responses"][reply.status.to_string()]);
        assert!(response.is_object(), "{name} is not documented: {}", String::from_utf8_lossy(&reply.body));
        for (header, described) in response["headers"].as_object().into_iter().flatten() {
            let is_there = !reply.header(&header.to_lowercase()).is_empty();
            assert!(is_there || self.resolved(described)["required"] != true, "{name} has no {header}");
        }
        let taken = &operation["requestBody"]["content"]["application/json"]["schema"];
        if let (true, 200..=299, Some(Ok(body))) = (taken.is_object(), reply.status, asked.map(serde_json::from_slice)) {
            self.validate(&format!("{name} body"), taken, &body);
        }
        let media = reply.header("content-type").split(';').next().unwrap_or_default();
        if reply.body.is_empty() || !media.ends_with("json") || !reply.header("content-encoding").is_empty() {
            return;
        }
        let schema = &response["content"][media]["schema"];
        assert!(schema.is_object(), "{name} {media} is not documented");
        self.validate(&name, schema, &reply.json());
        if media == "application/problem+json" {
            let slug = format!("`{}`", reply.problem());
            let documented = response["description"].as_str().unwrap();
            assert!(documented.contains(&slug), "{name} {slug} is not documented, only {documented}");
        }
    }

    #[track_caller]
    fn validate(&self, name: &str, schema: &Value, json: &Value) {
        let check = self.checks.lock().unwrap().entry(name.to_owned()).or_insert_with(|| Arc::new(self.compiled(schema))).clone();
        let faults: Vec<String> = check.iter_errors(json).map(|fault| format!("{} {fault}", fault.instance_path())).collect();
        assert!(faults.is_empty(), "{name} is not as documented: {faults:?}\n{json}");
    }

    /// What a reference leads to; anything else as it is.
    fn resolved<'a>(&'a self, part: &'a Value) -> &'a Value {
        part["$ref"].as_str().and_then(|reference| self.document.pointer(reference.trim_start_matches('#'))).unwrap_or(part)
    }

    fn compiled(&self, schema: &Value) -> Validator {
        let mut whole = schema.clone();
        whole["components"] = self.document["components"].clone();
        jsonschema::options().should_validate_formats(true).build(&whole).unwrap()
    }

    /// The operation at `path`: of several templates the one with the most fixed segments.
    fn operation(&self, method: &str, path: &str) -> Option<(&str, &Value)> {
        let fits = |template: &str| {
            let (parts, segments): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
            let fit = |(part, segment): (&&str, &&str)| part == segment || (part.starts_with('{') && !segment.is_empty());
            parts.len() == segments.len() && parts.iter().zip(&segments).all(fit)
        };
        let paths = self.document["paths"].as_object()?.iter();
        let (template, methods) =
            paths.filter(|(template, _)| fits(template)).min_by_key(|(template, _)| template.matches('{').count())?;
        Some((template, methods.get(method)?))
    }
}
