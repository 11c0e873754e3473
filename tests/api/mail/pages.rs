//! The pages that links in mails open.

use plenary::outbox::Purpose;
use serde_json::json;

use crate::world::{PASSWORD, World};

const TOKEN: &str = "AbCdEfGhIjKlMnOpQrStUvWxYz0123456789-_AbCdE";

#[test]
fn each_link_opens_a_page_with_a_form_and_changes_nothing() {
    let world = World::new();
    world.load_paris_call();
    for purpose in Purpose::ALL {
        for (accept, language) in [("fr-FR, en;q=0.5", "fr"), ("de", "en"), ("", "en")] {
            let page = world
                .ask_outside("GET", &format!("/{purpose}?token={TOKEN}%3Cscript%3E"))
                .header("Accept-Language", accept)
                .send()
                .expect(200);
            let html = page.text();
            assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
            assert_eq!((page.header("content-language"), page.header("cache-control")), (language, "no-store"), "{purpose}");
            assert_eq!(page.header("referrer-policy"), "no-referrer");
            let csp = page.header("content-security-policy");
            for rule in
                ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "form-action 'none'", "frame-ancestors 'none'"]
            {
                assert!(csp.contains(rule), "{csp}");
            }
            assert!(!csp.contains("unsafe") && !csp.contains("http"), "{csp}");
            assert!(
                html.contains(&format!("<html lang=\"{language}\">")) && html.contains("<form ") && html.contains("<button ")
            );
            assert!(!html.contains(TOKEN) && !html.contains("<script>"), "{html}");
            // Nothing inline, nothing from elsewhere.
            assert_eq!(html.matches("<script").count(), 1);
            assert!(!html.contains("style=") && !html.contains(" onclick") && !html.contains("//"), "{html}");
            for label in html.split("for=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                assert!(html.contains(&format!("id=\"{label}\"")), "{label} labels nothing");
            }
        }
        let path = format!("/{purpose}");
        assert!(world.ask_outside("HEAD", &path).send().expect(200).body.is_empty());
        assert_eq!(world.ask_outside("POST", &path).send().expect(405).header("allow"), "GET, HEAD");
    }
}

#[test]
fn what_the_pages_share_comes_from_here() {
    let world = World::new();
    let script = world.ask_outside("GET", "/pages/act.js").send().expect(200);
    assert_eq!(script.header("content-type"), "text/javascript; charset=utf-8");
    assert!(!script.text().contains("innerHTML") && !script.text().contains("http"), "{}", script.text());
    let style = world.ask_outside("GET", "/pages/style.css").send().expect(200);
    assert_eq!(style.header("content-type"), "text/css; charset=utf-8");
    assert!(!style.text().contains("url("), "{}", style.text());
}

#[test]
fn each_form_goes_to_a_route_that_is_there() {
    let world = World::new();
    world.load_paris_call();
    let operations: Vec<String> =
        plenary::app::routes().iter().map(|route| format!("{} /api/v1{}", route.method, route.path)).collect();
    // Those of applications and invitations come with the supporters' life.
    for purpose in Purpose::ALL {
        let page = world.ask_outside("GET", &format!("/{purpose}")).send().expect(200);
        // A round's own routes, found by the token, which is not there: tests/api/consultations/public.rs.
        if matches!(purpose, Purpose::ConfirmContribution | Purpose::WithdrawContribution) {
            assert!(page.text().contains("data-void=\"true\""), "{purpose}: {}", page.text());
            continue;
        }
        let path = page.text().split("data-path=\"").nth(1).unwrap().split('"').next().unwrap().replace("&#x2f;", "/");
        assert!(operations.contains(&format!("POST /{path}")), "{purpose}: {path}");
    }
}

#[test]
fn a_link_that_was_opened_still_does_what_it_says() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    world.ask("POST", "/auth/password/forgot").json(&json!({"email": ana.email})).send().expect(202);
    let token = world.mails().token("ana@example.org", Purpose::ResetPassword);
    for _ in 0..3 {
        world.ask_outside("GET", &format!("/reset-password?token={token}")).send().expect(200);
    }
    world.ask("POST", "/auth/password/reset").json(&json!({"token": token, "password": PASSWORD})).send().expect(204);
}
