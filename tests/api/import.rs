//! Importing registers: what a row does to the register, all of them or none, and the real one where it is at hand.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use diesel::prelude::*;
use plenary::call;
use plenary::db::{self, Db, Target};
use plenary::error::Error;
use plenary::ids::Ids;
use plenary::load::load;
use plenary::schema::{supporter_former_names, supporter_statuses, supporters};
use plenary::supporters::{Codes, ImportOptions, ImportReport, Mapping, Parsed, Status, Warning, import, parse_register};
use plenary::time::{Clock, Day};
use serde_json::Value;

use crate::dump::{differences, dump};
use crate::process::{Running, end, plenary_on};
use crate::world::{Home, PARIS_CALL, World};

const CSV: &[u8] = include_bytes!("../fixtures/register.csv");
const MAPPING: &str = include_str!("../fixtures/register.mapping.toml");
const REAL_MAPPING: &str = include_str!("../../config/register-2021.mapping.toml");

pub const ALL: ImportOptions = ImportOptions { dry_run: false, skip_bad: false };
const SKIP_BAD: ImportOptions = ImportOptions { dry_run: false, skip_bad: true };

fn world() -> World {
    let world = World::new();
    world.load_paris_call();
    world.at("2026-09-02T09:00:00Z");
    world
}

pub fn codes(db: &Db) -> Codes {
    let call: Result<_, Error> = db.read_blocking(|tx| call::load(tx));
    let call = call.unwrap();
    let codes = |codes: &[call::Code]| codes.iter().map(|code| code.code.clone()).collect::<BTreeSet<_>>();
    Codes { sectors: codes(&call.sectors), kinds: codes(&call.kinds) }
}

fn parsed(db: &Db, csv: &[u8], mapping: &str) -> Parsed {
    let codes = codes(db);
    parse_register(csv, &Mapping::parse(mapping, &codes).unwrap(), &codes).unwrap()
}

/// Imports rows whose columns are named as the fields.
#[track_caller]
fn rows(world: &World, source: &str, csv: &str) -> ImportReport {
    let parsed = parse_register(csv.as_bytes(), &Mapping::plain(source), &codes(world.db())).unwrap();
    assert_eq!(parsed.bad, []);
    let report = import(world.db(), &parsed, source, ALL, &mut |_, _| {}).unwrap();
    // Whatever it did, doing it again does nothing.
    let before = dump(world.db());
    let again = import(world.db(), &parsed, source, ALL, &mut |_, _| {}).unwrap();
    assert_eq!((again.written, again.made, again.changed), (false, 0, 0));
    assert_eq!(differences(&before, &dump(world.db())), Vec::<String>::new());
    report
}

fn counts(report: &ImportReport) -> (usize, usize, usize, usize) {
    (report.made, report.changed, report.unchanged, report.matched)
}

fn told(warnings: &[Warning]) -> Vec<String> {
    warnings.iter().map(|Warning { line, remark }| format!("line {line}: {remark}")).collect()
}

#[derive(Debug, PartialEq, Eq, Queryable, Selectable)]
#[diesel(table_name = supporters)]
struct Entry {
    slug: String,
    name: String,
    sector: Option<String>,
    kind: Option<String>,
    country: Option<String>,
    region: Option<String>,
    endorsed_on: Option<Day>,
    endorsed_key: String,
    source: String,
    version: i64,
}

fn entry(world: &World, slug: &str) -> Entry {
    world.read(|c| Ok(supporters::table.filter(supporters::slug.eq(slug)).select(Entry::as_select()).get_result(c)?))
}

/// The endorsed intervals of an entry, open ones.
fn since(world: &World, slug: &str) -> Vec<Option<Day>> {
    world.read(|c| {
        let open = supporter_statuses::table.inner_join(supporters::table).filter(supporter_statuses::until.is_null());
        let endorsed = open.filter(supporters::slug.eq(slug)).filter(supporter_statuses::status.eq(Status::Endorsed));
        Ok(endorsed.select(supporter_statuses::since).load(c)?)
    })
}

