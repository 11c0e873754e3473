//! Who speaks for a supporter, and what follows when it does no more.

use plenary::outbox::Purpose;
use serde_json::{Value, json};

use super::team::{Team, one_of, sixteen_at_once};
use crate::world::PASSWORD;

const ACME: &str = "/supporters/acme/affiliations";

#[test]
fn the_secretariat_affiliates_an_account_at_once_and_invites_another_address() {
    let team = Team::new();
    let ana = team.person("Ana@acme.example");
    let made = team.post(&team.secretary, ACME, &json!({"email": " ANA@acme.example", "role": "representative"})).expect(201);
    let view = made.json();
    assert_eq!(
        (&view["status"], &view["role"], &view["email"]),
        (&json!("active"), &json!("representative"), &json!("Ana@acme.example"))
    );
    let path = format!("/affiliations/{}", view["id"].as_str().unwrap());
    assert_eq!(made.header("location"), format!("/api/v1{path}"));
    assert_eq!(view["etag"], made.header("etag"));
    let mails = team.mails();
    assert_eq!(mails.list(), ["affiliated Ana@acme.example"]);
    let expected = json!({"name": "Ana Test", "path": "supporters/acme", "supporter": "Acme", "role": "representative"});
    assert_eq!(mails.to("Ana@acme.example").params, expected);
    let own = team.read_by(&ana, &path).expect(200).json();
    assert_eq!(own["person"], json!({"id": ana.id, "display_name": "Ana Test"}));
    assert_eq!(
        (&own["supporter"]["slug"], &own["since"], &own["status"]),
        (&json!("acme"), &json!("2026-09-01T09:00:00Z"), &json!("active"))
    );
    assert_eq!(team.read_by(&ana, "/me").expect(200).json()["affiliations"][0]["role"], "representative");
    // Once more: nothing to do, unless the role is a higher one.
    let again = |role: &str| team.post(&team.secretary, ACME, &json!({"email": "ana@acme.example", "role": role}));
    assert_eq!(again("representative").expect(409).problem(), "already-exists");
    let raised = again("focal_point").expect(201).json();
    assert_eq!((&raised["id"], &raised["role"]), (&view["id"], &json!("focal_point")));
    assert_eq!(again("representative").expect(409).problem(), "already-exists");
    assert_eq!(team.mails().list(), ["affiliated Ana@acme.example"]);
    assert_eq!(team.acts("affiliation."), ["affiliation.made", "affiliation.role_changed"]);
    // Nobody's address, an unconfirmed one, and that of somebody suspended are invited.
    team.register("unconfirmed@example.org");
    let sue = team.person("sue@example.org");
    let admin = team.administrator();
    team.ask("PATCH", &format!("/admin/persons/{}", sue.id))
        .by(&admin)
        .if_match("*")
        .json(&json!({"suspended": true, "reason": "Test"}))
        .send()
        .expect(200);
    team.mails();
    for email in ["nobody@example.org", "unconfirmed@example.org", "sue@example.org"] {
        let made = team.post(&team.secretary, ACME, &json!({"email": email, "role": "focal_point"})).expect(201);
        let view = made.json();
        assert_eq!((&view["status"], &view["email"]), (&json!("invited"), &json!(email)));
        assert_eq!(made.header("location"), format!("/api/v1/invitations/{}", view["id"].as_str().unwrap()));
        assert_eq!(view["etag"].as_str().unwrap().split('.').next(), Some("\"1"));
        let mails = team.mails();
        let mail = mails.to(email);
        assert_eq!((mail.kind.as_str(), mail.locale.as_deref()), ("invitation", Some("en")));
        assert_eq!(mail.params, json!({"supporter": "Acme", "inviter": "Secretary Test", "role": "focal_point"}));
        // An open invitation is renewed, and its earlier link is void.
        let token = mails.token(email, Purpose::AcceptInvitation);
        assert_eq!(team.affiliate(email, "acme", "representative")["id"], view["id"]);
        let body = json!({"token": token, "password": PASSWORD, "display_name": "N"});
        assert_eq!(team.ask("POST", "/auth/invitations/accept").json(&body).send().expect(422).problem(), "invalid-token");
        assert_eq!(team.mails().to(email).params["role"], "focal_point", "the higher role stays");
    }
    assert_eq!(again("chair").expect(422).faults(), ["/role enum"]);
    let faulty = team.post(&team.secretary, ACME, &json!({"email": "nobody", "role": "focal_point"}));
    assert_eq!(faulty.expect(422).faults(), ["/email format"]);
}

