//! From values of the right type to [`Settings`]: the limits of each, and the rules between them.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;

use figment::Figment;
use secrecy::{ExposeSecret as _, SecretString};
use toml::Value as Toml;

use super::address::{self, Wrong};
use super::dkim::{DkimKey, DkimSettings};
use super::load::{ConfigFault, ConfigFaults};
use super::{
    AuthSettings, CorsSettings, DatabaseSettings, Effective, FileSettings, FileStore, HttpSettings, Limits, LogFormat,
    LogSettings, MailSettings, MailTransport, S3Bucket, Settings, SmtpServer, Synchronous, WebhookSettings, WorkerSettings,
};

/// The longest time that a setting may say, in milliseconds: an hour.
const LONGEST: u64 = 3_600_000;

/// Takes the settings out of the layers. A bad value is noted and something else stands in for it, so that one pass finds all.
pub(super) struct Reading {
    figment: Figment,
    faults: Vec<ConfigFault>,
    effective: Vec<Effective>,
}

impl Reading {
    pub(super) fn new(figment: Figment, faults: Vec<ConfigFault>) -> Self {
        Self { figment, faults, effective: Vec::new() }
    }

    /// Everything, read in the order of `config/default.toml`.
    pub(super) fn settings(mut self) -> Result<Settings, ConfigFaults> {
        let data_dir = self.text("data_dir", |text| match text {
            "" => Err("must name a directory"),
            text => Ok(PathBuf::from(text)),
        });
        let listen = self.text("listen", socket).unwrap_or((Ipv4Addr::LOCALHOST, 0).into());
        let settings = Settings {
            data_dir: data_dir.unwrap_or_default(),
            listen,
            metrics_listen: self.optional("metrics_listen", socket),
            public_url: self.optional("public_url", address::web_url).unwrap_or_else(|| address::url_of(listen)),
            site_url: self.optional("site_url", address::web_url),
            database_url: self.database_url(),
            database: self.database(),
            http: self.http(),
            cors: CorsSettings {
                allowed_origins: self.list("cors.allowed_origins", address::origin),
                max_age: Duration::from_secs(self.number("cors.max_age_s", 0..=86_400)),
            },
            log: LogSettings {
                level: self.text("log.level", log_directives).unwrap_or_default(),
                format: self.word("log.format", LogFormat::ALL, LogFormat::as_str).unwrap_or(LogFormat::Auto),
            },
            mail: self.mail(),
            limits: self.limits(),
            auth: self.auth(),
            files: self.files(),
            worker: WorkerSettings { enabled: self.flag("worker.enabled"), tick: self.millis("worker.tick_ms", 10..=1_000) },
            webhooks: WebhookSettings {
                allow_http: self.flag("webhooks.allow_http"),
                allow_private_addresses: self.flag("webhooks.allow_private_addresses"),
            },
            effective: self.effective,
        };
        if self.faults.is_empty() { Ok(settings) } else { Err(ConfigFaults(self.faults)) }
    }

    fn database_url(&mut self) -> SecretString {
        let url = self.secret("database_url");
        self.check("database_url", if url.is_empty() { Ok(()) } else { address::database_url(&url) });
        url.into()
    }

    fn database(&mut self) -> DatabaseSettings {
        DatabaseSettings {
            readers: or_cores(self.number("database.readers", 0..=256)),
            postgres_connections: self.number("database.postgres_connections", 1..=1_000),
            writer_queue: self.number("database.writer_queue", 1..=100_000),
            connection_timeout: self.millis("database.connection_timeout_ms", 1..=600_000),
            busy_timeout: self.millis("database.busy_timeout_ms", 1..=600_000),
            statement_timeout: self.millis("database.statement_timeout_ms", 1..=LONGEST),
            synchronous: self.word("database.synchronous", Synchronous::ALL, Synchronous::as_str).unwrap_or(Synchronous::Full),
            migrate_on_start: self.flag("database.migrate_on_start"),
        }
    }

