//! Mail: what is in it, and how it leaves.

mod admin;
mod eml;
mod files;
mod pages;
mod post_office;
mod smtp;
mod templates;
