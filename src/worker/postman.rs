//! The postman: writes claimed mails and hands them to the transport of the settings.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use chrono_tz::Tz;
use secrecy::ExposeSecret as _;
use serde_json::Value;

use crate::calendar::Party;
use crate::call::{self, Call};
use crate::config::{DkimSettings, MailTransport, Settings};
use crate::db::Db;
use crate::error::{Error, ProblemKind, Result};
use crate::http::metrics::{AttemptLabels, Metrics};
use crate::mail::{
    Answer, Enclosed, Illustration, Invitation, Kind, Language, Message, Occasion, Sheet, Templates, Transport, Unsendable,
    moment,
};
use crate::outbox::{Claimed, LeaveToken, Outcome, Sender};

/// What stands in for the name of the call before one is loaded.
const NO_CALL: &str = "Plenary";

/// Writes mails and takes them out of the house.
pub struct Postman {
    db: Db,
    public_url: String,
    site_url: String,
    from: Option<String>,
    from_name: Option<String>,
    bounce_address: Option<String>,
    dkim: Option<DkimSettings>,
    templates: Templates,
    transport: Transport,
    metrics: Option<Arc<Metrics>>,
}

impl Postman {
    /// As the settings say. What is wrong with own templates is logged; built-in ones stand in for them.
    pub fn new(db: Db, settings: &Settings) -> Self {
        let mail = &settings.mail;
        let templates = Templates::new(mail.templates_dir.clone());
        for fault in templates.check() {
            tracing::error!(template = fault.template, why = fault.why, "an own mail template is not used");
        }
        Self {
            db,
            public_url: settings.public_url.clone(),
            site_url: settings.site_url(),
            from: mail.from.clone(),
            from_name: mail.from_name.clone(),
            bounce_address: mail.bounce_address.clone(),
            dkim: mail.dkim.clone(),
            templates,
            transport: match &mail.transport {
                MailTransport::File => Transport::File(settings.data_dir.join("mail")),
                MailTransport::Smtp(server) => Transport::smtp(server.clone()),
            },
            metrics: None,
        }
    }

    /// Counts what became of mails there.
    #[must_use]
    pub fn metrics(mut self, metrics: Arc<Metrics>) -> Self {
        self.metrics = Some(metrics);
        self
    }

    async fn deliver(&self, mail: &Claimed) -> Outcome {
        let outcome = match self.write(mail).await {
            Ok(message) => match self.transport.hand_over(&message).await {
                Answer::Taken(said) => Outcome::Taken(said),
                Answer::Later(said) => Outcome::Later(said),
                Answer::Never(said) => Outcome::Never(said),
                Answer::Nobody(said) => Outcome::Nobody(said),
            },
            Err(outcome) => outcome,
        };
        // Should the other side repeat what it was given: filters cite links.
        let asked = mail.asked.as_ref().map(|asked| asked.token.expose_secret());
        let secrets: Vec<&str> = asked.into_iter().chain(mail.leave.as_ref().map(LeaveToken::expose)).collect();
        let said = |said: String| secrets.iter().fold(said, |said, secret| said.replace(secret, "(token)"));
        let (outcome, name) = match outcome {
            Outcome::Taken(words) => (Outcome::Taken(said(words)), "taken"),
            Outcome::Later(words) => (Outcome::Later(said(words)), "later"),
            Outcome::Never(words) => (Outcome::Never(said(words)), "never"),
            Outcome::Nobody(words) => (Outcome::Nobody(said(words)), "nobody"),
        };
        if let Some(metrics) = &self.metrics {
            metrics.mail_attempts.get_or_create(&AttemptLabels { outcome: name }).inc();
        }
        match &outcome {
            Outcome::Taken(_) => tracing::debug!(mail = %mail.id, kind = mail.kind, attempt = mail.attempt, "a mail was taken"),
            Outcome::Later(why) | Outcome::Never(why) | Outcome::Nobody(why) => {
                // Who it goes to is in the outbox and not for the log.
                let why = without(why, &mail.recipient);
                tracing::warn!(mail = %mail.id, kind = mail.kind, attempt = mail.attempt, outcome = name, why, "a mail was not taken");
            }
        }
        outcome
    }

