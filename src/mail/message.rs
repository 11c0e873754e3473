//! A mail as it travels (RFC 5322).

use std::time::SystemTime;

use lettre::Address;
use lettre::address::Envelope;
use lettre::message::header::{
    ContentDisposition, ContentTransferEncoding, ContentType, ContentTypeErr, HeaderName, HeaderValue,
};
use lettre::message::{Attachment, Body, Mailbox, MultiPart, SinglePart, SinglePartBuilder};

use super::{CalendarPart, Illustration, Letter, dkim, plain};
use crate::config::DkimSettings;
use crate::time::Instant;

/// Characters of a line that travels as it is.
const LINE: usize = 990;

/// What stands on the envelope and in the head.
pub struct Sheet<'a> {
    /// What its Message-ID is made of: the same for every repeat.
    pub id: &'a str,
    /// When it was written.
    pub written_at: Instant,
    /// The address it is from.
    pub from: &'a str,
    /// The name beside that.
    pub from_name: &'a str,
    /// Where answers go, where that is elsewhere.
    pub reply_to: Option<&'a str>,
    /// The address it goes to.
    pub to: &'a str,
    /// The address that is told where it cannot be delivered; `None`: the one it is from.
    pub bounces_to: Option<&'a str>,
    /// The link to get no more of these, where its reader may do without them: one POST to it does so (RFC 8058).
    pub unsubscribe: Option<&'a str>,
}

/// What travels with a mail.
#[derive(Clone, Copy, Debug, Default)]
pub struct Enclosed<'a> {
    /// An entry for the reader's calendar: another form of the same mail (RFC 6047, 2.4), which calendar programs show with buttons and
    /// others leave alone.
    pub calendar: Option<&'a CalendarPart>,
    /// The pictures that the text shows (RFC 2387).
    pub pictures: &'a [Illustration],
    /// Entries for the calendar that are only some of what the mail tells: files beside it.
    pub attached: &'a [CalendarPart],
}

impl CalendarPart {
    /// The head of its part.
    fn builder(&self) -> Result<SinglePartBuilder, ContentTypeErr> {
        let media_type = format!("text/calendar; method={}; charset=utf-8", self.method);
        Ok(SinglePart::builder().header(ContentType::parse(&media_type)?))
    }
}

/// A mail that no server could take.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsendable {
    /// The address it goes to is none.
    #[error("there can be no mailbox of that address")]
    Recipient,
    /// Something of ours is wrong.
    #[error("the message cannot be put together: {0}")]
    Ours(String),
}

/// A mail ready to be handed over.
pub struct Message {
    /// What it is called among others: its Message-ID without brackets.
    pub id: String,
    /// From whom to whom.
    pub envelope: Envelope,
    /// Head and body, ASCII only, with CRLF at the end of each line.
    pub text: String,
}

impl Message {
    /// Puts a letter into its envelope. The same letter gives the same bytes, whenever and wherever.
    pub fn new(sheet: &Sheet<'_>, letter: &Letter) -> Result<Self, Unsendable> {
        Self::enclosing(sheet, letter, &Enclosed::default())
    }

    /// [`Message::enclosing`] of a mail about one thing.
    pub fn with(
        sheet: &Sheet<'_>,
        letter: &Letter,
        calendar: Option<&CalendarPart>,
        picture: Option<&Illustration>,
    ) -> Result<Self, Unsendable> {
        let pictures = picture.map(std::slice::from_ref).unwrap_or_default();
        Self::enclosing(sheet, letter, &Enclosed { calendar, pictures, attached: &[] })
    }

