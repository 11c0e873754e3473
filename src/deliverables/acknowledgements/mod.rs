//! Acknowledgements: members who agreed to be thanked by name.

mod routes;
pub mod store;

pub use routes::routes;
