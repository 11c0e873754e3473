//! Who contributes to which round, and for whom.

use diesel::prelude::*;
use plenary::people::Role;
use plenary::policy::SupporterId;
use serde_json::{Value, json};

use super::round::Round;
use crate::supporters::changes::affiliate;
use crate::world::Person;
use crate::world::cast::Cast;

fn statuses(cast: &Cast, round: &Round, persons: &[&Person]) -> Vec<u16> {
    persons.iter().map(|person| round.save(cast, person, Some("*"), "Me too.").status).collect()
}

/// Sector and region.
type Kind = (Option<String>, Option<String>);

fn supporters(reply: &Value) -> Vec<SupporterId> {
    let all = reply["supporters"].as_array().unwrap().iter();
    all.map(|one| one["id"].as_str().unwrap().parse().unwrap()).collect()
}

#[test]
fn endorsed_supporters_are_answered_for_by_whoever_is_affiliated() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    let all = [&cast.representative, &cast.member, &cast.focal_point, &cast.chair, &cast.other_chair];
    assert_eq!(statuses(&cast, &round, &all), [200; 5]);
    assert_eq!(statuses(&cast, &round, &[&cast.observer, &cast.stranger, &cast.secretary]), [403; 3]);
    for (method, path) in [("GET", ""), ("POST", "/submit"), ("POST", "/withdraw")] {
        assert_eq!(cast.ask(method, &format!("{}{path}", round.mine())).by(&cast.stranger).send().status, 403, "{path}");
        assert_eq!(cast.ask(method, &format!("{}{path}", round.mine())).send().status, 401, "{path}");
    }
    let patch =
        cast.ask("PATCH", &round.mine()).by(&cast.stranger).if_match("*").json(&json!({"visibility": "anonymous"})).send();
    assert_eq!(patch.status, 403);
    // What is counted of it is what it was when it came in.
    round.act(&cast, &cast.member, "submit").expect(200);
    let (of, was): (Kind, Kind) = cast.read(|c| {
        use plenary::schema::{consultation_audience as a, contributions as n};
        let of = n::table.filter(n::supporter_id.eq(cast.supporter)).select((n::sector, n::region)).get_result(c)?;
        Ok((of, a::table.filter(a::supporter_id.eq(cast.supporter)).select((a::sector, a::region)).get_result(c)?))
    });
    assert_eq!(of, was);
    assert!(of.0.is_some() && of.1.is_some(), "{of:?}");
    // One may be secretariat and affiliated at once.
    let both = cast.with_role("both@plenary.test", Role::Secretariat);
    affiliate(&cast.world, &both, cast.supporter, "representative");
    assert_eq!(round.save(&cast, &both, Some("*"), "For mine.").status, 200);
    let unconfirmed = "unconfirmed@plenary.test";
    cast.register(unconfirmed);
    assert_eq!(round.read(&cast, &cast.sign_in(unconfirmed)).status, 403);
}

#[test]
fn who_may_act_for_several_says_for_which() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    affiliate(&cast.world, &cast.representative, cast.other_supporter, "representative");
    let refused = round.save(&cast, &cast.representative, None, "For whom?").expect(422);
    assert_eq!(refused.problem(), "supporter-required");
    let mut named = supporters(&refused.json());
    named.sort_unstable();
    let mut both = vec![cast.supporter, cast.other_supporter];
    both.sort_unstable();
    assert_eq!(named, both);
    let path = |supporter: SupporterId, act: &str| format!("{}{act}?supporter_id={supporter}", round.mine());
    for supporter in both {
        let put = cast.ask("PUT", &path(supporter, "")).by(&cast.representative);
        assert_eq!(round.put(put, None, &round.body("For one.")).expect(200).json()["supporter"]["id"], json!(supporter));
        cast.ask("POST", &path(supporter, "/submit")).by(&cast.representative).send().expect(200);
    }
    let other = cast.ask("GET", &path(cast.other_supporter, "")).by(&cast.member).send();
    assert_eq!(other.status, 403, "it is not theirs");
    // The reason is the true one, whoever asks: not who is asked, but who speaks for whom.
    for (person, named) in [(&cast.member, true), (&cast.stranger, false), (&cast.secretary, false)] {
        let refused = cast.ask("GET", &path(cast.other_supporter, "")).by(person).send().expect(403).json();
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains("You do not speak for that supporter"), "{detail}");
        assert_eq!(detail.contains("leave `?supporter_id` out"), named, "{detail}");
    }
    // A supporter that withdrew contributes nothing, and still reads what it said.
    let withdraw = format!("/supporters/{}/transitions", cast.supporter);
    cast.ask("POST", &withdraw).by(&cast.secretary).json(&json!({"to": "withdrawn", "reason": "No more."})).send().expect(200);
    assert_eq!(round.read(&cast, &cast.focal_point).expect(200).json()["status"], "submitted");
    assert_eq!(round.save(&cast, &cast.focal_point, Some("*"), "Again.").status, 403);
    assert_eq!(round.act(&cast, &cast.focal_point, "withdraw").status, 403);
    let next = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    assert_eq!(next.read(&cast, &cast.focal_point).status, 403);
    let mine = cast.ask("GET", &format!("{}?supporter_id={}", next.mine(), cast.supporter)).by(&cast.focal_point).send();
    let detail = mine.expect(403).json()["detail"].to_string();
    assert!(detail.contains("does not ask it") && !detail.contains("do not speak"), "{detail}");
}

#[test]
fn a_groups_round_is_its_members() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.chair, "group_members", &["attributed"], Some(cast.group));
    assert_eq!(statuses(&cast, &round, &[&cast.member, &cast.lead, &cast.chair]), [200; 3]);
    let own = round.read(&cast, &cast.other_chair);
    assert_eq!(own.status, 404, "another supporter's is another one");
    assert_eq!(statuses(&cast, &round, &[&cast.other_member, &cast.other_chair]), [200; 2]);
    assert_eq!(statuses(&cast, &round, &[&cast.observer, &cast.secretary]), [403; 2]);
    // It is hidden from whoever is not of the group, also from colleagues.
    assert_eq!(statuses(&cast, &round, &[&cast.stranger, &cast.representative, &cast.focal_point]), [404; 3]);
    // A focal point of the supporter is told all the same.
    cast.mails();
    round.act(&cast, &cast.member, "submit").expect(200);
    assert_eq!(cast.mails().list(), ["contribution_submitted focal-point@plenary.test"]);
    let path = format!("{}?supporter_id={}", round.mine(), cast.other_supporter);
    let detail = cast.ask("GET", &path).by(&cast.secretary).send().expect(403).json()["detail"].to_string();
    assert!(detail.contains("You do not speak for that supporter"), "{detail}");
    let draft = Round::draft(&cast, "group_members", &["attributed"], Some(cast.group));
    assert_eq!(draft.save(&cast, &cast.chair, None, "Mine.").expect(409).problem(), "wrong-state");
    assert_eq!(draft.save(&cast, &cast.member, None, "Mine.").status, 404);
}
