//! `topmast login --browser` as a whole: the real command, the real identity provider, and a browser that follows
//! redirects and fills in forms.

use anyhow::{Context, bail, ensure};
use reqwest::header::{CONTENT_TYPE, COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{StatusCode, Url};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::process::program;
use topmast_testkit::wait::{DEADLINE, wait_for};

const CLIENT_SECRET: &str = "a secret of 32 characters and more";
/// What opens an address on a desktop: notes it for the test's browser, whole or not at all.
const OPENER: &str = "#!/bin/sh\nprintf %s \"$1\" > \"$OPENED.new\" && mv \"$OPENED.new\" \"$OPENED\"\n";

/// An identity provider that gives no codes to terminals, and knows ann; it ends with this.
struct Provider {
    _process: Child,
    /// Kept open: a provider that cannot say something ends.
    _said: Lines<BufReader<ChildStdout>>,
}

/// Starts a provider. Returns the master's lines for it as well.
async fn provider(folder: &Path) -> anyhow::Result<(Provider, String)> {
    let people = folder.join("people.json");
    let secret = folder.join("secret");
    fs::write(&people, r#"{"ann": ["noc"]}"#)?;
    fs::write(&secret, CLIENT_SECRET)?;
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("js-oidc/provider.js");
    let mut process = Command::new("node")
        .arg(script)
        .args(["http://127.0.0.1:9/api/v1/oidc/callback", "ES256"])
        .arg(&people)
        .env("DEVICES", "no")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let mut said = BufReader::new(process.stdout.take().context("the provider says nothing")?).lines();
    let port = tokio::time::timeout(DEADLINE, said.next_line()).await??;
    let port = port.context("the identity provider prints its port: `scripts/setup test` installs it")?;
    let lines = format!(
        "public_url = \"http://127.0.0.1:9\"\n\
         [access.oidc]\nissuer = \"http://127.0.0.1:{port}\"\nclient_id = \"topmast\"\n\
         client_secret = \"file:{}\"\n\
         [[access.groups]]\ngroup = \"noc\"\ngrants = [\"viewer\"]\n",
        secret.display()
    );
    Ok((Provider { _process: process, _said: said }, lines))
}

/// A person's desktop.
struct Desktop {
    folder: PathBuf,
    url: String,
}

impl Desktop {
    fn new(fleet: &TestFleet) -> anyhow::Result<Self> {
        let folder = fleet.path().join("desktop");
        fs::create_dir(&folder)?;
        for name in ["xdg-open", "open"] {
            let opener = folder.join(name);
            fs::write(&opener, OPENER)?;
            fs::set_permissions(&opener, fs::Permissions::from_mode(0o755))?;
        }
        Ok(Self { folder, url: fleet.url().to_owned() })
    }

    fn topmast(&self, arguments: &[&str]) -> anyhow::Result<Command> {
        let path = format!("{}:{}", self.folder.display(), std::env::var("PATH")?);
        let mut command = Command::new(program("topmast")?);
        command.args(arguments).env("XDG_CONFIG_HOME", &self.folder).env("NO_COLOR", "1").env("PATH", path);
        command.env("DISPLAY", ":7").env("OPENED", self.opened());
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
        Ok(command)
    }

    fn opened(&self) -> PathBuf {
        self.folder.join("opened")
    }

    /// Begins to log in. Returns the command, which waits, and what it opened.
    async fn log_in(&self) -> anyhow::Result<(Child, String)> {
        let waiting = self.topmast(&["login", &self.url, "--sso"])?.spawn()?;
        let look = async || fs::read_to_string(self.opened()).ok();
        let opened = wait_for("topmast login opens an address", DEADLINE, look).await?;
        fs::remove_file(self.opened())?;
        Ok((waiting, opened))
    }

    async fn whoami(&self) -> anyhow::Result<Output> {
        Ok(self.topmast(&["whoami"])?.output().await?)
    }
}

/// How a command ended, what it printed, and what it told.
async fn ended(command: Child) -> anyhow::Result<(bool, String, String)> {
    let output = tokio::time::timeout(DEADLINE, command.wait_with_output()).await??;
    Ok((output.status.success(), String::from_utf8(output.stdout)?, String::from_utf8(output.stderr)?))
}

/// A browser, which stops before it goes back to a terminal.
struct Browser {
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    fn new() -> anyhow::Result<Self> {
        let http = reqwest::Client::builder().redirect(Policy::none()).build()?;
        Ok(Self { http, cookies: BTreeMap::new() })
    }

    /// Logs ann in at the provider. Returns where that sends the browser.
    async fn way_back(&mut self, begin: &str) -> anyhow::Result<Url> {
        let mut url = Url::parse(begin)?;
        let mut forms = ["prompt=login&login=ann&password=x", "prompt=consent"].into_iter();
        // Log in, consent, and the redirects between them.
        for _ in 0..12 {
            if url.path() == "/callback" {
                return Ok(url);
            }
            let form = url.path().starts_with("/interaction/").then(|| forms.next()).flatten();
            let request = match form {
                None => self.http.get(url.clone()),
                Some(form) => self
                    .http
                    .post(url.clone())
                    .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                    .body(form),
            };
            let cookies: Vec<_> =
                self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
            let response = request.header(COOKIE, cookies.join("; ")).send().await?;
            for cookie in response.headers().get_all(SET_COOKIE) {
                let pair = cookie.to_str()?.split(';').next().and_then(|pair| pair.split_once('='));
                let (name, value) = pair.context("a cookie without a name")?;
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
            let next = response.headers().get(LOCATION).cloned();
            let Some(next) = next else { bail!("{url}: {}", response.text().await?) };
            url = url.join(next.to_str()?)?;
        }
        bail!("the provider sends nobody back");
    }

    /// What a page says.
    async fn page(&self, url: Url) -> anyhow::Result<(StatusCode, String)> {
        let response = self.http.get(url).send().await?;
        Ok((response.status(), response.text().await?))
    }
}

/// An address with another value of a parameter.
fn with(url: &Url, name: &str, value: &str) -> Url {
    let mut other = url.clone();
    let pairs = url.query_pairs().filter(|(found, _)| found != name);
    other.query_pairs_mut().clear().extend_pairs(pairs).append_pair(name, value);
    other
}

#[tokio::test]
async fn terminal_and_browser_log_in_together_and_with_nobody_else() -> anyhow::Result<()> {
    let directory = tempfile::Builder::new().prefix("topmast-login-").tempdir()?;
    let (data, (_provider, lines)) = (directory.path().join("master"), provider(directory.path()).await?);
    let fleet = TestFleet::start_with(directory, &data, &lines).await?;
    let desktop = Desktop::new(&fleet)?;

    let (waiting, opened) = desktop.log_in().await?;
    let mut browser = Browser::new()?;
    let back = browser.way_back(&opened).await?;
    let (status, page) = browser.page(with(&back, "state", "of another login")).await?;
    ensure!(
        status == StatusCode::NOT_FOUND && page.contains("not the login that the terminal waits for"),
        "{page}"
    );
    let (status, page) = browser.page(with(&back, "iss", "https://login.evil.example")).await?;
    ensure!(
        status == StatusCode::FORBIDDEN && page.contains("Not logged in; the terminal says why."),
        "{page}"
    );
    let (is_done, _, told) = ended(waiting).await?;
    ensure!(!is_done && told.contains("sent by \"https://login.evil.example\""), "{told}");
    ensure!(!desktop.whoami().await?.status.success(), "no session was kept");

    let (waiting, opened) = desktop.log_in().await?;
    let mut browser = Browser::new()?;
    let back = browser.way_back(&opened).await?;
    let (status, page) = browser.page(back.clone()).await?;
    ensure!(status == StatusCode::OK && page.contains("Logged in. You can close this page"), "{page}");
    let (is_done, printed, told) = ended(waiting).await?;
    ensure!(is_done && printed.contains("logged in as ann"), "{printed}{told}");
    ensure!(told.contains("gives no codes to terminals") && told.contains(&opened), "{told}");
    let who = desktop.whoami().await?;
    let printed = String::from_utf8(who.stdout)?;
    ensure!(
        who.status.success() && printed.starts_with("user ann at") && printed.contains("viewer"),
        "{printed}"
    );
    ensure!(browser.page(back).await.is_err(), "nobody listens there any more");
    Ok(fleet.finish()?)
}
