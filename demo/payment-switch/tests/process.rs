//! The switch as a process: how it starts, and the ways in which it ends.

#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

struct Process {
    child: Child,
    output: BufReader<ChildStdout>,
    address: String,
}

impl Process {
    /// Starts the switch on a free port and reads the port from its first line.
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_payment-switch"))
            .args(["--listen", "127.0.0.1:0", "--rate", "1000", "--log-every", "100"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        let (_, rest) = line.split_once("listening on ").unwrap_or_else(|| panic!("first line: {line}"));
        let address = rest.split(',').next().unwrap().to_owned();
        Self { child, output, address }
    }

    fn fault(&self, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "POST /fault HTTP/1.1\r\nhost: switch\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    fn terminate(&self) {
        kill(Pid::from_raw(self.child.id().cast_signed()), Signal::SIGTERM).unwrap();
    }

    /// Waits for the end; the exit status and the rest of standard output.
    fn end(mut self) -> (ExitStatus, String) {
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap(), rest)
    }
}

impl Drop for Process {
    /// Leaves no switch behind when a test fails; a no-op once it has been waited for.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn sigterm_ends_it_with_success_after_real_work() {
    let mut process = Process::start();
    let mut line = String::new();
    process.output.read_line(&mut line).unwrap();
    assert!(line.contains("INFO authorised 100 transactions: 00="), "{line}");
    process.terminate();
    let (status, rest) = process.end();
    assert_eq!(status.code(), Some(0));
    assert!(rest.contains("stopping: finishing open requests"), "{rest}");
}

#[test]
fn faults_end_it_by_abort_or_with_the_code_asked_for_after_the_answer() {
    let process = Process::start();
    assert!(process.fault(r#"{"kind":"crash"}"#).starts_with("HTTP/1.1 202"));
    assert_eq!(process.end().0.signal(), Some(Signal::SIGABRT as i32));

    let process = Process::start();
    assert!(process.fault(r#"{"kind":"exit","code":3}"#).starts_with("HTTP/1.1 202"));
    assert_eq!(process.end().0.code(), Some(3));
}

#[test]
fn sigterm_cuts_a_request_that_hangs() {
    let process = Process::start();
    assert!(process.fault(r#"{"kind":"hang"}"#).starts_with("HTTP/1.1 201"));
    let mut held = TcpStream::connect(&process.address).unwrap();
    held.write_all(b"GET /health HTTP/1.1\r\nhost: switch\r\n\r\n").unwrap();
    // Connections are accepted in order: once this one is answered, the other is in its handler.
    assert!(process.fault(r#"{"kind":"hang"}"#).starts_with("HTTP/1.1 201"));
    process.terminate();
    assert_eq!(process.end().0.code(), Some(0));
    let mut answer = String::new();
    held.read_to_string(&mut answer).unwrap();
    assert_eq!(answer, "", "the request was cut, not answered");
}
