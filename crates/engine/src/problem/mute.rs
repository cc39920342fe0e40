//! Mutes: nobody is told of problems on an object and inside it, until a time.

use crate::{Listed, Rejection, State};
use topmast_model::event::EventBody;
use topmast_model::problem::{COMMENT_MAX, MUTE_MS_MAX, Mute};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Most mutes at a time.
pub const MUTES_MAX: usize = 10_000;

/// Decides `MuteObject`.
pub(crate) fn mute(
    state: &State,
    id: Uuid,
    mute: &Mute,
    now: UnixMillis,
) -> Result<Vec<EventBody>, Rejection> {
    let lasts = now.until(mute.until).as_millis();
    if lasts == 0 || lasts > u128::from(MUTE_MS_MAX) {
        let message =
            "give a time from now to 400 days ahead; what is never to be told is better said by its rule";
        return Err(Rejection::invalid("until", message));
    }
    if mute.comment.as_ref().is_some_and(|comment| comment.len() > COMMENT_MAX) {
        return Err(Rejection::invalid("comment", format!("is longer than {COMMENT_MAX} bytes; shorten it")));
    }
    if let Some(rule) = mute.rule.as_ref().filter(|rule| state.rule(rule).is_none()) {
        return Err(Rejection::NotFound {
            what: "rule",
            names: Listed::one(rule),
            hint: "check the spelling",
        });
    }
    match state.problems.mutes.get(&id) {
        Some(kept) if kept == mute => return Ok(Vec::new()),
        // What one tenant muted is not moved to another by its id.
        Some(kept) if kept.object != mute.object => {
            return Err(Rejection::conflict("this mute is of another object; make a new one"));
        }
        None if state.problems.mutes.len() >= MUTES_MAX => {
            return Err(Rejection::limit(format!("there are {MUTES_MAX} mutes already; end some first")));
        }
        _ => {}
    }
    Ok(vec![EventBody::ObjectMuted { id, mute: mute.clone() }])
}

/// Decides `UnmuteObject`. A mute that is over is no error: it was to end.
pub(crate) fn unmute(state: &State, id: Uuid) -> Vec<EventBody> {
    let ended = |mute: &Mute| EventBody::MuteEnded { id, object: mute.object.clone(), expired: false };
    state.problems.mutes.get(&id).map(ended).into_iter().collect()
}
