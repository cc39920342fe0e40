//! Which commands destroy what, and which commands run others.

/// What writing over a disk is called.
pub(super) const OVERWRITES: &str = "overwrites a disk";
const REMOVES: &str = "removes directories with all that is in them";
const REMOVES_MANY: &str = "removes all files that match";
/// What ends or restarts the whole system is called.
pub(super) const STOPS: &str = "stops or restarts the system";
const ENDS: &str = "ends processes that belong to others";
const FORMATS: &str = "makes a new file system or changes partitions";
const VOLUMES: &str = "removes volumes or file systems";
const ACCOUNTS: &str = "removes accounts";
const PACKAGES: &str = "removes software";
const NETWORK: &str = "may cut the network";
const MACHINES: &str = "ends or removes virtual machines, containers or their data";
const PERMISSIONS: &str = "changes whom whole directories belong to";
const SCHEDULES: &str = "removes scheduled tasks";
const STATEMENT: &str = "removes data of a database";
const BOMB: &str = "starts processes without end";

/// Commands that run their arguments: options that take a word of their own, and words before the command.
const WRAPPERS: &[(&str, &str, usize)] = &[
    ("sudo", "ugpChrtTDR", 0),
    ("doas", "uC", 0),
    ("pfexec", "P", 0),
    ("dzdo", "ugp", 0),
    ("pbrun", "uh", 0),
    ("env", "uCS", 0),
    ("nohup", "", 0),
    ("nice", "n", 0),
    ("ionice", "cnp", 0),
    ("chrt", "", 1),
    ("taskset", "", 1),
    ("timeout", "sk", 1),
    ("chroot", "", 1),
    ("setsid", "", 0),
    ("stdbuf", "ioe", 0),
    ("exec", "a", 0),
    ("command", "", 0),
    ("builtin", "", 0),
    ("time", "fo", 0),
    ("busybox", "", 0),
    ("toybox", "", 0),
    ("xargs", "ILPndsEa", 0),
    ("zlogin", "el", 1),
    ("strace", "eops", 0),
];

/// Commands that run a line: options that take a word of their own, and words before the line.
const REMOTES: &[(&str, &str, usize)] =
    &[("eval", "", 0), ("watch", "n", 0), ("ssh", "BbcDEeFIiJLlmOoPpQRSWw", 1), ("rsh", "l", 1)];

/// Words that may stand before a command: `if`, `A=1`, `!`.
pub(super) fn is_before_a_command(word: &str) -> bool {
    let keyword =
        matches!(word, "if" | "then" | "else" | "elif" | "do" | "while" | "until" | "!" | "{" | "}" | "&");
    keyword || word.split_once('=').is_some_and(|(name, _)| is_name(name))
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// `/usr/bin/RM.exe` is `rm`.
pub(super) fn base(word: &str) -> String {
    let name = word.rsplit(['/', '\\']).next().unwrap_or(word).to_ascii_lowercase();
    name.strip_suffix(".exe").map(str::to_owned).unwrap_or(name)
}

/// The command that a command runs with its arguments.
pub(super) fn wrapped<'a, 'b>(name: &str, arguments: &'b [&'a str]) -> Option<&'b [&'a str]> {
    let (_, options, before) = WRAPPERS.iter().find(|(wrapper, ..)| *wrapper == name)?;
    Some(after_options(arguments, options, *before))
}

/// The line that a command gives to a shell.
pub(super) fn line_of(name: &str, arguments: &[&str]) -> Option<String> {
    if let Some((_, options, before)) = REMOTES.iter().find(|(remote, ..)| *remote == name) {
        return Some(after_options(arguments, options, *before).join(" "));
    }
    let is_flag: fn(&str) -> bool = match name {
        "sh" | "bash" | "ksh" | "ksh93" | "mksh" | "zsh" | "dash" | "ash" | "csh" | "tcsh" | "fish"
        | "su" | "runuser" => |word| word.starts_with('-') && !word.starts_with("--") && word.ends_with('c'),
        "cmd" => |word| word.eq_ignore_ascii_case("/c") || word.eq_ignore_ascii_case("/k"),
        "powershell" | "pwsh" => |word| word.to_ascii_lowercase().starts_with("-c"),
        _ => return None,
    };
    let place = arguments.iter().position(|word| is_flag(word))?;
    Some(arguments[place + 1..].join(" "))
}