#[test]
fn only_its_own_people_and_the_secretariat_see_who_speaks_for_a_supporter() {
    let team = Team::new();
    let focal = team.colleague("focal@acme.example", "acme", "focal_point");
    let ana = team.colleague("ana@acme.example", "acme", "representative");
    let other = team.colleague("other@example.org", "ministry", "focal_point");
    let stranger = team.person("stranger@example.org");
    for by in [&focal, &team.secretary] {
        let list = team.read_by(by, &format!("{ACME}?total=true")).expect(200).json();
        let emails: Vec<_> = list["items"].as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap()).collect();
        assert_eq!((emails, &list["total"]), (vec!["ana@acme.example", "focal@acme.example"], &json!(2)));
    }
    let first = team.read_by(&focal, &format!("{ACME}?limit=1&sort=created_at")).expect(200).json();
    assert_eq!(first["items"][0]["email"], "focal@acme.example");
    let next = format!("{ACME}?limit=1&sort=created_at&cursor={}", first["next_cursor"].as_str().unwrap());
    assert_eq!(team.read_by(&focal, &next).expect(200).json()["items"][0]["email"], "ana@acme.example");
    for by in [&ana, &other, &stranger] {
        team.read_by(by, ACME).expect(403);
        team.post(by, ACME, &json!({"email": "x@example.org", "role": "representative"})).expect(403);
    }
    team.post(&focal, ACME, &json!({"email": "x@example.org", "role": "representative"})).expect(403);
    team.get(ACME).expect(401);
    let path = format!("/affiliations/{}", team.affiliation("acme", "ana@acme.example").unwrap()["id"].as_str().unwrap());
    for by in [&ana, &focal, &team.secretary] {
        team.read_by(by, &path).expect(200);
    }
    for by in [&other, &stranger] {
        team.read_by(by, &path).expect(404);
        team.delete(by, &path, &json!("*")).expect(404);
    }
    // Who only asks to endorse is hidden.
    for by in [&focal, &stranger] {
        team.read_by(by, "/supporters/asking/affiliations").expect(404);
    }
    assert_eq!(team.read_by(&team.secretary, "/supporters/asking/affiliations").expect(200).json()["items"], json!([]));
    team.read_by(&focal, "/supporters/gone/affiliations").expect(403);
    team.read_by(&team.secretary, "/supporters/nobody/affiliations").expect(404);
}

#[test]
fn a_role_is_changed_over_the_version_that_was_read_and_never_raised_by_oneself() {
    let team = Team::new();
    let focal = team.colleague("focal@acme.example", "acme", "focal_point");
    let ana = team.colleague("ana@acme.example", "acme", "representative");
    let of = |email: &str| team.affiliation("acme", email).unwrap();
    let path = |email: &str| format!("/affiliations/{}", of(email)["id"].as_str().unwrap());
    let change = |by, email: &str, tag: &str, role: &str| {
        team.ask("PATCH", &path(email)).by(by).if_match(tag).json(&json!({"role": role})).send()
    };
    let tag = |email: &str| of(email)["etag"].as_str().unwrap().to_owned();
    let first = tag("ana@acme.example");
    assert_eq!(change(&ana, "ana@acme.example", &first, "focal_point").expect(403).problem(), "forbidden");
    let without = team.ask("PATCH", &path("ana@acme.example")).by(&focal).json(&json!({"role": "focal_point"})).send();
    assert_eq!(without.expect(428).problem(), "precondition-required");
    let raised = change(&focal, "ana@acme.example", &first, "focal_point").expect(200);
    assert_eq!((raised.json()["role"].as_str(), raised.header("etag")), (Some("focal_point"), tag("ana@acme.example").as_str()));
    assert_eq!(change(&focal, "ana@acme.example", &first, "representative").expect(412).problem(), "precondition-failed");
    // A right counts from the next request on.
    team.read_by(&ana, ACME).expect(200);
    assert_eq!(team.mails().list(), [""; 0]);
    change(&ana, "focal@acme.example", "*", "representative").expect(200);
    assert_eq!(team.mails().list(), [""; 0], "there is another one");
    team.read_by(&focal, ACME).expect(403);
    change(&ana, "ana@acme.example", "*", "representative").expect(200);
    let mails = team.mails();
    assert_eq!(mails.list(), ["focal_point_missing secretary@plenary.test"]);
    let expected = json!({"name": "Secretary Test", "path": "supporters/acme", "supporter": "Acme"});
    assert_eq!(mails.to("secretary@plenary.test").params, expected);
    // Not even with a role in the initiative.
    team.affiliate("secretary@plenary.test", "acme", "representative");
    assert_eq!(change(&team.secretary, "secretary@plenary.test", "*", "focal_point").expect(403).problem(), "forbidden");
    change(&team.secretary, "ana@acme.example", "*", "focal_point").expect(200);
}

