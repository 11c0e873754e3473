//! A call file that is right, one that is the reference call, and every way in which one can be wrong.

use std::collections::BTreeSet;

use super::*;
use crate::groups::{Seat, Status as GroupStatus, ViolationCode, balance};

const REFERENCE: &str = include_str!("../../../config/paris-call.toml");

/// A small call of our own; `//` marks where a test puts lines.
const SMALL: &str = r#"
[call]
slug = "harbour"
name = "The Harbour Pledge"
launched_on = 2020-01-01
contact_email = "desk@example.org"
time_zone = "America/Sao_Paulo"
locales = ["pt", "en"]
[co_chair_rule]
min_seats = 2
max_seats = 3
min_sectors = 2
min_countries = 2
[[sectors]]
code = "state"
name = { pt = "Estado", en = "State" }
[[sectors]]
code = "academia"
name = "Academia"
[[kinds]]
code = "school"
name = "Escola"
[[principles]]
number = 1
title = "Abrigo"
summary = "Abrigar."
[[supporters]]
name = "Coast Office"
sector = "state"
country = "BR"
[[supporters]]
name = "Escola do Mar"
sector = "academia"
kind = "school"
country = "PT"
principles = [1]
[[groups]]
number = 1
title = { en = "Lights", pt = "Faróis" }
principles = [1]
co_chairs = ["coast office", "Escola do Mar"]
"#;

/// The faults of the small call, changed so that `with` stands for `what`, or at the end where `what` is empty.
fn faults(what: &str, with: &str) -> Vec<String> {
    let text = if what.is_empty() {
        format!("{SMALL}{with}")
    } else {
        assert!(SMALL.contains(what), "{what}");
        SMALL.replacen(what, with, 1)
    };
    parse(&text).err().unwrap_or_default().iter().map(|fault| format!("{} {}", fault.key, fault.detail)).collect()
}

#[test]
fn a_small_call_gets_what_it_does_not_say() {
    let file = parse(SMALL).unwrap();
    assert_eq!(file.call.as_of.to_string(), "2020-01-01");
    assert_eq!(file.sectors[1].name, Localised::one("pt", "Academia"));
    assert_eq!((file.supporters[1].slug.as_str(), file.supporters[1].folded.as_str()), ("escola-do-mar", "escola do mar"));
    let group = &file.groups[0];
    assert_eq!((group.status, group.join_policy), (GroupStatus::Active, JoinPolicy::Approval));
    assert_eq!(group.slug, "farois", "from the title in the call's first language");
    assert_eq!(group.co_chairs, ["coast-office", "escola-do-mar"]);
}

#[test]
fn the_reference_call_is_read_whole() {
    let file = parse(REFERENCE).unwrap();
    let counts = (file.sectors.len(), file.kinds.len(), file.principles.len(), file.supporters.len(), file.groups.len());
    assert_eq!(counts, (6, 23, 9, 24, 6));
    let later = (
        file.forum_editions.len(),
        file.consultations.len(),
        file.register_milestones.len(),
        file.petitions.len(),
        file.campaigns.len(),
    );
    assert_eq!(later, (4, 1, 5, 1, 1));
    assert!(file.groups.iter().all(|group| group.status == GroupStatus::Active && group.join_policy == JoinPolicy::Approval));
    assert_eq!(file.groups[3].slug, "advancing-international-norms");
    let derogation = file.groups[0].derogation.as_ref().unwrap();
    assert_eq!((derogation.since.to_string(), derogation.until), ("2021-02-28".into(), None));
    let round = &file.consultations[0];
    assert_eq!(
        (round.opens_at.to_string(), round.closes_at.to_string()),
        ("2020-01-30T23:00:00Z".into(), "2020-03-02T22:59:59.999999Z".into())
    );
    assert_eq!((round.scope, round.audience, round.status), (Scope::Call, Audience::Supporters, RoundStatus::Published));
    let edition = &file.forum_editions[0];
    assert_eq!((edition.year, edition.time_zone, edition.status), (2018, Tz::Europe__Paris, crate::forum::Status::Held));
    assert_eq!((edition.sessions.len(), edition.sessions[0].panellists.len()), (1, 5));
    assert_eq!(edition.sessions[0].moderator.as_ref().unwrap().name, "Manuel Lafont Rapnouil");
    assert_eq!(file.register_milestones[1].by_sector.values().sum::<i64>(), 554);
    assert_eq!(file.campaigns[0].petition.as_deref(), Some("digital-peace-now"));
}

