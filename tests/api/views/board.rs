//! The board, its picture, and how ready a Forum is.

use serde_json::{Value, json};

use crate::plans::tapped_world;
use crate::world::cast::Cast;
use crate::world::{Person, Reply};

/// What somebody reads.
pub fn read(cast: &Cast, by: &Person, path: &str) -> Reply {
    cast.ask("GET", path).by(by).send()
}

/// A cast with a Forum next year in November and four deliverables of group 5: late, at risk, on track and without a Forum.
pub fn owing() -> Cast {
    let cast = Cast::new();
    let post = |path: &str, body: &Value| cast.ask("POST", path).by(&cast.secretary).json(body).send().expect(201).json();
    post(
        "/forum-editions",
        &json!({"name": "Paris Peace Forum 2027", "city": "Paris", "country": "FR", "time_zone": "Europe/Paris",
            "starts_on": "2027-11-11", "ends_on": "2027-11-13", "submission_deadline": "2027-10-11"}),
    );
    cast.at("2027-09-01T10:00:00Z");
    let cast = cast.again();
    let post = |path: &str, body: &Value| cast.ask("POST", path).by(&cast.chair).json(body).send().expect(201).json();
    let lead = cast.open_membership(&cast.lead);
    for (title, due_on, year, lead) in [
        ("A late <b>index</b>", "2027-08-20", Some(2027), Some(lead.as_str())),
        ("An index at risk", "2027-09-10", Some(2027), None),
        ("مؤشر", "2027-10-20", Some(2027), Some(lead.as_str())),
        ("=2+3", "2028-01-20", None, None),
    ] {
        let body = json!({"title": title, "kind": "index", "due_on": due_on, "forum_year": year, "lead_membership_id": lead});
        post("/groups/5/deliverables", &body);
    }
    post("/deliverables/WG5-D3/milestones", &json!({"title": "Outline", "due_on": "2027-09-20"}));
    cast
}

fn lines(board: &Value) -> Vec<String> {
    let lane = |lane: &Value| -> Vec<String> {
        let line = |line: &Value| {
            format!(
                "{} {} {} {} {} {}",
                line["reference"].as_str().unwrap(),
                line["health"].as_str().unwrap(),
                line["days_left"],
                line["next"]["what"].as_str().unwrap(),
                line["next"]["by"].as_str().unwrap(),
                line["next"]["due_on"].as_str().unwrap()
            )
        };
        lane["deliverables"].as_array().unwrap().iter().map(line).collect()
    };
    board["groups"].as_array().unwrap().iter().flat_map(lane).collect()
}

#[test]
fn a_board_says_what_is_owed_next_and_by_whom() {
    let cast = owing();
    let board = read(&cast, &cast.secretary, "/board?forum_year=2027").expect(200).json();
    assert_eq!(
        lines(&board),
        [
            "WG5-D1 late -12 start lead 2027-08-20",
            "WG5-D2 at_risk 9 start co_chairs 2027-09-10",
            "WG5-D3 on_track 49 start lead 2027-09-20",
        ]
    );
    assert_eq!(board["counts"], json!({"done": 0, "on_track": 1, "at_risk": 1, "late": 1, "dropped": 0}));
    assert_eq!((&board["forum_edition"]["year"], &board["today"]), (&json!(2027), &json!("2027-09-01")));
    assert_eq!(board["groups"][0]["deliverables"][0]["lead"]["id"], cast.lead.id.as_str());
    let all = read(&cast, &cast.secretary, "/board").expect(200).json();
    assert_eq!(lines(&all).len(), 4);
    assert_eq!(all["forum_edition"], Value::Null);
    read(&cast, &cast.secretary, "/board?forum_year=1999").expect(404);
    read(&cast, &cast.secretary, "/board?group=99").expect(404);
}

#[test]
fn a_co_chair_sees_the_board_of_its_own_groups() {
    let cast = owing();
    let body = json!({"title": "Other", "kind": "report", "due_on": "2027-10-01", "forum_year": 2027});
    cast.ask("POST", "/groups/4/deliverables").by(&cast.secretary).json(&body).send().expect(201);
    assert_eq!(lines(&read(&cast, &cast.secretary, "/board?forum_year=2027").json()).len(), 4);
    assert_eq!(lines(&read(&cast, &cast.chair, "/board?forum_year=2027").expect(200).json()).len(), 3);
    assert_eq!(lines(&read(&cast, &cast.chair, "/board?group=5").expect(200).json()).len(), 4);
    read(&cast, &cast.chair, "/board?group=4").expect(403);
    for person in [&cast.member, &cast.lead, &cast.observer, &cast.focal_point, &cast.stranger] {
        read(&cast, person, "/board").expect(403);
        read(&cast, person, "/board.svg").expect(403);
    }
    cast.get("/board").expect(401);
}

