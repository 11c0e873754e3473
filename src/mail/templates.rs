//! What mails say: one template a kind and language, compiled in, or an own one beside it, rendered into text and HTML.
//!
//! A template is a head (`Subject:`, and `Button:` for a mail that asks), an empty line, and the body: paragraphs parted by empty lines, in
//! minijinja. A value that is written out is one line of plain text; `quote` marks several lines as somebody else's words, `passage` writes
//! several lines of ours out, `day` a day in the language of the mail. `{{ link }}` stands alone on its line, as does `{{ picture }}`: the
//! words that stand for the picture of the mail in its text part.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use minijinja::Error;
use minijinja::value::{Serde, Value};

use super::environment::environment;
use super::html::{self, Button};
use super::{Kind, Language, digest, illustration, invitation, plain};
/// Characters of a subject: more is cut off by those who show it.
const SUBJECT: usize = 150;
/// What stands below every mail.
const CLOSING: &str = "closing";

/// What a mail is about.
pub struct Occasion<'a> {
    /// Which mail it is.
    pub kind: Kind,
    /// The language it is written in.
    pub language: Language,
    /// The name of the call.
    pub call: &'a str,
    /// Where the secretariat is reached, where that is known.
    pub contact: Option<&'a str>,
    /// The link to what it asks for.
    pub link: Option<&'a str>,
    /// Until when that link counts, for a reader.
    pub until: Option<&'a str>,
    /// The link to get no more of these, where its reader may do without them.
    pub unsubscribe: Option<&'a str>,
    /// The address of the front end, below which the `path` of its params leads to what it is about.
    pub site: Option<&'a str>,
    /// What its kind says.
    pub params: &'a serde_json::Value,
}

impl Occasion<'_> {
    /// Where a mail leads that only tells: to what it is about.
    fn place(&self) -> Option<String> {
        let (None, Some(site), Some(path)) = (self.link, self.site, self.params.get("path")?.as_str()) else { return None };
        Some(format!("{site}/{path}"))
    }
}

/// A mail as it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The language it is written in.
    pub language: Language,
    /// One line.
    pub subject: String,
    /// The text part.
    pub text: String,
    /// The same as HTML.
    pub html: String,
}

/// A template that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the mail template {template}: {why}")]
pub struct TemplateFault {
    /// Its file, or which built-in one it is.
    pub template: String,
    /// What is wrong with it.
    pub why: String,
}

/// The templates: the built-in ones, and own ones in front of them.
pub struct Templates {
    own: Option<PathBuf>,
}

macro_rules! built_in {
    ($($kind:ident = $file:literal,)+) => {
        /// Complete by the compiler's word: a kind without its two files does not build.
        fn built_in(kind: Kind, language: Language) -> &'static str {
            match (kind, language) {
                $((Kind::$kind, Language::En) => include_str!(concat!("templates/en/", $file, ".txt")),
                (Kind::$kind, Language::Fr) => include_str!(concat!("templates/fr/", $file, ".txt")),)+
            }
        }
    };
}

built_in! {
    VerifyEmail = "verify_email",
    AccountExists = "account_exists",
    ResetPassword = "reset_password",
    PasswordChanged = "password_changed",
    ConfirmEmail = "confirm_email",
    EmailChanged = "email_changed",
    SecondFactorChanged = "second_factor_changed",
    Invitation = "invitation",
    Affiliated = "affiliated",
    AffiliationEnded = "affiliation_ended",
    AffiliationAsked = "affiliation_asked",
    AffiliationDecided = "affiliation_decided",
    FocalPointMissing = "focal_point_missing",
    ConfirmApplication = "confirm_application",
    ApplicationReceived = "application_received",
    ApplicationToDecide = "application_to_decide",
    ApplicationAsked = "application_asked",
    ApplicationEndorsed = "application_endorsed",
    ApplicationDeclined = "application_declined",
    SupporterWithdrawn = "supporter_withdrawn",
    SeatVacant = "seat_vacant",
    SeatFilled = "seat_filled",
    BalanceLost = "balance_lost",
    GroupMessage = "group_message",
    MeetingInvited = "meeting_invited",
    MeetingChanged = "meeting_changed",
    MeetingCancelled = "meeting_cancelled",
    DeliverableSubmitted = "deliverable_submitted",
    DeliverableReturned = "deliverable_returned",
    DeliverableApproved = "deliverable_approved",
    DeliverablePresented = "deliverable_presented",
    CommentReply = "comment_reply",
    ForumRescheduled = "forum_rescheduled",
    ConsultationOpened = "consultation_opened",
    ConsultationExtended = "consultation_extended",
    ConsultationCancelled = "consultation_cancelled",
    ConsultationPublished = "consultation_published",
    MembershipRequested = "membership_requested",
    MembershipDecided = "membership_decided",
    MembershipRemoved = "membership_removed",
    MembershipEnded = "membership_ended",
    GroupInvitation = "group_invitation",
    ContributionSubmitted = "contribution_submitted",
    ContributionWithdrawn = "contribution_withdrawn",
    ConfirmContribution = "confirm_contribution",
    ContributionConfirmed = "contribution_confirmed",
    ContributionAnswered = "contribution_answered",
    ContributionTakenUp = "contribution_taken_up",
    DeliverableDue = "deliverable_due",
    DeliverableLate = "deliverable_late",
    SubmissionDeadline = "submission_deadline",
    ForumStart = "forum_start",
    ConsultationClosing = "consultation_closing",
    ReadinessReport = "readiness_report",
    Digest = "digest",
    Test = "test",
}

