//! `/groups` and what lies below a group.

mod derogations;
mod life;
mod messages;
mod races;
mod seats;

use diesel::prelude::*;
use plenary::groups::SeatId;
use plenary::locale::{Reader, Shown};
use plenary::schema::{co_chair_seats, derogations as granted, supporters, working_groups};
use serde_json::{Value, json};

use crate::plans::{plan, scans, tapped_world};
use crate::world::{PARIS_CALL, World, instant};

/// The demo's call, with what `changes` replaces.
fn paris(changes: &[(&str, &str)]) -> World {
    let world = World::new();
    world.load(&changed(changes));
    world
}

fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(PARIS_CALL.to_owned(), |text, (old, new)| {
        assert!(text.contains(old), "{old}");
        text.replacen(old, new, 1)
    })
}

/// Group 6 in two languages.
const FRENCH: (&str, &str) = (
    "title = \"Developing practical tools for supporters\"",
    "title = { en = \"Developing practical tools for supporters\", fr = \"Élaborer des outils pratiques\" }\nmandate = { fr = \"Un kit cyber\" }",
);

fn items(value: &Value) -> &Vec<Value> {
    value["items"].as_array().unwrap()
}

fn texts(values: &Value, pointer: &str) -> Vec<String> {
    items(values).iter().map(|item| item.pointer(pointer).unwrap().as_str().unwrap().to_owned()).collect()
}

fn numbers(world: &World, query: &str) -> Vec<i64> {
    let page = world.get(&format!("/groups{query}")).expect(200).json();
    items(&page).iter().map(|group| group["number"].as_i64().unwrap()).collect()
}

#[test]
fn the_six_real_groups_stand_as_the_rule_has_them() {
    let world = paris(&[]);
    let page = world.get("/groups").expect(200).json();
    let stand: Vec<Value> = items(&page)
        .iter()
        .map(|group| {
            let balance = &group["co_chair_balance"];
            let codes: Vec<&Value> = balance["violations"].as_array().unwrap().iter().map(|v| &v["code"]).collect();
            json!([group["number"], balance["satisfied"], balance["balanced"], codes, balance["derogation"]["waives"]])
        })
        .collect();
    let expected = json!([
        [1, false, true, ["sectors"], ["sectors"]],
        [2, true, true, [], null],
        [3, false, true, ["countries"], ["countries"]],
        [4, true, true, [], null],
        [5, true, true, [], null],
        [6, false, true, ["sectors"], ["sectors"]],
    ]);
    assert_eq!(Value::Array(stand), expected);
    // "All different" holds for none of the six: advised where only that is missing.
    for group in items(&page) {
        assert_eq!(group["co_chair_balance"]["advice"].is_string(), group["co_chair_balance"]["satisfied"] == true, "{group}");
        assert!(group["co_chairs"].as_array().unwrap().iter().all(|seat| seat["person"].is_null()));
    }
}

