//! Proposing a group, and changing what is said of it.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::audit::{self, Entry};
use crate::call::{self, Call};
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, Result};
use crate::facts;
use crate::groups::facts::GroupRenumbering;
use crate::groups::path::InGroup;
use crate::groups::rules::JoinPolicy;
use crate::groups::store::entry::{self, Particulars};
use crate::groups::store::{self, GroupRow, names};
use crate::groups::view::GroupView;
use crate::http::change::Change;
use crate::http::{Created, Languages, Object as Answered, Request, Tagged, Written};
use crate::locale::Localised;
use crate::policy::{Action, GroupId, Object};
use crate::text;

/// A group to be proposed.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewGroup")]
#[serde(deny_unknown_fields)]
pub struct New {
    /// Its number, which no group has or had.
    #[schemars(range(min = 1, max = 1_000_000))]
    number: i64,
    /// Its title, at most 200 characters in each language.
    title: Written,
    /// What it is to do, at most 5,000 characters in each language.
    mandate: Option<Written>,
    /// Numbers of `/principles` that it pursues.
    #[schemars(length(max = 100))]
    principles: Vec<i64>,
    join_policy: JoinPolicy,
    /// Names it in addresses; made from its title where it is not given.
    #[schemars(length(max = 80))]
    slug: Option<String>,
}

fn title(written: &Written, languages: &Languages, faults: &mut Vec<FieldFault>) -> Option<Localised> {
    let clean = |typed: &str| text::name(typed, text::MAX_NAME);
    written.read("/title", languages, clean).map_err(|more| faults.extend(more)).ok()
}

fn mandate(written: &Written, languages: &Languages, faults: &mut Vec<FieldFault>) -> Option<Localised> {
    let clean = |typed: &str| text::prose(typed, text::MAX_TEXT);
    written.read("/mandate", languages, clean).map_err(|more| faults.extend(more)).ok()
}

fn principle_faults(call: &Call, principles: &[i64], faults: &mut Vec<FieldFault>) {
    let fault = |(n, number): (usize, &i64)| call.principle_fault(&format!("/principles/{n}"), *number);
    faults.extend(principles.iter().enumerate().filter_map(fault));
}

fn slug_fault(slug: &str) -> Option<FieldFault> {
    let is_one = text::is_slug(slug) && slug.parse::<GroupId>().is_err();
    let detail = "must be small letters, digits and single hyphens, with a letter in it, at most 80 characters";
    (!is_one).then(|| FieldFault::new("/slug", "format", detail))
}

impl New {
    fn read(&self, call: &Call, languages: &Languages) -> Result<Particulars, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let title = title(&self.title, languages, &mut faults);
        let mandate = self.mandate.as_ref().and_then(|written| mandate(written, languages, &mut faults));
        principle_faults(call, &self.principles, &mut faults);
        faults.extend(self.slug.as_deref().and_then(slug_fault));
        match title {
            Some(title) if faults.is_empty() => {
                let made = text::slug(title.pick(&languages.0)).filter(|slug| slug_fault(slug).is_none());
                let slug = self.slug.clone().or(made).unwrap_or_else(|| format!("group-{}", self.number));
                Ok(Particulars { number: self.number, slug, title, mandate, join_policy: self.join_policy })
            }
            _ => Err(faults),
        }
    }
}

pub async fn make(request: Request<(), (), New>) -> Result<Created<GroupView>> {
    request
        .create(
            |tx, input| {
                let call = call::load(tx)?;
                let to = input.body.read(&call, &input.languages).map_err(|faults| Problem::invalid(&faults))?;
                input.allow(&Object::initiative())?;
                names::require_free(tx, None, to.number, &to.slug)?;
                let id = entry::insert(tx, &to)?;
                entry::set_principles(tx, id, &input.body.principles)?;
                audit::record(tx, Entry::of("group.proposed", "group", id).in_group(id));
                Ok(id.to_string())
            },
            |tx, input, id| {
                input.allow(&Object::initiative())?;
                let id: GroupId = id.parse().map_err(|_| Error::not_found("group"))?;
                let object = super::shown(tx, input, id)?;
                Ok(Created { location: format!("/groups/{id}"), object })
            },
        )
        .await
}

