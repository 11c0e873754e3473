//! Every mail that Plenary writes, by kind. Each has a template in every language of the product (`mail/templates`).
//!
//! Each kind says what its `params` hold: a JSON object of these names. What may be null may be missing too.

use crate::word_enum;

word_enum! {
    /// Which mail it is.
    pub enum Kind {
        /// Confirm the address of a new account. Params `{name}`, which is not shown: a stranger may have typed it. Asks.
        VerifyEmail = "verify_email",
        /// Somebody tried to register or to move to an address that has an account. Params `{name}`.
        AccountExists = "account_exists",
        /// Choose a new password. Params `{name}`. Asks.
        ResetPassword = "reset_password",
        /// A password was changed. Params `{name}`.
        PasswordChanged = "password_changed",
        /// Confirm a changed login address, to the new one. Params `{name}`, which is not shown. Asks.
        ConfirmEmail = "confirm_email",
        /// A login address was changed, to the old one, with the way to undo it. Params `{name}`. May ask.
        EmailChanged = "email_changed",
        /// A second factor was set up or removed. Params `{name}`.
        SecondFactorChanged = "second_factor_changed",
        /// An invitation to speak for a supporter. Params `{supporter, inviter|null, role}`, the names of supporter and person; `role` is `representative` or `focal_point`. Asks.
        Invitation = "invitation",
        /// An affiliation was made at once. Params `{name, path|null, supporter, role}`.
        Affiliated = "affiliated",
        /// An affiliation ended. Params `{name, path|null, supporter}`.
        AffiliationEnded = "affiliation_ended",
        /// Somebody asks to be affiliated, to who decides. Params `{name, path|null, supporter, person, message|null}`.
        AffiliationAsked = "affiliation_asked",
        /// A request for affiliation was accepted or declined. Params `{name, path|null, supporter, accepted: boolean, reason|null}`.
        AffiliationDecided = "affiliation_decided",
        /// A supporter has no focal point any more, to the secretariat. Params `{name, path|null, supporter}`.
        FocalPointMissing = "focal_point_missing",
        /// Confirm an application to endorse the call. Params `{organisation, name}`, which are not shown: a stranger may have typed them. Asks.
        ConfirmApplication = "confirm_application",
        /// An application was received, to its contact. Params `{organisation, name}`.
        ApplicationReceived = "application_received",
        /// An application waits for a decision, to the secretariat. Params `{name, path|null, organisation, duplicates: integer}`.
        ApplicationToDecide = "application_to_decide",
        /// The secretariat asks the contact of an application something. Params `{organisation, name, question}`.
        ApplicationAsked = "application_asked",
        /// An application was endorsed. Params `{organisation, name}`.
        ApplicationEndorsed = "application_endorsed",
        /// An application was declined. Params `{organisation, name, reason}`.
        ApplicationDeclined = "application_declined",
        /// A supporter withdrew, to its focal points and the secretariat. Params `{supporter, reason|null}`.
        SupporterWithdrawn = "supporter_withdrawn",
        /// Co-chair seats are vacant, to the secretariat, the other co-chairs and the supporter's focal points. Params `{name, path|null, items: [{path|null, number, group, supporter}]}`, the group's number and title and the supporter's name; the mail's own `path` is there where all items have one.
        SeatVacant = "seat_vacant",
        /// Somebody was named for co-chair seats, to that person. Params as of `seat_vacant`.
        SeatFilled = "seat_filled",
        /// Active groups have lost the balance of their co-chairs, to the secretariat. Params `{name, path|null, items: [{path|null, number, group, violations}]}`, `violations` a list of sentences in English.
        BalanceLost = "balance_lost",
        /// A co-chair or the secretariat writes to people of groups. Params `{name, path|null, groups: [title], sender, subject, body}`, `path` where it is one group.
        GroupMessage = "group_message",
        /// A meeting is called, with an entry for the calendar. Params `{name, group, by|null, meeting: {id, sequence, title, starts_at, ends_at, time_zone, place|null, link|null, created_at, updated_at}}`, the titles of group and meeting.
        MeetingInvited = "meeting_invited",
        /// A meeting has another title, time or place. Params as of `meeting_invited`.
        MeetingChanged = "meeting_changed",
        /// A meeting is called off. Params as of `meeting_invited`, and `reason|null`.
        MeetingCancelled = "meeting_cancelled",
        /// A deliverable waits for approval, to the secretariat. Params `{name, reference, title}`.
        DeliverableSubmitted = "deliverable_submitted",
        /// A submitted deliverable was returned, to its lead and seated co-chairs. Params `{name, reference, title, reason}`.
        DeliverableReturned = "deliverable_returned",
        /// A deliverable was approved, to the same. Params `{name, reference, title, version: integer}`.
        DeliverableApproved = "deliverable_approved",
        /// A deliverable was presented at the Forum of a year, to the same. Params `{name, reference, title, year: integer}`.
        DeliverablePresented = "deliverable_presented",
        /// Somebody replied to a comment, to its author. Params `{name, reference, title, person, body}`.
        CommentReply = "comment_reply",
        /// A Forum has other dates, to the leads and seated co-chairs of what it waits for. Params `{name, year: integer, starts_on, ends_on, submission_deadline|null, reason, items: [{reference, title, due_on}]}`, the deliverables with the days on which they are due now.
        ForumRescheduled = "forum_rescheduled",
        /// A round is open, to its audience. Params `{name|null, title, group|null, closes}`: what the round and, where it has one, its group are called; `closes` for a reader.
        ConsultationOpened = "consultation_opened",
        /// An open round closes later, to its audience. Params as of `consultation_opened`, and `reason`.
        ConsultationExtended = "consultation_extended",
        /// A round that had opened is called off, to its audience. Params as of `consultation_extended`.
        ConsultationCancelled = "consultation_cancelled",
        /// What came of a round is published, to its audience and whoever contributed. Params as of `consultation_opened`.
        ConsultationPublished = "consultation_published",
        /// Somebody asks to become a member of a group, to who decides. Params `{name, group, person, supporter, message|null}`.
        MembershipRequested = "membership_requested",
        /// A request for membership was granted, at once where the group is open, or declined. Params `{name, group, accepted: boolean, reason|null}`.
        MembershipDecided = "membership_decided",
        /// A membership was taken away, for a reason, or ended because its supporter withdrew. Params `{name, group, reason|null, supporter|null}`: one of the two.
        MembershipRemoved = "membership_removed",
        /// Active memberships ended, to the co-chairs of their groups. Params `{name, path|null, items: [{path|null, person, group}]}`.
        MembershipEnded = "membership_ended",
        /// An invitation to take part in a group. Params `{group, role, supporter|null, body|null, inviter|null}`; `role` is `member`, then for `supporter`, or `observer`, then for `supporter` or `body`. Asks.
        GroupInvitation = "group_invitation",
        /// A contribution was submitted, to the supporter's focal points. Params `{name, round, supporter, person, revision: integer}`, the round's title and who submitted it.
        ContributionSubmitted = "contribution_submitted",
        /// A contribution was withdrawn, to the same. Params as of `contribution_submitted`.
        ContributionWithdrawn = "contribution_withdrawn",
        /// Confirm the address of answers to a public round. Params `{round}`. Asks.
        ConfirmContribution = "confirm_contribution",
        /// Answers to a public round count, with the way to take them back. Params `{round}`. Asks.
        ContributionConfirmed = "contribution_confirmed",
        /// What became of a contribution, to its supporter's focal points and writers, or to its address. Params `{name|null, title, supporter|null, items: [{question|null, point|null, disposition, reason, deliverable|null}]}`, the round's title; `disposition` is `accepted`, `partly_accepted`, `rejected` or `noted`, `deliverable` its reference and title.
        ContributionAnswered = "contribution_answered",
        /// A deliverable that takes a contribution up was approved or presented, to the same. Params `{name|null, title, supporter|null, reference, deliverable, presented: boolean}`, the titles of round and deliverable.
        ContributionTakenUp = "contribution_taken_up",
        /// Deliverables are due soon, to who works on them. Params `{name, path|null, items: [{reference, title, due_on, days: integer, path}]}`, `days` from the day of the mail on, below zero: ago; paths below the front end's address.
        DeliverableDue = "deliverable_due",
        /// Deliverables are late, to the same. Params as of `deliverable_due`, `days` since they were due.
        DeliverableLate = "deliverable_late",
        /// Deliverables must be submitted for a Forum, to the co-chairs of their groups. Params `{name, path|null, items: [{year: integer, name, city, on, days: integer, deliverables: [{reference, title}], path}]}`, `on` the last day.
        SubmissionDeadline = "submission_deadline",
        /// A Forum begins, to who takes part. Params as of `submission_deadline`, `on` the first day; `deliverables` may be empty.
        ForumStart = "forum_start",
        /// Rounds close that a person has not answered. Params `{name, path|null, items: [{title, closes, days: integer, path}]}`, `closes` for a reader.
        ConsultationClosing = "consultation_closing",
        /// How ready a Forum is, each week, to the secretariat. Params `{name, path, year: integer, days: integer, starts_on, submission_deadline|null, total: integer, counts: {done, on_track, at_risk, late, dropped}, groups: [{number, title, done, on_track, at_risk, late, dropped}], news: [{reference, title, what, path}], more_news: integer, owed: [{reference, title, what, by, due_on, path}], more_owed: integer, board: {today, starts_on, submission_deadline|null, rows: [[reference, health, due_on, progress]]}}`; `what` of news is a status or `late`, of `owed` what the board says is owed next.
        ReadinessReport = "readiness_report",
        /// What a person is told once a day, to one who wants it so. Params `{name, today|null, items: [{kind, params}]}`, the day it is for, and each the kind and the params of a mail that was not sent; what they say is rendered with the digest.
        Digest = "digest",
        /// A mail that shows that mail leaves (`plenary mail test`). Params `{}`.
        Test = "test",
    }
}

