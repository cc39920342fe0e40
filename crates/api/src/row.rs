//! Rows: what lists and watches are made of.
//!
//! Invariants
//! - an unknown number is `null`, never 0.
//! - a row carries the age of its data (`age_ms`) and whether that is late (`stale`).

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;
use topmast_model::path::ObjectPath;
use utoipa::ToSchema;

/// The kinds of object that are listed and watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Servers.
    Servers,
    /// Applications.
    Applications,
    /// Services.
    Services,
    /// Tasks.
    Tasks,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[Self::Servers, Self::Applications, Self::Services, Self::Tasks];

    /// The word used in addresses.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Servers => "servers",
            Self::Applications => "applications",
            Self::Services => "services",
            Self::Tasks => "tasks",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A row of a list.
pub trait Row: Clone + PartialEq + Serialize + DeserializeOwned + Send + Sync + 'static {
    /// What it is a row of.
    const KIND: Kind;

    /// Its object.
    fn path(&self) -> &ObjectPath;

    /// The age of its data.
    fn age_ms(&self) -> Option<u64>;

    /// Whether its data is late.
    fn is_stale(&self) -> bool;

    /// Sets the age of its data.
    fn set_age_ms(&mut self, age_ms: Option<u64>);

    /// True when it differs from another by its age at most.
    fn equals_but_for_age(mut self, other: &Self) -> bool {
        self.set_age_ms(other.age_ms());
        self == *other
    }
}

/// A row that several have: what keeps many lists of the same rows need not copy them, and sees at once which of them
/// are the same still.
impl<R: Row> Row for Arc<R> {
    const KIND: Kind = R::KIND;

    fn path(&self) -> &ObjectPath {
        R::path(self)
    }

    fn age_ms(&self) -> Option<u64> {
        R::age_ms(self)
    }

    fn is_stale(&self) -> bool {
        R::is_stale(self)
    }

    fn set_age_ms(&mut self, age_ms: Option<u64>) {
        Self::make_mut(self).set_age_ms(age_ms);
    }

    fn equals_but_for_age(self, other: &Self) -> bool {
        Self::ptr_eq(&self, other) || Self::unwrap_or_clone(self).equals_but_for_age(other)
    }
}

/// The latest value of one series.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct LatestSample {
    /// In the Prometheus text form: `host_load_1` or `name{label="value"}`.
    pub series: String,
    /// In the metric's base unit; null when it is not a number.
    pub value: Option<f64>,
    /// When it was read.
    pub time: crate::time::Timestamp,
}

/// Writes [`Row`] for a struct with the fields `path`, `age_ms` and `stale`.
macro_rules! row {
    ($name:ident, $kind:ident) => {
        impl $crate::row::Row for $name {
            const KIND: $crate::row::Kind = $crate::row::Kind::$kind;

            fn path(&self) -> &topmast_model::path::ObjectPath {
                &self.path
            }

            fn age_ms(&self) -> Option<u64> {
                self.age_ms
            }

            fn is_stale(&self) -> bool {
                self.stale
            }

            fn set_age_ms(&mut self, age_ms: Option<u64>) {
                self.age_ms = age_ms;
            }
        }
    };
}
pub(crate) use row;
