//! Packages from the upload to the running version, with real programs: the command line, a master, two agents.

use crate::full_disk::SmallDisk;
use crate::journey::Terminal;
use anyhow::{Context as _, ensure};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::wait::{DEADLINE, wait_for};

const UNIT: &str = "command = [\"{version_dir}/bin/greeter\"]\nstart_wait = \"300ms\"\nautostart = false\n\
                    [restart]\npolicy = \"on-failure\"\ninitial = \"1h\"\n";
const RUNS: &str = "#!/bin/sh\nexec sleep 100000\n";
const ENDS: &str = "#!/bin/sh\necho broken\nexit 7\n";

/// A tar.gz of a program, and of its unit file when one is given.
fn package(folder: &Path, version: &str, program: &str, unit: Option<&str>) -> anyhow::Result<String> {
    let inside = folder.join(format!("greeter-{version}"));
    fs::create_dir_all(inside.join("bin"))?;
    let path = inside.join("bin/greeter");
    fs::write(&path, format!("{program}# {version}\n"))?;
    fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755))?;
    if let Some(unit) = unit {
        fs::write(inside.join("topmast.toml"), unit)?;
    }
    let archive = folder.join(format!("greeter-{version}.tar.gz"));
    tar(&archive, &inside)?;
    Ok(archive.display().to_string())
}

fn tar(archive: &Path, inside: &Path) -> anyhow::Result<()> {
    let done = Command::new("tar").arg("-czf").arg(archive).arg("-C").arg(inside).arg(".").status()?;
    ensure!(done.success(), "tar ended with {done}");
    Ok(())
}

fn terminal(fleet: &TestFleet) -> Terminal {
    Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() }
}

/// The process of the only application that a filter lets through.
async fn process(terminal: &Terminal, filter: &str) -> anyhow::Result<Value> {
    let rows = terminal.shows("apps", &format!("{filter} status=STARTED"), 1).await?;
    Ok(rows[0]["started_at"].clone())
}

/// Two servers, one package added.
async fn fleet(name: &str) -> anyhow::Result<(TestFleet, Terminal)> {
    let mut fleet = TestFleet::start(name).await?;
    for server in ["one", "two"] {
        fleet.add_agent(server, &[]).await?;
    }
    let terminal = terminal(&fleet);
    terminal.shows("servers", "status=UP", 2).await?;
    let first = package(fleet.path(), "1.0", RUNS, Some(UNIT))?;
    terminal.done(&["packages", "add", &first]).await?;
    Ok((fleet, terminal))
}

