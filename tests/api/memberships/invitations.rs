//! Invitations to a group, from the mail to the place in it.

use plenary::outbox::Purpose;
use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{PASSWORD, Person, Reply};

const INVITATIONS: &str = "/groups/5/invitations";

impl Cast {
    /// Invited by the first co-chair: the invitation and its token.
    #[track_caller]
    fn invited(&self, body: &Value) -> (Value, String) {
        let view = self.post_as(&self.chair, INVITATIONS, body).expect(201).json();
        (view, self.mails().token(body["email"].as_str().unwrap(), Purpose::AcceptInvitation))
    }

    fn accept(&self, by: &Person, token: &str) -> Reply {
        self.post_as(by, "/me/invitations/accept", &json!({"token": token}))
    }

    fn newly(&self, token: &str) -> Reply {
        let body = json!({"token": token, "password": PASSWORD, "display_name": "Newcomer"});
        self.ask("POST", "/auth/invitations/accept").json(&body).send()
    }

    #[track_caller]
    fn invitation(&self, view: &Value) -> Value {
        self.read_as(&self.chair, &path(view)).expect(200).json()
    }
}

fn path(view: &Value) -> String {
    format!("/invitations/{}", view["id"].as_str().unwrap())
}

fn observer(email: &str) -> Value {
    json!({"email": email, "role": "observer", "body": "جمعية الأمن"})
}

#[test]
fn an_observer_without_account_takes_part_by_accepting() {
    let cast = Cast::new();
    let made = cast.post_as(&cast.chair, INVITATIONS, &observer("New@Example.org")).expect(201);
    let view = made.json();
    assert_eq!(made.header("location"), format!("/api/v1{}", path(&view)));
    let group = cast.get("/groups/5").json();
    let expected = json!({
        "id": view["id"], "supporter": null,
        "group": {"id": cast.group, "number": 5, "slug": group["slug"], "title": group["title"]}, "body": "جمعية الأمن",
        "email": "New@Example.org", "role": "observer", "status": "open", "awaits_affiliation": false,
        "expires_at": "2026-09-15T09:00:00Z", "invited_by": {"id": cast.chair.id, "display_name": "Chair Test"},
        "created_at": "2026-09-01T09:00:00Z", "updated_at": "2026-09-01T09:00:00Z", "etag": view["etag"],
    });
    assert_eq!(view, expected);
    let mails = cast.mails();
    assert_eq!(mails.list(), ["group_invitation New@Example.org"]);
    assert_eq!(
        mails.to("New@Example.org").params,
        json!({"group": group["title"], "role": "observer", "supporter": null, "body": "جمعية الأمن", "inviter": "Chair Test"})
    );
    let token = mails.token("new@example.org", Purpose::AcceptInvitation);
    cast.newly(&token).expect(204);
    assert_eq!(cast.newly(&token).expect(422).problem(), "invalid-token");
    let new = cast.sign_in("new@example.org");
    let own = cast.own(&new);
    assert_eq!(
        (&own[0]["role"], &own[0]["status"], &own[0]["body"]),
        (&json!("observer"), &json!("active"), &json!("جمعية الأمن"))
    );
    cast.read_as(&new, super::LIST).expect(200);
    assert_eq!(cast.invitation(&view)["status"], "accepted");
    // Counted among nobody.
    assert_eq!(cast.counted(), (3, 3));
    assert_eq!(cast.mails().list(), [""; 0]);
    assert_eq!(cast.acts("invitation."), ["invitation.made", "invitation.accepted"]);
    assert_eq!(cast.acts("membership."), ["membership.activated"]);
    let export = cast.read_as(&new, "/me/export").expect(200).json();
    assert_eq!((&export["invitations"][0]["group"], &export["invitations"][0]["supporter"]), (&group["slug"], &Value::Null));
}

#[test]
fn a_member_who_speaks_for_the_supporter_takes_part_at_once() {
    let cast = Cast::new();
    let body = json!({"email": cast.representative.email, "role": "member", "supporter_id": cast.supporter});
    // What it had asked for itself is granted with it.
    let asked = cast.requested(&cast.representative);
    let (view, token) = cast.invited(&body);
    let mine = cast.read_as(&cast.representative, "/me/invitations?total=true").expect(200).json();
    assert_eq!((&mine["total"], &mine["items"][0]["group"]["number"]), (&json!(1), &json!(5)));
    assert_eq!(cast.accept(&cast.stranger, &token).expect(403).problem(), "forbidden");
    cast.accept(&cast.representative, &token).expect(204);
    let own = cast.own(&cast.representative);
    assert_eq!((own.len(), &own[0]["id"], &own[0]["status"]), (1, &json!(asked), &json!("active")));
    assert_eq!(cast.invitation(&view)["status"], "accepted");
    assert_eq!(cast.counted(), (4, 3));
    // Once more: there is nothing left to accept, and the link still counts.
    let (view, token) = cast.invited(&body);
    assert_eq!(cast.accept(&cast.representative, &token).expect(409).problem(), "already-exists");
    assert_eq!(cast.invitation(&view)["status"], "open");
}

