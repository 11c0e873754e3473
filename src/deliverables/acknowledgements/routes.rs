//! `/deliverables/{deliverable}/acknowledgements` and the caller's own there.

use actix_web::http::Method;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::path::{self, InDeliverable};
use super::super::record;
use super::super::store::{self as deliverables, Found};
use super::super::view::ThanksView;
use super::store::{self, ThanksRow};
use crate::audit;
use crate::db::AnyConnection;
use crate::error::{Error, FieldFault, Problem, ProblemKind, Result, Violation};
use crate::groups;
use crate::http::{Input, Object, Page, Request, Route, Tagged, get, prose, route};
use crate::people;
use crate::policy::{Action, MembershipId};
use crate::text::{self, NameFault};

const LIST: &str = "/deliverables/{deliverable}/acknowledgements";
const MINE: &str = "/deliverables/{deliverable}/acknowledgements/me";

/// Most members who are thanked in one deliverable.
const MOST: usize = 200;

pub fn routes() -> Vec<Route> {
    use ProblemKind::{Forbidden, NotFound, RuleViolation, WrongState};
    vec![
        get(LIST, Action::ReadPublic, "The members who are thanked in a deliverable", list).answers(&[NotFound]),
        route(Method::PUT, LIST, Action::WorkOnDeliverable, "Choose who of those who agreed is thanked", replace).answers(&[
            Forbidden,
            NotFound,
            WrongState,
            RuleViolation,
        ]),
        route(Method::PUT, MINE, Action::BeAcknowledged, "Agree to be thanked by name, or no more", agree)
            .unversioned()
            .answers(&[Forbidden, NotFound, WrongState]),
    ]
}

/// Those whom the caller sees: everybody those who are shown; who chooses them all who agreed; a member also itself.
fn visible<Q, B>(c: &mut AnyConnection, input: &Input<InDeliverable, Q, B>, of: &Found) -> Result<Vec<ThanksView>> {
    let chooses = input.actor.may(Action::WorkOnDeliverable, &of.object());
    let mine = |row: &ThanksRow| input.actor.person == Some(row.person_id);
    let rows: Vec<ThanksRow> =
        store::all(c, of.row.id)?.into_iter().filter(|row| row.is_shown() || (row.agreed && (chooses || mine(row)))).collect();
    let persons: Vec<_> = rows.iter().map(|row| row.person_id).collect();
    let persons = people::refs(c, &persons)?;
    rows.into_iter().map(|row| ThanksView::of(row, &persons)).collect()
}

/// The list, at its deliverable's version.
fn answer<Q, B>(c: &mut AnyConnection, input: &Input<InDeliverable, Q, B>) -> Result<Tagged<Page<ThanksView>>> {
    let found = deliverables::find(c, &input.path.deliverable)?;
    let items = visible(c, input, &found)?;
    Ok(Tagged::new(found.row.version, Page::new(items, None, None)))
}

async fn list(request: Request<InDeliverable>) -> Result<Tagged<Page<ThanksView>>> {
    request
        .read(|tx, input| {
            path::load(tx, input)?;
            answer(tx, input)
        })
        .await
}

/// Everybody who is thanked, in this order.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Acknowledgements")]
struct Whole {
    #[schemars(length(max = 200))]
    items: Vec<Item>,
}

/// One who is thanked.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcknowledgementItem")]
struct Item {
    /// The membership of a member who agreed.
    membership_id: MembershipId,
    /// What for; without it, the words that the member proposed.
    #[schemars(length(max = 20_000))]
    text: Option<String>,
}

impl Whole {
    /// Memberships with their words, or everything that is wrong with the form.
    fn check(&self) -> Result<Vec<(MembershipId, Option<String>)>, Problem> {
        let (mut checked, mut faults) = (Vec::new(), Vec::new());
        for (n, item) in self.items.iter().enumerate().take(MOST) {
            let words = match text::prose(item.text.as_deref().unwrap_or_default(), text::MAX_TEXT) {
                Ok(words) => Some(words),
                Err(NameFault::Empty) => None,
                Err(why) => {
                    faults.push(FieldFault::new(format!("/items/{n}/text"), "format", why.to_string()));
                    None
                }
            };
            if checked.iter().any(|(id, _)| *id == item.membership_id) {
                faults.push(FieldFault::new(format!("/items/{n}/membership_id"), "repeated", "stands in the list already"));
            }
            checked.push((item.membership_id, words));
        }
        if faults.is_empty() { Ok(checked) } else { Err(Problem::invalid(&faults)) }
    }
}

