//! Looking at alarms, each when it is due; composite ones when another alarm changed; then what is to be done.
//!
//! An alarm is due a little after each whole minute, or after each ten seconds when its period is shorter; one that
//! was put, soon after; one whose state was set by hand, not before its next round. So a state that a tool set
//! can be seen, and a look finds the data of the time before.
//!
//! Invariants
//! - AW-4: nothing is remembered here that the state does not tell but when alarms were looked at: a master that was
//!   restarted looks at all of them.

use super::{act, evaluate};
use crate::aws::cloudwatch::read;
use crate::aws::{Asker, Caller};
use crate::bus::{CommandBus, SubmitError};
use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::time::Instant;
use topmast_engine::Submission;
use topmast_engine::aws_alarm::{AwsAlarmKept, composites, observations};
use topmast_model::account::AccessKeyId;
use topmast_model::aws_alarm::{MetricBasis, SEEN_MAX, SeenAlarm};
use topmast_model::command::Command;
use topmast_model::error::with_sources;
use topmast_model::event::EventBody;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Grant, Principal};
use topmast_model::problem::OBSERVATIONS_MAX;
use topmast_model::time::UnixMillis;

/// Time between two looks at an alarm, in milliseconds: of short periods, and of others.
const SHORT_ROUND_MS: i64 = 10_000;
const ROUND_MS: i64 = 60_000;
/// How long after its time a look is, so that values of the last second have come.
const LATER_MS: i64 = 1_000;
/// How long after it was put an alarm is looked at.
const FIRST_AFTER_MS: i64 = 3_000;
/// Longest time without a look at the state.
const WAIT_MAX: Duration = Duration::from_mins(1);
/// Shortest time between two rounds, so that a storm of events is looked at together.
const PAUSE: Duration = Duration::from_millis(20);
/// Alarms remembered as looked at, deleted ones among them; beyond, all are looked at again.
const LOOKED_MAX: usize = 100_000;
/// Time until the next try when the bus takes nothing.
const RETRY: Duration = Duration::from_secs(1);
/// Rounds in a row in which alarms change others: as many as composite alarms can depend on one another.
const ROUNDS_MAX: usize = 100;

/// When alarms were looked at, by tenant and name.
type Looked = BTreeMap<(String, String), i64>;

/// Looks at alarms until the bus ends.
pub(in crate::aws) async fn run(context: Arc<Context>) {
    let mut events = context.bus.events();
    let mut looked = Looked::new();
    loop {
        match round(&context, &mut looked).await {
            Ok(()) => {}
            Err(SubmitError::Stopping) => return,
            Err(error) => {
                tracing::warn!(error = %with_sources(&error), "alarms are looked at again in a second");
                tokio::time::sleep(RETRY).await;
                continue;
            }
        }
        // Worked out once a round: a busy fleet has many events that concern no alarm.
        let due = Instant::now() + next(&context, &looked);
        loop {
            tokio::select! {
                received = events.recv() => match received {
                    Ok(event) if !concerns(&event.body) => continue,
                    Ok(_) | Err(RecvError::Lagged(_)) => tokio::time::sleep(PAUSE).await,
                    Err(RecvError::Closed) => return,
                },
                () = tokio::time::sleep_until(due) => {}
            }
            break;
        }
        // What came meanwhile is seen in the same round.
        while !matches!(events.try_recv(), Err(TryRecvError::Empty | TryRecvError::Closed)) {}
    }
}

/// Events after which something of alarms may be due.
fn concerns(body: &EventBody) -> bool {
    matches!(
        body,
        EventBody::AwsAlarmPut { .. }
            | EventBody::AwsAlarmDeleted { .. }
            | EventBody::AwsAlarmStateChanged { .. }
            | EventBody::AwsAlarmHoldChanged { .. }
            | EventBody::AwsAlarmActionsSwitched { .. }
            | EventBody::AwsAlarmsForgotten { .. }
            | EventBody::RuleApplied { .. }
            | EventBody::RuleDeleted { .. }
    )
}

