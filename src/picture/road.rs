//! The road to a Forum as a PNG: a row a deliverable, from today towards the Forum.

use chrono::{Datelike as _, Days, Months};

use super::Mark;
use super::raster::{Canvas, Colour, LETTER};
use super::words::Tongue;
use crate::time::Day;

/// What is drawn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Road {
    /// Its language.
    pub tongue: Tongue,
    /// Where the reader stands.
    pub today: Day,
    /// Days that everything leads to, the weightiest first, and what they are.
    pub events: Vec<(Day, String)>,
    /// Reference, how it stands, when it is due, how much of it is done in per cent.
    pub rows: Vec<(String, Mark, Day, i64)>,
}

const WIDTH: u32 = 1200;
const LABELS: i64 = 150;
const RIGHT: i64 = 1170;
const HEAD: i64 = 92;
const ROW: i64 = 40;
const LEGEND: i64 = 64;

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
        let days =
            || road.rows.iter().map(|(.., due, _)| *due).chain(road.events.iter().map(|(day, _)| *day)).chain([road.today]);
        // What is years away on either side lies at the edge: it would press everything else together.
        let reach = |months| road.today.checked_add_months(Months::new(months)).unwrap_or(road.today);
        let earliest = road.today.checked_sub_months(Months::new(4)).unwrap_or(road.today);
        let first = days().min().unwrap_or(road.today).max(earliest);
        let last = days().max().unwrap_or(road.today).min(reach(14));
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

/// The picture.
pub fn draw(road: &Road) -> Canvas {
    let rows = i64::try_from(road.rows.len()).unwrap_or_default();
    let bottom = HEAD + ROW * rows.max(1);
    let mut canvas = Canvas::new(WIDTH, u32::try_from(bottom + LEGEND).unwrap_or(WIDTH));
    let scale = Scale::of(road);
    let months: Vec<Day> = scale.months().collect();
    let step = months.len().div_ceil(12).max(1);
    for month in months.into_iter().step_by(step) {
        let x = scale.x(month);
        canvas.area(Colour::Grid, (x, HEAD - 34), (2, bottom - HEAD + 34));
        let name = road.tongue.month(month);
        let name = if month.month() == 1 { month.year().to_string() } else { name.to_owned() };
        canvas.text((x + 8, HEAD - 36), &name);
    }
    for ((reference, mark, due, progress), y) in road.rows.iter().zip((0..).map(|n| HEAD + ROW * n)) {
        let middle = y + ROW / 2;
        canvas.text((10, middle - LETTER / 2), reference);
        let (left, due) = (LABELS, scale.x(*due));
        canvas.area(Colour::Track, (left, middle - 5), (due - left, 10));
        canvas.area(Colour::Way, (left, middle - 5), ((due - left) * (*progress).clamp(0, 100) / 100, 10));
        canvas.mark(*mark, (due, middle));
    }
    let today = (road.today, road.tongue.say("Today", "Aujourd’hui").to_owned());
    let mut taken: Vec<(i64, i64)> = Vec::new();
    for (day, label) in road.events.iter().chain([&today]) {
        let x = scale.x(*day);
        canvas.area(Colour::Ink, (x - 1, HEAD - 56), (3, bottom - HEAD + 56));
        let label = format!("{label} {}", road.tongue.day(*day));
        let wide = Canvas::wide(&label);
        let left = (x - wide / 2).clamp(4, i64::from(WIDTH) - wide - 4);
        // Where there is no room, its line stands for it.
        if taken.iter().all(|(from, to)| left + wide + 12 < *from || *to + 12 < left) {
            canvas.text((left, HEAD - 86), &label);
            taken.push((left, left + wide));
        }
    }
    let mut x = 24;
    for (mark, en, fr) in LEGENDS {
        let name = road.tongue.say(en, fr);
        canvas.mark(mark, (x, bottom + LEGEND / 2));
        canvas.text((x + 26, bottom + LEGEND / 2 - LETTER / 2), name);
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
            events: vec![(day("2026-11-11"), "Forum".into()), (day("2026-10-12"), "Submission".into())],
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
    fn nothing_and_what_is_far_away_is_drawn_too() {
        assert!(draw(&road(0, Tongue::En)).png().is_ok());
        let mut far = road(3, Tongue::En);
        far.rows[0].2 = "1900-01-01".parse().unwrap();
        far.rows[1].2 = Day::MAX;
        far.rows[2].3 = 1000;
        assert!(draw(&far).png().is_ok());
    }
}
