//! What the screen needs of the master, fetched by tasks that say what they heard as messages.
//!
//! ```text
//! App::subscription ─► list.rs    one watch (SSE) of one window, anew after a lost connection
//! App::subject      ─► detail.rs  one object's details, again and again
//! always            ─► overview.rs  who asks, and counts of everything
//! effects           ─► act.rs     a plan; an action, handed in and followed
//!                      handle.rs  what is done about a problem
//! ```
//!
//! Invariants
//! - E-1: a task is of one subscription or subject and ends with it; nothing is watched that is not on the screen.

mod act;
mod detail;
mod handle;
mod list;
mod overview;

pub(super) use list::once;
pub(super) use overview::{counts, who};

use super::app::App;
use super::list::Subscription;
use super::row::Key;
use super::update::{Effect, Message};
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use topmast_api::client::Client;

/// Waits between two tries to connect again: soon first, then without pressing a master that starts.
const RETRY: [Duration; 5] = [
    Duration::from_millis(250),
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(5),
    Duration::from_secs(10),
];
/// Wait before a watch whose window moved: who scrolls fast does not ask for what is passed by.
const SETTLE: Duration = Duration::from_millis(40);

/// Where messages go. A receiver that is gone has ended, and so will the task.
type Sender = mpsc::UnboundedSender<Message>;

/// The tasks.
pub(super) struct Feed {
    client: Client,
    sender: Sender,
    overview: JoinHandle<()>,
    list: Option<(Subscription, JoinHandle<()>)>,
    detail: Option<(Key, JoinHandle<()>)>,
}

impl Feed {
    /// Begins with what is always needed.
    pub(super) fn new(client: Client, sender: Sender) -> Self {
        let overview = tokio::spawn(overview::run(client.clone(), sender.clone()));
        Self { client, sender, overview, list: None, detail: None }
    }

    /// Follows the state: what it needs now is fetched, what it does not is not (E-1).
    pub(super) fn follow(&mut self, app: &App) {
        let wanted = Some(app.subscription());
        if self.list.as_ref().map(|(known, _)| known) != wanted.as_ref() {
            let before = self.list.take();
            if let Some((_, task)) = &before {
                task.abort();
            }
            self.list = wanted.map(|wanted| {
                let has_moved = before.is_some_and(|(known, _)| known.query == wanted.query);
                let settle = if has_moved { SETTLE } else { Duration::ZERO };
                let run = list::run(self.client.clone(), wanted.clone(), self.sender.clone(), settle);
                (wanted, tokio::spawn(run))
            });
        }
        if self.detail.as_ref().map(|(known, _)| known) != app.subject() {
            if let Some((_, task)) = self.detail.take() {
                task.abort();
            }
            self.detail = app.subject().cloned().map(|key| {
                let run = detail::run(self.client.clone(), key.clone(), self.sender.clone());
                (key, tokio::spawn(run))
            });
        }
    }

    /// Does what was asked for; an action that was handed in is followed to its end, whatever is on the screen.
    pub(super) fn act(&self, effect: Effect) {
        let (client, sender) = (self.client.clone(), self.sender.clone());
        match effect {
            Effect::Plan(serial, request, custom) => {
                drop(tokio::spawn(act::plan(client, serial, *request, custom, sender)));
            }
            Effect::Submit(serial, request) => {
                drop(tokio::spawn(act::submit(client, serial, *request, sender)));
            }
            Effect::Handle(handling, request) => {
                drop(tokio::spawn(handle::handle(client, handling, *request, sender)));
            }
            Effect::Redraw | Effect::Suspend => {}
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.overview.abort();
        let (list, detail) = (self.list.take(), self.detail.take());
        list.map(|(_, task)| task).iter().chain(&detail.map(|(_, task)| task)).for_each(JoinHandle::abort);
    }
}

/// The wait before the next try.
fn retry(failures: usize) -> Duration {
    RETRY[failures.min(RETRY.len() - 1)]
}
