//! One list: what it asks for, the rows that came, and where the cursor stands.
//!
//! ```text
//! 0 ........ offset [ rows that came ] offset + rows ........ total
//!                      top [ screen ] top + height
//!                             cursor ─ selected
//! ```
//!
//! Invariants
//! - L-1: the selection is an object, not a place: when the order changes, the cursor goes with it. Only when it is
//!   no longer among the rows asked for does the cursor stay and mean another one.
//! - L-2: only the screen and one screen on each side of it are asked for, whatever there is in all.

use super::row::{AnyRow, Key};
use super::tab::{Sort, Tab};
use std::collections::BTreeSet;
use topmast_api::action::ActionQuery;
use topmast_api::page::ListQuery;
use topmast_api::time::Timestamp;
use topmast_model::path::ObjectPath;

/// Most rows asked for: three screens of any terminal.
const WINDOW_MAX: u64 = 600;
/// Most rows marked at a time: what an action takes.
const MARKS_MAX: usize = 10_000;

/// What is listed, whatever part of it is on the screen.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Query {
    /// What.
    pub(super) tab: Tab,
    /// Only what is inside this object.
    pub(super) inside: Option<ObjectPath>,
    /// Only what a filter lets through; empty for all.
    pub(super) filter: String,
    /// In which order.
    pub(super) sort: Sort,
}

impl Query {
    /// Everything of a tab, or of an object in it.
    pub(super) const fn new(tab: Tab, inside: Option<ObjectPath>) -> Self {
        Self { tab, inside, filter: String::new(), sort: Sort::usual(tab) }
    }

    /// As the web console has it: open problems, with symptoms folded under their cause, unless others are asked for.
    fn problems_filter(&self, filter: &str) -> String {
        let mut terms: Vec<String> = Vec::new();
        if !filter.is_empty() {
            terms.push(format!("({filter})"));
        }
        if let Some(path) = &self.inside {
            terms.push(format!("path={path},{path}/*"));
        }
        if !names(filter, &["status", "closed_at", "closed"]) {
            terms.push("status=OPEN".to_owned());
        }
        // Inside an object its symptoms are what there is to see.
        if self.inside.is_none() && !names(filter, &["cause", "id", "problem"]) {
            terms.push("cause=none".to_owned());
        }
        terms.join(" ")
    }

    /// The user's filter and the place together.
    fn whole_filter(&self) -> Option<String> {
        let filter = self.filter.trim();
        if self.tab == Tab::Problems {
            return Some(self.problems_filter(filter));
        }
        match (&self.inside, filter.is_empty()) {
            (None, true) => None,
            (None, false) => Some(filter.to_owned()),
            (Some(path), true) => Some(format!("path={path}/*")),
            (Some(path), false) => Some(format!("({filter}) path={path}/*")),
        }
    }
}

/// Whether a filter has a term with one of these fields: a word with an operator behind it.
fn names(filter: &str, fields: &[&str]) -> bool {
    let is_sign = |character: char| !(character.is_alphanumeric() || character == '_');
    filter.match_indices(['=', '!', '<', '>', '~', ':']).any(|(at, _)| {
        let word = filter[..at].rsplit(is_sign).next().unwrap_or_default();
        fields.iter().any(|field| field.eq_ignore_ascii_case(word))
    })
}

/// A query with a window: what a watch is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Subscription {
    /// What.
    pub(super) query: Query,
    /// Rows left out at the beginning.
    pub(super) offset: u64,
    /// Most rows.
    pub(super) limit: u32,
}

impl Subscription {
    /// As lists take it, with how many rows have each status.
    pub(super) fn list_query(&self) -> ListQuery {
        ListQuery {
            filter: self.query.whole_filter(),
            sort: Some(self.query.sort.to_query(self.query.tab)),
            limit: Some(self.limit),
            offset: Some(self.offset),
            facets: Some(self.query.tab.counted().to_owned()),
            at: None,
        }
    }

    /// As the list of actions takes it; each carries a few of its targets.
    pub(super) fn action_query(&self) -> ActionQuery {
        ActionQuery {
            filter: Some(self.query.filter.trim().to_owned()).filter(|filter| !filter.is_empty()),
            object: self.query.inside.clone(),
            limit: Some(self.limit),
            offset: Some(self.offset),
            ..ActionQuery::default()
        }
    }
}

/// What came of a subscription.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Window {
    /// The rows.
    pub(super) rows: Vec<AnyRow>,
    /// Rows in all.
    pub(super) total: u64,
    /// How many have each status; the words in the order of their number.
    pub(super) counts: Vec<(String, u64)>,
}

/// A list as it is on the screen.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct List {
    /// What it asks for.
    pub(super) query: Query,
    /// What came.
    pub(super) window: Window,
    /// Where the rows that came begin.
    offset: u64,
    /// When the rows came; `None` before the first ones.
    pub(super) received: Option<Timestamp>,
    /// The first row on the screen.
    pub(super) top: u64,
    /// The row with the cursor.
    pub(super) cursor: u64,
    selected: Option<Key>,
    /// What was marked to be acted on together.
    pub(super) marks: BTreeSet<Key>,
}

impl List {
    /// A list of which nothing is known yet.
    pub(super) const fn new(query: Query) -> Self {
        let window = Window { rows: Vec::new(), total: 0, counts: Vec::new() };
        Self {
            query,
            window,
            offset: 0,
            received: None,
            top: 0,
            cursor: 0,
            selected: None,
            marks: BTreeSet::new(),
        }
    }

