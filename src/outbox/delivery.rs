//! How what is due leaves: claimed with a lease, sent with no transaction open, and written down.

mod hands;

use std::time::Duration;

use tokio::sync::watch;

use super::rules::Lane;
use super::store::{self, Wanted};
use super::{Delivered, DispatchId, Sender};
use crate::db::Db;
use crate::error::{Error, Result};

use hands::Hands;

/// How long a command waits for a server to begin with what it queued: a worker looks at least once a second (api.md, The command).
const NOTICE: Duration = Duration::from_secs(3);

/// Until when mails are delivered.
pub(super) enum Until {
    /// None is due.
    NoneIsDue,
    /// Somebody says stop; it is looked for more every so often.
    Stopped(watch::Receiver<bool>, Duration),
}

/// Sends the mails that are due, and writes down what became of each. What this process leaves unsettled when it dies is sent by another one after
/// [`super::LEASE`].
pub async fn deliver_due(db: &Db, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    let mut all = Delivered::default();
    for lane in Lane::OF_MAILS {
        let Delivered { claimed, taken } = Hands::new(db, holder, sender).deliver(lane, Until::NoneIsDue).await?;
        all = Delivered { claimed: all.claimed + claimed, taken: all.taken + taken };
    }
    Ok(all)
}

/// [`deliver_due`] for what endpoints are told.
pub async fn deliver_notices(db: &Db, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    Hands::new(db, holder, sender).deliver(Lane::Notices, Until::NoneIsDue).await
}

/// Sends what becomes due until `stopped` says so, and looks for it every `rest`. Mails that are on their way then arrive; endpoints are not waited
/// for, and told again by another server.
pub async fn keep_delivering(
    db: &Db,
    holder: &str,
    sender: &dyn Sender,
    lane: Lane,
    rest: Duration,
    stopped: watch::Receiver<bool>,
) -> Result<Delivered> {
    Hands::new(db, holder, sender).deliver(lane, Until::Stopped(stopped, rest)).await
}

/// Sends one mail where it is due and nobody else has it: for a command that wants to see it leave.
pub async fn deliver_one(db: &Db, id: DispatchId, holder: &str, sender: &dyn Sender) -> Result<Delivered> {
    Hands::new(db, holder, sender).send_one(id).await
}

/// What became of mails that a command queued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handled {
    /// There was nothing to deliver.
    Nothing,
    /// A running server delivers them.
    ByServer,
    /// They were delivered here.
    Here(Delivered),
}

/// Delivers the mails that are due, unless a running server does so. For commands that queue mail.
///
/// # Errors
/// Of the database; what was not taken waits.
pub async fn deliver_unless_served(db: &Db, holder: &str, sender: &dyn Sender) -> Result<Handled> {
    let look = async || {
        let now = db.clock().now();
        db.read(move |tx| {
            let mut first = Vec::new();
            for lane in Lane::OF_MAILS {
                first.extend(store::first_due(tx, now, &Wanted::all(lane))?);
            }
            Ok::<_, Error>((first, store::is_any_held(tx, now)?))
        })
        .await
    };
    let (first, is_any_held) = look().await?;
    if first.is_empty() {
        return Ok(if is_any_held { Handled::ByServer } else { Handled::Nothing });
    }
    let begun = tokio::time::Instant::now();
    while begun.elapsed() < NOTICE {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // Somebody has taken it. That others are held says nothing: a server that was killed leaves them so.
        if look().await?.0 != first {
            return Ok(Handled::ByServer);
        }
    }
    Ok(Handled::Here(deliver_due(db, holder, sender).await?))
}
