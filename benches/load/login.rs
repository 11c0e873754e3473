//! Logins beside what the same cores can verify of argon2id and nothing else.

use std::time::{Duration, Instant};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use tokio::task::JoinSet;

use crate::client::Connection;
use crate::database::Home;
use crate::process::Server;
use crate::{Fault, Mode};

const BODY: &str = r#"{"email":"bench@example.org","password":"a fine day for a walk","display_name":"Bench"}"#;
const LOGIN: &str = r#"{"email":"bench@example.org","password":"a fine day for a walk"}"#;

/// Drives logins over `connections`, in turns with raw verifications on as many threads as there are cores.
pub async fn measure(home: &Home, connections: u16, seconds: u64, workers: u16) -> Result<(), Fault> {
    let server = Server::product(home, Mode::Unchanged, workers).await?;
    Connection::open(server.address).await?.post("/api/v1/auth/register", BODY).await?;
    let turn = Duration::from_secs(1);
    let (mut logins, mut raw) = (0, 0);
    let mut slowest = Duration::ZERO;
    for _ in 0..seconds {
        let end = Instant::now() + turn;
        let mut running = JoinSet::new();
        for _ in 0..connections {
            let mut connection = Connection::open(server.address).await?;
            running.spawn(async move {
                let (mut count, mut slowest) = (0, Duration::ZERO);
                while Instant::now() < end {
                    let sent = Instant::now();
                    connection.post("/api/v1/auth/login", LOGIN).await?;
                    slowest = slowest.max(sent.elapsed());
                    // What was answered after the end belongs to no turn.
                    count += u64::from(Instant::now() <= end);
                }
                Ok::<_, Fault>((count, slowest))
            });
        }
        while let Some(finished) = running.join_next().await {
            let (count, worst) = finished??;
            logins += count;
            slowest = slowest.max(worst);
        }
        raw += tokio::task::spawn_blocking(move || verified_within(turn)).await??;
    }
    let rate = |count: u64| count as f64 / seconds as f64;
    println!(
        "\n{}: {:.1} logins/s over {connections} connections, the slowest {} ms; {:.1} raw verifications/s: {:.2} of them (target 0.90).",
        home.engine,
        rate(logins),
        slowest.as_millis(),
        rate(raw),
        rate(logins) / rate(raw),
    );
    Ok(())
}

/// How many verifications at the product's default cost all cores do in this time.
fn verified_within(time: Duration) -> Result<u64, Fault> {
    let params = Params::new(19_456, 2, 1, None).map_err(|e| e.to_string())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2.hash_password_with_salt(b"a fine day for a walk", &[7; 16]).map_err(|e| e.to_string())?;
    let end = Instant::now() + time;
    let cores = std::thread::available_parallelism()?.get();
    let counts: Vec<u64> = std::thread::scope(|scope| {
        let work = || {
            let mut count = 0;
            while argon2.verify_password(b"a fine day for a walk", &hash).is_ok() && Instant::now() <= end {
                count += 1;
            }
            count
        };
        let threads: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        threads.into_iter().filter_map(|thread| thread.join().ok()).collect()
    });
    Ok(counts.iter().sum())
}
