use std::io::Write;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use secrecy::ExposeSecret;

use super::load::DEFAULTS;
use super::*;

fn pairs(env: &[(&str, &str)]) -> Vec<(String, String)> {
    env.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect()
}

fn with(env: &[(&str, &str)]) -> Result<Settings, ConfigFaults> {
    Settings::load(None, pairs(env))
}

/// A settings file with this text, and the environment over it.
fn from_file(text: &str, env: &[(&str, &str)]) -> (String, Result<Settings, ConfigFaults>) {
    let mut file = tempfile::Builder::new().prefix("plenary").suffix(".toml").tempfile().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    (file.path().display().to_string(), Settings::load(Some(file.path()), pairs(env)))
}

/// The faults as `key: wrong`, one a line, where every one comes from that file.
fn faults_of(text: &str) -> String {
    let (path, loaded) = from_file(text, &[]);
    let faults = loaded.expect_err(text).0;
    assert!(faults.iter().all(|fault| fault.source == path), "{faults:?}");
    faults.iter().map(|fault| format!("{}: {}", fault.key, fault.wrong)).collect::<Vec<_>>().join("\n")
}

fn shown(settings: &Settings, key: &str) -> (String, String) {
    let found = settings.effective().into_iter().find(|(of, _, _)| of == key);
    found.map(|(_, value, source)| (value, source)).unwrap()
}

#[test]
fn the_defaults_are_those_of_the_design() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.data_dir, Path::new("./data"));
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(settings.metrics_listen, None);
    assert_eq!(settings.public_url, "http://127.0.0.1:8080");
    assert!(matches!(settings.database(), Database::Sqlite(path) if path == Path::new("./data/plenary.db")));
    assert_eq!((settings.http.max_body_bytes, settings.files.max_bytes), (1 << 20, 50 << 20));
    assert!(matches!(settings.files.store, FileStore::Local) && settings.files.allowed_types.len() == 15);
    assert!(settings.http.workers > 0 && settings.database.readers > 0 && settings.auth.hashing_threads > 0);
    assert_eq!((settings.limits.per_address, settings.limits.login_account, settings.limits.login_address), (600, 10, 30));
    let limits = &settings.limits;
    let hourly = [limits.register, limits.forgot, limits.applications, limits.subscriptions, limits.signatures, limits.contact];
    assert_eq!((hourly, limits.public_contributions), ([100; 6], 100));
    assert!(!settings.auth.require_second_factor && settings.worker.enabled);
    assert!(settings.worker.tick <= Duration::from_secs(1));
    assert!(matches!(settings.mail.transport, MailTransport::File));
}

#[test]
fn every_setting_has_a_comment_above_it_and_is_read() {
    let mut section = String::new();
    let mut above = "";
    let mut written = Vec::new();
    for line in DEFAULTS.lines() {
        if let Some(name) = line.strip_prefix('[') {
            section = name.replace(']', ".");
        } else if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with('#')) {
            assert!(above.starts_with("# "), "{section}{name} has no comment");
            written.push(format!("{section}{name}"));
        }
        above = line;
    }
    let read: Vec<_> = with(&[]).unwrap().effective().into_iter().map(|(key, _, _)| key).collect();
    assert_eq!(read, written, "each once, in the order of the file");
}

#[test]
fn the_file_wins_over_the_defaults_and_the_environment_over_both() {
    let file = "listen = '0.0.0.0:80'\n[limits]\nregister = 7\ncontact = 8\n[mail]\n";
    let (path, loaded) =
        from_file(file, &[("PLENARY_LIMITS__REGISTER", "9"), ("PLENARY_CONFIG", "other.toml"), ("PATH", "/bin")]);
    let settings = loaded.unwrap();
    assert_eq!((settings.limits.register, settings.limits.contact, settings.limits.forgot), (9, 8, 100));
    assert_eq!(settings.public_url, "http://localhost:80", "a link to 0.0.0.0 opens nowhere");
    assert_eq!(shown(&settings, "limits.register"), ("9".into(), "PLENARY_LIMITS__REGISTER".into()));
    assert_eq!(shown(&settings, "limits.contact"), ("8".into(), path.clone()));
    assert_eq!(shown(&settings, "listen"), ("\"0.0.0.0:80\"".into(), path));
    assert_eq!(shown(&settings, "limits.forgot"), ("100".into(), "default".into()));
}

