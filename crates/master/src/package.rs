//! The store of packages: their bytes, once each, by SHA-256.
//!
//! ```text
//! upload ─► incoming/UUID, hashed as it comes ─► synced ─► sha256/ab/ab12…   then the command that adds it
//!        └► partial/NAME, when its SHA-256 was announced: one that is cut goes on there
//! agent ──── asks for a piece ───────────────────────────► read at its place
//! another master ── lacks it ── GET ─────────────────────► incoming/UUID there, hashed, kept   (gather)
//! ```
//!
//! Invariants
//! - PS-1: a file under `sha256` is whole, and its bytes have its name.
//! - PS-2: a package in the journal has its bytes here, or they are looked for on other masters; bytes of none are
//!   removed where the package was.
//!
//! Elsewhere: which packages there are (`topmast-engine`, `package`); routes (`http/v1/package.rs`).

pub(crate) mod config;
pub(crate) mod gather;
mod partial;

use self::partial::{Partial, Partials};

use aws_lc_rs::digest::{Context as Hash, SHA256};
use axum::body::BodyDataStream;
use futures_util::StreamExt as _;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use tokio::io::AsyncWriteExt as _;
use tokio::sync::{Mutex, MutexGuard};
use topmast_model::package::Digest;
use topmast_model::path::ObjectPath;
use uuid::Uuid;

/// Bytes written at once.
const WRITE_BUFFER: usize = 256 << 10;

/// The store.
pub(crate) struct PackageStore {
    directory: PathBuf,
    max_bytes: u64,
    partials: Partials,
    /// Held while bytes come into or leave `sha256`, together with the command that says so.
    changes: Mutex<()>,
}

/// Bytes that have arrived whole and are in no package yet; gone when dropped.
pub(crate) struct Arrived {
    path: PathBuf,
    pub(crate) sha256: Digest,
    pub(crate) size: u64,
    partial: Option<Partial>,
}

/// Why bytes were not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error(
        "the package is larger than {0} bytes; raise packages.max_bytes of the master, or make it smaller"
    )]
    TooLarge(u64),
    #[error("the package has no bytes; send its file as the body")]
    Empty,
    #[error("the upload was cut after {0} bytes; send it again")]
    Cut(u64),
    #[error(
        "the upload was cut; the {0} bytes that came are kept for a day: send it again from there (offset={0})"
    )]
    Kept(u64),
    #[error("the upload goes on at byte {asked}, and the master has {here} bytes of it; go on from there")]
    Offset { asked: u64, here: u64 },
    #[error("somebody else is sending the same package just now; wait until that is over")]
    Busy,
    #[error("keep the package: {0}; free some space on the master")]
    Io(#[from] io::Error),
}

impl Arrived {
    fn begun(path: PathBuf, size: u64, partial: Option<Partial>) -> io::Result<Self> {
        let sha256 = Digest::of_bytes(&[0; 32]).map_err(io::Error::other)?;
        Ok(Self { path, sha256, size, partial })
    }

    /// Lets the bytes of an upload stay that was cut and can go on.
    fn cut(mut self) -> StoreError {
        if self.partial.is_none() {
            return StoreError::Cut(self.size);
        }
        self.path = PathBuf::new();
        StoreError::Kept(self.size)
    }
}

