//! The road to the Forum as a picture: a row a deliverable, grouped by group, from today towards the Forum.

use chrono::{Datelike, Days, Months};

use crate::picture::{Mark, Picture, fit};
use crate::time::Day;

/// What the picture shows.
pub struct Road {
    /// Its heading.
    pub title: String,
    /// Where the reader stands.
    pub today: Day,
    /// Days that everything leads to: the Forum, the deadline for submission.
    pub events: Vec<Event>,
    /// The groups, in their order.
    pub groups: Vec<Lane>,
}

/// A day, or days, that everything leads to.
pub struct Event {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// What it is.
    pub label: String,
}

/// One group's deliverables.
pub struct Lane {
    /// The group's number and title.
    pub label: String,
    /// Its deliverables, by due date.
    pub rows: Vec<Stretch>,
}

/// One deliverable.
pub struct Stretch {
    /// Its reference.
    pub reference: String,
    /// Its title.
    pub title: String,
    /// How it stands, as a mark.
    pub mark: Mark,
    /// How it stands, in words.
    pub standing: String,
    /// When it is due.
    pub due_on: Day,
    /// From 0 to 100.
    pub progress: i64,
    /// Its milestones: due or done on, whether done, title.
    pub milestones: Vec<(Day, bool, String)>,
}

const WIDTH: f64 = 1120.0;
const LABELS: f64 = 390.0;
const RIGHT: f64 = 24.0;
const ROW: f64 = 22.0;
const HEAD: f64 = 96.0;
const LEGEND: f64 = 58.0;

/// The days that the picture reaches over, and where each lies.
struct Scale {
    from: Day,
    to: Day,
}

impl Scale {
    fn of(road: &Road) -> Self {
        let days = || {
            let due = road
                .groups
                .iter()
                .flat_map(|lane| &lane.rows)
                .flat_map(|row| std::iter::once(row.due_on).chain(row.milestones.iter().map(|(day, ..)| *day)));
            due.chain(road.events.iter().flat_map(|event| [event.from, event.to])).chain([road.today])
        };
        let (first, last) = (days().min().unwrap_or(road.today), days().max().unwrap_or(road.today));
        // Whole months, so that every month has its name; at least three, so that names do not touch.
        let from = first.with_day(1).unwrap_or(first);
        let later = |day: Day, months| day.checked_add_months(Months::new(months)).unwrap_or(Day::MAX);
        let to = later(last.with_day(1).unwrap_or(last), 1).max(later(from, 3));
        Self { from, to }
    }

    fn x(&self, day: Day) -> f64 {
        let days = |to: Day| (to - self.from).num_days() as f64;
        LABELS + (WIDTH - LABELS - RIGHT) * (days(day.clamp(self.from, self.to)) / days(self.to).max(1.0))
    }

    /// The months, as many to a name as there is room for.
    fn months(&self) -> Vec<Day> {
        let all: Vec<Day> = std::iter::successors(Some(self.from), |day| day.checked_add_months(Months::new(1)))
            .take_while(|day| *day < self.to)
            .take(1200)
            .collect();
        let room = ((WIDTH - LABELS - RIGHT) / 62.0) as usize;
        let step = all.len().div_ceil(room.max(1)).max(1);
        all.into_iter().step_by(step).collect()
    }
}