/// domain.md, Working groups: groups 2, 4, 5 satisfy the rule, 1 and 6 violate only `sectors`, 3 only `countries`.
#[test]
fn the_six_real_groups_come_out_as_they_are() {
    let file = parse(REFERENCE).unwrap();
    let mut found = Vec::new();
    for group in &file.groups {
        let chairs: Vec<_> =
            group.co_chairs.iter().map(|slug| file.supporters.iter().find(|s| s.slug == *slug).unwrap()).collect();
        let mut seats = Vec::new();
        for (key, Supporter { slug, sector, country, .. }) in chairs.iter().copied().enumerate() {
            seats.push(Seat { key, supporter: slug, endorsed: true, sector: sector.as_deref(), country: country.as_deref() });
        }
        let answer = balance(&file.rule, &seats);
        let codes: Vec<_> = answer.violations.iter().map(|violation| violation.code).collect();
        let waived = group.derogation.as_ref().is_some_and(|derogation| codes.iter().all(|code| derogation.waives(*code)));
        let different = |of: fn(&Supporter) -> &Option<String>| {
            let known: BTreeSet<_> = chairs.iter().filter_map(|s| of(s).as_ref()).collect();
            known.len() == chairs.len()
        };
        assert!(
            !(different(|s| &s.sector) && different(|s| &s.country)),
            "\"all different\" would be wrong: no real group passes it"
        );
        found.push((group.number, codes, answer.advice.is_some(), waived));
    }
    use ViolationCode::{Countries, Sectors};
    assert_eq!(
        found,
        [
            (1, vec![Sectors], false, true),
            (2, vec![], true, false),
            (3, vec![Countries], false, true),
            (4, vec![], true, false),
            (5, vec![], true, false),
            (6, vec![Sectors], false, true),
        ]
    );
}