#[test]
fn the_board_is_a_sheet_and_a_picture_too() {
    let cast = owing();
    let sheet = cast.ask("GET", "/board").by(&cast.secretary).header("Accept", "text/csv").send().expect(200);
    let text = sheet.text().to_owned();
    assert!(sheet.header("Content-Type").starts_with("text/csv"));
    assert_eq!(text.lines().count(), 5);
    assert!(text.contains("\r\n5,Creating a cyberspace stability index,WG5-D4,'=2+3,planned,on_track,"), "{text}");
    let picture = read(&cast, &cast.chair, "/board.svg?forum_year=2027").expect(200);
    assert_eq!(picture.header("Content-Type"), "image/svg+xml");
    let svg = picture.text();
    assert!(svg.contains("<title id=\"title\">") && svg.contains("<desc id=\"description\">"), "{svg}");
    assert!(svg.contains("A late &lt;b&gt;index&lt;/b&gt;") && !svg.contains("<b>"), "{svg}");
    assert!(svg.contains("3 deliverables, 1 groups, 2027-09-01: 0 done, 1 on track, 1 at risk, 1 late, 0 dropped."), "{svg}");
    for said in ["Forum 2027 11 Nov", "Submission 2027 11 Oct", "Today, 1 Sep 2027", "Outline, due on 2027-09-20", "مؤشر"] {
        assert!(svg.contains(said), "{said}: {svg}");
    }
    // What begins with an Arabic letter runs from right to left and ends where the other lines begin: its group's heading and its row align.
    let line = |text: &str| {
        let mut lines = svg
            .split("<text ")
            .map(|element| element.split_once("</text>").unwrap_or_default().0.split_once('>').unwrap_or_default());
        lines.find(|(_, says)| says.trim() == text).unwrap_or_else(|| panic!("{text}: {svg}")).0.to_owned()
    };
    let (arabic, english) = (line("مؤشر"), line("An index at risk"));
    assert!(arabic.contains("direction=\"rtl\"") && arabic.contains("text-anchor=\"end\""), "{arabic}");
    assert!(english.contains("text-anchor=\"start\"") && !english.contains("rtl"), "{english}");
    let french = cast.ask("GET", "/board.svg?forum_year=2027").by(&cast.chair).header("Accept-Language", "fr").send();
    for said in ["La route vers le Forum 2027", "11 nov.", "Aujourd’hui, 1 sept. 2027", "en retard", "jours restants"] {
        assert!(french.text().contains(said), "{said}: {}", french.text());
    }
    // A browser that opens it as a page lets its style in, and nothing else.
    let policy = picture.header("Content-Security-Policy").to_owned();
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
}

#[test]
fn a_board_that_is_kept_is_never_stale_and_policy_is_asked_each_time() {
    let cast = owing();
    // Of an evening in Paris, where it is soon tomorrow.
    cast.at("2027-09-01T21:58:00Z");
    let cast = cast.again();
    let path = "/board?forum_year=2027&group=5";
    let before = read(&cast, &cast.secretary, path).expect(200);
    assert_eq!(before.header("Cache-Control"), "no-store");
    assert_eq!((before.header("Content-Language"), before.header("Content-Type")), ("en", "application/json"));
    let again = read(&cast, &cast.chair, path).expect(200);
    assert_eq!((again.text(), again.header("ETag")), (before.text(), before.header("ETag")));
    assert_ne!(again.header("X-Request-Id"), before.header("X-Request-Id"));
    // What one may read, others may not, and in another language or format it is something else.
    for person in [&cast.member, &cast.stranger] {
        read(&cast, person, path).expect(403);
    }
    let french = cast.ask("GET", path).by(&cast.chair).header("Accept-Language", "fr").send().expect(200);
    assert_eq!(french.header("Content-Language"), "fr");
    let sheet = cast.ask("GET", path).by(&cast.chair).header("Accept", "text/csv").send().expect(200);
    assert!(sheet.header("Content-Type").starts_with("text/csv"));
    assert!(read(&cast, &cast.chair, "/board.svg?forum_year=2027&group=5").text().contains("<svg"));
    let unchanged = cast.ask("GET", path).by(&cast.chair).header("If-None-Match", before.header("ETag")).send();
    assert_eq!(unchanged.status, 304);
    // A day later nobody wrote, and everything is a day nearer.
    cast.at("2027-09-01T22:02:00Z");
    let tomorrow = read(&cast, &cast.secretary, path).expect(200).json();
    assert_eq!(
        (&tomorrow["today"], lines(&tomorrow)[1].as_str()),
        (&json!("2027-09-02"), "WG5-D2 at_risk 8 start co_chairs 2027-09-10")
    );
    // One's own write shows at once.
    let change = cast.ask("PATCH", "/deliverables/WG5-D2").by(&cast.chair).if_match("*").json(&json!({"title": "Renamed"}));
    change.send().expect(200);
    assert!(read(&cast, &cast.secretary, path).text().contains("Renamed"));
}

