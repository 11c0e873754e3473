//! How what is due leaves: claimed with a lease, sent with no transaction open, and written down.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt as _, StreamExt as _};

use super::rules::{Line, Outcome};
use super::{Claimed, Delivered, MailId, Sender, store};
use crate::db::{Db, Write};
use crate::error::{Error, Result};
use crate::time::Instant;

/// Mails claimed at once.
const BATCH: usize = 256;
/// Mails sent side by side: a slow receiver costs a round trip a command (quality.md).
const SIDE_BY_SIDE: usize = 16;
/// How often leases are renewed while sending; a third of [`super::LEASE`].
const RENEWAL: Duration = Duration::from_secs(6);
/// How long one hand-over may take.
const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a command waits for a server to begin with what it queued: a worker looks at least once a second (api.md, The command).
const NOTICE: Duration = Duration::from_secs(3);

/// Claims mails that are due at `now`, sends them with no transaction open, and writes down what became of each. What this process leaves unsettled
/// when it dies is sent by another one after [`super::LEASE`].
pub async fn deliver_due(db: &Db, now: Instant, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    deliver_line(db, now, holder, sender, Line::Mails).await
}

/// [`deliver_due`] for what endpoints are told.
pub async fn deliver_notices(db: &Db, now: Instant, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    deliver_line(db, now, holder, sender, Line::Notices).await
}

async fn deliver_line(db: &Db, now: Instant, holder: &str, sender: &dyn Sender, line: Line) -> Result<Delivered> {
    // Asked in a read first: with nothing to do no writer has to wait.
    if !db.read(move |tx| Ok::<_, Error>(store::is_any_due(tx, now, line)?)).await? {
        return Ok(Delivered::default());
    }
    let owner = holder.to_owned();
    let mails = db.write(move |tx| store::claim(tx, now, &owner, line, BATCH as i64, None)).await?;
    deliver(db, mails, holder, sender).await
}

/// Sends one mail where it is due and nobody else has it: for a command that wants to see it leave.
pub async fn deliver_one(db: &Db, id: MailId, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    let owner = holder.to_owned();
    let mails = db
        .write(move |tx| {
            let now = tx.now();
            store::claim(tx, now, &owner, Line::Mails, 1, Some(id))
        })
        .await?;
    deliver(db, mails, holder, sender).await
}

/// Delivers everything that is due, unless a running server does so; `None` where one does. For commands that queue mail.
///
/// # Errors
/// Of the database; what was not taken waits.
pub async fn deliver_unless_served(db: &Db, holder: &str, sender: &dyn Sender) -> Result<Option<Delivered>> {
    let begun = tokio::time::Instant::now();
    loop {
        let now = db.clock().now();
        let (waits, served) =
            db.read(move |tx| Ok::<_, Error>((store::is_any_due(tx, now, Line::Mails)?, store::is_any_held(tx, now)?))).await?;
        if !waits || served {
            return Ok(None);
        }
        if begun.elapsed() >= NOTICE {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let mut all = Delivered::default();
    loop {
        let some = deliver_due(db, db.clock().now(), holder, sender).await?;
        all = Delivered { claimed: all.claimed + some.claimed, taken: all.taken + some.taken, more: some.more };
        if !some.more {
            return Ok(Some(all));
        }
    }
}

/// Sends what was claimed. One write at a time says what became of it, with everything that was sent while the one before was under way:
/// a slow disk makes these writes larger, and keeps no mail waiting.
async fn deliver(db: &Db, mails: Vec<Claimed>, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    let mut delivered = Delivered { claimed: mails.len(), taken: 0, more: mails.len() == BATCH };
    let mut unsettled: BTreeSet<_> = mails.iter().map(|mail| mail.id).collect();
    let mut waiting = mails.into_iter();
    let mut sending: FuturesUnordered<_> = waiting.by_ref().take(SIDE_BY_SIDE).map(|mail| send(mail, sender)).collect();
    let (mut sent, mut settling) = (Vec::new(), FuturesUnordered::new());
    let mut renewal = tokio::time::interval(RENEWAL);
    renewal.reset();
    while !unsettled.is_empty() {
        if settling.is_empty() && !sent.is_empty() {
            settling.push(written_down(db, holder, std::mem::take(&mut sent)));
        }
        tokio::select! {
            Some(one) = sending.next() => {
                sent.push(one);
                // Whatever else has arrived by now.
                while let Some(Some(one)) = sending.next().now_or_never() {
                    sent.push(one);
                }
                sending.extend(waiting.by_ref().take(SIDE_BY_SIDE - sending.len()).map(|mail| send(mail, sender)));
            }
            Some(some) = settling.next() => {
                for (id, is_taken) in some? {
                    unsettled.remove(&id);
                    delivered.taken += usize::from(is_taken);
                }
            }
            _ = renewal.tick() => {
                let (holder, ids) = (holder.to_owned(), unsettled.iter().copied().collect::<Vec<_>>());
                db.write(move |tx| Ok::<_, Error>(store::renew(tx, &holder, &ids)?)).await?;
            }
        }
    }
    Ok(delivered)
}

async fn send(mail: Claimed, sender: &dyn Sender) -> (Claimed, Outcome) {
    let outcome = tokio::time::timeout(SEND_TIMEOUT, sender.send(&mail)).await;
    (mail, outcome.unwrap_or_else(|_| Outcome::Later("the hand-over took too long".into())))
}

/// Writes down what became of some mails; which were taken.
async fn written_down(db: &Db, holder: &str, some: Vec<(Claimed, Outcome)>) -> Result<Vec<(MailId, bool)>> {
    let which = some.iter().map(|(mail, outcome)| (mail.id, matches!(outcome, Outcome::Taken(_)))).collect();
    let holder = holder.to_owned();
    db.write(move |tx| settle(tx, &holder, &some)).await?;
    Ok(which)
}

fn settle(tx: &mut Write<'_>, holder: &str, some: &[(Claimed, Outcome)]) -> Result<()> {
    for (mail, outcome) in some {
        if !store::settle(tx, holder, mail, outcome)? {
            tracing::warn!(mail = %mail.id, "a lease ran out while its mail was being sent: it may arrive twice");
        }
    }
    Ok(())
}
