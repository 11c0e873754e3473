//! A year as it goes: 1,200 supporters around the world, six groups, 40 deliverables, three rounds, a Forum that is moved by a week in August,
//! servers that are gone for three days in October. Who is told what on which day is a list that a person can read, and what must hold of it
//! is asserted.

mod told;

use std::collections::{BTreeMap, HashMap};

use chrono::{Datelike as _, TimeDelta};
use plenary::policy::GroupId;
use plenary::time::{Day, Instant};
use serde_json::{Value, json};

use self::told::{Told, log};
use super::Server;
use super::community::{Community, ZONES};
use crate::world::{World, instant};

const SUPPORTERS: usize = 1_200;
const DELIVERABLES: usize = 40;
/// The first instant of the servers' absence, and the first after it.
const GONE: [&str; 2] = ["2027-10-11T00:00:00Z", "2027-10-14T00:00:00Z"];

/// How far from its due date a deliverable is submitted; some never are.
fn fate(n: usize) -> Option<i64> {
    [Some(-40), Some(-10), Some(0), Some(20), None][n % 5]
}

/// A deliverable as the year knows it.
struct Owed {
    reference: String,
    /// Whose seats are its group's: addresses.
    chairs: Vec<String>,
    due_on: Day,
    for_forum: bool,
    submit_on: Option<Day>,
    submitted_at: Option<Instant>,
}

/// A round as the year knows it.
struct Round {
    path: String,
    question: String,
    closes_at: Instant,
    /// Who is asked, by address; when it has answered.
    asked: BTreeMap<String, Option<Instant>>,
    /// Who answers on which day after the opening.
    answers: Vec<(Day, String)>,
}

struct Year {
    world: World,
    community: Community,
    server: Server,
    owed: Vec<Owed>,
    rounds: Vec<Round>,
    told: Vec<Told>,
    seen: Option<String>,
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

impl Year {
    fn begin() -> Self {
        let world = World::new();
        world.at("2027-01-04T10:00:00Z");
        let community = Community::settle(&world, SUPPORTERS);
        let server = Server::new(&world, "w");
        let mut year = Self { world, community, server, owed: Vec::new(), rounds: Vec::new(), told: Vec::new(), seen: None };
        year.secretary(
            "POST",
            "/forum-editions",
            &json!({
                "name": "Forum 2027", "city": "Paris", "country": "FR", "time_zone": "Europe/Paris", "starts_on": "2027-11-09",
                "ends_on": "2027-11-11", "submission_deadline": "2027-10-01",
            }),
        );
        for n in 0..DELIVERABLES {
            year.plan(n);
        }
        let everybody: Vec<String> = year.community.everybody().map(str::to_owned).collect();
        let mut group = year.community.members.clone();
        group.extend(year.community.groups[4].chairs.clone());
        group.sort();
        group.dedup();
        year.ask("Expectations", "supporters", None, ["2027-02-01T08:00:00Z", "2027-03-01T23:00:00Z"], &everybody, "attributed");
        let five = Some(year.community.groups[4].id);
        year.ask("A draft index", "group_members", five, ["2027-05-03T08:00:00Z", "2027-06-01T23:00:00Z"], &group, "attributed");
        year.ask("In confidence", "supporters", None, ["2027-09-20T08:00:00Z", "2027-10-20T22:00:00Z"], &everybody, "anonymous");
        year.collect();
        year.told.clear();
        year
    }

    /// As the secretariat.
    #[track_caller]
    fn secretary(&self, method: &str, path: &str, body: &Value) -> Value {
        let by = self.world.sign_in("secretary@plenary.test");
        let mut ask = self.world.ask(method, path).by(&by);
        if method == "PUT" {
            ask = ask.if_match(self.world.ask("GET", path).by(&by).send().expect(200).header("etag"));
        }
        let reply = ask.json(body).send();
        assert!(reply.status < 300, "{method} {path}: {reply:?}");
        reply.json()
    }

    fn plan(&mut self, n: usize) {
        let group = &self.community.groups[n % 6];
        // Two on a day: who sits in both groups gets one mail.
        let due_on = day("2027-02-15") + TimeDelta::days(10 * i64::try_from(n / 2).unwrap());
        let for_forum = n.is_multiple_of(2);
        let body = json!({
            "title": format!("Result {n}"), "kind": "report", "due_on": due_on, "forum_year": for_forum.then_some(2027),
        });
        let made = self.secretary("POST", &format!("/groups/{}/deliverables", group.number), &body);
        self.owed.push(Owed {
            reference: made["reference"].as_str().unwrap().to_owned(),
            chairs: group.chairs.clone(),
            due_on,
            for_forum,
            submit_on: fate(n).map(|days| due_on + TimeDelta::days(days)),
            submitted_at: None,
        });
    }

