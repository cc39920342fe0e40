//! AWS' clients as they are, each behind the same three words: service, operation, input.
//!
//! The libraries run in a process of their own (`drivers/`), which reads a call and writes an answer a line; the
//! command line is started anew for each call, as people do.

use anyhow::{Context, bail, ensure};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use topmast_testkit::wait::DEADLINE;

/// What `scripts/setup test` installs.
const MADE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target");
const HERE: &str = env!("CARGO_MANIFEST_DIR");

/// Where a client is sent, and with what it signs.
#[derive(Debug, Clone)]
pub(super) struct Endpoint {
    pub(super) url: String,
    pub(super) key: String,
    pub(super) secret: String,
}

impl Endpoint {
    /// Lets a command find the endpoint, and nothing of the user's own.
    pub(super) fn dress(&self, command: &mut Command) {
        command.env("AWS_ENDPOINT_URL", &self.url).env("AWS_REGION", "us-east-1");
        command.env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_PAGER", "");
        command.env("AWS_ACCESS_KEY_ID", &self.key).env("AWS_SECRET_ACCESS_KEY", &self.secret);
        command.env("AWS_CONFIG_FILE", "/dev/null").env("AWS_SHARED_CREDENTIALS_FILE", "/dev/null");
        command.env("AWS_EC2_METADATA_DISABLED", "true");
    }
}

/// What a client tells of a refused call.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
pub(super) struct Refusal {
    pub(super) code: String,
    pub(super) message: Option<String>,
}

/// A client.
pub(super) enum Driver {
    /// A process that answers line by line.
    Lines { process: Box<Child>, input: ChildStdin, output: Box<Lines<BufReader<ChildStdout>>> },
    /// The AWS CLI.
    CommandLine { program: PathBuf, endpoint: Endpoint },
}

/// The Python of a folder that `scripts/setup test` makes.
pub(crate) fn python(folder: &str) -> PathBuf {
    Path::new(MADE).join(folder).join("bin/python3")
}

/// The AWS CLI of `PyPI`.
pub(crate) fn command_line() -> PathBuf {
    Path::new(MADE).join("python-aws/bin/aws")
}

impl Driver {
    /// boto3 in one of the folders.
    pub(super) fn boto3(folder: &str, endpoint: &Endpoint) -> anyhow::Result<Self> {
        let mut command = Command::new(python(folder));
        command.arg(Path::new(HERE).join("tests/it/aws/drivers/boto3_driver.py"));
        Self::start(command, endpoint)
    }

    /// The SDK for JavaScript, in the Node that builds the console.
    pub(super) fn javascript(endpoint: &Endpoint) -> anyhow::Result<Self> {
        let node = Path::new(HERE).join("../../ui/node_modules/.bin/node");
        let mut command = if node.exists() { Command::new(node) } else { Command::new("node") };
        command.arg(Path::new(HERE).join("js-aws/driver.js"));
        Self::start(command, endpoint)
    }

    fn start(mut command: Command, endpoint: &Endpoint) -> anyhow::Result<Self> {
        endpoint.dress(&mut command);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().context("start a client; scripts/setup test installs it")?;
        let input = process.stdin.take().context("no input")?;
        let output = BufReader::new(process.stdout.take().context("no output")?).lines();
        Ok(Self::Lines { process: Box::new(process), input, output: Box::new(output) })
    }

    /// The AWS CLI at a path.
    pub(super) fn aws(program: &Path, endpoint: &Endpoint) -> anyhow::Result<Self> {
        ensure!(program.exists(), "there is no {}: scripts/setup test installs it", program.display());
        Ok(Self::CommandLine { program: program.to_owned(), endpoint: endpoint.clone() })
    }

    /// Makes a call.
    pub(super) async fn call(
        &mut self,
        service: &str,
        operation: &str,
        input: &Value,
    ) -> anyhow::Result<Result<Value, Refusal>> {
        let call = async {
            match self {
                Self::Lines { process, input: told, output } => {
                    let line = json!({ "service": service, "operation": operation, "input": input });
                    told.write_all(format!("{line}\n").as_bytes()).await?;
                    let Some(line) = output.next_line().await? else {
                        bail!("the client ended with {}; its last words are above", process.wait().await?);
                    };
                    let mut answer: Value = serde_json::from_str(&line).context(line)?;
                    match answer.get_mut("error").map(Value::take) {
                        Some(error) => Ok(Err(serde_json::from_value(error)?)),
                        None => Ok(Ok(answer["output"].take())),
                    }
                }
                Self::CommandLine { program, endpoint } => {
                    on_command_line(program, endpoint, service, operation, input).await
                }
            }
        };
        tokio::time::timeout(DEADLINE, call).await.context("a client does not answer")?
    }
}

async fn on_command_line(
    program: &Path,
    endpoint: &Endpoint,
    service: &str,
    operation: &str,
    input: &Value,
) -> anyhow::Result<Result<Value, Refusal>> {
    let mut command = Command::new(program);
    endpoint.dress(&mut command);
    // Debian's does not know the variable yet.
    command.args(["--endpoint-url", &endpoint.url, "--output", "json", service, &kebab(operation)]);
    command.args(["--cli-input-json", &input.to_string()]);
    let output = command.stdin(Stdio::null()).kill_on_drop(true).output().await?;
    let (told, wrong) = (String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?);
    if output.status.success() {
        let told = told.trim();
        return Ok(Ok(if told.is_empty() { json!({}) } else { serde_json::from_str(told)? }));
    }
    let (_, rest) = wrong.split_once("An error occurred (").with_context(|| wrong.clone())?;
    let (code, rest) = rest.split_once(')').context("no end of the code")?;
    let message = rest.split_once("operation: ").map(|(_, message)| message.trim_end().to_owned());
    Ok(Err(Refusal { code: code.to_owned(), message }))
}

/// `PutMetricData` is `put-metric-data`.
fn kebab(operation: &str) -> String {
    let mut name = String::new();
    for letter in operation.chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('-');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}
