//! Bringing a journal to the stream while no master runs on it: `topmast journal migrate`, `repair` and `check`.
//!
//! A mark in the bucket says that it is under way. Masters that start meanwhile wait, and a journal that was brought
//! there in part is known from one that is another's.

use crate::ca::{CaError, ClusterCa};
use crate::clock::Clock;
use crate::config::{ConfigError, MasterConfig};
use crate::file::FileError;
use std::path::PathBuf;
use topmast_journal::stream::{
    BringError, Bucket, Follower, Found, Link, LinkError, WriteError, bring, prove,
};
use topmast_journal::{
    EmbeddedJournal, Head, Journal, JournalReader, OpenError, Options, ReadError, VerifyError,
};
use topmast_model::id::Seq;

/// Where the masters keep which CA is theirs.
const CA: &str = "ca";
/// Where it stands that a journal is being brought to the stream.
pub(super) const MIGRATING: &str = "migrating";

/// Why a journal was not brought to the stream.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrateError {
    /// The configuration does not fit.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// It names no servers.
    #[error(
        "the configuration keeps the journal in a file of this master alone; write store = \"jetstream\" and servers in [journal] first"
    )]
    NotShared,
    /// There is no journal to bring.
    #[error("there is no journal {}; name the data directory of a master that has run", path.display())]
    NoJournal {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// The journal cannot be opened.
    #[error("open the journal")]
    Open(#[from] OpenError),
    /// It is not whole.
    #[error("the journal is not whole; restore it from a backup first")]
    Damaged(#[from] VerifyError),
    /// A file of the master.
    #[error(transparent)]
    File(#[from] FileError),
    /// The CA cannot be opened.
    #[error("open the cluster's CA")]
    Ca(#[from] CaError),
    /// The servers did not do it.
    #[error(transparent)]
    Link(#[from] LinkError),
    /// The copy cannot be read.
    #[error("read the copy")]
    Read(#[from] ReadError),
    /// The masters of the stream have another CA.
    #[error(
        "the masters of this stream have another CA than this data directory; a journal goes with the folder ca and the file seal.key that are beside it"
    )]
    OtherCa,
    /// There is something in the stream.
    #[error(
        "the stream holds records 1 to {last} already; name another stream in [journal], or, when they are the first of this very journal, bring the rest there with topmast journal repair"
    )]
    NotEmpty {
        /// The last of them.
        last: Seq,
    },
    /// The stream does not end amid this copy.
    #[error("there is nothing to repair from this copy: {0}")]
    NothingToRepair(Comparison),
    /// It could not be brought there.
    #[error(transparent)]
    Bring(#[from] BringError),
    /// Somebody else appended as well.
    #[error(
        "the stream ends at record {found} and not at {expected}: something else appended to it meanwhile"
    )]
    Overtaken {
        /// Where this copy ends.
        expected: Seq,
        /// Where the stream does.
        found: Seq,
    },
}

/// A copy beside the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// Both end with the same record.
    Equal(Head),
    /// The stream goes on where the copy ends.
    Behind {
        /// The end of the copy.
        copy: Seq,
        /// The end of the stream.
        stream: Seq,
    },
    /// The copy goes on where the stream ends.
    Ahead {
        /// The end of the copy.
        copy: Seq,
        /// The end of the stream; 0 when it is empty.
        stream: Seq,
    },
    /// They hold different records.
    Diverged,
}

impl std::fmt::Display for Comparison {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Equal(head) => write!(f, "copy and stream both end at record {} {}", head.seq, head.hash),
            Self::Behind { copy, stream } => {
                write!(f, "the copy ends at record {copy} and the stream goes on to {stream}")
            }
            Self::Ahead { copy, stream: Seq(0) } => {
                write!(
                    f,
                    "the stream is empty and the copy ends at record {copy}: topmast journal migrate brings it there"
                )
            }
            Self::Ahead { copy, stream } => {
                write!(f, "the stream ends at record {stream} and the copy goes on to {copy}")
            }
            Self::Diverged => f.write_str("copy and stream hold different records"),
        }
    }
}

/// A master's copy and the stream, with no master running on the copy.
pub struct Migration {
    link: Link,
    bucket: Bucket,
    reader: Box<dyn JournalReader>,
    head: Head,
    /// Nobody else writes to the copy meanwhile.
    _copy: EmbeddedJournal,
}

