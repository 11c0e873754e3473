//! What came out of a round, and who sees it.

use serde_json::{Value, json};

use super::kit::{Asked, work};
use super::seed::{Bodies, answer, public, questions};
use crate::world::Person;
use crate::world::cast::Cast;

const SECRET: &[&str] = &["attributed", "anonymous", "secretariat_only"];

#[track_caller]
fn results(cast: &Cast, round: &Asked, by: &Person) -> Value {
    cast.ask("GET", &format!("{}/results", round.path)).by(by).send().expect(200).json()
}

/// Closed, and where wanted published.
fn end(cast: &Cast, round: &Asked, published: bool) {
    round.go(cast, &cast.secretary, "closed").expect(200);
    if published {
        round.conclude(cast);
        round.go(cast, &cast.secretary, "published").expect(200);
    }
}

fn open_bodies() -> [Bodies; 2] {
    [
        Bodies { sector: "state", region: "asia", invited: 3, said: &[("attributed", 0), ("attributed", 0)] },
        Bodies { sector: "academia", region: "europe", invited: 2, said: &[("attributed", 1)] },
    ]
}

#[test]
fn where_nobody_is_anonymous_every_number_is_told() {
    let cast = Cast::new();
    let round = Asked::new(&cast, "supporters", &["attributed"]);
    answer(&cast, &round, &open_bodies());
    let path = format!("{}/results", round.path);
    assert_eq!(cast.get(&path).expect(403).problem(), "forbidden");
    assert_eq!(cast.ask("GET", &path).by(&cast.secretary).send().expect(409).problem(), "wrong-state");
    end(&cast, &round, false);
    assert_eq!(cast.ask("GET", &path).by(&cast.member).send().expect(403).problem(), "forbidden");
    let before = results(&cast, &round, &cast.secretary);
    assert_eq!((&before["invited"], &before["submitted"], &before["suppressed"]), (&json!(5), &json!(3), &json!(false)));
    assert_eq!(before["unanswered"], 3);
    let [text, single, multiple, scale, ranking] = [0, 1, 2, 3, 4].map(|n| before["questions"][n].clone());
    assert_eq!(text["answered"], 3);
    assert_eq!(single["options"], json!([{"option": "Yes", "count": 2}, {"option": "No", "count": 1}]));
    assert_eq!(multiple["options"][1]["count"], 0);
    assert_eq!(
        (&scale["values"][3], &scale["mean"], &scale["median"]),
        (&json!({"value": 4, "count": 3}), &json!(4.0), &json!(4.0))
    );
    assert_eq!(ranking["ranking"][2], json!({"option": "Three", "first": 3, "ranked": 3, "mean_place": 1.0}));
    let state = |list: &Value| list.as_array().unwrap().iter().find(|part| part["code"] == "state").cloned();
    let part = state(&before["participation"]["by_sector"]).unwrap();
    assert_eq!((&part["invited"], &part["submitted"]), (&json!(3), &json!(2)));
    assert_eq!(single["by_sector"][0], json!({"codes": ["state"], "answered": 2, "counts": [2, 0]}));
    // What the worker writes down is what was told before, and published it is everybody's.
    work(&cast);
    assert_eq!(results(&cast, &round, &cast.secretary), before);
    round.conclude(&cast);
    round.go(&cast, &cast.secretary, "published").expect(200);
    assert_eq!(cast.get(&path).expect(200).json(), before);
    let csv = cast.ask("GET", &path).header("Accept", "text/csv").send().expect(200);
    assert!(csv.text().contains(",single_choice,What?,Yes,count,sector,state,2\r\n"), "{}", csv.text());
    let asked = questions(&cast, &round);
    let svg = cast.get(&format!("{path}.svg?question_id={}", asked[1])).expect(200);
    assert!(svg.text().contains("Yes 2; No 1."), "{}", svg.text());
    assert_eq!(cast.get(&format!("{path}.svg?question_id={}", round.id)).expect(422).faults(), ["?question_id unknown"]);
}

#[test]
fn where_somebody_may_be_anonymous_small_numbers_are_kept_back() {
    let cast = Cast::new();
    let round = Asked::new(&cast, "supporters", SECRET);
    let few = [
        Bodies { sector: "state", region: "asia", invited: 9, said: &[("anonymous", 0), ("anonymous", 1), ("attributed", 0)] },
        Bodies { sector: "academia", region: "europe", invited: 4, said: &[("secretariat_only", 0)] },
    ];
    answer(&cast, &round, &few);
    assert_eq!(round.read(&cast, &cast.secretary).json()["counts"]["submitted"], Value::Null);
    end(&cast, &round, true);
    let told = results(&cast, &round, &cast.secretary);
    assert_eq!((&told["invited"], &told["submitted"], &told["suppressed"]), (&json!(13), &Value::Null, &json!(true)));
    for question in told["questions"].as_array().unwrap() {
        assert_eq!(question["answered"], Value::Null, "{question}");
        assert_eq!((&question["by_sector"], &question["by_region"]), (&json!([]), &json!([])), "{question}");
        assert!(!question.to_string().contains("\"count\":1") && !question.to_string().contains("\"count\":2"), "{question}");
    }
    for by in [&cast.member, &cast.stranger, &cast.chair] {
        assert_eq!(results(&cast, &round, by), told, "the same for everybody");
    }
}

