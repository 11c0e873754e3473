//! Tables and properties of the co-chair rule.

use proptest::prelude::*;

use super::*;
use crate::states;

const RULE: RuleNumbers = RuleNumbers { min_seats: 2, max_seats: 3, min_sectors: 2, min_countries: 2 };

/// `supporter sector country`, `-` for unknown, `!` before a supporter that is not endorsed; the key is the position.
fn seats(list: &[&'static str]) -> Vec<Seat<'static, usize>> {
    let seat = |(key, text): (usize, &&'static str)| {
        let mut words = text.split(' ');
        let supporter = words.next().unwrap();
        let mut known = || words.next().filter(|word| *word != "-");
        Seat {
            key,
            supporter: supporter.trim_start_matches('!'),
            endorsed: !supporter.starts_with('!'),
            sector: known(),
            country: known(),
        }
    };
    list.iter().enumerate().map(seat).collect()
}

/// Each violation as `code: seats`.
fn violated(list: &[&'static str]) -> Vec<String> {
    balance(&RULE, &seats(list)).violations.iter().map(|v| format!("{}: {:?}", v.code, v.seats)).collect()
}

#[test]
fn the_rule_answers_with_every_violation_and_the_seats_at_fault() {
    let cases: &[(&[&'static str], &[&str])] = &[
        (&["a state FR", "b academia US"], &[]),
        (&["a state FR", "b academia US", "c academia US"], &[]),
        (&["a state FR", "b academia FR"], &["countries: [0, 1]"]),
        (&["a state FR", "b state US"], &["sectors: [0, 1]"]),
        (&["a state FR", "b state FR"], &["sectors: [0, 1]", "countries: [0, 1]"]),
        (&["a state FR", "b academia -"], &["countries: [1]"]),
        (&["a state FR", "b - US"], &["sectors: [1]"]),
        (&["a state FR", "b state US", "c - DE"], &["sectors: [0, 1, 2]"]),
        // An international organisation without a country is a country of its own; two of them are two.
        (&["a state FR", "b international_organisation -"], &[]),
        (&["a international_organisation -", "b international_organisation -"], &["sectors: [0, 1]"]),
        (&["a international_organisation FR", "b state FR"], &["countries: [0, 1]"]),
        // The same one twice is one.
        (
            &["a international_organisation -", "a international_organisation -"],
            &["duplicate_supporter: [0, 1]", "sectors: [0, 1]", "countries: [0, 1]"],
        ),
        (&["a state FR", "!b academia US"], &["not_endorsed: [1]"]),
        (&["a state FR", "b academia US", "a state FR"], &["duplicate_supporter: [0, 2]"]),
        (&["a state FR"], &["seat_count: [0]", "sectors: [0]", "countries: [0]"]),
        (&[], &["seat_count: []", "sectors: []", "countries: []"]),
        (&["a state FR", "b academia US", "c state FR", "d academia US"], &["seat_count: [0, 1, 2, 3]"]),
        (
            &["!a - -", "!a - -", "b - -", "c - -"],
            &[
                "seat_count: [0, 1, 2, 3]",
                "duplicate_supporter: [0, 1]",
                "not_endorsed: [0, 1]",
                "sectors: [0, 1, 2, 3]",
                "countries: [0, 1, 2, 3]",
            ],
        ),
    ];
    for (list, expected) in cases {
        assert_eq!(violated(list), *expected, "{list:?}");
    }
}

#[test]
fn advice_is_given_where_only_all_different_is_missing() {
    let advice = |list: &[&'static str]| balance(&RULE, &seats(list)).advice.unwrap_or_default();
    assert_eq!(advice(&["a state FR", "b academia US"]), "");
    assert_eq!(advice(&["a state FR", "b state US"]), "");
    assert!(advice(&["a state FR", "b academia US", "c academia DE"]).ends_with("all of different sectors."));
    assert!(advice(&["a state FR", "b academia US", "c civil_society US"]).ends_with("all of different countries."));
    assert!(advice(&["a state FR", "b academia US", "c state -"]).ends_with("all of different sectors and countries."));
}

#[test]
fn the_numbers_are_the_calls() {
    let lax = RuleNumbers { min_seats: 1, max_seats: 1, min_sectors: 0, min_countries: 0 };
    assert!(balance(&lax, &seats(&["a - -"])).satisfied());
    let detail = |list: &[&'static str]| balance(&lax, &seats(list)).violations.first().map(|v| v.detail.clone()).unwrap();
    assert_eq!(detail(&["a - -", "b - -"]), "2 seats where the rule wants 1.");
    let detail = &balance(&RULE, &seats(&["a state -", "b academia -"])).violations[0].detail;
    assert_eq!(detail, "0 countries (2 unknown) among the seats where the rule wants at least 2.");
}

#[test]
fn duplicates_and_more_than_the_maximum_are_refused_in_every_status() {
    let refused = |list: &[&'static str]| refused_in_every_status(&RULE, &seats(list)).iter().map(|v| v.code).collect::<Vec<_>>();
    assert_eq!(refused(&[]), []);
    assert_eq!(refused(&["!a - -"]), []);
    assert_eq!(refused(&["a - -", "a - -"]), [ViolationCode::DuplicateSupporter]);
    assert_eq!(refused(&["a - -", "b - -", "c - -", "a - -"]), [ViolationCode::SeatCount, ViolationCode::DuplicateSupporter]);
}

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

fn derogation(waives: &[Waivable], until: Option<&str>) -> Derogation {
    Derogation {
        waives: waives.iter().copied().collect(),
        reason: "As announced.".into(),
        since: day("2021-02-28"),
        until: until.map(day),
    }
}

#[test]
fn a_derogation_stands_from_its_first_day_to_its_last() {
    let cases = [
        (None, "2021-02-27", false),
        (None, "2021-02-28", true),
        (None, "2999-01-01", true),
        (Some("2021-03-01"), "2021-03-01", true),
        (Some("2021-03-01"), "2021-03-02", false),
    ];
    for (until, today, stands) in cases {
        assert_eq!(derogation(&[Waivable::Sectors], until).stands_on(day(today)), stands, "{until:?} {today}");
    }
}

#[test]
fn a_group_is_balanced_by_the_rule_or_by_a_standing_derogation_that_waives_all_that_is_violated() {
    use Waivable::{Countries, Sectors};
    let today = day("2021-03-01");
    let cases: &[(&[&'static str], Option<Derogation>, bool)] = &[
        (&["a state FR", "b academia US"], None, true),
        (&["a state FR", "b state US"], None, false),
        (&["a state FR", "b state US"], Some(derogation(&[Sectors], None)), true),
        (&["a state FR", "b state US"], Some(derogation(&[Sectors], Some("2021-02-28"))), false),
        (&["a state FR", "b state US"], Some(derogation(&[Countries], None)), false),
        (&["a state FR", "b state FR"], Some(derogation(&[Sectors], None)), false),
        (&["a state FR", "b state FR"], Some(derogation(&[Sectors, Countries], None)), true),
        (&["a state FR"], Some(derogation(Waivable::ALL, None)), false),
        (&["a state FR", "a state FR"], Some(derogation(Waivable::ALL, None)), false),
        (&["!a - -", "!b - -"], Some(derogation(Waivable::ALL, None)), true),
    ];
    for (list, derogation, expected) in cases {
        assert_eq!(
            balanced(&balance(&RULE, &seats(list)).violations, derogation.as_ref(), today),
            *expected,
            "{list:?} {derogation:?}"
        );
    }
}

#[test]
fn a_group_moves_as_the_table_says() {
    insta::assert_snapshot!(states::table::<Status>(), @"
    proposed -> active, withdrawn
    active -> suspended, concluded
    suspended -> active, concluded
    concluded -> active (reason)
    withdrawn -> nothing
    ");
    for from in Status::ALL {
        for to in Status::ALL {
            match from.go(*to) {
                Ok(now) => assert!(now == *to && from.next().contains(to)),
                Err(refused) => assert!(refused.allowed == from.next() && !refused.allowed.contains(to)),
            }
        }
    }
    let refused = Status::Proposed.go(Status::Concluded).unwrap_err();
    assert_eq!(refused.to_string(), "what is proposed cannot become concluded; it can become active, withdrawn");
    assert_eq!(
        Status::Withdrawn.go(Status::Active).unwrap_err().to_string(),
        "what is withdrawn cannot become active; it can become nothing else"
    );
}

fn any_seats() -> impl Strategy<Value = Vec<Seat<'static, usize>>> {
    let supporter = prop::sample::select(vec!["a", "b", "c", "d"]);
    let sector = prop::option::of(prop::sample::select(vec!["state", "academia", INTERNATIONAL_ORGANISATION]));
    let country = prop::option::of(prop::sample::select(vec!["FR", "US", "DE"]));
    let seat = (supporter, prop::bool::weighted(0.8), sector, country);
    prop::collection::vec(seat, 0..5).prop_map(|list| {
        list.into_iter()
            .enumerate()
            .map(|(key, (supporter, endorsed, sector, country))| Seat { key, supporter, endorsed, sector, country })
            .collect()
    })
}

proptest! {
    #[test]
    fn the_order_of_the_seats_does_not_matter(seats in any_seats()) {
        let mut backwards = seats.clone();
        backwards.reverse();
        let (a, mut b) = (balance(&RULE, &seats), balance(&RULE, &backwards));
        for violation in &mut b.violations {
            violation.seats.sort_unstable();
        }
        prop_assert_eq!(a, b);
    }

    #[test]
    fn a_violation_names_seats_and_advice_comes_without_violations(seats in any_seats()) {
        let found = balance(&RULE, &seats);
        prop_assert!(found.violations.iter().all(|v| seats.is_empty() || !v.seats.is_empty()));
        prop_assert!(found.satisfied() || found.advice.is_none());
        prop_assert!(found.violations.windows(2).all(|pair| pair[0].code < pair[1].code));
    }

    #[test]
    fn satisfied_is_what_the_words_of_the_rule_say(seats in any_seats()) {
        let pairs = || seats.iter().enumerate().flat_map(|(n, a)| seats[n + 1..].iter().map(move |b| (a, b)));
        let differ = |a: Option<&str>, b: Option<&str>| matches!((a, b), (Some(a), Some(b)) if a != b);
        let own = |s: &Seat<'static, usize>| s.country.or((s.sector == Some(INTERNATIONAL_ORGANISATION)).then_some(s.supporter));
        let expected = (2..=3).contains(&seats.len())
            && seats.iter().all(|s| s.endorsed)
            && pairs().all(|(a, b)| a.supporter != b.supporter)
            && pairs().any(|(a, b)| differ(a.sector, b.sector))
            && pairs().any(|(a, b)| differ(own(a), own(b)));
        prop_assert_eq!(balance(&RULE, &seats).satisfied(), expected);
    }
}

#[test]
fn a_derogation_stands_as_it_does_until_its_next_edge() {
    let day = |text: &str| text.parse::<Day>().unwrap();
    let derogation = |until: Option<&str>| Derogation {
        waives: BTreeSet::from([Waivable::Sectors]),
        reason: "…".into(),
        since: day("2026-03-01"),
        until: until.map(day),
    };
    let cases = [
        (None, "2026-02-27", Some("2026-02-28")),
        (None, "2026-03-01", None),
        (Some("2026-03-03"), "2026-01-01", Some("2026-02-28")),
        (Some("2026-03-03"), "2026-03-01", Some("2026-03-03")),
        (Some("2026-03-03"), "2026-03-03", Some("2026-03-03")),
        (Some("2026-03-03"), "2026-03-04", None),
    ];
    for (until, today, edge) in cases {
        let derogation = derogation(until);
        assert_eq!(derogation.unchanged_until(day(today)), edge.map(day), "{until:?} {today}");
        if let Some(edge) = derogation.unchanged_until(day(today)) {
            let after = edge.succ_opt().unwrap();
            assert_eq!(derogation.stands_on(edge), derogation.stands_on(day(today)));
            assert_ne!(derogation.stands_on(after), derogation.stands_on(edge));
        }
    }
}
