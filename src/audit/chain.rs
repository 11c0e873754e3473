//! The chain itself, pure: what an entry's hash covers, and walking from the beginning to the head.

use sha2::{Digest, Sha256};

use crate::text::hex;
use crate::time::Instant;

/// Everything of an entry that its hash covers, beside the hash before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number, from 1, without gaps.
    pub seq: i64,
    /// When its transaction was opened.
    pub at: Instant,
    /// The person who acted; `None`: nobody with an account, or the machine.
    pub actor: Option<String>,
    /// What was done.
    pub act: String,
    /// What kind of object it was done to.
    pub object_type: String,
    /// The object's id.
    pub object_id: String,
    /// The state before.
    pub from: Option<String>,
    /// The state after.
    pub to: Option<String>,
    /// [`reason_digest`] of the reason given.
    pub reason_digest: Option<String>,
    /// The request that did it.
    pub request_id: Option<String>,
    /// The group whose timeline it is part of. Entries from before there was one hash as they did then.
    pub group: Option<String>,
}

/// Where a chain is broken: the first entry that does not fit, and why.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("entry {seq} {why}")]
pub struct Broken {
    /// The number of the first entry that does not fit, or is missing.
    pub seq: i64,
    /// What is wrong with it.
    pub why: &'static str,
}

/// A chain that holds from its beginning to its head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// How many entries it has.
    pub entries: i64,
    /// The hash of the last one. Kept elsewhere, it shows later whether the chain was rewritten as a whole, which nothing inside it can.
    pub head: String,
}

/// The hash that a chain without entries has: SHA-256 of nothing.
pub fn beginning() -> String {
    hex(&Sha256::digest([]))
}

/// Texts one after another, each with its length, so that no text can run over into the next; an absent one differs from an empty one.
fn absorb(hash: &mut Sha256, text: Option<&str>) {
    match text {
        None => hash.update([0]),
        Some(text) => {
            hash.update([1]);
            hash.update((text.len() as u64).to_be_bytes());
            hash.update(text);
        }
    }
}

/// The hash of `link` after the entry whose hash is `previous`: SHA-256, in hex.
pub fn hash(previous: &str, link: &Link) -> String {
    let Link { seq, at, actor, act, object_type, object_id, from, to, reason_digest, request_id, group } = link;
    let mut hash = Sha256::new();
    absorb(&mut hash, Some(previous));
    hash.update(seq.to_be_bytes());
    absorb(&mut hash, Some(&at.to_string()));
    for text in
        [actor, &Some(act.clone()), &Some(object_type.clone()), &Some(object_id.clone()), from, to, reason_digest, request_id]
    {
        absorb(&mut hash, text.as_deref());
    }
    if group.is_some() {
        absorb(&mut hash, group.as_deref());
    }
    hex(&hash.finalize())
}

/// How a reason enters its entry: with a salt that is erased together with it, so that what remains tells nobody what it was.
pub fn reason_digest(salt: &str, reason: &str) -> String {
    let mut hash = Sha256::new();
    absorb(&mut hash, Some(salt));
    absorb(&mut hash, Some(reason));
    hex(&hash.finalize())
}

/// A walk along the chain, entry by entry.
pub struct Walk {
    seq: i64,
    hash: String,
}

impl Walk {
    /// Before the first entry.
    pub fn new() -> Self {
        Self { seq: 0, hash: beginning() }
    }

    /// The number of the last entry walked over.
    pub fn seq(&self) -> i64 {
        self.seq
    }

    /// Over the next entry: it must follow the one before, hash as kept, and its reason, unless erased, must be the one given at the time.
    pub fn step(&mut self, link: &Link, kept: &str, reason: Option<(&str, &str)>) -> Result<(), Broken> {
        let next = self.seq + 1;
        if link.seq != next {
            return Err(Broken { seq: next, why: "is missing" });
        }
        let hash = hash(&self.hash, link);
        if hash != kept {
            return Err(Broken { seq: next, why: "was changed, or does not stand where it was written" });
        }
        if let Some((salt, reason)) = reason
            && link.reason_digest.as_deref() != Some(&reason_digest(salt, reason))
        {
            return Err(Broken { seq: next, why: "has another reason than was given" });
        }
        (self.seq, self.hash) = (next, hash);
        Ok(())
    }

