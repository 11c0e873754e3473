//! `plenary demo`: the Paris Call with a Forum to come and made-up groups at work on it, served.

mod groups;
mod paper;
mod people;
mod play;
mod rounds;
mod stage;

use actix_web::rt::System;
use chrono::{Datelike as _, TimeDelta};

use self::stage::Stage;
use super::{Failure, Outcome, log, say, serve};
use crate::config::{Settings, Synchronous};
use crate::error::Error;
use crate::load::{self, LoadFault};
use crate::time::{Clock, Day, Instant};
use crate::{forum, groups as working_groups, server};

/// The call, as public sources give it.
const FILE: &str = include_str!("../../config/paris-call.toml");

pub(super) fn run(settings: Settings) -> Outcome {
    log::start(&settings.log)?;
    let (seasons, logins) = prepare(&settings)?;
    Ok(server::serve(settings, |settings| announce(settings, seasons, &logins))?)
}

/// The Forum that is being prepared, and the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Seasons {
    last: i32,
    coming: i32,
}

impl Seasons {
    /// The first Forum that begins, on 11 November, after `today`, and the one before.
    fn around(today: Day) -> Self {
        let is_to_come = (today.month(), today.day()) < (11, 11);
        let coming = if is_to_come { today.year() } else { today.year() + 1 };
        Self { last: coming - 1, coming }
    }

    fn last_starts_on(self) -> Day {
        starts_on(self.last)
    }

    fn coming_starts_on(self) -> Day {
        starts_on(self.coming)
    }
}

/// The first day of a year's Forum of the demo.
fn starts_on(year: i32) -> Day {
    Day::from_ymd_opt(year, 11, 11).unwrap_or_default()
}

/// What is made where it is not there yet: the call, the Forum to come, people, and what they do. Who was made now, to sign in.
fn prepare(settings: &Settings) -> Result<(Seasons, Vec<people::Login>), Failure> {
    let db = server::open(settings)?;
    server::migrate(&db, true)?;
    let loaded = db.read_blocking(|tx| load::loaded(tx))?;
    let mut text = loaded.clone().unwrap_or_else(|| FILE.to_owned());
    let (file, ours) = match (load::parse(&text), load::parse(FILE)) {
        (Ok(file), Ok(ours)) => (file, ours),
        (Err(faults), _) | (_, Err(faults)) => return Err(refusal(LoadFault::File(faults))),
    };
    if file.call.slug != ours.call.slug {
        return Err(Failure(format!(
            "the database holds another call, {}. Give the demo a place of its own: PLENARY_DATA_DIR=./demo plenary demo",
            file.call.name
        )));
    }
    let now = db.clock().now();
    let today = now.day_in(file.call.time_zone);
    let seasons = Seasons::around(today);
    // Nothing is older than the call that it belongs to.
    let beginning = beginning(now, today, seasons);
    let clock = Clock::fixed(if loaded.is_none() { beginning } else { now });
    // A power cut now costs nothing that cannot be made again: no need to wait for the disk a hundred times.
    let mut hasty = settings.clone();
    hasty.database.synchronous = Synchronous::Normal;
    let staged = server::open_at(&hasty, clock.clone())?;
    let is_cast = db.read_blocking(|tx| people::are_there(tx))?;
    let mut is_new = loaded.is_none();
    if !is_cast {
        text.push_str(people::SUPPORTERS);
        if !db.read_blocking(|tx| is_there(tx, seasons.last))? {
            text.push_str(&edition(&format!("Demo Forum {}", seasons.last), seasons.last));
        }
        is_new = true;
    }
    if !db.read_blocking(|tx| is_there(tx, seasons.coming))? {
        text.push_str(&edition(&format!("Paris Peace Forum {}", seasons.coming), seasons.coming));
        is_new = true;
    }
    let name = &file.call.name;
    if is_new {
        // What was loaded before, with what the demo adds: the loader leaves everything else as it has become.
        say(load::load(&staged, &text).map_err(refusal)?);
        say(format_args!("Loaded {name} with a Forum to come in November {}.", seasons.coming));
    } else {
        say(format_args!("The demo is there already: {name} and the Forum of {}. Nothing was changed.", seasons.coming));
    }
    if is_cast {
        if !db.read_blocking(|tx| is_complete(tx))? {
            say(
                "The demo was broken off while it was made: for all of it, start anew with PLENARY_DATA_DIR=./demo plenary demo.",
            );
        }
        return Ok((seasons, Vec::new()));
    }
    let accounts = server::accounts(settings, db.clock())?;
    clock.set(beginning);
    let logins = people::make(&staged, &accounts)?;
    System::new().block_on(async {
        let mut stage = Stage::new(settings, staged, clock, accounts, (now, today)).await?;
        for login in &logins {
            stage.enters(login.role, login.person);
        }
        play::all(&stage, seasons).await
    })?;
    say("Made people, working groups from 101 on, and what they do: none of it is real.");
    Ok((seasons, logins))
}

