//! Who is told what at which moment: state, clock and what was sent, to what is to be sent.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::TimeDelta;
use chrono_tz::Tz;

use super::{Moment, ReminderKind, Subject};
use crate::policy::PersonId;
use crate::settings::ReminderSettings;
use crate::time::{Day, Instant};

/// That a person has to do with a subject.
#[derive(Clone, Debug)]
pub struct Duty {
    /// Which of the plan's subjects.
    pub subject: usize,
    /// Who.
    pub person: PersonId,
    /// Whether it has done its part, and is not reminded: counted where counts must not tell who has.
    pub done: bool,
}

/// A reminder that was sent: kind, subject, days before, person.
pub type SentKey = (ReminderKind, String, i64, PersonId);

/// Everything that decides who is reminded.
#[derive(Default)]
pub struct State {
    /// What has dates.
    pub subjects: Vec<Subject>,
    /// Who has to do with them, each person once a subject.
    pub duties: Vec<Duty>,
    /// Who can be reached, and where they are.
    pub zones: HashMap<PersonId, Tz>,
    /// What was sent: for which day, and when.
    pub sent: HashMap<SentKey, Vec<(Day, Instant)>>,
    /// The last day planned, by zone.
    pub planned: HashMap<String, Day>,
    /// Who came to its zone since it was planned last, with the last day planned in the zone that it left.
    pub arrived: HashMap<PersonId, Day>,
    /// The settings.
    pub offsets: ReminderSettings,
}

/// What is planned at one time.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// What has come up by now since the last day planned.
    Now(Instant),
    /// What falls on a day in each recipient's zone, as if that day had ended.
    On(Day),
}

/// What a plan made at one time leaves planned.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Ripe {
    /// The zones that are to be planned, each with the day.
    pub zones: BTreeMap<String, Day>,
    /// Who is planned with a zone from now on, having arrived there.
    pub settled: Vec<PersonId>,
}

impl Ripe {
    /// What it is at `now` for these zones and for every zone that was ever planned (who comes there after months has missed nothing), and
    /// for who arrived in which zone, having been planned to which day.
    pub fn at(now: Instant, zones: &[Tz], planned: &HashMap<String, Day>, arrived: &[(PersonId, Tz, Day)]) -> Self {
        let today = |zone: Tz| Some(now.day_in(zone)).filter(|today| Instant::at_nine(*today, zone) <= now);
        let known = planned.keys().filter_map(|name| name.parse().ok());
        let due = zones.iter().copied().chain(known).filter_map(|zone: Tz| {
            let today = today(zone)?;
            planned.get(zone.name()).is_none_or(|day| *day < today).then(|| (zone.name().to_owned(), today))
        });
        let settled = arrived.iter().filter(|(_, zone, planned)| today(*zone).is_some_and(|today| *planned <= today));
        Self { zones: due.collect(), settled: settled.map(|(person, ..)| *person).collect() }
    }

    /// Whether there is nothing to plan.
    pub fn is_empty(&self) -> bool {
        self.zones.is_empty() && self.settled.is_empty()
    }
}

/// The moments that are planned at one time in one zone.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// They come after this; `None`: all of them.
    after: Option<Instant>,
    /// Up to this, and not beyond.
    to: Instant,
    /// When they are told.
    now: Instant,
}

/// One thing that a person is reminded of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// Which of the subjects.
    pub subject: usize,
    /// Whom.
    pub person: PersonId,
    /// When, and why.
    pub moment: Moment,
    /// Whether it has done its part, and is not reminded.
    pub done: bool,
}

impl State {
    /// The day that a zone is due to be planned to, where it is after 09:00 of it there and it is not planned yet; with the instant after
    /// which moments count (`None`: all of them). For whoever arrived the days count that were planned where they were: they miss none, and
    /// live through none twice.
    fn span(&self, zone: Tz, arrived: Option<Day>, now: Instant) -> Option<(Option<Instant>, Day)> {
        let today = now.day_in(zone);
        if Instant::at_nine(today, zone) > now {
            return None;
        }
        match arrived.or_else(|| self.planned.get(zone.name()).copied()) {
            Some(planned) if planned >= today => None,
            Some(planned) => Some((Some(Instant::at_nine(planned, zone)), today)),
            None if self.planned.is_empty() => Some((None, today)),
            // Somebody has come to a zone in which nobody was: the last day that is planned anywhere tells since when nobody planned.
            None => {
                let last = self.planned.values().min().copied().unwrap_or(today).min(super::earlier(today, 1));
                Some((Some(Instant::at_nine(last, zone)), today))
            }
        }
    }

