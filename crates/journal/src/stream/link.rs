//! The connection to the servers of JetStream: the stream, what is appended to it, what is read of it.

use super::batch::{BatchError, Heading, Part};
use super::bucket::Bucket;
use crate::journal::AppendError;
use crate::record::Head;
use async_nats::header::{HeaderName, NATS_EXPECTED_LAST_SEQUENCE};
use async_nats::jetstream::context::{ContextBuilder, PublishErrorKind};
use async_nats::jetstream::message::PublishMessage;
use async_nats::jetstream::stream::{Config, LastRawMessageErrorKind, StorageType};
use async_nats::jetstream::{self, Context};
use async_nats::{Client, ConnectOptions, HeaderMap};
use std::path::PathBuf;
use std::str::FromStr as _;
use std::time::{Duration, Instant};

/// An answer of a server is given up after so long, and asked for again elsewhere.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
/// So long an append is tried while servers choose a new leader, which takes them up to 9 s.
const APPEND_WITHIN: Duration = Duration::from_secs(12);
/// Pause between two tries of one append.
const APPEND_PAUSE: Duration = Duration::from_millis(100);
/// Bytes of a message, its headers included, that servers must take.
const MESSAGE_BYTES: usize = super::batch::PART_BYTES + (16 << 10);
/// Servers from this version on can be told to sync every write.
const SYNCS_SINCE: (u64, u64) = (2, 10);

/// Where the servers are, and how to come in.
#[derive(Clone)]
pub struct StreamOptions {
    /// URLs, as `nats://10.0.0.1:4222` or `tls://…`.
    pub servers: Vec<String>,
    /// Name of the stream and of the bucket: letters, digits, `-` and `_`.
    pub name: String,
    /// How many servers keep each message: 1, 3 or 5.
    pub replicas: usize,
    /// User and password.
    pub login: Option<(String, String)>,
    /// A file of credentials, as `nsc` makes it.
    pub credentials: Option<PathBuf>,
    /// Certificates to trust beside the system's, PEM.
    pub ca: Option<PathBuf>,
    /// A certificate of this master and its key, PEM.
    pub certificate: Option<(PathBuf, PathBuf)>,
}

/// Why the servers did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// The options cannot be used.
    #[error("connect to NATS: {what}")]
    Options {
        /// What is wrong.
        what: String,
    },
    /// A server refused, or none answered in time.
    #[error("{what} on NATS: {cause}")]
    Servers {
        /// What was asked.
        what: &'static str,
        /// What was answered.
        cause: String,
    },
    /// A message of the stream is none of ours.
    #[error(
        "message {position} of stream {stream} is not a part of the journal: {fault}; nothing else may write there"
    )]
    Message {
        /// The stream.
        stream: String,
        /// Its position.
        position: u64,
        /// What is wrong.
        fault: BatchError,
    },
    /// The stream has less than was read of it: its servers lost it, or the one that answers has not heard of it.
    #[error("the stream ends at message {end}, and message {read} was read from it before")]
    Shorter {
        /// Where it ends.
        end: u64,
        /// What was read.
        read: u64,
    },
    /// The stream was made otherwise.
    #[error("stream {stream} {what}; make it anew, or name another one")]
    Stream {
        /// The stream.
        stream: String,
        /// What is wrong.
        what: String,
    },
}

impl LinkError {
    pub(super) fn servers(what: &'static str, cause: impl std::fmt::Display) -> Self {
        Self::Servers { what, cause: cause.to_string() }
    }
}

/// The connection; cheap to clone. It is kept up, and made again, until the last handle is dropped.
#[derive(Clone)]
pub struct Link {
    client: Client,
    context: Context,
    stream: String,
    subject: String,
    bucket: Bucket,
    replicas: usize,
}

