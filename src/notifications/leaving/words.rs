//! What the page of a link to get no more mails says: pure.

use crate::mail::{Kind, Language};

/// What a link would turn off, or has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaving {
    /// Of which kind its mail was.
    pub kind: Kind,
    /// The kinds that go off with it: those that come daily, for a digest.
    pub kinds: Vec<Kind>,
    /// Whether its reader has an account, and so can choose otherwise.
    pub has_account: bool,
}

/// What a page says.
pub struct Words {
    pub title: String,
    pub text: String,
    /// What it is about, one by one.
    pub kinds: Vec<&'static str>,
    /// What stands below those.
    pub more: Option<&'static str>,
    pub button: Option<&'static str>,
}

impl Words {
    fn plain(title: impl Into<String>, text: impl Into<String>) -> Self {
        Self { title: title.into(), text: text.into(), kinds: Vec::new(), more: None, button: None }
    }
}

/// Before anything is done. `None`: what it is cannot be told right now.
pub fn asks(leaving: Option<&Leaving>, language: Language) -> Words {
    let Some(Leaving { kind, kinds, has_account }) = leaving else {
        let (title, text, button) = match language {
            Language::En => {
                ("Stop these mails?", "Nothing has changed yet. What it is about cannot be told right now.", "Stop them")
            }
            Language::Fr => (
                "Ne plus recevoir ces messages ?",
                "Rien n'a encore changé. Il n'est pas possible en ce moment de dire de quels messages il s'agit.",
                "Ne plus les recevoir",
            ),
        };
        return Words { button: Some(button), ..Words::plain(title, text) };
    };
    if kinds.is_empty() {
        return already(*kind, language);
    }
    let more = match language {
        Language::En => "Everything else stays as it is. In your notification preferences you can turn them on again.",
        Language::Fr => "Tout le reste demeure inchangé. Vos préférences de notification permettent d'y revenir.",
    };
    let more = has_account.then_some(more);
    let about = kind.about(language);
    if *kind == Kind::Digest {
        let (title, text, button) = match language {
            Language::En => (
                "Stop the daily mail?",
                "Nothing has changed yet. If you stop it, you get no mails any more about:",
                "Stop the daily mail",
            ),
            Language::Fr => (
                "Ne plus recevoir le message quotidien ?",
                "Rien n'a encore changé. Si vous y renoncez, vous ne recevrez plus de messages de ce genre :",
                "Ne plus le recevoir",
            ),
        };
        let kinds = kinds.iter().map(|kind| kind.about(language)).collect();
        return Words { kinds, more, button: Some(button), ..Words::plain(title, text) };
    }
    let (title, text, button) = match language {
        Language::En => (
            format!("Stop mails about {about}?"),
            "Nothing has changed yet. If you stop them, you get no more mails of this kind.",
            "Stop these mails",
        ),
        Language::Fr => (
            format!("Ne plus recevoir les messages « {about} » ?"),
            "Rien n'a encore changé. Si vous y renoncez, vous ne recevrez plus de messages de ce genre.",
            "Ne plus les recevoir",
        ),
    };
    Words { more, button: Some(button), ..Words::plain(title, text) }
}

fn already(kind: Kind, language: Language) -> Words {
    let about = kind.about(language);
    match (kind, language) {
        (Kind::Digest, Language::En) => {
            Words::plain("There is nothing to stop", "You get no daily mail: no kind of news is set to daily.")
        }
        (Kind::Digest, Language::Fr) => Words::plain(
            "Il n'y a rien à arrêter",
            "Vous ne recevez pas de message quotidien : aucun genre de nouvelles n'est réglé ainsi.",
        ),
        (_, Language::En) => Words::plain("There is nothing to stop", format!("You get no mails about {about} any more.")),
        (_, Language::Fr) => Words::plain("Il n'y a rien à arrêter", format!("Vous ne recevez plus les messages « {about} ».")),
    }
}

/// Once it is done, also where it was before.
pub fn done(leaving: &Leaving, language: Language) -> Words {
    let about = leaving.kind.about(language);
    let kinds: Vec<_> = leaving.kinds.iter().map(|kind| kind.about(language)).collect();
    match (leaving.kind, language) {
        (Kind::Digest, Language::En) if kinds.is_empty() => Words::plain("That is done", "You get no daily mail any more."),
        (Kind::Digest, Language::Fr) if kinds.is_empty() => {
            Words::plain("C'est fait", "Vous ne recevez plus de message quotidien.")
        }
        (Kind::Digest, Language::En) => {
            let text = "You will get no more daily mails. Nothing is mailed any more about:";
            Words { kinds, ..Words::plain("That is done", text) }
        }
        (Kind::Digest, Language::Fr) => {
            let text = "Vous ne recevrez plus de message quotidien, ni de messages de ce genre :";
            Words { kinds, ..Words::plain("C'est fait", text) }
        }
        (_, Language::En) => Words::plain("That is done", format!("You will get no more mails about {about}.")),
        (_, Language::Fr) => Words::plain("C'est fait", format!("Vous ne recevrez plus les messages « {about} ».")),
    }
}

/// Where the link is none of ours, or its mail is kept no longer.
pub fn invalid(language: Language) -> Words {
    match language {
        Language::En => Words::plain(
            "This link is not valid",
            "It is incomplete, or its mail is too old. Nothing has changed. Open the link of a newer mail, or sign in and see your notification preferences.",
        ),
        Language::Fr => Words::plain(
            "Ce lien n'est pas valable",
            "Il est incomplet, ou son message est trop ancien. Rien n'a changé. Ouvrez le lien d'un message plus récent, ou connectez-vous et consultez vos préférences de notification.",
        ),
    }
}

/// Where it could not be done for no fault of the reader's.
pub fn failed(language: Language) -> Words {
    match language {
        Language::En => Words::plain("That did not work", "Nothing has changed. Try again in a moment."),
        Language::Fr => Words::plain("Cela n'a pas fonctionné", "Rien n'a changé. Réessayez dans un moment."),
    }
}
