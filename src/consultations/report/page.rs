//! The page, from what it shows.

use minijinja::value::Serde;
use minijinja::{AutoEscape, Environment};
use serde::Serialize;
use serde_json::json;

use super::markdown;
use crate::call::Call;
use crate::consultations::dispositions::view::DispositionView;
use crate::consultations::listing::sheet;
use crate::consultations::listing::view::ListedView;
use crate::consultations::path::Round;
use crate::consultations::results::chart;
use crate::consultations::results::view::{PartView, QuestionResult, ResultsView};
use crate::consultations::results::words::Names;
use crate::consultations::rules::{Audience, Disposition, Visibility};
use crate::error::{Error, Result};
use crate::locale::{Localised, Reader};
use crate::mail::{Language, moment};
use crate::picture::counts;
use crate::picture::words::Tongue;

const TEMPLATE: &str = include_str!("report.html");
/// Its style, which is in it.
pub const STYLE: &str = include_str!("style.css");
/// The languages that are written from right to left.
const RIGHT_TO_LEFT: [&str; 4] = ["ar", "fa", "he", "ur"];

/// Everything that the page shows.
pub struct Shown<'a> {
    pub call: &'a Call,
    pub round: &'a Round,
    pub results: &'a ResultsView,
    pub responses: &'a [ListedView],
    /// How many there are beside these.
    pub more: i64,
    pub reader: &'a Reader,
}

#[derive(Serialize)]
struct Words {
    background: &'static str,
    synthesis: &'static str,
    results: &'static str,
    suppressed: &'static str,
    participation: &'static str,
    register: &'static str,
    invited: &'static str,
    contributed: &'static str,
    responses: &'static str,
    none: &'static str,
    became: &'static str,
}

fn words(tongue: Tongue) -> Words {
    Words {
        background: tongue.say("Background", "Contexte"),
        synthesis: tongue.say("Synthesis", "Synthèse"),
        results: tongue.say("Results", "Résultats"),
        suppressed: tongue.say(
            "Contributors could be anonymous: numbers from which somebody could be found out are kept back.",
            "Les contributions pouvaient être anonymes : les nombres qui permettraient d'identifier quelqu'un ne sont pas communiqués.",
        ),
        participation: tongue.say("Participation", "Participation"),
        register: tongue.say("Register", "Registre"),
        invited: tongue.say("Invited", "Consultés"),
        contributed: tongue.say("Contributed", "Ont contribué"),
        responses: tongue.say("Responses", "Réponses"),
        none: tongue.say("None that can be shown.", "Aucune qui puisse être montrée."),
        became: tongue.say("What became of it", "Les suites données"),
    }
}

#[derive(Serialize)]
struct Table {
    heading: &'static str,
    rows: Vec<[String; 4]>,
}

#[derive(Serialize)]
struct Question<'a> {
    prompt: &'a str,
    chart: String,
}

#[derive(Serialize)]
struct Response {
    who: String,
    origin: Option<String>,
    answers: Vec<(String, String)>,
    became: Vec<Became>,
}

#[derive(Serialize)]
struct Became {
    word: &'static str,
    about: Option<String>,
    reason: String,
    deliverable: Option<String>,
}

