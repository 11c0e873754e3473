//! How an organisation comes in: it applies, its contact confirms, the secretariat decides.

use diesel::prelude::*;
use plenary::outbox::Purpose;
use plenary::policy::SupporterId;
use plenary::schema::*;
use plenary::supporters::Status;
use serde_json::{Value, json};

use super::changes::{acts, affiliate, at_once, intervals, one_of, rows_show_their_open_interval};
use super::seed::{add, call, entry};
use crate::world::{Person, Reply, World};

struct Setting {
    world: World,
    secretary: Person,
}

fn setting() -> Setting {
    let world = World::new();
    call(&world);
    let secretary = world.secretary();
    Setting { world, secretary }
}

fn application(name: &str, email: &str) -> Value {
    json!({"name": name, "sector": "civil_society", "country": "EG",
        "contact": {"name": "ليلى حسن", "email": email, "job_title": "Director", "authorised": true}})
}

impl Setting {
    fn apply(&self, body: &Value) -> Reply {
        self.world.ask("POST", "/supporter-applications").json(body).send()
    }

    fn confirm(&self, token: &str) -> Reply {
        self.world.ask("POST", "/supporter-applications/confirm").json(&json!({"token": token})).send()
    }

    fn decide(&self, id: &str, body: &Value) -> Reply {
        self.world.ask("POST", &format!("/supporter-applications/{id}/decision")).by(&self.secretary).json(body).send()
    }

    fn list(&self, query: &str) -> Vec<Value> {
        let reply = self.world.ask("GET", &format!("/supporter-applications{query}")).by(&self.secretary).send().expect(200);
        reply.json()["items"].as_array().unwrap().clone()
    }

    fn one(&self, id: &str) -> Value {
        self.world.ask("GET", &format!("/supporter-applications/{id}")).by(&self.secretary).send().expect(200).json()
    }

    /// Applies and confirms; the application as the secretariat sees it. Mails that are due are delivered and lost.
    #[track_caller]
    fn applied(&self, body: &Value) -> Value {
        let before: Vec<Value> = self.list("").iter().map(|known| known["id"].clone()).collect();
        self.apply(body).expect(202);
        let token = self.world.mails().token(body["contact"]["email"].as_str().unwrap(), Purpose::ConfirmApplication);
        self.confirm(&token).expect(204);
        self.world.mails();
        self.list("").into_iter().find(|one| !before.contains(&one["id"])).unwrap()
    }
}

fn id(object: &Value) -> String {
    object["id"].as_str().unwrap().to_owned()
}

fn supporter_id(application: &Value) -> SupporterId {
    application["supporter"]["id"].as_str().unwrap().parse().unwrap()
}

/// What may be the same: where it is, and why.
fn alike(application: &Value) -> Vec<(Value, Value, String)> {
    let all = application["possible_duplicates"].as_array().unwrap().iter();
    all.map(|one| (one["supporter"]["id"].clone(), one["application_id"].clone(), one["why"].as_str().unwrap().to_owned()))
        .collect()
}

