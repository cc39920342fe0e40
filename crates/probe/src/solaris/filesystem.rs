//! The mount table, `/etc/mnttab`: device, place, type, options and time, with tabs between them.

use crate::filesystem::Filesystem;

/// The file.
pub const FILE: &str = "/etc/mnttab";

/// Types that hold files, and whether a server elsewhere answers for them.
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
const MAX_FILESYSTEMS: usize = 256;

/// Picks the filesystems worth watching; a line that is cut or of another form is passed over.
pub fn select(text: &str) -> Vec<Filesystem> {
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
    lines.take(MAX_FILESYSTEMS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Written after mnttab(5).
    #[test]
    fn filesystems_with_files_are_selected() {
        let text = "rpool/ROOT/solaris\t/\tzfs\tdev=4750002\t0\n/devices\t/devices\tdevfs\tdev=8a40000\t1\n\
                    server:/export\t/net/data\tnfs\tro,hard,xattr,dev=8c00001\t2\nproc\t/proc\tproc\tdev=1\t3\n\
                    rpool/cut\t/cut\tzfs";
        let found = select(text);
        let short: Vec<_> =
            found.iter().map(|found| (found.mount.as_str(), found.read_only, found.remote)).collect();
        assert_eq!(short, [("/", false, false), ("/net/data", true, true)]);
        assert_eq!((found[0].device.as_str(), found[0].kind.as_str()), ("rpool/ROOT/solaris", "zfs"));
    }
}