#[test]
fn a_register_with_bad_lines_is_imported_without_them_or_not_at_all() {
    let world = world();
    let parsed = parsed(world.db(), CSV, MAPPING);
    let before = dump(world.db());
    let report = import(world.db(), &parsed, "fixture", ALL, &mut |_, _| {}).unwrap();
    assert!(!report.written);
    assert_eq!((counts(&report), report.bad.len(), report.warnings.len()), ((9, 0, 0, 0), parsed.bad.len(), 2));
    assert!(parsed.bad.len() > 10);
    let dry = ImportOptions { dry_run: true, ..SKIP_BAD };
    assert_eq!(import(world.db(), &parsed, "fixture", dry, &mut |_, _| {}).unwrap(), report);
    assert_eq!(differences(&before, &dump(world.db())), Vec::<String>::new());

    let mut heard = Vec::new();
    let written = import(world.db(), &parsed, "fixture", SKIP_BAD, &mut |done, total| heard.push((done, total))).unwrap();
    assert_eq!(written, ImportReport { written: true, ..report });
    assert_eq!((heard.first(), heard.last(), heard.len()), (Some(&(1, 9)), Some(&(9, 9)), 9));
    let nordlicht = entry(&world, "nordlicht-werke");
    assert_eq!((nordlicht.region.as_deref(), nordlicht.endorsed_key.as_str()), (Some("europe"), "2019-11-12"));
    assert_eq!((nordlicht.source.as_str(), nordlicht.version), ("import:fixture", 1));
    let harbour = entry(&world, "open-harbour");
    assert_eq!((harbour.country, harbour.region, harbour.endorsed_on, harbour.endorsed_key.as_str()), (None, None, None, ""));
    assert_eq!((since(&world, "nordlicht-werke"), since(&world, "open-harbour")), (vec![nordlicht.endorsed_on], vec![None]));
    assert_eq!(world.get("/supporters?q=academie+phares").expect(200).json()["items"].as_array().unwrap().len(), 1);

    let before = dump(world.db());
    world.at("2027-01-01T00:00:00Z");
    let again = import(world.db(), &parsed, "fixture", SKIP_BAD, &mut |_, _| {}).unwrap();
    assert_eq!((again.written, counts(&again)), (false, (0, 0, 9, 0)));
    assert_eq!(differences(&before, &dump(world.db())), Vec::<String>::new());
}

#[test]
fn an_entry_of_another_source_gets_what_it_lacks_and_keeps_the_rest() {
    let world = world();
    let csv = "name,sector,kind,country,endorsed_on\n\
         CYBERSECURITY TECH ACCORD,civil_society,industry_coalition,US,\n\
         Japan,,agency,KR,2019-01-01\n\
         Kaspersky,private_sector,company,RU,\n";
    let report = rows(&world, "other", csv);
    assert_eq!(counts(&report), (0, 2, 1, 3));
    assert_eq!(
        told(&report.differences),
        [
            "line 2: name: is \"CYBERSECURITY TECH ACCORD\" here, and \"Cybersecurity Tech Accord\" in the register, which stays",
            "line 2: sector: is \"civil_society\" here, and \"private_sector\" in the register (from the call file), which stays",
            "line 3: country: is \"KR\" here, and \"JP\" in the register (from the call file), which stays",
            "line 3: endorsed_on: is \"2019-01-01\" here, and \"2018-11-12\" in the register (from the call file), which stays",
        ]
    );
    assert_eq!(told(&report.warnings), ["line 3: sector: is empty: the sector stays unknown"]);
    let accord = entry(&world, "cybersecurity-tech-accord");
    assert_eq!((accord.name.as_str(), accord.sector.as_deref()), ("Cybersecurity Tech Accord", Some("private_sector")));
    assert_eq!((accord.country.as_deref(), accord.region.as_deref()), (Some("US"), Some("americas")));
    assert_eq!((accord.source.as_str(), accord.version), ("call", 2));
    let japan = entry(&world, "japan");
    assert_eq!((japan.kind.as_deref(), japan.country.as_deref(), japan.version), (Some("agency"), Some("JP"), 2));
    assert_eq!(entry(&world, "kaspersky").version, 1);
    // Loading the file again takes nothing back.
    let before = dump(world.db());
    assert!(world.load(PARIS_CALL).is_unchanged());
    world.load(&PARIS_CALL.replace("weeks = 8", "weeks = 9"));
    assert_eq!(entry(&world, "cybersecurity-tech-accord"), accord);
    let changed = differences(&before, &dump(world.db()));
    assert!(changed.iter().all(|line| !line[2..].starts_with("supporter")), "{changed:#?}");
}