#[test]
fn a_crowd_is_told_of_and_nothing_can_be_subtracted() {
    let cast = Cast::new();
    let round = Asked::new(&cast, "supporters", SECRET);
    const YES: (&str, usize) = ("anonymous", 0);
    const NO: (&str, usize) = ("anonymous", 1);
    let many = [
        Bodies { sector: "state", region: "asia", invited: 14, said: &[YES, YES, YES, YES, NO, NO, NO, NO] },
        Bodies { sector: "academia", region: "europe", invited: 14, said: &[YES, YES, YES, NO, NO, NO, ("attributed", 0)] },
        // Too few to be told of alone: they hide among each other, or take another along.
        Bodies { sector: "civil_society", region: "europe", invited: 3, said: &[YES] },
    ];
    answer(&cast, &round, &many);
    end(&cast, &round, true);
    let told = results(&cast, &round, &cast.stranger);
    assert_eq!(told["submitted"], 16, "{told}");
    assert_eq!(told["questions"][1]["options"], json!([{"option": "Yes", "count": 9}, {"option": "No", "count": 7}]));
    // Nobody chose it, everybody did: neither is told.
    assert_eq!(told["questions"][2]["options"].as_array().unwrap().iter().filter(|option| option["count"].is_null()).count(), 3);
    assert_eq!(told["questions"][3]["mean"], Value::Null);
    let parts = told["participation"]["by_sector"].as_array().unwrap();
    let small = parts.iter().find(|part| part["code"] == "civil_society").unwrap();
    assert_eq!(small["submitted"], Value::Null);
    // One that is kept back alone would be the difference of the others.
    let kept = parts.iter().filter(|part| part["invited"] != 0 && part["submitted"].is_null()).count();
    assert!(kept >= 2, "{parts:?}");
    work(&cast);
    assert_eq!(results(&cast, &round, &cast.stranger), told, "the same at every time");
}

#[test]
fn a_public_round_has_no_audience_to_be_told_apart() {
    let cast = Cast::new();
    let round = Asked::new(&cast, "public", &["attributed"]);
    public(&cast, &round, 4_100);
    end(&cast, &round, true);
    let told = results(&cast, &round, &cast.stranger);
    assert_eq!((&told["invited"], &told["submitted"]), (&Value::Null, &json!(4_100)));
    assert_eq!(told["questions"][1]["options"], json!([{"option": "Yes", "count": 2_050}, {"option": "No", "count": 2_050}]));
    assert_eq!(told["participation"], json!({"by_sector": [], "by_region": []}));
    work(&cast);
    assert_eq!(results(&cast, &round, &cast.stranger), told);
}

#[test]
fn the_report_is_one_page_for_print() {
    let cast = Cast::new();
    let round = Asked::new(&cast, "supporters", SECRET);
    answer(&cast, &round, &open_bodies());
    end(&cast, &round, false);
    let synthesis = format!("{}/synthesis", round.path);
    let put = |text: &Value| cast.ask("PUT", &synthesis).by(&cast.secretary).json(&json!({"markdown": text})).send();
    assert_eq!(put(&json!({"en": "a", "xx": "b"})).expect(422).faults(), ["/markdown/xx unknown"]);
    assert_eq!(put(&json!("x".repeat(100_001))).expect(422).faults(), ["/markdown too-long"]);
    assert_eq!(put(&json!([])).expect(422).faults(), ["/markdown type"]);
    let text = json!({"en": "# They agree\n\n<script>alert(1)</script>\n\n[x](javascript:alert(1)) **much**", "fr": "Ils sont d'accord."});
    let written = put(&text).expect(200);
    assert_eq!(put(&text).expect(428).problem(), "precondition-required");
    let again = cast.ask("PUT", &synthesis).by(&cast.secretary).if_match(written.header("etag"));
    again.json(&json!({"markdown": text})).send().expect(200);
    assert_eq!(cast.get(&synthesis).expect(403).problem(), "forbidden");
    round.go(&cast, &cast.secretary, "published").expect(200);
    assert_eq!(
        cast.ask("GET", &synthesis).header("Accept-Language", "fr").send().expect(200).json()["markdown"],
        "Ils sont d'accord."
    );
    let page = cast.get(&format!("{}/report", round.path)).expect(200);
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert!(page.header("content-security-policy").starts_with("default-src 'none'; style-src 'sha256-"));
    let html = page.text();
    for there in [
        "<html lang=\"en\" dir=\"ltr\">",
        "<h3>They agree</h3>",
        "&lt;script&gt;",
        "Unmistakable Body 001",
        "planted-attributed-001",
        "@page{size:A4",
    ] {
        assert!(html.contains(there), "{there}: {html}");
    }
    assert!(!html.contains("<script") && !html.contains("javascript:"), "{html}");
    let ids: Vec<&str> = html.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()).collect();
    let once: std::collections::BTreeSet<&&str> = ids.iter().collect();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
    let french = cast.ask("GET", &format!("{}/report", round.path)).header("Accept-Language", "fr").send().expect(200);
    assert!(french.text().contains("<html lang=\"fr\"") && french.text().contains("Synthèse"));
}
