//! `df`: in blocks of 512 bytes, or with `-k -m -g -P -I -M`.

use crate::error::ParseError;
use crate::reading::Reading;
use crate::tool::disk_free;
use crate::tool::text::Text;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    // Two words where other systems have one.
    let words = text.all().replace("GB blocks", "1G-blocks").replace("MB blocks", "1M-blocks");
    disk_free::parse(&Text::of("aix df", &words))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn third_column_is_free_and_gigabytes_are_two_words() {
        let text = "Filesystem    GB blocks      Free %Used    Iused %Iused Mounted on\n/dev/hd2 2.50 1.25 50% 10 1% /usr\n\
                    /proc            -         -    -         -     -  /proc\n";
        let list = parse(&Text::of("aix df", text)).unwrap().filesystems.unwrap();
        assert_eq!(
            (list[0].total_bytes, list[0].available_bytes),
            (Some(2_684_354_560), Some(1_342_177_280))
        );
        assert_eq!((list[0].used_bytes, list[0].used_pct), (None, Some(50.0)));
        assert_eq!((list[1].total_bytes, list[1].mount.as_deref()), (None, Some("/proc")));
    }
}