#[test]
fn an_affiliation_ends_once_and_the_secretariat_learns_that_no_focal_point_is_left() {
    let team = Team::new();
    let admin = team.administrator();
    let focal = team.colleague("focal@example.org", "acme", "focal_point");
    let ana = team.colleague("ana@example.org", "acme", "representative");
    let bo = team.colleague("bo@example.org", "acme", "representative");
    let of = |email: &str| team.affiliation("acme", email).unwrap();
    let path = |view: &Value| format!("/affiliations/{}", view["id"].as_str().unwrap());
    let (anas, bos, focals) = (of("ana@example.org"), of("bo@example.org"), of("focal@example.org"));
    assert_eq!(team.ask("DELETE", &path(&anas)).by(&ana).send().expect(428).problem(), "precondition-required");
    assert_eq!(team.delete(&ana, &path(&anas), &json!("\"9.0\"")).expect(412).problem(), "precondition-failed");
    team.delete(&ana, &path(&bos), &json!("*")).expect(404);
    // One leaves, one is removed.
    team.delete(&ana, &path(&anas), &anas["etag"]).expect(204);
    let mails = team.mails();
    assert_eq!(mails.list(), ["affiliation_ended ana@example.org"]);
    let expected = json!({"name": "Ana Test", "path": "supporters/acme", "supporter": "Acme"});
    assert_eq!(mails.to("ana@example.org").params, expected);
    for by in [&ana, &focal, &team.secretary] {
        team.read_by(by, &path(&anas)).expect(404);
    }
    assert_eq!(sixteen_at_once(|_| team.delete(&focal, &path(&bos), &json!("*")).status), one_of(204, 404));
    assert_eq!(team.mails().list(), ["affiliation_ended bo@example.org"]);
    assert_eq!(team.read_by(&bo, "/me").expect(200).json()["affiliations"], json!([]));
    team.delete(&focal, &path(&focals), &focals["etag"]).expect(204);
    let missing = ["focal_point_missing administrator@plenary.test", "focal_point_missing secretary@plenary.test"];
    assert_eq!(team.mails().list(), ["affiliation_ended focal@example.org", missing[0], missing[1]]);
    assert_eq!(team.acts("affiliation.ended").len(), 3);
    team.mails();
    // A repeat of what made one shows it, while it stands.
    let body = json!({"email": "ana@example.org", "role": "representative"});
    let keyed = || team.ask("POST", ACME).by(&team.secretary).key("once").json(&body).send();
    let made = keyed().expect(201).json();
    assert_eq!(keyed().expect(201).json(), made);
    assert_eq!(team.mails().list(), ["affiliated ana@example.org"]);
    team.delete(&ana, &path(&made), &made["etag"]).expect(204);
    team.mails();
    keyed().expect(404);
    // It may begin anew.
    assert_ne!(team.affiliate("ana@example.org", "acme", "focal_point")["id"], anas["id"]);
    let second = team.affiliate("bo@example.org", "acme", "focal_point");
    team.mails();
    // The last two leave at once: it is told once.
    let first = team.affiliation("acme", "ana@example.org").unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| team.delete(&admin, &path(&first), &json!("*")).expect(204));
        scope.spawn(|| team.delete(&admin, &path(&second), &json!("*")).expect(204));
    });
    assert_eq!(
        team.mails().list(),
        ["affiliation_ended ana@example.org", "affiliation_ended bo@example.org", missing[0], missing[1]]
    );
}

