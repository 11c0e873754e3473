//! Two entries that are one organisation.

use diesel::prelude::*;
use plenary::ids::Id;
use plenary::policy::SupporterId;
use plenary::schema::*;
use plenary::supporters::Status;
use serde_json::{Value, json};

use super::changes::{acts, affiliate, at_once, rows_show_their_open_interval};
use super::seed::{add, call, entry, group};
use crate::world::{Person, Reply, World};

const SINCE: &str = "2020-01-01T00:00:00Z";

struct Setting {
    world: World,
    /// The entry that goes.
    from: SupporterId,
    /// The entry that stays.
    into: SupporterId,
    secretary: Person,
}

fn setting() -> Setting {
    let world = World::new();
    call(&world);
    let ids = add(
        &world,
        &[
            entry("Micro Soft").sector("private_sector").country("US").endorsed("2018-11-12").formerly("Mikro").principles(&[1]),
            entry("Microsoft")
                .sector("private_sector")
                .country("US")
                .endorsed("2019-01-01")
                .formerly("Traf-O-Data")
                .principles(&[2]),
        ],
    );
    let secretary = world.secretary();
    Setting { from: ids[0], into: ids[1], world, secretary }
}

fn merge(world: &World, by: &Person, from: &str, into: &str, reason: &str) -> Reply {
    let body = json!({"into_supporter_id": into, "reason": reason});
    world.ask("POST", &format!("/supporters/{from}/merge")).by(by).json(&body).send()
}

fn codes(reply: &Reply) -> Vec<Value> {
    assert_eq!((reply.status, reply.problem().as_str()), (422, "rule-violation"), "{}", reply.text());
    reply.json()["violations"].as_array().unwrap().iter().map(|violation| violation["code"].clone()).collect()
}

/// Open affiliations of a supporter: person and role.
fn team(world: &World, supporter: SupporterId) -> Vec<(String, String)> {
    use affiliations as a;
    let mut team: Vec<(String, String)> = world.read(|c| {
        let open = a::table.inner_join(persons::table).filter(a::supporter_id.eq(supporter)).filter(a::until.is_null());
        Ok(open.select((persons::folded_email.assume_not_null(), a::role)).load(c)?)
    });
    team.sort();
    team
}

fn ask_for_affiliation(world: &World, person: &Person, supporter: SupporterId) {
    world.write(|tx| {
        let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
        use affiliation_requests as r;
        diesel::insert_into(r::table)
            .values((
                (r::id.eq(id), r::person_id.eq(person.id), r::supporter_id.eq(supporter), r::status.eq("requested")),
                (r::version.eq(1), r::created_at.eq(now), r::updated_at.eq(now)),
            ))
            .execute(&mut **tx)?;
        Ok(())
    });
}