async fn replace(request: Request<InDeliverable, (), Whole>) -> Result<Tagged<Page<ThanksView>>> {
    request
        .write(|tx, input| {
            let wanted = input.body.check()?;
            let (found, group) = path::hold(tx, input)?;
            input.if_match.require(found.row.version)?;
            path::not_archived(&group)?;
            let rows = store::all(tx, found.row.id)?;
            let agreed = |id: &MembershipId| rows.iter().any(|row| row.agreed && row.membership_id == *id);
            let violations: Vec<_> = wanted
                .iter()
                .filter(|(id, _)| !agreed(id))
                .map(|(id, _)| Violation::new("not_agreed", format!("Nobody of membership {id} agreed to be thanked here.")))
                .collect();
            if !violations.is_empty() {
                return Err(Problem::violations(&violations).into());
            }
            let mut changed = false;
            for mut row in rows {
                let was = row.clone();
                let place = wanted.iter().zip(1_i64..).find(|((id, _), _)| *id == row.membership_id);
                row.position = place.map(|(_, position)| position);
                if let Some(((_, Some(words)), _)) = place {
                    row.text = Some(words.clone());
                }
                if row != was {
                    store::save(tx, &row)?;
                    changed = true;
                }
            }
            if changed {
                deliverables::touch(tx, found.row.id)?;
                audit::record(tx, record::of("deliverable.acknowledged", &found.row));
            }
            answer(tx, input)
        })
        .await
}

/// Whether one agrees to be thanked by name, and for what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AcknowledgementConsent")]
struct Consent {
    agreed: bool,
    /// The words that one proposes.
    #[schemars(length(max = 20_000))]
    text: Option<String>,
}

/// What one agreed to.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "MyAcknowledgement")]
struct Mine {
    agreed: bool,
    text: Option<String>,
    /// Whether everybody sees it.
    shown: bool,
}

async fn agree(request: Request<InDeliverable, (), Consent>) -> Result<Object<Mine>> {
    request
        .write(|tx, input| {
            let words = prose("/text", input.body.text.as_deref())?;
            let (found, group) = path::hold(tx, input)?;
            // Agreement may be taken back for ever.
            if input.body.agreed {
                path::not_archived(&group)?;
            }
            let mine = groups::active_memberships(tx, group.id)?;
            let mine = mine.into_iter().find(|m| Some(m.person_id) == input.actor.person && m.is_active_member());
            let mine = mine.ok_or_else(|| Error::forbidden("Only active members of the group are thanked."))?.id;
            match store::of_membership(tx, found.row.id, mine)? {
                None if input.body.agreed => store::insert(tx, found.row.id, mine, words.as_deref())?,
                None => {}
                Some(row) => save(tx, &found, row, input.body.agreed, words)?,
            }
            let row = store::of_membership(tx, found.row.id, mine)?;
            let shown = row.as_ref().is_some_and(ThanksRow::is_shown);
            let agreed = row.as_ref().is_some_and(|row| row.agreed);
            Ok(Object::plain(Mine { agreed, text: row.and_then(|row| row.text), shown }))
        })
        .await
}

/// Whoever agrees no more is taken off the list at once; what everybody reads is changed by who chose it.
fn save(tx: &mut crate::db::Write<'_>, of: &Found, was: ThanksRow, agreed: bool, words: Option<String>) -> Result<()> {
    let mut row = was.clone();
    row.agreed = agreed;
    if !agreed {
        (row.text, row.position) = (None, None);
    } else if words.is_some() && words != row.text {
        if row.is_shown() {
            let detail = "These words are public. Ask the lead or a co-chair to change them, or withdraw your agreement first.";
            return Err(Error::wrong_state(detail));
        }
        row.text = words;
    }
    if row != was {
        store::save(tx, &row)?;
    }
    if was.is_shown() && !row.is_shown() {
        deliverables::touch(tx, of.row.id)?;
        audit::record(tx, record::of("deliverable.acknowledgement_withdrawn", &of.row));
    }
    Ok(())
}