#[test]
fn a_variable_is_read_as_the_type_of_its_setting() {
    let settings = with(&[
        ("PLENARY_DATA_DIR", "2024"),
        ("PLENARY_HTTP__WORKERS", "3"),
        ("PLENARY_HTTP__TRUSTED_PROXIES", "::ffff:10.0.0.1, ::1,"),
        ("PLENARY_CORS__ALLOWED_ORIGINS", ""),
        ("PLENARY_MAIL__FROM_NAME", "true"),
        ("PLENARY_WORKER__ENABLED", "false"),
        ("PLENARY_DATABASE__SYNCHRONOUS", "normal"),
        ("PLENARY_DATABASE__BUSY_TIMEOUT_MS", "250"),
    ])
    .unwrap();
    assert_eq!(settings.data_dir, Path::new("2024"));
    assert_eq!(settings.http.workers, 3);
    assert_eq!(settings.http.trusted_proxies, ["10.0.0.1".parse::<IpAddr>().unwrap(), "::1".parse().unwrap()]);
    assert!(settings.cors.allowed_origins.is_empty());
    assert_eq!(settings.mail.from_name.as_deref(), Some("true"));
    assert!(!settings.worker.enabled);
    assert_eq!(settings.database.synchronous, Synchronous::Normal);
    assert_eq!(settings.database.busy_timeout, Duration::from_millis(250));
}

#[test]
fn every_fault_is_named_at_once_with_where_it_came_from() {
    let file = "data_dir = 3\nlisten = 'here'\nhttp = 1\n[mail]\ntransport = 'pigeon'\n[limits]\nregister = -1\n";
    let (path, loaded) =
        from_file(file, &[("PLENARY_WORKER__ENABLED", "yes"), ("PLENARY_MAIL__FROM", "x"), ("PLENARY_HTTP__PORT", "1")]);
    let faults = loaded.unwrap_err().to_string();
    let expected = format!(
        "data_dir: must be a text (from {path})
http: is a section: write [http], and its settings below (from {path})
http.port: is no setting; http has PLENARY_HTTP__BODY_TIMEOUT_MS, PLENARY_HTTP__CACHE_BYTES, PLENARY_HTTP__HEADER_TIMEOUT_MS, \
PLENARY_HTTP__KEEP_ALIVE_MS, PLENARY_HTTP__MAX_BODY_BYTES, PLENARY_HTTP__MAX_CONNECTIONS, PLENARY_HTTP__MAX_STREAMS, \
PLENARY_HTTP__REQUEST_TIMEOUT_MS, PLENARY_HTTP__SHUTDOWN_MS, PLENARY_HTTP__STREAM_HEARTBEAT_MS, PLENARY_HTTP__STREAM_LONGEST_MS, PLENARY_HTTP__TRUSTED_PROXIES, PLENARY_HTTP__WORKERS (from PLENARY_HTTP__PORT)
worker.enabled: must be true or false (from PLENARY_WORKER__ENABLED)
listen: must be an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080 (from {path})
mail.transport: must be one of file, smtp (from {path})
mail.from: must be a bare address such as secretariat@example.org; the name beside it is mail.from_name (from PLENARY_MAIL__FROM)
limits.register: must be 0 to 1000000000 (from {path})"
    );
    assert_eq!(faults, expected);
}

