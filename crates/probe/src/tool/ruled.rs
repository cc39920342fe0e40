//! Tables with a rule of dashes below their header, as PowerShell and esxcli print: names and cells hold blanks.

use std::ops::Range;

/// More than any table has.
const MOST_COLUMNS: usize = 100;

/// Columns by the dashes below their names.
#[derive(Debug, Clone)]
pub(super) struct Ruled {
    names: Vec<String>,
    /// Where the dashes of each stand, in characters.
    spans: Vec<Range<usize>>,
}

impl Ruled {
    /// Takes a header and the line below it; `None` when that is no rule.
    pub(super) fn of(header: &str, rule: &str) -> Option<Self> {
        let is_rule = rule.contains("--") || rule.contains("==");
        (is_rule && rule.chars().all(|char| matches!(char, '-' | '=' | ' ' | '\t' | '\r'))).then_some(())?;
        let spans: Vec<Range<usize>> =
            tokens(rule).into_iter().map(|(span, _)| span).take(MOST_COLUMNS).collect();
        let header: Vec<char> = header.chars().collect();
        let names = spans.iter().enumerate().map(|(at, span)| {
            // Names may be shorter than their dashes, or go on behind them.
            let end = spans.get(at + 1).map_or(header.len(), |next| next.start).min(header.len());
            header
                .get(span.start..end.max(span.start))
                .unwrap_or_default()
                .iter()
                .collect::<String>()
                .trim()
                .to_owned()
        });
        let names = names.collect();
        Some(Self { names, spans })
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    pub(super) const fn spans(&self) -> &[Range<usize>] {
        self.spans.as_slice()
    }

    /// The cells of a row. A word belongs to the column whose dashes it stands under; one that stands under none goes
    /// with the word before it, since text is aligned to the left.
    pub(super) fn cells(&self, row: &str) -> Vec<String> {
        let mut cells: Vec<String> = vec![String::new(); self.spans.len()];
        let mut before: Option<(usize, usize)> = None;
        // Both go from left to right.
        let mut first = 0;
        for (span, word) in tokens(row) {
            while first + 1 < self.spans.len()
                && self.spans[first].end <= span.start
                && self.spans[first + 1].start <= span.start
            {
                first += 1;
            }
            let shared =
                |column: &Range<usize>| column.end.min(span.end).saturating_sub(column.start.max(span.start));
            let near = first..(first + 3).min(self.spans.len());
            let under = near
                .filter(|at| shared(&self.spans[*at]) > 0)
                .max_by_key(|at| (shared(&self.spans[*at]), usize::MAX - at));
            let column = match (under, before) {
                (Some(under), _) => under,
                (None, Some((column, end))) if span.start <= end + 1 => column,
                // Under none: nearer to the one that ended or to the one that starts.
                (None, _) => {
                    let next = (first + 1).min(self.spans.len().saturating_sub(1));
                    let behind = span.start.saturating_sub(self.spans[first].end);
                    let ahead = self.spans[next].start.saturating_sub(span.end);
                    if behind <= ahead || next == first { first } else { next }
                }
            };
            if let Some(cell) = cells.get_mut(column) {
                if !cell.is_empty() {
                    cell.push(' ');
                }
                cell.push_str(word);
            }
            before = Some((column, span.end));
        }
        cells
    }
}

/// Words and where they stand, in characters.
fn tokens(text: &str) -> Vec<(Range<usize>, &str)> {
    let mut tokens = Vec::new();
    let mut start: Option<(usize, usize)> = None;
    let mut place = 0;
    for (at, char) in text.char_indices() {
        match (char.is_whitespace(), start) {
            (false, None) => start = Some((place, at)),
            (true, Some((from, byte))) => {
                tokens.push((from..place, &text[byte..at]));
                start = None;
            }
            _ => {}
        }
        place += 1;
    }
    if let Some((from, byte)) = start {
        tokens.push((from..place, &text[byte..]));
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_under_their_dashes() {
        let table =
            Ruled::of("Name            State Used Bytes", "----            ----- ----------").unwrap();
        assert_eq!(table.names(), ["Name", "State", "Used Bytes"]);
        assert_eq!(table.cells("Shop (test) one Off         1234"), ["Shop (test) one", "Off", "1234"]);
        assert_eq!(table.cells("a               On    0"), ["a", "On", "0"]);
        assert!(Ruled::of("Name", "a--").is_none());
    }
}