#[test]
fn who_does_not_speak_for_the_supporter_is_a_member_once_it_does() {
    let cast = Cast::new();
    let (view, token) = cast.invited(&json!({"email": "new@example.org", "role": "member", "supporter_id": cast.supporter}));
    cast.newly(&token).expect(204);
    let new = cast.sign_in("new@example.org");
    assert!(cast.own(&new).is_empty(), "nobody but the supporter says who speaks for it");
    let waiting = cast.invitation(&view);
    assert_eq!((&waiting["status"], &waiting["awaits_affiliation"]), (&json!("open"), &json!(true)));
    assert_eq!(cast.mails().list(), ["affiliation_asked focal-point@plenary.test"]);
    let list =
        cast.read_as(&cast.focal_point, &format!("/supporters/{}/affiliation-requests", cast.supporter)).expect(200).json();
    let request = list["items"][0]["id"].as_str().unwrap();
    let decide = format!("/affiliation-requests/{request}/decision");
    cast.post_as(&cast.focal_point, &decide, &json!({"decision": "accept"})).expect(200);
    let own = cast.own(&new);
    assert_eq!((&own[0]["status"], &own[0]["role"]), (&json!("active"), &json!("member")));
    assert_eq!(own[0]["supporter"]["id"], json!(cast.supporter));
    assert_eq!(cast.mails().list(), ["affiliation_decided new@example.org", "membership_decided new@example.org"]);
    let done = cast.invitation(&view);
    assert_eq!((&done["status"], &done["awaits_affiliation"]), (&json!("accepted"), &json!(false)));
    assert_eq!(cast.counted(), (4, 3));
}

#[test]
fn what_ran_out_or_was_taken_back_is_fulfilled_no_more() {
    let cast = Cast::new();
    let cigref = cast.get("/supporters/cigref").json()["id"].clone();
    let body = |email: &str| json!({"email": email, "role": "member", "supporter_id": cigref});
    let affiliate = |email: &str| {
        let body = json!({"email": email, "role": "representative"});
        cast.post_as(&cast.secretary, "/supporters/cigref/affiliations", &body).expect(201);
    };
    let (first, second, third) =
        (cast.person("first@example.org"), cast.person("second@example.org"), cast.person("third@example.org"));
    let (view, token) = cast.invited(&body("first@example.org"));
    cast.accept(&first, &token).expect(204);
    let now = cast.invitation(&view);
    cast.ask("DELETE", &path(&view)).by(&cast.other_chair).if_match(now["etag"].as_str().unwrap()).send().expect(204);
    affiliate("first@example.org");
    assert!(cast.own(&first).is_empty());
    // A group that takes nobody at the moment: it goes on waiting, and the link that is sent again does it.
    let (view, token) = cast.invited(&body("second@example.org"));
    cast.accept(&second, &token).expect(204);
    cast.set_group("suspended", "approval");
    affiliate("second@example.org");
    assert!(cast.own(&second).is_empty());
    cast.ask("POST", &format!("{}/resend", path(&view))).by(&cast.chair).send().expect(202);
    let token = cast.mails().token("second@example.org", Purpose::AcceptInvitation);
    assert_eq!(cast.accept(&second, &token).expect(409).problem(), "wrong-state");
    cast.set_group("active", "approval");
    cast.accept(&second, &token).expect(204);
    assert_eq!(cast.own(&second)[0]["status"], "active");
    let (view, token) = cast.invited(&body("third@example.org"));
    cast.accept(&third, &token).expect(204);
    cast.at("2026-09-15T09:00:00Z");
    let (secretary, third) = (cast.sign_in(&cast.secretary.email), cast.sign_in(&third.email));
    let path = "/supporters/cigref/affiliations";
    cast.post_as(&secretary, path, &json!({"email": "third@example.org", "role": "representative"})).expect(201);
    assert!(cast.own(&third).is_empty());
    let seen = cast.read_as(&secretary, &format!("/invitations/{}", view["id"].as_str().unwrap())).expect(200).json();
    assert_eq!((&seen["status"], &seen["awaits_affiliation"]), (&json!("expired"), &json!(false)));
}

#[test]
fn an_observer_becomes_a_member_by_accepting() {
    let cast = Cast::new();
    let before = cast.own(&cast.observer)[0]["id"].as_str().unwrap().to_owned();
    let path = format!("/supporters/{}/affiliations", cast.supporter);
    cast.post_as(&cast.secretary, &path, &json!({"email": cast.observer.email, "role": "representative"})).expect(201);
    let (_, token) = cast.invited(&json!({"email": cast.observer.email, "role": "member", "supporter_id": cast.supporter}));
    cast.accept(&cast.observer, &token).expect(204);
    let own = cast.own(&cast.observer);
    assert_eq!((own.len(), &own[0]["role"]), (1, &json!("member")));
    assert_eq!(cast.membership(&before)["status"], "left");
    assert_eq!(cast.counted(), (4, 3));
}

