//! The keys of access tokens: which tokens count, and what a rotation changes.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use plenary::outbox::Purpose;
use plenary::time::Clock;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::process::{Ended, Running, end, plenary_on};
use crate::world::{Home, Person, World};

const ISSUER: &str = "http://plenary.test";

fn jwks(world: &World) -> Vec<Value> {
    let reply = world.ask_outside("GET", "/.well-known/jwks.json").send().expect(200);
    reply.json()["keys"].as_array().unwrap().clone()
}

fn kids(list: &[Value]) -> Vec<&str> {
    list.iter().map(|key| key["kid"].as_str().unwrap()).collect()
}

/// The key file's access keys.
fn stored(path: &Path) -> Vec<Value> {
    let file: Value = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    file["access"].as_array().unwrap().clone()
}

fn rotate(home: &Home) -> Ended {
    let directory = TempDir::new().unwrap();
    let mut command = plenary_on(home, directory.path(), &["keys", "rotate"]);
    command.env("PLENARY_AUTH__KEYS_FILE", home.keys_file());
    end(command)
}

/// Whether the token counts: alike where nobody needs one and where everybody does.
#[track_caller]
fn counts(world: &World, token: &str) -> bool {
    let replies = ["/sectors", "/me/sessions", "/admin/keys"].map(|path| world.ask("GET", path).token(token).send());
    let refused = replies.iter().filter(|reply| reply.status == 401).count();
    assert!(refused == 0 || refused == 3, "{replies:?}");
    for reply in replies.iter().filter(|reply| reply.status == 401) {
        assert_eq!(reply.problem(), "bad-access-token");
        assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""), "{reply:?}");
    }
    refused == 0
}

/// The parts of a token: header, claims.
fn parts(token: &str) -> (Value, Value) {
    let mut parts = token.split('.').map(|part| URL_SAFE_NO_PAD.decode(part).unwrap());
    let mut next = || serde_json::from_slice(&parts.next().unwrap()).unwrap();
    (next(), next())
}

fn encoded(part: &Value) -> String {
    URL_SAFE_NO_PAD.encode(part.to_string())
}

/// A token with these claims, signed with the server's own key.
fn signed(world: &World, claims: &Value) -> String {
    let key = stored(&world.home().keys_file()).pop().unwrap();
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key["kid"].as_str().unwrap().to_owned());
    let private = URL_SAFE_NO_PAD.decode(key["private"].as_str().unwrap()).unwrap();
    jsonwebtoken::encode(&header, claims, &EncodingKey::from_ed_der(&private)).unwrap()
}

#[test]
fn a_token_counts_only_as_it_was_signed() {
    let world = World::new();
    let ana = world.person("ana@example.org");
    assert!(counts(&world, &ana.token));
    let (header, claims) = parts(&ana.token);
    let members: BTreeSet<_> = claims.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(members, BTreeSet::from(["iss", "aud", "sub", "sid", "iat", "nbf", "exp"]), "person and session only");
    assert!(counts(&world, &signed(&world, &claims)), "the test signs as the server does");

    let signature = ana.token.rsplit('.').next().unwrap();
    let with = |header: &Value, claims: &Value, signature: &str| format!("{}.{}.{signature}", encoded(header), encoded(claims));
    let ben = world.person("ben@example.org");
    let other_person = json!({"sub": ben.id.to_string()});
    let mut tampered = claims.clone();
    tampered.as_object_mut().unwrap().extend(other_person.as_object().unwrap().clone());
    let mut forged = vec![
        ("a tampered payload", with(&header, &tampered, signature)),
        ("a tampered header", with(&json!({"alg": "EdDSA", "kid": header["kid"], "x": 1}), &claims, signature)),
        ("another token's signature", with(&header, &claims, ben.token.rsplit('.').next().unwrap())),
        ("no signature", with(&header, &claims, "")),
        ("no kid", with(&json!({"alg": "EdDSA", "typ": "JWT"}), &claims, signature)),
        ("an unknown kid", with(&json!({"alg": "EdDSA", "typ": "JWT", "kid": "nobody-has-it"}), &claims, signature)),
        ("two parts", ana.token.rsplit_once('.').unwrap().0.to_owned()),
        ("four parts", format!("{}.{signature}", ana.token)),
        ("no token at all", "x".repeat(40)),
        ("a refresh token", ana.refresh_token.clone()),
    ];
    for none in ["none", "None", "NONE", "nOnE"] {
        let header = json!({"alg": none, "typ": "JWT", "kid": header["kid"]});
        forged.push(("none, unsigned", with(&header, &claims, "")));
        forged.push(("none, signed", with(&header, &claims, signature)));
    }
    // The public key taken for a secret, in whatever form a library might have it.
    let x = jwks(&world)[0]["x"].as_str().unwrap().to_owned();
    let raw = URL_SAFE_NO_PAD.decode(&x).unwrap();
    let der = [&[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00][..], &raw].concat();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(&der));
    for secret in [x.as_bytes(), &raw, &der, pem.as_bytes(), b""] {
        for algorithm in [Algorithm::HS256, Algorithm::HS384, Algorithm::HS512] {
            let mut own = Header::new(algorithm);
            own.kid = header["kid"].as_str().map(str::to_owned);
            let token = jsonwebtoken::encode(&own, &claims, &EncodingKey::from_secret(secret)).unwrap();
            forged.push(("HMAC with the public key", token));
        }
    }
    // Signed by another server's key, under the same kid.
    let elsewhere = World::new();
    let mut stranger = Header::new(Algorithm::EdDSA);
    stranger.kid = header["kid"].as_str().map(str::to_owned);
    let private = stored(&elsewhere.home().keys_file())[0]["private"].as_str().unwrap().to_owned();
    let key = EncodingKey::from_ed_der(&URL_SAFE_NO_PAD.decode(private).unwrap());
    forged.push(("another key", jsonwebtoken::encode(&stranger, &claims, &key).unwrap()));
    for (what, token) in &forged {
        assert!(!counts(&world, token), "{what}: {token}");
    }
    assert!(counts(&world, &ana.token));
}

