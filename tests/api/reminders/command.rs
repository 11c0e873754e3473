//! `plenary reminders`.

use serde_json::{Value, json};

use super::community::Community;
use super::{ask_supporters, plan, reminders, submit, write_down};
use crate::process::{Running, end, plenary_on};
use crate::world::World;
use crate::world::cast::Cast;

#[test]
fn the_command_shows_queues_and_delivers() {
    let cast = Cast::new();
    plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    cast.mails();
    let directory = tempfile::TempDir::new().unwrap();
    let run = |arguments: &[&str]| end(plenary_on(cast.home(), directory.path(), arguments)).well();
    let dry = run(&["reminders", "--dry-run", "--on", "2026-09-08"]).stdout;
    assert!(dry.contains("2026-09-08T07:00:00Z deliverable_due") && dry.contains("chair@plenary.test"), "{dry}");
    assert!(dry.ends_with("2 reminders of 2026-09-08 would be queued; nothing was.\n"), "{dry}");
    let lines = run(&["reminders", "--dry-run", "--on", "2026-09-08", "--json"]);
    let lines: Vec<Value> = serde_json::from_str(&lines.stdout).unwrap();
    // Row by row what the schedule says.
    let by = cast.sign_in(&cast.secretary.email);
    let schedule = cast.ask("GET", "/admin/reminders/schedule?until=2026-09-08").by(&by).send().expect(200).json();
    assert_eq!(json!(lines), schedule["items"]);
    assert_eq!((&lines[0]["reason"], lines.len()), (&json!("30 days before it is due on 2026-10-08"), 2));
    assert!(reminders(&cast).is_empty(), "a dry run queues nothing");

    let queued = run(&["reminders", "--on", "2026-09-08"]).stdout;
    assert!(queued.ends_with("Queued 2 reminders of 2026-09-08. No server runs here: this command sent 2 mails.\n"), "{queued}");
    let again = run(&["reminders", "--on", "2026-09-08"]).stdout;
    assert_eq!(again, "Queued 0 reminders of 2026-09-08. Nothing waits for delivery.\n");
    let written = std::fs::read_dir(directory.path().join("data/mail")).unwrap().count();
    assert_eq!(written, 2);

    let server = Running::start(plenary_on(cast.home(), directory.path(), &["serve"]));
    let served = run(&["reminders", "--on", "2026-09-24"]).stdout;
    assert!(served.ends_with("Queued 2 reminders of 2026-09-24. The worker of a running server delivers them.\n"), "{served}");
    drop(server);
}

#[test]
fn a_dry_run_shows_of_a_confidential_round_what_the_schedule_shows() {
    let world = World::new();
    let community = Community::settle(&world, 24);
    let path = ask_supporters(&world, &["attributed", "anonymous"]);
    world.at("2026-09-02T08:00:00Z");
    let directory = tempfile::TempDir::new().unwrap();
    let day = "2026-09-06";
    let rows = || {
        let by = world.sign_in("secretary@plenary.test");
        let until = format!("/admin/reminders/schedule?kind=consultation_closing&limit=200&until={day}");
        let schedule = world.ask("GET", &until).by(&by).send().expect(200).json();
        let dry = end(plenary_on(world.home(), directory.path(), &["reminders", "--dry-run", "--on", day, "--json"])).well();
        (schedule["items"].clone(), serde_json::from_str::<Value>(&dry.stdout).unwrap())
    };
    let (schedule, dry) = rows();
    assert!(schedule.as_array().unwrap().len() > 1, "one row a zone: {schedule:#}");
    assert_eq!(dry, schedule);
    // Where everybody in a zone has answered, its row stays: else it would tell.
    let zones: std::collections::BTreeMap<_, Vec<&str>> =
        community.everybody().fold(Default::default(), |mut zones: std::collections::BTreeMap<String, Vec<&str>>, email| {
            zones.entry(community.zone(email).to_string()).or_default().push(email);
            zones
        });
    for email in zones.values().next().unwrap() {
        let by = world.sign_in(email);
        write_down(&world, &by, &path);
        submit(&world, &by, &path);
    }
    let (later, dry) = rows();
    assert_eq!(later.as_array().unwrap().len(), schedule.as_array().unwrap().len());
    assert_eq!(dry, later);
}
