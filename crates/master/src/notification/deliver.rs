//! Sends what is due, again and again until it is delivered or given up.
//!
//! ```text
//! events, time ─► SettleNotifications ─► BeginNotification ─► send ─► FinishNotification
//! ```
//!
//! Nothing is kept here: what is due, what was tried and when it is tried again is in the journal, so a restarted master
//! goes on where the last one ended. An attempt of which that one did not know the outcome is made again.

use super::compose::message;
use super::secret;
use super::{Failure, Links, send};
use crate::bus::{CommandBus, SubmitError};
use crate::http::Context;
use jiff::tz::TimeZone;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::broadcast::error::RecvError;
use tokio::task::JoinSet;
use topmast_engine::{KeptChannel, Submission, is_due, next_times};
use topmast_model::command::Command;
use topmast_model::error::with_sources;
use topmast_model::event::EventBody;
use topmast_model::notification::{NotificationId, Outcome, Told};
use topmast_model::principal::Principal;
use topmast_model::problem::{Observation, ProblemKey, Verdict};
use topmast_model::rule::Span;

/// Time between two looks when nothing happens.
const EVERY: Duration = Duration::from_secs(1);
/// Shortest time between two looks, so that a storm of events is looked at together.
const PAUSE: Duration = Duration::from_millis(100);
/// A look that took long is followed by a pause so many times as long: the writer waits for readers of the state.
const PAUSES: u32 = 20;
/// Settlings in a row.
const SETTLINGS_MAX: usize = 100;
/// Messages that are sent at once to one channel, and in all.
const AT_ONCE: usize = 2;
const AT_ONCE_IN_ALL: usize = 64;
/// Time until the next try when the bus takes nothing.
const RETRY: Duration = Duration::from_secs(1);
/// The rule of what could not be delivered.
const FAILING: &str = "notification-failing";

/// Sends until the bus ends.
pub(crate) async fn run(context: Arc<Context>) {
    let mut events = context.bus.events();
    let mut sending: JoinSet<String> = JoinSet::new();
    let mut busy: HashMap<String, usize> = HashMap::new();
    if cut_off(&context.bus).await.is_err() {
        return;
    }
    loop {
        let started = Instant::now();
        match look(&context).await {
            Ok(()) => {}
            Err(SubmitError::Stopping) => return,
            Err(error) => {
                tracing::warn!(error = %with_sources(&error), "notifications are looked at again in a second");
                tokio::time::sleep(RETRY).await;
            }
        }
        for (id, channel) in ready(&context.bus) {
            let count = busy.entry(channel.clone()).or_default();
            if *count >= AT_ONCE || sending.len() >= AT_ONCE_IN_ALL {
                continue;
            }
            *count += 1;
            sending.spawn(attempt(Arc::clone(&context), id, channel));
        }
        let pause = PAUSE.max(started.elapsed() * PAUSES);
        tokio::select! {
            received = events.recv() => if let Err(RecvError::Closed) = received { return },
            Some(ended) = sending.join_next() => {
                if let Ok(channel) = ended && let Some(count) = busy.get_mut(&channel) {
                    *count = count.saturating_sub(1);
                }
            }
            () = tokio::time::sleep(EVERY) => {}
        }
        tokio::time::sleep(pause).await;
        while sending.try_join_next().is_some_and(|ended| {
            if let Ok(channel) = ended
                && let Some(count) = busy.get_mut(&channel)
            {
                *count = count.saturating_sub(1);
            }
            true
        }) {}
        events = events.resubscribe();
    }
}

async fn submit(
    bus: &CommandBus,
    command: Command,
) -> Result<Vec<Arc<topmast_model::event::Event>>, SubmitError> {
    bus.submit(Submission { principal: Principal::master(), command }).await
}

/// What the last master had under way: the receiver may have it or not.
async fn cut_off(bus: &CommandBus) -> Result<(), SubmitError> {
    let under_way: Vec<(NotificationId, usize)> = {
        let state = bus.state();
        let open = state.open_notifications().filter(|open| open.is_under_way());
        open.map(|open| (open.id, open.attempts.len())).collect()
    };
    for (id, attempt) in under_way {
        let attempt = u32::try_from(attempt).unwrap_or(u32::MAX);
        submit(bus, Command::FinishNotification { id, attempt, outcome: Outcome::Unknown }).await?;
    }
    Ok(())
}

/// Plans schedules, makes due what is, and tells whether channels fail.
async fn look(context: &Context) -> Result<(), SubmitError> {
    let bus = &context.bus;
    plan(bus).await?;
    for _ in 0..SETTLINGS_MAX {
        let is_due = {
            let state = bus.state();
            state.tells() && is_due(&state, bus.clock().now())
        };
        if !is_due || submit(bus, Command::SettleNotifications).await?.is_empty() {
            break;
        }
    }
    let observations = failing(context);
    if !observations.is_empty() {
        submit(bus, Command::ObserveProblems { observations }).await?;
    }
    Ok(())
}

