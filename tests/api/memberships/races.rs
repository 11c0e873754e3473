//! What must hold when several do it at once.

use serde_json::json;

use super::{LIST, at_once};
use crate::world::cast::Cast;

#[test]
fn of_sixteen_requests_one_is_made() {
    let cast = Cast::new();
    for policy in ["approval", "open"] {
        cast.set_group("active", policy);
        let person = if policy == "open" { &cast.focal_point } else { &cast.representative };
        let mut statuses = at_once(16, |_| cast.request(person).status);
        statuses.sort_unstable();
        assert_eq!(statuses, [vec![201], vec![409; 15]].concat(), "{policy}");
        assert_eq!(cast.own(person).len(), 1);
    }
    assert_eq!(cast.counted(), (4, 3));
}

#[test]
fn of_sixteen_decisions_one_counts() {
    let cast = Cast::new();
    let id = cast.requested(&cast.representative);
    let mut statuses = at_once(16, |i| {
        let by = [&cast.chair, &cast.other_chair, &cast.secretary][i % 3];
        let to = if i % 2 == 0 { "active" } else { "declined" };
        cast.move_membership(by, &id, to, Some("So decided.")).status
    });
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![200], vec![409; 15]].concat());
    assert_eq!(cast.mails().list(), ["membership_decided representative@plenary.test"]);
}

/// Some endorsed supporters that hold no seat in the group.
const SUPPORTERS: [&str; 6] = ["cigref", "kaspersky", "microsoft", "f-secure", "schneider-electric", "france"];

#[test]
fn no_withdrawn_supporter_has_an_active_member() {
    let cast = Cast::new();
    for (n, slug) in SUPPORTERS.into_iter().enumerate() {
        let person = cast.colleague(&format!("racer-{n}@plenary.test"), slug, "representative");
        let supporter = cast.get(&format!("/supporters/{slug}")).expect(200).json()["id"].clone();
        let made = cast.post_as(&person, LIST, &json!({"supporter_id": supporter})).expect(201).json();
        let id = made["id"].as_str().unwrap();
        let statuses = at_once(2, |i| match i {
            0 => cast.move_membership(&cast.chair, id, "active", None).status,
            _ => {
                let body = json!({"to": "withdrawn", "reason": "Enough."});
                cast.post_as(&cast.secretary, &format!("/supporters/{slug}/transitions"), &body).status
            }
        });
        assert_eq!(statuses[1], 200, "{slug}");
        let status = cast.membership(id)["status"].clone();
        // Admitted first, it has left since; withdrawn first, there was nothing left to admit.
        let expected = if statuses[0] == 200 { "left" } else { "cancelled" };
        assert_eq!((statuses[0] == 200 || statuses[0] == 409, &status), (true, &json!(expected)), "{slug} {statuses:?}");
    }
    assert_eq!(cast.counted(), (3, 3));
}

#[test]
fn no_ended_affiliation_has_an_active_member() {
    let cast = Cast::new();
    cast.set_group("active", "open");
    for (n, slug) in SUPPORTERS.into_iter().enumerate() {
        let person = cast.colleague(&format!("racer-{n}@plenary.test"), slug, "representative");
        let supporter = cast.get(&format!("/supporters/{slug}")).expect(200).json()["id"].clone();
        let statuses = at_once(2, |i| match i {
            0 => cast.post_as(&person, LIST, &json!({"supporter_id": supporter})).status,
            _ => {
                cast.end_affiliation(&person, slug);
                204
            }
        });
        assert!(matches!(statuses[0], 201 | 403), "{statuses:?}");
        assert!(cast.own(&person).is_empty(), "{slug}");
    }
    assert_eq!(cast.counted(), (3, 3));
}
