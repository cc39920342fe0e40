//! Panes with real programs: everything that a master can ask, and what programs can do about it.

use super::*;
use crate::platform::family::{MARKER, Process, markers};
use nix::unistd::{Uid, User};
use std::collections::BTreeSet;
use topmast_model::id::Epoch;
use topmast_wire::PaneStream;
use topmast_wire::limits::{INPUT_MAX, OUTPUT_MAX};
use uuid::Uuid;

const LONG: Duration = Duration::from_mins(1);
const PLENTY: u64 = 1 << 30;

fn policy() -> Policy {
    let user = Some(User::from_uid(Uid::effective()).unwrap().unwrap().name);
    Policy { user, shell: Some("/bin/sh".into()), sessions_max: 4, idle_timeout: LONG }
}

fn panes(policy: Policy) -> Panes {
    Panes::new(Arc::new(Terminals::new(Some(policy))), crate::log::of_nothing())
}

fn open(command: Option<&str>) -> OpenPane {
    OpenPane {
        pane: PaneId { terminal: Uuid::now_v7(), pane: 0 },
        epoch: Epoch(1),
        command: command.map(str::to_owned),
        size: PaneSize { columns: 80, rows: 24 },
        timeout_ms: 60_000,
        output_max_bytes: PLENTY,
        credit_bytes: PLENTY,
        principal: "user admin".into(),
    }
}

async fn hear(panes: &mut Panes) -> AgentMessage {
    tokio::time::timeout(LONG, panes.next()).await.expect("the pane says nothing")
}

/// Begins a pane that is allowed.
fn begin(panes: &mut Panes, open: &OpenPane) -> PaneId {
    match panes.open(open, None) {
        AgentMessage::PaneStarted { pane, account } => {
            assert_eq!(Some(account), policy().user);
            pane
        }
        other => panic!("not started: {other:?}"),
    }
}

/// What a pane prints until it ends: output, error, and how it ended.
async fn rest(panes: &mut Panes) -> (String, String, PaneOutcome) {
    let (mut output, mut error) = (Vec::new(), Vec::new());
    loop {
        match hear(panes).await {
            AgentMessage::PaneOutput { stream: PaneStream::Output, bytes, .. } => output.extend(bytes),
            AgentMessage::PaneOutput { stream: PaneStream::Error, bytes, .. } => error.extend(bytes),
            AgentMessage::PaneEnded { outcome, .. } => {
                assert!(panes.waiting.try_recv().is_err(), "P-2: nothing comes after the end");
                let text = |bytes| String::from_utf8(bytes).unwrap();
                return (text(output), text(error), outcome);
            }
            other => panic!("not of a pane: {other:?}"),
        }
    }
}

async fn run(command: &str) -> (String, String, PaneOutcome) {
    let mut panes = panes(policy());
    begin(&mut panes, &open(Some(command)));
    rest(&mut panes).await
}

/// Reads a pane's output until it holds a text.
async fn until(panes: &mut Panes, text: &str) -> String {
    let mut seen = String::new();
    while !seen.contains(text) {
        let next = tokio::time::timeout(LONG, panes.next()).await;
        match next.unwrap_or_else(|_| panic!("nothing after {seen:?}")) {
            AgentMessage::PaneOutput { bytes, .. } => seen.push_str(&String::from_utf8_lossy(&bytes)),
            other => panic!("{other:?} after {seen:?}"),
        }
    }
    seen
}

async fn type_into(panes: &mut Panes, pane: PaneId, text: &str) {
    panes.take(MasterMessage::PaneInput { pane, bytes: text.into() }).await;
}

/// Processes of a pane that run now.
fn processes(pane: PaneId) -> Vec<Process> {
    markers(&format!("terminal:{pane}")).into_iter().map(|(process, _)| process).collect()
}

#[tokio::test]
async fn command_ends_with_its_code_and_both_outputs() {
    let (output, error, outcome) = run("echo fine; echo bad >&2; exit 3").await;
    assert_eq!((output.as_str(), error.as_str(), outcome), ("fine\n", "bad\n", PaneOutcome::Exited(3)));
    assert_eq!(run("kill -9 $$").await.2, PaneOutcome::Signalled("KILL".into()));
    assert_eq!(run("cat; tty").await.0, "not a tty\n");
    let (output, _, outcome) = run("head -c 1000000 /dev/zero | tr '\\0' x").await;
    assert_eq!((output.len(), outcome), (1_000_000, PaneOutcome::Exited(0)));
}

