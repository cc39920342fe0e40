//! What each command does to the state.

use crate::tui::act::{Act, Custom};
use crate::tui::app::{App, Line, Overlay};
use crate::tui::detail::Pane;
use crate::tui::draw::pane::line_count;
use crate::tui::key::Command;
use crate::tui::list::{List, Query};
use crate::tui::problem::{Deed, Handling};
use crate::tui::prompt::Prompt;
use crate::tui::row::{AnyRow, Key};
use crate::tui::tab::{Sort, TREND, Tab};
use crate::tui::update::Effect;
use topmast_model::application::Operation;
use topmast_model::filter::Filter;
use topmast_model::path::{Level, ObjectPath};

impl App {
    /// Does what a key asks for.
    pub(super) fn command(&mut self, command: Command) -> Option<Effect> {
        if self.pane.is_some() && self.scrolled(command) {
            return None;
        }
        let height = self.height();
        let screen = i64::try_from(height).unwrap_or(i64::MAX);
        match command {
            Command::Step(by) | Command::Neighbour(by) => self.list_mut().step(by, height),
            Command::Page(by) => self.list_mut().step(by.saturating_mul(screen), height),
            Command::First => self.list_mut().place(0, height),
            Command::Last => self.list_mut().place(u64::MAX, height),
            Command::Open => self.open(),
            Command::Details => self.details(),
            Command::Back => self.back(),
            Command::Tab(index) => {
                if let Some(tab) = Tab::ALL.get(index) {
                    self.switch(*tab);
                }
            }
            Command::TurnTab(by) => {
                let count = Tab::ALL.len();
                let index =
                    (self.list().query.tab.index() + count).saturating_add_signed(by.signum() as isize);
                self.switch(Tab::ALL[index % count]);
            }
            Command::Filter => {
                let prompt = Prompt::new(&self.list().query.filter);
                self.overlay = Overlay::Line(Line::Filter(prompt, None));
            }
            Command::Line => self.overlay = Overlay::Line(Line::Command(Prompt::default())),
            Command::SortColumn(by) => self.sort_column(by),
            Command::SortOrder => {
                let sort = self.list().query.sort.clone();
                self.sort(Sort { descending: !sort.descending, ..sort });
            }
            Command::Mark => {
                if self.list().query.tab != Tab::Applications {
                    self.notice = Some("applications are marked, to act on several (2)".to_owned());
                } else if self.list_mut().toggle_mark() {
                    self.list_mut().step(1, height);
                }
            }
            Command::UnmarkAll => self.list_mut().marks.clear(),
            Command::Act(operation) => self.act(operation, None),
            Command::Handle(deed) => self.handle(deed),
            Command::Help => self.overlay = Overlay::Help(0),
            Command::Go => self.after_go = true,
            Command::Redraw => return Some(Effect::Redraw),
            Command::Suspend if !self.rules.locked => return Some(Effect::Suspend),
            Command::Suspend => {}
            Command::Quit => self.ended = true,
        }
        None
    }

    /// True when the command moved the details instead of the list.
    fn scrolled(&mut self, command: Command) -> bool {
        let screen = i64::from(self.places().pane.map_or(1, |place| place.height.max(2) - 1));
        let width = self.places().pane.map_or(1, |place| place.width);
        let room = usize::try_from(screen).unwrap_or(1);
        let (height, now) = (self.height(), self.now);
        let Some(pane) = &mut self.pane else { return false };
        let by = match command {
            Command::Step(by) => by,
            Command::Page(by) => by.saturating_mul(screen),
            Command::First => i64::MIN,
            Command::Last => i64::MAX,
            Command::Details => {
                self.pane = None;
                self.settle();
                return true;
            }
            Command::Neighbour(by) => {
                self.list_mut().step(by, height);
                if let Some(key) = self.list().selected().map(AnyRow::key) {
                    self.pane = Some(Pane::new(key));
                }
                return true;
            }
            _ => return false,
        };
        let lines = pane.detail.as_ref().map_or(0, |detail| line_count(detail, &pane.key, now, width));
        let by = isize::try_from(by).unwrap_or(if by < 0 { isize::MIN } else { isize::MAX });
        pane.scroll = pane.scroll.saturating_add_signed(by).min(lines.saturating_sub(room));
        true
    }

    fn open(&mut self) {
        let Some(row) = self.list().selected() else { return };
        match row.inside() {
            Some((tab, path)) => {
                self.pane = None;
                self.way.push(List::new(Query::new(tab, Some(path))));
            }
            None => self.details(),
        }
    }

    fn details(&mut self) {
        if let Some(key) = self.list().selected().map(AnyRow::key) {
            self.pane = Some(Pane::new(key));
            self.settle();
        }
    }

    /// The screen around the cursor, after its height or what is on it changed.
    pub(super) fn settle(&mut self) {
        let (cursor, height) = (self.list().cursor, self.height());
        if self.list().received.is_some() {
            self.list_mut().place(cursor, height);
        }
    }

    /// Closes what is open: the details, then the filter, then the list itself, down to the first one.
    fn back(&mut self) {
        if self.pane.take().is_some() {
            self.settle();
        } else if !self.list().query.filter.is_empty() {
            self.filter("");
        } else if self.way.len() > 1 {
            self.way.pop();
        } else if let Some(path) = self.inside().cloned() {
            // Another tab was chosen inside an object: out of the object.
            let tab = self.list().query.tab;
            let parent = path.parent().filter(|parent| parent.level() >= Level::Server);
            self.way = vec![List::new(Query::new(tab, parent))];
        }
    }

