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
    /// Its person opened another, and it is the oldest of too many.
    Replaced,
    /// It is to end.
    End,
}

type Places = HashMap<PersonId, Vec<(u64, watch::Sender<Signal>)>>;

#[derive(Default)]
struct State {
    places: Places,
    count: usize,
    opened: u64,
    /// Which task watches.
    watch: Option<u64>,
    is_closed: bool,
}

/// Who listens on this server. Cheap to clone.
#[derive(Clone, Default)]
pub struct Hub(Arc<Mutex<State>>);

/// A stream's place; given up when it is dropped.
pub struct Place {
    hub: Hub,
    person: PersonId,
    number: u64,
    /// What it hears.
    pub signals: watch::Receiver<Signal>,
}

impl Drop for Place {
    fn drop(&mut self) {
        self.hub.state().leave(self.person, self.number, Signal::End);
    }
}

impl State {
    /// Ends a place, where it has not ended yet, and says why.
    fn leave(&mut self, person: PersonId, number: u64, why: Signal) {
        let Some(places) = self.places.get_mut(&person) else { return };
        let Some(at) = places.iter().position(|(known, _)| *known == number) else { return };
        let (_, place) = places.remove(at);
        place.send_replace(why);
        self.count -= 1;
        if places.is_empty() {
            self.places.remove(&person);
        }
    }
}

impl Hub {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a person listen. 503 where `most` streams are open, or the server stops.
    pub fn join(&self, db: &Db, person: PersonId, most: usize) -> Result<Place> {
        let mut state = self.state();
        let own = state.places.get(&person).filter(|places| places.len() >= OF_ONE);
        if let Some(oldest) = own.and_then(|places| places.first()).map(|(number, _)| *number) {
            state.leave(person, oldest, Signal::Replaced);
        }
        if state.is_closed || state.count >= most {
            let detail = "This server holds as many streams as it can. Ask for the list, and try again in a minute.";
            return Err(Problem::new(ProblemKind::Unavailable, detail).with_header("Retry-After", 60).into());
        }
        state.opened += 1;
        state.count += 1;
        let number = state.opened;
        let (sender, signals) = watch::channel(Signal::Newest(0));
        state.places.entry(person).or_default().push((number, sender));
        if state.watch.is_none() {
            state.watch = Some(number);
            tokio::spawn(watch(Watching(self.clone(), number), db.clone()));
        }
        drop(state);
        Ok(Place { hub: self.clone(), person, number, signals })
    }

    /// Ends every stream, and takes no more: the server stops.
    pub fn close(&self) {
        let mut state = self.state();
        state.is_closed = true;
        for (_, place) in state.places.values().flatten() {
            place.send_replace(Signal::End);
        }
    }

    /// Whoever listens; none, and nobody watches any more, where nobody does.
    fn listeners(&self) -> Vec<PersonId> {
        let mut state = self.state();
        if state.places.is_empty() || state.is_closed {
            state.watch = None;
            return Vec::new();
        }
        state.places.keys().copied().collect()
    }

    fn wake(&self, newest: &[(PersonId, i64)]) {
        let state = self.state();
        for (person, number) in newest {
            for (_, place) in state.places.get(person).into_iter().flatten() {
                place.send_if_modified(|signal| {
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

/// Says that nobody watches any more, however the task ends: the next to join begins anew.
struct Watching(Hub, u64);

impl Drop for Watching {
    fn drop(&mut self) {
        let mut state = self.0.state();
        if state.watch == Some(self.1) {
            state.watch = None;
        }
    }
}

/// Looks whether anything was written, and wakes who has news, until nobody listens.
async fn watch(watching: Watching, db: Db) {
    let (mut seen, mut is_lost) = (None, false);
    loop {
        // Before it is asked who listens: whoever joins in between is looked for with the next revision, or has read it.
        let revision = db.revision();
        let persons = watching.0.listeners();
        if persons.is_empty() {
            return;
        }
        if seen != Some(revision) {
            match look(&watching.0, &db, persons).await {
                Ok(()) => (seen, is_lost) = (Some(revision), false),
                Err(error) => {
                    // Said once, however long it lasts.
                    if !is_lost {
                        tracing::warn!(%error, "cannot look for news of who listens; it is tried again");
                    }
                    (seen, is_lost) = (None, true);
                }
            }
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Wakes who has news.
async fn look(hub: &Hub, db: &Db, persons: Vec<PersonId>) -> Result<()> {
    for some in persons.chunks(AT_ONCE) {
        let some = some.to_vec();
        hub.wake(&db.read(move |tx| Ok::<_, Error>(store::newest_of(tx, &some)?)).await?);
    }
    Ok(())
}
