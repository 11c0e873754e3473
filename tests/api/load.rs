//! Loading call files: the whole file or nothing, what is new of a changed one, and what is refused.

use diesel::prelude::*;
use plenary::consultations::Status;
use plenary::load::{LoadFault, Report, Section, Tally, load};
use plenary::policy::SupporterId;
use plenary::schema::{
    audit_entries, calls, co_chair_seats, consultations, derogations, forum_editions, forum_sessions, group_principles, kinds,
    sectors, supporter_former_names, supporter_principles, supporter_statuses, supporters, working_groups,
};
use plenary::time::{Day, Instant};

use crate::dump::{differences, dump};
use crate::process::{end, plenary_on};
use crate::world::{Home, PARIS_CALL, World, instant};

/// A small call in which everything occurs.
const SMALL: &str = r#"
[call]
slug = "small-call"
name = "Small Call"
launched_on = 2020-01-01
contact_email = "office@example.org"
time_zone = "America/Sao_Paulo"
as_of = 2021-03-01
locales = ["en", "fr"]
[co_chair_rule]
min_seats = 2
max_seats = 3
min_sectors = 2
min_countries = 2
[[sectors]]
code = "state"
name = "State"
[[sectors]]
code = "civil_society"
name = { en = "Civil society", fr = "Société civile" }
[[kinds]]
code = "ngo"
name = "NGO"
[[kinds]]
code = "union"
name = "Union"
[[principles]]
number = 1
title = "One"
summary = "The first."
[[principles]]
number = 2
title = "Two"
summary = "The second."
[[supporters]]
name = "République des Oiseaux"
sector = "state"
country = "FR"
endorsed_on = 2020-01-02
principles = [1]
[[supporters]]
name = "Night Watch"
sector = "civil_society"
kind = "ngo"
country = "DE"
[[supporters]]
name = "Third Seat"
sector = "civil_society"
country = "KE"
website = "https://third.example"
[[groups]]
number = 3
title = { en = "Watching", fr = "Veiller" }
mandate = "To watch."
principles = [1]
co_chairs = ["Republique des oiseaux", "Night Watch"]
[[groups]]
number = 4
title = "Both of one kind"
co_chairs = ["Night Watch", "Third Seat"]
derogation = { waives = ["sectors"], reason = "So it was." }
[[forum_editions]]
year = 2021
name = "Forum 2021"
city = "Nairobi"
country = "KE"
time_zone = "Africa/Nairobi"
starts_on = 2021-11-11
ends_on = 2021-11-12
[[forum_editions.sessions]]
title = "Opening"
day = 2021-11-11
starts_at = 09:30:00
panellists = [{ name = "A. Ba", organisation = "Night Watch" }]
[[consultations]]
scope = "group"
group = 3
title = "What to watch"
audience = "supporters"
opens_on = 2021-04-01
closes_on = 2021-04-02
[[register_milestones]]
on = 2020-01-01
total = 10
by_sector = { state = 3 }
source = "press"
[[petitions]]
slug = "watch-now"
title = "Watch now"
launched_on = 2020-01-01
[[campaigns]]
slug = "watch"
title = "Watch"
petition = "watch-now"
starts_on = 2021-05-01
weeks = 2
"#;

fn small() -> World {
    let world = World::new();
    world.load(SMALL);
    world.at("2026-09-02T09:00:00Z");
    world
}

/// `text` with each `from` replaced, which must be there, by its `to`.
fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

/// Loads a file that must be refused and leave nothing; what was said.
#[track_caller]
fn refused(world: &World, text: &str) -> Vec<String> {
    let before = dump(world.db());
    let fault = load(world.db(), text).unwrap_err();
    let faults = match fault {
        LoadFault::File(faults) | LoadFault::Refused(faults) => faults.iter().map(ToString::to_string).collect(),
        LoadFault::Failed(error) => panic!("{error}"),
    };
    assert_eq!(differences(&before, &dump(world.db())), Vec::<String>::new());
    faults
}

fn made(made: usize) -> Tally {
    Tally { made, ..Tally::default() }
}

/// Sections of which something was made, changed or removed.
fn changes(report: &Report) -> Vec<(Section, Tally)> {
    let is_changed = |tally: &Tally| tally.made + tally.changed + tally.removed > 0;
    Section::ALL.iter().map(|section| (*section, report.of(*section))).filter(|(_, tally)| is_changed(tally)).collect()
}

