//! `df` and `bdf`: filesystems, in whatever unit the header says.
//!
//! ```text
//! Filesystem     1K-blocks    Used Available Use% Mounted on
//! /dev/sda2       20508240 5748028  13695408  30% /
//! ```
//!
//! Names of devices and mount points may hold blanks, long ones have a line of their own, messages of the tool
//! stand between the rows. Sizes for people are of 1024 powers (`-h`) or of 1000 powers (`-H`, `--si`): only the
//! sizes themselves tell which.

use super::cut::MARK;
use super::figures::{amount, decimal_amount};
use super::table::Kept;
use super::text::{Text, count, number, percent};
use crate::error::{Fault, ParseError};
use crate::reading::{FilesystemReading, Reading};

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Column {
    Device,
    Mount,
    Total,
    Used,
    Available,
    Percent,
    /// Of no use, but a number.
    Number,
    /// Of no use, one word.
    Word,
}

/// A header: its columns in order, and the unit of its sizes; `None` when the text does not tell it.
#[derive(Debug, Clone)]
struct Header {
    columns: Vec<Column>,
    unit: Option<u64>,
    suffix: Suffix,
}

/// What `G` means behind a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Suffix {
    Binary,
    Decimal,
    /// The text does not tell; taken as binary, as `-h` is more frequent than `-H`.
    Unknown,
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    table(text, Suffix::of(text))
}

/// The same where 1024 powers always have an `i`, as on macOS.
pub(super) fn parse_decimal(text: &Text<'_>) -> Result<Reading, ParseError> {
    table(text, Suffix::Decimal)
}

fn table(text: &Text<'_>, suffix: Suffix) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut header: Option<(u32, Header)> = None;
    let mut rows: Kept<FilesystemReading> = Kept::new();
    // A device whose name took the whole of a line, and the number of that line.
    let mut wrapped: Option<(u32, &str)> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if let Some(found) = Header::of(line.text, suffix) {
            // A header again is the next report.
            rows.clear();
            header = Some((line.number, found));
            continue;
        }
        let Some((_, header)) = &header else {
            reading.remark(line.number, "no row of a table");
            continue;
        };
        let joined;
        let (mut row, mut was_wrapped) = (line.text, false);
        if let Some((_, device)) = wrapped.filter(|_| line.text.starts_with(char::is_whitespace)) {
            joined = format!("{device} {}", line.text.trim_start());
            (row, was_wrapped) = (&joined, true);
        }
        match header.row(row) {
            Some(filesystem) => {
                if !is_sum(&filesystem) {
                    rows.push(filesystem);
                }
                if let (Some((number, _)), false) = (wrapped.take(), was_wrapped) {
                    reading.remark(number, "a row is cut or is none");
                }
            }
            None => {
                if let Some((number, _)) = wrapped.replace((line.number, line.text.trim())) {
                    reading.remark(number, "a row is cut or is none");
                }
            }
        }
    }
    if let Some((number, _)) = wrapped {
        reading.remark(number, "a row is cut or is none");
    }
    let Some((line, header)) = header else {
        return Err(text.error(Fault::Missing("the header `Filesystem … Mounted on`")));
    };
    let below = text.lines().skip_while(|below| below.number <= line);
    let cells = || below.clone().flat_map(|line| line.words());
    if header.unit.is_none() && cells().any(|word| count(word).is_some_and(|count| count > 0)) {
        reading.remark(line, "the header does not tell the unit: sizes without a suffix are left out");
    }
    if header.suffix == Suffix::Unknown && cells().any(|word| Suffix::of_cell(word).is_some()) {
        reading.remark(line, "no size tells whether suffixes are powers of 1024 or of 1000: taken as 1024");
    }
    reading.filesystems = Some(rows.finish(&mut reading, line));
    Ok(reading)
}

impl Suffix {
    /// `-H` writes thousands with a small `k`, `-h` with a large one; and above 1000 of a unit there is the next one
    /// where it has 1000 of them.
    fn of(text: &Text<'_>) -> Self {
        let mut found = Self::Unknown;
        for cell in text.lines().flat_map(|line| line.words()).filter_map(Self::of_cell) {
            match cell {
                Self::Decimal => return Self::Decimal,
                Self::Binary => found = Self::Binary,
                Self::Unknown => {}
            }
        }
        found
    }

