//! Groups at work: 30,000 memberships and 10,000 deliverables of one Forum, read by who is signed in. One request at a time, since what
//! counts is what one costs.

use std::io::Write as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use plenary::db::{AnyConnection, DbError};

use crate::client::Connection;
use crate::database::{Engine, Home};
use crate::process::{self, Server, plenary};
use crate::seed::{AT, GROUPS, Insert, id};
use crate::{Fault, Mode};

const MEMBERSHIPS: u32 = 30_000;
const DELIVERABLES: u32 = 10_000;
const PERSONS: u32 = 3_000;
pub const EMAIL: &str = "work@example.org";
const PASSWORD: &str = "a fine day for a walk";

/// Fills the groups that `seed` made.
pub fn seed(home: &Home) -> Result<(), Fault> {
    let db = home.open()?;
    db.write_blocking(&mut |tx| fill(tx))?;
    if home.engine == Engine::Postgres {
        db.connect()?.batch_execute("VACUUM ANALYZE")?;
    }
    Ok(())
}

fn fill(c: &mut AnyConnection) -> Result<(), DbError> {
    let (at, one) = (Some(AT), Some("1"));
    c.batch_execute(&format!(
        "INSERT INTO forum_editions (id, year, name, city, country, time_zone, starts_on, ends_on, submission_deadline, status, version, created_at, updated_at) \
         VALUES ('{}', 2031, 'Forum 2031', 'Paris', 'FR', 'Europe/Paris', '2031-11-11', '2031-11-13', '2031-10-11', 'planned', 1, '{AT}', '{AT}')",
        id(6, 1)
    ))?;
    let mut persons = Insert::into(
        "persons (id, email, folded_email, email_verified_at, display_name, role, address_lapsed, search_text, version, created_at, updated_at)",
    );
    for n in 0..PERSONS {
        let (person, email) = (id(7, n), format!("p{n}@example.org"));
        let name = format!("Person {n}");
        persons.row(&[&[
            Some(&person),
            Some(&email),
            Some(&email),
            at,
            Some(&name),
            Some("person"),
            Some("0"),
            Some(&name),
            one,
            at,
            at,
        ]]);
    }
    persons.send(c)?;
    let mut memberships =
        Insert::into("memberships (id, group_id, person_id, body, role, status, since, version, created_at, updated_at)");
    // Groups beyond the call's own have ids that tell their number.
    let group = |n: u32| id(4, 7 + n % (GROUPS - 6));
    for n in 0..MEMBERSHIPS {
        let (membership, group, person) = (id(8, n), group(n), id(7, (n / (GROUPS - 6) * 31 + n * 7) % PERSONS));
        memberships.row(&[&[
            Some(&membership),
            Some(&group),
            Some(&person),
            Some("Body"),
            Some("member"),
            Some("active"),
            at,
            one,
            at,
            at,
        ]]);
        if n % 500 == 499 {
            // Two of one person in one group would be one too many: the first stands.
            memberships.send_or_skip(c)?;
        }
    }
    memberships.send_or_skip(c)?;
    let mut deliverables = Insert::into(
        "deliverables (id, group_id, number, reference, title, folded_title, kind, status, due_on, progress, forum_edition_id, binds_no_supporter, search_text, version, created_at, updated_at)",
    );
    let mut milestones = Insert::into("milestones (id, deliverable_id, title, due_on, version, created_at, updated_at)");
    for n in 0..DELIVERABLES {
        let (deliverable, group, number) = (id(9, n), group(n), (n / (GROUPS - 6) + 1).to_string());
        let reference = format!("WG{}-D{number}", 7 + n % (GROUPS - 6));
        let title = format!("What group {} found out, part {number}", n % GROUPS);
        let status = ["planned", "in_progress", "submitted", "approved"].get(n as usize % 4).copied();
        let due = format!("2031-{:02}-{:02}", n % 10 + 1, n % 28 + 1);
        let (progress, edition) = ((n % 101).to_string(), id(6, 1));
        deliverables.row(&[
            &[
                Some(&deliverable),
                Some(&group),
                Some(&number),
                Some(&reference),
                Some(&title),
                Some(&title),
                Some("report"),
                status,
            ],
            &[Some(&due), Some(&progress), Some(&edition), Some("0"), Some(&title), one, at, at],
        ]);
        milestones.row(&[&[Some(&id(10, n)), Some(&deliverable), Some("A first draft"), Some(&due), one, at, at]]);
        if n % 500 == 499 {
            deliverables.send(c)?;
            milestones.send(c)?;
        }
    }
    Ok(())
}

/// Makes the account that reads.
pub fn employ(home: &Home) -> Result<(), Fault> {
    let mut create =
        plenary(home).args(["admin", "create", EMAIL, "--password-stdin"]).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
    if let Some(mut input) = create.stdin.take() {
        writeln!(input, "{PASSWORD}")?;
    }
    if create.wait()?.success() { Ok(()) } else { Err("`plenary admin create` failed; run it by hand to see why".into()) }
}

/// What each read costs, to the secretariat: unchanged since the last, or as if changed each time.
pub async fn measure(home: &Home, mode: Mode, workers: u16) -> Result<(), Fault> {
    let server = Server::product(home, mode, workers).await?;
    let mut connection = Connection::open(server.address).await?;
    let login = format!(r#"{{"email":"{EMAIL}","password":"{PASSWORD}"}}"#);
    let tokens: serde_json::Value = serde_json::from_slice(&connection.post("/api/v1/auth/login", &login).await?)?;
    let token = tokens.get("access_token").and_then(|token| token.as_str()).ok_or("no access token")?.to_owned();
    println!(
        "\n{}, {}, signed in, one request at a time ({MEMBERSHIPS} memberships, {DELIVERABLES} deliverables of one Forum):",
        home.engine,
        mode.name()
    );
    let group = id(4, GROUPS / 2);
    let reads = [
        "/board?forum_year=2031".to_owned(),
        format!("/board?group={group}"),
        "/board.svg?forum_year=2031".to_owned(),
        "/me/tasks".to_owned(),
        format!("/groups/{group}"),
        format!("/groups/{group}/memberships?limit=50"),
        format!("/groups/{group}/timeline"),
        "/deliverables?limit=50&sort=due_on".to_owned(),
        "/deliverables?limit=50&forum_year=2031&health=late".to_owned(),
    ];
    for read in reads {
        let path = format!("/api/v1{read}");
        let bytes = connection.get_as(&path, &token).await?.len();
        let before = process::cpu(&server, home)?;
        let (start, mut times) = (Instant::now(), Vec::new());
        while start.elapsed() < Duration::from_secs(3) {
            let sent = Instant::now();
            connection.get_as(&path, &token).await?;
            times.push(sent.elapsed());
        }
        let spent = process::cpu(&server, home)?.since(&before).unwrap_or_default();
        times.sort_unstable();
        let median = times.get(times.len() / 2).copied().unwrap_or_default();
        let cpu = spent.as_secs_f64() * 1000.0 / times.len().max(1) as f64;
        println!("  {read}: median {:.2} ms, CPU {cpu:.2} ms, {bytes} bytes", median.as_secs_f64() * 1000.0);
    }
    Ok(())
}
