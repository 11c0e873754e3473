//! Contributions as others see them, hidden ones, and what became of them.

use plenary::deliverables::{DeliverableMark, Status};
use plenary::ids::Id;
use serde_json::{Value, json};

use super::kit::{Asked, work};
use super::seed::{Bodies, Planted, answer, questions};
use crate::world::cast::Cast;
use crate::world::{Person, Reply};

const SECRET: &[&str] = &["attributed", "anonymous", "secretariat_only"];

/// A group's round of every visibility, closed. The audience: 6 states of Asia, of which 2 say who they are; 2 of academia in Europe.
fn closed(cast: &Cast, allowed: &[&str]) -> (Asked, Vec<Planted>) {
    let round = Asked::new(cast, "group_members", allowed);
    let bodies = [
        Bodies {
            sector: "state",
            region: "asia",
            invited: 6,
            said: &[("attributed", 0), ("anonymous", 1), ("secretariat_only", 0), ("attributed", 1)],
        },
        Bodies { sector: "academia", region: "europe", invited: 2, said: &[("anonymous", 0)] },
        Bodies { sector: "civil_society", region: "africa", invited: 4, said: &[] },
    ];
    let planted = answer(cast, &round, &bodies);
    round.go(cast, &cast.secretary, "closed").expect(200);
    (round, planted)
}

fn published(cast: &Cast, round: &Asked) {
    round.conclude(cast);
    round.go(cast, &cast.secretary, "published").expect(200);
}

fn list(cast: &Cast, round: &Asked, by: &Person) -> Reply {
    cast.ask("GET", &format!("{}/contributions", round.path)).by(by).send()
}

fn items(reply: Reply) -> Vec<Value> {
    reply.expect(200).json()["items"].as_array().unwrap().clone()
}

#[test]
fn anonymous_means_anonymous_and_secret_means_secret() {
    let cast = Cast::new();
    let (round, planted) = closed(&cast, SECRET);
    assert_eq!(list(&cast, &round, &cast.member).expect(403).problem(), "forbidden");
    assert_eq!(list(&cast, &round, &cast.stranger).expect(404).problem(), "not-found");
    let (by_secretariat, by_chair) = (items(list(&cast, &round, &cast.secretary)), items(list(&cast, &round, &cast.chair)));
    assert_eq!((by_secretariat.len(), by_chair.len()), (5, 4));
    published(&cast, &round);
    let by_member = items(list(&cast, &round, &cast.member));
    assert_eq!(by_member, by_chair);
    for one in &by_member {
        let said = one["answers"][0]["value"].as_str().unwrap();
        let known = planted.iter().find(|planted| planted.text == said).unwrap();
        if known.visibility == "attributed" {
            assert_eq!((&one["id"], &one["supporter"]["name"]), (&json!(known.id), &json!(known.name)));
            assert!(one["submitted_at"].is_string());
            continue;
        }
        assert_eq!((&one["id"], &one["visibility"]), (&json!(known.listing_id), &json!("anonymous")));
        for nothing in ["supporter", "revision", "submitted_at", "created_at", "updated_at"] {
            assert_eq!(one[nothing], Value::Null, "{nothing}");
        }
        // Four states might be it; of academia two might, and nothing is said.
        let origin = if said.ends_with("-002") { (json!("state"), json!("asia")) } else { (Value::Null, Value::Null) };
        assert_eq!((one["sector"].clone(), one["region"].clone()), origin, "{one}");
        for secret in [&known.id, &known.name, &known.supporter.to_string(), "424242"] {
            assert!(!one.to_string().contains(secret), "{secret}: {one}");
        }
    }
    // The order says nothing: that of ids that are random.
    let ids: Vec<&String> =
        by_member.iter().map(|one| &planted.iter().find(|p| one.to_string().contains(&p.text)).unwrap().listing_id).collect();
    assert!(ids.is_sorted());
}

#[test]
fn a_hidden_contribution_is_seen_by_who_runs_the_round_and_is_in_no_export() {
    let cast = Cast::new();
    let (round, planted) = closed(&cast, SECRET);
    let at = |id: &str| format!("{}/contributions/{id}/moderation", round.path);
    let shown = &planted[1];
    assert_eq!(cast.ask("GET", &at(&shown.id)).by(&cast.chair).send().expect(404).problem(), "not-found", "not by its own id");
    let seen = cast.ask("GET", &at(&shown.listing_id)).by(&cast.chair).send().expect(200);
    let put = |body: &Value, etag: &str| cast.ask("PUT", &at(&shown.listing_id)).by(&cast.chair).if_match(etag).json(body).send();
    let etag = seen.header("etag").to_owned();
    assert_eq!(put(&json!({"hidden": true}), &etag).expect(422).problem(), "rule-violation");
    let hidden = put(&json!({"hidden": true, "reason": "Insults."}), &etag).expect(200);
    assert_eq!(hidden.json()["hidden"], true);
    assert_eq!(put(&json!({"hidden": false}), &etag).expect(412).problem(), "precondition-failed");
    assert_eq!(
        cast.ask("GET", &at(&planted[2].id)).by(&cast.chair).send().expect(404).problem(),
        "not-found",
        "the secretariat's"
    );
    cast.ask("GET", &at(&planted[2].id)).by(&cast.secretary).send().expect(200);
    published(&cast, &round);
    assert!(items(list(&cast, &round, &cast.chair)).iter().any(|one| one["hidden"] == true));
    assert!(!list(&cast, &round, &cast.member).expect(200).text().contains(&shown.text));
    for by in [&cast.member, &cast.chair, &cast.secretary] {
        let csv =
            cast.ask("GET", &format!("{}/contributions", round.path)).by(by).header("Accept", "text/csv").send().expect(200);
        assert!(!csv.text().contains(&shown.text) && csv.text().contains(&planted[0].text), "{}", csv.text());
        assert_eq!(csv.text().contains(&planted[2].text), by.id == cast.secretary.id, "{}", csv.text());
    }
}

