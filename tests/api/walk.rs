//! Random walks: every move by everybody, in any order, against a model that is simple enough to be right. Whatever the model refuses is
//! refused, whatever it allows is done, and after every step the group is what the model says.

mod model;
mod walker;

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};

use model::{Role, Step};
use walker::Walker;

fn step() -> impl Strategy<Value = Step> {
    let role = || prop::sample::select(Role::ALL.to_vec());
    let word = |words: &'static [&'static str]| prop::sample::select(words.to_vec());
    let group = word(&["active", "suspended", "suspended", "active", "concluded", "withdrawn"]);
    let deliverable = word(&["planned", "in_progress", "in_consultation", "submitted", "approved", "presented", "dropped"]);
    let membership = word(&["active", "declined", "cancelled", "left", "removed"]);
    prop_oneof![
        2 => (role(), group).prop_map(|(by, to)| Step::MoveGroup { by, to }),
        6 => (role(), deliverable).prop_map(|(by, to)| Step::MoveDeliverable { by, to }),
        4 => (role(), membership, role()).prop_map(|(by, to, of)| Step::MoveMembership { by, to, of }),
        3 => role().prop_map(|by| Step::Request { by }),
        2 => (role(), prop::option::of(role())).prop_map(|(by, lead)| Step::Lead { by, lead }),
        2 => role().prop_map(|by| Step::AddVersion { by }),
        2 => (role(), any::<bool>(), prop::option::of(role())).prop_map(|(by, first, person)| Step::Seat { by, first, person }),
        1 => (role(), any::<bool>()).prop_map(|(by, first)| Step::GiveSeatUp { by, first }),
        1 => (role(), any::<bool>()).prop_map(|(by, all)| Step::SetSeats { by, all }),
        1 => (role(), role()).prop_map(|(by, of)| Step::EndAffiliation { by, of }),
        1 => role().prop_map(|of| Step::Affiliate { of }),
    ]
}

proptest! {
    #![proptest_config(Config {
        cases: 6,
        max_shrink_iters: 40,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    })]

    #[test]
    fn no_walk_leads_where_the_model_does_not(steps in prop::collection::vec(step(), 60)) {
        let mut walker = Walker::new();
        for step in &steps {
            walker.take(step);
        }
    }
}