    /// [`Message::new`] with what goes with it.
    pub fn enclosing(sheet: &Sheet<'_>, letter: &Letter, enclosed: &Enclosed<'_>) -> Result<Self, Unsendable> {
        let ours = |error: &dyn std::fmt::Display| Unsendable::Ours(error.to_string());
        let from: Address = sheet.from.parse().map_err(|e| ours(&format!("{}: {e}", sheet.from)))?;
        let to: Address = sheet.to.parse().map_err(|_| Unsendable::Recipient)?;
        let bounces_to = match sheet.bounces_to {
            Some(address) => address.parse().map_err(|e| ours(&format!("{address}: {e}")))?,
            None => from.clone(),
        };
        let envelope = Envelope::new(Some(bounces_to), vec![to.clone()]).map_err(|e| ours(&e))?;
        let id = format!("{}@{}", sheet.id, from.domain());
        let name = plain::one_line(sheet.from_name);
        let mut builder = lettre::Message::builder()
            .date(SystemTime::from(sheet.written_at.utc()))
            .from(Mailbox::new(Some(name).filter(|name| !name.is_empty()), from))
            .to(to.into())
            .envelope(envelope)
            .subject(plain::head_line(&letter.subject))
            .message_id(Some(format!("<{id}>")))
            .raw_header(header("Auto-Submitted", "auto-generated"))
            .raw_header(header("Content-Language", letter.language.as_str()));
        if let Some(address) = sheet.reply_to.filter(|address| *address != sheet.from) {
            builder = builder.reply_to(address.parse::<Address>().map_err(|e| ours(&e))?.into());
        }
        if let Some(link) = sheet.unsubscribe {
            builder = builder
                .raw_header(header("List-Unsubscribe", &format!("<{link}>")))
                .raw_header(header("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"));
        }
        let mut body = MultiPart::alternative()
            .boundary(format!("plenary-{}", sheet.id))
            .singlepart(SinglePart::builder().header(ContentType::TEXT_PLAIN).body(encoded(&letter.text)));
        let html = SinglePart::builder().header(ContentType::TEXT_HTML).body(encoded(&letter.html));
        body = if enclosed.pictures.is_empty() {
            body.singlepart(html)
        } else {
            let mut related = MultiPart::related().boundary(format!("plenary-{}-related", sheet.id)).singlepart(html);
            for Illustration { id, png } in enclosed.pictures {
                let png_type = ContentType::parse("image/png").map_err(|e| ours(&e))?;
                let image = Attachment::new_inline_with_name(id.clone(), "board.png".into());
                related = related.singlepart(image.body(png.clone(), png_type));
            }
            body.multipart(related)
        };
        if let Some(part) = enclosed.calendar {
            body = body.singlepart(part.builder().map_err(|e| ours(&e))?.body(encoded(&part.text)));
        }
        if !enclosed.attached.is_empty() {
            body = MultiPart::mixed().boundary(format!("plenary-{}-mixed", sheet.id)).multipart(body);
            for (n, part) in (1..).zip(enclosed.attached) {
                let name = ContentDisposition::attachment(&format!("{}-{n}.ics", part.method.to_string().to_lowercase()));
                body = body.singlepart(part.builder().map_err(|e| ours(&e))?.header(name).body(encoded(&part.text)));
            }
        }
        let message = builder.multipart(body).map_err(|e| ours(&e))?;
        let text = String::from_utf8(message.formatted()).map_err(|e| ours(&e))?;
        Ok(Self { id, envelope: message.envelope().clone(), text })
    }

    /// The same with the signature of the domain that answers for it, from the instant it was written on: a repeat has the same bytes.
    pub fn signed(mut self, dkim: &DkimSettings, written_at: Instant) -> Result<Self, Unsendable> {
        let ours = |error: &dyn std::fmt::Display| Unsendable::Ours(format!("DKIM: {error}"));
        let field = dkim::field(&self.text, dkim, written_at).map_err(|e| ours(&e))?;
        self.text.insert_str(0, &field);
        Ok(self)
    }
}

/// What is ASCII travels as it is, with a link whole on its line; the crate would break lines of more than 76 characters, of which there
/// may be 998 (RFC 5322, 2.1.1).
fn encoded(text: &str) -> Body {
    if text.is_ascii() && text.lines().all(|line| line.len() <= LINE) {
        let lines: String = text.lines().map(|line| format!("{line}\r\n")).collect();
        Body::dangerous_pre_encoded(lines.into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text.to_owned())
    }
}

fn header(name: &'static str, value: &str) -> HeaderValue {
    HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
}
