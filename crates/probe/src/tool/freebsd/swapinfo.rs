//! `swapinfo`: a row for each device, and a total where there are several.
//!
//! ```text
//! Device          1K-blocks     Used    Avail Capacity
//! /dev/ada0p2       2097152        0  2097152     0%
//! ```

use super::super::figures::amount;
use super::super::text::{Text, count};
use crate::error::{Fault, ParseError};
use crate::reading::Reading;

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut unit = None;
    let mut sums: Option<[u64; 3]> = None;
    for line in text.lines().filter(|line| !line.is_blank()) {
        let words: Vec<&str> = line.words().collect();
        if words.first() == Some(&"Device") {
            (unit, sums) = (words.get(1).and_then(|word| unit_of(word)), None);
            continue;
        }
        let Some(unit) = unit else { continue };
        if words.first().is_some_and(|name| name.eq_ignore_ascii_case("total")) {
            continue;
        }
        let size = |at: usize| words.get(at).and_then(|word| amount(word, unit));
        let (Some(total), Some(used), Some(free)) = (size(1), size(2), size(3)) else {
            reading.remark(line.number, "a row is cut or is none");
            continue;
        };
        let before = sums.unwrap_or_default();
        sums = Some(
            [total, used, free]
                .into_iter()
                .zip(before)
                .map(|(one, sum)| one.saturating_add(sum))
                .collect::<Vec<_>>()
                .try_into()
                .unwrap_or(before),
        );
    }
    if unit.is_none() {
        return Err(text.error(Fault::Missing("the header `Device 1K-blocks`")));
    }
    if let Some([total, used, free]) = sums {
        reading.swap_total_bytes = Some(total);
        reading.swap_used_bytes = Some(used);
        reading.swap_free_bytes = Some(free);
    }
    Ok(reading)
}

/// Bytes of `1K-blocks`, `512-blocks`, `Bytes`; 1 for `Size`, whose cells have suffixes.
fn unit_of(word: &str) -> Option<u64> {
    match word {
        "Size" | "Bytes" => Some(1),
        _ => {
            let (unit, _) = word.split_once("-blocks")?;
            count(unit).or_else(|| amount(unit, 1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expect: [Option<u64>; 3]) {
        let reading = parse(&Text::of("swapinfo", text)).unwrap();
        assert_eq!(
            [reading.swap_total_bytes, reading.swap_used_bytes, reading.swap_free_bytes],
            expect,
            "{text}"
        );
    }

    #[test]
    fn devices_are_summed_up_and_their_total_is_not() {
        let mib = |count: u64| Some(count << 20);
        check(
            "Device          1K-blocks     Used    Avail Capacity\n/dev/vtbd0p2      1048576   524288   524288    50%\n/dev/vtbd1p2      1048576        0  1048576     0%\nTotal             2097152   524288  1572864    25%\n",
            [mib(2048), mib(512), mib(1536)],
        );
        check(
            "Device              Size     Used    Avail Capacity\n/dev/vtbd0p2        2.0G     512M     1.5G    25%\n",
            [mib(2048), mib(512), mib(1536)],
        );
        check(
            "Device          512-blocks     Used    Avail Capacity\n/dev/vtbd0p2      2048        0  2048     0%\n/dev/da0p2  20",
            [mib(1), Some(0), mib(1)],
        );
        check("Device          1K-blocks     Used    Avail Capacity\n", [None; 3]);
    }
}
