//! What happens to deliverables when something happens below them.

use std::cell::RefCell;

use plenary::db::Write;
use plenary::error::{Error, Problem};
use plenary::facts;
use plenary::forum::{EditionCancelled, EditionRescheduled, SessionMark, SessionShows};
use plenary::groups::{GroupConcluding, GroupRenumbering, LeadsWanted, MembershipEnded};
use plenary::ids::Id;
use serde_json::{Value, json};

use super::Desk;

impl Desk {
    /// Announces something; the codes and details of what stands against it.
    fn announce<F: facts::Fact>(&self, fact: &F) -> Vec<String> {
        let outcome = self.db().write_blocking(&mut |tx: &mut Write<'_>| facts::announce(tx, fact));
        match outcome {
            Ok(()) => Vec::new(),
            Err(Error::Problem(problem)) => {
                let Problem { members, .. } = *problem;
                let all = members["violations"].as_array().unwrap().clone();
                all.iter().map(|v| format!("{}: {}", v["code"].as_str().unwrap(), v["detail"].as_str().unwrap())).collect()
            }
            Err(other) => panic!("{other}"),
        }
    }

    fn for_year(&self, title: &str, due_on: &str, year: i64) -> String {
        let body = json!({"title": title, "kind": "report", "due_on": due_on, "forum_year": year});
        let made = self.post(&self.chair, "/groups/5/deliverables", &body).expect(201).json();
        format!("/deliverables/{}", made["reference"].as_str().unwrap())
    }
}

#[test]
fn what_a_member_who_goes_has_led_has_no_lead() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    let other = desk.plan("Another", "2026-12-01");
    let etag = desk.read(&desk.chair, &path).header("etag").to_owned();
    let membership = desk.membership(&desk.lead);
    assert!(desk.announce(&MembershipEnded { group: desk.group, membership }).is_empty());
    let now = desk.read(&desk.chair, &path);
    assert_eq!(now.json()["lead"], Value::Null);
    assert_ne!(now.header("etag").split('.').next(), etag.split('.').next());
    assert_eq!(desk.read(&desk.chair, &format!("/deliverables/{}", other["id"].as_str().unwrap())).json()["etag"], other["etag"]);
    assert_eq!(desk.acts("deliverable.lead"), ["deliverable.lead_left - - -"]);
    assert!(desk.mails().list().is_empty());
}

#[test]
fn whoever_leads_what_a_group_owes_is_found() {
    let desk = Desk::new();
    let path = desk.planned_with_lead();
    desk.plan("Without a lead", "2026-12-01");
    let leads = || {
        let wanted = LeadsWanted { group: desk.group, found: RefCell::default() };
        desk.announce(&wanted);
        wanted.found.into_inner()
    };
    assert_eq!(leads(), [desk.lead.id]);
    desk.put(&path, "approved");
    assert!(leads().is_empty());
}

#[test]
fn a_group_that_owes_something_is_not_concluded() {
    let desk = Desk::new();
    assert!(desk.announce(&GroupConcluding(desk.group)).is_empty());
    assert!(desk.announce(&GroupRenumbering(desk.group)).is_empty());
    let statuses = ["planned", "in_progress", "in_consultation", "submitted", "approved", "presented", "dropped"];
    for status in statuses {
        let made = desk.plan("A", "2026-12-01");
        desk.put(made["reference"].as_str().unwrap(), status);
    }
    let against = desk.announce(&GroupConcluding(desk.group));
    let expected: Vec<_> = statuses[..4]
        .iter()
        .zip(1..)
        .map(|(status, n)| format!("deliverable_open: WG5-D{n} is {status}: it must be approved, presented or dropped first."))
        .collect();
    assert_eq!(against, expected);
    let against = desk.announce(&GroupRenumbering(desk.group));
    assert_eq!(against.len(), 1);
    assert!(against[0].starts_with("has_deliverables"), "{against:?}");
}

#[test]
fn what_a_cancelled_forum_waits_for_moves_or_stays() {
    let desk = Desk::new();
    let (from, into) = (
        desk.edition(2026, "Europe/Paris", "2026-11-12", "planned"),
        desk.edition(2027, "Europe/Paris", "2027-11-12", "planned"),
    );
    let paths: Vec<_> = ["planned", "submitted", "approved", "presented", "dropped"]
        .map(|status| {
            let path = desk.for_year("A", "2026-10-01", 2026);
            desk.put(&path, status);
            path
        })
        .to_vec();
    let years = || paths.iter().map(|path| desk.get(path).json()["forum_edition"]["year"].as_i64().unwrap()).collect::<Vec<_>>();
    desk.announce(&EditionCancelled { edition: from, move_to: None, reason: "War.".into() });
    assert_eq!(years(), [2026; 5]);
    desk.announce(&EditionCancelled { edition: from, move_to: Some(into), reason: "War.".into() });
    assert_eq!(years(), [2027, 2027, 2027, 2026, 2026]);
    assert_eq!(desk.acts("deliverable.forum_changed").len(), 3);
}