#[test]
fn a_picture_of_many_shows_the_most_urgent() {
    let cast = owing();
    for n in 0..60 {
        let body = json!({"title": format!("Part {n}"), "kind": "report", "due_on": "2027-10-20", "forum_year": 2027});
        cast.ask("POST", &format!("/groups/{}/deliverables", n % 6 + 1)).by(&cast.secretary).json(&body).send().expect(201);
    }
    let svg = read(&cast, &cast.secretary, "/board.svg?forum_year=2027").expect(200).text().to_owned();
    assert_eq!(svg.matches("days left").count() + svg.matches("days over").count(), 60);
    assert!(svg.contains("63 deliverables, 6 groups, 2027-09-01: 0 done, 61 on track, 1 at risk, 1 late, 0 dropped."), "{svg}");
    assert!(svg.contains("3 more are less urgent; the board lists them."), "{svg}");
    // The group that is late comes first.
    let at = |label: &str| svg.find(label).unwrap_or(usize::MAX);
    assert!(at("WG5-D1") < at("WG1-D1") && at("WG5-D2") < at("WG1-D1"), "{svg}");
}

#[test]
fn readiness_says_what_is_late_and_who_brings_nothing() {
    let cast = owing();
    let ready = cast.get("/forum-editions/2027/readiness").expect(200).json();
    let references = |list: &str| -> Vec<String> {
        ready[list].as_array().unwrap().iter().map(|one| one["reference"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!((&ready["days_to_start"], &ready["days_to_deadline"]), (&json!(71), &json!(40)));
    assert_eq!((references("late"), references("missing")), (vec!["WG5-D1".into()], vec!["WG5-D2".into(), "WG5-D3".to_owned()]));
    assert!(references("ready").is_empty() && references("submitted").is_empty());
    let idle: Vec<i64> =
        ready["groups_with_nothing"].as_array().unwrap().iter().map(|group| group["number"].as_i64().unwrap()).collect();
    assert_eq!(idle, [1, 2, 3, 4, 6]);
    cast.get("/forum-editions/1999/readiness").expect(404);
}

#[test]
fn a_group_beside_the_register_is_a_picture_too() {
    let cast = Cast::new();
    let picture = cast.get("/groups/5/balance.svg").expect(200);
    assert_eq!(picture.header("Content-Type"), "image/svg+xml");
    // Three members, of the two supporters that the cast speaks for.
    let balance = cast.get("/groups/5/balance").json();
    assert_eq!((&balance["members"], &balance["member_supporters"]), (&json!(3), &json!(3)));
    let svg = picture.text();
    assert!(svg.contains(">\nMembers\n<") && svg.contains("Academia") && svg.contains("By region"), "{svg}");
    assert!(svg.contains("2 · 67 %") && svg.contains("1 · 33 %"), "{svg}");
    let french = cast.ask("GET", "/groups/5/balance.svg").header("Accept-Language", "fr").send();
    assert!(french.text().contains("Société civile"), "{}", french.text());
    // A group without members is drawn by its seats.
    assert!(cast.get("/groups/4/balance.svg").expect(200).text().contains("Member supporters"));
    cast.get("/groups/99/balance.svg").expect(404);
}

#[test]
fn a_board_is_read_once_while_nobody_writes() {
    for path in ["/board", "/board.svg"] {
        let (world, seen) = tapped_world();
        let cast = Cast::around(world);
        let spent = || seen.answering(cast.ask("GET", path).by(&cast.secretary)).len();
        let (first, second) = (spent(), spent());
        // Who asks is read each time; what is owed is not.
        assert!(second > 0 && second < first, "{path}: {first}, then {second}");
    }
}

#[test]
fn a_board_of_many_takes_as_many_queries_as_one() {
    let (world, seen) = tapped_world();
    let cast = Cast::around(world);
    let plan = |group: i64, n: usize| {
        let body = json!({"title": format!("Part {n}"), "kind": "report", "due_on": "2027-10-01"});
        cast.ask("POST", &format!("/groups/{group}/deliverables")).by(&cast.secretary).json(&body).send().expect(201);
    };
    let paths = ["/board", "/board.svg", "/me/tasks", "/groups/5/timeline", "/deliverables", "/trace", "/groups/5/calendar.ics"];
    let spent = || paths.map(|path| seen.answering(cast.ask("GET", path).by(&cast.secretary)).len());
    plan(5, 0);
    // The call is read again after every write, by whoever asks first.
    let warm = || drop(seen.answering(cast.ask("GET", "/call")));
    warm();
    let one = spent();
    for n in 0..20 {
        plan(n % 6 + 1, n as usize);
    }
    warm();
    let many = spent();
    assert_eq!(one, many, "{paths:?}");
    assert!(many.iter().all(|queries| *queries <= 35), "{many:?}");
}
