//! Random walks of two colleagues over one contribution, against a model: whatever is answered with success is there, and no submitted text
//! is ever lost.

use diesel::prelude::*;
use plenary::schema::contribution_revisions;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed};
use serde_json::Value;

use super::round::{CLOSES, Round, text};
use crate::world::Person;
use crate::world::cast::Cast;

/// Walks of one run of the tests; `WALKS` in the environment asks for others, at random.
const WALKS: u32 = 8;

fn walks() -> u32 {
    std::env::var("WALKS").ok().and_then(|text| text.parse().ok()).unwrap_or(WALKS)
}

/// Which ETag somebody sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Match {
    None,
    /// The one that it saw last.
    Known,
    Any,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Read(usize),
    Save(usize, Match),
    Submit(usize, Match),
    Withdraw(usize, Match),
    Close,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || 0..2_usize;
    let sent = || prop::sample::select(vec![Match::None, Match::Known, Match::Known, Match::Known, Match::Any]);
    prop_oneof![
        20 => who().prop_map(Step::Read),
        40 => (who(), sent()).prop_map(|(who, sent)| Step::Save(who, sent)),
        25 => (who(), sent()).prop_map(|(who, sent)| Step::Submit(who, sent)),
        10 => (who(), sent()).prop_map(|(who, sent)| Step::Withdraw(who, sent)),
        1 => Just(Step::Close),
    ]
}

/// What a contribution is, and what each of the two has seen of it.
#[derive(Clone, Debug, Default)]
struct Model {
    status: Option<&'static str>,
    counts: Option<String>,
    working: Option<String>,
    submitted: Vec<String>,
    version: u32,
    known: [Option<u32>; 2],
    closed: bool,
}

impl Model {
    /// The status of a refused precondition; `needed`: without an ETag nothing is done.
    fn refused(&self, who: usize, sent: Match, needed: bool) -> Option<u16> {
        self.status?;
        match sent {
            Match::None => needed.then_some(428),
            Match::Any => None,
            Match::Known => (self.known[who] != Some(self.version)).then_some(412),
        }
    }

    fn changed(&mut self, who: usize) -> u16 {
        self.version += 1;
        self.known[who] = Some(self.version);
        200
    }

    fn save(&mut self, who: usize, sent: Match, says: &str) -> u16 {
        if let Some(refused) = self.refused(who, sent, true) {
            return refused;
        }
        if self.closed {
            return 409;
        }
        self.working = Some(says.to_owned());
        if self.status != Some("submitted") {
            self.status = Some("draft");
        }
        self.changed(who)
    }

    fn submit(&mut self, who: usize, sent: Match) -> u16 {
        if self.status.is_none() {
            return 404;
        }
        if let Some(refused) = self.refused(who, sent, false) {
            return refused;
        }
        if self.closed || self.status == Some("withdrawn") {
            return 409;
        }
        if let Some(says) = self.working.take() {
            self.submitted.push(says.clone());
            (self.counts, self.status) = (Some(says), Some("submitted"));
            return self.changed(who);
        }
        self.known[who] = Some(self.version);
        200
    }

    fn withdraw(&mut self, who: usize, sent: Match) -> u16 {
        if self.status.is_none() {
            return 404;
        }
        if let Some(refused) = self.refused(who, sent, false) {
            return refused;
        }
        if self.closed || self.status != Some("submitted") {
            return 409;
        }
        let counts = self.counts.take();
        self.working = self.working.take().or(counts);
        self.status = Some("withdrawn");
        self.changed(who)
    }

    /// What one reads: its status, what it says, and what stands beside that.
    fn shown(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        match self.status {
            Some("submitted") => (self.status, self.counts.as_deref(), self.working.as_deref()),
            _ => (self.status, self.working.as_deref(), None),
        }
    }
}

struct Walker {
    cast: Cast,
    round: Round,
    model: Model,
    /// The ETags that each has seen.
    etags: [Option<String>; 2],
    said: u32,
}

