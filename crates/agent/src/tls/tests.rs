//! Handshakes with a real rustls server whose certificate a CA made here has signed.

use super::*;
use crate::endpoint::Endpoint;
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls_pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::TcpListener;

struct Authority {
    pem: String,
    fingerprint: String,
    server: Arc<ServerConfig>,
}

fn authority(present_ca: bool) -> Authority {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let key = KeyPair::generate().unwrap();
    let ca = params.self_signed(&key).unwrap();
    let issuer = Issuer::new(params, key);
    let leaf_key = KeyPair::generate().unwrap();
    let leaf =
        CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&leaf_key, &issuer).unwrap();
    let mut chain = vec![leaf.der().clone()];
    if present_ca {
        chain.push(ca.der().clone());
    }
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(leaf_key.serialize_der()));
    let server = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(chain, private)
        .unwrap();
    Authority { pem: ca.pem(), fingerprint: fingerprint(ca.der()), server: Arc::new(server) }
}

/// One handshake of a client with `trust` and the server; true when the client accepted.
async fn accepted(server: &Authority, trust: &Arc<ClientConfig>) -> bool {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::clone(&server.server));
    let serve = async {
        let (socket, _) = listener.accept().await.unwrap();
        acceptor.accept(socket).await.is_ok()
    };
    let endpoint: Endpoint = format!("https://localhost:{port}/").parse().unwrap();
    tokio::join!(serve, endpoint.connect(Some(trust))).1.is_ok()
}

#[tokio::test]
async fn cluster_trust_accepts_its_own_ca_only() {
    let (ours, other) = (authority(false), authority(false));
    let trust = cluster_trust(&ours.pem).unwrap();
    assert!(accepted(&ours, &trust).await);
    assert!(!accepted(&other, &trust).await);
}

#[tokio::test]
async fn pinned_trust_accepts_the_ca_with_the_fingerprint_only() {
    let (ours, other) = (authority(true), authority(true));
    let trust = pinned_trust(&ours.fingerprint.to_uppercase()).unwrap();
    assert!(accepted(&ours, &trust).await);
    assert!(!accepted(&other, &trust).await);
}

#[tokio::test]
async fn pinned_trust_refuses_a_chain_without_the_ca() {
    let hidden = authority(false);
    assert!(!accepted(&hidden, &pinned_trust(&hidden.fingerprint).unwrap()).await);
}

#[test]
fn cluster_trust_refuses_what_is_not_a_certificate() {
    for pem in ["", "x", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(cluster_trust(pem).is_err(), "{pem:?}");
    }
}
