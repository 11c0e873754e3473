//! Acknowledgements: members who agreed to be thanked by name.

pub mod store;
