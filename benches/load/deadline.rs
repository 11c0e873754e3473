//! The last minute of a round: 1,200 supporters submit from 64 connections until after the close, and again with the server killed in the
//! middle. Whatever was answered with success must be there, once each; whatever came too late must be refused for that and nothing else.

use std::sync::Arc;
use std::time::{Duration, Instant};

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use chrono::TimeDelta;
use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use plenary::db::AnyConnection;
use plenary::time::Clock;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::database::{Engine, Home};
use crate::process::Server;
use crate::seed::{AT, Insert, id};
use crate::{Fault, Mode, work};

const SUPPORTERS: u32 = 1_200;
const CONNECTIONS: usize = 64;
const PASSWORD: &str = "a fine day for a walk";
/// Cheap passwords: what is measured is not how long 1,200 people take to log in.
/// And one name at whatever port: who is signed in stays so when the server is another.
const CHEAP: [(&str, &str); 3] = [
    ("PLENARY_AUTH__ARGON2_MEMORY_KIB", "8"),
    ("PLENARY_AUTH__ARGON2_ITERATIONS", "1"),
    ("PLENARY_PUBLIC_URL", "http://plenary.example"),
];
/// From the first submission to the close.
const RUSH: Duration = Duration::from_secs(6);

/// Somebody who answers for a supporter.
struct Contributor {
    token: String,
    /// How many submissions were answered with success, and the text of the last.
    accepted: u32,
    text: String,
    /// Whether the last one was broken off: then it may be there or not.
    is_open: bool,
}

/// What the connections saw.
#[derive(Default)]
struct Seen {
    latencies: Vec<Duration>,
    late: usize,
    broken: usize,
    people: Vec<Contributor>,
}

#[derive(diesel::QueryableByName)]
struct Endorsed {
    #[diesel(sql_type = Text)]
    id: String,
}

/// An account for each of the first supporters.
pub fn seed(home: &Home) -> Result<(), Fault> {
    let params = Params::new(8, 1, 1, None).map_err(|e| e.to_string())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash = argon2.hash_password_with_salt(PASSWORD.as_bytes(), &[7; 16]).map_err(|e| e.to_string())?.to_string();
    let db = home.open()?;
    db.write_blocking(&mut |tx| {
        let c: &mut AnyConnection = tx;
        let sql = format!("SELECT id FROM supporters WHERE status = 'endorsed' ORDER BY folded_name, id LIMIT {SUPPORTERS}");
        let endorsed: Vec<Endorsed> = diesel::sql_query(sql).load(c)?;
        let mut persons = Insert::into(
            "persons (id, email, folded_email, email_verified_at, display_name, role, password_hash, address_lapsed, search_text, version, created_at, updated_at)",
        );
        let mut affiliations = Insert::into("affiliations (id, person_id, supporter_id, role, since, version, created_at, updated_at)");
        let (at, one) = (Some(AT), Some("1"));
        for (n, supporter) in (0..).zip(&endorsed) {
            let (person, email, name) = (id(11, n), email(n), format!("Contributor {n}"));
            let known = [Some(&*person), Some(&email), Some(&email), at, Some(&name), Some("person"), Some(&hash), Some("0"), Some(&name)];
            persons.row(&[&known, &[one, at, at]]);
            affiliations.row(&[&[Some(&id(12, n)), Some(&person), Some(&supporter.id), Some("representative"), at, one, at, at]]);
        }
        persons.send(c)?;
        affiliations.send(c)
    })?;
    if home.engine == Engine::Postgres {
        db.connect()?.batch_execute("VACUUM ANALYZE")?;
    }
    Ok(())
}

fn email(n: u32) -> String {
    format!("contributor{n}@example.org")
}

fn words(value: &Value, name: &str) -> Result<String, Fault> {
    Ok(value.get(name).and_then(Value::as_str).ok_or_else(|| format!("no {name} in {value}"))?.to_owned())
}