#[test]
fn a_token_rightly_signed_must_say_the_right_things() {
    let world = World::new();
    let (ana, ben) = (world.person("ana@example.org"), world.person("ben@example.org"));
    let (_, claims) = parts(&ana.token);
    let now = claims["iat"].as_i64().unwrap();
    let changed = |name: &str, value: Value| {
        let mut claims = claims.clone();
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value;
        }
        signed(&world, &claims)
    };
    let wrong = [
        ("iss", json!("http://plenary.example")),
        ("iss", json!("http://plenary.test/")),
        ("iss", json!(["http://plenary.example"])),
        ("iss", Value::Null),
        ("aud", json!("somebody-else")),
        ("aud", json!(["somebody-else"])),
        ("aud", Value::Null),
        ("exp", json!(now)),
        ("exp", json!(now - 1)),
        ("exp", Value::Null),
        ("exp", json!("tomorrow")),
        ("nbf", json!(now + 1)),
        ("nbf", Value::Null),
        ("sub", json!(ben.id.to_string())),
        ("sub", json!("nobody")),
        ("sub", Value::Null),
        ("sid", json!("0190aaaa-0000-7000-8000-000000000009")),
        ("sid", Value::Null),
    ];
    for (name, value) in wrong {
        assert!(!counts(&world, &changed(name, value.clone())), "{name} {value}");
    }
    assert!(counts(&world, &changed("exp", json!(now + 1))), "what is changed here, and not the changing, is what is refused");
    // Each ends: by its time, by leaving.
    world.at("2026-09-01T09:14:59.999999Z");
    assert!(counts(&world, &ana.token));
    world.ask("POST", "/auth/logout").by(&ana).send().expect(204);
    assert!(!counts(&world, &ana.token), "its session has ended");
    world.at("2026-09-01T09:15:00Z");
    assert!(!counts(&world, &ben.token), "its time is over");
}

#[test]
fn a_client_verifies_a_token_by_the_published_keys() {
    let world = World::new();
    let before = world.person("ana@example.org");
    let administrator = world.administrator();
    world.ask("POST", "/admin/keys").by(&administrator).send().expect(200);
    let after = world.sign_in("ana@example.org");
    let keys = jwks(&world);
    for person in [&before, &after] {
        let header = jsonwebtoken::decode_header(&person.token).unwrap();
        let key = keys.iter().find(|key| key["kid"] == *header.kid.as_ref().unwrap()).unwrap();
        for (name, value) in [("kty", "OKP"), ("crv", "Ed25519"), ("alg", "EdDSA"), ("use", "sig")] {
            assert_eq!(key[name], value);
        }
        assert_eq!(key.as_object().unwrap().len(), 6, "nothing secret: {key}");
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_audience(&["plenary"]);
        (validation.validate_exp, validation.validate_nbf) = (false, false);
        let key = DecodingKey::from_ed_components(key["x"].as_str().unwrap()).unwrap();
        let claims = jsonwebtoken::decode::<Value>(&person.token, &key, &validation).unwrap().claims;
        assert_eq!(claims["sub"], person.id.to_string());
    }
    let [new, old] = kids(&keys)[..] else { panic!("{keys:?}") };
    assert_ne!(new, old);
}