#[test]
fn a_group_is_shown_whole_and_the_same_everywhere() {
    let world = paris(&[]);
    let group = world.get("/groups/3").expect(200);
    let seat = |i: usize| group.json()["co_chairs"][i].clone();
    let expected = json!({
        "id": group.json()["id"], "number": 3, "slug": "promoting-a-multi-stakeholder-approach-in-un-cyber-negotiations",
        "title": "Promoting a multi-stakeholder approach in UN cyber negotiations", "mandate": null, "status": "active",
        "join_policy": "approval", "principles": [9], "co_chairs": [seat(0), seat(1)],
        "co_chair_balance": {
            "satisfied": false, "balanced": true,
            "violations": [{
                "code": "countries", "detail": "0 countries (2 unknown) among the seats where the rule wants at least 2.",
                "seats": [seats::at_fault(&seat(0)), seats::at_fault(&seat(1))],
            }],
            "advice": null,
            "derogation": {
                "id": group.json()["co_chair_balance"]["derogation"]["id"], "waives": ["countries"],
                "reason": "The countries of both coalitions are not on record.", "granted_by": null, "since": "2021-02-28", "until": null,
                "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z",
                "etag": group.json()["co_chair_balance"]["derogation"]["etag"],
            },
        },
        "counts": {"members": 0, "member_supporters": 2, "deliverables": 0, "open_consultations": 0},
        "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z", "etag": group.header("etag"),
    });
    assert_eq!(group.json(), expected);
    let first = json!({
        "id": seat(0)["id"], "supporter": {"id": seat(0)["supporter"]["id"], "slug": "cybersecurity-tech-accord", "name": "Cybersecurity Tech Accord"},
        "sector": "private_sector", "country": null, "person": null, "since": "2021-02-27T23:00:00Z", "until": null,
        "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z", "etag": seat(0)["etag"],
    });
    assert_eq!(seat(0), first);

    let id = group.json()["id"].as_str().unwrap().to_owned();
    for reference in [id.as_str(), "promoting-a-multi-stakeholder-approach-in-un-cyber-negotiations"] {
        assert_eq!(world.get(&format!("/groups/{reference}")).expect(200).body, group.body, "{reference}");
    }
    assert_eq!(items(&world.get("/groups").json())[2], expected);
    // What is nested reads the same alone, under the same ETag.
    let alone = world.get(&format!("/groups/3/co-chairs/{}", seat(0)["id"].as_str().unwrap())).expect(200);
    assert_eq!((alone.json(), alone.header("etag")), (seat(0), seat(0)["etag"].as_str().unwrap()));
    let derogation = world.get("/groups/3/derogation").expect(200);
    assert_eq!(derogation.json(), expected["co_chair_balance"]["derogation"]);
    assert_eq!(derogation.header("etag"), derogation.json()["etag"]);
}