fn deliverable(cast: &Cast) -> String {
    let body = json!({"title": "Toolkit", "kind": "toolkit", "due_on": "2026-10-20"});
    let path = format!("/groups/{}/deliverables", cast.group);
    cast.ask("POST", &path).by(&cast.chair).json(&body).send().expect(201).json()["reference"].as_str().unwrap().to_owned()
}

#[test]
fn several_are_answered_at_once_or_none() {
    let cast = Cast::new();
    let (round, planted) = closed(&cast, &["attributed", "anonymous"]);
    let (path, taker, asked) = (format!("{}/dispositions", round.path), deliverable(&cast), questions(&cast, &round));
    let put = |items: &Value| cast.ask("PUT", &path).by(&cast.chair).json(&json!({"items": items})).send();
    let faulty = json!([
        {"contribution_id": planted[0].id, "disposition": "accepted", "reason": "Yes.", "deliverable": "WG5-D99"},
        {"contribution_id": planted[1].id, "disposition": "noted", "reason": "By its own id."},
        {"contribution_id": planted[1].listing_id, "question_id": round.id, "disposition": "noted", "reason": "No question."},
    ]);
    assert_eq!(
        put(&faulty).expect(422).faults(),
        ["/items/0/deliverable unknown", "/items/1/contribution_id unknown", "/items/2/question_id unknown"]
    );
    let twice = json!({"contribution_id": planted[0].id, "disposition": "accepted", "reason": " "});
    assert_eq!(
        put(&json!([twice, twice])).expect(422).faults(),
        ["/items/0/reason format", "/items/1/reason format", "/items/1/contribution_id repeated"]
    );
    // What is wrong with the words, and what is not there, in one answer; the words alone where the caller sees no round.
    let mixed = json!([
        {"contribution_id": round.id, "question_id": round.id, "disposition": "noted", "reason": " ", "deliverable": "WG5-D99"},
        {"contribution_id": planted[0].id, "point": "\u{7}", "disposition": "noted", "reason": "Yes."},
    ]);
    assert_eq!(
        put(&mixed).expect(422).faults(),
        [
            "/items/0/reason format",
            "/items/1/point format",
            "/items/0/contribution_id unknown",
            "/items/0/question_id unknown",
            "/items/0/deliverable unknown"
        ]
    );
    let by_stranger = cast.ask("PUT", &path).by(&cast.stranger).json(&json!({"items": mixed})).send();
    assert_eq!(by_stranger.expect(422).faults(), ["/items/0/reason format", "/items/1/point format"]);
    let one = format!("{}/contributions/{}/disposition", round.path, planted[0].id);
    let body = json!({"disposition": "noted", "reason": "", "deliverable": "WG5-D99"});
    let alone = cast.ask("PUT", &one).by(&cast.chair).json(&body).send();
    assert_eq!(alone.expect(422).faults(), ["/reason format", "/deliverable unknown"]);
    let given = json!([
        {"contribution_id": planted[0].id, "disposition": "accepted", "reason": "Yes.", "deliverable": taker},
        {"contribution_id": planted[1].listing_id, "question_id": asked[0], "point": "norms", "disposition": "rejected", "reason": "Too late."},
    ]);
    put(&given).expect(200);
    put(&given).expect(200);
    let listed = cast.ask("GET", &path).by(&cast.chair).send().expect(200).json();
    assert_eq!(listed["items"].as_array().unwrap().len(), 2, "{listed}");
    assert!(!listed.to_string().contains(&planted[1].id));
    let one = format!("{}/contributions/{}/disposition", round.path, planted[0].id);
    let seen = cast.ask("GET", &one).by(&cast.chair).send().expect(200);
    assert_eq!(seen.json()["deliverable"]["reference"], json!(taker));
    let body = json!({"disposition": "noted", "reason": "After all."});
    assert_eq!(cast.ask("PUT", &one).by(&cast.chair).json(&body).send().expect(428).problem(), "precondition-required");
    cast.ask("PUT", &one).by(&cast.chair).if_match(seen.header("etag")).json(&body).send().expect(200);
    let gap = cast.ask("GET", &format!("{}/contributions?answered=false", round.path)).by(&cast.chair).send();
    assert_eq!(items(gap).len(), 2);
    assert_eq!(cast.ask("PUT", &path).by(&cast.member).json(&json!({"items": given})).send().expect(403).problem(), "forbidden");
}

