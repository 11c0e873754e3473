//! Groups as paths name them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::store::SeatId;

/// Of a path below a group.
#[derive(Deserialize, JsonSchema)]
pub struct InGroup {
    /// The group's id, number or slug.
    #[schemars(length(max = 200))]
    pub group: String,
}

/// A seat of a group.
#[derive(Deserialize, JsonSchema)]
pub struct InSeat {
    /// The group's id, number or slug.
    #[schemars(length(max = 200))]
    pub group: String,
    /// The seat's id.
    pub seat_id: SeatId,
}
