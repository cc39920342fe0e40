//! The rows: which columns fit, how wide they are, and the cursor.
//!
//! Columns come in by their rank until there is no room; what is left of it goes to those that are cut, again by rank.
//! A number is never cut, and words that explain get room before columns that matter less come in.

use super::canvas::Canvas;
use crate::output::{Cell, Style, Tone};
use crate::tui::app::App;
use crate::tui::row::AnyRow;
use crate::tui::tab::{REST, Shown, TREND, Tab};
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

/// Blanks between two columns.
const GAP: u16 = 2;
/// Room for words that explain, before less important columns come in.
const AMPLE: u16 = 40;
/// Up to this rank columns say what a row is about: they get the same room.
const RANK_OF_NAMES: u8 = 3;
/// Columns before the first: the cursor and the mark.
const MARGIN: u16 = 2;

/// The titles and the rows.
pub(super) fn draw(app: &App, canvas: &mut Canvas<'_>, titles: Rect, body: Rect) {
    let list = app.list();
    let style = Style { width: None, colour: false, now: app.now };
    let silence = app.silence_ms().unwrap_or(0);
    let is_lost = app.is_lost();
    let places: Vec<u64> = (0..u64::from(body.height)).map(|line| list.top + line).collect();
    let rows: Vec<Option<AnyRow>> =
        places.iter().map(|place| list.row(*place).map(|row| row.aged(silence, is_lost))).collect();
    let columns = list.query.tab.columns();
    let cells: Vec<Option<Vec<Cell>>> = rows
        .iter()
        .map(|row| {
            let row = row.as_ref()?;
            Some(columns.iter().map(|column| row.cell(column, style)).collect())
        })
        .collect();
    let widest =
        |index: usize| cells.iter().flatten().map(|row| row[index].text().width()).max().unwrap_or(0);
    let natural: Vec<u16> =
        (0..columns.len()).map(|index| u16::try_from(widest(index)).unwrap_or(u16::MAX)).collect();
    let layout = fit(columns, &natural, body.width.saturating_sub(MARGIN));
    title_line(app, canvas, titles, columns, &layout);
    if list.window.total == 0 {
        empty(app, canvas, body);
        return;
    }
    for (line, (place, row)) in places.iter().zip(&cells).enumerate() {
        if *place >= list.window.total {
            break;
        }
        // At most the body's height.
        let y = body.y + u16::try_from(line).unwrap_or(u16::MAX);
        let is_here = *place == list.cursor;
        let is_marked = list.row(*place).is_some_and(|row| list.marks.contains(&row.key()));
        let margin = format!("{}{}", if is_here { '>' } else { ' ' }, if is_marked { '*' } else { ' ' });
        canvas.put((body.x, y), body.width.min(MARGIN), &margin, Tone::Title);
        if let Some(row) = row {
            let mut x = body.x + MARGIN;
            for (index, width) in &layout {
                put(canvas, (x, y), *width, &columns[*index], &row[*index]);
                x += width + GAP;
            }
        } else {
            canvas.put((body.x + MARGIN, y), body.width.saturating_sub(MARGIN), "…", Tone::Dim);
        }
        if is_here {
            canvas.reverse(Rect::new(body.x, y, body.width, 1));
        }
    }
}

fn put(canvas: &mut Canvas<'_>, at: (u16, u16), width: u16, column: &Shown, cell: &Cell) {
    if column.field == TREND {
        // The newest is at the end.
        let surplus = cell.text().chars().count().saturating_sub(usize::from(width));
        let newest: String = cell.text().chars().skip(surplus).collect();
        canvas.put_right(at, width, &newest, cell.tone());
    } else if column.right {
        canvas.put_right(at, width, cell.text(), cell.tone());
    } else {
        canvas.put(at, width, cell.text(), cell.tone());
    }
}

