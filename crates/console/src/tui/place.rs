//! Where everything is drawn, for any size of terminal.
//!
//! ```text
//! head    who, where, how fresh
//! tabs    1 Servers 2 Applications …
//! counts  how many are how; filter, order
//! titles
//! body    the rows, and beside or over them the details
//! foot    keys, or what is being typed
//! ```

use ratatui::layout::Rect;

/// Width from which details stand beside the list instead of over it.
const BESIDE: u16 = 110;

/// The places; one without room has no height.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) head: Rect,
    pub(super) tabs: Rect,
    pub(super) counts: Rect,
    pub(super) titles: Rect,
    pub(super) body: Rect,
    pub(super) pane: Option<Rect>,
    pub(super) foot: Rect,
}

impl Places {
    /// The places on a terminal of so many columns and lines.
    pub(super) fn new((width, height): (u16, u16), has_pane: bool) -> Self {
        // What gives way first: the counts, then tabs and foot, then the titles.
        let lines = |from: u16| u16::from(height >= from);
        let (head, tabs, counts, titles, foot) = (lines(1), lines(6), lines(8), lines(4), lines(6));
        let body = height.saturating_sub(head + tabs + counts + titles + foot);
        let mut top = 0;
        let [head, tabs, counts, titles, body, foot] =
            [head, tabs, counts, titles, body, foot].map(|count: u16| {
                let place = Rect::new(0, top, width, count);
                top += count;
                place
            });
        let mut places = Self { head, tabs, counts, titles, body, pane: None, foot };
        if has_pane {
            let whole = Rect::new(0, titles.y, width, titles.height + body.height);
            places.pane = Some(if width < BESIDE {
                whole
            } else {
                let left = width / 2;
                places.titles.width = left;
                places.body.width = left;
                // A rule and a blank stand between.
                Rect::new(left + 2, whole.y, width - left - 2, whole.height)
            });
        }
        places
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_fill_every_size_without_overlap() {
        for width in [0, 1, 40, 110, 65_535] {
            for height in (0..30).chain([65_535]) {
                for has_pane in [false, true] {
                    let places = Places::new((width, height), has_pane);
                    let Places { head, tabs, counts, titles, body, foot, .. } = places;
                    let all = [head, tabs, counts, titles, body, foot];
                    assert_eq!(all.iter().map(|place| place.height).sum::<u16>(), height);
                    assert_eq!(foot.y + foot.height, height);
                }
            }
        }
        assert_eq!(Places::new((80, 24), false).body.height, 19);
    }
}
