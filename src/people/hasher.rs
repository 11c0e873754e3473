//! Password hashes: argon2id off the async workers, a bounded number at once, so that a flood of logins slows logins and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, mpsc};

use argon2::password_hash::phc::{Output, ParamsString, PasswordHash, Salt};
use argon2::{Algorithm, Argon2, Block, Params, Version};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

use crate::error::{Error, Problem, ProblemKind, Result};

/// Cost of a hash. OWASP's least for argon2id: 19 MiB, 2 iterations, 1 lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Memory, in KiB.
    pub memory_kib: u32,
    /// Passes over it.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// Hashes waiting for their turn, beyond which 503 is answered.
const MAX_WAITING: usize = 512;

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Hasher(Arc<Inner>);

/// Something to do with the memory of a thread.
type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

struct Inner {
    argon2: Argon2<'static>,
    cost: Cost,
    /// To threads of our own, as many as hashes are made at once, each with memory that it uses again: the allocator would keep that of several
    /// hashes (19 MiB each) for every thread that ever made one.
    jobs: mpsc::Sender<Job>,
    slots: Semaphore,
    waiting: AtomicUsize,
    /// What an unknown address is checked against, so that it costs what a known one costs.
    dummy: OnceLock<String>,
}

/// A turn at hashing: whoever holds it may spend the time.
pub struct Slot<'a> {
    hasher: &'a Hasher,
    _permit: SemaphorePermit<'a>,
}

impl Hasher {
    /// A hasher of this cost that does `at_once` hashes at a time.
    pub fn new(cost: Cost, at_once: usize) -> Result<Self> {
        let params = Params::new(cost.memory_kib, cost.iterations, cost.parallelism, None)
            .map_err(|e| Error::Internal(format!("argon2 parameters: {e}")))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let at_once = at_once.max(1);
        let (jobs, todo) = mpsc::channel();
        let todo = Arc::new(Mutex::new(todo));
        for _ in 0..at_once {
            let todo = todo.clone();
            let thread = std::thread::Builder::new().name("hasher".into()).spawn(move || work(&todo));
            thread.map_err(|e| Error::Internal(format!("a thread for password hashes: {e}")))?;
        }
        Ok(Self(Arc::new(Inner {
            argon2,
            cost,
            jobs,
            slots: Semaphore::new(at_once),
            waiting: AtomicUsize::new(0),
            dummy: OnceLock::new(),
        })))
    }

    /// What an unknown address is checked against. Made at the first check of any, known or not, so that none costs more; at the start it
    /// would keep its memory for a server where nobody signs in.
    fn dummy(&self, memory: &mut Vec<Block>) -> Result<String> {
        if let Some(dummy) = self.0.dummy.get() {
            return Ok(dummy.clone());
        }
        let made = hash_with(&self.0.argon2, "nobody has this password", memory)?;
        Ok(self.0.dummy.get_or_init(|| made).clone())
    }

    /// Waits for a turn; 503 when too many wait already.
    pub async fn slot(&self) -> Result<Slot<'_>> {
        struct Waiting<'a>(&'a AtomicUsize);
        impl Drop for Waiting<'_> {
            fn drop(&mut self) {
                self.0.fetch_sub(1, Ordering::Relaxed);
            }
        }
        let before = self.0.waiting.fetch_add(1, Ordering::Relaxed);
        let waiting = Waiting(&self.0.waiting);
        if before >= MAX_WAITING {
            return Err(Problem::new(ProblemKind::Unavailable, "Too many people sign in at the moment. Try again shortly.")
                .with_header("Retry-After", 5)
                .into());
        }
        let permit = self.0.slots.acquire().await.map_err(|_| Error::Internal("the hasher is closed".into()))?;
        drop(waiting);
        Ok(Slot { hasher: self, _permit: permit })
    }

    /// Does something on a thread for hashes.
    async fn run<T: Send + 'static>(&self, job: impl FnOnce(&mut Vec<Block>) -> Result<T> + Send + 'static) -> Result<T> {
        let gone = || Error::Internal("no thread makes password hashes".into());
        let (answer, answered) = oneshot::channel();
        // Whoever asked may be gone by then.
        self.0.jobs.send(Box::new(move |memory| drop(answer.send(job(memory))))).map_err(|_| gone())?;
        answered.await.map_err(|_| gone())?
    }

    /// Whether `hash` was made with less than today's cost.
    fn is_outdated(&self, hash: &PasswordHash) -> bool {
        let cost = self.0.cost;
        let wanted = [("m", cost.memory_kib), ("t", cost.iterations), ("p", cost.parallelism)];
        hash.algorithm.as_str() != "argon2id"
            || wanted.iter().any(|(name, least)| hash.params.get_decimal(*name).is_none_or(|value| value < *least))
    }
}