    fn http(&mut self) -> HttpSettings {
        HttpSettings {
            workers: or_cores(self.number("http.workers", 0..=256)),
            max_connections: self.number("http.max_connections", 1..=1_000_000),
            header_timeout: self.millis("http.header_timeout_ms", 1..=LONGEST),
            body_timeout: self.millis("http.body_timeout_ms", 1..=LONGEST),
            request_timeout: self.millis("http.request_timeout_ms", 1..=LONGEST),
            keep_alive: self.millis("http.keep_alive_ms", 0..=LONGEST),
            max_streams: self.number("http.max_streams", 1..=1_000_000),
            stream_heartbeat: self.millis("http.stream_heartbeat_ms", 100..=LONGEST),
            stream_longest: self.millis("http.stream_longest_ms", 1..=24 * LONGEST),
            shutdown: self.millis("http.shutdown_ms", 0..=LONGEST),
            max_body_bytes: self.number("http.max_body_bytes", 1 << 10..=1 << 30),
            trusted_proxies: self.list("http.trusted_proxies", |text| {
                text.parse().map(|ip: IpAddr| ip.to_canonical()).map_err(|_| "must be an IP address, such as 10.0.0.1")
            }),
            cache_bytes: self.number("http.cache_bytes", 0..=1 << 40),
        }
    }

    fn mail(&mut self) -> MailSettings {
        let by_smtp = self
            .text("mail.transport", |text| match text {
                "file" => Ok(false),
                "smtp" => Ok(true),
                _ => Err("must be one of file, smtp"),
            })
            .unwrap_or(false);
        let url = self.secret("mail.smtp_url");
        let allow_plain = self.flag("mail.smtp_allow_plain");
        let ca_file = self.optional("mail.smtp_ca_file", |text| Ok(text.into()));
        let server = match url.as_str() {
            "" if by_smtp => Err("is needed where mail.transport is smtp"),
            "" => Ok(None),
            url => address::smtp_server(url, allow_plain).map(|server| Some(SmtpServer { ca_file, ..server })),
        };
        let server = server.map_err(|wrong| self.check("mail.smtp_url", Err(wrong))).ok().flatten();
        MailSettings {
            transport: server.filter(|_| by_smtp).map_or(MailTransport::File, MailTransport::Smtp),
            from: self.optional("mail.from", address::mailbox),
            from_name: self.optional("mail.from_name", |text| Ok(text.to_owned())),
            bounce_address: self.optional("mail.bounce_address", address::mailbox),
            dkim: self.dkim(),
            templates_dir: self.optional("mail.templates_dir", |text| Ok(text.into())),
        }
    }

    /// Who signs mails: domain, selector and key, or nothing of it.
    fn dkim(&mut self) -> Option<DkimSettings> {
        let domain = self.optional("mail.dkim_domain", address::domain);
        let selector = self.optional("mail.dkim_selector", address::selector);
        let file: Option<PathBuf> = self.optional("mail.dkim_key_file", |text| Ok(text.into()));
        let key = file.as_deref().map(DkimKey::read).transpose();
        let key = key.map_err(|wrong| self.fault("mail.dkim_key_file", wrong)).ok().flatten();
        let is_wanted = domain.is_some() || selector.is_some() || file.is_some();
        if is_wanted || self.faults.iter().any(|fault| fault.key.starts_with("mail.dkim_")) {
            let needed = |is_there: bool| is_there.then_some(()).ok_or("is needed where another mail.dkim_ setting is set");
            self.check("mail.dkim_domain", needed(domain.is_some()));
            self.check("mail.dkim_selector", needed(selector.is_some()));
            self.check("mail.dkim_key_file", needed(key.is_some()));
        }
        Some(DkimSettings { domain: domain?, selector: selector?, key: key? })
    }

