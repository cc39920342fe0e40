//! Sending to real receivers on this machine, and to some that behave badly.

mod bad;
mod email;
mod receiver;
mod script;
mod snmp_trap;
mod syslog;
mod webhook;

use super::*;
use crate::notification::Fact;
use crate::notification::message::tests::{fact, message};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls_pki_types::PrivateKeyDer;
use topmast_model::problem::Notice;

/// Generous: a receiver that is not there by then is broken.
const DEADLINE: Duration = Duration::from_mins(1);

/// A CA, what it signed for this machine, and senders that trust it.
struct World {
    senders: Senders,
    chain_pem: String,
    key_pem: String,
}

impl World {
    fn new() -> Self {
        Self::with_scripts(None)
    }

    fn with_scripts(scripts: Option<PathBuf>) -> Self {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let ca_pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
        let config = SendersConfig {
            cluster: "acme/main".into(),
            ca_pem,
            host_name: "m1.example.com".into(),
            scripts,
        };
        Self { senders: Senders::new(config).unwrap(), chain_pem: leaf.pem(), key_pem: key.serialize_pem() }
    }

    /// What a server needs to be trusted by these senders.
    fn server_tls(&self) -> Arc<rustls::ServerConfig> {
        use rustls_pki_types::pem::PemObject as _;
        let chain = rustls_pki_types::CertificateDer::from_pem_slice(self.chain_pem.as_bytes()).unwrap();
        let key = PrivateKeyDer::from_pem_slice(self.key_pem.as_bytes()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![chain], key)
            .unwrap();
        Arc::new(config)
    }

    async fn send(&self, channel: &Channel<Secret>, message: &Message) -> Result<Delivery, Failure> {
        send(&self.senders, channel, message).await
    }
}

/// A channel as somebody writes it.
fn channel(toml: &str) -> Channel<Secret> {
    let channel: Channel<Secret> = toml::from_str(&format!("name = \"on-call\"\n{toml}")).unwrap();
    channel.check().unwrap();
    channel.check_secrets().unwrap();
    channel
}

fn down() -> Message {
    message(vec![Fact { cause: Some("sw-7 is down".into()), ..fact(Notice::Opened, "db-1 is DOWN") }])
}