/// Works out when routes with a schedule take problems.
async fn plan(bus: &CommandBus) -> Result<(), SubmitError> {
    let now = bus.clock().now();
    let wanting: Vec<_> = {
        let state = bus.state();
        let wanting = state.routes().into_iter().filter(|kept| kept.wants_plan(now));
        wanting.map(|kept| (kept.route.name.clone(), kept.route.schedule.clone())).collect()
    };
    for (name, schedule) in wanting {
        let mut periods = Vec::new();
        for time in schedule {
            match TimeZone::get(&time.zone) {
                Ok(zone) => {
                    periods.extend(next_times(&time.on, time.at, time.lasts.duration(), None, &zone, now));
                }
                Err(error) => tracing::warn!(route = name, %error, "a route's time zone is not known here"),
            }
        }
        periods.sort_unstable();
        submit(bus, Command::PlanRoute { name, periods }).await?;
    }
    Ok(())
}

/// Channels that fail, or do no longer, as against the open problems.
fn failing(context: &Context) -> Vec<Observation> {
    let state = context.bus.state();
    let key = |channel: &str, object| ProblemKey {
        object,
        rule: FAILING.to_owned(),
        detail: format!("channel={channel:?}"),
    };
    let object = |kept: &KeptChannel| kept.channel.tenant.clone().unwrap_or_else(|| context.cluster.clone());
    let observe = |key, verdict, since, message| Observation { key, verdict, since, value: None, message };
    let now = context.bus.clock().now();
    let mut found = Vec::new();
    let mut known = Vec::new();
    for kept in state.channels() {
        let key = key(&kept.channel.name, object(kept));
        let is_open = state.open_problem(&key).map(|problem| problem.verdict);
        match kept.failing_since.filter(|_| kept.channel.enabled) {
            Some(since) if is_open != Some(Verdict::Firing) => {
                let message =
                    format!("channel {} cannot be told: what it was sent was given up", kept.channel.name);
                found.push(observe(key.clone(), Verdict::Firing, since, message));
            }
            None if is_open == Some(Verdict::Firing) => {
                found.push(observe(key.clone(), Verdict::Ok, now, String::new()));
            }
            _ => {}
        }
        known.push(key);
    }
    let lost = state.open_problems().map(|problem| &problem.what.key);
    for key in lost.filter(|key| key.rule == FAILING && !known.contains(key)) {
        found.push(observe(key.clone(), Verdict::Gone, now, String::new()));
    }
    // A rule that is switched off would be observed for ever.
    found
        .retain(|one| state.rule(FAILING).is_some_and(|rule| rule.enabled) || one.verdict != Verdict::Firing);
    found
}

fn ready(bus: &CommandBus) -> Vec<(NotificationId, String)> {
    let (state, now) = (bus.state(), bus.clock().now());
    let ready = state.open_notifications().filter(|open| open.next_at.is_some_and(|at| at <= now));
    ready.map(|open| (open.id, open.channel.clone())).collect()
}

/// One attempt; its channel.
async fn attempt(context: Arc<Context>, id: NotificationId, channel: String) -> String {
    let begun = submit(&context.bus, Command::BeginNotification { id }).await.unwrap_or_default();
    for event in begun {
        if let EventBody::NotificationBegun { attempt, told, .. } = &event.body {
            let outcome = deliver(&context, id, told).await;
            finish(&context.bus, id, *attempt, outcome).await;
        }
    }
    channel
}

async fn deliver(context: &Context, id: NotificationId, told: &[Told]) -> Outcome {
    let (message, channel) = {
        let state = context.bus.state();
        let Some(open) = state.open_notification(id) else { return Outcome::Unknown };
        let Some(channel) = state.channel(&open.channel) else { return Outcome::Unknown };
        let links = Links::new(context.config.public_url.as_deref());
        (message(&state, &links, open, told, context.bus.clock().now()), channel.clone())
    };
    let sent = match secret::open(&context.seal, &channel) {
        Ok(channel) => send(&context.senders, &channel, &message).await,
        Err(error) => Err(Failure { reason: error.to_string(), retry: false, after: None }),
    };
    match sent {
        Ok(delivery) => Outcome::Delivered { answer: delivery.answer },
        Err(Failure { reason, retry, after }) => {
            let millis =
                |after: Duration| Span::from_millis(u64::try_from(after.as_millis()).unwrap_or(u64::MAX));
            Outcome::Failed { reason, retry, after: after.map(millis) }
        }
    }
}

/// What became of it is to be known, whatever the bus says now.
async fn finish(bus: &CommandBus, id: NotificationId, attempt: u32, outcome: Outcome) {
    loop {
        let command = Command::FinishNotification { id, attempt, outcome: outcome.clone() };
        match submit(bus, command).await {
            Ok(_) | Err(SubmitError::Stopping | SubmitError::Rejected(_)) => return,
            Err(error) => {
                tracing::warn!(%id, error = %with_sources(&error), "the outcome of a notification is not taken yet");
                tokio::time::sleep(RETRY).await;
            }
        }
    }
}
