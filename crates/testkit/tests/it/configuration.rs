//! Configurations with a real master and a real agent: files come, are refused, go back, and drift.

use crate::journey::Terminal;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use topmast_testkit::fleet::{Application, TestFleet};
use topmast_testkit::wait::{DEADLINE, wait_for};

/// An application that comes up only with a good file, and notes with which it did.
const UNIT: &str = "command = [\"/bin/sh\", \"-c\", \"cat shop.conf >> shop.seen; grep -q 'mode = good' shop.conf || exit 1; exec sleep 86400\"]\n\
                    start_wait = \"300ms\"\n[restart]\ninitial = \"10s\"\n";

/// A configuration with a template, a secret and a check.
fn shop(mode: &str, port: &str) -> String {
    format!(
        "[[configuration]]\nname = \"shop\"\nwithin = \"default/main\"\napplication = \"shop\"\n\
         check = \"sh -c 'if grep -q hush {{dir}}/shop.conf && grep -q refuse {{dir}}/shop.conf; then cat {{dir}}/shop.conf; exit 1; fi'\"\n\
         [[configuration.file]]\npath = \"shop.conf\"\nmode = \"0600\"\ntemplate = true\ncontent = '''\n\
         mode = {mode}\nport = {{{{ value.port }}}}\non = {{{{ server.name }}}}\npassword = {{{{ secret.password }}}}\n'''\n\
         [configuration.values.\"default/main\"]\nport = \"{port}\"\n\
         [configuration.values.\"default/main/two\"]\nport = \"82\"\n\
         [configuration.secrets]\npassword = \"hush-hush\"\n"
    )
}

struct Shop {
    fleet: TestFleet,
    terminal: Terminal,
    folder: PathBuf,
}

impl Shop {
    async fn start(name: &str, servers: &[&str]) -> anyhow::Result<Self> {
        let mut fleet = TestFleet::start(name).await?;
        let folder = fleet.path().to_owned();
        let terminal = Terminal { home: folder.join("home"), url: fleet.url().to_owned() };
        for server in servers {
            let home = folder.join(server);
            fs::create_dir_all(&home)?;
            fs::write(home.join("shop.conf"), "mode = good, by hand\n")?;
            fleet.add_agent(server, &[Application::from_unit("shop", UNIT)]).await?;
        }
        terminal.shows("apps", "status=STARTED", servers.len()).await?;
        Ok(Self { fleet, terminal, folder })
    }

    async fn set(&self, text: &str, base: Option<u64>) -> anyhow::Result<String> {
        let file = self.folder.join("shop.toml");
        fs::write(&file, text)?;
        let base = base.map(|base| base.to_string());
        let mut arguments = vec!["configurations", "set", "-f", file.to_str().context("no UTF-8")?];
        if let Some(base) = &base {
            arguments.extend(["--base", base]);
        }
        self.terminal.done(&arguments).await
    }

    fn read(&self, server: &str) -> anyhow::Result<String> {
        Ok(fs::read_to_string(self.folder.join(server).join("shop.conf"))?)
    }

    /// Waits until so many applications have a status.
    async fn statuses(&self, expect: &[(&str, &str)]) -> anyhow::Result<()> {
        let look = async || {
            let text = self.terminal.done(&["configurations", "show", "shop", "-o", "json"]).await.ok()?;
            let rows: Vec<Value> = serde_json::from_str(&text).ok()?;
            let has = |(server, status): &(&str, &str)| {
                let path = format!("default/main/{server}/shop");
                rows.iter().any(|row| row["path"] == path.as_str() && row["status"] == *status)
            };
            expect.iter().all(has).then_some(())
        };
        Ok(wait_for(&format!("servers have {expect:?}"), DEADLINE, look).await?)
    }
}

/// Every file of the journal and of the logs that could tell a secret.
fn tells(folder: &Path, secret: &str) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(tells(&path, secret)?);
        } else if fs::read(&path)
            .is_ok_and(|bytes| bytes.windows(secret.len()).any(|part| part == secret.as_bytes()))
        {
            found.push(path);
        }
    }
    Ok(found)
}

