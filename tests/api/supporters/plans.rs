//! How the databases plan what the register asks them: by index, whatever is filtered and however it is sorted.

use std::sync::{Arc, Mutex};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use plenary::db::{AnyConnection, Tap};
use plenary::error::Error;
use plenary::supporters::Status;

use super::seed::{add, call, entry, group};
use crate::world::World;

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    step: String,
}

/// The steps in which the database would run a statement, whatever is bound to it.
fn plan(connection: &mut AnyConnection, statement: &str) -> Result<Vec<String>, Error> {
    match connection {
        AnyConnection::Sqlite(c) => {
            let steps = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load::<SqliteStep>(c)?;
            Ok(steps.into_iter().map(|step| step.detail).collect())
        }
        AnyConnection::Postgres(c) => {
            // With few rows scanning and sorting are cheap; forbidden to, it shows whether there is another way.
            c.batch_execute("SET enable_seqscan = off; SET enable_sort = off; SET plan_cache_mode = force_generic_plan")?;
            c.batch_execute(&format!("PREPARE planned AS {statement}"))?;
            let binds = (1..).take_while(|n| statement.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>().join(", ");
            let execute = if binds.is_empty() { "planned".to_owned() } else { format!("planned({binds})") };
            let steps = diesel::sql_query(format!("EXPLAIN EXECUTE {execute}")).load::<PostgresStep>(c)?;
            c.batch_execute("DEALLOCATE planned")?;
            Ok(steps.into_iter().map(|step| step.step).collect())
        }
    }
}

/// Whether a step reads a table from end to end, though not in the order of an index.
fn scans(step: &str) -> bool {
    let step = step.trim_start_matches([' ', '-', '>']);
    let table = step.strip_prefix("SCAN ").filter(|table| !table.starts_with('(') && !table.contains("INDEX"));
    table.is_some() || step.starts_with("Seq Scan")
}

/// Whether a step sorts rows instead of reading them in order.
fn sorts(step: &str) -> bool {
    step.contains("USE TEMP B-TREE FOR ORDER BY") || step.trim_start_matches([' ', '-', '>']).starts_with("Sort ")
}

/// A world that keeps every statement it sends.
fn watched() -> (World, Arc<Mutex<Vec<String>>>) {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = seen.clone();
    let tap = Tap::with(move |statement| log.lock().unwrap().push(statement.to_owned()));
    let world = World::setup().database(|options| options.tap = tap).options(|options| options.cache_bytes = 0).start();
    call(&world);
    let ids = add(
        &world,
        &[
            entry("Alpha").country("FR").endorsed("2019-01-01").formerly("Beta").principles(&[1]),
            entry("Gamma").endorsed("2019-01-01").then(Status::Withdrawn, "2020-01-01"),
            entry("Delta").endorsed("2019-01-01"),
        ],
    );
    group(&world, 4, "norms", &[(ids[0], "2021-01-01T00:00:00Z", None)]);
    (world, seen)
}

/// The plans of what a GET sends about the register: each statement with its steps.
fn plans_of(world: &World, seen: &Mutex<Vec<String>>, path: &str) -> Vec<(String, Vec<String>)> {
    seen.lock().unwrap().clear();
    world.get(path).expect(200);
    let statements: Vec<String> = seen.lock().unwrap().drain(..).collect();
    let about = statements.iter().map(|text| text.split(" -- binds:").next().unwrap_or_default().to_owned());
    // The call's own tables have a few rows, and are read whole on purpose.
    let about: Vec<_> = about.filter(|text| text.starts_with("SELECT") && text.contains("supporter")).collect();
    assert!(!about.is_empty(), "{path}: {statements:?}");
    about.into_iter().map(|text| (text.clone(), world.read(|c| plan(c, &text)))).collect()
}

const FILTERS: &[&str] = &[
    "",
    "&sector=state",
    "&kind=ngo",
    "&country=FR",
    "&region=europe",
    "&principle=1",
    "&group=4",
    "&q=alpha",
    "&q=al",
    "&endorsed_from=2019-01-01",
    "&endorsed_to=2019-01-01",
    "&as_of=2019-06-01",
    "&as_of=2019-06-01&endorsed_from=2019-01-01&endorsed_to=2019-01-31",
    "&sector=state&country=FR&principle=1&q=alpha&as_of=2019-06-01",
];

#[test]
fn nothing_asked_of_the_register_reads_a_table_from_end_to_end() {
    let (world, seen) = watched();
    let lists = FILTERS.iter().flat_map(|filter| {
        ["name", "-name", "endorsed_on", "-created_at"].map(|sort| format!("/supporters?total=true&limit=1&sort={sort}{filter}"))
    });
    let others = ["/supporters/alpha", "/supporters/stats", "/supporters/stats?as_of=2019-06-01&since=2019-01-01"];
    for path in lists.chain(others.map(str::to_owned)) {
        for (statement, steps) in plans_of(&world, &seen, &path) {
            assert!(!steps.is_empty() && !steps.iter().any(|step| scans(step)), "{path}\n{statement}\n{}", steps.join("\n"));
        }
    }
}

#[test]
fn pages_are_read_in_their_order_and_not_sorted() {
    let (world, seen) = watched();
    let ordered =
        ["", "&as_of=2019-06-01", "&sector=state", "&kind=ngo", "&country=FR", "&region=europe", "&principle=1", "&q=al"];
    for filter in ordered {
        let sorts_to_try: &[&str] = if filter.is_empty() || filter.contains("as_of") {
            &["name", "-name", "endorsed_on", "-endorsed_on", "created_at", "-created_at"]
        } else {
            &["name", "-name"]
        };
        for sort in sorts_to_try {
            let first = format!("/supporters?limit=1&sort={sort}{filter}");
            let cursor = world.get(&first).expect(200).json()["next_cursor"].as_str().map(|next| format!("&cursor={next}"));
            for path in [Some(first.clone()), cursor.map(|cursor| first + &cursor)].into_iter().flatten() {
                let (statement, steps) =
                    plans_of(&world, &seen, &path).into_iter().find(|(text, _)| text.contains("LIMIT")).unwrap();
                assert!(!steps.iter().any(|step| sorts(step)), "{path}\n{statement}\n{}", steps.join("\n"));
            }
        }
    }
}

#[test]
fn statistics_are_counted_along_an_index() {
    let (world, seen) = watched();
    let groups = |step: &str| step.contains("USE TEMP B-TREE") || step.contains("Sort  (");
    for (statement, steps) in plans_of(&world, &seen, "/supporters/stats") {
        // Only endorsements that have ended are joined, and grouped in memory.
        if statement.contains("GROUP BY") && !statement.contains("JOIN") {
            assert!(!steps.iter().any(|step| groups(step)), "{statement}\n{}", steps.join("\n"));
        }
    }
}

#[test]
fn a_scan_would_be_seen() {
    let (world, _) = watched();
    let steps = world.read(|c| plan(c, "SELECT statement FROM supporters WHERE website = 'x' ORDER BY statement"));
    assert!(steps.iter().any(|step| scans(step)) && steps.iter().any(|step| sorts(step)), "{steps:?}");
}