/// The picture, as SVG.
pub fn draw(road: &Road) -> String {
    let rows: usize = road.groups.iter().map(|lane| lane.rows.len() + 1).sum();
    let bottom = HEAD + ROW * rows.max(1) as f64 + 8.0;
    let scale = Scale::of(road);
    let mut picture = Picture::new(WIDTH, bottom + LEGEND, &road.title, &described(road));
    picture.text("title", "start", 16.0, 30.0, &road.title);
    heading(&mut picture, road, &scale, bottom);
    let mut y = HEAD;
    for lane in &road.groups {
        picture.area("band", (8.0, y + 2.0), (WIDTH - 16.0, ROW - 4.0));
        picture.text("head", "start", 16.0, y + 16.0, &fit(&lane.label, WIDTH - 60.0));
        y += ROW;
        for row in &lane.rows {
            stretch(&mut picture, row, &scale, y, road.today);
            y += ROW;
        }
    }
    if road.groups.is_empty() {
        picture.text("small", "start", 16.0, y + 15.0, "No deliverable.");
    }
    // Above the rows, so that no bar hides it.
    let now = scale.x(road.today);
    picture.line("now", (now, HEAD - 14.0), (now, bottom));
    legend(&mut picture, bottom + 24.0);
    picture.svg()
}

fn heading(picture: &mut Picture, road: &Road, scale: &Scale, bottom: f64) {
    for event in &road.events {
        let (from, to) = (scale.x(event.from), scale.x(event.to.checked_add_days(Days::new(1)).unwrap_or(event.to)));
        if event.to > event.from {
            picture.area("band", (from, HEAD - 30.0), (to - from, bottom - HEAD + 30.0));
        }
        picture.line("rule", (from, HEAD - 30.0), (from, bottom));
    }
    for month in scale.months() {
        let x = scale.x(month);
        picture.line("grid", (x, HEAD - 12.0), (x, bottom));
        let name = if month.month() == 1 || month == scale.from { "%b %Y" } else { "%b" };
        picture.text("small", "start", x + 3.0, HEAD - 4.0, &month.format(name).to_string());
    }
    let mut events: Vec<(f64, String)> = road
        .events
        .iter()
        .map(|event| (scale.x(event.from), format!("{} {}", event.label, event.from.format("%-d %b"))))
        .chain([(scale.x(road.today), format!("Today, {}", road.today.format("%-d %b %Y")))])
        .collect();
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Two lines in turn: labels of near days do not run into each other.
    for (i, (x, label)) in events.iter().enumerate() {
        let anchor = if *x > WIDTH - 170.0 { "end" } else { "start" };
        picture.text("small", anchor, *x, HEAD - if i % 2 == 0 { 34.0 } else { 47.0 }, label);
    }
}

fn stretch(picture: &mut Picture, row: &Stretch, scale: &Scale, y: f64, today: Day) {
    let middle = y + ROW / 2.0;
    let what = format!("{} {}: {}, due on {}, {} % done", row.reference, row.title, row.standing, row.due_on, row.progress);
    picture.group(&what, |picture| {
        picture.text("", "start", 24.0, y + 15.0, &row.reference);
        picture.text("", "start", 100.0, y + 15.0, &fit(&row.title, LABELS - 116.0));
        let (left, due) = (scale.x(scale.from), scale.x(row.due_on));
        // How long there is, and how much of the way is gone.
        picture.line("track", (left, middle), (due, middle));
        let gone = left + (due - left) * (row.progress.clamp(0, 100) as f64 / 100.0);
        if row.progress > 0 {
            picture.line("way", (left, middle), (gone, middle));
        }
        for (day, done, title) in &row.milestones {
            let (mark, how) = if *done { (Mark::StepDone, "done on") } else { (Mark::Step, "due on") };
            picture.mark(mark, scale.x(*day), middle, &format!("{title}, {how} {day}"));
        }
        let left_days = (row.due_on - today).num_days();
        let when = if left_days < 0 { format!("{} days over", -left_days) } else { format!("{left_days} days left") };
        picture.mark(row.mark, due, middle, &format!("{}, {when}", row.standing));
    });
}

const LEGENDS: [(Mark, &str, f64); 7] = [
    (Mark::Done, "done", 70.0),
    (Mark::Fine, "on track", 90.0),
    (Mark::Risk, "at risk", 84.0),
    (Mark::Late, "late", 70.0),
    (Mark::Off, "dropped", 92.0),
    (Mark::StepDone, "milestone done", 132.0),
    (Mark::Step, "milestone to come", 150.0),
];

