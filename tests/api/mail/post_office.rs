//! A real SMTP server on a port of its own: EHLO, STARTTLS, TLS from the start, AUTH, pipelined or not. What becomes of a mail stands in
//! its recipient's address, before the first `.` or `@`.

use std::io::{Read, Write};
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use mailin::{Action, AuthMechanism, Handler, Response, Session, SessionBuilder, response};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Who may send here.
pub const USER: &str = "plenary@example.org";
pub const PASSWORD: &str = "p@ss/word?%";

/// What the server insists on.
#[derive(Clone)]
pub struct Rules {
    /// TLS from the start.
    pub tls_at_once: bool,
    /// It offers STARTTLS.
    pub starttls: bool,
    /// It wants [`USER`] and [`PASSWORD`].
    pub login: bool,
    /// Names its certificate is for.
    pub names: Vec<String>,
}

impl Default for Rules {
    fn default() -> Self {
        Self { tls_at_once: false, starttls: true, login: true, names: vec!["localhost".into(), "127.0.0.1".into()] }
    }
}

/// A mail that the server took.
#[derive(Clone, Debug)]
pub struct Taken {
    pub from: String,
    pub to: Vec<String>,
    pub bytes: Vec<u8>,
}

#[derive(Default)]
struct Seen {
    taken: Vec<Taken>,
    connections: usize,
    passwords: Vec<String>,
    /// Mailboxes that somebody has by now, whatever their names say.
    opened: Vec<String>,
    /// It takes nothing from anybody.
    is_shut: bool,
    /// Everything said in the clear.
    overheard: Vec<u8>,
    /// Mails to `together@` that wait for each other.
    waiting: usize,
}

#[derive(Default)]
struct Books {
    seen: Mutex<Seen>,
    changed: Condvar,
}

/// The server; its threads end with the process.
pub struct PostOffice {
    address: SocketAddr,
    authority: String,
    books: Arc<Books>,
}

impl PostOffice {
    pub fn open(rules: Rules) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (tls, authority) = certified(rules.names.clone());
        let books = Arc::<Books>::default();
        let desk = Desk { rules, tls, books: books.clone() };
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (desk, stream) = (desk.clone(), stream.unwrap());
                std::thread::spawn(move || desk.serve(stream));
            }
        });
        Self { address, authority, books }
    }

    /// The PEM of who signed its certificate.
    pub fn authority(&self) -> &str {
        &self.authority
    }

    /// Its URL for somebody with this password.
    pub fn url(&self, scheme: &str, password: &str, query: &str) -> String {
        let encoded = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        format!("{scheme}://{}:{}@{}{query}", encoded(USER), encoded(password), self.address)
    }

    pub fn port(&self) -> u16 {
        self.address.port()
    }

    pub fn taken(&self) -> Vec<Taken> {
        self.books.seen.lock().unwrap().taken.clone()
    }

    /// Somebody has this address from now on.
    pub fn opens(&self, address: &str) {
        self.books.seen.lock().unwrap().opened.push(address.to_owned());
    }

    /// Whether nothing is taken from anybody from now on.
    pub fn shut(&self, is_shut: bool) {
        self.books.seen.lock().unwrap().is_shut = is_shut;
    }

    /// Recipients of what was taken, sorted.
    pub fn recipients(&self) -> Vec<String> {
        let mut all: Vec<_> = self.taken().into_iter().flat_map(|mail| mail.to).collect();
        all.sort();
        all
    }

    pub fn connections(&self) -> usize {
        self.books.seen.lock().unwrap().connections
    }

    /// Passwords that were shown to it.
    pub fn passwords(&self) -> Vec<String> {
        self.books.seen.lock().unwrap().passwords.clone()
    }

    /// What was said without TLS.
    pub fn overheard(&self) -> String {
        String::from_utf8_lossy(&self.books.seen.lock().unwrap().overheard).into_owned()
    }
}

/// A certificate for these names, and who signed it.
pub fn certified(names: Vec<String>) -> (Arc<ServerConfig>, String) {
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_key = KeyPair::generate().unwrap();
    let pem = authority.self_signed(&authority_key).unwrap().pem();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(names).unwrap().signed_by(&key, &Issuer::new(authority, authority_key)).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    (Arc::new(config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap()), pem)
}

#[derive(Clone)]
struct Desk {
    rules: Rules,
    tls: Arc<ServerConfig>,
    books: Arc<Books>,
}