impl Kind {
    /// Whether it asks its reader for an act, by a link that does it.
    pub fn asks(self) -> bool {
        matches!(
            self,
            Self::VerifyEmail
                | Self::ResetPassword
                | Self::ConfirmEmail
                | Self::EmailChanged
                | Self::Invitation
                | Self::ConfirmApplication
                | Self::GroupInvitation
                | Self::ConfirmContribution
                | Self::ContributionConfirmed
        )
    }

    /// Whether its reader may do without it (domain.md, The Forum cycle and its mails): everything but what asks for an act, security mails,
    /// what applicants without an account wait for, and what a person or a command asked for just now.
    pub fn is_optional(self) -> bool {
        let to_applicants = matches!(
            self,
            Self::ApplicationReceived | Self::ApplicationAsked | Self::ApplicationEndorsed | Self::ApplicationDeclined
        );
        !self.asks() && !to_applicants && !self.is_about_security() && !matches!(self, Self::Digest | Self::Test)
    }

    /// Whether it tells of something that may be an attack on its reader's account: it is sent whatever the reader chose.
    pub fn is_about_security(self) -> bool {
        matches!(
            self,
            Self::AccountExists | Self::ResetPassword | Self::PasswordChanged | Self::EmailChanged | Self::SecondFactorChanged
        )
    }

    /// Whether its mail says how to get no more of its kind: the optional ones, and what gathers them.
    pub fn can_be_left(self) -> bool {
        self.is_optional() || self == Self::Digest
    }
}
