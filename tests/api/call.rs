//! `/call` and what belongs to it.

use crate::world::World;

#[test]
fn without_a_call_there_is_nothing_to_serve() {
    let world = World::new();
    let reply = world.get("/call");
    assert_eq!((reply.status, reply.problem().as_str()), (503, "unavailable"));
    assert!(reply.json()["detail"].as_str().unwrap().contains("plenary load"), "{}", reply.text());
    assert!(world.get("/principles").expect(200).json()["items"].as_array().unwrap().is_empty());
}
