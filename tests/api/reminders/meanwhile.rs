//! What happens while reminders go out.

use std::sync::{Arc, Mutex, mpsc};
use std::time::Duration;

use plenary::db::Tap;

use super::community::Community;
use super::{Server, ask_supporters, reminders, submit, write_down};
use crate::world::World;

/// More than one write tells.
const SUPPORTERS: usize = 150;

#[test]
fn who_answers_while_others_are_told_is_not_reminded() {
    let (marked, marks) = mpsc::channel();
    let first = Arc::new(Mutex::new(Some(marked)));
    let world = World::setup()
        .database(|options| {
            options.tap = Tap::with(move |statement| {
                let statement = statement.replace(['"', '`'], "");
                if statement.starts_with("INSERT INTO reminders ")
                    && let Some(marked) = first.lock().unwrap().take()
                {
                    marked.send(()).unwrap();
                    // Time for the answer to be there, or first in line.
                    std::thread::sleep(Duration::from_secs(1));
                }
            });
        })
        .start();
    let community = Community::settle(&world, SUPPORTERS);
    community.gather_in_one_zone(&world);
    let path = ask_supporters(&world, &["attributed"]);
    let last = community.everybody().last().unwrap();
    world.at("2026-09-06T06:00:00Z");
    let mut server = Server::new(&world, "w");
    server.work(&world);
    world.at("2026-09-06T06:59:00Z");
    let by = world.sign_in(last);
    write_down(&world, &by, &path);
    reminders(&world);
    world.at("2026-09-06T07:00:00Z");
    std::thread::scope(|scope| {
        let (world, path) = (&world, &path);
        scope.spawn(move || {
            marks.recv_timeout(Duration::from_secs(30)).unwrap();
            submit(world, &by, path);
        });
        assert_eq!(server.work(world), SUPPORTERS - 1);
    });
    let told = reminders(&world);
    assert_eq!(told.len(), SUPPORTERS - 1);
    assert!(!told.iter().any(|line| line.ends_with(last)), "{last} had answered");
}