#[test]
fn from_the_form_to_the_register() {
    let setting = setting();
    let world = &setting.world;
    let contact = world.person("laila@noor.example");
    let mut body = application(" مؤسسة  نور ", "Laila@noor.example");
    (body["website"], body["statement"], body["kind"]) = (json!("https://noor.example"), json!("نؤيد."), json!("ngo"));
    let accepted = world.ask("POST", "/supporter-applications").header("Accept-Language", "fr-CA").json(&body).send().expect(202);
    assert!(accepted.body.is_empty());
    // Before the link is followed it exists for nobody.
    assert!(setting.list("").is_empty());
    let mails = world.mails();
    assert_eq!(mails.list(), ["confirm_application Laila@noor.example"]);
    let mail = mails.to("Laila@noor.example");
    assert_eq!(mail.locale.as_deref(), Some("fr"), "the language that it was sent in");
    assert_eq!((&mail.params["organisation"], &mail.params["name"]), (&json!("مؤسسة نور"), &json!("ليلى حسن")));
    setting.confirm(&mails.token("Laila@noor.example", Purpose::ConfirmApplication)).expect(204);
    let mails = world.mails();
    assert_eq!(mails.list(), ["application_received Laila@noor.example", "application_to_decide secretary@plenary.test"]);
    let params = &mails.to("secretary@plenary.test").params;
    assert_eq!((&params["organisation"], &params["duplicates"]), (&json!("مؤسسة نور"), &json!(0)));
    let shown = setting.list("?status=pending").pop().unwrap();
    assert_eq!(params["path"], format!("supporter-applications/{}", shown["id"].as_str().unwrap()));
    assert_eq!(
        shown["contact"],
        json!({"name": "ليلى حسن", "email": "Laila@noor.example", "job_title": "Director", "authorised": true})
    );
    assert_eq!((&shown["status"], &shown["asked"], &shown["reason"]), (&json!("pending"), &json!([]), &Value::Null));
    assert_eq!(shown["confirmed_at"], "2026-09-01T09:00:00Z");
    let supporter = supporter_id(&shown);
    // Nobody else sees that it asks.
    for caller in [None, Some(&contact)] {
        let ask = world.ask("GET", &format!("/supporters/{supporter}"));
        let reply = if let Some(person) = caller { ask.by(person) } else { ask }.send();
        assert_eq!(reply.problem(), "not-found");
    }
    world.at("2026-09-03T22:30:00Z");
    let setting = Setting { secretary: setting.world.sign_in("secretary@plenary.test"), world: setting.world };
    let world = &setting.world;
    let endorsed = setting.decide(&id(&shown), &json!({"decision": "endorse"})).expect(200).json();
    assert_eq!((&endorsed["status"], &endorsed["supporter"]["id"]), (&json!("endorsed"), &json!(supporter)));
    assert!(world.mails().list().contains(&"application_endorsed Laila@noor.example".to_owned()));
    let public = world.get(&format!("/supporters/{supporter}")).expect(200);
    let entry = public.json();
    // Half past midnight of the next day in Paris.
    assert_eq!((&entry["status"], &entry["endorsed_on"]), (&json!("endorsed"), &json!("2026-09-04")));
    assert_eq!((&entry["kind"], &entry["region"]), (&json!("ngo"), &json!("africa")));
    assert!(!public.text().contains("aila") && !public.text().contains("ليلى"), "contact data is never public");
    let found = world.get("/supporters?q=%D9%86%D9%88%D8%B1&total=true").expect(200).json();
    assert_eq!(found["total"], 1);
    let day = |text: &str| Some(text.to_owned());
    assert_eq!(
        intervals(world, supporter),
        [("pending".to_owned(), day("2026-09-01"), day("2026-09-04")), ("endorsed".to_owned(), day("2026-09-04"), None),]
    );
    rows_show_their_open_interval(world);
    // The contact has a confirmed account: focal point from now on.
    let contact = world.sign_in("laila@noor.example");
    let edit = world.ask("PATCH", &format!("/supporters/{supporter}")).by(&contact).if_match("*");
    edit.json(&json!({"statement": "نؤيد بقوة."})).send().expect(200);
    assert_eq!(acts(world, &id(&shown)), ["application.confirmed", "application.endorsed"]);
    assert!(world.read(|c| Ok(plenary::audit::verify(c)?)).is_ok());
}

#[test]
fn every_fault_of_a_form_is_named_at_once() {
    let setting = setting();
    let mut body = application("...", "nobody");
    (body["sector"], body["kind"], body["website"], body["statement"]) =
        (json!("x"), json!("y"), json!("ftp://z"), json!("\u{1}"));
    (body["contact"]["name"], body["contact"]["job_title"]) = (json!("\u{202E}a"), json!(" "));
    body["contact"]["authorised"] = json!(false);
    body.as_object_mut().unwrap().remove("country");
    let mut faults = setting.apply(&body).faults();
    faults.sort();
    assert_eq!(
        faults,
        [
            "/contact/authorised required",
            "/contact/email format",
            "/contact/job_title format",
            "/contact/name format",
            "/country required",
            "/kind enum",
            "/name format",
            "/sector enum",
            "/statement format",
            "/website format",
        ]
    );
    assert_eq!(
        setting.apply(&json!({"name": "A", "extra": 1})).faults(),
        ["/contact required", "/extra unknown", "/sector required"]
    );
    assert!(setting.world.mails().list().is_empty());
}

