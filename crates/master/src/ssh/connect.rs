//! Reaching a host: through the hosts between, host keys checked, logged in.
//!
//! ```text
//! TCP ─► key of the first ─► login ─► channel to the next ─► its key ─► login ─► … the server
//! ```
//!
//! Invariants
//! - CO-1: nothing secret is sent to a host before the key that it showed was found to be the one pinned, or was
//!   pinned because a person said that the first one is to be.
//! - CO-2: every step ends within its time.

use super::fault::Fault;
use russh::client::{AuthResult, Config, Handle, Handler, KeyboardInteractiveAuthResponse};
use russh::keys::ssh_key::{Algorithm, EcdsaCurve, HashAlg};
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg, PublicKeyOrCertificate, decode_secret_key};
use russh::{MethodKind, Preferred};
use std::borrow::Cow;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use topmast_model::agentless::{AgentlessHost, HostKey, LoginKind, SshEndpoint};

/// For a connection and its keys. A slow name server is most of it.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// For a login: some hosts look up who comes first.
const LOGIN_WITHIN: Duration = Duration::from_secs(15);
/// A connection on which nothing came for so long is asked whether it is there.
const ALIVE_EVERY: Duration = Duration::from_secs(20);
/// Nothing heard, also no answer to that: what is half open ends by itself.
const SILENT_MAX: Duration = Duration::from_mins(3);
/// What a host may send before it was read, per channel.
const WINDOW: u32 = 256 << 10;
/// Messages of a channel that wait to be read.
const WAITING: usize = 16;
/// Questions that a login may ask; the password is the answer to all.
const QUESTIONS_MAX: usize = 4;

/// With what the master logs in.
pub(crate) enum Login {
    Key(Arc<PrivateKey>),
    Password(String),
}

impl Login {
    /// Of the secret's text.
    ///
    /// # Errors
    /// [`Fault::PrivateKey`] when it is no key that can be used.
    pub(crate) fn of(kind: LoginKind, secret: &str) -> Result<Self, Fault> {
        match kind {
            LoginKind::Password => Ok(Self::Password(secret.to_owned())),
            LoginKind::Key => match decode_secret_key(secret, None) {
                Ok(key) if key.is_encrypted() => Err(Fault::PrivateKey(PASSPHRASE.into())),
                Ok(key) => Ok(Self::Key(Arc::new(key))),
                Err(russh::keys::Error::KeyIsEncrypted) => Err(Fault::PrivateKey(PASSPHRASE.into())),
                Err(error) => {
                    Err(Fault::PrivateKey(format!("it is no private key in OpenSSH's or PEM form ({error})")))
                }
            },
        }
    }

    const fn word(&self) -> &'static str {
        match self {
            Self::Key(_) => LoginKind::Key.as_str(),
            Self::Password(_) => LoginKind::Password.as_str(),
        }
    }
}

const PASSPHRASE: &str = "it has a passphrase, which nobody is there to type; make one without for this account: ssh-keygen -p -N ''";

/// What to do at a host whose key is trusted at first use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FirstUse {
    /// Take its key and go on.
    Take,
    /// Stop there: a person has to see its key first.
    Show,
}

/// Connections one inside the other; the last one is not logged in yet.
pub(crate) struct Reached {
    chain: Vec<Handle<KeyCheck>>,
    endpoint: SshEndpoint,
    login: Login,
    /// The keys that the hosts showed, the nearest first.
    pub(crate) fingerprints: Vec<String>,
}

/// A logged-in connection.
pub(crate) struct Connection {
    /// Those between are held as long as the last one is used.
    chain: Vec<Handle<KeyCheck>>,
    endpoint: String,
}

impl Connection {
    pub(crate) fn handle(&self) -> Option<&Handle<KeyCheck>> {
        self.chain.last()
    }

    /// The server, as ssh takes it.
    pub(crate) fn endpoint(&self) -> &str {
        &self.endpoint
    }

    pub(crate) fn broken(&self, doing: &'static str, error: &russh::Error) -> Fault {
        Fault::Broken { endpoint: self.endpoint.clone(), doing, reason: error.to_string() }
    }

    /// Says goodbye.
    pub(crate) async fn close(self) {
        for handle in self.chain.iter().rev() {
            // Whoever does not listen any more is gone already.
            let _ =
                timeout(Duration::from_secs(1), handle.disconnect(russh::Disconnect::ByApplication, "", ""))
                    .await;
        }
    }
}