#[test]
fn everything_moves_and_nothing_is_lost() {
    let Setting { world, from, into, secretary } = setting();
    let (ana, ben, cy) = (world.person("ana@x.example"), world.person("ben@x.example"), world.person("cy@x.example"));
    affiliate(&world, &ana, from, "focal_point");
    affiliate(&world, &ana, into, "representative");
    affiliate(&world, &ben, from, "representative");
    affiliate(&world, &ben, into, "focal_point");
    affiliate(&world, &cy, from, "representative");
    let dee = world.person("dee@x.example");
    ask_for_affiliation(&world, &ana, from);
    ask_for_affiliation(&world, &dee, from);
    ask_for_affiliation(&world, &dee, into);
    ask_for_affiliation(&world, &world.person("eve@x.example"), from);
    let one = group(&world, 1, "one", &[(from, SINCE, None)]);
    // Both sat there, but not at the same time.
    let two = group(&world, 2, "two", &[(from, SINCE, Some("2021-01-01T00:00:00Z")), (into, SINCE, None)]);
    let group_etag = world.get("/groups/1/co-chairs").expect(200).header("etag").to_owned();
    let merged = merge(&world, &secretary, "micro-soft", into.as_str(), "The same company.").expect(200).json();
    assert_eq!(
        (&merged["id"], &merged["name"], &merged["endorsed_on"]),
        (&json!(into), &json!("Microsoft"), &json!("2019-01-01"))
    );
    let mut names: Vec<&str> = merged["former_names"].as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Micro Soft", "Mikro", "Traf-O-Data"]);
    assert_eq!(merged["principles"], json!([1, 2]));
    for q in ["mikro", "micro%20soft", "traf"] {
        let found = world.get(&format!("/supporters?q={q}")).expect(200).json();
        assert_eq!((found["items"].as_array().unwrap().len(), &found["items"][0]["id"]), (1, &json!(into)), "{q}");
    }
    let role = |person: &str, role: &str| (person.to_owned(), role.to_owned());
    assert_eq!(
        team(&world, into),
        [role("ana@x.example", "focal_point"), role("ben@x.example", "focal_point"), role("cy@x.example", "representative")]
    );
    use affiliation_requests as r;
    let mut requests: Vec<(SupporterId, String)> = world.read(|c| Ok(r::table.select((r::supporter_id, r::status)).load(c)?));
    requests.sort();
    let expected = ["cancelled", "cancelled", "requested", "requested"].map(|status| (into, status.to_owned()));
    assert_eq!(requests, expected, "of one person one stays, and none of who belongs to it");
    use co_chair_seats as c;
    for (group, count) in [(one, 1), (two, 2)] {
        let holders: Vec<SupporterId> =
            world.read(|connection| Ok(c::table.filter(c::group_id.eq(group)).select(c::supporter_id).load(connection)?));
        assert_eq!(holders, vec![into; count]);
    }
    assert_ne!(world.get("/groups/1/co-chairs").expect(200).header("etag"), group_etag, "a group changes with its seats");
    let rows: i64 = world.read(|c| Ok(supporters::table.filter(supporters::id.eq(from)).count().get_result(c)?));
    assert_eq!(rows, 0, "the row itself goes");
    use supporter_aliases as a;
    let mut aliases: Vec<(String, SupporterId)> = world.read(|c| Ok(a::table.select((a::alias, a::supporter_id)).load(c)?));
    aliases.sort();
    let mut expected = vec![(from.to_string(), into), ("micro-soft".to_owned(), into)];
    expected.sort();
    assert_eq!(aliases, expected);
    assert_eq!(acts(&world, from.as_str()), ["supporter.merged"]);
    rows_show_their_open_interval(&world);
    let stats = world.get("/supporters/stats").expect(200).json();
    assert_eq!(stats["total"], 1);
    assert!(world.read(|c| Ok(plenary::audit::verify(c)?)).is_ok());
}

#[test]
fn what_was_merged_twice_leads_to_what_is_left() {
    let Setting { world, from, into, secretary } = setting();
    let last = add(&world, &[entry("Last").endorsed("2020-01-01")])[0];
    merge(&world, &secretary, from.as_str(), into.as_str(), "x").expect(200);
    merge(&world, &secretary, "microsoft", last.as_str(), "x").expect(200);
    use supporter_aliases as a;
    let targets: Vec<SupporterId> = world.read(|c| Ok(a::table.select(a::supporter_id).load(c)?));
    assert_eq!(targets, vec![last; 4]);
    let names = world.get("/supporters/last").json()["former_names"].as_array().unwrap().len();
    assert_eq!(names, 4);
}

#[test]
fn every_reason_against_it_is_named_at_once() {
    let Setting { world, from, into, secretary } = setting();
    group(&world, 1, "one", &[(from, SINCE, None), (into, SINCE, None)]);
    group(&world, 2, "two", &[(from, SINCE, None)]);
    group(&world, 3, "three", &[(into, SINCE, None), (from, SINCE, None)]);
    let refused = merge(&world, &secretary, from.as_str(), into.as_str(), " ");
    assert_eq!(codes(&refused), ["reason_required", "both_hold_a_seat", "both_hold_a_seat"]);
    let text = refused.text();
    assert!(text.contains("group 1 (one)") && text.contains("group 3 (three)") && !text.contains("(two)"), "{text}");
    assert_eq!(codes(&merge(&world, &secretary, from.as_str(), from.as_str(), "x")), ["same_supporter"]);
    let others = add(
        &world,
        &[
            entry("Gone").endorsed("2019-01-01").then(Status::Withdrawn, "2021-01-01"),
            entry("Asking").at_first(Status::Pending, "2026-08-20"),
        ],
    );
    for (id, word) in [(others[0], "withdrawn"), (others[1], "pending")] {
        let refused = merge(&world, &secretary, from.as_str(), id.as_str(), "x");
        assert_eq!(codes(&refused), ["into_not_endorsed"], "{word}");
        assert!(refused.text().contains(word));
    }
    assert_eq!(codes(&merge(&world, &secretary, others[0].as_str(), others[0].as_str(), "")).len(), 3);
    let unknown = merge(&world, &secretary, from.as_str(), "0190aaaa-0000-7000-8000-00000000dead", "x");
    assert_eq!(unknown.faults(), ["/into_supporter_id unknown"]);
    let both = merge(&world, &secretary, from.as_str(), "0190aaaa-0000-7000-8000-00000000dead", "\u{7}");
    assert_eq!(both.faults(), ["/reason format", "/into_supporter_id unknown"]);
    let neither = merge(&world, &secretary, "nowhere", into.as_str(), "\u{7}");
    assert_eq!(neither.faults(), ["/reason format"], "the form comes before what it is about");
    // Nothing of it happened: also what the groups had done before they objected.
    use co_chair_seats as c;
    let seats: i64 = world.read(|connection| Ok(c::table.filter(c::supporter_id.eq(from)).count().get_result(connection)?));
    assert_eq!(seats, 3);
    assert!(acts(&world, from.as_str()).is_empty());
    // A withdrawn entry may go into an endorsed one.
    merge(&world, &secretary, "gone", into.as_str(), "x").expect(200);
}

