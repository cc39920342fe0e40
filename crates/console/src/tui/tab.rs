//! The tabs: what each lists, which of its columns are shown first, and how it is sorted at the beginning.
//!
//! Invariants
//! - B-1: columns, their texts and their tones are those of the command line; here stands only how wide they are
//!   and which of them give way first.
//! - B-2: the worst comes first until somebody chooses otherwise.
//! - B-3: recent figures are a column as well, the only one that the command line does not have.

use crate::cli::action::ACTIONS;
use crate::cli::list::Listed;
use crate::cli::problem;
use topmast_api::application::ApplicationRow;
use topmast_api::server::ServerRow;
use topmast_api::service::ServiceRow;
use topmast_api::task::TaskRow;
use topmast_model::filter::{FieldDef, FieldKind, fields};

/// One tab.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, clap::ValueEnum)]
pub(crate) enum Tab {
    /// Servers.
    Servers,
    /// Applications.
    #[value(alias = "apps")]
    Applications,
    /// Services.
    Services,
    /// Tasks.
    Tasks,
    /// Actions.
    Actions,
    /// What rules see, and what people do about it.
    Problems,
}

/// The field of the recent figures (B-3).
pub(super) const TREND: &str = "cpu_trend";

/// A column as this terminal shows it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// The field's name in the API, by which it is sorted.
    pub(super) field: &'static str,
    /// Title.
    pub(super) title: &'static str,
    /// Numbers stand to the right.
    pub(super) right: bool,
    /// It is left out rather than made narrower than this.
    pub(super) least: u16,
    /// It is never wider than this.
    pub(super) most: u16,
    /// The lower, the longer it stays when the terminal is narrow.
    pub(super) rank: u8,
    /// Where it stands among the columns of the command line.
    pub(super) position: usize,
}

/// Wider than any terminal: the column takes what the others leave.
pub(super) const REST: u16 = u16::MAX;

/// Positions are looked up while compiling, so that a column that is renamed there is missed here. What is sorted by
/// has the name of the list's field; `from` says of which column it is where the row has it elsewhere.
macro_rules! shown {
    ($columns:expr; $($field:literal $(from $column:literal)? $title:literal $side:ident $least:literal..$most:expr, $rank:literal;)*) => {
        &[$(Shown {
            field: $field,
            title: $title,
            right: shown!(@right $side),
            least: $least,
            most: $most,
            rank: $rank,
            position: {
                let column = shown!(@column $field $($column)?);
                let mut position = 0;
                while position < $columns.len()
                    && !is_same($columns[position].field.as_bytes(), column.as_bytes())
                {
                    position += 1;
                }
                assert!(position < $columns.len() || is_same($field.as_bytes(), TREND.as_bytes()));
                position
            },
        }),*]
    };
    (@column $field:literal) => { $field };
    (@column $field:literal $column:literal) => { $column };
    (@right right) => { true };
    (@right left) => { false };
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    match (left, right) {
        ([], []) => true,
        ([a, left @ ..], [b, right @ ..]) => *a == *b && is_same(left, right),
        _ => false,
    }
}

const SERVERS: &[Shown] = shown! { ServerRow::COLUMNS;
    "name" "NAME" left 8..28, 0;
    "status" "STATUS" left 7..9, 1;
    "health" "HEALTH" left 8..8, 2;
    "cpu_pct" "CPU" right 6..6, 3;
    "cpu_trend" "CPU 5 MIN" right 10..30, 8;
    "memory_pct" "MEMORY" right 6..6, 4;
    "disk_pct" "DISK" right 6..6, 8;
    "load1" "LOAD" right 6..7, 9;
    "applications_started" "APPS" right 5..9, 6;
    "services_bad" "BAD" right 3..5, 5;
    "age_ms" "AGE" right 4..6, 10;
    "uptime_s" "UPTIME" right 7..7, 11;
    "network_rx_bytes_per_s" "RECV/S" right 7..8, 15;
    "network_tx_bytes_per_s" "SEND/S" right 7..8, 16;
    "address" "ADDRESS" left 15..24, 13;
    "os" "OS" left 20..32, 14;
    "version" "VERSION" left 7..12, 17;
    "cause" "CAUSE" left 14..REST, 7;
    "path" "PATH" left 30..48, 18;
};

