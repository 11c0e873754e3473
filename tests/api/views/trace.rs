//! From principles to sessions, and back.

use serde_json::{Value, json};

use super::board::owing;

fn texts(list: &Value, field: &str) -> Vec<String> {
    list.as_array().unwrap().iter().map(|one| one[field].to_string().trim_matches('"').to_owned()).collect()
}

#[test]
fn a_principle_leads_to_sessions_and_a_session_back_to_principles() {
    let cast = owing();
    let body = json!({"principles": [1, 9]});
    let etag = cast.get("/deliverables/WG5-D1").header("ETag").to_owned();
    cast.ask("PATCH", "/deliverables/WG5-D1").by(&cast.chair).if_match(&etag).json(&body).send().expect(200);
    let body = json!({"title": "Results", "day": "2027-11-12", "deliverables": [{"reference": "WG5-D1", "as": "preliminary"}]});
    let made = cast.ask("POST", "/forum-editions/2027/sessions").by(&cast.secretary).json(&body).send().expect(201).json();
    let session = made["id"].as_str().unwrap();
    let whole = cast.get("/trace").expect(200).json();
    assert_eq!((texts(&whole["principles"], "number").len(), texts(&whole["groups"], "number").len()), (9, 6));
    assert_eq!(texts(&whole["deliverables"], "reference"), ["WG5-D1", "WG5-D2", "WG5-D3", "WG5-D4"]);
    assert_eq!(whole["gaps"]["groups_without_deliverable"], json!([1, 2, 3, 4, 6]));
    assert_eq!(whole["gaps"]["groups_with_nothing_published"], json!([1, 2, 3, 4, 5, 6]));
    assert_eq!(whole["gaps"]["principles_without_deliverable"], json!([2, 3, 4, 5, 6, 7, 8]));
    for question in ["principle=9", "deliverable=WG5-D1", &format!("session={session}")] {
        let trace = cast.get(&format!("/trace?{question}")).expect(200).json();
        assert_eq!(texts(&trace["deliverables"], "reference"), ["WG5-D1"], "{question}");
        assert_eq!(texts(&trace["sessions"], "id"), [session], "{question}");
        assert!(texts(&trace["groups"], "number").contains(&"5".to_owned()), "{question}");
        assert!(texts(&trace["principles"], "number").contains(&"9".to_owned()), "{question}");
    }
    let group = cast.get("/trace?group=5").expect(200).json();
    assert_eq!(texts(&group["deliverables"], "reference").len(), 4);
    assert_eq!(texts(&group["groups"], "number"), ["5"]);
    assert_eq!(texts(&group["principles"], "number"), ["1", "9"]);
    let idle = cast.get("/trace?group=4").expect(200).json();
    assert!(texts(&idle["deliverables"], "reference").is_empty() && texts(&idle["sessions"], "id").is_empty());
    cast.get("/trace?group=99").expect(404);
    cast.get("/trace?deliverable=WG9-D9").expect(404);
    cast.get("/trace?session=0190aaaa-0000-7000-8000-00000000dead").expect(404);
    assert_eq!(cast.get("/trace?principle=77").expect(422).faults(), ["?principle enum"]);
}
