//! What becomes of an entry: its profile, its name, its withdrawal.

use std::sync::Barrier;

use diesel::prelude::*;
use plenary::db::Write;
use plenary::error::Error;
use plenary::facts::{Objections, Reactions};
use plenary::ids::Id;
use plenary::policy::{GroupId, SupporterId};
use plenary::schema::*;
use plenary::supporters::{Status, SupporterChanged, SupporterWithdrawn};
use serde_json::{Value, json};

use super::seed::{add, call, entry, group};
use crate::world::{Person, Reply, World};

/// Does `f` on `count` threads at the same moment; the statuses, sorted.
pub fn at_once(count: usize, f: impl Fn(usize) -> Reply + Sync) -> Vec<u16> {
    let barrier = Barrier::new(count);
    let mut statuses: Vec<u16> = std::thread::scope(|scope| {
        let (barrier, f) = (&barrier, &f);
        let run = |n| {
            scope.spawn(move || {
                barrier.wait();
                f(n).status
            })
        };
        let all: Vec<_> = (0..count).map(run).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    statuses.sort_unstable();
    statuses
}

/// `first` once, `rest` for all others.
pub fn one_of(count: usize, first: u16, rest: u16) -> Vec<u16> {
    let mut statuses = vec![rest; count - 1];
    statuses.push(first);
    statuses.sort_unstable();
    statuses
}

/// Affiliates a person past the server.
pub fn affiliate(world: &World, person: &Person, supporter: SupporterId, role: &str) -> Id<()> {
    world.write(|tx| {
        let (id, now): (Id<()>, _) = (tx.new_id(), tx.now());
        use affiliations as a;
        diesel::insert_into(a::table)
            .values((
                (a::id.eq(id), a::person_id.eq(person.id), a::supporter_id.eq(supporter), a::role.eq(role)),
                (a::since.eq(now), a::version.eq(1), a::created_at.eq(now), a::updated_at.eq(now)),
            ))
            .execute(&mut **tx)?;
        Ok(id)
    })
}

/// The acts recorded on an object, in order.
pub fn acts(world: &World, object: &str) -> Vec<String> {
    world.read(|c| {
        let entries = audit_entries::table.filter(audit_entries::object_id.eq(object)).order(audit_entries::seq);
        Ok(entries.select(audit_entries::act).load(c)?)
    })
}

/// The statuses of an entry with their days, in order.
pub fn intervals(world: &World, id: SupporterId) -> Vec<(String, Option<String>, Option<String>)> {
    use supporter_statuses as t;
    type Row = (Status, Option<plenary::time::Day>, Option<plenary::time::Day>);
    let rows: Vec<Row> = world.read(|c| {
        let of = t::table.filter(t::supporter_id.eq(id)).order(t::id);
        Ok(of.select((t::status, t::since, t::until)).load(c)?)
    });
    let text = |day: Option<plenary::time::Day>| day.map(|day| day.to_string());
    rows.into_iter().map(|(status, since, until)| (status.to_string(), text(since), text(until))).collect()
}

/// Each entry has one open interval, which its row shows.
#[track_caller]
pub fn rows_show_their_open_interval(world: &World) {
    use supporter_statuses as t;
    use supporters as s;
    type Row = (SupporterId, Status, Option<plenary::time::Day>, String);
    let rows: Vec<Row> = world.read(|c| Ok(s::table.select((s::id, s::status, s::endorsed_on, s::endorsed_key)).load(c)?));
    for (id, status, endorsed_on, key) in rows {
        assert_eq!(key, endorsed_on.map(|day| day.to_string()).unwrap_or_default());
        let open: Vec<(Status, Option<plenary::time::Day>)> = world.read(|c| {
            Ok(t::table.filter(t::supporter_id.eq(id)).filter(t::until.is_null()).select((t::status, t::since)).load(c)?)
        });
        assert_eq!(open.len(), 1, "{id} has {open:?}");
        assert_eq!(open[0].0, status, "{id}");
        if status == Status::Endorsed {
            assert_eq!(open[0].1, endorsed_on, "{id}");
        }
    }
}

struct Setting {
    world: World,
    /// São Paulo Tech, endorsed in 2019.
    tech: SupporterId,
    /// An Egyptian ministry, endorsed in 2018.
    ministry: SupporterId,
    /// Of the first.
    focal: Person,
    secretary: Person,
}

fn setting() -> Setting {
    let world = World::new();
    call(&world);
    let ids = add(
        &world,
        &[
            entry("São Paulo Tech")
                .sector("private_sector")
                .kind("company")
                .country("BR")
                .endorsed("2019-05-01")
                .principles(&[1, 3]),
            entry("وزارة الاتصالات").sector("state").country("EG").endorsed("2018-11-12"),
            entry("Gone Ltd").endorsed("2019-01-01").then(Status::Withdrawn, "2021-01-01"),
            entry("Asking").sector("state").at_first(Status::Pending, "2026-08-20"),
        ],
    );
    let (focal, secretary) = (world.person("focal@tech.example"), world.secretary());
    affiliate(&world, &focal, ids[0], "focal_point");
    Setting { tech: ids[0], ministry: ids[1], world, focal, secretary }
}

impl Setting {
    fn etag(&self, name: &str) -> String {
        self.world.get(&format!("/supporters/{name}")).expect(200).header("etag").to_owned()
    }

    /// PATCHes what is there now.
    #[track_caller]
    fn patch(&self, by: &Person, name: &str, body: &Value) -> Reply {
        let etag = self.etag(name);
        self.world.ask("PATCH", &format!("/supporters/{name}")).by(by).if_match(&etag).json(body).send()
    }

    fn withdraw(&self, by: &Person, name: &str, body: &Value) -> Reply {
        self.world.ask("POST", &format!("/supporters/{name}/transitions")).by(by).json(body).send()
    }

    fn found(&self, q: &str) -> Vec<String> {
        let query: String = q.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let page = self.world.get(&format!("/supporters?q={query}")).expect(200).json();
        page["items"].as_array().unwrap().iter().map(|item| item["slug"].as_str().unwrap().to_owned()).collect()
    }
}

#[test]
fn a_focal_point_edits_the_profile_and_no_more() {
    let setting = setting();
    let body =
        json!({"website": " https://tech.example/ ", "statement": "Nous adhérons.\r\n", "kind": "ngo", "principles": [3, 2, 3]});
    let changed = setting.patch(&setting.focal, "sao-paulo-tech", &body).expect(200);
    let shown = changed.json();
    assert_eq!(
        (&shown["website"], &shown["statement"], &shown["kind"], &shown["principles"]),
        (&json!("https://tech.example/"), &json!("Nous adhérons."), &json!("ngo"), &json!([2, 3]))
    );
    let public = setting.world.get("/supporters/sao-paulo-tech").expect(200);
    assert_eq!((public.json(), public.header("etag")), (shown, changed.header("etag")));
    // Emptied, and what is not said stays.
    let cleared = setting.patch(&setting.focal, "sao-paulo-tech", &json!({"website": null, "kind": null})).expect(200).json();
    assert_eq!((&cleared["website"], &cleared["kind"], &cleared["principles"]), (&Value::Null, &Value::Null, &json!([2, 3])));
    let reserved = [
        (json!({"name": "Other"}), "name"),
        (json!({"sector": "state"}), "sector"),
        (json!({"country": null}), "country"),
        (json!({"name": "Other", "country": "FR", "kind": "ngo"}), "name and country"),
    ];
    for (body, named) in reserved {
        let refused = setting.patch(&setting.focal, "sao-paulo-tech", &body);
        assert_eq!((refused.status, refused.problem().as_str()), (403, "forbidden"), "{body}");
        assert!(refused.json()["detail"].as_str().unwrap().starts_with(named), "{}", refused.text());
    }
    assert_eq!(acts(&setting.world, setting.tech.as_str()), ["supporter.changed", "supporter.changed"]);
    rows_show_their_open_interval(&setting.world);
}

#[test]
fn who_may_not_edit_is_told_why() {
    let setting = setting();
    let world = &setting.world;
    let representative = world.person("rep@tech.example");
    affiliate(world, &representative, setting.tech, "representative");
    let stranger = world.person("stranger@example.org");
    let body = json!({"kind": "ngo"});
    for person in [&representative, &stranger] {
        assert_eq!(setting.patch(person, "sao-paulo-tech", &body).problem(), "forbidden", "{}", person.email);
        assert_eq!(setting.withdraw(person, "sao-paulo-tech", &json!({"to": "withdrawn", "reason": "x"})).problem(), "forbidden");
    }
    // Another's focal point.
    assert_eq!(setting.patch(&setting.focal, setting.ministry.as_str(), &body).problem(), "forbidden");
    let path = "/supporters/sao-paulo-tech";
    assert_eq!(world.ask("PATCH", path).if_match("*").json(&body).send().problem(), "authentication-required");
    assert_eq!(world.ask("PATCH", path).by(&setting.focal).json(&body).send().problem(), "precondition-required");
    assert_eq!(
        world.ask("PATCH", path).by(&setting.focal).if_match("\"7.0\"").json(&body).send().problem(),
        "precondition-failed"
    );
    // What asks to endorse is hidden from all but the secretariat.
    let asking = |person| world.ask("PATCH", "/supporters/asking").by(person).if_match("*").json(&body).send();
    assert_eq!(asking(&setting.focal).problem(), "not-found");
    asking(&setting.secretary).expect(200);
    assert_eq!(world.get("/supporters/asking").problem(), "not-found");
}

#[test]
fn every_fault_of_a_change_is_named_at_once() {
    let setting = setting();
    let body = json!({"name": "\u{202E}evil", "sector": "x", "kind": "y", "country": "XX", "website": "javascript:alert(1)",
        "statement": "a\u{7}", "principles": [1, 9]});
    let faults = setting.patch(&setting.secretary, "sao-paulo-tech", &body).faults();
    let expected = [
        "/country enum",
        "/kind enum",
        "/name format",
        "/principles/1 enum",
        "/sector enum",
        "/statement format",
        "/website format",
    ];
    let mut sorted = faults.clone();
    sorted.sort();
    assert_eq!(sorted, expected);
    assert!(acts(&setting.world, setting.tech.as_str()).is_empty());
}

#[test]
fn a_renamed_supporter_is_found_by_every_name_it_had() {
    let setting = setting();
    let name = setting.ministry.to_string();
    let slug = setting.world.get(&format!("/supporters/{name}")).json()["slug"].as_str().unwrap().to_owned();
    let renamed = setting.patch(&setting.secretary, &name, &json!({"name": "  وزارة   التحول الرقمي "})).expect(200).json();
    assert_eq!(renamed["name"], "وزارة التحول الرقمي");
    assert_eq!(renamed["former_names"], json!(["وزارة الاتصالات"]));
    assert_eq!(renamed["slug"], slug, "a slug stays");
    for q in ["الاتصالات", "التحول", "وزارة"] {
        assert_eq!(setting.found(q), [slug.as_str()], "{q}");
    }
    // Back to where it was: a name that it has again is no former one.
    let back = setting.patch(&setting.secretary, &name, &json!({"name": "وزارة الاتصالات"})).expect(200).json();
    assert_eq!(back["former_names"], json!(["وزارة التحول الرقمي"]));
    assert_eq!(setting.found("التحول"), [slug.as_str()]);
    // Only its spelling: the same name to whoever searches, so no former one.
    let spelt = setting.patch(&setting.secretary, "sao-paulo-tech", &json!({"name": "SAO PAULO TECH"})).expect(200).json();
    assert_eq!((&spelt["name"], &spelt["former_names"]), (&json!("SAO PAULO TECH"), &json!([])));
}

#[test]
fn a_moved_supporter_is_counted_where_it_is_now() {
    let setting = setting();
    let moved =
        setting.patch(&setting.secretary, "sao-paulo-tech", &json!({"sector": "state", "country": "fra"})).expect(200).json();
    assert_eq!((&moved["sector"], &moved["country"], &moved["region"]), (&json!("state"), &json!("FR"), &json!("europe")));
    let unknown =
        setting.patch(&setting.secretary, "sao-paulo-tech", &json!({"sector": null, "country": null})).expect(200).json();
    assert_eq!((&unknown["sector"], &unknown["country"], &unknown["region"]), (&Value::Null, &Value::Null, &Value::Null));
}

#[test]
fn of_changes_to_one_version_one_is_made() {
    let setting = setting();
    let etag = setting.etag("sao-paulo-tech");
    let statuses = at_once(16, |n| {
        let body = json!({"statement": format!("We endorse, {n}.")});
        setting.world.ask("PATCH", "/supporters/sao-paulo-tech").by(&setting.focal).if_match(&etag).json(&body).send()
    });
    assert_eq!(statuses, one_of(16, 200, 412));
    assert_eq!(acts(&setting.world, setting.tech.as_str()), ["supporter.changed"]);
}

fn seats(world: &World, group: GroupId) -> Vec<(SupporterId, bool)> {
    use co_chair_seats as c;
    let rows: Vec<(SupporterId, Option<plenary::time::Instant>)> = world.read(|connection| {
        Ok(c::table.filter(c::group_id.eq(group)).order(c::position).select((c::supporter_id, c::until)).load(connection)?)
    });
    rows.into_iter().map(|(supporter, until)| (supporter, until.is_none())).collect()
}

#[test]
fn a_withdrawal_ends_the_endorsement_on_its_day_in_the_calls_zone() {
    let setting = setting();
    let world = &setting.world;
    let since = "2020-01-01T00:00:00Z";
    let group = group(world, 1, "one", &[(setting.tech, since, None), (setting.ministry, since, None)]);
    // Half past midnight in Paris.
    world.at("2026-09-01T22:30:00Z");
    let (focal, secretary) = (world.sign_in(&setting.focal.email), world.sign_in(&setting.secretary.email));
    world.mails();
    let body = json!({"to": "withdrawn", "reason": "We merged with another body."});
    let gone = setting.withdraw(&focal, "sao-paulo-tech", &body).expect(200).json();
    assert_eq!(
        (&gone["status"], &gone["withdrawn_on"], &gone["endorsed_on"]),
        (&json!("withdrawn"), &json!("2026-09-02"), &json!("2019-05-01"))
    );
    let day = |text: &str| Some(text.to_owned());
    assert_eq!(
        intervals(world, setting.tech),
        [("endorsed".to_owned(), day("2019-05-01"), day("2026-09-02")), ("withdrawn".to_owned(), day("2026-09-02"), None),]
    );
    rows_show_their_open_interval(world);
    let total = |query: &str| world.get(&format!("/supporters?total=true{query}")).expect(200).json()["total"].clone();
    assert_eq!((total(""), total("&as_of=2026-09-01"), total("&as_of=2026-09-02")), (json!(1), json!(2), json!(1)));
    let stats = world.get("/supporters/stats?as_of=2026-09-02&since=2026-09-01").expect(200).json();
    assert_eq!((&stats["total"], &stats["joined"], &stats["left"]), (&json!(1), &json!(0), &json!(1)));
    assert_eq!(seats(world, group), [(setting.tech, false), (setting.ministry, true)]);
    let mails = world.mails();
    assert_eq!(
        mails.list(),
        [
            "balance_lost secretary@plenary.test",
            "supporter_withdrawn focal@tech.example",
            "supporter_withdrawn secretary@plenary.test"
        ]
    );
    let params = &mails.to("focal@tech.example").params;
    assert_eq!((&params["supporter"], &params["reason"]), (&json!("São Paulo Tech"), &json!("We merged with another body.")));
    assert_eq!(acts(world, setting.tech.as_str()), ["supporter.withdrawn"]);
    // It is over: nothing more is there for anybody.
    let again = setting.withdraw(&secretary, "sao-paulo-tech", &body);
    assert_eq!((again.status, again.problem().as_str()), (409, "illegal-transition"));
    assert_eq!(again.json()["allowed"], json!([]));
    assert!(world.read(|c| Ok(plenary::audit::verify(c)?)).is_ok());
}

#[test]
fn only_the_withdrawal_is_a_move_here_and_it_says_why() {
    let setting = setting();
    for to in ["endorsed", "declined", "pending"] {
        let refused = setting.withdraw(&setting.secretary, "sao-paulo-tech", &json!({"to": to, "reason": "x"}));
        assert_eq!((refused.status, refused.problem().as_str()), (409, "illegal-transition"), "{to}");
        assert_eq!(refused.json()["allowed"], json!(["withdrawn"]));
    }
    for to in ["endorsed", "withdrawn"] {
        let refused = setting.withdraw(&setting.secretary, "gone-ltd", &json!({"to": to, "reason": "x"}));
        assert_eq!((refused.problem().as_str(), &refused.json()["allowed"]), ("illegal-transition", &json!([])), "{to}");
    }
    for body in
        [json!({"to": "withdrawn"}), json!({"to": "withdrawn", "reason": " \n "}), json!({"to": "withdrawn", "reason": null})]
    {
        let refused = setting.withdraw(&setting.focal, "sao-paulo-tech", &body);
        assert_eq!((refused.status, refused.problem().as_str()), (422, "rule-violation"), "{body}");
        assert_eq!(refused.json()["violations"][0]["code"], "reason_required");
    }
    assert_eq!(setting.withdraw(&setting.focal, "sao-paulo-tech", &json!({"to": "gone"})).faults(), ["/to enum"]);
    let stale = setting.world.ask("POST", "/supporters/sao-paulo-tech/transitions").by(&setting.focal).if_match("\"9.0\"");
    assert_eq!(stale.json(&json!({"to": "withdrawn", "reason": "x"})).send().problem(), "precondition-failed");
    assert_eq!(setting.world.get("/supporters/sao-paulo-tech").json()["status"], "endorsed");
}

#[test]
fn of_withdrawals_at_once_one_is_made() {
    let setting = setting();
    setting.world.mails();
    let statuses = at_once(16, |n| {
        let by = if n % 2 == 0 { &setting.focal } else { &setting.secretary };
        setting.withdraw(by, "sao-paulo-tech", &json!({"to": "withdrawn", "reason": "x"}))
    });
    assert_eq!(statuses, one_of(16, 200, 409));
    rows_show_their_open_interval(&setting.world);
    assert_eq!(acts(&setting.world, setting.tech.as_str()), ["supporter.withdrawn"]);
    assert_eq!(setting.world.mails().list().len(), 2);
}

fn withdrawal_is_refused(_: &mut Write<'_>, _: &SupporterWithdrawn, objections: &mut Objections) -> Result<(), Error> {
    objections.raise("first", "It cannot.");
    objections.raise("second", "Nor so.");
    Ok(())
}

fn change_is_refused(_: &mut Write<'_>, _: &SupporterChanged, objections: &mut Objections) -> Result<(), Error> {
    objections.raise("unmoved", "It stays where it is.");
    Ok(())
}

#[test]
fn an_objection_undoes_all_of_it() {
    let setting = setting();
    let world = &setting.world;
    world.mails();
    world.db().extend(Reactions::default().on(withdrawal_is_refused).on(change_is_refused));
    let before = world.get("/supporters/sao-paulo-tech").json();
    let refused = setting.withdraw(&setting.focal, "sao-paulo-tech", &json!({"to": "withdrawn", "reason": "x"}));
    assert_eq!((refused.status, refused.problem().as_str()), (422, "rule-violation"));
    let codes: Vec<Value> = refused.json()["violations"].as_array().unwrap().iter().map(|v| v["code"].clone()).collect();
    assert_eq!(codes, ["first", "second"]);
    let moved =
        setting.patch(&setting.secretary, "sao-paulo-tech", &json!({"name": "Other", "sector": "state", "principles": [2]}));
    assert_eq!(moved.json()["violations"][0]["code"], "unmoved");
    assert_eq!(world.get("/supporters/sao-paulo-tech").json(), before);
    assert!(acts(world, setting.tech.as_str()).is_empty());
    assert!(world.mails().list().is_empty());
    assert_eq!(intervals(world, setting.tech).len(), 1);
    // What announces nothing is not in their way.
    setting.patch(&setting.focal, "sao-paulo-tech", &json!({"kind": "ngo"})).expect(200);
    setting.patch(&setting.secretary, "sao-paulo-tech", &json!({"sector": "private_sector", "name": "Renamed"})).expect(200);
}
