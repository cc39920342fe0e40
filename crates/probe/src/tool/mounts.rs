//! `df` of System V: a row a filesystem, under headers that differ by system and option.

use super::row::{Head, Row, bound, share};
use super::text::{self, Line, Text};
use crate::error::{Fault, ParseError};
use crate::reading::{FilesystemReading, Reading};

/// Parses a table of `df`.
pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut table: Option<(Head<'_>, u64)> = None;
    let mut list: Vec<FilesystemReading> = Vec::new();
    // A long name of a device stands on a line of its own.
    let mut wrapped: Option<&str> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if let Some(next) = header(line.text) {
            table = Some(next);
            list.clear();
            continue;
        }
        let Some((head, unit)) = &table else { continue };
        let device = wrapped.take();
        if device.is_none() && line.words().count() == 1 {
            wrapped = Some(line.text.trim());
            continue;
        }
        match filesystem(head, *unit, &line, device, &mut reading) {
            Some(filesystem) => list.push(filesystem),
            None => reading.remark(line.number, "the row has not the columns of its header, left out"),
        }
    }
    let Some((head, _)) = table else {
        let fault = if text.all().to_ascii_lowercase().contains("usage:") {
            Fault::Malformed("a table of df, not how to call it")
        } else {
            Fault::Missing("the header of df")
        };
        return Err(text.error(fault));
    };
    if list.is_empty() && head.len() < 3 {
        return Err(text.error(Fault::Missing("the sizes of filesystems")));
    }
    bound(&mut list, "filesystems", &mut reading);
    reading.filesystems = Some(list);
    Ok(reading)
}

/// The columns, and the bytes in which sizes without a suffix are.
fn header(text: &str) -> Option<(Head<'_>, u64)> {
    let lower = text.trim_start().to_ascii_lowercase();
    if !lower.starts_with("filesystem") {
        return None;
    }
    let mut names = Vec::new();
    let mut unit = 1;
    for word in text.split_whitespace() {
        match word.to_ascii_lowercase().as_str() {
            // The second words of `Mounted on` and of `GB blocks`.
            "on" => {}
            "blocks" => names.push("size"),
            "mb" => unit = 1 << 20,
            "gb" => unit = 1 << 30,
            "kbytes" | "1k-blocks" | "1024-blocks" => {
                unit = 1 << 10;
                names.push("size");
            }
            "512-blocks" => {
                unit = 512;
                names.push("size");
            }
            "1m-blocks" => {
                unit = 1 << 20;
                names.push("size");
            }
            _ => names.push(word),
        }
    }
    Some((Head::named(names), unit))
}

fn filesystem(
    head: &Head<'_>,
    unit: u64,
    line: &Line<'_>,
    device: Option<&str>,
    reading: &mut Reading,
) -> Option<FilesystemReading> {
    let mount_at = head.place("Mounted")?;
    let joined;
    let mut line = *line;
    if let Some(device) = device {
        joined = format!("{device} {}", line.text);
        line.text = &joined;
    }
    let words: Vec<&str> = line.words().collect();
    if words.len() < head.len() {
        return None;
    }
    // Names of devices hold blanks as well (`map -hosts`): the first size tells where they end, if the mount is last.
    let is_size = |word: &str| word == "-" || text::size(word, 1).is_some();
    let last = mount_at + 1 == head.len();
    let surplus = words.len() - head.len();
    let shift = if last {
        (0..=surplus).find(|shift| {
            words[shift + 1..shift + mount_at].iter().all(|word| is_size(word.trim_end_matches('%')))
        })?
    } else {
        0
    };
    let mut cells: Vec<&str> = Vec::with_capacity(head.len());
    let (name, mount);
    if last {
        name = words[..=shift].join(" ");
        mount = words[shift + mount_at..].join(" ");
        cells.push(&name);
        cells.extend(&words[shift + 1..shift + mount_at]);
        cells.push(&mount);
    } else {
        // Blanks cannot be told apart here.
        (surplus == 0).then_some(())?;
        cells.extend(&words);
    }
    let row = Row::new(head, cells, line.number);
    let filesystem = FilesystemReading {
        device: row.text(&["Filesystem"]).map(str::to_owned),
        total_bytes: row.size(&["size"], unit),
        used_bytes: row.size(&["Used"], unit),
        available_bytes: row.size(&["Available", "Avail", "Free"], unit),
        used_pct: row.text(&["Capacity", "%Used", "Use%"]).and_then(share),
        mount: row.text(&["Mounted"]).map(str::to_owned),
    };
    row.report(reading);
    Some(filesystem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<FilesystemReading> {
        parse(&Text::of("aix df", text)).unwrap().filesystems.unwrap()
    }

    #[test]
    fn third_column_of_aix_is_free() {
        let list = read(
            "Filesystem    1024-blocks      Free %Used    Iused %Iused Mounted on\n\
             /dev/hd4           131072     65536   50%     2000     9% /\n\
             /proc                   -         -    -         -     -  /proc\n",
        );
        assert_eq!((list[0].total_bytes, list[0].available_bytes), (Some(128 << 20), Some(64 << 20)));
        assert_eq!((list[0].used_bytes, list[0].used_pct), (None, Some(50.0)));
        assert_eq!((list[1].total_bytes, list[1].mount.as_deref()), (None, Some("/proc")));
    }

    #[test]
    fn sizes_are_in_the_unit_of_the_header() {
        let list = read(
            "Filesystem    GB blocks      Free %Used    Iused %Iused Mounted on\n/dev/hd2 2.50 1.25 50% 10 1% /usr\n",
        );
        assert_eq!(
            (list[0].total_bytes, list[0].available_bytes),
            (Some(2_684_354_560), Some(1_342_177_280))
        );
        let list = read(
            "Filesystem 512-blocks Free %Used Iused %Iused Mounted on\n/dev/hd2 2048 1024 50% 10 1% /usr\n",
        );
        assert_eq!(list[0].total_bytes, Some(1 << 20));
        let list = read(
            "Filesystem             size   used  avail capacity  Mounted on\nrpool/a b 1.5G 512K 1.4G 1% /my disk\n",
        );
        assert_eq!(
            (list[0].device.as_deref(), list[0].mount.as_deref()),
            (Some("rpool/a b"), Some("/my disk"))
        );
        assert_eq!((list[0].total_bytes, list[0].used_bytes), (Some(1_610_612_736), Some(524_288)));
    }

    #[test]
    fn long_devices_stand_alone_and_usage_is_no_table() {
        let list = read(
            "Filesystem            kbytes    used   avail capacity  Mounted on\n\
             server:/export/a/very/long/name\n\
             \x20                      1000     200     800    20%    /net\n",
        );
        assert_eq!((list[0].used_bytes, list[0].mount.as_deref()), (Some(204_800), Some("/net")));
        assert!(
            parse(&Text::of("aix df", "df: Not a recognized flag: x\nUsage: df [-k] [file ...]\n")).is_err()
        );
    }
}
