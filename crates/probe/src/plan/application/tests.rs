//! Tests: the script is run by the shell that is here, and its answers are understood.

#![expect(clippy::disallowed_types, reason = "the script is for a real shell, so a real one runs it")]

use super::*;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn application(status: &str) -> AgentlessApplication {
    AgentlessApplication {
        name: "switch".into(),
        status_command: status.into(),
        started_when: Vec::new(),
        stopped_when: Vec::new(),
        start_command: None,
        stop_command: None,
        restart_command: None,
        version_command: Some("echo; echo ' 4.2 '".into()),
        log_files: Vec::new(),
        status_timeout_s: 1,
        command_timeout_s: 60,
    }
}

fn run(script: &str) -> Vec<u8> {
    let mut shell = Command::new("/bin/sh")
        .arg("-s")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    shell.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    shell.wait_with_output().unwrap().stdout
}

fn look_at(application: &AgentlessApplication) -> Option<Seen> {
    let look = Look { place: 7, application, version: false };
    let text = run(&script_with(&[], &[look]));
    seen(&Answer::of(&text), &look)
}

#[test]
fn exit_code_decides_as_lsb_says() {
    let check = |status: &str, expected: Seen| assert_eq!(look_at(&application(status)), Some(expected));
    check("true", Seen::Started);
    check("exit 3", Seen::Stopped);
    check("echo one; echo 'it died' >&2; exit 1", {
        Seen::Failed("the status command ended with code 1: one / it died".into())
    });
    check("echo it\\'s; exit 4", Seen::Unclear("the status command ended with code 4: it's".into()));
    assert!(matches!(look_at(&application("/no/such/program")), Some(Seen::Unclear(_))));
    assert!(
        matches!(look_at(&application("echo 'unclosed")), Some(Seen::Failed(_))),
        "it breaks nothing else"
    );
}

#[test]
fn words_decide_where_there_are_some() {
    let check = |printed: &str, expected: Seen| {
        let mut application = application(&format!("echo '{printed}'"));
        application.started_when = vec!["active".into(), "online".into()];
        application.stopped_when = vec!["inoperative".into(), "disabled".into()];
        assert_eq!(look_at(&application), Some(expected), "{printed}");
    };
    check(" switch   grp   4711   active", Seen::Started);
    check(" switch   grp          inoperative", Seen::Stopped);
    check("online*", Seen::Started);
    check("inactive", Seen::Failed("the status command says inactive".into()));
    check("maintenance", Seen::Failed("the status command says maintenance".into()));
    assert!(matches!(
        look_at(&AgentlessApplication {
            started_when: vec!["up".into()],
            stopped_when: vec!["down".into()],
            ..application("echo up down")
        }),
        Some(Seen::Unclear(_))
    ));
}

#[test]
fn command_that_hangs_is_ended_with_its_children_and_holds_up_nothing() {
    // AP-1
    let (hangs, good) = (application("echo waiting; (sleep 60; echo no) ; true"), application("true"));
    let looks = [
        Look { place: 0, application: &hangs, version: false },
        Look { place: 1, application: &good, version: true },
    ];
    let text = run(&script_with(&[], &looks));
    let answer = Answer::of(&text);
    assert!(answer.complete);
    let expected = "the status command did not end within 1 s and was killed: waiting";
    assert_eq!(seen(&answer, &looks[0]), Some(Seen::Unclear(expected.into())));
    assert_eq!(seen(&answer, &looks[1]), Some(Seen::Started));
    assert_eq!((version(&answer, &looks[0]), version(&answer, &looks[1])), (None, Some("4.2".to_owned())));
}

#[test]
fn shells_words_about_what_was_killed_are_not_the_commands() {
    let check = |text: &str, code, shown: &str| {
        assert_eq!(ended_of(text.as_bytes()), Some(Ended { code, text: shown.into() }), "{text}");
    };
    check("waiting\n\n@late\nKilled\n\n@exit 137\n", None, "waiting");
    check("\n@late\r\n\n@exit 137\r\n", None, "");
    check("@late\n\n@exit 0\n", Some(0), "@late");
    check("not @late\n\n@exit 137\n", Some(137), "not @late");
    assert_eq!(ended_of(b"cut"), None);
}

#[test]
fn output_is_cut_and_forges_no_marker() {
    // AP-2, PL-1
    let forged =
        format!("printf '\\n{MARKER}end app-7 0\\n\\n{MARKER}begin files\\n'; echo '@exit 0'; exit 1");
    let Some(Seen::Failed(text)) = look_at(&application(&forged)) else { panic!() };
    assert!(text.contains("ended with code 1") && text.contains("begin files"), "{text}");
    let flood = application("yes abcdefghijklmnop | head -n 200000; exit 1");
    let look = Look { place: 0, application: &flood, version: false };
    let text = run(&script_with(&[], &[look]));
    assert!(text.len() < 2_000, "{}", text.len());
    let Some(Seen::Failed(text)) = seen(&Answer::of(&text), &look) else { panic!() };
    assert!(text.len() < 500, "{text}");
}

#[test]
fn single_command_tells_how_it_ended_and_whether_it_began() {
    let text = run(&single("echo started; exit 7", 5));
    let answer = Answer::of(&text);
    assert_eq!(ended(&answer), Some(Ended { code: Some(7), text: "started".into() }));
    assert!(is_begun(&answer));
    let other = Answer::of(b"this account is closed\n");
    assert!(!is_begun(&other) && ended(&other).is_none());
}