    /// What a size tells; `None` when it is none, or has no suffix of which there are two kinds.
    fn of_cell(word: &str) -> Option<Self> {
        let (digits, suffix) = word.split_at(word.find(|char: char| char.is_ascii_alphabetic())?);
        let value = number(digits).filter(|value| *value >= 0.0)?;
        match suffix {
            "k" => Some(Self::Decimal),
            "K" => Some(Self::Binary),
            "M" | "G" | "T" | "P" | "E" if value >= 1000.0 => Some(Self::Binary),
            "M" | "G" | "T" | "P" | "E" => Some(Self::Unknown),
            _ => None,
        }
    }
}

/// The sum that `--total` adds is no filesystem.
fn is_sum(filesystem: &FilesystemReading) -> bool {
    filesystem.device.as_deref() == Some("total")
        && filesystem.mount.as_deref().is_none_or(|mount| mount == "-")
}

impl Header {
    fn of(line: &str, suffix: Suffix) -> Option<Self> {
        let words: Vec<&str> = line.split_whitespace().take(64).collect();
        let first = *words.first()?;
        let english = words.iter().any(|word| ["Filesystem", "Mounted"].contains(word));
        let (columns, unit) = if english {
            Self::english(&words)?
        } else if first.starts_with(['/', '-']) {
            return None;
        } else {
            Self::translated(&words)?
        };
        // With a unit in the header every size is in it.
        let suffix = if unit.is_none_or(|unit| unit == 1) { suffix } else { Suffix::Binary };
        Some(Self { columns, unit, suffix })
    }

    /// `Dateisystem 1K-Blöcke Benutzt Verfügbar Verw% Eingehängt auf`, `… blocs de 1K Utilisé …`, and with `-P`
    /// `… 1024-Blöcke … Kapazität …`: known by the place of the unit, or of the sign of a share.
    fn translated(words: &[&str]) -> Option<(Vec<Column>, Option<u64>)> {
        const TYPE: &[&str] = &[
            "Typ",
            "Type",
            "Tipo",
            "\u{422}\u{438}\u{43f}",
            "\u{7c7b}\u{578b}",
            "\u{985e}\u{578b}",
            "\u{30bf}\u{30a4}\u{30d7}",
            "\u{d615}\u{c2dd}",
        ];
        let unit = |word: &str| unit_of(word).or_else(|| unit_of(&format!("{word}-bl")));
        let is_number = |word: &&str| number(word).is_some() || percent(word).is_some();
        let is_share = |word: &&str| (word.ends_with('%') || word.starts_with('%')) && word.len() > 1;
        let total = match words.iter().position(|word| is_share(word) && !is_number(word)) {
            Some(share) => share.checked_sub(3)?,
            // A number in a header can only be its unit.
            None => words.iter().position(|word| unit_of(word).is_some() || count(word).is_some())?,
        };
        let numbers = words.iter().enumerate().any(|(at, word)| at != total && is_number(word));
        if total == 0 || total + 4 >= words.len() || numbers {
            return None;
        }
        let unit = unit(words.get(total)?);
        let mut columns = vec![
            Column::Device,
            Column::Total,
            Column::Used,
            Column::Available,
            Column::Percent,
            Column::Mount,
        ];
        if words.get(total - 1).is_some_and(|word| TYPE.contains(word)) {
            columns.insert(1, Column::Word);
        }
        Some((columns, unit))
    }

    fn english(words: &[&str]) -> Option<(Vec<Column>, Option<u64>)> {
        let mut columns = Vec::new();
        let mut unit = None;
        let mut words = words.iter().peekable();
        let mut inodes = false;
        while let Some(word) = words.next() {
            let lower = word.to_ascii_lowercase();
            columns.push(match lower.as_str() {
                "filesystem" => Column::Device,
                "mounted" => {
                    words.next_if(|word| **word == "on");
                    Column::Mount
                }
                "type" | "file" => Column::Word,
                "inodes" => {
                    inodes = true;
                    Column::Number
                }
                "used" => Column::Used,
                "avail" | "available" | "free" => Column::Available,
                "use%" | "capacity" | "%used" => Column::Percent,
                "iused" | "ifree" | "%iused" | "iuse%" => Column::Number,
                _ => {
                    unit = Some(unit_of(word)?);
                    Column::Total
                }
            });
        }
        if inodes && unit.is_none() {
            // Of `-i`: nothing here counts bytes.
            for column in &mut columns {
                if matches!(column, Column::Used | Column::Available | Column::Percent) {
                    *column = Column::Number;
                }
            }
        }
        // `df --output=used,target` counts in KiB too.
        (columns.len() > 1).then(|| (columns, Some(unit.unwrap_or(1024))))
    }

