//! An agent and a master over TLS, as they are installed: the join token carries the fingerprint of the cluster's CA.

use anyhow::Context;
use std::fs;
use std::net::TcpListener;
use std::path::Path;
use topmast_api::client::{ANSWER_TIMEOUT, Client, Credentials, Endpoint};
use topmast_api::join_token::JoinTokenRequest;
use topmast_model::path::ObjectPath;
use topmast_model::status::ServerStatus;
use topmast_testkit::fleet::{AgentProcess, PASSWORD, USER};
use topmast_testkit::process::{Process, program};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};

#[tokio::test]
async fn agent_enrols_and_reports_over_tls_and_trusts_no_other_ca() -> anyhow::Result<()> {
    // The process has one crypto provider; whoever starts first installs it.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let folder = tempfile::tempdir()?;
    let listen = TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let data = folder.path().join("master");
    let (listen_on, data_dir) = (listen.to_string(), data.display().to_string());
    let arguments = ["master", "--listen", &listen_on, "--tls", "on", "--data", &data_dir];
    let environment = [("TOPMAST_ADMIN_PASSWORD", PASSWORD)];
    let log = folder.path().join("master.log");
    let _master = Process::start(&program("topmast")?, arguments, &environment, &log)?;
    let url = format!("https://{listen}");
    let client = wait_for("the master answers", DEADLINE, async || {
        let client = client(&url, &data.join("ca/ca.pem")).ok()?;
        let session = client.session_open(USER, PASSWORD).await.ok()?;
        Some(client.with_credentials(Credentials::of(&session)))
    })
    .await?;
    let token = client.join_token_create(&JoinTokenRequest::default()).await?.secret;

    // The same secret with the fingerprint of another CA: whoever answers is not who made the token.
    let (secret, fingerprint) = token.rsplit_once('.').context("a token without a fingerprint")?;
    let other = format!("{secret}.{}", fingerprint.chars().rev().collect::<String>());
    let mut refused = AgentProcess::start(folder.path(), "refused", &[&url], &other, &[])?;
    let said = folder.path().join("refused/agent.log");
    wait_for("the agent refuses the master", DEADLINE, async || {
        fs::read_to_string(&said).ok().filter(|said| said.contains("not enrolled yet"))
    })
    .await?;
    refused.process().kill()?;

    let mut agent = AgentProcess::start(folder.path(), "web-1", &[&url], &token, &[])?;
    let path: ObjectPath = "default/main/web-1".parse()?;
    let server = async || client.server_get(&path).await.ok().map(|server| server.row);
    let is_up = async || server().await.is_some_and(|row| row.status == ServerStatus::Up);
    wait_until("the server is UP", DEADLINE, is_up).await?;

    // The next agent goes on with its certificate: the token admitted one server, and did.
    agent.process().kill()?;
    let is_away = async || server().await.is_some_and(|row| !row.connected);
    wait_until("the agent is away", DEADLINE, is_away).await?;
    agent.start_again()?;
    let is_back = async || server().await.is_some_and(|row| row.connected);
    wait_until("the agent is back", DEADLINE, is_back).await?;
    Ok(())
}

fn client(url: &str, ca_file: &Path) -> anyhow::Result<Client> {
    let ca_pem = Some(fs::read_to_string(ca_file).context("read the CA")?);
    let (url, credentials) = (url.to_owned(), Credentials::None);
    Ok(Client::new(Endpoint { url, ca_pem, credentials, timeout: ANSWER_TIMEOUT })?)
}
