//! A round on paper: what was asked, of whom, what came in and what became of it.

mod markdown;
mod page;
mod routes;

pub use routes::routes;
