//! Lists: limit, cursor, sort and total, declared once for SQL, validation and OpenAPI.
//!
//! A slice implements [`Listed`] for a marker type; its query struct flattens [`Paging`] and adds the filters; its store hands a boxed
//! query to [`Plan::apply`].

use std::borrow::Cow;
use std::cmp::Ordering;
use std::marker::PhantomData;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use diesel::query_dsl::methods::{FilterDsl, LimitDsl, OrderDsl};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::db::{Key, Keyset, OrderBy};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::time::{Day, Instant};

/// Most items of one page.
pub const MAX_LIMIT: i64 = 200;
/// Items of a page that asks for no number.
pub const DEFAULT_LIMIT: i64 = 50;

/// One field that a list can be sorted by.
pub struct SortField<R: 'static> {
    /// As in `sort=`.
    pub name: &'static str,
    /// As in SQL, with its table, and never null; of a list that no table holds only a name.
    pub column: &'static str,
    /// Its value in a row, for the cursor.
    pub key: SortKey<R>,
}

/// A sort field's value in a row, by the type of its column: a cursor with another one is refused.
pub enum SortKey<R: 'static> {
    /// Of a text column.
    Text(fn(&R) -> String),
    /// Of a whole-number column.
    Int(fn(&R) -> i64),
    /// Of a timestamp column.
    At(fn(&R) -> Instant),
    /// Of a date column.
    On(fn(&R) -> Day),
}

impl<R> SortKey<R> {
    fn of(&self, row: &R) -> CursorKey {
        match self {
            Self::Text(value) => CursorKey::Text(value(row)),
            Self::Int(value) => CursorKey::Int(value(row)),
            Self::At(value) => CursorKey::At(value(row)),
            Self::On(value) => CursorKey::On(value(row)),
        }
    }

    /// The value that a cursor says, where it is one of this column's.
    fn read(&self, key: CursorKey) -> Option<Key> {
        match (self, key) {
            // PostgreSQL takes no NUL in a text.
            (Self::Text(_), CursorKey::Text(text)) if !text.contains('\0') => Some(Key::Text(text)),
            (Self::Int(_), CursorKey::Int(number)) => Some(Key::Int(number)),
            (Self::At(_), CursorKey::At(at)) => Some(Key::At(at)),
            (Self::On(_), CursorKey::On(day)) => Some(Key::On(day)),
            _ => None,
        }
    }
}

/// A list: which rows, which sorts.
pub trait Listed: 'static {
    /// What the store loads.
    type Row: 'static;
    /// Every field that may stand in `sort=`.
    const SORTS: &'static [SortField<Self::Row>];
    /// The order where none is asked for, in the syntax of `sort=`.
    const DEFAULT: &'static str;
    /// The unique column that breaks ties.
    const TIE: SortField<Self::Row>;
}

/// The query parameters that every list has.
#[derive(Deserialize)]
#[serde(bound = "")]
pub struct Paging<L> {
    limit: Option<i64>,
    cursor: Option<String>,
    sort: Option<String>,
    total: Option<bool>,
    #[serde(skip)]
    list: PhantomData<fn() -> L>,
}

impl<L: Listed> JsonSchema for Paging<L> {
    fn schema_name() -> Cow<'static, str> {
        std::any::type_name::<L>().rsplit("::").next().map_or("Paging".into(), |name| format!("PagingOf{name}").into())
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names: Vec<_> = L::SORTS.iter().map(|field| field.name).collect();
        let field = format!("-?({})", names.join("|"));
        json_schema!({
            "type": "object",
            "properties": {
                "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT, "description": "Items a page."},
                "cursor": {"type": "string", "maxLength": 2000, "description": "`next_cursor` of the page before; goes with the same filters and sort."},
                "sort": {"type": "string", "maxLength": 200, "pattern": format!("^{field}(,{field})*$"), "default": L::DEFAULT,
                    "description": format!("Fields to sort by, `-` for downwards: {}.", names.join(", "))},
                "total": {"type": "boolean", "default": false, "description": "Whether to count all items that the filters leave."}
            }
        })
    }
}

/// How one page is cut: the order, where it starts, how many.
pub struct Plan<L: Listed> {
    order: Order<L>,
    after: Option<Vec<Key>>,
    limit: i64,
    digest: String,
    /// Whether the caller wants the total.
    pub total: bool,
}

#[derive(Serialize, Deserialize)]
enum CursorKey {
    #[serde(rename = "t")]
    Text(String),
    #[serde(rename = "i")]
    Int(i64),
    #[serde(rename = "a")]
    At(Instant),
    #[serde(rename = "d")]
    On(Day),
}

