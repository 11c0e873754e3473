//! The register: `/supporters`, `/supporters/{supporter}`.

mod affiliations;
mod applying;
mod changes;
mod invitations;
mod merge;
mod plans;
mod requests;
mod seed;
mod stats;
mod team;

use plenary::country::Region;
use plenary::supporters::{self, Status};
use serde_json::{Value, json};

use self::seed::{Entry, add, entry, group, register};
pub use self::team::sixteen_at_once;
use crate::world::{Reply, World};

/// A register with something of everything.
fn community() -> Vec<Entry> {
    vec![
        entry("São Paulo Tech")
            .sector("private_sector")
            .kind("company")
            .country("BR")
            .endorsed("2019-05-01")
            .website("https://sp.example")
            .statement("We endorse.")
            .formerly("Tech do Brasil")
            .formerly("Paulista Ltda")
            .principles(&[1, 3]),
        entry("État de Québec").sector("state").country("CA").endorsed("2018-11-12").created("2026-08-01T00:00:00.5Z"),
        entry("وزارة الاتصالات").sector("state").country("EG").endorsed("2018-11-12"),
        entry("北京大学").country("CN").principles(&[3]),
        entry("Лаборатория").sector("private_sector").kind("company").country("RU").created("2026-08-02T00:00:00Z"),
        entry("zeta NGO").sector("civil_society").kind("ngo").country("FR").endorsed("2020-02-29").principles(&[1, 2, 3]),
        entry("Alpha").sector("civil_society").kind("ngo").country("FR").endorsed("2020-02-29"),
        entry("Gone Ltd").sector("private_sector").country("FR").endorsed("2019-01-01").then(Status::Withdrawn, "2021-01-01"),
        entry("Formosa").sector("private_sector").country("TW"),
        entry("Asking").sector("state").at_first(Status::Pending, "2026-08-20"),
        entry("Refused").at_first(Status::Pending, "2020-01-01").then(Status::Declined, "2020-02-01"),
    ]
}

#[track_caller]
fn names(world: &World, query: &str) -> Vec<String> {
    names_of(&world.get(&format!("/supporters{query}")).expect(200))
}

