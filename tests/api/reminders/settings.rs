//! The offsets are the administrators' to set, and count at once.

use serde_json::json;

use super::{Server, plan, reminders};
use crate::world::cast::Cast;

#[test]
fn offsets_are_set_and_used_at_once() {
    let cast = Cast::new();
    let administrator = cast.administrator();
    let mut server = Server::new(&cast, "w");
    server.work(&cast);
    plan(&cast, &cast.chair, "2026-10-08", &json!({}));
    reminders(&cast);
    let path = "/admin/settings";
    cast.ask("GET", path).by(&cast.secretary).send().expect(403);
    let got = cast.ask("GET", path).by(&administrator).send().expect(200);
    assert_eq!(got.json()["reminders"]["deliverable_due"], json!([30, 14, 7, 1]));
    let etag = got.header("etag").to_owned();
    let change = |body: &serde_json::Value| cast.ask("PATCH", path).by(&administrator).if_match(&etag).json(body).send();
    for bad in [json!([0]), json!([401]), json!([7, 7])] {
        let faults = change(&json!({"reminders": {"deliverable_due": bad}})).expect(422).faults();
        assert_eq!(faults, ["/reminders/deliverable_due range"]);
    }
    let body = json!({"reminders": {"deliverable_due": [2, 36]}});
    cast.ask("PATCH", path).by(&administrator).json(&body).send().expect(428);
    let set = change(&body).expect(200).json();
    assert_eq!(set["reminders"]["deliverable_due"], json!([36, 2]));
    assert_eq!(set["reminders"]["forum_start"], json!([90, 60, 30, 14, 7, 1]));
    change(&body).expect(412);
    cast.at("2026-09-02T07:00:00Z");
    server.work(&cast);
    assert_eq!(reminders(&cast), ["deliverable_due chair@plenary.test", "deliverable_due other-chair@plenary.test"]);
}
