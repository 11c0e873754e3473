//! Which statements a request sends, and how the databases plan them.

use std::sync::{Arc, Mutex};

use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl};
use plenary::db::{AnyConnection, Engine, Tap};
use plenary::error::Error;

use crate::world::{Ask, World};

/// Every statement that a world has sent.
#[derive(Clone, Default)]
pub struct Seen(Arc<Mutex<Vec<String>>>);

impl Seen {
    /// The queries that a GET sends, without what is bound to them.
    pub fn reading(&self, world: &World, path: &str) -> Vec<String> {
        self.answering(world.ask("GET", path))
    }

    /// The queries that a request sends which is answered 200, without what is bound to them.
    pub fn answering(&self, ask: Ask<'_>) -> Vec<String> {
        self.0.lock().unwrap().clear();
        ask.send().expect(200);
        let sent: Vec<String> = self.0.lock().unwrap().drain(..).collect();
        let text = |sent: &String| sent.split(" -- binds:").next().unwrap_or_default().to_owned();
        sent.iter().map(text).filter(|text| text.starts_with("SELECT")).collect()
    }
}

/// An empty world without answer cache whose statements are seen.
pub fn tapped_world() -> (World, Seen) {
    let seen = Seen::default();
    let log = seen.0.clone();
    let tap = Tap::with(move |statement| log.lock().unwrap().push(statement.to_owned()));
    (World::setup().database(|options| options.tap = tap).options(|options| options.cache_bytes = 0).start(), seen)
}

#[derive(QueryableByName)]
struct SqliteStep {
    #[diesel(sql_type = Text)]
    detail: String,
}

#[derive(QueryableByName)]
struct PostgresStep {
    #[diesel(sql_type = Text, column_name = "QUERY PLAN")]
    step: String,
}

/// The steps in which the database would run a statement, whatever is bound to it.
pub fn plan(connection: &mut AnyConnection, statement: &str) -> Result<Vec<String>, Error> {
    match connection.engine() {
        Engine::Sqlite(c) => {
            let steps = diesel::sql_query(format!("EXPLAIN QUERY PLAN {statement}")).load::<SqliteStep>(c)?;
            Ok(steps.into_iter().map(|step| step.detail).collect())
        }
        Engine::Postgres(c) => {
            // With few rows scanning and sorting are cheap; forbidden to, it shows whether there is another way.
            c.batch_execute("SET enable_seqscan = off; SET enable_sort = off; SET plan_cache_mode = force_generic_plan")?;
            c.batch_execute(&format!("PREPARE planned AS {statement}"))?;
            let binds = (1..).take_while(|n| statement.contains(&format!("${n}"))).map(|_| "NULL").collect::<Vec<_>>().join(", ");
            let execute = if binds.is_empty() { "planned".to_owned() } else { format!("planned({binds})") };
            let steps = diesel::sql_query(format!("EXPLAIN EXECUTE {execute}")).load::<PostgresStep>(c)?;
            c.batch_execute("DEALLOCATE planned")?;
            Ok(steps.into_iter().map(|step| step.step).collect())
        }
    }
}

/// Whether a step reads a table from end to end, though not in the order of an index.
pub fn scans(step: &str) -> bool {
    let step = step.trim_start_matches([' ', '-', '>']);
    // A subquery is no table; a virtual one searches by itself.
    let table = step.strip_prefix("SCAN ").filter(|table| !table.starts_with('(') && !table.contains("INDEX"));
    table.is_some() || step.starts_with("Seq Scan")
}
