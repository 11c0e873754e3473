//! What a kind of mail is about, in words: for whoever chooses which ones come.

use super::{Kind, Language};

impl Kind {
    /// What its mails are about, to stand behind "mails about" (French: between quotation marks, or in a list).
    pub fn about(self, language: Language) -> &'static str {
        let (en, fr) = self.words();
        match language {
            Language::En => en,
            Language::Fr => fr,
        }
    }

    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::VerifyEmail
            | Self::AccountExists
            | Self::ResetPassword
            | Self::PasswordChanged
            | Self::ConfirmEmail
            | Self::EmailChanged
            | Self::SecondFactorChanged => ("your account", "votre compte"),
            Self::Invitation | Self::GroupInvitation => ("invitations", "invitations"),
            Self::Affiliated => ("affiliations that you were given", "affiliations qui vous sont données"),
            Self::AffiliationEnded => ("affiliations of yours that ended", "fin de vos affiliations"),
            Self::AffiliationAsked => ("requests for affiliation that wait for you", "demandes d'affiliation qui vous attendent"),
            Self::AffiliationDecided => {
                ("what was decided on your requests for affiliation", "décisions sur vos demandes d'affiliation")
            }
            Self::FocalPointMissing => ("supporters without a focal point", "organisations sans point focal"),
            Self::ConfirmApplication
            | Self::ApplicationReceived
            | Self::ApplicationAsked
            | Self::ApplicationEndorsed
            | Self::ApplicationDeclined => ("your application", "votre demande de soutien"),
            Self::ApplicationToDecide => ("applications that wait for a decision", "demandes de soutien à traiter"),
            Self::SupporterWithdrawn => ("supporters that withdrew", "organisations qui retirent leur soutien"),
            Self::SeatVacant => ("vacant co-chair seats", "sièges de coprésidence vacants"),
            Self::SeatFilled => ("co-chair seats that you were named for", "nominations à la coprésidence"),
            Self::BalanceLost => {
                ("groups whose co-chairs lost their balance", "groupes dont la coprésidence n'est plus équilibrée")
            }
            Self::GroupMessage => ("messages to working groups", "messages aux groupes de travail"),
            Self::MeetingInvited => ("new meetings", "nouvelles réunions"),
            Self::MeetingChanged => ("meetings that change", "réunions modifiées"),
            Self::MeetingCancelled => ("meetings that are called off", "réunions annulées"),
            Self::DeliverableSubmitted => ("deliverables that wait for approval", "livrables à approuver"),
            Self::DeliverableReturned => ("deliverables that were returned", "livrables renvoyés"),
            Self::DeliverableApproved => ("deliverables that were approved", "livrables approuvés"),
            Self::DeliverablePresented => ("deliverables that were presented", "livrables présentés"),
            Self::CommentReply => ("replies to your comments", "réponses à vos commentaires"),
            Self::ForumRescheduled => ("new dates of a Forum", "nouvelles dates d'un Forum"),
            Self::ConsultationOpened => ("consultations that open", "consultations qui s'ouvrent"),
            Self::ConsultationExtended => ("consultations that are extended", "consultations prolongées"),
            Self::ConsultationCancelled => ("consultations that are called off", "consultations annulées"),
            Self::ConsultationPublished => ("what came of consultations", "suites des consultations"),
            Self::MembershipRequested => ("requests for membership that wait for you", "demandes d'adhésion qui vous attendent"),
            Self::MembershipDecided => {
                ("what was decided on your requests for membership", "décisions sur vos demandes d'adhésion")
            }
            Self::MembershipRemoved => ("memberships of yours that ended", "fin de votre participation à un groupe"),
            Self::MembershipEnded => ("members who left your groups", "départs de membres de vos groupes"),
            Self::ContributionSubmitted => {
                ("contributions submitted for whom you speak for", "contributions déposées pour votre organisation")
            }
            Self::ContributionWithdrawn => {
                ("contributions withdrawn for whom you speak for", "contributions retirées pour votre organisation")
            }
            Self::ConfirmContribution | Self::ContributionConfirmed => {
                ("your answers to a consultation", "vos réponses à une consultation")
            }
            Self::ContributionAnswered => ("what became of your contributions", "suites données à vos contributions"),
            Self::ContributionTakenUp => {
                ("deliverables that take up your contributions", "livrables qui reprennent vos contributions")
            }
            Self::DeliverableDue => ("deliverables that are due soon", "livrables bientôt attendus"),
            Self::DeliverableLate => ("deliverables that are late", "livrables en retard"),
            Self::SubmissionDeadline => ("deadlines for submission to a Forum", "dates limites de remise pour un Forum"),
            Self::ForumStart => ("the beginning of a Forum", "début d'un Forum"),
            Self::ConsultationClosing => ("consultations that close soon", "consultations bientôt closes"),
            Self::ReadinessReport => ("how ready a Forum is, each week", "état hebdomadaire de préparation d'un Forum"),
            Self::Digest => ("the day's news", "nouvelles du jour"),
            Self::Test => ("whether mail leaves", "essai d'envoi"),
        }
    }
}