#[test]
fn a_rotation_overlaps_and_ends() {
    let world = World::new();
    let administrator = world.administrator();
    let list =
        |by: &Person| world.ask("GET", "/admin/keys").by(by).send().expect(200).json()["items"].as_array().unwrap().clone();
    let first = list(&administrator);
    assert_eq!(first.len(), 1);
    assert_eq!((&first[0]["state"], &first[0]["until"]), (&json!("signing"), &Value::Null));
    world.at("2026-09-01T09:10:00Z");
    let rotated = world.ask("POST", "/admin/keys").by(&administrator).send().expect(200).json();
    let keys = list(&administrator);
    assert_eq!(rotated["items"], json!(keys));
    assert_eq!((&keys[0]["state"], &keys[0]["created_at"]), (&json!("signing"), &json!("2026-09-01T09:10:00Z")));
    assert_eq!((&keys[1]["state"], &keys[1]["until"]), (&json!("verifying"), &json!("2026-09-01T10:10:00Z")));
    assert_eq!(kids(&keys), kids(&jwks(&world)));
    assert_eq!(kids(&keys)[1], kids(&first)[0]);
    // A token of the old key, as a server that reads the file late may still sign.
    let old = stored(&world.home().keys_file()).remove(0);
    let private = URL_SAFE_NO_PAD.decode(old["private"].as_str().unwrap()).unwrap();
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(old["kid"].as_str().unwrap().to_owned());
    let (_, mut claims) = parts(&administrator.token);
    claims["exp"] = json!(claims["exp"].as_i64().unwrap() + 7200);
    let late = jsonwebtoken::encode(&header, &claims, &EncodingKey::from_ed_der(&private)).unwrap();
    world.at("2026-09-01T10:09:59.999999Z");
    assert!(counts(&world, &late));
    world.at("2026-09-01T10:10:00Z");
    assert!(!counts(&world, &late), "though it still lies in the file");
    assert_eq!(kids(&jwks(&world)), [kids(&keys)[0]]);
    let administrator = world.sign_in("administrator@plenary.test");
    assert_eq!(parts(&administrator.token).0["kid"], keys[0]["kid"]);
    world.ask("POST", "/admin/keys").by(&administrator).send().expect(200);
    let names: Vec<_> = stored(&world.home().keys_file()).iter().map(|key| key["kid"].clone()).collect();
    assert_eq!(names.len(), 2, "the first one is gone: {names:?}");
    assert!(!names.contains(&old["kid"]));
    let record = world.ask("GET", "/admin/audit?act=key.rotated").by(&administrator).send().expect(200).json();
    assert_eq!(record["items"][0]["object_id"], names[1]);
    assert_eq!(record["items"][0]["actor"]["id"], administrator.id.to_string());
}

#[test]
fn only_administrators_see_and_rotate_keys() {
    let world = World::new();
    let (person, secretary) = (world.person("ana@example.org"), world.secretary());
    let before = fs::read(world.home().keys_file()).unwrap();
    for method in ["GET", "POST"] {
        assert_eq!(world.ask(method, "/admin/keys").send().expect(401).problem(), "authentication-required");
        for by in [&person, &secretary] {
            assert_eq!(world.ask(method, "/admin/keys").by(by).send().expect(403).problem(), "forbidden");
        }
    }
    assert_eq!(fs::read(world.home().keys_file()).unwrap(), before);
}

#[test]
fn a_command_rotates_beside_servers_that_share_the_file() {
    let world = World::new();
    let beside = World::setup().beside(&world);
    let (ana, administrator) = (world.person("ana@example.org"), world.administrator());
    let mail = {
        // A link in a mail that is on its way outlives the rotation.
        world.ask("POST", "/auth/password/forgot").json(&json!({"email": "ana@example.org"})).send().expect(202);
        world.mails().token("ana@example.org", Purpose::ResetPassword)
    };
    // The command's clock is the machine's, the world's stands in the past: what it makes is new for both.
    let told = rotate(world.home()).well().stdout;
    let (old, new) = (stored(&world.home().keys_file())[0]["kid"].clone(), stored(&world.home().keys_file())[1]["kid"].clone());
    let lines: Vec<_> = told.lines().collect();
    assert_eq!(lines.len(), 2, "{told}");
    assert!(lines[0].contains(new.as_str().unwrap()) && lines[1].contains(old.as_str().unwrap()), "{told}");
    let (_, claims) = parts(&ana.token);
    // One server learns of it by a token that another one signed, at once; the other within a second.
    assert!(counts(&world, &signed(&world, &claims)));
    assert_eq!(beside.ask("GET", "/me/sessions").by(&ana).send().status, 200, "what was signed before counts");
    world.at("2026-09-01T09:00:01Z");
    let body = json!({"email": "ana@example.org", "password": crate::world::PASSWORD});
    let tokens = beside.ask("POST", "/auth/login").json(&body).send().expect(200).json();
    assert_eq!(parts(tokens["access_token"].as_str().unwrap()).0["kid"], new);
    let reset = json!({"token": mail, "password": "another fine day for a walk"});
    beside.ask("POST", "/auth/password/reset").json(&reset).send().expect(204);
    let record = world.ask("GET", "/admin/audit?act=key.rotated").by(&administrator).send().expect(200).json();
    assert_eq!((&record["items"][0]["object_id"], &record["items"][0]["actor"]), (&new, &Value::Null));
}

