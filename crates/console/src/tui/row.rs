//! A row of any list, and what it is recognised by.

use super::spark::sparkline;
use super::tab::{Shown, TREND, Tab};
use crate::cli::action::ACTIONS;
use crate::cli::list::Listed;
use crate::cli::problem::PROBLEMS;
use crate::output::{Cell, Style};
use topmast_api::action::Action;
use topmast_api::application::ApplicationRow;
use topmast_api::fleet_problem::ProblemRow;
use topmast_api::row::Row;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_api::task::TaskRow;
use topmast_model::id::ActionId;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::problem::ProblemId;

/// What stays the same of a row, wherever it stands and whatever it says.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) enum Key {
    /// A server, application or service.
    Object(ObjectPath),
    /// A task: its path has the level of a service's.
    Task(ObjectPath),
    /// An action.
    Action(ActionId),
    /// A problem.
    Problem(ProblemId),
}

impl Key {
    /// The path of an object.
    pub(super) fn path(&self) -> Option<&ObjectPath> {
        match self {
            Self::Object(path) | Self::Task(path) => Some(path),
            Self::Action(_) | Self::Problem(_) => None,
        }
    }

    /// As it is shown to people.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Object(path) | Self::Task(path) => path.to_string(),
            Self::Action(id) => format!("action {id}"),
            Self::Problem(id) => format!("problem {id}"),
        }
    }
}

/// One row.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum AnyRow {
    /// Of the servers.
    Server(Box<ServerRow>),
    /// Of the applications.
    Application(Box<ApplicationRow>),
    /// Of the services.
    Service(Box<ServiceRow>),
    /// Of the tasks.
    Task(Box<TaskRow>),
    /// Of the actions.
    Action(Box<Action>),
    /// Of the problems.
    Problem(Box<ProblemRow>),
}

impl AnyRow {
    /// What it is recognised by.
    pub(super) fn key(&self) -> Key {
        match self {
            Self::Server(row) => Key::Object(row.path.clone()),
            Self::Application(row) => Key::Object(row.path.clone()),
            Self::Service(row) => Key::Object(row.path.clone()),
            Self::Task(row) => Key::Task(row.path.clone()),
            Self::Action(action) => Key::Action(action.id),
            Self::Problem(problem) => Key::Problem(problem.id),
        }
    }

    /// What a column says of it.
    pub(super) fn cell(&self, column: &Shown, style: Style) -> Cell {
        fn of<R: Listed>(row: &R, position: usize, style: Style) -> Cell {
            R::COLUMNS.get(position).map_or_else(|| Cell::plain(""), |column| (column.cell)(row, style))
        }
        let position = column.position;
        match self {
            Self::Server(row) if column.field == TREND => Cell::plain(sparkline(&trend(row), Some(100.0))),
            Self::Server(row) => of(row.as_ref(), position, style),
            Self::Application(row) => of(row.as_ref(), position, style),
            Self::Service(row) => of(row.as_ref(), position, style),
            Self::Task(row) => of(row.as_ref(), position, style),
            Self::Action(action) => {
                ACTIONS.get(position).map_or_else(|| Cell::plain(""), |column| (column.cell)(action, style))
            }
            Self::Problem(problem) => {
                PROBLEMS.get(position).map_or_else(|| Cell::plain(""), |column| (column.cell)(problem, style))
            }
        }
    }

    /// The row as it is after nothing was heard for a while: late data grows older, and when the connection is
    /// lost, all of it.
    pub(super) fn aged(&self, silence_ms: u64, is_lost: bool) -> Self {
        fn of<R: Row>(row: &R, silence_ms: u64, is_lost: bool) -> R {
            let mut row = row.clone();
            if is_lost || row.is_stale() {
                row.set_age_ms(row.age_ms().map(|age| age.saturating_add(silence_ms)));
            }
            row
        }
        match self {
            Self::Server(row) => Self::Server(Box::new(of(row.as_ref(), silence_ms, is_lost))),
            Self::Application(row) => Self::Application(Box::new(of(row.as_ref(), silence_ms, is_lost))),
            Self::Service(row) => Self::Service(Box::new(of(row.as_ref(), silence_ms, is_lost))),
            Self::Task(row) => Self::Task(Box::new(of(row.as_ref(), silence_ms, is_lost))),
            Self::Action(_) | Self::Problem(_) => self.clone(),
        }
    }

    /// The application that is acted on for it.
    pub(super) fn application(&self) -> Option<ObjectPath> {
        match self {
            Self::Application(row) => Some(row.path.clone()),
            Self::Service(row) => row.path.ancestor(Level::Application),
            Self::Task(row) => row.path.ancestor(Level::Application),
            Self::Problem(problem) => problem.object.ancestor(Level::Application),
            Self::Server(_) | Self::Action(_) => None,
        }
    }

    /// Where one goes to from it: the tab and the object whose parts are listed there.
    pub(super) fn inside(&self) -> Option<(Tab, ObjectPath)> {
        match self {
            Self::Server(row) => Some((Tab::Applications, row.path.clone())),
            Self::Application(row) => Some((Tab::Services, row.path.clone())),
            Self::Problem(problem) => match problem.object.level() {
                Level::Server => Some((Tab::Applications, problem.object.clone())),
                Level::Application => Some((Tab::Services, problem.object.clone())),
                // Its application, where it stands among the others.
                Level::Service => problem.object.parent().map(|path| (Tab::Services, path)),
                Level::Tenant | Level::Cluster => None,
            },
            Self::Service(_) | Self::Task(_) | Self::Action(_) => None,
        }
    }
}

fn trend(row: &ServerRow) -> Vec<Option<f64>> {
    row.cpu_trend.iter().map(|share| share.map(f64::from)).collect()
}
