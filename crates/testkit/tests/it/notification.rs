//! A problem of a real process on every kind of channel: what real receivers take, and what the ledger says of it.

use crate::journey::Terminal;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use topmast_testkit::fleet::{Application, TestFleet};
use topmast_testkit::receiver::{COMMUNITY, Receiver, SECRET};
use topmast_testkit::wait::{DEADLINE, wait_for};

const NAMES: [&str; 5] = ["mail", "hook", "traps", "lines", "page"];
const ROUTE: &str = r#"
[[route]]
name = "quarantined"
severity = "critical"
filter = "rule=application-quarantined"
channels = ["mail", "hook", "traps", "lines", "page"]
"#;
/// Keeps what it is told, whole or not at all, and says so.
const PAGE: &str = "#!/bin/sh\nset -e\nfolder=$(dirname \"$0\")/../pages\n\
                    cat > \"$folder/$TOPMAST_ID.new\"\nmv \"$folder/$TOPMAST_ID.new\" \"$folder/$TOPMAST_ID.json\"\n\
                    echo \"paged: $TOPMAST_SUBJECT\"\n";

/// The real receivers.
struct Receivers {
    mail: Receiver,
    hook: Receiver,
    traps: Receiver,
    lines: Receiver,
}

impl Receivers {
    async fn start(folder: &Path) -> anyhow::Result<Self> {
        Ok(Self {
            mail: Receiver::smtp(folder).await?,
            hook: Receiver::webhook(folder, 1).await?,
            traps: Receiver::traps(folder).await?,
            lines: Receiver::syslog(folder).await?,
        })
    }

    fn channels(&self, page: &Path) -> String {
        let Self { mail, hook, traps, lines } = self;
        format!(
            "[[channel]]\nname = \"mail\"\nemail = {{ host = \"127.0.0.1\", port = {}, security = \"none\", \
             from = \"topmast@example.com\", to = [\"ann@example.com\"] }}\n\
             [[channel]]\nname = \"hook\"\nwebhook = {{ url = \"http://127.0.0.1:{}/\", secret = \"{SECRET}\" }}\n\
             [[channel]]\nname = \"traps\"\nsnmp_trap = {{ host = \"127.0.0.1\", port = {}, version = {{ v2c = {{ community = \"{COMMUNITY}\" }} }} }}\n\
             [[channel]]\nname = \"lines\"\nsyslog = {{ host = \"127.0.0.1\", port = {}, facility = \"local3\" }}\n\
             [[channel]]\nname = \"page\"\nscript = {{ program = \"{}\" }}\n",
            mail.port(),
            hook.port(),
            traps.port(),
            lines.port(),
            page.display()
        )
    }
}

/// What the program was told with this notice.
async fn page(folder: &Path, notice: &str) -> anyhow::Result<Value> {
    let look = async || {
        let files = fs::read_dir(folder).ok()?.flatten().map(|file| file.path());
        let whole = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
        let mut told =
            whole.filter_map(|path| serde_json::from_str::<Value>(&fs::read_to_string(path).ok()?).ok());
        told.find(|told| told["problems"][0]["notice"] == notice)
    };
    Ok(wait_for(&format!("the program is told {notice}"), DEADLINE, look).await?)
}