/// What checking a password showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checked {
    /// It is another one, or there is no such account.
    Wrong,
    /// It is right.
    Right,
    /// It is right, and its hash should be made anew at today's cost.
    RightButOutdated,
}

impl Slot<'_> {
    /// Hashes a normalised password, as a PHC string.
    pub async fn hash(&self, password: String) -> Result<String> {
        let hasher = self.hasher.clone();
        self.hasher.run(move |memory| hash_with(&hasher.0.argon2, &password, memory)).await
    }

    /// Checks a normalised password. Without a hash it costs the same and is wrong.
    pub async fn check(&self, password: String, hash: Option<String>) -> Result<Checked> {
        let hasher = self.hasher.clone();
        let check = move |memory: &mut Vec<Block>| {
            let known = hash.is_some();
            let dummy = hasher.dummy(memory)?;
            let text = hash.unwrap_or(dummy);
            let parsed = PasswordHash::new(&text).map_err(|e| Error::Internal(format!("a stored password hash: {e}")))?;
            let right = is_of(&parsed, &password, memory)?;
            Ok(match (known && right, hasher.is_outdated(&parsed)) {
                (false, _) => Checked::Wrong,
                (true, false) => Checked::Right,
                (true, true) => Checked::RightButOutdated,
            })
        };
        self.hasher.run(check).await
    }
}

/// Does what comes, until nobody can ask any more. What panics is answered by its silence.
fn work(todo: &Mutex<mpsc::Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        let job = todo.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        drop(catch_unwind(AssertUnwindSafe(|| job(&mut memory))));
    }
}

fn argon2_failed(error: impl std::fmt::Display) -> Error {
    Error::Internal(format!("argon2: {error}"))
}

/// The bytes of a hash, made in memory that is used again.
fn bytes_of(argon2: &Argon2<'_>, password: &str, salt: &Salt, length: usize, memory: &mut Vec<Block>) -> Result<Output> {
    memory.resize(argon2.params().block_count(), Block::default());
    let mut bytes = vec![0; length];
    argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut bytes, memory).map_err(argon2_failed)?;
    Output::new(&bytes).map_err(argon2_failed)
}

fn hash_with(argon2: &Argon2<'_>, password: &str, memory: &mut Vec<Block>) -> Result<String> {
    let mut salt = [0; 16];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| Error::Internal("no randomness".into()))?;
    let salt = Salt::new(&salt).map_err(argon2_failed)?;
    let length = argon2.params().output_len().unwrap_or(Params::DEFAULT_OUTPUT_LEN);
    let hash = bytes_of(argon2, password, &salt, length, memory)?;
    let made = PasswordHash {
        algorithm: Algorithm::Argon2id.ident(),
        version: Some(Version::V0x13.into()),
        params: ParamsString::try_from(argon2.params()).map_err(argon2_failed)?,
        salt: Some(salt),
        hash: Some(hash),
    };
    Ok(made.to_string())
}

/// Whether a hash, of whatever cost, is this password's. Compared in constant time.
fn is_of(known: &PasswordHash, password: &str, memory: &mut Vec<Block>) -> Result<bool> {
    let (Some(salt), Some(hash)) = (&known.salt, &known.hash) else { return Ok(false) };
    let algorithm = Algorithm::new(known.algorithm.as_str()).map_err(argon2_failed)?;
    let version = known.version.map(Version::try_from).transpose().map_err(argon2_failed)?.unwrap_or_default();
    let argon2 = Argon2::new(algorithm, version, Params::try_from(known).map_err(argon2_failed)?);
    let found = bytes_of(&argon2, password, salt, hash.as_bytes().len(), memory)?;
    Ok(aws_lc_rs::constant_time::verify_slices_are_equal(found.as_bytes(), hash.as_bytes()).is_ok())
}
