//! The served API held against its own description, by requests that schemathesis makes of it, right and wrong ones.
//!
//! No answer may be a fault of the master's (5xx), and each must have a status, a type and a shape that the description
//! names. `TOPMAST_CONTRACT_SEED` gives other requests, `TOPMAST_CONTRACT_EXAMPLES` more of them.

use crate::aws::driver::python;
use anyhow::{Context as _, ensure};
use std::process::Stdio;
use tokio::process::Command;
use topmast_api::client::Credentials;
use topmast_api::token::TokenRequest;
use topmast_model::principal::{Grant, Role};
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::simulator::{Options, Simulator, enrol_fleet};
use topmast_testkit::wait::{DEADLINE, wait_until};

/// Servers with an application and a service each, so that there is something to find.
const SERVERS: usize = 2;
/// What is asked of an answer.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
/// Paths that are never asked for.
const LEFT_OUT: &[&str] = &[
    // Their answers never end.
    "/(watch|stream|tail)$",
    // They are WebSockets, which are not made of a request and an answer.
    "/(connect|live)$",
    // The agents are simulated and read no logs: each answer would come after its time.
    "^/api/v1/logs",
    // Who sets it to a network that is made up can ask for nothing any more.
    "^/api/v1/networks$",
];
/// Paths that may end what the test logs in with: it reads them in lists, and tries what it has read. They come last.
const ENDING: &str = "^/api/v1/(tokens|users|sessions)/";

struct Asker<'a> {
    fleet: &'a TestFleet,
    seed: String,
    examples: String,
}

impl Asker<'_> {
    /// Lets schemathesis ask with a token, for these paths or for all but these.
    async fn ask(&self, token: &str, which: &str, paths: &str) -> anyhow::Result<()> {
        let program = python("python-schemathesis").with_file_name("schemathesis");
        ensure!(program.exists(), "there is no {}: scripts/setup test installs it", program.display());
        let url = self.fleet.url();
        let mut command = Command::new(program);
        command.arg("run").arg(format!("{url}/api/v1/openapi.json")).args(["--url", url]);
        command.args(["--header", &format!("Authorization: Bearer {token}"), which, paths]);
        command.args(["--seed", &self.seed, "--max-examples", &self.examples, "--checks", CHECKS]);
        command.args(["--phases", "coverage,fuzzing", "--continue-on-failure", "--no-shrink", "--no-color"]);
        // A busy machine is no fault of the API.
        command.args(["--request-timeout", "60", "--suppress-health-check", "all"]);
        command.args(["--generation-database", "none"]);
        command.current_dir(self.fleet.path()).stdin(Stdio::null()).kill_on_drop(true);
        let output = tokio::time::timeout(4 * DEADLINE, command.output())
            .await
            .context("schemathesis does not end")??;
        let said = String::from_utf8_lossy(&output.stdout);
        ensure!(
            output.status.success(),
            "{which} {paths}: {said}{}",
            String::from_utf8_lossy(&output.stderr)
        );
        Ok(())
    }

    async fn token(&self, role: Role) -> anyhow::Result<String> {
        let request = TokenRequest {
            name: format!("contract-{role}"),
            owner: None,
            grants: vec![Grant { role, path: None }],
            expires_in_s: None,
            speaks_for_users: false,
        };
        Ok(self.fleet.client().token_create(&request).await?.secret)
    }

    /// Whether a token still lets in: if not, little was asked for.
    async fn holds(&self, token: &str) -> bool {
        let client = self.fleet.client().with_credentials(Credentials::Bearer(token.to_owned()));
        client.session_get().await.is_ok()
    }
}

fn setting(variable: &str, otherwise: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| otherwise.to_owned())
}

#[tokio::test]
async fn every_answer_is_one_that_the_description_names() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("contract").await?;
    let identities = enrol_fleet(&fleet.client(), &fleet.join_token(2).await?, "sim", SERVERS).await?;
    let simulator = Simulator::start(fleet.url(), &identities, &Options::default())?;
    wait_until("the servers have reported", DEADLINE, async || {
        let tally = *simulator.tally().borrow();
        tally.connected == SERVERS && tally.ticks > 0 && tally.unacknowledged == 0
    })
    .await?;
    let asker = Asker {
        fleet: &fleet,
        seed: setting("TOPMAST_CONTRACT_SEED", "1"),
        examples: setting("TOPMAST_CONTRACT_EXAMPLES", "2"),
    };
    println!("TOPMAST_CONTRACT_SEED={}", asker.seed);
    let (admin, viewer) = (asker.token(Role::Admin).await?, asker.token(Role::Viewer).await?);
    let left_out = LEFT_OUT.join("|");
    asker.ask(&viewer, "--exclude-path-regex", &left_out).await?;
    ensure!(asker.holds(&viewer).await, "a viewer's token ended amid the requests");
    asker.ask(&admin, "--exclude-path-regex", &format!("{left_out}|{ENDING}")).await?;
    ensure!(asker.holds(&admin).await, "an administrator's token ended amid the requests");
    asker.ask(&admin, "--include-path-regex", ENDING).await?;
    drop(simulator);
    let log = std::fs::read_to_string(fleet.master().log())?;
    ensure!(!log.contains("panicked"), "{}", said(&log));
    Ok(fleet.finish()?)
}

/// What a log says of the first panic.
fn said(log: &str) -> String {
    log.lines().skip_while(|line| !line.contains("panicked")).take(3).collect::<Vec<_>>().join("\n")
}
