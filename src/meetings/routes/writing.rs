//! Calling, changing, holding and cancelling meetings.

use schemars::JsonSchema;
use serde::Deserialize;

use super::super::mails;
use super::super::rules::{MinutesStatus, Status, time_faults};
use super::super::store::{self, MeetingId, MeetingRow};
use super::super::view::{self, MeetingView};
use super::InMeeting;
use crate::address;
use crate::audit::{self, Entry};
use crate::call;
use crate::db::Write;
use crate::error::{Error, FieldFault, Problem, Result, Violation};
use crate::groups::{self, GroupFacts, InGroup};
use crate::http::change::Change;
use crate::http::{Created, Input, Object as Answered, Request, Tagged, prose};
use crate::policy::Object;
use crate::states::State;
use crate::text;
use crate::time::{self, Instant};

/// Longest agenda, longest minutes, in characters.
const MAX_MARKDOWN: usize = 50_000;

/// A meeting to be called.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "NewMeeting")]
pub struct New {
    #[schemars(length(min = 1, max = 1000))]
    title: String,
    starts_at: Instant,
    ends_at: Instant,
    /// A zone of the tz database, in which mails show its hours; the call's where it is left out.
    #[schemars(length(max = 64))]
    time_zone: Option<String>,
    #[schemars(length(max = 1000))]
    place: Option<String>,
    /// Where to join it online.
    #[schemars(length(max = 2000))]
    link: Option<String>,
    /// Markdown.
    #[schemars(length(max = 50_000))]
    agenda: Option<String>,
}

/// What can be changed of a meeting: once it was held its minutes only.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[schemars(rename = "MeetingChange")]
pub struct Changes {
    #[serde(default)]
    #[schemars(with = "String", length(min = 1, max = 1000))]
    title: Option<String>,
    #[serde(default)]
    #[schemars(with = "Instant")]
    starts_at: Option<Instant>,
    #[serde(default)]
    #[schemars(with = "Instant")]
    ends_at: Option<Instant>,
    /// A zone of the tz database.
    #[serde(default)]
    #[schemars(with = "String", length(max = 64))]
    time_zone: Option<String>,
    #[serde(default)]
    #[schemars(length(max = 1000))]
    place: Change<String>,
    #[serde(default)]
    #[schemars(length(max = 2000))]
    link: Change<String>,
    /// Markdown.
    #[serde(default)]
    #[schemars(length(max = 50_000))]
    agenda: Change<String>,
    /// Markdown.
    #[serde(default)]
    #[schemars(length(max = 50_000))]
    minutes: Change<String>,
    #[serde(default)]
    #[schemars(with = "MinutesStatus")]
    minutes_status: Option<MinutesStatus>,
}

impl Changes {
    /// These with clean texts, or everything that is wrong with their form.
    fn clean(&self) -> Result<Self> {
        let mut faults = Vec::new();
        let mut fault = |at: &str, code, detail: String| faults.push(FieldFault::new(at, code, detail));
        let mut clean = self.clone();
        if let Some(title) = &self.title {
            match text::name(title, text::MAX_NAME) {
                Ok(title) => clean.title = Some(title),
                Err(why) => fault("/title", "format", why.to_string()),
            }
        }
        if let Some(zone) = &self.time_zone {
            match time::zone(zone) {
                Ok(zone) => clean.time_zone = Some(zone.name().to_owned()),
                Err(why) => fault("/time_zone", "enum", why.to_string()),
            }
        }
        if let Some(place) = self.place.value() {
            match text::name(place, text::MAX_NAME) {
                Ok(place) => clean.place = Change::Set(place),
                Err(why) => fault("/place", "format", why.to_string()),
            }
        }
        if let Some(link) = self.link.value() {
            match address::url(link) {
                Ok(link) => clean.link = Change::Set(link),
                Err(why) => fault("/link", "format", why.to_string()),
            }
        }
        for (at, given, field) in [("/agenda", &self.agenda, &mut clean.agenda), ("/minutes", &self.minutes, &mut clean.minutes)]
        {
            match given.value().map(|markdown| text::prose(markdown, MAX_MARKDOWN)) {
                Some(Ok(markdown)) => *field = Change::Set(markdown),
                Some(Err(why)) => fault(at, "format", why.to_string()),
                None => {}
            }
        }
        if faults.is_empty() { Ok(clean) } else { Err(Problem::invalid(&faults).into()) }
    }

