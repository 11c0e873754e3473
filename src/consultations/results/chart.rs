//! Results as pictures.

use super::view::{QuestionResult, ResultsView};
use super::words::Names;
use crate::picture::counts::{Counts, Panel};
use crate::picture::words::Tongue;

/// One question, or all of them.
pub fn questions<'r>(title: &str, asked: impl IntoIterator<Item = &'r QuestionResult>, names: &Names<'_>) -> Counts {
    let panels = asked.into_iter().map(|question| panel(question, names.tongue)).collect();
    Counts { tongue: names.tongue, title: title.to_owned(), panels }
}

fn panel(question: &QuestionResult, tongue: Tongue) -> Panel {
    let mut rows = question.rows();
    if rows.is_empty() {
        rows.push((tongue.say("Answered", "Réponses").to_owned(), question.answered));
    }
    let ranked = question.ranking.is_some().then(|| tongue.say("put first", "classé premier"));
    let answered = question.answered.map(|answered| {
        let word = if answered == 1 { tongue.say("answer", "réponse") } else { tongue.say("answers", "réponses") };
        format!("{answered} {word}")
    });
    let mean = question.mean.map(|mean| format!("{} {mean}", tongue.say("mean", "moyenne")));
    let median = question.median.map(|median| format!("{} {median}", tongue.say("median", "médiane")));
    let note = ranked.map(str::to_owned).into_iter().chain(answered).chain(mean).chain(median).collect::<Vec<_>>().join(" · ");
    Panel { heading: question.prompt.plain().to_owned(), note, rows }
}

/// Who contributed, by sector and region.
pub fn participation(title: &str, results: &ResultsView, names: &Names<'_>) -> Counts {
    let tongue = names.tongue;
    let headings = [tongue.say("By sector", "Par secteur"), tongue.say("By region", "Par région")];
    let parts = [&results.participation.by_sector, &results.participation.by_region];
    let panel = |(heading, parts): (&str, &Vec<super::view::PartView>)| Panel {
        heading: heading.to_owned(),
        note: tongue.say("contributions", "contributions").to_owned(),
        rows: parts.iter().filter(|part| part.invited > 0).map(|part| (names.name(&part.code), part.submitted)).collect(),
    };
    Counts { tongue, title: title.to_owned(), panels: headings.into_iter().zip(parts).map(panel).collect() }
}
