//! Plenary: the backend on which a multi-stakeholder initiative runs its working groups.

pub mod country;
pub mod ids;
pub mod locale;
pub mod text;
pub mod time;