    fn ask(&mut self, title: &str, audience: &str, group: Option<GroupId>, at: [&str; 2], asked: &[String], shown: &str) {
        let scope = if group.is_some() { "group" } else { "call" };
        let mut body = json!({
            "scope": scope, "title": title, "audience": audience, "allowed_visibility": [shown], "opens_at": at[0], "closes_at": at[1],
        });
        if let Some(group) = group {
            body["group_id"] = json!(group);
        }
        let made = self.secretary("POST", "/consultations", &body);
        let path = format!("/consultations/{}", made["slug"].as_str().unwrap());
        let asks = json!({"questions": [{"kind": "text", "prompt": "What do you expect?", "required": true, "max_length": 500}]});
        let questions = self.secretary("PUT", &format!("{path}/questions"), &asks);
        self.secretary("POST", &format!("{path}/transitions"), &json!({"to": "scheduled"}));
        let opens = instant(at[0]);
        let spread = |n: usize| opens.plus(TimeDelta::days(i64::try_from(n % 29).unwrap())).day_in(chrono_tz::UTC);
        let every = if asked.len() > 100 { 10 } else { 3 };
        self.rounds.push(Round {
            path,
            question: questions["questions"][0]["id"].as_str().unwrap().to_owned(),
            closes_at: instant(at[1]),
            asked: asked.iter().map(|email| (email.clone(), None)).collect(),
            answers: asked.iter().step_by(every).enumerate().map(|(n, email)| (spread(n), email.clone())).collect(),
        });
    }

    /// What people do on a day, at noon.
    fn act(&mut self, today: Day) {
        let now = instant(&format!("{today}T12:00:00Z"));
        self.world.at(&now.to_string());
        for n in 0..self.owed.len() {
            if self.owed[n].submit_on == Some(today) {
                self.submit(n, now);
            }
        }
        for n in 0..self.rounds.len() {
            self.answer(n, today, now);
        }
        if today == day("2027-08-12") {
            self.move_the_forum();
        }
    }

    fn submit(&mut self, n: usize, now: Instant) {
        let path = format!("/deliverables/{}", self.owed[n].reference);
        self.secretary("POST", &format!("{path}/versions"), &json!({"url": "https://example.org/1"}));
        for to in ["in_progress", "submitted"] {
            let body = json!({"to": to, "reason": "Handed in by mail."});
            let by = self.world.sign_in("secretary@plenary.test");
            let reply = self.world.ask("POST", &format!("{path}/transitions")).by(&by).json(&body).send();
            assert_eq!(reply.status, 200, "{to}: {reply:?}");
        }
        self.owed[n].submitted_at = Some(now);
    }

    fn answer(&mut self, n: usize, today: Day, now: Instant) {
        let round = &mut self.rounds[n];
        for (_, email) in round.answers.iter().filter(|(on, _)| *on == today) {
            let by = self.world.sign_in(email);
            let path = format!("{}/contribution", round.path);
            let body = json!({"answers": [{"question_id": round.question, "value": "Much."}]});
            self.world.ask("PUT", &path).by(&by).json(&body).send().expect(200);
            self.world.ask("POST", &format!("{path}/submit")).by(&by).send().expect(200);
            *round.asked.get_mut(email).unwrap() = Some(now);
        }
    }

    /// By a week, and what is still owed to it with it.
    fn move_the_forum(&mut self) {
        self.secretary(
            "POST",
            "/forum-editions/2027/reschedule",
            &json!({
                "starts_on": "2027-11-16", "ends_on": "2027-11-18", "submission_deadline": "2027-10-08", "deliverables": "shift",
                "reason": "The hall is taken.",
            }),
        );
        for owed in self.owed.iter_mut().filter(|owed| owed.for_forum && owed.submitted_at.is_none()) {
            owed.due_on += TimeDelta::days(7);
        }
    }

    /// Keeps what was queued since.
    fn collect(&mut self) {
        let told = told::taken(&self.world, &mut self.seen, &self.community);
        self.told.extend(told);
    }

    /// The world's nine o'clocks of a day of UTC, one after the other, and what people do at noon.
    fn pass(&mut self, today: Day) {
        let around = [today - TimeDelta::days(1), today, today + TimeDelta::days(1)];
        let nines = ZONES.iter().flat_map(|zone| around.map(|day| Instant::at_nine(day, zone.parse().unwrap())));
        let mut nines: Vec<Instant> = nines.filter(|nine| nine.day_in(chrono_tz::UTC) == today).collect();
        nines.sort();
        let noon = instant(&format!("{today}T12:00:00Z"));
        let (before, after): (Vec<_>, Vec<_>) = nines.into_iter().partition(|nine| *nine < noon);
        self.tick(&before);
        self.act(today);
        self.collect();
        self.tick(&after);
    }