const APPLICATIONS: &[Shown] = shown! { ApplicationRow::COLUMNS;
    "name" "NAME" left 8..28, 0;
    "server" "SERVER" left 8..24, 2;
    "status" "STATUS" left 11..22, 1;
    "tps" "TPS" right 7..8, 4;
    "error_pct" "ERR%" right 6..6, 5;
    "cpu_pct" "CPU" right 6..7, 6;
    "memory_bytes" "MEMORY" right 8..8, 7;
    "restarts_1h" "RESTARTS 1H" right 11..11, 9;
    "instances_started" "INSTANCES" right 9..9, 12;
    "since" "SINCE" right 7..7, 8;
    "version" "VERSION" left 7..14, 10;
    "pid" "PID" right 7..8, 13;
    "http_port" "PORT" right 5..5, 15;
    "last_action" "LAST ACTION" left 20..48, 11;
    "cause" "CAUSE" left 14..REST, 3;
    "path" "PATH" left 30..48, 14;
};

const SERVICES: &[Shown] = shown! { ServiceRow::COLUMNS;
    "name" "SERVICE" left 8..24, 0;
    "application" "APPLICATION" left 8..24, 3;
    "server" "SERVER" left 6..20, 4;
    "status" "STATUS" left 11..22, 1;
    "codes" "CODES" left 9..24, 2;
    "tps" "TPS" right 7..9, 5;
    "error_pct" "ERR%" right 6..6, 6;
    "latency_p95_ms" "P95" right 6..7, 7;
    "latency_p50_ms" "P50" right 6..7, 11;
    "transactions_total" "TOTAL" right 9..14, 10;
    "errors_total" "ERRORS" right 7..10, 12;
    "since" "SINCE" right 7..7, 8;
    "message" "MESSAGE" left 14..REST, 9;
    "path" "PATH" left 30..56, 13;
};

const TASKS: &[Shown] = shown! { TaskRow::COLUMNS;
    "name" "TASK" left 8..24, 0;
    "application" "APPLICATION" left 8..24, 3;
    "server" "SERVER" left 6..20, 4;
    "status" "STATUS" left 8..18, 1;
    "late_s" "LATE BY" right 7..7, 5;
    "last_started" "STARTED" right 7..7, 7;
    "last_finished" "FINISHED" right 8..8, 6;
    "duration_ms" "TOOK" right 7..7, 8;
    "next_due" "NEXT" right 9..10, 9;
    "schedule" "SCHEDULE" left 10..24, 10;
    "message" "MESSAGE" left 12..REST, 2;
};

const ACTION: &[Shown] = shown! { ACTIONS;
    "created_at" "AGE" right 5..7, 2;
    "operation" "OPERATION" left 9..9, 0;
    "status" "STATUS" left 9..9, 1;
    "counts" "DONE" right 5..9, 4;
    "targets" "TARGETS" left 14..48, 3;
    "principal" "BY" left 8..24, 5;
    "reason" "REASON" left 10..REST, 6;
    "id" "ID" left 36..36, 7;
};

const PROBLEMS: &[Shown] = shown! { problem::PROBLEMS;
    "severity" "SEVERITY" left 8..8, 0;
    "status" "STATUS" left 6..6, 5;
    "since" "SINCE" right 5..7, 3;
    "path" from "object" "OBJECT" left 16..48, 2;
    "message" "MESSAGE" left 16..REST, 1;
    "symptoms" "EXPLAINS" right 8..8, 7;
    "suppressed" "SILENT" left 12..12, 6;
    "owner" from "acknowledgement.owner.name" "OWNER" left 6..16, 4;
    "rule" "RULE" left 12..28, 8;
    "id" "ID" right 5..8, 9;
};

impl Tab {
    /// Every tab, in the order shown.
    pub(super) const ALL: [Self; 6] =
        [Self::Servers, Self::Applications, Self::Services, Self::Tasks, Self::Actions, Self::Problems];

    /// Its place in the order shown.
    pub(super) const fn index(self) -> usize {
        self as usize
    }