#[test]
fn a_call_file_becomes_rows() {
    let world = World::new();
    let report = world.load(SMALL);
    assert_eq!(report.of(Section::Supporters), made(3));
    assert_eq!(report.of(Section::CoChairSeats), made(4));
    assert_eq!(report.to_string().lines().next(), Some("call: 1 made"));
    assert!(Section::ALL.iter().all(|section| report.of(*section).made > 0), "{report}");
    world.read(|c| {
        let call: (String, String, Day) = calls::table.select((calls::slug, calls::locales, calls::as_of)).get_result(c)?;
        assert_eq!(call, ("small-call".into(), r#"["en","fr"]"#.into(), "2021-03-01".parse().unwrap()));
        let codes: Vec<(String, i64)> =
            sectors::table.select((sectors::code, sectors::position)).order(sectors::position).load(c)?;
        assert_eq!(codes, [("state".into(), 0), ("civil_society".into(), 1)]);

        type Entry = (String, String, Option<String>, String, Option<Day>, String, String);
        let entries: Vec<Entry> = supporters::table
            .order(supporters::folded_name)
            .select((
                supporters::slug,
                supporters::folded_name,
                supporters::region,
                supporters::status,
                supporters::endorsed_on,
                supporters::endorsed_key,
                supporters::source,
            ))
            .load(c)?;
        let on = |day: &str| Some(day.parse::<Day>().unwrap());
        let entry = |slug: &str, folded: &str, region: &str, endorsed: Option<Day>, key: &str| {
            (slug.into(), folded.into(), Some(region.into()), "endorsed".into(), endorsed, key.into(), "call".into())
        };
        assert_eq!(
            entries,
            [
                entry("night-watch", "night watch", "europe", None, ""),
                entry("republique-des-oiseaux", "republique des oiseaux", "europe", on("2020-01-02"), "2020-01-02"),
                entry("third-seat", "third seat", "africa", None, ""),
            ]
        );
        let intervals: Vec<(String, Option<Day>, Option<Day>)> = supporter_statuses::table
            .order(supporter_statuses::since)
            .filter(supporter_statuses::since.is_not_null())
            .select((supporter_statuses::status, supporter_statuses::since, supporter_statuses::until))
            .load(c)?;
        assert_eq!(intervals, [("endorsed".into(), on("2020-01-02"), None)]);
        assert_eq!(supporter_statuses::table.count().get_result::<i64>(c)?, 3);
        assert_eq!(supporter_principles::table.select(supporter_principles::principle).load::<i64>(c)?, [1]);

        let groups: Vec<(i64, String, String, String, String)> = working_groups::table
            .order(working_groups::number)
            .select((
                working_groups::number,
                working_groups::slug,
                working_groups::status,
                working_groups::join_policy,
                working_groups::search_text,
            ))
            .load(c)?;
        assert_eq!(
            groups[0],
            (3, "watching".into(), "active".into(), "approval".into(), "watching veiller to watch watching".into())
        );
        assert_eq!(groups[1].1, "both-of-one-kind");
        assert_eq!(group_principles::table.select(group_principles::principle).load::<i64>(c)?, [1]);

        // The first instant of 1 March in São Paulo.
        let since: Vec<Instant> = co_chair_seats::table.select(co_chair_seats::since).distinct().load(c)?;
        assert_eq!(since, [instant("2021-03-01T03:00:00Z")]);
        assert_eq!(seated(c, 3)?, ["republique-des-oiseaux", "night-watch"]);
        let derogation: (String, String, Day, Option<Day>) = derogations::table
            .select((derogations::waives, derogations::reason, derogations::since, derogations::until))
            .get_result(c)?;
        assert_eq!(derogation, (r#"["sectors"]"#.into(), "So it was.".into(), "2021-03-01".parse().unwrap(), None));

        let zone: String = forum_editions::table.select(forum_editions::time_zone).get_result(c)?;
        assert_eq!(zone, "Africa/Nairobi");
        let session: (Option<Instant>, String, String) = forum_sessions::table
            .select((forum_sessions::starts_at, forum_sessions::panellists, forum_sessions::search_text))
            .get_result(c)?;
        let panel = r#"[{"name":"A. Ba","role":null,"organisation":"Night Watch"}]"#;
        assert_eq!(session, (Some(instant("2021-11-11T06:30:00Z")), panel.into(), "opening a ba night watch".into()));

        let rounds: Vec<(String, Status, Instant, Instant)> = consultations::table
            .inner_join(working_groups::table)
            .filter(working_groups::number.eq(3))
            .select((consultations::slug, consultations::status, consultations::opens_at, consultations::closes_at))
            .load(c)?;
        let (opens, closes) = (instant("2021-04-01T03:00:00Z"), instant("2021-04-03T02:59:59.999999Z"));
        assert_eq!(rounds, [("what-to-watch".into(), Status::Draft, opens, closes)]);
        let acts: Vec<String> = audit_entries::table.select(audit_entries::act).load(c)?;
        assert_eq!(acts, ["call.loaded"]);
        Ok(())
    });
}

fn seated(c: &mut plenary::db::AnyConnection, number: i64) -> QueryResult<Vec<String>> {
    co_chair_seats::table
        .inner_join(working_groups::table)
        .inner_join(supporters::table)
        .filter(working_groups::number.eq(number))
        .filter(co_chair_seats::until.is_null())
        .order(co_chair_seats::position)
        .select(supporters::slug)
        .load(c)
}

#[test]
fn the_reference_call_loads_and_loading_again_changes_nothing() {
    let world = World::new();
    let report = world.load_paris_call();
    assert_eq!((report.of(Section::Supporters), report.of(Section::Groups)), (made(24), made(6)));
    assert_eq!(world.get("/supporters?total=true").expect(200).json()["total"], 24);
    let before = dump(world.db());
    world.at("2027-01-01T00:00:00Z");
    let report = load(world.db(), PARIS_CALL).unwrap();
    assert!(report.is_unchanged());
    assert_eq!(report.of(Section::Supporters), Tally { unchanged: 24, ..Tally::default() });
    // Nor does a file that says the same in other words.
    let report = load(world.db(), &format!("# The same.\n{PARIS_CALL}")).unwrap();
    assert!(report.is_unchanged());
    assert_eq!(differences(&before, &dump(world.db())), Vec::<String>::new());
}

#[test]
fn a_changed_file_updates_what_changed_and_no_more() {
    let world = small();
    let before = dump(world.db());
    let file = changed(SMALL, &[("https://third.example", "https://third.example/new")]);
    let report = load(world.db(), &file).unwrap();
    assert_eq!(changes(&report), [(Section::Supporters, Tally { changed: 1, unchanged: 2, ..Tally::default() })]);
    let differences = differences(&before, &dump(world.db()));
    let tables: Vec<&str> = differences.iter().map(|line| line.split(' ').nth(1).unwrap()).collect();
    // The entry, the file itself, and the record of the load.
    let expected = ["audit_head", "call_sections", "supporters", "audit_entries", "audit_head", "call_sections", "supporters"];
    assert_eq!(tables, expected, "{differences:#?}");
    world.read(|c| {
        let entry: (i64, Instant, Instant) = supporters::table
            .filter(supporters::slug.eq("third-seat"))
            .select((supporters::version, supporters::created_at, supporters::updated_at))
            .get_result(c)?;
        assert_eq!(entry, (2, instant("2026-09-01T09:00:00Z"), instant("2026-09-02T09:00:00Z")));
        Ok(())
    });
}

#[test]
fn every_section_takes_what_the_file_says_anew() {
    let world = small();
    let file = changed(
        SMALL,
        &[
            ("name = \"Small Call\"", "name = \"Smaller Call\""),
            ("max_seats = 3", "max_seats = 4"),
            ("name = \"State\"", "name = \"States\""),
            ("code = \"union\"\nname = \"Union\"", "code = \"guild\"\nname = \"Guild\""),
            ("The second.", "Second."),
            ("endorsed_on = 2020-01-02\nprinciples = [1]", "endorsed_on = 2020-01-03\nprinciples = [2]"),
            ("mandate = \"To watch.\"\nprinciples = [1]", "mandate = \"To watch out.\"\nprinciples = [2]"),
            ("So it was.", "So it is."),
            ("city = \"Nairobi\"", "city = \"Mombasa\""),
            ("title = \"Opening\"", "title = \"Opening\"\nroom = \"One\""),
            ("title = \"What to watch\"", "slug = \"what-to-watch\"\ntitle = \"What to watch for\""),
            ("total = 10", "total = 11"),
            ("title = \"Watch now\"", "title = \"Watch!\""),
            ("weeks = 2", "weeks = 3"),
        ],
    );
    let report = load(world.db(), &file).unwrap();
    let tally = |made, changed, removed, unchanged| Tally { made, changed, removed, unchanged };
    let expected = [
        (Section::Call, tally(0, 1, 0, 0)),
        (Section::Sectors, tally(0, 1, 0, 1)),
        (Section::Kinds, tally(1, 0, 1, 1)),
        (Section::Principles, tally(0, 1, 0, 1)),
        (Section::Supporters, tally(0, 1, 0, 2)),
        (Section::Groups, tally(0, 2, 0, 0)),
        (Section::Derogations, tally(1, 0, 1, 0)),
        (Section::ForumEditions, tally(0, 1, 0, 0)),
        (Section::ForumSessions, tally(0, 1, 0, 0)),
        (Section::Consultations, tally(0, 1, 0, 0)),
        (Section::RegisterMilestones, tally(0, 1, 0, 0)),
        (Section::Petitions, tally(0, 1, 0, 0)),
        (Section::Campaigns, tally(0, 1, 0, 0)),
    ];
    assert_eq!(changes(&report), expected);
    world.read(|c| {
        let codes: Vec<String> = kinds::table.order(kinds::position).select(kinds::code).load(c)?;
        assert_eq!(codes, ["ngo", "guild"]);
        let since: Vec<Option<Day>> = supporter_statuses::table
            .filter(supporter_statuses::since.is_not_null())
            .select(supporter_statuses::since)
            .load(c)?;
        assert_eq!(since, [Some("2020-01-03".parse().unwrap())]);
        let standing: Vec<String> =
            derogations::table.filter(derogations::withdrawn_at.is_null()).select(derogations::reason).load(c)?;
        assert_eq!(standing, ["So it is."]);
        assert_eq!(derogations::table.count().get_result::<i64>(c)?, 2);
        Ok(())
    });
    assert!(load(world.db(), &file).unwrap().is_unchanged());
}

#[test]
fn a_renamed_supporter_keeps_its_former_name_and_its_address() {
    let world = small();
    let renamed = changed(SMALL, &[("\"Night Watch\"\nsector", "\"Day Watch\"\nslug = \"night-watch\"\nsector")]);
    let renamed = renamed.replace("\"Night Watch\"]", "\"Day Watch\"]").replace("[\"Night Watch\"", "[\"Day Watch\"");
    let report = load(world.db(), &renamed).unwrap();
    assert_eq!(changes(&report), [(Section::Supporters, Tally { changed: 1, unchanged: 2, ..Tally::default() })]);
    world.read(|c| {
        let entry: (String, String, String) = supporters::table
            .filter(supporters::slug.eq("night-watch"))
            .select((supporters::name, supporters::folded_name, supporters::search_text))
            .get_result(c)?;
        assert_eq!(entry, ("Day Watch".into(), "day watch".into(), "day watch night watch".into()));
        let former: Vec<(String, Instant)> =
            supporter_former_names::table.select((supporter_former_names::name, supporter_former_names::until)).load(c)?;
        assert_eq!(former, [("Night Watch".into(), instant("2026-09-02T09:00:00Z"))]);
        assert_eq!(seated(c, 4)?, ["night-watch", "third-seat"]);
        Ok(())
    });
    let found = |q: &str| world.get(&format!("/supporters?q={q}")).expect(200).json()["items"].as_array().unwrap().len();
    assert_eq!((found("night"), found("day")), (1, 1));
    // Back again: a name that it has is no former one.
    world.load(SMALL);
    let former = world.read(|c| Ok(supporter_former_names::table.select(supporter_former_names::name).load::<String>(c)?));
    assert_eq!(former, ["Day Watch"]);
}

#[test]
fn changed_seats_end_where_others_begin() {
    let world = small();
    let file =
        changed(SMALL, &[("[\"Republique des oiseaux\", \"Night Watch\"]", "[\"Third Seat\", \"République des Oiseaux\"]")]);
    let report = load(world.db(), &file).unwrap();
    let seats = Tally { made: 1, changed: 1, removed: 1, unchanged: 2 };
    assert_eq!(report.of(Section::CoChairSeats), seats);
    world.read(|c| {
        assert_eq!(seated(c, 3)?, ["third-seat", "republique-des-oiseaux"]);
        let intervals: Vec<(Instant, Option<Instant>)> = co_chair_seats::table
            .inner_join(working_groups::table)
            .filter(working_groups::number.eq(3))
            .order((co_chair_seats::since, co_chair_seats::until))
            .select((co_chair_seats::since, co_chair_seats::until))
            .load(c)?;
        let (began, now) = (instant("2021-03-01T03:00:00Z"), instant("2026-09-02T09:00:00Z"));
        assert_eq!(intervals.len(), 3);
        for interval in [(began, Some(now)), (began, None), (now, None)] {
            assert!(intervals.contains(&interval), "{interval:?} {intervals:?}");
        }
        Ok(())
    });
    // With a later day as of which the file speaks, seats change on that day.
    let later = changed(SMALL, &[("as_of = 2021-03-01", "as_of = 2026-09-10")]);
    world.at("2026-09-20T00:00:00Z");
    load(world.db(), &later).unwrap();
    let began: Vec<Instant> = world.read(|c| {
        let open = co_chair_seats::table.filter(co_chair_seats::until.is_null());
        Ok(open.order(co_chair_seats::since.desc()).select(co_chair_seats::since).load(c)?)
    });
    assert_eq!(began[0], instant("2026-09-10T03:00:00Z"));
}

#[test]
fn what_people_changed_stays_until_the_file_says_something_new_of_it() {
    let world = small();
    let set = |website: &'static str| {
        world.write(move |tx| {
            let entry = supporters::table.filter(supporters::slug.eq("third-seat"));
            let changes = (supporters::website.eq(website), supporters::version.eq(supporters::version + 1));
            Ok(diesel::update(entry).set(changes).execute(&mut **tx)?)
        });
    };
    let entry = || {
        world.read(|c| {
            let entry = supporters::table.filter(supporters::slug.eq("third-seat"));
            Ok(entry.select((supporters::website, supporters::country)).get_result::<(Option<String>, Option<String>)>(c)?)
        })
    };
    set("https://people.example");
    world.load(SMALL);
    load(world.db(), &changed(SMALL, &[("country = \"KE\"\nwebsite", "country = \"TZ\"\nwebsite")])).unwrap();
    assert_eq!(entry(), (Some("https://people.example".into()), Some("TZ".into())));
    load(world.db(), &changed(SMALL, &[("website = \"https://third.example\"\n", "")])).unwrap();
    assert_eq!(entry(), (None, Some("KE".into())));
}

#[test]
fn removing_what_is_in_use_is_refused_with_its_users() {
    let world = small();
    // Someone came otherwise than by the file.
    world.write(|tx| {
        let id: SupporterId = tx.new_id();
        let now = tx.now();
        let row = (supporters::id.eq(id), supporters::slug.eq("another"), supporters::name.eq("Another"));
        let rest =
            (supporters::folded_name.eq("another"), supporters::search_text.eq("another"), supporters::source.eq("application"));
        let status = (supporters::status.eq("pending"), supporters::endorsed_key.eq(""), supporters::kind.eq("union"));
        let stamps = (supporters::version.eq(1), supporters::created_at.eq(now), supporters::updated_at.eq(now));
        diesel::insert_into(supporters::table).values((row, rest, status, stamps)).execute(&mut **tx)?;
        let commitment = (supporter_principles::supporter_id.eq(id), supporter_principles::principle.eq(2));
        diesel::insert_into(supporter_principles::table).values(commitment).execute(&mut **tx)?;
        Ok(())
    });
    let without_union = changed(SMALL, &[("[[kinds]]\ncode = \"union\"\nname = \"Union\"\n", "")]);
    assert_eq!(
        refused(&world, &without_union),
        ["kinds no longer has \"union\", which supporters use: Another. Keep it, or change them first"]
    );
    let without_two = changed(SMALL, &[("[[principles]]\nnumber = 2\ntitle = \"Two\"\nsummary = \"The second.\"\n", "")]);
    assert_eq!(
        refused(&world, &without_two),
        ["principles no longer have number 2, which is in use: Another. Keep it, or take it from them first"]
    );
    // All at once.
    let both = changed(&without_union, &[("[[principles]]\nnumber = 2\ntitle = \"Two\"\nsummary = \"The second.\"\n", "")]);
    assert_eq!(refused(&world, &both).len(), 2);

    let fourth = "[[groups]]\nnumber = 4\ntitle = \"Both of one kind\"\nco_chairs = [\"Night Watch\", \"Third Seat\"]\n\
         derogation = { waives = [\"sectors\"], reason = \"So it was.\" }\n";
    let without_group = changed(SMALL, &[(fourth, "")]);
    let left_out = refused(&world, &without_group);
    assert_eq!(left_out, ["groups no longer have group 4, which is active: keep it, and conclude or withdraw it instead"]);
    let third = "[[supporters]]\nname = \"Third Seat\"\nsector = \"civil_society\"\ncountry = \"KE\"\nwebsite = \"https://third.example\"\n";
    let left_out = refused(&world, &changed(&without_group, &[(third, "")]));
    assert_eq!(left_out.len(), 2);
    assert!(left_out[0].contains("\"Third Seat\"") && left_out[0].contains("withdraw it"), "{left_out:?}");
    let edition = SMALL.split_once("[[forum_editions]]").unwrap().1.split_once("[[consultations]]").unwrap().0;
    let left_out = refused(&world, &changed(SMALL, &[(&format!("[[forum_editions]]{edition}"), "")]));
    assert_eq!(left_out, ["forum editions no longer have 2021, which is planned: keep it, and cancel it instead"]);
    // In use by a supporter of the file itself: the file is faulty then.
    let faults = refused(&world, &changed(SMALL, &[("[[kinds]]\ncode = \"ngo\"\nname = \"NGO\"\n", "")]));
    assert!(faults[0].contains("\"ngo\" is no kind of [[kinds]]"), "{faults:?}");
}

#[test]
fn moves_of_a_status_are_those_that_exist() {
    let world = small();
    let to =
        |status: &str| changed(SMALL, &[("mandate = \"To watch.\"", &format!("mandate = \"To watch.\"\nstatus = {status:?}"))]);
    let said = refused(&world, &to("proposed"));
    assert!(said[0].starts_with("groups[0] has the status proposed, but what is active cannot become proposed"), "{said:?}");
    load(world.db(), &to("concluded")).unwrap();
    let said = refused(&world, SMALL);
    assert!(said[0].contains("needs a reason"), "{said:?}");
    let held = |status: &str| to("concluded").replace("year = 2021", &format!("year = 2021\nstatus = {status:?}"));
    load(world.db(), &held("open")).unwrap();
    load(world.db(), &held("held")).unwrap();
    let said = refused(&world, &held("open"));
    assert!(said[0].starts_with("forum_editions[0] has the status open, but what is held"), "{said:?}");
}

#[test]
fn new_seats_are_judged_as_the_register_knows_their_supporters() {
    let world = small();
    world.write(|tx| {
        let entry = supporters::table.filter(supporters::slug.eq("third-seat"));
        Ok(diesel::update(entry).set((supporters::status.eq("withdrawn"), supporters::sector.eq("state"))).execute(&mut **tx)?)
    });
    let file =
        changed(SMALL, &[("[\"Republique des oiseaux\", \"Night Watch\"]", "[\"Republique des oiseaux\", \"Third Seat\"]")]);
    let said = refused(&world, &file);
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(
        said[0].starts_with("groups[0] violates the co-chair rule (not_endorsed) as the register has its supporters"),
        "{said:?}"
    );
    assert!(said[1].contains("(sectors)"), "{said:?}");
}

#[test]
fn new_seats_stand_on_the_derogation_that_the_group_has_now() {
    let world = small();
    let file = changed(SMALL, &[("[\"Night Watch\", \"Third Seat\"]", "[\"Third Seat\", \"Night Watch\"]")]);
    world.write(|tx| {
        let now = tx.now();
        Ok(diesel::update(derogations::table).set(derogations::withdrawn_at.eq(now)).execute(&mut **tx)?)
    });
    let said = refused(&world, &file);
    assert!(said.len() == 1 && said[0].starts_with("groups[1] violates the co-chair rule (sectors)"), "{said:?}");
    // The file says nothing new of the derogation, so that it is not granted again.
    assert!(world.load(&SMALL.replace("weeks = 2", "weeks = 3")).of(Section::Derogations) == Tally::default());
    let again = file.replace("So it was.", "So it is again.");
    assert_eq!(world.load(&again).of(Section::Derogations), made(1));
}

#[test]
fn a_faulty_file_names_every_fault_and_leaves_nothing() {
    let world = World::new();
    let file =
        changed(SMALL, &[("country = \"DE\"", "country = \"XX\""), ("weeks = 2", "weeks = 0"), ("total = 10", "sum = 10")]);
    let faults = refused(&world, &file);
    for wanted in ["supporters[1].country", "campaigns[0].weeks", "register_milestones[0].sum", "register_milestones[0].total"] {
        assert!(faults.iter().any(|fault| fault.starts_with("line ") && fault.contains(wanted)), "{wanted}: {faults:#?}");
    }
}

#[test]
fn a_load_that_fails_at_its_end_leaves_nothing() {
    let world = small();
    let drop = "DROP TABLE register_milestones";
    world.write(|tx| Ok(diesel::sql_query(drop).execute(&mut **tx)?));
    let before = dump(world.db());
    let file = changed(SMALL, &[("name = \"Small Call\"", "name = \"Smaller Call\""), ("To watch.", "To look.")]);
    assert!(matches!(load(world.db(), &file), Err(LoadFault::Failed(_))));
    assert_eq!(differences(&before, &dump(world.db())), Vec::<String>::new());
}

#[test]
fn loads_at_the_same_time_follow_each_other() {
    let world = World::new();
    let barrier = std::sync::Barrier::new(4);
    let reports: Vec<Report> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..4)
            .map(|_| {
                let db = world.beside_db();
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    load(&db, PARIS_CALL).unwrap()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(reports.iter().filter(|report| report.is_unchanged()).count(), 3);
    assert_eq!(world.get("/supporters?total=true").expect(200).json()["total"], 24);
}

#[test]
fn the_command_migrates_loads_and_names_every_fault() {
    let home = Home::copied();
    let files = tempfile::TempDir::new().unwrap();
    let run = |text: &str| {
        let path = files.path().join("call.toml");
        std::fs::write(&path, text).unwrap();
        end(plenary_on(&home, files.path(), &["load", path.to_str().unwrap()]))
    };
    let faulty = run(&changed(SMALL, &[("country = \"DE\"", "country = \"XX\""), ("weeks = 2", "weeks = 0")])).failure();
    assert!(
        faulty.contains("was not loaded") && faulty.contains("supporters[1].country") && faulty.contains("campaigns[0].weeks")
    );
    assert!(faulty.lines().skip(1).all(|line| line.starts_with("line ")), "{faulty}");
    let loaded = run(SMALL).well();
    assert!(loaded.stdout.contains("supporters: 3 made\n") && loaded.stdout.contains("Loaded "), "{loaded:?}");
    let again = run(SMALL).well();
    assert!(again.stdout.contains("supporters: 3 unchanged\n") && again.stdout.contains("nothing changed"), "{again:?}");
    let refused = run(&changed(SMALL, &[("year = 2021", "year = 2022"), ("= 2021-11-1", "= 2022-11-1")])).failure();
    assert!(refused.contains("stands against it") && refused.contains("no longer have 2021"), "{refused}");
    let missing = end(plenary_on(&home, files.path(), &["load", "/nowhere.toml"])).failure();
    assert!(missing.contains("cannot read /nowhere.toml"), "{missing}");
}

#[test]
fn a_process_killed_while_it_loads_leaves_all_or_nothing() {
    let supporters = (0..1500).map(|n| format!("[[supporters]]\nname = \"Supporter {n} of many\"\ncountry = \"FR\"\n"));
    let file = format!("{SMALL}{}", supporters.collect::<String>());
    let files = tempfile::TempDir::new().unwrap();
    let path = files.path().join("call.toml");
    std::fs::write(&path, file).unwrap();
    let home = Home::copied();
    let db = crate::process::database(&home);
    let before = dump(&db);
    let loaded = || dump(&db).iter().filter(|line| line.starts_with("supporters ")).count();
    for milliseconds in [50, 200, 400, 800] {
        let mut child = plenary_on(&home, files.path(), &["load", path.to_str().unwrap()]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
        if loaded() == 0 {
            assert_eq!(differences(&before, &dump(&db)), Vec::<String>::new(), "killed after {milliseconds} ms");
        }
    }
    end(plenary_on(&home, files.path(), &["load", path.to_str().unwrap()])).well();
    assert_eq!(loaded(), 1503);
}