    fn limits(&mut self) -> Limits {
        let mut limit = |key| self.number(key, 0..=1_000_000_000);
        Limits {
            per_address: limit("limits.per_address"),
            per_account: limit("limits.per_account"),
            register: limit("limits.register"),
            forgot: limit("limits.forgot"),
            applications: limit("limits.applications"),
            subscriptions: limit("limits.subscriptions"),
            signatures: limit("limits.signatures"),
            contact: limit("limits.contact"),
            public_contributions: limit("limits.public_contributions"),
            login_account: limit("limits.login_account"),
            login_address: limit("limits.login_address"),
        }
    }

    fn auth(&mut self) -> AuthSettings {
        let settings = AuthSettings {
            require_second_factor: self.flag("auth.require_second_factor"),
            keys_file: self.optional("auth.keys_file", |text| Ok(text.into())),
            argon2_memory_kib: self.number("auth.argon2_memory_kib", 8..=4_194_304),
            argon2_iterations: self.number("auth.argon2_iterations", 1..=100),
            argon2_parallelism: self.number("auth.argon2_parallelism", 1..=64),
            hashing_threads: or_cores(self.number("auth.hashing_threads", 0..=256)),
        };
        // RFC 9106, 3.1.
        let is_enough = settings.argon2_memory_kib >= 8 * settings.argon2_parallelism;
        self.check("auth.argon2_memory_kib", is_enough.then_some(()).ok_or("must be at least 8 times auth.argon2_parallelism"));
        settings
    }

    fn files(&mut self) -> FileSettings {
        let in_bucket = self
            .text("files.store", |text| match text {
                "local" => Ok(false),
                "s3" => Ok(true),
                _ => Err("must be one of local, s3"),
            })
            .unwrap_or(false);
        let needed = |text: &str| {
            let missing = in_bucket && text.is_empty();
            if missing { Err("is needed where files.store is s3") } else { Ok(text.to_owned()) }
        };
        let bucket = S3Bucket {
            endpoint: self.optional("files.s3_endpoint", address::web_url),
            bucket: self.text("files.s3_bucket", needed).unwrap_or_default(),
            region: self.text("files.s3_region", needed).unwrap_or_default(),
            access_key_id: self.text("files.s3_access_key_id", needed).unwrap_or_default(),
            secret_access_key: self.secret("files.s3_secret_access_key").into(),
        };
        let is_set = !in_bucket || !bucket.secret_access_key.expose_secret().is_empty();
        self.check("files.s3_secret_access_key", is_set.then_some(()).ok_or("is needed where files.store is s3"));
        FileSettings {
            store: if in_bucket { FileStore::S3(bucket) } else { FileStore::Local },
            max_bytes: self.number("files.max_bytes", 1 << 10..=1 << 30),
            allowed_types: self.list("files.allowed_types", media_type),
        }
    }

