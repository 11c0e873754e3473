//! Who waits for a link does not wait for ten thousand reminders.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use plenary::mail::Kind;
use plenary::outbox::{self, Claimed, Mail, Outcome, Sender};
use plenary::worker::Worker;
use serde_json::json;

use crate::process::eventually;
use crate::world::World;
use crate::world::cast::Cast;

/// Takes everything, each after a while; the kinds, in their order.
#[derive(Default)]
struct Slow(Mutex<Vec<String>>);

impl Slow {
    fn taken(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

impl Sender for Slow {
    fn send<'a>(&'a self, mail: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        self.0.lock().unwrap().push(mail.kind.clone());
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Outcome::Taken("250 ok".into())
        })
    }
}

fn queue(world: &World, kind: Kind, many: usize) {
    world.write(|tx| {
        for n in 0..many {
            let mail = Mail {
                kind: kind.as_str(),
                person: None,
                recipient: format!("{n}@example.org"),
                locale: None,
                params: json!({}),
                due_at: None,
                concealed: false,
            };
            outbox::enqueue(tx, mail)?;
        }
        Ok(())
    });
}

fn place(taken: &[String], kind: Kind) -> Option<usize> {
    taken.iter().position(|taken| taken == kind.as_str())
}

#[test]
fn who_waits_for_a_link_does_not_wait_for_a_thousand_reminders() {
    let cast = Cast::new();
    cast.mails();
    queue(&cast, Kind::DeliverableDue, 1_000);
    let forgot = || cast.ask("POST", "/auth/password/forgot").json(&json!({"email": cast.member.email})).send().expect(202);
    forgot();
    // One round of a command, or of a test: the reset is the first.
    let slow = Slow::default();
    actix_web::rt::System::new().block_on(outbox::deliver_due(cast.db(), "w", &slow)).unwrap();
    let taken = slow.taken();
    assert_eq!((taken.len(), place(&taken, Kind::ResetPassword)), (1_001, Some(0)));

    // The worker: while reminders are under way it overtakes those that are claimed already.
    queue(&cast, Kind::DeliverableDue, 1_000);
    let slow = Arc::new(Slow::default());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let mut worker = Worker::new(cast.db().clone(), "w2").sender(slow.clone()).rest(Duration::from_millis(20));
    let running = std::thread::spawn(move || actix_web::rt::System::new().block_on(worker.run(async { drop(stopped.await) })));
    eventually("no reminder left", || slow.taken().len() > 50);
    forgot();
    queue(&cast, Kind::PasswordChanged, 1);
    let before = slow.taken().len();
    eventually("they never left", || {
        let taken = slow.taken();
        [Kind::ResetPassword, Kind::PasswordChanged].iter().all(|kind| place(&taken, *kind).is_some())
    });
    let after = slow.taken().len();
    drop(stop);
    running.join().unwrap();
    // Sixteen are under way, and each takes a fiftieth of a second.
    assert!(before < 900 && after < before + 300, "{before} {after}");
}
