//! Counts as horizontal bars, a list of them a question; a count that is kept back is drawn as such.

use super::words::Tongue;
use super::{Picture, fit};

/// Lists of counts.
pub struct Counts {
    /// Its language.
    pub tongue: Tongue,
    /// Its heading.
    pub title: String,
    /// The lists, each with its heading.
    pub panels: Vec<Panel>,
}

/// One list.
pub struct Panel {
    /// Its heading.
    pub heading: String,
    /// What stands below the heading.
    pub note: String,
    /// The words in their order, each with its count; null: kept back.
    pub rows: Vec<(String, Option<i64>)>,
}

const WIDTH: f64 = 760.0;
const LABELS: f64 = 300.0;
const BAR: f64 = 14.0;
const ROW: f64 = 26.0;
const HEAD: f64 = 52.0;

/// The picture, its ids beginning with `prefix` where it is to stand in a page with others.
pub fn draw(counts: &Counts, prefix: &str) -> Picture {
    let rows: usize = counts.panels.iter().map(|panel| panel.rows.len()).sum();
    let height = 56.0 + ROW * rows as f64 + HEAD * counts.panels.len() as f64;
    let mut picture = Picture::within(prefix, (WIDTH, height), &counts.title, &described(counts));
    picture.text("title", "start", 16.0, 30.0, &fit(&counts.title, 520.0));
    let mut y = 44.0;
    for panel in &counts.panels {
        picture.text("head", "start", 16.0, y + 20.0, &fit(&panel.heading, WIDTH - 32.0));
        picture.text("small", "start", 16.0, y + 36.0, &panel.note);
        y += HEAD - 6.0;
        let most = panel.rows.iter().filter_map(|(_, count)| *count).max().unwrap_or_default().max(1);
        for (label, count) in &panel.rows {
            let text = said(counts.tongue, *count);
            picture.group(&format!("{label}: {text}"), |picture| {
                picture.text("", "start", 24.0, y + BAR - 2.0, &fit(label, LABELS - 34.0));
                let long = (WIDTH - LABELS - 140.0) * count.unwrap_or_default() as f64 / most as f64;
                if long > 0.0 {
                    picture.area("one", (LABELS, y), (long.max(1.0), BAR));
                } else if count.is_none() {
                    picture.line("rule", (LABELS, y + BAR / 2.0), (LABELS + 40.0, y + BAR / 2.0));
                }
                let beside = if count.is_none() { 46.0 } else { long + 6.0 };
                picture.text("small", "start", LABELS + beside, y + BAR - 3.0, &text);
            });
            y += ROW;
        }
        y += 6.0;
    }
    picture
}

fn said(tongue: Tongue, count: Option<i64>) -> String {
    count.map_or_else(|| tongue.say("kept back", "non communiqué").to_owned(), |count| count.to_string())
}

/// The picture in words, for who cannot see it.
fn described(counts: &Counts) -> String {
    let panel = |panel: &Panel| {
        let rows: Vec<_> = panel.rows.iter().map(|(label, count)| format!("{label} {}", said(counts.tongue, *count))).collect();
        format!("{} ({}): {}.", panel.heading, panel.note, rows.join("; "))
    };
    counts.panels.iter().map(panel).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_back_is_drawn_as_such() {
        let rows = vec![("Norms <b>".to_owned(), Some(7)), ("Hygiene".to_owned(), None), ("نظافة".to_owned(), Some(0))];
        let panel = Panel { heading: "What first?".into(), note: "12 answers".into(), rows };
        let counts = Counts { tongue: Tongue::Fr, title: "A round".into(), panels: vec![panel] };
        let svg = draw(&counts, "q1-").svg();
        for said in ["Norms &lt;b&gt; 7; Hygiene non communiqué; نظافة 0.", "id=\"q1-title\"", "q1-title q1-description"] {
            assert!(svg.contains(said), "{said}: {svg}");
        }
    }
}