#[tokio::test]
async fn package_is_installed_upgraded_rolled_back_and_uninstalled() -> anyhow::Result<()> {
    let (fleet, terminal) = fleet("lifecycle").await?;
    let said = terminal.done(&["install", "greeter@1.0", "--on", "one", "two", "--yes"]).await?;
    ensure!(said.contains("greeter@1.0 STARTED as process") && said.contains("2 succeeded"), "{said}");
    terminal.shows("apps", "name=greeter version=1.0 status=STARTED", 2).await?;

    let second = package(fleet.path(), "2.0", RUNS, Some(UNIT))?;
    let row = terminal.done(&["packages", "add", &second, "-o", "json"]).await?;
    ensure!(row.contains("\"version\": \"2.0\"") && row.contains("\"signed\": false"), "{row}");
    let plan = terminal.done(&["upgrade", "greeter", "--all", "--to", "2.0", "--dry-run"]).await?;
    ensure!(plan.contains("goes from greeter@1.0 to greeter@2.0"), "{plan}");
    terminal.done(&["upgrade", "--filter", "server=one", "--to", "2.0"]).await?;
    let drift = terminal.shows("apps", "version_differs=true", 1).await?;
    ensure!(drift[0]["version"] == "1.0" || drift[0]["version"] == "2.0", "{drift:?}");

    let answer = terminal.run(&["packages", "rm", "greeter@1.0"]).await?;
    ensure!(answer.code == 3 && answer.err.contains("is installed as"), "{}: {}", answer.code, answer.err);
    terminal.done(&["rollback", "--filter", "server=one"]).await?;
    terminal.shows("apps", "name=greeter version=1.0 status=STARTED", 2).await?;

    // Back to a version of one's choice, over the one between.
    let third = package(fleet.path(), "3.0", RUNS, Some(UNIT))?;
    terminal.done(&["packages", "add", &third]).await?;
    for version in ["2.0", "3.0"] {
        terminal.done(&["upgrade", "--filter", "server=one", "--to", version]).await?;
    }
    let back = ["rollback", "--filter", "server=one", "--to", "1.0"];
    let plan = terminal.done(&[&back[..], &["--dry-run"]].concat()).await?;
    ensure!(plan.contains("goes from greeter@3.0 back to greeter@1.0"), "{plan}");
    terminal.done(&back).await?;
    terminal.shows("apps", "name=greeter version=1.0 status=STARTED", 2).await?;
    let answer = terminal.run(&["rollback", "--filter", "server=one"]).await?;
    ensure!(answer.out.contains("there is no version before greeter@1.0"), "{} {}", answer.out, answer.err);
    terminal.done(&["packages", "rm", "greeter@2.0", "greeter@3.0"]).await?;
    let answer = terminal.run(&["upgrade", "--filter", "server=one", "--to", "2.0"]).await?;
    ensure!(answer.code == 3 && answer.err.contains("greeter@2.0"), "{}: {}", answer.code, answer.err);

    let said = terminal
        .done(&["uninstall", "greeter", "--all", "--yes", "--override", "--reason", "it is over"])
        .await?;
    ensure!(said.contains("versions are removed"), "{said}");
    terminal.shows("apps", "", 0).await?;
    for server in ["one", "two"] {
        ensure!(!fleet.path().join(server).join("data/installed/greeter").exists(), "{server}");
    }
    terminal.done(&["packages", "rm", "greeter@1.0"]).await?;
    terminal.done(&["audit", "verify"]).await?;
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn bad_version_goes_back_and_does_not_reach_the_next_batch() -> anyhow::Result<()> {
    let (fleet, terminal) = fleet("lifecycle-bad").await?;
    terminal.done(&["install", "greeter@1.0", "--on", "one", "two", "--yes"]).await?;
    let before = process(&terminal, "server=two").await?;
    let bad = package(fleet.path(), "2.0", ENDS, Some(UNIT))?;
    terminal.done(&["packages", "add", &bad]).await?;
    let upgrade = ["upgrade", "--filter", "name=greeter", "--to", "2.0", "--batch", "1", "--yes"];
    let answer = terminal.run(&upgrade).await?;
    ensure!(answer.code == 1, "{}: {}", answer.code, answer.err);
    ensure!(
        answer.out.contains("did not become healthy") && answer.out.contains("exited with code 7"),
        "{}",
        answer.out
    );
    ensure!(answer.out.contains("greeter@1.0 is back, STARTED"), "{}", answer.out);
    ensure!(answer.out.contains("not begun"), "{}", answer.out);
    terminal.shows("apps", "name=greeter version=1.0 status=STARTED", 2).await?;
    ensure!(process(&terminal, "server=two").await? == before, "what was not begun was restarted");
    Ok(fleet.finish()?)
}

/// A package that wants out, was cut, or is not what was announced changes nothing.
#[tokio::test]
async fn bad_packages_leave_what_runs_alone() -> anyhow::Result<()> {
    let (mut fleet, terminal) = fleet("lifecycle-hostile").await?;
    terminal.done(&["install", "greeter@1.0", "--on", "one"]).await?;
    let before = process(&terminal, "name=greeter").await?;
    let folder = fleet.path().to_owned();

    let digits = "0".repeat(64);
    let file = package(&folder, "2.0", RUNS, None)?;
    let answer = terminal.run(&["packages", "add", &file, "--sha256", &digits]).await?;
    ensure!(answer.code == 3 && answer.err.contains("was announced"), "{}: {}", answer.code, answer.err);

    let inside = folder.join("hostile");
    fs::create_dir_all(&inside)?;
    std::os::unix::fs::symlink("/etc", inside.join("link"))?;
    tar(&folder.join("greeter-3.0.tar.gz"), &inside)?;
    let outside = folder.join("greeter-4.0.tar.gz");
    fs::write(folder.join("hostile.txt"), "x")?;
    let arguments =
        ["-czPf", &outside.display().to_string(), "-C", &inside.display().to_string(), "../hostile.txt"];
    ensure!(Command::new("tar").args(arguments).status()?.success(), "tar of a path out");
    let bomb = folder.join("bomb");
    fs::create_dir_all(&bomb)?;
    fs::File::create(bomb.join("zeros"))?.set_len(200 << 20)?;
    tar(&folder.join("greeter-5.0.tar.gz"), &bomb)?;
    let whole = fs::read(&file)?;
    fs::write(folder.join("greeter-6.0.tar.gz"), &whole[..whole.len() / 2])?;
    for (version, expected) in [
        ("3.0", "leads out of its directory"),
        ("4.0", "leads out of its directory"),
        ("5.0", "unpacks to more than"),
        ("6.0", "no good tar.gz archive"),
    ] {
        let path = folder.join(format!("greeter-{version}.tar.gz")).display().to_string();
        terminal.done(&["packages", "add", &path]).await?;
        let answer = terminal.run(&["upgrade", "greeter", "--to", version]).await?;
        ensure!(
            answer.code == 1 && answer.out.contains(expected),
            "{version}: {} {}",
            answer.code,
            answer.out
        );
        ensure!(process(&terminal, "name=greeter version=1.0").await? == before, "{version}");
    }
    let versions = fleet.path().join("one/data/installed/greeter/versions");
    ensure!(fs::read_dir(versions)?.count() == 1, "something was left behind");

    // The bytes of one are damaged in the master's own store.
    terminal.done(&["packages", "add", &file]).await?;
    let stored = stored(fleet.path(), whole.len() as u64)?;
    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    fs::write(&stored, damaged)?;
    let answer = terminal.run(&["upgrade", "greeter", "--to", "2.0"]).await?;
    ensure!(answer.code == 1 && answer.out.contains("SHA-256"), "{}: {}", answer.code, answer.out);
    ensure!(process(&terminal, "name=greeter version=1.0").await? == before, "damaged");
    ensure!(fleet.agents().len() == 2, "both agents are there");
    Ok(fleet.finish()?)
}

/// The file of a length in the master's store.
fn stored(fleet: &Path, length: u64) -> anyhow::Result<PathBuf> {
    let mut folders = vec![fleet.join("master")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.to_string_lossy().contains("/sha256/") && fs::metadata(&path)?.len() == length {
                return Ok(path);
            }
        }
    }
    anyhow::bail!("the store has no file of {length} bytes")
}

