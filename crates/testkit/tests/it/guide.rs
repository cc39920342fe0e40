//! The commands of the guide, as they stand there, against a `topmast dev` of their own.

use crate::aws::driver::command_line;
use crate::journey::{free_port, payment_switch_at};
use anyhow::{Context as _, ensure};
use serde_json::json;
use std::fs;
use std::path::Path;
use tempfile::TempDir;
use topmast_api::client::{ANSWER_TIMEOUT, Client, Credentials, Endpoint};
use topmast_api::notification::NotificationsRequest;
use topmast_api::page::ListQuery;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_testkit::guide::Guide;
use topmast_testkit::process::{Process, kill_inside, program};
use topmast_testkit::receiver::{Receiver, SECRET};
use topmast_testkit::wait::{DEADLINE, wait_for};

const PASSWORD: &str = "a password of tests only";

/// A `topmast dev` with the demo switch, its folder, and a client of it.
struct Dev {
    client: Client,
    url: String,
    demo: String,
    /// Ends before its folder goes.
    topmast: Option<Process>,
    folder: TempDir,
}

impl Drop for Dev {
    fn drop(&mut self) {
        // With its agent inside, which would start again what ends.
        self.topmast = None;
        kill_inside(self.path());
    }
}

impl Dev {
    async fn start() -> anyhow::Result<Self> {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let folder = tempfile::Builder::new().prefix("topmast-guide-").tempdir()?;
        let (log, data, demo_port) =
            (folder.path().join("dev.log"), folder.path().join("data"), free_port()?);
        payment_switch_at(demo_port)?.write(&data)?;
        let arguments =
            ["dev", "--no-demo", "--listen", "127.0.0.1:0", "--data", data.to_str().context("no UTF-8")?];
        let environment = [("TOPMAST_ADMIN_PASSWORD", PASSWORD)];
        let topmast = Process::start(&program("topmast")?, arguments, &environment, &log)?;
        let said = async || {
            let said = fs::read_to_string(&log).ok()?;
            let line = said.lines().find_map(|line| line.trim().strip_prefix("console "))?;
            Some(line.trim().to_owned())
        };
        let url = wait_for("topmast dev says where it is", DEADLINE, said).await?;
        let client = Client::new(Endpoint {
            url: url.clone(),
            ca_pem: None,
            credentials: Credentials::Basic { user: "admin".into(), password: PASSWORD.into() },
            timeout: ANSWER_TIMEOUT,
        })?;
        let demo = format!("http://127.0.0.1:{demo_port}");
        Ok(Self { client, url, demo, topmast: Some(topmast), folder })
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Runs a page with what its commands need: `topmast`, logged in by the environment, and AWS' own CLI.
    async fn runs(&self, guide: &Guide) -> anyhow::Result<String> {
        let folder = |program: &Path| Some(program.parent()?.display().to_string());
        let programs = folder(&program("topmast")?).zip(folder(&command_line())).context("no folder")?;
        let path = format!("{}:{}:{}", programs.0, programs.1, std::env::var("PATH")?);
        let home = self.path().join("home").display().to_string();
        let environment = [
            ("PATH", path.as_str()),
            ("XDG_CONFIG_HOME", &home),
            ("NO_COLOR", "1"),
            ("TOPMAST_URL", &self.url),
            ("TOPMAST_USER", "admin"),
            ("TOPMAST_PASSWORD", PASSWORD),
            // Nothing of the user's own.
            ("AWS_CONFIG_FILE", "/dev/null"),
            ("AWS_SHARED_CREDENTIALS_FILE", "/dev/null"),
            ("AWS_EC2_METADATA_DISABLED", "true"),
            ("AWS_PAGER", ""),
        ];
        Ok(guide.run(self.path(), &environment).await?)
    }

    /// A service of the demo, once it is seen.
    async fn service(&self) -> anyhow::Result<ServiceRow> {
        let look = async || {
            let page = self.client.list::<ServiceRow>(&ListQuery::default()).await.ok()?;
            page.items.into_iter().find(|row| row.name == "MC_CREDIT")
        };
        Ok(wait_for("the services of the demo are seen", DEADLINE, look).await?)
    }

    /// A service that does not work, and the number of the problem that it is.
    async fn problem(&self) -> anyhow::Result<(u64, String)> {
        self.service().await?;
        let fault =
            json!({ "service": "MC_CREDIT", "kind": "malfunction", "code": "DISCONN01", "seconds": 600 });
        let answer = reqwest::Client::new()
            .post(format!("{}/fault", self.demo))
            .header("content-type", "application/json")
            .body(fault.to_string())
            .send()
            .await?;
        ensure!(answer.status().is_success(), "{answer:?}");
        let look = async || {
            let query = ListQuery { filter: Some("rule=service-malfunction".into()), ..ListQuery::default() };
            let found = self.client.problem_list(&query).await.ok()?.items.into_iter().next()?;
            Some((found.id.0, found.object.to_string()))
        };
        Ok(wait_for("there is a problem", DEADLINE, look).await?)
    }
}

/// What a page of the guide tells of ours: the object and the number of a problem there is.
async fn of_problems(dev: &Dev, page: &str) -> anyhow::Result<Guide> {
    let (id, object) = dev.problem().await?;
    let server: Vec<&str> = object.split('/').take(3).collect();
    let [_, _, name] = server[..] else { anyhow::bail!("{object} is on no server") };
    Ok(Guide::read(page)?
        .with("acme/main/db-1", &server.join("/"))
        .with("acme/main", &server[..2].join("/"))
        .with("db-1", name)
        .with("17", &id.to_string()))
}

#[tokio::test]
async fn commands_of_the_page_on_problems_run() -> anyhow::Result<()> {
    let dev = Dev::start().await?;
    let first = r#""$(topmast maintenance -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')""#;
    let said = dev.runs(&of_problems(&dev, "problems.md").await?.with("ID", first)).await?;
    ensure!(said.contains("queue-long would be added") && said.contains("MC_CREDIT"), "{said}");
    Ok(())
}

#[tokio::test]
async fn commands_of_the_page_on_acting_run() -> anyhow::Result<()> {
    let dev = Dev::start().await?;
    let (_, object) = dev.problem().await?;
    let cluster = object.split('/').take(2).collect::<Vec<_>>().join("/");
    let first = r#""$(topmast freeze -o json | python3 -c 'import json, sys; print(json.load(sys.stdin)[0]["id"])')""#;
    let guide = Guide::read("acting.md")?.with("acme/main", &cluster).with("ID", first);
    let said = dev.runs(&guide).await?;
    ensure!(said.contains("is stopped, then started") && said.contains("year end"), "{said}");
    ensure!(
        said.contains("policy production is set") && said.contains("deleted policy production"),
        "{said}"
    );
    Ok(())
}

#[tokio::test]
async fn commands_of_the_page_on_logs_run() -> anyhow::Result<()> {
    let dev = Dev::start().await?;
    let look = async || {
        let page = dev.client.list::<ServiceRow>(&ListQuery::default()).await.ok()?;
        (!page.items.is_empty()).then_some(())
    };
    wait_for("the services of the demo are seen", DEADLINE, look).await?;
    let said = dev.runs(&Guide::read("logs.md")?).await?;
    ensure!(said.contains("APPLICATION") && said.contains("LogsRead"), "{said}");
    ensure!(said.contains(r#"{"event":"begun""#), "{said}");
    Ok(())
}

#[tokio::test]
async fn commands_of_the_page_on_the_audit_run() -> anyhow::Result<()> {
    let dev = Dev::start().await?;
    let (_, object) = dev.problem().await?;
    let application = object.rsplit_once('/').context("no application")?.0;
    let guide = Guide::read("audit.md")?.with("local/main/vm/payment-switch", application);
    let said = dev.runs(&guide).await?;
    ensure!(said.contains("MasterActivated") && said.contains("whole: "), "{said}");
    ensure!(said.contains(&format!("{application} is STARTED since")), "{said}");
    ensure!(said.contains("as of 20"), "{said}");
    Ok(())
}

#[tokio::test]
async fn commands_of_the_page_on_notifications_run() -> anyhow::Result<()> {
    let dev = Dev::start().await?;
    let receiver = Receiver::webhook(dev.path(), 0).await?;
    let channel = |name: &str| {
        let port = receiver.port();
        format!(
            "[[channel]]\nname = \"{name}\"\nwebhook = {{ url = \"http://127.0.0.1:{port}/\", secret = \"{SECRET}\" }}\n"
        )
    };
    fs::write(dev.path().join("channels.toml"), channel("pager") + &channel("boss"))?;
    let said = dev.runs(&of_problems(&dev, "notifications.md").await?).await?;
    ensure!(said.contains("pager took it") && said.contains("critical added"), "{said}");
    receiver.takes(&["\"test\": true", "\"signed\": true"]).await?;
    Ok(())
}

#[tokio::test]
async fn commands_of_the_page_on_aws_tools_run() -> anyhow::Result<()> {
    let aws = command_line();
    ensure!(aws.exists(), "there is no {}: scripts/setup test installs it", aws.display());
    let dev = Dev::start().await?;
    let server = dev.service().await?.server;
    let guide = Guide::read("aws.md")?.with("http://127.0.0.1:7400", &dev.url).with("web1", &server);
    let said = dev.runs(&guide).await?;
    let png = fs::read(dev.path().join(format!("{server}.png")))?;
    ensure!(png.starts_with(b"\x89PNG"), "{} bytes that are no picture", png.len());
    for told in ["DryRunOperation", "\"value\": \"db\"", "correct horse", "orders-missing", "\"stage\""] {
        ensure!(said.contains(told), "nothing of {told:?} in {said}");
    }
    Ok(())
}

#[tokio::test]
async fn commands_of_the_page_on_the_lifecycle_run() -> anyhow::Result<()> {
    let dev = Dev::start().await?;
    let look =
        async || dev.client.list::<ServerRow>(&ListQuery::default()).await.ok()?.items.into_iter().next();
    let server = wait_for("the server is seen", DEADLINE, look).await?.name;
    let said = dev.runs(&Guide::read("lifecycle.md")?.with("db-1", &server)).await?;
    ensure!(said.contains("greeter@2.0 is back, STARTED") && said.contains("greeter@3.0 removed"), "{said}");
    Ok(())
}

#[tokio::test]
async fn channels_of_the_guide_can_be_applied() -> anyhow::Result<()> {
    let dev = Dev::start().await?;
    // What stands for a secret in the page is too short for one.
    let guide = Guide::read("channels.md")?;
    let files =
        guide.blocks().iter().filter(|block| block.language == "toml" && block.text.contains("[[channel]]"));
    let mut names = Vec::new();
    for block in files {
        let text = block.text.replace('…', "0123456789abcdef0123456789abcdef");
        let request = NotificationsRequest { text, prune: false, dry_run: true };
        let plan =
            dev.client.channel_apply(&request).await.with_context(|| format!("line {}", block.line))?;
        names.extend(plan.added);
    }
    ensure!(names == ["on-call", "tickets", "ops-chat", "siem", "nms", "old-nms", "pager"], "{names:?}");
    Ok(())
}

#[tokio::test]
async fn commands_of_the_page_on_configurations_run() -> anyhow::Result<()> {
    let dev = Dev::start().await?;
    let look = async || {
        let page = dev.client.list::<ServiceRow>(&ListQuery::default()).await.ok()?;
        page.items.first().map(|row| row.path.to_string())
    };
    let service = wait_for("the demo is there", DEADLINE, look).await?;
    let cluster: Vec<&str> = service.split('/').take(2).collect();
    let guide = Guide::read("configurations.md")?.with("acme/main", &cluster.join("/"));
    let said = dev.runs(&guide).await?;
    ensure!(said.contains("shop has revision 2") && said.contains("+port = \"8401\""), "{said}");
    ensure!(
        said.contains("1 file of shop revision 2 in place, checked") && said.contains("2 unchanged"),
        "{said}"
    );
    ensure!(!said.contains("correct horse"), "{said}");
    Ok(())
}