#[test]
fn what_is_asked_of_an_invitation_is_named_at_once() {
    let cast = Cast::new();
    let refused = |body: Value| cast.post_as(&cast.chair, INVITATIONS, &body).expect(422).faults();
    let supporter = cast.supporter;
    assert_eq!(refused(json!({"email": "x", "role": "member"})), ["/email format", "/supporter_id required"]);
    assert_eq!(refused(json!({"email": "a@example.org", "role": "observer"})), ["/supporter_id required"]);
    let both = json!({"email": "a@example.org", "role": "observer", "supporter_id": supporter, "body": "B"});
    assert_eq!(refused(both), ["/body unknown"]);
    let body = json!({"email": "a@example.org", "role": "member", "supporter_id": supporter, "body": "B"});
    assert_eq!(refused(body), ["/body unknown"]);
    assert_eq!(refused(json!({"email": "a@example.org", "role": "observer", "body": "\u{202e}"})), ["/body format"]);
    assert_eq!(refused(json!({"email": "a@example.org", "role": "chair", "body": "B"})), ["/role enum"]);
    let unknown = json!({"email": "a@example.org", "role": "member", "supporter_id": "0190aaaa-0000-7000-8000-00000000dead"});
    assert_eq!(refused(unknown), ["/supporter_id unknown"]);
    for status in ["proposed", "suspended", "concluded", "withdrawn"] {
        cast.set_group(status, "approval");
        let refused = cast.post_as(&cast.chair, INVITATIONS, &observer("a@example.org")).expect(409);
        assert_eq!(refused.problem(), "wrong-state");
    }
    assert_eq!(cast.mails().list(), [""; 0]);
}

#[test]
fn co_chairs_and_the_secretariat_run_a_groups_invitations_and_nobody_else() {
    let cast = Cast::new();
    let (view, _) = cast.invited(&json!({"email": "new@example.org", "role": "member", "supporter_id": cast.supporter}));
    for by in [&cast.member, &cast.observer, &cast.focal_point, &cast.stranger, &cast.lead] {
        cast.post_as(by, INVITATIONS, &observer("x@example.org")).expect(403);
        cast.read_as(by, INVITATIONS).expect(403);
        cast.read_as(by, &path(&view)).expect(404);
        cast.ask("DELETE", &path(&view)).by(by).if_match("*").send().expect(404);
        cast.ask("POST", &format!("{}/resend", path(&view))).by(by).send().expect(404);
    }
    cast.get(INVITATIONS).expect(401);
    // It is the group's, not among those to speak for the supporter.
    let theirs = cast.read_as(&cast.focal_point, &format!("/supporters/{}/invitations?total=true", cast.supporter)).expect(200);
    assert_eq!(theirs.json()["total"], 0);
    for by in [&cast.other_chair, &cast.secretary] {
        let list = cast.read_as(by, &format!("{INVITATIONS}?total=true&status=open")).expect(200).json();
        assert_eq!((&list["total"], &list["items"][0]["id"]), (&json!(1), &view["id"]));
    }
    // One open one an address and group; to speak for the supporter is another matter.
    let again = cast.post_as(&cast.secretary, INVITATIONS, &observer("NEW@example.org")).expect(409);
    assert_eq!(again.problem(), "already-exists");
    let body = json!({"email": "new@example.org", "role": "representative"});
    cast.post_as(&cast.focal_point, &format!("/supporters/{}/invitations", cast.supporter), &body).expect(201);
    cast.post_as(&cast.secretary, "/groups/6/invitations", &observer("new@example.org")).expect(201);
    cast.post_as(&cast.chair, "/groups/6/invitations", &observer("y@example.org")).expect(403);
    let mut statuses = super::at_once(16, |_| cast.post_as(&cast.chair, INVITATIONS, &observer("second@example.org")).status);
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![201], vec![409; 15]].concat());
}

#[test]
fn whoever_invites_learns_nothing_of_accounts() {
    let cast = Cast::new();
    let seen = |email: &str| {
        let mut view = cast.post_as(&cast.chair, INVITATIONS, &observer(email)).expect(201).json();
        for own in ["id", "email", "etag"] {
            view.as_object_mut().unwrap().remove(own);
        }
        view
    };
    assert_eq!(seen(&cast.stranger.email), seen("unknown@example.org"));
    // Not even of members.
    assert_eq!(seen(&cast.member.email), seen("nobody@example.org"));
    assert_eq!(cast.mails().list().len(), 4);
    let me = cast.read_as(&cast.stranger, "/me").expect(200).json();
    let request = cast.ask("DELETE", "/me").by(&cast.stranger).if_match(me["etag"].as_str().unwrap());
    request.json(&json!({"password": PASSWORD})).send().expect(204);
    let list = cast.read_as(&cast.chair, &format!("{INVITATIONS}?status=revoked")).expect(200).json();
    assert_eq!((&list["items"][0]["email"], list["items"].as_array().unwrap().len()), (&Value::Null, 1));
}
