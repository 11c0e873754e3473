//! Invitations as routes: to speak for a supporter, and to take part in a group. What all of them share lies with the supporters
//! ([`supporters::invite`](crate::supporters::invite)); a group's are accepted here.

mod accepting;
pub mod joining;
mod routes;
mod view;

use crate::http::Route;

/// `/supporters/{supporter}/invitations`, `/groups/{group}/invitations`, `/invitations/{invitation}`, `/me/invitations`, and accepting.
pub fn routes() -> Vec<Route> {
    [routes::routes(), accepting::routes()].into_iter().flatten().collect()
}