    /// The word on it.
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Servers => "Servers",
            Self::Applications => "Applications",
            Self::Services => "Services",
            Self::Tasks => "Tasks",
            Self::Actions => "Actions",
            Self::Problems => "Problems",
        }
    }

    /// One of what it lists, or several.
    pub(super) const fn noun(self, count: u64) -> &'static str {
        match (self, count) {
            (Self::Servers, 1) => "server",
            (Self::Servers, _) => "servers",
            (Self::Applications, 1) => "application",
            (Self::Applications, _) => "applications",
            (Self::Services, 1) => "service",
            (Self::Services, _) => "services",
            (Self::Tasks, 1) => "task",
            (Self::Tasks, _) => "tasks",
            (Self::Actions, 1) => "action",
            (Self::Actions, _) => "actions",
            (Self::Problems, 1) => "problem",
            (Self::Problems, _) => "problems",
        }
    }

    /// Its columns, in the order shown.
    pub(super) const fn columns(self) -> &'static [Shown] {
        match self {
            Self::Servers => SERVERS,
            Self::Applications => APPLICATIONS,
            Self::Services => SERVICES,
            Self::Tasks => TASKS,
            Self::Actions => ACTION,
            Self::Problems => PROBLEMS,
        }
    }

    /// What a filter can name.
    pub(crate) const fn fields(self) -> &'static [FieldDef] {
        match self {
            Self::Servers => fields::SERVERS,
            Self::Applications => fields::APPLICATIONS,
            Self::Services => fields::SERVICES,
            Self::Tasks => fields::TASKS,
            Self::Actions => fields::ACTIONS,
            Self::Problems => fields::PROBLEMS,
        }
    }

    /// The field by whose words its rows are counted.
    pub(super) const fn counted(self) -> &'static str {
        match self {
            Self::Problems => "severity",
            _ => "status",
        }
    }

    /// The words that its rows are counted by, from good to bad or in the order of things.
    pub(super) fn statuses(self) -> &'static [&'static str] {
        let kind = self.fields().iter().find(|field| field.name == self.counted()).map(|field| field.kind);
        if let Some(FieldKind::Status(words)) = kind { words } else { &[] }
    }

    /// In which order its rows are, when nobody can choose another; `None` when one can.
    pub(super) const fn order(self) -> Option<&'static str> {
        match self {
            Self::Actions => Some("the newest first"),
            _ => None,
        }
    }

    /// The tab with this word on it; the beginning of the word is enough.
    pub(super) fn named(text: &str) -> Option<Self> {
        let text = text.to_lowercase();
        let text = if text == "apps" { "applications" } else { &text };
        Self::ALL.into_iter().find(|tab| text.len() > 1 && tab.title().to_lowercase().starts_with(text))
    }
}

/// What a list is sorted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Sort {
    /// The field's name.
    pub(super) field: &'static str,
    /// Largest, or worst, first.
    pub(super) descending: bool,
}

impl Sort {
    /// The worst first (B-2); actions are the newest first, always.
    pub(super) const fn usual(tab: Tab) -> Self {
        match tab {
            Tab::Actions => Self { field: "created_at", descending: true },
            Tab::Problems => Self { field: "severity", descending: true },
            _ => Self { field: "health", descending: true },
        }
    }

    /// As the API takes it: equals are in the order of their names, of problems the newest first.
    pub(super) fn to_query(&self, tab: Tab) -> String {
        let sign = if self.descending { "-" } else { "" };
        let then = match tab {
            // Equals are the newest first.
            Tab::Problems => "-since,-id",
            _ if self.field == "name" => "path",
            _ => "name,path",
        };
        format!("{sign}{},{then}", self.field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tabs_are_found_by_their_beginning() {
        assert_eq!(Tab::named("serve"), Some(Tab::Servers));
        assert_eq!(Tab::named("apps"), Some(Tab::Applications));
        assert_eq!(Tab::named("s"), None);
        assert_eq!(Tab::named("weather"), None);
    }

    #[test]
    fn every_column_can_be_sorted_by() {
        for tab in Tab::ALL.into_iter().filter(|tab| tab.order().is_none()) {
            for column in tab.columns().iter().filter(|column| column.field != TREND) {
                assert!(tab.fields().iter().any(|field| field.name == column.field), "{}", column.field);
                assert!(column.least <= column.most, "{}", column.field);
            }
        }
    }
}
