//! The load bench: the release server under keep-alive connections, beside a bare actix handler that answers the same bytes from
//! memory. `cargo bench --bench load`, with `-- --help` for its options.
//!
//! Three processes, on 127.0.0.1 only: this one drives, the server is the real `plenary`, and the bare server is this program again.
//! The two take short turns, so that whatever else the machine does falls on both alike. Each read is measured unchanged since the
//! last (answer cache on) and as if changed each time (answer cache off). On SQLite, and on PostgreSQL where `BENCH_DATABASE_URL` or
//! `TEST_DATABASE_URL` names a server on which a database may be made. `REGISTER_CSV` takes the real register instead of a made-up one.
//! Logins come last, beside raw argon2id verifications. Other settings of the server are taken from the environment, as it takes them: `PLENARY_LOG__LEVEL=warn cargo bench --bench load`.

mod bare;
mod client;
mod database;
mod deadline;
mod login;
mod post;
mod process;
mod results;
mod seed;
mod table;
mod work;

use std::path::PathBuf;
use std::time::Duration;

use clap::Parser;

use client::{Connection, Turns};
use database::{Engine, Home};
use process::Server;
use seed::Dataset;
use table::Target;

/// Whatever went wrong, for whoever reads the terminal.
type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Measures the server's public reads beside a bare handler that answers the same bytes.
#[derive(Parser)]
struct Options {
    /// Keep-alive connections, each with one request under way.
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1024))]
    connections: u16,
    /// Seconds that each read is driven, and its bare twin as long.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=120))]
    seconds: u64,
    /// Made-up supporters, where REGISTER_CSV is not set.
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u32).range(1_000..=1_000_000))]
    supporters: u32,
    /// Threads of either server that serve requests; 0: as many as processor cores.
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=256))]
    workers: u16,
    /// Only on this database.
    #[arg(long)]
    database: Option<Engine>,
    /// Only the reads whose path has this in it, or one of the parts login, deadline, results, work, post.
    #[arg(long)]
    only: Option<String>,
    /// What `cargo bench` says.
    #[arg(long, hide = true)]
    bench: bool,
    /// Serves the files of this directory from memory.
    #[arg(long, hide = true)]
    bare: Option<PathBuf>,
}

/// How a read is asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Nothing was written since the last time: the answer cache answers.
    Unchanged,
    /// The answer cache is off, so each answer is read from the database.
    Changed,
}

impl Mode {
    /// As the output calls it.
    fn name(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged since the last (answer cache on)",
            Self::Changed => "changed each time (answer cache off)",
        }
    }
}

fn main() -> Result<(), Fault> {
    let options = Options::parse();
    if let Some(directory) = &options.bare {
        return bare::serve(directory, options.workers);
    }
    if !options.bench {
        // `cargo test --all-targets` starts benches too.
        println!("Nothing measured: this is started by `cargo bench --bench load`.");
        return Ok(());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let dataset = Dataset::from_environment(options.supporters);
    let cores = std::thread::available_parallelism()?;
    println!("{}; {} connections, {} s a read and server; {cores} cores.", dataset, options.connections, options.seconds);
    for engine in Engine::ALL {
        if options.database.is_some_and(|only| only != engine) {
            continue;
        }
        let Some(home) = Home::new(engine)? else {
            println!("\n{engine}: skipped, as neither BENCH_DATABASE_URL nor TEST_DATABASE_URL is set.");
            continue;
        };
        let seeded = seed::seed(&home, &dataset)?;
        for mode in [Mode::Unchanged, Mode::Changed] {
            runtime.block_on(measure(&home, mode, &seeded.reads, &options))?;
        }
        let wants = |part: &str| options.only.as_ref().is_none_or(|only| part.contains(only.as_str()));
        if wants("login") {
            runtime.block_on(login::measure(&home, options.connections, options.seconds, options.workers))?;
        }
        if wants("deadline") || wants("results") || wants("work") {
            work::employ(&home)?;
        }
        if wants("deadline") {
            deadline::seed(&home)?;
            runtime.block_on(deadline::measure(&home, options.workers))?;
        }
        if wants("results") {
            let round = results::seed(&home)?;
            runtime.block_on(results::measure(&home, &round, options.workers))?;
        }
        if wants("post") {
            runtime.block_on(post::measure(&home, options.workers))?;
        }
        if wants("work") {
            work::seed(&home)?;
            for mode in [Mode::Unchanged, Mode::Changed] {
                runtime.block_on(work::measure(&home, mode, options.workers))?;
            }
        }
    }
    Ok(())
}

/// One table: every read in one mode on one database.
async fn measure(home: &Home, mode: Mode, reads: &[seed::Read], options: &Options) -> Result<(), Fault> {
    let reads: Vec<_> = reads.iter().filter(|read| options.only.as_ref().is_none_or(|only| read.path.contains(only))).collect();
    if reads.is_empty() {
        return Ok(());
    }
    let server = Server::product(home, mode, options.workers).await?;
    println!("\n{}", table::head(home.engine, mode));
    let mut bodies = Vec::new();
    for read in &reads {
        bodies.push(Connection::open(server.address).await?.get(&read.path).await?);
    }
    let bare = Server::bare(&home.directory, &bodies, options.workers).await?;
    for (n, (read, body)) in reads.iter().zip(bodies).enumerate() {
        let mut ours = Turns::new(&server, &read.path, body.clone(), options.connections).await?;
        let mut twin = Turns::new(&bare, &format!("/{n}"), body.clone(), options.connections).await?;
        let turn = Duration::from_millis(500);
        // Warm: connections of the pool, statements, pages.
        ours.take(turn, home).await?;
        twin.take(turn, home).await?;
        (ours.measured, twin.measured) = Default::default();
        for _ in 0..options.seconds * 2 {
            ours.take(turn, home).await?;
            twin.take(turn, home).await?;
        }
        let target = Target::of(mode, home.engine, read.is_list);
        println!("{}", table::row(read, body.len(), ours.measured, twin.measured, target));
    }
    println!("\n{}", table::foot(&server));
    Ok(())
}
