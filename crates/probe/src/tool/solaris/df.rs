//! `df`: tables of `-k` and `-h`, paragraphs of `-g`, the lines of no option at all, and of `-n`, which tells no sizes.

use crate::error::{Fault, ParseError};
use crate::reading::{FilesystemReading, Reading};
use crate::tool::disk_free;
use crate::tool::table::bound;
use crate::tool::text::{self, Text};

/// What `-g` and no option count in, whatever the size of a block is that they name.
const BLOCK_BYTES: u64 = 512;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    if text.lines().any(|line| line.text.trim_start().to_ascii_lowercase().starts_with("filesystem ")) {
        return disk_free::parse(text);
    }
    let mut reading = Reading::default();
    let mut list: Vec<FilesystemReading> = Vec::new();
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.text.contains("block size") || line.text.starts_with('/') && line.text.contains(" blocks") {
            // `/mount  (device ):  … blocks … files`; both names can hold parentheses.
            let names =
                line.text.rsplit_once("):").and_then(|(names, rest)| Some((names.split_once(" (")?, rest)));
            let Some(((mount, device), rest)) = names else {
                reading.remark(line.number, "no mount and device in this line, left out");
                continue;
            };
            list.push(FilesystemReading {
                mount: Some(mount.trim().to_owned()),
                device: Some(device.trim().to_owned()),
                available_bytes: if rest.contains("block size") { None } else { blocks(rest, "blocks") },
                ..FilesystemReading::default()
            });
        } else if let Some(filesystem) = list.last_mut() {
            if line.text.contains("total blocks") {
                filesystem.total_bytes = blocks(line.text, "total blocks");
                filesystem.available_bytes = blocks(line.text, "available");
                if filesystem.total_bytes.is_none() || filesystem.available_bytes.is_none() {
                    reading.remark(line.number, "not all of the blocks are there");
                }
            } else if line.words().next() == Some("total:") {
                filesystem.total_bytes = blocks(line.text, "blocks");
            } else {
                list.extend(mount(line.text));
            }
        } else {
            list.extend(mount(line.text));
        }
    }
    if list.is_empty() {
        let usage = text.all().contains("Usage:") || text.all().contains("usage:");
        let fault = if usage { "a table of df, not how to call it" } else { "a table of df" };
        return Err(text.error(Fault::Malformed(fault)));
    }
    bound(&mut list, "filesystems", &mut reading);
    reading.filesystems = Some(list);
    Ok(reading)
}

/// A line of `-n`: `/export            : zfs`.
fn mount(line: &str) -> Option<FilesystemReading> {
    let (mount, kind) = line.rsplit_once(" : ")?;
    let mount = mount.trim_end();
    (mount.starts_with('/') && kind.split_whitespace().count() == 1)
        .then(|| FilesystemReading { mount: Some(mount.to_owned()), ..FilesystemReading::default() })
}

/// The number before a name, in bytes.
fn blocks(text: &str, name: &str) -> Option<u64> {
    let word = text[..text.find(name)?].split_whitespace().next_back()?;
    text::count(word)?.checked_mul(BLOCK_BYTES)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_count_in_512_bytes_whatever_the_block() {
        let text = "/usr/bin/df -g\n/tmp   (swap (x)      ):         4096 block size          4096 frag size\n   \
                    2048 total blocks    1024 free blocks     1000 available         142124 total files\n  \
                    99 free files     78118912 filesys id  /tmp\n   tmpfs fstype       0x00000004 flag   255 filename length\n";
        let list = parse(&Text::of("solaris df", text)).unwrap().filesystems.unwrap();
        assert_eq!((list[0].mount.as_deref(), list[0].device.as_deref()), (Some("/tmp"), Some("swap (x)")));
        assert_eq!((list[0].total_bytes, list[0].available_bytes), (Some(1 << 20), Some(512_000)));
        assert_eq!(list[0].used_bytes, None);
    }

    #[test]
    fn table_and_lines_are_read_and_usage_is_not() {
        let text = "Filesystem            kbytes    used   avail capacity  Mounted on\nrpool/ROOT 4000 1000 3000 25% /\n";
        let list = parse(&Text::of("solaris df", text)).unwrap().filesystems.unwrap();
        assert_eq!((list[0].used_bytes, list[0].used_pct), (Some(1_024_000), Some(25.0)));
        let text = "/                  (rpool/ROOT/s11 ):    2000 blocks      2000 files\n";
        let list = parse(&Text::of("solaris df", text)).unwrap().filesystems.unwrap();
        assert_eq!((list[0].available_bytes, list[0].total_bytes), (Some(1_024_000), None));
        let text = "df: unknown option: P\nUsage: df [-F FSType] [-abeghklntVvZ]\n";
        assert!(parse(&Text::of("solaris df", text)).is_err());
    }

    #[test]
    fn kinds_alone_tell_what_is_mounted() {
        let filesystems = parse(&Text::of("df", "/                  : zfs\n/export/a : b      : nfs\n"))
            .unwrap()
            .filesystems
            .unwrap();
        assert_eq!(
            (filesystems[1].mount.as_deref(), filesystems[1].total_bytes),
            (Some("/export/a : b"), None)
        );
        assert!(parse(&Text::of("df", "df : no\n")).is_err());
    }
}