/// Looks at what is due of all tenants, and does what is to be done.
async fn round(context: &Arc<Context>, looked: &mut Looked) -> Result<(), SubmitError> {
    let tenants: Vec<ObjectPath> = context.bus.state().tenants_with_aws_alarms().collect();
    if looked.len() > LOOKED_MAX {
        // Of deleted ones nothing is known here that matters.
        looked.clear();
    }
    for tenant in tenants {
        let seen = look(context, &tenant, looked).await;
        observe(&context.bus, &tenant, seen).await?;
        for _ in 0..ROUNDS_MAX {
            let changed = of_composites(context, &tenant).await?;
            if !changed {
                break;
            }
        }
        act::all(context, &tenant).await?;
        let found = observations(&context.bus.state(), &tenant);
        for some in found.chunks(OBSERVATIONS_MAX / 10) {
            submit(&context.bus, Command::ObserveProblems { observations: some.to_vec() }).await?;
        }
    }
    Ok(())
}

/// Looks at composite alarms and at what holds actions back; true when something changed.
async fn of_composites(context: &Context, tenant: &ObjectPath) -> Result<bool, SubmitError> {
    let (mut seen, releases) = {
        let state = context.bus.state();
        // A suppressor may have changed, or a time be over.
        let releases = state.aws_alarms(tenant).all().values().any(|kept| kept.hold.is_some());
        (composites(&state, tenant), releases)
    };
    if seen.is_empty() && !releases {
        return Ok(false);
    }
    seen.truncate(SEEN_MAX);
    Ok(submit(&context.bus, Command::ObserveAwsAlarms { tenant: tenant.clone(), seen }).await? > 0)
}

async fn observe(bus: &CommandBus, tenant: &ObjectPath, seen: Vec<SeenAlarm>) -> Result<(), SubmitError> {
    for some in seen.chunks(SEEN_MAX) {
        let command = Command::ObserveAwsAlarms { tenant: tenant.clone(), seen: some.to_vec() };
        submit(bus, command).await?;
    }
    Ok(())
}

/// How many events a command of the master's own made.
pub(super) async fn submit(bus: &CommandBus, command: Command) -> Result<usize, SubmitError> {
    let events = bus.submit(Submission { principal: Principal::master(), command }).await?;
    Ok(events.len())
}

/// An alarm that is due.
struct Due {
    kept: AwsAlarmKept,
    basis: MetricBasis,
}

/// Looks at the alarms of a tenant that are due; those whose state is another one.
async fn look(context: &Arc<Context>, tenant: &ObjectPath, looked: &mut Looked) -> Vec<SeenAlarm> {
    let now = context.bus.clock().now();
    let mut groups: Vec<(Vec<Grant>, Vec<Due>)> = Vec::new();
    {
        let state = context.bus.state();
        for (name, kept) in state.aws_alarms(tenant).all() {
            let Some(basis) = kept.what.metric() else { continue };
            let key = (tenant.to_string(), name.clone());
            if due_at(kept, basis, looked.get(&key).copied()) > now.0 {
                continue;
            }
            looked.insert(key, now.0);
            let due = Due { kept: kept.clone(), basis: basis.clone() };
            // Those who put alarms are few; what they may read is found out once.
            match groups.iter_mut().find(|(grants, _)| *grants == kept.grants) {
                Some((_, group)) => group.push(due),
                None => groups.push((kept.grants.clone(), vec![due])),
            }
        }
    }
    let mut seen = Vec::new();
    for (_, group) in groups {
        let Some(caller) = group.first().and_then(|due| caller(&due.kept, tenant)) else { continue };
        let judged = read::with(context, Asker::from(&caller), move |reader| {
            Ok(group.iter().filter_map(|due| judge(reader, due, now)).collect::<Vec<_>>())
        });
        // Why it failed was logged there; the next round tries again.
        seen.extend(judged.await.unwrap_or_default());
    }
    seen
}

fn judge(reader: &read::Reader, due: &Due, now: UnixMillis) -> Option<SeenAlarm> {
    let kept = &due.kept;
    let window = evaluate::window(reader, kept.what.account.as_str(), &due.basis, now.0);
    let window = match window {
        Ok(window) => window?,
        Err(fault) => {
            tracing::debug!(alarm = kept.what.name, %fault, "an alarm of AWS' tools cannot be looked at");
            return None;
        }
    };
    let said = window.judge(&due.basis, kept.said.state, now.0)?;
    let (configured_at, state_at) = (kept.configured_at, kept.state_at);
    Some(SeenAlarm { name: kept.what.name.clone(), configured_at, state_at, said })
}

