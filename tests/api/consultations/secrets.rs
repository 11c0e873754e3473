//! What nobody may see, looked for in every answer that anybody gets.

use serde_json::json;

use super::kit::{Asked, work};
use super::seed::{Bodies, Planted, answer};
use crate::world::Person;
use crate::world::cast::Cast;

const BODIES: [Bodies; 2] = [
    Bodies {
        sector: "state",
        region: "asia",
        invited: 9,
        said: &[("anonymous", 0), ("anonymous", 1), ("secretariat_only", 0), ("attributed", 1), ("anonymous", 1)],
    },
    Bodies { sector: "academia", region: "europe", invited: 6, said: &[("anonymous", 0), ("secretariat_only", 1)] },
];

/// Every path from which something of a round might be seen.
fn paths(round: &Asked, planted: &[Planted]) -> Vec<String> {
    let of = |below: &str| format!("{}{below}", round.path);
    let mut paths: Vec<String> =
        ["", "/questions", "/contribution", "/contributions?total=true", "/contributions?answered=true", "/dispositions"]
            .into_iter()
            .chain(["/results", "/results.svg", "/report", "/synthesis"])
            .map(of)
            .collect();
    for one in planted {
        for id in [&one.id, &one.listing_id] {
            paths.extend(["moderation", "disposition"].map(|what| of(&format!("/contributions/{id}/{what}"))));
        }
    }
    let around = [
        "/consultations",
        "/consultations?q=planted",
        "/search?q=planted",
        "/trace",
        "/calendar.ics",
        "/groups/5",
        "/groups/5/timeline",
        "/groups/5/calendar.ics",
        "/admin/audit?limit=200",
        "/admin/mail?limit=200",
        "/me",
        "/me/tasks",
        "/me/export",
    ];
    paths.into_iter().chain(around.map(str::to_owned)).collect()
}

/// Looks at everything as somebody, and finds none of these.
#[track_caller]
fn look(cast: &Cast, paths: &[String], by: Option<&Person>, secrets: &[&String], when: &str) {
    for path in paths {
        for accept in ["application/json", "text/csv"] {
            let ask = cast.ask("GET", path).header("Accept", accept);
            let ask = if let Some(person) = by { ask.by(person) } else { ask };
            let reply = ask.send();
            let (text, head) = (String::from_utf8_lossy(&reply.body).into_owned(), format!("{:?}", reply.headers));
            for secret in secrets {
                let who = by.map_or("nobody", |person| person.email.as_str());
                assert!(!text.contains(*secret) && !head.contains(*secret), "{when}: {who} finds {secret} at {path}: {text}");
            }
        }
    }
}

#[test]
fn nobody_finds_what_is_kept_from_them() {
    let cast = Cast::new();
    let round = Asked::new(&cast, "supporters", &["attributed", "anonymous", "secretariat_only"]);
    let planted = answer(&cast, &round, &BODIES);
    let of = |visibility: &str| planted.iter().filter(move |one| one.visibility == visibility).collect::<Vec<_>>();
    let (anonymous, secret, named) = (of("anonymous"), of("secretariat_only"), of("attributed"));
    // Whose they are, and by which id: nobody's to see. What is for the secretariat alone: nobody else's.
    let whose: Vec<&String> = anonymous.iter().flat_map(|one| [&one.id, &one.name]).collect();
    let said: Vec<&String> = anonymous.iter().chain(&named).map(|one| &one.text).collect();
    let kept: Vec<&String> = secret.iter().flat_map(|one| [&one.text, &one.id, &one.name, &one.listing_id]).collect();
    let paths = paths(&round, &planted);
    let everybody = [
        None,
        Some(&cast.stranger),
        Some(&cast.member),
        Some(&cast.observer),
        Some(&cast.focal_point),
        Some(&cast.chair),
        Some(&cast.secretary),
    ];
    let look_all = |when: &str, with_said: bool, runs_too: bool| {
        for by in everybody {
            let is_secretariat = by.is_some_and(|person| person.id == cast.secretary.id);
            let mut secrets = whose.clone();
            if !is_secretariat {
                secrets.extend(&kept);
            }
            if with_said && (!is_secretariat || runs_too) {
                secrets.extend(&said);
            }
            look(&cast, &paths, by, &secrets, when);
        }
    };
    look_all("open", true, true);
    round.go(&cast, &cast.secretary, "closed").expect(200);
    look_all("closed", true, false);
    let listed = |one: &Planted| if one.visibility == "anonymous" { one.listing_id.clone() } else { one.id.clone() };
    let items: Vec<_> =
        planted.iter().map(|one| json!({"contribution_id": listed(one), "disposition": "noted", "reason": "Thanks."})).collect();
    let put = cast.ask("PUT", &format!("{}/dispositions", round.path)).by(&cast.secretary);
    put.json(&json!({"items": items})).send().expect(200);
    let moderation = format!("{}/contributions/{}/moderation", round.path, listed(anonymous[0]));
    let etag = cast.ask("GET", &moderation).by(&cast.secretary).send().expect(200).header("etag").to_owned();
    let hide = cast.ask("PUT", &moderation).by(&cast.secretary).if_match(&etag);
    hide.json(&json!({"hidden": true, "reason": "Insults."})).send().expect(200);
    round.conclude(&cast);
    round.go(&cast, &cast.secretary, "published").expect(200);
    work(&cast);
    look_all("published", false, false);
    // It can be found at all: what everybody may read is there.
    let list = cast.get(&format!("{}/contributions", round.path)).expect(200);
    assert!(list.text().contains(&named[0].text) && list.text().contains(&anonymous[1].text));
    assert!(!list.text().contains(&anonymous[0].text), "it is hidden");
    for by in [None, Some(&cast.member)] {
        look(&cast, &paths, by, &[&anonymous[0].text], "hidden");
    }
}
