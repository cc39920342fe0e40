//! Attempts: what is still to be told when one begins, and when the next one is.

use super::asked;
use super::own::Own;
use super::settle::{still, withdrawal};
use crate::{Listed, Rejection, State};
use std::time::Duration;
use topmast_model::event::EventBody;
use topmast_model::notification::{NotificationId, Outcome, Told, Why};
use topmast_model::time::UnixMillis;

/// Most attempts of one notification: with the waits below they take an hour at most.
pub const ATTEMPTS_MAX: usize = 8;
/// Waits after each attempt but the last, in seconds, before jitter.
const WAITS_S: [u64; ATTEMPTS_MAX - 1] = [2, 10, 30, 120, 300, 720, 1_200];
/// Longest wait that a receiver may ask for.
const AFTER_MAX: Duration = Duration::from_mins(20);
/// Longest text kept of an answer or a reason, in bytes.
const TEXT_MAX: usize = 1_000;

/// Decides `BeginNotification`: what is so no longer is left out, or all of it withdrawn (N-2).
pub(crate) fn begin(state: &State, id: NotificationId, now: UnixMillis) -> Result<Vec<EventBody>, Rejection> {
    let Some(open) = state.open_notification(id) else {
        return Err(Rejection::NotFound { what: "notification", names: Listed::one(id), hint: "it is over" });
    };
    if open.is_under_way() || open.next_at.is_some_and(|at| at > now) {
        return Err(Rejection::conflict("this notification is not to be sent now"));
    }
    let own = Own::of(state, now);
    let told: Vec<Told> = open.told.iter().filter_map(|told| still(state, open, told, &own)).collect();
    let within = open.within.clone();
    let is_void = if open.why.is_asked() { !asked::is_so(state, open) } else { told.is_empty() };
    if is_void {
        return Ok(vec![EventBody::NotificationWithdrawn {
            id,
            within,
            reason: withdrawal(state, open, &own),
        }]);
    }
    let attempt = u32::try_from(open.attempts.len()).unwrap_or(u32::MAX).saturating_add(1);
    Ok(vec![EventBody::NotificationBegun { id, within, attempt, told }])
}

/// Decides `FinishNotification`. What is known already makes no fact.
pub(crate) fn finish(
    state: &State,
    id: NotificationId,
    attempt: u32,
    outcome: &Outcome,
    now: UnixMillis,
) -> Vec<EventBody> {
    let open = state.open_notification(id).filter(|open| open.is_under_way());
    let Some(open) = open.filter(|open| open.attempts.len() == attempt as usize) else { return Vec::new() };
    let outcome = clipped(outcome);
    let may_again = match &outcome {
        Outcome::Delivered { .. } => false,
        Outcome::Failed { retry, .. } => *retry,
        Outcome::Unknown => true,
    };
    let after = match &outcome {
        Outcome::Failed { after: Some(after), .. } => after.duration().min(AFTER_MAX),
        _ => Duration::ZERO,
    };
    // Somebody waits for the answer of a test.
    let wait = WAITS_S.get(open.attempts.len() - 1).filter(|_| may_again && open.why != Why::Test);
    let next_at = wait.map(|seconds| now.plus(jittered(*seconds, id, attempt).max(after)));
    vec![EventBody::NotificationFinished { id, within: open.within.clone(), attempt, outcome, next_at }]
}

fn clipped(outcome: &Outcome) -> Outcome {
    let clip = |text: &str| text[..text.floor_char_boundary(TEXT_MAX)].to_owned();
    match outcome {
        Outcome::Delivered { answer } => Outcome::Delivered { answer: clip(answer) },
        Outcome::Failed { reason, retry, after } => {
            Outcome::Failed { reason: clip(reason), retry: *retry, after: *after }
        }
        Outcome::Unknown => Outcome::Unknown,
    }
}

/// Up to 40 % longer, so that what failed together is not tried again together. Without randomness: the same
/// notification waits the same time wherever it is decided.
fn jittered(seconds: u64, id: NotificationId, attempt: u32) -> Duration {
    let mixed = (id.0 ^ (u64::from(attempt) << 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    Duration::from_millis(seconds * 1_000 + seconds * 400 * (mixed % 1_001) / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_are_over_within_an_hour() {
        for id in 0..1_000 {
            let waits =
                WAITS_S.iter().zip(1..).map(|(wait, attempt)| jittered(*wait, NotificationId(id), attempt));
            assert!(waits.sum::<Duration>() < Duration::from_hours(1));
        }
    }
}
