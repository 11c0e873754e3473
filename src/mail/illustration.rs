//! The picture in a mail, made when the mail is written: the outbox keeps what it is made from.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::{Kind, Language, digest, moments};
use crate::picture::Mark;
use crate::picture::road::{self, Road};
use crate::picture::words::Tongue;
use crate::text::hex;
use crate::time::Day;

/// What the picture of a readiness report shows, as its parameter `board` says it.
#[derive(Debug, Deserialize)]
struct Board {
    today: Day,
    starts_on: Day,
    submission_deadline: Option<Day>,
    /// Reference, health, when due, progress.
    rows: Vec<(String, String, Day, i64)>,
}

impl Board {
    fn road(&self, language: Language) -> Road {
        let tongue = match language {
            Language::En => Tongue::En,
            Language::Fr => Tongue::Fr,
        };
        let rows = self.rows.iter().map(|(name, health, due, progress)| (name.clone(), mark(health), *due, *progress));
        Road { tongue, today: self.today, forum: self.starts_on, deadline: self.submission_deadline, rows: rows.collect() }
    }
}

/// A picture that is shown in the text of a mail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Illustration {
    /// What the text calls it by: its Content-ID without brackets.
    pub id: String,
    /// A PNG file.
    pub png: Vec<u8>,
}

/// How a picture stands in the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// What the text calls it by.
    pub id: String,
    /// It in words, for who does not see it.
    pub words: String,
    /// Its width in pixels of the screen, at most.
    pub width: u32,
}

/// What the text of a mail says of its picture; `None` where it has none.
pub fn shown(kind: Kind, params: &Value, language: Language) -> Option<Shown> {
    let board = board(kind, params)?;
    let counted = |health: &str| board.rows.iter().filter(|row| row.1 == health).count();
    let (late, risk, fine, done) = (counted("late"), counted("at_risk"), counted("on_track"), counted("done"));
    let day = |day: Day| moments::day(day, language);
    let (all, today, starts) = (board.rows.len(), day(board.today), day(board.starts_on));
    let deadline = board.submission_deadline;
    let ((early, from), (far, to)) = board.road(language).beyond();
    let words = match language {
        Language::En => {
            let deliverables = if all == 1 { "deliverable" } else { "deliverables" };
            let deadline = deadline.map(|last| format!(", submission by {}", day(last))).unwrap_or_default();
            let early = if early > 0 { format!("; {early} due before {}", day(from)) } else { String::new() };
            let far = if far > 0 { format!("; {far} due after {}", day(to)) } else { String::new() };
            format!(
                "The road to the Forum on {today}: {all} {deliverables} by due date up to {starts}{deadline}; {late} late, {risk} at risk, {fine} on track, {done} done{early}{far}."
            )
        }
        Language::Fr => {
            let plural = |count: usize| if count > 1 { "s" } else { "" };
            let (deliverables, finished) = (plural(all), plural(done));
            let deadline = deadline.map(|last| format!(", remise au plus tard le {}", day(last))).unwrap_or_default();
            let early =
                if early > 0 { format!(" ; {early} attendu{} avant le {}", plural(early), day(from)) } else { String::new() };
            let far = if far > 0 { format!(" ; {far} attendu{} après le {}", plural(far), day(to)) } else { String::new() };
            format!(
                "La route vers le Forum au {today} : {all} livrable{deliverables} par échéance jusqu’au {starts}{deadline} ; {late} en retard, {risk} à risque, {fine} dans les temps, {done} terminé{finished}{early}{far}."
            )
        }
    };
    Some(Shown { id: id(params, language), words, width: 600 })
}

/// What the text of a mail says of its pictures: a digest's of those of its items, which it has been told of.
pub fn all_shown(kind: Kind, params: &Value, language: Language) -> Vec<Shown> {
    if kind != Kind::Digest {
        return shown(kind, params, language).into_iter().collect();
    }
    let items = params.get("items").and_then(Value::as_array).into_iter().flatten();
    items.filter_map(|item| Shown::deserialize(item.get("picture")?).ok()).collect()
}

impl Illustration {
    /// The pictures that go with a mail; with a digest, those of its items.
    pub fn all_of(kind: Kind, params: &Value, language: Language) -> Vec<Self> {
        if kind != Kind::Digest {
            return Self::of(kind, params, language).into_iter().collect();
        }
        digest::items(params).iter().filter_map(|(kind, params)| Self::of(*kind, params, language)).collect()
    }

    /// The picture that goes with a mail; `None` where none does, or it cannot be drawn.
    pub fn of(kind: Kind, params: &Value, language: Language) -> Option<Self> {
        let board = board(kind, params)?;
        let road = board.road(language);
        let png = road::draw(&road).png().inspect_err(|why| tracing::error!(why, "the picture of a mail cannot be drawn"));
        Some(Self { id: id(params, language), png: png.ok()? })
    }
}

fn board(kind: Kind, params: &Value) -> Option<Board> {
    let params = Some(params).filter(|_| kind == Kind::ReadinessReport)?;
    Board::deserialize(params.get("board")?).ok()
}

/// Another one for another picture: some clients keep what they have seen under it.
fn id(params: &Value, language: Language) -> String {
    let digest = Sha256::new().chain_update(language.as_str()).chain_update(params.to_string()).finalize();
    format!("{}@plenary", hex(digest.get(..12).unwrap_or_default()))
}

fn mark(health: &str) -> Mark {
    match health {
        "done" => Mark::Done,
        "at_risk" => Mark::Risk,
        "late" => Mark::Late,
        "dropped" => Mark::Off,
        _ => Mark::Fine,
    }
}
