//! Who listens on this server, and one task that wakes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use super::store;
use crate::db::Db;
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::policy::PersonId;

/// Streams of one person on this server, at most: the oldest ends when another begins.
const OF_ONE: usize = 5;
/// How often it is looked whether anything was written. What this server writes shows at once, what others write within a quarter of a
/// second.
const LOOK: Duration = Duration::from_millis(100);
/// How many persons' counters are asked for in one query.
const AT_ONCE: usize = 500;

/// What a stream hears of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The number of its person's newest notification, as far as anybody looked.
    Newest(i64),
    /// It is to end.
    End,
}

type Lines = HashMap<PersonId, Vec<(u64, watch::Sender<Signal>)>>;

#[derive(Default)]
struct State {
    lines: Lines,
    count: usize,
    opened: u64,
    is_watching: bool,
    is_closed: bool,
}

/// Who listens on this server. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<State>>);

/// A stream's place; given up when it is dropped.
pub struct Line {
    hub: Hub,
    person: PersonId,
    number: u64,
    /// What it hears.
    pub signals: watch::Receiver<Signal>,
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut state = self.hub.state();
        if let Some(lines) = state.lines.get_mut(&self.person) {
            lines.retain(|(number, _)| *number != self.number);
            if lines.is_empty() {
                state.lines.remove(&self.person);
            }
            state.count -= 1;
        }
    }
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a person listen. 503 where `most` streams are open, or the server stops.
    pub fn join(&self, db: &Db, person: PersonId, most: usize) -> Result<Line> {
        let mut state = self.state();
        if state.is_closed || state.count >= most {
            let detail = "This server holds as many streams as it can. Ask for the list, and try again in a minute.";
            return Err(Problem::new(ProblemKind::Unavailable, detail).with_header("Retry-After", 60).into());
        }
        state.opened += 1;
        state.count += 1;
        let number = state.opened;
        let (sender, signals) = watch::channel(Signal::Newest(0));
        let lines = state.lines.entry(person).or_default();
        lines.push((number, sender));
        if let Some(older) = lines.len().checked_sub(OF_ONE) {
            for (_, line) in lines.iter().take(older) {
                line.send_replace(Signal::End);
            }
        }
        if !state.is_watching {
            state.is_watching = true;
            tokio::spawn(watch(self.clone(), db.clone()));
        }
        drop(state);
        Ok(Line { hub: self.clone(), person, number, signals })
    }

    /// Ends every stream, and takes no more: the server stops.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        for (_, line) in state.lines.values().flatten() {
            line.send_replace(Signal::End);
        }
    }

    /// How many streams are open.
    pub fn count(&self) -> usize {
        self.state().count
    }

    /// Whoever listens; none, and nobody watches any more, where nobody does.
    fn listeners(&self) -> Vec<PersonId> {
        let mut state = self.state();
        state.is_watching = !state.lines.is_empty() && !state.is_closed;
        if state.is_watching { state.lines.keys().copied().collect() } else { Vec::new() }
    }

    fn wake(&self, newest: &[(PersonId, i64)]) {
        let state = self.state();
        for (person, number) in newest {
            for (_, line) in state.lines.get(person).into_iter().flatten() {
                line.send_if_modified(|signal| {
                    let is_news = matches!(signal, Signal::Newest(known) if *known < *number);
                    if is_news {
                        *signal = Signal::Newest(*number);
                    }
                    is_news
                });
            }
        }
    }
}

/// Looks whether anything was written, and wakes who has news, until nobody listens.
async fn watch(hub: Hub, db: Db) {
    let mut seen = None;
    loop {
        let persons = hub.listeners();
        if persons.is_empty() {
            return;
        }
        let revision = db.revision();
        if seen != Some(revision) {
            seen = look(&hub, &db, persons).await.then_some(revision);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Wakes who has news; false where the database did not say.
async fn look(hub: &Hub, db: &Db, persons: Vec<PersonId>) -> bool {
    for some in persons.chunks(AT_ONCE) {
        let some = some.to_vec();
        match db.read(move |tx| Ok::<_, Error>(store::newest_of(tx, &some)?)).await {
            Ok(newest) => hub.wake(&newest),
            Err(error) => {
                tracing::warn!(%error, "cannot look for news of who listens; it is tried again");
                return false;
            }
        }
    }
    true
}
