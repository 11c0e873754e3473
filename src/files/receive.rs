//! Taking a file in, piece by piece.

use actix_web::web::Bytes;
use object_store::{MultipartUpload, PutPayload};
use sha2::{Digest, Sha256};

use super::kind::{self, Text};
use super::store::failed;
use super::{FileName, Files, too_large};
use crate::error::{Error, Problem, ProblemKind, Result};
use crate::text::hex;

/// A file that is whole and in its place. Nobody refers to it yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its name in the store.
    pub stored_as: String,
    /// What it is called.
    pub name: FileName,
    /// What it is.
    pub media_type: &'static str,
    /// Its size, in bytes.
    pub size: u64,
    /// SHA-256 of its bytes, in hex.
    pub sha256: String,
}

/// A file on its way in. Dropped before its end it leaves nothing.
pub struct Receiving {
    files: Files,
    stored_as: String,
    name: FileName,
    size: u64,
    hash: Sha256,
    /// What is not written yet.
    waiting: Vec<Bytes>,
    waiting_bytes: usize,
    begun: Option<Begun>,
}

/// What is known once enough bytes are there.
struct Begun {
    media_type: &'static str,
    text: Option<Text>,
    upload: Box<dyn MultipartUpload>,
}

impl Receiving {
    pub(super) fn new(files: Files, stored_as: String, name: FileName) -> Self {
        Self { files, stored_as, name, size: 0, hash: Sha256::new(), waiting: Vec::new(), waiting_bytes: 0, begun: None }
    }

    /// Takes one more piece. 413 once the file is too large, 415 as soon as its bytes show a type that is not taken.
    pub async fn write(&mut self, piece: Bytes) -> Result<()> {
        self.size += piece.len() as u64;
        if self.size > self.files.max_bytes {
            return Err(too_large(self.files.max_bytes));
        }
        self.hash.update(&piece);
        if let Some(text) = self.begun.as_mut().and_then(|begun| begun.text.as_mut())
            && !text.goes_on(&piece)
        {
            return Err(not_text());
        }
        self.waiting_bytes += piece.len();
        self.waiting.push(piece);
        if self.begun.is_none() && self.waiting_bytes >= kind::HEAD {
            self.begin().await?;
        }
        if self.waiting_bytes >= self.files.part { self.flush().await } else { Ok(()) }
    }

    /// Puts the file in its place, whole. 422 where it is empty.
    pub async fn finish(mut self) -> Result<Stored> {
        if self.size == 0 {
            return Err(Error::invalid("/file", "empty", "has no bytes; choose the file again"));
        }
        self.begin().await?;
        self.flush().await?;
        let mut begun = self.begun.take().ok_or_else(|| Error::Internal("a file without its upload".into()))?;
        if begun.text.is_some_and(|text| !text.is_whole()) {
            let_go(begun.upload);
            return Err(not_text());
        }
        if let Err(error) = begun.upload.complete().await {
            let_go(begun.upload);
            return Err(failed(error));
        }
        Ok(Stored {
            stored_as: std::mem::take(&mut self.stored_as),
            name: self.name.clone(),
            media_type: begun.media_type,
            size: self.size,
            sha256: hex(&std::mem::take(&mut self.hash).finalize()),
        })
    }

    /// Looks at the first bytes, once.
    async fn begin(&mut self) -> Result<()> {
        if self.begun.is_some() {
            return Ok(());
        }
        let head: Vec<u8> = self.waiting.iter().flatten().copied().take(kind::HEAD).collect();
        let media_type = kind::of(&head, &self.name);
        if !self.files.allowed_types.iter().any(|allowed| allowed == media_type) {
            let taken = self.files.allowed_types.join(", ");
            let detail = format!("By its bytes the file is {media_type}. Files of these types are taken: {taken}.");
            return Err(Problem::new(ProblemKind::UnsupportedMediaType, detail).into());
        }
        let mut text = media_type.starts_with("text/").then(Text::default);
        if let Some(text) = &mut text
            && !self.waiting.iter().all(|piece| text.goes_on(piece))
        {
            return Err(not_text());
        }
        let upload = self.files.begin(&self.stored_as).await?;
        self.begun = Some(Begun { media_type, text, upload });
        Ok(())
    }

    /// Writes what waits.
    async fn flush(&mut self) -> Result<()> {
        let Some(begun) = &mut self.begun else { return Ok(()) };
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.waiting_bytes = 0;
        let part: PutPayload = std::mem::take(&mut self.waiting).into_iter().collect();
        begun.upload.put_part(part).await.map_err(failed)
    }
}

impl Drop for Receiving {
    fn drop(&mut self) {
        if let Some(begun) = self.begun.take() {
            let_go(begun.upload);
        }
    }
}

/// Gives an unfinished upload up, beside what runs: the one who sent it waits for nothing.
fn let_go(mut upload: Box<dyn MultipartUpload>) {
    // Without a runtime the process is ending; `plenary files sweep` finds it.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            if let Err(error) = upload.abort().await {
                tracing::warn!(%error, "an unfinished upload could not be given up; `plenary files sweep` removes it");
            }
        });
    }
}

fn not_text() -> Error {
    let detail =
        "The file begins as text but is not UTF-8 throughout, or has control characters. Save it as UTF-8, or in another format.";
    Problem::new(ProblemKind::UnsupportedMediaType, detail).into()
}
