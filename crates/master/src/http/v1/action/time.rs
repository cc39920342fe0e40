//! The time at which an action is to begin, as people write it.

use crate::http::problem::Refusal;
use topmast_api::time::Timestamp;
use topmast_model::time::UnixMillis;

/// Reads a time with its offset, or a local one with its zone.
///
/// A local time that a change of clocks leaves out comes as much later as they are put forward, and one that comes
/// twice is the first: the rule of recurring maintenances and freezes.
pub(super) fn moment(text: &str) -> Result<UnixMillis, Refusal> {
    // Of a time with both an offset and a zone they have to agree.
    if !text.contains('[')
        && let Ok(Timestamp(moment)) = text.parse()
    {
        return Ok(moment);
    }
    let zoned: Result<jiff::Zoned, _> = text.parse();
    zoned.map(|zoned| UnixMillis(zoned.timestamp().as_millisecond())).map_err(|error| {
        Refusal::invalid(
            "at",
            format!(
                "{text:?} is no moment ({error}); write for example 2026-03-01T22:00:00Z, or \
                 2026-03-01T22:00[Europe/Zurich]"
            ),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn utc(text: &str) -> String {
        moment(text).map_or_else(|refusal| refusal.problem().detail.clone(), |at| Timestamp(at).to_string())
    }

    #[test]
    fn time_is_read_with_an_offset_or_a_zone_never_without() {
        assert_eq!(utc("2026-03-01T22:00:00Z"), "2026-03-01T22:00:00.000Z");
        assert_eq!(utc("2026-03-01T22:00:00+01:00"), "2026-03-01T21:00:00.000Z");
        assert_eq!(utc("2026-03-01T22:00[Europe/Zurich]"), "2026-03-01T21:00:00.000Z");
        for wrong in
            ["2026-03-01T22:00:00", "2026-03-01", "22:00", "tomorrow", "", "2026-03-01T22:00[Moon/Tycho]"]
        {
            assert!(utc(wrong).contains("[Europe/Zurich]"), "{wrong:?}: {}", utc(wrong));
        }
    }

    #[test]
    fn time_that_clocks_leave_out_comes_later_and_one_that_comes_twice_is_the_first() {
        assert_eq!(utc("2026-03-29T02:30[Europe/Zurich]"), "2026-03-29T01:30:00.000Z", "03:30 there");
        assert_eq!(
            utc("2026-10-25T02:30[Europe/Zurich]"),
            "2026-10-25T00:30:00.000Z",
            "in summer time still"
        );
        // With its offset the second one can be said, and one that is not can not.
        assert_eq!(utc("2026-10-25T02:30+01:00[Europe/Zurich]"), "2026-10-25T01:30:00.000Z");
        assert!(utc("2026-03-29T02:30+05:00[Europe/Zurich]").contains("is no moment"));
    }
}