impl<L: Listed> Paging<L> {
    /// The plan for this page. `filters` is what the cursor is bound to: the query without paging.
    pub fn plan(&self, filters: &impl Serialize) -> Result<Plan<L>> {
        let sort = self.sort.as_deref().unwrap_or(L::DEFAULT);
        let order = order_of::<L>(sort)?;
        let digest = digest(sort, &serde_json::to_string(filters)?);
        let after = self.cursor.as_deref().map(|cursor| read_cursor::<L>(cursor, &digest, &order)).transpose()?;
        Ok(Plan { order, after, limit: self.limit.unwrap_or(DEFAULT_LIMIT), digest, total: self.total.unwrap_or(false) })
    }

    /// The plan for everything at once (CSV): `limit` and `cursor` are refused.
    pub fn whole(&self) -> Result<Plan<L>> {
        let faults: Vec<_> = [("?limit", self.limit.is_some()), ("?cursor", self.cursor.is_some())]
            .into_iter()
            .filter(|(_, given)| *given)
            .map(|(name, _)| {
                crate::error::FieldFault::new(name, "unknown", "does not go with CSV, which is the whole list; remove it")
            })
            .collect();
        if !faults.is_empty() {
            return Err(Problem::invalid(&faults).into());
        }
        let order = order_of::<L>(self.sort.as_deref().unwrap_or(L::DEFAULT))?;
        Ok(Plan { order, after: None, limit: i64::MAX - 1, digest: String::new(), total: false })
    }
}

/// Columns in sort order: name in SQL, whether downwards, its value in a row.
type Order<L> = Vec<(&'static str, bool, &'static SortKey<<L as Listed>::Row>)>;

fn order_of<L: Listed>(sort: &str) -> Result<Order<L>> {
    let mut order: Order<L> = Vec::new();
    for part in sort.split(',') {
        let (name, descending) = part.strip_prefix('-').map_or((part, false), |name| (name, true));
        let field = L::SORTS
            .iter()
            .find(|field| field.name == name)
            .ok_or_else(|| Error::invalid("?sort", "pattern", format!("knows no field {name:?}")))?;
        if order.iter().any(|(column, ..)| *column == field.column) {
            return Err(Error::invalid("?sort", "repeated", format!("names {name:?} twice")));
        }
        order.push((field.column, descending, &field.key));
    }
    // The tie-breaker runs the way of the last field, so that the whole order is one row value and keeps its index.
    let descending = order.last().is_some_and(|(_, descending, _)| *descending);
    if !order.iter().any(|(column, ..)| *column == L::TIE.column) {
        order.push((L::TIE.column, descending, const { &L::TIE.key }));
    }
    Ok(order)
}

fn digest(sort: &str, filters: &str) -> String {
    use sha2::{Digest, Sha256};
    let hash = Sha256::new().chain_update(sort).chain_update([0]).chain_update(filters).finalize();
    URL_SAFE_NO_PAD.encode(hash.get(..9).unwrap_or_default())
}

fn read_cursor<L: Listed>(cursor: &str, digest: &str, order: &Order<L>) -> Result<Vec<Key>> {
    let refused = || {
        Problem::new(
            ProblemKind::InvalidCursor,
            "The cursor was made for other filters or another order, or is damaged. Start again without it.",
        )
        .with("errors", [crate::error::FieldFault::new("?cursor", "cursor", "does not belong to this list")])
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| refused())?;
    let (made_for, keys): (String, Vec<CursorKey>) = serde_json::from_slice(&bytes).map_err(|_| refused())?;
    if made_for != digest || keys.len() != order.len() {
        return Err(refused().into());
    }
    // Nobody signs a cursor: whoever forges one gets to another place of the same list, and no further.
    let keys: Option<Vec<Key>> = order.iter().zip(keys).map(|((.., field), key)| field.read(key)).collect();
    Ok(keys.ok_or_else(refused)?)
}

impl<L: Listed> Plan<L> {
    /// The query with where it starts, its order, and one row more than the page holds.
    pub fn apply<Q>(&self, query: Q) -> Q
    where
        Q: FilterDsl<Keyset, Output = Q> + OrderDsl<OrderBy, Output = Q> + LimitDsl<Output = Q>,
    {
        let columns: Vec<_> = self.order.iter().map(|(column, descending, _)| (*column, *descending)).collect();
        let query = match &self.after {
            Some(keys) => query.filter(Keyset { columns: columns.clone(), keys: keys.clone() }),
            None => query,
        };
        query.order(OrderBy(columns)).limit(self.limit + 1)
    }