    fn size(&self, cell: &str) -> Option<u64> {
        let suffix = cell.trim_start_matches(|char: char| !char.is_ascii_alphabetic());
        match (suffix, self.unit) {
            ("", Some(unit)) => amount(cell, unit),
            // Nothing is nothing in any unit.
            ("", None) => amount(cell, 1).filter(|value| *value == 0),
            // `-B MB`.
            ("kB" | "MB" | "GB" | "TB", _) => decimal_amount(cell),
            _ if self.suffix == Suffix::Decimal => decimal_amount(cell),
            _ => amount(cell, 1),
        }
    }

    /// A row. A name at its beginning takes as many words as the other cells leave.
    fn row(&self, row: &str) -> Option<FilesystemReading> {
        let words: Vec<&str> = row.split_whitespace().take(200).collect();
        let is_name = |column: &Column| matches!(column, Column::Device | Column::Mount);
        let head = self.columns.first().filter(|column| is_name(column));
        let tail = self.columns.last().filter(|column| is_name(column));
        let end = self.columns.len().checked_sub(usize::from(tail.is_some()))?;
        let middle = self.columns.get(usize::from(head.is_some())..end)?;
        let least = usize::from(head.is_some());
        let most = words.len().checked_sub(middle.len() + usize::from(tail.is_some()))?;
        for names in least..=if head.is_some() { most } else { 0 } {
            let cells = words.get(names..names + middle.len())?;
            if middle.iter().zip(cells).all(|(column, cell)| column.takes(cell)) {
                let mut filesystem = FilesystemReading::default();
                let after = row.trim_start();
                let (name, rest) = part(after, names);
                let (_, rest) = part(rest, middle.len());
                for (column, text) in [(head, name), (tail, rest.trim())] {
                    // Half a name may be that of another one.
                    if let Some(column) = column.filter(|_| !text.ends_with(MARK)) {
                        column.fill(&mut filesystem, text, self);
                    }
                }
                for (column, cell) in middle.iter().zip(cells) {
                    column.fill(&mut filesystem, cell, self);
                }
                return Some(filesystem);
            }
        }
        None
    }
}

/// Parts a text behind so many words.
fn part(text: &str, words: usize) -> (&str, &str) {
    let mut rest = text.trim_start();
    let start = text.len() - rest.len();
    for _ in 0..words {
        rest = rest.trim_start();
        rest = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len())).1;
    }
    let (taken, rest) = text.split_at(text.len() - rest.len());
    (taken.get(start..).unwrap_or_default(), rest)
}

impl Column {
    /// Whether a word can be a cell of this column.
    fn takes(self, word: &str) -> bool {
        match self {
            Self::Total | Self::Used | Self::Available | Self::Number => {
                word == "-" || amount(word, 1).is_some() || number(word).is_some() || percent(word).is_some()
            }
            Self::Percent => word == "-" || (word.ends_with('%') && percent(word).is_some()),
            Self::Device | Self::Mount | Self::Word => true,
        }
    }

    fn fill(self, filesystem: &mut FilesystemReading, cell: &str, header: &Header) {
        let size = || header.size(cell);
        match self {
            Self::Device => filesystem.device = Some(cell.to_owned()),
            Self::Mount => filesystem.mount = Some(cell.to_owned()),
            Self::Total => filesystem.total_bytes = size(),
            Self::Used => filesystem.used_bytes = size(),
            Self::Available => filesystem.available_bytes = size(),
            Self::Percent => filesystem.used_pct = percent(cell),
            Self::Number | Self::Word => {}
        }
    }
}

