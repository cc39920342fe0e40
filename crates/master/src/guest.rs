//! Guests: what a host's readings tell of the systems inside it, on its way to the journal and to their own figures.
//!
//! ```text
//! Listing ─► ReportGuests ─► state (which there are, in what state)
//!        └─► one Intake a guest ─► live model, history
//! ```
//!
//! Invariants
//! - GS-1: a guest is as fresh as what its host last said of it; that it is listed no more is said as well.
//! - GS-2: a guest of a host that is not UP is not UP either.
//!
//! Elsewhere: which become servers and how they are called (`topmast_engine`); who reads (`ssh`, `neighbour`).

use crate::http::Context;
use crate::reading::{self, Intake};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use topmast_engine::{guest_cause, guests};
use topmast_model::cause::Cause;
use topmast_model::command::Command;
use topmast_model::guest::{Guest, GuestCondition, GuestKind};
use topmast_model::path::ObjectPath;
use topmast_model::status::ServerStatus;
use topmast_probe::guest::{GuestFigures, Listing, Told};
use topmast_probe::plan::GroupSink as _;

/// The one group of a guest's series.
const GROUP: &str = "guest";
/// Intervals after which what was said of a guest is old.
const STALE_AFTER: u32 = 3;
/// Intervals after which it says nothing any more.
const UNKNOWN_AFTER: u32 = 6;

/// The guests of one host.
#[derive(Default)]
pub(crate) struct Guests(BTreeMap<ObjectPath, Intake>);

impl Guests {
    /// Tells what a reading says of them.
    ///
    /// - `interval`: time between two tellings.
    ///
    /// # Errors
    /// Why they are not servers.
    pub(crate) async fn tell(
        &mut self,
        context: &Context,
        host: &ObjectPath,
        interval: Duration,
        listing: Listing,
    ) -> Result<(), String> {
        let command = Command::ReportGuests {
            host: host.clone(),
            interval_ms: u64::try_from(interval.as_millis()).unwrap_or(u64::MAX),
            complete: listing.complete.clone(),
            guests: listing.guests.iter().map(Told::report).collect(),
        };
        reading::submit(context, command).await?;
        let figures: BTreeMap<(GuestKind, &str), GuestFigures> =
            listing.guests.iter().map(|told| ((told.kind, told.name.as_str()), told.figures)).collect();
        let (mut all, mut told) = (BTreeSet::new(), Vec::new());
        {
            let state = context.bus.state();
            for (path, _, guest) in guests(&state, host) {
                all.insert(path.clone());
                // Of one that is listed no more it is known that it is not there (GS-1).
                let is_gone =
                    guest.condition == GuestCondition::Unlisted && listing.complete.contains(&guest.kind);
                let figures = figures.get(&(guest.kind, guest.name.as_str())).copied();
                let figures = figures.or_else(|| is_gone.then(GuestFigures::default));
                told.extend(figures.map(|figures| (path.clone(), figures)));
            }
        }
        self.0.retain(|path, _| all.contains(path));
        for (path, figures) in told {
            self.take(context, &path, interval, figures);
        }
        Ok(())
    }

    fn take(&mut self, context: &Context, path: &ObjectPath, interval: Duration, figures: GuestFigures) {
        let is_good = |intake: &Intake| intake.is_current(context, path) && !intake.frame.is_worn();
        if !self.0.get(path).is_some_and(is_good) {
            self.0.insert(path.clone(), Intake::new(context, path, interval));
        }
        let Some(intake) = self.0.get_mut(path) else { return };
        intake.frame.group(GROUP, &mut |sink| figures.emit(sink));
        match intake.take(context) {
            Ok(refusals) => intake.set_trouble(refusals.as_deref()),
            // It begins anew with the next telling.
            Err(_) => drop(self.0.remove(path)),
        }
    }
}

/// Why a guest is judged to be what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Why {
    /// Its host says so.
    Said,
    /// Its host is not UP.
    Host(ServerStatus),
    /// Its host says nothing of it.
    Silence(Duration),
}