fn names_of(reply: &Reply) -> Vec<String> {
    reply.json()["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

const BY_NAME: &[&str] =
    &["Alpha", "État de Québec", "Formosa", "São Paulo Tech", "zeta NGO", "Лаборатория", "وزارة الاتصالات", "北京大学"];

#[test]
fn the_register_lists_the_endorsed_by_folded_name() {
    let world = register(&community());
    assert_eq!(names(&world, ""), BY_NAME);
    let page = world.get("/supporters?q=paulo&total=true").expect(200).json();
    assert_eq!(page["total"], 1);
    assert_eq!(page["next_cursor"], Value::Null);
    let item = &page["items"][0];
    let id = item["id"].as_str().unwrap();
    let expected = json!({
        "id": id, "slug": "sao-paulo-tech", "name": "São Paulo Tech", "former_names": ["Tech do Brasil", "Paulista Ltda"],
        "sector": "private_sector", "kind": "company", "country": "BR", "region": "americas", "website": "https://sp.example",
        "statement": "We endorse.", "principles": [1, 3], "endorsed_on": "2019-05-01", "withdrawn_on": null, "status": "endorsed",
        "created_at": "2026-08-01T00:00:00Z", "updated_at": "2026-08-01T00:00:00Z", "etag": item["etag"],
    });
    assert_eq!(*item, expected);
    // The one by itself is the same, and its ETag the same text.
    for name in [id, "sao-paulo-tech", &id.to_uppercase()] {
        let alone = world.get(&format!("/supporters/{name}")).expect(200);
        assert_eq!(alone.json(), expected);
        assert_eq!(alone.header("etag"), item["etag"].as_str().unwrap());
    }
}

#[test]
fn both_databases_answer_the_same_bytes() {
    let world = register(&community());
    let text = |path: &str| world.get(path).expect(200).text().to_owned();
    insta::assert_snapshot!("register", text("/supporters?limit=3&total=true&sort=-endorsed_on"));
    insta::assert_snapshot!(
        "register_csv",
        world.ask("GET", "/supporters").header("accept", "text/csv").send().expect(200).text()
    );
    insta::assert_snapshot!("stats", text("/supporters/stats?since=2019-06-01"));
}

#[test]
fn who_endorsed_and_left_is_shown_and_who_asks_is_not() {
    let world = register(&community());
    let gone = world.get("/supporters/gone-ltd").expect(200).json();
    assert_eq!((&gone["status"], &gone["withdrawn_on"]), (&json!("withdrawn"), &json!("2021-01-01")));
    for hidden in ["asking", "refused", "no-such", "0190aaaa-0000-7000-8000-000000000001", "7", "%20", "a%2Fb"] {
        let reply = world.get(&format!("/supporters/{hidden}"));
        assert_eq!((reply.status, reply.problem().as_str()), (404, "not-found"), "{hidden}");
    }
    assert_eq!(world.get("/supporters/gone-ltd?x=1").faults(), ["?x unknown"]);
    assert_eq!(world.get(&format!("/supporters/{}", "a".repeat(201))).faults(), ["{supporter} too-long"]);
}

#[test]
fn each_filter_narrows_and_all_go_together() {
    let world = register(&community());
    let cases: &[(&str, &[&str])] = &[
        ("?sector=civil_society", &["Alpha", "zeta NGO"]),
        ("?kind=company", &["São Paulo Tech", "Лаборатория"]),
        ("?country=FR", &["Alpha", "zeta NGO"]),
        ("?country=fr", &["Alpha", "zeta NGO"]),
        ("?country=AQ", &[]),
        ("?region=americas", &["État de Québec", "São Paulo Tech"]),
        ("?region=africa", &["وزارة الاتصالات"]),
        ("?principle=1", &["São Paulo Tech", "zeta NGO"]),
        ("?principle=2", &["zeta NGO"]),
        ("?endorsed_from=2019-05-01", &["Alpha", "São Paulo Tech", "zeta NGO"]),
        ("?endorsed_to=2019-05-01", &["État de Québec", "São Paulo Tech", "وزارة الاتصالات"]),
        ("?endorsed_from=2019-05-01&endorsed_to=2019-05-01", &["São Paulo Tech"]),
        ("?endorsed_from=2021-01-01", &[]),
        (
            "?sector=private_sector&kind=company&country=BR&region=americas&principle=3&q=brasil&endorsed_from=2019-01-01&endorsed_to=2019-12-31&as_of=2020-01-01&sort=-created_at",
            &["São Paulo Tech"],
        ),
        ("?sector=state&country=FR", &[]),
    ];
    for (query, expected) in cases {
        assert_eq!(names(&world, query), *expected, "{query}");
        let total = world.get(&format!("/supporters{query}&total=true&limit=1")).expect(200).json()["total"].clone();
        assert_eq!(total, expected.len(), "{query}");
    }
}

#[test]
fn words_are_found_in_any_script_without_case_and_accents() {
    let world = register(&community());
    let cases: &[(&str, &[&str])] = &[
        ("sao", &["São Paulo Tech"]),
        ("S%C3%83O+p", &["São Paulo Tech"]),
        ("paulo+sao", &["São Paulo Tech"]),
        ("sao+alpha", &[]),
        ("brasil", &["São Paulo Tech"]),
        ("paulista", &["São Paulo Tech"]),
        ("quebec", &["État de Québec"]),
        ("t", &["État de Québec", "São Paulo Tech", "zeta NGO"]),
        ("te", &["São Paulo Tech"]),
        ("e+qu", &["État de Québec"]),
        ("وزارة", &["وزارة الاتصالات"]),
        ("وَزارة", &["وزارة الاتصالات"]),
        ("ات", &["وزارة الاتصالات"]),
        ("北京", &["北京大学"]),
        ("北京大", &["北京大学"]),
        ("大", &["北京大学"]),
        ("京北", &[]),
        ("ЛАБОРАТ", &["Лаборатория"]),
        ("лаб", &["Лаборатория"]),
        ("ия", &["Лаборатория"]),
        ("%25", &[]),
        ("_", &[]),
        ("gone", &[]),
        ("asking", &[]),
        ("OR", &["Formosa"]),
        ("formosa+AND", &[]),
        ("%22formosa%22*", &["Formosa"]),
        ("alpha%27+", &["Alpha"]),
    ];
    for (q, expected) in cases {
        let letters = !matches!(*q, "%25" | "_");
        let reply = world.ask("GET", &format!("/supporters?q={}", escaped(q))).send();
        if letters {
            let found = names_of(&reply.expect(200));
            assert_eq!(found, *expected, "{q}");
        } else {
            assert_eq!(reply.faults(), ["?q empty"], "{q}");
        }
    }
    for (q, code) in
        [("", "too-short"), ("...", "empty"), ("%F0%9F%8C%8D", "empty"), ("%00", "nul"), (&"a".repeat(201), "too-long")]
    {
        assert!(world.get(&format!("/supporters?q={q}")).faults().contains(&format!("?q {code}")), "{q}");
    }
    // Sorts and filters stay what they are beside a search.
    assert_eq!(names(&world, "?q=t&sort=-name"), ["zeta NGO", "São Paulo Tech", "État de Québec"]);
    assert_eq!(names(&world, "?q=tat&sort=-endorsed_on&region=americas"), ["État de Québec"]);
}

/// Letters beyond ASCII in percent-encoding; what is encoded already stays.
fn escaped(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii() { c.to_string() } else { c.to_string().bytes().map(|b| format!("%{b:02X}")).collect() })
        .collect()
}

#[test]
fn whoever_holds_a_seat_in_a_group_is_found_by_it() {
    let world = register(&[]);
    let ids =
        add(&world, &[entry("Alpha"), entry("Beta"), entry("Gamma"), entry("Delta").at_first(Status::Pending, "2026-01-01")]);
    let seats = [
        (ids[0], "2021-01-01T00:00:00Z", None),
        (ids[1], "2021-01-01T00:00:00Z", Some("2022-06-30T22:30:00Z")),
        (ids[3], "2021-01-01T00:00:00Z", None),
    ];
    let id = group(&world, 4, "norms", &seats);
    group(&world, 5, "others", &[(ids[2], "2021-01-01T00:00:00Z", None)]);
    for name in ["4", "norms", &id.to_string(), &id.to_string().to_uppercase()] {
        assert_eq!(names(&world, &format!("?group={name}")), ["Alpha"], "{name}");
    }
    assert_eq!(names(&world, "?group=5&sort=-endorsed_on"), ["Gamma"]);
    // Midnight in Paris of 1 July is 22:00 UTC the day before: the seat ended on the first day of July there.
    assert_eq!(names(&world, "?group=4&as_of=2022-06-30"), ["Alpha", "Beta"]);
    assert_eq!(names(&world, "?group=4&as_of=2022-07-01"), ["Alpha"]);
    assert_eq!(names(&world, "?group=4&as_of=2020-12-30"), Vec::<String>::new());
    for unknown in ["6", "nobody", "0190aaaa-0000-7000-8000-000000000001", "-1", "99999999999999999999"] {
        assert_eq!(world.get(&format!("/supporters?group={unknown}")).faults(), ["?group enum"], "{unknown}");
    }
}

#[test]
fn every_fault_of_a_query_is_named_at_once() {
    let world = register(&community());
    let faulty = world
        .get("/supporters?sector=x&kind=y&country=XX&principle=9&group=none&q=.&endorsed_from=2020-01-02&endorsed_to=2020-01-01");
    assert_eq!(faulty.status, 422);
    assert_eq!(
        faulty.faults(),
        ["?sector enum", "?kind enum", "?principle enum", "?country enum", "?group enum", "?q empty", "?endorsed_to too-early"]
    );
    assert!(faulty.text().contains("must be one of state, private_sector, civil_society"), "{}", faulty.text());
    let faulty = world
        .get("/supporters?region=atlantis&country=FRA&principle=one&as_of=2020-02-30&limit=0&sort=colour&nope=1&endorsed_to=1");
    let mut faults = faulty.faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            "?as_of format",
            "?country too-long",
            "?endorsed_to format",
            "?limit too-small",
            "?nope unknown",
            "?principle type",
            "?region enum",
            "?sort pattern"
        ]
    );
    assert_eq!(world.get("/supporters?limit=201").faults(), ["?limit too-large"]);
    assert_eq!(world.get("/supporters?limit=200").expect(200).json()["items"].as_array().unwrap().len(), BY_NAME.len());
    assert_eq!(world.get("/supporters?sector=state&sector=state").faults(), ["?sector repeated"]);
    assert_eq!(world.get("/supporters?sort=name,-name").faults(), ["?sort repeated"]);
    assert_eq!(world.ask("POST", "/supporters").json(&json!({})).send().expect(405).header("allow"), "GET, HEAD");
}

