//! HTML from the text of a mail: pure. What it is made from is escaped as a whole, so that nothing in it can act; the link of a mail
//! becomes its button.

use super::Language;
use super::illustration::Shown;

/// The one link of a mail.
pub struct Button<'a> {
    /// Where it leads.
    pub link: &'a str,
    /// What it says.
    pub label: &'a str,
}

const PARAGRAPH: &str = "margin:0 0 16px";
// No colours of our own but the button's: a client in dark mode then chooses them all.
const BODY: &str = "margin:0;padding:16px;font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.5;overflow-wrap:anywhere;word-break:break-word";
const BUTTON: &str = "display:inline-block;padding:12px 20px;border:1px solid #1d4ed8;border-radius:4px;background:#1d4ed8;color:#ffffff;font-weight:bold;text-decoration:none";
const PICTURE: &str = "display:block;width:100%;height:auto;border:0;background:#ffffff";
const TITLE: &str = "margin:32px 0 16px;padding:16px 0 0;border-top:1px solid #888888;font-size:18px;line-height:1.3";
const QUOTE: &str = "margin:0 0 16px;padding:0 0 0 12px;border-left:3px solid #888888";
const CLOSING: &str = "margin:24px 0 0;padding:16px 0 0;border-top:1px solid #888888;font-size:14px";

/// What a page is made of.
pub struct Sheet<'a> {
    pub language: Language,
    pub subject: &'a str,
    /// Paragraphs and quotations; the link of the button and the words of a picture each stand alone in one.
    pub body: &'a str,
    pub closing: &'a str,
    pub button: Option<&'a Button<'a>>,
    pub pictures: &'a [Shown],
    /// Paragraphs that are the titles of what follows them.
    pub titles: &'a [String],
    /// Can be followed in the closing.
    pub unsubscribe: Option<&'a str>,
    /// A paragraph that is an address below this can be followed.
    pub site: Option<&'a str>,
}

/// A page, with the closing below.
pub fn page(sheet: &Sheet<'_>) -> String {
    let Sheet { language, subject, body, closing, button, pictures, titles, unsubscribe, site } = *sheet;
    let below_site = |block: &str| site.is_some_and(|site| block.starts_with(site)) && !block.contains(char::is_whitespace);
    let mut html = format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{}</title>\n</head>\n\
         <body style=\"{BODY}\">\n<div style=\"max-width:600px;margin:0 auto\">\n",
        escape(subject)
    );
    for block in body.split("\n\n").map(str::trim).filter(|block| !block.is_empty()) {
        if let Some(picture) = pictures.iter().find(|picture| picture.words == block) {
            html.push_str(&image(picture));
            continue;
        }
        html.push_str(&match button.filter(|button| button.link == block) {
            Some(Button { link, label }) => {
                let (link, label) = (escape(link), escape(label));
                format!("<p style=\"{PARAGRAPH}\">\n<a href=\"{link}\" style=\"{BUTTON}\">{label}</a>\n</p>\n")
            }
            None if titles.iter().any(|title| title == block) => format!("<h2 style=\"{TITLE}\">{}</h2>\n", escape(block)),
            None if below_site(block) => {
                format!("<p style=\"{PARAGRAPH}\"><a href=\"{0}\">{0}</a></p>\n", escape(block))
            }
            None if block.lines().all(|line| line.starts_with('>')) => {
                let lines = block.lines().map(|line| line.trim_start_matches('>').trim_start());
                format!("<blockquote style=\"{QUOTE}\">\n{}</blockquote>\n", lines.map(quoted).collect::<String>())
            }
            None => format!("<p style=\"{PARAGRAPH}\">{}</p>\n", joined(block.lines())),
        });
    }
    let closing: Vec<_> = closing
        .trim()
        .lines()
        .map(|line| match unsubscribe.filter(|link| *link == line) {
            Some(link) => format!("<a href=\"{0}\">{0}</a>", escape(link)),
            None => escape(line),
        })
        .collect();
    html.push_str(&format!("<p style=\"{CLOSING}\">{}</p>\n</div>\n</body>\n</html>\n", closing.join("<br>\n")));
    html
}

/// The picture, on white also where the client is dark, no wider than the page.
fn image(picture: &Shown) -> String {
    let (id, words, width) = (escape(&picture.id), escape(&picture.words), picture.width);
    format!(
        "<p style=\"{PARAGRAPH}\">\n<img src=\"cid:{id}\" alt=\"{words}\" width=\"{width}\" style=\"{PICTURE};max-width:{width}px\">\n</p>\n"
    )
}

/// A line of somebody's words, from the side on which its own script begins: they may be in several.
fn quoted(line: &str) -> String {
    let words = if line.is_empty() { "<br>".to_owned() } else { escape(line) };
    format!("<div dir=\"auto\">{words}</div>\n")
}

fn joined<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.map(escape).collect::<Vec<_>>().join("<br>\n")
}

fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
