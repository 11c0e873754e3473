//! The results of a public round with 100,000 contributions: right after a start, when they may not have been counted yet, and from then on.

use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use plenary::db::{AnyConnection, DbError};

use crate::client::Connection;
use crate::database::{Engine, Home};
use crate::process::{self, Server};
use crate::seed::{AT, Insert, id};
use crate::{Fault, Mode, deadline, work};

const CONTRIBUTIONS: u32 = 100_000;

/// A closed round with its contributions; its id.
pub fn seed(home: &Home) -> Result<String, Fault> {
    let db = home.open()?;
    db.write_blocking(&mut |tx| fill(tx))?;
    if home.engine == Engine::Postgres {
        db.connect()?.batch_execute("VACUUM ANALYZE")?;
    }
    Ok(id(13, 1))
}

fn fill(c: &mut AnyConnection) -> Result<(), DbError> {
    let round = id(13, 1);
    c.batch_execute(&format!(
        "INSERT INTO consultations (id, slug, scope, title, audience, allowed_visibility, status, opens_at, closes_at, opened_at, search_text, \
         synthesis_version, questions_version, version, created_at, updated_at) VALUES ('{round}', 'asked-of-everybody', 'call', \
         '{{\"en\":\"Asked of everybody\"}}', 'public', '[\"attributed\",\"anonymous\"]', 'closed', '{AT}', '2026-02-01 00:00:00', '{AT}', \
         'asked of everybody', '1', '1', '1', '{AT}', '{AT}')"
    ))?;
    let options = r#"[{"en":"Trust"},{"en":"Norms"},{"en":"Tools"},{"en":"Skills"}]"#;
    let mut questions = Insert::into(
        "consultation_questions (id, consultation_id, position, kind, prompt, required, options, min, max, max_length)",
    );
    let asked = [
        ("single_choice", true, None),
        ("multiple_choice", true, None),
        ("ranking", true, None),
        ("scale", false, Some("5")),
        ("text", false, None),
    ];
    for (n, (kind, chooses, max)) in (0_u32..).zip(asked) {
        let (question, position) = (id(14, n), n.to_string());
        let length = (kind == "text").then_some("5000");
        let options = chooses.then_some(options);
        let prompt = r#"{"en":"What do you expect?"}"#;
        questions.row(&[&[
            Some(&question),
            Some(&round),
            Some(&position),
            Some(kind),
            Some(prompt),
            Some("1"),
            options,
            None,
            max,
            length,
        ]]);
    }
    questions.send(c)?;
    let mut contributions = Insert::into(
        "contributions (id, consultation_id, owner, status, revision, answers, visibility, submitted_at, listing_id, moderation_version, version, created_at, updated_at)",
    );
    for n in 0..CONTRIBUTIONS {
        let question = |at| id(14, at);
        let (a, b) = (n % 4, (n / 4 + 1 + n % 4) % 4);
        let answers = format!(
            r#"{{"{}":{{"choice":{a}}},"{}":{{"choices":[{},{}]}},"{}":{{"ranking":[{a},{}]}},"{}":{{"scale":{}}},"{}":{{"text":"What contributor {n} expects of the call, in a sentence or two."}}}}"#,
            question(0),
            question(1),
            a.min(b),
            a.max(b),
            question(2),
            (a + 1) % 4,
            question(3),
            n % 5 + 1,
            question(4),
        );
        let (contribution, owner, listing) = (id(15, n), format!("address:{n}"), id(16, n));
        let visibility = if n % 3 == 0 { "attributed" } else { "anonymous" };
        contributions.row(&[
            &[Some(&contribution), Some(&round), Some(&owner), Some("submitted"), Some("1"), Some(&answers), Some(visibility)],
            &[Some(AT), Some(&listing), Some("1"), Some("1"), Some(AT), Some(AT)],
        ]);
        if n % 500 == 499 {
            contributions.send(c)?;
        }
    }
    contributions.send(c)
}

/// How long the results take, to who runs the round.
pub async fn measure(home: &Home, round: &str, workers: u16) -> Result<(), Fault> {
    let server = Server::product(home, Mode::Changed, workers).await?;
    let mut connection = Connection::open(server.address).await?;
    let token = deadline::login(&mut connection, work::EMAIL).await?;
    println!(
        "\n{}: a public round with {CONTRIBUTIONS} contributions, answer cache off, memory {:?} KiB:",
        home.engine,
        server.memory("VmRSS")
    );
    for path in ["results", "results.svg", "report", "contributions?limit=50"] {
        let path = format!("/api/v1/consultations/{round}/{path}");
        let sent = Instant::now();
        let bytes = connection.get_as(&path, &token).await?.len();
        let first = sent.elapsed();
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
        println!(
            "  {path}: first {:.1} ms, then median {:.2} ms, CPU {cpu:.2} ms, {bytes} bytes",
            first.as_secs_f64() * 1000.0,
            median.as_secs_f64() * 1000.0,
        );
    }
    println!("  memory at its highest {:?} KiB", server.memory("VmHWM"));
    Ok(())
}