    /// Lets the worker work at these instants, unless the servers are gone.
    fn tick(&mut self, at: &[Instant]) {
        for now in at.iter().filter(|now| **now < instant(GONE[0]) || **now >= instant(GONE[1])) {
            self.world.at(&now.to_string());
            self.server.work(&self.world);
            self.collect();
        }
    }
}

#[test]
fn a_year_is_told_in_time_and_once() {
    let mut year = Year::begin();
    let mut today = day("2027-01-05");
    while today.year() == 2027 {
        year.pass(today);
        today += TimeDelta::days(1);
    }
    insta::assert_snapshot!(log(&year.told));
    nothing_twice(&year.told);
    one_mail_a_kind_and_day(&year.told);
    nobody_is_reminded_of_what_was_done(&year);
    whoever_owed_a_deliverable_was_told(&year);
    whoever_was_asked_was_told(&year);
    the_forum_was_told(&year);
}

fn nothing_twice(told: &[Told]) {
    let mut known: HashMap<_, Instant> = HashMap::new();
    for one in told {
        for item in &one.items {
            let key = (&one.kind, &item.path, &item.target, item.days, &one.to);
            let before = known.insert(key, one.at);
            assert!(before.is_none(), "{one:?} was told at {before:?} already");
        }
    }
    assert!(known.len() > 3 * SUPPORTERS, "{}", known.len());
}

fn one_mail_a_kind_and_day(told: &[Told]) {
    let mut known: HashMap<_, &Told> = HashMap::new();
    for one in told.iter().filter(|one| super::KINDS.contains(&one.kind.as_str())) {
        let before = known.insert((&one.kind, &one.to, one.at.day_in(one.zone)), one);
        assert!(before.is_none(), "{one:?} after {before:?}");
        let nine = Instant::at_nine(one.at.day_in(one.zone), one.zone);
        let is_late = one.at >= instant(GONE[1]) && one.at < instant(GONE[1]).plus(TimeDelta::days(1));
        assert!(one.at == nine || is_late, "{one:?} is told at nine");
    }
}

fn nobody_is_reminded_of_what_was_done(year: &Year) {
    for one in &year.told {
        for item in &one.items {
            if let Some(owed) = year.owed.iter().find(|owed| item.path == format!("deliverables/{}", owed.reference)) {
                assert!(owed.submitted_at.is_none_or(|at| one.at < at), "{one:?}");
            }
            if let Some(round) = year.rounds.iter().find(|round| item.path == round.path.trim_start_matches('/')) {
                assert!(round.asked[&one.to].is_none_or(|at| one.at < at) && one.at < round.closes_at, "{one:?}");
            }
        }
    }
}

/// The instants at which somebody was told something of a kind.
fn heard<'a>(year: &'a Year, kind: &'a str, path: &'a str, to: &'a str) -> impl Iterator<Item = Instant> + 'a {
    let about = move |one: &&Told| one.kind == kind && one.to == to && one.items.iter().any(|item| item.path == path);
    year.told.iter().filter(about).map(|one| one.at)
}

fn whoever_owed_a_deliverable_was_told(year: &Year) {
    let end = instant("2028-01-01T00:00:00Z");
    for owed in &year.owed {
        let path = format!("deliverables/{}", owed.reference);
        let submitted = owed.submitted_at.unwrap_or(end);
        let due = instant(&format!("{}T00:00:00Z", owed.due_on));
        for to in &owed.chairs {
            let times = heard(year, "deliverable_due", &path, to).count();
            // 30, 14, 7 and 1 days before: as many as lie before it was submitted, and again where its date moved.
            let least = [30, 14, 7, 1].iter().filter(|days| due.minus(TimeDelta::days(**days - 1)) <= submitted).count();
            assert!(times >= least, "{path} {to}: {times} of {least}");
            let weeks = submitted.since(due).num_days() / 7;
            let late = i64::try_from(heard(year, "deliverable_late", &path, to).count()).unwrap();
            assert!((late - weeks.max(0)).abs() <= 1, "{path} {to}: late {late} times in {weeks} weeks");
        }
    }
}

fn whoever_was_asked_was_told(year: &Year) {
    for round in &year.rounds {
        for (to, answered) in &round.asked {
            let times = heard(year, "consultation_closing", round.path.trim_start_matches('/'), to).count();
            if answered.is_none() {
                assert_eq!(times, 3, "{} {to}", round.path);
            }
        }
    }
}

fn the_forum_was_told(year: &Year) {
    let edition = "forum-editions/2027";
    for owed in year.owed.iter().filter(|owed| owed.for_forum && owed.submit_on.is_none()) {
        for to in &owed.chairs {
            // 60 and 30 days before the first date, 30, 14, 7 and 2 before the second.
            let times = heard(year, "submission_deadline", edition, to).count();
            assert!(times >= 5, "{} {to}: {times}", owed.reference);
            assert!(heard(year, "forum_start", edition, to).count() >= 6, "{} {to}", owed.reference);
        }
    }
    assert!(heard(year, "forum_start", edition, "secretary@plenary.test").count() >= 6);
    let weekly: Vec<&Told> = year.told.iter().filter(|one| one.kind == "readiness_report").collect();
    assert!((12..=14).contains(&weekly.len()), "{} weeks of reports", weekly.len());
}