#[test]
fn a_login_address_at_the_supporters_own_host_goes_with_the_affiliation() {
    let team = Team::new();
    let ana = team.colleague("ana@mail.acme.example", "acme", "representative");
    let bo = team.colleague("bo@notacme.example", "acme", "representative");
    for email in ["ana@mail.acme.example", "bo@notacme.example"] {
        let view = team.affiliation("acme", email).unwrap();
        team.delete(&team.secretary, &format!("/affiliations/{}", view["id"].as_str().unwrap()), &view["etag"]).expect(204);
    }
    assert_eq!(team.mails().list(), ["affiliation_ended ana@mail.acme.example", "affiliation_ended bo@notacme.example"]);
    team.read_by(&bo, "/me").expect(200);
    assert_eq!(team.read_by(&ana, "/me").expect(401).problem(), "bad-access-token");
    let refresh = team.ask("POST", "/auth/refresh").json(&json!({"refresh_token": ana.refresh_token})).send();
    assert_eq!(refresh.status, 401);
    // Signed in again it keeps its account and reads what is public, no more.
    let ana = team.sign_in("ana@mail.acme.example");
    let me = team.read_by(&ana, "/me").expect(200);
    assert_eq!(me.json()["email_verified"], false);
    team.read_by(&ana, "/supporters/acme").expect(200);
    let ask = || team.post(&ana, "/supporters/acme/affiliation-requests", &json!({}));
    assert_eq!(ask().expect(403).problem(), "forbidden");
    assert_eq!(team.read_by(&ana, "/me/invitations").expect(200).json()["items"], json!([]));
    let way_out = ask().json()["detail"].as_str().unwrap().to_owned();
    assert!(way_out.contains("PATCH /api/v1/me"), "{way_out}");
    let again = team.ask("POST", "/auth/password/forgot").json(&json!({"email": "ana@mail.acme.example"})).send();
    assert_eq!((again.status, team.mails().list().len()), (202, 0), "whoever reads that mailbox now gets no way in");
    // Another mailbox of that house is none of its own.
    let body = json!({"email": "ana2@acme.example", "password": PASSWORD});
    team.ask("PATCH", "/me").by(&ana).if_match(me.header("etag")).json(&body).send().expect(200);
    let token = team.mails().token("ana2@acme.example", Purpose::ConfirmEmail);
    team.ask("POST", "/auth/email/confirm").json(&json!({"token": token})).send().expect(204);
    ask().expect(403);
    // Another address, once confirmed, gives everything back; nothing goes to the one that was lost.
    let body = json!({"email": "ana@example.org", "password": PASSWORD});
    team.ask("PATCH", "/me").by(&ana).if_match("*").json(&body).send().expect(200);
    let mails = team.mails();
    assert_eq!(mails.list(), ["confirm_email ana@example.org"]);
    ask().expect(403);
    let token = mails.token("ana@example.org", Purpose::ConfirmEmail);
    team.ask("POST", "/auth/email/confirm").json(&json!({"token": token})).send().expect(204);
    assert_eq!(team.mails().list(), [""; 0]);
    ask().expect(201);
}

