//! The road to the Forum as a picture: a row a deliverable, grouped by group, from today towards the Forum.

use chrono::{Datelike, Days, Months};

use crate::picture::words::Tongue;
use crate::picture::{Mark, Picture, fit};
use crate::time::Day;

/// What the picture shows.
pub struct Road {
    /// Its language.
    pub tongue: Tongue,
    /// Its heading.
    pub title: String,
    /// Where the reader stands.
    pub today: Day,
    /// Days that everything leads to: the Forum, the deadline for submission.
    pub events: Vec<Event>,
    /// How many deliverables there are of each mark, drawn or not.
    pub counts: [(Mark, usize); 5],
    /// How many groups there are, drawn or not.
    pub groups_in_all: usize,
    /// The groups that are drawn, in their order.
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
    /// How it stands.
    pub mark: Mark,
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

impl Road {
    fn rows(&self) -> impl Iterator<Item = &Stretch> {
        self.groups.iter().flat_map(|lane| &lane.rows)
    }

    fn in_all(&self) -> usize {
        self.counts.iter().map(|(_, count)| count).sum()
    }

    /// What is left out, in words; `None`: nothing.
    fn left_out(&self) -> Option<String> {
        let (drawn, in_all) = (self.rows().count(), self.in_all());
        let (en, fr) = ("more are less urgent; the board lists them", "autres sont moins urgents ; le tableau les énumère");
        (drawn < in_all).then(|| format!("{} {}.", in_all - drawn, self.tongue.say(en, fr)))
    }
}

/// The picture, as SVG.
pub fn draw(road: &Road) -> String {
    let rows: usize = road.groups.iter().map(|lane| lane.rows.len() + 1).sum();
    let left_out = road.left_out();
    let bottom = HEAD + ROW * (rows.max(1) + usize::from(left_out.is_some())) as f64 + 8.0;
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
            stretch(&mut picture, row, &scale, y, road);
            y += ROW;
        }
    }
    if road.groups.is_empty() {
        picture.text("small", "start", 16.0, y + 15.0, road.tongue.say("No deliverable.", "Aucun livrable."));
    }
    if let Some(left_out) = left_out {
        picture.text("small", "start", 16.0, y + 15.0, &left_out);
    }
    // Above the rows, so that no bar hides it.
    let now = scale.x(road.today);
    picture.line("now", (now, HEAD - 14.0), (now, bottom));
    legend(&mut picture, road.tongue, bottom + 24.0);
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
        let name = road.tongue.month(month);
        let name = if month.month() == 1 || month == scale.from { format!("{name} {}", month.year()) } else { name.to_owned() };
        picture.text("small", "start", x + 3.0, HEAD - 4.0, &name);
    }
    let mut events: Vec<(f64, String)> = road
        .events
        .iter()
        .map(|event| (scale.x(event.from), format!("{} {}", event.label, road.tongue.day(event.from))))
        .chain([(
            scale.x(road.today),
            format!("{}, {} {}", road.tongue.say("Today", "Aujourd’hui"), road.tongue.day(road.today), road.today.year()),
        )])
        .collect();
    events.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Each on the lowest of three lines on which it runs into no other; where there is no room, its line alone stands for it.
    let mut ends = [f64::MIN; 3];
    for (x, label) in &events {
        let wide = 6.5 * label.chars().count() as f64;
        let left = if x + wide > WIDTH { x - wide } else { *x };
        let free = ends.iter_mut().zip([34.0, 47.0, 60.0]).find(|(end, _)| **end < left);
        if let Some((end, above)) = free {
            *end = left + wide + 8.0;
            let anchor = if left < *x { "end" } else { "start" };
            picture.text("small", anchor, *x, HEAD - above, label);
        }
    }
}

fn stretch(picture: &mut Picture, row: &Stretch, scale: &Scale, y: f64, road: &Road) {
    let (tongue, today) = (road.tongue, road.today);
    let middle = y + ROW / 2.0;
    let what = format!(
        "{} {}: {}, {} {}, {} %",
        row.reference,
        row.title,
        name(tongue, row.mark),
        tongue.say("due on", "échéance le"),
        row.due_on,
        row.progress
    );
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
            let (mark, how) = if *done {
                (Mark::StepDone, tongue.say("done on", "fait le"))
            } else {
                (Mark::Step, tongue.say("due on", "échéance le"))
            };
            picture.mark(mark, scale.x(*day), middle, &format!("{title}, {how} {day}"));
        }
        let left_days = (row.due_on - today).num_days();
        let when = if left_days < 0 {
            format!("{} {}", -left_days, tongue.say("days over", "jours de retard"))
        } else {
            format!("{left_days} {}", tongue.say("days left", "jours restants"))
        };
        picture.mark(row.mark, due, middle, &format!("{}, {when}", name(tongue, row.mark)));
    });
}

