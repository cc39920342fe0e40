//! Faults: what an operator (or a test) breaks on purpose.
//!
//! A request is read once, checked against the bounds here, and becomes either a
//! [`Fault`] that the simulation obeys until it ends, or an [`Order`] that ends the process.
//!
//! Invariants
//! - At most one malfunction and one slowness a service, and one hang: a second one replaces the first.

use crate::service::ServiceName;
use serde::{Deserialize, Serialize};

/// Longest time a fault may be asked to last: one day.
const SECONDS_MAX: u64 = 86_400;
/// Largest slowness: past this every scheme link runs into its time limit anyway.
const FACTOR_MAX: f64 = 1_000.0;

/// A business status code that a broken service shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(crate) enum FaultCode {
    /// The connection is lost.
    #[default]
    #[serde(rename = "DISCONN01")]
    Disconnected,
    /// The connection stands, but the peer does not do its work.
    #[serde(rename = "UNAVAIL01")]
    Unavailable,
}

impl FaultCode {
    /// The code as shown.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Disconnected => "DISCONN01",
            Self::Unavailable => "UNAVAIL01",
        }
    }

    /// The code in words.
    pub(crate) fn text(self) -> &'static str {
        match self {
            Self::Disconnected => "is disconnected",
            Self::Unavailable => "is unavailable",
        }
    }
}

/// The body of `POST /fault`.
#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase", deny_unknown_fields)]
pub(crate) enum FaultRequest {
    /// Breaks a service.
    Malfunction {
        /// Which one.
        service: String,
        /// What it shows; `DISCONN01` when left out.
        #[serde(default)]
        code: FaultCode,
        /// How long; until cleared when left out.
        seconds: Option<u64>,
    },
    /// Slows a service.
    Slow {
        /// Which one.
        service: String,
        /// By how much.
        factor: f64,
        /// How long; until cleared when left out.
        seconds: Option<u64>,
    },
    /// Lets the HTTP endpoints of the switch hang.
    Hang {
        /// How long; until cleared when left out.
        seconds: Option<u64>,
    },
    /// Aborts the process.
    Crash {},
    /// Ends the process with an exit code.
    Exit {
        /// Exit code of the process, 0 to 255.
        code: u8,
    },
}

/// What a checked request asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Asked {
    /// Break something until the time is over.
    Fault(Fault),
    /// End the process.
    Order(Order),
}

/// How the process shall end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// By SIGABRT, as after a failed assertion.
    Crash,
    /// With this exit code.
    Exit(u8),
}

/// A fault in force.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Fault {
    /// What is broken.
    #[serde(flatten)]
    pub(crate) kind: FaultKind,
    /// When it ends by itself (ms since the Unix epoch).
    pub(crate) until: Option<u64>,
}

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum FaultKind {
    /// The service does not work.
    Malfunction { service: ServiceName, code: FaultCode },
    /// The service takes `factor` times as long.
    Slow { service: ServiceName, factor: f64 },
    /// No HTTP endpoint but the control routes answers.
    Hang,
}

impl FaultKind {
    /// True when `other` breaks the same thing in the same way, so that it replaces this.
    fn same_target(self, other: Self) -> bool {
        match (self, other) {
            (Self::Malfunction { service: a, .. }, Self::Malfunction { service: b, .. })
            | (Self::Slow { service: a, .. }, Self::Slow { service: b, .. }) => a == b,
            (Self::Hang, Self::Hang) => true,
            _ => false,
        }
    }
}

impl FaultRequest {
    /// Checks the request's names and bounds.
    ///
    /// # Errors
    /// What is wrong and what to write instead, in words.
    pub(crate) fn check(self, now: u64) -> Result<Asked, String> {
        let (kind, seconds) = match self {
            Self::Malfunction { service, code, seconds } => {
                (FaultKind::Malfunction { service: known(&service)?, code }, seconds)
            }
            Self::Slow { service, factor, seconds } => {
                if !(1.0..=FACTOR_MAX).contains(&factor) {
                    return Err(format!("factor is {factor}: write a number from 1 to {FACTOR_MAX}"));
                }
                (FaultKind::Slow { service: known(&service)?, factor }, seconds)
            }
            Self::Hang { seconds } => (FaultKind::Hang, seconds),
            Self::Crash {} => return Ok(Asked::Order(Order::Crash)),
            Self::Exit { code } => return Ok(Asked::Order(Order::Exit(code))),
        };
        if let Some(seconds) = seconds
            && !(1..=SECONDS_MAX).contains(&seconds)
        {
            return Err(format!("seconds is {seconds}: write a whole number from 1 to {SECONDS_MAX}"));
        }
        Ok(Asked::Fault(Fault { kind, until: seconds.map(|seconds| now + seconds * 1_000) }))
    }
}

fn known(name: &str) -> Result<ServiceName, String> {
    ServiceName::parse(name).ok_or_else(|| {
        let names: Vec<_> = ServiceName::ALL.iter().map(|service| service.as_str()).collect();
        format!("there is no service {name:?}: write one of {}", names.join(", "))
    })
}