#[test]
fn only_an_international_organisation_may_have_no_country() {
    let world = World::new();
    world.load_paris_call();
    let mut body = application("Body Of Nations", "a@nations.example");
    (body["sector"], body["country"]) = (json!("international_organisation"), Value::Null);
    let apply = |body: &Value| world.ask("POST", "/supporter-applications").json(body).send();
    apply(&body).expect(202);
    body["sector"] = json!("state");
    assert_eq!(apply(&body).faults(), ["/country required"]);
    body["country"] = json!("XX");
    assert_eq!(apply(&body).faults(), ["/country enum"]);
}

#[test]
fn what_nobody_confirms_expires_and_blocks_nothing() {
    let setting = setting();
    let world = &setting.world;
    let body = application("Noor", "laila@noor.example");
    setting.apply(&body).expect(202);
    let first = world.mails().token("laila@noor.example", Purpose::ConfirmApplication);
    setting.apply(&body).expect(202);
    let second = world.mails().token("laila@noor.example", Purpose::ConfirmApplication);
    assert_ne!(first, second, "a repeat mails again");
    world.at("2026-09-08T09:00:00Z");
    for token in [first.as_str(), "unknown", ""] {
        assert_eq!(setting.confirm(token).problem(), "invalid-token", "{token}");
    }
    setting.apply(&body).expect(202);
    let third = world.mails().token("laila@noor.example", Purpose::ConfirmApplication);
    setting.confirm(&third).expect(204);
    assert_eq!(setting.confirm(&third).problem(), "invalid-token", "a token counts once");
    let waiting: i64 = world.read(|c| {
        Ok(supporter_applications::table.filter(supporter_applications::status.eq("pending")).count().get_result(c)?)
    });
    assert_eq!(waiting, 1);
}

#[test]
fn look_alikes_are_shown_and_never_refused() {
    let setting = setting();
    let world = &setting.world;
    let ids = add(
        world,
        &[
            entry("NOOR Foundation!").endorsed("2019-01-01"),
            entry("Light").slug("light".into()).formerly("Noor, Foundation").endorsed("2019-01-01"),
            entry("Elsewhere").website("https://WWW.Noor.EXAMPLE:443/about").endorsed("2019-01-01"),
            entry("Far").website("https://notnoor.example/").endorsed("2019-01-01"),
            entry("Under").website("https://sub.noor.example/noor.example").endorsed("2019-01-01"),
            entry("Noor foundation").slug("pending-one".into()).at_first(Status::Pending, "2026-08-20"),
        ],
    );
    let mut body = application("noor foundation", "a@one.example");
    body["website"] = json!("https://noor.example/fr");
    let first = setting.applied(&body);
    let of = |id: SupporterId, why: &str| (json!(id), Value::Null, why.to_owned());
    assert_eq!(alike(&first), [of(ids[0], "name"), of(ids[1], "former_name"), of(ids[2], "website")]);
    // Another one of the same name, and one at the same site.
    let second = setting.applied(&application("Nóor-Foundation", "b@two.example"));
    let like = |application: &Value, why: &str| (Value::Null, application["id"].clone(), why.to_owned());
    assert_eq!(alike(&second), [of(ids[0], "name"), of(ids[1], "former_name"), like(&first, "name")]);
    let mut body = application("Third", "c@three.example");
    body["website"] = json!("http://www.NOOR.example");
    let third = setting.applied(&body);
    assert_eq!(alike(&third), [of(ids[2], "website"), like(&first, "website")]);
    // Each has an entry and an address of its own.
    let slugs = [&first, &second, &third].map(|one| one["supporter"]["slug"].as_str().unwrap().to_owned());
    assert!(slugs[0] != slugs[1] && slugs[1] != slugs[2], "{slugs:?}");
    // An unconfirmed one is like nothing: it does not exist.
    setting.apply(&application("Fourth", "d@four.example")).expect(202);
    assert!(alike(&setting.applied(&application("Fourth", "e@five.example"))).is_empty());
    setting.decide(&id(&first), &json!({"decision": "endorse"})).expect(200);
}