#[tokio::test]
async fn files_come_rolling_with_values_of_each_server_and_their_secrets_are_told_nowhere()
-> anyhow::Result<()> {
    let shop_on_two = Shop::start("configuration", &["one", "two"]).await?;
    let Shop { terminal, folder, .. } = &shop_on_two;
    shop_on_two.set(&shop("good", "81"), None).await?;
    let plan =
        terminal.done(&["configurations", "apply", "shop", "--dry-run", "--batch", "50%", "--json"]).await?;
    let plan: Value = serde_json::from_str(&plan)?;
    let target = |index: usize| &plan["targets"][index];
    ensure!(target(0)["changed"][0] == "shop.conf" && target(0)["status"] == "PENDING", "{plan}");
    ensure!(target(0)["batch"] == 1 && target(1)["batch"] == 2, "half of two is one: {plan}");
    let told = terminal.done(&["configurations", "apply", "shop", "--yes", "--batch", "1"]).await?;
    ensure!(
        told.contains("2 succeeded")
            && told.contains("1 file of shop revision 1 in place, checked, STARTED again"),
        "{told}"
    );
    ensure!(
        shop_on_two.read("one")? == "mode = good\nport = 81\non = one\npassword = hush-hush\n",
        "{}",
        shop_on_two.read("one")?
    );
    ensure!(shop_on_two.read("two")?.contains("port = 82\non = two"), "{}", shop_on_two.read("two")?);
    // It was restarted with it.
    ensure!(fs::read_to_string(folder.join("one/shop.seen"))?.ends_with("password = hush-hush\n"));
    shop_on_two.statuses(&[("one", "IN_SYNC"), ("two", "IN_SYNC")]).await?;

    // The check sees the secret, and tells it; nobody is told what it was.
    shop_on_two.set(&shop("good, refuse", "81"), Some(1)).await?;
    let refused = terminal
        .run(&["configurations", "apply", "shop", "--yes", "--override", "--reason", "a test"])
        .await?;
    ensure!(
        refused.code == 1 && refused.out.contains("the check refused revision 2"),
        "{}{}",
        refused.out,
        refused.err
    );
    ensure!(
        refused.out.contains("password = <secret>") && !refused.out.contains("hush-hush"),
        "{}",
        refused.out
    );
    ensure!(shop_on_two.read("one")?.starts_with("mode = good\n"), "nothing was changed");
    let exported = terminal.done(&["configurations", "export", "shop"]).await?;
    ensure!(exported.starts_with("# revision 2\n") && exported.contains("<secret>"), "{exported}");
    let events = terminal.done(&["events", "-o", "json"]).await?;
    ensure!(!events.contains("hush-hush") && events.contains("ConfigurationChanged"));
    let kept = tells(&folder.join("master"), "hush-hush")?;
    ensure!(kept.is_empty(), "the master keeps the secret in the clear in {kept:?}");
    for log in ["master.log", "one/agent.log"] {
        ensure!(!fs::read_to_string(folder.join(log))?.contains("hush-hush"), "{log}");
    }
    shop_on_two.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn files_with_which_it_does_not_come_up_go_back_by_themselves() -> anyhow::Result<()> {
    let one = Shop::start("configuration-back", &["one"]).await?;
    one.set(&shop("good", "81"), None).await?;
    one.terminal.done(&["configurations", "apply", "shop", "--yes"]).await?;
    one.set(&shop("bad", "81"), Some(1)).await?;
    let failed = one.terminal.run(&["configurations", "apply", "shop", "--yes"]).await?;
    ensure!(failed.code == 1, "{}{}", failed.out, failed.err);
    ensure!(
        failed.out.contains("it did not come up with the new files")
            && failed.out.contains("the files of revision 1 are back, and it is STARTED with them"),
        "{}",
        failed.out
    );
    ensure!(one.read("one")?.starts_with("mode = good\n"), "{}", one.read("one")?);
    one.terminal.shows("apps", "status=STARTED", 1).await?;
    one.statuses(&[("one", "PENDING")]).await?;

    // By hand: the newest revision says what the first one does.
    let back =
        one.terminal.done(&["configurations", "rollback", "shop", "--yes", "--reason", "it was bad"]).await?;
    ensure!(back.contains("1 succeeded"), "{back}");
    one.statuses(&[("one", "IN_SYNC")]).await?;
    let diff = one.terminal.done(&["configurations", "diff", "shop", "2", "3"]).await?;
    ensure!(diff.contains("-mode = bad") && diff.contains("+mode = good"), "{diff}");
    one.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn hand_edit_on_a_server_is_drift_and_not_written_over_unasked() -> anyhow::Result<()> {
    let two = Shop::start("configuration-drift", &["one", "two"]).await?;
    two.set(&shop("good", "81"), None).await?;
    two.terminal
        .done(&["configurations", "apply", "shop", "--yes", "--override", "--reason", "a test"])
        .await?;
    two.statuses(&[("one", "IN_SYNC"), ("two", "IN_SYNC")]).await?;
    let file = two.folder.join("two/shop.conf");
    fs::write(&file, "mode = good, edited\n")?;
    two.statuses(&[("one", "IN_SYNC"), ("two", "DRIFTED")]).await?;
    let drift = two.terminal.done(&["configurations", "drift"]).await?;
    ensure!(drift.contains("default/main/two/shop") && drift.contains("changed on the server"), "{drift}");

    two.set(&shop("good", "83"), Some(1)).await?;
    let refused = two
        .terminal
        .run(&["configurations", "apply", "shop", "--yes", "--override", "--reason", "a test"])
        .await?;
    ensure!(
        refused.code == 1 && refused.out.contains("was changed on the server since revision 1"),
        "{}",
        refused.out
    );
    ensure!(fs::read_to_string(&file)? == "mode = good, edited\n");
    two.terminal
        .done(&[
            "configurations",
            "apply",
            "shop",
            "--yes",
            "--override",
            "--reason",
            "a test",
            "--overwrite",
        ])
        .await?;
    two.statuses(&[("one", "IN_SYNC"), ("two", "IN_SYNC")]).await?;

    // Changed under somebody's feet.
    let lost = two.set(&shop("good", "84"), Some(1)).await.unwrap_err().to_string();
    ensure!(lost.contains("was changed meanwhile: its revision 2 is by user admin at "), "{lost}");
    two.fleet.finish()?;
    Ok(())
}

#[tokio::test]
async fn folder_of_code_is_planned_locked_and_pruned() -> anyhow::Result<()> {
    let fleet = TestFleet::start("code").await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    let code = fleet.path().join("code");
    fs::create_dir_all(code.join("shop"))?;
    fs::write(code.join("shop/shop.toml"), shop("good", "81"))?;
    let rule = "[[rule]]\nname = \"slow\"\nseverity = \"info\"\nwhen.threshold = { query = \"host_uptime_seconds\", compare = \"<\", value = 60 }\nmessage = \"{name} booted\"\nadvice = \"Look.\"\n";
    fs::write(code.join("rules.toml"), rule)?;
    let window = |hours: u8| {
        format!(
            "[[maintenance]]\nname = \"patches\"\nobjects = [\"default/main\"]\nwindow.recurring = {{ on = \"daily\", at = \"02:00\", zone = \"Europe/Zurich\", lasts = \"{hours}h\" }}\n"
        )
    };
    fs::write(code.join("patches.toml"), window(1))?;
    let folder = code.to_str().context("no UTF-8")?;

    let unasked = terminal.run(&["apply", "-f", folder]).await?;
    ensure!(unasked.code == 2 && unasked.err.contains("give --yes"), "{}{}", unasked.out, unasked.err);
    ensure!(unasked.out.contains("configuration") && unasked.out.contains("added"), "{}", unasked.out);
    ensure!(terminal.done(&["configurations", "-o", "json"]).await?.trim() == "[]", "a plan does nothing");
    terminal.done(&["apply", "-f", folder, "--yes"]).await?;
    let again = terminal.done(&["apply", "-f", folder, "--yes"]).await?;
    ensure!(again.trim() == "3 unchanged", "{again}");

    // A maintenance has its name and no other identity: changed in its file, it is the same one.
    let maintenances = || terminal.done(&["maintenance", "-o", "json"]);
    let before: Value = serde_json::from_str(&maintenances().await?)?;
    fs::write(code.join("patches.toml"), window(2))?;
    let changed = terminal.done(&["apply", "-f", folder, "--yes"]).await?;
    ensure!(changed.contains("patches") && changed.contains("changed"), "{changed}");
    let after: Value = serde_json::from_str(&maintenances().await?)?;
    ensure!(after[0]["id"] == before[0]["id"] && after[0]["window"]["recurring"]["lasts"] == "2h", "{after}");
    let id = after[0]["id"].as_str().context("no id")?;
    let locked = terminal.run(&["maintenance", "cancel", id]).await?;
    ensure!(locked.code == 3 && locked.err.contains("maintenance patches is kept as code"), "{}", locked.err);

    // A lock, until somebody takes it off and says why.
    let locked = terminal.run(&["rules", "delete", "slow"]).await?;
    ensure!(locked.code == 3 && locked.err.contains("rule slow is kept as code"), "{}", locked.err);
    terminal.done(&["release", "rule", "slow", "--reason", "it wakes everybody"]).await?;
    terminal.done(&["rules", "delete", "slow"]).await?;
    let back = terminal.done(&["apply", "-f", folder, "--yes"]).await?;
    ensure!(back.contains("slow") && back.contains("added"), "{back}");

    fs::remove_file(code.join("rules.toml"))?;
    fs::remove_file(code.join("patches.toml"))?;
    let kept = terminal.done(&["apply", "-f", folder, "--yes"]).await?;
    ensure!(kept.trim() == "1 unchanged", "{kept}");
    let pruned = terminal.done(&["apply", "-f", folder, "--yes", "--prune"]).await?;
    ensure!(pruned.contains("slow") && pruned.contains("patches") && pruned.contains("deleted"), "{pruned}");
    ensure!(maintenances().await?.trim() == "[]", "it is cancelled");
    let rules = terminal.done(&["rules", "-o", "csv"]).await?;
    ensure!(!rules.contains("\nslow,"), "{rules}");

    // Bad input is told with its file, and nothing is done.
    fs::write(code.join("bad.toml"), b"[[rule]]\nname = \"\xff\"\n")?;
    let bad = terminal.run(&["apply", "-f", folder, "--yes"]).await?;
    ensure!(bad.code == 2 && bad.err.contains("bad.toml is not UTF-8; save it as UTF-8"), "{}", bad.err);
    fs::write(code.join("bad.toml"), "#".repeat(100 << 20))?;
    let large = terminal.run(&["apply", "-f", folder, "--yes"]).await?;
    ensure!(large.code == 2 && large.err.contains("bad.toml is larger than 1024 KiB"), "{}", large.err);
    fleet.finish()?;
    Ok(())
}