#[test]
fn an_entry_of_the_same_source_becomes_what_the_file_says() {
    let world = world();
    rows(&world, "list", "name,sector,country,endorsed_on\nAlpha Labs,private_sector,FR,2020-01-01\nBeta Labs,,,\n");
    let report = rows(&world, "list", "name,sector,country,endorsed_on\nALPHA Labs,academia,,2020-02-02\nBeta Labs,,GB,\n");
    assert_eq!((counts(&report), report.differences.len()), ((0, 2, 0, 0), 0));
    let alpha = entry(&world, "alpha-labs");
    assert_eq!((alpha.name.as_str(), alpha.sector.as_deref(), alpha.version), ("ALPHA Labs", Some("academia"), 2));
    // What the file does not say takes nothing away.
    assert_eq!((alpha.country.as_deref(), since(&world, "alpha-labs")), (Some("FR"), vec!["2020-02-02".parse().ok()]));
    assert_eq!(entry(&world, "beta-labs").region.as_deref(), Some("europe"));
    // For another source it is another's.
    let report = rows(&world, "second", "name,country,website\nAlpha Labs,DE,https://alpha.example\n");
    assert_eq!((counts(&report), report.differences.len()), ((0, 1, 0, 1), 2));
}

#[test]
fn an_entry_is_found_by_its_former_name_and_keeps_the_present_one() {
    let world = world();
    rows(&world, "list", "name\nOld Harbour\n");
    world.write(|tx| {
        let id: String =
            supporters::table.filter(supporters::slug.eq("old-harbour")).select(supporters::id).get_result(&mut **tx)?;
        let renamed = (supporters::name.eq("New Harbour"), supporters::folded_name.eq("new harbour"));
        diesel::update(supporters::table.filter(supporters::id.eq(&id)))
            .set((renamed, supporters::search_text.eq("new harbour old harbour")))
            .execute(&mut **tx)?;
        use supporter_former_names as f;
        let row = (f::id.eq(&id), f::supporter_id.eq(&id), f::name.eq("Old Harbour"), f::folded_name.eq("old harbour"));
        Ok(diesel::insert_into(f::table).values((row, f::until.eq(tx.now()))).execute(&mut **tx)?)
    });
    let report = rows(&world, "list", "name,country\nOld Harbour,NL\nNew Harbour,NL\n");
    assert_eq!(counts(&report), (0, 1, 1, 0));
    assert_eq!(told(&report.differences).len(), 1);
    assert!(told(&report.differences)[0].starts_with("line 3: name: is \"New Harbour\" by a former name, as line 2 is"));
    assert_eq!(
        (entry(&world, "old-harbour").name.as_str(), entry(&world, "old-harbour").country.as_deref()),
        ("New Harbour", Some("NL"))
    );
}

#[test]
fn slugs_are_unique_and_never_numbers() {
    let world = world();
    let long = "a very long name ".repeat(8);
    let csv = format!("name\n{long} one\n{long} two\n{long} three\n2021\n東京 2\n東京-Ⅱ\nnode.js\nnode js labs\n");
    let report = rows(&world, "list", &csv);
    assert_eq!(report.made, 8);
    let slugs: Vec<String> = world.read(|c| {
        let imported = supporters::table.filter(supporters::source.eq("import:list"));
        Ok(imported.order(supporters::id).select(supporters::slug).load(c)?)
    });
    assert_eq!(slugs[0], "a-very-long-name-a-very-long-name-a-very-long-name-a-very-long-name-a-very-long");
    assert!(slugs[1].ends_with("-2") && slugs[2].ends_with("-3") && slugs[1].len() <= 80, "{slugs:?}");
    assert_eq!(slugs[3], "supporter-2021");
    assert_eq!(slugs.iter().collect::<BTreeSet<_>>().len(), 8);
}