#[tokio::test]
async fn problem_comes_to_every_kind_of_receiver_with_its_end_and_all_of_it_is_in_the_ledger()
-> anyhow::Result<()> {
    let directory = tempfile::Builder::new().prefix("topmast-notification-").tempdir()?;
    let folder = directory.path().to_owned();
    let (scripts, pages) = (folder.join("scripts"), folder.join("pages"));
    fs::create_dir(&scripts)?;
    fs::create_dir(&pages)?;
    let program = scripts.join("page");
    fs::write(&program, PAGE)?;
    for path in [&scripts, &program] {
        fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
    }
    let receivers = Receivers::start(&folder).await?;
    let config = format!(
        "public_url = \"https://console.example.com\"\n[notification]\nscripts = \"{}\"\n",
        scripts.display()
    );
    let mut fleet = TestFleet::start_with(directory, &folder.join("master"), &config).await?;
    let terminal = Terminal { home: folder.join("home"), url: fleet.url().to_owned() };
    for (noun, text) in [("channels", receivers.channels(&program)), ("routes", ROUTE.to_owned())] {
        let file = folder.join(format!("{noun}.toml"));
        fs::write(&file, text)?;
        terminal.done(&[noun, "apply", "-f", file.to_str().context("no UTF-8")?]).await?;
    }

    // Each is tried first, and that is told as what it is.
    for name in NAMES {
        let said = terminal.done(&["channels", "test", name]).await?;
        ensure!(said.contains("took it"), "{said}");
    }
    terminal.shows("notifications", "why=test result=delivered", NAMES.len()).await?;

    // It ends at once, again and again, until its budget is spent.
    let unit = "command = [\"/bin/false\"]\n[restart]\ninitial = \"10ms\"\nmax_restarts = 1\n";
    fleet.add_agent("demo", &[Application::from_unit("crasher", unit)]).await?;
    terminal.shows("notifications", "notice=opened result=delivered", NAMES.len()).await?;
    let found = terminal.shows("problems", "rule=application-quarantined", 1).await?;
    let id = found[0]["id"].as_u64().context("no number")?.to_string();
    let link = format!("https://console.example.com/problems?open={id}");
    let mail = receivers.mail.takes(&["Subject: [CRITICAL]"]).await?;
    let text = serde_json::from_str::<Value>(&mail)?["text"].as_str().context("no text")?.to_owned();
    // As quoted-printable has it.
    let text = text.replace("=\r\n", "").replace("=3D", "=");
    ensure!(text.contains(&link), "{text}");
    let root = ".1.3.6.1.4.1.8072.9999.9999.7400";
    let number = format!("{root}.1.3.0 = Gauge32: {id}");
    receivers.traps.takes(&[&format!("{root}.0.1"), &number]).await?;
    receivers.lines.takes(&["local3|crit|opened|", &format!("id=\"{id}\""), "/crasher"]).await?;
    ensure!(page(&pages, "opened").await?["problems"][0]["link"] == link);

    // The web hook said 500 first: the same message came again, each attempt signed, and both are in the ledger.
    let hooks: Vec<Value> = receivers
        .hook
        .taken()
        .iter()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|request| request["told"]["problems"][0]["notice"] == "opened")
        .collect();
    let statuses: Vec<_> = hooks.iter().map(|request| request["status"].as_u64()).collect();
    ensure!(statuses == [Some(500), Some(204)], "{hooks:?}");
    ensure!(
        hooks[0]["key"] == hooks[1]["key"] && hooks.iter().all(|request| request["signed"] == true),
        "{hooks:?}"
    );
    let attempts = terminal.rows("notifications", "channel=hook notice=opened").await?;
    let told: Vec<_> =
        attempts.iter().rev().map(|row| (row["attempt"].as_u64(), row["result"].as_str())).collect();
    ensure!(told == [(Some(1), Some("failed")), (Some(2), Some("delivered"))], "{attempts:?}");
    ensure!(attempts[1]["reason"].as_str().is_some_and(|reason| reason.contains("500")), "{attempts:?}");
    let why = terminal.done(&["notifications", "why", &id]).await?;
    ensure!(why.contains("channel hook: opened: told") && why.contains("at attempt 2"), "{why}");

    // Its end comes to all of them.
    terminal.done(&["stop", "crasher", "--yes"]).await?;
    terminal.shows("notifications", "notice=recovered result=delivered", NAMES.len()).await?;
    receivers.mail.takes(&["Subject: [recovered]"]).await?;
    receivers.hook.takes(&["\"notice\": \"recovered\"", "\"signed\": true"]).await?;
    receivers.traps.takes(&[&format!("{root}.0.5"), &number]).await?;
    receivers.lines.takes(&["local3|notice|recovered|", &format!("id=\"{id}\"")]).await?;
    page(&pages, "recovered").await?;
    drop(receivers);
    Ok(fleet.finish()?)
}
