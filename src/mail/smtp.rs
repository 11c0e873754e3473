//! Mails through an SMTP server, over connections that are kept a while for the next mail.
//!
//! The pool is ours rather than the crate's: that one keeps a connection whose mail was broken off half said (a timeout), and its late
//! answers would then be taken for those to the next mail. Here a connection is kept only after a mail that was taken whole.

use std::error::Error as _;
use std::fmt::{Display, Formatter};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::{ClientId, Extension, MailParameter};
use lettre::transport::smtp::response::{Response, Severity};
use secrecy::ExposeSecret as _;
use tokio::time::{Instant, timeout};

use super::{Answer, Message};
use crate::config::{SmtpServer, SmtpTls};

/// For a connection to stand: TCP, TLS, signing in.
const CONNECT: Duration = Duration::from_secs(15);
/// For a kept connection to say that it lives.
const ALIVE: Duration = Duration::from_secs(5);
/// For a mail in all; less than the outbox gives a hand-over, so that the reason is ours to tell.
const WHOLE: Duration = Duration::from_secs(50);
/// For how long an idle connection is kept.
const IDLE: Duration = Duration::from_secs(30);
/// For how long a connection that has just taken a mail is believed to live without being asked.
const FRESH: Duration = Duration::from_secs(1);
/// Idle connections kept: half of what the outbox sends side by side in its two lanes of mails, which are seldom both full.
const KEPT: usize = 16;

/// Connections to one server. There are as many as mails are on their way.
pub struct Pool {
    server: SmtpServer,
    idle: Idle,
}

/// Connections that wait for a mail, and since when.
#[derive(Clone, Default)]
struct Idle(Arc<Mutex<Vec<(AsyncSmtpConnection, Instant)>>>);

/// Why a mail was not taken.
enum Failure {
    /// The server did not let us as far as a mail: nothing is wrong with this one.
    Door(String),
    /// Said to the address that mails are from: something is wrong with the settings, not with this mail.
    Sender(Error),
    /// Said about this mail, or while it was on its way.
    Mail(Error),
    /// Said to the address that it goes to.
    Recipient(Error),
    /// The address has letters that the server does not take.
    Address,
}

impl Pool {
    /// No connection yet.
    pub fn new(server: SmtpServer) -> Self {
        Self { server, idle: Idle::default() }
    }

    /// Hands a mail over.
    pub async fn send(&self, message: &Message) -> Answer {
        let sent = timeout(WHOLE, self.say(message)).await;
        match sent {
            Ok(Ok(response)) => Answer::Taken(words_of(&response)),
            Ok(Err(Failure::Door(why))) => Answer::Later(why),
            Ok(Err(Failure::Sender(error))) => Answer::Later(self.words(&error)),
            Ok(Err(Failure::Recipient(error))) if says_nobody(&error, true) => Answer::Nobody(self.words(&error)),
            Ok(Err(Failure::Mail(error))) if says_nobody(&error, false) => Answer::Nobody(self.words(&error)),
            Ok(Err(Failure::Mail(error) | Failure::Recipient(error))) if error.is_permanent() && !is_about_the_door(&error) => {
                Answer::Never(self.words(&error))
            }
            Ok(Err(Failure::Mail(error) | Failure::Recipient(error))) => Answer::Later(self.words(&error)),
            Ok(Err(Failure::Address)) => {
                Answer::Never("the SMTP server takes no addresses with letters beyond ASCII (SMTPUTF8)".into())
            }
            Err(_) => Answer::Later(format!("the SMTP server did not answer within {} s", WHOLE.as_secs())),
        }
    }

    async fn say(&self, message: &Message) -> Result<Response, Failure> {
        loop {
            let (mut connection, is_kept) = self.connection().await?;
            match converse(&mut connection, message).await {
                Ok(response) => {
                    self.idle.keep(connection);
                    return Ok(response);
                }
                // It had died since its last mail, and nothing of this one was said to anybody.
                Err(Failure::Sender(error)) if is_kept && error.status().is_none() => close(connection),
                Err(failure) => {
                    close(connection);
                    return Err(failure);
                }
            }
        }
    }

