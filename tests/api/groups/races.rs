//! What happens to seats at the same moment.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use diesel::prelude::*;
use plenary::schema::*;
use plenary::{facts, people};
use serde_json::json;

use super::life::patch;
use super::seats::{SEATS, id, path};
use crate::supporters::changes::{at_once, one_of};
use crate::world::cast::Cast;

/// How many persons fill one seat at most.
fn most_in_a_seat(cast: &Cast) -> usize {
    let seats: Vec<String> =
        cast.read(|c| Ok(seat_persons::table.filter(seat_persons::until.is_null()).select(seat_persons::seat_id).load(c)?));
    seats.iter().map(|seat| seats.iter().filter(|other| *other == seat).count()).max().unwrap_or_default()
}

#[test]
fn the_last_seat_is_filled_once() {
    let cast = Cast::new();
    let seat = path(&cast, 0);
    patch(&cast, &cast.secretary, &seat, json!({"person_id": null})).expect(200);
    let etag = cast.get(&seat).header("etag").to_owned();
    let people = [(&cast.secretary, &cast.representative), (&cast.focal_point, &cast.member)];
    let statuses = at_once(4, |n| {
        let (by, person) = people[n % 2];
        cast.ask("PATCH", &seat).by(by).if_match(&etag).json(&json!({"person_id": person.id})).send()
    });
    assert_eq!(statuses, one_of(4, 200, 412));
    assert_eq!(most_in_a_seat(&cast), 1);
    // Who names no version takes the other's place, and never the seat beside it.
    let statuses = at_once(6, |n| {
        let (by, person) = people[n % 2];
        cast.ask("PATCH", &seat).by(by).if_match("*").json(&json!({"person_id": person.id})).send()
    });
    assert_eq!(statuses, [200; 6]);
    assert_eq!(most_in_a_seat(&cast), 1);
}

#[test]
fn nobody_who_is_suspended_in_the_same_moment_takes_a_seat() {
    let cast = Cast::new();
    let (supporter, other) = (cast.supporter, cast.other_supporter);
    let naming = json!({"person_id": cast.member.id});
    let setting = json!({"seats": [{"supporter_id": supporter, "person_id": cast.representative.id}, {"supporter_id": other}]});
    for (method, path, body, person) in
        [("PATCH", path(&cast, 0), naming, &cast.member), ("PUT", SEATS.to_owned(), setting, &cast.representative)]
    {
        let (begun, has_begun) = mpsc::channel();
        let refused = std::thread::scope(|scope| {
            let cast = &cast;
            scope.spawn(move || {
                cast.write(|tx| {
                    let mut row = people::person(tx, person.id)?.unwrap();
                    row.suspended_at = Some(tx.now());
                    people::save_person(tx, &mut row)?;
                    facts::announce(tx, &people::PersonSuspended(person.id))?;
                    begun.send(()).unwrap();
                    // Its seats have been looked for: one that is filled from here on would stay.
                    std::thread::sleep(Duration::from_millis(400));
                    Ok(())
                });
            });
            has_begun.recv().unwrap();
            cast.ask(method, &path).by(&cast.secretary).if_match("*").json(&body).send()
        });
        assert_eq!(refused.expect(422).json()["errors"][0]["code"], "suspended");
    }
    let sits: Vec<String> = cast.read(|c| {
        let open = seat_persons::table.inner_join(persons::table).filter(seat_persons::until.is_null());
        Ok(open.filter(persons::suspended_at.is_not_null()).select(seat_persons::person_id).load(c)?)
    });
    assert_eq!(sits, [""; 0]);
}

#[test]
fn two_secretaries_set_the_seats_once() {
    let cast = Cast::new();
    let etag = cast.get(SEATS).header("etag").to_owned();
    let seat = path(&cast, 0);
    let slugs = ["google", "microsoft", "france", "japan"].map(|slug| id(&cast, slug));
    let statuses = at_once(4, |n| {
        let body = json!({"seats": [{"supporter_id": cast.supporter}, {"supporter_id": cast.other_supporter}, {"supporter_id": slugs[n]}]});
        cast.ask("PUT", SEATS).by(&cast.secretary).if_match(&etag).json(&body).send()
    });
    assert_eq!(statuses, one_of(4, 200, 412));
    assert_eq!(cast.get(SEATS).json()["items"].as_array().unwrap().len(), 3);
    // A person named meanwhile is a change of the seats too.
    let etag = cast.get(SEATS).header("etag").to_owned();
    patch(&cast, &cast.focal_point, &seat, json!({"person_id": cast.member.id})).expect(200);
    cast.ask("PUT", SEATS).by(&cast.secretary).if_match(&etag).json(&json!({"seats": []})).send().expect(412);
}

#[test]
fn a_supporter_that_withdraws_while_it_is_given_a_seat_has_none() {
    for _ in 0..4 {
        let cast = Cast::new();
        let google = id(&cast, "google");
        let withdraw = AtomicUsize::new(0);
        at_once(2, |n| {
            if n == 0 {
                let body = json!({"to": "withdrawn", "reason": "No more."});
                let reply = cast.ask("POST", &format!("/supporters/{google}/transitions")).by(&cast.secretary).json(&body).send();
                withdraw.store(reply.status.into(), Ordering::SeqCst);
                return reply;
            }
            let body = json!({"seats": [{"supporter_id": cast.supporter}, {"supporter_id": cast.other_supporter}, {"supporter_id": google}]});
            cast.ask("PUT", SEATS).by(&cast.secretary).if_match("*").json(&body).send()
        });
        assert_eq!(withdraw.into_inner(), 200);
        let open: i64 = cast.read(|c| {
            let theirs = co_chair_seats::table.filter(co_chair_seats::supporter_id.eq(&google));
            Ok(theirs.filter(co_chair_seats::until.is_null()).count().get_result(c)?)
        });
        assert_eq!(open, 0);
    }
}

#[test]
fn whoever_leaves_a_supporter_while_being_named_sits_nowhere() {
    for _ in 0..4 {
        let cast = Cast::new();
        let seat = path(&cast, 0);
        let list = cast.ask("GET", &format!("/supporters/{}/affiliations", cast.supporter)).by(&cast.secretary).send().json();
        let theirs = list["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|row| row["person"]["id"] == json!(cast.representative.id))
            .unwrap()
            .clone();
        let affiliation = format!("/affiliations/{}", theirs["id"].as_str().unwrap());
        at_once(2, |n| {
            if n == 0 {
                return cast
                    .ask("DELETE", &affiliation)
                    .by(&cast.representative)
                    .if_match(theirs["etag"].as_str().unwrap())
                    .send();
            }
            cast.ask("PATCH", &seat)
                .by(&cast.focal_point)
                .if_match("*")
                .json(&json!({"person_id": cast.representative.id}))
                .send()
        });
        let sits: i64 = cast.read(|c| {
            let theirs = seat_persons::table.filter(seat_persons::person_id.eq(cast.representative.id));
            Ok(theirs.filter(seat_persons::until.is_null()).count().get_result(c)?)
        });
        assert_eq!(sits, 0);
    }
}