#[test]
fn a_look_alike_that_was_merged_is_shown_where_it_is_now() {
    let setting = setting();
    let world = &setting.world;
    let ids = add(world, &[entry("Noor").endorsed("2019-01-01"), entry("Light").endorsed("2019-01-01")]);
    let application = setting.applied(&application("Noor", "a@one.example"));
    let body = json!({"into_supporter_id": ids[1], "reason": "One body."});
    world.ask("POST", "/supporters/noor/merge").by(&setting.secretary).json(&body).send().expect(200);
    assert_eq!(alike(&setting.one(&id(&application))), [(json!(ids[1]), Value::Null, "name".to_owned())]);
    // Where it looked like both, it is named once.
    add(world, &[entry("Lamp").formerly("Noor").endorsed("2019-01-01")]);
    let both = setting.applied(&self::application("Noor", "b@two.example"));
    assert_eq!(alike(&both).len(), 3);
    world.ask("POST", "/supporters/lamp/merge").by(&setting.secretary).json(&body).send().expect(200);
    let left = alike(&setting.one(&id(&both)));
    assert_eq!(
        left,
        [(json!(ids[1]), Value::Null, "former_name".to_owned()), (Value::Null, application["id"].clone(), "name".to_owned())]
    );
}

#[test]
fn an_entry_that_left_is_opened_again_when_it_is_endorsed_and_not_before() {
    for (status, since) in [(Status::Withdrawn, "2021-01-01"), (Status::Declined, "2021-01-01")] {
        let setting = setting();
        let world = &setting.world;
        let was = match status {
            Status::Withdrawn => entry("Old Noor").endorsed("2019-01-01"),
            _ => entry("Old Noor").at_first(Status::Pending, "2019-01-01"),
        };
        let was = was.sector("state").website("https://old.example").formerly("Noor");
        let old = add(world, &[was.then(status, since)])[0];
        let before = world.ask("GET", &format!("/supporters/{old}")).by(&setting.secretary).send().expect(200).json();
        // By its former name; it says nothing of kind and website.
        let one = setting.applied(&application("noor", "a@one.example"));
        let other = setting.applied(&application("Old Noor", "b@two.example"));
        assert_eq!((supporter_id(&one), supporter_id(&other)), (old, old));
        let now = || world.ask("GET", &format!("/supporters/{old}")).by(&setting.secretary).send().expect(200).json();
        assert_eq!(now(), before, "what a stranger sends changes nothing");
        setting.decide(&id(&other), &json!({"decision": "decline", "reason": "No."})).expect(200);
        assert_eq!(now(), before, "it stays as it was");
        setting.decide(&id(&one), &json!({"decision": "endorse"})).expect(200);
        let entry = now();
        assert_eq!((&entry["status"], &entry["endorsed_on"]), (&json!("endorsed"), &json!("2026-09-01")));
        // Who it is stays; what was not known of it is filled.
        for field in ["name", "former_names", "sector", "website"] {
            assert_eq!(entry[field], before[field], "{field}");
        }
        assert_eq!((&before["country"], &entry["country"], &entry["region"]), (&Value::Null, &json!("EG"), &json!("africa")));
        assert_eq!((&entry["slug"], &entry["withdrawn_on"]), (&json!("old-noor"), &Value::Null));
        assert_eq!(acts(world, old.as_str()), ["supporter.reopened", "supporter.changed", "supporter.endorsed"]);
        rows_show_their_open_interval(world);
        // It was no supporter in between, and was one before if it had endorsed.
        let total = |day: &str| world.get(&format!("/supporters?total=true&as_of={day}")).expect(200).json()["total"].clone();
        assert_eq!((total("2020-01-01"), total("2022-01-01")), (json!(i32::from(status == Status::Withdrawn)), json!(0)));
        assert_eq!(total("2026-09-01"), 1);
    }
}

#[test]
fn two_applications_for_one_entry_make_one_endorsement() {
    let setting = setting();
    let world = &setting.world;
    add(world, &[entry("Noor").endorsed("2019-01-01").then(Status::Withdrawn, "2021-01-01")]);
    let one = setting.applied(&application("Noor", "a@one.example"));
    let other = setting.applied(&application("Noor", "b@two.example"));
    assert_eq!(setting.one(&id(&other))["possible_duplicates"][0]["application_id"], one["id"]);
    setting.decide(&id(&one), &json!({"decision": "endorse"})).expect(200);
    world.mails();
    let refused = setting.decide(&id(&other), &json!({"decision": "endorse"}));
    assert_eq!((refused.status, refused.problem().as_str()), (409, "wrong-state"));
    assert!(world.mails().list().is_empty());
    setting.decide(&id(&other), &json!({"decision": "decline", "reason": "It is in already."})).expect(200);
    assert_eq!(world.get("/supporters/noor").expect(200).json()["status"], "endorsed");
}