    /// Whether anything but the minutes is named.
    fn is_about_the_meeting(&self) -> bool {
        self.title.is_some()
            || self.starts_at.is_some()
            || self.ends_at.is_some()
            || self.time_zone.is_some()
            || self.place.is_given()
            || self.link.is_given()
            || self.agenda.is_given()
    }

    fn apply(&self, mut row: MeetingRow) -> MeetingRow {
        row.title = self.title.clone().unwrap_or(row.title);
        row.starts_at = self.starts_at.unwrap_or(row.starts_at);
        row.ends_at = self.ends_at.unwrap_or(row.ends_at);
        row.time_zone = self.time_zone.clone().unwrap_or(row.time_zone);
        self.place.apply(&mut row.place);
        self.link.apply(&mut row.link);
        self.agenda.apply(&mut row.agenda);
        self.minutes.apply(&mut row.minutes);
        row
    }
}

/// 409 where nothing of the group changes any more, or nothing can be called in it yet.
fn writable(group: &GroupFacts) -> Result<()> {
    use groups::Status::{Active, Concluded, Proposed, Suspended, Withdrawn};
    match group.status {
        Active | Suspended => Ok(()),
        Proposed => Err(Error::wrong_state("The group is proposed; it meets once it is active.")),
        Concluded | Withdrawn => {
            Err(Error::wrong_state(format!("The group is {}; its meetings stay as they are.", group.status)))
        }
    }
}

fn timely(row: &MeetingRow, now: Instant) -> Result<()> {
    let faults = time_faults(row.starts_at, row.ends_at, now);
    let broken: Vec<_> = faults.iter().map(|fault| Violation::new(fault.code(), fault.to_string())).collect();
    if broken.is_empty() { Ok(()) } else { Err(Problem::violations(&broken).into()) }
}

pub async fn make(request: Request<InGroup, (), New>) -> Result<Created<MeetingView>> {
    request
        .create(
            |tx, input| {
                let New { title, starts_at, ends_at, time_zone, place, link, agenda } = &input.body;
                let typed = Changes {
                    title: Some(title.clone()),
                    time_zone: time_zone.clone(),
                    place: Change::given(place.clone()),
                    link: Change::given(link.clone()),
                    agenda: Change::given(agenda.clone()),
                    ..Changes::default()
                }
                .clean()?;
                let group = groups::named(tx, &input.path.group, "/meetings")?;
                input.allow(&Object::of_group(group.id))?;
                // Whoever joins while it is called is invited, or comes after it.
                let group = groups::hold(tx, group.id)?;
                writable(&group)?;
                let row = typed.apply(MeetingRow {
                    id: tx.new_id(),
                    group_id: group.id,
                    title: String::new(),
                    starts_at: *starts_at,
                    ends_at: *ends_at,
                    time_zone: call::load(tx)?.time_zone.name().to_owned(),
                    place: None,
                    link: None,
                    agenda: None,
                    minutes: None,
                    minutes_status: MinutesStatus::Draft,
                    status: Status::Scheduled,
                    sequence: 0,
                    version: 1,
                    created_at: tx.now(),
                    updated_at: tx.now(),
                });
                timely(&row, tx.now())?;
                store::insert(tx, &row)?;
                mails::invite(tx, &row, input.actor.person)?;
                audit::record(tx, Entry::of("meeting.called", "meeting", row.id).in_group(row.group_id));
                Ok(row.id.to_string())
            },
            |tx, input, id| {
                let id: MeetingId = id.parse().map_err(|_| Error::not_found("meeting"))?;
                let row = store::find(tx, id)?;
                input.allow(&Object::of_group(row.group_id))?;
                let object = view::meeting(tx, row, &input.actor, &input.reader)?;
                Ok(Created { location: format!("/meetings/{id}"), object })
            },
        )
        .await
}

/// The meeting of the path, which the caller may run, its group held; 409 where it stays as it is.
pub fn load<B>(tx: &mut Write<'_>, input: &Input<InMeeting, (), B>) -> Result<MeetingRow> {
    let row = store::find(tx, input.path.meeting)?;
    input.allow(&Object::of_group(row.group_id))?;
    let group = groups::hold(tx, row.group_id)?;
    // As it is now that nobody else writes.
    let row = store::hold(tx, row.id)?;
    writable(&group).map(|()| row)
}

