//! Paging space: `lsps -a`, `lsps -s`, `lsps -c`, `swap -s` and `swap -l`.

use super::PAGE_BYTES;
use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::{Head, Row, fact};
use crate::tool::text::{self, Line, Text};

/// `lsps`: one row a paging space with its size, or `-s` with one for all of them, or `-c` with colons between.
pub(super) fn lsps(text: &Text<'_>) -> Result<Reading, ParseError> {
    if let Some(head) = text.lines().find(|line| is_colons(line.text)) {
        return colons(text, head);
    }
    let mut reading = Reading::default();
    let mut total: Option<u64> = None;
    let mut sum = false;
    let mut head = false;
    let mut states = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.text.contains("Paging Space") || line.text.contains("Page Space") {
            head = true;
            sum = line.text.contains("Total Paging Space");
            states = line.words().any(|word| word == "Active");
            total = None;
            continue;
        }
        if !head {
            continue;
        }
        let words: Vec<&str> = line.words().collect();
        let size_at = words.iter().position(|word| word.ends_with('B') && text::size(word, 1).is_some());
        let Some((at, size)) = size_at.and_then(|at| Some((at, text::size(words[at], 1)?))) else {
            reading.remark(line.number, "no size in this row, left out");
            continue;
        };
        // One that is not active is no space to page to.
        let active = !states || words.get(at + 2) != Some(&"no");
        total = Some(total.unwrap_or(0).saturating_add(if active { size } else { 0 }));
        if let Some(used) = words.get(at + 1) {
            let name = if sum { "paging space" } else { words[0] };
            fact(&mut reading, &format!("{name} used percent"), used.trim_end_matches('%'));
        }
        // The kernel gives whole percents: what is used of a space is known to a hundredth of it, not in bytes.
    }
    reading.swap_total_bytes = total;
    if total.is_some() {
        Ok(reading)
    } else {
        Err(text.error(Fault::Missing("a paging space with its size")))
    }
}

fn is_colons(line: &str) -> bool {
    line.starts_with('#') && line.contains(":Size:") && line.contains(":Used:")
}

/// `-c`: `#Psname:Pvname:Vgname:Size:Used:Active:…`, with sizes in logical partitions, of which the text does not say
/// how large they are.
fn colons(text: &Text<'_>, head: Line<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let names = Head::named(head.text.trim_start_matches('#').trim().split(':').collect());
    let mut total: Option<u64> = None;
    let mut unsized_row = None;
    let mut listed = false;
    for line in text.lines().skip(head.number as usize).filter(|line| !line.is_blank()) {
        let cells: Vec<&str> = line.text.trim().split(':').collect();
        if cells.len() != names.len() {
            reading.remark(line.number, "the row has not the columns of its header, left out");
            continue;
        }
        let row = Row::new(&names, cells, line.number);
        listed = true;
        if let (Some(name), Some(used)) = (row.text(&["Psname"]), row.text(&["Used"])) {
            fact(&mut reading, &format!("{name} used percent"), used);
        }
        let active = row.text(&["Active"]).is_none_or(|active| !active.starts_with(['n', 'N']));
        let size =
            row.text(&["Size"]).filter(|size| size.ends_with('B')).and_then(|size| text::size(size, 1));
        match size {
            Some(size) if active => total = Some(total.unwrap_or(0).saturating_add(size)),
            Some(_) => {}
            None => unsized_row = Some(line.number),
        }
    }
    match unsized_row {
        Some(line) => {
            reading.remark(line, "sizes are in logical partitions, and the text does not tell theirs");
        }
        None => reading.swap_total_bytes = total,
    }
    if listed { Ok(reading) } else { Err(text.error(Fault::Missing("a row below the header"))) }
}