impl Link {
    /// Begins to connect. No server need answer yet: what is asked for before one does fails in time.
    ///
    /// # Errors
    /// [`LinkError::Options`] for addresses, credentials or certificates that cannot be used.
    pub async fn open(options: &StreamOptions) -> Result<Self, LinkError> {
        let refused = |error: &dyn std::fmt::Display| LinkError::Options { what: error.to_string() };
        let servers: Vec<_> = options
            .servers
            .iter()
            .map(|url| {
                async_nats::ServerAddr::from_str(url).map_err(|error| refused(&format!("{url}: {error}")))
            })
            .collect::<Result<_, _>>()?;
        let mut connect = ConnectOptions::new()
            .name("topmast")
            .retry_on_initial_connect()
            .connection_timeout(ANSWER_WITHIN)
            .request_timeout(Some(ANSWER_WITHIN))
            // A dead server is noticed after two of them.
            .ping_interval(Duration::from_secs(1))
            .reconnect_delay_callback(|tries| Duration::from_millis(50 * tries.min(10) as u64));
        if let Some((user, password)) = &options.login {
            connect = connect.user_and_password(user.clone(), password.clone());
        }
        if let Some(file) = &options.credentials {
            let text = std::fs::read_to_string(file)
                .map_err(|error| refused(&format!("read credentials {}: {error}", file.display())))?;
            connect = connect.credentials(&text).map_err(|error| refused(&error))?;
        }
        if let Some(file) = &options.ca {
            connect = connect.add_root_certificates(file.clone());
        }
        if let Some((certificate, key)) = &options.certificate {
            connect = connect.add_client_certificate(certificate.clone(), key.clone());
        }
        let client = connect.connect(servers).await.map_err(|error| refused(&error))?;
        let context = ContextBuilder::new().timeout(ANSWER_WITHIN).build(client.clone());
        let stream = options.name.clone();
        let subject = format!("{stream}.journal");
        let bucket = Bucket::new(context.clone(), stream.clone());
        Ok(Self { client, context, stream, subject, bucket, replicas: options.replicas })
    }

    /// Makes the stream and the bucket if they are not there.
    ///
    /// Returns what an operator should know of the servers, in words.
    ///
    /// # Errors
    /// [`LinkError`] when no server answers, refuses, or the stream was made otherwise.
    pub async fn prepare(&self) -> Result<Vec<String>, LinkError> {
        let config = Config {
            name: self.stream.clone(),
            subjects: vec![self.subject.clone()],
            storage: StorageType::File,
            num_replicas: self.replicas,
            // Nothing is ever taken out: it is the audit.
            deny_delete: true,
            deny_purge: true,
            ..Config::default()
        };
        let stream = self
            .context
            .get_or_create_stream(config)
            .await
            .map_err(|error| LinkError::servers("make the journal's stream", error))?;
        let found = &stream.cached_info().config;
        let refused = |what: String| LinkError::Stream { stream: self.stream.clone(), what };
        if found.subjects != [self.subject.clone()] {
            return Err(refused(format!("takes other subjects than {}", self.subject)));
        }
        if found.storage != StorageType::File
            || found.max_messages > 0
            || found.max_bytes > 0
            || !found.max_age.is_zero()
        {
            return Err(refused("forgets messages".to_owned()));
        }
        let (at_most, version) = (self.client.max_payload(), self.client.server_info().version);
        if at_most < MESSAGE_BYTES {
            return Err(refused(format!(
                "is on servers that take messages of {at_most} bytes; set max_payload to 1MB"
            )));
        }
        let mut words = Vec::new();
        if found.num_replicas < self.replicas {
            words.push(format!(
                "stream {} is kept {} times, not {}",
                self.stream, found.num_replicas, self.replicas
            ));
        }
        if version_of(&version).is_some_and(|version| version < SYNCS_SINCE) {
            words.push(format!(
                "NATS {version} cannot sync every write: when all servers lose power at once, the last two minutes can be lost; use 2.10 or newer with sync_interval: always"
            ));
        }
        self.bucket.prepare(self.replicas).await?;
        Ok(words)
    }

    /// Leaves the server in use for whichever answers next, by chance.
    pub async fn leave_server(&self) {
        // It fails only where there is no connection to leave.
        let _ = self.client.force_reconnect().await;
    }

    /// The bucket beside the stream.
    pub fn bucket(&self) -> Bucket {
        self.bucket.clone()
    }

    /// Position of the last message, 0 for none.
    ///
    /// # Errors
    /// [`LinkError::Servers`] when no leader answers.
    pub async fn end(&self) -> Result<u64, LinkError> {
        let stream = self.handle().await?;
        let info =
            stream.get_info().await.map_err(|error| LinkError::servers("read the journal's end", error))?;
        Ok(info.state.last_sequence)
    }

