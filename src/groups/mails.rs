//! What a transaction has to tell of groups, to those who look after them: one mail a person and kind, however much it says.
//!
//! What happened is noted where it happens. Who is told, and how it is worded, is found out before the commit, when it is known who sits,
//! and what somebody who was erased is called.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Value, json};

use super::store;
use crate::audit;
use crate::call;
use crate::db::{DbError, Write};
use crate::error::{Error, Result};
use crate::locale::Localised;
use crate::mail::Kind;
use crate::people::{self, PersonRow};
use crate::policy::{GroupId, PersonId, SupporterId};
use crate::supporters;

/// What happened in a group.
#[derive(PartialEq)]
enum News {
    /// Nobody fills this supporter's seat.
    SeatVacant(SupporterId),
    /// Somebody fills this supporter's seat now.
    SeatFilled(SupporterId, PersonId),
    /// The group is active, and its co-chairs break the rule in these ways.
    BalanceLost(Vec<String>),
    /// Somebody takes part no more.
    MembershipEnded(PersonId),
}

impl News {
    fn kind(&self) -> Kind {
        match self {
            Self::SeatVacant(_) => Kind::SeatVacant,
            Self::SeatFilled(..) => Kind::SeatFilled,
            Self::BalanceLost(_) => Kind::BalanceLost,
            Self::MembershipEnded(_) => Kind::MembershipEnded,
        }
    }

    fn supporter(&self) -> Option<SupporterId> {
        match self {
            Self::SeatVacant(supporter) | Self::SeatFilled(supporter, _) => Some(*supporter),
            Self::BalanceLost(_) | Self::MembershipEnded(_) => None,
        }
    }

    /// Who left.
    fn person(&self) -> Option<PersonId> {
        if let Self::MembershipEnded(person) = self { Some(*person) } else { None }
    }
}

/// A supporter's seat is vacant: the secretariat, the other co-chairs and the supporter's focal points are told.
pub fn seat_vacant(tx: &mut Write<'_>, group: GroupId, supporter: SupporterId) {
    note(tx, group, News::SeatVacant(supporter));
}

/// Somebody fills a supporter's seat now, and is told.
pub fn seat_filled(tx: &mut Write<'_>, group: GroupId, supporter: SupporterId, person: PersonId) {
    note(tx, group, News::SeatFilled(supporter, person));
}

/// An active group has lost its balance, by these violations: the secretariat is told.
pub fn balance_lost(tx: &mut Write<'_>, group: GroupId, violations: Vec<String>) {
    note(tx, group, News::BalanceLost(violations));
}

/// An active membership ended: the co-chairs are told.
pub fn membership_ended(tx: &mut Write<'_>, group: GroupId, person: PersonId) {
    note(tx, group, News::MembershipEnded(person));
}

/// What this transaction has to tell, in the order in which it happened.
#[derive(Default)]
struct Pending(Vec<(GroupId, News)>);

fn note(tx: &mut Write<'_>, group: GroupId, news: News) {
    let pending = &mut tx.note::<Pending>().0;
    let one = (group, news);
    if !pending.contains(&one) {
        pending.push(one);
    }
    tx.before_commit(|tx| send(tx).map_err(in_sql));
}

