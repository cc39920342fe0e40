//! A neighbour by SNMP, v2c or v3.
//!
//! The protocol is the crate `async-snmp`'s: engine discovery and time window of v3, retries, answers that belong to no
//! request, tables that do not end. Nothing of it is known outside this file.
//!
//! Invariants
//! - NS-1: an answer has a bound in time, a table one in rows; a table that goes in a circle ends the reading.
//! - NS-2: what fails says what to do about it; secrets are read anew then, so that a new one needs no restart.

use super::credentials::{Authentication, Credentials, Privacy, User};
use super::{Found, GROUP, ReadError};
use crate::reading::Frame;
use async_snmp::error::WalkAbortReason;
use async_snmp::v3::ReportStatus;
use async_snmp::{
    Auth, AuthProtocol, Client, Error, ErrorStatus, Oid, PrivProtocol, Retry, UdpHandle, UsmConfig, Value,
    WalkOptions,
};
use std::time::Duration;
use tokio::time::Instant;
use topmast_probe::plan::GroupSink as _;
use topmast_probe::snmp::{self, COLUMNS, HostReader, Objects, SCALARS};

/// Rows of a table that are read; the reader takes fewer and counts what it left out.
const ROWS_MAX: usize = 4_096;
/// Rows that are asked for at a time: with short values an answer fits into a packet.
const REPETITIONS: u32 = 25;
/// `sysUpTime`, which every agent has.
const UPTIME: &[u32] = &[1, 3, 6, 1, 2, 1, 1, 3, 0];
/// A packet may get lost once.
const RETRIES: u32 = 1;

/// What is known of one agent.
pub(crate) struct SnmpClient {
    address: String,
    timeout: Duration,
    credentials: Credentials,
    client: Option<Client<UdpHandle>>,
    reader: HostReader,
    read: Option<Instant>,
}

/// Why there is no reading.
enum Trouble {
    /// In words.
    Told(String),
    /// In those of the client.
    Client(Box<Error>),
}

impl From<Box<Error>> for Trouble {
    fn from(error: Box<Error>) -> Self {
        Self::Client(error)
    }
}

impl SnmpClient {
    pub(crate) fn new(address: &str, timeout: Duration, credentials: Credentials) -> Self {
        let address = address.to_owned();
        Self { address, timeout, credentials, client: None, reader: HostReader::default(), read: None }
    }

    /// Reads the host once.
    ///
    /// # Errors
    /// [`ReadError`], when there is no answer or none that says anything.
    pub(crate) async fn read(&mut self, frame: &mut Frame) -> Result<Option<Found>, ReadError> {
        let now = Instant::now();
        let objects = match self.objects().await {
            Ok(objects) => objects,
            Err(trouble) => {
                self.client = None;
                let message = match trouble {
                    Trouble::Told(message) => message,
                    Trouble::Client(error) => self.why(&error).await,
                };
                return Err(ReadError { address: self.address.clone(), message });
            }
        };
        let elapsed = self.read.replace(now).map(|before| now.duration_since(before));
        frame.group(GROUP, &mut |sink| self.reader.read(&objects, elapsed, sink));
        let version = format!("snmp {}", self.credentials.version());
        Ok(Some(Found { facts: snmp::facts(&objects), version }))
    }

    async fn objects(&mut self) -> Result<Objects, Trouble> {
        let client = match &self.client {
            Some(client) => client.clone(),
            None => self.client.insert(self.connect().await?).clone(),
        };
        let mut objects = Objects::default();
        for group in SCALARS {
            let oids: Vec<Oid> = group.iter().map(|oid| Oid::from_slice(oid)).collect();
            for found in client.get_many(&oids).await?.varbinds {
                put(&mut objects, &found.oid, found.value);
            }
        }
        let options = WalkOptions {
            max_repetitions: REPETITIONS,
            result_limit: Some(ROWS_MAX),
            ..WalkOptions::default()
        };
        for (table, columns) in COLUMNS {
            for column in *columns {
                let mut walk = client.walk_with(Oid::from_slice(&[*table, &[*column]].concat()), options)?;
                while let Some(found) = walk.next().await {
                    match found {
                        Ok(found) => put(&mut objects, &found.oid, found.value),
                        Err(error) if is_full(&error) => break,
                        Err(error) => return Err(error.into()),
                    }
                }
            }
        }
        if objects.is_empty() {
            return Err(Trouble::Told(
                "the agent answers, and shows nothing: let this community or user see 1.3.6.1.2.1 and \
                 1.3.6.1.4.1.2021 (view, rocommunity and rouser in snmpd.conf)"
                    .into(),
            ));
        }
        Ok(objects)
    }

    /// What is wrong, and what to do. An agent's refusal of a signed request is not signed, so it is not believed and
    /// seems to be no answer; to tell the two apart, the same user asks once more without a signature.
    async fn why(&self, error: &Error) -> String {
        let Credentials::User(User { name, authentication: Some(_), .. }) = &self.credentials else {
            return told(error);
        };
        if !matches!(error, Error::Timeout { .. } | Error::Auth { .. }) {
            return told(error);
        }
        let unsigned = async {
            let client = self.connect_as(UsmConfig::new(name.clone()).into()).await?;
            client.get(&Oid::from_slice(UPTIME)).await?;
            Ok::<_, Trouble>(())
        };
        match unsigned.await {
            Err(Trouble::Client(error))
                if matches!(&*error, Error::Timeout { .. } | Error::Network { .. })
                    || matches!(&*error, Error::Report { status, .. } if matches!(**status, ReportStatus::UnknownUserName { .. })) =>
            {
                told(&error)
            }
            _ => "the agent knows the user and refuses what it sends: look at auth, privacy and their passwords".into(),
        }
    }