#[test]
fn every_fault_is_named_at_once_with_its_line() {
    let text = SMALL
        .replace("time_zone = \"America/Sao_Paulo\"", "time_zone = \"Sao Paulo\"\ncolour = \"blue\"")
        .replace("country = \"BR\"", "country = \"BRA\"")
        .replace("principles = [1]\nco_chairs", "principles = [1, 2, 1]\nco_chairs")
        .replace("\"Escola do Mar\"]", "\"Nobody\"]");
    let found: Vec<_> = parse(&text).unwrap_err().iter().map(Fault::to_string).collect();
    insta::assert_snapshot!(found.join("\n"), @r#"
    line 7: call.time_zone "Sao Paulo" is no time zone of the IANA database: write one as Europe/Paris
    line 8: call.colour is no key that belongs here: correct or remove it (what may stand here: slug, name, launched_on, website, contact_email, time_zone, as_of, locales)
    line 31: supporters[0].country "BRA" is no country of ISO 3166-1: write its two capital letters, as FR
    line 41: groups[0].principles[1] is 2, which is no principle of [[principles]]: correct it, or add it there
    line 41: groups[0].principles[2] is 1, which stands in the list already: remove it
    line 42: groups[0].co_chairs[1] "Nobody" is the name of no supporter of [[supporters]]: correct it, or add it there
    "#);
}

#[test]
fn each_rule_of_the_file_is_held() {
    let edition = "[[forum_editions]]\nyear = 2021\nname = \"F\"\ncity = \"C\"\ncountry = \"BR\"\nstarts_on = 2021-11-11\nends_on = 2021-11-13\n";
    let round = "[[consultations]]\nscope = \"call\"\ntitle = \"R\"\naudience = \"public\"\nopens_on = 2021-01-01\ncloses_on = 2021-01-02\n";
    let session = "[[forum_editions.sessions]]\ntitle = \"S\"\nday = 2021-11-12\n";
    let campaign = "[[campaigns]]\nslug = \"c\"\ntitle = \"C\"\nstarts_on = 2021-01-01\nweeks = 8\n";
    let petition = "[[petitions]]\nslug = \"p\"\ntitle = \"P\"\nlaunched_on = 2021-01-01\n";
    assert_eq!(faults("", &[edition, session, round, campaign, petition].concat()), Vec::<String>::new());
    // What is changed, what stands there then, and how the one fault begins.
    let cases: Vec<(&str, String, &str)> = vec![
        ("[[groups]]", "[[grups]]".into(), "grups is no key that belongs here"),
        ("slug = \"harbour\"", "slug = \"The Harbour\"".into(), "call.slug \"The Harbour\" is no slug"),
        (
            "launched_on = 2020-01-01",
            "launched_on = \"2020-01-01\"".into(),
            "call.launched_on is the text \"2020-01-01\": write a day",
        ),
        ("launched_on = 2020-01-01", "launched_on = 2020-01-01\nas_of = 2019-12-31".into(), "call.as_of lies before launched_on"),
        (
            "contact_email = \"desk@example.org\"",
            "contact_email = \"desk\"".into(),
            "call.contact_email \"desk\" is no e-mail address",
        ),
        ("contact_email = \"desk@example.org\"\n", String::new(), "call.contact_email is missing: add it"),
        ("slug = \"harbour\"", "website = \"example.org\"".into(), "call.website \"example.org\" is no web address"),
        ("time_zone = \"America/Sao_Paulo\"", "time_zone = \"BRT\"".into(), "call.time_zone \"BRT\" is no time zone"),
        (
            "[\"pt\", \"en\"]",
            "[\"pt\", \"en\", \"pt\"]".into(),
            "call.locales[2] has the language \"pt\" that call.locales[0] has already",
        ),
        ("[\"pt\", \"en\"]", "[\"pt\", \"en\", \"Portuguese\"]".into(), "call.locales[2] \"Portuguese\" is no language"),
        ("min_seats = 2", "min_seats = 4".into(), "co_chair_rule.min_seats is 4, above max_seats"),
        (
            "min_seats = 2",
            "min_seats = -1".into(),
            "co_chair_rule.min_seats is the number -1: write a whole number from 1 to 100",
        ),
        (
            "[[principles]]",
            "[[kinds]]\ncode = \"Ship\"\nname = \"x\"\n[[principles]]".into(),
            "kinds[1].code \"Ship\" is no code",
        ),
        (
            "[[kinds]]\ncode = \"school\"",
            "[[kinds]]\ncode = \"school\"\nname = \"x\"\n[[kinds]]\ncode = \"school\"".into(),
            "kinds[1].code has the code \"school\" that kinds[0].code has already",
        ),
        (
            "{ pt = \"Estado\", en = \"State\" }",
            "{ de = \"Staat\" }".into(),
            "sectors[0].name.de is in a language that call.locales has not",
        ),
        ("{ pt = \"Estado\", en = \"State\" }", "{}".into(), "sectors[0].name has no language"),
        (
            "{ pt = \"Estado\", en = \"State\" }",
            "\"St\\u202Eate\"".into(),
            "sectors[0].name \"St\\u{202e}ate\" has a control or text-direction",
        ),
        (
            "[[principles]]",
            "[[principles]]\nnumber = 1\ntitle = \"A\"\nsummary = \"A\"\n[[principles]]".into(),
            "principles[1].number has the number \"1\" that principles[0].number has already",
        ),
        ("sector = \"state\"", "sector = \"estate\"".into(), "supporters[0].sector \"estate\" is no sector of [[sectors]]"),
        ("kind = \"school\"", "kind = \"ship\"".into(), "supporters[1].kind \"ship\" is no kind of [[kinds]]"),
        ("country = \"PT\"", "country = \"pt\"".into(), "supporters[1].country \"pt\" is no country"),
        (
            "country = \"PT\"",
            "country = \"PT\"\nwebsite = \"mailto:x@example.org\"".into(),
            "supporters[1].website \"mailto:x@example.org\" is no web address",
        ),
        (
            "[[supporters]]\nname = \"Escola",
            "[[supporters]]\nname = \"COAST-Óffice\"\nslug = \"x\"\n[[supporters]]\nname = \"Escola".into(),
            "supporters[1].name has the name \"COAST-Óffice\" that supporters[0].name has already",
        ),
        (
            "[[supporters]]\nname = \"Escola",
            "[[supporters]]\nname = \"X\"\nslug = \"coast-office\"\n[[supporters]]\nname = \"Escola".into(),
            "supporters[1].slug has the slug \"coast-office\" that supporters[0].name has already",
        ),
        (
            "[[supporters]]\nname = \"Escola",
            "[[supporters]]\nname = \"2021\"\n[[supporters]]\nname = \"Escola".into(),
            "supporters[1].name gives no slug",
        ),
        (
            "number = 1\ntitle = { en",
            "number = 1\nstatus = \"running\"\ntitle = { en".into(),
            "groups[0].status \"running\" is none of the words that may stand here: proposed, active",
        ),
        (
            "number = 1\ntitle = { en",
            "number = 1\njoin_policy = \"closed\"\ntitle = { en".into(),
            "groups[0].join_policy \"closed\" is none of the words",
        ),
        ("\"Escola do Mar\"]", "\"Escola do Ar\"]".into(), "groups[0].co_chairs[1] \"Escola do Ar\" is the name of no supporter"),
        ("", "derogation = { waives = [], reason = \"R\" }".into(), "groups[0].derogation.waives is empty"),
        (
            "",
            "derogation = { waives = [\"seat_count\"], reason = \"R\" }".into(),
            "groups[0].derogation.waives[0] \"seat_count\" is none of the words",
        ),
        ("", "derogation = { waives = [\"sectors\"] }".into(), "groups[0].derogation.reason is missing"),
        (
            "",
            "derogation = { waives = [\"sectors\"], reason = \"R\", until = 2019-12-31 }".into(),
            "groups[0].derogation.until lies before the derogation begins, on 2020-01-01",
        ),
        ("", edition.replace("year = 2021", "year = 2022"), "forum_editions[0].year is 2022, but starts_on lies in 2021"),
        ("", edition.replace("11-13", "11-10"), "forum_editions[0].ends_on lies before starts_on"),
        ("", format!("{edition}submission_deadline = 2021-11-12"), "forum_editions[0].submission_deadline lies after starts_on"),
        (
            "",
            format!("{edition}{edition}"),
            "forum_editions[1].year has the year \"2021\" that forum_editions[0].year has already",
        ),
        ("", format!("{edition}time_zone = \"Mars/Base\""), "forum_editions[0].time_zone \"Mars/Base\" is no time zone"),
        (
            "",
            format!("{edition}status = \"over\""),
            "forum_editions[0].status \"over\" is none of the words that may stand here: planned, open, held, cancelled",
        ),
        (
            "",
            format!("{edition}{}", session.replace("11-12", "11-14")),
            "forum_editions[0].sessions[0].day is 2021-11-14, outside its Forum edition",
        ),
        ("", format!("{edition}{session}ends_at = 10:00:00"), "forum_editions[0].sessions[0].ends_at stands without starts_at"),
        (
            "",
            format!("{edition}{session}starts_at = 10:00:00\nends_at = 10:00:00"),
            "forum_editions[0].sessions[0].ends_at is not after starts_at",
        ),
        (
            "",
            format!("{edition}{session}moderator = {{ role = \"Chair\" }}"),
            "forum_editions[0].sessions[0].moderator.name is missing",
        ),
        (
            "",
            format!("{edition}{session}panellists = [\"Ann\"]"),
            "forum_editions[0].sessions[0].panellists[0] is the text \"Ann\": write a table",
        ),
        ("", round.replace("\"call\"", "\"group\""), "consultations[0].group is missing"),
        ("", round.replace("\"call\"", "\"group\"\ngroup = 7"), "consultations[0].group is 7, which is no group"),
        ("", format!("{round}group = 1"), "consultations[0].group stands beside scope"),
        ("", round.replace("\"call\"", "\"deliverable\""), "consultations[0].scope \"deliverable\" is no scope"),
        ("", round.replace("\"public\"", "\"group_members\""), "consultations[0].audience is \"group_members\", but"),
        ("", format!("{round}status = \"published\""), "consultations[0].synthesis is missing"),
        ("", format!("{round}status = \"open\""), "consultations[0].status \"open\" is none of the words"),
        (
            "",
            round.replace("01-02", "2020-12-31").replace("2021-2020", "2020"),
            "consultations[0].closes_on lies before opens_on",
        ),
        ("", format!("{campaign}petition = \"p\""), "campaigns[0].petition \"p\" is no petition"),
        ("", format!("{petition}{petition}"), "petitions[1].slug has the slug \"p\" that petitions[0].slug has already"),
        ("", format!("{petition}goal = 0"), "petitions[0].goal is the number 0: write a whole number from 1"),
        (
            "",
            "[[register_milestones]]\non = 2020-02-01\ntotal = 3\nsource = \"S\"\nby_sector = { church = 1 }".into(),
            "register_milestones[0].by_sector.church is under no sector",
        ),
        ("", "[[register_milestones]]\non = 2020-02-01\nsource = \"S\"\n".into(), "register_milestones[0].total is missing"),
        ("summary = \"Abrigar.\"\n", String::new(), "principles[0].summary is missing"),
        (
            "",
            "[[register_milestones]]\non = 2020-02-01\ntotal = 1\nsource = \"S\"\n".repeat(2),
            "register_milestones[1].on has the day \"2020-02-01\" that register_milestones[0].on has already",
        ),
    ];
    let mut wrong = String::new();
    for (what, with, begins) in cases {
        let found = faults(what, &with);
        if found.len() != 1 || !found[0].starts_with(begins) {
            wrong += &format!("{with:?}\ngives {found:#?}\nwhere one fault was to begin {begins}\n");
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[test]
fn an_active_group_is_balanced_or_stands_on_a_derogation() {
    let same_sector = SMALL.replace("sector = \"academia\"", "sector = \"state\"");
    let waiver = "derogation = { waives = [\"sectors\"], reason = \"R\" }\n";
    let codes = |text: String| -> Vec<String> {
        let code = |fault: &Fault| fault.detail.split(['(', ')']).nth(1).unwrap_or("another").to_owned();
        parse(&text).err().unwrap_or_default().iter().map(code).collect()
    };
    assert_eq!(codes(same_sector.clone()), ["sectors"]);
    assert_eq!(codes(format!("{same_sector}{waiver}")), [""; 0]);
    assert_eq!(codes(format!("{same_sector}{waiver}").replace("\"PT\"", "\"BR\"")), ["countries"]);
    assert_eq!(codes(format!("{same_sector}{waiver}").replace("reason", "until = 2020-01-01, reason")), [""; 0]);
    let lapsed = format!("{same_sector}{waiver}").replace("reason", "since = 2019-01-01, until = 2019-12-31, reason");
    assert_eq!(codes(lapsed), ["sectors"], "run out before the seats stood");
    let one = SMALL.replace(", \"Escola do Mar\"]", "]");
    assert_eq!(codes(one.clone()), ["seat_count", "sectors", "countries"]);
    assert_eq!(codes(format!("{one}status = \"proposed\"")), [""; 0]);
    let twice = SMALL.replace(", \"Escola do Mar\"]", ", \"Escola do Mar\", \"COAST OFFICE\"]");
    assert_eq!(codes(format!("{twice}status = \"proposed\"")), ["duplicate_supporter"]);
    assert_eq!(
        codes(SMALL.replace("co_chairs = [\"coast office\", \"Escola do Mar\"]\n", "")),
        ["seat_count", "sectors", "countries"]
    );
    // A seat that is itself at fault is told alone.
    assert_eq!(faults("sector = \"academia\"", "sector = \"\"").len(), 1);
}

#[test]
fn a_session_s_times_are_read_in_its_editions_zone() {
    let edition = "[[forum_editions]]\nyear = 2018\nname = \"F\"\ncity = \"C\"\ncountry = \"BR\"\nstarts_on = 2018-11-03\nends_on = 2018-11-04\n";
    let session = "[[forum_editions.sessions]]\ntitle = \"S\"\nday = 2018-11-04\nstarts_at = 00:30:00\n";
    let starts = |text: String| parse(&text).map(|file| file.forum_editions[0].sessions[0].starts_at.unwrap().to_string());
    // The call's zone put its clocks forward at midnight of that day.
    let skipped = starts(format!("{SMALL}{edition}{session}")).unwrap_err();
    assert!(skipped[0].detail.starts_with("is a time that clocks in America/Sao_Paulo skipped on 2018-11-04"), "{skipped:?}");
    assert_eq!(starts(format!("{SMALL}{edition}time_zone = \"Europe/Paris\"\n{session}")).unwrap(), "2018-11-03T23:30:00Z");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(48))]

    /// Whatever the file, it is read or refused with faults that say where they are.
    #[test]
    fn no_line_taken_out_or_doubled_breaks_the_reader(line in 0_usize..300, twice: bool) {
        let lines: Vec<&str> = REFERENCE.lines().collect();
        let line = line % lines.len();
        let (before, after) = (lines[..line].join("\n"), lines[line + usize::from(!twice)..].join("\n"));
        let text = format!("{before}\n{}{after}", if twice { format!("{}\n", lines[line]) } else { String::new() });
        if let Err(faults) = parse(&text) {
            proptest::prop_assert!(!faults.is_empty());
            proptest::prop_assert!(faults.iter().all(|fault| !fault.detail.is_empty() && (fault.line.is_some() || !fault.key.is_empty())));
        }
    }
}
