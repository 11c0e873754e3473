//! Signing in, staying and leaving.
