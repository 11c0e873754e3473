//! What every mail says, in both languages.

use plenary::mail::{Kind, Language, Letter, Occasion, Templates};
use serde_json::{Value, json};
use tempfile::TempDir;

const LINK: &str = "https://plenary.example/reset-password?token=AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE";
/// The front end.
const SITE: &str = "https://front.example";

/// Names as people have them, and as some would like to have them.
const RTL: &str = "جمعية الأمن السيبراني";
const MARKUP: &str = "<script>alert(1)</script> & \"Sons\" {{ call }}";
const LONG: &str = "International Association of Very Long Names for the Advancement of Trust, Security, Stability and Resilience in \
    Cyberspace and Elsewhere, Département des Relations Extérieures";
const PROSE: &str = "First line.\n\nhttps://plenary.example/reset-password?token=evil\n<b>bold</b>\u{202E}";

fn occasion<'a>(kind: Kind, language: Language, link: Option<&'a str>, params: &'a Value) -> Occasion<'a> {
    let call = "Paris Call for Trust and Security in Cyberspace";
    let (contact, until) = (Some("contact@pariscall.international"), link.map(|_| "29 November 2026, 10:00 (Europe/Paris)"));
    let site = Some(SITE);
    Occasion { kind, language, call, contact, link, until, unsubscribe: None, site, params }
}