/// Every page of a list, `limit` at a time.
fn walk(world: &World, query: &str, limit: usize, mut between: impl FnMut(usize)) -> Vec<String> {
    let (mut all, mut cursor) = (Vec::new(), String::new());
    for page in 0.. {
        let reply = world.get(&format!("/supporters?limit={limit}{query}{cursor}")).expect(200);
        all.extend(names_of(&reply));
        let Some(next) = reply.json()["next_cursor"].as_str().map(str::to_owned) else {
            assert_eq!(reply.header("link"), "");
            break;
        };
        assert!(
            reply.header("link").contains(&next) && reply.header("link").ends_with("rel=\"next\""),
            "{}",
            reply.header("link")
        );
        cursor = format!("&cursor={next}");
        between(page);
    }
    all
}

#[test]
fn pages_go_on_where_they_stopped_in_every_order() {
    let world = register(&community());
    add(&world, &(0..12).map(|i| entry("Same").slug(format!("same-{i}")).endorsed("2020-02-29")).collect::<Vec<_>>());
    for sort in [
        "name",
        "-name",
        "endorsed_on",
        "-endorsed_on",
        "created_at",
        "-created_at",
        "endorsed_on,-name",
        "-created_at,name,endorsed_on",
    ] {
        let whole = names(&world, &format!("?sort={sort}&limit=200"));
        assert_eq!(whole.len(), BY_NAME.len() + 12);
        for extra in ["", "&as_of=2026-08-31"] {
            for limit in [1, 3, 7] {
                assert_eq!(walk(&world, &format!("&sort={sort}{extra}"), limit, |_| ()), whole, "{sort} {extra} {limit}");
            }
        }
    }
    assert_eq!(names(&world, "?sort=endorsed_on&limit=3"), ["北京大学", "Лаборатория", "Formosa"]);
}