impl Migration {
    /// Opens the journal of a configuration's data directory, proves it whole, and finds the stream.
    ///
    /// # Errors
    /// [`MigrateError`]; a master that runs on the directory is one.
    pub async fn open(config: &MasterConfig) -> Result<Self, MigrateError> {
        config.check()?;
        if !config.journal.is_shared() {
            return Err(MigrateError::NotShared);
        }
        let path = config.data.join("journal.db");
        if !path.exists() {
            return Err(MigrateError::NoJournal { path });
        }
        let copy = EmbeddedJournal::open(&path, Options::default())?;
        let reader = copy.reader()?;
        let head = reader.verify()?.head;
        let options = config.journal.options(&config.tenant, &config.cluster)?;
        let link = Box::pin(Link::open(&options)).await?;
        for words in link.prepare().await? {
            tracing::warn!("{words}");
        }
        let ca = ClusterCa::open(&config.data.join("ca"), &config.cluster_path()?, Clock::default().now())?;
        let bucket = link.bucket();
        if !claim(&bucket, ca.fingerprint()).await? {
            return Err(MigrateError::OtherCa);
        }
        Ok(Self { link, bucket, reader, head, _copy: copy })
    }

    /// How the copy stands to the stream.
    ///
    /// # Errors
    /// [`MigrateError::Link`] when the servers do not answer.
    pub async fn compare(&self) -> Result<Comparison, MigrateError> {
        let copy = self.head.seq;
        let stream = self.link.last_batch().await?.1;
        Ok(match Follower::locate(&self.link, self.head).await? {
            _ if stream == self.head => Comparison::Equal(stream),
            Found::At(_) => Comparison::Behind { copy, stream: stream.seq },
            Found::Amid(before) => {
                let end = self.link.end().await?;
                let batch = Follower::new(self.link.clone(), before).next_until(end).await?;
                let continues = batch.map(|batch| batch.continues(self.reader.as_ref(), self.head));
                if continues.transpose()? == Some(true) {
                    Comparison::Behind { copy, stream: stream.seq }
                } else {
                    Comparison::Diverged
                }
            }
            Found::Empty => Comparison::Ahead { copy, stream: Seq(0) },
            Found::Short { last } => Comparison::Ahead { copy, stream: last },
            Found::Diverged => Comparison::Diverged,
        })
    }

    /// Brings the whole journal to an empty stream, or goes on with what was stopped amid it.
    ///
    /// # Errors
    /// [`MigrateError::NotEmpty`] when the stream holds records that no migration left there.
    pub async fn migrate(&self, told: impl FnMut(Seq)) -> Result<Head, MigrateError> {
        let last = self.link.last_batch().await?.1;
        if last.seq > Seq(0) && self.bucket.read(MIGRATING).await?.is_none() {
            return Err(MigrateError::NotEmpty { last: last.seq });
        }
        self.bring(told).await
    }

    /// Brings what this copy has beyond the stream there, when the stream's end is a record of this copy.
    ///
    /// # Errors
    /// [`MigrateError::NothingToRepair`] when there is nothing, or the copy is another journal.
    pub async fn repair(&self, told: impl FnMut(Seq)) -> Result<Head, MigrateError> {
        match self.compare().await? {
            Comparison::Ahead { stream, .. } if stream > Seq(0) => self.bring(told).await,
            // It was stopped behind its last append.
            Comparison::Equal(_) if self.bucket.read(MIGRATING).await?.is_some() => self.bring(told).await,
            found => Err(MigrateError::NothingToRepair(found)),
        }
    }

    async fn bring(&self, told: impl FnMut(Seq)) -> Result<Head, MigrateError> {
        self.bucket.put(MIGRATING, self.head.hash.to_string().into_bytes()).await?;
        bring(&self.link, self.reader.as_ref(), told).await?;
        let proven = prove(&self.link).await?;
        if proven != self.head {
            return Err(MigrateError::Overtaken { expected: self.head.seq, found: proven.seq });
        }
        self.bucket.remove(MIGRATING).await?;
        Ok(proven)
    }
}

/// True when the masters have the CA of this fingerprint, or none until now.
pub(super) async fn claim(bucket: &Bucket, fingerprint: &str) -> Result<bool, LinkError> {
    match bucket.write(CA, fingerprint.as_bytes().to_vec(), None).await {
        Ok(_) => Ok(true),
        Err(WriteError::Overtaken) => {
            Ok(bucket.read(CA).await?.is_some_and(|entry| entry.value == fingerprint.as_bytes()))
        }
        Err(WriteError::Link(error)) => Err(error),
    }
}