#[test]
fn who_has_left_is_not_endorsed_again() {
    let world = world();
    rows(&world, "list", "name\nGone Again\n");
    world.write(|tx| {
        let entry = supporters::table.filter(supporters::slug.eq("gone-again"));
        Ok(diesel::update(entry).set(supporters::status.eq(Status::Withdrawn)).execute(&mut **tx)?)
    });
    let report = rows(&world, "list", "name,country,endorsed_on\nGone Again,FR,2020-01-01\n");
    assert_eq!(
        told(&report.differences),
        ["line 2: name: is a supporter whose status is withdrawn, which an import does not change"]
    );
    assert_eq!((entry(&world, "gone-again").endorsed_on, since(&world, "gone-again")), (None, vec![None]));
}

#[test]
fn imports_at_the_same_time_follow_each_other() {
    let world = world();
    let parsed = parsed(world.db(), CSV, MAPPING);
    let written = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..3)
            .map(|_| {
                let (db, parsed) = (world.beside_db(), &parsed);
                scope.spawn(move || import(&db, parsed, "fixture", SKIP_BAD, &mut |_, _| {}).unwrap().written)
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).filter(|written| *written).count()
    });
    assert_eq!(written, 1);
    assert_eq!(world.get("/supporters?total=true").expect(200).json()["total"], 24 + 9);
}

/// A made-up register of `count` rows.
fn many(count: usize) -> String {
    let rows = (0..count).map(|n| format!("Supporter {n} of many,private_sector,FR\n"));
    format!("name,sector,country\n{}", rows.collect::<String>())
}

const VICTIM: &str = "PLENARY_TEST_VICTIM";

/// Not a test: the process that the next one kills in the middle of an import.
#[test]
#[ignore = "run by the next one"]
fn victim() {
    let Ok(url) = std::env::var(VICTIM) else { return };
    let target = match url.strip_prefix("sqlite:") {
        Some(path) => Target::Sqlite(path.into()),
        None => Target::Postgres(url.into()),
    };
    let db = Db::open(target, db::Options::default(), Clock::System, Ids::Random).unwrap();
    plenary::app::prepare(&db);
    let parsed = parse_register(many(1000).as_bytes(), &Mapping::plain("many"), &codes(&db)).unwrap();
    let wait = |done: usize, _: usize| {
        if done == 900 {
            println!("\nin the middle");
            // One that was woken for something else must not go on.
            loop {
                std::thread::park();
            }
        }
    };
    import(&db, &parsed, "many", ALL, &mut { wait }).unwrap();
}

#[test]
fn a_process_killed_in_the_middle_of_an_import_leaves_nothing_of_it() {
    let home = Home::copied();
    let db = Db::open(home.target(), db::Options::default(), Clock::System, Ids::Random).unwrap();
    plenary::app::prepare(&db);
    load(&db, PARIS_CALL).unwrap();
    let before = dump(&db);
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["import::victim", "--exact", "--ignored", "--nocapture"])
        .env(VICTIM, home.url())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.map_while(Result::ok).any(|line| line == "in the middle"), "the victim never got there");
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(differences(&before, &dump(&db)), Vec::<String>::new());
    // And nothing stands in the way of the next one.
    let parsed = parse_register(many(1000).as_bytes(), &Mapping::plain("many"), &codes(&db)).unwrap();
    assert_eq!(import(&db, &parsed, "many", ALL, &mut |_, _| {}).unwrap().made, 1000);
}

/// The balances of the six groups, as answered.
fn balances(world: &World) -> Vec<Value> {
    (1..=6).map(|number| world.get(&format!("/groups/{number}")).expect(200).json()["co_chair_balance"].clone()).collect()
}

