//! People who move from one time zone to another.

use serde_json::json;

use super::{Server, patch, plan, reminders};
use crate::world::cast::Cast;

/// One co-chair in Paris, the other in New York, a server that has planned both zones, and something due in thirty days.
fn apart() -> (Cast, Server) {
    let cast = Cast::new();
    patch(&cast, &cast.other_chair, "/me", &json!({"time_zone": "America/New_York"}));
    plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    let mut server = Server::new(&cast, "w");
    cast.at("2026-09-07T14:00:00Z");
    server.work(&cast);
    reminders(&cast);
    (cast.again(), server)
}

#[test]
fn whoever_comes_to_a_zone_that_is_planned_misses_nothing() {
    let (cast, mut server) = apart();
    cast.at("2026-09-08T07:00:00Z");
    server.work(&cast);
    assert_eq!(reminders(&cast), ["deliverable_due chair@plenary.test"]);
    cast.at("2026-09-08T10:00:00Z");
    let cast = cast.again();
    patch(&cast, &cast.other_chair, "/me", &json!({"time_zone": "Europe/Paris"}));
    cast.at("2026-09-08T10:15:00Z");
    server.work(&cast);
    assert_eq!(reminders(&cast), ["deliverable_due other-chair@plenary.test"], "it is past nine where they are now");
    for now in ["2026-09-08T10:30:00Z", "2026-09-08T13:00:00Z", "2026-09-09T07:00:00Z", "2026-09-09T13:00:00Z"] {
        cast.at(now);
        server.work(&cast);
        assert!(reminders(&cast).is_empty(), "{now}");
    }
}

#[test]
fn whoever_was_told_is_not_told_again_elsewhere() {
    let (cast, mut server) = apart();
    cast.at("2026-09-08T07:00:00Z");
    server.work(&cast);
    reminders(&cast);
    let cast = cast.again();
    // To where it is before nine, and on, and back.
    for zone in ["America/New_York", "Pacific/Kiritimati", "Europe/Paris"] {
        patch(&cast, &cast.chair, "/me", &json!({"time_zone": zone}));
    }
    patch(&cast, &cast.chair, "/me", &json!({"time_zone": "America/New_York"}));
    cast.at("2026-09-08T13:00:00Z");
    server.work(&cast);
    assert_eq!(reminders(&cast), ["deliverable_due other-chair@plenary.test"]);
    cast.at("2026-09-24T13:00:00Z");
    server.work(&cast);
    assert_eq!(reminders(&cast), ["deliverable_due chair@plenary.test", "deliverable_due other-chair@plenary.test"]);
}
