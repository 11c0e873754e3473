//! What a round asks.

use serde_json::{Value, json};

use super::round::{Round, asked};
use crate::world::cast::Cast;
use crate::world::{Person, Reply};

fn put(cast: &Cast, round: &Round, by: &Person, etag: &str, questions: Value) -> Reply {
    let path = format!("{}/questions", round.path);
    cast.ask("PUT", &path).by(by).if_match(etag).json(&json!({"questions": questions})).send()
}

#[test]
fn questions_are_replaced_whole_and_frozen_from_scheduling_on() {
    let cast = Cast::new();
    let round = Round::draft(&cast, "supporters", &["attributed"], Some(cast.group));
    let path = format!("{}/questions", round.path);
    let empty = cast.ask("GET", &path).by(&cast.chair).send().expect(200);
    assert_eq!(empty.json()["questions"], json!([]));
    let first = put(&cast, &round, &cast.chair, empty.header("etag"), asked()).expect(200);
    assert_eq!(first.json()["questions"][1]["options"], json!(["Norms", "Hygiene"]));
    assert_eq!(first.json()["questions"][0]["options"], Value::Null);
    assert_eq!((&first.json()["questions"][2]["min"], &first.json()["questions"][2]["max"]), (&json!(0), &json!(2)));
    assert_eq!(put(&cast, &round, &cast.chair, empty.header("etag"), asked()).expect(412).problem(), "precondition-failed");
    cast.ask("PUT", &path).by(&cast.chair).json(&json!({"questions": []})).send().expect(428);
    let french = cast.ask("GET", &format!("{path}?locale=fr")).by(&cast.chair).send().expect(200).json();
    assert_eq!(french["questions"][0]["prompt"], "Qu'attendez-vous ?");
    assert_eq!(french["questions"][1]["options"][0], "Normes");
    assert_eq!(french["questions"][2]["options"], json!(["One", "Two", "Three"]));
    let one = put(&cast, &round, &cast.secretary, first.header("etag"), json!([{"kind": "text", "prompt": "Why?"}])).expect(200);
    assert_eq!(one.json()["questions"].as_array().unwrap().len(), 1);
    // Hidden before it opens, and nobody's but those who run it.
    assert_eq!(put(&cast, &round, &cast.member, one.header("etag"), json!([])).status, 404);
    assert_eq!(cast.ask("GET", &path).send().status, 404);
    for status in ["scheduled", "open", "closed", "published", "cancelled"] {
        round.is(&cast, status);
        assert_eq!(
            put(&cast, &round, &cast.chair, one.header("etag"), json!([])).expect(409).problem(),
            "wrong-state",
            "{status}"
        );
    }
    cast.ask("GET", &path).send().expect(200);
    assert_eq!(put(&cast, &round, &cast.member, one.header("etag"), json!([])).status, 403);
}

#[test]
fn all_faults_of_questions_are_told_at_once() {
    let cast = Cast::new();
    let round = Round::draft(&cast, "supporters", &["attributed"], None);
    let many: Vec<String> = (0..51).map(|n| format!("Option {n}")).collect();
    let questions = json!([
        {"kind": "text", "prompt": {"xx": "?"}, "max_length": 20_001},
        {"kind": "single_choice", "prompt": "?!", "options": ["Yes", {"en": "No", "fr": "Yes"}]},
        {"kind": "single_choice", "prompt": "Which?", "options": many},
        {"kind": "multiple_choice", "prompt": "Which?", "options": ["a", "x".repeat(501)], "min": 3},
        {"kind": "scale", "prompt": "How?", "max": 7, "options": ["a", "b"]},
        {"kind": "ranking", "prompt": "Order?", "min": 1},
    ]);
    let faults = put(&cast, &round, &cast.secretary, "*", questions).expect(422).faults();
    assert_eq!(
        faults,
        [
            "/questions/0/prompt/xx unknown",
            "/questions/0/max_length range",
            "/questions/1/prompt format",
            "/questions/1/options/1 repeated",
            "/questions/2/options range",
            "/questions/3/options/1 format",
            "/questions/3/min range",
            "/questions/4/options unknown",
            "/questions/4/max range",
            "/questions/5/min unknown",
            "/questions/5/options required",
        ]
    );
    let text = json!({"kind": "text", "prompt": "Why?"});
    let faults = put(&cast, &round, &cast.secretary, "*", Value::Array(vec![text.clone(); 101])).expect(422).faults();
    assert_eq!(faults, ["/questions too-many"]);
    put(&cast, &round, &cast.secretary, "*", Value::Array(vec![text; 100])).expect(200);
}
