//! Accounts and sessions, over HTTP.

mod account;
mod registration;
mod sessions;
