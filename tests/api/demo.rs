//! The demo: one command from nothing to the Paris Call, served.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::process::Command;

use plenary::time::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Running, ask, end, eventually, plenary_on};
use crate::world::{Home, PARIS_CALL};

/// A command on what the demo works on. Where there is a file for it, that is its own: ./data.
fn there(home: &Home, directory: &Path, arguments: &[&str]) -> Command {
    let mut command = plenary_on(home, directory, arguments);
    if matches!(home, Home::Sqlite(_)) {
        command.env_remove("PLENARY_DATABASE_URL").env_remove("PLENARY_DATA_DIR");
    }
    command.current_dir(directory);
    command
}

fn demo(home: &Home, directory: &Path) -> (Running, Vec<String>) {
    let mut server = Running::start(there(home, directory, &["demo"]));
    let lines = server.lines_until("Ctrl-C");
    (server, lines)
}

/// What the demo serves, instants and all.
fn everything(server: &Running) -> Vec<Value> {
    ["/call", "/groups", "/principles", "/supporters?limit=200", "/forum-editions", "/deliverables?limit=200"]
        .map(|path| server.ask("GET", &format!("/api/v1{path}")).expect(200).json())
        .to_vec()
}

/// Role, standing, affiliation, groups of which somebody is a member, groups in which it sits.
type Role = (&'static str, &'static str, &'static str, &'static [i64], &'static [i64]);

/// The demo's people.
const ROLES: [Role; 11] = [
    ("administrator", "administrator", "", &[], &[]),
    ("secretariat", "secretariat", "", &[], &[]),
    ("focal_point", "person", "focal_point", &[], &[]),
    ("representative", "person", "representative", &[], &[]),
    ("co_chair", "person", "representative", &[], &[101, 103, 104]),
    ("second_co_chair", "person", "representative", &[], &[101, 103, 104]),
    ("lead", "person", "representative", &[101], &[]),
    ("member", "person", "representative", &[101, 102], &[]),
    ("observer", "person", "", &[101], &[]),
    ("applicant", "person", "representative", &[], &[102]),
    ("person", "person", "", &[], &[]),
];

/// The numbers of the groups of what is listed and stands, ascending.
fn numbers(listed: &Value) -> Vec<i64> {
    let stands = |item: &&Value| item["status"].as_str().is_none_or(|status| status == "active");
    let mut numbers: Vec<_> =
        listed.as_array().unwrap().iter().filter(stands).map(|item| item["group"]["number"].as_i64().unwrap()).collect();
    numbers.sort_unstable();
    numbers
}

/// The bearer token of who signs in so; `None` where that is refused.
fn sign_in(server: &Running, email: &str, password: &str) -> Option<String> {
    let body = json!({"email": email, "password": password});
    let reply = ureq::post(server.url("/api/v1/auth/login")).send_json(&body).ok()?;
    let tokens: Value = reply.into_body().read_json().unwrap();
    Some(format!("Bearer {}", tokens["access_token"].as_str().unwrap()))
}

/// What somebody reads below `/api/v1`.
fn asked(server: &Running, bearer: &str, path: &str) -> Value {
    let reply = ureq::get(server.url(&format!("/api/v1{path}"))).header("Authorization", bearer).call();
    reply.unwrap_or_else(|why| panic!("{path}: {why}")).into_body().read_json().unwrap()
}

/// The words that `field` has in a list, each once.
fn words(list: &Value, field: &str) -> BTreeSet<String> {
    let items = list["items"].as_array().unwrap().iter();
    items.flat_map(|item| item[field].as_array().cloned().unwrap_or_else(|| vec![item[field].clone()])).map(text).collect()
}

fn text(value: Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn set(words: &[&str]) -> BTreeSet<String> {
    words.iter().map(ToString::to_string).collect()
}

/// The demo shows everything that working groups come to.
fn every_state_is_there(server: &Running, bearers: &HashMap<&str, String>) {
    let groups = server.ask("GET", "/api/v1/groups?limit=200").expect(200).json();
    assert_eq!(words(&groups, "status"), set(&["proposed", "active", "suspended", "concluded", "withdrawn"]));
    let made_up = groups["items"].as_array().unwrap().iter().filter(|group| group["number"].as_i64().unwrap() > 100);
    assert!(made_up.clone().count() == 6 && made_up.clone().all(|group| group["title"].as_str().unwrap().starts_with("Demo")));
    let unbalanced = server.ask("GET", "/api/v1/groups/102").expect(200).json();
    assert_eq!(unbalanced["co_chair_balance"]["balanced"], false, "{unbalanced}");
    assert!(unbalanced["co_chairs"].as_array().unwrap().iter().any(|seat| seat["person"].is_null()), "{unbalanced}");

    let secretariat = &bearers["secretariat"];
    let deliverables = asked(server, secretariat, "/deliverables?limit=200");
    let statuses = ["planned", "in_progress", "submitted", "approved", "presented", "dropped"];
    assert_eq!(words(&deliverables, "status"), set(&statuses));
    assert_eq!(words(&deliverables, "health"), set(&["on_track", "at_risk", "late", "done", "dropped"]));
    let why = words(&deliverables, "health_reasons");
    for reason in ["risk_flag", "milestone_overdue", "due_soon", "due_on_passed", "submitted", "approved", "presented", "dropped"]
    {
        assert!(why.contains(reason), "{reason}: {why:?}");
    }
    let waiting = asked(server, &bearers["co_chair"], "/groups/101/memberships?status=requested");
    assert_eq!(waiting["items"].as_array().unwrap().len(), 2, "{waiting}");
    let tasks = asked(server, &bearers["co_chair"], "/me/tasks");
    assert!(!tasks["items"].as_array().unwrap().is_empty(), "{tasks}");
    let meetings = asked(server, &bearers["member"], "/groups/101/meetings");
    assert_eq!(words(&meetings, "status"), set(&["held", "scheduled"]));
    assert_eq!(words(&meetings, "minutes_status"), set(&["published", "draft"]));
    assert_eq!(asked(server, &bearers["observer"], "/deliverables/WG101-D3/comments")["items"].as_array().unwrap().len(), 3);
    assert_eq!(
        asked(server, &bearers["member"], "/deliverables/WG101-D3/acknowledgements")["items"].as_array().unwrap().len(),
        1
    );
    let result = ask("GET", &server.url("/api/v1/deliverables/WG101-D1/versions/1/content")).expect(200);
    assert!(result.body.starts_with(b"%PDF-"));
    let rounds = asked(server, secretariat, "/consultations?limit=200");
    assert_eq!(words(&rounds, "status"), set(&["published", "open"]));
    let open = rounds["items"].as_array().unwrap().iter().find(|round| round["status"] == "open").unwrap();
    let path = format!("/consultations/{}", open["slug"].as_str().unwrap());
    assert_eq!(asked(server, &bearers["representative"], &format!("{path}/contribution"))["status"], "submitted");
    assert_eq!(asked(server, &bearers["applicant"], &format!("{path}/contribution"))["status"], "draft");
    let toolkit = "/consultations/demo-round-what-the-toolkit-should-hold";
    let results = asked(server, &bearers["member"], &format!("{toolkit}/results"));
    assert_eq!((&results["submitted"], &results["questions"][0]["options"][0]["count"]), (&json!(3), &json!(2)), "{results}");
    let answered = asked(server, &bearers["member"], &format!("{toolkit}/dispositions"));
    assert_eq!(words(&answered, "disposition"), set(&["accepted", "partly_accepted"]));
    // Reminders of today are planned as soon as it is served, and leave a moment later.
    eventually("mails are left in the queue", || {
        words(&asked(server, secretariat, "/admin/mail?limit=200"), "state") == set(&["sent"])
    });
}

#[test]
fn demo_serves_the_call_with_a_forum_to_come_and_changes_nothing_when_run_again() {
    let (home, directory) = (Home::bare(), TempDir::new().unwrap());
    let (server, lines) = demo(&home, directory.path());
    if matches!(home, Home::Sqlite(_)) {
        assert!(directory.path().join("data/plenary.db").exists());
    }
    let shown: Vec<_> = lines.iter().filter_map(|line| Some(&line[line.find("http://")?..])).collect();
    assert!(shown.len() > 5 && shown.iter().any(|url| url.ends_with("/docs/")), "{lines:#?}");
    for url in shown {
        ask("GET", url).expect(200);
    }
    let today = Clock::System.now().utc().date_naive().to_string();
    let editions = server.ask("GET", "/api/v1/forum-editions").expect(200).json();
    let editions = editions["items"].as_array().unwrap();
    let coming: Vec<_> = editions.iter().filter(|edition| edition["starts_on"].as_str().unwrap() > today.as_str()).collect();
    assert_eq!(coming.len(), 1, "{editions:?}");
    assert!(coming[0]["starts_on"].as_str().unwrap().ends_with("-11-11") && coming[0]["status"] == "open");
    assert_eq!(editions.len(), 6);
    let logins: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| line.split(' ').collect::<Vec<_>>())
        .filter(|words| words.len() == 3 && words[1].ends_with("@demo.example"))
        .collect();
    let roles: Vec<_> = logins.iter().map(|login| login[0]).collect();
    assert_eq!(roles, ROLES.map(|(role, ..)| role), "{lines:#?}");
    let mut bearers = HashMap::new();
    for (login, (role, is, affiliated, member, sits)) in logins.iter().zip(ROLES) {
        let bearer = sign_in(&server, login[1], login[2]).expect("signs in");
        let me = asked(&server, &bearer, "/me");
        assert_eq!(me["role"], is, "{me}");
        assert_eq!(me["affiliations"][0]["role"].as_str().unwrap_or_default(), affiliated, "{role}: {me}");
        assert_eq!(numbers(&me["memberships"]), member, "{role}: {me}");
        assert_eq!(numbers(&me["seats"]), sits, "{role}: {me}");
        bearers.insert(role, bearer);
    }
    every_state_is_there(&server, &bearers);
    let before = everything(&server);
    server.signal("TERM");
    assert_eq!(server.end().0.code(), Some(0));

    let (server, again) = demo(&home, directory.path());
    assert_eq!(everything(&server), before);
    assert!(!again.iter().any(|line| line.contains("@demo.example")), "passwords are told once: {again:#?}");
    assert!(sign_in(&server, logins[4][1], logins[4][2]).is_some());
    server.signal("TERM");
    assert_eq!(server.end().0.code(), Some(0));
    // However the story jumps in time, the record holds.
    end(there(&home, directory.path(), &["audit", "verify"])).well();
}

#[test]
fn demo_leaves_another_call_alone() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("call.toml");
    std::fs::write(&file, PARIS_CALL.replace("slug = \"paris-call\"", "slug = \"other-call\"")).unwrap();
    let run = |arguments: &[&str]| end(plenary_on(&home, directory.path(), arguments));
    run(&["load", file.to_str().unwrap()]).well();
    let told = run(&["demo"]).failure();
    assert!(told.contains("holds another call") && told.contains("PLENARY_DATA_DIR"), "{told}");
}
