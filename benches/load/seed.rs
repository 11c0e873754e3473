//! What the server answers from: the call of `config/paris-call.toml`, loaded by the command, then a register, the real one imported or a
//! made-up one, and working groups up to 300. Made-up rows are the same in every run.

use std::fmt;
use std::path::PathBuf;

use diesel::RunQueryDsl;
use diesel::connection::SimpleConnection;
use diesel::sql_types::Text;
use plenary::country::Region;
use plenary::db::{AnyConnection, DbError};
use plenary::text::{fold, slug};

use crate::Fault;
use crate::database::{Engine, Home};
use crate::process::plenary;

/// Working groups, the call's own included.
pub const GROUPS: u32 = 300;
/// When every made-up row was written.
pub const AT: &str = "2026-01-01 00:00:00";
const STATEMENT: &str = "We endorse the call, and report each year on what we did for each of the principles that we commit to.";

/// The register that is measured.
pub enum Dataset {
    /// The real one.
    Register(PathBuf),
    /// That many supporters, made up.
    Generated(u32),
}

impl Dataset {
    /// The register that `REGISTER_CSV` names, else a made-up one.
    pub fn from_environment(supporters: u32) -> Self {
        let path = std::env::var_os("REGISTER_CSV").filter(|path| !path.is_empty());
        path.map_or(Self::Generated(supporters), |path| Self::Register(path.into()))
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Register(_) => write!(f, "The real register, {GROUPS} groups"),
            Self::Generated(supporters) => write!(f, "{supporters} made-up supporters, {GROUPS} groups"),
        }
    }
}

/// One read that is measured.
pub struct Read {
    /// As the table calls it.
    pub name: String,
    /// What is asked for.
    pub path: String,
    /// A list of up to 50, or one object.
    pub is_list: bool,
}

/// The reads that fit the data.
pub struct Seeded {
    /// In the order of the table.
    pub reads: Vec<Read>,
}

/// Fills an empty database.
pub fn seed(home: &Home, dataset: &Dataset) -> Result<Seeded, Fault> {
    run(home, &["migrate"])?;
    run(home, &["load", "config/paris-call.toml"])?;
    let db = home.open()?;
    let q = match dataset {
        Dataset::Register(path) => {
            let csv = path.to_str().ok_or("REGISTER_CSV is no UTF-8")?;
            run(home, &["supporters", "import", csv, "--mapping", "config/register-2021.mapping.toml"])?;
            "universit"
        }
        Dataset::Generated(supporters) => {
            db.write_blocking(&mut |tx| register(tx, *supporters))?;
            // One name in forty times thirty.
            "harbour valencia"
        }
    };
    let group = db.write_blocking(&mut |tx| groups(tx))?;
    if home.engine == Engine::Postgres {
        // What autovacuum does within a minute.
        db.connect()?.batch_execute("VACUUM ANALYZE")?;
    }
    let read = |query: &str, is_list| Read { name: query.into(), path: format!("/api/v1{query}"), is_list };
    Ok(Seeded {
        reads: vec![
            Read { name: "/groups/{id}".into(), path: format!("/api/v1/groups/{group}"), is_list: false },
            read("/groups?limit=50", true),
            read("/supporters?limit=50&sector=private_sector", true),
            read("/supporters/stats", false),
            Read {
                name: format!("/supporters?q={q}"),
                path: format!("/api/v1/supporters?q={}", q.replace(' ', "%20")),
                is_list: true,
            },
        ],
    })
}

fn run(home: &Home, arguments: &[&str]) -> Result<(), Fault> {
    let output = plenary(home).args(arguments).output()?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("`plenary {}` ended with {}: {said}", arguments.join(" "), output.status).into())
}

const FIRST: &str = "Harbour Meridian Lantern Granite Cedar Bridge Compass Anchor Beacon Orchard Summit Delta Prism Atlas Willow Cobalt \
    Falcon Horizon Juniper Keystone Lagoon Magnolia Nordic Olive Pioneer Quartz River Saffron Tundra Umbra Vertex Windmill Xenon Yarrow \
    Zephyr Amber Birch Coral Dune Ember";
const SECOND: &str = "Networks Security Systems Trust Policy Research Digital Data Signals Software Energy Logistics Media Health \
    Transport Finance Water Education Defence Justice Culture Trade Labour Climate Space Maritime Aviation Railway Housing Farming \
    Mining Tourism Sports Youth Privacy Standards";
/// Each with its country.
const CITIES: &str = "Paris FR,Lyon FR,Berlin DE,Valencia ES,Florence IT,Tallinn EE,Porto PT,Ghent BE,Utrecht NL,Graz AT,Gdańsk PL,\
    Århus DK,Tampere FI,Bristol GB,Boston US,Austin US,Toronto CA,Monterrey MX,São Paulo BR,Bogotá CO,Lima PE,Nairobi KE,Dakar SN,\
    Accra GH,Tunis TN,Nagoya JP,Busan KR,Pune IN,Sydney AU,Auckland NZ";
