//! Mails as files: for trying things out, and for servers whose mail something else collects.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{Answer, Message};

/// Writes `<directory>/<message id>.eml`, readable by this user only: links in mails are as good as passwords. A file that is there
/// already is the same mail, written by an attempt that nobody heard of any more.
pub async fn write(directory: PathBuf, message: &Message) -> Answer {
    let (name, text) = (file_name(&message.id), message.text.clone());
    let written = tokio::task::spawn_blocking(move || write_once(&directory, &name, &text)).await;
    match written {
        Ok(Ok(said)) => Answer::Taken(said),
        Ok(Err(error)) => Answer::Later(format!("the file could not be written: {error}")),
        Err(_) => Answer::Later("the server is stopping".into()),
    }
}

fn file_name(id: &str) -> String {
    id.chars().map(|c| if c.is_ascii_alphanumeric() || "@.-_".contains(c) { c } else { '_' }).collect()
}

fn write_once(directory: &Path, name: &str, text: &str) -> io::Result<String> {
    let path = directory.join(format!("{name}.eml"));
    if path.exists() {
        return Ok(format!("{name}.eml was written before"));
    }
    make(directory)?;
    // Never seen half written, and never overwritten: a link does not take the place of what has the name.
    let draft = directory.join(format!(".{name}.{}.draft", std::process::id()));
    let written = draft_file(&draft).and_then(|mut file| {
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        match fs::hard_link(&draft, &path) {
            Ok(()) => Ok(format!("written to {name}.eml")),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(format!("{name}.eml was written before")),
            // A file system without links.
            Err(_) => fs::rename(&draft, &path).map(|()| format!("written to {name}.eml")),
        }
    });
    // Gone already where it was renamed.
    drop(fs::remove_file(&draft));
    let said = written?;
    if let Ok(directory) = File::open(directory) {
        // Not every file system can; the mail is there all the same.
        drop(directory.sync_all());
    }
    Ok(said)
}

fn make(directory: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(directory)
}

fn draft_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}