#[test]
fn a_forum_that_moves_takes_its_due_days_along_and_tells_who_owes() {
    let desk = Desk::new();
    let edition = desk.edition(2026, "Europe/Paris", "2026-11-12", "planned");
    let (first, second) = (desk.for_year("First", "2026-10-01", 2026), desk.for_year("Second", "2026-10-30", 2026));
    let (approved, dropped) = (desk.for_year("Approved", "2026-10-01", 2026), desk.for_year("Dropped", "2026-10-01", 2026));
    let elsewhere = format!("/deliverables/{}", desk.plan("Elsewhere", "2026-10-01")["reference"].as_str().unwrap());
    desk.change(&desk.chair, &first, &json!({"lead_membership_id": desk.membership(&desk.lead)})).expect(200);
    desk.put(&approved, "approved");
    desk.put(&dropped, "dropped");
    desk.mails();
    let due = || {
        [&first, &second, &approved, &dropped, &elsewhere]
            .map(|path| desk.get(path).json()["due_on"].as_str().unwrap().to_owned())
    };
    assert!(desk.announce(&EditionRescheduled { edition, shift_days: Some(7), reason: "Strikes.".into() }).is_empty());
    assert_eq!(due(), ["2026-10-08", "2026-11-06", "2026-10-01", "2026-10-01", "2026-10-01"]);
    let mails = desk.mails();
    let told = ["chair@plenary.test", "lead@plenary.test", "other-chair@plenary.test"];
    assert_eq!(mails.list(), told.map(|to| format!("forum_rescheduled {to}")));
    let items = |to: &str| mails.to(to).params["items"].clone();
    assert_eq!(items("lead@plenary.test"), json!([{"reference": "WG5-D1", "title": "First", "due_on": "2026-10-08"}]));
    let theirs: Vec<_> = items("chair@plenary.test").as_array().unwrap().iter().map(|item| item["reference"].clone()).collect();
    assert_eq!(theirs, ["WG5-D1", "WG5-D2", "WG5-D3"]);
    let params = &mails.to("lead@plenary.test").params;
    assert_eq!(
        (params["reason"].clone(), params["starts_on"].clone(), params["year"].clone()),
        (json!("Strikes."), json!("2026-11-12"), json!(2026))
    );
    let acts = ["deliverable.due_moved 2026-10-01 2026-10-08 -", "deliverable.due_moved 2026-10-30 2026-11-06 -"];
    assert_eq!(desk.acts("deliverable.due_moved"), acts);
    // Told as well where the days stay.
    assert!(desk.announce(&EditionRescheduled { edition, shift_days: None, reason: "Again.".into() }).is_empty());
    assert_eq!((due()[0].as_str(), desk.mails().list().len()), ("2026-10-08", 3));
}

#[test]
fn a_session_shows_what_there_is() {
    let desk = Desk::new();
    let edition = desk.edition(2026, "Europe/Paris", "2026-11-12", "planned");
    desk.edition(2027, "Europe/Paris", "2027-11-12", "planned");
    desk.for_year("Its own", "2026-10-01", 2026);
    desk.plan("For none", "2026-10-01");
    desk.for_year("Another's", "2026-10-01", 2027);
    desk.put(&desk.for_year("Dropped", "2026-10-01", 2026), "dropped");
    let session: Id<SessionMark> = "0190aaaa-0000-7000-8000-000000000001".parse().unwrap();
    let shows = |references: &[&str]| {
        let shown = references.iter().map(|reference| ((*reference).to_owned(), true)).collect();
        desk.announce(&SessionShows { session, edition, shown })
    };
    assert!(shows(&["WG5-D1", "WG5-D2", "WG5-D3"]).is_empty());
    assert!(shows(&[]).is_empty());
    let against = shows(&["WG5-D1", "WG5-D4", "WG5-D5", "nothing"]);
    let codes: Vec<_> = against.iter().map(|line| line.split(':').next().unwrap()).collect();
    assert_eq!(codes, ["deliverable_dropped", "unknown_deliverable", "unknown_deliverable"]);
}
