//! Importing registers.