impl Shown<'_> {
    /// The page.
    pub fn page(&self) -> Result<String> {
        let names = Names::of(self.call, self.reader);
        let tongue = names.tongue;
        let mut environment = Environment::new();
        environment.set_auto_escape_callback(|_| AutoEscape::Html);
        let language = match tongue {
            Tongue::En => "en",
            Tongue::Fr => "fr",
        };
        let written = self.text(Some(&self.round.row.title))?.unwrap_or_default();
        let kept = |text: Option<String>| text.map(|text| markdown::html(&text, 2));
        let (invited, submitted) = (self.results.invited, self.results.submitted);
        let participation: Vec<Table> = [
            (tongue.say("Sector", "Secteur"), &self.results.participation.by_sector),
            (tongue.say("Region", "Région"), &self.results.participation.by_region),
        ]
        .into_iter()
        .filter(|(_, parts)| !parts.is_empty())
        .map(|(heading, parts)| Table { heading, rows: parts.iter().map(|part| row(part, &names)).collect() })
        .collect();
        let heading = tongue.say("Who contributed", "Qui a contribué");
        let chart = counts::draw(&chart::participation(heading, self.results, &names), "participation-").element();
        let questions: Vec<Question<'_>> =
            self.results.questions.iter().enumerate().map(|(n, question)| drawn(n, question, &names)).collect();
        let number = |count: Option<i64>| count.map_or_else(|| "–".to_owned(), |count| count.to_string());
        let mut facts = self.dates(tongue);
        if invited.is_some() {
            facts.push((tongue.say("Invited", "Consultés"), number(invited)));
        }
        facts.push((tongue.say("Contributions", "Contributions"), number(submitted)));
        let more = match (self.more, tongue) {
            (0, _) => None,
            (more, Tongue::En) => Some(format!("{more} more are in the table of contributions.")),
            (more, Tongue::Fr) => Some(format!("{more} autres figurent dans le tableau des contributions.")),
        };
        let responses: Vec<Response> = self.responses.iter().enumerate().map(|(n, one)| self.response(n, one, &names)).collect();
        let page = environment.render_str(
            TEMPLATE,
            Serde(json!({
                "lang": language,
                "dir": if RIGHT_TO_LEFT.contains(&language) { "rtl" } else { "ltr" },
                "style": STYLE,
                "call": self.call.name,
                "title": written,
                "facts": facts,
                "background": kept(self.text(self.round.row.background.as_deref())?),
                "synthesis": kept(self.text(self.round.row.synthesis.as_deref())?),
                "suppressed": self.results.suppressed,
                "participation": participation,
                "participation_chart": chart,
                "questions": questions,
                "more": more,
                "responses": responses,
                "words": words(tongue),
            })),
        );
        page.map_err(|error| Error::Internal(format!("the report: {error}")))
    }

    fn text(&self, json: Option<&str>) -> Result<Option<String>> {
        let text = json.map(Localised::from_json).transpose()?;
        Ok(text.map(|text| text.shown(self.reader).plain().to_owned()))
    }

    fn dates(&self, tongue: Tongue) -> Vec<(&'static str, String)> {
        let language = match tongue {
            Tongue::En => Language::En,
            Tongue::Fr => Language::Fr,
        };
        let row = &self.round.row;
        let at = |at| moment(at, self.call.time_zone, language);
        let audience = match row.audience {
            Audience::Public => tongue.say("everybody", "tout public"),
            Audience::Supporters => tongue.say("supporters of the call", "soutiens de l'appel"),
            Audience::GroupMembers => tongue.say("members of the group", "membres du groupe"),
        };
        let mut dates = vec![
            (tongue.say("Audience", "Public"), audience.to_owned()),
            (tongue.say("Opened", "Ouverture"), at(row.opens_at)),
            (tongue.say("Closed", "Clôture"), at(row.closes_at)),
        ];
        if let Some(published) = row.published_at {
            dates.push((tongue.say("Published", "Publication"), at(published)));
        }
        dates
    }

    fn response(&self, n: usize, one: &ListedView, names: &Names<'_>) -> Response {
        let tongue = names.tongue;
        let who = match (&one.supporter, one.visibility) {
            (Some(supporter), _) => supporter.name.clone(),
            (None, Visibility::Anonymous) => format!("{} {}", tongue.say("Anonymous response", "Réponse anonyme"), n + 1),
            (None, _) => format!("{} {}", tongue.say("Response", "Réponse"), n + 1),
        };
        let origin: Vec<String> = one.sector.iter().chain(&one.region).map(|code| names.name(code)).collect();
        let prompt =
            |id| self.results.questions.iter().find(|question| question.id == id).map(|question| question.prompt.plain());
        let answers = (one.answers.iter())
            .map(|answer| (prompt(answer.question_id).unwrap_or_default().to_owned(), sheet::text(answer.value.get())))
            .collect();
        let became = |one: &DispositionView| {
            let about = one.question_id.and_then(prompt).map(str::to_owned).into_iter().chain(one.point.clone());
            Became {
                word: word(one.disposition, tongue),
                about: Some(about.collect::<Vec<_>>().join(" · ")).filter(|about| !about.is_empty()),
                reason: one.reason.clone(),
                deliverable: one.deliverable.as_ref().map(|taker| format!("{} {}", taker.reference, taker.title)),
            }
        };
        Response {
            who,
            origin: Some(origin.join(", ")).filter(|origin| !origin.is_empty()),
            answers,
            became: one.dispositions.iter().map(|one| became(one.value())).collect(),
        }
    }
}

/// What became of something, in a word.
pub fn word(disposition: Disposition, tongue: Tongue) -> &'static str {
    match disposition {
        Disposition::Accepted => tongue.say("Accepted", "Accepté"),
        Disposition::PartlyAccepted => tongue.say("Partly accepted", "Partiellement accepté"),
        Disposition::Rejected => tongue.say("Not taken up", "Non retenu"),
        Disposition::Noted => tongue.say("Noted", "Noté"),
    }
}

fn row(part: &PartView, names: &Names<'_>) -> [String; 4] {
    let submitted = part.submitted.map_or_else(|| "–".to_owned(), |count| count.to_string());
    [names.name(&part.code), part.register.to_string(), part.invited.to_string(), submitted]
}

fn drawn<'q>(n: usize, question: &'q QuestionResult, names: &Names<'_>) -> Question<'q> {
    let title = names.tongue.say("Answers", "Réponses");
    let chart = counts::draw(&chart::questions(title, [question], names), &format!("question-{}-", n + 1)).element();
    Question { prompt: question.prompt.plain(), chart }
}
