//! Persons of a world: they register, confirm and sign in over HTTP, and read their mail.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use plenary::ids::Id;
use plenary::outbox::{self, Claimed, Outcome, Purpose, Sender};
use plenary::people::{self, Accounts, Cost, Hasher, Keys, LoginLimits, Role};
use plenary::policy::PersonMark;
use plenary::time::Clock;
use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::{Ask, Home, World};

/// Everybody's password.
pub const PASSWORD: &str = "a fine day for a walk";

/// What holds for accounts in a world: hashes cost nothing, guesses are limited as in the product.
pub struct Setup {
    pub limits: LoginLimits,
    pub require_second_factor: bool,
    pub cost: Cost,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            limits: LoginLimits { login_account: 10, login_address: 30 },
            require_second_factor: false,
            cost: Cost { memory_kib: 8, iterations: 1, parallelism: 1 },
        }
    }
}

impl Setup {
    pub fn open(&self, home: &Home, clock: &Clock) -> Accounts {
        Accounts {
            keys: Keys::open(&home.keys_file(), "http://plenary.test", clock.now()).unwrap(),
            hasher: Hasher::new(self.cost, 4).unwrap(),
            limits: self.limits,
            require_second_factor: self.require_second_factor,
        }
    }
}

/// Somebody with an account, signed in.
#[derive(Clone, Debug)]
pub struct Person {
    pub id: Id<PersonMark>,
    pub email: String,
    pub token: String,
    pub refresh_token: String,
}

/// The mails of one delivery.
#[derive(Debug)]
pub struct Mails(Vec<Claimed>);

impl Mails {
    /// Kind and recipient of each, sorted.
    pub fn list(&self) -> Vec<String> {
        let mut list: Vec<_> = self.0.iter().map(|mail| format!("{} {}", mail.kind, mail.recipient)).collect();
        list.sort();
        list
    }

    /// Those of one kind.
    pub fn of_kind(&self, kind: &str) -> Vec<Claimed> {
        self.0.iter().filter(|mail| mail.kind == kind).cloned().collect()
    }

    /// The only mail to `recipient`.
    #[track_caller]
    pub fn to(&self, recipient: &str) -> &Claimed {
        let theirs: Vec<_> = self.0.iter().filter(|mail| mail.recipient == recipient).collect();
        assert_eq!(theirs.len(), 1, "mails to {recipient}: {:?}", self.list());
        theirs[0]
    }

    /// The token in the mail to `recipient` that asks for this.
    #[track_caller]
    pub fn token(&self, recipient: &str, purpose: Purpose) -> String {
        let asks = |mail: &&Claimed| {
            mail.recipient.eq_ignore_ascii_case(recipient) && mail.asked.as_ref().is_some_and(|asked| asked.purpose == purpose)
        };
        let mail = self.0.iter().find(asks);
        let mail = mail.unwrap_or_else(|| panic!("nobody asks {recipient} for {purpose}: {:?}", self.list()));
        mail.asked.as_ref().unwrap().token.expose_secret().to_owned()
    }
}

/// Takes every mail, and keeps it.
#[derive(Default)]
struct Letterbox(Mutex<Vec<Claimed>>);

impl Sender for Letterbox {
    fn send<'a>(&'a self, mail: &'a Claimed) -> Pin<Box<dyn Future<Output = Outcome> + Send + 'a>> {
        self.0.lock().unwrap().push(mail.clone());
        Box::pin(async { Outcome::Taken("250 ok".into()) })
    }
}

impl Ask<'_> {
    /// By somebody.
    pub fn by(self, person: &Person) -> Self {
        self.token(&person.token)
    }
}

impl World {
    /// Delivers what is due, and gives it.
    pub fn mails(&self) -> Mails {
        let letterbox = Letterbox::default();
        actix_web::rt::System::new().block_on(outbox::deliver_due(self.db(), "letterbox", &letterbox)).unwrap();
        Mails(letterbox.0.into_inner().unwrap())
    }

    /// Registers, without confirming.
    #[track_caller]
    pub fn register(&self, email: &str) {
        let body = json!({"email": email, "password": PASSWORD, "display_name": name_of(email)});
        self.ask("POST", "/auth/register").json(&body).send().expect(202);
    }

    /// Signs in with the password that everybody has.
    #[track_caller]
    pub fn sign_in(&self, email: &str) -> Person {
        let tokens = self.ask("POST", "/auth/login").json(&json!({"email": email, "password": PASSWORD})).send().expect(200);
        self.signed_in(email, &tokens.json())
    }

    /// Who got these tokens.
    #[track_caller]
    pub fn signed_in(&self, email: &str, tokens: &Value) -> Person {
        let text = |name: &str| tokens[name].as_str().unwrap().to_owned();
        let folded = people::fold_email(email).unwrap();
        let person = self.read(|c| people::person_by_email(c, &folded)).unwrap();
        Person { id: person.id, email: email.to_owned(), token: text("access_token"), refresh_token: text("refresh_token") }
    }

    /// Somebody with a confirmed account, signed in. Mails that are due before are delivered and lost.
    #[track_caller]
    pub fn person(&self, email: &str) -> Person {
        self.register(email);
        let token = self.mails().token(email, Purpose::VerifyEmail);
        self.ask("POST", "/auth/verify-email").json(&json!({"token": token})).send().expect(204);
        self.sign_in(email)
    }

    /// Somebody of the secretariat, signed in.
    #[track_caller]
    pub fn secretary(&self) -> Person {
        self.with_role("secretary@plenary.test", Role::Secretariat)
    }

    /// An administrator, signed in.
    #[track_caller]
    pub fn administrator(&self) -> Person {
        self.with_role("administrator@plenary.test", Role::Administrator)
    }

    /// Somebody with a role, signed in.
    #[track_caller]
    pub fn with_role(&self, email: &str, role: Role) -> Person {
        let person = self.person(email);
        self.write(|tx| {
            let mut row = people::person(tx, person.id)?.unwrap();
            row.role = role;
            people::save_person(tx, &mut row)
        });
        person
    }
}

fn name_of(email: &str) -> String {
    let local = email.split('@').next().unwrap();
    let (first, rest) = local.split_at(1);
    format!("{}{rest} Test", first.to_uppercase())
}