const LEGENDS: [(Mark, &str, &str, f64); 7] = [
    (Mark::Done, "done", "terminé", 78.0),
    (Mark::Fine, "on track", "dans les temps", 120.0),
    (Mark::Risk, "at risk", "à risque", 84.0),
    (Mark::Late, "late", "en retard", 90.0),
    (Mark::Off, "dropped", "abandonné", 100.0),
    (Mark::StepDone, "milestone done", "étape franchie", 132.0),
    (Mark::Step, "open milestone", "étape ouverte", 130.0),
];

/// How a mark is called.
fn name(tongue: Tongue, mark: Mark) -> &'static str {
    LEGENDS.iter().find(|(known, ..)| *known == mark).map_or("", |(_, en, fr, _)| tongue.say(en, fr))
}

fn legend(picture: &mut Picture, tongue: Tongue, y: f64) {
    let mut x = 24.0;
    for (mark, en, fr, room) in LEGENDS {
        let name = tongue.say(en, fr);
        picture.mark(mark, x, y, name);
        picture.text("", "start", x + 12.0, y + 4.5, name);
        x += room;
    }
    picture.line("way", (x, y), (x + 20.0, y));
    picture.line("track", (x + 24.0, y), (x + 40.0, y));
    picture.text("", "start", x + 50.0, y + 4.5, tongue.say("progress, up to the due date", "avancement, jusqu’à l’échéance"));
}

/// The picture in words, for who cannot see it.
fn described(road: &Road) -> String {
    let tongue = road.tongue;
    let mut text = format!(
        "{} {}, {} {}, {}: ",
        road.in_all(),
        tongue.say("deliverables", "livrables"),
        road.groups_in_all,
        tongue.say("groups", "groupes"),
        road.today
    );
    let counted: Vec<_> = road.counts.iter().map(|(mark, count)| format!("{count} {}", name(tongue, *mark))).collect();
    text.push_str(&format!("{}.", counted.join(", ")));
    for event in &road.events {
        text.push_str(&format!(" {}: {}.", event.label, event.from));
    }
    let late: Vec<&str> = road.rows().filter(|row| row.mark == Mark::Late).take(20).map(|row| row.reference.as_str()).collect();
    if !late.is_empty() {
        text.push_str(&format!(" {}: {}.", name(tongue, Mark::Late), late.join(", ")));
    }
    if let Some(left_out) = road.left_out() {
        text.push_str(&format!(" {left_out}"));
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
        let marks = [Mark::Done, Mark::Fine, Mark::Risk, Mark::Late, Mark::Off];
        let groups: Vec<Lane> = (0..rows.div_ceil(50)).map(lane).collect();
        let count = |mark| (mark, groups.iter().flat_map(|lane| &lane.rows).filter(|row| row.mark == mark).count());
        Road {
            tongue: Tongue::En,
            title: "The road to the Forum 2026".into(),
            today: day("2026-10-01"),
            events,
            counts: marks.map(count),
            groups_in_all: groups.len(),
            groups,
        }
    }

    #[test]
    fn every_deliverable_has_its_row_and_the_description_says_what_is_seen() {
        let svg = draw(&road(300));
        assert_eq!(svg.matches("days left").count() + svg.matches("days over").count(), 300);
        assert!(svg.contains("300 deliverables, 6 groups, 2026-10-01: 60 done, 60 on track, 60 at risk, 60 late, 60 dropped."));
    }

    #[test]
    fn what_is_left_out_is_said() {
        let mut cut = road(60);
        cut.counts[0].1 += 9_940;
        cut.groups_in_all = 300;
        let svg = draw(&cut);
        assert!(svg.contains("10000 deliverables, 300 groups, 2026-10-01: 9952 done,"), "{svg}");
        assert_eq!(svg.matches("9940 more are less urgent; the board lists them.").count(), 2, "drawn and described: {svg}");
        assert!(!draw(&road(60)).contains("less urgent"));
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
