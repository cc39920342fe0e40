//! Where everything is drawn, and so how large each pane is, for any size of terminal.
//!
//! ```text
//! head    whom typing goes to
//! tiles   title, screen │ title, screen
//! foot    keys, or what is being typed
//! ```

use ratatui::layout::Rect;
use topmast_api::terminal::TerminalSize;

/// Least width of a tile: what most prompts and short lines need.
const TILE_WIDTH: u16 = 38;
/// Least height of a tile, its title counted: the answer of a short command.
const TILE_HEIGHT: u16 = 6;
/// Of a tile that is as wide or high as this nothing is gained by more.
const FULL: (usize, usize) = (80, 25);

/// One pane's place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Tile {
    /// Which pane.
    pub(super) pane: usize,
    /// Its name, and whether it is typed into.
    pub(super) title: Rect,
    /// Its screen.
    pub(super) body: Rect,
}

/// The places; one without room has no height.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Places {
    pub(super) head: Rect,
    pub(super) body: Rect,
    pub(super) foot: Rect,
    /// Tiles beside each other.
    pub(super) columns: usize,
    /// Panes on one page.
    pub(super) per_page: usize,
    /// The tiles of the page.
    pub(super) tiles: Vec<Tile>,
    /// Size of a pane that is a tile.
    pub(super) tile_size: TerminalSize,
}

impl Places {
    /// The places on a terminal of so many columns and lines.
    ///
    /// - `focus`: the pane that is seen in any case.
    /// - `zoomed`: it alone.
    pub(super) fn new((width, height): (u16, u16), count: usize, focus: usize, zoomed: bool) -> Self {
        let head = Rect::new(0, 0, width, height.min(1));
        let foot_height = u16::from(height >= 4);
        let foot = Rect::new(0, height - foot_height, width, foot_height);
        let body = Rect::new(0, head.height, width, height - head.height - foot_height);
        let (columns, rows) = grid(body, count.max(1));
        let per_page = columns * rows;
        let tile = |x: u16, y: u16, columns: usize, rows: usize| {
            let (columns, rows) = (narrow(columns), narrow(rows));
            let tile_width = (body.width + 1) / columns - u16::from(body.width >= columns);
            let tile_width = if columns == 1 { body.width } else { tile_width };
            let tile_height = body.height / rows;
            let (left, top) = (body.x + x * (tile_width + 1), body.y + y * tile_height);
            Rect::new(left, top, tile_width, tile_height).intersection(body)
        };
        let parts = |pane: usize, place: Rect| {
            // On a terminal of so few lines the output counts more than the title.
            let title_height = u16::from(place.height > 1);
            Tile {
                pane,
                title: Rect { height: title_height, ..place },
                body: Rect { y: place.y + title_height, height: place.height - title_height, ..place },
            }
        };
        let tiles = if zoomed {
            vec![parts(focus, tile(0, 0, 1, 1))]
        } else {
            let first = focus / per_page * per_page;
            let place = |index: usize| tile(narrow(index % columns), narrow(index / columns), columns, rows);
            (first..count.min(first + per_page)).map(|pane| parts(pane, place(pane - first))).collect()
        };
        let tile_size = size(parts(0, tile(0, 0, columns, rows)).body);
        Self { head, body, foot, columns, per_page, tiles, tile_size }
    }

    /// The pane of a page is zoomed: its size.
    pub(super) fn zoomed_size(&self) -> TerminalSize {
        let title = u16::from(self.body.height > 1);
        size(Rect { height: self.body.height - title, ..self.body })
    }
}

fn size(place: Rect) -> TerminalSize {
    TerminalSize { columns: place.width.max(1), rows: place.height.max(1) }
}

fn narrow(count: usize) -> u16 {
    u16::try_from(count).unwrap_or(u16::MAX)
}

/// Tiles beside and above each other: of all that fit, those of which most is seen, and of those the widest.
fn grid(body: Rect, count: usize) -> (usize, usize) {
    let columns_max = usize::from(((body.width + 1) / (TILE_WIDTH + 1)).max(1));
    let rows_max = usize::from((body.height / TILE_HEIGHT).max(1));
    if count >= columns_max * rows_max {
        return (columns_max, rows_max);
    }
    let seen = |columns: usize| {
        let rows = count.div_ceil(columns);
        let (width, height) = (usize::from(body.width) / columns, usize::from(body.height) / rows);
        width.min(FULL.0) * height.min(FULL.1)
    };
    let fitting = (1..=columns_max.min(count)).filter(|columns| count.div_ceil(*columns) <= rows_max);
    let columns =
        fitting.max_by_key(|columns| (seen(*columns), std::cmp::Reverse(*columns))).unwrap_or(columns_max);
    (columns, count.div_ceil(columns))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tiles_are_inside_the_screen_and_apart() {
        for width in [0, 1, 2, 20, 38, 77, 80, 200, 500] {
            for height in (0..14).chain([24, 60, 200]) {
                for count in [1, 2, 3, 4, 7, 12, 40, 300] {
                    for (focus, zoomed) in [(0, false), (count - 1, false), (count - 1, true)] {
                        let places = Places::new((width, height), count, focus, zoomed);
                        let screen = Rect::new(0, 0, width, height);
                        let what = format!("{width}x{height} {count} {focus} {zoomed}: {places:?}");
                        assert!(places.tiles.iter().any(|tile| tile.pane == focus), "{what}");
                        let all: Vec<Rect> =
                            places.tiles.iter().flat_map(|tile| [tile.title, tile.body]).collect();
                        for (index, place) in all.iter().enumerate() {
                            assert_eq!(place.intersection(screen).area(), place.area(), "{what}");
                            for other in &all[index + 1..] {
                                assert_eq!(place.intersection(*other).area(), 0, "{what}");
                            }
                            assert_eq!(place.intersection(places.head).area(), 0, "{what}");
                            assert_eq!(place.intersection(places.foot).area(), 0, "{what}");
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn count_and_size_choose_the_tiles() {
        let grid = |size, count| {
            let places = Places::new(size, count, 0, false);
            (places.columns, places.per_page, places.tile_size.columns, places.tile_size.rows)
        };
        assert_eq!(grid((80, 24), 1), (1, 1, 80, 21));
        assert_eq!(grid((80, 24), 2), (1, 2, 80, 10));
        assert_eq!(grid((80, 24), 4), (2, 4, 39, 10));
        assert_eq!(grid((80, 24), 12), (2, 6, 39, 6));
        assert_eq!(grid((200, 60), 12), (4, 12, 49, 18));
        assert_eq!(grid((200, 60), 40), (5, 40, 39, 6));
        assert_eq!(grid((1, 1), 5), (1, 1, 1, 1));
    }
}