/// Queues one mail for each person and kind. Nobody is told what it did itself.
fn send(tx: &mut Write<'_>) -> Result<()> {
    let Pending(pending) = std::mem::take(tx.note::<Pending>());
    let groups: BTreeSet<GroupId> = pending.iter().map(|(group, _)| *group).collect();
    let groups: Vec<GroupId> = groups.into_iter().collect();
    let seated = store::people::co_chairs(tx, &groups)?;
    let secretariat: Vec<PersonId> = people::secretariat(tx)?.into_iter().map(|person| person.id).collect();
    let causer = audit::causer(tx);
    let mut told: BTreeMap<(PersonId, Kind), Vec<&(GroupId, News)>> = BTreeMap::new();
    for one in &pending {
        let (group, news) = one;
        let co_chairs = seated.iter().filter(|(of, _)| of == group).map(|(_, person)| *person);
        let to: BTreeSet<PersonId> = match news {
            News::SeatVacant(supporter) => {
                co_chairs.chain(secretariat.iter().copied()).chain(supporters::focal_points(tx, *supporter)?).collect()
            }
            News::SeatFilled(_, person) => BTreeSet::from([*person]),
            News::BalanceLost(_) => secretariat.iter().copied().collect(),
            News::MembershipEnded(_) => co_chairs.collect(),
        };
        for person in to.into_iter().filter(|person| Some(*person) != causer) {
            told.entry((person, news.kind())).or_default().push(one);
        }
    }
    let words = Words::load(tx, &groups, &pending)?;
    let persons: BTreeSet<PersonId> = told.keys().map(|(person, _)| *person).collect();
    let rows = people::persons(tx, &persons.into_iter().collect::<Vec<_>>())?;
    let rows: HashMap<PersonId, PersonRow> = rows.into_iter().map(|row| (row.id, row)).collect();
    let languages = call::languages(tx)?;
    for ((person, kind), news) in told {
        // As it is now: the transaction may have suspended or erased it.
        let Some(person) = rows.get(&person).filter(|row| row.may_sign_in()) else { continue };
        let order = languages.read_by(person.locale.as_deref());
        let of: BTreeSet<GroupId> = news.iter().map(|(group, _)| *group).collect();
        let path = if of.len() == 1 { of.first().and_then(|group| words.path(*group)) } else { None };
        let items: Vec<_> = news.into_iter().map(|(group, news)| words.item(*group, news, &order)).collect();
        people::tell(tx, kind, person, json!({"path": path, "items": items}))?;
    }
    Ok(())
}

/// What groups, supporters and persons are called.
struct Words {
    groups: HashMap<GroupId, (i64, Localised)>,
    supporters: HashMap<SupporterId, String>,
    persons: HashMap<PersonId, String>,
}

impl Words {
    fn load(tx: &mut Write<'_>, groups: &[GroupId], pending: &[(GroupId, News)]) -> Result<Self> {
        let of: Vec<SupporterId> = pending.iter().filter_map(|(_, news)| news.supporter()).collect();
        let who: Vec<PersonId> = pending.iter().filter_map(|(_, news)| news.person()).collect();
        let groups = store::by_ids(tx, groups)?;
        let groups = groups.into_iter().map(|row| Ok((row.id, (row.number, Localised::from_json(&row.title)?))));
        let supporters = supporters::refs(tx, &of)?.into_iter().map(|(id, facts)| (id, facts.reference.name));
        let persons = people::refs(tx, &who)?.into_iter().map(|(id, person)| (id, person.display_name));
        Ok(Self { groups: groups.collect::<Result<_>>()?, supporters: supporters.collect(), persons: persons.collect() })
    }

    /// Where a group is.
    fn path(&self, group: GroupId) -> Option<String> {
        self.groups.get(&group).map(|(number, _)| format!("groups/{number}"))
    }

    /// One of a mail's `items`, for who reads in this order of languages.
    fn item(&self, group: GroupId, news: &News, order: &[String]) -> Value {
        let (number, title) = self.groups.get(&group).map(|(number, title)| (number, title.pick(order))).unzip();
        let path = self.path(group);
        match news {
            News::SeatVacant(supporter) | News::SeatFilled(supporter, _) => {
                json!({"path": path, "number": number, "group": title, "supporter": self.supporters.get(supporter)})
            }
            News::BalanceLost(violations) => json!({"path": path, "number": number, "group": title, "violations": violations}),
            News::MembershipEnded(person) => json!({"path": path, "group": title, "person": self.persons.get(person)}),
        }
    }
}

/// What a step before the commit may fail with. Only the database fails here.
fn in_sql(error: Error) -> diesel::result::Error {
    match error {
        Error::Db(DbError::Query(error)) => error,
        other => diesel::result::Error::QueryBuilderError(other.to_string().into()),
    }
}