#[test]
fn unknown_keys_are_faults_that_say_what_may_have_been_meant() {
    let cases = [
        ("[http]\nworker = 1", "http.worker: is no setting; did you mean http.workers?"),
        ("lisen = 'x'", "lisen: is no setting; did you mean listen?"),
        ("smtp_url = 'x'", "smtp_url: is no setting; did you mean mail.smtp_url?"),
        (
            "[data_dir]\npath = 'x'",
            "data_dir.path: is no setting; there are data_dir, database_url, listen, metrics_listen, public_url, site_url, \
            and the sections auth, cors, database, files, http, limits, log, mail, webhooks, worker",
        ),
        ("[data_dir]", "data_dir: must be a text"),
        (
            "[extra]",
            "extra: is no setting; there are data_dir, database_url, listen, metrics_listen, public_url, site_url, \
            and the sections auth, cors, database, files, http, limits, log, mail, webhooks, worker",
        ),
        ("[log]\nfile = 'x'", "log.file: is no setting; log has log.format, log.level"),
        ("\"http.workers\" = 1", "\"http.workers\": is no setting; did you mean http.workers?"),
    ];
    for (file, expected) in cases {
        assert_eq!(faults_of(file), expected, "{file}");
    }
    for (name, meant) in [
        ("PLENARY_MAIL_TRANSPORT", "PLENARY_MAIL__TRANSPORT"),
        ("PLENARY_DATADIR", "PLENARY_DATA_DIR"),
        ("PLENARY_listen", "PLENARY_LISTEN"),
        ("PLENARY_SMTP_URL", "PLENARY_MAIL__SMTP_URL"),
    ] {
        let faults = with(&[(name, "x")]).unwrap_err();
        assert_eq!(faults.0.len(), 1);
        assert_eq!(faults.0[0].source, name);
        assert_eq!(faults.0[0].wrong, format!("is no setting; did you mean {meant}?"));
    }
}

#[test]
fn a_file_that_cannot_be_read_or_is_no_toml_is_a_fault_beside_the_others() {
    let faults = Settings::load(Some(Path::new("no/such.toml")), pairs(&[("PLENARY_LISTEN", "x")])).unwrap_err();
    let text = faults.to_string();
    assert!(text.starts_with("settings file: cannot be read: "), "{text}");
    assert!(text.contains("(from no/such.toml)\nlisten: "), "{text}");

    for broken in ["\n[mail]\nsmtp_url = \"smtps://u:hunter2@h", "\n\nsmtp_url = hunter2", "a = 1\n\na = 'hunter2'"] {
        let faults = faults_of(broken);
        assert!(faults.starts_with("settings file: is no TOML: line 3: ") && !faults.contains('\n'), "{faults}");
        assert!(!faults.contains("hunter2"), "{faults}");
    }
    let (_, loaded) = from_file("\u{FEFF}listen = '[::1]:1'", &[]);
    assert_eq!(loaded.unwrap().public_url, "http://[::1]:1");
}