fn legend(picture: &mut Picture, y: f64) {
    let mut x = 24.0;
    for (mark, name, room) in LEGENDS {
        picture.mark(mark, x, y, name);
        picture.text("", "start", x + 12.0, y + 4.5, name);
        x += room;
    }
    picture.line("way", (x, y), (x + 20.0, y));
    picture.line("track", (x + 24.0, y), (x + 40.0, y));
    picture.text("", "start", x + 50.0, y + 4.5, "progress, up to the due date");
}

/// The picture in words, for who cannot see it.
fn described(road: &Road) -> String {
    let rows = || road.groups.iter().flat_map(|lane| &lane.rows);
    let count = |mark: Mark| rows().filter(|row| row.mark == mark).count();
    let mut text = format!(
        "{} deliverables of {} groups on {}: {} done, {} on track, {} at risk, {} late, {} dropped.",
        rows().count(),
        road.groups.len(),
        road.today,
        count(Mark::Done),
        count(Mark::Fine),
        count(Mark::Risk),
        count(Mark::Late),
        count(Mark::Off)
    );
    for event in &road.events {
        text.push_str(&format!(" {}: {}.", event.label, event.from));
    }
    let late: Vec<String> = rows().filter(|row| row.mark == Mark::Late).take(20).map(|row| row.reference.clone()).collect();
    if !late.is_empty() {
        text.push_str(&format!(" Late: {}.", late.join(", ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Day {
        text.parse().unwrap()
    }

    fn road(rows: usize) -> Road {
        let row = |n: usize| Stretch {
            reference: format!("WG{}-D{n}", n / 50 + 1),
            title: [
                "A report on what was found out about the stability of cyberspace and its many facets",
                "تقرير عن الأمن السيبراني",
                "Toolkit",
            ][n % 3]
                .into(),
            mark: [Mark::Done, Mark::Fine, Mark::Risk, Mark::Late, Mark::Off][n % 5],
            standing: ["done", "on track", "at risk", "late", "dropped"][n % 5].into(),
            due_on: day("2026-09-15") + Days::new((n * 7 % 60) as u64),
            progress: (n * 13 % 101) as i64,
            milestones: vec![(day("2026-09-20"), true, "Outline".into()), (day("2026-10-20"), false, "Draft <1>".into())],
        };
        let lane = |g: usize| Lane {
            label: format!("Working group {} \u{2013} Long title of a group that works on a principle", g + 1),
            rows: (g * 50..((g + 1) * 50).min(rows)).map(row).collect(),
        };
        let events = vec![
            Event { from: day("2026-10-12"), to: day("2026-10-12"), label: "Submission".into() },
            Event { from: day("2026-11-11"), to: day("2026-11-13"), label: "Forum 2026".into() },
        ];
        Road {
            title: "The road to the Forum 2026".into(),
            today: day("2026-10-01"),
            events,
            groups: (0..rows.div_ceil(50)).map(lane).collect(),
        }
    }

    #[test]
    fn every_deliverable_has_its_row_and_the_description_says_what_is_seen() {
        let svg = draw(&road(300));
        assert_eq!(svg.matches("days left").count() + svg.matches("days over").count(), 300);
        assert!(
            svg.contains("300 deliverables of 6 groups on 2026-10-01: 60 done, 60 on track, 60 at risk, 60 late, 60 dropped.")
        );
    }

    #[test]
    fn a_road_without_anything_on_it_or_of_many_years_is_drawn_too() {
        let mut empty = road(0);
        empty.events.clear();
        assert!(draw(&empty).contains("No deliverable."));
        let mut long = road(3);
        long.groups[0].rows[0].due_on = day("2000-01-01");
        long.groups[0].rows[1].due_on = Day::MAX;
        assert!(draw(&long).len() < 100_000);
    }
}