    /// Begins anew with another filter or order; what is marked stays marked.
    pub(super) fn ask(&mut self, query: Query) {
        if query != self.query {
            *self = Self { marks: std::mem::take(&mut self.marks), ..Self::new(query) };
        }
    }

    /// What to ask the master for when so many rows fit the screen (L-2).
    pub(super) fn subscription(&self, height: u64) -> Subscription {
        let height = height.clamp(1, WINDOW_MAX / 3);
        let offset = (self.top / height).saturating_sub(1) * height;
        // 3 × height is at most WINDOW_MAX.
        let limit = u32::try_from(3 * height).unwrap_or(u32::MAX);
        Subscription { query: self.query.clone(), offset, limit }
    }

    /// Takes in rows; those of another question are dropped.
    pub(super) fn take(&mut self, of: &Subscription, window: Window, now: Timestamp, height: u64) {
        if of.query != self.query {
            return;
        }
        (self.window, self.offset, self.received) = (window, of.offset, Some(now));
        let found = self.selected.as_ref().and_then(|key| {
            let place = self.window.rows.iter().position(|row| row.key() == *key)?;
            Some(self.offset + place as u64)
        });
        let cursor = found.unwrap_or(self.cursor);
        self.place(cursor, height);
    }

    /// The row at a place, if it came.
    pub(super) fn row(&self, place: u64) -> Option<&AnyRow> {
        let index = usize::try_from(place.checked_sub(self.offset)?).ok()?;
        self.window.rows.get(index)
    }

    /// The row with the cursor.
    pub(super) fn selected(&self) -> Option<&AnyRow> {
        self.row(self.cursor)
    }

    /// Moves the cursor by so many rows.
    pub(super) fn step(&mut self, by: i64, height: u64) {
        self.place(self.cursor.saturating_add_signed(by), height);
    }

    /// Moves the cursor to a place, and the screen as little as that needs.
    pub(super) fn place(&mut self, cursor: u64, height: u64) {
        let height = height.max(1);
        let last = self.window.total.saturating_sub(1);
        self.cursor = cursor.min(last);
        let highest = (self.cursor + 1).saturating_sub(height);
        self.top = self.top.clamp(highest, self.cursor).min(self.window.total.saturating_sub(height));
        self.selected = self.selected().map(AnyRow::key);
    }

    /// Marks the selected row, or no longer; true when there was one.
    pub(super) fn toggle_mark(&mut self) -> bool {
        let Some(key) = self.selected().map(AnyRow::key) else { return false };
        if !self.marks.remove(&key) && self.marks.len() < MARKS_MAX {
            self.marks.insert(key);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tui::tests::sample::server;
    use topmast_model::time::UnixMillis;

    const NOW: Timestamp = Timestamp(UnixMillis(0));

    fn list_of(names: &[&str]) -> List {
        let mut list = List::new(Query::new(Tab::Servers, None));
        come(&mut list, names);
        list
    }

    fn come(list: &mut List, names: &[&str]) {
        let rows: Vec<AnyRow> = names.iter().map(|name| server(name)).collect();
        let window = Window { total: rows.len() as u64, rows, counts: Vec::new() };
        let of = list.subscription(4);
        list.take(&of, window, NOW, 4);
    }

    fn selected(list: &List) -> String {
        list.selected().map_or_else(String::new, |row| row.key().text())
    }

    #[test]
    fn cursor_goes_with_its_object_when_the_order_changes() {
        // L-1
        let mut list = list_of(&["a", "b", "c"]);
        list.step(1, 4);
        assert_eq!(selected(&list), "default/main/b");
        come(&mut list, &["b", "c", "a"]);
        assert_eq!((list.cursor, selected(&list).as_str()), (0, "default/main/b"));
        come(&mut list, &["x", "y", "z", "c", "a", "b"]);
        assert_eq!((list.cursor, list.top, selected(&list).as_str()), (5, 2, "default/main/b"));
    }

    #[test]
    fn cursor_stays_at_its_place_when_its_object_is_gone() {
        let mut list = list_of(&["a", "b", "c"]);
        list.step(1, 4);
        come(&mut list, &["a", "c"]);
        assert_eq!((list.cursor, selected(&list).as_str()), (1, "default/main/c"));
        come(&mut list, &[]);
        assert_eq!((list.cursor, list.selected()), (0, None));
    }

    #[test]
    fn window_is_the_screen_and_one_on_each_side() {
        // L-2
        let mut list = List::new(Query::new(Tab::Servers, None));
        list.window.total = 10_000;
        let window = |list: &List| (list.subscription(20).offset, list.subscription(20).limit);
        assert_eq!(window(&list), (0, 60));
        list.step(5_005, 20);
        assert_eq!((list.top, window(&list)), (4_986, (4_960, 60)));
        list.place(u64::MAX, 20);
        assert_eq!((list.top, window(&list)), (9_980, (9_960, 60)));
        assert_eq!(list.subscription(u64::MAX).limit, 600);
    }

    #[test]
    fn filters_and_places_are_asked_for_together() {
        let mut query = Query::new(Tab::Applications, Some("acme/main/db".parse().unwrap()));
        query.filter = "a or b".to_owned();
        assert_eq!(query.whole_filter().as_deref(), Some("(a or b) path=acme/main/db/*"));
        query.inside = None;
        assert_eq!(query.whole_filter().as_deref(), Some("a or b"));
    }
}
