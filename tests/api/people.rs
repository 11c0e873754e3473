//! Accounts and sessions, over HTTP.

mod account;
mod killed;
mod registration;
mod sessions;