/// Each with its sector and kind: half of the private sector, as in the real register.
const FORMS: &str = "Company private_sector company,Group private_sector company,Industries private_sector company,\
    Partners private_sector company,Works private_sector operator,Coalition private_sector industry_coalition,\
    Association civil_society association,Foundation civil_society foundation,Observatory civil_society ngo,\
    Agency public_authority agency,University academia university,Circle  ";

/// The names that can be made of the words, in an order without order.
struct Names {
    first: Vec<&'static str>,
    second: Vec<&'static str>,
    cities: Vec<&'static str>,
    forms: Vec<&'static str>,
}

/// A name, its country, sector and kind; what is unknown is empty.
struct Named {
    name: String,
    country: &'static str,
    sector: &'static str,
    kind: &'static str,
}

impl Names {
    fn new() -> Self {
        let (first, second) = (FIRST.split(' ').collect(), SECOND.split(' ').collect());
        Self { first, second, cities: CITIES.split(',').collect(), forms: FORMS.split(',').collect() }
    }

    fn get(&self, n: usize) -> Named {
        let all = self.first.len() * self.second.len() * self.cities.len() * self.forms.len();
        // A step that shares no factor with the number of names walks all of them.
        let mut rest = n * 7_919 % all;
        let mut pick = |words: &[&'static str]| {
            let picked = words.get(rest % words.len()).copied().unwrap_or_default();
            rest /= words.len();
            picked
        };
        let (first, second) = (pick(&self.first), pick(&self.second));
        let (city, country) = pick(&self.cities).rsplit_once(' ').unwrap_or_default();
        let mut form = pick(&self.forms).split(' ');
        let mut next = || form.next().unwrap_or_default();
        let mut name = format!("{first} {second} {} of {city}", next());
        if n >= all {
            // Beyond the last one they begin again, numbered.
            name = format!("{name} {}", n / all + 1);
        }
        Named { name, country, sector: next(), kind: next() }
    }
}

/// Supporters with their intervals and principles. Written as INSERTs of many rows, which both databases take: one row at a time would
/// take minutes on PostgreSQL.
fn register(connection: &mut AnyConnection, supporters: u32) -> Result<(), DbError> {
    let mut rows = Insert::into(
        "supporters (id, slug, name, folded_name, sector, kind, country, region, website, statement, status, endorsed_on, endorsed_key, \
         withdrawn_on, source, search_text, version, created_at, updated_at)",
    );
    let mut statuses = Insert::into("supporter_statuses (id, supporter_id, status, since, until)");
    let mut principles = Insert::into("supporter_principles (supporter_id, principle)");
    let names = Names::new();
    for n in 0..supporters {
        let Named { name, country, sector, kind } = names.get(n as usize);
        let (id, slug, folded) = (id(1, n), slug(&name).unwrap_or_default(), fold(&name));
        let known = |code: &'static str| Some(code).filter(|code| !code.is_empty());
        let country = known(country).filter(|_| n % 50 != 7);
        let region = country.and_then(Region::of).map(|region| region.to_string());
        let day = (n % 30 != 11).then(|| day(n));
        let website = (n % 2 == 0).then(|| format!("https://example.org/{n}"));
        let statement = (n % 5 == 0).then_some(STATEMENT);
        let (status, left) = if n % 100 == 99 { ("withdrawn", Some("2025-06-30")) } else { ("endorsed", None) };
        rows.row(&[
            [Some(&*id), Some(&slug), Some(&name), Some(&folded), known(sector), known(kind), country, region.as_deref()]
                .as_slice(),
            &[website.as_deref(), statement, Some(status), day.as_deref(), Some(day.as_deref().unwrap_or_default()), left],
            &[Some("import:bench"), Some(&folded), Some("1"), Some(AT), Some(AT)],
        ]);
        statuses.row(&[&[Some(&self::id(2, n)), Some(&id), Some("endorsed"), day.as_deref(), left]]);
        if left.is_some() {
            statuses.row(&[&[Some(&self::id(3, n)), Some(&id), Some("withdrawn"), left, None]]);
        }
        // Half commit to all nine, the others to two or three.
        for principle in (1..=9).filter(|principle| n % 2 == 0 || (n / 2 + principle) % 4 == 0) {
            principles.row(&[&[Some(&id), Some(&principle.to_string())]]);
        }
        if n % 500 == 499 || n + 1 == supporters {
            // In this order, since the later ones refer to the first.
            for insert in [&mut rows, &mut statuses, &mut principles] {
                insert.send(connection)?;
            }
        }
    }
    Ok(())
}

/// A day between the launch of 2018 and the end of 2024, most of them early.
fn day(n: u32) -> String {
    let n = n.wrapping_mul(2_654_435_761) >> 8;
    let month = (n % 73).min(n / 73 % 73) + 11;
    format!("{}-{:02}-{:02}", 2018 + (month - 1) / 12, (month - 1) % 12 + 1, n % 28 + 1)
}

