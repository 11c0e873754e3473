//! The black-box tests, one binary.
// Clippy then knows that what is not itself a `#[test]` here is test code too.
#![cfg(test)]

mod admin;
mod audit;
mod calendars;
mod call;
mod consultations;
mod cors;
mod deliverables;
mod demo;
mod documents;
mod dump;
mod files;
mod forum;
mod groups;
mod ical;
mod import;
mod imports;
mod kit;
mod limits;
mod load;
mod mail;
mod meetings;
mod memberships;
mod notifications;
mod outbox;
mod people;
mod plans;
mod policy;
mod process;
mod reminders;
mod retention;
mod search;
mod server;
mod supporters;
mod views;
mod walk;
mod webhooks;
mod worker;
mod world;