    /// Another tab, inside the same object where that has such things.
    fn switch(&mut self, tab: Tab) {
        let query = self.list().query.clone();
        if query.tab == tab {
            return;
        }
        self.pane = None;
        let inside = query.inside.filter(|path| has(path, tab));
        let before = self.way.pop();
        if let Some(before) = before.filter(|list| list.query.inside.is_none()) {
            self.kept.insert(before.query.tab, before);
        }
        let kept = if inside.is_none() { self.kept.remove(&tab) } else { None };
        if inside.is_none() {
            self.way.clear();
        }
        self.way.push(kept.unwrap_or_else(|| List::new(Query::new(tab, inside))));
        self.settle();
    }

    /// Shows only what a filter lets through.
    pub(super) fn filter(&mut self, filter: &str) {
        let query = Query { filter: filter.to_owned(), ..self.list().query.clone() };
        self.list_mut().ask(query);
    }

    fn sort(&mut self, sort: Sort) {
        let tab = self.list().query.tab;
        if let Some(order) = tab.order() {
            self.notice = Some(format!("{} are {order}, always", tab.noun(2)));
            return;
        }
        let query = Query { sort, ..self.list().query.clone() };
        self.list_mut().ask(query);
    }

    fn sort_column(&mut self, by: i64) {
        let Query { tab, sort, .. } = &self.list().query;
        let columns = tab.columns();
        let count = columns.len();
        let at = columns.iter().position(|column| column.field == sort.field);
        let mut next = at.map_or(0, |at| (at + count).saturating_add_signed(by.signum() as isize) % count);
        if columns[next].field == TREND {
            next = (next + count).saturating_add_signed(by.signum() as isize) % count;
        }
        // Numbers are interesting from the largest on, texts from A on, how well something is from the worst on.
        let column = &columns[next];
        let descending = column.right || matches!(column.field, "status" | "health" | "severity");
        self.sort(Sort { field: column.field, descending });
    }

    /// Opens the dialog for what is marked, or else for the row.
    fn act(&mut self, operation: Operation, custom: Option<Custom>) {
        let list = self.list();
        let marked = list.marks.iter().filter_map(Key::path);
        let mut targets: Vec<ObjectPath> = marked.cloned().collect();
        // Details may cover the list, whose row may have become another one: what is seen is acted on.
        if let (true, Some(pane)) = (targets.is_empty(), &self.pane) {
            targets.extend(pane.key.path().and_then(|path| path.ancestor(Level::Application)));
        }
        if targets.is_empty() {
            match list.selected().map(|row| (row, row.application())) {
                Some((_, Some(path))) => targets.push(path),
                Some((AnyRow::Server(row), None)) => {
                    let text = format!("applications are acted on: Enter shows those of {}", row.name);
                    self.notice = Some(text);
                    return;
                }
                _ => {
                    self.notice = Some(format!("choose an application to {operation} (2)"));
                    return;
                }
            }
        }
        self.notice = self.refusal(&targets);
        if self.notice.is_none() && self.is_lost() {
            self.notice = Some("not connected: nothing can be done now".to_owned());
        }
        if self.notice.is_none() {
            self.serial += 1;
            self.overlay =
                Overlay::Act(Box::new(Act::new(self.serial, operation, targets).of_custom(custom)));
        }
    }

    /// Opens the line in which something is done about the problem of the row.
    fn handle(&mut self, deed: Deed) {
        let Some(AnyRow::Problem(row)) = self.list().selected() else {
            self.notice = Some("choose a problem (6)".to_owned());
            return;
        };
        let handling = Handling::new(deed, row);
        self.notice = self.refusal(std::slice::from_ref(&handling.object));
        if self.notice.is_none() && self.is_lost() {
            self.notice = Some("not connected: nothing can be done now".to_owned());
        }
        if self.notice.is_none() {
            self.overlay = Overlay::Line(Line::Handle(handling, Prompt::default()));
        }
    }

    /// Does what was typed after `:`.
    pub(super) fn typed(&mut self, text: &str) -> Option<Effect> {
        let (word, rest) = text.split_once(' ').map_or((text, ""), |(word, rest)| (word, rest.trim()));
        match word {
            "" => {}
            "q" | "quit" | "exit" => self.ended = true,
            "help" => self.overlay = Overlay::Help(0),
            "filter" => match Filter::parse(rest, self.list().query.tab.fields()) {
                Ok(_) => self.filter(rest),
                Err(fault) => self.overlay = Overlay::Line(Line::Filter(Prompt::new(rest), Some(fault))),
            },
            "sort" => self.sort_by(rest),
            "act" => match Custom::parse(rest) {
                Ok(custom) => self.act(Operation::Act, Some(custom)),
                Err(why) => self.notice = Some(why),
            },
            _ => match (word.parse::<Operation>(), Tab::named(word)) {
                (Ok(operation), _) => self.act(operation, None),
                (_, Some(tab)) => self.switch(tab),
                _ => self.notice = Some(format!("{word} is no command; ? shows the keys")),
            },
        }
        None
    }

    fn sort_by(&mut self, text: &str) {
        let (field, descending) = text.strip_prefix('-').map_or((text, false), |field| (field, true));
        let fields = self.list().query.tab.fields();
        let means = |name: &str| name.eq_ignore_ascii_case(field);
        match fields.iter().find(|known| means(known.name) || known.aliases.iter().any(|name| means(name))) {
            Some(known) => self.sort(Sort { field: known.name, descending }),
            None => self.notice = Some(format!("there is no field {field} to sort by")),
        }
    }
}

/// Whether a tab can list what is inside an object.
fn has(path: &ObjectPath, tab: Tab) -> bool {
    match tab {
        Tab::Servers => false,
        Tab::Applications => path.level() == Level::Server,
        Tab::Services | Tab::Tasks | Tab::Actions | Tab::Problems => true,
    }
}