/// When the demo's story begins.
fn beginning(now: Instant, today: Day, seasons: Seasons) -> Instant {
    let last_season = seasons.last_starts_on().signed_duration_since(today).num_days() + play::LAST_SEASON;
    now.plus(TimeDelta::days(last_season.min(play::BEGINS) - 1))
}

fn is_complete(tx: &mut crate::db::AnyConnection) -> Result<bool, Error> {
    found(working_groups::named(tx, groups::LAST, ""))
}

fn is_there(tx: &mut crate::db::AnyConnection, year: i32) -> Result<bool, Error> {
    found(forum::resolve(tx, &year.to_string()))
}

fn found<T>(what: Result<T, Error>) -> Result<bool, Error> {
    match what {
        Ok(_) => Ok(true),
        Err(Error::Problem(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn refusal(fault: LoadFault) -> Failure {
    Failure(format!("the demo's call was not loaded. Start anew: PLENARY_DATA_DIR=./demo plenary demo\n{fault}"))
}

fn edition(name: &str, year: i32) -> String {
    format!(
        r#"
# A Forum made up by the demo.
[[forum_editions]]
year = {year}
name = "{name}"
city = "Paris"
country = "FR"
starts_on = {year}-11-11
ends_on = {year}-11-13
submission_deadline = {year}-10-11
status = "open"
"#
    )
}

fn announce(settings: &Settings, seasons: Seasons, logins: &[people::Login]) {
    serve::announce(settings);
    let base = format!("http://{}", settings.listen);
    let places = [
        ("documentation", "/docs/".to_owned()),
        ("the call", "/api/v1/call".to_owned()),
        ("working groups", "/api/v1/groups".to_owned()),
        ("group 3, balanced by a derogation", "/api/v1/groups/3/balance".to_owned()),
        ("the register's private sector", "/api/v1/supporters?sector=private_sector&total=true".to_owned()),
        ("statistics", "/api/v1/supporters/stats".to_owned()),
        ("the coming Forum", format!("/api/v1/forum-editions/{}", seasons.coming)),
        ("a group that lost its balance", "/api/v1/groups/102/balance".to_owned()),
        ("what a group has done", "/api/v1/groups/101/timeline".to_owned()),
        ("the round of 2020", "/api/v1/consultations?status=published".to_owned()),
        ("a round that is open", format!("/api/v1/consultations/{}", rounds::OPEN)),
        ("deliverables that are at risk", "/api/v1/deliverables?health=at_risk".to_owned()),
    ];
    for (what, path) in places {
        say(format_args!("  {what:34} {base}{path}"));
    }
    if !logins.is_empty() {
        say("Sign in with POST /api/v1/auth/login as one of these; the passwords are shown this once:");
    }
    for people::Login { role, email, password, .. } in logins {
        say(format_args!("{role} {email} {password}"));
    }
    say("Ctrl-C stops it.");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coming_forum_begins_after_today() {
        let cases = [
            ("2026-01-01", 2026),
            ("2026-11-10", 2026),
            ("2026-11-11", 2027),
            ("2026-11-22", 2027),
            ("2026-12-31", 2027),
            ("2028-02-29", 2028),
        ];
        for (today, year) in cases {
            assert_eq!(Seasons::around(today.parse().unwrap()), Seasons { last: year - 1, coming: year }, "{today}");
        }
    }

    #[test]
    fn the_demo_is_a_call_file() {
        let file = load::parse(&format!("{FILE}{}{}", people::SUPPORTERS, edition("Demo Forum 2031", 2031))).unwrap();
        let forum = file.forum_editions.iter().find(|edition| edition.year == 2031).unwrap();
        assert_eq!(
            (forum.dates.starts_on.to_string(), forum.dates.submission_deadline.unwrap().to_string()),
            ("2031-11-11".into(), "2031-10-11".into())
        );
    }
}
