//! `swap`: `-s` in a sentence, `-l` a row a device in blocks of 512 bytes or with suffixes (`-lk`, `-lh`).

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::row::{Head, fact};
use crate::tool::text::{self, Text};

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut head: Option<Head<'_>> = None;
    let mut understood = false;
    for line in text.lines().filter(|line| !line.is_blank()) {
        if line.text.trim_start().starts_with("total:") {
            // `total: 10k bytes allocated + 2k reserved = 12k used, 30k available`
            let words: Vec<&str> = line.words().collect();
            let size = |name: &str| {
                let at = words.iter().position(|word| word.trim_end_matches(',') == name)?;
                let word = words.get(at.checked_sub(1)?)?;
                let word = if *word == "bytes" { words.get(at.checked_sub(2)?)? } else { word };
                text::size(word, 1)
            };
            reading.swap_used_bytes = size("used");
            reading.swap_free_bytes = size("available");
            for name in ["allocated", "reserved"] {
                if let Some(bytes) = size(name) {
                    fact(&mut reading, &format!("{name} bytes"), &bytes.to_string());
                }
            }
            understood |= reading.swap_used_bytes.is_some() || reading.swap_free_bytes.is_some();
        } else if line.text.contains("swaplo") {
            head = Some(Head::of(line.text));
            understood = true;
            (reading.swap_total_bytes, reading.swap_free_bytes) = (Some(0), Some(0));
        } else if line.text.contains("No swap devices configured") {
            understood = true;
            (reading.swap_total_bytes, reading.swap_free_bytes) = (Some(0), Some(0));
        } else if let Some(head) = &head {
            let row = head.row(&line);
            let sizes =
                row.as_ref().and_then(|row| Some((row.size(&["blocks"], 512)?, row.size(&["free"], 512)?)));
            let Some((total, free)) = sizes else {
                // A device that cannot be read is one that the sums lack; what has no number is no device.
                if !line.words().any(|word| text::size(word, 1).is_some()) {
                    reading.remark(line.number, "no swap device in this line, left out");
                    continue;
                }
                reading
                    .remark(line.number, "the row has not the columns of its header: the sums are not known");
                (reading.swap_total_bytes, reading.swap_free_bytes) = (None, None);
                continue;
            };
            let add = |sum: Option<u64>, more: u64| sum.map(|sum| sum.saturating_add(more));
            reading.swap_total_bytes = add(reading.swap_total_bytes, total);
            reading.swap_free_bytes = add(reading.swap_free_bytes, free);
        }
    }
    if understood { Ok(reading) } else { Err(text.error(Fault::Malformed("what swap prints"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("solaris swap", text)).unwrap()
    }

    #[test]
    fn sentence_is_of_virtual_swap() {
        let reading = read("total: 1000k bytes allocated + 24k reserved = 1024k used, 2048k available\n");
        assert_eq!((reading.swap_used_bytes, reading.swap_free_bytes), (Some(1 << 20), Some(2 << 20)));
        assert_eq!(reading.swap_total_bytes, None);
        let reading = read("total: 1.0G allocated + 512M reserved = 1.5G used, 2.0G available\n");
        assert_eq!((reading.swap_used_bytes, reading.swap_free_bytes), (Some(1_610_612_736), Some(2 << 30)));
    }

    #[test]
    fn devices_add_up() {
        let reading = read(
            "swapfile             dev    swaplo   blocks     free\n\
             /dev/zvol/dsk/rpool/swap 303,1  8 2048 1024\n/dev/dsk/c0t0d0s1 32,1 16 2048 2048\n",
        );
        assert_eq!((reading.swap_total_bytes, reading.swap_free_bytes), (Some(2 << 20), Some(1_572_864)));
        let reading = read("swapfile dev swaplo blocks free\n/dev/zvol/dsk/rpool/swap 303,1 4K 2.0G 1.5G\n");
        assert_eq!((reading.swap_total_bytes, reading.swap_free_bytes), (Some(2 << 30), Some(1_610_612_736)));
        assert_eq!(read("No swap devices configured\n").swap_total_bytes, Some(0));
    }
}
