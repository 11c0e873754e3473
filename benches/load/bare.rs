//! What the server is measured against: actix and nothing else, answering bytes that it holds.

use std::io::{Read as _, Write as _};
use std::path::Path;
use std::time::Duration;

use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse, HttpServer};

use crate::{Fault, process};

/// Serves each file of `directory` under its name until standard input ends, and says on which port.
pub fn serve(directory: &Path, workers: u16) -> Result<(), Fault> {
    let mut answers = Vec::new();
    for file in std::fs::read_dir(directory)? {
        let path = file?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        answers.push((format!("/{name}"), Bytes::from(std::fs::read(path)?)));
    }
    actix_web::rt::System::new().block_on(async move {
        let app = move || {
            answers.iter().cloned().fold(App::new(), |app, (path, bytes)| {
                let answer = move || {
                    let bytes = bytes.clone();
                    async move { HttpResponse::Ok().content_type("application/json").body(bytes) }
                };
                app.route(&path, web::get().to(answer))
            })
        };
        // While the other has its turn the connections rest.
        let server = HttpServer::new(app).keep_alive(Duration::from_secs(60)).workers(process::workers(workers)?);
        let server = server.bind("127.0.0.1:0")?;
        let port = server.addrs().first().map_or(0, std::net::SocketAddr::port);
        println!("{port}");
        std::io::stdout().flush()?;
        std::thread::spawn(|| {
            // Whoever started this is gone, or done.
            drop(std::io::stdin().read_to_end(&mut Vec::new()));
            std::process::exit(0)
        });
        Ok(server.run().await?)
    })
}