/// Signs in; the access token.
pub async fn login(connection: &mut Connection, email: &str) -> Result<String, Fault> {
    let body = json!({"email": email, "password": PASSWORD}).to_string();
    words(&serde_json::from_slice(&connection.post("/api/v1/auth/login", &body).await?)?, "access_token")
}

/// Sends as the secretariat; anything but success is a fault.
async fn run(connection: &mut Connection, method: &str, path: &str, token: &str, body: Value) -> Result<Value, Fault> {
    let (status, answer) = connection.send_as(method, path, token, &body.to_string()).await?;
    if !(200..300).contains(&status) {
        return Err(format!("{method} {path} answered {status}: {}", String::from_utf8_lossy(&answer)).into());
    }
    Ok(if answer.is_empty() { Value::Null } else { serde_json::from_slice(&answer)? })
}

fn instant(after: Duration) -> Result<String, Fault> {
    Ok(Clock::System.now().plus(TimeDelta::from_std(after)?).to_string())
}

/// An open round with one required question; its path and the question.
async fn round(connection: &mut Connection, token: &str, title: &str, closes_in: Duration) -> Result<(String, String), Fault> {
    let new = json!({
        "scope": "call", "title": title, "audience": "supporters", "allowed_visibility": ["attributed", "anonymous"],
        "opens_at": instant(Duration::from_secs(1))?, "closes_at": instant(closes_in)?,
    });
    let made = run(connection, "POST", "/api/v1/consultations", token, new).await?;
    let path = format!("/api/v1/consultations/{}", words(&made, "id")?);
    let asked = json!({"questions": [{"kind": "text", "prompt": "What do you expect?", "required": true, "max_length": 5000}]});
    let questions = run(connection, "PUT", &format!("{path}/questions"), token, asked).await?;
    let question = questions.pointer("/items/0").or_else(|| questions.pointer("/questions/0")).ok_or("no question")?;
    let question = words(question, "id")?;
    run(connection, "POST", &format!("{path}/transitions"), token, json!({"to": "open"})).await?;
    Ok((path, question))
}

/// Both runs on one database.
pub async fn measure(home: &Home, workers: u16) -> Result<(), Fault> {
    let mut server = Server::product_with(home, Mode::Unchanged, workers, &CHEAP).await?;
    let mut connection = Connection::open(server.address).await?;
    let secretariat = login(&mut connection, work::EMAIL).await?;
    let mut tokens = Vec::new();
    for n in 0..SUPPORTERS {
        tokens.push(login(&mut connection, &email(n)).await?);
    }
    for killed in [false, true] {
        let (title, closes_in) = if killed { ("A server dies", RUSH * 100) } else { ("The last minute", RUSH) };
        let (path, question) = round(&mut connection, &secretariat, title, closes_in).await?;
        let seen = Arc::new(tokio::sync::Mutex::new(Seen::default()));
        let mut running = JoinSet::new();
        let start = Instant::now();
        for n in 0..CONNECTIONS {
            let people: Vec<Contributor> = tokens
                .iter()
                .skip(n)
                .step_by(CONNECTIONS)
                .map(|token| Contributor { token: token.clone(), accepted: 0, text: String::new(), is_open: false })
                .collect();
            running.spawn(contribute(server.address, path.clone(), question.clone(), people, seen.clone()));
        }
        if killed {
            tokio::time::sleep(RUSH / 2).await;
            server.kill()?;
        }
        while let Some(finished) = running.join_next().await {
            finished??;
        }
        let elapsed = start.elapsed();
        if killed {
            server = Server::product_with(home, Mode::Unchanged, workers, &CHEAP).await?;
            connection = Connection::open(server.address).await?;
        } else {
            // What it looks like from outside must be what counts.
            let round: Value = serde_json::from_slice(&connection.get_as(&path, &secretariat).await?)?;
            if round.get("status").and_then(Value::as_str) != Some("closed") {
                return Err(format!("the round is not closed: {round}").into());
            }
        }
        let seen = std::mem::take(&mut *seen.lock().await);
        report(home, &mut connection, &path, killed, elapsed, seen).await?;
    }
    Ok(())
}