fn title_line(app: &App, canvas: &mut Canvas<'_>, place: Rect, columns: &[Shown], layout: &[(usize, u16)]) {
    if place.height == 0 {
        return;
    }
    let sort = &app.list().query.sort;
    let mut x = place.x + MARGIN;
    for (index, width) in layout {
        let column = &columns[*index];
        let is_sorted = app.list().query.tab.order().is_none() && column.field == sort.field;
        let sign = if sort.descending { "▼" } else { "▲" };
        // The sign takes the gap behind the title, where the title fills its column.
        if column.right {
            canvas.put_right((x, place.y), *width, column.title, Tone::Title);
            if is_sorted {
                canvas.put((x + width, place.y), 1, sign, Tone::Title);
            }
        } else {
            let used = canvas.put((x, place.y), *width, column.title, Tone::Title);
            if is_sorted {
                canvas.put((x + used, place.y), 1, sign, Tone::Title);
            }
        }
        x += width + GAP;
    }
}

/// Which columns are shown, in their order, and how wide each is.
fn fit(columns: &[Shown], natural: &[u16], room: u16) -> Vec<(usize, u16)> {
    let title = |index: usize| u16::try_from(columns[index].title.width()).unwrap_or(u16::MAX);
    let wanted = |index: usize| {
        let column = &columns[index];
        natural[index].clamp(column.least.min(column.most), column.most).max(title(index).min(column.most))
    };
    let least = |index: usize| {
        let column = &columns[index];
        if column.right { wanted(index) } else { column.least.max(title(index)).min(wanted(index)) }
    };
    let ample = |index: usize| {
        let column = &columns[index];
        let explains = column.most == REST || column.rank <= RANK_OF_NAMES;
        if explains { wanted(index).min(AMPLE) } else { least(index) }
    };
    let mut by_rank: Vec<usize> = (0..columns.len()).collect();
    by_rank.sort_by_key(|index| columns[*index].rank);
    let mut widths: Vec<Option<u16>> = vec![None; columns.len()];
    let mut left = u32::from(room);
    let mut gap = 0;
    for index in &by_rank {
        let fitting =
            [ample(*index), least(*index)].into_iter().find(|width| u32::from(*width) + gap <= left);
        if let Some(width) = fitting {
            widths[*index] = Some(width);
            left -= u32::from(width) + gap;
            gap = u32::from(GAP);
        } else if gap == 0 {
            // The first column is shown in whatever room there is.
            widths[*index] = Some(room);
            left = 0;
            break;
        } else {
            break;
        }
    }
    for index in by_rank {
        if let Some(width) = &mut widths[index] {
            let more = u32::from(wanted(index).saturating_sub(*width)).min(left);
            *width += u16::try_from(more).unwrap_or(0);
            left -= more;
        }
    }
    widths.into_iter().enumerate().filter_map(|(index, width)| Some((index, width?))).collect()
}

/// What is said instead of rows.
fn empty(app: &App, canvas: &mut Canvas<'_>, body: Rect) {
    let list = app.list();
    let (tab, noun) = (list.query.tab, list.query.tab.noun(2));
    let lines: Vec<String> = match (list.received.is_some(), tab) {
        (false, _) if app.is_lost() => vec![format!("no {noun} are known: the master was not reached yet")],
        (false, _) => vec![format!("waiting for the {noun} …")],
        (true, Tab::Problems) if list.query.filter.is_empty() => vec![
            "there are no open problems".to_owned(),
            "Those that are over: / and status=CLOSED".to_owned(),
        ],
        (true, _) if !list.query.filter.is_empty() => {
            vec![format!("no {noun} match the filter {}", list.query.filter), "Esc takes it away".to_owned()]
        }
        (true, _) => vec![format!("there are no {noun} here")],
    };
    for (line, y) in lines.iter().zip(body.top()..body.bottom()) {
        canvas.put((body.x + MARGIN, y), body.width.saturating_sub(MARGIN), line, Tone::Plain);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_give_way_by_their_rank_and_never_overflow() {
        for tab in Tab::ALL {
            let columns = tab.columns();
            for room in 0..400 {
                for natural in [0, 5, 40, u16::MAX] {
                    let layout = fit(columns, &vec![natural; columns.len()], room);
                    let gaps = GAP * u16::try_from(layout.len().saturating_sub(1)).unwrap();
                    let total = layout.iter().map(|(_, width)| width).sum::<u16>() + gaps;
                    assert!(total <= room, "{tab:?} {room} {total}");
                    assert!(layout.iter().any(|(index, _)| columns[*index].rank == 0), "{tab:?} {room}");
                }
            }
        }
    }
}