    /// A number within limits; the lower one stands in for one that is not.
    fn number<T>(&mut self, key: &'static str, limits: RangeInclusive<T>) -> T
    where
        T: TryFrom<i64> + PartialOrd + Copy + std::fmt::Display,
    {
        let (from, to) = (*limits.start(), *limits.end());
        let number = self.value(key, false).as_integer().and_then(|n| T::try_from(n).ok()).filter(|n| limits.contains(n));
        number.unwrap_or_else(|| {
            self.fault(key, format!("must be {from} to {to}"));
            from
        })
    }

    fn millis(&mut self, key: &'static str, limits: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.number(key, limits))
    }

    fn flag(&mut self, key: &'static str) -> bool {
        self.value(key, false).as_bool().unwrap_or_default()
    }

    fn text<T>(&mut self, key: &'static str, parse: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        let value = self.value(key, false);
        let parsed = written(&value).and_then(parse);
        parsed.map_err(|wrong| self.fault(key, wrong.to_owned())).ok()
    }

    /// As [`Self::text`], with nothing in an empty one.
    fn optional<T>(&mut self, key: &'static str, parse: impl FnOnce(&str) -> Result<T, Wrong>) -> Option<T> {
        self.text(key, |text| if text.is_empty() { Ok(None) } else { parse(text).map(Some) }).flatten()
    }

    fn word<T: Copy>(&mut self, key: &'static str, all: &[T], as_str: impl Fn(&T) -> &'static str) -> Option<T> {
        let value = self.value(key, false);
        let found = all.iter().find(|word| value.as_str() == Some(as_str(word))).copied();
        if found.is_none() {
            self.fault(key, format!("must be one of {}", all.iter().map(as_str).collect::<Vec<_>>().join(", ")));
        }
        found
    }

    fn list<T>(&mut self, key: &'static str, parse: impl Fn(&str) -> Result<T, Wrong>) -> Vec<T> {
        let value = self.value(key, false);
        let mut items = Vec::new();
        for (n, item) in value.as_array().into_iter().flatten().enumerate() {
            match written(item).and_then(&parse) {
                Ok(item) => items.push(item),
                Err(wrong) => self.fault(key, format!("item {} {wrong}", n + 1)),
            }
        }
        items
    }

    fn secret(&mut self, key: &'static str) -> String {
        let value = self.value(key, true);
        written(&value).map(str::to_owned).map_err(|wrong| self.fault(key, wrong.to_owned())).unwrap_or_default()
    }

    /// Notes what breaks a rule, unless something else is wrong with that setting already.
    fn check(&mut self, key: &'static str, rule: Result<(), Wrong>) {
        if let Err(wrong) = rule
            && self.faults.iter().all(|fault| fault.key != key)
        {
            self.fault(key, wrong.to_owned());
        }
    }

    fn value(&mut self, key: &'static str, is_secret: bool) -> Toml {
        let value = self.figment.extract_inner(key).unwrap_or(Toml::Boolean(false));
        let shown = if is_secret && value.as_str() != Some("") { "(secret)".to_owned() } else { value.to_string() };
        self.effective.push(Effective { key, shown, source: self.source(key) });
        value
    }

    fn fault(&mut self, key: &'static str, wrong: String) {
        let source = self.source(key);
        self.faults.push(ConfigFault { key: key.to_owned(), wrong, source });
    }

    fn source(&self, key: &str) -> String {
        self.figment.find_metadata(key).map_or_else(String::new, |metadata| metadata.name.to_string())
    }
}

/// The text of a value, if nothing in it is invisible or was lost on the way.
fn written(value: &Toml) -> Result<&str, Wrong> {
    let text = value.as_str().ok_or("must be a text")?;
    if text.contains('\u{FFFD}') {
        Err("must be in UTF-8")
    } else if text.chars().any(char::is_control) {
        Err("must have no control characters")
    } else {
        Ok(text)
    }
}

fn socket(text: &str) -> Result<SocketAddr, Wrong> {
    text.parse().map_err(|_| "must be an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080")
}

/// Directives that the log's filter understands. It takes a misspelt level for a module's name, hence the check here.
fn log_directives(text: &str) -> Result<String, Wrong> {
    let is_directive = |directive: &str| {
        let (module, level) = directive.rsplit_once('=').unwrap_or(("any", directive));
        let is_module = !module.is_empty() && module.bytes().all(|b| b.is_ascii_alphanumeric() || b"_:-".contains(&b));
        is_module && ["off", "error", "warn", "info", "debug", "trace"].contains(&level)
    };
    text.split(',')
        .all(|directive| is_directive(directive.trim()))
        .then(|| text.to_owned())
        .ok_or("must be off, error, warn, info, debug or trace; or several with commas between, each perhaps behind `module=`")
}

/// A media type without parameters (RFC 6838, 4.2), in lower case.
fn media_type(text: &str) -> Result<String, Wrong> {
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&b));
    let fits = text.split_once('/').is_some_and(|(kind, subtype)| is_name(kind) && is_name(subtype));
    fits.then(|| text.to_ascii_lowercase()).ok_or("must be a media type without parameters, such as application/pdf")
}

/// As many as said, or as many as the machine has processor cores.
fn or_cores<T: TryFrom<usize> + From<u8> + PartialEq>(n: T) -> T {
    if n != T::from(0) {
        return n;
    }
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    T::try_from(cores).unwrap_or(T::from(1))
}
