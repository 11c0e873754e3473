//! Mail: which ones there are, what they say, and the ways out of the house.
//!
//! A mail is rendered from one template into text and HTML ([`Templates`]), put together as a message ([`Message`]) and handed to a
//! [`Transport`]. Nothing here knows the outbox or the database.

mod about;
mod digest;
mod dkim;
mod environment;
mod file;
mod html;
mod illustration;
mod invitation;
mod kinds;
mod language;
mod message;
mod moments;
mod plain;
mod smtp;
mod templates;

pub use illustration::Illustration;
pub use invitation::{CalendarPart, Invitation};
pub use kinds::Kind;
pub use language::Language;
pub use message::{Enclosed, Message, Sheet, Unsendable};
pub use moments::{moment, span};
pub use templates::{Letter, Occasion, TemplateFault, Templates};

use std::path::PathBuf;

use crate::config::SmtpServer;

/// What became of handing a mail over, each with the other side's own words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It was taken.
    Taken(String),
    /// Not now: the other side said so (SMTP 4xx), cannot be reached, or does not let us in.
    Later(String),
    /// Never (SMTP 5xx about this mail).
    Never(String),
    /// Never, and no other mail either: nobody has that address.
    Nobody(String),
}

/// A way out of the house.
pub enum Transport {
    /// A directory in which each mail becomes a file.
    File(PathBuf),
    /// An SMTP server.
    Smtp(smtp::Pool),
}

impl Transport {
    /// Mails through this server, over connections that are kept for the next one.
    pub fn smtp(server: SmtpServer) -> Self {
        Self::Smtp(smtp::Pool::new(server))
    }

    /// Hands a mail over. May be dropped at any time: what is half said then is never taken for the answer to another mail.
    pub async fn hand_over(&self, message: &Message) -> Answer {
        match self {
            Self::File(directory) => file::write(directory.clone(), message).await,
            Self::Smtp(pool) => pool.send(message).await,
        }
    }
}