/// The params of a kind, as `mail/kinds.rs` names them: all of them, then without those that may be missing.
fn params(kind: Kind) -> Vec<Value> {
    use Kind::*;
    let (full, bare) = match kind {
        VerifyEmail | AccountExists | ResetPassword | PasswordChanged | ConfirmEmail | EmailChanged | SecondFactorChanged => {
            (json!({"name": MARKUP}), json!({"name": RTL}))
        }
        Invitation => (
            json!({"supporter": LONG, "inviter": RTL, "role": "focal_point"}),
            json!({"supporter": MARKUP, "inviter": null, "role": "representative"}),
        ),
        Affiliated => (
            json!({"name": MARKUP, "path": "supporters/a", "supporter": RTL, "role": "focal_point"}),
            json!({"name": RTL, "supporter": LONG, "role": "representative"}),
        ),
        AffiliationEnded => {
            (json!({"name": MARKUP, "path": "supporters/a", "supporter": LONG}), json!({"name": "Ana", "supporter": RTL}))
        }
        AffiliationAsked => (
            json!({"path": "supporters/a/affiliation-requests", "supporter": RTL, "person": MARKUP, "message": PROSE}),
            json!({"supporter": LONG, "person": "Ana"}),
        ),
        AffiliationDecided => (
            json!({"name": "Ana", "path": "supporters/a", "supporter": RTL, "accepted": true, "reason": null}),
            json!({"name": MARKUP, "supporter": LONG, "accepted": false, "reason": PROSE}),
        ),
        FocalPointMissing => (json!({"path": "supporters/a", "supporter": LONG}), json!({"supporter": RTL})),
        ConfirmApplication => (json!({"organisation": MARKUP, "name": RTL}), json!({"organisation": LONG, "name": "Ana"})),
        ApplicationReceived | ApplicationEndorsed => {
            (json!({"organisation": MARKUP, "name": RTL}), json!({"organisation": LONG, "name": "Ana"}))
        }
        ApplicationToDecide => (
            json!({"path": "supporter-applications/0190aaaa-0000-7000-8000-000000000001", "organisation": RTL, "duplicates": 2}),
            json!({"organisation": MARKUP, "duplicates": 0}),
        ),
        ApplicationAsked => (
            json!({"organisation": RTL, "name": MARKUP, "question": PROSE}),
            json!({"organisation": LONG, "name": "Ana", "question": "Who signed?"}),
        ),
        ApplicationDeclined => (
            json!({"organisation": RTL, "name": MARKUP, "reason": PROSE}),
            json!({"organisation": LONG, "name": "Ana", "reason": "No."}),
        ),
        SupporterWithdrawn => (json!({"supporter": RTL, "reason": PROSE}), json!({"supporter": MARKUP})),
        SeatVacant | SeatFilled => (
            json!({"name": MARKUP, "path": null, "items": [{"path": "groups/5", "number": 5, "group": LONG, "supporter": RTL},
                {"path": "groups/6", "number": 6, "group": RTL, "supporter": MARKUP}]}),
            json!({"name": "Ana", "path": "groups/5", "items": [{"path": "groups/5", "number": 5, "group": "Index", "supporter": LONG}]}),
        ),
        BalanceLost => (
            json!({"name": RTL, "items": [
                {"path": "groups/5", "number": 5, "group": LONG, "violations": ["1 seat where the rule wants 2 to 3.", "1 sector among the seats where the rule wants at least 2."]},
                {"path": "groups/6", "number": 6, "group": MARKUP, "violations": ["1 country among the seats where the rule wants at least 2."]},
            ]}),
            json!({"name": "Ana", "path": "groups/5", "items": [{"path": "groups/5", "number": 5, "group": RTL, "violations": ["0 seats where the rule wants 2 to 3."]}]}),
        ),
        GroupMessage => (
            json!({"name": RTL, "groups": [LONG, MARKUP], "sender": MARKUP, "subject": LONG, "body": PROSE}),
            json!({"name": "Ana", "path": "groups/5", "groups": [RTL], "sender": "Bob", "subject": RTL, "body": "Come on Monday."}),
        ),
        ContributionSubmitted | ContributionWithdrawn => (
            json!({"name": MARKUP, "round": LONG, "supporter": RTL, "person": MARKUP, "revision": 3}),
            json!({"name": "Ana", "path": "consultations/a", "round": RTL, "supporter": LONG, "person": RTL, "revision": 1}),
        ),
        ContributionAnswered => (
            json!({"name": MARKUP, "path": "consultations/a", "title": RTL, "supporter": LONG, "items": [
                {"question": LONG, "point": MARKUP, "disposition": "partly_accepted", "reason": PROSE, "deliverable": "WG5-D1 Toolkit"},
                {"question": null, "point": null, "disposition": "noted", "reason": "Known.", "deliverable": null},
            ]}),
            json!({"title": MARKUP, "items": [{"disposition": "rejected", "reason": PROSE}, {"disposition": "accepted", "reason": "Yes."}]}),
        ),
        ContributionTakenUp => (
            json!({"name": MARKUP, "path": "deliverables/WG5-D1", "title": RTL, "supporter": LONG, "reference": "WG5-D1", "deliverable": MARKUP, "presented": true}),
            json!({"title": LONG, "reference": "WG5-D1", "deliverable": RTL, "presented": false}),
        ),
        ConfirmContribution | ContributionConfirmed => (json!({"round": MARKUP}), json!({"round": RTL})),
        DeliverableSubmitted => (
            json!({"name": "Ana", "reference": "WG5-D1", "title": MARKUP}),
            json!({"name": RTL, "reference": "WG5-D12", "title": LONG}),
        ),
        DeliverableReturned => (
            json!({"name": MARKUP, "reference": "WG5-D1", "title": RTL, "reason": PROSE}),
            json!({"name": "Ana", "reference": "WG5-D1", "title": LONG, "reason": "No."}),
        ),
        DeliverableApproved => (
            json!({"name": MARKUP, "reference": "WG5-D1", "title": RTL, "version": 12}),
            json!({"name": "Ana", "reference": "WG5-D1", "title": LONG, "version": 1}),
        ),
        DeliverablePresented => (
            json!({"name": MARKUP, "reference": "WG5-D1", "title": RTL, "year": 2026}),
            json!({"name": "Ana", "reference": "WG5-D1", "title": LONG, "year": 2027}),
        ),
        CommentReply => (
            json!({"name": "Ana", "reference": "WG5-D1", "title": RTL, "person": MARKUP, "body": PROSE}),
            json!({"name": RTL, "reference": "WG5-D1", "title": MARKUP, "person": LONG, "body": "Yes."}),
        ),
        DeliverableDue | DeliverableLate => (
            json!({"name": "Ana", "items": [
                {"reference": "WG5-D1", "title": MARKUP, "due_on": "2026-10-08", "days": 14, "path": "deliverables/WG5-D1"},
                {"reference": "WG5-D2", "title": RTL, "due_on": "2026-10-09", "days": 15, "path": "deliverables/WG5-D2"}]}),
            json!({"name": RTL, "items": [{"reference": "WG5-D1", "title": LONG, "due_on": "2026-10-08", "days": 7}]}),
        ),
        SubmissionDeadline | ForumStart => (
            json!({"name": MARKUP, "items": [{"year": 2026, "name": "Paris Peace Forum 2026", "city": "Paris", "on": "2026-11-11", "days": 30,
                "path": "forum-editions/2026",
                "deliverables": [{"reference": "WG5-D1", "title": MARKUP}, {"reference": "WG5-D2", "title": RTL}]}]}),
            json!({"name": RTL, "items": [{"year": 2026, "name": LONG, "city": RTL, "on": "2026-11-11", "days": 1,
                "deliverables": []}]}),
        ),
        ConsultationClosing => (
            json!({"name": MARKUP, "items": [
                {"title": RTL, "closes": "30 September 2026, 10:00 (Europe/Paris)", "days": 3, "path": "consultations/a"},
                {"title": MARKUP, "closes": "1 October 2026, 10:00 (Europe/Paris)", "days": 4, "path": "consultations/b"}]}),
            json!({"name": RTL, "items": [{"title": LONG, "closes": "30 September 2026, 10:00 (Europe/Paris)", "days": 3}]}),
        ),
        ForumRescheduled => (
            json!({"name": "Ana", "year": 2026, "starts_on": "2026-11-19", "ends_on": "2026-11-20", "submission_deadline": "2026-10-19",
                "reason": PROSE, "items": [{"reference": "WG5-D1", "title": MARKUP, "due_on": "2026-10-08"},
                {"reference": "WG5-D2", "title": RTL, "due_on": "2026-10-09"}]}),
            json!({"name": RTL, "year": 2026, "starts_on": "2026-11-19", "ends_on": "2026-11-20", "reason": "Moved.",
                "items": [{"reference": "WG5-D1", "title": LONG, "due_on": "2026-10-08"}]}),
        ),
        ReadinessReport => (
            json!({"name": "Ana", "path": "board?forum_year=2026", "year": 2026, "days": 44, "starts_on": "2026-11-11",
                "submission_deadline": "2026-10-12", "total": 5,
                "counts": {"done": 1, "on_track": 1, "at_risk": 1, "late": 1, "dropped": 1},
                "groups": [{"number": 5, "title": LONG, "done": 1, "on_track": 0, "at_risk": 1, "late": 1, "dropped": 1},
                    {"number": 6, "title": RTL, "done": 0, "on_track": 1, "at_risk": 0, "late": 0, "dropped": 0}],
                "news": [{"reference": "WG5-D1", "title": MARKUP, "what": "late", "path": "deliverables/WG5-D1"},
                    {"reference": "WG5-D2", "title": RTL, "what": "approved", "path": "deliverables/WG5-D2"}],
                "more_news": 3,
                "owed": (["start", "milestone", "first_version", "submit", "consultation", "approve", "present"].map(|what|
                    json!({"reference": "WG6-D1", "title": LONG, "what": what, "by": "co_chairs", "due_on": "2026-10-01", "path": "deliverables/WG6-D1"}))),
                "more_owed": 2,
                "board": {"today": "2026-09-28", "starts_on": "2026-11-11", "submission_deadline": "2026-10-12",
                    "rows": [["WG5-D1", "late", "2026-09-25", 40], ["WG6-D1", "at_risk", "2026-10-08", 10]]}}),
            json!({"name": RTL, "path": "board?forum_year=2026", "year": 2026, "days": 1, "starts_on": "2026-11-11",
                "total": 0, "counts": {"done": 0, "on_track": 0, "at_risk": 0, "late": 0, "dropped": 0},
                "groups": [], "news": [], "more_news": 0, "owed": [], "more_owed": 0,
                "board": {"today": "2026-09-28", "starts_on": "2026-11-11", "rows": []}}),
        ),
        MeetingInvited | MeetingChanged | MeetingCancelled => {
            let meeting = |title: &str, place: Value, link: Value, ends_at: &str| {
                json!({
                    "id": "0190aaaa-0000-7000-8000-000000000001", "sequence": 1, "title": title,
                    "starts_at": "2026-11-29T09:00:00Z", "ends_at": ends_at, "time_zone": "Europe/Paris", "place": place, "link": link,
                    "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-02T09:00:00Z",
                })
            };
            let full = meeting(RTL, json!(MARKUP), json!("https://meet.example/a?b=1&c=2"), "2026-11-29T10:30:00Z");
            let bare = meeting(MARKUP, Value::Null, Value::Null, "2026-11-30T10:30:00Z");
            (
                json!({"name": MARKUP, "group": LONG, "by": RTL, "reason": PROSE, "meeting": full}),
                json!({"name": RTL, "group": MARKUP, "by": null, "reason": null, "meeting": bare}),
            )
        }
        ConsultationOpened | ConsultationPublished => (
            json!({"name": MARKUP, "path": "consultations/a", "title": RTL, "group": LONG, "closes": "29 November 2026, 10:00 (Europe/Paris)", "reason": null}),
            json!({"name": null, "title": LONG, "closes": "29 novembre 2026, 10:00 (Europe/Paris)"}),
        ),
        ConsultationExtended | ConsultationCancelled => (
            json!({"name": RTL, "path": "consultations/a", "title": MARKUP, "group": RTL, "closes": "29 November 2026, 10:00 (Europe/Paris)", "reason": PROSE}),
            json!({"name": null, "title": RTL, "group": null, "closes": "29 November 2026, 10:00 (Europe/Paris)", "reason": "No."}),
        ),
        MembershipRequested => (
            json!({"name": "Ana", "group": LONG, "person": MARKUP, "supporter": RTL, "message": PROSE}),
            json!({"name": "Ana", "group": RTL, "person": "Bo", "supporter": LONG}),
        ),
        MembershipDecided => (
            json!({"name": "Ana", "group": RTL, "accepted": true, "reason": null}),
            json!({"name": MARKUP, "group": LONG, "accepted": false, "reason": PROSE}),
        ),
        MembershipRemoved => {
            (json!({"name": RTL, "group": MARKUP, "reason": PROSE}), json!({"name": "Ana", "group": LONG, "supporter": RTL}))
        }
        MembershipEnded => (
            json!({"name": "Ana", "items": [{"path": "groups/5", "person": MARKUP, "group": RTL}, {"path": "groups/6", "person": RTL, "group": LONG}]}),
            json!({"name": RTL, "path": "groups/5", "items": [{"path": "groups/5", "person": "Bo", "group": LONG}]}),
        ),
        GroupInvitation => (
            json!({"group": LONG, "role": "member", "supporter": RTL, "body": null, "inviter": MARKUP}),
            json!({"group": RTL, "role": "observer", "body": MARKUP}),
        ),
        Digest => (
            json!({"name": MARKUP, "items": [{"subject": RTL, "text": PROSE}, {"subject": MARKUP, "text": LONG}]}),
            json!({"name": RTL, "items": [{"subject": LONG, "text": "Come on Monday."}]}),
        ),
        Test => (json!({}), json!({})),
    };
    vec![full, bare]
}