#[test]
fn values_of_the_right_type_are_checked() {
    let good = [
        ("PLENARY_PUBLIC_URL", "https://Plenary.example.org/"),
        ("PLENARY_PUBLIC_URL", "http://[2001:db8::1]:8080/a/b"),
        ("PLENARY_METRICS_LISTEN", "[::1]:9090"),
        ("PLENARY_DATABASE_URL", "sqlite:/srv/plenary/a b.db"),
        ("PLENARY_DATABASE_URL", "postgresql://u:p@[::1]:5432/plenary?sslmode=verify-full"),
        ("PLENARY_CORS__ALLOWED_ORIGINS", "https://a.example,http://localhost:3000"),
        ("PLENARY_LOG__LEVEL", "info,rustls=debug, actix_web=off"),
        ("PLENARY_LOG__FORMAT", "json"),
        ("PLENARY_MAIL__SMTP_URL", "smtps://u%40h:p%2F@mail.example.org:465"),
        ("PLENARY_MAIL__SMTP_URL", "smtp://mail.example.org:587?tls=required"),
        ("PLENARY_MAIL__SMTP_URL", "smtp://localhost:1025"),
        ("PLENARY_MAIL__SMTP_URL", "smtp://[::1]:1025/"),
        ("PLENARY_MAIL__FROM", "call+no-reply@example.org"),
        ("PLENARY_LIMITS__PER_ADDRESS", "0"),
        ("PLENARY_HTTP__KEEP_ALIVE_MS", "0"),
    ];
    for (name, text) in good {
        assert!(with(&[(name, text)]).is_ok(), "{name}={text}: {:?}", with(&[(name, text)]));
    }
    let bad = [
        ("PLENARY_DATA_DIR", "", "must name a directory"),
        ("PLENARY_DATA_DIR", "a\nb", "must have no control characters"),
        ("PLENARY_DATA_DIR", "caf\u{FFFD}", "must be in UTF-8"),
        ("PLENARY_LISTEN", "localhost:8080", "must be an IP address and a port"),
        ("PLENARY_LISTEN", "", "must be an IP address and a port"),
        ("PLENARY_METRICS_LISTEN", "9090", "must be an IP address and a port"),
        ("PLENARY_PUBLIC_URL", "plenary.example.org", "must begin with http"),
        ("PLENARY_PUBLIC_URL", "ftp://example.org", "must begin with http"),
        ("PLENARY_PUBLIC_URL", "https://", "has no host"),
        ("PLENARY_PUBLIC_URL", "https://:80", "has no host"),
        ("PLENARY_PUBLIC_URL", "https://[1.2.3.4]", "has no host"),
        ("PLENARY_PUBLIC_URL", "https://a b.example", "has no host"),
        ("PLENARY_PUBLIC_URL", "https://example.org:0", "has no port"),
        ("PLENARY_PUBLIC_URL", "https://example.org:http", "has no port"),
        ("PLENARY_PUBLIC_URL", "https://example.org/?a=b", "must have no query"),
        ("PLENARY_PUBLIC_URL", "https://example.org#a", "must have no query"),
        ("PLENARY_PUBLIC_URL", "https://u:p@example.org", "must have no user"),
        ("PLENARY_PUBLIC_URL", "https://example.org/a b", "percent-encoded"),
        ("PLENARY_DATABASE_URL", "mysql://h/d", "must be sqlite:PATH or postgres://"),
        ("PLENARY_DATABASE_URL", "sqlite:", "must name a file"),
        ("PLENARY_DATABASE_URL", "sqlite::memory:", "must name a file"),
        ("PLENARY_DATABASE_URL", "sqlite:a.db?mode=ro", "must name a file"),
        ("PLENARY_DATABASE_URL", "sqlite://data/a.db", "right behind `sqlite:`"),
        ("PLENARY_DATABASE__SYNCHRONOUS", "off", "must be one of full, normal"),
        ("PLENARY_DATABASE__POSTGRES_CONNECTIONS", "0", "must be 1 to 1000"),
        ("PLENARY_HTTP__WORKERS", "1.5", "must be a whole number"),
        ("PLENARY_HTTP__WORKERS", "", "must be a whole number"),
        ("PLENARY_HTTP__WORKERS", "99999999999999999999", "must be a whole number"),
        ("PLENARY_HTTP__WORKERS", "-1", "must be 0 to 256"),
        ("PLENARY_HTTP__MAX_BODY_BYTES", "1023", "must be 1024 to 1073741824"),
        ("PLENARY_HTTP__TRUSTED_PROXIES", "10.0.0.1,10.0.0.0/8", "item 2 must be an IP address"),
        ("PLENARY_CORS__ALLOWED_ORIGINS", "https://a.example/", "item 1 must end behind host and port"),
        ("PLENARY_CORS__ALLOWED_ORIGINS", "*", "item 1 must begin with http"),
        ("PLENARY_LOG__LEVEL", "inof", "must be off, error"),
        ("PLENARY_LOG__LEVEL", "", "must be off, error"),
        ("PLENARY_LOG__LEVEL", "plenary=loud", "must be off, error"),
        ("PLENARY_LOG__FORMAT", "JSON", "must be one of auto, human, json"),
        ("PLENARY_MAIL__TRANSPORT", "smtp", "is needed where mail.transport is smtp"),
        ("PLENARY_MAIL__SMTP_URL", "https://h", "must begin with smtps://"),
        ("PLENARY_MAIL__SMTP_URL", "smtps://u:p@", "has no host"),
        ("PLENARY_MAIL__SMTP_URL", "smtps://u:p/w@h", "must have no path"),
        ("PLENARY_MAIL__SMTP_URL", "smtps://h?tls=required", "nothing behind smtps"),
        ("PLENARY_MAIL__SMTP_URL", "smtp://h?tls=none", "may have only"),
        ("PLENARY_MAIL__SMTP_URL", "smtp://u:p@mail.example.org", "without TLS"),
        ("PLENARY_MAIL__SMTP_URL", "smtp://mail.example.org?tls=opportunistic", "without TLS"),
        ("PLENARY_MAIL__SMTP_URL", "smtp://u:p@localhost.example.org", "without TLS"),
        ("PLENARY_MAIL__SMTP_URL", "smtps://u@h", "a user without a password"),
        ("PLENARY_MAIL__SMTP_URL", "smtps://u:50%@h", "percent-encoded"),
        ("PLENARY_MAIL__FROM", "A <a@example.org>", "must be a bare address"),
        ("PLENARY_MAIL__FROM", "a@b@example.org", "must be a bare address"),
        ("PLENARY_MAIL__FROM_NAME", "A\r\nBcc: b@example.org", "must have no control characters"),
        ("PLENARY_AUTH__ARGON2_PARALLELISM", "0", "must be 1 to 64"),
        ("PLENARY_AUTH__ARGON2_MEMORY_KIB", "7", "must be 8 to"),
        ("PLENARY_WORKER__TICK_MS", "1001", "must be 10 to 1000"),
    ];
    for (name, text, wrong) in bad {
        let faults = with(&[(name, text)]).expect_err(&format!("{name}={text}")).0;
        assert!(faults.len() == 1 && faults[0].wrong.contains(wrong), "{name}={text}: {faults:?}");
    }
}

