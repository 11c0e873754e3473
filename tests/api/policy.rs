//! Who may do what, seen from outside: every route as every caller.

use plenary::app;
use plenary::policy::{self, Actor, Object, Standing};

use crate::world::{Person, World};

/// A path of this template that names nothing that exists.
fn filled(template: &str) -> String {
    let parts = template.split('/').map(|part| if part.starts_with('{') { "0190aaaa-0000-7000-8000-00000000dead" } else { part });
    parts.collect::<Vec<_>>().join("/")
}

#[test]
fn every_route_asks_who_calls() {
    let world = World::new();
    world.load_paris_call();
    world.register("unconfirmed@example.org");
    let unconfirmed = world.sign_in("unconfirmed@example.org");
    let (person, secretary, administrator) = (world.person("person@example.org"), world.secretary(), world.administrator());
    let callers: [(Option<&Person>, &[Standing]); 5] = [
        (None, &[Standing::Anyone]),
        (Some(&unconfirmed), &[Standing::Anyone, Standing::Person]),
        (Some(&person), &[Standing::Anyone, Standing::Person, Standing::Verified]),
        (Some(&secretary), &[Standing::Anyone, Standing::Person, Standing::Verified, Standing::Secretariat]),
        (
            Some(&administrator),
            &[Standing::Anyone, Standing::Person, Standing::Verified, Standing::Secretariat, Standing::Administrator],
        ),
    ];
    for route in app::routes() {
        // Ends the session that the others of this test need.
        if route.path == "/auth/logout" {
            continue;
        }
        for (caller, standings) in callers {
            let ask = world.ask(route.method.as_str(), &filled(route.path));
            let ask = if let Some(caller) = caller { ask.by(caller) } else { ask };
            let ask = if route.form.body.is_none() { ask } else { ask.json(&serde_json::json!({})) };
            let reply = ask.send();
            let may = standings.iter().any(|standing| policy::allows(route.action, *standing));
            let name = format!("{} {} by {:?}: {}", route.method, route.path, standings.last(), reply.status);
            if caller.is_none() {
                assert_eq!(reply.status == 401, !may, "{name}");
            } else {
                assert_ne!(reply.status, 401, "{name}");
            }
            if !may {
                // Hidden, refused, or not even well formed: never done.
                assert!(matches!(reply.status, 401 | 403 | 404 | 422), "{name}");
            }
            assert!(reply.status < 500, "{name}");
        }
    }
}

#[test]
fn standings_are_the_union_of_what_a_caller_is() {
    let id = |n: u8| format!("0190aaaa-0000-7000-8000-0000000000{n:02}").parse().unwrap();
    let (own, other) = (id(1), id(2));
    let person = "0190aaaa-0000-7000-8000-000000000003".parse().unwrap();
    let words = |actor: &Actor, object: &Object| {
        actor.standings(object).iter().map(|standing| standing.as_str()).collect::<Vec<_>>().join(" ")
    };
    let mut actor = Actor::anonymous();
    assert_eq!(words(&actor, &Object::of_supporter(own)), "anyone");
    actor.person = Some(person);
    // An unconfirmed address, or one that was lost, takes every other standing away.
    (actor.secretariat, actor.administrator, actor.affiliations) = (true, true, vec![(own, true)]);
    assert_eq!(words(&actor, &Object::of_supporter(own)), "anyone person");
    assert_eq!(words(&actor, &Object::of_person(person)), "anyone person oneself");
    actor.verified = true;
    assert_eq!(
        words(&actor, &Object::of_supporter(own)),
        "anyone person verified_person affiliated focal_point secretariat administrator"
    );
    assert_eq!(words(&actor, &Object::of_supporter(other)), "anyone person verified_person secretariat administrator");
    (actor.secretariat, actor.administrator, actor.affiliations) = (false, false, vec![(own, false)]);
    assert_eq!(words(&actor, &Object::of_supporter(own)), "anyone person verified_person affiliated");
    assert_eq!(words(&actor, &Object::initiative()), "anyone person verified_person");
}