fn link_of(kind: Kind) -> Option<&'static str> {
    use Kind::*;
    let account = matches!(kind, VerifyEmail | ResetPassword | ConfirmEmail | EmailChanged);
    let others = matches!(kind, Invitation | GroupInvitation | ConfirmApplication | ConfirmContribution | ContributionConfirmed);
    (account || others).then_some(LINK)
}

fn shown(letter: &Letter) -> String {
    // What stands around the paragraphs is the same in every mail.
    let (_, main) = letter.html.split_once("<div").unwrap();
    let html = main.split_once('\n').unwrap().1.replace(" style=\"", "\u{0}");
    let html: String = html
        .split('\u{0}')
        .enumerate()
        .map(|(n, part)| if n == 0 { part.to_owned() } else { part.split_once('"').unwrap().1.to_owned() })
        .collect();
    format!("Subject: {}\n\n{}\n{html}", letter.subject, letter.text)
}

#[test]
fn every_kind_says_what_it_should() {
    let templates = Templates::new(None);
    for kind in Kind::ALL {
        let mut all = String::new();
        for params in params(*kind) {
            for language in Language::ALL {
                let (letter, unused) = templates
                    .render(&occasion(*kind, *language, link_of(*kind), &params))
                    .unwrap_or_else(|fault| panic!("{kind} {language} {params}: {fault}"));
                assert!(unused.is_empty());
                all += &format!("==== {language} {params}\n{}", shown(&letter));
                holds_for_every_mail(*kind, &letter);
            }
        }
        insta::assert_snapshot!(format!("mail_{kind}"), all);
    }
}

