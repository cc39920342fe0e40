//! Whom a command runs as, and what of the agent's environment it gets.

use crate::platform::system::group::groups_of;
use crate::unit;
use nix::unistd::{Gid, Group, Uid, User, setgid, setgroups, setsid, setuid};
use std::collections::BTreeMap;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::Command;

/// Variables of the agent that every command gets.
pub(crate) const INHERITED: &[&str] = &["PATH", "LANG", "LC_ALL", "TZ"];

/// Why a command cannot run as its unit wants.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AccountError {
    #[error("there is no user {0:?} on this server; add it or change user")]
    User(String),
    #[error("there is no group {0:?} on this server; add it or change group")]
    Group(String),
    #[error("only root runs applications as another user; run the agent as root or remove user and group")]
    NotRoot,
}

/// Another account than the agent's.
#[derive(Debug)]
pub(crate) struct Account {
    name: Option<String>,
    home: Option<PathBuf>,
    uid: Uid,
    gid: Gid,
    groups: Vec<Gid>,
}

impl Account {
    /// The account of a unit; `None` when it is the agent's own.
    pub(crate) fn of(wanted: &unit::Account) -> Result<Option<Self>, AccountError> {
        if wanted.user.is_none() && wanted.group.is_none() {
            return Ok(None);
        }
        let user = wanted.user.as_deref().map(find_user).transpose()?;
        let group = wanted.group.as_deref().map(find_group).transpose()?;
        let own = (Uid::effective(), Gid::effective());
        let uid = user.as_ref().map_or(own.0, |user| user.uid);
        let gid = group.or(user.as_ref().map(|user| user.gid)).unwrap_or(own.1);
        if !own.0.is_root() {
            return if (uid, gid) == own { Ok(None) } else { Err(AccountError::NotRoot) };
        }
        let name = user.as_ref().map(|user| user.name.clone());
        let groups = name.as_deref().and_then(|name| groups_of(name, gid)).unwrap_or_else(|| vec![gid]);
        Ok(Some(Self { name, home: user.map(|user| user.dir), uid, gid, groups }))
    }

    /// Its number.
    pub(crate) const fn uid(&self) -> Uid {
        self.uid
    }

    /// Its group's number.
    pub(crate) const fn gid(&self) -> Gid {
        self.gid
    }
}

/// Who a command is when it runs as an account, or as the agent's own.
#[derive(Debug)]
pub(crate) struct Person {
    pub(crate) name: String,
    pub(crate) home: PathBuf,
    pub(crate) shell: PathBuf,
}

impl Person {
    /// As the system's own list of users tells it; a number without an entry there has neither name nor home.
    pub(crate) fn of(account: Option<&Account>) -> Self {
        let uid = account.map_or_else(Uid::effective, |account| account.uid);
        let user = User::from_uid(uid).ok().flatten();
        let known =
            |path: PathBuf, other: &str| if path.as_os_str().is_empty() { other.into() } else { path };
        match user {
            Some(user) => {
                Self { name: user.name, home: known(user.dir, "/"), shell: known(user.shell, "/bin/sh") }
            }
            None => Self { name: uid.to_string(), home: "/".into(), shell: "/bin/sh".into() },
        }
    }
}

/// True for an account that may do everything on this server.
pub(crate) fn is_root() -> bool {
    Uid::effective().is_root()
}

/// The variables that tell a command who it is.
pub(crate) fn identity(account: Option<&Account>) -> BTreeMap<String, String> {
    let mut variables = BTreeMap::new();
    let home = match account {
        Some(account) => {
            if let Some(name) = &account.name {
                variables.insert("USER".to_owned(), name.clone());
                variables.insert("LOGNAME".to_owned(), name.clone());
            }
            account.home.as_ref().map(|home| home.display().to_string())
        }
        None => std::env::var("HOME").ok(),
    };
    variables.extend(home.map(|home| ("HOME".to_owned(), home)));
    variables
}

/// A session of its own, and the unit's account, between fork and exec.
pub(crate) fn separate(command: &mut Command, account: Option<Account>) {
    let switch = move || {
        setsid()?;
        if let Some(account) = &account {
            setgroups(&account.groups)?;
            setgid(account.gid)?;
            setuid(account.uid)?;
        }
        Ok(())
    };
    // SAFETY: the closure runs in the child between fork and exec, where only async-signal-safe work is
    // allowed: setsid, setgroups, setgid and setuid are plain system calls here, it allocates nothing,
    // takes no lock, and what it reads was made before the fork. Its errors carry a number only.
    #[expect(unsafe_code, reason = "std has no safe way to make a session or to set supplementary groups")]
    unsafe {
        command.pre_exec(switch);
    }
}

fn find_user(name: &str) -> Result<User, AccountError> {
    let by_number = || User::from_uid(Uid::from_raw(name.parse().ok()?)).ok()?;
    User::from_name(name).ok().flatten().or_else(by_number).ok_or_else(|| AccountError::User(name.to_owned()))
}

fn find_group(name: &str) -> Result<Gid, AccountError> {
    let by_name = Group::from_name(name).ok().flatten().map(|group| group.gid);
    by_name
        .or_else(|| name.parse().ok().map(Gid::from_raw))
        .ok_or_else(|| AccountError::Group(name.to_owned()))
}
