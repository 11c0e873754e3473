//! What may still be done with a comment, and who sees its words: pure.

use chrono::TimeDelta;

use crate::time::Instant;
use crate::word_enum;

word_enum! {
    /// How a comment stands.
    #[schemars(rename = "CommentStatus")]
    pub enum CommentStatus {
        /// It is read by everybody who takes part.
        Shown = "shown",
        /// It was hidden, for a reason; its author and who may hide still read it.
        Hidden = "hidden",
        /// Its author took it back; it stays because others replied.
        Deleted = "deleted",
    }
}

/// How long after writing it a comment can be changed.
pub fn edit_window() -> TimeDelta {
    TimeDelta::minutes(15)
}

/// Whether a comment of `written` can be changed still.
pub fn can_edit(written: Instant, now: Instant) -> bool {
    now.since(written) <= edit_window()
}

/// How a comment stands that was taken back or hidden at these instants.
pub fn status(deleted_at: Option<Instant>, hidden_at: Option<Instant>) -> CommentStatus {
    match (deleted_at, hidden_at) {
        (Some(_), _) => CommentStatus::Deleted,
        (None, Some(_)) => CommentStatus::Hidden,
        (None, None) => CommentStatus::Shown,
    }
}

/// Whether a comment's words are shown to somebody.
pub fn reads(status: CommentStatus, is_author: bool, may_hide: bool) -> bool {
    match status {
        CommentStatus::Shown => true,
        CommentStatus::Hidden => is_author || may_hide,
        CommentStatus::Deleted => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_can_be_changed_for_a_quarter_of_an_hour() {
        let at = |text: &str| Instant::parse(text).unwrap();
        let written = at("2026-09-01T09:00:00Z");
        assert!(can_edit(written, at("2026-09-01T09:15:00Z")));
        assert!(!can_edit(written, at("2026-09-01T09:15:00.000001Z")));
        assert!(can_edit(written, written));
    }

    #[test]
    fn a_hidden_comment_is_read_by_its_author_and_who_may_hide() {
        let now = Some(Instant::parse("2026-09-01T09:00:00Z").unwrap());
        assert_eq!(status(None, None), CommentStatus::Shown);
        assert_eq!(status(None, now), CommentStatus::Hidden);
        assert_eq!((status(now, None), status(now, now)), (CommentStatus::Deleted, CommentStatus::Deleted));
        for (author, hides) in [(false, false), (true, false), (false, true), (true, true)] {
            assert!(reads(CommentStatus::Shown, author, hides));
            assert_eq!(reads(CommentStatus::Hidden, author, hides), author || hides);
            assert!(!reads(CommentStatus::Deleted, author, hides));
        }
    }
}
