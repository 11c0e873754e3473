//! A slice of one small table in the one handler shape: load → allow → decide → save → outbox → audit → answer. Any step can be made to
//! fail or panic.

mod store;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use plenary::audit::{self, Entry};
use plenary::db::{AnyConnection, Backend, Write};
use plenary::error::{Error, Problem, ProblemKind, Result};
use plenary::http::page::Paging;
use plenary::http::{
    Accepted, Authenticate, Created, Csv, Input, Object, Page, Request, Route, SignedIn, Table, Tagged, bad_token, csv, get,
    route,
};
use plenary::ids::Id;
use plenary::outbox::{self, Mail};
use plenary::policy::{self, Actor, PersonId};
use plenary::time::Instant;
use plenary::word_enum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::store::{NoteMark, NoteRow, Notes, Status, load, save, taken};
pub use self::store::{kit_notes, traces};
use crate::world::{Setup, World};

/// A world with the slice in it.
pub fn world() -> World {
    started(setup())
}

/// The slice's routes, and tokens that stand for somebody.
pub fn setup() -> Setup {
    World::setup().routes(routes()).authenticate(Tokens)
}

/// A world made of `setup`, with the slice's table.
pub fn started(setup: Setup) -> World {
    let world = setup.start();
    world.write(|tx| {
        Ok(tx.batch_execute(
            "CREATE TABLE kit_notes (id TEXT NOT NULL PRIMARY KEY, title TEXT NOT NULL UNIQUE, rank BIGINT NOT NULL, due_at TIMESTAMP NOT NULL, \
             status TEXT NOT NULL, version BIGINT NOT NULL, created_at TIMESTAMP NOT NULL, updated_at TIMESTAMP NOT NULL)",
        )?)
    });
    world
}

fn person(n: usize) -> PersonId {
    format!("0190aaaa-0000-7000-8000-00000000000{n}").parse().unwrap()
}

/// `secretariat`, `deputy` (of the secretariat too), `person`; `ended` was right once.
struct Tokens;

impl Authenticate for Tokens {
    fn verify(&self, token: &str, now: Instant) -> Result<SignedIn> {
        let known = ["ended", "secretariat", "deputy", "person"].iter().position(|known| *known == token);
        let person = known.map(person).ok_or_else(bad_token)?;
        Ok(SignedIn { person, session: person.as_str().parse().unwrap(), until: now })
    }

    fn recognise(&self, _: &mut AnyConnection, who: SignedIn, _: Instant) -> Result<Option<Actor>> {
        if who.person == person(0) {
            return Ok(None);
        }
        let secretariat = who.person != person(3);
        Ok(Some(Actor { person: Some(who.person), verified: true, secretariat, ..Actor::anonymous() }))
    }
}

word_enum! {
    /// The steps of a handler.
    pub enum Step {
        Load = "load",
        Allow = "allow",
        Decide = "decide",
        Save = "save",
        Outbox = "outbox",
        Audit = "audit",
        Answer = "answer",
        Commit = "commit",
    }
}

/// After which step to fail.
#[derive(Deserialize, JsonSchema)]
struct Failing {
    fail: Option<Step>,
    panic: Option<Step>,
}

impl Failing {
    fn after(&self, tx: &mut Write<'_>, step: Step) -> Result<()> {
        assert!(self.panic != Some(step), "made to panic");
        if self.fail == Some(Step::Commit) && step == Step::Answer {
            tx.before_commit(|_| Err(diesel::result::Error::RollbackTransaction));
        }
        if self.fail == Some(step) { Err(Error::Internal(format!("made to fail after {step}"))) } else { Ok(()) }
    }
}

/// A note.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Note")]
struct NoteView {
    id: Id<NoteMark>,
    title: String,
    rank: i64,
    due_at: Instant,
    status: Status,
    created_at: Instant,
    updated_at: Instant,
}

impl NoteRow {
    fn view(self) -> Tagged<NoteView> {
        let Self { id, title, rank, due_at, status, version, created_at, updated_at } = self;
        Tagged::new(version, NoteView { id, title, rank, due_at, status, created_at, updated_at })
    }
}

#[derive(Deserialize, JsonSchema)]
struct NotesQuery {
    #[serde(flatten)]
    page: Paging<Notes>,
    status: Option<Status>,
}

#[derive(Deserialize, JsonSchema)]
struct NotePath {
    #[schemars(length(max = 200))]
    note: String,
}

#[derive(Deserialize, JsonSchema)]
struct NewNote {
    #[schemars(length(min = 1, max = 1000))]
    title: String,
    #[schemars(range(min = 0, max = 100))]
    rank: i64,
    due_at: Option<Instant>,
    status: Option<Status>,
}

#[derive(Deserialize, JsonSchema)]
struct Change {
    #[schemars(length(min = 1, max = 1000))]
    title: Option<String>,
    #[schemars(range(min = 0, max = 100))]
    rank: Option<i64>,
}

