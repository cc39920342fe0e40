//! Filesystems: which of `/proc/self/mountinfo` hold data, each once.
//!
//! A line is `id parent major:minor root mount options [tags…] - type device options`,
//! with blanks in names written as `\040`.
//!
//! Rules
//! - Kept: what lies on a block device (`/dev/…`), network and pooled filesystems, and the root whatever it is,
//!   for in a container it is an overlay.
//!   Images that are full by nature (`squashfs`, `iso9660`, …) are not.
//! - One entry a filesystem, told apart by `major:minor`: bind mounts show the same space again. The mount of
//!   the filesystem's own root wins over a mount of a directory within it.
//! - A later mount on the same directory hides the earlier one.

use crate::error::{Fault, ParseError};
use crate::filesystem::Filesystem;
use crate::scan::Lines;
use std::borrow::Cow;
use std::collections::HashMap;

pub(super) const FILE: &str = "/proc/self/mountinfo";

/// Filesystems asked about at a time: each costs a system call and six series.
const MAX_FILESYSTEMS: usize = 256;

/// Served by another host, so asking can hang.
const REMOTE: [&str; 14] = [
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "ceph",
    "fuse.ceph",
    "fuse.glusterfs",
    "fuse.sshfs",
    "gpfs",
    "lustre",
    "beegfs",
    "9p",
];
/// Local, but not mounted from a `/dev/…` name.
const POOLED: [&str; 4] = ["zfs", "virtiofs", "bcachefs", "ubifs"];
/// Read-only images, always full.
const IMAGES: [&str; 5] = ["squashfs", "iso9660", "udf", "cramfs", "erofs"];
/// Files that container engines mount one by one from the host's disk.
const CONTAINER_FILES: [&str; 3] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];

/// One line of the mount table.
pub(super) struct Mount<'a> {
    /// `major:minor`, the same for every mount of one filesystem.
    number: &'a [u8],
    root: &'a [u8],
    options: &'a [u8],
    /// Where it is mounted.
    pub(super) point: Cow<'a, str>,
    kind: Cow<'a, str>,
    device: Cow<'a, str>,
    super_options: &'a [u8],
}

/// Reads the mount table, in its own order.
pub(super) fn mounts(text: &[u8]) -> impl Iterator<Item = Result<Mount<'_>, ParseError>> {
    Lines::of(FILE, text).map(|line| {
        let mut line = line?;
        line.skip(2);
        let number = line.word("device number")?;
        let root = line.word("root")?;
        let point = line.word("mount point")?;
        let options = line.word("mount options")?;
        // Tags, as many as there are, end at a lone dash.
        while line.word("separator")? != b"-" {}
        let kind = line.word("type")?;
        let device = line.word("device")?;
        let super_options = line.word("filesystem options")?;
        let text =
            |escaped| unescape(escaped).ok_or(line.error(Fault::Malformed("octal escapes such as \\040")));
        Ok(Mount {
            number,
            root,
            options,
            super_options,
            point: text(point)?,
            kind: text(kind)?,
            device: text(device)?,
        })
    })
}

/// Picks the filesystems whose usage is worth asking for, in the order of the mount table.
///
/// At most 256; a host with more shows the first ones.
pub(super) fn select(text: &[u8]) -> Result<Vec<Filesystem>, ParseError> {
    let mounts = mounts(text).collect::<Result<Vec<_>, _>>()?;
    let mut kept: Vec<&Mount<'_>> = Vec::new();
    // Some hosts of containers have thousands of mounts, so the last one on each directory is looked up once.
    let last: HashMap<&str, usize> =
        mounts.iter().enumerate().map(|(position, mount)| (&*mount.point, position)).collect();
    for (position, mount) in mounts.iter().enumerate() {
        if !mount.holds_data() || last.get(&*mount.point) != Some(&position) {
            continue;
        }
        match kept.iter_mut().find(|other| other.number == mount.number) {
            Some(other) if other.root != b"/" && mount.root == b"/" => *other = mount,
            Some(_) => {}
            None => kept.push(mount),
        }
    }
    Ok(kept.into_iter().take(MAX_FILESYSTEMS).map(Mount::filesystem).collect())
}

impl Mount<'_> {
    fn holds_data(&self) -> bool {
        let kind = &*self.kind;
        if IMAGES.contains(&kind) || CONTAINER_FILES.contains(&&*self.point) {
            return false;
        }
        self.device.starts_with("/dev/")
            || REMOTE.contains(&kind)
            || POOLED.contains(&kind)
            || self.point == "/"
    }

    fn filesystem(&self) -> Filesystem {
        let read_only = |options: &[u8]| options.split(|&byte| byte == b',').any(|option| option == b"ro");
        Filesystem {
            mount: self.point.to_string(),
            device: self.device.to_string(),
            kind: self.kind.to_string(),
            read_only: read_only(self.options) || read_only(self.super_options),
            remote: REMOTE.contains(&&*self.kind),
        }
    }
}