/// What can be changed of a group. Number and slug are the secretariat's.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "GroupChange")]
#[serde(deny_unknown_fields)]
pub struct Changes {
    /// Another number, which no other group has or had; not once it has a deliverable.
    #[serde(default)]
    #[schemars(with = "i64", range(min = 1, max = 1_000_000))]
    number: Option<i64>,
    /// Another slug; the present one leads to it from then on.
    #[serde(default)]
    #[schemars(with = "String", length(max = 80))]
    slug: Option<String>,
    #[serde(default)]
    #[schemars(with = "Written")]
    title: Option<Written>,
    #[serde(default)]
    mandate: Change<Written>,
    /// All the principles that it pursues.
    #[serde(default)]
    #[schemars(with = "Vec<i64>", length(max = 100))]
    principles: Option<Vec<i64>>,
    #[serde(default)]
    #[schemars(with = "JoinPolicy")]
    join_policy: Option<JoinPolicy>,
}

/// Changes whose form is right.
struct Checked {
    title: Option<Localised>,
    mandate: Change<Localised>,
}

impl Changes {
    fn check(&self, call: &Call, languages: &Languages) -> Result<Checked, Vec<FieldFault>> {
        let mut faults = Vec::new();
        let title = self.title.as_ref().and_then(|written| title(written, languages, &mut faults));
        let mandate = match &self.mandate {
            Change::Keep => Change::Keep,
            Change::Clear => Change::Clear,
            Change::Set(written) => Change::given(mandate(written, languages, &mut faults)),
        };
        principle_faults(call, self.principles.as_deref().unwrap_or_default(), &mut faults);
        faults.extend(self.slug.as_deref().and_then(slug_fault));
        if faults.is_empty() { Ok(Checked { title, mandate }) } else { Err(faults) }
    }

    /// The fields that only the secretariat may send.
    fn reserved(&self) -> Vec<&'static str> {
        let given = [("number", self.number.is_some()), ("slug", self.slug.is_some())];
        given.into_iter().filter(|(_, given)| *given).map(|(name, _)| name).collect()
    }

    fn apply(&self, checked: &Checked, row: &GroupRow) -> Result<Particulars> {
        let mut to = Particulars::of(row)?;
        to.number = self.number.unwrap_or(to.number);
        to.slug = self.slug.clone().unwrap_or(to.slug);
        to.title = checked.title.clone().unwrap_or(to.title);
        checked.mandate.apply(&mut to.mandate);
        to.join_policy = self.join_policy.unwrap_or(to.join_policy);
        Ok(to)
    }
}

pub async fn change(request: Request<InGroup, (), Changes>) -> Result<Answered<Tagged<GroupView>>> {
    request
        .write(|tx, input| {
            let call = call::load(tx)?;
            let checked = input.body.check(&call, &input.languages).map_err(|faults| Problem::invalid(&faults))?;
            let id = names::resolve(tx, &input.path.group, "")?.id;
            input.allow(&Object::of_group(id))?;
            let reserved = input.body.reserved();
            if !reserved.is_empty() && !input.actor.may(Action::RunInitiative, &Object::of_group(id)) {
                let detail = format!(
                    "{} of a group is the secretariat's to change. Write to it, and leave that out here.",
                    reserved.join(" and ")
                );
                return Err(Error::forbidden(detail));
            }
            let row = store::hold(tx, id)?;
            input.if_match.require(row.version)?;
            if row.status.is_over() {
                return Err(Error::wrong_state(format!("The group is {}: nothing of it is changed any more.", row.status)));
            }
            let to = input.body.apply(&checked, &row)?;
            save(tx, &row, &to, input.body.principles.as_deref())?;
            Ok(Answered::tagged(super::shown(tx, input, id)?))
        })
        .await
}

fn save(tx: &mut Write<'_>, row: &GroupRow, to: &Particulars, principles: Option<&[i64]>) -> Result<()> {
    names::require_free(tx, Some(row.id), to.number, &to.slug)?;
    if to.number != row.number {
        facts::announce(tx, &GroupRenumbering(row.id))?;
    }
    let pursued = match principles {
        Some(principles) => entry::set_principles(tx, row.id, principles)?,
        None => false,
    };
    if *to == Particulars::of(row)? && !pursued {
        return Ok(());
    }
    entry::save(tx, row, to)?;
    entry::touch(tx, row.id)?;
    audit::record(tx, Entry::of("group.changed", "group", row.id).in_group(row.id));
    Ok(())
}
