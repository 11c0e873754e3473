//! `plenary demo`: the Paris Call with a Forum to come, served.

mod people;

use chrono::Datelike as _;

use super::{Failure, Outcome, log, say, serve};
use crate::config::Settings;
use crate::error::Error;
use crate::load::{self, LoadFault};
use crate::time::Day;
use crate::{forum, server};

/// The call, as public sources give it.
const FILE: &str = include_str!("../../config/paris-call.toml");

pub(super) fn run(settings: Settings) -> Outcome {
    log::start(&settings.log)?;
    let forum = prepare(&settings)?;
    let logins = introduce(&settings)?;
    Ok(server::serve(settings, |settings| announce(settings, forum, &logins))?)
}

/// Loads the call and the coming Forum where they are not there yet; the year of that Forum.
fn prepare(settings: &Settings) -> Result<i32, Failure> {
    let db = server::open(settings)?;
    server::migrate(&db, true)?;
    let loaded = db.read_blocking(|tx| load::loaded(tx))?;
    let text = loaded.as_deref().unwrap_or(FILE);
    let (file, ours) = match (load::parse(text), load::parse(FILE)) {
        (Ok(file), Ok(ours)) => (file, ours),
        (Err(faults), _) | (_, Err(faults)) => return Err(refusal(LoadFault::File(faults))),
    };
    if file.call.slug != ours.call.slug {
        return Err(Failure(format!(
            "the database holds another call, {}. Give the demo a place of its own: PLENARY_DATA_DIR=./demo plenary demo",
            file.call.name
        )));
    }
    let today = db.clock().now().day_in(file.call.time_zone);
    let year = coming_forum(today);
    if loaded.is_some() && db.read_blocking(|tx| is_there(tx, year))? {
        say(format_args!("The demo is there already: {} and the Forum of {year}. Nothing was changed.", file.call.name));
        return Ok(year);
    }
    // What was loaded before, with one more edition: the loader leaves everything else as it has become.
    let report = load::load(&db, &format!("{text}{}", edition(year))).map_err(refusal)?;
    say(report);
    say(format_args!("Loaded {} with a Forum to come in November {year}.", file.call.name));
    Ok(year)
}

/// Makes somebody in each role; how to sign in as each that was made now.
fn introduce(settings: &Settings) -> Result<Vec<people::Login>, Failure> {
    let db = server::open(settings)?;
    Ok(people::people(&db, &server::accounts(settings, db.clock())?)?)
}

fn is_there(tx: &mut crate::db::AnyConnection, year: i32) -> Result<bool, Error> {
    match forum::resolve(tx, &year.to_string()) {
        Ok(_) => Ok(true),
        Err(Error::Problem(_)) => Ok(false),
        Err(error) => Err(error),
    }
}

fn refusal(fault: LoadFault) -> Failure {
    Failure(format!("the demo's call was not loaded. Start anew: PLENARY_DATA_DIR=./demo plenary demo\n{fault}"))
}

/// The year of the first Forum that begins, on 11 November, after `today`.
fn coming_forum(today: Day) -> i32 {
    let is_to_come = (today.month(), today.day()) < (11, 11);
    if is_to_come { today.year() } else { today.year() + 1 }
}

fn edition(year: i32) -> String {
    format!(
        r#"
# A Forum to come: made up by the demo.
[[forum_editions]]
year = {year}
name = "Paris Peace Forum {year}"
city = "Paris"
country = "FR"
starts_on = {year}-11-11
ends_on = {year}-11-13
submission_deadline = {year}-10-11
status = "open"
"#
    )
}

fn announce(settings: &Settings, forum: i32, logins: &[people::Login]) {
    serve::announce(settings);
    let base = format!("http://{}", settings.listen);
    let places = [
        ("documentation", "/docs/".to_owned()),
        ("the call", "/api/v1/call".to_owned()),
        ("working groups", "/api/v1/groups".to_owned()),
        ("group 3, balanced by a derogation", "/api/v1/groups/3/balance".to_owned()),
        ("the register's private sector", "/api/v1/supporters?sector=private_sector&total=true".to_owned()),
        ("statistics", "/api/v1/supporters/stats".to_owned()),
        ("the coming Forum", format!("/api/v1/forum-editions/{forum}")),
    ];
    for (what, path) in places {
        say(format_args!("  {what:34} {base}{path}"));
    }
    if !logins.is_empty() {
        say("Sign in with POST /api/v1/auth/login as one of these; the passwords are shown this once:");
    }
    for people::Login { role, email, password } in logins {
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
            assert_eq!(coming_forum(today.parse().unwrap()), year, "{today}");
        }
    }

    #[test]
    fn the_demo_is_a_call_file() {
        let file = load::parse(&format!("{FILE}{}", edition(2031))).unwrap();
        let forum = file.forum_editions.iter().find(|edition| edition.year == 2031).unwrap();
        assert_eq!(
            (forum.dates.starts_on.to_string(), forum.dates.submission_deadline.unwrap().to_string()),
            ("2031-11-11".into(), "2031-10-11".into())
        );
    }
}