impl Drop for Arrived {
    fn drop(&mut self) {
        // One that was kept has gone already; what else stays is removed at the next start.
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Opens what came of an upload, to go on behind it, with the hash of what is there.
fn open_at(path: &Path, offset: u64) -> io::Result<(File, Hash)> {
    use std::io::{Read as _, Seek as _};
    let mut file = File::options().read(true).write(true).create(true).truncate(offset == 0).open(path)?;
    let mut hash = Hash::new(&SHA256);
    let mut buffer = vec![0; WRITE_BUFFER];
    loop {
        match file.read(&mut buffer)? {
            0 => break,
            length => hash.update(&buffer[..length]),
        }
    }
    file.seek(io::SeekFrom::Start(offset))?;
    Ok((file, hash))
}

impl PackageStore {
    /// Opens the store of a data directory and clears what uploads left behind.
    pub(crate) fn open(data: &Path, max_bytes: u64) -> io::Result<Self> {
        let directory = data.join("packages");
        let incoming = directory.join("incoming");
        if incoming.exists() {
            std::fs::remove_dir_all(&incoming)?;
        }
        std::fs::create_dir_all(&incoming)?;
        std::fs::create_dir_all(directory.join("sha256"))?;
        let partials = Partials::open(directory.join("partial"), max_bytes)?;
        Ok(Self { directory, max_bytes, partials, changes: Mutex::new(()) })
    }

    /// Takes bytes in as they come, and hashes them.
    pub(crate) async fn receive(&self, body: BodyDataStream) -> Result<Arrived, StoreError> {
        let path = self.directory.join("incoming").join(Uuid::new_v4().to_string());
        let file = tokio::fs::File::create_new(&path).await?;
        // From here on the file goes when this is left early.
        let arrived = Arrived::begun(path, 0, None)?;
        self.fill(arrived, file, Hash::new(&SHA256), body).await
    }

    /// Bytes that are here of an upload that was cut.
    pub(crate) fn uploaded(&self, tenant: &ObjectPath, sha256: &Digest) -> u64 {
        self.partials.size(tenant, sha256)
    }

    /// Takes in bytes that are to have a digest, from a place on; what came is kept when they are cut.
    ///
    /// - `offset`: bytes that are here already; 0 begins anew.
    pub(crate) async fn go_on(
        &self,
        (tenant, sha256): (&ObjectPath, &Digest),
        offset: u64,
        body: BodyDataStream,
    ) -> Result<Arrived, StoreError> {
        let partial = self.partials.begin(tenant, sha256)?;
        let here = self.partials.size(tenant, sha256);
        if offset != 0 && offset != here {
            return Err(StoreError::Offset { asked: offset, here });
        }
        let path = partial.path.clone();
        let opened = tokio::task::spawn_blocking(move || open_at(&path, offset)).await;
        let (file, hash) = opened.map_err(io::Error::other)??;
        let arrived = Arrived::begun(partial.path.clone(), offset, Some(partial))?;
        self.fill(arrived, tokio::fs::File::from_std(file), hash, body).await
    }

    async fn fill(
        &self,
        mut arrived: Arrived,
        file: tokio::fs::File,
        mut hash: Hash,
        mut body: BodyDataStream,
    ) -> Result<Arrived, StoreError> {
        let mut file = tokio::io::BufWriter::with_capacity(WRITE_BUFFER, file);
        while let Some(chunk) = body.next().await {
            let Ok(chunk) = chunk else {
                file.flush().await?;
                return Err(arrived.cut());
            };
            arrived.size += chunk.len() as u64;
            if arrived.size > self.max_bytes {
                return Err(StoreError::TooLarge(self.max_bytes));
            }
            hash.update(&chunk);
            file.write_all(&chunk).await?;
        }
        if arrived.size == 0 {
            return Err(StoreError::Empty);
        }
        file.flush().await?;
        file.get_ref().sync_all().await?;
        arrived.sha256 = Digest::of_bytes(hash.finish().as_ref()).map_err(io::Error::other)?;
        Ok(arrived)
    }

    /// To be held from before bytes are kept or removed until the command about them is decided.
    pub(crate) async fn changing(&self) -> MutexGuard<'_, ()> {
        self.changes.lock().await
    }

    /// Keeps arrived bytes under their name.
    pub(crate) fn keep(&self, arrived: &Arrived) -> io::Result<()> {
        let path = self.path(&arrived.sha256);
        let Some(directory) = path.parent() else { return Ok(()) };
        std::fs::create_dir_all(directory)?;
        std::fs::rename(&arrived.path, &path)?;
        File::open(directory)?.sync_all()
    }

    /// Removes bytes that no package has any more.
    pub(crate) fn remove(&self, sha256: &Digest) {
        if let Err(error) = std::fs::remove_file(self.path(sha256)) {
            tracing::warn!(%error, %sha256, "the bytes of a removed package stay on disk");
        }
    }

    /// Bytes of a package from a place on; fewer than asked for at its end only.
    pub(crate) async fn piece(&self, sha256: &Digest, offset: u64, length: u32) -> Result<Vec<u8>, String> {
        let path = self.path(sha256);
        let read = move || {
            let file = File::open(path)?;
            let left = file.metadata()?.len().checked_sub(offset);
            let left = left.ok_or_else(|| io::Error::other("it has fewer bytes than that"))?;
            let mut bytes = vec![0; usize::try_from(left.min(u64::from(length))).unwrap_or(0)];
            file.read_exact_at(&mut bytes, offset)?;
            Ok::<_, io::Error>(bytes)
        };
        match tokio::task::spawn_blocking(read).await {
            Ok(Ok(bytes)) => Ok(bytes),
            Ok(Err(error)) => Err(format!("the master cannot read the package: {error}; add it again")),
            Err(error) => Err(format!("the master cannot read the package: {error}")),
        }
    }

    /// True when the bytes are here.
    pub(crate) fn has(&self, sha256: &Digest) -> bool {
        self.size(sha256).is_some()
    }

    /// How many bytes there are, when they are here.
    pub(crate) fn size(&self, sha256: &Digest) -> Option<u64> {
        std::fs::metadata(self.path(sha256)).ok().map(|found| found.len())
    }

    fn path(&self, sha256: &Digest) -> PathBuf {
        let name = sha256.as_str();
        self.directory.join("sha256").join(&name[..2]).join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use std::convert::Infallible;

    fn body(chunks: &[&'static str]) -> BodyDataStream {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok::<_, Infallible>(*chunk)).collect();
        Body::from_stream(tokio_stream::iter(chunks)).into_data_stream()
    }

    fn files(directory: &Path) -> usize {
        std::fs::read_dir(directory).unwrap().count()
    }

    #[tokio::test]
    async fn bytes_are_kept_under_their_digest_and_read_by_piece() {
        // PS-1
        let directory = tempfile::tempdir().unwrap();
        let store = PackageStore::open(directory.path(), 100).unwrap();
        let arrived = store.receive(body(&["hello ", "package"])).await.unwrap();
        let sha256 = arrived.sha256.clone();
        assert_eq!(
            (arrived.size, sha256.as_str()),
            (13, crate::access::secret::fingerprint("hello package").as_str())
        );
        store.keep(&arrived).unwrap();
        drop(arrived);
        assert_eq!(store.piece(&sha256, 6, 4).await.unwrap(), b"pack");
        assert_eq!(store.piece(&sha256, 10, 100).await.unwrap(), b"age");
        assert_eq!(store.piece(&sha256, 13, 100).await.unwrap(), b"");
        assert_eq!(
            store.piece(&sha256, 99, 100).await.unwrap_err().split(':').next(),
            Some("the master cannot read the package")
        );
        store.remove(&sha256);
        assert!(store.piece(&sha256, 0, 1).await.is_err());
    }

    #[tokio::test]
    async fn upload_that_was_cut_goes_on_where_it_stopped() {
        let directory = tempfile::tempdir().unwrap();
        let store = PackageStore::open(directory.path(), 100).unwrap();
        let sha256: Digest = crate::access::secret::fingerprint("hello package").parse().unwrap();
        let tenant: ObjectPath = "acme".parse().unwrap();
        let other: ObjectPath = "other".parse().unwrap();
        let cut = Body::from_stream(tokio_stream::iter([Ok("hello "), Err(io::Error::other("cut"))]));
        let cut = store.go_on((&tenant, &sha256), 0, cut.into_data_stream()).await;
        assert!(matches!(cut, Err(StoreError::Kept(6))));
        let store = PackageStore::open(directory.path(), 100).unwrap();
        assert_eq!((store.uploaded(&tenant, &sha256), store.uploaded(&other, &sha256)), (6, 0));
        let wrong = store.go_on((&tenant, &sha256), 5, body(&["x"])).await;
        assert!(matches!(wrong, Err(StoreError::Offset { asked: 5, here: 6 })));
        let held = store.partials.begin(&tenant, &sha256).unwrap();
        assert!(matches!(store.go_on((&tenant, &sha256), 6, body(&["x"])).await, Err(StoreError::Busy)));
        drop(held);
        let arrived = store.go_on((&tenant, &sha256), 6, body(&["pack", "age"])).await.unwrap();
        assert_eq!((arrived.size, &arrived.sha256), (13, &sha256));
        store.keep(&arrived).unwrap();
        drop(arrived);
        assert_eq!(store.piece(&sha256, 0, 100).await.unwrap(), b"hello package");
        assert_eq!(files(&directory.path().join("packages/partial")), 0);
    }

    #[tokio::test]
    async fn what_was_cut_and_left_is_bounded_and_expires() {
        // PP-2
        let directory = tempfile::tempdir().unwrap();
        let partial = directory.path().join("packages/partial");
        let store = PackageStore::open(directory.path(), 10).unwrap();
        for (name, size, hours) in [("old", 1, 25), ("second", 6, 2), ("third", 6, 3), ("new", 4, 1)] {
            let path = partial.join(name);
            std::fs::write(&path, vec![0; size]).unwrap();
            let time = std::time::SystemTime::now() - std::time::Duration::from_hours(hours);
            File::options().append(true).open(&path).unwrap().set_modified(time).unwrap();
        }
        let sha256: Digest = crate::access::secret::fingerprint("x").parse().unwrap();
        drop(store.partials.begin(&"acme".parse().unwrap(), &sha256).unwrap());
        let mut left: Vec<_> =
            std::fs::read_dir(&partial).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort_unstable();
        assert_eq!(left, ["new", "second"]);
    }

    #[tokio::test]
    async fn what_is_not_taken_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let incoming = directory.path().join("packages/incoming");
        let store = PackageStore::open(directory.path(), 10).unwrap();
        assert!(matches!(store.receive(body(&["hello ", "package"])).await, Err(StoreError::TooLarge(10))));
        assert!(matches!(store.receive(body(&[])).await, Err(StoreError::Empty)));
        let cut = Body::from_stream(tokio_stream::iter([Ok("hel"), Err(io::Error::other("cut"))]));
        assert!(matches!(store.receive(cut.into_data_stream()).await, Err(StoreError::Cut(3))));
        drop(store.receive(body(&["unwanted"])).await.unwrap());
        assert_eq!(files(&incoming), 0);
        std::fs::write(incoming.join("left"), "by a crash").unwrap();
        PackageStore::open(directory.path(), 10).unwrap();
        assert_eq!(files(&incoming), 0);
    }
}