impl Desk {
    /// Serves one client. What goes wrong with its connection is its own matter.
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        self.books.seen.lock().unwrap().connections += 1;
        let mut builder = SessionBuilder::new("post.office");
        if self.rules.starttls {
            builder.enable_start_tls();
        }
        if self.rules.login {
            builder.enable_auth(AuthMechanism::Plain);
        }
        let slams = Arc::<AtomicBool>::default();
        let clerk = Clerk {
            books: self.books.clone(),
            slams: slams.clone(),
            open: Taken { from: String::new(), to: vec![], bytes: vec![] },
        };
        let mut session = builder.build(IpAddr::from([127, 0, 0, 1]), clerk);
        if !self.rules.tls_at_once {
            say(&mut stream, &session.greeting())?;
            let mut line = |line: &[u8]| self.books.seen.lock().unwrap().overheard.extend_from_slice(line);
            if !talk(&mut stream, &mut session, &slams, &mut line)? {
                return Some(());
            }
        }
        let mut stream = StreamOwned::new(ServerConnection::new(self.tls.clone()).unwrap(), stream);
        session.tls_active();
        if self.rules.tls_at_once {
            say(&mut stream, &session.greeting())?;
        }
        talk(&mut stream, &mut session, &slams, &mut |_| {})?;
        Some(())
    }
}

/// Talks until the end, or until both want to go on in TLS.
fn talk(
    stream: &mut (impl Read + Write),
    session: &mut Session<Clerk>,
    slams: &AtomicBool,
    hear: &mut dyn FnMut(&[u8]),
) -> Option<bool> {
    loop {
        let mut line = Vec::new();
        while line.last() != Some(&b'\n') {
            let mut byte = [0];
            stream.read_exact(&mut byte).ok()?;
            line.push(byte[0]);
        }
        hear(&line);
        let answer = session.process(&line);
        if slams.load(Ordering::SeqCst) {
            return None;
        }
        match answer.action {
            Action::NoReply => {}
            Action::Reply => say(stream, &answer)?,
            Action::Close => {
                say(stream, &answer)?;
                return Some(false);
            }
            Action::UpgradeTls => {
                say(stream, &answer)?;
                return Some(true);
            }
        }
    }
}

fn say(stream: &mut impl Write, answer: &Response) -> Option<()> {
    stream.write_all(&answer.buffer().ok()?).ok()?;
    stream.flush().ok()
}

/// Who decides about a mail.
struct Clerk {
    books: Arc<Books>,
    slams: Arc<AtomicBool>,
    open: Taken,
}

impl Handler for Clerk {
    fn mail(&mut self, _: IpAddr, _: &str, from: &str) -> Response {
        if self.books.seen.lock().unwrap().is_shut {
            return Response::custom(550, "5.1.0 sender rejected".to_owned());
        }
        self.open = Taken { from: from.to_owned(), to: Vec::new(), bytes: Vec::new() };
        response::OK
    }

    fn rcpt(&mut self, to: &str) -> Response {
        let is_open = self.books.seen.lock().unwrap().opened.iter().any(|opened| opened == to);
        let answer = match to.split(['.', '@']).next().unwrap() {
            _ if is_open => response::OK,
            "never" => Response::custom(550, format!("5.1.1 <{to}> is nobody here")),
            "gone" => Response::custom(550, "mailbox unavailable".to_owned()),
            "forged" => Response::custom(550, "5.1.8 bad sender's address".to_owned()),
            "later" => Response::custom(450, "4.2.1 the mailbox is busy".to_owned()),
            "stranger" => Response::custom(530, "5.7.0 authentication required".to_owned()),
            _ => response::OK,
        };
        self.open.to.push(to.to_owned());
        answer
    }

    fn data(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.open.bytes.extend_from_slice(bytes);
        // In the middle of the mail.
        if self.open.to[0].starts_with("slam") && self.open.bytes.len() > 200 {
            self.slams.store(true, Ordering::SeqCst);
        }
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        let mut seen = self.books.seen.lock().unwrap();
        match self.open.to[0].split(['.', '@']).next().unwrap() {
            "spam" => return Response::custom(554, "5.7.1 this looks like spam".to_owned()),
            // Filters cite links.
            "cites" => {
                let said = String::from_utf8_lossy(&self.open.bytes).into_owned();
                let link = said.split('<').find(|part| part.contains("/unsubscribe?token=")).unwrap().split('>').next().unwrap();
                return Response::custom(554, format!("5.7.1 for <{}> with {link}", self.open.to[0]));
            }
            "blocked" => return Response::custom(550, "5.7.1 refused by policy".to_owned()),
            "full" => return Response::custom(452, "4.3.1 the disk is full".to_owned()),
            "slow" => {
                drop(seen);
                std::thread::sleep(Duration::from_millis(600));
                return Response::custom(554, "5.7.1 too late".to_owned());
            }
            "together" => {
                seen.waiting += 1;
                self.books.changed.notify_all();
                let (all, timeout) =
                    self.books.changed.wait_timeout_while(seen, Duration::from_secs(20), |seen| seen.waiting < 16).unwrap();
                if timeout.timed_out() {
                    return Response::custom(451, "4.0.0 the others did not come".to_owned());
                }
                seen = all;
            }
            _ => {}
        }
        seen.taken.push(self.open.clone());
        Response::custom(250, format!("2.0.0 queued as {}", seen.taken.len()))
    }

    fn auth_plain(&mut self, _: &str, user: &str, password: &str) -> Response {
        self.books.seen.lock().unwrap().passwords.push(password.to_owned());
        if user == USER && password == PASSWORD { response::AUTH_OK } else { response::INVALID_CREDENTIALS }
    }
}