/// Whoever put an alarm, with the rights of then.
pub(super) fn caller(kept: &AwsAlarmKept, tenant: &ObjectPath) -> Option<Caller> {
    let key: AccessKeyId = "ALARM".parse().ok()?;
    Some(Caller {
        principal: Principal { actor: kept.by.clone(), grants: kept.grants.clone() },
        tenant: tenant.clone(),
        account: kept.what.account.clone(),
        signed_with: key.clone(),
        key,
        region: kept.what.region.clone(),
        key_expires_at: None,
        session: None,
    })
}

/// When an alarm is to be looked at next.
fn due_at(kept: &AwsAlarmKept, basis: &MetricBasis, looked: Option<i64>) -> i64 {
    let round = if basis.period_s() < 60 { SHORT_ROUND_MS } else { ROUND_MS };
    let (configured, set) = (kept.configured_at.0, kept.state_at.0);
    let next = match looked.filter(|looked| *looked >= configured) {
        None => configured + FIRST_AFTER_MS,
        Some(looked) => (looked - LATER_MS).div_euclid(round) * round + round + LATER_MS,
    };
    if kept.is_set { next.max(set + round) } else { next }
}

/// How long nothing is due.
fn next(context: &Context, looked: &Looked) -> Duration {
    let now = context.bus.clock().now();
    let state = context.bus.state();
    let mut at = now.plus(WAIT_MAX);
    for tenant in state.tenants_with_aws_alarms() {
        let alarms = state.aws_alarms(&tenant);
        at = alarms.next_release().map_or(at, |release| at.min(release));
        for (name, kept) in alarms.all() {
            let Some(basis) = kept.what.metric() else { continue };
            let looked = looked.get(&(tenant.to_string(), name.clone()));
            at = at.min(UnixMillis(due_at(kept, basis, looked.copied())));
        }
    }
    now.until(at).max(Duration::from_millis(10))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// When an alarm of a period, put at 5 s and perhaps set by hand later, is due after a look.
    fn due(period_s: u32, set: Option<i64>, looked: Option<i64>) -> i64 {
        let basis: MetricBasis = serde_json::from_value(serde_json::json!({
            "metric": {
                "namespace": "Shop", "name": "Orders", "dimensions": [], "statistic": "Sum", "period_s": period_s,
            },
            "comparison": "GreaterThanThreshold",
            "threshold": 1.0,
            "evaluation_periods": 1,
        }))
        .unwrap();
        let kept: AwsAlarmKept = serde_json::from_value(serde_json::json!({
            "what": {
                "name": "a", "account": "123456789012", "region": "us-east-1", "actions_enabled": true,
                "ok_actions": [], "alarm_actions": [], "insufficient_data_actions": [],
                "basis": { "metric": basis },
            },
            "tags": {},
            "by": { "kind": "master", "name": "master", "auth": "internal", "address": null },
            "grants": [],
            "configured_at": 5_000,
            "is_new": true,
            "said": { "state": "OK", "reason": "" },
            "state_at": set.unwrap_or(9_000),
            "is_set": set.is_some(),
            "transitioned_at": 0,
            "hold": null,
            "acted_state": "OK",
            "due": [],
            "before": { "state": "OK", "reason": "" },
            "acted": [],
        }))
        .unwrap();
        due_at(&kept, &basis, looked)
    }

    #[test]
    fn an_alarm_is_due_after_it_was_put_and_after_each_round() {
        assert_eq!(due(60, None, None), 8_000);
        assert_eq!(due(60, None, Some(4_000)), 8_000, "a look before it was put is none");
        assert_eq!(due(60, None, Some(8_000)), 61_000);
        assert_eq!(due(60, None, Some(61_000)), 121_000);
        assert_eq!(due(10, None, Some(8_000)), 11_000);
    }

    #[test]
    fn a_state_that_was_set_is_left_alone_for_a_round() {
        assert_eq!(due(60, Some(50_000), Some(8_000)), 110_000);
        assert_eq!(due(60, Some(6_000), None), 66_000);
        assert_eq!(due(10, Some(9_500), Some(8_000)), 19_500);
    }
}
