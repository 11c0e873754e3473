//! Mail: what is in it, and how it leaves.

mod admin;
pub mod calendar;
mod digest;
mod dkim;
pub mod eml;
pub mod files;
mod leaving;
mod pages;
pub mod post_office;
mod refused;
mod report;
mod smtp;
mod templates;