pub async fn change(request: Request<InMeeting, (), Changes>) -> Result<Answered<Tagged<MeetingView>>> {
    request
        .write(|tx, input| {
            let typed = input.body.clean()?;
            let was = load(tx, input)?;
            input.if_match.require(was.version)?;
            match was.status {
                Status::Cancelled => {
                    return Err(Error::wrong_state("The meeting is cancelled and stays as it was. Call another."));
                }
                Status::Held if typed.is_about_the_meeting() => {
                    return Err(Error::wrong_state("The meeting was held: only its minutes can be changed."));
                }
                Status::Scheduled | Status::Held => {}
            }
            let mut row = typed.apply(was.clone());
            let publishes = typed.minutes_status.filter(|to| *to != was.minutes_status);
            if let Some(to) = publishes {
                row.minutes_status = was.minutes_status.go(to)?;
            }
            fit(&row, &was, tx.now())?;
            if row != was {
                let moved = row.is_moved_from(&was);
                row.sequence += i64::from(moved);
                row = store::save(tx, row)?;
                if typed.is_about_the_meeting() {
                    audit::record(tx, Entry::of("meeting.changed", "meeting", row.id).in_group(row.group_id));
                }
                match publishes {
                    Some(to) => audit::record(
                        tx,
                        Entry::of("meeting.minutes_published", "meeting", row.id)
                            .in_group(row.group_id)
                            .moved(was.minutes_status, to),
                    ),
                    None if row.minutes != was.minutes => {
                        audit::record(tx, Entry::of("meeting.minutes_changed", "meeting", row.id).in_group(row.group_id))
                    }
                    None => {}
                }
                if moved {
                    mails::changed(tx, &row, input.actor.person)?;
                }
            }
            Ok(Answered::tagged(view::meeting(tx, row, &input.actor, &input.reader)?))
        })
        .await
}

/// 422 with every rule against what a meeting would become.
fn fit(row: &MeetingRow, was: &MeetingRow, now: Instant) -> Result<()> {
    if (row.starts_at, row.ends_at) != (was.starts_at, was.ends_at) {
        timely(row, now)?;
    }
    let mut broken = Vec::new();
    if row.minutes_status == MinutesStatus::Published {
        if row.minutes.is_none() {
            broken.push(Violation::new("no_minutes", "Published minutes have a text: write it in `minutes`."));
        }
        if row.status != Status::Held {
            broken.push(Violation::new("not_held", "Minutes are published once the meeting was held: say so first."));
        }
    }
    if broken.is_empty() { Ok(()) } else { Err(Problem::violations(&broken).into()) }
}

/// A move of a meeting.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "MeetingTransition")]
pub struct Transition {
    to: Status,
    /// Why; goes to those who are invited when it is called off.
    #[schemars(length(max = 5000))]
    reason: Option<String>,
}

pub async fn transition(request: Request<InMeeting, (), Transition>) -> Result<Answered<Tagged<MeetingView>>> {
    request
        .write(|tx, input| {
            let reason = prose("/reason", input.body.reason.as_deref())?;
            let row = load(tx, input)?;
            input.if_match.allow(row.version)?;
            let (from, to) = (row.status, input.body.to);
            from.go(to)?;
            if to == Status::Held && tx.now() < row.starts_at {
                let detail = format!("The meeting begins at {}; it can have been held from then on.", row.starts_at);
                return Err(Error::violation("not_begun", detail));
            }
            let cancels = to == Status::Cancelled;
            let row = store::save(tx, MeetingRow { status: to, sequence: row.sequence + i64::from(cancels), ..row })?;
            let act = if cancels { "meeting.cancelled" } else { "meeting.held" };
            audit::record(
                tx,
                Entry::of(act, "meeting", row.id).in_group(row.group_id).moved(from, to).because(reason.as_deref()),
            );
            if cancels {
                mails::cancelled(tx, &row, input.actor.person, reason.as_deref())?;
            }
            Ok(Answered::tagged(view::meeting(tx, row, &input.actor, &input.reader)?))
        })
        .await
}
