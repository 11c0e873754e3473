//! Public rounds: with an account, and without one.

use plenary::http::limits::Quotas;
use plenary::outbox::Purpose;
use serde_json::json;

use super::round::{CLOSES, Round, text};
use crate::world::cast::Cast;
use crate::world::{Reply, World};

fn send(world: &World, round: &Round, email: &str, says: &str) -> Reply {
    let body = json!({"email": email, "locale": "fr", "answers": round.answers(says), "visibility": "attributed"});
    world.ask("POST", &format!("{}/public-contributions", round.path)).json(&body).send()
}

fn redeem(world: &World, round: &Round, act: &str, token: &str) -> Reply {
    world.ask("POST", &format!("{}/public-contributions/{act}", round.path)).json(&json!({"token": token})).send()
}

#[test]
fn an_address_is_confirmed_and_its_last_answers_count() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "public", &["attributed", "anonymous"], None);
    let (confirm, withdraw) = (Purpose::ConfirmContribution, Purpose::WithdrawContribution);
    assert_eq!(send(&cast, &round, "Ana@example.org", "First.").expect(202).body, b"");
    let first = cast.mails().token("ana@example.org", confirm);
    // A stranger with another's address voids nothing, and counts nothing.
    send(&cast, &round, "ana@EXAMPLE.org", "By a stranger.").expect(202);
    let stranger = cast.mails().token("ana@example.org", confirm);
    assert_ne!(first, stranger);
    redeem(&cast, &round, "confirm", &first).expect(204);
    let back = cast.mails().token("ana@example.org", withdraw);
    assert_eq!(redeem(&cast, &round, "confirm", &first).expect(422).problem(), "invalid-token");
    assert_eq!(redeem(&cast, &round, "withdraw", &stranger).expect(422).problem(), "invalid-token");
    // Its owner makes an account later, and goes on with it there.
    let ana = cast.person("ana@example.org");
    let read = round.read(&cast, &ana).expect(200).json();
    assert_eq!((text(&read), &read["supporter"], &read["revision"]), ("First.", &json!(null), &json!(1)));
    round.save(&cast, &ana, read["etag"].as_str(), "Second.").expect(200);
    send(&cast, &round, "ana@example.org", "Third.").expect(202);
    redeem(&cast, &round, "confirm", &cast.mails().token("ana@example.org", confirm)).expect(204);
    let renewed = cast.mails().token("ana@example.org", withdraw);
    let read = round.read(&cast, &ana).expect(200).json();
    assert_eq!(
        (text(&read), text(&read["working_copy"]), &read["revision"]),
        ("Third.", "Second.", &json!(2)),
        "nothing is lost"
    );
    assert_eq!(redeem(&cast, &round, "withdraw", &back).expect(422).problem(), "invalid-token", "a newer link replaced it");
    redeem(&cast, &round, "withdraw", &renewed).expect(204);
    assert_eq!(round.read(&cast, &ana).expect(200).json()["status"], "withdrawn");
    assert_eq!(redeem(&cast, &round, "withdraw", &renewed).expect(422).problem(), "invalid-token");
}

#[test]
fn an_account_answers_for_its_address() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "public", &["attributed"], None);
    for person in [&cast.stranger, &cast.observer, &cast.member, &cast.secretary] {
        let saved = round.save(&cast, person, None, "Mine.").expect(200).json();
        assert_eq!(saved["supporter"], json!(null));
        round.act(&cast, person, "submit").expect(200);
    }
    let path = format!("{}?supporter_id={}", round.mine(), cast.supporter);
    assert_eq!(cast.ask("GET", &path).by(&cast.member).send().expect(422).faults(), ["?supporter_id unknown"]);
    let others = Round::open(&cast, &cast.secretary, "supporters", &["attributed"], None);
    assert_eq!(send(&cast, &others, "ana@example.org", "Me.").expect(403).problem(), "forbidden");
}