#[tokio::test]
async fn full_disk_at_an_install_leaves_what_runs_alone() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("lifecycle-disk").await?;
    let disk = match SmallDisk::mount(fleet.path().join("one/data/installed")) {
        Ok(disk) => disk,
        Err(reason) => {
            println!("not tested: a tmpfs cannot be mounted here: {reason}");
            return Ok(());
        }
    };
    fleet.add_agent("one", &[]).await?;
    let terminal = terminal(&fleet);
    terminal.shows("servers", "status=UP", 1).await?;
    let first = package(fleet.path(), "1.0", RUNS, Some(UNIT))?;
    terminal.done(&["packages", "add", &first]).await?;
    terminal.done(&["install", "greeter@1.0", "--on", "one"]).await?;
    let before = process(&terminal, "name=greeter").await?;
    let second = package(fleet.path(), "2.0", RUNS, Some(UNIT))?;
    terminal.done(&["packages", "add", &second]).await?;
    let filler = disk.fill()?;
    let answer = terminal.run(&["upgrade", "greeter", "--to", "2.0"]).await?;
    ensure!(answer.code == 1 && answer.out.contains("free some"), "{}: {}", answer.code, answer.out);
    ensure!(process(&terminal, "name=greeter version=1.0").await? == before, "it was restarted");
    fs::remove_file(filler)?;
    terminal.done(&["upgrade", "greeter", "--to", "2.0"]).await?;
    terminal.shows("apps", "name=greeter version=2.0 status=STARTED", 1).await?;
    terminal.done(&["uninstall", "greeter"]).await?;
    drop(disk);
    Ok(fleet.finish()?)
}

/// The agent is killed while bytes come in, slowly: the next one goes on from there when it is asked again.
#[tokio::test]
async fn transfer_that_was_cut_is_kept_and_goes_on() -> anyhow::Result<()> {
    let (mut fleet, terminal) = fleet("lifecycle-cut").await?;
    let config = fleet.path().join("one/agent.toml");
    let text = fs::read_to_string(&config)?;
    // Two minutes for what comes.
    fs::write(&config, format!("{text}[packages]\nmax_bytes_per_s = 20000\n"))?;
    fleet.agents()[0].process().kill()?;
    fleet.agents()[0].start_again()?;
    terminal.shows("servers", "name=one status=UP", 1).await?;
    let noise: Vec<u8> =
        (0..2_400_000_u32).map(|number| number.wrapping_mul(2_654_435_761).to_be_bytes()[0]).collect();
    let inside = fleet.path().join("greeter-2.0");
    fs::create_dir_all(&inside)?;
    fs::write(inside.join("noise"), &noise)?;
    let large = package(fleet.path(), "2.0", RUNS, Some(UNIT))?;
    terminal.done(&["packages", "add", &large]).await?;
    terminal.done(&["install", "greeter@2.0", "--on", "one", "--no-wait"]).await?;
    let parts = fleet.path().join("one/data/packages");
    let arriving = async || {
        let entry = fs::read_dir(&parts).ok()?.next()?.ok()?;
        (entry.metadata().ok()?.len() > 10_000).then(|| entry.path())
    };
    let part = wait_for("bytes come in", DEADLINE, arriving).await?;
    fleet.agents()[0].process().kill()?;
    let have = fs::metadata(&part)?.len();
    ensure!(have < fs::metadata(&large)?.len(), "it was whole already");
    fs::write(&config, text)?;
    fleet.agents()[0].start_again()?;
    terminal.shows("actions", "status=FAILED", 1).await.context("the action that was cut")?;
    ensure!(fs::metadata(&part)?.len() == have, "what came was not kept");
    terminal.done(&["install", "greeter@2.0", "--on", "one"]).await?;
    let log = fs::read_to_string(fleet.path().join("one/agent.log"))?;
    ensure!(log.contains("goes on with what was fetched before"), "{log}");
    terminal.shows("apps", "name=greeter version=2.0 status=STARTED", 1).await?;
    Ok(fleet.finish()?)
}