    /// What [`Plan::apply`] does, to the rows of a list that no table holds: the order, where it starts, and one row more than the page holds.
    pub fn arrange(&self, rows: Vec<L::Row>) -> Vec<L::Row> {
        let keys =
            |row: &L::Row| -> Vec<Option<Key>> { self.order.iter().map(|(.., field)| field.read(field.of(row))).collect() };
        let compare = |a: &[Option<Key>], b: &[Option<Key>]| {
            let each = self.order.iter().zip(a.iter().zip(b));
            let mut each = each.map(|((_, descending, _), (a, b))| if *descending { b.cmp(a) } else { a.cmp(b) });
            each.find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
        };
        let mut rows: Vec<(Vec<Option<Key>>, L::Row)> = rows.into_iter().map(|row| (keys(&row), row)).collect();
        if let Some(after) = &self.after {
            let after: Vec<_> = after.iter().cloned().map(Some).collect();
            rows.retain(|(keys, _)| compare(keys, &after).is_gt());
        }
        rows.sort_unstable_by(|(a, _), (b, _)| compare(a, b));
        rows.truncate(usize::try_from(self.limit).unwrap_or(usize::MAX).saturating_add(1));
        rows.into_iter().map(|(_, row)| row).collect()
    }

    /// Cuts the extra row off and says where the next page starts.
    pub fn cut(&self, mut rows: Vec<L::Row>) -> (Vec<L::Row>, Option<String>) {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        if rows.len() <= limit {
            return (rows, None);
        }
        rows.truncate(limit);
        let next = rows.last().map(|last| {
            let keys: Vec<_> = self.order.iter().map(|(.., key)| key.of(last)).collect();
            URL_SAFE_NO_PAD.encode(serde_json::to_vec(&(&self.digest, keys)).unwrap_or_default())
        });
        (rows, next)
    }
}

/// One page of a list.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "PageOf{T}")]
pub struct Page<T> {
    /// The items, in the order asked for.
    pub items: Vec<T>,
    /// Where the next page starts; null on the last one.
    pub next_cursor: Option<String>,
    /// All items that the filters leave; only with `?total=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total: Option<i64>,
    /// Until when it stays true though nobody writes.
    #[serde(skip)]
    pub(super) fresh_until: Option<Instant>,
}

impl<T> Page<T> {
    /// A page from what [`Plan::cut`] gave.
    pub fn new(items: Vec<T>, next_cursor: Option<String>, total: Option<i64>) -> Self {
        Self { items, next_cursor, total, fresh_until: None }
    }

    /// Says until when it stays true by itself (the end of a day, of a derogation).
    #[must_use]
    pub fn fresh_until(mut self, at: Option<Instant>) -> Self {
        self.fresh_until = at;
        self
    }
}

/// The filters of a query without its paging: what a cursor is bound to.
pub fn filters_of(query: &Value) -> Value {
    let mut filters = query.clone();
    if let Some(object) = filters.as_object_mut() {
        for name in ["limit", "cursor", "sort", "total", "locale"] {
            object.remove(name);
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Row(i64);
    struct Rows;
    impl Listed for Rows {
        type Row = Row;
        const SORTS: &'static [SortField<Row>] = &[SortField { name: "n", column: "t.n", key: SortKey::Int(|r| r.0) }];
        const DEFAULT: &'static str = "-n";
        const TIE: SortField<Row> = SortField { name: "id", column: "t.id", key: SortKey::Text(|r| r.0.to_string()) };
    }

    fn paging(cursor: Option<String>, sort: Option<&str>) -> Paging<Rows> {
        Paging { limit: Some(2), cursor, sort: sort.map(str::to_owned), total: None, list: PhantomData }
    }

    #[test]
    fn a_list_that_no_table_holds_is_paged_like_others() {
        for (sort, all) in [(None, [5, 4, 3, 2, 1]), (Some("n"), [1, 2, 3, 4, 5])] {
            let (mut seen, mut cursor) = (Vec::new(), None);
            loop {
                let plan = paging(cursor, sort).plan(&"").unwrap();
                let (rows, next) = plan.cut(plan.arrange([2, 5, 1, 4, 3].map(Row).into()));
                seen.extend(rows.iter().map(|row| row.0));
                let Some(next) = next else { break };
                cursor = Some(next);
            }
            assert_eq!(seen, all);
        }
    }

    #[test]
    fn a_cursor_goes_with_its_filters_and_sort_only() {
        let plan = paging(None, None).plan(&"sector=a").unwrap();
        let (rows, next) = plan.cut(vec![Row(3), Row(2), Row(1)]);
        assert_eq!(rows.len(), 2);
        assert!(paging(next.clone(), None).plan(&"sector=a").is_ok());
        assert!(paging(next.clone(), None).plan(&"sector=b").is_err());
        assert!(paging(next, Some("n")).plan(&"sector=a").is_err());
        assert!(paging(Some("%%%".into()), None).plan(&"sector=a").is_err());
        assert!(paging(None, Some("n,-n")).plan(&"").is_err());
        assert!(plan.cut(vec![Row(3), Row(2)]).1.is_none());
    }
}