#[test]
fn rules_between_settings_hold() {
    let smtp = [
        ("PLENARY_MAIL__TRANSPORT", "smtp"),
        ("PLENARY_MAIL__SMTP_URL", "smtp://relay.internal"),
        ("PLENARY_MAIL__SMTP_ALLOW_PLAIN", "true"),
    ];
    let settings = with(&smtp).unwrap();
    assert!(matches!(settings.mail.transport, MailTransport::Smtp(server) if server.host == "relay.internal"));
    assert!(with(&smtp[..2]).is_err());
    let urls = [
        ("smtps://u%40h:p%2F%C3%A9@Mail.example.org", ("mail.example.org", 465, SmtpTls::Immediate, Some(("u@h", "p/é")))),
        ("smtp://mail.example.org?tls=required", ("mail.example.org", 587, SmtpTls::Required, None)),
        ("smtp://[::1]:1025?tls=opportunistic", ("::1", 1025, SmtpTls::Opportunistic, None)),
        ("smtp://localhost", ("localhost", 25, SmtpTls::Never, None)),
    ];
    for (url, expected) in urls {
        let settings = with(&[("PLENARY_MAIL__TRANSPORT", "smtp"), ("PLENARY_MAIL__SMTP_URL", url)]).unwrap();
        assert!(!format!("{settings:?}").contains("p/é"), "the password shows");
        let MailTransport::Smtp(server) = settings.mail.transport else { panic!("{url}") };
        let login = server.login.as_ref().map(|(user, password)| (user.as_str(), password.expose_secret()));
        assert_eq!((server.host.as_str(), server.port, server.tls, login), expected, "{url}");
    }

    let lanes = [("PLENARY_AUTH__ARGON2_PARALLELISM", "2"), ("PLENARY_AUTH__ARGON2_MEMORY_KIB", "15")];
    assert_eq!(
        with(&lanes).unwrap_err().to_string(),
        "auth.argon2_memory_kib: must be at least 8 times auth.argon2_parallelism (from PLENARY_AUTH__ARGON2_MEMORY_KIB)"
    );
    assert!(with(&lanes[1..]).is_ok());
    // A rule says nothing about a setting whose own fault is named already.
    let (_, loaded) = from_file("[mail]\ntransport = 'smtp'\nsmtp_url = 3\n", &[]);
    assert_eq!(loaded.unwrap_err().0.len(), 1);
    let mailbox = |length: usize| format!("{}@example.org", "a".repeat(length - 12));
    assert!(with(&[("PLENARY_MAIL__FROM", &mailbox(254))]).is_ok() && with(&[("PLENARY_MAIL__FROM", &mailbox(255))]).is_err());
}

#[test]
fn addresses_come_out_in_one_form() {
    for (text, form) in
        [("https://Example.ORG:443/", "https://example.org"), ("http://a/B//", "http://a/B"), ("http://a:8080", "http://a:8080")]
    {
        assert_eq!(with(&[("PLENARY_PUBLIC_URL", text)]).unwrap().public_url, form);
    }
    let settings = with(&[("PLENARY_CORS__ALLOWED_ORIGINS", "HTTPS://a")]);
    assert!(settings.is_err(), "a scheme in upper case is no origin");
    let settings = with(&[("PLENARY_CORS__ALLOWED_ORIGINS", "https://A.example:443,http://a.example:443")]).unwrap();
    assert_eq!(settings.cors.allowed_origins, ["https://a.example", "http://a.example:443"]);
}

