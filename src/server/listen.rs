//! The doors of the process: addresses to listen on, and signals.

use std::io;
use std::net::{SocketAddr, TcpListener};

use tokio::net::TcpSocket;

use super::StartError;

/// Connections that the system may hold for us before we take them.
const BACKLOG: u32 = 1024;

/// An address that is ours, on which nobody can connect yet.
pub(super) struct Reserved {
    socket: TcpSocket,
    address: SocketAddr,
    key: &'static str,
    variable: &'static str,
}

/// Takes the address that the setting `key` (in the environment `variable`) names.
pub(super) fn reserve(address: SocketAddr, key: &'static str, variable: &'static str) -> Result<Reserved, StartError> {
    let bound = || {
        let socket = if address.is_ipv4() { TcpSocket::new_v4()? } else { TcpSocket::new_v6()? };
        // So that a server can follow another at once, whose connections the system still remembers.
        socket.set_reuseaddr(true)?;
        socket.bind(address)?;
        Ok(socket)
    };
    match bound() {
        Ok(socket) => Ok(Reserved { socket, address, key, variable }),
        Err(error) => Err(refused(address, key, variable, error)),
    }
}

impl Reserved {
    /// From now on clients can connect.
    pub(super) fn listen(self) -> Result<TcpListener, StartError> {
        let Self { socket, address, key, variable } = self;
        socket.listen(BACKLOG).and_then(tokio::net::TcpListener::into_std).map_err(|error| refused(address, key, variable, error))
    }
}

fn refused(address: SocketAddr, key: &str, variable: &str, error: io::Error) -> StartError {
    let why = match error.kind() {
        io::ErrorKind::AddrInUse => "Another program listens there: stop it",
        io::ErrorKind::AddrNotAvailable => "This machine has no such address: name one that it has (0.0.0.0 is all of them)",
        io::ErrorKind::PermissionDenied => "Ports below 1024 are not for everybody: take a higher one",
        _ => "See that the address is right",
    };
    StartError::Listen { address, error, advice: format!("{why}, or change the setting {key} ({variable}).") }
}

/// What asks the process to end: SIGTERM and SIGINT, or Ctrl-C where there are no signals.
pub(super) struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
}

impl Signals {
    /// From now on signals no longer end the process by themselves.
    #[cfg(unix)]
    pub(super) fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    /// The next one.
    #[cfg(unix)]
    pub(super) async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }

    /// From now on Ctrl-C no longer ends the process by itself.
    #[cfg(not(unix))]
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The next one.
    #[cfg(not(unix))]
    pub(super) async fn next(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