fn built_in_closing(language: Language) -> &'static str {
    match language {
        Language::En => include_str!("templates/en/closing.txt"),
        Language::Fr => include_str!("templates/fr/closing.txt"),
    }
}

impl Templates {
    /// The built-in templates; in front of each, where `own` has it, the file `<own>/<language>/<kind>.txt` (`closing.txt` for what
    /// stands below every mail). Files are read for every mail, so that a corrected one counts at once.
    pub fn new(own: Option<PathBuf>) -> Self {
        Self { own }
    }

    /// What is wrong with the own templates, without rendering them: names that are none, files that cannot be read or are no templates.
    pub fn check(&self) -> Vec<TemplateFault> {
        let mut faults = Vec::new();
        let Some(own) = &self.own else { return faults };
        let mut fault = |path: &Path, why: String| faults.push(TemplateFault { template: path.display().to_string(), why });
        if !own.is_dir() {
            fault(own, "is no directory: mail.templates_dir names one that has en/ or fr/ in it".into());
        }
        for language in Language::ALL {
            let directory = own.join(language.as_str());
            let Ok(files) = std::fs::read_dir(&directory) else { continue };
            for file in files.flatten() {
                let path = file.path();
                let stem = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default().to_owned();
                let is_known =
                    path.extension().is_some_and(|end| end == "txt") && (stem == CLOSING || Kind::parse(&stem).is_some());
                if !is_known {
                    let kinds: Vec<_> = Kind::ALL.iter().map(Kind::as_str).collect();
                    fault(&path, format!("is used for nothing; own templates are {CLOSING}.txt, {}.txt", kinds.join(".txt, ")));
                    continue;
                }
                match std::fs::read_to_string(&path) {
                    Ok(source) => {
                        if let Err(error) = environment(*language).template_from_str(&source) {
                            fault(&path, said(&error));
                        }
                    }
                    Err(error) => fault(&path, format!("cannot be read: {error}")),
                }
            }
        }
        faults
    }

    /// Writes a mail. An own template that cannot be used is named in the second value, and the built-in one stands in for it: what is
    /// wrong with a file must not keep people out of their accounts.
    pub fn render(&self, occasion: &Occasion<'_>) -> Result<(Letter, Vec<TemplateFault>), TemplateFault> {
        let mut unused = Vec::new();
        let place = occasion.place();
        let occasion = &Occasion { link: occasion.link.or(place.as_deref()), ..*occasion };
        let (context, told) = (context(occasion), place.is_some());
        let language = occasion.language;
        let closing = match self.own(language, CLOSING, |source| rendered(source, &context, language), &mut unused) {
            Some(closing) => closing,
            None => named("built-in closing", language, rendered(built_in_closing(language), &context, language))?,
        };
        let parts = self.parts(occasion, &context, told, &mut unused)?;
        let Parts { subject, button, body } = parts;
        let button = occasion.link.map(|link| Button { link, label: &button });
        let pictures = illustration::all_shown(occasion.kind, occasion.params, language);
        let titles = if occasion.kind == Kind::Digest { digest::titles(occasion.params) } else { Vec::new() };
        Ok((
            Letter {
                language,
                html: html::page(&html::Sheet {
                    language,
                    subject: &subject,
                    body: &body,
                    closing: &closing,
                    button: button.as_ref(),
                    pictures: &pictures,
                    titles: &titles,
                    unsubscribe: occasion.unsubscribe,
                    site: occasion.site,
                }),
                text: format!("{}\n-- \n{}", plain::wrap(&body), plain::wrap(&closing)),
                subject,
            },
            unused,
        ))
    }

    /// What a kind is called in a list of news: the subject of its mail. The word of the kind where that cannot be written.
    pub fn subject(&self, occasion: &Occasion<'_>) -> String {
        self.render(occasion).map_or_else(|_| occasion.kind.to_string(), |(letter, _)| letter.subject)
    }

    /// Subject and body of a mail, before its lines are broken: for a digest.
    pub(super) fn said(&self, occasion: &Occasion<'_>) -> Result<(String, String), TemplateFault> {
        let place = occasion.place();
        let occasion = &Occasion { link: occasion.link.or(place.as_deref()), ..*occasion };
        let parts = self.parts(occasion, &context(occasion), place.is_some(), &mut Vec::new())?;
        Ok((parts.subject, parts.body))
    }

    fn parts(
        &self,
        occasion: &Occasion<'_>,
        context: &BTreeMap<String, Value>,
        told: bool,
        unused: &mut Vec<TemplateFault>,
    ) -> Result<Parts, TemplateFault> {
        let (kind, language) = (occasion.kind, occasion.language);
        let make = |source: &str| Parts::of(&rendered(source, context, language)?, occasion, told);
        match self.own(language, kind.as_str(), make, unused) {
            Some(parts) => Ok(parts),
            None => named(&format!("built-in {kind}"), language, make(built_in(kind, language))),
        }
    }

