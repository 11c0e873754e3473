//! The road to a Forum as a PNG: a row a deliverable, from today towards the Forum.

use chrono::{Datelike as _, Days, Months};

use super::Mark;
use super::raster::{Canvas, Colour, LETTER, Stroke};
use super::words::Tongue;
use crate::time::Day;

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Road {
    /// Its language.
    pub tongue: Tongue,
    /// Where the reader stands.
    pub today: Day,
    /// When the Forum begins.
    pub forum: Day,
    /// The last day to submit for it, where there is one.
    pub deadline: Option<Day>,
    /// Reference, how it stands, when it is due, how much of it is done in per cent.
    pub rows: Vec<(String, Mark, Day, i64)>,
}

const WIDTH: u32 = 1200;
const LABELS: i64 = 150;
const RIGHT: i64 = 1170;
const ROW: i64 = 40;
/// A line of labels above the rows, that of the months below them, the legend.
const LABEL: i64 = 32;
const MONTHS: i64 = 44;
const LEGEND: i64 = 56;

const LEGENDS: [(Mark, &str, &str); 4] = [
    (Mark::Done, "done", "terminé"),
    (Mark::Fine, "on track", "dans les temps"),
    (Mark::Risk, "at risk", "à risque"),
    (Mark::Late, "late", "en retard"),
];

/// The days that it reaches over, and where each lies.
struct Scale {
    from: Day,
    to: Day,
}

impl Scale {
    fn of(road: &Road) -> Self {
        let days = || road.rows.iter().map(|(.., due, _)| *due).chain([road.forum, road.today]).chain(road.deadline);
        // What is years away on either side lies beyond the edge: it would press everything else together.
        let earliest = road.today.checked_sub_months(Months::new(4)).unwrap_or(road.today);
        let latest = road.today.checked_add_months(Months::new(14)).unwrap_or(road.today);
        let near = || days().filter(|day| (earliest..=latest).contains(day));
        let first = near().min().unwrap_or(road.today);
        let last = near().max().unwrap_or(road.today);
        let from = first.with_day(1).unwrap_or(first);
        let to = last.with_day(1).unwrap_or(last).checked_add_months(Months::new(1)).unwrap_or(last);
        Self { from, to: to.max(from + Days::new(60)) }
    }

    fn x(&self, day: Day) -> i64 {
        let days = |to: Day| (to.clamp(self.from, self.to) - self.from).num_days();
        LABELS + (RIGHT - LABELS) * days(day) / days(self.to).max(1)
    }

    fn months(&self) -> impl Iterator<Item = Day> {
        let to = self.to;
        std::iter::successors(Some(self.from), |day| day.checked_add_months(Months::new(1))).take_while(move |day| *day < to)
    }
}

impl Road {
    /// How many are due before the first day that it shows, and how many after the last; and those days.
    pub fn beyond(&self) -> ((usize, Day), (usize, Day)) {
        let Scale { from, to } = Scale::of(self);
        let last = to.pred_opt().unwrap_or(to);
        let counted = |is_beyond: &dyn Fn(Day) -> bool| self.rows.iter().filter(|row| is_beyond(row.2)).count();
        ((counted(&|due| due < from), from), (counted(&|due| due > last), last))
    }

    /// The days that lines stand for, from left to right.
    fn lines(&self) -> Vec<(Day, String, Colour, Stroke)> {
        let say = |en: &str, fr: &str, day: Day| format!("{} {}", self.tongue.say(en, fr), self.tongue.day(day));
        let today = (self.today, say("Today", "Aujourd'hui", self.today), Colour::Ink, Stroke::Full);
        let forum = (self.forum, say("Forum", "Forum", self.forum), Colour::Forum, Stroke::Double);
        let deadline = self.deadline.map(|day| (day, say("Deadline", "Remise", day), Colour::Deadline, Stroke::Dashed));
        let mut lines: Vec<_> = [today, forum].into_iter().chain(deadline).collect();
        lines.sort_by_key(|(day, ..)| *day);
        lines
    }
}

/// Where the label of a line at `x` stands.
struct Label {
    x: i64,
    from: i64,
    to: i64,
    /// How many labels lie below it.
    level: i64,
}