/// Bytes of a unit in a header: `1K-blocks`, `512-blocks`, `1MB-blocks`, `kbytes`; 1 for `Size`, whose cells have
/// suffixes.
fn unit_of(word: &str) -> Option<u64> {
    let lower = word.to_lowercase();
    match lower.as_str() {
        "size" | "gr\u{f6}\u{df}e" | "taille" | "tama\u{f1}o" | "tam." | "dim." | "rozm."
        | "\u{5bb9}\u{91cf}" => {
            return Some(1);
        }
        "kbytes" => return Some(1024),
        _ => {}
    }
    let (unit, _) = lower.split_once('-').filter(|(unit, rest)| {
        rest.starts_with("bl") || unit.starts_with(|char: char| char.is_ascii_digit())
    })?;
    let digits = unit.find(|char: char| !char.is_ascii_digit()).unwrap_or(unit.len());
    let (factor, suffix) = unit.split_at(digits);
    let factor = if factor.is_empty() { 1 } else { count(factor)? };
    let power = match suffix {
        "" | "b" => 1,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        "t" | "tib" => 1 << 40,
        "kb" => 1000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        _ => return None,
    };
    factor.checked_mul(power)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Device, total, used, available, share used, mount point.
    type Row = (&'static str, Option<u64>, Option<u64>, Option<u64>, Option<f64>, &'static str);

    fn check(text: &str, expect: &[Row]) -> Reading {
        let reading = parse(&Text::of("df", text)).unwrap();
        let found: Vec<_> = reading.filesystems.iter().flatten().collect();
        let found: Vec<_> = found
            .iter()
            .map(|fs| {
                let name = |name: &Option<String>| name.clone().unwrap_or_default();
                (
                    name(&fs.device),
                    fs.total_bytes,
                    fs.used_bytes,
                    fs.available_bytes,
                    fs.used_pct,
                    name(&fs.mount),
                )
            })
            .collect();
        let expect: Vec<_> = expect
            .iter()
            .map(|row| (row.0.to_owned(), row.1, row.2, row.3, row.4, row.5.to_owned()))
            .collect();
        assert_eq!(found, expect, "{text}");
        reading
    }

    #[test]
    fn units_are_in_the_header() {
        let row = ("/dev/vda1", Some(102_400), Some(51_200), Some(51_200), Some(50.0), "/");
        check(
            "Filesystem     1K-blocks    Used Available Use% Mounted on\n/dev/vda1  100 50 50 50% /\n",
            &[row],
        );
        check(
            "Filesystem     1024-blocks    Used Available Capacity Mounted on\n/dev/vda1  100 50 50 50% /\n",
            &[row],
        );
        check(
            "Filesystem     512-blocks    Used Available Capacity iused ifree %iused Mounted on\n/dev/vda1  200 100 100 50% 7 8 46% /\n",
            &[row],
        );
        check("Filesystem     kbytes    used avail %used Mounted on\n/dev/vda1  100 50 50 50% /\n", &[row]);
        check("Filesystem     Size    Used Avail Use% Mounted on\n/dev/vda1  100K 50K 50K 50% /\n", &[row]);
        check(
            "Dateisystem 1K-Bl\u{f6}cke Benutzt Verf\u{fc}gbar Verw% Eingeh\u{e4}ngt auf\n/dev/vda1  100 50 50 50% /\n",
            &[row],
        );
        check(
            "Sys. de fichiers blocs de 1K Utilis\u{e9} Dispo Uti% Mont\u{e9} sur\n/dev/vda1  100 50 50 50% /\n",
            &[row],
        );
        check(
            "Sys. de fichiers Type Taille Utilis\u{e9} Dispo Uti% Mont\u{e9} sur\n/dev/vda1 xfs 100K 50K 50K 50% /\n",
            &[row],
        );
    }

    #[test]
    fn names_may_hold_blanks_and_lines_of_their_own() {
        let reading = check(
            "df: /x: Permission denied\nFilesystem     Type 1M-blocks    Used Available Use% Mounted on\n/dev/mapper/a-very-long-name\n               ext4  10 5 5  50% /mnt/a  disk\n//nas/my share cifs 10 5 5 50% /nas\nproc proc 0 0 0 - /proc\ntotal - 20 10 10 50% -\n/dev/sdb1 ext4 10",
            &[
                (
                    "/dev/mapper/a-very-long-name",
                    Some(10 << 20),
                    Some(5 << 20),
                    Some(5 << 20),
                    Some(50.0),
                    "/mnt/a  disk",
                ),
                ("//nas/my share", Some(10 << 20), Some(5 << 20), Some(5 << 20), Some(50.0), "/nas"),
                ("proc", Some(0), Some(0), Some(0), None, "/proc"),
            ],
        );
        assert_eq!(reading.remarks.iter().map(|remark| remark.line).collect::<Vec<_>>(), [1, 8]);
    }

    #[test]
    fn suffixes_are_of_1024_powers_or_of_1000() {
        let header = "Filesystem      Size  Used Avail Use% Mounted on\n";
        let row = |name, total, used| (name, Some(total), Some(used), Some(0), Some(20.0), "/");
        // A small `k` is of `-H` alone, a large one of `-h`, as are 1000 of a unit and more.
        let reading = check(
            &format!("{header}/dev/a 271G 50G 0 20% /\ntmpfs 5M 4k 0 20% /\n"),
            &[row("/dev/a", 271_000_000_000, 50_000_000_000), row("tmpfs", 5_000_000, 4000)],
        );
        assert_eq!(reading.remarks, []);
        for (total, bytes) in [("8K", 8192), ("1012M", 1012 << 20)] {
            let reading = check(
                &format!("{header}/dev/a 1G 1G 0 20% /\n/dev/b {total} 0 0 20% /\n"),
                &[row("/dev/a", 1 << 30, 1 << 30), row("/dev/b", bytes, 0)],
            );
            assert_eq!(reading.remarks, []);
        }
        let reading = check(&format!("{header}/dev/a 1G 1G 0 20% /\n"), &[row("/dev/a", 1 << 30, 1 << 30)]);
        assert_eq!((reading.remarks.len(), reading.remarks[0].line), (1, 1));
        check(
            "Filesystem     1MB-blocks  Used Available Use% Mounted on\n/dev/a 42MB 12MB 0MB 20% /\n",
            &[row("/dev/a", 42_000_000, 12_000_000)],
        );
        // Where binary ones have an `i`.
        let text = format!("{header}/dev/a 2Gi 1G 0B 20% /\n");
        let reading = parse_decimal(&Text::of("df", &text)).unwrap();
        let found = &reading.filesystems.unwrap()[0];
        assert_eq!((found.total_bytes, found.used_bytes), (Some(2 << 30), Some(1_000_000_000)));
        assert_eq!(reading.remarks, []);
    }

    #[test]
    fn translated_headers_are_known_by_their_form() {
        let rows = [
            ("udev", Some(0), Some(0), Some(0), Some(0.0), "/dev"),
            ("/dev/a", Some(1 << 30), Some(512 << 20), Some(0), Some(50.0), "/"),
        ];
        for header in [
            "\u{6587}\u{4ef6}\u{7cfb}\u{7edf}        \u{5bb9}\u{91cf}  \u{5df2}\u{7528}  \u{53ef}\u{7528} \u{5df2}\u{7528}% \u{6302}\u{8f7d}\u{70b9}",
            "\u{30d5}\u{30a1}\u{30a4}\u{30eb}\u{30b7}\u{30b9}   \u{30b5}\u{30a4}\u{30ba}  \u{4f7f}\u{7528}  \u{6b8b}\u{308a} \u{4f7f}\u{7528}% \u{30de}\u{30a6}\u{30f3}\u{30c8}\u{4f4d}\u{7f6e}",
            "System plik\u{f3}w  rozm. u\u{17c}yte dost. %u\u{17c}. zamont. na",
        ] {
            let reading =
                check(&format!("{header}\nudev 0 0 0 0% /dev\n/dev/a 1024M 512M 0K 50% /\n"), &rows);
            assert_eq!(reading.remarks, [], "{header}");
        }
        let row = ("/dev/a", Some(2048), Some(1024), Some(1024), Some(50.0), "/");
        for header in [
            "Dateisystem    1024-Bl\u{f6}cke  Benutzt Verf\u{fc}gbar Kapazit\u{e4}t Eingeh\u{e4}ngt auf",
            "Sys. de fichiers blocs de 1024 Utilis\u{e9} Disponible Capacit\u{e9} Mont\u{e9} sur",
            "System plik\u{f3}w  1K-bl    u\u{17c}yte dost\u{119}pne %u\u{17c}. zamont. na",
        ] {
            check(&format!("{header}\n/dev/a 2 1 1 50% /\n"), &[row]);
        }
        check(
            "\u{6587}\u{4ef6}\u{7cfb}\u{7edf} \u{7c7b}\u{578b} 1K-\u{5757} \u{5df2}\u{7528} \u{53ef}\u{7528} \u{5df2}\u{7528}% \u{6302}\u{8f7d}\u{70b9}\n/dev/a ext4 2 1 1 50% /\n",
            &[row],
        );
    }

    #[test]
    fn inodes_are_no_bytes() {
        check(
            "Filesystem      Inodes  IUsed   IFree IUse% Mounted on\n/dev/vda1      1310720 123456 1187264   10% /\n",
            &[("/dev/vda1", None, None, None, None, "/")],
        );
    }

    #[test]
    fn columns_may_be_chosen() {
        check(
            "Mounted on       Use% 1K-blocks Inodes IUsed File\n/mnt 1          50%       100     10     5 -\n",
            &[("", Some(102_400), None, None, Some(50.0), "/mnt 1")],
        );
    }

    #[test]
    fn a_text_without_a_header_is_refused() {
        assert!(parse(&Text::of("df", "/dev/vda1 100 50 50 50% /\n")).is_err());
    }
}
