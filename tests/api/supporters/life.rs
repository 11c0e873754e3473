//! A supporter's profile, its withdrawal, and two that turn out to be one.

use plenary::people::Role;
use plenary::policy::SupporterId;
use plenary::supporters::AffiliationRole;
use serde_json::{Value, json};

use crate::world::{Person, Reply, World};

fn world() -> (World, Person) {
    let world = World::new();
    world.load_paris_call();
    let secretary = world.secretary();
    (world, secretary)
}

fn show(world: &World, path: &str) -> Value {
    world.get(path).expect(200).json()
}

fn change(world: &World, by: &Person, path: &str, body: &Value) -> Reply {
    let tag = world.ask("GET", path).by(by).send().expect(200).header("etag").to_owned();
    world.ask("PATCH", path).by(by).if_match(&tag).json(body).send()
}

fn withdraw(world: &World, by: &Person, path: &str, reason: Option<&str>) -> Reply {
    world.ask("POST", &format!("{path}/transitions")).by(by).json(&json!({"to": "withdrawn", "reason": reason})).send()
}

/// Somebody who is affiliated, signed in.
fn affiliated(world: &World, email: &str, slug: &str, role: AffiliationRole) -> Person {
    let person = world.person(email);
    let id: SupporterId = show(world, &format!("/supporters/{slug}"))["id"].as_str().unwrap().parse().unwrap();
    world.write(|tx| plenary::supporters::affiliate(tx, person.id, id, role));
    person
}

/// A supporter without a seat, one with a seat in a group, and that group's number.
fn some(world: &World) -> (String, String, i64) {
    let groups = show(world, "/groups");
    let (number, seated) = groups["items"]
        .as_array()
        .unwrap()
        .iter()
        .find_map(|group| {
            let seats = group["co_chairs"].as_array()?;
            Some((group["number"].as_i64()?, seats.first()?["supporter"]["slug"].as_str()?.to_owned()))
        })
        .unwrap();
    let seats: Vec<String> = groups["items"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|group| group["co_chairs"].as_array().unwrap())
        .map(|seat| seat["supporter"]["slug"].as_str().unwrap().to_owned())
        .collect();
    let all = show(world, "/supporters?limit=200");
    let free = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["slug"].as_str().unwrap())
        .find(|slug| !seats.contains(&(*slug).to_owned()));
    (free.unwrap().to_owned(), seated, number)
}

#[test]
fn a_focal_point_changes_the_profile_and_not_the_identity() {
    let (world, _) = world();
    let (free, seated, _) = some(&world);
    let path = format!("/supporters/{free}");
    let focal = affiliated(&world, "focal@example.org", &free, AffiliationRole::FocalPoint);
    let colleague = affiliated(&world, "colleague@example.org", &free, AffiliationRole::Representative);
    let body = json!({"website": "https://new.example/", "statement": "Nous signons.\r\nبالتوفيق", "principles": [9, 1, 9]});
    let changed = change(&world, &focal, &path, &body).expect(200).json();
    assert_eq!((&changed["website"], &changed["statement"]), (&json!("https://new.example/"), &json!("Nous signons.\nبالتوفيق")));
    assert_eq!(changed["principles"], json!([1, 9]));
    assert_eq!(change(&world, &focal, &path, &json!({"website": null})).expect(200).json()["website"], Value::Null);
    let refused = change(&world, &focal, &path, &json!({"name": "Another", "country": "FR"})).expect(403);
    assert!(refused.json()["detail"].as_str().unwrap().starts_with("name and country"), "{}", refused.json());
    change(&world, &colleague, &path, &body).expect(403);
    change(&world, &focal, &format!("/supporters/{seated}"), &body).expect(403);
    world.ask("PATCH", &path).by(&focal).json(&body).send().expect(428);
    world.ask("PATCH", &path).by(&focal).if_match("\"0.0\"").json(&body).send().expect(412);
    world.ask("PATCH", &path).json(&body).send().expect(401);
    let faults =
        change(&world, &focal, &path, &json!({"kind": "x", "website": "ftp://a.b", "principles": [1, 77], "status": "declined"}));
    assert_eq!(faults.expect(422).faults(), ["/status unknown"]);
    let faults = change(&world, &focal, &path, &json!({"kind": "x", "website": "ftp://a.b", "principles": [1, 77]}));
    assert_eq!(faults.expect(422).faults(), ["/kind enum", "/website format", "/principles/1 enum"]);
}

