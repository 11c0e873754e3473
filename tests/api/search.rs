//! `/search` over HTTP.

use serde_json::Value;

use crate::world::World;

fn found(world: &World, query: &str) -> Vec<(String, String)> {
    let reply = world.get(&format!("/search?{query}"));
    assert_eq!(reply.status, 200, "{}", reply.text());
    let hits = reply.json();
    let text = |hit: &Value, field: &str| hit[field].as_str().unwrap().to_owned();
    hits["items"].as_array().unwrap().iter().map(|hit| (text(hit, "type"), text(hit, "title"))).collect()
}

fn paris() -> World {
    let world = World::new();
    world.load_paris_call();
    world
}

#[test]
fn words_are_found_without_case_and_accents_in_every_type_of_object_best_title_first() {
    let world = paris();
    assert_eq!(found(&world, "q=sao"), [("supporter".into(), "State of São Paulo".into())]);
    assert_eq!(found(&world, "q=PAULO+s%C3%A3o"), [("supporter".into(), "State of São Paulo".into())]);
    // The whole title before the one that begins so, and that before the one that only has the words.
    let norms = found(&world, "q=international+norms");
    assert_eq!(norms.first().unwrap(), &("principle".into(), "International norms".into()));
    assert!(norms.contains(&("group".into(), "Advancing international norms".into())), "{norms:?}");
    let peace = found(&world, "q=peace");
    assert!(peace.iter().any(|(kind, _)| kind == "session") && peace.iter().any(|(kind, _)| kind == "supporter"), "{peace:?}");
    assert_eq!(found(&world, "q=peace&type=session"), [("session".into(), "Crafting Peace in Cyberspace".into())]);
    assert_eq!(found(&world, "q=nobody+has+this"), []);
}

#[test]
fn what_is_found_can_be_read_where_it_says_in_the_language_asked_for() {
    let world = paris();
    let reply = world.get("/search?q=normes+internationales&locale=fr");
    let hits = reply.json();
    assert_eq!(hits["items"][0]["title"], "Normes internationales");
    assert_eq!(reply.header("content-language"), "fr");
    for hit in world.get("/search?q=peace").json()["items"].as_array().unwrap() {
        let path = hit["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap();
        assert_eq!(world.get(path).status, 200, "{path}");
    }
}

#[test]
fn a_question_without_letters_or_with_unknown_parameters_is_refused() {
    let world = paris();
    for (query, pointer) in
        [("", "?q"), ("q=%21%21", "?q"), ("q=a&limit=201", "?limit"), ("q=a&type=cat", "?type"), ("q=a&x=1", "?x")]
    {
        let reply = world.get(&format!("/search?{query}"));
        assert_eq!(reply.status, 422, "{query}");
        assert_eq!(reply.json()["errors"][0]["pointer"], pointer, "{query}");
    }
    assert_eq!(found(&world, "q=a&limit=1").len(), 1);
}
