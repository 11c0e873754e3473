//! Accounts and sessions, over HTTP.

mod registration;
mod sessions;