#[test]
fn what_comes_between_pages_moves_nothing() {
    let world = register(&community());
    let walked = walk(&world, "", 3, |page| {
        if page == 0 {
            add(&world, &[entry("Aardvark"), entry("Tango")]);
        }
    });
    let expected: Vec<_> =
        BY_NAME.iter().flat_map(|name| if *name == "zeta NGO" { vec!["Tango", name] } else { vec![*name] }).collect();
    assert_eq!(walked, expected);
}

#[test]
fn a_cursor_goes_with_its_own_list_only() {
    let world = register(&community());
    let first = world.get("/supporters?limit=2&region=europe").expect(200).json();
    let cursor = first["next_cursor"].as_str().unwrap();
    world.get(&format!("/supporters?limit=1&region=europe&cursor={cursor}")).expect(200);
    for other in ["", "&region=asia", "&region=europe&sort=-name", "&region=europe&q=t"] {
        let reply = world.get(&format!("/supporters?cursor={cursor}{other}"));
        assert_eq!((reply.status, reply.problem().as_str()), (422, "invalid-cursor"), "{other}");
    }
    for bad in ["x", "%2B", "eyJ4IjoxfQ", "W10", "WyJ4IixbXV0"] {
        let reply = world.get(&format!("/supporters?cursor={bad}"));
        assert_eq!((reply.status, reply.problem().as_str()), (422, "invalid-cursor"), "{bad}");
    }
}

#[test]
fn the_whole_list_comes_as_csv_without_formulas() {
    let mut entries = community();
    entries.push(entry("=SUM(A1)").formerly("+33").formerly("x").statement("-1\nline \"two\""));
    entries.extend((0..250).map(|i| entry(format!("Many {i:03}"))));
    let world = register(&entries);
    let csv = |query: &str| world.ask("GET", &format!("/supporters{query}")).header("accept", "text/csv").send();
    let reply = csv("").expect(200);
    assert_eq!(reply.header("content-type"), "text/csv; charset=utf-8; header=present");
    let text = reply.text().strip_prefix('\u{FEFF}').unwrap();
    let mut reader = ::csv::Reader::from_reader(text.as_bytes());
    let header = reader.headers().unwrap().clone();
    assert_eq!(header.iter().take(4).collect::<Vec<_>>(), ["id", "slug", "name", "former_names"]);
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), BY_NAME.len() + 251);
    let row = |slug: &str| rows.iter().find(|row| &row[1] == slug).unwrap();
    assert_eq!(
        row("sum-a1").iter().skip(2).take(8).collect::<Vec<_>>(),
        ["'=SUM(A1)", "'+33; x", "", "", "", "", "", "'-1\nline \"two\""]
    );
    assert_eq!(row("sao-paulo-tech").iter().skip(10).take(4).collect::<Vec<_>>(), ["1; 3", "2019-05-01", "", "endorsed"]);
    assert_eq!(csv("?sector=state&sort=-name").expect(200).text().lines().count(), 3);
    let mut faults = csv("?limit=5&cursor=x").faults();
    faults.sort();
    assert_eq!(faults, ["?cursor unknown", "?limit unknown"]);
    assert_eq!(csv("/sao-paulo-tech").expect(200).header("content-type"), "application/json");
}