#[test]
fn faulty_public_answers_are_refused_and_at_the_close_nothing_counts() {
    let cast = Cast::new();
    let round = Round::open(&cast, &cast.secretary, "public", &["attributed", "anonymous"], None);
    let post = |body| cast.ask("POST", &format!("{}/public-contributions", round.path)).json(&body).send();
    let body = json!({"email": "ana@example.org", "answers": [{"question_id": round.questions[3], "value": 9}]});
    assert_eq!(post(body).expect(422).faults(), ["/answers/0/value range", "/visibility required"]);
    let body = json!({"email": "ana@example.org", "answers": [{"question_id": round.questions[0], "value": ""}], "visibility": "anonymous"});
    assert_eq!(post(body).expect(422).faults(), ["/answers/0/value required", "/answers required"]);
    // The address and the language beside the answers.
    let body = json!({"email": "ana", "locale": "xx", "answers": [{"question_id": round.questions[3], "value": 9}]});
    let all = ["/email format", "/locale unknown", "/answers/0/value range", "/visibility required"];
    assert_eq!(post(body.clone()).expect(422).faults(), all);
    let nowhere = cast.ask("POST", "/consultations/nowhere/public-contributions").json(&body).send();
    assert_eq!(nowhere.expect(422).faults(), all[..2], "the form of the body comes before the round");
    for email in ["ana@example.org", "eve@example.org"] {
        send(&cast, &round, email, "Just in time.").expect(202);
    }
    let mails = cast.mails();
    let token = |email: &str| mails.token(email, Purpose::ConfirmContribution);
    let elsewhere = Round::open(&cast, &cast.secretary, "public", &["attributed"], None);
    assert_eq!(redeem(&cast, &elsewhere, "confirm", &token("ana@example.org")).expect(422).problem(), "invalid-token");
    cast.at("2026-09-01T09:09:59.999999Z");
    redeem(&cast, &round, "confirm", &token("ana@example.org")).expect(204);
    let back = cast.mails().token("ana@example.org", Purpose::WithdrawContribution);
    cast.at(CLOSES);
    assert_eq!(redeem(&cast, &round, "confirm", &token("eve@example.org")).expect(409).problem(), "wrong-state");
    assert_eq!(redeem(&cast, &round, "withdraw", &back).expect(409).problem(), "wrong-state");
    assert_eq!(send(&cast, &round, "eve@example.org", "Late.").expect(409).problem(), "wrong-state");
    let counted: Vec<(String, i64)> = cast.read(|c| {
        use diesel::prelude::*;
        use plenary::schema::contributions as n;
        Ok(n::table.select((n::status, n::revision)).load(c)?)
    });
    assert_eq!(counted, [("submitted".to_owned(), 1)]);
}

#[test]
fn a_contribution_that_says_nothing_is_refused_also_where_nothing_is_required() {
    let cast = Cast::new();
    let asked = json!([{"kind": "text", "prompt": "Anything else?"}, {"kind": "multiple_choice", "prompt": "Which?", "options": ["One", "Two"]}]);
    for audience in ["public", "supporters"] {
        let round = Round::opened(&cast, &cast.secretary, audience, &["attributed"], None, &asked);
        let blank = json!([{"question_id": round.questions[0], "value": " "}, {"question_id": round.questions[1], "value": []}]);
        for answers in [json!([]), blank] {
            let saved = round.put(cast.ask("PUT", &round.mine()).by(&cast.member), Some("*"), &json!({"answers": answers}));
            let first = saved.status == 412;
            let saved = if first {
                round.put(cast.ask("PUT", &round.mine()).by(&cast.member), None, &json!({"answers": answers}))
            } else {
                saved
            };
            saved.expect(200);
            assert_eq!(round.act(&cast, &cast.member, "submit").expect(422).faults(), ["/answers required"], "{audience}");
            if audience == "public" {
                let body = json!({"email": "ana@example.org", "answers": answers});
                let sent = cast.ask("POST", &format!("{}/public-contributions", round.path)).json(&body).send();
                assert_eq!(sent.expect(422).faults(), ["/answers required"]);
            }
        }
    }
}

#[test]
fn the_page_of_a_mail_knows_its_round_and_public_answers_are_limited() {
    let world =
        World::setup().options(|options| options.limits = Quotas { public_contributions: 3, ..Quotas::default() }).start();
    let cast = Cast::around(world);
    let round = Round::open(&cast, &cast.secretary, "public", &["attributed"], None);
    send(&cast, &round, "ana@example.org", "Hello.").expect(202);
    let token = cast.mails().token("ana@example.org", Purpose::ConfirmContribution);
    let page = |token: &str| {
        cast.ask_outside("GET", &format!("/confirm-contribution?token={token}")).send().expect(200).text().to_owned()
    };
    let path = format!("data-path=\"api/v1{}/public-contributions/confirm\"", round.path);
    assert!(page(&token).replace("&#x2f;", "/").contains(&path), "{}", page(&token));
    assert!(page("unknown").contains("data-void=\"true\""));
    redeem(&cast, &round, "confirm", &token).expect(204);
    assert!(page(&token).contains("data-void=\"true\""), "it was used");
    for _ in 0..2 {
        send(&cast, &round, "ana@example.org", "Hello.").expect(202);
    }
    assert_eq!(send(&cast, &round, "ana@example.org", "Hello.").expect(429).problem(), "too-many-requests");
}
