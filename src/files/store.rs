//! Where files lie: a directory of this machine, or a bucket.

use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use futures_util::TryStreamExt;
use futures_util::stream::BoxStream;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{GetOptions, GetRange, ObjectStore, ObjectStoreExt};
use secrecy::ExposeSecret;

use super::{FileName, Receiving};
use crate::config::{FileSettings, FileStore};
use crate::error::{Error, Result};
use crate::ids::Id;
use crate::time::Instant;

/// Bytes that are written at once. A bucket takes no parts under 5 MiB but the last.
const LOCAL_PART: usize = 256 << 10;
const BUCKET_PART: usize = 5 << 20;

/// The bytes of a file, as they are read.
pub type Pieces = BoxStream<'static, std::result::Result<actix_web::web::Bytes, object_store::Error>>;

/// Why files cannot be kept. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// The directory cannot be made or read.
    #[error("cannot keep files in {0}: {1}. Let this user write there, or name another place in data_dir (PLENARY_DATA_DIR).")]
    Directory(PathBuf, String),
    /// The bucket's settings are no settings.
    #[error("cannot reach the bucket: {0}. Check the settings files.s3_….")]
    Bucket(object_store::Error),
    /// The store failed at what it was asked.
    #[error("the files could not be looked at: {0}. Try again.")]
    Store(object_store::Error),
}

/// A file in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its name there.
    pub name: String,
    /// Its size, in bytes.
    pub size: u64,
}

/// The store, and what may go into it. Cheap to clone.
#[derive(Clone)]
pub struct Files {
    store: Arc<dyn ObjectStore>,
    /// The directory, where it is one.
    directory: Option<PathBuf>,
    pub(super) part: usize,
    pub(super) max_bytes: u64,
    pub(super) allowed_types: Arc<[String]>,
}

impl Files {
    /// The store that the settings name; the directory is made where it is not there.
    pub fn open(settings: &FileSettings, data_dir: &FilePath) -> std::result::Result<Self, FilesError> {
        let (store, directory, part): (Arc<dyn ObjectStore>, _, _) = match &settings.store {
            FileStore::Local => {
                let directory = data_dir.join("files");
                let refused = |why: String| FilesError::Directory(directory.clone(), why);
                std::fs::create_dir_all(&directory).map_err(|error| refused(error.to_string()))?;
                let store = LocalFileSystem::new_with_prefix(&directory).map_err(|error| refused(error.to_string()))?;
                (Arc::new(store.with_fsync(true)), Some(directory), LOCAL_PART)
            }
            FileStore::S3(bucket) => {
                let mut builder = AmazonS3Builder::new()
                    .with_bucket_name(&bucket.bucket)
                    .with_region(&bucket.region)
                    .with_access_key_id(&bucket.access_key_id)
                    .with_secret_access_key(bucket.secret_access_key.expose_secret());
                if let Some(endpoint) = &bucket.endpoint {
                    builder = builder.with_endpoint(endpoint).with_allow_http(endpoint.starts_with("http://"));
                }
                (Arc::new(builder.build().map_err(FilesError::Bucket)?), None, BUCKET_PART)
            }
        };
        let (max_bytes, allowed_types) = (settings.max_bytes, settings.allowed_types.clone().into());
        Ok(Self { store, directory, part, max_bytes, allowed_types })
    }

    /// Largest file, in bytes.
    pub fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Begins to take a file in. Nothing of it stays unless it is finished.
    pub fn receive(&self, id: Id<()>, name: FileName) -> Receiving {
        Receiving::new(self.clone(), id.to_string(), name)
    }

    pub(super) async fn begin(&self, name: &str) -> Result<Box<dyn object_store::MultipartUpload>> {
        self.store.put_multipart(&Path::from(name)).await.map_err(failed)
    }

    /// The bytes of a file from `range`, all of them without one. 404 where it is not there (any more).
    pub async fn read(&self, name: &str, range: Option<std::ops::Range<u64>>) -> Result<Pieces> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        match self.store.get_opts(&Path::from(name), options).await {
            Ok(found) => Ok(found.into_stream()),
            Err(object_store::Error::NotFound { .. }) => Err(Error::not_found("file")),
            Err(error) => Err(failed(error)),
        }
    }

    /// Deletes a file; one that is not there is none the less gone.
    pub async fn delete(&self, name: &str) -> Result<()> {
        match self.store.delete(&Path::from(name)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(error)),
        }
    }

    /// Every file that was whole before `instant`.
    pub async fn before(&self, instant: Instant) -> std::result::Result<Vec<Kept>, FilesError> {
        self.store
            .list(None)
            .try_filter(|found| std::future::ready(found.last_modified < instant.utc()))
            .map_ok(|found| Kept { name: found.location.to_string(), size: found.size })
            .try_collect()
            .await
            .map_err(FilesError::Store)
    }

    /// What uploads left unfinished before `instant` when their server was killed: only a directory shows that, a bucket drops it by its
    /// own rule.
    pub fn unfinished(&self, instant: Instant) -> std::result::Result<Vec<Kept>, FilesError> {
        let Some(directory) = &self.directory else { return Ok(Vec::new()) };
        let read = || -> std::io::Result<Vec<Kept>> {
            let mut found = Vec::new();
            for entry in std::fs::read_dir(directory)? {
                let entry = entry?;
                let (name, about) = (entry.file_name().to_string_lossy().into_owned(), entry.metadata()?);
                // As the store names what it has not put in place yet.
                let is_unfinished = about.is_file() && name.contains('#');
                if is_unfinished && about.modified()? < SystemTime::from(instant.utc()) {
                    found.push(Kept { name, size: about.len() });
                }
            }
            Ok(found)
        };
        read().map_err(|error| FilesError::Directory(directory.clone(), error.to_string()))
    }

    /// Deletes what [`Files::unfinished`] found.
    pub fn delete_unfinished(&self, name: &str) -> std::result::Result<(), FilesError> {
        let Some(directory) = &self.directory else { return Ok(()) };
        std::fs::remove_file(directory.join(name)).map_err(|error| FilesError::Directory(directory.clone(), error.to_string()))
    }
}

/// 500; the store's words are for the log.
pub(super) fn failed(error: object_store::Error) -> Error {
    Error::Internal(format!("the store of files: {error}"))
}