#[test]
fn the_register_is_shown_as_of_any_day() {
    let world = register(&[
        entry("Steady").endorsed("2018-11-12").sector("state"),
        entry("Undated"),
        entry("Undated gone").then(Status::Withdrawn, "2020-01-01"),
        entry("Came and went").endorsed("2019-01-01").then(Status::Withdrawn, "2020-01-01"),
        entry("Back again")
            .endorsed("2019-06-01")
            .then(Status::Withdrawn, "2020-06-01")
            .then(Status::Pending, "2021-01-01")
            .then(Status::Endorsed, "2021-06-01"),
        entry("Asked first").at_first(Status::Pending, "2019-01-01").then(Status::Endorsed, "2019-03-01"),
        entry("Never").at_first(Status::Pending, "2019-01-01").then(Status::Declined, "2019-03-01"),
    ]);
    let cases: &[(&str, &[&str])] = &[
        ("0000-01-01", &["Undated", "Undated gone"]),
        ("2018-11-11", &["Undated", "Undated gone"]),
        ("2018-11-12", &["Steady", "Undated", "Undated gone"]),
        ("2019-02-28", &["Came and went", "Steady", "Undated", "Undated gone"]),
        ("2019-03-01", &["Asked first", "Came and went", "Steady", "Undated", "Undated gone"]),
        ("2019-12-31", &["Asked first", "Back again", "Came and went", "Steady", "Undated", "Undated gone"]),
        ("2020-01-01", &["Asked first", "Back again", "Steady", "Undated"]),
        ("2020-06-01", &["Asked first", "Steady", "Undated"]),
        ("2021-06-01", &["Asked first", "Back again", "Steady", "Undated"]),
        ("9999-12-31", &["Asked first", "Back again", "Steady", "Undated"]),
    ];
    for (on, expected) in cases {
        assert_eq!(names(&world, &format!("?as_of={on}")), *expected, "{on}");
        assert_eq!(
            walk(&world, &format!("&as_of={on}&sort=-name"), 2, |_| ()),
            expected.iter().rev().copied().collect::<Vec<_>>()
        );
        let stats = world.get(&format!("/supporters/stats?as_of={on}")).expect(200).json();
        assert_eq!(stats["total"], expected.len(), "{on}");
    }
    // The days of an endorsement are those of the one that stood on the day asked for.
    assert_eq!(names(&world, "?as_of=2019-12-31&endorsed_from=2019-06-01"), ["Back again"]);
    assert_eq!(names(&world, "?as_of=2021-12-31&endorsed_from=2021-06-01"), ["Back again"]);
    assert_eq!(names(&world, "?as_of=2019-12-31&endorsed_to=2019-01-01"), ["Came and went", "Steady"]);
    assert_eq!(names(&world, "?as_of=2019-12-31&endorsed_to=2022-01-01").len(), 4);
    assert_eq!(names(&world, "?as_of=2019-12-31&sector=state"), ["Steady"]);
    // Entries are shown as they are now.
    let then = world.get("/supporters?as_of=2019-12-31&q=went").expect(200).json();
    assert_eq!((&then["items"][0]["status"], &then["items"][0]["withdrawn_on"]), (&json!("withdrawn"), &json!("2020-01-01")));
}

