//! How closures of any type become transactions that are compiled once.
//!
//! There are hundreds of closures, and what opens, repeats, shares and ends a transaction is the same for all of them. So each keeps what
//! it gave for whoever asked, and tells the machinery only whether it went well: compiled for each of them, that machinery was a tenth of
//! the program.

use std::sync::{Arc, Mutex, PoisonError};

use super::{DbError, Failure, Read, Write};

/// A closure that reads.
pub(super) type Reading<'f> = Box<dyn FnOnce(&mut Read<'_>) -> Result<(), Stopped> + 'f>;

/// A closure that writes, to be run anew for every attempt.
pub(super) type Writing<'f> = dyn FnMut(&mut Write<'_>) -> Result<(), Stopped> + 'f;

/// [`Reading`] on another thread.
pub(super) type ReadingElsewhere = Box<dyn FnOnce(&mut Read<'_>) -> Result<(), Stopped> + Send>;

/// [`Writing`] on another thread.
pub(super) type WritingElsewhere = Box<dyn FnMut(&mut Write<'_>) -> Result<(), Stopped> + Send>;

/// Why a transaction was not committed.
pub(super) enum Stopped {
    /// Its closure failed, and keeps with what.
    ByItself {
        /// Whether trying again may help.
        is_transient: bool,
    },
    /// It could not be opened or ended, or was given up.
    ByDatabase(DbError),
}

impl Stopped {
    /// Whether trying again may help.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::ByItself { is_transient } => *is_transient,
            Self::ByDatabase(error) => error.is_transient(),
        }
    }
}

impl<E: Into<DbError>> From<E> for Stopped {
    fn from(error: E) -> Self {
        Self::ByDatabase(error.into())
    }
}

/// What a closure gave last.
pub(super) struct Kept<T, E>(Arc<Mutex<Option<Result<T, E>>>>);

impl<T, E: Failure> Kept<T, E> {
    pub fn new() -> Self {
        Self(Arc::default())
    }

    /// Another handle on the same.
    pub fn again(&self) -> Self {
        Self(self.0.clone())
    }

    /// Keeps what a closure gave.
    pub fn keep(&self, outcome: Result<T, E>) -> Result<(), Stopped> {
        let stopped = outcome
            .as_ref()
            .err()
            .map(|error| Stopped::ByItself { is_transient: error.as_db().is_some_and(DbError::is_transient) });
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
        stopped.map_or(Ok(()), Err)
    }

    /// What the transaction as a whole gave.
    pub fn after(self, ended: Result<(), Stopped>) -> Result<T, E> {
        if let Err(Stopped::ByDatabase(error)) = ended {
            return Err(error.into());
        }
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        kept.unwrap_or_else(|| Err(DbError::Aborted.into()))
    }
}