/// Reaches a host; does not log in to it.
pub(crate) async fn reach(host: &AgentlessHost, login: Login, first_use: FirstUse) -> Result<Reached, Fault> {
    let mut reached =
        Reached { chain: Vec::new(), endpoint: host.endpoint.clone(), login, fingerprints: Vec::new() };
    let endpoints: Vec<&SshEndpoint> = host.endpoints().collect();
    for (place, endpoint) in endpoints.iter().enumerate() {
        let (handle, fingerprint) =
            open(reached.chain.last(), place.checked_sub(1).map(|before| endpoints[before]), endpoint)
                .await?;
        reached.chain.push(handle);
        reached.fingerprints.push(fingerprint);
        let is_last = place + 1 == endpoints.len();
        if is_last || (first_use == FirstUse::Show && endpoint.host_key == HostKey::FirstUse) {
            break;
        }
        if let Some(handle) = reached.chain.last_mut() {
            log_in(handle, endpoint, &reached.login).await?;
        }
    }
    Ok(reached)
}

impl Reached {
    /// The same with another login for the last host.
    pub(crate) fn with_login(self, login: Login) -> Self {
        Self { login, ..self }
    }

    /// Logs in.
    pub(crate) async fn log_in(mut self) -> Result<Connection, Fault> {
        if let Some(handle) = self.chain.last_mut() {
            log_in(handle, &self.endpoint, &self.login).await?;
        }
        Ok(Connection { chain: self.chain, endpoint: self.endpoint.to_string() })
    }
}

/// The kinds of host keys that are asked for, one after the other until the pinned one is shown: a host has
/// several, and which one is the fingerprint's cannot be seen. The first is all of them.
const KEY_KINDS: &[&[Algorithm]] = &[
    &[
        Algorithm::Ed25519,
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
        Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
        Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
        Algorithm::Rsa { hash: None },
    ],
    &[
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP256 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP384 },
        Algorithm::Ecdsa { curve: EcdsaCurve::NistP521 },
    ],
    &[
        Algorithm::Rsa { hash: Some(HashAlg::Sha512) },
        Algorithm::Rsa { hash: Some(HashAlg::Sha256) },
        Algorithm::Rsa { hash: None },
    ],
];

/// Opens a connection to an endpoint, directly or through the host before it, and checks its key.
async fn open(
    before: Option<&Handle<KeyCheck>>,
    before_endpoint: Option<&SshEndpoint>,
    endpoint: &SshEndpoint,
) -> Result<(Handle<KeyCheck>, String), Fault> {
    let mut seen: Vec<String> = Vec::new();
    for kinds in KEY_KINDS {
        let check = KeyCheck { expected: endpoint.host_key.clone(), seen: Arc::default() };
        let shown = Arc::clone(&check.seen);
        let opened = timeout(CONNECT_WITHIN, async {
            match before.zip(before_endpoint) {
                None => {
                    let address = (endpoint.address.as_str(), endpoint.port);
                    let socket = TcpStream::connect(address).await.map_err(|error| Fault::Unreachable {
                        endpoint: endpoint.to_string(),
                        reason: error.to_string(),
                    })?;
                    // What is sent is small and waited for; without it, it is only later.
                    let _ = socket.set_nodelay(true);
                    Ok::<_, Fault>(greet(socket, kinds, check).await)
                }
                Some((before, by)) => {
                    let channel = before
                        .channel_open_direct_tcpip(
                            endpoint.address.clone(),
                            u32::from(endpoint.port),
                            "127.0.0.1",
                            0,
                        )
                        .await
                        .map_err(|error| Fault::Jump {
                            endpoint: by.to_string(),
                            next: endpoint.to_string(),
                            reason: error.to_string(),
                        })?;
                    Ok(greet(channel.into_stream(), kinds, check).await)
                }
            }
        });
        let late = |_| Fault::Late { endpoint: endpoint.to_string(), what: "answer", within: CONNECT_WITHIN };
        let opened = opened.await.map_err(late)??;
        let fingerprint = shown.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match (opened, fingerprint) {
            (Ok(handle), Some(fingerprint)) => return Ok((handle, fingerprint)),
            (Ok(_) | Err(russh::Error::UnknownKey), None) => {}
            (Err(russh::Error::UnknownKey), Some(fingerprint)) => {
                if !seen.contains(&fingerprint) {
                    seen.push(fingerprint);
                }
            }
            // It has no key of these kinds: what it has was seen.
            (Err(russh::Error::NoCommonAlgo { .. }), _) if !seen.is_empty() => {}
            (Err(error), _) => {
                let doing = "keys were exchanged";
                return Err(Fault::Broken {
                    endpoint: endpoint.to_string(),
                    doing,
                    reason: error.to_string(),
                });
            }
        }
    }
    let pinned = match &endpoint.host_key {
        HostKey::Pinned(fingerprint) => fingerprint.clone(),
        HostKey::FirstUse => String::new(),
    };
    Err(Fault::Key { endpoint: endpoint.to_string(), pinned, seen: seen.join(", ") })
}

/// What is offered after everything that is better: `SunSSH` of Solaris 10 and the first OpenSSH of AIX have nothing else.
/// SHA-1 is good enough here: no collision helps anybody who is in between.
const OLD_KEX: [russh::kex::Name; 2] = [russh::kex::DH_GEX_SHA1, russh::kex::DH_G14_SHA1];
const OLD_MAC: [russh::mac::Name; 1] = [russh::mac::HMAC_SHA1];