#[test]
fn only_the_secretariat_merges() {
    let Setting { world, from, into, .. } = setting();
    let focal = world.person("focal@x.example");
    affiliate(&world, &focal, from, "focal_point");
    affiliate(&world, &focal, into, "focal_point");
    assert_eq!(merge(&world, &focal, from.as_str(), into.as_str(), "x").problem(), "forbidden");
    let body = json!({"into_supporter_id": into, "reason": "x"});
    assert_eq!(world.ask("POST", "/supporters/micro-soft/merge").json(&body).send().problem(), "authentication-required");
}

#[test]
fn of_merges_and_edits_at_once_none_is_half_done() {
    let Setting { world, from, into, secretary } = setting();
    group(&world, 1, "one", &[(from, SINCE, None)]);
    let statuses = at_once(16, |n| match n % 4 {
        0 => merge(&world, &secretary, from.as_str(), into.as_str(), "x"),
        1 => merge(&world, &secretary, into.as_str(), from.as_str(), "x"),
        2 => {
            let name = if n < 8 { from } else { into };
            let ask = world.ask("PATCH", &format!("/supporters/{name}")).by(&secretary).if_match("*");
            ask.json(&json!({"name": format!("Renamed {n}")})).send()
        }
        _ => {
            let body = json!({"to": "withdrawn", "reason": "x"});
            world.ask("POST", &format!("/supporters/{from}/transitions")).by(&secretary).json(&body).send()
        }
    });
    assert!(statuses.iter().all(|status| matches!(status, 200 | 308 | 404 | 409 | 422)), "{statuses:?}");
    rows_show_their_open_interval(&world);
    let left: Vec<SupporterId> = world.read(|c| Ok(supporters::table.select(supporters::id).load(c)?));
    let seats: Vec<SupporterId> = world.read(|c| Ok(co_chair_seats::table.select(co_chair_seats::supporter_id).load(c)?));
    assert_eq!(seats.len(), 1);
    assert!(left.contains(&seats[0]), "{left:?} {seats:?}");
    let merges = [from, into].iter().flat_map(|id| acts(&world, id.as_str())).filter(|act| act == "supporter.merged").count();
    assert_eq!(left.len(), 2 - merges);
    assert!(world.read(|c| Ok(plenary::audit::verify(c)?)).is_ok());
}

#[test]
fn the_old_id_and_slug_lead_to_the_other_everywhere() {
    let Setting { world, from, into, secretary } = setting();
    merge(&world, &secretary, from.as_str(), into.as_str(), "x").expect(200);
    for name in [from.as_str(), "micro-soft"] {
        let moved = |method: &str, below: &str, body: Option<Value>| {
            let ask = world.ask(method, &format!("/supporters/{name}{below}")).by(&secretary).if_match("*");
            let reply = if let Some(body) = body { ask.json(&body) } else { ask }.send();
            assert_eq!(reply.status, 308, "{method} {name}{below}: {}", reply.text());
            assert_eq!(reply.header("location"), format!("/api/v1/supporters/microsoft{below}"));
        };
        moved("GET", "", None);
        moved("PATCH", "", Some(json!({"kind": "ngo"})));
        moved("POST", "/transitions", Some(json!({"to": "withdrawn", "reason": "x"})));
        moved("POST", "/merge", Some(json!({"into_supporter_id": into, "reason": "x"})));
        for below in ["/affiliations", "/invitations", "/affiliation-requests"] {
            moved("GET", below, None);
        }
        moved("POST", "/affiliations", Some(json!({"email": "a@x.example", "role": "representative"})));
        moved("POST", "/invitations", Some(json!({"email": "a@x.example", "role": "representative"})));
        assert_eq!(world.get(&format!("/supporters/{name}")).status, 308, "anonymously too");
    }
    assert_eq!(world.get("/supporters/microsoft").expect(200).json()["status"], "endorsed");
}
