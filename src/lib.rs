//! Plenary: the backend on which a multi-stakeholder initiative runs its working groups.
//!
//! Modules stand in the order of their dependencies: each imports only what stands above it here (ARCHITECTURE.md, Imports point down;
//! `tests/api/imports.rs` fails on any that does not).

pub mod address;
pub mod calendar;
pub mod config;
pub mod country;
pub mod ids;
pub mod locale;
pub mod picture;
pub mod states;
pub mod text;
pub mod time;
pub mod toml_file;

#[expect(missing_docs, reason = "generated from the migrations")]
pub mod schema;

pub mod db;

pub mod error;

pub mod policy;

pub mod facts;

pub mod files;

pub mod audit;

pub mod mail;

pub mod http;

pub mod outbox;

pub mod webhooks;

pub mod settings;

pub mod call;
pub mod notifications;

pub mod people;

pub mod supporters;

pub mod groups;

pub mod forum;

pub mod deliverables;

pub mod meetings;

pub mod consultations;

pub mod load;

pub mod reminders;

pub mod views;

pub mod worker;

pub mod app;

pub mod server;

pub mod cli;