#[test]
fn a_renamed_supporter_is_found_by_both_names() {
    let (world, secretary) = world();
    let (free, ..) = some(&world);
    let path = format!("/supporters/{free}");
    let before = show(&world, &path);
    let renamed = change(&world, &secretary, &path, &json!({"name": "Zyxwvut Alliance", "sector": null, "country": null}))
        .expect(200)
        .json();
    assert_eq!((&renamed["slug"], &renamed["former_names"]), (&before["slug"], &json!([before["name"]])));
    assert_eq!((&renamed["sector"], &renamed["country"], &renamed["region"]), (&Value::Null, &Value::Null, &Value::Null));
    for q in ["zyxwvut", before["name"].as_str().unwrap()] {
        let found =
            world.ask("GET", &format!("/supporters?q={}", q.replace(' ', "%20").replace('&', "%26"))).send().expect(200).json();
        assert!(found["items"].as_array().unwrap().iter().any(|one| one["id"] == before["id"]), "{q}: {found}");
    }
    let again = change(&world, &secretary, &path, &json!({"name": before["name"]})).expect(200).json();
    assert_eq!(again["former_names"], json!(["Zyxwvut Alliance"]), "a name that it has again is no former one");
}

#[test]
fn two_who_change_one_entry_at_once_lose_nothing() {
    let (world, secretary) = world();
    let (free, ..) = some(&world);
    let path = format!("/supporters/{free}");
    let tag = world.get(&path).header("etag").to_owned();
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let all: Vec<_> = (0..8)
            .map(|n| {
                let (world, secretary, path, tag) = (&world, &secretary, &path, &tag);
                let body = json!({"statement": format!("Version {n}")});
                scope.spawn(move || world.ask("PATCH", path).by(secretary).if_match(tag).json(&body).send().status)
            })
            .collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let mut sorted = statuses.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, [200, 412, 412, 412, 412, 412, 412, 412], "{statuses:?}");
}

#[test]
fn a_withdrawn_supporter_gives_its_seats_up_and_stays_in_the_past() {
    let (world, secretary) = world();
    let (_, seated, number) = some(&world);
    let path = format!("/supporters/{seated}");
    let focal = affiliated(&world, "focal@example.org", &seated, AffiliationRole::FocalPoint);
    let seats = |world: &World| show(world, &format!("/groups/{number}/co-chairs"))["items"].as_array().unwrap().len();
    let (before, day_before) = (seats(&world), show(&world, "/supporters/stats")["total"].as_i64().unwrap());
    world.mails();
    assert_eq!(withdraw(&world, &focal, &path, None).expect(422).json()["violations"][0]["code"], "reason_required");
    assert_eq!(withdraw(&world, &world.person("person@example.org"), &path, Some("x")).expect(403).problem(), "forbidden");
    world.mails();
    let illegal =
        world.ask("POST", &format!("{path}/transitions")).by(&focal).json(&json!({"to": "pending", "reason": "x"})).send();
    assert_eq!(illegal.expect(409).json()["allowed"], json!(["withdrawn"]));
    let withdrawn = withdraw(&world, &focal, &path, Some("A change of course.")).expect(200).json();
    assert_eq!((&withdrawn["status"], &withdrawn["withdrawn_on"]), (&json!("withdrawn"), &json!("2026-09-01")));
    assert_eq!(world.mails().list(), ["supporter_withdrawn focal@example.org", "supporter_withdrawn secretary@plenary.test"]);
    assert_eq!(seats(&world), before - 1);
    assert_eq!(show(&world, "/supporters/stats")["total"], day_before - 1);
    assert_eq!(show(&world, "/supporters/stats?as_of=2026-08-31")["total"], day_before, "on every day before it stood");
    assert_eq!(withdraw(&world, &secretary, &path, Some("again")).expect(409).json()["allowed"], json!([]));
    // Whole or not at all: the record has the seat's end beside the withdrawal.
    let acts = world.ask("GET", "/admin/audit?limit=5").by(&secretary).send().expect(200).json();
    let acts: Vec<&str> = acts["items"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap()).collect();
    assert!(acts.contains(&"seat.ended") && acts.contains(&"supporter.withdrawn"), "{acts:?}");
}

