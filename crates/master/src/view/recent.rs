//! Where the last events can have changed rows: what was selected before them is then brought up to date there,
//! instead of being made anew from all objects.
//!
//! An event that is not known here to be about one place counts as being about everything.

use std::collections::{BTreeSet, VecDeque};
use topmast_model::event::{Event, EventBody};
use topmast_model::id::Seq;
use topmast_model::path::{Level, ObjectPath};

/// Events remembered: who looks more seldom looks through everything.
const EVENTS_MAX: usize = 4_096;
/// Targets of one action that are looked at one by one.
const TARGETS_MAX: usize = 64;
/// Places that are looked at one by one: beyond, it is as cheap to look through everything.
const PLACES_MAX: usize = 256;

/// Where an event can change the settled fields of rows, and which rows there are: at a path or inside it.
///
/// Fields that say something of other objects as well (`View::AFAR`) can change anywhere.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Touched<'a> {
    Nothing,
    Within(&'a ObjectPath),
    /// Within each of these.
    Each(&'a [ObjectPath]),
    Everything,
}

impl<'a> Touched<'a> {
    /// What an event touches.
    pub(crate) fn by(body: &'a EventBody) -> Self {
        match body {
            EventBody::ActionAccepted { targets, .. } if targets.len() <= TARGETS_MAX => Self::Each(targets),
            EventBody::ActionGoverned { .. }
            | EventBody::BatchReleased { .. }
            | EventBody::ActionCompleted { .. }
            | EventBody::UsageNoted { .. }
            | EventBody::LogsRead { .. }
            | EventBody::TerminalOpened { .. }
            | EventBody::TerminalClosed { .. }
            | EventBody::NotificationDue { .. }
            | EventBody::NotificationBegun { .. }
            | EventBody::NotificationFinished { .. }
            | EventBody::NotificationAsked { .. }
            | EventBody::NotificationWithdrawn { .. }
            | EventBody::NotificationSpared { .. }
            | EventBody::RecoveryUntold { .. }
            | EventBody::AwsAlarmStateChanged { .. }
            | EventBody::AwsAlarmHoldChanged { .. }
            | EventBody::AwsAlarmActed { .. }
            | EventBody::PermitAsked { .. }
            | EventBody::PermitGoverned { .. }
            | EventBody::SessionOpened { .. }
            | EventBody::SessionClosed { .. }
            | EventBody::LoginFailed { .. }
            | EventBody::RequestPassedOn { .. }
            | EventBody::RequestAnswered { .. } => Self::Nothing,
            EventBody::StepStarted { target: path, .. }
            | EventBody::StepFinished { target: path, .. }
            | EventBody::StepExpired { target: path, .. }
            | EventBody::ServerRegistered { server: path, .. }
            | EventBody::ServerStatusChanged { server: path, .. }
            | EventBody::ServerRemoved { server: path }
            | EventBody::ReportsReceived { server: path, .. }
            | EventBody::ApplicationChanged { application: path, .. }
            | EventBody::ApplicationRemoved { application: path }
            | EventBody::ServiceChanged { service: path, .. }
            | EventBody::ServiceRemoved { service: path }
            | EventBody::TaskChanged { task: path, .. }
            | EventBody::TaskRemoved { task: path }
            | EventBody::TaskOrdered { task: path, .. }
            | EventBody::UnitFileRefused { server: path, .. }
            | EventBody::UnitFileAccepted { server: path, .. }
            | EventBody::ReadingFailed { server: path, .. }
            | EventBody::ReadingRecovered { server: path }
            | EventBody::ProblemConditionChanged { object: path, .. }
            | EventBody::ProblemSeverityChanged { object: path, .. }
            | EventBody::ProblemFlappingChanged { object: path, .. }
            | EventBody::ProblemGrouped { object: path, .. }
            | EventBody::ProblemSuppressed { object: path, .. }
            | EventBody::NoticeDecided { object: path, .. }
            | EventBody::ProblemClosed { object: path, .. }
            | EventBody::ProblemAcknowledged { object: path, .. }
            | EventBody::ProblemUnacknowledged { object: path, .. }
            | EventBody::ProblemCommented { object: path, .. } => Self::Within(path),
            EventBody::ProblemOpened { problem, .. } => Self::Within(&problem.key.object),
            _ => Self::Everything,
        }
    }

    /// True when one of the places may be of interest.
    pub(crate) fn any(self, mut may: impl FnMut(&ObjectPath) -> bool) -> bool {
        match self {
            Self::Nothing => false,
            Self::Within(path) => may(path),
            Self::Each(paths) => paths.iter().any(may),
            Self::Everything => true,
        }
    }
}

/// What the last events touched.
#[derive(Debug)]
pub(crate) struct Recent {
    /// The last event before those remembered.
    before: Seq,
    /// With each its places, and `None` for everything.
    events: VecDeque<(Seq, Option<Vec<ObjectPath>>)>,
}

impl Recent {
    /// Nothing since an event.
    pub(crate) fn since(seq: Seq) -> Self {
        Self { before: seq, events: VecDeque::new() }
    }

    /// Remembers an event, which comes after all that are remembered.
    pub(crate) fn note(&mut self, event: &Event) {
        let places = match Touched::by(&event.body) {
            Touched::Nothing => Some(Vec::new()),
            Touched::Within(path) => Some(vec![place_of(path)]),
            Touched::Each(paths) => Some(paths.iter().map(place_of).collect()),
            Touched::Everything => None,
        };
        if self.events.len() >= EVENTS_MAX {
            self.before = self.events.pop_front().map_or(self.before, |(seq, _)| seq);
        }
        self.events.push_back((event.seq, places));
    }

    /// The places that the events after one touched, none inside another, of those that are of interest; `None` when
    /// that is everything, or not remembered.
    pub(super) fn touched_after(
        &self,
        seq: Seq,
        may: impl Fn(&ObjectPath) -> bool,
    ) -> Option<Vec<ObjectPath>> {
        if seq < self.before {
            return None;
        }
        let first = self.events.partition_point(|(event, _)| *event <= seq);
        let mut places = BTreeSet::new();
        for (_, touched) in self.events.range(first..) {
            places.extend(touched.as_ref()?.iter().filter(|place| may(place)).cloned());
            if places.len() > PLACES_MAX {
                return None;
            }
        }
        let is_outermost = |place: &ObjectPath| {
            let mut around =
                [Level::Tenant, Level::Cluster].into_iter().filter_map(|level| place.ancestor(level));
            !around.any(|around| around != *place && places.contains(&around))
        };
        Some(places.iter().filter(|place| is_outermost(place)).cloned().collect())
    }
}

/// The server that a path is on, for rows of servers tell of what is inside them; or the path itself above servers.
fn place_of(path: &ObjectPath) -> ObjectPath {
    path.ancestor(Level::Server).unwrap_or_else(|| path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_model::principal::Actor;
    use topmast_model::time::UnixMillis;

    fn note(recent: &mut Recent, seq: u64, body: EventBody) {
        let (tenant, actor) = ("acme".into(), Actor::master());
        recent.note(&Event { seq: Seq(seq), time: UnixMillis(0), tenant, actor, action: None, body });
    }

    fn removed(path: &str) -> EventBody {
        EventBody::ServiceRemoved { service: path.parse().unwrap() }
    }

    fn after(recent: &Recent, seq: u64) -> Option<Vec<String>> {
        Some(recent.touched_after(Seq(seq), |_| true)?.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn places_are_those_of_the_events_after_one() {
        let mut recent = Recent::since(Seq(5));
        assert_eq!(after(&recent, 4), None, "before what is remembered");
        assert_eq!(after(&recent, 5), Some(vec![]));
        note(&mut recent, 6, removed("acme/main/db/switch/HSM"));
        note(&mut recent, 7, removed("acme/main/web/shop/pay"));
        assert_eq!(after(&recent, 5), Some(vec!["acme/main/db".into(), "acme/main/web".into()]));
        assert_eq!(after(&recent, 6), Some(vec!["acme/main/web".into()]));
        assert_eq!(after(&recent, 7), Some(vec![]));
        note(&mut recent, 8, EventBody::MasterHandedOver { to: "m2".into() });
        assert_eq!(after(&recent, 6), None, "it may touch everything");
        assert_eq!(after(&recent, 8), Some(vec![]));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut recent = Recent::since(Seq(0));
        for seq in 1..=EVENTS_MAX as u64 + 2 {
            note(&mut recent, seq, removed(&format!("acme/main/db{}/switch/HSM", seq % 3)));
        }
        assert_eq!(recent.events.len(), EVENTS_MAX);
        assert_eq!((after(&recent, 1), after(&recent, 2).map(|places| places.len())), (None, Some(3)));
        for seq in 0..=PLACES_MAX as u64 {
            note(&mut recent, 10_000 + seq, removed(&format!("acme/main/server-{seq}/switch/HSM")));
        }
        assert_eq!(after(&recent, 9_999), None);
        assert_eq!(after(&recent, 10_000).map(|places| places.len()), Some(PLACES_MAX));
        let one = recent.touched_after(Seq(9_999), |place| place.name() == "server-7").unwrap();
        assert_eq!(one, ["acme/main/server-7".parse().unwrap()], "what is of no interest is no reason");
    }
}
