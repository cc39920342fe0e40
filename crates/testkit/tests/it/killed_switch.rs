//! An agent that is killed in the middle of a switch, of files or of a version: what is there is the old one or the
//! new one whole, and the next agent brings it to an end.

use crate::journey::Terminal;
use anyhow::{Context as _, ensure};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;
use topmast_testkit::fleet::{Application, TestFleet};
use topmast_testkit::wait::{DEADLINE, wait_for};

/// Lines of the file: far more than one write takes.
const LINES: usize = 4_000;

fn terminal(fleet: &TestFleet) -> Terminal {
    Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() }
}

/// What a file says, from its first line to its last.
fn content(mode: &str) -> String {
    format!("mode = {mode}\n{}", format!("{mode}\n").repeat(LINES))
}

#[tokio::test]
async fn agent_killed_between_new_files_and_a_start_with_them_puts_the_old_ones_back() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("killed-configuration").await?;
    let terminal = terminal(&fleet);
    let folder = fleet.path().join("one");
    fs::create_dir_all(&folder)?;
    let (file, up) = (folder.join("shop.conf"), folder.join("up"));
    fs::write(&file, content("good"))?;
    // Healthy with a good file; with another one it is being started for as long as anybody looks.
    let unit = format!(
        "command = [\"/bin/sh\", \"-c\", \"rm -f {up}; grep -q 'mode = good' shop.conf && touch {up}; exec sleep 86400\"]\n\
         start_timeout = \"10m\"\n[health]\nexec = [\"test\", \"-e\", \"{up}\"]\ninterval = \"1s\"\n",
        up = up.display()
    );
    fleet.add_agent("one", &[Application::from_unit("shop", &unit)]).await?;
    terminal.shows("apps", "status=STARTED", 1).await?;
    let configuration = |mode: &str| {
        format!(
            "[[configuration]]\nname = \"shop\"\nwithin = \"default/main\"\napplication = \"shop\"\n\
             [[configuration.file]]\npath = \"shop.conf\"\ncontent = '''\n{}'''\n",
            content(mode)
        )
    };
    let text = fleet.path().join("shop.toml");
    let text_path = text.to_str().context("no UTF-8")?;
    fs::write(&text, configuration("good"))?;
    terminal.done(&["configurations", "set", "-f", text_path]).await?;
    terminal.done(&["configurations", "apply", "shop", "--yes"]).await?;
    fs::write(&text, configuration("other"))?;
    terminal.done(&["configurations", "set", "-f", text_path, "--base", "1"]).await?;
    terminal.done(&["configurations", "apply", "shop", "--yes", "--no-wait"]).await?;

    let new = content("other");
    wait_for("the new file", DEADLINE, async || (fs::read_to_string(&file).ok()? == new).then_some(()))
        .await?;
    terminal.shows("apps", "status=STARTING", 1).await?;
    fleet.agents()[0].process().kill()?;
    ensure!(fs::read_to_string(&file)? == new, "the new file is not whole");
    fleet.agents()[0].start_again()?;
    let old = content("good");
    wait_for("the old file", DEADLINE, async || (fs::read_to_string(&file).ok()? == old).then_some(()))
        .await?;
    terminal.shows("apps", "status=STARTED", 1).await?;
    terminal.shows("actions", "operation=configure status=FAILED,UNKNOWN", 1).await?;
    Ok(fleet.finish()?)
}

/// A version of a program, with the unit file that it brings along.
fn package(folder: &Path, version: &str, program: &str, unit: &str) -> anyhow::Result<String> {
    let inside = folder.join(format!("greeter-{version}"));
    fs::create_dir_all(inside.join("bin"))?;
    let path = inside.join("bin/greeter");
    fs::write(&path, format!("#!/bin/sh\n# {version}\n{program}\n"))?;
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755))?;
    fs::write(inside.join("topmast.toml"), unit)?;
    let archive = folder.join(format!("greeter-{version}.tar.gz"));
    let done = Command::new("tar").arg("-czf").arg(&archive).arg("-C").arg(&inside).arg(".").status()?;
    ensure!(done.success(), "tar ended with {done}");
    Ok(archive.display().to_string())
}

#[tokio::test]
async fn agent_killed_while_a_version_proves_itself_leaves_it_whole_and_goes_on() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("killed-package").await?;
    fleet.add_agent("one", &[]).await?;
    let terminal = terminal(&fleet);
    terminal.shows("servers", "status=UP", 1).await?;
    let (up, gate) = (fleet.path().join("up"), fleet.path().join("gate"));
    let unit = format!(
        "command = [\"{{version_dir}}/bin/greeter\"]\nstart_timeout = \"10m\"\n\
         [health]\nexec = [\"test\", \"-e\", \"{}\"]\ninterval = \"1s\"\n",
        up.display()
    );
    let (up, gate) = (up.display(), gate);
    let first = package(fleet.path(), "1.0", &format!("touch {up}; exec sleep 100000"), &unit)?;
    let waits = format!(
        "rm -f {up}; until [ -e {} ]; do sleep 0.1; done; touch {up}; exec sleep 100000",
        gate.display()
    );
    let second = package(fleet.path(), "2.0", &waits, &unit)?;
    for file in [&first, &second] {
        terminal.done(&["packages", "add", file]).await?;
    }
    terminal.done(&["install", "greeter@1.0", "--on", "one"]).await?;
    terminal.done(&["upgrade", "greeter", "--to", "2.0", "--no-wait"]).await?;
    terminal.shows("apps", "name=greeter status=STARTING", 1).await?;
    fleet.agents()[0].process().kill()?;
    let program = fleet.path().join("one/data/installed/greeter/current/bin/greeter");
    let there = fs::read_to_string(&program)?;
    ensure!(there.contains("# 2.0") && there.ends_with("exec sleep 100000\n"), "{there}");
    fleet.agents()[0].start_again()?;
    fs::write(&gate, "")?;
    terminal.shows("apps", "name=greeter version=2.0 status=STARTED", 1).await?;
    // What it was before is there to go back to.
    terminal.done(&["rollback", "greeter"]).await?;
    terminal.shows("apps", "name=greeter version=1.0 status=STARTED", 1).await?;
    Ok(fleet.finish()?)
}