#[tokio::test]
async fn command_gets_little_of_the_agent() {
    // SAFETY: nextest runs each test in a process of its own, and this one has one thread that reads variables.
    #[expect(unsafe_code, reason = "a secret of the agent's is needed")]
    unsafe {
        std::env::set_var("TOPMAST_SECRET", "hunter2");
    }
    let (output, _, _) = run("env; echo fds:; ls /proc/self/fd; echo pwd:; pwd").await;
    assert!(!output.contains("hunter2"), "{output}");
    let names: Vec<&str> = output.lines().map_while(|line| Some(line.split_once('=')?.0)).collect();
    let expected = [
        "PATH", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "HOME", "SHELL", "PWD", "OLDPWD", "SHLVL", "_",
        MARKER,
    ];
    assert!(names.iter().all(|name| expected.contains(name)), "{names:?}");
    assert!(["PATH", "HOME", "USER"].iter().all(|name| names.contains(name)), "{names:?}");
    let home = User::from_uid(Uid::effective()).unwrap().unwrap().dir;
    // The three of a program, the directory that ls reads, and what the agent itself was started with for all to have.
    let files: Vec<&str> = output.lines().skip_while(|line| *line != "fds:").skip(1).collect();
    let mut expected: BTreeSet<String> = inherited().into_iter().collect();
    expected.extend(["0", "1", "2", "3"].map(str::to_owned));
    let (files, pwd) = files.split_at(files.iter().position(|line| *line == "pwd:").unwrap());
    assert_eq!(files.iter().map(|&file| file.to_owned()).collect::<BTreeSet<_>>(), expected);
    assert_eq!(pwd[1], home.display().to_string());
}

/// Files of this process that every program gets that it runs.
fn inherited() -> Vec<String> {
    const CLOSED_BY_ITSELF: u32 = 0o2_000_000;
    let names = std::fs::read_dir("/proc/self/fdinfo").unwrap().map(|entry| entry.unwrap().file_name());
    names
        .filter_map(|name| {
            let name = name.into_string().unwrap();
            let info = std::fs::read_to_string(format!("/proc/self/fdinfo/{name}")).ok()?;
            let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
            let flags = u32::from_str_radix(flags.trim(), 8).unwrap();
            (flags & CLOSED_BY_ITSELF == 0).then_some(name)
        })
        .collect()
}

#[tokio::test]
async fn command_runs_as_the_account_of_the_policy_with_its_groups_alone() {
    // P-1
    if !Uid::effective().is_root() {
        return;
    }
    let nobody = User::from_name("nobody").unwrap().unwrap();
    let mut panes = panes(Policy { user: Some("nobody".into()), ..policy() });
    let asked = open(Some("id -u; id -g; id -G; cat /etc/shadow"));
    let account = "nobody".to_owned();
    assert_eq!(panes.open(&asked, None), AgentMessage::PaneStarted { pane: asked.pane, account });
    let (output, error, outcome) = rest(&mut panes).await;
    assert_eq!(output, format!("{}\n{}\n{}\n", nobody.uid, nobody.gid, nobody.gid));
    assert!(error.contains("denied"), "{error}");
    assert_eq!(outcome, PaneOutcome::Exited(1));
    // On a terminal, which is the account's own.
    let pane = open(None);
    panes.open(&pane, None);
    type_into(&mut panes, pane.pane, "stat -c owner=%U $(tty); exit\r").await;
    until(&mut panes, "owner=nobody").await;
}

#[tokio::test]
async fn nothing_runs_that_the_policy_does_not_allow() {
    // P-1
    let words = |message: AgentMessage| match message {
        AgentMessage::PaneEnded { outcome: PaneOutcome::Failed(words), .. } => words,
        other => panic!("not refused: {other:?}"),
    };
    let command = open(Some("true"));
    let mut none = Panes::new(Arc::new(Terminals::new(None)), crate::log::of_nothing());
    assert!(words(none.open(&command, None)).contains("set allow = true and user below [terminal]"));
    assert_eq!(words(none.open(&command, Some("epoch 1 is over".into()))), "epoch 1 is over");
    let mut nobody = panes(Policy { user: Some("no-such-user".into()), ..policy() });
    assert!(words(nobody.open(&command, None)).contains("\"no-such-user\""));
    let mut one = panes(Policy { sessions_max: 1, ..policy() });
    let running = begin(&mut one, &open(Some("sleep 600")));
    assert!(words(one.open(&command, None)).contains("raise sessions_max"));
    one.take(MasterMessage::StopPane { pane: running }).await;
    assert_eq!(rest(&mut one).await.2, PaneOutcome::Stopped);
    begin(&mut one, &command);
    assert_eq!(words(one.open(&command, None)), "it runs already");
    let no_shell = Policy { shell: Some("/no/shell".into()), ..policy() };
    assert!(words(panes(no_shell).open(&open(None), None)).starts_with("run /no/shell: "));
}

