//! Who gets a message, how often somebody may write, and sending it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use super::{Audience, store};
use crate::audit::{self, Entry};
use crate::call;
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, Result, Violation};
use crate::facts;
use crate::groups::facts::LeadsWanted;
use crate::groups::store::{self as groups, GroupRow};
use crate::locale::Localised;
use crate::mail::Kind;
use crate::people::{self, PersonRow};
use crate::policy::{GroupId, PersonId};
use crate::text;
use crate::time::Instant;

/// Messages that one person may write to one group on one day of the call.
pub const DAILY: i64 = 5;

/// A message whose form is right.
pub struct Message {
    pub subject: String,
    pub body: String,
    pub to: Audience,
}

impl Message {
    /// The message, or everything that is wrong with it.
    pub fn read(subject: &str, body: &str, to: Audience) -> Result<Self> {
        let (subject, body) = (text::name(subject, text::MAX_NAME), text::prose(body, text::MAX_TEXT));
        let fault = |at: &str, why: text::NameFault| FieldFault::new(at, "format", why.to_string());
        let faults: Vec<_> = [("/subject", subject.as_ref().err()), ("/body", body.as_ref().err())]
            .into_iter()
            .filter_map(|(at, why)| why.map(|why| fault(at, *why)))
            .collect();
        match (subject, body) {
            (Ok(subject), Ok(body)) => Ok(Self { subject, body, to }),
            _ => Err(Problem::invalid(&faults).into()),
        }
    }
}

/// The persons of these groups whom a message goes to, each with the groups by which it does: nobody who may not sign in or has no confirmed
/// address, and not its sender.
pub fn recipients(
    tx: &mut Write<'_>,
    of: &[GroupId],
    to: Audience,
    sender: PersonId,
) -> Result<Vec<(PersonRow, BTreeSet<GroupId>)>> {
    let found = match to {
        Audience::Members => store::members(tx, of)?,
        Audience::CoChairs => groups::people::co_chairs(tx, of)?,
        Audience::Leads => leads(tx, of)?,
    };
    let mut by_person: BTreeMap<PersonId, BTreeSet<GroupId>> = BTreeMap::new();
    for (group, person) in found.into_iter().filter(|(_, person)| *person != sender) {
        by_person.entry(person).or_default().insert(group);
    }
    let ids: Vec<PersonId> = by_person.keys().copied().collect();
    let rows = people::persons(tx, &ids)?.into_iter().filter(PersonRow::is_reachable);
    Ok(rows.filter_map(|row| by_person.remove(&row.id).map(|groups| (row, groups))).collect())
}

/// Deliverables lie above the groups: whoever keeps them says who leads them.
fn leads(tx: &mut Write<'_>, groups: &[GroupId]) -> Result<BTreeSet<(GroupId, PersonId)>> {
    let mut leads = BTreeSet::new();
    for group in groups {
        let wanted = LeadsWanted { group: *group, found: RefCell::default() };
        facts::announce(tx, &wanted)?;
        leads.extend(wanted.found.into_inner().into_iter().map(|person| (*group, person)));
    }
    Ok(leads)
}

/// Sends a message to people of these groups, once to each person. The groups are held first, so that nobody writes more often than allowed
/// by writing twice at once.
///
/// # Errors
///
/// 422 where the sender has written as often as it may today to one of the groups, each named, and where there is nobody to write to.
pub fn send(tx: &mut Write<'_>, sender: PersonId, message: &Message, to: &[GroupRow]) -> Result<()> {
    let mut ids: Vec<GroupId> = to.iter().map(|row| row.id).collect();
    ids.sort_unstable();
    for id in &ids {
        groups::hold(tx, *id)?;
    }
    let call = call::load(tx)?;
    let midnight = Instant::start_of(call.today(tx.now()), call.time_zone);
    let often: BTreeMap<GroupId, i64> = store::sent_since(tx, sender, &ids, midnight)?.into_iter().collect();
    let mut violations: Vec<Violation> = to
        .iter()
        .filter(|row| often.get(&row.id).is_some_and(|sent| *sent >= DAILY))
        .map(|row| {
            let detail = format!("You have written {DAILY} messages to group {} today. Write again tomorrow.", row.number);
            Violation::new("daily_limit", detail)
        })
        .collect();
    let recipients = recipients(tx, &ids, message.to, sender)?;
    if recipients.is_empty() {
        violations.push(Violation::new("no_recipients", "There is nobody whom this message would go to."));
    }
    if !violations.is_empty() {
        return Err(Problem::violations(&violations).into());
    }
    let name = people::person(tx, sender)?.map(|row| row.display_name).unwrap_or_default();
    let titles: BTreeMap<GroupId, (i64, Localised)> =
        to.iter().map(|row| Ok((row.id, (row.number, Localised::from_json(&row.title)?)))).collect::<Result<_, Error>>()?;
    let languages = call::languages(tx)?;
    for (person, by) in &recipients {
        let order = languages.read_by(person.locale.as_deref());
        let mut theirs: Vec<_> = by.iter().filter_map(|group| titles.get(group)).collect();
        theirs.sort_by_key(|(number, _)| *number);
        let path = if let [(number, _)] = theirs.as_slice() { Some(format!("groups/{number}")) } else { None };
        let theirs: Vec<&str> = theirs.into_iter().map(|(_, title)| title.pick(&order)).collect();
        let params = json!({"path": path, "groups": theirs, "sender": name, "subject": message.subject, "body": message.body});
        people::tell(tx, Kind::GroupMessage, person, params)?;
    }
    for id in ids {
        let reached = recipients.iter().filter(|(_, by)| by.contains(&id)).count();
        store::insert(tx, id, sender, message.to, (&message.subject, &message.body), reached)?;
        audit::record(tx, Entry::of("group.messaged", "group", id).in_group(id));
    }
    Ok(())
}