/// The faults in force.
#[derive(Debug, Default)]
pub(crate) struct Faults(Vec<Fault>);

impl Faults {
    /// Puts a fault in force, in place of an earlier one of the same kind and service.
    pub(crate) fn insert(&mut self, fault: Fault) {
        self.0.retain(|present| !present.kind.same_target(fault.kind));
        self.0.push(fault);
    }

    /// Ends all faults.
    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Ends those of a service, and tells how many there were.
    pub(crate) fn mend(&mut self, mended: ServiceName) -> usize {
        let before = self.0.len();
        self.0.retain(|fault| match fault.kind {
            FaultKind::Malfunction { service, .. } | FaultKind::Slow { service, .. } => service != mended,
            FaultKind::Hang => true,
        });
        before - self.0.len()
    }

    /// Ends those whose time is over.
    pub(crate) fn expire(&mut self, now: u64) {
        self.0.retain(|fault| fault.until.is_none_or(|until| until > now));
    }

    /// The faults, oldest first.
    pub(crate) fn list(&self) -> &[Fault] {
        &self.0
    }

    /// The code under which a service is broken.
    pub(crate) fn malfunction(&self, wanted: ServiceName) -> Option<FaultCode> {
        self.0.iter().find_map(|fault| match fault.kind {
            FaultKind::Malfunction { service, code } if service == wanted => Some(code),
            _ => None,
        })
    }

    /// How many times as long as usual a service takes.
    pub(crate) fn slowness(&self, wanted: ServiceName) -> f64 {
        let factor = self.0.iter().find_map(|fault| match fault.kind {
            FaultKind::Slow { service, factor } if service == wanted => Some(factor),
            _ => None,
        });
        factor.unwrap_or(1.0)
    }

    /// True while the endpoints hang.
    pub(crate) fn hangs(&self) -> bool {
        self.0.iter().any(|fault| fault.kind == FaultKind::Hang)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(json: &str) -> Result<Asked, String> {
        let request: FaultRequest = serde_json::from_str(json).map_err(|error| error.to_string())?;
        request.check(1_000)
    }

    #[test]
    fn requests_become_faults_or_orders() {
        let malfunction = |code, until| {
            Asked::Fault(Fault {
                kind: FaultKind::Malfunction { service: ServiceName::McCredit, code },
                until,
            })
        };
        let cases = [
            (r#"{"kind":"malfunction","service":"MC_CREDIT"}"#, malfunction(FaultCode::Disconnected, None)),
            (
                r#"{"kind":"malfunction","service":"MC_CREDIT","code":"UNAVAIL01","seconds":2}"#,
                malfunction(FaultCode::Unavailable, Some(3_000)),
            ),
            (r#"{"kind":"crash"}"#, Asked::Order(Order::Crash)),
            (r#"{"kind":"exit","code":3}"#, Asked::Order(Order::Exit(3))),
            (r#"{"kind":"hang"}"#, Asked::Fault(Fault { kind: FaultKind::Hang, until: None })),
        ];
        for (json, expected) in cases {
            assert_eq!(asked(json), Ok(expected), "{json}");
        }
    }

    #[test]
    fn bad_requests_say_what_to_write() {
        let cases = [
            (r#"{"kind":"malfunction","service":"AMEX"}"#, "write one of AcqDB, HSMAdapter, MC_CREDIT"),
            (r#"{"kind":"malfunction","service":"AcqDB","code":"X"}"#, "expected `DISCONN01` or `UNAVAIL01`"),
            (r#"{"kind":"slow","service":"AcqDB","factor":0.5}"#, "a number from 1 to 1000"),
            (r#"{"kind":"slow","service":"AcqDB","factor":2,"seconds":0}"#, "a whole number from 1 to 86400"),
            (r#"{"kind":"exit","code":256}"#, "expected u8"),
            (r#"{"kind":"melt"}"#, "unknown variant `melt`"),
            (r#"{"kind":"hang","sec":1}"#, "unknown field `sec`"),
        ];
        for (json, expected) in cases {
            let error = asked(json).unwrap_err();
            assert!(error.contains(expected), "{json}: {error}");
        }
    }

    #[test]
    fn a_fault_replaces_its_like_and_ends_in_time() {
        let mut faults = Faults::default();
        let slow =
            |factor, until| Fault { kind: FaultKind::Slow { service: ServiceName::AcqDb, factor }, until };
        faults.insert(slow(10.0, None));
        faults.insert(slow(20.0, Some(500)));
        faults.insert(Fault { kind: FaultKind::Hang, until: None });
        assert_eq!(faults.list().len(), 2);
        assert!((faults.slowness(ServiceName::AcqDb) - 20.0).abs() < 1e-9);
        faults.expire(499);
        assert_eq!(faults.list().len(), 2);
        faults.expire(500);
        assert!((faults.slowness(ServiceName::AcqDb) - 1.0).abs() < 1e-9);
        assert!(faults.hangs());
        faults.clear();
        assert!(!faults.hangs());
    }
}