#[test]
fn rotations_at_once_follow_each_other() {
    let world = World::new();
    // The commands' clock.
    world.at(&Clock::System.now().to_string());
    let administrator = world.administrator();
    let file: Value = serde_json::from_slice(&fs::read(world.home().keys_file()).unwrap()).unwrap();
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| rotate(world.home()).well());
            scope.spawn(|| world.ask("POST", "/admin/keys").by(&administrator).send().expect(200));
        }
    });
    let names: BTreeSet<String> =
        stored(&world.home().keys_file()).iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect();
    assert_eq!(names.len(), 7, "none was lost");
    let after: Value = serde_json::from_slice(&fs::read(world.home().keys_file()).unwrap()).unwrap();
    assert_eq!(after["mail"], file["mail"]);
    let left: Vec<_> = fs::read_dir(world.home().keys_file().parent().unwrap())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("keys"))
        .collect();
    assert_eq!(BTreeSet::from_iter(left), BTreeSet::from(["keys.json".to_owned(), "keys.json.lock".to_owned()]));
}

#[cfg(unix)]
#[test]
fn nobody_else_gets_at_the_key_file() {
    use std::os::unix::fs::PermissionsExt as _;
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("data/keys.json");
    let mode = || fs::metadata(&file).unwrap().permissions().mode() & 0o777;
    let run = |arguments: &[&str]| end(plenary_on(&home, directory.path(), arguments));
    let told = run(&["keys", "rotate"]).failure();
    assert!(told.contains("no key file") && told.contains("PLENARY_AUTH__KEYS_FILE"), "{told}");
    drop(Running::start(plenary_on(&home, directory.path(), &["serve"])));
    assert_eq!(mode(), 0o600);
    run(&["keys", "rotate"]).well();
    assert_eq!(mode(), 0o600);
    let before = fs::read(&file).unwrap();
    for open in [0o644, 0o640, 0o602] {
        fs::set_permissions(&file, fs::Permissions::from_mode(open)).unwrap();
        for arguments in [&["serve"][..], &["keys", "rotate"]] {
            let told = run(arguments).failure();
            assert!(told.contains(&format!("mode {open:o}")) && told.contains("chmod 600"), "{told}");
        }
    }
    assert_eq!(fs::read(&file).unwrap(), before, "and nothing was changed");
    // A link stays one.
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    let real = directory.path().join("elsewhere.json");
    fs::rename(&file, &real).unwrap();
    std::os::unix::fs::symlink(&real, &file).unwrap();
    run(&["keys", "rotate"]).well();
    assert!(fs::symlink_metadata(&file).unwrap().is_symlink());
    assert_eq!(stored(&real).len(), 3);
}

#[test]
fn a_spoilt_key_file_stops_the_start_and_not_a_running_server() {
    let (home, directory) = (Home::copied(), TempDir::new().unwrap());
    let file = directory.path().join("data/keys.json");
    let server = Running::start(plenary_on(&home, directory.path(), &["serve"]));
    let keys = || server.ask("GET", "/.well-known/jwks.json").expect(200).json();
    let before = keys();
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    let began = Instant::now();
    while !server.log().contains("the old ones stay") {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", server.log());
        assert_eq!(keys(), before);
        std::thread::sleep(Duration::from_millis(20));
    }
    assert_eq!(keys(), before);
    let told = end(plenary_on(&home, directory.path(), &["serve"])).failure();
    assert!(told.contains("keys.json") && told.contains("is not as it should be"), "{told}");
    assert!(!told.contains(&text[20..40]), "no secret is shown");
}
