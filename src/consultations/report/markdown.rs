//! Markdown as HTML that can stand in a page of ours: HTML in it is text, links lead to the web or to a mailbox and nowhere else, pictures
//! are their descriptions. Pure.

use pulldown_cmark::{CowStr, Event, HeadingLevel, LinkType, Options, Parser, Tag, TagEnd, html};

/// The HTML of `markdown`, its headings below those of level `above`.
pub fn html(markdown: &str, above: usize) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut page = String::with_capacity(markdown.len() * 2);
    html::push_html(&mut page, Parser::new_ext(markdown, options).filter_map(|event| harmless(event, above)));
    page
}

fn harmless(event: Event<'_>, above: usize) -> Option<Event<'_>> {
    Some(match event {
        Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
        Event::Start(Tag::HtmlBlock) => Event::Start(Tag::Paragraph),
        Event::End(TagEnd::HtmlBlock) => Event::End(TagEnd::Paragraph),
        Event::Start(Tag::Heading { level, .. }) => {
            Event::Start(Tag::Heading { level: below(level, above), id: None, classes: Vec::new(), attrs: Vec::new() })
        }
        Event::End(TagEnd::Heading(level)) => Event::End(TagEnd::Heading(below(level, above))),
        Event::Start(Tag::Image { .. }) | Event::End(TagEnd::Image) => return None,
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if leads_out(link_type, &dest_url) { dest_url } else { CowStr::Borrowed("#") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        other => other,
    })
}

fn below(level: HeadingLevel, above: usize) -> HeadingLevel {
    HeadingLevel::try_from((level as usize + above).min(6)).unwrap_or(HeadingLevel::H6)
}

fn leads_out(kind: LinkType, to: &str) -> bool {
    let to = to.trim().to_ascii_lowercase();
    kind == LinkType::Email || ["https://", "http://", "mailto:"].iter().any(|scheme| to.starts_with(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_people_wrote_becomes_markup_of_its_own() {
        let written = "# Head\n\n<script>alert(1)</script>\n\ntext <b onclick=x>bold</b> **strong**\n\n[a](javascript:alert(1)) \
                       [b](https://example.org/?a=1&b=\"2) ![pic](https://evil.example/x.png) [c](data:text/html,x) <me@example.org>\n\n\
                       | a | b |\n|---|---|\n| 1 | 2 |\n";
        let page = html(written, 2);
        for gone in ["<script", "<b ", "javascript:", "<img", "data:", "<h1"] {
            assert!(!page.contains(gone), "{gone}: {page}");
        }
        for there in [
            "<h3>Head</h3>",
            "&lt;script&gt;",
            "<strong>strong</strong>",
            "href=\"https://example.org/",
            "pic",
            "<table>",
            "mailto:me@example.org",
        ] {
            assert!(page.contains(there), "{there}: {page}");
        }
    }
}
