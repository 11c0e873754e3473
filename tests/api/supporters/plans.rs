//! How the databases plan what the register asks them: by index, whatever is filtered and however it is sorted.

use plenary::supporters::Status;

use super::seed::{add, call, entry, group};
use crate::plans::{Seen, plan, scans, tapped_world};
use crate::world::World;

/// Whether a step sorts rows instead of reading them in order.
fn sorts(step: &str) -> bool {
    step.contains("USE TEMP B-TREE FOR ORDER BY") || step.trim_start_matches([' ', '-', '>']).starts_with("Sort ")
}

/// A small register whose statements are seen.
fn tapped_register() -> (World, Seen) {
    let (world, seen) = tapped_world();
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

/// The plans of what a GET asks about the register: each statement with its steps.
fn plans_of(world: &World, seen: &Seen, path: &str) -> Vec<(String, Vec<String>)> {
    // The call's own tables have a few rows, and are read whole on purpose.
    let about: Vec<_> = seen.reading(world, path).into_iter().filter(|text| text.contains("supporter")).collect();
    assert!(!about.is_empty(), "{path}");
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
    let (world, seen) = tapped_register();
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
    let (world, seen) = tapped_register();
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
    let (world, seen) = tapped_register();
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
    let (world, _) = tapped_register();
    let steps = world.read(|c| plan(c, "SELECT statement FROM supporters WHERE website = 'x' ORDER BY statement"));
    assert!(steps.iter().any(|step| scans(step)) && steps.iter().any(|step| sorts(step)), "{steps:?}");
}