#[derive(diesel::QueryableByName)]
struct Holder {
    #[diesel(sql_type = Text)]
    id: String,
    #[diesel(sql_type = Text)]
    sector: String,
    #[diesel(sql_type = Text)]
    country: String,
}

#[derive(diesel::QueryableByName)]
struct Numbered {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    number: i64,
}

/// Groups beyond the call's own, each with two or three seats that satisfy the co-chair rule. The id of one of them.
fn groups(connection: &mut AnyConnection) -> Result<String, DbError> {
    let holders: Vec<Holder> = diesel::sql_query(
        "SELECT id, sector, country FROM supporters WHERE status = 'endorsed' AND sector IS NOT NULL AND country IS NOT NULL \
         ORDER BY folded_name, id LIMIT 5000",
    )
    .load(connection)?;
    let last: Numbered = diesel::sql_query("SELECT max(number) AS number FROM working_groups").get_result(connection)?;
    let mut groups = Insert::into(
        "working_groups (id, number, slug, title, mandate, status, join_policy, search_text, version, created_at, updated_at)",
    );
    let mut principles = Insert::into("group_principles (group_id, principle)");
    let mut seats =
        Insert::into("co_chair_seats (id, group_id, supporter_id, position, since, until, version, created_at, updated_at)");
    let first = u32::try_from(last.number).unwrap_or_default() + 1;
    for number in first..=GROUPS {
        let group = id(4, number);
        let title = format!("Working group {number} on what the principles ask of its members");
        let mandate =
            format!("Group {number} gathers what its members know, and brings to the Forum what the community can use.");
        let (en, fr) = (format!(r#"{{"en":"{title}"}}"#), format!(r#"{{"en":"{mandate}","fr":"Le groupe {number}."}}"#));
        let found = fold(&format!("{title} {mandate}"));
        let stamps = &[Some("1"), Some(AT), Some(AT)];
        let slug = format!("working-group-{number}");
        groups.row(&[
            &[
                Some(&*group),
                Some(&number.to_string()),
                Some(&slug),
                Some(&en),
                Some(&fr),
                Some("active"),
                Some("approval"),
                Some(&found),
            ],
            stamps,
        ]);
        for principle in [number % 9 + 1, (number + 3) % 9 + 1] {
            principles.row(&[&[Some(&*group), Some(&principle.to_string())]]);
        }
        let mut chosen: Vec<&Holder> = Vec::new();
        let start = number as usize * 131 % holders.len().max(1);
        for holder in holders.iter().cycle().skip(start).take(holders.len()) {
            let differs = chosen.iter().all(|seated| seated.sector != holder.sector && seated.country != holder.country);
            if differs && chosen.len() < 2 + number as usize % 2 {
                chosen.push(holder);
            }
        }
        for (position, holder) in (0..).zip(chosen) {
            let seat = id(5, number * 4 + position);
            seats.row(&[&[Some(&*seat), Some(&group), Some(&holder.id), Some(&position.to_string()), Some(AT), None], stamps]);
        }
    }
    for insert in [&mut groups, &mut principles, &mut seats] {
        insert.send(connection)?;
    }
    Ok(id(4, GROUPS / 2))
}

/// A version 7 UUID that tells the table and the row.
pub fn id(table: u8, n: u32) -> String {
    format!("019b7000-{table:04x}-7000-8000-{n:012x}")
}

/// An INSERT of many rows.
pub struct Insert {
    into: &'static str,
    rows: Vec<String>,
}

impl Insert {
    /// Into this table and these columns.
    pub fn into(into: &'static str) -> Self {
        Self { into, rows: Vec::new() }
    }

    /// One row, in pieces. Both databases take quoted numbers and times for what the column is.
    pub fn row(&mut self, pieces: &[&[Option<&str>]]) {
        let quoted = |value: &Option<&str>| value.map_or_else(|| "NULL".into(), |text| format!("'{}'", text.replace('\'', "''")));
        let values: Vec<String> = pieces.iter().copied().flatten().map(quoted).collect();
        self.rows.push(format!("({})", values.join(", ")));
    }

    /// Sends the rows.
    pub fn send(&mut self, connection: &mut AnyConnection) -> Result<(), DbError> {
        self.send_with("", connection)
    }

    /// Sends the rows, without those that a unique index has already.
    pub fn send_or_skip(&mut self, connection: &mut AnyConnection) -> Result<(), DbError> {
        self.send_with(" ON CONFLICT DO NOTHING", connection)
    }

    fn send_with(&mut self, tail: &str, connection: &mut AnyConnection) -> Result<(), DbError> {
        if !self.rows.is_empty() {
            connection.batch_execute(&format!("INSERT INTO {} VALUES {}{tail}", self.into, self.rows.join(", ")))?;
            self.rows.clear();
        }
        Ok(())
    }
}
