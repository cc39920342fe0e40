//! How an action is done: the options that every order has, each in one place.

use clap::Args;
use std::time::Duration;
use topmast_api::action::{ActionRequest, Rolling};
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::path::ObjectPath;
use topmast_model::rolling::OnError;
use uuid::Uuid;

/// Time for each target when the command line does not say.
const TIMEOUT_MS: u64 = 120 * 1_000;
/// The same of what brings a package: a large one over a slow line, its start, and the start of the old one again.
const DEPLOYMENT_TIMEOUT_MS: u64 = 900 * 1_000;

/// How an action on applications is done.
#[derive(Debug, Args)]
pub(in crate::cli) struct How {
    #[command(flatten)]
    pub(in crate::cli) order: Order,
    #[command(flatten)]
    pace: Pace,
    #[command(flatten)]
    terms: Terms,
}

/// How any order is given and followed.
#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own on the command line")]
pub(in crate::cli) struct Order {
    /// Show what would happen, and do nothing
    #[arg(short = 'n', long)]
    pub(in crate::cli) dry_run: bool,
    /// Why, for the audit
    #[arg(long, value_name = "TEXT")]
    pub(in crate::cli) reason: Option<String>,
    /// Seconds until a target without an outcome counts as UNKNOWN, 120 unless given, 900 for packages; counted anew
    /// for each batch or wave
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// Act although a guard refuses; takes a --reason and the right to
    #[arg(long = "override", requires = "reason")]
    pub(in crate::cli) override_guards: bool,
    /// Do not wait for the results
    #[arg(long)]
    pub(in crate::cli) no_wait: bool,
    /// Do not ask before acting
    #[arg(short, long)]
    pub(in crate::cli) yes: bool,
    /// Print the plan or the finished action as JSON
    #[arg(long)]
    pub(in crate::cli) json: bool,
}

/// How many applications at a time.
#[derive(Debug, Args)]
pub(in crate::cli) struct Pace {
    /// This many applications at a time, in the order given or listed; or so many percent of them, e.g. 25%
    #[arg(long, value_name = "COUNT|PERCENT", value_parser = batch)]
    batch: Option<Batch>,
    /// Time between two batches, e.g. 10s or 2m
    #[arg(long, value_name = "TIME", value_parser = wait, requires = "batch", default_value = "0s")]
    wait: Duration,
    /// After an application that failed or is unknown: stop, or continue with the next batch
    #[arg(long, value_name = "stop|continue", requires = "batch", default_value_t)]
    on_error: OnError,
}

/// On which terms something is done.
#[derive(Debug, Args)]
struct Terms {
    /// In waves: each application after those that its unit file says it comes after; the other way round to stop
    #[arg(long)]
    waves: bool,
    /// Ask before each batch or wave but the first
    #[arg(long)]
    ask: bool,
    /// Begin then, e.g. 2026-03-01T22:00:00Z or 2026-03-01T22:00[Europe/Zurich]
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
}

impl How {
    /// An order of this kind.
    pub(in crate::cli) fn request(&self, operation: Operation, targets: Vec<ObjectPath>) -> ActionRequest {
        ActionRequest {
            rolling: self.pace.rolling(),
            waves: self.terms.waves,
            ask: self.terms.ask,
            at: self.terms.at.clone(),
            ..self.order.request(operation, targets)
        }
    }
}

impl Order {
    /// An order of this kind, all at once.
    pub(in crate::cli) fn request(&self, operation: Operation, targets: Vec<ObjectPath>) -> ActionRequest {
        ActionRequest {
            id: Some(ActionId(Uuid::now_v7())),
            reason: self.reason.clone(),
            timeout_ms: self.timeout_ms(operation),
            override_guards: self.override_guards,
            dry_run: self.dry_run,
            ..ActionRequest::new(operation, targets)
        }
    }

    /// How long a target may take; of a custom action that is the master's to say, unless it was given.
    pub(in crate::cli) fn timeout_ms(&self, operation: Operation) -> Option<u64> {
        let given = self.timeout.map(|seconds| seconds.saturating_mul(1_000));
        match operation {
            Operation::Act => given,
            _ if operation.is_deployment() => given.or(Some(DEPLOYMENT_TIMEOUT_MS)),
            _ => given.or(Some(TIMEOUT_MS)),
        }
    }
}

impl Pace {
    /// The batches asked for; none when all may be done at once.
    pub(in crate::cli) fn rolling(&self) -> Option<Rolling> {
        let wait_ms = u64::try_from(self.wait.as_millis()).unwrap_or(u64::MAX);
        let (batch, percent) = match self.batch? {
            Batch::Count(count) => (count, None),
            Batch::Percent(percent) => (0, Some(percent)),
        };
        Some(Rolling { batch, percent, wait_ms, on_error: self.on_error })
    }
}

/// The size of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Batch {
    Count(u32),
    Percent(u32),
}

fn batch(text: &str) -> Result<Batch, String> {
    let wrong = || "write a number like 10, or a share like 25%".to_owned();
    match text.strip_suffix('%') {
        None => text.parse().map(Batch::Count).map_err(|_| wrong()),
        Some(share) => {
            let percent = share.parse().ok().filter(|percent| (1..=100).contains(percent));
            percent.map(Batch::Percent).ok_or_else(wrong)
        }
    }
}

/// A time like `10s`, `2m`, `500ms`, or seconds as a bare number.
pub(in crate::cli) fn wait(text: &str) -> Result<Duration, String> {
    let digits = text.trim_end_matches(|letter: char| letter.is_ascii_alphabetic());
    let unit_ms = match &text[digits.len()..] {
        "ms" => Some(1),
        "" | "s" => Some(1_000),
        "m" => Some(60_000),
        "h" => Some(3_600_000),
        _ => None,
    };
    let millis = digits.parse::<u64>().ok().zip(unit_ms).and_then(|(count, unit)| count.checked_mul(unit));
    millis.map(Duration::from_millis).ok_or_else(|| "write a time like 10s, 2m or 500ms".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn batch_is_a_number_or_a_share() {
        assert_eq!((batch("10"), batch("25%")), (Ok(Batch::Count(10)), Ok(Batch::Percent(25))));
        for wrong in ["", "%", "0%", "101%", "-1", "ten", "1.5%"] {
            assert!(batch(wrong).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn wait_is_read_with_its_unit_and_refused_without_sense() {
        let millis = |text| wait(text).map(|wait| wait.as_millis());
        assert_eq!(
            ["500ms", "10s", "10", "2m", "1h"].map(millis),
            [Ok(500), Ok(10_000), Ok(10_000), Ok(120_000), Ok(3_600_000)]
        );
        for wrong in ["", "s", "-1s", "1.5s", "10 s", "10d", "99999999999999999999h", "9999999999999999999h"]
        {
            assert!(millis(wrong).is_err(), "{wrong:?}");
        }
    }
}
