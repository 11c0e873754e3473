//! What endpoints can be told: the acts of the record that everybody may know of, and no others.

use crate::audit::Entry;
use crate::word_enum;

word_enum! {
    /// What happened.
    pub enum EventKind {
        /// An organisation endorsed the call.
        SupporterEndorsed = "supporter.endorsed",
        /// A supporter withdrew.
        SupporterWithdrawn = "supporter.withdrawn",
        /// A working group was proposed.
        GroupProposed = "group.proposed",
        /// A working group began, or began again.
        GroupActivated = "group.activated",
        /// A working group rests.
        GroupSuspended = "group.suspended",
        /// A working group ended its work.
        GroupConcluded = "group.concluded",
        /// A proposed working group is not to be.
        GroupWithdrawn = "group.withdrawn",
        /// The text of a working group changed.
        GroupChanged = "group.changed",
        /// A supporter took a co-chair seat.
        SeatMade = "seat.made",
        /// A supporter's co-chair seat ended.
        SeatEnded = "seat.ended",
        /// Somebody sits in a co-chair seat.
        SeatFilled = "seat.filled",
        /// Nobody sits in a co-chair seat any more.
        SeatVacated = "seat.vacated",
        /// A group was granted an exception to the co-chair rule.
        DerogationGranted = "derogation.granted",
        /// An exception ran out.
        DerogationExpired = "derogation.expired",
        /// An exception was taken back.
        DerogationWithdrawn = "derogation.withdrawn",
        /// A deliverable was planned, or is planned again.
        DeliverablePlanned = "deliverable.planned",
        /// A deliverable is being worked on.
        DeliverableInProgress = "deliverable.in_progress",
        /// A deliverable is put before an audience.
        DeliverableInConsultation = "deliverable.in_consultation",
        /// A deliverable waits for approval.
        DeliverableSubmitted = "deliverable.submitted",
        /// A deliverable was approved.
        DeliverableApproved = "deliverable.approved",
        /// A deliverable was presented at a Forum.
        DeliverablePresented = "deliverable.presented",
        /// A deliverable was given up.
        DeliverableDropped = "deliverable.dropped",
        /// A deliverable is due on another day.
        DeliverableDueMoved = "deliverable.due_moved",
        /// A deliverable is for another Forum.
        DeliverableForumChanged = "deliverable.forum_changed",
        /// A round for supporters or for everybody opened.
        ConsultationOpened = "consultation.opened",
        /// Such a round closes later.
        ConsultationExtended = "consultation.extended",
        /// Such a round closed.
        ConsultationClosed = "consultation.closed",
        /// What came of such a round is public.
        ConsultationPublished = "consultation.published",
        /// Such a round, once open, was called off.
        ConsultationCancelled = "consultation.cancelled",
        /// A meeting was called.
        MeetingCalled = "meeting.called",
        /// A meeting took place.
        MeetingHeld = "meeting.held",
        /// A meeting was called off.
        MeetingCancelled = "meeting.cancelled",
        /// A Forum was planned.
        ForumEditionPlanned = "forum_edition.planned",
        /// A Forum takes registrations and submissions.
        ForumEditionOpened = "forum_edition.opened",
        /// A Forum took place.
        ForumEditionHeld = "forum_edition.held",
        /// A Forum was called off.
        ForumEditionCancelled = "forum_edition.cancelled",
        /// A Forum has other dates.
        ForumEditionRescheduled = "forum_edition.rescheduled",
    }
}

impl EventKind {
    /// What an act of the record is to those outside; `None`: nothing. What is not listed above is nobody's business.
    pub fn of(entry: &Entry) -> Option<Self> {
        if entry.within {
            return None;
        }
        match entry.act {
            // Where it stands now says more than that it moved.
            "deliverable.moved" => Self::parse(&format!("deliverable.{}", entry.to.as_deref()?)),
            act => Self::parse(act),
        }
    }
}

/// Where the API shows what something happened to, below `/api/v1`, by the words and ids of the record.
pub fn path(object_type: &str, id: &str, group: Option<&str>) -> Option<String> {
    let places = match object_type {
        "supporter" => "supporters",
        "group" => "groups",
        "deliverable" => "deliverables",
        "consultation" => "consultations",
        "meeting" => "meetings",
        "forum_edition" => "forum-editions",
        // They end, and the group shows who sits there then.
        "co_chair_seat" => return group.map(|group| format!("groups/{group}/co-chairs")),
        "derogation" => return group.map(|group| format!("groups/{group}")),
        _ => return None,
    };
    Some(format!("{places}/{id}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(entry: Entry) -> Option<&'static str> {
        EventKind::of(&entry).map(|kind| kind.as_str())
    }

    #[test]
    fn only_what_everybody_may_know_is_an_event() {
        let told = [
            (Entry::of("supporter.endorsed", "supporter", "s").moved("pending", "endorsed"), "supporter.endorsed"),
            (Entry::of("deliverable.moved", "deliverable", "d").moved("submitted", "approved"), "deliverable.approved"),
            (Entry::of("deliverable.moved", "deliverable", "d").moved("dropped", "planned"), "deliverable.planned"),
            (Entry::of("consultation.opened", "consultation", "c"), "consultation.opened"),
        ];
        for (entry, word) in told {
            assert_eq!(kind(entry.clone()), Some(word));
            assert_eq!(kind(entry.within(true)), None, "{word} is the group's own");
        }
        for act in [
            "deliverable.moved",
            "deliverable.changed",
            "deliverable_version.added",
            "comment.written",
            "consultation.created",
            "consultation.scheduled",
            "contribution.submitted",
            "disposition.set",
            "membership.requested",
            "membership.active",
            "person.changed",
            "person.role_changed",
            "session.opened",
            "supporter.changed",
            "supporter.applied",
            "webhook.created",
        ] {
            assert_eq!(kind(Entry::of(act, "thing", "t")), None, "{act}");
        }
    }

    #[test]
    fn paths_are_the_apis() {
        assert_eq!(path("deliverable", "d", Some("g")).as_deref(), Some("deliverables/d"));
        assert_eq!(path("co_chair_seat", "s", Some("g")).as_deref(), Some("groups/g/co-chairs"));
        assert_eq!(path("person", "p", None), None);
    }
}
