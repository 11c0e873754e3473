//! Lists: whatever the sort, the ties, the page's size and what is inserted meanwhile, a walk over all pages shows what stood there once,
//! in order.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use diesel::prelude::*;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use serde_json::Value;

use super::notes::{self, kit_notes};
use crate::world::{World, instant};

const FIELDS: [&str; 4] = ["title", "rank", "due_at", "status"];

/// Rows are made of little, so that there are many ties. Titles are unique in the table: a number makes them so.
#[derive(Clone, Debug)]
struct Row {
    title: String,
    rank: i64,
    minutes: i64,
    done: bool,
}

fn row() -> impl Strategy<Value = Row> {
    let title = prop::sample::select(vec!["", "a", "Z", "a b", "é", "漢", "zz", "A"]);
    (title, 0..3_i64, 0..3_i64, any::<bool>()).prop_map(|(title, rank, minutes, done)| Row {
        title: title.into(),
        rank,
        minutes,
        done,
    })
}

/// Every order of one field or two, every way up and down: 4 × 2 + 4 × 3 × 4 sorts.
fn sorts() -> Vec<String> {
    let signed: Vec<String> = FIELDS.iter().flat_map(|field| [(*field).to_owned(), format!("-{field}")]).collect();
    let pairs = signed.iter().flat_map(|first| {
        let others = signed.iter().filter(move |second| second.trim_start_matches('-') != first.trim_start_matches('-'));
        others.map(move |second| format!("{first},{second}"))
    });
    signed.iter().cloned().chain(pairs).collect()
}

fn insert(world: &World, rows: &[Row], number: &mut u32) {
    world.write(|tx| {
        for row in rows {
            *number += 1;
            let now = tx.now();
            let values = (
                kit_notes::id.eq(tx.new_id::<()>()),
                kit_notes::title.eq(format!("{}#{}", row.title, *number)),
                kit_notes::rank.eq(row.rank),
                kit_notes::due_at.eq(instant("2026-09-01T09:00:00Z").plus(TimeDelta::microseconds(row.minutes))),
                kit_notes::status.eq(if row.done { "done" } else { "draft" }),
                kit_notes::version.eq(1_i64),
            );
            diesel::insert_into(kit_notes::table)
                .values((values, kit_notes::created_at.eq(now), kit_notes::updated_at.eq(now)))
                .execute(&mut **tx)?;
        }
        Ok(())
    });
}

fn ids(world: &World) -> BTreeSet<String> {
    world.read(|c| Ok(kit_notes::table.select(kit_notes::id).load::<String>(c)?)).into_iter().collect()
}

/// How two items stand to each other in `sort`: by bytes for texts (both databases), then by id the way of the last field.
fn order(sort: &str, a: &Value, b: &Value) -> Ordering {
    let compare = |field: &str| match &a[field] {
        Value::Number(n) => n.as_i64().cmp(&b[field].as_i64()),
        Value::String(text) => text.as_str().cmp(b[field].as_str().unwrap()),
        other => panic!("{field}: {other}"),
    };
    // Instants compare as text only with their fraction written out.
    let by = |field: &str| {
        if field == "due_at" {
            instant(a[field].as_str().unwrap()).cmp(&instant(b[field].as_str().unwrap()))
        } else {
            compare(field)
        }
    };
    let ordered = sort.split(',').map(|part| match part.strip_prefix('-') {
        Some(field) => by(field).reverse(),
        None => by(part),
    });
    let tie = if sort.rsplit(',').next().unwrap().starts_with('-') { compare("id").reverse() } else { compare("id") };
    ordered.fold(Ordering::Equal, Ordering::then).then(tie)
}

