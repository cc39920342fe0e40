//! The mount table, `/etc/mnttab`: device, place, type, options and time, with tabs between them.

use topmast_probe::Filesystem;

pub(super) const FILE: &str = "/etc/mnttab";

/// Types that hold files on a disk of this machine, and whether a server elsewhere answers for them.
const KINDS: [(&str, bool); 7] = [
    ("zfs", false),
    ("ufs", false),
    ("vxfs", false),
    ("pcfs", false),
    ("tmpfs", false),
    ("nfs", true),
    ("smbfs", true),
];
/// Most filesystems that are shown: a machine with ZFS may have thousands.
const FILESYSTEMS_MAX: usize = 256;

/// The filesystems worth watching.
pub(super) fn filesystems(text: &str) -> Vec<Filesystem> {
    let lines = text.lines().filter_map(|line| {
        let mut fields = line.split('\t');
        let (device, mount, kind, options) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
        let (_, remote) = KINDS.iter().find(|(known, _)| *known == kind)?;
        Some(Filesystem {
            mount: mount.to_owned(),
            device: device.to_owned(),
            kind: kind.to_owned(),
            read_only: options.split(',').any(|option| option == "ro"),
            remote: *remote,
        })
    });
    lines.take(FILESYSTEMS_MAX).collect()
}