fn after_options<'a, 'b>(arguments: &'b [&'a str], options: &str, before: usize) -> &'b [&'a str] {
    let (mut place, mut before) = (0, before);
    while let Some(word) = arguments.get(place) {
        if let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) {
            let takes_next = letters.len() == 1 && options.contains(letters);
            place += 1 + usize::from(takes_next);
        } else if before > 0 {
            before -= 1;
            place += 1;
        } else {
            break;
        }
    }
    arguments.get(place..).unwrap_or_default()
}

/// What a command does by itself.
pub(super) fn own_effect(name: &str, arguments: &[&str]) -> Option<&'static str> {
    let has =
        |words: &[&str]| arguments.iter().any(|word| words.contains(&word.to_ascii_lowercase().as_str()));
    let flag = |letters: &str| arguments.iter().any(|word| is_flag(word, letters));
    let is_asked = has(&["--help", "--version", "-?", "/?"]);
    let effect = match name {
        "rm" | "remove-item" | "ri" if flag("rR") || has(&["--recursive", "-recurse"]) => REMOVES,
        "rm" | "del" | "erase" | "remove-item" if arguments.iter().any(|word| word.contains(['*', '?'])) => {
            REMOVES_MANY
        }
        "del" | "erase" | "rd" | "rmdir" if has(&["/s"]) => REMOVES,
        "find" if has(&["-delete"]) => REMOVES_MANY,
        "rsync" if arguments.iter().any(|word| word.starts_with("--del")) => REMOVES_MANY,
        "dd" if arguments.iter().any(|word| word.starts_with("of=") && *word != "of=/dev/null") => OVERWRITES,
        "shred" | "wipefs" | "blkdiscard" | "badblocks" | "scrub" => OVERWRITES,
        "tee" | "cp" | "mv" | "cat" if arguments.last().is_some_and(|word| is_disk(word)) => OVERWRITES,
        "mv" if arguments.last() == Some(&"/dev/null") => REMOVES,
        name if name.starts_with("mkfs") || name.starts_with("newfs") || name.starts_with("mke2fs") => {
            FORMATS
        }
        "mkswap" | "fdisk" | "sfdisk" | "gdisk" | "sgdisk" | "parted" | "format" | "diskpart" | "mklv"
        | "chpv" | "fmthard" | "format-volume" | "clear-disk" | "gpart" | "bsdlabel" | "crfs"
        | "diskutil"
            if !is_listing(arguments) =>
        {
            FORMATS
        }
        "lvremove" | "vgremove" | "pvremove" | "lvreduce" | "rmfs" | "rmlv" | "rmvg" | "reducevg"
        | "exportvg" | "metaclear" | "remove-partition" => VOLUMES,
        "zpool" | "zfs" | "btrfs" | "mdadm" | "cryptsetup" | "gmirror"
            if has(&[
                "destroy",
                "rollback",
                "delete",
                "labelclear",
                "--zero-superblock",
                "luksformat",
                "erase",
            ]) =>
        {
            VOLUMES
        }
        "shutdown" if !has(&["-c", "/a"]) => STOPS,
        "reboot" | "halt" | "poweroff" | "fastboot" | "fasthalt" | "stop-computer" | "restart-computer"
        | "kexec" => STOPS,
        "init" | "telinit" if has(&["0", "1", "5", "6", "s"]) => STOPS,
        "systemctl"
            if has(&[
                "poweroff",
                "reboot",
                "halt",
                "kexec",
                "rescue",
                "emergency",
                "isolate",
                "suspend",
                "hibernate",
            ]) =>
        {
            STOPS
        }
        "esxcli" if has(&["shutdown", "poweroff", "reboot"]) => STOPS,
        "kill" | "skill" if arguments.iter().skip(1).any(|word| matches!(*word, "-1" | "1")) => ENDS,
        // On Solaris it ends every process.
        "killall" | "killall5" | "slay" => ENDS,
        "pkill"
            if flag("u")
                || flag("9")
                || has(&["-kill"])
                || arguments.last().is_some_and(|word| matches!(*word, "." | ".*" | "")) =>
        {
            ENDS
        }
        "userdel" | "deluser" | "groupdel" | "delgroup" | "rmuser" | "remove-localuser" => ACCOUNTS,
        "apt" | "apt-get" | "aptitude" | "yum" | "dnf" | "zypper" | "pkg" | "apk" | "pacman" | "brew"
        | "rpm" | "dpkg"
            if has(&[
                "remove",
                "purge",
                "autoremove",
                "erase",
                "uninstall",
                "del",
                "delete",
                "-r",
                "-rns",
                "-e",
                "--erase",
                "--remove",
                "--purge",
                "-p",
            ]) && !has(&["-qa", "-q", "-l", "-s", "list", "search"]) =>
        {
            PACKAGES
        }
        "iptables" | "ip6tables" | "nft" | "pfctl" | "ipf"
            if flag("FX") || has(&["--flush", "flush", "-d", "-fa"]) =>
        {
            NETWORK
        }
        "ifdown" => NETWORK,
        "ip" | "ifconfig" | "nmcli" if has(&["down", "flush", "unplumb", "delete", "del", "off"]) => NETWORK,
        "docker" | "podman" | "nerdctl" | "crictl" | "ctr"
            if has(&["rm", "rmi", "prune", "kill", "down", "rmp"]) =>
        {
            MACHINES
        }
        "kubectl" | "oc" if has(&["delete", "drain"]) => MACHINES,
        "virsh" if has(&["destroy", "undefine", "vol-delete", "pool-delete"]) => MACHINES,
        "zoneadm" if has(&["halt", "uninstall"]) => MACHINES,
        "zonecfg" if has(&["delete"]) => MACHINES,
        "ldm"
            if arguments.first().is_some_and(|word| {
                word.starts_with("stop")
                    || word.starts_with("destroy")
                    || word.starts_with("remove")
                    || word.starts_with("rm-")
            }) =>
        {
            MACHINES
        }
        "vim-cmd"
            if arguments.first().is_some_and(|word| {
                word.contains("destroy")
                    || word.contains("power.off")
                    || word.contains("power.reset")
                    || word.contains("unregister")
            }) =>
        {
            MACHINES
        }
        "remove-vm" | "stop-vm" | "rmwpar" | "stopwpar" => MACHINES,
        "chmod" | "chown" | "chgrp" if flag("R") || has(&["--recursive"]) => PERMISSIONS,
        "crontab" if flag("r") => SCHEDULES,
        _ => return None,
    };
    (!is_asked).then_some(effect)
}