/// `swap -s`: blocks of 4 KiB in words; `swap -l`: a row a space with a total and what is free.
pub(super) fn swap(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut listed = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words.first() == Some(&"allocated") {
            let blocks = |name: &str| {
                let (_, rest) = line.text.split_once(name)?;
                let value = rest.trim_start().strip_prefix('=')?.split_whitespace().next()?;
                text::count(value)?.checked_mul(PAGE_BYTES)
            };
            reading.swap_total_bytes = blocks("allocated");
            reading.swap_used_bytes = blocks("used");
            reading.swap_free_bytes = blocks("free");
        } else if words.contains(&"total") && words.contains(&"free") {
            listed = true;
            (reading.swap_total_bytes, reading.swap_free_bytes) = (None, None);
        } else if let [.., total, free] = words[..]
            && listed
        {
            match (text::size(total, 1 << 20), text::size(free, 1 << 20)) {
                (Some(total), Some(free)) => {
                    let add = |sum: Option<u64>, more: u64| Some(sum.unwrap_or(0).saturating_add(more));
                    reading.swap_total_bytes = add(reading.swap_total_bytes, total);
                    reading.swap_free_bytes = add(reading.swap_free_bytes, free);
                }
                _ => reading.remark(line.number, "no sizes in this row, left out"),
            }
        }
    }
    let said = [reading.swap_total_bytes, reading.swap_used_bytes, reading.swap_free_bytes];
    if said.iter().any(Option::is_some) {
        Ok(reading)
    } else {
        Err(text.error(Fault::Missing("a size of paging space")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_add_up() {
        let text = "Page Space  Physical Volume   Volume Group    Size %Used Active  Auto  Type\n\
                    hd6         hdisk0            rootvg        512MB     3   yes   yes    lv\n\
                    paging00\t  hdisk2\tdatavg 2GB\t 0 yes yes lv\n";
        let reading = lsps(&Text::of("aix lsps", text)).unwrap();
        assert_eq!(reading.swap_total_bytes, Some((512 << 20) + (2 << 30)));
        let text = "Total Paging Space   Percent Used\n      768MB               4%\n";
        let reading = lsps(&Text::of("aix lsps", text)).unwrap();
        assert_eq!((reading.swap_total_bytes, reading.swap_used_bytes), (Some(768 << 20), None));
    }

    #[test]
    fn sizes_between_colons_are_logical_partitions() {
        let text =
            "#Psname:Pvname:Vgname:Size:Used:Active:Auto:Type:Chksum\nhd6:hdisk0:rootvg:64:12:y:y:lv:0\n";
        let reading = lsps(&Text::of("aix lsps", text)).unwrap();
        assert_eq!(reading.swap_total_bytes, None);
        assert_eq!(reading.facts.unwrap(), [("hd6 used percent".to_owned(), "12".to_owned())]);
        assert_eq!(reading.remarks[0].line, 2);
        let sized = text.replace(":64:", ":512MB:");
        assert_eq!(lsps(&Text::of("aix lsps", &sized)).unwrap().swap_total_bytes, Some(512 << 20));
    }

    #[test]
    fn blocks_of_swap_are_pages() {
        let text = "allocated  =    131072 blocks    used  =   1072 blocks      free  =    130000 blocks\n";
        let reading = swap(&Text::of("aix swap", text)).unwrap();
        assert_eq!(reading.swap_total_bytes, Some(536_870_912));
        assert_eq!((reading.swap_used_bytes, reading.swap_free_bytes), (Some(4_390_912), Some(532_480_000)));
        let text = "device              maj,min        total       free\n/dev/hd6              10,  2       512MB       500MB\n";
        let reading = swap(&Text::of("aix swap", text)).unwrap();
        assert_eq!((reading.swap_total_bytes, reading.swap_free_bytes), (Some(512 << 20), Some(500 << 20)));
    }

    #[test]
    fn spaces_that_are_not_active_do_not_count() {
        let text = "Page Space      Physical Volume   Volume Group Size %Used Active  Auto  Type Chksum\n\
                    hd6             hdisk0            rootvg     2048MB     1   yes   yes    lv       0\n\
                    paging00        hdisk1            datavg     1024MB     0    no    no    lv       0\n";
        assert_eq!(lsps(&Text::of("aix lsps", text)).unwrap().swap_total_bytes, Some(2 << 30));
    }
}