    /// At the head: the last entry must be the one that the head names.
    pub fn end(self, seq: i64, hash: &str) -> Result<Verified, Broken> {
        if self.seq < seq {
            return Err(Broken { seq: self.seq + 1, why: "is missing: the end of the record was cut off" });
        }
        if self.seq > seq || self.hash != hash {
            return Err(Broken { seq: seq.max(1), why: "is not the end of the record that its head names" });
        }
        Ok(Verified { entries: self.seq, head: self.hash })
    }
}

impl Default for Walk {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(seq: i64) -> Link {
        Link {
            seq,
            at: Instant::parse("2026-09-01T09:00:00.000001Z").unwrap(),
            actor: Some("a".into()),
            act: "endorse".into(),
            object_type: "supporter".into(),
            object_id: seq.to_string(),
            from: Some("pending".into()),
            to: Some("endorsed".into()),
            reason_digest: Some(reason_digest("salt", "because")),
            request_id: None,
            group: None,
        }
    }

    #[test]
    fn every_field_enters_the_hash() {
        let whole = link(1);
        let before = beginning();
        let others: [fn(&mut Link); 11] = [
            |l| l.seq = 2,
            |l| l.at = Instant::parse("2026-09-01T09:00:00.000002Z").unwrap(),
            |l| l.actor = None,
            |l| l.act = "endors".into(),
            |l| (l.act, l.object_type) = ("endorses".into(), "upporter".into()),
            |l| l.object_id = "2".into(),
            |l| l.from = Some(String::new()),
            |l| (l.from, l.to) = (l.to.clone(), l.from.clone()),
            |l| l.reason_digest = None,
            |l| l.request_id = Some(String::new()),
            |l| l.group = Some(String::new()),
        ];
        for change in others {
            let mut other = whole.clone();
            change(&mut other);
            assert_ne!(hash(&before, &other), hash(&before, &whole), "{other:?}");
        }
        assert_ne!(hash(&hash(&before, &whole), &whole), hash(&before, &whole));
        assert_ne!(reason_digest("salt", "because"), reason_digest("saltb", "ecause"));
    }

    #[test]
    fn the_first_fault_is_named() {
        let hashes: Vec<String> = (1..=3)
            .scan(beginning(), |last, seq| {
                *last = hash(last, &link(seq));
                Some(last.clone())
            })
            .collect();
        let walk = |seqs: &[usize], head: (i64, &str)| {
            let mut walk = Walk::new();
            for seq in seqs {
                walk.step(&link(*seq as i64), &hashes[seq - 1], Some(("salt", "because")))?;
            }
            walk.end(head.0, head.1)
        };
        let head = (3, hashes[2].as_str());
        assert_eq!(walk(&[1, 2, 3], head), Ok(Verified { entries: 3, head: hashes[2].clone() }));
        assert_eq!(walk(&[], (0, &beginning())).map(|v| v.entries), Ok(0));
        let broken = [
            (vec![1, 3], head, 2),
            (vec![2, 3], head, 1),
            (vec![1, 2], head, 3),
            (vec![], head, 1),
            (vec![1, 2, 3], (2, &hashes[1]), 2),
        ];
        for (seqs, head, at) in broken {
            assert_eq!(walk(&seqs, head).unwrap_err().seq, at, "{seqs:?} {head:?}");
        }
    }

    #[test]
    fn an_erased_reason_leaves_the_chain_valid_and_another_one_breaks_it() {
        let kept = hash(&beginning(), &link(1));
        assert!(Walk::new().step(&link(1), &kept, None).is_ok());
        assert!(Walk::new().step(&link(1), &kept, Some(("salt", "because"))).is_ok());
        assert!(Walk::new().step(&link(1), &kept, Some(("salt", "for another reason"))).is_err());
        let without = Link { reason_digest: None, ..link(1) };
        assert!(Walk::new().step(&without, &hash(&beginning(), &without), Some(("salt", "slipped in"))).is_err());
    }
}
