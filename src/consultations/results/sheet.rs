//! Results as a table: one line a question, option and part of the contributors.

use super::view::{PartView, QuestionResult, ResultsView, ShareView};
use super::words::Axis;
use crate::error::Result;
use crate::http::csv;

const HEADER: [&str; 8] = ["question_id", "kind", "question", "option", "measure", "by", "group", "value"];

type Line = [String; 8];

fn number(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}

/// The bytes. What is kept back is an empty cell.
pub fn write(results: &ResultsView) -> Result<Vec<u8>> {
    let whole = |measure: &str, value: String| -> Line { line(None, "", measure, ("", String::new()), value) };
    let mut lines = vec![whole("invited", number(results.invited)), whole("submitted", number(results.submitted))];
    for (axis, parts) in [(Axis::Sector, &results.participation.by_sector), (Axis::Region, &results.participation.by_region)] {
        lines.extend(parts.iter().flat_map(|part| participation(axis, part)));
    }
    for question in &results.questions {
        lines.extend(of_question(question));
    }
    csv::table(&HEADER, lines)
}

fn line(question: Option<&QuestionResult>, option: &str, measure: &str, (by, group): (&str, String), value: String) -> Line {
    let (id, kind, prompt) = question.map_or_else(Default::default, |question| {
        (question.id.to_string(), question.kind.to_string(), question.prompt.plain().to_owned())
    });
    [id, kind, prompt, option.to_owned(), measure.to_owned(), by.to_owned(), group, value]
}

fn participation(axis: Axis, part: &PartView) -> [Line; 3] {
    let of = |measure, value| line(None, "", measure, (axis.as_str(), part.code.clone()), value);
    [of("register", part.register.to_string()), of("invited", part.invited.to_string()), of("submitted", number(part.submitted))]
}

fn of_question(question: &QuestionResult) -> Vec<Line> {
    let whole = |option: &str, measure, value| line(Some(question), option, measure, ("", String::new()), value);
    let chosen = if question.ranking.is_some() { "first" } else { "count" };
    let mut lines = vec![whole("", "answered", number(question.answered))];
    lines.extend(question.rows().iter().map(|(option, count)| whole(option, chosen, number(*count))));
    for rank in question.ranking.iter().flatten() {
        lines.push(whole(rank.option.plain(), "ranked", number(rank.ranked)));
        lines.push(whole(rank.option.plain(), "mean_place", number(rank.mean_place)));
    }
    if question.values.is_some() {
        lines.push(whole("", "mean", number(question.mean)));
        lines.push(whole("", "median", number(question.median)));
    }
    let options = question.rows();
    for (axis, shares) in [(Axis::Sector, &question.by_sector), (Axis::Region, &question.by_region)] {
        lines.extend(shares.iter().flat_map(|share| of_share(question, axis, share, chosen, &options)));
    }
    lines
}

fn of_share(
    question: &QuestionResult,
    axis: Axis,
    share: &ShareView,
    chosen: &str,
    options: &[(String, Option<i64>)],
) -> Vec<Line> {
    let group = share.codes.join(" ");
    let of = |option: &str, measure: &str, value| line(Some(question), option, measure, (axis.as_str(), group.clone()), value);
    let mut lines = vec![of("", "answered", number(share.answered))];
    lines.extend(options.iter().zip(&share.counts).map(|((option, _), count)| of(option, chosen, number(*count))));
    lines
}
