//! Statuses and the moves between them: every slice states its own as one table, and a refusal knows what would be allowed.

use std::fmt;

/// A status that an object moves through. The moves are the whole truth: what [`State::next`] does not list is refused.
pub trait State: Copy + Eq + fmt::Display + 'static {
    /// Every status.
    fn all() -> &'static [Self];

    /// The statuses that may follow this one, most usual first.
    fn next(self) -> &'static [Self];

    /// Whether the move must give a reason.
    fn needs_reason(self, _to: Self) -> bool {
        false
    }

    /// The status after the move to `to`, or the refusal with every move that would be allowed. Staying is no move.
    fn go(self, to: Self) -> Result<Self, IllegalTransition<Self>> {
        if self.next().contains(&to) { Ok(to) } else { Err(IllegalTransition { from: self, to, allowed: self.next() }) }
    }
}

/// A move that the table does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IllegalTransition<S: 'static> {
    /// Where the object stands.
    pub from: S,
    /// Where it was to go.
    pub to: S,
    /// Where it may go.
    pub allowed: &'static [S],
}

impl<S: State> fmt::Display for IllegalTransition<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "what is {} cannot become {}; it can become {}", self.from, self.to, words(self.allowed))
    }
}

impl<S: State + fmt::Debug> std::error::Error for IllegalTransition<S> {}

/// The whole table, a line a status, moves that need a reason marked: for snapshots and the documentation.
pub fn table<S: State>() -> String {
    let line = |from: &S| {
        let moves: Vec<String> =
            from.next().iter().map(|to| if from.needs_reason(*to) { format!("{to} (reason)") } else { to.to_string() }).collect();
        format!("{from} -> {}", if moves.is_empty() { "nothing".into() } else { moves.join(", ") })
    };
    S::all().iter().map(line).collect::<Vec<_>>().join("\n")
}

fn words<S: fmt::Display>(states: &[S]) -> String {
    match states {
        [] => "nothing else".into(),
        _ => states.iter().map(S::to_string).collect::<Vec<_>>().join(", "),
    }
}