#[test]
fn a_walk_over_all_pages_shows_what_stood_once_and_in_order() {
    let world = notes::world();
    let mut number = 0;
    let case = (prop::collection::vec(row(), 0..25), prop::collection::vec((1..8_u8, prop::collection::vec(row(), 0..3)), 40));
    let sorts = sorts();
    assert_eq!(sorts.len(), 56);
    // Other rows for each sort, the same ones at each run.
    for (nth, sort) in (0_u8..).zip(&sorts) {
        let config = Config { cases: 2, failure_persistence: None, max_shrink_iters: 64, ..Config::default() };
        let seed = TestRng::from_seed(config.rng_algorithm, &[nth; 32]);
        let number = std::cell::RefCell::new(&mut number);
        TestRunner::new_with_rng(config, seed)
            .run(&case, |(rows, steps)| {
                world.write(|tx| Ok(diesel::delete(kit_notes::table).execute(&mut **tx)?));
                insert(&world, &rows, &mut number.borrow_mut());
                let stood = ids(&world);
                let mut seen: Vec<Value> = Vec::new();
                let mut cursor = String::new();
                for (limit, meanwhile) in steps.iter().cycle() {
                    let page = world.get(&format!("/kit-notes?sort={sort}&limit={limit}{cursor}")).expect(200);
                    let (link, page) = (page.header("link").to_owned(), page.json());
                    let items = page["items"].as_array().unwrap();
                    prop_assert!(items.len() <= usize::from(*limit));
                    seen.extend(items.iter().cloned());
                    let Some(next) = page["next_cursor"].as_str() else { break };
                    prop_assert_eq!(items.len(), usize::from(*limit), "a page that has another is full");
                    prop_assert!(link.ends_with(">; rel=\"next\"") && link.contains(&format!("cursor={next}")), "{}", link);
                    cursor = format!("&cursor={next}");
                    insert(&world, meanwhile, &mut number.borrow_mut());
                    prop_assert!(seen.len() < 500, "it never ends");
                }
                let shown: BTreeSet<String> = seen.iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect();
                prop_assert_eq!(shown.len(), seen.len(), "something came twice");
                prop_assert!(stood.is_subset(&shown), "lost: {:?}", stood.difference(&shown));
                for pair in seen.windows(2) {
                    prop_assert_eq!(order(sort, &pair[0], &pair[1]), Ordering::Less, "{} before {}", &pair[0], &pair[1]);
                }
                Ok(())
            })
            .unwrap_or_else(|failure| panic!("sort={sort}: {failure}"));
    }
}

#[test]
fn a_cursor_goes_with_its_list_only() {
    let world = notes::world();
    let rows: Vec<Row> = (0..9).map(|n| Row { title: "a".into(), rank: n % 2, minutes: 0, done: n > 4 }).collect();
    insert(&world, &rows, &mut 0);
    let next = |query: &str| {
        world.get(&format!("/kit-notes?limit=2&{query}")).expect(200).json()["next_cursor"].as_str().unwrap().to_owned()
    };
    let cursor = next("sort=rank&status=draft");
    // The number of items, the total and the language are free to change.
    for same in
        ["sort=rank&status=draft", "status=draft&sort=rank&total=true&limit=1", "sort=rank&status=draft&locale=fr&limit=9"]
    {
        world.get(&format!("/kit-notes?{same}&cursor={cursor}")).expect(200);
    }
    for other in ["sort=-rank&status=draft", "sort=rank", "sort=rank&status=done", "status=draft", "sort=rank,title&status=draft"]
    {
        let reply = world.get(&format!("/kit-notes?{other}&cursor={cursor}")).expect(422);
        assert_eq!(
            (reply.problem().as_str(), &reply.json()["errors"][0]["pointer"]),
            ("invalid-cursor", &Value::from("?cursor")),
            "{other}"
        );
    }
    for damaged in [&cursor[1..], &cursor[..cursor.len() - 2], "AAAA", "e30"] {
        assert_eq!(
            world.get(&format!("/kit-notes?sort=rank&status=draft&cursor={damaged}")).expect(422).problem(),
            "invalid-cursor",
            "{damaged}"
        );
    }
    let all = world.get("/kit-notes?total=true&limit=3").json();
    assert_eq!((&all["total"], all["items"].as_array().unwrap().len()), (&Value::from(9), 3));
    assert_eq!(world.get("/kit-notes?total=true&status=done").json()["total"], 4);
    assert!(world.get("/kit-notes").json().get("total").is_none());
}

#[test]
fn a_forged_cursor_is_refused_or_leads_to_another_place_of_the_list() {
    let world = notes::world();
    let rows: Vec<Row> = (0..3).map(|n| Row { title: "a".into(), rank: n, minutes: 0, done: false }).collect();
    insert(&world, &rows, &mut 0);
    for (sort, forged) in [
        ("title", r#"{"i": 5}"#),
        ("rank", r#"{"t": "5"}"#),
        ("due_at", r#"{"d": "2026-09-01"}"#),
        ("title", r#"{"t": "\u0000"}"#),
    ] {
        let path = format!("/kit-notes?limit=1&sort={sort}");
        let cursor = world.get(&path).expect(200).json()["next_cursor"].as_str().unwrap().to_owned();
        let mut read: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&cursor).unwrap()).unwrap();
        read[1][0] = serde_json::from_str(forged).unwrap();
        let cursor = URL_SAFE_NO_PAD.encode(read.to_string());
        let reply = world.get(&format!("{path}&cursor={cursor}")).expect(422);
        assert_eq!(reply.problem(), "invalid-cursor", "{sort} {forged}");
    }
}