#[derive(Deserialize, JsonSchema)]
struct Move {
    to: Status,
    #[schemars(length(max = 1000))]
    reason: Option<String>,
}

pub fn routes() -> Vec<Route> {
    use actix_web::http::Method;
    use policy::Action::{ReadPublic, RunInitiative};
    vec![
        get("/kit-notes", ReadPublic, "The notes", list),
        get("/kit-notes/{note}", ReadPublic, "One note", show),
        get("/kit-notes-today", ReadPublic, "What changes by itself every minute", today),
        route(Method::POST, "/kit-notes", RunInitiative, "Make a note", create).answers(&[ProblemKind::AlreadyExists]),
        route(Method::PATCH, "/kit-notes/{note}", RunInitiative, "Change a note", change)
            .answers(&[ProblemKind::AlreadyExists, ProblemKind::RuleViolation]),
        route(Method::POST, "/kit-notes/{note}/transitions", RunInitiative, "Move a note", transition).answers(&[
            ProblemKind::IllegalTransition,
            ProblemKind::RuleViolation,
            ProblemKind::PreconditionFailed,
        ]),
        route(Method::POST, "/kit-notes-mailed", ReadPublic, "Ask for a mail", ask_for_mail),
    ]
}

async fn list(request: Request<(), NotesQuery>) -> Result<Table<Tagged<NoteView>>> {
    request
        .read(|tx, input| {
            let query = |status: Option<Status>| {
                let all = kit_notes::table.into_boxed::<Backend>();
                match status {
                    Some(status) => all.filter(kit_notes::status.eq(status)),
                    None => all,
                }
            };
            let (page, status) = (&input.query.page, input.query.status);
            if input.wants_csv {
                let rows: Vec<NoteRow> = page.whole()?.apply(query(status).select(NoteRow::as_select())).load(&mut **tx)?;
                let cells = rows.into_iter().map(|row| [row.title, row.rank.to_string()]);
                let bytes = csv::table(&["title", "rank"], cells)?;
                return Ok(Table::Csv(Csv { bytes, fresh_until: None }));
            }
            let plan = page.plan(&input.filters)?;
            let (rows, next) = plan.cut(plan.apply(query(status).select(NoteRow::as_select())).load(&mut **tx)?);
            let total = plan.total.then(|| query(status).count().get_result(&mut **tx)).transpose()?;
            Ok(Table::Page(Page::new(rows.into_iter().map(NoteRow::view).collect(), next, total)))
        })
        .await
}

async fn show(request: Request<NotePath>) -> Result<Object<Tagged<NoteView>>> {
    request.read(|tx, input| Ok(Object::tagged(load(tx, &input.path.note)?.view()))).await
}

#[derive(Serialize, JsonSchema)]
struct Minute {
    minute: String,
}

async fn today(request: Request) -> Result<Object<Minute>> {
    request
        .read(|tx, _| {
            let now = tx.now();
            let minute = now.to_string()[..16].to_owned();
            let next = Instant::parse(&format!("{minute}:59.999999Z"));
            Ok(Object::plain(Minute { minute }).fresh_until(next))
        })
        .await
}

/// Tells the secretariat, and the record.
fn tell<P, B>(
    tx: &mut Write<'_>,
    input: &Input<P, Failing, B>,
    act: &'static str,
    id: &str,
    states: (Option<Status>, Option<Status>),
    reason: Option<&str>,
) -> Result<()> {
    let mail = Mail {
        kind: "note",
        person: input.actor.person,
        recipient: "secretariat@example.org".into(),
        locale: None,
        params: json!({"note": id}),
        due_at: None,
        concealed: false,
    };
    outbox::enqueue(tx, mail)?;
    input.query.after(tx, Step::Outbox)?;
    let word = |status: Option<Status>| status.map(|status| status.to_string());
    audit::record(
        tx,
        Entry {
            actor: input.actor.person,
            act,
            object_type: "note",
            object_id: id.to_owned(),
            group: None,
            from: word(states.0),
            to: word(states.1),
            reason: reason.map(str::to_owned),
            request_id: Some(input.request_id.clone()),
            within: false,
        },
    );
    input.query.after(tx, Step::Audit)
}