#[tokio::test]
async fn stop_ends_what_a_command_started_and_what_hides() {
    // P-4
    let mut panes = panes(policy());
    // One that does not obey, one in a session of its own with its outputs closed.
    let script = "trap '' TERM HUP; setsid sh -c 'trap \"\" TERM HUP; echo hidden; exec >/dev/null 2>&1; sleep 600' & sleep 600";
    let pane = begin(&mut panes, &open(Some(script)));
    until(&mut panes, "hidden").await;
    assert!(processes(pane).len() >= 3, "{:?}", processes(pane));
    panes.take(MasterMessage::StopPane { pane }).await;
    assert_eq!(rest(&mut panes).await.2, PaneOutcome::Stopped);
    assert_eq!(processes(pane), []);
}

#[tokio::test]
async fn lost_connection_ends_the_panes() {
    // P-4
    let mut lost = panes(policy());
    let terminals = Arc::clone(&lost.terminals);
    let pane = begin(&mut lost, &open(Some("echo on; sleep 600 & sleep 600")));
    until(&mut lost, "on").await;
    drop(lost);
    // All places are free again once nothing of it runs.
    let all = tokio::time::timeout(LONG, terminals.places.acquire_many(4)).await.expect("it runs on");
    assert_eq!(processes(pane), []);
    drop(all);
}

#[tokio::test]
async fn agent_that_ends_leaves_no_pane() {
    // P-4
    let mut ending = panes(policy());
    let asked = open(Some("echo on; sleep 600 & sleep 600"));
    let begun = ending.terminals.begin(&asked, ending.outgoing.clone()).unwrap();
    let Begun { orders: _orders, run, .. } = begun;
    tokio::select! {
        () = run => panic!("ended by itself"),
        _ = until(&mut ending, "on") => {}
    }
    let wait = async {
        while !processes(asked.pane).is_empty() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, wait).await.expect("it runs on");
}

#[tokio::test]
async fn what_a_command_leaves_running_runs_on() {
    // P-4
    let mut panes = panes(policy());
    let pane = begin(&mut panes, &open(Some("sleep 600 & echo $!")));
    let (output, _, outcome) = rest(&mut panes).await;
    assert_eq!(outcome, PaneOutcome::Exited(0));
    let left = Process::of(output.trim().parse().unwrap()).expect("it was ended");
    assert_eq!(processes(pane), [left]);
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(left.pid.cast_signed()), nix::sys::signal::SIGKILL)
        .unwrap();
}