#[test]
fn the_real_register_imports_as_it_must() {
    let Ok(path) = std::env::var("REGISTER_CSV") else {
        println!("SKIPPED: REGISTER_CSV does not name the real register");
        return;
    };
    let csv = std::fs::read(path).unwrap();
    let world = world();
    let before = balances(&world);
    assert!(before.iter().all(Value::is_object));
    let parsed = parsed(world.db(), &csv, REAL_MAPPING);
    let started = std::time::Instant::now();
    let report = import(world.db(), &parsed, "register-2021", ALL, &mut |_, _| {}).unwrap();
    println!("imported in {:?}", started.elapsed());
    assert!(report.written);
    assert_eq!((report.bad.len(), report.warnings.len()), (0, 10));
    assert_eq!((report.made + report.changed + report.unchanged, report.made, report.matched), (1222, 1210, 12));
    assert_eq!(balances(&world), before);

    let total = |path: &str| world.get(path).expect(200).json()["total"].as_i64().unwrap();
    assert_eq!(total("/supporters?total=true&limit=1"), 24 + 1222 - 12);
    let stats = world.get("/supporters/stats").expect(200).json();
    assert_eq!(stats["total"], 24 + 1222 - 12);
    let sum = |list: &str| stats[list].as_array().unwrap().iter().map(|part| part["count"].as_i64().unwrap()).sum::<i64>();
    let undated = stats["undated"].as_i64().unwrap();
    let sums = [sum("by_sector"), sum("by_region"), sum("by_country"), sum("by_month") + undated];
    assert_eq!(sums, [24 + 1222 - 12; 4], "{stats}");
    let before = dump(world.db());
    world.at("2027-01-01T00:00:00Z");
    let again = import(world.db(), &parsed, "register-2021", ALL, &mut |_, _| {}).unwrap();
    assert_eq!((again.written, counts(&again)), (false, (0, 0, 1222, 12)));
    assert!(world.load(PARIS_CALL).is_unchanged());
    assert_eq!(differences(&before, &dump(world.db())), Vec::<String>::new());
}

#[test]
fn the_command_imports_beside_a_running_server_and_says_what_it_did() {
    let home = Home::copied();
    let files = tempfile::TempDir::new().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = files.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (call, csv, mapping) =
        (write("call.toml", PARIS_CALL.as_bytes()), write("register.csv", CSV), write("mapping.toml", MAPPING.as_bytes()));
    let run = |arguments: &[&str]| end(plenary_on(&home, files.path(), arguments));
    let unloaded = run(&["supporters", "import", &csv]).failure();
    assert!(unloaded.contains("plenary load"), "{unloaded}");
    run(&["load", &call]).well();
    let server = Running::start(plenary_on(&home, files.path(), &["serve"]));
    let total = || server.ask("GET", "/api/v1/supporters?total=true&limit=1").expect(200).json()["total"].as_i64().unwrap();
    assert_eq!(total(), 24);

    let faults = run(&["supporters", "import", &csv, "--mapping", &mapping]).failure();
    assert!(faults.contains("was not imported"), "{faults}");
    assert!(faults.lines().any(|line| line.starts_with("line 12: ")), "{faults}");
    let dry = run(&["supporters", "import", &csv, "--mapping", &mapping, "--dry-run", "--skip-bad"]).well();
    assert!(dry.stdout.contains("Would import 9 rows as \"fixture\": 9 made"), "{dry:?}");
    let refused = files.path().join("register.csv.refused.csv");
    assert!(!refused.exists());
    let done = run(&["supporters", "import", &csv, "--mapping", &mapping, "--skip-bad"]).well();
    assert!(done.stdout.contains("line 7: Secteur: is empty"), "{done:?}");
    assert!(done.stdout.contains("Imported 9 rows as \"fixture\": 9 made, 0 changed, 0 unchanged"), "{done:?}");
    assert!(std::fs::read_to_string(&refused).unwrap().starts_with("\u{FEFF}line,faults,Organisation"));
    let again = run(&["supporters", "import", &csv, "--mapping", &mapping, "--skip-bad"]).well();
    assert!(again.stdout.contains("Nothing changed: 9 rows"), "{again:?}");
    // Columns named as the fields need no mapping.
    let plain = write("second list.csv", b"name,country\nAnother Harbour,FR\n");
    let done = run(&["supporters", "import", &plain]).well();
    assert!(done.stdout.contains("as \"second list\": 1 made"), "{done:?}");
    // A server notices what another process wrote within a second.
    let patience = std::time::Instant::now();
    while total() != 24 + 9 + 1 {
        assert!(patience.elapsed().as_secs() < 30, "the server shows {}", total());
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let missing = run(&["supporters", "import", "/nowhere/x.csv"]).failure();
    assert!(missing.contains("cannot read /nowhere/x.csv"), "{missing}");
}
