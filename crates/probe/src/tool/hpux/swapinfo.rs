//! `swapinfo -ta`, also with `-m`.
//!
//! ```text
//!              Mb      Mb      Mb   PCT  START/      Mb
//! TYPE      AVAIL    USED    FREE  USED   LIMIT RESERVE  PRI  NAME
//! dev        4096       0    4096    0%       0       -    1  /dev/vg00/lvol2
//! total     12288    3000    9288   24%       -       0    -
//! ```

use super::super::text::{Text, count};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut unit: Option<u64> = None;
    let mut header = false;
    let mut total: Option<[u64; 3]> = None;
    let mut devices: Option<[u64; 3]> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        match words.first().map(|word| word.to_ascii_lowercase()).as_deref() {
            Some("kb") => unit = Some(1 << 10),
            Some("mb") => unit = Some(1 << 20),
            Some("type") => (header, total, devices) = (true, None, None),
            Some(kind @ ("dev" | "localfs" | "fs" | "network" | "total")) if header => {
                let cell = |at: usize| words.get(at).and_then(|word| count(word));
                let (Some(all), Some(used), Some(free)) = (cell(1), cell(2), cell(3)) else {
                    reading.remark(line.number, "a row is cut or is none");
                    continue;
                };
                if kind == "total" {
                    total = Some([all, used, free]);
                } else {
                    let [a, b, c] = devices.unwrap_or_default();
                    devices = Some([a.saturating_add(all), b.saturating_add(used), c.saturating_add(free)]);
                }
            }
            _ => {}
        }
    }
    if !header {
        return Err(text.error(Fault::Missing("the header `TYPE AVAIL USED FREE`")));
    }
    let Some(unit) = unit else { return Err(text.error(Fault::Missing("the unit, Kb or Mb"))) };
    if let Some([all, used, free]) = total.or(devices) {
        reading.swap_total_bytes = all.checked_mul(unit);
        reading.swap_used_bytes = used.checked_mul(unit);
        reading.swap_free_bytes = free.checked_mul(unit);
    }
    Ok(reading)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_is_what_can_be_used() {
        let text = "             Mb      Mb      Mb   PCT  START/      Mb\nTYPE      AVAIL    USED    FREE  USED   LIMIT RESERVE  PRI  NAME\ndev        4096       1    4095    0%       0       -    1  /dev/vg00/lvol2\nreserve       -    1000   -1000\nmemory     8192    2000    6192   24%\ntotal     12288    3001    9287   24%       -       0    -\n";
        let reading = parse(&Text::of("swapinfo", text)).unwrap();
        assert_eq!(
            (reading.swap_total_bytes, reading.swap_used_bytes),
            (Some(12_288 << 20), Some(3001 << 20))
        );
        let reading = parse(&Text::of("swapinfo", &text[..text.find("total").unwrap()])).unwrap();
        assert_eq!(reading.swap_total_bytes, Some(4096 << 20));
        assert!(parse(&Text::of("swapinfo", "swapinfo: permission denied\n")).is_err());
    }
}
