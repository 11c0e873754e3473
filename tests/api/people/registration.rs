//! Getting and regaining an account.

use plenary::outbox::Purpose;
use serde_json::json;

use crate::world::{PASSWORD, World};

#[test]
fn an_account_is_registered_confirmed_and_signed_in_to() {
    let world = World::new();
    world.load_paris_call();
    let body = json!({"email": "Ana@Example.org", "password": PASSWORD, "display_name": "Ana", "locale": "fr"});
    let reply = world.ask("POST", "/auth/register").json(&body).send().expect(202);
    assert!(reply.body.is_empty());
    // Before the address is confirmed.
    let ana = world.sign_in("ana@example.ORG");
    let mails = world.mails();
    assert_eq!(mails.to("Ana@Example.org").locale.as_deref(), Some("fr"));
    let token = mails.token("Ana@Example.org", Purpose::VerifyEmail);
    assert_eq!(token.len(), 43);
    let verify = || world.ask("POST", "/auth/verify-email").json(&json!({"token": token})).send();
    verify().expect(204);
    assert_eq!(verify().problem(), "invalid-token", "a token counts once");
    world.ask("GET", "/me/sessions").by(&ana).send().expect(200);
}