fn holds_for_every_mail(kind: Kind, letter: &Letter) {
    let Letter { subject, text, html, .. } = letter;
    assert!(!subject.contains(['\r', '\n']) && subject.chars().count() <= 151, "{kind}: {subject}");
    let links = usize::from(link_of(kind).is_some());
    assert_eq!(text.lines().filter(|line| *line == LINK).count(), links, "{kind}: the link, alone on its line");
    let places = text.lines().filter(|line| line.starts_with(SITE)).count();
    assert_eq!(html.matches("href=").count(), links + places, "{kind}: {html}");
    assert!(
        !html.contains("<script") && !html.contains("<b>") && !html.replace("src=\"cid:", "").contains("src="),
        "{kind}: {html}"
    );
    assert!(!text.contains('\u{202E}') && !html.contains('\u{202E}'), "{kind}");
    assert!(!text.lines().any(|line| line.starts_with([':', ';', '?', '!', '»']) || line.ends_with('«')), "{kind}: {text}");
    // French has a space before these that does not break, also in the subject.
    for apart in [" :", " ;", " ?", " !", " »", "« "].iter().filter(|_| letter.language == Language::Fr) {
        assert!(!subject.contains(apart) && !text.contains(apart), "{kind}: {apart:?} in {subject}\n{text}");
    }
    assert!(text.lines().all(|line| line == LINK || line.starts_with(SITE) || line.chars().count() <= 78), "{kind}: {text}");
    // Days are for readers.
    assert!(!subject.contains("2026-") && !text.contains("2026-") && !html.contains("2026-"), "{kind}: {text}");
    // What a stranger typed is not carried to an address that nobody has confirmed.
    if matches!(kind, Kind::VerifyEmail | Kind::ConfirmEmail | Kind::ConfirmApplication) {
        for theirs in [RTL, "Sons", LONG, "Ana"] {
            assert!(!subject.contains(theirs) && !text.contains(theirs) && !html.contains(theirs), "{kind}: {text}");
        }
    }
}