/// `fdisk -l` and the like only show.
fn is_listing(arguments: &[&str]) -> bool {
    arguments
        .iter()
        .any(|word| matches!(*word, "-l" | "--list" | "-d" | "--dump" | "print" | "list" | "show" | "-p"))
}

/// `-rf` has `r`; `--force` has no letters.
fn is_flag(word: &str, letters: &str) -> bool {
    word.strip_prefix('-').is_some_and(|flags| {
        !flags.starts_with('-') && flags.len() <= 5 && flags.contains(|flag| letters.contains(flag))
    })
}

/// Devices that are disks or parts of them, on Linux, the BSDs, Solaris, AIX and `ESXi`.
pub(super) fn is_disk(file: &str) -> bool {
    const DISKS: &[&str] = &[
        "sd", "hd", "vd", "xvd", "nvme", "mmcblk", "dm-", "mapper/", "md", "disk/", "disks/", "rhd", "rdsk/",
        "dsk/", "ada", "da0", "da1", "rdisk", "disk0", "disk1", "disk2", "mem", "kmem", "zvol/",
    ];
    file.strip_prefix("/dev/").is_some_and(|name| DISKS.iter().any(|disk| name.starts_with(disk)))
        || file.starts_with("/vmfs/devices/disks/")
}

/// What is seen wherever it stands in a line: statements of databases, as in `echo 'drop table x' | psql`, and `:|:&`.
pub(super) fn statement(line: &str) -> Option<&'static str> {
    let is_bomb = line.split_whitespace().collect::<String>().contains(":|:&");
    if is_bomb {
        return Some(BOMB);
    }
    let words: Vec<String> = line
        .split(|char: char| !(char.is_alphanumeric() || char == '_' || char == '.' || char == ';'))
        .flat_map(|word| word.split_inclusive(';'))
        .filter(|word| !word.is_empty())
        .map(str::to_ascii_lowercase)
        .collect();
    let is_statement =
        words.windows(2).enumerate().any(|(place, pair)| match (pair[0].as_str(), pair[1].as_str()) {
            (
                "drop",
                "table" | "database" | "schema" | "user" | "tablespace" | "index" | "view" | "keyspace"
                | "collection" | "role",
            )
            | ("truncate", "table")
            | ("shutdown", "immediate" | "abort")
            | ("flushall" | "flushdb", _) => true,
            ("delete", "from") => {
                let mut rest = words[place + 2..].iter();
                !rest.by_ref().take_while(|word| !word.ends_with(';')).any(|word| word == "where")
            }
            _ => false,
        });
    is_statement.then_some(STATEMENT)
}
