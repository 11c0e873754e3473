//! The connection that is one of two.
//!
//! diesel's own connection of that kind compiles what sends, binds and remembers a statement anew for each query, twice, and puts
//! the text of a statement together two or three times whenever it is sent. This one hands its queries down as one type, with their text, which it
//! puts together once where the type of a query says all of it.

use std::any::TypeId;
use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;

use diesel::connection::{CacheSize, Instrumentation, LoadConnection, SimpleConnection};
use diesel::connection::{ConnectionSealed, TransactionManager, TransactionManagerStatus};
use diesel::expression::QueryMetadata;
use diesel::query_builder::{AstPass, Query, QueryBuilder as _, QueryFragment, QueryId};
use diesel::sql_types::Untyped;
use diesel::{Connection, ConnectionResult, PgConnection, QueryResult, SqliteConnection};

/// The two.
#[derive(diesel::MultiConnection)]
pub enum Engine {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// The database of larger deployments.
    Postgres(PgConnection),
}

/// The backend of [`AnyConnection`], for boxed queries.
pub type Backend = MultiBackend;

type Builder = <Backend as diesel::backend::Backend>::QueryBuilder;

/// One connection to either database. Queries go through it as through any diesel connection.
pub struct AnyConnection {
    engine: Engine,
    texts: HashMap<TypeId, Arc<Text>>,
}

/// The text of a statement.
struct Text {
    sql: String,
    /// Whether the same text comes again often enough for the prepared statement to be kept.
    is_kept: bool,
}

/// A query of any type.
struct Erased<P> {
    fragment: P,
    text: Arc<Text>,
}

impl AnyConnection {
    /// Which of the two it is.
    pub fn engine(&mut self) -> &mut Engine {
        &mut self.engine
    }

    fn text<T: QueryFragment<Backend> + QueryId>(&mut self, query: &T) -> QueryResult<Arc<Text>> {
        let id = T::query_id();
        match id.and_then(|id| self.texts.get(&id)) {
            Some(text) => Ok(text.clone()),
            None => self.written(query, id),
        }
    }

    fn send<'conn, 'query>(
        &'conn mut self,
        fragment: Box<dyn QueryFragment<Backend> + 'query>,
        text: Arc<Text>,
    ) -> QueryResult<<Self as LoadConnection>::Cursor<'conn, 'query>> {
        self.engine.load(Erased { fragment, text })
    }

    fn written(&mut self, query: &dyn QueryFragment<Backend>, id: Option<TypeId>) -> QueryResult<Arc<Text>> {
        let (mut builder, backend) = match self.engine {
            Engine::Sqlite(_) => (Builder::Sqlite(Default::default()), Backend::Sqlite(Default::default())),
            Engine::Postgres(_) => (Builder::Postgres(Default::default()), Backend::Postgres(Default::default())),
        };
        query.to_sql(&mut builder, &backend)?;
        let text = Arc::new(Text { sql: builder.finish(), is_kept: query.is_safe_to_cache_prepared(&backend)? });
        if let Some(id) = id {
            self.texts.insert(id, text.clone());
        }
        Ok(text)
    }
}

impl From<Engine> for AnyConnection {
    fn from(engine: Engine) -> Self {
        Self { engine, texts: HashMap::new() }
    }
}

impl<P> QueryFragment<Backend> for Erased<P>
where
    P: Deref<Target: QueryFragment<Backend>>,
{
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Backend>) -> QueryResult<()> {
        self.fragment.walk_ast(out)
    }

    fn to_sql(&self, out: &mut Builder, _: &Backend) -> QueryResult<()> {
        out.push_sql(&self.text.sql);
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _: &Backend) -> QueryResult<bool> {
        Ok(self.text.is_kept)
    }
}

/// Known by its text.
impl<P> QueryId for Erased<P> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

/// What its rows are, whoever reads them knows.
impl<P> Query for Erased<P> {
    type SqlType = Untyped;
}

impl SimpleConnection for AnyConnection {
    fn batch_execute(&mut self, query: &str) -> QueryResult<()> {
        self.engine.batch_execute(query)
    }
}

impl ConnectionSealed for AnyConnection {}

impl Connection for AnyConnection {
    type Backend = Backend;
    type TransactionManager = Self;

    fn establish(url: &str) -> ConnectionResult<Self> {
        Engine::establish(url).map(Self::from)
    }

    fn execute_returning_count<T>(&mut self, source: &T) -> QueryResult<usize>
    where
        T: QueryFragment<Backend> + QueryId,
    {
        let text = self.text(source)?;
        let fragment: &dyn QueryFragment<Backend> = source;
        self.engine.execute_returning_count(&Erased { fragment, text })
    }

    fn transaction_state(&mut self) -> &mut Self {
        self
    }

    fn instrumentation(&mut self) -> &mut dyn Instrumentation {
        self.engine.instrumentation()
    }

    fn set_instrumentation(&mut self, instrumentation: impl Instrumentation) {
        self.engine.set_instrumentation(instrumentation);
    }

    fn set_prepared_statement_cache_size(&mut self, size: CacheSize) {
        self.engine.set_prepared_statement_cache_size(size);
    }
}

impl LoadConnection for AnyConnection {
    type Cursor<'conn, 'query> = <Engine as LoadConnection>::Cursor<'conn, 'query>;
    type Row<'conn, 'query> = MultiRow<'conn, 'query>;

    fn load<'conn, 'query, T>(&'conn mut self, source: T) -> QueryResult<Self::Cursor<'conn, 'query>>
    where
        T: Query + QueryFragment<Backend> + QueryId + 'query,
        Backend: QueryMetadata<T::SqlType>,
    {
        let text = self.text(&source)?;
        self.send(Box::new(source), text)
    }
}

impl TransactionManager<Self> for AnyConnection {
    type TransactionStateData = Self;

    fn begin_transaction(connection: &mut Self) -> QueryResult<()> {
        Engine::begin_transaction(&mut connection.engine)
    }

    fn rollback_transaction(connection: &mut Self) -> QueryResult<()> {
        Engine::rollback_transaction(&mut connection.engine)
    }

    fn commit_transaction(connection: &mut Self) -> QueryResult<()> {
        Engine::commit_transaction(&mut connection.engine)
    }

    fn transaction_manager_status_mut(connection: &mut Self) -> &mut TransactionManagerStatus {
        Engine::transaction_manager_status_mut(&mut connection.engine)
    }

    fn is_broken_transaction_manager(connection: &mut Self) -> bool {
        Engine::is_broken_transaction_manager(&mut connection.engine)
    }
}