#[test]
fn questions_and_refusals_say_why_and_are_mailed() {
    let setting = setting();
    let world = &setting.world;
    let shown = setting.applied(&application("Noor", "laila@noor.example"));
    let (id, supporter) = (id(&shown), supporter_id(&shown));
    for decision in ["ask", "decline"] {
        for reason in [json!(null), json!(" \n")] {
            let refused = setting.decide(&id, &json!({"decision": decision, "reason": reason}));
            assert_eq!((refused.status, refused.problem().as_str()), (422, "rule-violation"), "{decision}");
            assert_eq!(refused.json()["violations"][0]["code"], "reason_required");
        }
    }
    assert_eq!(setting.decide(&id, &json!({"decision": "perhaps"})).faults(), ["/decision enum"]);
    let asked = setting.decide(&id, &json!({"decision": "ask", "reason": "من أنتم؟"})).expect(200);
    assert_eq!(asked.json()["asked"], json!([{"on": "2026-09-01", "text": "من أنتم؟"}]));
    setting.decide(&id, &json!({"decision": "ask", "reason": "Since when?"})).expect(200);
    assert_eq!(setting.one(&id)["status"], "pending");
    assert_eq!(setting.one(&id)["asked"].as_array().unwrap().len(), 2);
    let mails = world.mails();
    assert_eq!(mails.list(), ["application_asked laila@noor.example", "application_asked laila@noor.example"]);
    let body = json!({"decision": "decline", "reason": "Not an organisation."});
    let stale = world.ask("POST", &format!("/supporter-applications/{id}/decision")).by(&setting.secretary);
    assert_eq!(stale.if_match(asked.header("etag")).json(&body).send().problem(), "precondition-failed");
    let declined = setting.decide(&id, &body).expect(200).json();
    assert_eq!((&declined["status"], &declined["reason"]), (&json!("declined"), &json!("Not an organisation.")));
    let mails = world.mails();
    assert_eq!(mails.list(), ["application_declined laila@noor.example"]);
    assert_eq!(
        mails.to("laila@noor.example").params,
        json!({"organisation": "Noor", "name": "ليلى حسن", "reason": "Not an organisation."})
    );
    assert_eq!(world.get(&format!("/supporters/{supporter}")).problem(), "not-found");
    assert_eq!(intervals(world, supporter).last().unwrap().0, "declined");
    for decision in ["endorse", "decline", "ask"] {
        let refused = setting.decide(&id, &json!({"decision": decision, "reason": "x"}));
        assert_eq!((refused.status, refused.problem().as_str()), (409, "illegal-transition"), "{decision}");
        assert_eq!(refused.json()["allowed"], json!([]));
    }
    rows_show_their_open_interval(world);
}

#[test]
fn applications_are_the_secretariats() {
    let setting = setting();
    let world = &setting.world;
    let shown = setting.applied(&application("Noor", "laila@noor.example"));
    let focal = world.person("focal@x.example");
    affiliate(world, &focal, supporter_id(&shown), "focal_point");
    let path = format!("/supporter-applications/{}", id(&shown));
    let decision = json!({"decision": "endorse"});
    for path in ["/supporter-applications", &path] {
        assert_eq!(world.get(path).problem(), "authentication-required");
        assert_eq!(world.ask("GET", path).by(&focal).send().problem(), "forbidden");
    }
    let decide = || world.ask("POST", &format!("{path}/decision")).json(&decision);
    assert_eq!(decide().send().problem(), "authentication-required");
    assert_eq!(decide().by(&focal).send().problem(), "forbidden");
    let unknown = "0190aaaa-0000-7000-8000-00000000dead";
    assert_eq!(setting.decide(unknown, &decision).problem(), "not-found");
    // One that nobody has confirmed exists for nobody.
    setting.apply(&application("Other", "b@two.example")).expect(202);
    let hidden: String = world.read(|c| {
        use supporter_applications as a;
        Ok(a::table.filter(a::status.eq("unconfirmed")).select(a::id).get_result(c)?)
    });
    assert_eq!(setting.decide(&hidden, &decision).problem(), "not-found");
    let others = setting.applied(&application("Third", "c@three.example"));
    setting.decide(&id(&shown), &decision).expect(200);
    let order: Vec<Value> = setting.list("").iter().map(|one| one["name"].clone()).collect();
    assert_eq!(order, ["Third", "Noor"], "open ones first");
    assert_eq!(setting.list("?status=pending")[0]["id"], others["id"]);
    assert_eq!(setting.list("?status=endorsed")[0]["id"], shown["id"]);
}

