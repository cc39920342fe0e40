//! What a master was told last of each object, kept when it is acknowledged: all of it is told again to a master
//! whose journal went back.

use super::index::Place;
use std::collections::BTreeMap;
use topmast_model::configuration::Held;
use topmast_model::id::StepId;
use topmast_model::report::Report;

/// Most objects that are remembered as gone; beyond, those that went first are forgotten.
const GONE_MAX: usize = 10_000;
/// About the length of the line that says that an object is gone.
const GONE_LENGTH: u64 = 120;

/// What a report is about. Ascending as a master has to hear of them: an application before what is in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Object {
    Application(String),
    /// Of an application, as the next two.
    Service(String, String),
    Task(String, String),
    Configuration(String, String),
    UnitFile(String),
    Step(StepId),
}

impl Object {
    pub(super) fn of(report: &Report) -> Option<Self> {
        Some(match report {
            Report::Application { name, .. } | Report::ApplicationGone { name } => {
                Self::Application(name.clone())
            }
            Report::Service { application, name, .. } | Report::ServiceGone { application, name } => {
                Self::Service(application.clone(), name.clone())
            }
            Report::Task { application, name, .. } | Report::TaskGone { application, name } => {
                Self::Task(application.clone(), name.clone())
            }
            Report::Configuration { application, name, .. } => {
                Self::Configuration(application.clone(), name.clone())
            }
            Report::UnitFile { file, .. } => Self::UnitFile(file.clone()),
            Report::StepStarted { step }
            | Report::StepFinished { step, .. }
            | Report::StepLost { step, .. } => Self::Step(*step),
            _ => return None,
        })
    }

    /// The object whose state a report tells; `None` for what must be kept whole.
    pub(super) fn with_state(report: &Report) -> Option<Self> {
        Self::of(report).filter(|object| !matches!(object, Self::Step(_)))
    }

    /// The application that it is in.
    fn application(&self) -> Option<&str> {
        match self {
            Self::Service(application, _)
            | Self::Task(application, _)
            | Self::Configuration(application, _) => Some(application),
            Self::Application(_) | Self::UnitFile(_) | Self::Step(_) => None,
        }
    }

    /// The report that it is not there any more; a step never goes.
    fn gone(&self) -> Option<Report> {
        Some(match self.clone() {
            Self::Application(name) => Report::ApplicationGone { name },
            Self::Service(application, name) => Report::ServiceGone { application, name },
            Self::Task(application, name) => Report::TaskGone { application, name },
            Self::Configuration(application, name) => {
                let held = Held { revision: 0, files: Vec::new() };
                Report::Configuration { application, name, held }
            }
            Self::UnitFile(file) => Report::UnitFile { file, problem: None },
            Self::Step(_) => return None,
        })
    }
}

/// The last report of an object.
#[derive(Debug)]
pub(super) enum Last {
    /// It is this line.
    At(Place),
    /// That the object is gone, which needs no line.
    Gone(Report),
}

#[derive(Debug)]
struct Newest {
    number: u64,
    /// `None` when the object is gone.
    place: Option<Place>,
}

/// The last report of each object.
#[derive(Debug, Default)]
pub(super) struct Told(BTreeMap<Object, Newest>);

impl Told {
    /// Takes the next report in.
    pub(super) fn take(&mut self, number: u64, report: &Report, place: Place) {
        let Some(object) = Object::of(report) else { return };
        if let Report::ApplicationGone { name } = report {
            let within = self.0.iter_mut().filter(|(object, _)| object.application() == Some(name.as_str()));
            within.for_each(|(_, newest)| newest.place = None);
        }
        let ends = object.gone().as_ref() == Some(report);
        self.0.insert(object, Newest { number, place: (!ends).then_some(place) });
    }

    /// The last report of every object, as a master has to hear them: nothing of what is in an application that is gone.
    pub(super) fn all(&self) -> impl Iterator<Item = Last> {
        let is_gone = |application: &str| {
            let newest = self.0.get(&Object::Application(application.to_owned()));
            newest.is_some_and(|newest| newest.place.is_none())
        };
        let heard = self.0.iter().filter(move |(object, _)| !object.application().is_some_and(is_gone));
        heard.filter_map(|(object, newest)| last(object, newest))
    }

    /// What was told last up to a number, ascending by number.
    pub(super) fn up_to(&self, number: u64) -> Vec<(u64, Last)> {
        let earlier = self.0.iter().filter(|(_, newest)| newest.number <= number);
        let mut lines: Vec<_> =
            earlier.filter_map(|(object, newest)| Some((newest.number, last(object, newest)?))).collect();
        lines.sort_unstable_by_key(|(number, _)| *number);
        lines
    }

    /// Forgets the steps that are not known any more, and what went first of too much that is gone.
    pub(super) fn prune(&mut self, knows: impl Fn(StepId) -> bool) {
        self.0.retain(|object, _| !matches!(object, Object::Step(step) if !knows(*step)));
        let gone = self.0.values().filter(|newest| newest.place.is_none());
        let mut gone: Vec<u64> = gone.map(|newest| newest.number).collect();
        if gone.len() > GONE_MAX {
            gone.sort_unstable();
            let oldest = gone[gone.len() - GONE_MAX];
            self.0.retain(|_, newest| newest.place.is_some() || newest.number >= oldest);
        }
    }

    /// About how many bytes of the file it takes.
    pub(super) fn length(&self) -> u64 {
        self.0.values().map(|newest| newest.place.map_or(GONE_LENGTH, |place| place.length.into())).sum()
    }
}

fn last(object: &Object, newest: &Newest) -> Option<Last> {
    match newest.place {
        Some(place) => Some(Last::At(place)),
        None => object.gone().map(Last::Gone),
    }
}
