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
        /// An affiliation was made at once. Params `{name, supporter, role}`.
        Affiliated = "affiliated",
        /// An affiliation ended. Params `{name, supporter}`.
        AffiliationEnded = "affiliation_ended",
        /// Somebody asks to be affiliated, to who decides. Params `{supporter, person, message|null}`.
        AffiliationAsked = "affiliation_asked",
        /// A request for affiliation was accepted or declined. Params `{name, supporter, accepted: boolean, reason|null}`.
        AffiliationDecided = "affiliation_decided",
        /// A supporter has no focal point any more, to the secretariat. Params `{supporter}`.
        FocalPointMissing = "focal_point_missing",
        /// Confirm an application to endorse the call. Params `{organisation, name}`, which are not shown: a stranger may have typed them. Asks.
        ConfirmApplication = "confirm_application",
        /// An application was received, to its contact. Params `{organisation, name}`.
        ApplicationReceived = "application_received",
        /// An application waits for a decision, to the secretariat. Params `{organisation, duplicates: integer}`.
        ApplicationToDecide = "application_to_decide",
        /// The secretariat asks the contact of an application something. Params `{organisation, name, question}`.
        ApplicationAsked = "application_asked",
        /// An application was endorsed. Params `{organisation, name}`.
        ApplicationEndorsed = "application_endorsed",
        /// An application was declined. Params `{organisation, name, reason}`.
        ApplicationDeclined = "application_declined",
        /// A supporter withdrew, to its focal points and the secretariat. Params `{supporter, reason|null}`.
        SupporterWithdrawn = "supporter_withdrawn",
        /// Somebody asks to become a member of a group, to who decides. Params `{name, group, person, supporter, message|null}`.
        MembershipRequested = "membership_requested",
        /// A request for membership was granted, at once where the group is open, or declined. Params `{name, group, accepted: boolean, reason|null}`.
        MembershipDecided = "membership_decided",
        /// A membership was taken away, for a reason, or ended because its supporter withdrew. Params `{name, group, reason|null, supporter|null}`: one of the two.
        MembershipRemoved = "membership_removed",
        /// Active memberships ended, to the co-chairs of their groups. Params `{name, ended: [{person, group}]}`.
        MembershipEnded = "membership_ended",
        /// An invitation to take part in a group. Params `{group, role, supporter|null, body|null, inviter|null}`; `role` is `member`, then for `supporter`, or `observer`, then for `supporter` or `body`. Asks.
        GroupInvitation = "group_invitation",
        /// A mail that shows that mail leaves (`plenary mail test`). Params `{}`.
        Test = "test",
    }
}