#[test]
fn a_merged_entry_lives_on_in_the_other() {
    let (world, secretary) = world();
    let (free, seated, number) = some(&world);
    let (from, into) = (show(&world, &format!("/supporters/{seated}")), show(&world, &format!("/supporters/{free}")));
    let both = affiliated(&world, "both@example.org", &seated, AffiliationRole::FocalPoint);
    world.write(|tx| {
        let id: SupporterId = into["id"].as_str().unwrap().parse().unwrap();
        plenary::supporters::affiliate(tx, both.id, id, AffiliationRole::Representative)
    });
    let only = affiliated(&world, "only@example.org", &seated, AffiliationRole::Representative);
    let merge = |path: &str, into: &Value, reason: &str| {
        let body = json!({"into_supporter_id": into, "reason": reason});
        world.ask("POST", &format!("{path}/merge")).by(&secretary).json(&body).send()
    };
    let path = format!("/supporters/{seated}");
    let refused = merge(&path, &from["id"], "").expect(422).json();
    let codes: Vec<_> = refused["violations"].as_array().unwrap().iter().map(|one| one["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["reason_required", "same_supporter"]);
    assert_eq!(merge(&path, &json!("0190aaaa-0000-7000-8000-00000000dead"), "x").faults(), ["/into_supporter_id unknown"]);
    world.ask("POST", &format!("{path}/merge")).by(&both).json(&json!({"into_supporter_id": into["id"]})).send().expect(403);

    let merged = merge(&path, &into["id"], "One organisation.").expect(200).json();
    assert_eq!(merged["id"], into["id"]);
    assert!(merged["former_names"].as_array().unwrap().contains(&from["name"]), "{merged}");
    for old in [seated.as_str(), from["id"].as_str().unwrap()] {
        let moved = world.get(&format!("/supporters/{old}")).expect(308);
        assert_eq!(moved.header("location"), format!("/api/v1/supporters/{free}"));
    }
    let seats = show(&world, &format!("/groups/{number}/co-chairs")).to_string();
    assert!(seats.contains(&free) && !seats.contains(&seated), "{seats}");
    let roles = |by: &Person| world.ask("GET", "/me").by(by).send().expect(200).json()["affiliations"].clone();
    assert_eq!((roles(&both).as_array().unwrap().len(), &roles(&both)[0]["role"]), (1, &json!("focal_point")));
    assert_eq!(roles(&only)[0]["supporter"]["slug"], json!(free));
    world.read(|c| Ok(plenary::audit::verify(c)?)).unwrap();
}

#[test]
fn a_merge_is_refused_while_both_hold_a_seat_and_changes_nothing() {
    let (world, secretary) = world();
    let groups = show(&world, "/groups");
    let seats = groups["items"][0]["co_chairs"].as_array().unwrap();
    let (a, b) = (&seats[0]["supporter"], &seats[1]["supporter"]);
    let before = crate::dump::dump(world.db());
    let body = json!({"into_supporter_id": b["id"], "reason": "One organisation."});
    let path = format!("/supporters/{}/merge", a["slug"].as_str().unwrap());
    let refused = world.ask("POST", &path).by(&secretary).json(&body).send().expect(422).json();
    assert_eq!(refused["violations"][0]["code"], "both_hold_a_seat");
    assert_eq!(crate::dump::differences(&before, &crate::dump::dump(world.db())), [""; 0]);
    let administrator = world.with_role("administrator@example.org", Role::Administrator);
    let withdrawn = withdraw(&world, &administrator, &format!("/supporters/{}", b["slug"].as_str().unwrap()), Some("x"));
    withdrawn.expect(200);
    let refused = world.ask("POST", &path).by(&secretary).json(&body).send().expect(422).json();
    assert_eq!(refused["violations"][0]["code"], "into_not_endorsed");
}