impl Walker {
    fn new() -> Self {
        let cast = Cast::new();
        let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
        Self { cast, round, model: Model::default(), etags: [None, None], said: 0 }
    }

    fn person(&self, who: usize) -> &Person {
        [&self.cast.member, &self.cast.representative][who]
    }

    fn tag(&self, who: usize, sent: Match) -> Option<String> {
        match sent {
            Match::None => None,
            Match::Any => Some("*".into()),
            // Whoever has seen none has a made-up one.
            Match::Known => Some(self.etags[who].clone().unwrap_or_else(|| "\"99999.0\"".into())),
        }
    }

    fn take(&mut self, step: Step) {
        let before = self.model.clone();
        let (who, reply, expected) = match step {
            Step::Read(who) => {
                let status = if self.model.status.is_some() { 200 } else { 404 };
                self.model.known[who] = self.model.status.map(|_| self.model.version);
                (who, self.round.read(&self.cast, self.person(who)), status)
            }
            Step::Save(who, sent) => {
                self.said += 1;
                let says = format!("Text {} of {who}.", self.said);
                let tag = self.tag(who, sent);
                let reply = self.round.save(&self.cast, self.person(who), tag.as_deref(), &says);
                let gone = self.model.status.is_none() && sent == Match::Known;
                (who, reply, if gone { 412 } else { self.model.save(who, sent, &says) })
            }
            Step::Submit(who, sent) => {
                let reply = self.act(who, sent, "submit");
                (who, reply, self.model.submit(who, sent))
            }
            Step::Withdraw(who, sent) => {
                let reply = self.act(who, sent, "withdraw");
                (who, reply, self.model.withdraw(who, sent))
            }
            Step::Close => {
                self.cast.at(CLOSES);
                self.model.closed = true;
                return;
            }
        };
        assert_eq!(reply.status, expected, "{step:?} of {before:?}: {}", reply.text());
        if reply.status == 200 {
            self.etags[who] = Some(reply.header("etag").to_owned());
            self.compare(&reply.json());
        } else if matches!(reply.status, 412 | 428) && self.model.status.is_some() {
            self.compare(&reply.json()["current"]);
        }
        // Whatever was answered, the other one reads what is there.
        if self.model.status.is_some() {
            self.compare(&self.round.read(&self.cast, self.person(1 - who)).expect(200).json());
        }
    }

    fn act(&self, who: usize, sent: Match, act: &str) -> crate::world::Reply {
        let ask = self.cast.ask("POST", &format!("{}/{act}", self.round.mine())).by(self.person(who));
        match self.tag(who, sent) {
            Some(tag) => ask.if_match(&tag).send(),
            None => ask.send(),
        }
    }

    fn compare(&self, seen: &Value) {
        let (status, says, beside) = self.model.shown();
        assert_eq!(seen["status"].as_str(), status);
        assert_eq!(Some(text(seen)), says);
        assert_eq!(seen["working_copy"].is_object().then(|| text(&seen["working_copy"])), beside);
        assert_eq!(seen["revision"], self.model.submitted.len());
    }

    /// Every text that was ever submitted is kept.
    fn end(&self) {
        let kept: Vec<String> = self.cast.read(|c| {
            let all = contribution_revisions::table.order(contribution_revisions::number);
            Ok(all.select(contribution_revisions::answers).load(c)?)
        });
        assert_eq!(kept.len(), self.model.submitted.len());
        for (kept, said) in kept.iter().zip(&self.model.submitted) {
            assert!(kept.contains(said.as_str()), "{said}: {kept}");
        }
    }
}

proptest! {
    #![proptest_config(Config {
        cases: walks(),
        max_shrink_iters: 40,
        failure_persistence: None,
        rng_seed: if walks() == WALKS { RngSeed::Fixed(2020) } else { RngSeed::Random },
        ..Config::default()
    })]

    #[test]
    fn no_walk_of_two_colleagues_loses_a_text(steps in prop::collection::vec(step(), 60)) {
        let mut walker = Walker::new();
        for step in &steps {
            walker.take(*step);
        }
        walker.end();
    }
}
