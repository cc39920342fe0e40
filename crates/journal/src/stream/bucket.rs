//! The key-value bucket beside the stream: small values that masters tell each other, each replaced only by who has
//! seen the last one.

use super::link::LinkError;
use async_nats::jetstream::Context;
use async_nats::jetstream::kv::{self, CreateErrorKind, Store, UpdateErrorKind};
use async_nats::jetstream::stream::{Config, DiscardPolicy, StorageType};
use futures_util::TryStreamExt as _;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Bytes of a value.
const VALUE_BYTES: i32 = 16 << 10;

/// A bucket; cheap to clone.
#[derive(Clone)]
pub struct Bucket {
    context: Context,
    name: String,
    /// Opened once: a bucket is what its name says, also after its servers were away.
    store: Arc<OnceCell<Store>>,
}

/// A value and which writing of the bucket it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Grows with every write to the bucket.
    pub revision: u64,
    /// What was written.
    pub value: Vec<u8>,
}

/// Why a value was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// Another one was written since.
    #[error("another value was written since")]
    Overtaken,
    /// It may have been written or not.
    #[error(transparent)]
    Link(#[from] LinkError),
}

impl Bucket {
    pub(super) fn new(context: Context, name: String) -> Self {
        Self { context, name, store: Arc::default() }
    }

    /// Makes it if it is not there.
    pub(super) async fn prepare(&self, replicas: usize) -> Result<(), LinkError> {
        if self.context.get_key_value(&self.name).await.is_ok() {
            return Ok(());
        }
        // What `create_key_value` would make, which cannot read what NATS 2.9 says of an account.
        let config = Config {
            name: format!("KV_{}", self.name),
            subjects: vec![format!("$KV.{}.>", self.name)],
            max_messages_per_subject: 1,
            max_message_size: VALUE_BYTES,
            storage: StorageType::File,
            num_replicas: replicas,
            discard: DiscardPolicy::New,
            allow_rollup: true,
            deny_delete: true,
            ..Config::default()
        };
        let made = self.context.create_stream(config).await;
        made.map(drop).map_err(|error| LinkError::servers("make the masters' bucket", error))
    }

    async fn store(&self) -> Result<&Store, LinkError> {
        let open = async || self.context.get_key_value(&self.name).await;
        let store = self.store.get_or_try_init(open).await;
        store.map_err(|error| LinkError::servers("open the masters' bucket", error))
    }

    /// The value of a key.
    ///
    /// # Errors
    /// [`LinkError`] when no server answers.
    pub async fn read(&self, key: &str) -> Result<Option<Entry>, LinkError> {
        let found = self.store().await?.entry(key).await;
        let found = found.map_err(|error| LinkError::servers("read the masters' bucket", error))?;
        Ok(found
            .filter(|entry| entry.operation == kv::Operation::Put)
            .map(|entry| Entry { revision: entry.revision, value: entry.value.to_vec() }))
    }

    /// Writes a value in place of the one of `revision`, or where none was. Returns its own revision.
    ///
    /// # Errors
    /// [`WriteError::Overtaken`] when another one is there now.
    pub async fn write(&self, key: &str, value: Vec<u8>, revision: Option<u64>) -> Result<u64, WriteError> {
        let store = self.store().await?;
        let failed = |cause: &dyn std::fmt::Display| {
            WriteError::Link(LinkError::servers("write the masters' bucket", cause))
        };
        match revision {
            Some(revision) => {
                store.update(key, value.into(), revision).await.map_err(|error| match error.kind() {
                    UpdateErrorKind::WrongLastRevision => WriteError::Overtaken,
                    _ => failed(&error),
                })
            }
            None => store.create(key, value.into()).await.map_err(|error| match error.kind() {
                CreateErrorKind::AlreadyExists => WriteError::Overtaken,
                _ => failed(&error),
            }),
        }
    }

    /// Writes a value whatever was there.
    ///
    /// # Errors
    /// [`LinkError`] when no server takes it.
    pub async fn put(&self, key: &str, value: Vec<u8>) -> Result<(), LinkError> {
        let put = self.store().await?.put(key, value.into()).await;
        put.map(drop).map_err(|error| LinkError::servers("write the masters' bucket", error))
    }

    /// Takes a key out.
    ///
    /// # Errors
    /// [`LinkError`] when no server does.
    pub async fn remove(&self, key: &str) -> Result<(), LinkError> {
        let removed = self.store().await?.purge(key).await;
        removed.map_err(|error| LinkError::servers("write the masters' bucket", error))
    }

    /// The keys that begin so, and their values: asked of the servers without a consumer, which all of them would have to
    /// agree on.
    ///
    /// # Errors
    /// [`LinkError`] when no server answers.
    pub async fn all(&self, prefix: &str) -> Result<Vec<(String, Entry)>, LinkError> {
        let store = self.store().await?;
        let failed = |error: &dyn std::fmt::Display| LinkError::servers("list the masters' bucket", error);
        let subjects = store.stream.info_with_subjects(format!("{}{prefix}>", store.prefix)).await;
        let subjects: Vec<(String, usize)> =
            subjects.map_err(|error| failed(&error))?.try_collect().await.map_err(|error| failed(&error))?;
        let mut all = Vec::with_capacity(subjects.len());
        for (subject, _) in subjects {
            let Some(key) = subject.strip_prefix(&store.prefix) else { continue };
            if let Some(entry) = self.read(key).await? {
                all.push((key.to_owned(), entry));
            }
        }
        Ok(all)
    }
}