    fn was_sent(&self, subject: &Subject, person: PersonId, moment: &Moment) -> bool {
        let key = (moment.kind, subject.id.clone(), moment.days_before, person);
        // Whoever moves to another zone may have another day for the same instant.
        let near = |on: Day| on.signed_duration_since(moment.target_on).abs() <= TimeDelta::days(1);
        self.sent.get(&key).is_some_and(|sent| {
            let is_instant = matches!(subject.target, super::Target::At(_));
            sent.iter().any(|(on, at)| *on == moment.target_on || is_instant && near(*on) && *at >= subject.set_at)
        })
    }

    fn each(&self) -> impl Iterator<Item = (&Duty, &Subject, Tz)> {
        self.duties.iter().filter_map(|duty| Some((duty, self.subjects.get(duty.subject)?, *self.zones.get(&duty.person)?)))
    }

    /// What is to be sent, by person: of each subject the latest moment only, and nothing that was sent.
    pub fn due(&self, when: When) -> BTreeMap<PersonId, Vec<Item>> {
        let mut due: BTreeMap<PersonId, Vec<Item>> = BTreeMap::new();
        for item in self.up(when).into_iter().filter(|item| !item.done) {
            due.entry(item.person).or_default().push(item);
        }
        due
    }

    /// [`State::due`], with those who have done their part, by subject.
    pub fn up(&self, when: When) -> Vec<Item> {
        let mut spans: HashMap<(&str, Option<Day>), Option<Span>> = HashMap::new();
        let mut up = Vec::new();
        for (duty, subject, zone) in self.each() {
            let arrived = self.arrived.get(&duty.person).copied();
            let span = *spans.entry((zone.name(), arrived)).or_insert_with(|| match when {
                When::Now(now) => {
                    self.span(zone, arrived, now).map(|(after, day)| Span { after, to: Instant::at_nine(day, zone), now })
                }
                When::On(day) => {
                    let nine = Instant::at_nine(day, zone);
                    Some(Span { after: Some(nine.minus(TimeDelta::microseconds(1))), to: nine, now: nine })
                }
            });
            let Some(Span { after, to, now }) = span else { continue };
            let Some(moment) = subject.due(zone, &self.offsets, after, to, now) else { continue };
            if !self.was_sent(subject, duty.person, &moment) {
                up.push(Item { subject: duty.subject, person: duty.person, moment, done: duty.done });
            }
        }
        up
    }

    /// What will be sent after `now` until the end of a day in each recipient's zone, if nothing changes: of late ones the next only. With
    /// what has come up by now, and those who have done their part.
    pub fn ahead(&self, now: Instant, until: Day) -> Vec<Item> {
        let mut ahead = self.up(When::Now(now));
        let late = ahead.iter().filter(|item| item.moment.kind == ReminderKind::DeliverableLate);
        let pending: HashSet<(usize, PersonId)> = late.map(|item| (item.subject, item.person)).collect();
        for (duty, subject, zone) in self.each() {
            let after = now.max(Instant::at_nine(self.planned.get(zone.name()).copied().unwrap_or_default(), zone));
            let mut late = pending.contains(&(duty.subject, duty.person));
            for moment in subject.moments(zone, &self.offsets, Some(after), Instant::end_of(until, zone)) {
                let is_late = moment.kind == ReminderKind::DeliverableLate;
                if self.was_sent(subject, duty.person, &moment) || (is_late && std::mem::replace(&mut late, true)) {
                    continue;
                }
                ahead.push(Item { subject: duty.subject, person: duty.person, moment, done: duty.done });
            }
        }
        ahead
    }
}
