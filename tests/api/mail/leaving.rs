//! What the page of a link to get no more mails says before, after, and where the link is none.

use plenary::mail::{Kind, Language};
use plenary::notifications;
use serde_json::{Value, json};

use crate::world::cast::Cast;
use crate::world::{Person, Reply, World};

const PREFERENCES: &str = "/me/notification-preferences";

fn choices(cast: &World, person: &Person) -> Value {
    let person = cast.sign_in(&person.email);
    cast.ask("GET", PREFERENCES).by(&person).send().expect(200).json()
}

fn choose(cast: &World, person: &Person, choices: &Value) {
    let person = cast.sign_in(&person.email);
    cast.ask("PUT", PREFERENCES).by(&person).if_match("*").json(choices).send().expect(200);
}

fn write_to_members(cast: &Cast) {
    let secretary = cast.sign_in(&cast.secretary.email);
    let body = json!({"subject": "News", "body": "Come on Monday.", "to": "members"});
    cast.ask("POST", "/groups/5/messages").by(&secretary).json(&body).send().expect(202);
}

/// What a browser sends, whose user reads this language.
fn browse(cast: &World, method: &str, path: &str, language: &str) -> Reply {
    let asked = cast.ask_outside(method, path).header("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    let asked = asked.header("Accept-Language", language);
    let asked = if method == "POST" { asked.header("Content-Type", "application/x-www-form-urlencoded").body("") } else { asked };
    asked.send()
}

/// The page's words, without its markup.
fn read(page: &Reply) -> String {
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let html = page.text();
    assert!(!html.contains("style=") && !html.contains("//") && !html.contains("<script"), "{html}");
    let main = html.split_once("<main>").unwrap().1.split_once("</main>").unwrap().0;
    let mut words = String::new();
    for part in main.split('<') {
        words += part.split_once('>').map_or(part, |(_, text)| text).trim();
        words += " ";
    }
    words.replace("&#x27;", "'").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn it_asks_first_and_names_the_kind_in_the_readers_language() {
    let cast = Cast::new();
    write_to_members(&cast);
    let token = cast.mails().to(&cast.member.email).leave.as_ref().unwrap().expose().to_owned();
    let path = format!("/unsubscribe?token={token}");
    let page = browse(&cast, "GET", &path, "en").expect(200);
    let words = read(&page);
    assert!(words.starts_with("Stop mails about messages to working groups? Nothing has changed yet."), "{words}");
    assert!(!words.contains("will get no more") && page.text().contains("<title>Stop mails about"), "{words}");
    let page = browse(&cast, "GET", &path, "fr-FR").expect(200);
    assert!(page.text().contains("<html lang=\"fr\">"), "{}", page.text());
    let words = read(&page);
    assert!(words.starts_with("Ne plus recevoir les messages « messages aux groupes de travail » ?"), "{words}");
    assert_eq!(choices(&cast, &cast.member)["group_message"], "immediate");
    let words = read(&browse(&cast, "POST", &path, "en").expect(200));
    assert_eq!(words, "That is done You will get no more mails about messages to working groups.");
    assert_eq!(choices(&cast, &cast.member)["group_message"], "off");
    // Whoever comes back is not asked once more.
    let page = browse(&cast, "GET", &path, "en").expect(200);
    assert_eq!(read(&page), "There is nothing to stop You get no mails about messages to working groups any more.");
    assert!(!page.text().contains("<form"), "{}", page.text());
}

#[test]
fn of_a_digest_it_names_all_that_goes_off() {
    let cast = Cast::new();
    choose(&cast, &cast.member, &json!({"group_message": "daily", "comment_reply": "daily", "meeting_changed": "off"}));
    write_to_members(&cast);
    cast.at("2026-09-02T07:05:00Z");
    cast.write(notifications::send_digests);
    let token = cast.mails().to(&cast.member.email).leave.as_ref().unwrap().expose().to_owned();
    let path = format!("/unsubscribe?token={token}");
    let words = read(&browse(&cast, "GET", &path, "en").expect(200));
    assert!(words.starts_with("Stop the daily mail? Nothing has changed yet."), "{words}");
    for named in ["messages to working groups", "replies to your comments"] {
        assert!(words.contains(named), "{words}");
    }
    assert!(!words.contains("meetings"), "{words}");
    let words = read(&browse(&cast, "GET", &path, "fr").expect(200));
    assert!(words.contains("message quotidien ?") && words.contains("réponses à vos commentaires"), "{words}");
    let words = read(&browse(&cast, "POST", &path, "en").expect(200));
    assert!(words.starts_with("That is done") && words.contains("replies to your comments"), "{words}");
    let now = choices(&cast, &cast.member);
    assert_eq!((&now["group_message"], &now["comment_reply"]), (&json!("off"), &json!("off")));
    assert!(read(&browse(&cast, "GET", &path, "en").expect(200)).starts_with("There is nothing to stop"));
}

#[test]
fn a_link_that_is_none_promises_nothing() {
    let cast = Cast::new();
    for path in ["/unsubscribe", "/unsubscribe?token=", "/unsubscribe?token=AbC", "/unsubscribe?token=%3Cb%3E&a=1"] {
        for (language, begins) in [("en", "This link is not valid"), ("fr", "Ce lien n'est pas valable")] {
            let page = browse(&cast, "GET", path, language).expect(200);
            assert!(read(&page).starts_with(begins) && !page.text().contains("<form"), "{}", page.text());
            // Whoever presses on a page that was open for long reads what is wrong, and no code.
            assert!(read(&browse(&cast, "POST", path, language).expect(422)).starts_with(begins));
        }
        // Programs get what programs read.
        assert_eq!(cast.ask_outside("POST", path).header("Accept", "application/json").send().problem(), "invalid-token");
    }
}

#[test]
fn every_kind_that_can_be_left_is_called_something_of_its_own() {
    for language in Language::ALL {
        let mut names: Vec<_> = Kind::ALL.iter().filter(|kind| kind.can_be_left()).map(|kind| kind.about(*language)).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        assert!(names.iter().all(|name| !name.contains('_') && name.chars().count() < 60), "{names:?}");
    }
}
