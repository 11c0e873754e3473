//! Pictures as SVG 1.1: for screens and paper, light and dark, told apart without colour, described for who cannot see them.
//!
//! The crate `svg` writes the document and escapes what people wrote. What is drawn are lines, boxes, marks and texts in user units; all
//! colours are classes of one stylesheet, so that a dark screen gets its own. Charting crates were looked at: they write colours into each
//! element, know no dark screens, no descriptions, and no marks for states.

pub mod bars;
pub mod counts;
pub mod raster;
pub mod road;
pub mod words;

use svg::node::Node;
use svg::node::element::{Description, Element, Line, Path, Rectangle, Style, Text, Title};

use crate::text;

/// The one stylesheet of every picture.
const STYLE: &str = "\
svg{--paper:#fff;--ink:#1b1b1b;--faint:#6b6b6b;--grid:#dcdcdc;--band:#f4f4f4;--done:#1a6b3c;--fine:#1d5fa8;--risk:#a85a00;--late:#b00020;--off:#767676;--one:#1d5fa8;--two:#8fb3d9;background:var(--paper)}\
@media (prefers-color-scheme:dark){svg{--paper:#16181b;--ink:#f0f0f0;--faint:#a8a8a8;--grid:#3a3d42;--band:#202327;--done:#5fce8f;--fine:#7db4f0;--risk:#f0a850;--late:#ff7a86;--off:#9a9a9a;--one:#7db4f0;--two:#44617f}}\
text{font:13px system-ui,'Noto Sans','Noto Sans Arabic',sans-serif;fill:var(--ink);unicode-bidi:plaintext}\
.paper{fill:var(--paper)}.title{font-size:18px;font-weight:600}.head{font-weight:600}.small{font-size:11px;fill:var(--faint)}\
.grid{stroke:var(--grid);stroke-width:1}.band{fill:var(--band)}.rule{stroke:var(--faint);stroke-width:1.5;stroke-dasharray:6 4}.now{stroke:var(--ink);stroke-width:2}\
.track{stroke:var(--grid);stroke-width:5;stroke-linecap:round}.way{stroke:var(--faint);stroke-width:5;stroke-linecap:round}\
.mark{stroke-width:2;stroke-linejoin:round}.done{fill:var(--done);stroke:var(--done)}.fine{fill:var(--paper);stroke:var(--fine)}.risk{fill:var(--risk);stroke:var(--risk)}.late{fill:var(--late);stroke:var(--late)}.off{fill:none;stroke:var(--off)}\
.step{fill:var(--paper);stroke:var(--ink);stroke-width:1.5}.stepdone{fill:var(--ink);stroke:var(--ink);stroke-width:1.5}\
.one{fill:var(--one);stroke:var(--ink);stroke-width:.5}.two{fill:var(--two);stroke:var(--ink);stroke-width:.5;stroke-dasharray:2 2}";

/// The stylesheet as it stands in the document, which is what a `Content-Security-Policy` allows by its digest.
pub fn style_text() -> String {
    format!("\n{STYLE}\n")
}

/// A mark that tells a state, by its form as well as by its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A full square: done.
    Done,
    /// A ring: on its way.
    Fine,
    /// A full triangle: at risk.
    Risk,
    /// A full diamond, larger: late.
    Late,
    /// A cross: given up.
    Off,
    /// A small empty diamond: a step to take.
    Step,
    /// A small full diamond: a step taken.
    StepDone,
}

impl Mark {
    fn class(self) -> &'static str {
        match self {
            Self::Done => "mark done",
            Self::Fine => "mark fine",
            Self::Risk => "mark risk",
            Self::Late => "mark late",
            Self::Off => "mark off",
            Self::Step => "step",
            Self::StepDone => "stepdone",
        }
    }

    fn path(self, x: f64, y: f64) -> String {
        let diamond = |r: f64| format!("M{x:.1} {:.1}l{r} {r}l-{r} {r}l-{r} -{r}z", y - r);
        match self {
            Self::Done => format!("M{:.1} {:.1}h9v9h-9z", x - 4.5, y - 4.5),
            Self::Fine => format!("M{:.1} {y:.1}a5 5 0 1 0 10 0a5 5 0 1 0 -10 0z", x - 5.0),
            Self::Risk => format!("M{x:.1} {:.1}l5.5 10h-11z", y - 5.5),
            Self::Late => diamond(6.5),
            Self::Off => format!("M{:.1} {:.1}l8 8m0 -8l-8 8", x - 4.0, y - 4.0),
            Self::Step | Self::StepDone => diamond(3.5),
        }
    }
}

/// A picture being drawn; what is drawn later lies above.
pub struct Picture(Element);