async fn create(request: Request<(), Failing, NewNote>) -> Result<Created<NoteView>> {
    let make = |tx: &mut Write<'_>, input: &Input<(), Failing, NewNote>| {
        let failing = &input.query;
        failing.after(tx, Step::Load)?;
        input.allow(&policy::Object::initiative())?;
        failing.after(tx, Step::Allow)?;
        let (new, now, id) = (&input.body, tx.now(), tx.new_id::<NoteMark>());
        let status = new.status.unwrap_or(Status::Draft);
        failing.after(tx, Step::Decide)?;
        let row = (
            kit_notes::id.eq(id),
            kit_notes::title.eq(&new.title),
            kit_notes::rank.eq(new.rank),
            kit_notes::due_at.eq(new.due_at.unwrap_or(now)),
            kit_notes::status.eq(status),
            kit_notes::version.eq(1_i64),
            kit_notes::created_at.eq(now),
            kit_notes::updated_at.eq(now),
        );
        tx.savepoint(|c| diesel::insert_into(kit_notes::table).values(row).execute(c)).map_err(taken)?;
        failing.after(tx, Step::Save)?;
        tell(tx, input, "create", id.as_str(), (None, Some(status)), None)?;
        Ok(id.to_string())
    };
    let show = |tx: &mut Write<'_>, input: &Input<(), Failing, NewNote>, id: &str| {
        let object = load(tx, id)?.view();
        input.query.after(tx, Step::Answer)?;
        Ok(Created { location: format!("/kit-notes/{id}"), object })
    };
    request.create(make, show).await
}

async fn change(request: Request<NotePath, Failing, Change>) -> Result<Object<Tagged<NoteView>>> {
    request
        .write(|tx, input| {
            let failing = &input.query;
            let mut note = load(tx, &input.path.note)?;
            failing.after(tx, Step::Load)?;
            input.allow(&policy::Object::initiative())?;
            failing.after(tx, Step::Allow)?;
            input.if_match.require(note.version)?;
            let rank = input.body.rank.unwrap_or(note.rank);
            let falls = rank < note.rank;
            note.rank = rank.max(note.rank);
            note.title = input.body.title.clone().unwrap_or(note.title);
            let is_taken = kit_notes::table.filter(kit_notes::title.eq(&note.title)).filter(kit_notes::id.ne(note.id));
            if diesel::select(diesel::dsl::exists(is_taken)).get_result(&mut **tx)? {
                return Err(taken_title());
            }
            if falls {
                let violation = json!({"code": "rank_falls", "detail": "A rank only rises."});
                return Err(Problem::new(ProblemKind::RuleViolation, "A rank only rises.")
                    .with("violations", [violation])
                    .into());
            }
            failing.after(tx, Step::Decide)?;
            save(tx, &note)?;
            failing.after(tx, Step::Save)?;
            tell(tx, input, "change", note.id.as_str(), (None, None), None)?;
            let answer = Object::tagged(load(tx, note.id.as_str())?.view());
            failing.after(tx, Step::Answer)?;
            Ok(answer)
        })
        .await
}

fn taken_title() -> Error {
    Problem::new(ProblemKind::AlreadyExists, "There is a note of that title.").into()
}

async fn transition(request: Request<NotePath, Failing, Move>) -> Result<Object<Tagged<NoteView>>> {
    request
        .write(|tx, input| {
            let failing = &input.query;
            let mut note = load(tx, &input.path.note)?;
            failing.after(tx, Step::Load)?;
            input.allow(&policy::Object::initiative())?;
            failing.after(tx, Step::Allow)?;
            input.if_match.allow(note.version)?;
            let from = note.status;
            match (from, input.body.to, &input.body.reason) {
                (Status::Draft, Status::Done, Some(_)) => note.status = Status::Done,
                (Status::Draft, Status::Done, None) => {
                    let violation = json!({"code": "reason_required", "detail": "Say why it is done."});
                    return Err(Problem::new(ProblemKind::RuleViolation, "Say why.").with("violations", [violation]).into());
                }
                (Status::Draft, _, _) => return Err(illegal(&[Status::Done])),
                (Status::Done, _, _) => return Err(illegal(&[])),
            }
            failing.after(tx, Step::Decide)?;
            save(tx, &note)?;
            failing.after(tx, Step::Save)?;
            tell(tx, input, "move", note.id.as_str(), (Some(from), Some(note.status)), input.body.reason.as_deref())?;
            let answer = Object::tagged(load(tx, note.id.as_str())?.view());
            failing.after(tx, Step::Answer)?;
            Ok(answer)
        })
        .await
}

fn illegal(allowed: &[Status]) -> Error {
    Problem::new(ProblemKind::IllegalTransition, "That move is not there from here.").with("allowed", allowed).into()
}

#[derive(Deserialize, JsonSchema)]
struct Address {
    #[schemars(length(max = 254), email)]
    email: String,
}

async fn ask_for_mail(request: Request<(), (), Address>) -> Result<Accepted> {
    request
        .accept(
            || Accepted,
            |tx, input| {
                let mail = Mail {
                    kind: "asked",
                    person: None,
                    recipient: input.body.email.clone(),
                    locale: None,
                    params: json!({}),
                    due_at: None,
                    concealed: false,
                };
                outbox::enqueue(tx, mail)?;
                Ok(())
            },
        )
        .await
}
