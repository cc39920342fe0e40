//! Reconcilers: what a master decides by itself, from time and data.
//!
//! Each looks at the state as it is, takes no input, and submits commands like
//! everybody else. Doing it twice changes nothing.

use crate::bus::{CommandBus, SubmitError};
use crate::config::MasterConfig;
use crate::guest;
use crate::live::LiveModel;
use futures_util::{StreamExt as _, stream};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::time::MissedTickBehavior;
use topmast_engine::task_order::overdue_heartbeats;
use topmast_engine::{Server, Submission};
use topmast_model::cause::Cause;
use topmast_model::command::Command;
use topmast_model::path::ObjectPath;
use topmast_model::principal::Principal;
use topmast_model::server::ServerRole;
use topmast_model::status::ServerStatus;
use topmast_model::task_order::TaskOrder;
use topmast_model::time::UnixMillis;

/// Time between two looks: a quarter of the shortest interval that can go stale.
const EVERY: Duration = Duration::from_millis(250);

/// Observations submitted at once: two commits' worth, a small part of the bus's queue.
const AT_ONCE: usize = 512;

/// Runs all reconcilers until the bus ends.
pub(crate) async fn run(bus: CommandBus, live: Arc<LiveModel>, config: Arc<MasterConfig>) {
    let started = Instant::now();
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        while let Some(command) = due(&bus) {
            match submit(&bus, command).await {
                Ok(()) => {}
                Err(SubmitError::Stopping) => return,
                // Tried again at the next look.
                Err(_) => break,
            }
        }
        for task in heartbeats(&bus) {
            let look = Command::OrderTask { task, order: TaskOrder::Look };
            // Any other refusal means that the state moved on.
            if let Err(SubmitError::Stopping) = submit(&bus, look).await {
                return;
            }
        }
        let late = freshness(&bus, &live, &config, started, Instant::now());
        // Together, so that a thousand servers lost at once are a few commits and not a thousand.
        let submissions = late.into_iter().map(|command| submit(&bus, command));
        let mut submitted = stream::iter(submissions).buffer_unordered(AT_ONCE);
        while let Some(outcome) = submitted.next().await {
            // Any other refusal is logged by the bus or means that the state moved on; the next look decides anew.
            if let Err(SubmitError::Stopping) = outcome {
                return;
            }
        }
    }
}

async fn submit(bus: &CommandBus, command: Command) -> Result<(), SubmitError> {
    bus.submit(Submission { principal: Principal::master(), command }).await.map(drop)
}

/// Actions whose time is over, or whose next batch may begin.
fn due(bus: &CommandBus) -> Option<Command> {
    let now = bus.clock().now();
    let state = bus.state();
    let is_due = |time: Option<UnixMillis>| time.is_some_and(|time| time <= now);
    match () {
        () if is_due(state.next_expiry()) => Some(Command::ExpireActions),
        () if is_due(state.next_batch(now)) => Some(Command::AdvanceActions),
        () => None,
    }
}

/// Heartbeats that are overdue.
fn heartbeats(bus: &CommandBus) -> Vec<ObjectPath> {
    overdue_heartbeats(&bus.state(), bus.clock().now())
}

/// Servers whose data became late, or came back.
fn freshness(
    bus: &CommandBus,
    live: &LiveModel,
    config: &MasterConfig,
    started: Instant,
    now: Instant,
) -> Vec<Command> {
    let state = bus.state();
    let age_of = |path: &ObjectPath| {
        let age = live.with(path, |live| live.age(now)).flatten();
        (age, age.unwrap_or_else(|| now.saturating_duration_since(started)))
    };
    let by_age = |path: &ObjectPath, server: &Server| {
        let (age, silence) = age_of(path);
        let interval = Duration::from_millis(server.registration.interval_ms);
        // A host that is read every minute is late by minutes: it is STALE before it is DOWN.
        let grace = match server.registration.role {
            ServerRole::Agentless => interval * (2 * config.stale_after_intervals),
            _ => interval * config.stale_after_intervals,
        };
        let down_after = config.down_after().max(grace);
        let stale_after = interval * config.stale_after_intervals;
        (judge(server.status, age, silence, stale_after, down_after), silence)
    };
    let judged = state.servers().iter().filter_map(|(path, server)| {
        if let Some(guest) = &server.guest {
            let (age, silence) = age_of(path);
            let interval = Duration::from_millis(server.registration.interval_ms);
            // As it is from now on, not as it was before this look.
            let host = state.server(&guest.host).map(|host| by_age(&guest.host, host).0);
            let host = host.unwrap_or(ServerStatus::Unknown);
            let (status, why) = guest::judge(guest, host, (server.status, interval), age, silence);
            return (status != server.status).then(|| Command::ObserveServer {
                server: path.clone(),
                status,
                cause: why.cause(guest),
            });
        }
        let (status, silence) = by_age(path, server);
        let trouble = || live.with(path, |live| live.trouble().map(str::to_owned)).flatten();
        (status != server.status).then(|| observe(path, status, silence, trouble()))
    });
    judged.collect()
}

/// What a server is, from the age of its data.
///
/// Before this master heard anything, a server keeps the status it had until
/// the time for DOWN is over: a restarted master does not cry wolf.
fn judge(
    status: ServerStatus,
    age: Option<Duration>,
    silence: Duration,
    stale_after: Duration,
    down_after: Duration,
) -> ServerStatus {
    if silence >= down_after {
        return ServerStatus::Down;
    }
    match age {
        Some(age) if age < stale_after => ServerStatus::Up,
        Some(_) => ServerStatus::Stale,
        None => status,
    }
}

fn observe(path: &ObjectPath, status: ServerStatus, silence: Duration, trouble: Option<String>) -> Command {
    let message = match (status, trouble) {
        (ServerStatus::Up, _) => "data arrives again".to_owned(),
        (_, None) => format!("no data for {:.1} s", silence.as_secs_f64()),
        (_, Some(trouble)) => format!("no data for {:.1} s: {trouble}", silence.as_secs_f64()),
    };
    Command::ObserveServer { server: path.clone(), status, cause: Cause::Connection { message } }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn judged(status: ServerStatus, age: Option<u32>, silence: u32) -> ServerStatus {
        judge(status, age.map(|age| age * SECOND), silence * SECOND, 3 * SECOND, 15 * SECOND)
    }

    #[test]
    fn server_goes_from_up_to_stale_to_down_by_age() {
        assert_eq!(judged(ServerStatus::Stale, Some(2), 2), ServerStatus::Up);
        assert_eq!(judged(ServerStatus::Up, Some(3), 3), ServerStatus::Stale);
        assert_eq!(judged(ServerStatus::Stale, Some(14), 14), ServerStatus::Stale);
        assert_eq!(judged(ServerStatus::Stale, Some(15), 15), ServerStatus::Down);
    }

    #[test]
    fn restarted_master_keeps_statuses_until_the_time_for_down() {
        assert_eq!(judged(ServerStatus::Up, None, 14), ServerStatus::Up);
        assert_eq!(judged(ServerStatus::Up, None, 15), ServerStatus::Down);
    }

    #[test]
    fn slow_agent_is_not_down_before_it_is_stale() {
        let minute = 60 * SECOND;
        assert_eq!(judge(ServerStatus::Up, Some(minute), minute, 3 * minute, 3 * minute), ServerStatus::Up);
    }
}
