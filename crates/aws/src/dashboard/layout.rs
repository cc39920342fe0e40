//! Where the widgets of a dashboard stand: 24 columns, and as many rows as it takes.

use super::{COLUMNS, HEIGHT_MAX, WIDGETS_MAX};
use serde_json::{Map, Value};

/// Size of a widget that does not tell its own, in columns and rows.
const SIDE: i64 = 6;
/// Rows that a dashboard can have: what stands below is nowhere.
const ROWS_MAX: i64 = 100_000;

/// A widget in its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Placed {
    /// Its place in the text.
    pub index: usize,
    /// `metric`, `text`, `alarm`, …
    pub kind: String,
    /// The first column.
    pub x: u64,
    /// The first row.
    pub y: u64,
    /// Columns.
    pub width: u64,
    /// Rows.
    pub height: u64,
    /// What it shows.
    pub properties: Map<String, Value>,
}

/// The widgets of the text of a dashboard, from above and the left. Those that do not tell where they stand follow those
/// before them.
pub fn placed(body: &str) -> Vec<Placed> {
    let root: Value = serde_json::from_str(body).unwrap_or_default();
    let widgets = root.get("widgets").and_then(Value::as_array);
    // Where the next one goes, and where the row of widgets ends.
    let (mut x, mut y, mut bottom) = (0, 0, 0);
    let mut all: Vec<Placed> = Vec::new();
    for (index, widget) in widgets.into_iter().flatten().take(WIDGETS_MAX).enumerate() {
        let number = |name: &str, least: i64, most: i64| {
            widget.get(name).and_then(Value::as_i64).map(|number| number.clamp(least, most))
        };
        let width = number("width", 1, COLUMNS).unwrap_or(SIDE);
        let height = number("height", 1, HEIGHT_MAX).unwrap_or(SIDE);
        let told = (number("x", 0, COLUMNS - 1), number("y", 0, ROWS_MAX));
        if told == (None, None) && x + width > COLUMNS {
            (x, y) = (0, bottom);
        }
        let (left, top) = match told {
            (None, None) => (x, y),
            (left, top) => (left.unwrap_or(0), top.unwrap_or(y)),
        };
        let width = width.min(COLUMNS - left);
        (x, y, bottom) = (left + width, top, bottom.max(top + height));
        let whole = |number: i64| u64::try_from(number).unwrap_or_default();
        all.push(Placed {
            index,
            kind: widget.get("type").and_then(Value::as_str).unwrap_or_default().to_owned(),
            x: whole(left),
            y: whole(top),
            width: whole(width),
            height: whole(height),
            properties: widget.get("properties").and_then(Value::as_object).cloned().unwrap_or_default(),
        });
    }
    all.sort_by_key(|placed| (placed.y, placed.x, placed.index));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(body: &str) -> Vec<(usize, u64, u64, u64, u64)> {
        placed(body).iter().map(|one| (one.index, one.x, one.y, one.width, one.height)).collect()
    }

    #[test]
    fn widgets_stand_where_they_say_in_reading_order() {
        let body = r#"{"widgets": [
            {"type": "text", "x": 12, "y": 0, "width": 12, "height": 2},
            {"type": "text", "x": 0, "y": 0, "width": 12, "height": 4},
            {"type": "text", "x": 20, "y": 9, "width": 24}
        ]}"#;
        assert_eq!(places(body), [(1, 0, 0, 12, 4), (0, 12, 0, 12, 2), (2, 20, 9, 4, 6)]);
    }

    #[test]
    fn widgets_without_a_place_follow_each_other() {
        let body = r#"{"widgets": [{"width": 12}, {"width": 12, "height": 3}, {"width": 6}, {}]}"#;
        assert_eq!(places(body), [(0, 0, 0, 12, 6), (1, 12, 0, 12, 3), (2, 0, 6, 6, 6), (3, 6, 6, 6, 6)]);
    }

    #[test]
    fn what_is_no_dashboard_has_no_widgets() {
        for body in ["", "[]", "{}", r#"{"widgets": 7}"#] {
            assert!(placed(body).is_empty(), "{body}");
        }
        let strange =
            r#"{"widgets": [7, {"x": -5, "y": 99999999999, "width": 0, "height": "a", "properties": []}]}"#;
        assert_eq!(places(strange).len(), 2);
    }
}