/// Undoes the kernel's `\ooo` for blanks and backslashes. Bytes that are no text become U+FFFD.
fn unescape(escaped: &[u8]) -> Option<Cow<'_, str>> {
    if !escaped.contains(&b'\\') {
        return Some(String::from_utf8_lossy(escaped));
    }
    let mut bytes = Vec::with_capacity(escaped.len());
    let mut rest = escaped;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            bytes.push(byte);
            continue;
        }
        let (digits, after) = rest.split_at_checked(3)?;
        let octal = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(octal, 8).ok()?);
        rest = after;
    }
    Some(String::from_utf8_lossy(&bytes).into_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fixture;

    /// `mount device type`, with `ro` and `remote` where they hold.
    fn selected(text: &[u8]) -> Vec<String> {
        let describe = |filesystem: Filesystem| {
            let Filesystem { mount, device, kind, read_only, remote } = filesystem;
            let flags = [(read_only, " ro"), (remote, " remote")];
            let flags: String = flags.iter().filter(|(holds, _)| *holds).map(|(_, word)| *word).collect();
            format!("{mount} {device} {kind}{flags}")
        };
        select(text).unwrap().into_iter().map(describe).collect()
    }

    #[test]
    fn debian_12_has_its_root() {
        assert_eq!(selected(&fixture("debian-12", FILE)), ["/ /dev/vda ext4"]);
    }

    #[test]
    fn centos_7_has_disks_and_exports_once_each() {
        assert_eq!(
            selected(&fixture("centos-7", FILE)),
            [
                "/ /dev/mapper/centos-root xfs",
                "/boot /dev/sda1 xfs",
                "/data/card files /dev/mapper/centos-data ext4",
                "/archive /dev/sdb1 ext4 ro",
                "/mnt/reports nas01:/export/reports nfs4 remote",
            ]
        );
    }

    #[test]
    fn a_container_shows_its_root_and_not_the_files_mounted_into_it() {
        assert_eq!(
            selected(&fixture("ubuntu-22.04-docker", FILE)),
            ["/ overlay overlay", "/var/lib/payments /dev/nvme0n1p2 xfs"]
        );
    }

    #[test]
    fn a_mount_of_the_filesystems_root_wins_over_one_within_it() {
        let text = b"1 0 8:1 /home /chroot/home rw - ext4 /dev/sda1 rw\n2 0 8:1 / / rw - ext4 /dev/sda1 rw\n";
        assert_eq!(selected(text), ["/ /dev/sda1 ext4"]);
    }

    #[test]
    fn a_hidden_mount_is_left_out() {
        let text = b"1 0 8:1 / /data rw - ext4 /dev/sda1 rw\n2 1 8:2 / /data rw - xfs /dev/sdb1 rw\n";
        assert_eq!(selected(text), ["/data /dev/sdb1 xfs"]);
    }

    #[test]
    fn a_filesystem_gone_read_only_says_so() {
        // After an error the kernel sets `ro` on the filesystem; the mount's own options stay.
        let text = b"1 0 8:1 / / rw,relatime - ext4 /dev/sda1 ro,errors=remount-ro\n";
        assert_eq!(selected(text), ["/ /dev/sda1 ext4 ro"]);
    }

    #[test]
    fn garbled_lines_are_errors() {
        for (text, fault) in [
            ("1 0 8:1 / /data rw ext4 /dev/sda1 rw\n", Fault::Missing("separator")),
            ("1 0 8:1 / /data rw - ext4\n", Fault::Missing("device")),
            ("1 0 8:1 / /da\\9ta rw - ext4 /dev/sda1 rw\n", Fault::Malformed("octal escapes such as \\040")),
            ("1 0 8:1 / /data\\04 rw - ext4 /dev/sda1 rw\n", Fault::Malformed("octal escapes such as \\040")),
            ("1 0 8:1 / /data rw - ext4 /dev/sda1 rw", Fault::Cut),
        ] {
            assert_eq!(select(text.as_bytes()), Err(ParseError { origin: FILE, line: 1, fault }), "{text:?}");
        }
    }

    #[test]
    fn no_more_than_the_bound_are_selected() {
        let lines: Vec<_> =
            (0..300).map(|n| format!("{n} 0 8:{n} / /d{n} rw - ext4 /dev/sd{n} rw\n")).collect();
        assert_eq!(select(lines.concat().as_bytes()).unwrap().len(), MAX_FILESYSTEMS);
    }
}