/// Saves and submits for one after another, again and again, until it is too late or the server is gone.
async fn contribute(
    address: std::net::SocketAddr,
    path: String,
    question: String,
    mut people: Vec<Contributor>,
    seen: Arc<tokio::sync::Mutex<Seen>>,
) -> Result<(), Fault> {
    let mut connection = Connection::open(address).await?;
    let (mut latencies, mut late, mut broken) = (Vec::new(), 0, 0);
    'rounds: for turn in 0.. {
        for (n, person) in people.iter_mut().enumerate() {
            let text = format!("What we expect, said for the {turn}th time by {n}. \u{645}\u{631}\u{62d}\u{628}\u{627}");
            let body = json!({"answers": [{"question_id": question, "value": text}], "visibility": "anonymous"}).to_string();
            for (method, path, body) in
                [("PUT", format!("{path}/contribution"), body.as_str()), ("POST", format!("{path}/contribution/submit"), "{}")]
            {
                let sent = Instant::now();
                person.is_open = method == "POST";
                let (status, answer) = match connection.send_as(method, &path, &person.token, body).await {
                    Ok(answered) => answered,
                    Err(_) => {
                        broken += 1;
                        break 'rounds;
                    }
                };
                latencies.push(sent.elapsed());
                person.is_open = false;
                match status {
                    200..300 if method == "POST" => (person.accepted, person.text) = (person.accepted + 1, text.clone()),
                    200..300 => {}
                    409 if String::from_utf8_lossy(&answer).contains("wrong-state") => {
                        late += 1;
                        break 'rounds;
                    }
                    _ => return Err(format!("{method} answered {status}: {}", String::from_utf8_lossy(&answer)).into()),
                }
            }
        }
    }
    let mut seen = seen.lock().await;
    seen.latencies.extend(latencies);
    seen.late += late;
    seen.broken += broken;
    seen.people.extend(people);
    Ok(())
}

/// Compares what was answered with what is there, and prints how long it took.
async fn report(
    home: &Home,
    connection: &mut Connection,
    path: &str,
    killed: bool,
    elapsed: Duration,
    mut seen: Seen,
) -> Result<(), Fault> {
    let (mut lost, mut there) = (0, 0);
    for person in &seen.people {
        let (status, body) = connection.send_as("GET", &format!("{path}/contribution"), &person.token, "").await?;
        let body: Value = serde_json::from_slice(&body)?;
        let revision = if status == 200 { body.get("revision").and_then(Value::as_u64).unwrap_or_default() } else { 0 };
        let text = body.pointer("/answers/0/value").and_then(Value::as_str).unwrap_or_default();
        let accepted = u64::from(person.accepted);
        // What was broken off may have been done, and nobody heard of it.
        let fits =
            (revision == accepted && (accepted == 0 || text == person.text)) || (person.is_open && revision == accepted + 1);
        lost += usize::from(!fits);
        there += usize::from(revision > 0);
    }
    seen.latencies.sort_unstable();
    let at = |share: f64| {
        let index = (seen.latencies.len() as f64 * share) as usize;
        seen.latencies.get(index.min(seen.latencies.len().saturating_sub(1))).copied().unwrap_or_default().as_secs_f64() * 1000.0
    };
    println!(
        "\n{}: {} supporters, {CONNECTIONS} connections, {}: {} writes in {:.1} s ({:.0}/s), p50 {:.1} ms, p99 {:.1} ms, worst {:.1} ms \
         (target 250); {} contributions there, {} connections refused as too late, {} broken off, {lost} lost or double.",
        home.engine,
        seen.people.len(),
        if killed { "server killed in the middle" } else { "until after the close" },
        seen.latencies.len(),
        elapsed.as_secs_f64(),
        seen.latencies.len() as f64 / elapsed.as_secs_f64(),
        at(0.5),
        at(0.99),
        at(1.0),
        there,
        seen.late,
        seen.broken,
    );
    if lost > 0 { Err("a contribution that was answered with success is not there, or is there twice".into()) } else { Ok(()) }
}