/// Where the labels of lines stand, each given by its place and how wide its label is, from left to right. Labels stand right of their lines,
/// those of the last ones left where there is no room, and each above those of the lines that it would cross.
fn labels(lines: &[(i64, i64)]) -> Vec<Label> {
    let arranged = (0..=lines.len()).rev().find_map(|first| arranged(lines, first));
    arranged.unwrap_or_else(|| lines.iter().map(|(x, wide)| Label { x: *x, from: *x, to: x + wide, level: 0 }).collect())
}

/// The labels with the `first` of them right of their lines and the rest left; `None` where some then have no room.
fn arranged(lines: &[(i64, i64)], first: usize) -> Option<Vec<Label>> {
    const APART: i64 = 10;
    let (right, left) = lines.split_at_checked(first)?;
    let rights = right.iter().map(|(x, wide)| Label { x: *x, from: x + APART, to: x + APART + wide, level: 0 });
    let lefts = left.iter().map(|(x, wide)| Label { x: *x, from: x - APART - wide, to: x - APART, level: 0 });
    let mut placed: Vec<Label> = Vec::new();
    for label in rights.rev().chain(lefts) {
        if label.from < 0 || label.to > i64::from(WIDTH) {
            return None;
        }
        let faces = |other: &&Label| (other.x < other.from) != (label.x < label.from);
        let crosses = |other: &Label| {
            (label.from..=label.to + APART).contains(&other.x) || (other.from..=other.to + APART).contains(&label.x)
        };
        if placed.iter().filter(faces).any(crosses) {
            return None;
        }
        let meets = |other: &&Label| {
            other.x.min(other.from) < label.x.max(label.to) + APART && label.x.min(label.from) < other.x.max(other.to) + APART
        };
        let level = placed.iter().filter(meets).map(|other| other.level + 1).max().unwrap_or_default();
        placed.push(Label { level, ..label });
    }
    // As they were given, also where several stand at the same place.
    let (mut before, after): (Vec<_>, Vec<_>) = placed.into_iter().partition(|label| label.x < label.from);
    before.reverse();
    before.extend(after);
    Some(before)
}

/// The picture.
pub fn draw(road: &Road) -> Canvas {
    let scale = Scale::of(road);
    let lines: Vec<_> =
        road.lines().into_iter().map(|(day, label, colour, stroke)| (scale.x(day), label, colour, stroke)).collect();
    let places = labels(&lines.iter().map(|(x, label, ..)| (*x, Canvas::wide(label))).collect::<Vec<_>>());
    let head = 12 + LABEL * (1 + places.iter().map(|label| label.level).max().unwrap_or_default());
    let rows = i64::try_from(road.rows.len()).unwrap_or_default();
    let bottom = head + ROW * rows.max(1);
    let mut canvas = Canvas::new(WIDTH, u32::try_from(bottom + MONTHS + LEGEND).unwrap_or(WIDTH));
    let months: Vec<Day> = scale.months().collect();
    let step = months.len().div_ceil(12).max(1);
    for month in months.into_iter().step_by(step) {
        let x = scale.x(month);
        canvas.area(Colour::Grid, (x, head), (2, bottom + LABEL - head));
        let name = road.tongue.month(month);
        let name = if month.month() == 1 { month.year().to_string() } else { name.to_owned() };
        canvas.text((x + 8, bottom + 8), &name);
    }
    let ((_, from), (_, to)) = road.beyond();
    let middles = || (0..).map(|n| head + ROW * n + ROW / 2);
    for ((reference, _, due, progress), y) in road.rows.iter().zip(middles()) {
        canvas.text((10, y - LETTER / 2), reference);
        let (left, due) = (LABELS, scale.x(*due));
        canvas.area(Colour::Track, (left, y - 5), (due - left, 10));
        canvas.area(Colour::Way, (left, y - 5), ((due - left) * (*progress).clamp(0, 100) / 100, 10));
    }
    for ((x, label, colour, stroke), place) in lines.iter().zip(&places) {
        let top = head - LABEL * (place.level + 1);
        canvas.upright(*colour, *stroke, *x, (top, bottom));
        canvas.text((place.from, top), label);
    }
    for ((_, mark, due, _), y) in road.rows.iter().zip(middles()) {
        if (from..=to).contains(due) {
            canvas.mark(*mark, (scale.x(*due), y));
            continue;
        }
        // Beyond the edge: an arrow that way, and the day, which no place stands for.
        let (way, edge) = if *due < from { (-1, LABELS + 4) } else { (1, RIGHT - 4) };
        let day = format!("{} {}", road.tongue.day(*due), due.year());
        let wide = Canvas::wide(&day);
        let text = if way < 0 { edge + 56 } else { edge - 56 - wide };
        let ground = if way < 0 { edge - 2 } else { text - 8 };
        canvas.area(Colour::Paper, (ground, y - ROW / 2 + 4), (wide + 70, ROW - 8));
        canvas.arrow((edge, y), way);
        canvas.mark(*mark, (edge - way * 32, y));
        canvas.text((text, y - LETTER / 2), &day);
    }
    let mut x = 24;
    for (mark, en, fr) in LEGENDS {
        let name = road.tongue.say(en, fr);
        canvas.mark(mark, (x, bottom + MONTHS + LEGEND / 2));
        canvas.text((x + 26, bottom + MONTHS + LEGEND / 2 - LETTER / 2), name);
        x += 26 + Canvas::wide(name) + 60;
    }
    canvas
}

