//! What a search found, in groups that stay together: a match with the lines around it.

use std::collections::HashMap;
use topmast_api::log::LogRow;
use topmast_model::path::ObjectPath;

/// Lines as they come, of several sources in turn.
#[derive(Default)]
pub(super) struct Groups {
    found: Vec<Vec<LogRow>>,
    /// The last group of each source.
    latest: HashMap<(ObjectPath, String), usize>,
    bytes: usize,
}

impl Groups {
    pub(super) fn add(&mut self, row: LogRow) {
        self.bytes += row.text.len();
        let source = (row.application.clone(), row.source.clone());
        let place = self.latest.entry(source).or_insert(self.found.len());
        let goes_on = |last: &LogRow| !row.is_apart && (last.is_context || row.is_context);
        if let Some(group) = self.found.get_mut(*place).filter(|group| group.last().is_some_and(goes_on)) {
            group.push(row);
        } else {
            *place = self.found.len();
            self.found.push(vec![row]);
        }
    }

    /// Bytes of all lines.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }

    /// The groups in order of the times of their first lines.
    pub(super) fn in_order(mut self) -> Vec<Vec<LogRow>> {
        self.found.sort_by_key(|group| group.first().map(|row| row.time));
        self.found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::time::Timestamp;
    use topmast_model::time::UnixMillis;

    #[test]
    fn lines_around_a_match_stay_with_it_whatever_comes_between() {
        let row = |server: &str, time: i64, is_context: bool, is_apart: bool| LogRow {
            application: format!("acme/main/{server}/shop").parse().unwrap(),
            source: "output".into(),
            file: None,
            time: Timestamp(UnixMillis(time)),
            text: format!("{server}{time}"),
            cut: 0,
            is_context,
            is_apart,
        };
        let mut groups = Groups::default();
        for row in [
            row("a", 5, true, true),
            row("b", 4, true, true),
            row("a", 6, false, false),
            row("b", 5, false, false),
            row("a", 7, true, false),
            row("a", 1, false, true),
            row("b", 9, false, false),
        ] {
            groups.add(row);
        }
        assert_eq!(groups.bytes(), 14);
        let texts: Vec<String> = groups
            .in_order()
            .iter()
            .map(|group| group.iter().map(|row| row.text.as_str()).collect::<Vec<_>>().join(" "))
            .collect();
        assert_eq!(texts, ["a1", "b4 b5", "a5 a6 a7", "b9"]);
    }
}
