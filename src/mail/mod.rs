//! Mail: which ones there are.

mod kinds;

pub use kinds::Kind;