#[test]
fn days_and_numbers_are_written_as_the_language_has_them() {
    let render = |kind, language, params: &Value| Templates::new(None).render(&occasion(kind, language, None, params)).unwrap().0;
    let due = json!({"name": "Ana", "items": [{"reference": "WG101-D6", "title": "Guide", "due_on": "2026-12-01", "days": 1}]});
    assert_eq!(render(Kind::DeliverableDue, Language::En, &due).subject, "WG101-D6 is due on 1 December 2026");
    assert_eq!(render(Kind::DeliverableDue, Language::Fr, &due).subject, "WG101-D6 est attendu le 1er décembre 2026");
    for (language, late) in [(Language::En, ", 1 day ago,"), (Language::Fr, "il y a 1 jour,")] {
        assert!(render(Kind::DeliverableLate, language, &due).text.replace('\n', " ").contains(late));
    }
    let report = |total: i64, done: i64| {
        let counts = json!({"done": done, "on_track": total - done, "at_risk": 0, "late": 0, "dropped": 0});
        let row = json!([["WG5-D1", "done", "2026-10-08", 100]]);
        json!({"name": "Ana", "year": 2026, "days": 1, "starts_on": "2026-11-11", "total": total, "counts": counts, "groups": [],
            "news": [], "more_news": 0, "owed": [], "more_owed": 0,
            "board": {"today": "2026-09-28", "starts_on": "2026-11-11", "rows": if total == 1 { row } else { json!([]) }}})
    };
    for (total, done, language, said) in [
        (1, 0, Language::Fr, "Pour ce Forum, 1 livrable\u{a0}: 0 terminé, 1 dans les temps, 0 à risque, 0 en retard."),
        (2, 2, Language::Fr, "Pour ce Forum, 2 livrables\u{a0}: 2 terminés, 0 dans les temps, 0 à risque, 0 en retard."),
        (1, 0, Language::Fr, "1 livrable par échéance jusqu’au 11 novembre 2026"),
        (1, 1, Language::En, "For this Forum there is 1 deliverable: 1 done, 0 on track, 0 at risk, 0 late."),
        (3, 1, Language::En, "For this Forum there are 3 deliverables: 1 done, 2 on track, 0 at risk, 0 late."),
        (1, 1, Language::En, "1 deliverable by due date up to 11 November 2026"),
    ] {
        let text = render(Kind::ReadinessReport, language, &report(total, done)).text.replace('\n', " ");
        assert!(text.contains(said), "{said}: {text}");
    }
}

