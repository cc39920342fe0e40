//! Receivers of notifications as processes: a mail server, receivers of web hooks and of traps, a syslog server.
//!
//! Each listens on a loopback port and writes what it takes, a line each, to a file that tests read.

use crate::process::{Process, ProcessError};
use crate::wait::{DEADLINE, NotInTime, wait_for, wait_until};
use std::fs;
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};

const PYTHON: &str = "/usr/bin/python3";
const SNMPTRAPD: &str = "/usr/sbin/snmptrapd";
const RSYSLOGD: &str = "/usr/sbin/rsyslogd";
const WEBHOOK: &str = include_str!("receiver/webhook.py");
/// The one that the senders' own tests have.
const SMTP: &str = include_str!("../../master/src/notification/send/tests/smtp.py");

/// The secret with which web hooks are signed.
pub const SECRET: &str = "a secret of tests, of 32 characters";
/// The community of traps.
pub const COMMUNITY: &str = "hush";

/// A running receiver.
#[derive(Debug)]
pub struct Receiver {
    _process: Process,
    taken: PathBuf,
    port: u16,
}

impl Receiver {
    /// Receives web hooks signed with [`SECRET`], each as a line of JSON: `signed`, `key`, `status`, `told`.
    ///
    /// - `failures`: so many messages, tests apart, are answered with 500.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub async fn webhook(folder: &Path, failures: u32) -> Result<Self, ProcessError> {
        let failures = failures.to_string();
        Self::python(folder, "webhook", &["-c", WEBHOOK, SECRET, &failures]).await
    }

    /// Receives mails without TLS and login, each as a line of JSON: `from`, `to`, `text`, ….
    ///
    /// # Errors
    /// [`ProcessError`].
    pub async fn smtp(folder: &Path) -> Result<Self, ProcessError> {
        Self::python(folder, "smtp", &["-W", "ignore", "-c", SMTP]).await
    }

    async fn python(folder: &Path, name: &str, arguments: &[&str]) -> Result<Self, ProcessError> {
        let taken = folder.join(format!("{name}.taken"));
        let process = Process::start(Path::new(PYTHON), arguments, &[], &taken)?;
        let first = async || fs::read_to_string(&taken).ok()?.lines().next()?.parse().ok();
        let port = wait_for(&format!("the receiver {name} says its port"), DEADLINE, first).await?;
        Ok(Self { _process: process, taken, port })
    }

    /// Receives informs and traps of v2c with [`COMMUNITY`], each as a line of its objects with numbers.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub async fn traps(folder: &Path) -> Result<Self, ProcessError> {
        let (config, taken) = (folder.join("snmptrapd.conf"), folder.join("traps.taken"));
        let text = format!("authCommunity log {COMMUNITY}\nformat2 %v|\\n\nformat1 %v|\\n\n");
        fs::write(&config, text).map_err(ProcessError::system("write", "snmptrapd.conf"))?;
        // It cannot choose a port of its own; whoever takes this one in between breaks the test.
        let free = UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let port = free.map_err(ProcessError::system("find", "a port"))?.port();
        let (config, listen) = (config.display().to_string(), format!("udp:127.0.0.1:{port}"));
        let arguments = ["-f", "-Lo", "-On", "-m", "", "-C", "-c", &config, &listen];
        let state = folder.join("snmptrapd").display().to_string();
        let environment = [("SNMP_PERSISTENT_DIR", state.as_str())];
        let process = Process::start(Path::new(SNMPTRAPD), arguments, &environment, &taken)?;
        let listens = async || fs::read_to_string(&taken).is_ok_and(|said| said.contains("NET-SNMP version"));
        wait_until("snmptrapd listens", DEADLINE, listens).await?;
        Ok(Self { _process: process, taken, port })
    }

    /// Receives lines of syslog by TCP: facility, severity, message id and text, with bars between.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub async fn syslog(folder: &Path) -> Result<Self, ProcessError> {
        let (config, taken) = (folder.join("rsyslog.conf"), folder.join("syslog.taken"));
        let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
        let port = free.map_err(ProcessError::system("find", "a port"))?.port();
        let text = format!(
            "module(load=\"imtcp\")\n\
             template(name=\"line\" type=\"string\" string=\"%syslogfacility-text%|%syslogseverity-text%|%msgid%|%structured-data%|%msg%\\n\")\n\
             ruleset(name=\"all\") {{\n\
               action(type=\"omfile\" file=\"{}\" template=\"line\" flushOnTXEnd=\"on\" asyncWriting=\"off\")\n\
             }}\n\
             input(type=\"imtcp\" address=\"127.0.0.1\" port=\"{port}\" ruleset=\"all\")\n",
            taken.display()
        );
        fs::write(&config, text).map_err(ProcessError::system("write", "rsyslog.conf"))?;
        let (config, pid) = (config.display().to_string(), folder.join("rsyslogd.pid").display().to_string());
        let log = folder.join("rsyslogd.log");
        let process = Process::start(Path::new(RSYSLOGD), ["-n", "-f", &config, "-i", &pid], &[], &log)?;
        let listens = async || TcpStream::connect(("127.0.0.1", port)).is_ok();
        wait_until("rsyslogd listens", DEADLINE, listens).await?;
        Ok(Self { _process: process, taken, port })
    }

    /// Where it listens, on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// What it took up to now, oldest first.
    pub fn taken(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.taken).unwrap_or_default();
        // A line that is being written is none yet.
        let whole = text.rsplit_once('\n').map_or("", |(whole, _)| whole);
        whole.lines().map(str::to_owned).collect()
    }

    /// Waits until it took a line that holds all of these.
    ///
    /// # Errors
    /// [`NotInTime`].
    pub async fn takes(&self, parts: &[&str]) -> Result<String, NotInTime> {
        let found = async || {
            let mut lines = self.taken().into_iter();
            lines.find(|line| parts.iter().all(|part| line.contains(part)))
        };
        wait_for(&format!("{} has a line with {parts:?}", self.taken.display()), DEADLINE, found).await
    }
}
