//! Invitations to speak for a supporter: made, sent again, taken back, accepted.

use plenary::outbox::Purpose;
use serde_json::{Value, json};

use super::team::{Team, one_of, sixteen_at_once};
use crate::world::{PASSWORD, Person, Reply};

const ACME: &str = "/supporters/acme/invitations";

fn invite(team: &Team, by: &Person, email: &str, role: &str) -> Reply {
    team.post(by, ACME, &json!({"email": email, "role": role}))
}

/// Invited by the secretariat: the invitation and its token.
#[track_caller]
fn invited(team: &Team, email: &str, role: &str) -> (Value, String) {
    let view = invite(team, &team.secretary, email, role).expect(201).json();
    (view, team.mails().token(email, Purpose::AcceptInvitation))
}

fn newly(team: &Team, token: &str) -> Reply {
    let body = json!({"token": token, "password": PASSWORD, "display_name": "Newcomer"});
    team.ask("POST", "/auth/invitations/accept").json(&body).send()
}

fn accept(team: &Team, by: &Person, token: &str) -> Reply {
    team.post(by, "/me/invitations/accept", &json!({"token": token}))
}

fn path(view: &Value) -> String {
    format!("/invitations/{}", view["id"].as_str().unwrap())
}

#[track_caller]
fn status(team: &Team, view: &Value) -> Value {
    team.read_by(&team.secretary, &path(view)).expect(200).json()["status"].clone()
}

#[test]
fn an_address_without_account_gets_one_by_accepting() {
    let team = Team::new();
    let focal = team.colleague("focal@acme.example", "acme", "focal_point");
    let made = invite(&team, &focal, "New@Example.org", "representative").expect(201);
    let view = made.json();
    assert_eq!(made.header("location"), format!("/api/v1{}", path(&view)));
    let expected = json!({
        "id": view["id"], "supporter": {"id": team.acme, "slug": "acme", "name": "Acme"}, "group": null, "body": null,
        "email": "New@Example.org", "role": "representative", "status": "open", "awaits_affiliation": false, "expires_at": "2026-09-15T09:00:00Z",
        "invited_by": {"id": focal.id, "display_name": "Focal Test"}, "created_at": "2026-09-01T09:00:00Z",
        "updated_at": "2026-09-01T09:00:00Z", "etag": view["etag"],
    });
    assert_eq!(view, expected);
    assert_eq!(team.read_by(&focal, &path(&view)).expect(200).json(), expected);
    let mails = team.mails();
    assert_eq!(mails.list(), ["invitation New@Example.org"]);
    assert_eq!(
        mails.to("New@Example.org").params,
        json!({"supporter": "Acme", "inviter": "Focal Test", "role": "representative"})
    );
    let token = mails.token("new@example.org", Purpose::AcceptInvitation);
    // Every fault at once, and the token still counts.
    let body = json!({"token": token, "password": "new@example.org", "display_name": "\u{202e}", "locale": "tlh"});
    let faults = team.ask("POST", "/auth/invitations/accept").json(&body).send().expect(422).faults();
    assert_eq!(faults, ["/password is-email", "/display_name format", "/locale enum"]);
    assert_eq!(newly(&team, &"x".repeat(43)).expect(422).problem(), "invalid-token");
    newly(&team, &token).expect(204);
    assert_eq!(newly(&team, &token).expect(422).problem(), "invalid-token", "a token counts once");
    let new = team.sign_in("new@example.org");
    let me = team.read_by(&new, "/me").expect(200).json();
    assert_eq!((&me["email_verified"], &me["display_name"]), (&json!(true), &json!("Newcomer")));
    assert_eq!(
        (&me["affiliations"][0]["supporter"]["slug"], &me["affiliations"][0]["role"]),
        (&json!("acme"), &json!("representative"))
    );
    assert_eq!(status(&team, &view), "accepted");
    assert_eq!(team.acts("invitation."), ["invitation.made", "invitation.accepted"]);
    assert_eq!(team.mails().list(), [""; 0]);
}