    /// What `make` makes of an own template; nothing where there is none, or, noted, where it cannot be used.
    fn own<T>(
        &self,
        language: Language,
        name: &str,
        make: impl FnOnce(&str) -> Result<T, String>,
        unused: &mut Vec<TemplateFault>,
    ) -> Option<T> {
        let path = self.own.as_ref()?.join(language.as_str()).join(format!("{name}.txt"));
        let made = match std::fs::read_to_string(&path) {
            Ok(source) => make(&source),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
            Err(error) => Err(format!("cannot be read: {error}")),
        };
        made.map_err(|why| unused.push(TemplateFault { template: path.display().to_string(), why })).ok()
    }
}

fn named<T>(template: &str, language: Language, made: Result<T, String>) -> Result<T, TemplateFault> {
    made.map_err(|why| TemplateFault { template: format!("{template} ({language})"), why })
}

/// A rendered template, taken apart.
struct Parts {
    subject: String,
    button: String,
    body: String,
}

impl Parts {
    /// `told`: its link only leads to what it is about; a template that has no place for it gets it at the end.
    fn of(text: &str, occasion: &Occasion<'_>, told: bool) -> Result<Self, String> {
        let (head, body) = text.split_once("\n\n").ok_or("has no empty line between its head and its body")?;
        let mut lines: BTreeMap<&str, &str> = BTreeMap::new();
        for line in head.lines().filter(|line| !line.trim().is_empty()) {
            let (name, value) =
                line.split_once(':').filter(|(name, _)| matches!(*name, "Subject" | "Button")).ok_or_else(|| {
                    format!(
                        "has a line in its head that begins with neither `Subject:` nor `Button:`: {:?}",
                        plain::cut(line, 40)
                    )
                })?;
            lines.insert(name, value.trim());
        }
        let subject = lines.get("Subject").filter(|subject| !subject.is_empty()).ok_or("has no `Subject:` in its head")?;
        let (mut body, mut button) = (body.to_owned(), lines.get("Button").copied().unwrap_or_default());
        if let Some(link) = occasion.link.filter(|_| told) {
            if !body.lines().any(|line| line == link) {
                body = format!("{}\n\n{link}\n", body.trim_end());
            }
            if button.is_empty() {
                button = match occasion.language {
                    Language::En => "Open it",
                    Language::Fr => "Ouvrir",
                };
            }
        }
        if let Some(link) = occasion.link {
            if body.lines().filter(|line| *line == link).count() != 1 || (!told && text.matches(link).count() != 1) {
                return Err("must have {{ link }} once, alone on its line".into());
            }
            if button.is_empty() {
                return Err("has a link and no `Button:` in its head".into());
            }
        }
        Ok(Self { subject: plain::cut(&plain::head_line(subject), SUBJECT), button: button.to_owned(), body })
    }
}

fn context(occasion: &Occasion<'_>) -> BTreeMap<String, Value> {
    let params = occasion.params.as_object().into_iter().flatten();
    let mut context: BTreeMap<String, Value> = params.map(|(name, value)| (name.clone(), Value::from(Serde(value)))).collect();
    let text = |text: Option<&str>| text.map_or(Value::from(()), Value::from);
    let link = |link: Option<&str>| link.map_or(Value::from(()), |link| Value::from_safe_string(link.to_owned()));
    // Last: no parameter stands in for these.
    for (name, value) in [
        ("call", Value::from(occasion.call)),
        ("contact", text(occasion.contact)),
        ("link", link(occasion.link)),
        ("until", text(occasion.until)),
        ("unsubscribe", link(occasion.unsubscribe)),
        ("site", link(occasion.site)),
    ] {
        context.insert(name.to_owned(), value);
    }
    if let Some(picture) = illustration::shown(occasion.kind, occasion.params, occasion.language) {
        context.insert("picture".to_owned(), Value::from_safe_string(picture.words));
    }
    if let Some(when) = invitation::when(occasion.params, occasion.language) {
        context.insert("when".to_owned(), Value::from(when));
    }
    context
}

/// The template with its values, without blanks at the ends of lines and more than one empty line at a time.
fn rendered(source: &str, context: &BTreeMap<String, Value>, language: Language) -> Result<String, String> {
    let text = environment(language).render_str(source, Value::from_pairs(context.clone())).map_err(|error| said(&error))?;
    let mut lines: Vec<&str> = Vec::new();
    for line in text.trim().lines().map(str::trim_end) {
        if !line.is_empty() || lines.last().is_some_and(|last| !last.is_empty()) {
            lines.push(line);
        }
    }
    lines.push("");
    Ok(lines.join("\n"))
}

/// What minijinja found, in one line.
fn said(error: &Error) -> String {
    let at = error.line().map(|line| format!("line {line}: ")).unwrap_or_default();
    let detail = error.detail().map(|detail| format!(": {detail}")).unwrap_or_default();
    format!("{at}{}{detail}", error.kind())
}
