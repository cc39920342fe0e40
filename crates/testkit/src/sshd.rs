//! OpenSSH's server as a child, on a loopback port, for the account that runs the tests.
//!
//! What an account gives is told by options before its key, as in any `authorized_keys`: each key has its own.

use crate::process::{Process, ProcessError};
use crate::wait::{DEADLINE, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where Debian, and most others, have it.
const SSHD: &str = "/usr/sbin/sshd";
/// What sshd wants to be there when root starts it.
const PRIVILEGE_SEPARATION: &str = "/run/sshd";

/// A running server.
#[derive(Debug)]
pub struct Sshd {
    process: Process,
    folder: PathBuf,
    address: SocketAddr,
}

/// The name of the account that runs this.
pub fn own_user() -> String {
    let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
    user.map_or_else(|| "root".to_owned(), |user| user.name)
}

/// True when there is a server to start; else says why a test is left out.
#[expect(clippy::print_stdout, reason = "a test that is left out says so in its output")]
pub fn is_installed() -> bool {
    let is_there = Path::new(SSHD).is_file();
    if !is_there {
        println!("left out: there is no {SSHD} (apt-get install openssh-server)");
    }
    is_there
}

/// Makes a key pair; returns the private key's file.
///
/// # Errors
/// [`ProcessError`] when `ssh-keygen` does not.
pub fn make_key(folder: &Path, name: &str) -> Result<PathBuf, ProcessError> {
    let path = folder.join(name);
    // It asks before it replaces one.
    let _ = fs::remove_file(&path);
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-C", name, "-f"])
        .arg(&path)
        .output()
        .map_err(ProcessError::system("run", "ssh-keygen"))?;
    if made.status.success() {
        return Ok(path);
    }
    let said = std::io::Error::other(String::from_utf8_lossy(&made.stderr).into_owned());
    Err(ProcessError::system("make a key with", "ssh-keygen")(said))
}

/// The fingerprint of a key, as `ssh-keygen -l` prints it.
///
/// # Errors
/// [`ProcessError`] when `ssh-keygen` does not.
pub fn fingerprint(key: &Path) -> Result<String, ProcessError> {
    let shown = Command::new("ssh-keygen")
        .arg("-lf")
        .arg(key.with_extension("pub"))
        .output()
        .map_err(ProcessError::system("run", "ssh-keygen"))?;
    let text = String::from_utf8_lossy(&shown.stdout);
    Ok(text.split_whitespace().nth(1).unwrap_or_default().to_owned())
}

impl Sshd {
    /// Starts it with a host key of its own and these keys.
    ///
    /// - `accounts`: a name for each key, and the options before it: `command="top"`.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub async fn start(folder: &Path, accounts: &[(&str, &str)]) -> Result<Self, ProcessError> {
        fs::create_dir_all(folder).map_err(ProcessError::system("make", folder.display().to_string()))?;
        let file = |name: &str| folder.join(name).display().to_string();
        let mut authorized = String::new();
        for (name, options) in accounts {
            let key = make_key(folder, name)?;
            let public = fs::read_to_string(key.with_extension("pub"))
                .map_err(ProcessError::system("read the public key", *name))?;
            authorized.extend([options, " ", &public]);
        }
        make_key(folder, "host_key")?;
        let address = TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(ProcessError::system("find a port for", "sshd"))?;
        let config = format!(
            "Port {}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nBanner {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nUseDNS no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\n\
             PermitRootLogin prohibit-password\nAllowTcpForwarding yes\nMaxStartups 1000\nMaxSessions 1000\n\
             LogLevel VERBOSE\n",
            address.port(),
            file("host_key"),
            file("authorized_keys"),
            file("banner"),
        );
        let write = |name: &str, text: &str| {
            fs::write(folder.join(name), text).map_err(ProcessError::system("write", name.to_owned()))
        };
        write("authorized_keys", &authorized)?;
        write("banner", "Authorised use only.\n\n****\n")?;
        write("sshd_config", &config)?;
        if nix::unistd::geteuid().is_root() {
            fs::create_dir_all(PRIVILEGE_SEPARATION)
                .map_err(ProcessError::system("make", PRIVILEGE_SEPARATION))?;
        }
        let process = Self::run(folder)?;
        let sshd = Self { process, folder: folder.to_owned(), address };
        sshd.answers().await?;
        Ok(sshd)
    }

    /// The same place with another host key, as after it was installed anew, or with somebody in between.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub async fn change_host_key(&mut self) -> Result<(), ProcessError> {
        self.stop()?;
        make_key(&self.folder, "host_key")?;
        self.process = Self::run(&self.folder)?;
        self.answers().await
    }

    /// Comes back as it was after [`Self::stop`].
    ///
    /// # Errors
    /// [`ProcessError`].
    pub async fn start_again(&mut self) -> Result<(), ProcessError> {
        self.process = Self::run(&self.folder)?;
        self.answers().await
    }

    /// Ends it with every connection, as when the host is gone.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub fn stop(&mut self) -> Result<(), ProcessError> {
        // Connections that are open have processes of their own, which outlive the listener.
        let pid = self.process.pid();
        let children = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children")).unwrap_or_default();
        self.process.kill()?;
        for child in children.split_whitespace().filter_map(|pid| pid.parse().ok()) {
            // What has ended by itself meanwhile need not be ended.
            let _ = kill(Pid::from_raw(child), Signal::SIGKILL);
        }
        Ok(())
    }

    fn run(folder: &Path) -> Result<Process, ProcessError> {
        let config = folder.join("sshd_config").display().to_string();
        Process::start(Path::new(SSHD), ["-D", "-e", "-f", &config], &[], &folder.join("sshd.log"))
    }

    async fn answers(&self) -> Result<(), ProcessError> {
        let address = self.address;
        Ok(wait_until("sshd answers", DEADLINE, async || TcpStream::connect(address).is_ok()).await?)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The private key's file of an account.
    pub fn key(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The fingerprint of its host key.
    ///
    /// # Errors
    /// [`ProcessError`].
    pub fn fingerprint(&self) -> Result<String, ProcessError> {
        fingerprint(&self.key("host_key"))
    }
}