#[test]
fn a_change_of_address_that_cannot_be_undone_asks_for_nothing() {
    for language in Language::ALL {
        let params = json!({"name": "Ana"});
        let (letter, _) = Templates::new(None).render(&occasion(Kind::EmailChanged, *language, None, &params)).unwrap();
        assert!(!letter.text.contains("http") && !letter.html.contains("href="), "{}", letter.text);
    }
}

#[test]
fn what_is_missing_is_a_fault_and_no_hole() {
    let params = json!({"supporter": null});
    let fault =
        Templates::new(None).render(&occasion(Kind::FocalPointMissing, Language::Fr, None, &params)).unwrap_err().to_string();
    assert!(fault.contains("built-in focal_point_missing (fr)") && fault.contains("missing"), "{fault}");
    let fault = Templates::new(None).render(&occasion(Kind::VerifyEmail, Language::En, None, &params)).unwrap_err().to_string();
    assert!(fault.contains("verify_email"), "{fault}");
}

#[test]
fn own_templates_stand_in_front_one_by_one() {
    let directory = TempDir::new().unwrap();
    let file = |name: &str, text: &str| {
        let path = directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    let templates = Templates::new(Some(directory.path().to_owned()));
    let no_params = json!({});
    let render = |language| templates.render(&occasion(Kind::Test, language, None, &no_params)).unwrap();
    let ours = render(Language::En).0;
    file("en/test.txt", "Subject: Ours for {{ call }}\n\nOur own words.\n");
    file("en/closing.txt", "The office\n");
    let (own, unused) = render(Language::En);
    assert_eq!((own.subject.as_str(), unused.len()), ("Ours for Paris Call for Trust and Security in Cyberspace", 0));
    assert!(own.text.starts_with("Our own words.") && own.text.ends_with("-- \nThe office\n"), "{}", own.text);
    assert!(own.html.contains("<p") && own.html.contains("Our own words."));
    assert!(render(Language::Fr).0.subject.starts_with("Essai"), "the other language keeps its own");
    assert!(templates.check().is_empty(), "{:?}", templates.check());
    // What is wrong with one keeps nobody from their mail.
    file("en/closing.txt", "{{ contact }\n");
    for broken in
        ["no head", "Subject: a\nBcc: b@example.org\n\nText\n", "Subject: {{ nothing }}\n\nText\n", "Subject: {% if %}\n\nText"]
    {
        file("en/test.txt", broken);
        let (letter, unused) = render(Language::En);
        assert_eq!((&letter, unused.len()), (&ours, 2), "{broken}");
        assert!(unused[1].template.ends_with("test.txt"), "{unused:?}");
    }
    file("fr/tests.txt", "Subject: a\n\nText\n");
    let faults: Vec<String> = templates.check().iter().map(ToString::to_string).collect();
    assert_eq!(faults.len(), 3, "{faults:?}");
    assert!(faults.iter().any(|fault| fault.contains("tests.txt: is used for nothing")), "{faults:?}");
    // A mail that asks keeps its link.
    for broken in
        ["Subject: a\nButton: b\n\nText without.\n", "Subject: a\nButton: b\n\nHere: {{ link }}\n", "Subject: a\n\n{{ link }}\n"]
    {
        file("en/reset_password.txt", broken);
        let params = json!({"name": "Ana"});
        let (letter, unused) = templates.render(&occasion(Kind::ResetPassword, Language::En, Some(LINK), &params)).unwrap();
        assert!(letter.text.contains(LINK) && unused.len() == 2, "{broken}: {unused:?}");
    }
}

#[test]
fn a_language_is_found_by_its_first_part() {
    assert_eq!(Language::first_of(["de", "fr-CA", "en"]), Language::Fr);
    assert_eq!(Language::first_of(["FR"]), Language::Fr);
    assert_eq!(Language::first_of(["de", "frr"]), Language::En);
    assert_eq!(Language::first_of([]), Language::En);
}