#[test]
fn groups_are_filtered_sorted_and_paged() {
    let world = paris(&[("[[groups]]\nnumber = 2", "[[groups]]\nstatus = \"proposed\"\nnumber = 2"), FRENCH]);
    let cases: [(&str, &[i64]); 12] = [
        ("", &[1, 2, 3, 4, 5, 6]),
        ("?sort=-number", &[6, 5, 4, 3, 2, 1]),
        ("?sort=slug", &[4, 5, 6, 1, 2, 3]),
        ("?sort=-status,number", &[2, 1, 3, 4, 5, 6]),
        ("?status=proposed", &[2]),
        ("?status=concluded", &[]),
        ("?principle=7", &[2, 6]),
        ("?principle=7&status=active", &[6]),
        ("?q=norms", &[4]),
        ("?q=ELABORER%20PRATIQUES", &[6]),
        ("?q=kit", &[6]),
        ("?q=norms%20index", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(numbers(&world, query), expected, "{query}");
        let total = world.get(&format!("/groups{query}{}total=true&limit=1", if query.is_empty() { "?" } else { "&" }));
        assert_eq!(total.expect(200).json()["total"], expected.len(), "{query}");
    }
    for sort in ["number", "-slug", "status", "-status"] {
        let whole = numbers(&world, &format!("?sort={sort}"));
        let (mut walked, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = world.get(&format!("/groups?limit=4&sort={sort}{cursor}")).expect(200);
            walked.extend(items(&page.json()).iter().map(|group| group["number"].as_i64().unwrap()));
            let Some(next) = page.json()["next_cursor"].as_str().map(str::to_owned) else { break };
            assert!(page.header("link").contains(&next));
            cursor = format!("&cursor={next}");
        }
        assert_eq!(walked, whole, "{sort}");
    }
}

#[test]
fn bad_input_and_what_is_not_there_are_told() {
    let world = paris(&[]);
    for (path, faults) in [
        (
            "/groups?status=asleep&sort=title&q=%00&colour=red",
            &["?colour unknown", "?q nul", "?sort pattern", "?status enum"] as &[&str],
        ),
        ("/groups?principle=12", &["?principle enum"]),
        ("/groups/1?x=1", &["?x unknown"]),
        ("/groups/1/co-chairs/first", &["{seat_id} format"]),
        ("/groups/1/co-chairs?history=perhaps", &["?history type"]),
        ("/groups/1/co-chairs?at=2021-02-30", &["?at format"]),
    ] {
        assert_eq!(world.get(path).expect(422).faults(), faults, "{path}");
    }
    let nobody = "0190aaaa-0000-7000-8000-000000000001";
    for group in ["7", "-1", "99999999999999999999", "no-such-group", nobody] {
        for below in ["", "/co-chairs", "/supporters", "/derogation", "/balance", &format!("/co-chairs/{nobody}")] {
            assert_eq!(world.get(&format!("/groups/{group}{below}")).expect(404).problem(), "not-found", "{group}{below}");
        }
    }
    let of_another = world.get("/groups/2").json()["co_chairs"][0]["id"].as_str().unwrap().to_owned();
    for path in ["/groups/4/derogation", &format!("/groups/1/co-chairs/{nobody}"), &format!("/groups/1/co-chairs/{of_another}")] {
        assert_eq!(world.get(path).expect(404).problem(), "not-found", "{path}");
    }
}

#[test]
fn titles_come_in_the_readers_language() {
    let world = paris(&[FRENCH]);
    let title = |query: &str| world.get(&format!("/groups/6{query}")).expect(200).json()["title"].clone();
    assert_eq!(title(""), "Developing practical tools for supporters");
    assert_eq!(title("?locale=fr"), "Élaborer des outils pratiques");
    assert_eq!(
        title("?locale=*"),
        json!({"en": "Developing practical tools for supporters", "fr": "Élaborer des outils pratiques"})
    );
    let french = world.ask("GET", "/groups/6").header("Accept-Language", "fr-CA, en;q=0.5").send().expect(200);
    assert_eq!((french.header("content-language"), &french.json()["title"]), ("fr", &json!("Élaborer des outils pratiques")));
    assert!(french.header("vary").contains("Accept-Language"));
    // Field by field: the mandate has no English.
    assert_eq!(world.get("/groups/6").json()["mandate"], "Un kit cyber");
    assert_eq!(world.get("/groups/6/balance?locale=fr").json()["group"]["title"], "Élaborer des outils pratiques");
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    let world = paris(&[]);
    for path in
        ["/groups", "/groups/1", "/groups/1/co-chairs", "/groups/1/derogation", "/groups/1/balance", "/groups/1/supporters"]
    {
        let etag = world.get(path).expect(200).header("etag").to_owned();
        let again = |etag: &str| world.ask("GET", path).header("If-None-Match", etag).send();
        assert!(again(&etag).expect(304).body.is_empty(), "{path}");
        again("\"1.00000000\"").expect(200);
    }
    let etag = world.get("/groups/1").header("etag").to_owned();
    world.write(|tx| {
        let unknown = diesel::update(supporters::table.filter(supporters::slug.eq("national-democratic-institute")));
        Ok(unknown.set(supporters::sector.eq("academia")).execute(&mut **tx)?)
    });
    let after = world.ask("GET", "/groups/1").header("If-None-Match", &etag).send().expect(200).json();
    assert_eq!(after["co_chair_balance"]["satisfied"], true);
    // Nobody wrote to the group: what If-Match compares is as it was.
    assert_eq!(etag.split('.').next(), after["etag"].as_str().unwrap().split('.').next());
}

/// Ends the first seat of a group at an instant and gives another supporter one from then on.
fn succeed(world: &World, group: i64, successor: &str, at: &str) -> (SeatId, SeatId) {
    world.write(|tx| {
        use co_chair_seats as s;
        let at = instant(at);
        let of_group = s::table.inner_join(working_groups::table).filter(working_groups::number.eq(group));
        let (first, position): (SeatId, i64) = of_group.order(s::position).select((s::id, s::position)).get_result(&mut **tx)?;
        diesel::update(s::table.filter(s::id.eq(first))).set((s::until.eq(at), s::version.eq(2))).execute(&mut **tx)?;
        let group_id: String =
            working_groups::table.filter(working_groups::number.eq(group)).select(working_groups::id).get_result(&mut **tx)?;
        let supporter: String =
            supporters::table.filter(supporters::slug.eq(successor)).select(supporters::id).get_result(&mut **tx)?;
        let seat: SeatId = tx.new_id();
        let own =
            (s::id.eq(seat), s::group_id.eq(&group_id), s::supporter_id.eq(supporter), s::position.eq(position), s::since.eq(at));
        diesel::insert_into(s::table)
            .values((own, s::version.eq(1), s::created_at.eq(at), s::updated_at.eq(at)))
            .execute(&mut **tx)?;
        let bump = diesel::update(working_groups::table.filter(working_groups::id.eq(group_id)));
        bump.set(working_groups::version.eq(2)).execute(&mut **tx)?;
        Ok((first, seat))
    })
}

#[test]
fn seats_are_read_as_they_stood_at_any_instant() {
    let world = paris(&[]);
    let before = world.get("/groups/6/co-chairs").expect(200);
    assert_eq!(texts(&before.json(), "/supporter/slug"), ["cigref", "kaspersky"]);
    let (ended, new) = succeed(&world, 6, "france", "2026-08-15T10:00:00Z");
    for (query, slugs) in [
        ("", &["france", "kaspersky"] as &[&str]),
        ("?at=2021-02-27", &[]),
        ("?at=2021-02-27T23:00:00Z", &["cigref", "kaspersky"]),
        ("?at=2021-02-28", &["cigref", "kaspersky"]),
        ("?at=2026-08-14", &["cigref", "kaspersky"]),
        ("?at=2026-08-15T09:59:59Z", &["cigref", "kaspersky"]),
        ("?at=2026-08-15T10:00:00Z", &["france", "kaspersky"]),
        ("?at=2026-08-15", &["france", "kaspersky"]),
        ("?at=2031-01-01", &["france", "kaspersky"]),
        ("?history=true", &["cigref", "france", "kaspersky"]),
        ("?history=true&sort=-since", &["france", "kaspersky", "cigref"]),
        ("?history=true&at=2026-08-14", &["cigref", "kaspersky"]),
        ("?history=false", &["france", "kaspersky"]),
    ] {
        let mut reply = world.get(&format!("/groups/6/co-chairs{query}")).expect(200).json();
        assert_eq!(texts(&reply, "/supporter/slug"), slugs, "{query}");
        reply = world.get(&format!("/groups/6/co-chairs{query}{}total=true", if query.is_empty() { "?" } else { "&" })).json();
        assert_eq!(reply["total"], slugs.len(), "{query}");
    }
    // The list carries the version of the group, whose seats are set as a whole.
    let after = world.get("/groups/6/co-chairs").expect(200);
    assert_eq!(after.header("etag"), after.json()["etag"]);
    assert!(before.header("etag").starts_with("\"1.") && after.header("etag").starts_with("\"2."));
    let seat = world.get(&format!("/groups/6/co-chairs/{ended}")).expect(200).json();
    assert_eq!((&seat["until"], &seat["supporter"]["slug"]), (&json!("2026-08-15T10:00:00Z"), &json!("cigref")));
    let shown = world.get("/groups/6").json();
    assert_eq!(shown["co_chairs"][0]["id"], json!(new));
    assert_eq!(shown["co_chair_balance"]["satisfied"], true);
    assert_eq!(texts(&world.get("/groups/6/co-chairs?history=true&limit=2&total=true").json(), "/supporter/slug").len(), 2);
}

#[test]
fn a_derogation_stands_until_the_midnight_that_ends_its_last_day() {
    for cache in [0, 1 << 20] {
        let world = World::setup().options(|options| options.cache_bytes = cache).start();
        let until =
            ("waives = [\"sectors\"], reason = \"Two civil", "waives = [\"sectors\"], until = 2026-10-24, reason = \"Two civil");
        world.load(&changed(&[until]));
        let balance = |path: &str| {
            let reply = world.get(path).expect(200).json();
            let group = reply.pointer("/items/0").cloned().unwrap_or(reply);
            let balance = &group["co_chair_balance"];
            (balance["balanced"] == true, balance["derogation"].is_object(), balance["violations"].as_array().unwrap().len())
        };
        let etags = || ["/groups", "/groups/1"].map(|path| world.get(path).expect(200).header("etag").to_owned());
        // Paris is at UTC+2 on its last day, so that the day ends at 22:00.
        for now in ["2026-09-01T09:00:00Z", "2026-10-24T21:59:59.999999Z"] {
            world.at(now);
            assert_eq!((balance("/groups"), balance("/groups/1")), ((true, true, 1), (true, true, 1)), "{now}");
            assert_eq!(world.get("/groups/1/derogation").expect(200).json()["until"], "2026-10-24");
        }
        let standing = etags();
        world.at("2026-10-24T22:00:00Z");
        assert_eq!((balance("/groups"), balance("/groups/1")), ((false, false, 1), (false, false, 1)));
        assert_eq!(world.get("/groups/1/derogation").expect(404).problem(), "not-found");
        assert!(etags().iter().zip(&standing).all(|(after, before)| after != before));
        // What is over is kept.
        let kept: i64 = world.read(|c| Ok(granted::table.filter(granted::until.is_not_null()).count().get_result(c)?));
        assert_eq!(kept, 1);
    }
}

#[test]
fn a_derogation_to_come_does_not_stand_yet() {
    let world = World::setup().options(|options| options.cache_bytes = 1 << 20).start();
    let since =
        ("waives = [\"sectors\"], reason = \"Two civil", "waives = [\"sectors\"], since = 2026-09-02, reason = \"Two civil");
    world.load(&changed(&[since]));
    let balanced = || world.get("/groups/1").expect(200).json()["co_chair_balance"]["balanced"].clone();
    assert_eq!(balanced(), false);
    world.get("/groups/1/derogation").expect(404);
    world.at("2026-09-01T22:00:00Z");
    assert_eq!(balanced(), true);
    world.get("/groups/1/derogation").expect(200);
}

#[test]
fn a_seat_of_a_supporter_that_is_not_endorsed_is_at_fault() {
    let world = paris(&[]);
    world.write(|tx| {
        let microsoft = diesel::update(supporters::table.filter(supporters::slug.eq("microsoft")));
        Ok(microsoft.set(supporters::status.eq("withdrawn")).execute(&mut **tx)?)
    });
    let group = world.get("/groups/4").json();
    let violations = &group["co_chair_balance"]["violations"];
    assert_eq!(violations[0]["code"], "not_endorsed");
    assert_eq!(violations[0]["seats"], json!([seats::at_fault(&group["co_chairs"][0])]));
    assert_eq!(group["co_chair_balance"]["balanced"], false);
}

#[test]
fn member_supporters_are_the_seat_holders_by_name() {
    let world = paris(&[]);
    let page = world.get("/groups/2/supporters?total=true").expect(200).json();
    assert_eq!(texts(&page, "/slug"), ["paris-peace-forum-secretariat-general", "schneider-electric", "state-of-sao-paulo"]);
    assert_eq!(page["total"], 3);
    let sao_paulo = &items(&page)[2];
    let expected = json!({"id": sao_paulo["id"], "slug": "state-of-sao-paulo", "name": "State of São Paulo",
        "sector": "public_authority", "country": "BR", "region": "americas"});
    assert_eq!(*sao_paulo, expected);
    let first = world.get("/groups/2/supporters?limit=2&sort=-name").expect(200).json();
    assert_eq!(texts(&first, "/slug"), ["state-of-sao-paulo", "schneider-electric"]);
    let rest = format!("/groups/2/supporters?limit=2&sort=-name&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(texts(&world.get(&rest).expect(200).json(), "/slug"), ["paris-peace-forum-secretariat-general"]);
    // Who gave its seat up is none.
    succeed(&world, 6, "france", "2026-08-15T10:00:00Z");
    assert_eq!(texts(&world.get("/groups/6/supporters").json(), "/slug"), ["france", "kaspersky"]);
    assert_eq!(world.get("/groups/6").json()["counts"]["member_supporters"], 2);
}

#[test]
fn a_groups_composition_adds_up_beside_the_registers() {
    let world = paris(&[]);
    let shown = world.get("/groups/3/balance").expect(200).json();
    assert_eq!(shown["group"]["number"], 3);
    let row = |list: &str, code: &str| {
        let all = shown[list].as_array().unwrap();
        let row = all.iter().find(|row| row["code"] == code).unwrap();
        (row["members"].as_i64().unwrap(), row["member_supporters"].as_i64().unwrap(), row["register"].as_i64().unwrap())
    };
    assert_eq!((row("by_sector", "private_sector"), row("by_sector", "civil_society")), ((0, 1, 9), (0, 1, 5)));
    assert_eq!((row("by_region", "unknown"), row("by_region", "asia")), ((0, 2, 3), (0, 0, 2)));
    for list in ["by_sector", "by_region"] {
        let sum = |field: &str| shown[list].as_array().unwrap().iter().map(|row| row[field].as_i64().unwrap()).sum::<i64>();
        assert_eq!((sum("members"), sum("member_supporters"), sum("register")), (0, 2, 24), "{list}");
    }
    assert_eq!((&shown["members"], &shown["member_supporters"], &shown["register"]), (&json!(0), &json!(2), &json!(24)));
    let codes = |list: &str| shown[list].as_array().unwrap().iter().map(|row| row["code"].as_str().unwrap()).collect::<Vec<_>>();
    assert_eq!(codes("by_sector").last(), Some(&"unclassified"));
    assert_eq!(codes("by_region"), ["africa", "americas", "asia", "europe", "oceania", "unknown"]);
}

#[test]
fn both_databases_answer_the_same_bytes() {
    let world = paris(&[FRENCH]);
    let text = |path: &str| world.get(path).expect(200).text().to_owned();
    insta::assert_snapshot!("groups", text("/groups?limit=2&total=true&sort=-number&locale=*"));
    insta::assert_snapshot!("co_chairs", text("/groups/4/co-chairs?limit=1&total=true"));
    insta::assert_snapshot!("group_supporters", text("/groups/2/supporters"));
    insta::assert_snapshot!("group_composition", text("/groups/2/balance?locale=fr"));
}

#[test]
fn groups_and_principles_are_found_by_their_words() {
    let world = paris(&[FRENCH]);
    let french = Reader::Prefers(vec!["fr".into(), "en".into()]);
    let groups = |q: &str, limit: i64| world.read(|c| plenary::groups::search(c, q, limit, &french));
    let hit = groups("tools", 10);
    assert_eq!((hit.len(), hit[0].number, &hit[0].title), (1, 6, &Shown::One("Élaborer des outils pratiques".into())));
    assert_eq!(groups("ing", 2).iter().map(|hit| hit.number).collect::<Vec<_>>(), [1, 2]);
    assert!(groups("—", 10).is_empty() && groups("tools norms", 10).is_empty());
    let principles = |q: &str| world.read(|c| plenary::call::search(c, q, 2, &french));
    assert_eq!(principles("HYGIENE").iter().map(|hit| hit.number).collect::<Vec<_>>(), [7]);
    assert_eq!((principles("e").len(), principles("—").len()), (2, 0));
}

#[test]
fn a_page_of_groups_takes_as_many_queries_as_one() {
    let (world, seen) = tapped_world();
    world.load_paris_call();
    // The call is remembered from the first request on.
    world.get("/groups").expect(200);
    let spent = |path: &str| seen.reading(&world, path).len();
    // Groups, their seats, the seats' supporters and who fills them, principles, derogations.
    assert_eq!((spent("/groups?limit=1"), spent("/groups?limit=50"), spent("/groups/1")), (6, 6, 6));
    assert_eq!((spent("/groups?limit=50&total=true"), spent("/groups/2/co-chairs"), spent("/groups/2/supporters")), (7, 4, 5));
    assert_eq!((spent("/groups/1/derogation"), spent("/groups/2/balance")), (2, 6));
}

#[test]
fn nothing_asked_of_the_groups_reads_a_table_from_end_to_end() {
    let (world, seen) = tapped_world();
    world.load_paris_call();
    world.get("/groups").expect(200);
    let seat = world.get("/groups/2").json()["co_chairs"][0]["id"].as_str().unwrap().to_owned();
    // Words are looked for along the sort order; to count what has them, so small a table is read whole.
    let filters =
        ["&total=true", "&total=true&status=active", "&total=true&principle=9", "&q=norms", "&status=active&principle=9&q=norms"];
    let sorts = ["number", "-slug", "status", "-status,-number"];
    let lists = filters.iter().flat_map(|filter| sorts.map(|sort| format!("/groups?limit=2&sort={sort}{filter}")));
    let below = ["", "/co-chairs", "/co-chairs?at=2024-01-01", "/co-chairs?history=true&sort=since", "/supporters", "/balance"];
    let below = below.iter().map(|path| format!("/groups/advancing-international-norms{path}"));
    let others = ["/groups/1".to_owned(), "/groups/1/derogation".to_owned(), format!("/groups/2/co-chairs/{seat}")];
    for path in lists.chain(below).chain(others) {
        for statement in seen.reading(&world, &path) {
            let steps = world.read(|c| plan(c, &statement));
            assert!(!steps.is_empty() && !steps.iter().any(|step| scans(step)), "{path}\n{statement}\n{}", steps.join("\n"));
        }
    }
}
