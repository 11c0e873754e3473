//! Contributions as a table: a line each, a column a question. Hidden ones are in no export.

use serde_json::Value;

use super::view::ListedView;
use crate::consultations::rules::questions::Question;
use crate::error::Result;
use crate::http::csv;
use crate::locale::Reader;

const HEADER: [&str; 9] =
    ["id", "visibility", "supporter", "sector", "region", "revision", "submitted_at", "disposition", "disposition_reason"];

/// The bytes.
pub fn write(views: &[ListedView], questions: &[Question], reader: &Reader) -> Result<Vec<u8>> {
    let prompts: Vec<String> =
        questions.iter().map(|question| question.prompt.clone().shown(reader).plain().to_owned()).collect();
    let header: Vec<&str> = HEADER.into_iter().chain(prompts.iter().map(String::as_str)).collect();
    csv::table(&header, views.iter().map(|view| line(view, questions)))
}

fn line(view: &ListedView, questions: &[Question]) -> Vec<String> {
    let whole = view.dispositions.iter().map(|one| one.value()).find(|one| one.is_of_whole());
    let mut cells = vec![
        view.id.to_string(),
        view.visibility.to_string(),
        view.supporter.as_ref().map(|supporter| supporter.name.clone()).unwrap_or_default(),
        view.sector.clone().unwrap_or_default(),
        view.region.clone().unwrap_or_default(),
        view.revision.map(|number| number.to_string()).unwrap_or_default(),
        view.submitted_at.map(|at| at.to_string()).unwrap_or_default(),
        whole.map(|one| one.disposition.to_string()).unwrap_or_default(),
        whole.map(|one| one.reason.clone()).unwrap_or_default(),
    ];
    cells.extend(questions.iter().map(|question| {
        let answer = view.answers.iter().find(|answer| answer.question_id == question.id);
        answer.map(|answer| text(answer.value.get())).unwrap_or_default()
    }));
    cells
}

/// A value in one cell: lists one below the other, as they may hold any punctuation.
pub fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(text).collect::<Vec<_>>().join("\n"),
        Value::Object(languages) => languages.values().next().map(text).unwrap_or_default(),
        Value::Null => String::new(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
    }
}