#[test]
fn contributors_hear_what_became_of_their_input() {
    let cast = Cast::new();
    let (round, planted) = closed(&cast, &["attributed", "anonymous"]);
    let supporters = planted.iter().take(2).map(|one| one.supporter);
    let heard: Vec<Person> = supporters
        .zip(["first@plenary.test", "second@plenary.test"])
        .map(|(supporter, email)| {
            let person = cast.person(email);
            let path = format!("/supporters/{supporter}/affiliations");
            cast.ask("POST", &path).by(&cast.secretary).json(&json!({"email": email, "role": "focal_point"})).send().expect(201);
            person
        })
        .collect();
    let taker = deliverable(&cast);
    let put = |items: &Value| {
        cast.ask("PUT", &format!("{}/dispositions", round.path)).by(&cast.chair).json(&json!({"items": items})).send()
    };
    put(&json!([{"contribution_id": planted[0].id, "disposition": "accepted", "reason": "Yes.", "deliverable": taker}]))
        .expect(200);
    work(&cast);
    cast.mails();
    published(&cast, &round);
    work(&cast);
    let told: Vec<String> = cast.mails().list().into_iter().filter(|mail| mail.starts_with("contribution_")).collect();
    assert_eq!(told, [format!("contribution_answered {}", heard[0].email)]);
    put(&json!([{"contribution_id": planted[1].listing_id, "disposition": "noted", "reason": "Thanks."}])).expect(200);
    assert_eq!(cast.mails().list(), [format!("contribution_answered {}", heard[1].email)]);
    // Its way to the end is another test's; that it came there is a fact.
    cast.write(|tx| {
        let id: Id<DeliverableMark> = plenary::deliverables::named(tx, &taker)?.id;
        let (reference, title) = (taker.clone(), "Toolkit".to_owned());
        plenary::facts::announce(
            tx,
            &plenary::deliverables::DeliverableSettled { deliverable: id, reference, title, status: Status::Approved },
        )
    });
    work(&cast);
    assert_eq!(cast.mails().list(), [format!("contribution_taken_up {}", heard[0].email)]);
    // Who gets these is nobody's to see where contributors may be anonymous.
    let queue = cast.ask("GET", "/admin/mail?limit=200").by(&cast.secretary).send().expect(200);
    assert!(
        !queue.text().contains("contribution_answered") && !queue.text().contains("contribution_taken_up"),
        "{}",
        queue.text()
    );
}

/// What anybody reads of a round: how many contributions are listed without an answer, and how many `/trace` says are not answered.
fn gaps(cast: &Cast, round: &Asked) -> (usize, Option<i64>) {
    let listed = items(cast.get(&format!("{}/contributions", round.path)));
    let open = listed.iter().filter(|one| one["dispositions"].as_array().unwrap().is_empty()).count();
    let trace = cast.get("/trace").expect(200).json();
    let gap = trace["gaps"]["contributions_never_answered"].as_array().unwrap().first().cloned();
    (open, gap.map_or(Some(0), |gap| gap["contributions"].as_i64()))
}

#[test]
fn a_gap_of_the_trace_tells_no_more_than_the_list_does() {
    let cast = Cast::new();
    let round = Asked::new(&cast, "supporters", SECRET);
    let said = &[("attributed", 0), ("attributed", 0), ("anonymous", 0), ("anonymous", 0), ("secretariat_only", 0)];
    let planted = answer(&cast, &round, &[Bodies { sector: "state", region: "asia", invited: 9, said }]);
    let member = cast.person("planted@plenary.test");
    let path = format!("/supporters/{}/affiliations", planted[0].supporter);
    cast.ask("POST", &path).by(&cast.secretary).json(&json!({"email": member.email, "role": "focal_point"})).send().expect(201);
    cast.write(|tx| {
        use diesel::prelude::*;
        use plenary::schema::contributions as n;
        let owner = n::owner.eq(format!("supporter:{}", planted[0].supporter));
        Ok(diesel::update(n::table.filter(n::id.eq(&planted[0].id))).set(owner).execute(&mut **tx)?)
    });
    round.go(&cast, &cast.secretary, "closed").expect(200);
    published(&cast, &round);
    work(&cast);
    let results = cast.get(&format!("{}/results", round.path)).expect(200).json();
    // What is for the secretariat alone is in neither number.
    assert_eq!(gaps(&cast, &round), (4, Some(4)));
    let narrow = |to: &str| {
        let ask = cast.ask("PATCH", &format!("{}/contribution", round.path)).by(&member).if_match("*");
        ask.json(&json!({"visibility": to})).send().expect(200);
    };
    narrow("anonymous");
    assert_eq!(gaps(&cast, &round), (4, Some(4)), "whoever hides its name is no gap less");
    narrow("secretariat_only");
    assert_eq!(gaps(&cast, &round), (3, Some(3)), "the list, which everybody reads, has one less: the number adds nothing to it");
    assert_eq!(cast.get(&format!("{}/results", round.path)).expect(200).json(), results);
}
