//! Messages that co-chairs and the secretariat write to people of groups through Plenary (domain.md, Working groups).

mod routes;
mod sending;
mod store;

use crate::word_enum;

pub use routes::routes;

word_enum! {
    /// To whom of a group a message goes.
    #[schemars(rename = "MessageAudience")]
    pub enum Audience {
        /// Its active members, observers left out.
        Members = "members",
        /// Whoever fills one of its co-chair seats.
        CoChairs = "co_chairs",
        /// Whoever leads one of its deliverables.
        Leads = "leads",
    }
}

impl Audience {
    /// To whom a message goes that does not say: to members.
    pub fn everybody() -> Self {
        Self::Members
    }
}
