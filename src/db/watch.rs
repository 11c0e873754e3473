//! Notices what other processes write, so that remembered answers of this one do not outlive it.

use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::{AnyConnection, Db};

/// Four times a second: an answer is stale on another server for a quarter of a second, well under the second that quality.md allows.
const EVERY: Duration = Duration::from_millis(250);

/// The watch; it ends when this is dropped.
pub struct Watch {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    /// Watches on a thread and a connection of its own.
    pub(super) fn start(db: Db) -> io::Result<Self> {
        let (stop, stopped) = mpsc::channel();
        let thread = thread::Builder::new().name("plenary-watch".into()).spawn(move || {
            let (mut connection, mut seen) = (None, None);
            loop {
                seen = look(&db, &mut connection, seen);
                if stopped.recv_timeout(EVERY) != Err(RecvTimeoutError::Timeout) {
                    return;
                }
            }
        })?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            drop(thread.join());
        }
    }
}

/// Looks once; `None` where the database did not answer. Then nothing remembered can be vouched for, so it is forgotten as well.
fn look(db: &Db, connection: &mut Option<AnyConnection>, seen: Option<String>) -> Option<String> {
    // Said once, however long it lasts.
    let lost = |error: &dyn std::fmt::Display| {
        if seen.is_some() {
            tracing::warn!(error = %error, "cannot watch for other servers' writes; answers are read anew until it can");
        }
    };
    if connection.is_none() {
        *connection = db.connect().inspect_err(|error| lost(error)).ok();
    }
    let mark = connection.as_mut().and_then(|open| db.foreign_changes(open).inspect_err(|error| lost(error)).ok());
    if mark.is_none() {
        *connection = None;
    }
    if mark.is_none() || mark != seen {
        db.bump_revision();
    }
    mark
}