#[test]
fn answers_are_conditional_and_say_what_they_vary_by() {
    let world = register(&community());
    for path in ["/supporters", "/supporters/alpha", "/supporters/stats", "/supporters?as_of=2020-01-01"] {
        let reply = world.get(path).expect(200);
        let etag = reply.header("etag").to_owned();
        assert!(etag.starts_with('"'), "{path}: {etag}");
        for vary in ["Accept", "Accept-Language", "Authorization"] {
            assert!(reply.header("vary").contains(vary), "{path}: {}", reply.header("vary"));
        }
        let same = world.ask("GET", path).header("if-none-match", &etag).send().expect(304);
        assert!(same.body.is_empty());
        let head = world.ask("HEAD", path).send().expect(200);
        assert_eq!((head.header("etag"), head.body.len()), (etag.as_str(), 0), "{path}");
        assert_eq!(world.ask("GET", path).header("if-none-match", "\"x\"").send().expect(200).body, reply.body);
        world.ask("GET", path).token("whatever").send().expect(401);
    }
    let csv = world.ask("GET", "/supporters").header("accept", "text/csv").send().expect(200);
    assert_ne!(csv.header("etag"), world.get("/supporters").header("etag"));
    let before = world.get("/supporters").header("etag").to_owned();
    add(&world, &[entry("Newcomer")]);
    world.ask("GET", "/supporters").header("if-none-match", &before).send().expect(200);
}

#[test]
fn a_page_costs_the_same_few_queries_whatever_it_holds() {
    let world = World::setup().options(|options| options.cache_bytes = 0).start();
    seed::call(&world);
    add(&world, &community());
    let cost = |path: &str| {
        let before = world.db().queries();
        world.get(path).expect(200);
        world.db().queries() - before
    };
    let paths = ["/supporters?limit=200&total=true", "/supporters?limit=200&q=a", "/supporters/stats", "/supporters/alpha"];
    // The first reads fill what is remembered until something is written.
    let first = paths.map(cost);
    let few = paths.map(cost);
    assert!(first[0] > few[0], "{first:?} {few:?}");
    let many: Vec<_> = (0..150).map(|i| entry(format!("Alpha {i}")).formerly("Beta").principles(&[1, 2]).country("FR")).collect();
    add(&world, &many);
    assert_eq!(paths.map(cost)[1..], first[1..]);
    assert_eq!(paths.map(cost), few);
    assert!(few[0] <= 4, "{few:?}");
}

#[test]
fn a_common_word_and_a_rare_one_are_found_alike() {
    let mut entries: Vec<_> = (0..2_010).map(|i| entry(format!("Common {i:04}"))).collect();
    entries.push(entry("Common Asking").at_first(Status::Pending, "2026-01-01"));
    entries.push(entry("Uncommon Pearl"));
    let world = register(&entries);
    let total = |query: &str| world.get(&format!("/supporters?limit=1&total=true{query}")).expect(200).json()["total"].clone();
    assert_eq!(total("&q=common"), 2_011);
    assert_eq!(total("&q=common&as_of=2026-08-31"), 2_011);
    assert_eq!(total("&q=pearl"), 1);
    let walked = walk(&world, "&q=common&sort=-name", 200, |_| ());
    assert_eq!((walked.len(), walked[0].as_str(), walked[1].as_str()), (2_011, "Uncommon Pearl", "Common 2009"));
    assert_eq!(names(&world, "?q=common+pearl"), ["Uncommon Pearl"]);
    assert_eq!(names(&world, "?q=common+0007&sort=-created_at"), ["Common 0007"]);
}

#[test]
fn other_slices_ask_for_references_and_hits() {
    let world = register(&[]);
    let ids = add(&world, &community());
    let (facts, hits) = world.read(|c| {
        let unknown = "0190aaaa-0000-7000-8000-000000000001".parse().unwrap();
        let facts = supporters::refs(c, &[ids[0], ids[7], ids[9], unknown])?;
        let hits = ["PAULO", "t", "gone", "...", "zeta"].map(|q| supporters::search(c, q, 2).unwrap());
        assert!(supporters::refs(c, &[])?.is_empty());
        Ok((facts, hits))
    });
    assert_eq!(facts.len(), 3);
    let first = &facts[&ids[0]];
    assert_eq!((first.reference.slug.as_str(), first.reference.name.as_str()), ("sao-paulo-tech", "São Paulo Tech"));
    assert_eq!(
        (first.sector.as_deref(), first.country.as_deref(), first.region),
        (Some("private_sector"), Some("BR"), Some(Region::Americas))
    );
    assert_eq!([ids[0], ids[7], ids[9]].map(|id| facts[&id].endorsed), [true, false, false]);
    let names = hits.map(|hits| hits.into_iter().map(|hit| hit.name).collect::<Vec<_>>());
    assert_eq!(names, [vec!["São Paulo Tech"], vec!["État de Québec", "São Paulo Tech"], vec![], vec![], vec!["zeta NGO"]]);
}