    /// One that lives, or is believed to; whether it was kept.
    async fn connection(&self) -> Result<(AsyncSmtpConnection, bool), Failure> {
        while let Some((mut kept, since)) = self.idle.take() {
            if since.elapsed() < FRESH || timeout(ALIVE, kept.test_connected()).await == Ok(true) {
                return Ok((kept, true));
            }
        }
        match timeout(CONNECT, self.connect()).await {
            Ok(connected) => connected.map(|connection| (connection, false)),
            Err(_) => Err(Failure::Door(format!("the SMTP server let nobody in within {} s", CONNECT.as_secs()))),
        }
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, Failure> {
        let SmtpServer { host, port, tls, login, .. } = &self.server;
        let door = |error: Error| Failure::Door(self.words(&error));
        let hello = ClientId::default();
        let immediate = if *tls == SmtpTls::Immediate { Some(self.trust()?) } else { None };
        let address = (host.as_str(), *port);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1(address, Some(CONNECT), &hello, immediate, None).await.map_err(door)?;
        if *tls == SmtpTls::Required || (*tls == SmtpTls::Opportunistic && connection.can_starttls()) {
            connection.starttls(self.trust()?, &hello).await.map_err(door)?;
        }
        if let Some((user, password)) = login {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            connection.auth(&[Mechanism::Plain, Mechanism::Login], &credentials).await.map_err(door)?;
        }
        Ok(connection)
    }

    /// Whose certificates are believed. Read for each connection, so that a file that was put right counts at once.
    fn trust(&self) -> Result<TlsParameters, Failure> {
        let mut trust = TlsParameters::builder(self.server.host.clone());
        if let Some(file) = &self.server.ca_file {
            let refused = |why: String| Failure::Door(format!("{} (mail.smtp_ca_file): {why}", file.display()));
            let pem = std::fs::read(file).map_err(|error| refused(error.to_string()))?;
            if !pem.windows(CERTIFICATE.len()).any(|part| part == CERTIFICATE) {
                return Err(refused("holds no certificate in PEM".into()));
            }
            trust = trust.add_root_certificate(Certificate::from_pem(&pem).map_err(|error| refused(error.to_string()))?);
        }
        trust.build().map_err(|error| Failure::Door(self.words(&error)))
    }

    /// What the other side said, or what became of the connection; without the password, should somebody repeat it.
    fn words(&self, error: &Error) -> String {
        let said = match (error.status(), error.source()) {
            (Some(code), Some(said)) => format!("{code} {said}"),
            _ => error.to_string(),
        };
        match &self.server.login {
            Some((_, password)) if !password.expose_secret().is_empty() => said.replace(password.expose_secret(), "(password)"),
            _ => said,
        }
    }
}

const CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

async fn converse(connection: &mut AsyncSmtpConnection, message: &Message) -> Result<Response, Failure> {
    let envelope: &Envelope = &message.envelope;
    let mut parameters = Vec::new();
    if envelope.from().into_iter().chain(envelope.to()).any(|address| !AsRef::<str>::as_ref(address).is_ascii()) {
        if !connection.server_info().supports_feature(Extension::SmtpUtfEight) {
            return Err(Failure::Address);
        }
        parameters.push(MailParameter::SmtpUtfEight);
    }
    connection.command(Mail::new(envelope.from().cloned(), parameters)).await.map_err(Failure::Sender)?;
    for to in envelope.to() {
        connection.command(Rcpt::new(to.clone(), Vec::new())).await.map_err(Failure::Recipient)?;
    }
    connection.command(Data).await.map_err(Failure::Mail)?;
    connection.command(Content(&message.text)).await.map_err(Failure::Mail)
}

/// A message as it travels after DATA: a dot more where a line begins with one, and the line that ends it (RFC 5321, 4.5.2). In one write:
/// the crate writes text and end apart, and the end then waits for the server's delayed acknowledgement of the text, 40 ms a mail.
struct Content<'a>(&'a str);

impl Display for Content<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        for line in self.0.split_inclusive("\r\n") {
            if line.starts_with('.') {
                f.write_str(".")?;
            }
            f.write_str(line)?;
        }
        f.write_str(if self.0.ends_with("\r\n") { ".\r\n" } else { "\r\n.\r\n" })
    }
}

/// Refusals that are about who we are and not about the mail, though they come late: 530, 534, 535, 538 (RFC 4954, 6), and 503 of servers
/// that want a login first. Every mail would die of them.
fn is_about_the_door(error: &Error) -> bool {
    error.status().is_some_and(|code| {
        code.severity == Severity::PermanentNegativeCompletion && [503, 530, 534, 535, 538].contains(&u16::from(code))
    })
}

/// Whether a refusal says for good that nobody has the address: by its enhanced code (RFC 3463, 3.2: 5.1.x but those about the sender), or,
/// in answer to the address itself, by its code where there is no enhanced one. What is refused for its sender or content says nothing
/// about the address.
fn says_nobody(error: &Error, to_recipient: bool) -> bool {
    let Some(code) = error.status().filter(|code| code.severity == Severity::PermanentNegativeCompletion) else { return false };
    let said = error.source().map(ToString::to_string).unwrap_or_default();
    let enhanced = said.split_whitespace().next().filter(|word| {
        let parts: Vec<_> = word.split('.').collect();
        parts.len() == 3 && parts.iter().all(|part| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit()))
    });
    match enhanced {
        Some(enhanced) => enhanced.starts_with("5.1.") && !matches!(enhanced, "5.1.7" | "5.1.8"),
        None => to_recipient && [550, 551, 553].contains(&u16::from(code)),
    }
}

fn words_of(response: &Response) -> String {
    format!("{} {}", response.code(), response.message().collect::<Vec<_>>().join(" "))
}

impl Idle {
    fn list(&self) -> MutexGuard<'_, Vec<(AsyncSmtpConnection, Instant)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Option<(AsyncSmtpConnection, Instant)> {
        self.list().pop()
    }

    fn keep(&self, connection: AsyncSmtpConnection) {
        let count = {
            let mut list = self.list();
            if list.len() >= KEPT {
                drop(list);
                return close(connection);
            }
            list.push((connection, Instant::now()));
            list.len()
        };
        if count == 1 {
            let idle = self.clone();
            drop(tokio::spawn(async move { idle.sweep().await }));
        }
    }

    /// Closes what nobody used, until nothing is left.
    async fn sweep(&self) {
        loop {
            tokio::time::sleep(IDLE).await;
            let old: Vec<_> = self.list().extract_if(.., |(_, since)| since.elapsed() >= IDLE).collect();
            for (connection, _) in old {
                close(connection);
            }
            if self.list().is_empty() {
                return;
            }
        }
    }
}

/// Takes leave, and waits for nobody.
fn close(mut connection: AsyncSmtpConnection) {
    drop(tokio::spawn(async move { timeout(ALIVE, connection.abort()).await }));
}