async fn greet(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    kinds: &'static [Algorithm],
    check: KeyCheck,
) -> Result<Handle<KeyCheck>, russh::Error> {
    let config = Config {
        client_id: russh::SshId::Standard(Cow::Borrowed("SSH-2.0-topmast")),
        preferred: Preferred {
            key: Cow::Borrowed(kinds),
            kex: [&*Preferred::DEFAULT.kex, &OLD_KEX].concat().into(),
            mac: [&*Preferred::DEFAULT.mac, &OLD_MAC].concat().into(),
            ..Preferred::DEFAULT
        },
        window_size: WINDOW,
        channel_buffer_size: WAITING,
        keepalive_interval: Some(ALIVE_EVERY),
        inactivity_timeout: Some(SILENT_MAX),
        ..Config::default()
    };
    russh::client::connect_stream(Arc::new(config), stream, check).await
}

async fn log_in(handle: &mut Handle<KeyCheck>, endpoint: &SshEndpoint, login: &Login) -> Result<(), Fault> {
    let tried = timeout(LOGIN_WITHIN, try_login(handle, &endpoint.user, login)).await;
    let late = |_| Fault::Late {
        endpoint: endpoint.to_string(),
        what: "decide about the login",
        within: LOGIN_WITHIN,
    };
    match tried.map_err(late)? {
        Ok(None) => Ok(()),
        // The connection is gone: nobody decided anything.
        Ok(Some(methods)) if methods.is_empty() => Err(Fault::Broken {
            endpoint: endpoint.to_string(),
            doing: "logging in",
            reason: "it hung up; too many tries, or no login allowed from here".into(),
        }),
        Ok(Some(methods)) => Err(Fault::Login {
            endpoint: endpoint.to_string(),
            login: login.word(),
            offered: methods.join(", "),
        }),
        Err(error) => Err(Fault::Broken {
            endpoint: endpoint.to_string(),
            doing: "logging in",
            reason: error.to_string(),
        }),
    }
}

/// `None` when it is logged in, else the methods that the host takes.
async fn try_login(
    handle: &mut Handle<KeyCheck>,
    user: &str,
    login: &Login,
) -> Result<Option<Vec<&'static str>>, russh::Error> {
    let result = match login {
        Login::Key(key) => {
            let hash = handle.best_supported_rsa_hash().await?.flatten();
            handle.authenticate_publickey(user, PrivateKeyWithHashAlg::new(Arc::clone(key), hash)).await?
        }
        Login::Password(password) => {
            let result = handle.authenticate_password(user, password).await?;
            match &result {
                AuthResult::Failure { remaining_methods, .. }
                    if remaining_methods.contains(&MethodKind::KeyboardInteractive)
                        && !remaining_methods.contains(&MethodKind::Password) =>
                {
                    answer_questions(handle, user, password).await?
                }
                _ => result,
            }
        }
    };
    Ok(match result {
        AuthResult::Success => None,
        AuthResult::Failure { remaining_methods, .. } => {
            Some(remaining_methods.iter().map(<&'static str>::from).collect())
        }
    })
}

/// PAM asks for a password in its own words.
async fn answer_questions(
    handle: &mut Handle<KeyCheck>,
    user: &str,
    password: &str,
) -> Result<AuthResult, russh::Error> {
    let mut response = handle.authenticate_keyboard_interactive_start(user, None).await?;
    for _ in 0..QUESTIONS_MAX {
        match response {
            KeyboardInteractiveAuthResponse::Success => return Ok(AuthResult::Success),
            KeyboardInteractiveAuthResponse::Failure { remaining_methods, partial_success } => {
                return Ok(AuthResult::Failure { remaining_methods, partial_success });
            }
            KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. } => {
                let answers = prompts
                    .iter()
                    .map(|prompt| if prompt.echo { String::new() } else { password.to_owned() })
                    .collect();
                response = handle.authenticate_keyboard_interactive_respond(answers).await?;
            }
        }
    }
    Err(russh::Error::UnsupportedAuthMethod)
}

/// Compares the key that a host shows with the one expected (CO-1).
pub(crate) struct KeyCheck {
    expected: HostKey,
    seen: Arc<Mutex<Option<String>>>,
}

impl Handler for KeyCheck {
    type Error = russh::Error;

    async fn check_server_key(&mut self, shown: &PublicKeyOrCertificate) -> Result<bool, russh::Error> {
        let fingerprint = shown.public_key().fingerprint(HashAlg::Sha256).to_string();
        let is_good = match &self.expected {
            HostKey::Pinned(pinned) => *pinned == fingerprint,
            HostKey::FirstUse => true,
        };
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(fingerprint);
        Ok(is_good)
    }
}