#[test]
fn whoever_invites_learns_nothing_of_accounts() {
    let team = Team::new();
    let focal = team.colleague("focal@acme.example", "acme", "focal_point");
    team.person("known@example.org");
    team.register("halfway@example.org");
    team.mails();
    let seen = |email: &str| {
        let reply = invite(&team, &focal, email, "representative").expect(201);
        let mut view = reply.json();
        for own in ["id", "email", "etag"] {
            view.as_object_mut().unwrap().remove(own);
        }
        view
    };
    assert_eq!(seen("known@example.org"), seen("unknown@example.org"));
    assert_eq!(seen("halfway@example.org"), seen("nobody@example.org"));
    assert_eq!(team.mails().list().len(), 4);
    assert_eq!(team.affiliation("acme", "known@example.org"), None);
    // Whatever way it is written, an address has one open invitation.
    let again = invite(&team, &focal, "KNOWN@example.org", "focal_point").expect(409);
    assert_eq!(again.problem(), "already-exists");
    assert!(again.json()["detail"].as_str().unwrap().contains("/resend"));
    let elsewhere = json!({"email": "known@example.org", "role": "representative"});
    team.post(&team.secretary, "/supporters/ministry/invitations", &elsewhere).expect(201);
    assert_eq!(invite(&team, &focal, "no address", "representative").expect(422).faults(), ["/email format"]);
}

#[test]
fn an_account_accepts_signed_in_and_its_address_is_confirmed_by_that() {
    let team = Team::new();
    let ana = team.person("Ana@example.org");
    let other = team.person("other@example.org");
    let (view, token) = invited(&team, "ana@EXAMPLE.org", "focal_point");
    let refused = newly(&team, &token).expect(409);
    assert_eq!(refused.problem(), "wrong-state");
    assert!(refused.json()["detail"].as_str().unwrap().contains("/me/invitations/accept"));
    assert_eq!(accept(&team, &other, &token).expect(403).problem(), "forbidden");
    team.ask("POST", "/me/invitations/accept").json(&json!({"token": token})).send().expect(401);
    let mine = team.read_by(&ana, "/me/invitations?total=true").expect(200).json();
    assert_eq!((&mine["items"][0]["id"], &mine["total"]), (&view["id"], &json!(1)));
    assert_eq!(team.read_by(&other, "/me/invitations").expect(200).json()["items"], json!([]));
    let keyed = || team.ask("POST", "/me/invitations/accept").by(&ana).key("k1").json(&json!({"token": token})).send().status;
    assert_eq!((keyed(), keyed()), (204, 204));
    assert_eq!(accept(&team, &ana, &token).expect(422).problem(), "invalid-token");
    assert_eq!(team.read_by(&ana, "/me/invitations").expect(200).json()["items"], json!([]));
    assert_eq!(team.affiliation("acme", "Ana@example.org").unwrap()["role"], "focal_point");
    // A lower invitation takes nothing away, a higher one raises.
    let (_, token) = invited(&team, "ana@example.org", "representative");
    accept(&team, &ana, &token).expect(204);
    assert_eq!(team.affiliation("acme", "Ana@example.org").unwrap()["role"], "focal_point");
    team.colleague("rep@example.org", "acme", "representative");
    let (_, token) = invited(&team, "rep@example.org", "focal_point");
    accept(&team, &team.sign_in("rep@example.org"), &token).expect(204);
    assert_eq!(team.affiliation("acme", "rep@example.org").unwrap()["role"], "focal_point");
    // Before confirmation: no invitation is shown, but who follows the mail reads the mailbox.
    team.register("half@example.org");
    let verify = team.mails().token("half@example.org", Purpose::VerifyEmail);
    let half = team.sign_in("half@example.org");
    let (_, token) = invited(&team, "half@example.org", "representative");
    assert_eq!(team.read_by(&half, "/me/invitations").expect(200).json()["items"], json!([]));
    let export = team.read_by(&half, "/me/export").expect(200).json();
    assert_eq!(export["invitations"], json!([]), "nor told otherwise");
    accept(&team, &half, &token).expect(204);
    let me = team.read_by(&half, "/me").expect(200).json();
    assert_eq!((&me["email_verified"], &me["affiliations"][0]["role"]), (&json!(true), &json!("representative")));
    assert_eq!(team.read_by(&half, "/me/export").expect(200).json()["invitations"][0]["status"], "accepted");
    let spent = team.ask("POST", "/auth/verify-email").json(&json!({"token": verify})).send();
    assert_eq!(spent.expect(422).problem(), "invalid-token");
}

