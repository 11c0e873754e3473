//! Two distributions side by side, as horizontal bars.

use super::words::Tongue;
use super::{Picture, fit};

/// Two distributions over the same words.
pub struct Bars {
    /// Its language.
    pub tongue: Tongue,
    /// Its heading.
    pub title: String,
    /// What the full bars and the light ones are.
    pub series: [String; 2],
    /// Lists of words, each with its heading.
    pub panels: Vec<Panel>,
}

/// One list of words.
pub struct Panel {
    /// Its heading.
    pub heading: String,
    /// The words in their order.
    pub rows: Vec<Row>,
}

/// One word, and how many of each series it has.
pub struct Row {
    /// The word, as people read it.
    pub label: String,
    /// How many of each series.
    pub counts: [i64; 2],
}

const WIDTH: f64 = 760.0;
const LABELS: f64 = 230.0;
const BAR: f64 = 9.0;
const ROW: f64 = 30.0;

/// The picture, as SVG: bars are shares of their series' total, so that a group of forty stands beside a register of a thousand.
pub fn draw(bars: &Bars) -> String {
    let rows: usize = bars.panels.iter().map(|panel| panel.rows.len()).sum();
    let height = 84.0 + ROW * rows as f64 + 40.0 * bars.panels.len() as f64;
    let mut picture = Picture::new(WIDTH, height, &bars.title, &described(bars));
    picture.text("title", "start", 16.0, 30.0, &fit(&bars.title, 520.0));
    let mut x = 16.0;
    for (class, name) in ["one", "two"].into_iter().zip(&bars.series) {
        picture.area(class, (x, 47.0), (18.0, BAR));
        picture.text("", "start", x + 26.0, 56.0, name);
        x += 60.0 + 8.0 * name.chars().count() as f64;
    }
    let mut y = 74.0;
    for panel in &bars.panels {
        picture.text("head", "start", 16.0, y + 20.0, &panel.heading);
        y += 34.0;
        let totals = totals(panel);
        let widest = panel.rows.iter().flat_map(|row| [share(row, totals, 0), share(row, totals, 1)]).fold(0.01, f64::max);
        for row in &panel.rows {
            let [one, two] = row.counts;
            let what = format!("{}: {one} ({}), {two} ({})", row.label, percent(row, totals, 0), percent(row, totals, 1));
            picture.group(&what, |picture| {
                picture.text("", "start", 24.0, y + 14.0, &fit(&row.label, LABELS - 34.0));
                for (series, class) in ["one", "two"].into_iter().enumerate() {
                    let top = y + series as f64 * (BAR + 2.0);
                    let long = (WIDTH - LABELS - 110.0) * share(row, totals, series) / widest;
                    if long > 0.0 {
                        picture.area(class, (LABELS, top), (long.max(1.0), BAR));
                    }
                    let count = row.counts.get(series).copied().unwrap_or_default();
                    let text = format!("{count} · {}", percent(row, totals, series));
                    picture.text("small", "start", LABELS + long + 6.0, top + BAR - 0.5, &text);
                }
            });
            y += ROW;
        }
        y += 6.0;
    }
    picture.svg()
}

fn totals(panel: &Panel) -> [i64; 2] {
    panel.rows.iter().fold([0, 0], |[one, two], row| [one + row.counts[0], two + row.counts[1]])
}

fn share(row: &Row, totals: [i64; 2], series: usize) -> f64 {
    let of = |counts: [i64; 2]| counts.get(series).copied().unwrap_or_default() as f64;
    of(row.counts) / of(totals).max(1.0)
}

fn percent(row: &Row, totals: [i64; 2], series: usize) -> String {
    format!("{:.0} %", 100.0 * share(row, totals, series))
}

/// The picture in words, for who cannot see it.
fn described(bars: &Bars) -> String {
    let [one, two] = &bars.series;
    let beside = bars.tongue.say("beside", "à côté de");
    let mut text = format!("{one} {beside} {two}.");
    for panel in &bars.panels {
        let totals = totals(panel);
        text.push_str(&format!(" {}:", panel.heading));
        for row in panel.rows.iter().filter(|row| row.counts != [0, 0]) {
            text.push_str(&format!(" {} {} {beside} {};", row.label, percent(row, totals, 0), percent(row, totals, 1)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_shares_and_nobody_at_all_is_drawn_too() {
        let row = |label: &str, counts| Row { label: label.into(), counts };
        let panel = |rows| Panel { heading: "By sector".into(), rows };
        let bars = Bars {
            tongue: Tongue::En,
            title: "Working group 5 beside the register".into(),
            series: ["Members".into(), "Register".into()],
            panels: vec![panel(vec![row("State", [1, 80]), row("Private sector", [3, 706]), row("المجتمع المدني", [0, 390])])],
        };
        let svg = draw(&bars);
        for said in ["1 · 25 %", "3 · 75 %", "0 · 0 %", "706 · 60 %", "State 25 % beside 7 %"] {
            assert!(svg.contains(said), "{said}: {svg}");
        }
        assert!(draw(&Bars { panels: vec![panel(vec![row("State", [0, 0])])], ..bars }).contains("0 · 0 %"));
    }
}
