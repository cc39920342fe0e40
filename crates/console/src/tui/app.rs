//! The state of the screen: everything that is drawn, and nothing that reads or writes.
//!
//! Invariants
//! - what is watched follows from the state alone ([`App::subscription`], [`App::subject`]); nobody says
//!   "subscribe" or "unsubscribe".
//! - no clock: the time is what the loop last said.

use super::act::Act;
use super::detail::Pane;
use super::list::{List, Query, Subscription};
use super::place::Places;
use super::problem::Handling;
use super::prompt::Prompt;
use super::row::Key;
use super::tab::Tab;
use std::collections::BTreeMap;
use topmast_api::overview::Overview;
use topmast_api::session::Principal;
use topmast_api::time::Timestamp;
use topmast_model::filter::FilterError;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Right;

/// Silence after which a connection counts as lost: a master says something every five seconds at least, and one
/// heartbeat may be late.
pub(super) const SILENCE_MAX_MS: i64 = 8_000;

/// What the terminal can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Look {
    /// Colours.
    pub(crate) colour: bool,
    /// More than ASCII.
    pub(crate) unicode: bool,
    /// Bold, dim and reverse, and their end: a VT100 cannot end them one by one.
    pub(crate) attributes: bool,
}

/// What the user of this terminal may do with it, whatever the master would allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rules {
    /// No actions, and no way out but to end.
    pub(crate) locked: bool,
    /// One picture and no keys.
    pub(crate) still: bool,
}

/// What was heard of the master.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Link {
    /// When something of the list was last heard.
    pub(super) heard: Option<Timestamp>,
    /// Why nothing is heard now.
    pub(super) trouble: Option<String>,
}

/// What is being typed at the foot.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// A filter, and what is wrong with it.
    Filter(Prompt, Option<FilterError>),
    /// A command.
    Command(Prompt),
    /// What is done about a problem.
    Handle(Handling, Prompt),
}

/// What covers the list.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Overlay {
    /// Nothing.
    None,
    /// The keys, from some line on.
    Help(usize),
    /// A line at the foot.
    Line(Line),
    /// Start, stop or restart.
    Act(Box<Act>),
}

/// The whole state.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct App {
    /// Now.
    pub(super) now: Timestamp,
    /// Columns and lines of the terminal.
    pub(super) size: (u16, u16),
    /// What the terminal can show.
    pub(super) look: Look,
    /// What is forbidden here.
    pub(super) rules: Rules,
    /// The master's address.
    pub(super) url: String,
    /// Who asks; `None` until the master has said so.
    pub(super) who: Option<Principal>,
    /// Counts of every kind.
    pub(super) overview: Option<Overview>,
    /// What was heard of the master.
    pub(super) link: Link,
    /// The way here, the list on the screen last; never empty.
    pub(super) way: Vec<List>,
    /// Lists of other tabs as they were left.
    pub(super) kept: BTreeMap<Tab, List>,
    /// Details beside or over the list.
    pub(super) pane: Option<Pane>,
    /// What covers it.
    pub(super) overlay: Overlay,
    /// A word to the user, until the next key.
    pub(super) notice: Option<String>,
    /// True after `g`.
    pub(super) after_go: bool,
    /// Dialogs opened so far.
    pub(super) serial: u64,
    /// True once it shall end.
    pub(super) ended: bool,
}

impl App {
    /// A screen of which nothing is known yet.
    pub(super) fn new(url: &str, query: Query, look: Look, rules: Rules) -> Self {
        Self {
            now: Timestamp(topmast_model::time::UnixMillis(0)),
            size: (80, 24),
            look,
            rules,
            url: url.to_owned(),
            who: None,
            overview: None,
            link: Link::default(),
            way: vec![List::new(query)],
            kept: BTreeMap::new(),
            pane: None,
            overlay: Overlay::None,
            notice: None,
            after_go: false,
            serial: 0,
            ended: false,
        }
    }

    /// The list on the screen.
    #[expect(
        clippy::expect_used,
        reason = "the way is never empty: it begins with a list and only `back` shortens it"
    )]
    pub(super) fn list(&self) -> &List {
        self.way.last().expect("the way has a list")
    }

    /// The list on the screen.
    #[expect(clippy::expect_used, reason = "as above")]
    pub(super) fn list_mut(&mut self) -> &mut List {
        self.way.last_mut().expect("the way has a list")
    }

    /// Where everything is drawn.
    pub(super) fn places(&self) -> Places {
        Places::new(self.size, self.pane.is_some())
    }

    /// Rows that fit the screen.
    pub(super) fn height(&self) -> u64 {
        u64::from(self.places().body.height.max(1))
    }

    /// What the list needs.
    pub(super) fn subscription(&self) -> Subscription {
        self.list().subscription(self.height())
    }

    /// Of what the details are needed.
    pub(super) fn subject(&self) -> Option<&Key> {
        self.pane.as_ref().map(|pane| &pane.key)
    }

    /// Milliseconds since something of the list was heard; `None` before the first time.
    pub(super) fn silence_ms(&self) -> Option<u64> {
        let heard = self.link.heard?;
        Some(u64::try_from(self.now.as_millis() - heard.as_millis()).unwrap_or(0))
    }

    /// True when what is shown may be old.
    pub(super) fn is_lost(&self) -> bool {
        let silent = self.silence_ms().is_some_and(|silence| silence > SILENCE_MAX_MS.unsigned_abs());
        self.link.trouble.is_some() || silent
    }

    /// Why this user may not act on these; `None` when there is no reason known here.
    pub(super) fn refusal(&self, targets: &[ObjectPath]) -> Option<String> {
        if self.rules.locked {
            return Some("this terminal is locked: it shows, and does nothing".to_owned());
        }
        let who = self.who.as_ref()?;
        let may = |path: &ObjectPath| {
            who.grants.iter().any(|grant| grant.role.has(Right::Operate) && grant.covers(Some(path)))
        };
        let refused = targets.iter().find(|path| !may(path))?;
        Some(format!("{} is not allowed to {} on {refused}", who.name, Right::Operate))
    }

    /// The task's, service's or application's place in words: what the list is inside of.
    pub(super) fn inside(&self) -> Option<&ObjectPath> {
        self.list().query.inside.as_ref()
    }
}
