//! Kind `systemd` against a real systemd: one that is process 1 of namespaces made for the test.
//!
//! ```text
//! test -> unshare -> systemd -> this program again, as a service: the inner test -> agent -> systemctl
//! ```
//!
//! It takes root, systemd and a control group hierarchy of version 2 (also beside those of version 1); where one is
//! missing the test says so and does nothing.

use super::*;
use std::process::Command;
use std::process::Output;

const SYSTEMD: &str = "/lib/systemd/systemd";
const INNER: &str = "supervisor::tests::systemd::inside_a_systemd_units_are_started_seen_and_stopped";

/// Makes what systemd expects of a machine, and becomes it. Nothing of it is seen outside: `/etc` cannot be
/// written, and the mounts and the control group are its own.
const BOOT: &str = r#"
set -e
mount --make-rprivate /
mount --bind /etc /etc
mount -o remount,bind,ro /etc
mount -t proc proc /proc
mount -t tmpfs tmpfs /run
mount -t cgroup2 cgroup2 /sys/fs/cgroup
: > "$HERE/booting"
exec env -i PATH="$PATH" container=other SYSTEMD_UNIT_PATH="$HERE/units" "$SYSTEMD" --system --unit=inner.service --log-target=console
"#;

#[test]
fn real_systemd_runs_what_the_agent_is_asked_for() {
    let dir = tempfile::tempdir().unwrap();
    let out = match boot(dir.path()) {
        Ok(out) => out,
        Err(reason) => {
            eprintln!("skipped, nothing was tested: {reason}");
            return;
        }
    };
    let said = fs::read_to_string(dir.path().join("said")).unwrap_or_default();
    assert!(out.status.success(), "{}\n{said}\n{}", out.status, String::from_utf8_lossy(&out.stderr));
    assert!(said.contains("1 passed"), "{said}");
}

/// Runs the inner test in a machine of its own; `Err` with the reason when there cannot be one here.
fn boot(dir: &Path) -> Result<Output, String> {
    if !nix::unistd::geteuid().is_root() {
        return Err("only root can give systemd namespaces of its own".to_owned());
    }
    if !Path::new(SYSTEMD).exists() {
        return Err(format!("there is no {SYSTEMD}"));
    }
    let group = Group::new()?;
    let units = dir.join("units");
    fs::create_dir(&units).unwrap();
    let program = std::env::current_exe().unwrap();
    let (program, here) = (program.display(), dir.display());
    let service = |name: &str, text: &str| {
        let text = format!("[Unit]\nDefaultDependencies=no\n{text}");
        fs::write(units.join(name), text).unwrap();
    };
    service(
        "inner.service",
        // The machine ends with the test, and with its exit code.
        &format!(
            "SuccessAction=exit-force\nFailureAction=exit-force\n[Service]\nType=oneshot\nTimeoutStartSec=infinity\n\
             ExecStart={program} --exact {INNER} --ignored\nStandardOutput=file:{here}/said\nStandardError=file:{here}/said\n"
        ),
    );
    service("runs.service", "[Service]\nExecStart=/bin/sleep 1000\n");
    service("fails.service", "[Service]\nExecStart=/bin/sh -c 'exit 7'\n");
    // A systemd that cannot go on waits for ever; beyond this time it is killed and the test has failed.
    let mut command = Command::new("timeout");
    command
        .args(["--signal=KILL", "300", "unshare"])
        .args(["--pid", "--fork", "--kill-child", "--mount", "--cgroup", "--uts", "--ipc", "sh", "-c", BOOT])
        .env("HERE", dir)
        .env("SYSTEMD", SYSTEMD);
    let out = group.run(&command).map_err(|error| format!("run unshare: {error}"))?;
    if dir.join("booting").exists() {
        Ok(out)
    } else {
        Err(String::from_utf8_lossy(&out.stderr).trim().to_owned())
    }
}

/// A control group for one systemd, below that of this process.
struct Group(PathBuf);

impl Group {
    fn new() -> Result<Self, String> {
        let mounts = fs::read_to_string("/proc/self/mounts").map_err(|error| error.to_string())?;
        let root = mounts
            .lines()
            .map(|line| line.split(' ').collect::<Vec<_>>())
            .find(|words| words.get(2) == Some(&"cgroup2"))
            .and_then(|words| words.get(1).copied())
            .ok_or("no control groups of version 2 are mounted")?;
        let own = fs::read_to_string("/proc/self/cgroup").map_err(|error| error.to_string())?;
        let own = own.lines().find_map(|line| line.strip_prefix("0::/")).ok_or("no control group")?;
        let path = Path::new(root).join(own).join(format!("topmast-test-{}", Uuid::new_v4()));
        fs::create_dir(&path).map_err(|error| format!("make {}: {error}", path.display()))?;
        Ok(Self(path))
    }

    /// Runs a command that begins in this group.
    fn run(&self, command: &Command) -> io::Result<Output> {
        let mut inner = Command::new("sh");
        inner.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]).arg(self.0.join("cgroup.procs"));
        inner.arg(command.get_program()).args(command.get_args());
        inner.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        inner.stdin(Stdio::null()).output()
    }
}

impl Drop for Group {
    /// Removes the groups that systemd made, innermost first. What is left is empty and costs nothing.
    fn drop(&mut self) {
        fn remove(path: &Path) {
            for entry in fs::read_dir(path).into_iter().flatten().flatten() {
                if entry.path().is_dir() {
                    remove(&entry.path());
                }
            }
            let _ = fs::remove_dir(path);
        }
        remove(&self.0);
    }
}

/// A unit that looks often, so that the test is short.
fn seen(name: &str) -> String {
    format!("kind = 'systemd'\nsystemd_unit = '{name}'\nstatus_interval = '1s'")
}

#[tokio::test]
#[ignore = "runs as a service of the systemd that the test beside it makes"]
async fn inside_a_systemd_units_are_started_seen_and_stopped() {
    assert!(Path::new("/run/systemd/system").exists(), "run real_systemd_runs_what_the_agent_is_asked_for");
    let bench = Bench::start(&[
        ("runs", &seen("runs.service")),
        ("fails", &seen("fails.service")),
        ("missing", &seen("missing.service")),
    ])
    .await;
    let view = bench.status("missing", Unknown).await;
    assert!(view.state.cause.to_string().contains("missing.service (not-found)"), "{}", view.state.cause);

    bench.status("runs", Stopped).await;
    assert!(bench.ask(Operation::Start, "runs").await.succeeded);
    let main = bench.until("runs", |view| view.state.status == Started && view.state.pid.is_some()).await;
    let main = main.state.pid.unwrap();
    assert_eq!(fs::read_to_string(format!("/proc/{main}/comm")).unwrap(), "sleep\n");

    kill(pid(main), Signal::SIGKILL).unwrap();
    let view = bench.status("runs", Failed).await;
    assert_eq!(view.state.cause, Cause::Signal { number: 9, name: "SIGKILL".into() });

    let status = Command::new("systemctl").args(["start", "runs.service"]).status().unwrap();
    assert!(status.success());
    let view = bench.status("runs", Started).await;
    assert_eq!(view.state.cause, Cause::Observed { message: "systemd says that it runs".into() });
    assert!(bench.ask(Operation::Stop, "runs").await.succeeded);
    bench.status("runs", Stopped).await;

    bench.ask(Operation::Start, "fails").await;
    let view = bench.status("fails", Failed).await;
    assert_eq!(view.state.cause, Cause::Exit { code: 7 });
}