#[test]
fn a_lost_address_is_ones_own_again_once_an_invitation_there_is_accepted() {
    let team = Team::new();
    team.colleague("ana@acme.example", "acme", "representative");
    let view = team.affiliation("acme", "ana@acme.example").unwrap();
    team.delete(&team.secretary, &format!("/affiliations/{}", view["id"].as_str().unwrap()), &view["etag"]).expect(204);
    team.mails();
    let ana = team.sign_in("ana@acme.example");
    // At once only where the address is the account's own.
    let welcome = team.affiliate("ana@acme.example", "acme", "representative");
    assert_eq!(welcome["status"], "invited");
    let token = team.mails().token("ana@acme.example", Purpose::AcceptInvitation);
    assert_eq!(newly(&team, &token).expect(409).problem(), "wrong-state");
    accept(&team, &ana, &token).expect(204);
    assert_eq!(team.read_by(&ana, "/me").expect(200).json()["email_verified"], true);
    assert!(team.affiliation("acme", "ana@acme.example").is_some());
}

#[test]
fn an_invitation_is_revoked_expires_and_is_sent_again() {
    let team = Team::new();
    let focal = team.colleague("focal@acme.example", "acme", "focal_point");
    let ana = team.person("ana@example.org");
    let (view, token) = invited(&team, "ana@example.org", "representative");
    let unmatched = team.ask("DELETE", &path(&view)).by(&focal).send();
    assert_eq!(unmatched.expect(428).problem(), "precondition-required");
    assert_eq!(team.delete(&focal, &path(&view), &json!("\"7.0\"")).expect(412).problem(), "precondition-failed");
    team.delete(&focal, &path(&view), &view["etag"]).expect(204);
    assert_eq!(status(&team, &view), "revoked");
    assert_eq!(accept(&team, &ana, &token).expect(422).problem(), "invalid-token");
    assert_eq!(team.delete(&focal, &path(&view), &json!("*")).expect(409).problem(), "wrong-state");
    let done = team.ask("POST", &format!("{}/resend", path(&view))).by(&focal).send();
    assert_eq!(done.expect(409).problem(), "wrong-state");
    // Another one may follow; sent again, its first link is void and its time begins anew.
    let (view, first) = invited(&team, "ana@example.org", "representative");
    team.at("2026-09-10T09:00:00Z");
    let focal = team.sign_in("focal@acme.example");
    let ana = team.sign_in("ana@example.org");
    let secretary = team.sign_in("secretary@plenary.test");
    team.ask("POST", &format!("{}/resend", path(&view))).by(&focal).send().expect(202);
    let second = team.mails().token("ana@example.org", Purpose::AcceptInvitation);
    assert_ne!(first, second);
    assert_eq!(accept(&team, &ana, &first).expect(422).problem(), "invalid-token");
    let now = team.read_by(&focal, &path(&view)).expect(200).json();
    assert_eq!((&now["expires_at"], &now["status"]), (&json!("2026-09-24T09:00:00Z"), &json!("open")));
    // At the last instant it is too late.
    team.at("2026-09-24T09:00:00Z");
    let (focal, ana, secretary) = (team.sign_in(&focal.email), team.sign_in(&ana.email), team.sign_in(&secretary.email));
    assert_eq!(accept(&team, &ana, &second).expect(422).problem(), "invalid-token");
    assert_eq!(newly(&team, &second).expect(422).problem(), "invalid-token");
    assert_eq!(team.read_by(&ana, "/me/invitations").expect(200).json()["items"], json!([]));
    let of =
        |status: &str| team.read_by(&focal, &format!("{ACME}?status={status}&total=true")).expect(200).json()["total"].clone();
    assert_eq!(["open", "expired", "revoked", "accepted"].map(of), [0, 1, 1, 0].map(|n| json!(n)));
    // An expired one does not stand in the way of another, which then stands in its.
    let made = team.post(&secretary, ACME, &json!({"email": "ana@example.org", "role": "focal_point"})).expect(201).json();
    let old = team.ask("POST", &format!("{}/resend", path(&view))).by(&focal).send();
    assert_eq!(old.expect(409).problem(), "already-exists");
    team.delete(&focal, &path(&made), &made["etag"]).expect(204);
    team.mails();
    team.ask("POST", &format!("{}/resend", path(&view))).by(&focal).send().expect(202);
    let third = team.mails().token("ana@example.org", Purpose::AcceptInvitation);
    accept(&team, &ana, &third).expect(204);
    let done = team.ask("POST", &format!("{}/resend", path(&view))).by(&focal).send();
    assert_eq!(done.expect(409).problem(), "wrong-state");
}