#[test]
fn whoever_erases_the_account_speaks_for_nobody_and_nobody_is_mailed_but_the_secretariat() {
    let team = Team::new();
    let focal = team.colleague("Focal.Person@acme.example", "acme", "focal_point");
    let invitation = team.affiliate("new.person@example.org", "acme", "representative");
    let token = team.mails().token("new.person@example.org", Purpose::AcceptInvitation);
    let body = json!({"token": token, "password": PASSWORD, "display_name": "New Person"});
    team.ask("POST", "/auth/invitations/accept").json(&body).send().expect(204);
    let new = team.sign_in("new.person@example.org");
    let asked = "/supporters/ministry";
    team.post(&new, &format!("{asked}/affiliation-requests"), &json!({"message": "New Person here"})).expect(201);
    let open = json!({"email": "New.Person@example.org", "role": "representative"});
    team.post(&team.secretary, &format!("{asked}/invitations"), &open).expect(201);
    for person in [&new, &focal] {
        let erase = team.ask("DELETE", "/me").by(person).if_match("*").json(&json!({"password": PASSWORD})).send();
        erase.expect(204);
    }
    // What was queued for them is dropped, what they are told would reach nobody.
    let mails = team.mails();
    assert_eq!(mails.list(), ["affiliation_asked secretary@plenary.test", "focal_point_missing secretary@plenary.test"]);
    assert_eq!(team.read_by(&team.secretary, ACME).expect(200).json()["items"], json!([]));
    let requests = team.read_by(&team.secretary, &format!("{asked}/affiliation-requests")).expect(200).json();
    let (status, person) = (&requests["items"][0]["status"], &requests["items"][0]["person"]["display_name"]);
    assert_eq!((status, person), (&json!("cancelled"), &json!("former participant")));
    let was = team.read_by(&team.secretary, &format!("/invitations/{}", invitation["id"].as_str().unwrap())).expect(200).json();
    assert_eq!((&was["status"], &was["email"]), (&json!("accepted"), &Value::Null));
    let was = team.read_by(&team.secretary, &format!("{asked}/invitations")).expect(200).json();
    assert_eq!(was["items"][0]["status"], "revoked");
    assert_eq!(team.acts("affiliation.ended").len(), 2);
    let left = crate::dump::dump(team.db()).join("\n").to_lowercase();
    for gone in ["focal.person", "new.person", "new person"] {
        let lines: Vec<_> = left.lines().filter(|line| line.contains(gone)).collect();
        // The secretariat was told who asks; that mail is the secretariat's.
        assert!(lines.iter().all(|line| line.contains("affiliation_asked")), "{gone}: {lines:?}");
    }
    team.read(|c| Ok(plenary::audit::verify(c)?)).unwrap();
}

#[test]
fn a_former_name_of_a_supporter_leads_to_it() {
    let team = Team::new();
    let focal = team.colleague("focal@example.org", "acme", "focal_point");
    team.alias("acme-ltd", team.acme);
    team.alias("0190aaaa-0000-7000-8000-00000000beef", team.acme);
    for former in ["acme-ltd", "0190aaaa-0000-7000-8000-00000000beef", "0190AAAA-0000-7000-8000-00000000BEEF"] {
        for below in ["", "/affiliations", "/invitations?limit=3", "/affiliation-requests"] {
            let moved = team.read_by(&focal, &format!("/supporters/{former}{below}")).expect(308);
            assert_eq!(moved.header("location"), format!("/api/v1/supporters/acme{below}"));
        }
        let body = json!({"email": "x@example.org", "role": "representative"});
        let moved = team.post(&focal, &format!("/supporters/{former}/invitations"), &body).expect(308);
        assert_eq!(moved.header("location"), "/api/v1/supporters/acme/invitations");
    }
    // A name that it has again.
    team.alias("acme", team.acme);
    team.get("/supporters/acme").expect(200);
    team.get("/supporters/acme-gmbh").expect(404);
}

#[test]
fn names_in_arabic_script_go_into_answers_and_mails() {
    let team = Team::new();
    let person = team.colleague("layla@example.org", "ministry", "focal_point");
    let body = json!({"display_name": "ليلى أحمد"});
    team.ask("PATCH", "/me").by(&person).if_match("*").json(&body).send().expect(200);
    let list = team.read_by(&person, "/supporters/ministry/affiliations").expect(200).json();
    assert_eq!(list["items"][0]["person"]["display_name"], "ليلى أحمد");
    assert_eq!(list["items"][0]["supporter"]["name"], "وزارة الاتصالات");
    let invite = json!({"email": "omar@example.org", "role": "representative"});
    team.ask("POST", "/supporters/ministry/invitations")
        .by(&person)
        .header("accept-language", "fr")
        .json(&invite)
        .send()
        .expect(201);
    let mails = team.mails();
    let mail = mails.to("omar@example.org");
    assert_eq!(mail.params, json!({"supporter": "وزارة الاتصالات", "inviter": "ليلى أحمد", "role": "representative"}));
    assert_eq!(mail.locale.as_deref(), Some("fr"));
    let body = json!({"token": mails.token("omar@example.org", Purpose::AcceptInvitation), "password": "كلمة سر طويلة جدا", "display_name": "عمر", "locale": "fr"});
    team.ask("POST", "/auth/invitations/accept").json(&body).send().expect(204);
    assert_eq!(team.affiliation("ministry", "omar@example.org").unwrap()["person"]["display_name"], "عمر");
}