impl Why {
    /// In words.
    pub(crate) fn cause(self, guest: &Guest) -> Cause {
        let name = guest.host.name();
        let message = match self {
            Self::Said => return guest_cause(guest),
            Self::Host(status) => format!("{name} is {status}"),
            Self::Silence(span) => format!("{name} has said nothing of it for {:.0} s", span.as_secs_f64()),
        };
        Cause::Connection { message }
    }
}

/// What a guest is, by its host and by the age of what that said.
///
/// - `now`: what the guest is in the state, and the time between two tellings.
/// - `age`: of what its host said; `None` when this master heard nothing yet.
/// - `silence`: that age, or the time since this master began.
pub(crate) fn judge(
    guest: &Guest,
    host: ServerStatus,
    (now, interval): (ServerStatus, Duration),
    age: Option<Duration>,
    silence: Duration,
) -> (ServerStatus, Why) {
    let said = guest.condition.status();
    // Stale is never healthy; what was DOWN is so still, as far as anybody knows.
    let stale = |why| match said {
        ServerStatus::Up => (ServerStatus::Stale, why),
        other => (other, Why::Said),
    };
    match (host, age) {
        // GS-2
        (ServerStatus::Down | ServerStatus::Unknown, _) => (ServerStatus::Unknown, Why::Host(host)),
        _ if silence >= interval * UNKNOWN_AFTER => (ServerStatus::Unknown, Why::Silence(silence)),
        (ServerStatus::Stale, _) => stale(Why::Host(host)),
        // A restarted master keeps what was so until it is told.
        (ServerStatus::Up, None) => (now, Why::Said),
        (ServerStatus::Up, Some(age)) if age >= interval * STALE_AFTER => stale(Why::Silence(age)),
        (ServerStatus::Up, Some(_)) => (said, Why::Said),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    fn check(
        condition: GuestCondition,
        host: ServerStatus,
        age_min: Option<u32>,
        expect: (ServerStatus, &str),
    ) {
        let guest = Guest {
            host: "acme/main/sol1".parse().unwrap(),
            kind: GuestKind::Zone,
            name: "shop".into(),
            condition,
        };
        let age = age_min.map(|minutes| minutes * MINUTE);
        let silence = age.unwrap_or(MINUTE);
        let (status, why) = judge(&guest, host, (ServerStatus::Unknown, MINUTE), age, silence);
        assert_eq!((status, why.cause(&guest).to_string().as_str()), expect, "{guest:?} {host} {age_min:?}");
    }

    #[test]
    fn guest_is_never_better_than_its_host() {
        // GS-2
        let runs = || GuestCondition::Runs("running".into());
        let stopped = || GuestCondition::Stopped("installed".into());
        let (up, is_down) = (ServerStatus::Up, (ServerStatus::Unknown, "sol1 is DOWN"));
        check(runs(), up, Some(1), (up, "running, as sol1 says"));
        check(runs(), ServerStatus::Stale, Some(1), (ServerStatus::Stale, "sol1 is STALE"));
        check(runs(), ServerStatus::Down, Some(1), is_down);
        check(stopped(), up, Some(1), (ServerStatus::Down, "installed, as sol1 says"));
        check(stopped(), ServerStatus::Stale, Some(1), (ServerStatus::Down, "installed, as sol1 says"));
        check(stopped(), ServerStatus::Down, Some(1), is_down);
    }

    #[test]
    fn what_was_said_long_ago_says_nothing() {
        // GS-1
        let runs = || GuestCondition::Runs("running".into());
        let up = ServerStatus::Up;
        check(runs(), up, Some(3), (ServerStatus::Stale, "sol1 has said nothing of it for 180 s"));
        check(runs(), up, Some(6), (ServerStatus::Unknown, "sol1 has said nothing of it for 360 s"));
        let unlisted = GuestCondition::Unlisted;
        check(unlisted.clone(), up, Some(5), (ServerStatus::Down, "no longer listed by sol1"));
        check(unlisted, up, Some(6), (ServerStatus::Unknown, "sol1 has said nothing of it for 360 s"));
        check(runs(), up, None, (ServerStatus::Unknown, "running, as sol1 says"));
    }
}
