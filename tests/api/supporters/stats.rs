//! `/supporters/stats`: numbers that add up, and agree with the list.

use plenary::supporters::Status;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::seed::{Entry, SECTORS, add, call, day, entry, register};
use crate::world::World;

fn stats(world: &World, query: &str) -> Value {
    world.get(&format!("/supporters/stats{query}")).expect(200).json()
}

fn sum(list: &Value) -> i64 {
    list.as_array().unwrap().iter().map(|part| part["count"].as_i64().unwrap()).sum()
}

fn count(list: &Value, code: &str) -> i64 {
    list.as_array().unwrap().iter().find(|part| part["code"] == code).unwrap()["count"].as_i64().unwrap()
}

#[test]
fn every_list_adds_up_and_what_is_unknown_has_a_name() {
    let world = register(&[
        entry("A").sector("state").country("FR").endorsed("2018-11-12"),
        entry("B").sector("state").country("FR").endorsed("2018-11-30"),
        entry("C").sector("private_sector").country("TW").endorsed("2019-02-01"),
        entry("D").country("BR"),
        entry("E").sector("civil_society"),
        entry("F").sector("state").country("DE").endorsed("2019-02-01").then(Status::Withdrawn, "2019-03-01"),
        entry("G").sector("state").country("DE").at_first(Status::Pending, "2019-02-01"),
    ]);
    let announced = json!([
        {"on": "2018-11-12", "total": 400, "source": "press"},
        {"on": "2021-02-28", "total": 1100, "source": "press"},
    ]);
    let code = |code: &str, count: i64| json!({"code": code, "count": count});
    let expected = json!({
        "as_of": "2026-09-01", "total": 5,
        "by_sector": [code("state", 2), code("private_sector", 1), code("civil_society", 1), code("unclassified", 1)],
        "by_region": [code("africa", 0), code("americas", 1), code("asia", 0), code("europe", 2), code("oceania", 0), code("unknown", 2)],
        "by_country": [code("BR", 1), code("FR", 2), code("TW", 1), code("unknown", 1)],
        "by_month": [{"month": "2018-11", "count": 2}, {"month": "2019-02", "count": 1}],
        "undated": 2, "joined": 4, "left": 1, "announced": announced,
    });
    assert_eq!(stats(&world, ""), expected);
    let earlier = stats(&world, "?as_of=2019-02-28&since=2018-11-30");
    assert_eq!((&earlier["total"], &earlier["joined"], &earlier["left"]), (&json!(6), &json!(2), &json!(0)));
    assert_eq!(count(&earlier["by_country"], "DE"), 1);
    assert_eq!(earlier["by_month"][1], json!({"month": "2019-02", "count": 2}));
    // Both days' bounds: what begins on `since` was there, what ends on `as_of` is gone.
    let between = stats(&world, "?as_of=2019-03-01&since=2019-02-01");
    assert_eq!((&between["joined"], &between["left"]), (&json!(0), &json!(1)));
    assert_eq!(stats(&world, "?as_of=2019-03-01&since=2019-03-01")["left"], 0);
}

#[test]
fn today_is_where_the_call_is_and_ends_there() {
    let world = register(&[entry("A").endorsed("2026-09-02")]);
    world.at("2026-09-01T21:59:59Z");
    assert_eq!(stats(&world, "")["as_of"], "2026-09-01");
    assert_eq!(stats(&world, "")["total"], 0);
    // Midnight in Paris: nobody wrote, and yet another day is counted.
    world.at("2026-09-01T22:00:00Z");
    assert_eq!(stats(&world, "")["as_of"], "2026-09-02");
    assert_eq!(stats(&world, "")["total"], 1);
    assert_eq!(stats(&world, "?as_of=2026-09-01")["total"], 0);
}

#[test]
fn days_out_of_order_or_malformed_are_refused() {
    let world = register(&[]);
    assert_eq!(world.get("/supporters/stats?as_of=2020-01-01&since=2020-01-02").faults(), ["?since too-late"]);
    assert_eq!(world.get("/supporters/stats?since=2026-09-02").faults(), ["?since too-late"]);
    assert_eq!(
        world.get("/supporters/stats?as_of=yesterday&since=1&q=a").faults(),
        ["?as_of format", "?q unknown", "?since format"]
    );
    assert_eq!(world.ask("DELETE", "/supporters/stats").send().expect(405).header("allow"), "GET, HEAD");
    let empty = stats(&world, "?as_of=2026-01-01&since=2026-01-01");
    assert_eq!((&empty["total"], sum(&empty["by_sector"]), sum(&empty["by_region"])), (&json!(0), 0, 0));
    assert_eq!(empty["by_country"], json!([{"code": "unknown", "count": 0}]));
}

/// An organisation with any history: what the statuses are, and some days apart when they changed.
fn any_entry() -> impl Strategy<Value = Entry> {
    let country = prop::sample::select(vec![None, Some("FR"), Some("BR"), Some("TW"), Some("JP")]);
    let sector = prop::option::of(prop::sample::select(SECTORS));
    let moves = prop::collection::vec((0_i64..40, any::<bool>()), 0..6);
    (country, sector, any::<bool>(), moves).prop_map(|(country, sector, dated, moves)| {
        let mut entry = entry("Any");
        if let Some(country) = country {
            entry = entry.country(country);
        }
        if let Some(sector) = sector {
            entry = entry.sector(sector);
        }
        let mut on = day("2020-01-01");
        let mut status = Status::Endorsed;
        if dated {
            entry = entry.endorsed(&on.to_string());
        }
        for (days, choice) in moves {
            on += chrono::TimeDelta::days(days);
            status = match (status, choice) {
                (Status::Endorsed, _) => Status::Withdrawn,
                (Status::Pending, true) => Status::Endorsed,
                (Status::Pending, false) => Status::Declined,
                (Status::Declined | Status::Withdrawn, _) => Status::Pending,
            };
            entry = entry.then(status, &on.to_string());
        }
        entry
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_and_list_agree_on_every_day(entries in prop::collection::vec(any_entry(), 1..12)) {
        let world = World::new();
        call(&world);
        add(&world, &entries.into_iter().enumerate().map(|(i, entry)| entry.slug(format!("any-{i}"))).collect::<Vec<_>>());
        let days: Vec<_> = (0..8_u64).map(|i| day("2019-12-20") + chrono::Days::new(i * 25)).collect();
        let totals = days.iter().map(|day| {
            let page = world.get(&format!("/supporters?as_of={day}&total=true&limit=1")).expect(200).json();
            page["total"].as_i64().unwrap()
        });
        let totals: Vec<_> = totals.collect();
        for (i, since) in days.iter().enumerate() {
            for (j, as_of) in days.iter().enumerate().skip(i) {
                let stats = stats(&world, &format!("?as_of={as_of}&since={since}"));
                let total = stats["total"].as_i64().unwrap();
                prop_assert_eq!(total, totals[j], "as of {}", as_of);
                for list in ["by_sector", "by_region", "by_country"] {
                    prop_assert_eq!(sum(&stats[list]), total, "{} as of {}", list, as_of);
                }
                prop_assert_eq!(sum(&stats["by_month"]) + stats["undated"].as_i64().unwrap(), total);
                let moved = stats["joined"].as_i64().unwrap() - stats["left"].as_i64().unwrap();
                prop_assert_eq!(totals[i] + moved, total, "from {} to {}", since, as_of);
            }
        }
    }
}