#[tokio::test]
async fn flood_waits_for_credit_and_ends_at_its_limit() {
    // P-3
    let mut panes = panes(policy());
    let flood = OpenPane { credit_bytes: 100_000, output_max_bytes: 250_000, ..open(Some("yes")) };
    let pane = begin(&mut panes, &flood);
    let mut came = 0;
    while came < 100_000 {
        match hear(&mut panes).await {
            AgentMessage::PaneOutput { bytes, .. } => {
                assert!(bytes.len() <= OUTPUT_MAX);
                came += bytes.len();
            }
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(came, 100_000);
    // Without credit nothing comes, although another pane runs from begin to end in the meantime.
    begin(&mut panes, &open(Some("true")));
    assert_eq!(rest(&mut panes).await, (String::new(), String::new(), PaneOutcome::Exited(0)));
    panes.take(MasterMessage::PaneCredit { pane, bytes: PLENTY }).await;
    let (output, _, outcome) = rest(&mut panes).await;
    assert_eq!(output.len(), 150_000);
    assert!(matches!(outcome, PaneOutcome::Limited(words) if words.contains("more than 250000 bytes")));
    assert_eq!(processes(pane), []);
}

#[tokio::test]
async fn nobody_who_reads_bounds_what_waits() {
    // P-3
    let mut panes = panes(policy());
    let pane = begin(&mut panes, &open(Some("yes")));
    let wait = async {
        while panes.waiting.len() < OUTGOING {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(LONG, wait).await.expect("the flood does not come");
    // Orders are taken all the same.
    for _ in 0..10 * ORDERS {
        panes.take(MasterMessage::PaneCredit { pane, bytes: 1 }).await;
    }
    assert_eq!(panes.waiting.len(), OUTGOING);
    panes.take(MasterMessage::StopPane { pane }).await;
    assert_eq!(rest(&mut panes).await.2, PaneOutcome::Stopped);
}

#[tokio::test]
async fn command_beyond_its_time_is_ended() {
    let mut panes = panes(policy());
    let pane = begin(&mut panes, &OpenPane { timeout_ms: 50, ..open(Some("sleep 600")) });
    let outcome = rest(&mut panes).await.2;
    assert!(
        matches!(outcome, PaneOutcome::Limited(words) if words.starts_with("it did not end within 0.05 s"))
    );
    assert_eq!(processes(pane), []);
    // A shell without a key, by the agent's own bound.
    let mut panes = self::panes(Policy { idle_timeout: Duration::from_millis(50), ..policy() });
    begin(&mut panes, &open(None));
    let outcome = rest(&mut panes).await.2;
    assert!(matches!(outcome, PaneOutcome::Limited(words) if words.starts_with("no key for 0.05 s")));
}

#[tokio::test]
async fn shell_is_on_a_terminal_of_the_size_asked_for() {
    let mut panes = panes(policy());
    let pane = begin(&mut panes, &OpenPane { size: PaneSize { columns: 100, rows: 30 }, ..open(None) });
    type_into(&mut panes, pane, "echo $0 $TERM size=$(stty size)=\r").await;
    let seen = until(&mut panes, "size=30 100=").await;
    assert!(seen.contains("-sh xterm-256color"), "{seen}");
    panes.take(MasterMessage::ResizePane { pane, size: PaneSize { columns: 1, rows: 1 } }).await;
    type_into(&mut panes, pane, "echo size=$(stty size)=\r").await;
    until(&mut panes, "size=1 1=").await;
    // It leads its session on that terminal: keys are signals, and its jobs have groups.
    panes.take(MasterMessage::ResizePane { pane, size: PaneSize { columns: 200, rows: 30 } }).await;
    type_into(
        &mut panes,
        pane,
        "ps -o tty= -p $$; [ $(ps -o sid= -p $$) = $$ ] && echo lea''der; sh -c 'echo begun; exec sleep 600'\r",
    )
    .await;
    let seen = until(&mut panes, "begun\r\n").await;
    assert!(seen.contains("pts/") && seen.contains("leader"), "{seen}");
    type_into(&mut panes, pane, "\u{3}").await;
    type_into(&mut panes, pane, "echo after=$?; exit 7\r").await;
    until(&mut panes, "after=130").await;
    assert_eq!(rest(&mut panes).await.2, PaneOutcome::Exited(7));
}

#[tokio::test]
async fn stopped_shell_ends_with_its_jobs() {
    // P-4
    let mut panes = panes(policy());
    let pane = begin(&mut panes, &open(None));
    type_into(&mut panes, pane, "sleep 600 & nohup setsid sleep 600 & echo the''re; sleep 600\r").await;
    until(&mut panes, "there").await;
    panes.take(MasterMessage::StopPane { pane }).await;
    assert_eq!(rest(&mut panes).await.2, PaneOutcome::Stopped);
    assert_eq!(processes(pane), []);
}

#[tokio::test]
async fn typing_that_nobody_reads_has_a_bound() {
    let mut panes = panes(policy());
    let pane = begin(&mut panes, &open(None));
    type_into(&mut panes, pane, "stty raw -echo; echo re''ady; sleep 600\r").await;
    until(&mut panes, "ready").await;
    let paste = "x".repeat(INPUT_MAX);
    type_into(&mut panes, pane, &paste).await;
    type_into(&mut panes, pane, &paste).await;
    let outcome = rest(&mut panes).await.2;
    assert!(matches!(outcome, PaneOutcome::Limited(words) if words.starts_with("more than 256 KiB wait")));
    assert_eq!(processes(pane), []);
}
