//! Changing an entry: its profile, and its withdrawal.

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::json;

use super::{Beside, SupporterView};
use crate::address;
use crate::audit::{self, Entry};
use crate::call::{self, Call};
use crate::country;
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result};
use crate::facts;
use crate::http::change::Change;
use crate::http::{Input, Object as Answered, Request, Tagged, prose};
use crate::mail::Kind;
use crate::people;
use crate::policy::{Action, Object};
use crate::supporters::affiliations;
use crate::supporters::facts::{SupporterChanged, SupporterWithdrawn};
use crate::supporters::path::{InSupporter, load, visible};
use crate::supporters::rules::{Particulars, Status};
use crate::supporters::store::{self, entry};
use crate::text;

/// What can be changed of a supporter. Name, sector and country are the secretariat's.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SupporterChange")]
pub struct Changes {
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 1000))]
    name: Option<String>,
    /// A code of `/sectors`; null: unknown.
    #[serde(default)]
    #[schemars(length(max = 100))]
    sector: Change<String>,
    /// ISO 3166-1 alpha-2; null: unknown.
    #[serde(default)]
    #[schemars(length(max = 10))]
    country: Change<String>,
    /// A code of `/kinds`.
    #[serde(default)]
    #[schemars(length(max = 100))]
    kind: Change<String>,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    website: Change<String>,
    #[serde(default)]
    #[schemars(length(max = 20_000))]
    statement: Change<String>,
    /// Numbers of `/principles` that it commits to, all of them.
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 100))]
    principles: Option<Vec<i64>>,
}

impl Changes {
    /// The fields that only the secretariat may send.
    fn reserved(&self) -> Vec<&'static str> {
        let given = [("name", self.name.is_some()), ("sector", self.sector.is_given()), ("country", self.country.is_given())];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    /// What the entry becomes, or everything that is wrong with it.
    fn apply(&self, call: &Call, mut to: Particulars) -> Result<Particulars, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let mut fault = |at: &str, code, detail: String| faults.push(FieldFault::new(at, code, detail));
        if let Some(name) = &self.name {
            match text::name(name, text::MAX_NAME) {
                Ok(name) => to.name = name,
                Err(why) => fault("/name", "format", why.to_string()),
            }
        }
        self.sector.apply(&mut to.sector);
        self.kind.apply(&mut to.kind);
        match self.country.value().map(|typed| country::alpha2(typed)) {
            Some(Some(country)) => to.country = Some(country),
            Some(None) => fault("/country", "enum", "must be a country code of ISO 3166-1, such as FR".into()),
            None => self.country.apply(&mut to.country),
        }
        match self.website.value().map(|typed| address::url(typed)) {
            Some(Ok(website)) => to.website = Some(website),
            Some(Err(why)) => fault("/website", "format", why.to_string()),
            None => self.website.apply(&mut to.website),
        }
        match self.statement.value().map(|typed| text::prose(typed, text::MAX_TEXT)) {
            Some(Ok(statement)) => to.statement = Some(statement),
            Some(Err(why)) => fault("/statement", "format", why.to_string()),
            None => self.statement.apply(&mut to.statement),
        }
        faults.extend(self.sector.value().and_then(|code| call.sector_fault("/sector", code)));
        faults.extend(self.kind.value().and_then(|code| call.kind_fault("/kind", code)));
        let principles = self.principles.iter().flatten().enumerate();
        faults.extend(principles.filter_map(|(n, number)| call.principle_fault(&format!("/principles/{n}"), *number)));
        if faults.is_empty() { Ok(to) } else { Err(faults) }
    }
}

pub async fn change(request: Request<InSupporter, (), Changes>) -> Result<Answered<Tagged<SupporterView>>> {
    request
        .write(|tx, input| {
            let call = call::load(tx)?;
            // The form first: it does not depend on whose entry it is.
            input.body.apply(&call, Particulars::default()).map_err(|faults| Problem::invalid(&faults))?;
            let id = load(tx, input, "")?.id;
            let reserved = input.body.reserved();
            if !reserved.is_empty() && !input.actor.may(Action::RunInitiative, &Object::of_supporter(id)) {
                let detail = format!(
                    "{} of a supporter is the secretariat's to change. Write to it, and leave that out here.",
                    reserved.join(" and ")
                );
                return Err(Error::forbidden(detail));
            }
            entry::hold(tx, &[id])?;
            let row = entry::row(tx, id)?.ok_or_else(|| Error::not_found("supporter"))?;
            input.if_match.require(row.shown.version)?;
            let was = row.particulars();
            let to = input.body.apply(&call, was.clone()).map_err(|faults| Problem::invalid(&faults))?;
            let moved = to.sector != was.sector || to.country != was.country;
            let committed = match &input.body.principles {
                Some(principles) => entry::set_principles(tx, id, principles)?,
                None => false,
            };
            if to != was || committed {
                entry::change(tx, row, to)?;
                audit::record(tx, Entry::of("supporter.changed", "supporter", id));
            }
            if moved {
                facts::announce(tx, &SupporterChanged(id))?;
            }
            shown(tx, input)
        })
        .await
}

/// The entry as it is now.
pub fn shown<Q, B>(tx: &mut Write<'_>, input: &Input<InSupporter, Q, B>) -> Result<Answered<Tagged<SupporterView>>> {
    let row = visible(tx, input, "")?;
    let mut beside = Beside::rows(tx, std::slice::from_ref(&row))?;
    Ok(Answered::tagged(SupporterView::of(row, &mut beside)))
}

/// A move of a supporter's status.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "SupporterTransition")]
pub struct Transition {
    /// `withdrawn`; whatever else becomes of a supporter is decided upon its application.
    to: Status,
    /// Why; goes to focal points and secretariat.
    #[schemars(length(max = 5000))]
    reason: Option<String>,
}

pub async fn transition(request: Request<InSupporter, (), Transition>) -> Result<Answered<Tagged<SupporterView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let row = load(tx, input, "/transitions")?;
            input.if_match.allow(row.version)?;
            let allowed: &[Status] = if row.status == Status::Endorsed { &[Status::Withdrawn] } else { &[] };
            if !allowed.contains(&input.body.to) {
                let detail = format!("A supporter that is {} cannot be made {} here.", row.status, input.body.to);
                return Err(Problem::new(ProblemKind::IllegalTransition, detail).with("allowed", allowed).into());
            }
            let reason = reason.ok_or_else(|| Error::reason_required("focal points and secretariat are told"))?;
            withdraw(tx, &row, &reason)?;
            shown(tx, input)
        })
        .await
}

fn withdraw(tx: &mut Write<'_>, row: &store::SupporterRow, reason: &str) -> Result<()> {
    let today = call::load(tx)?.today(tx.now());
    entry::move_to(tx, row.id, Status::Endorsed, Status::Withdrawn, today, Some(reason))?;
    facts::announce(tx, &SupporterWithdrawn(row.id))?;
    let mut told = Vec::new();
    for focal_point in affiliations::focal_points(tx, row.id)? {
        told.extend(people::person(tx, focal_point)?);
    }
    for secretary in people::secretariat(tx)? {
        if !told.iter().any(|person| person.id == secretary.id) {
            told.push(secretary);
        }
    }
    for person in told {
        people::tell(
            tx,
            Kind::SupporterWithdrawn,
            &person,
            json!({"path": format!("supporters/{}", row.slug), "supporter": row.name, "reason": reason}),
        )?;
    }
    Ok(())
}