impl Picture {
    /// An empty picture of this size, in pixels where it is shown unscaled. `description` says in words what it shows.
    pub fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        Self::within("", (width, height), title, description)
    }

    /// [`Picture::new`] for a page where other pictures stand too: its ids begin with `prefix`.
    pub fn within(prefix: &str, (width, height): (f64, f64), title: &str, description: &str) -> Self {
        let mut root = Element::new("svg");
        root.assign("xmlns", "http://www.w3.org/2000/svg");
        root.assign("viewBox", (0.0, 0.0, width, height));
        root.assign("width", width);
        root.assign("height", height);
        root.assign("role", "img");
        root.assign("aria-labelledby", format!("{prefix}title {prefix}description"));
        root.append(Title::new(clean(title)).set("id", format!("{prefix}title")));
        root.append(Description::new().set("id", format!("{prefix}description")).add(svg::node::Text::new(clean(description))));
        root.append(Style::new(STYLE));
        root.append(Rectangle::new().set("class", "paper").set("width", width).set("height", height));
        Self(root)
    }

    /// A text that begins (`start`), is centred (`middle`) or ends (`end`) at `x`, its baseline at `y`.
    pub fn text(&mut self, class: &str, anchor: &str, x: f64, y: f64, text: &str) {
        self.0.append(words(class, anchor, x, y, text));
    }

    /// A line.
    pub fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.0.append(line(class, from, to));
    }

    /// A box.
    pub fn area(&mut self, class: &str, at: (f64, f64), size: (f64, f64)) {
        let area = Rectangle::new().set("class", class).set("x", round(at.0)).set("y", round(at.1));
        self.0.append(area.set("width", round(size.0)).set("height", round(size.1)));
    }

    /// A mark, named by what a pointer over it shows.
    pub fn mark(&mut self, mark: Mark, x: f64, y: f64, name: &str) {
        let path = Path::new().set("class", mark.class()).set("d", mark.path(x, y)).add(Title::new(clean(name)));
        self.0.append(path);
    }

    /// Several things that belong together, with what a pointer over them shows.
    pub fn group(&mut self, name: &str, draw: impl FnOnce(&mut Self)) {
        let mut group = Element::new("g");
        group.append(Title::new(clean(name)));
        let mut inner = Self(group);
        draw(&mut inner);
        self.0.append(inner.0);
    }

    /// It as an element of a page.
    pub fn element(self) -> String {
        self.0.to_string()
    }

    /// The document's text.
    pub fn svg(self) -> String {
        format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{}\n", self.0)
    }
}

fn words(class: &str, anchor: &str, x: f64, y: f64, text: &str) -> Text {
    let node = Text::new(clean(text)).set("x", round(x)).set("y", round(y));
    // `start` and `end` turn with the direction. It is said, not left to the renderer, so that lines of every script keep the same side.
    let node = if text::runs_right_to_left(text) {
        let anchor = match anchor {
            "start" => "end",
            "end" => "start",
            middle => middle,
        };
        node.set("direction", "rtl").set("text-anchor", anchor)
    } else {
        node.set("text-anchor", anchor)
    };
    if class.is_empty() { node } else { node.set("class", class) }
}

fn line(class: &str, from: (f64, f64), to: (f64, f64)) -> Line {
    let line = Line::new().set("class", class).set("x1", round(from.0)).set("y1", round(from.1));
    line.set("x2", round(to.0)).set("y2", round(to.1))
}

fn round(x: f64) -> f64 {
    (x * 10.0).round() / 10.0
}

/// XML 1.0 cannot carry control characters, not even escaped.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') { ' ' } else { c }).collect()
}

/// `text`, cut with an ellipsis where it would be wider than `width` at 13 pixels. There being no fonts here, widths are estimates on the
/// wide side.
pub fn fit(text: &str, width: f64) -> String {
    let mut used = 0.0;
    let mut kept = String::new();
    for c in text.chars() {
        used += wide(c);
        kept.push(c);
        if used > width {
            while used + wide('…') > width {
                match kept.pop() {
                    Some(last) => used -= wide(last),
                    None => break,
                }
            }
            return format!("{}…", kept.trim_end());
        }
    }
    kept
}

fn wide(c: char) -> f64 {
    match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | '!' | ' ' | '(' | ')' | '-' => 4.8,
        'm' | 'w' | 'M' | 'W' | '…' | '@' => 12.0,
        'A'..='Z' | '0'..='9' => 8.8,
        // Chinese, Japanese, Korean, and the rest of their planes.
        '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{D7FF}' | '\u{F900}'..='\u{FAFF}' | '\u{FF00}'..='\u{FF60}' => 13.5,
        '\u{1F000}'..='\u{3FFFF}' => 14.0,
        _ => 7.6,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_wrote_is_text_and_nothing_else() {
        let mut picture = Picture::new(100.0, 50.0, "<b>&\"title\"", "a\u{1}b");
        picture.text("", "start", 1.0, 2.0, "</text><script>alert(1)</script>");
        picture.group("\"><g onload=\"x\"", |picture| picture.mark(Mark::Late, 5.0, 5.0, "<x>"));
        let svg = picture.svg();
        assert!(!svg.contains("<script") && !svg.contains("<b>") && !svg.contains("<x>") && !svg.contains('\u{1}'), "{svg}");
        assert!(svg.contains("&lt;script&gt;"), "{svg}");
        assert!(svg.contains(&format!("<style>{}</style>", style_text())), "{svg}");
    }

    #[test]
    fn a_long_text_is_cut_where_the_room_ends() {
        assert_eq!(fit("short", 200.0), "short");
        assert_eq!(fit("", 10.0), "");
        let cut = fit("A name that is far too long for its room", 100.0);
        assert!(cut.ends_with('…') && cut.len() < 20, "{cut}");
        assert!(fit(&"漢".repeat(50), 100.0).chars().count() <= 8);
    }
}
