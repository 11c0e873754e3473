//! Every mail that Plenary writes, by kind. Each has a template in every language of the product (`mail/templates`).

use crate::word_enum;

word_enum! {
    /// Which mail it is.
    pub enum Kind {
        /// Confirm the address of a new account.
        VerifyEmail = "verify_email",
        /// Somebody tried to register or to move to an address that has an account.
        AccountExists = "account_exists",
        /// Choose a new password.
        ResetPassword = "reset_password",
        /// A password was changed.
        PasswordChanged = "password_changed",
        /// Confirm a changed login address, to the new one.
        ConfirmEmail = "confirm_email",
        /// A login address was changed, to the old one, with the way to undo it.
        EmailChanged = "email_changed",
        /// A second factor was set up or removed.
        SecondFactorChanged = "second_factor_changed",
        /// An invitation to speak for a supporter.
        Invitation = "invitation",
        /// An affiliation was made at once.
        Affiliated = "affiliated",
        /// An affiliation ended.
        AffiliationEnded = "affiliation_ended",
        /// Somebody asks to be affiliated, to who decides.
        AffiliationAsked = "affiliation_asked",
        /// A request for affiliation was accepted or declined.
        AffiliationDecided = "affiliation_decided",
        /// A supporter has no focal point any more, to the secretariat.
        FocalPointMissing = "focal_point_missing",
        /// Confirm an application to endorse the call.
        ConfirmApplication = "confirm_application",
        /// An application was received, to its contact.
        ApplicationReceived = "application_received",
        /// An application waits for a decision, to the secretariat.
        ApplicationToDecide = "application_to_decide",
        /// The secretariat asks the contact of an application something.
        ApplicationAsked = "application_asked",
        /// An application was endorsed.
        ApplicationEndorsed = "application_endorsed",
        /// An application was declined.
        ApplicationDeclined = "application_declined",
        /// A supporter withdrew, to its focal points and the secretariat.
        SupporterWithdrawn = "supporter_withdrawn",
        /// A mail that shows that mail leaves (`plenary mail test`).
        Test = "test",
    }
}
