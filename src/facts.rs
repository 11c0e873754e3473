//! Facts: what a lower slice announces and higher slices react to, in the same transaction.
//!
//! One of the two ways up (ARCHITECTURE.md, Imports point down): a slice that others build on says what happened; `app.rs` registers who
//! reacts. A reaction may object, which undoes the whole transaction; all objections of all reactions are answered together.

use std::any::{Any, TypeId};
use std::collections::HashMap;

use crate::db::Write;
use crate::error::{Error, Problem, Result, Violation};

/// Something that happens to an object.
pub trait Fact: 'static {}

/// What stands against it.
#[derive(Default)]
pub struct Objections(Vec<Violation>);

impl Objections {
    /// One more.
    pub fn raise(&mut self, code: &'static str, detail: impl Into<String>) {
        self.0.push(Violation::new(code, detail));
    }

    /// 422 with all of them, where there are any.
    pub fn none(self) -> Result<()> {
        if self.0.is_empty() { Ok(()) } else { Err(Problem::violations(&self.0).into()) }
    }
}

type Reaction<F> = fn(&mut Write<'_>, &F, &mut Objections) -> Result<()>;

/// Who reacts to what, in the order of registration.
#[derive(Default)]
pub struct Reactions(HashMap<TypeId, Vec<Box<dyn Any + Send + Sync>>>);

impl Reactions {
    /// With one more reaction.
    #[must_use]
    pub fn on<F: Fact>(mut self, reaction: Reaction<F>) -> Self {
        self.0.entry(TypeId::of::<F>()).or_default().push(Box::new(reaction));
        self
    }
}

/// Lets everybody react who registered for this kind of fact; 422 with every objection where there are any.
pub fn announce<F: Fact>(tx: &mut Write<'_>, fact: &F) -> Result<()> {
    let mut objections = Objections::default();
    consider(tx, fact, &mut objections)?;
    objections.none()
}

/// [`announce`] for one who has objections of its own: all are answered together. What the reactions did is undone with the transaction.
pub fn consider<F: Fact>(tx: &mut Write<'_>, fact: &F, objections: &mut Objections) -> Result<()> {
    // Without them what must follow would be left out unseen.
    let reactions = tx.extension::<Reactions>().ok_or_else(|| Error::Internal("nobody registered the reactions".into()))?;
    for reaction in reactions.0.get(&TypeId::of::<F>()).into_iter().flatten() {
        if let Some(reaction) = reaction.downcast_ref::<Reaction<F>>() {
            reaction(tx, fact, objections)?;
        }
    }
    Ok(())
}