#[test]
fn only_focal_points_and_the_secretariat_invite() {
    let team = Team::new();
    let rep = team.colleague("rep@acme.example", "acme", "representative");
    let other = team.colleague("other@example.org", "ministry", "focal_point");
    let (view, _) = invited(&team, "new@example.org", "representative");
    for by in [&rep, &other] {
        invite(&team, by, "x@example.org", "representative").expect(403);
        team.read_by(by, ACME).expect(403);
        team.read_by(by, &path(&view)).expect(404);
        team.delete(by, &path(&view), &view["etag"]).expect(404);
        team.ask("POST", &format!("{}/resend", path(&view))).by(by).send().expect(404);
    }
    team.get(ACME).expect(401);
    let asking = json!({"email": "x@example.org", "role": "representative"});
    team.post(&other, "/supporters/asking/invitations", &asking).expect(404);
    assert_eq!(team.mails().list(), [""; 0]);
}

#[test]
fn sixteen_at_once_make_one_and_accept_once() {
    let team = Team::new();
    let body = json!({"email": "new@example.org", "role": "representative"});
    let keyed = |_| team.ask("POST", ACME).by(&team.secretary).key("the-same").json(&body).send().status;
    let statuses = sixteen_at_once(keyed);
    assert!(statuses.iter().all(|status| matches!(status, 201 | 409)) && statuses.contains(&201), "{statuses:?}");
    assert_eq!(keyed(0), 201, "a repeat shows it again");
    let mails = team.mails();
    assert_eq!(mails.list(), ["invitation new@example.org"]);
    let token = mails.token("new@example.org", Purpose::AcceptInvitation);
    assert_eq!(sixteen_at_once(|_| newly(&team, &token).status), one_of(204, 422));
    // Without a key: one is made, the others are told so.
    let second = |_| invite(&team, &team.secretary, "second@example.org", "representative").status;
    assert_eq!(sixteen_at_once(second), one_of(201, 409));
    let second = team.mails().token("second@example.org", Purpose::AcceptInvitation);
    let person = team.person("second@example.org");
    assert_eq!(sixteen_at_once(|_| accept(&team, &person, &second).status), one_of(204, 422));
    let all = team.read_by(&team.secretary, "/supporters/acme/affiliations?total=true").expect(200).json();
    assert_eq!(all["total"], 2);
}