    /// The message at a position, as the leader of the stream has it.
    pub(super) async fn part(&self, position: u64) -> Result<Option<Part>, LinkError> {
        let stream = self.handle().await?;
        match stream.get_raw_message(position).await {
            Ok(message) => self.read(position, &message.headers, &message.payload).map(Some),
            Err(error) if error.kind() == LastRawMessageErrorKind::NoMessageFound => Ok(None),
            Err(error) => Err(LinkError::servers("read the journal", error)),
        }
    }

    /// A message as a part of a batch.
    pub(super) fn read(&self, position: u64, headers: &HeaderMap, payload: &[u8]) -> Result<Part, LinkError> {
        let get = |name: &'static str| headers.get(name).map(async_nats::HeaderValue::as_str);
        let heading = Heading::from_headers(get).map_err(|fault| LinkError::Message {
            stream: self.stream.clone(),
            position,
            fault,
        })?;
        Ok(Part { heading, text: payload.to_vec() })
    }

    pub(super) async fn handle(&self) -> Result<jetstream::stream::Stream<()>, LinkError> {
        let stream = self.context.get_stream_no_info(&self.stream).await;
        stream.map_err(|error| LinkError::servers("name the journal's stream", error))
    }

    /// The stream's name.
    pub(super) fn stream(&self) -> &str {
        &self.stream
    }

    /// Appends the parts of one batch behind position `after`; returns that of the last (S-3).
    pub(super) async fn append(&self, parts: &[Part], after: u64) -> Result<u64, AppendError> {
        let mut position = after;
        for part in parts {
            self.append_part(part, position).await?;
            position += 1;
        }
        Ok(position)
    }

    async fn append_part(&self, part: &Part, after: u64) -> Result<(), AppendError> {
        let begun = Instant::now();
        let mut may_be_there = false;
        loop {
            let what = match self.publish(part, after).await {
                Ok(()) => return Ok(()),
                // Either another master was first, or our own earlier try came through after all.
                Err(PublishErrorKind::WrongLastSequence) if !may_be_there => {
                    return Err(AppendError::Overtaken { position: after });
                }
                Err(kind) => kind.to_string(),
            };
            may_be_there = true;
            match self.part(after + 1).await {
                Ok(Some(found)) if found.heading == part.heading => return Ok(()),
                Ok(Some(_)) => return Err(AppendError::Overtaken { position: after }),
                Ok(None) | Err(_) => {}
            }
            if begun.elapsed() > APPEND_WITHIN {
                return Err(AppendError::Unanswered { what });
            }
            tokio::time::sleep(APPEND_PAUSE).await;
        }
    }

    async fn publish(&self, part: &Part, after: u64) -> Result<(), PublishErrorKind> {
        let mut headers = HeaderMap::new();
        for (name, value) in part.heading.to_headers() {
            headers.insert(HeaderName::from_static(name), value.as_str());
        }
        headers.insert(NATS_EXPECTED_LAST_SEQUENCE, after.to_string().as_str());
        let message = PublishMessage::build().payload(part.text.clone().into()).headers(headers);
        let sent =
            self.context.send_publish(self.subject.clone(), message).await.map_err(|error| error.kind())?;
        let acknowledged = sent.await.map_err(|error| error.kind())?;
        if acknowledged.sequence == after + 1 { Ok(()) } else { Err(PublishErrorKind::Other) }
    }

    /// Position of the last message that ends a whole batch, and that batch's last record; 0 of both for none.
    ///
    /// Messages behind it are of a batch whose master ended amid it: nobody takes them.
    ///
    /// # Errors
    /// [`LinkError`]
    pub async fn last_batch(&self) -> Result<(u64, Head), LinkError> {
        self.last_batch_until(self.end().await?).await
    }

    /// The same of what is up to a position.
    ///
    /// # Errors
    /// [`LinkError`]
    pub async fn last_batch_until(&self, mut position: u64) -> Result<(u64, Head), LinkError> {
        while position > 0 {
            match self.part(position).await? {
                Some(part) if part.heading.part == part.heading.parts => {
                    return Ok((position, part.heading.last));
                }
                _ => position -= 1,
            }
        }
        Ok((0, Head::default()))
    }
}

/// Major and minor of a server's version.
fn version_of(text: &str) -> Option<(u64, u64)> {
    let mut numbers = text.split('.').map(|number| number.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}
