//! What secretariat and administrators do beside the initiative itself: the record, accounts, keys.

mod audit;
mod create;
mod keys;
mod persons;
