//! Endpoints, made and changed by the secretariat.

use serde_json::json;

use super::receiver::Receiver;
use super::{Endpoint, allow_here};
use crate::world::World;
use crate::world::cast::Cast;

const ALL: &str = "/webhooks";

#[test]
fn the_secretariat_and_nobody_else_runs_endpoints() {
    let cast = Cast::new();
    let body = json!({"url": "https://example.org/hook", "kinds": ["deliverable.approved"]});
    let made = cast.ask("POST", ALL).by(&cast.secretary).json(&body).send().expect(201);
    let path = made.header("location").trim_start_matches("/api/v1").to_owned();
    let everybody =
        [&cast.chair, &cast.member, &cast.lead, &cast.observer, &cast.representative, &cast.focal_point, &cast.stranger];
    let (deliveries, rotate) = (format!("{path}/deliveries"), format!("{path}/rotate-secret"));
    let asks = [
        ("GET", ALL),
        ("POST", ALL),
        ("GET", &path),
        ("PATCH", &path),
        ("DELETE", &path),
        ("GET", &deliveries),
        ("POST", &rotate),
    ];
    for (method, at) in asks {
        let ask = || {
            let ask = cast.ask(method, at).if_match("*");
            match method {
                "GET" | "DELETE" => ask,
                _ if at == rotate => ask,
                "PATCH" => ask.json(&json!({"disabled": true})),
                _ => ask.json(&body),
            }
        };
        ask().send().expect(401);
        for person in everybody {
            ask().by(person).send().expect(403);
        }
    }
    let shown = cast.ask("GET", &path).by(&cast.secretary).send().expect(200).json();
    assert_eq!(shown["disabled"], false);
    assert!(shown.get("secret").is_none(), "{shown}");
    assert!(!cast.ask("GET", ALL).by(&cast.secretary).send().expect(200).text().contains("whsec_"));
}

#[test]
fn an_endpoint_is_made_once_shown_changed_and_removed() {
    let world = World::new();
    let secretary = world.secretary();
    let body =
        json!({"url": "https://EXAMPLE.org", "kinds": ["deliverable.approved", "supporter.endorsed", "deliverable.approved"]});
    let make = || world.ask("POST", ALL).by(&secretary).key("k").json(&body).send().expect(201).json();
    let made = make();
    assert_eq!(made["secret"].as_str().unwrap().len(), 50);
    assert_eq!(
        (&made["url"], &made["kinds"]),
        (&json!("https://example.org/"), &json!(["supporter.endorsed", "deliverable.approved"]))
    );
    let path = format!("{ALL}/{}", made["id"].as_str().unwrap());

    let rotate = || world.ask("POST", &format!("{path}/rotate-secret")).by(&secretary).send().expect(200).json();
    let (second, third) = (rotate(), rotate());
    assert!(second["secret"] != made["secret"] && second["secret"] != third["secret"]);
    assert_eq!(make()["secret"], made["secret"], "a repeat shows what it showed, and makes no other");
    let list = world.ask("GET", "/webhooks?total=true").by(&secretary).send().expect(200).json();
    assert_eq!(list["total"], 1);

    world.ask("PATCH", &path).by(&secretary).json(&json!({"disabled": true})).send().expect(428);
    let stale = made["etag"].as_str().unwrap();
    world.ask("PATCH", &path).by(&secretary).if_match(stale).json(&json!({"disabled": true})).send().expect(412);
    world.ask("POST", &format!("{path}/rotate-secret")).by(&secretary).if_match(stale).send().expect(412);
    let endpoint = Endpoint { path: path.clone(), secret: String::new() };
    let changed = endpoint.change(
        &world,
        &secretary,
        &json!({"url": "https://example.org/b", "kinds": ["group.concluded"], "disabled": true}),
    );
    assert_eq!(
        (&changed["url"], &changed["kinds"], &changed["disabled"]),
        (&json!("https://example.org/b"), &json!(["group.concluded"]), &json!(true))
    );
    assert!(changed["disabled_at"].is_string());
    let changed = endpoint.change(&world, &secretary, &json!({"disabled": false}));
    assert_eq!((&changed["disabled"], &changed["disabled_at"]), (&json!(false), &json!(null)));

    let etag = changed["etag"].as_str().unwrap();
    world.ask("DELETE", &path).by(&secretary).if_match(etag).send().expect(204);
    world.ask("GET", &path).by(&secretary).send().expect(404);
    world.ask("GET", &format!("{path}/deliveries")).by(&secretary).send().expect(404);
    let audit = world.ask("GET", "/admin/audit?object_type=webhook").by(&secretary).send().expect(200).json();
    let acts: Vec<_> = audit["items"].as_array().unwrap().iter().map(|entry| entry["act"].as_str().unwrap().to_owned()).collect();
    assert_eq!(
        acts,
        ["deleted", "changed", "disabled", "changed", "secret_rotated", "secret_rotated", "created"]
            .map(|act| format!("webhook.{act}"))
    );
}

#[test]
fn what_is_no_endpoint_is_refused() {
    let world = World::new();
    let secretary = world.secretary();
    let post = |body: &serde_json::Value| world.ask("POST", ALL).by(&secretary).json(body).send().expect(422).faults();
    assert_eq!(post(&json!({"url": "https://example.org", "kinds": []})).len(), 1);
    for kind in ["*", "contribution.submitted", "person.changed", "comment.written", "deliverable_version.added"] {
        assert_eq!(post(&json!({"url": "https://example.org", "kinds": [kind]})).len(), 1, "{kind}");
    }
    assert_eq!(post(&json!({"kinds": ["supporter.endorsed"], "secret": "mine"})).len(), 2);
    for url in
        ["http://example.org", "https://localhost", "https://[::ffff:127.0.0.1]", "https://0x7f.1/", "https://u:p@example.org"]
    {
        assert_eq!(post(&json!({"url": url, "kinds": ["supporter.endorsed"]})), ["/url url"], "{url}");
    }
    assert_eq!(
        post(&json!({"url": format!("https://example.org/{}", "a".repeat(2000)), "kinds": ["supporter.endorsed"]})).len(),
        1
    );
    allow_here(&world);
    let receiver = Receiver::open();
    let endpoint = Endpoint::new(&world, &secretary, &receiver, &["supporter.endorsed"]);
    let etag = endpoint.shown(&world, &secretary)["etag"].as_str().unwrap().to_owned();
    let patch = world
        .ask("PATCH", &endpoint.path)
        .by(&secretary)
        .if_match(&etag)
        .json(&json!({"url": "gopher://example.org", "kinds": ["*"]}));
    assert!(!patch.send().expect(422).faults().is_empty());
}

#[test]
fn there_are_at_most_fifty() {
    let world = World::new();
    let secretary = world.secretary();
    let body = json!({"url": "https://example.org", "kinds": ["supporter.endorsed"]});
    for _ in 0..50 {
        world.ask("POST", ALL).by(&secretary).json(&body).send().expect(201);
    }
    let reply = world.ask("POST", ALL).by(&secretary).json(&body).send().expect(422);
    assert_eq!(reply.json()["violations"][0]["code"], "too_many_webhooks");
}