#[test]
fn of_decisions_at_once_one_is_made() {
    for with_etag in [false, true] {
        let setting = setting();
        let world = &setting.world;
        let shown = setting.applied(&application("Noor", "laila@noor.example"));
        let path = format!("/supporter-applications/{}/decision", id(&shown));
        let etag = shown["etag"].as_str().unwrap();
        let statuses = at_once(16, |n| {
            let decision = if n % 2 == 0 { "endorse" } else { "decline" };
            let ask = world.ask("POST", &path).by(&setting.secretary).json(&json!({"decision": decision, "reason": "x"}));
            if with_etag { ask.if_match(etag) } else { ask }.send()
        });
        assert_eq!(statuses, one_of(16, 200, if with_etag { 412 } else { 409 }));
        let decided = setting.one(&id(&shown));
        let entry = intervals(world, supporter_id(&shown)).last().unwrap().0.clone();
        assert_eq!(decided["status"], json!(entry));
        let mails = world.mails().list().into_iter().filter(|mail| mail.starts_with("application_")).count();
        assert_eq!(mails, 1);
        rows_show_their_open_interval(world);
    }
}

#[test]
fn of_confirmations_at_once_one_counts() {
    let setting = setting();
    setting.apply(&application("Noor", "laila@noor.example")).expect(202);
    let token = setting.world.mails().token("laila@noor.example", Purpose::ConfirmApplication);
    assert_eq!(at_once(16, |_| setting.confirm(&token)), one_of(16, 204, 422));
    assert_eq!(setting.list("").len(), 1);
    let entries: i64 = setting.world.read(|c| Ok(supporters::table.count().get_result(c)?));
    assert_eq!(entries, 1);
}

#[test]
fn of_namesakes_confirmed_at_once_each_sees_those_before() {
    let setting = setting();
    let world = &setting.world;
    let email = |n: usize| format!("a{n}@noor.example");
    for n in 0..16 {
        setting.apply(&application("Noor", &email(n))).expect(202);
    }
    let mails = world.mails();
    let tokens: Vec<String> = (0..16).map(|n| mails.token(&email(n), Purpose::ConfirmApplication)).collect();
    assert_eq!(at_once(16, |n| setting.confirm(&tokens[n])), vec![204; 16]);
    let mut counts: Vec<usize> = setting.list("").iter().map(|one| alike(one).len()).collect();
    counts.sort_unstable();
    assert_eq!(counts, (0..16).collect::<Vec<_>>());
    let mut slugs: Vec<String> = world.read(|c| Ok(supporters::table.select(supporters::slug).load(c)?));
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 16);
}

#[test]
fn repeats_with_one_key_make_one_application() {
    let setting = setting();
    let world = &setting.world;
    let send = |key: &str, body: &Value| world.ask("POST", "/supporter-applications").key(key).json(body).send();
    let body = application("Noor", "laila@noor.example");
    let statuses = at_once(16, |_| send("once", &body));
    assert!(statuses.iter().all(|status| matches!(status, 202 | 409)), "{statuses:?}");
    assert!(statuses.contains(&202));
    send("once", &body).expect(202);
    assert_eq!(send("once", &application("Other", "b@two.example")).problem(), "idempotency-key-reused");
    assert_eq!(world.mails().list(), ["confirm_application laila@noor.example"]);
    let kept: i64 = world.read(|c| Ok(supporter_applications::table.count().get_result(c)?));
    assert_eq!(kept, 1);
}