    async fn connect(&self) -> Result<Client<UdpHandle>, Trouble> {
        let auth = self.auth().await.map_err(Trouble::Told)?;
        self.connect_as(auth).await
    }

    async fn connect_as(&self, auth: Auth) -> Result<Client<UdpHandle>, Trouble> {
        let retry =
            Retry::fixed(RETRIES, Duration::ZERO).map_err(|error| Trouble::Told(error.to_string()))?;
        let connecting = Client::builder(self.address.as_str(), auth)
            .request_timeout(self.timeout)
            .construction_timeout(self.timeout)
            .retry(retry);
        Ok(connecting.connect().await?)
    }

    async fn auth(&self) -> Result<Auth, String> {
        let User { name, authentication, privacy } = match &self.credentials {
            Credentials::Community(file) => return Ok(Auth::v2c(file.read().await?)),
            Credentials::User(user) => user,
        };
        let config = UsmConfig::new(name.clone());
        let config = match (authentication, privacy) {
            (None, _) => Ok(config),
            (Some((protocol, file)), None) => {
                config.auth(authentication_protocol(*protocol), file.read().await?)
            }
            (Some((protocol, file)), Some((cipher, key))) => config.auth_priv(
                authentication_protocol(*protocol),
                file.read().await?,
                privacy_protocol(*cipher),
                key.read().await?,
            ),
        };
        config.map(Auth::from).map_err(|error| {
            format!("the credentials cannot be used: {error}; passwords of v3 have 8 characters or more")
        })
    }
}

const fn authentication_protocol(protocol: Authentication) -> AuthProtocol {
    match protocol {
        Authentication::Md5 => AuthProtocol::Md5,
        Authentication::Sha1 => AuthProtocol::Sha1,
        Authentication::Sha224 => AuthProtocol::Sha224,
        Authentication::Sha256 => AuthProtocol::Sha256,
        Authentication::Sha384 => AuthProtocol::Sha384,
        Authentication::Sha512 => AuthProtocol::Sha512,
    }
}

const fn privacy_protocol(cipher: Privacy) -> PrivProtocol {
    match cipher {
        Privacy::Des => PrivProtocol::Des,
        Privacy::Aes128 => PrivProtocol::Aes128,
        Privacy::Aes192 => PrivProtocol::Aes192Blumenthal,
        Privacy::Aes256 => PrivProtocol::Aes256Blumenthal,
        Privacy::Aes192c => PrivProtocol::Aes192Reeder,
        Privacy::Aes256c => PrivProtocol::Aes256Reeder,
    }
}

/// Notes what is there; what is not (`noSuchObject` and its like) has no entry.
fn put(objects: &mut Objects, oid: &Oid, value: Value) {
    let value = match value {
        Value::Integer(number) => snmp::Value::Integer(number),
        Value::Gauge32(number) | Value::UInteger32(number) => snmp::Value::Gauge(number),
        Value::Counter32(number) => snmp::Value::Counter32(number),
        Value::Counter64(number) => snmp::Value::Counter64(number),
        Value::TimeTicks(ticks) => snmp::Value::Ticks(ticks),
        Value::OctetString(bytes) => snmp::Value::Text(bytes.to_vec()),
        Value::ObjectIdentifier(oid) => snmp::Value::Identifier(oid.arcs().to_vec()),
        _ => return,
    };
    objects.put(oid.arcs(), value);
}

/// True when a table has more rows than are read.
fn is_full(error: &Error) -> bool {
    matches!(error, Error::WalkAborted { reason: WalkAbortReason::ResultLimitExceeded { .. }, .. })
}

/// What is wrong, and what to do.
fn told(error: &Error) -> String {
    match error {
        Error::SharedOperation { source } => told(source),
        Error::Exchange { source, .. } => told(source),
        Error::Timeout { .. } => "no answer: does an SNMP agent run there and listen on that address (agentaddress in \
                                  snmpd.conf), is it the right community, may this master's address use it, and do \
                                  firewalls let UDP through?"
            .into(),
        Error::ConstructionTimeout { .. } => "its name was not found in time; look at the resolver".into(),
        Error::Network { source, .. } => format!("no answer: {source}; does an SNMP agent run there?"),
        Error::Auth { .. } => "the answer is not signed with our key: look at auth and auth_password_file".into(),
        Error::Report { status, .. } => match &**status {
            ReportStatus::UnknownUserName { .. } => {
                "the agent does not know the user; add it (createUser and rouser in snmpd.conf)".into()
            }
            ReportStatus::WrongDigest { .. } => {
                "the agent refuses the user's signature: look at auth and auth_password_file".into()
            }
            ReportStatus::DecryptionError { .. } => {
                "the agent cannot decrypt: look at privacy and privacy_password_file".into()
            }
            ReportStatus::UnsupportedSecurityLevel { .. } => {
                "the user is set up for another level there: give auth and privacy as the agent has them".into()
            }
            ReportStatus::NotInTimeWindow { .. } => {
                "the agent's time jumps: do two agents answer at that address, or two with the same engine id?".into()
            }
            status => format!("the agent reports {status}"),
        },
        Error::Snmp { status: ErrorStatus::AuthorizationError | ErrorStatus::NoAccess, .. } => {
            "this community or user may not read there (view, rocommunity and rouser in snmpd.conf)".into()
        }
        Error::WalkAborted { reason, .. } => {
            format!("its tables do not end ({reason}), which is a fault of the agent: update it")
        }
        Error::Decode(_) | Error::MalformedResponse { .. } | Error::ResponseShape { .. } => {
            format!("its answer is not SNMP as it should be: {error}")
        }
        error => error.to_string(),
    }
}
