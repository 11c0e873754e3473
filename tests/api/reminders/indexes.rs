//! What the worker asks again and again is found by an index.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use plenary::db::Tap;
use plenary::outbox::{Claimed, Outcome, Sender};
use plenary::worker::Worker;
use serde_json::json;

use super::plan;
use crate::plans;
use crate::world::World;
use crate::world::cast::Cast;

/// Takes everything.
struct Taken;

impl Sender for Taken {
    fn send<'a>(&'a self, _: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        Box::pin(async { Outcome::Taken("250 ok".into()) })
    }
}

#[test]
fn what_the_worker_asks_again_and_again_is_found_by_an_index() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let log = seen.clone();
    let tap = Tap::with(move |statement| log.lock().unwrap().push(statement.to_owned()));
    let cast = Cast::around(World::setup().database(|options| options.tap = tap).start());
    let body = json!({
        "name": "Forum", "city": "Paris", "country": "FR", "time_zone": "Europe/Paris", "starts_on": "2026-11-09", "ends_on": "2026-11-11",
    });
    cast.ask("POST", "/forum-editions").by(&cast.secretary).json(&body).send().expect(201);
    plan(&cast, &cast.chair, "2026-10-07", &json!({"forum_year": 2026}));
    // A Monday, thirty days before.
    cast.at("2026-09-07T07:00:00Z");
    seen.lock().unwrap().clear();
    let mut worker = Worker::new(cast.db().clone(), "w").sender(Arc::new(Taken)).messenger(Arc::new(Taken));
    actix_web::rt::System::new().block_on(async {
        assert_eq!(worker.tick(cast.now()).await.done["send reminders"], 2);
        plenary::outbox::deliver_notices(cast.db(), "w", &plenary::worker::Messenger::new(cast.db().clone())).await.unwrap();
    });
    let sent = seen.lock().unwrap().clone();
    // A part of a statement, another, and the index that it is to use.
    for (what, and, index) in [
        ("SELECT outbox.id", "outbox.lane =", "outbox_due"),
        ("reminders.target_on", "reminders.subject_id IN", "reminders_by_subject"),
        ("reminders.target_on", "reminders.person_id IN", "reminders_by_subject"),
        ("audit_entries.object_id", "deliverable.moved", "audit_entries_moved"),
    ] {
        let bare = |sent: &str| sent.replace(['"', '`'], "");
        let fits = |sent: &&String| sent.starts_with("SELECT") && bare(sent).contains(what) && bare(sent).contains(and);
        let statement = sent.iter().find(fits);
        let statement = statement.unwrap_or_else(|| panic!("nobody asks {what} {and}: {sent:#?}"));
        let text = statement.split(" -- binds:").next().unwrap();
        let steps = cast.read(|c| plans::plan(c, text));
        assert!(steps.iter().any(|step| step.contains(index)), "{text}: {steps:#?}");
    }
}
