//! What was measured, as Markdown.

use std::time::Duration;

use crate::Mode;
use crate::client::Measured;
use crate::database::Engine;
use crate::process::Server;
use crate::seed::Read;

/// What a read should reach.
#[derive(Clone, Copy)]
pub struct Target {
    /// Requests a second, as a share of the bare handler's.
    ratio: f64,
    /// Processor time of a request, in milliseconds, the database's included.
    cpu: Option<f64>,
}

impl Target {
    /// What is asked for: at least 0.8 of bare when unchanged; read anew, on SQLite 0.10 ms for an object with its counts and 0.20 ms
    /// for a list of 50, on PostgreSQL twice that.
    pub fn of(mode: Mode, engine: Engine, is_list: bool) -> Self {
        let times = if engine == Engine::Postgres { 2.0 } else { 1.0 };
        match (mode, is_list) {
            (Mode::Unchanged, _) => Self { ratio: 0.8, cpu: None },
            (Mode::Changed, false) => Self { ratio: 0.25 / times, cpu: Some(0.10 * times) },
            (Mode::Changed, true) => Self { ratio: 0.12 / times, cpu: Some(0.20 * times) },
        }
    }
}

/// The head of a table.
pub fn head(engine: Engine, mode: Mode) -> String {
    format!(
        "### {engine}, {}\n\n\
         | read | bytes | req/s | p50 ms | p99 ms | CPU ms | bare: req/s | p50 ms | p99 ms | CPU ms | of bare | target |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|",
        mode.name()
    )
}

/// One read beside its bare twin.
pub fn row(read: &Read, bytes: usize, ours: Measured, twin: Measured, target: Target) -> String {
    let (ours, twin) = (Figures::of(ours), Figures::of(twin));
    let ratio = ours.rate / twin.rate.max(f64::MIN_POSITIVE);
    let mut wanted = format!("{} {:.2}", mark(ratio >= target.ratio), target.ratio);
    if let Some(most) = target.cpu {
        let met = ours.cpu.map_or("?", |cpu| mark(cpu <= most));
        wanted = format!("{wanted}, {met} {most:.2} ms");
    }
    format!("| `{}` | {bytes} | {ours} | {twin} | **{ratio:.2}** | {wanted} |", read.name)
}

fn mark(met: bool) -> &'static str {
    if met { "✓" } else { "✗" }
}

/// What the server took besides.
pub fn foot(server: &Server) -> String {
    let mib = |kib: Option<u64>| kib.map_or("?".to_owned(), |kib| (kib / 1024).to_string());
    let (idle, most) = (mib(server.idle_memory), mib(server.memory("VmHWM")));
    format!("Ready after {} ms; {idle} MiB resident then, {most} MiB at most.", server.started_in.as_millis())
}

/// One server's columns.
struct Figures {
    rate: f64,
    p50: Duration,
    p99: Duration,
    /// Of a request, in milliseconds.
    cpu: Option<f64>,
}

impl Figures {
    fn of(mut measured: Measured) -> Self {
        let latencies = &mut measured.latencies;
        latencies.sort_unstable();
        let at = |percent: usize| latencies.get(latencies.len() * percent / 100).copied().unwrap_or_default();
        let requests = latencies.len().max(1) as f64;
        let cpu = measured.cpu.map(|cpu| cpu.as_secs_f64() * 1e3 / requests);
        Self { rate: requests / measured.elapsed.as_secs_f64(), p50: at(50), p99: at(99), cpu }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let ms = |took: Duration| took.as_secs_f64() * 1e3;
        write!(f, "{:.0} | {:.2} | {:.2} | ", self.rate, ms(self.p50), ms(self.p99))?;
        match self.cpu {
            Some(cpu) => write!(f, "{cpu:.3}"),
            None => f.write_str("?"),
        }
    }
}
