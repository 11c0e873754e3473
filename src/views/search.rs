//! `/search`: everything that the caller may read and that has the words asked for.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::db::Read;
use crate::error::{Error, Result};
use crate::http::{Input, Object, Request, Route, get};
use crate::locale::Shown;
use crate::policy::Action;
use crate::{call, consultations, deliverables, forum, groups, supporters, text, word_enum};

/// Hits where no number is asked for.
const DEFAULT_LIMIT: i64 = 50;

word_enum! {
    /// What kind of object was found.
    pub enum HitType {
        /// A working group.
        Group = "group",
        /// A supporter of the register.
        Supporter = "supporter",
        /// A principle of the call.
        Principle = "principle",
        /// A deliverable of a working group.
        Deliverable = "deliverable",
        /// A session of a Forum edition.
        Session = "session",
        /// A consultation round.
        Consultation = "consultation",
    }
}

/// What to look for.
#[derive(Deserialize, JsonSchema)]
struct SearchQuery {
    /// Words that must all stand in what is found, without regard to case and accents, in any script.
    #[schemars(length(min = 1, max = 200))]
    q: String,
    /// Only objects of this type.
    r#type: Option<HitType>,
    /// Most hits.
    #[schemars(range(min = 1, max = 200))]
    limit: Option<i64>,
}

/// Something that was found.
#[derive(Serialize, JsonSchema)]
struct Hit {
    /// What it is.
    r#type: HitType,
    /// Its id.
    id: String,
    /// What it is called in paths: a slug, a number, an id.
    r#ref: String,
    /// Its title or name.
    title: Shown,
    /// Where it can be read; principles stand in the list of principles.
    url: String,
    #[serde(skip)]
    rank: Rank,
}

/// How well a title fits: whole, at its beginning, somewhere, elsewhere in the object.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Whole,
    Beginning,
    Within,
    Elsewhere,
}

/// What was found, best first.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "SearchResults")]
struct Hits {
    items: Vec<Hit>,
    /// Always null: what lies beyond `limit` is found by a narrower question.
    next_cursor: Option<String>,
}

pub fn routes() -> Vec<Route> {
    vec![get("/search", Action::ReadPublic, "Find supporters, groups, principles, deliverables, sessions and rounds", search)]
}

async fn search(request: Request<(), SearchQuery>) -> Result<Object<Hits>> {
    request
        .read(|tx, input| {
            let asked = text::fold(&input.query.q);
            if asked.is_empty() {
                return Err(Error::invalid("?q", "empty", "has no letter or digit to look for"));
            }
            let limit = input.query.limit.unwrap_or(DEFAULT_LIMIT);
            let mut hits = found(tx, input, limit)?;
            for hit in &mut hits {
                hit.rank = rank(&hit.title, &asked);
            }
            // Stable: of equal rank the order is that of the types, then each slice's own.
            hits.sort_by_key(|hit| hit.rank);
            hits.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            // What opens by then is found from then on.
            let (now, answer) = (tx.now(), Object::plain(Hits { items: hits, next_cursor: None }));
            Ok(answer.fresh_until(consultations::next_change(tx, now)?))
        })
        .await
}

/// Asks each slice once, for as many hits as there may be in all.
fn found(tx: &mut Read<'_>, input: &Input<(), SearchQuery>, limit: i64) -> Result<Vec<Hit>> {
    let q = &input.query.q;
    let wants = |kind| input.query.r#type.is_none_or(|only| only == kind);
    let mut hits = Vec::new();
    if wants(HitType::Group) {
        for group in groups::search(tx, q, limit, &input.reader)? {
            let (id, title) = (group.id.to_string(), group.title);
            hits.push(Hit::new(HitType::Group, id, &group.slug, title, format!("/api/v1/groups/{}", group.slug)));
        }
    }
    if wants(HitType::Supporter) {
        for supporter in supporters::search(tx, q, limit)? {
            let url = format!("/api/v1/supporters/{}", supporter.slug);
            hits.push(Hit::new(HitType::Supporter, supporter.id.to_string(), &supporter.slug, Shown::One(supporter.name), url));
        }
    }
    if wants(HitType::Principle) {
        for principle in call::search(tx, q, limit, &input.reader)? {
            let url = "/api/v1/principles".to_owned();
            hits.push(Hit::new(
                HitType::Principle,
                principle.id.to_string(),
                &principle.number.to_string(),
                principle.title,
                url,
            ));
        }
    }
    if wants(HitType::Deliverable) {
        for deliverable in deliverables::search(tx, q, limit)? {
            let url = format!("/api/v1/deliverables/{}", deliverable.reference);
            let (id, title) = (deliverable.id.to_string(), Shown::One(deliverable.title));
            hits.push(Hit::new(HitType::Deliverable, id, &deliverable.reference, title, url));
        }
    }
    if wants(HitType::Session) {
        for session in forum::search(tx, q, limit, &input.reader)? {
            let id = session.id.to_string();
            let url = format!("/api/v1/sessions/{id}");
            hits.push(Hit::new(HitType::Session, id.clone(), &id, session.title, url));
        }
    }
    if wants(HitType::Consultation) {
        for round in consultations::search(tx, q, limit, &input.actor, &input.reader)? {
            let url = format!("/api/v1/consultations/{}", round.slug);
            hits.push(Hit::new(HitType::Consultation, round.id.to_string(), &round.slug, round.title, url));
        }
    }
    Ok(hits)
}

impl Hit {
    fn new(r#type: HitType, id: String, reference: &str, title: Shown, url: String) -> Self {
        Self { r#type, id, r#ref: reference.to_owned(), title, url, rank: Rank::Elsewhere }
    }
}

fn rank(title: &Shown, asked: &str) -> Rank {
    let titles: Vec<String> = match title {
        Shown::One(title) => vec![text::fold(title)],
        Shown::All(titles) => titles.texts().values().map(|title| text::fold(title)).collect(),
    };
    let any = |fits: &dyn Fn(&str) -> bool| titles.iter().any(|title| fits(title));
    if any(&|title| title == asked) {
        Rank::Whole
    } else if any(&|title| title.starts_with(asked)) {
        Rank::Beginning
    } else if any(&|title| asked.split(' ').all(|word| title.contains(word))) {
        Rank::Within
    } else {
        Rank::Elsewhere
    }
}