    /// The message, or what is to become of a mail that cannot be written.
    async fn write(&self, mail: &Claimed) -> Result<Message, Outcome> {
        let call = self.db.read(loaded_call).await.map_err(|error| Outcome::Later(format!("the database failed: {error}")))?;
        let call = call.as_deref();
        let kind = Kind::parse(&mail.kind)
            .ok_or_else(|| Outcome::Later(format!("this version of Plenary writes no mail of the kind {}", mail.kind)))?;
        let contact = call.map(|call| call.contact_email.as_str());
        let from = self
            .from
            .as_deref()
            .or(contact)
            .ok_or_else(|| Outcome::Later("there is no address to send from: load a call file, or set mail.from".into()))?;
        let language = Language::first_of(
            mail.locale.as_deref().into_iter().chain(call.and_then(|call| call.locales.first()).map(String::as_str)),
        );
        let link = mail
            .asked
            .as_ref()
            .map(|asked| format!("{}/{}?token={}", self.public_url, asked.purpose, asked.token.expose_secret()));
        let until =
            mail.asked.as_ref().map(|asked| moment(asked.expires_at, call.map_or(Tz::UTC, |call| call.time_zone), language));
        let unsubscribe = mail.leave.as_ref().map(|token| format!("{}/unsubscribe?token={}", self.public_url, token.expose()));
        let name = call.map_or(NO_CALL, |call| call.name.as_str());
        let no_params = Value::Null;
        let gathered;
        let occasion = Occasion {
            kind,
            language,
            call: name,
            contact,
            link: link.as_deref(),
            until: until.as_deref(),
            unsubscribe: unsubscribe.as_deref(),
            site: Some(&self.site_url),
            params: mail.params.as_object().map_or(&no_params, |_| &mail.params),
        };
        let occasion = if kind == Kind::Digest {
            gathered = self.templates.gathered(&occasion);
            Occasion { params: &gathered, ..occasion }
        } else {
            occasion
        };
        let (letter, unused) = self.templates.render(&occasion).map_err(|fault| Outcome::Later(fault.to_string()))?;
        for fault in unused {
            tracing::error!(mail = %mail.id, template = fault.template, why = fault.why, "an own mail template was not used");
        }
        let sheet = Sheet {
            id: mail.id.as_str(),
            written_at: mail.created_at,
            from,
            from_name: self.from_name.as_deref().unwrap_or(name),
            reply_to: contact,
            to: &mail.recipient,
            bounces_to: self.bounce_address.as_deref(),
            unsubscribe: unsubscribe.as_deref(),
        };
        let from_name = sheet.from_name;
        let for_calendar = |invitation: Invitation| {
            // Answers go to people, so to where the secretariat is reached.
            let organizer = Party { name: from_name, address: contact.unwrap_or(from) };
            invitation.part(organizer, &mail.recipient, &self.public_url, mail.created_at)
        };
        let calendar = Invitation::of(kind, &mail.params).map(for_calendar);
        let attached: Vec<_> = if kind == Kind::Digest {
            Invitation::all_of_digest(&mail.params).into_iter().map(for_calendar).collect()
        } else {
            Vec::new()
        };
        let pictures = Illustration::all_of(kind, &mail.params, language);
        let enclosed = Enclosed { calendar: calendar.as_ref(), pictures: &pictures, attached: &attached };
        let message = Message::enclosing(&sheet, &letter, &enclosed);
        let message = message.and_then(|message| match &self.dkim {
            Some(dkim) => message.signed(dkim, mail.created_at),
            None => Ok(message),
        });
        message.map_err(|why| match why {
            Unsendable::Recipient => Outcome::Never(why.to_string()),
            Unsendable::Ours(_) => Outcome::Later(why.to_string()),
        })
    }
}

impl Sender for Postman {
    fn send<'a>(&'a self, mail: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(self.deliver(mail))
    }
}

/// A text in which an address, in whatever case, does not stand.
fn without(text: &str, address: &str) -> String {
    let (folded, wanted) = (text.to_ascii_lowercase(), address.to_ascii_lowercase());
    if wanted.is_empty() {
        return text.to_owned();
    }
    let (mut rest, mut at) = (String::new(), 0);
    for (found, _) in folded.match_indices(&wanted) {
        rest += text.get(at..found).unwrap_or_default();
        rest += "(recipient)";
        at = found + wanted.len();
    }
    rest + text.get(at..).unwrap_or_default()
}

/// The call, where one is loaded.
fn loaded_call(tx: &mut crate::db::Read<'_>) -> Result<Option<Arc<Call>>> {
    match call::current(tx) {
        Ok(call) => Ok(Some(call)),
        Err(Error::Problem(problem)) if problem.kind == ProblemKind::Unavailable => Ok(None),
        Err(error) => Err(error),
    }
}