#[test]
fn the_port_that_the_system_chose_is_taken_over() {
    let bound: SocketAddr = "127.0.0.1:4711".parse().unwrap();
    let mut settings = with(&[("PLENARY_LISTEN", "127.0.0.1:0")]).unwrap();
    settings.listens_on(bound);
    assert_eq!((settings.listen, settings.public_url.as_str()), (bound, "http://127.0.0.1:4711"));
    let mut settings = with(&[("PLENARY_LISTEN", "127.0.0.1:0"), ("PLENARY_PUBLIC_URL", "https://call.example")]).unwrap();
    settings.listens_on(bound);
    assert_eq!(settings.public_url, "https://call.example");
}

#[test]
fn secrets_are_shown_nowhere() {
    let postgres = [
        ("PLENARY_DATABASE_URL", "postgres://u:hunter2@h/d"),
        ("PLENARY_MAIL__SMTP_URL", "smtps://u:hunter2@h"),
        ("PLENARY_MAIL__TRANSPORT", "smtp"),
    ];
    let settings = with(&postgres).unwrap();
    assert!(matches!(settings.database(), Database::Postgres(url) if url.expose_secret() == postgres[0].1));
    let all = format!("{settings:?} {:#?} {:?} {:?}", settings, settings.database(), settings.effective());
    assert!(!all.contains("hunter2"), "{all}");
    assert_eq!(shown(&settings, "database_url"), ("(secret)".into(), "PLENARY_DATABASE_URL".into()));
    assert_eq!(shown(&settings, "mail.smtp_url").0, "(secret)");
    assert_eq!(shown(&with(&[]).unwrap(), "mail.smtp_url"), ("\"\"".into(), "default".into()), "one sees that none is set");

    // Whatever a password was put into by mistake.
    for (key, _, _) in settings.effective() {
        let name = format!("PLENARY_{}", key.to_uppercase().replace('.', "__"));
        let said = match with(&[(&name, "hunter2://hunter2 hunter2")]) {
            Ok(_) => continue,
            Err(faults) => format!("{faults} {faults:?}"),
        };
        assert!(!said.contains("hunter2"), "{said}");
    }
    assert!(!faults_of("[mail]\nsmtp_url = ['hunter2']\n[limits]\ncontact = 'hunter2'").contains("hunter2"));
}

#[test]
fn files_lie_here_or_in_a_bucket_that_is_named_whole() {
    let missing = "[files]\nstore = 's3'\ns3_endpoint = 'ftp://x'\ns3_bucket = ''\ns3_region = ''\ns3_access_key_id = ''\n\
        s3_secret_access_key = ''\nallowed_types = ['application/pdf', 'pdf', 'a/b; c=d']";
    assert_eq!(
        faults_of(missing),
        "files.s3_endpoint: must begin with http:// or https://\n\
         files.s3_bucket: is needed where files.store is s3\n\
         files.s3_region: is needed where files.store is s3\n\
         files.s3_access_key_id: is needed where files.store is s3\n\
         files.s3_secret_access_key: is needed where files.store is s3\n\
         files.allowed_types: item 2 must be a media type without parameters, such as application/pdf\n\
         files.allowed_types: item 3 must be a media type without parameters, such as application/pdf"
    );
    let bucket = "[files]\nstore = 's3'\ns3_endpoint = 'http://127.0.0.1:9000/'\ns3_bucket = 'plenary'\ns3_access_key_id = 'me'\n\
        s3_secret_access_key = 'hunter2'\nallowed_types = ['Application/PDF']";
    let settings = from_file(bucket, &[]).1.unwrap();
    let FileStore::S3(store) = &settings.files.store else { panic!("{:?}", settings.files) };
    assert_eq!((store.endpoint.as_deref(), store.bucket.as_str()), (Some("http://127.0.0.1:9000"), "plenary"));
    assert_eq!(settings.files.allowed_types, ["application/pdf"]);
    assert_eq!(shown(&settings, "files.s3_secret_access_key").0, "(secret)");
    assert!(!format!("{settings:?}").contains("hunter2"));
}