#[cfg(test)]
mod tests {
    use super::*;

    fn road(rows: usize, tongue: Tongue) -> Road {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let marks = [Mark::Done, Mark::Fine, Mark::Risk, Mark::Late];
        let row = |n: usize| {
            let due = day("2026-09-15") + Days::new((n * 7 % 60) as u64);
            (format!("WG{}-D{n}", n / 6 + 1), marks[n % 4], due, (n * 13 % 101) as i64)
        };
        Road {
            tongue,
            today: day("2026-09-28"),
            forum: day("2026-11-11"),
            deadline: Some(day("2026-10-12")),
            rows: (0..rows).map(row).collect(),
        }
    }

    #[test]
    fn it_is_small_and_sharp() {
        for tongue in [Tongue::En, Tongue::Fr] {
            let canvas = draw(&road(24, tongue));
            assert_eq!(canvas.shown().0, 600);
            let png = canvas.png().unwrap();
            assert!(png.len() < 60_000, "{} bytes", png.len());
        }
    }

    #[test]
    fn each_line_has_a_label_of_its_own_that_no_other_crosses() {
        for lines in [
            vec![(300, 140), (360, 160), (900, 150)],
            vec![(300, 140), (300, 160), (310, 150)],
            vec![(1000, 140), (1100, 160), (1160, 150)],
            vec![(150, 200), (152, 200)],
            vec![(150, 200), (160, 160), (1160, 150)],
            vec![(150, 200), (1150, 160), (1160, 150)],
            vec![],
        ] {
            let placed = labels(&lines);
            assert_eq!(
                placed.iter().map(|label| label.x).collect::<Vec<_>>(),
                lines.iter().map(|line| line.0).collect::<Vec<_>>()
            );
            for (n, one) in placed.iter().enumerate() {
                assert!(one.from >= 0 && one.to <= i64::from(WIDTH), "{lines:?}");
                for (m, other) in placed.iter().enumerate().filter(|(m, _)| *m != n) {
                    let apart = one.to < other.from || other.to < one.from;
                    assert!(apart || one.level != other.level, "labels {n} and {m} of {lines:?}");
                    // A line reaches from the rows up to its own label.
                    let crossed = (other.from..=other.to).contains(&one.x) && one.level >= other.level;
                    assert!(!crossed, "line {n} and label {m} of {lines:?}");
                }
            }
        }
    }

    #[test]
    fn what_is_due_beyond_its_days_is_counted() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let mut road = road(4, Tongue::En);
        assert_eq!(road.beyond(), ((0, day("2026-09-01")), (0, day("2026-11-30"))));
        road.rows[0].2 = day("2025-01-01");
        road.rows[1].2 = day("2029-01-01");
        assert_eq!(road.beyond(), ((1, day("2026-09-01")), (1, day("2026-11-30"))));
    }

    #[test]
    fn nothing_and_what_is_far_away_is_drawn_too() {
        assert!(draw(&road(0, Tongue::En)).png().is_ok());
        let mut far = road(3, Tongue::En);
        far.rows[0].2 = "1900-01-01".parse().unwrap();
        far.rows[1].2 = Day::MAX;
        far.rows[2].3 = 1000;
        assert!(draw(&far).png().is_ok());
    }
}
