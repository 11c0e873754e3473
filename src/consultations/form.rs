//! What of a round is typed, checked: all faults at once.

use crate::db::AnyConnection;
use crate::deliverables::{self, ConsultedVersion, DeliverableId};
use crate::error::{Error, FieldFault, Problem, Result, Violation};
use crate::http::{Languages, Written};
use crate::locale::Localised;
use crate::text;

/// The title of a round, at most 200 characters in each language.
pub fn title(written: &Written, languages: &Languages, faults: &mut Vec<FieldFault>) -> Option<Localised> {
    let clean = |typed: &str| text::name(typed, text::MAX_NAME);
    written.read("/title", languages, clean).map_err(|more| faults.extend(more)).ok()
}

/// What a round is about, at most 5,000 characters in each language.
pub fn background(written: &Written, languages: &Languages, faults: &mut Vec<FieldFault>) -> Option<Localised> {
    let clean = |typed: &str| text::prose(typed, text::MAX_TEXT);
    written.read("/background", languages, clean).map_err(|more| faults.extend(more)).ok()
}

/// 422 with all of these, where there are any.
pub fn none(faults: &[FieldFault]) -> Result<()> {
    if faults.is_empty() { Ok(()) } else { Err(Problem::invalid(faults).into()) }
}

/// What a round is found by.
pub fn search_text(title: &Localised, background: Option<&Localised>) -> String {
    [title.folded(), background.map(Localised::folded).unwrap_or_default()].join(" ")
}

/// 422 where a round cannot be about this version.
pub fn require_readable(c: &mut AnyConnection, deliverable: DeliverableId, version: i64) -> Result<()> {
    match version_fault(c, deliverable, version)? {
        None => Ok(()),
        Some(fault) => Err(Problem::violations(&[fault]).into()),
    }
}

/// What keeps a round from being about this version.
fn version_fault(c: &mut AnyConnection, deliverable: DeliverableId, version: i64) -> Result<Option<Violation>> {
    Ok(match deliverables::consulted_version(c, deliverable, version)? {
        ConsultedVersion::Readable => None,
        ConsultedVersion::Withheld => {
            Some(Violation::new("version_withheld", format!("Version {version} was withheld: name another one in `version`.")))
        }
        ConsultedVersion::None => {
            Some(Violation::new("no_version", format!("It has no version {version}: name one that it has in `version`.")))
        }
    })
}

/// A slug made from a title that no round has. Whoever inserts it is repeated where another took it meanwhile.
pub fn slug(title: &str, mut is_taken: impl FnMut(&str) -> Result<bool>) -> Result<String> {
    let base = match text::slug(title) {
        // What could be taken for an id names nothing else.
        Some(slug) if text::is_slug(&slug) && slug.parse::<crate::ids::Id<()>>().is_err() => slug,
        Some(slug) => format!("round-{slug}"),
        None => "round".to_owned(),
    };
    let numbered = |number: u32| {
        let tail = if number > 1 { format!("-{number}") } else { String::new() };
        let head: String = base.chars().take(text::MAX_SLUG.saturating_sub(tail.len())).collect();
        format!("{}{tail}", head.trim_end_matches('-'))
    };
    for number in 1.. {
        let slug = numbered(number);
        if !is_taken(&slug)? {
            return Ok(slug);
        }
    }
    Err(Error::Internal("no slug is free".into()))
}
