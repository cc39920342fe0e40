//! Filters of commands and of their invocations.

use super::invocation::Part;
use crate::aws::Caller;
use crate::aws::fleet;
use crate::http::Context;
use topmast_aws::{Common, Fault, Value, timestamp};
use topmast_engine::Action;
use topmast_model::path::ObjectPath;

/// What a command or an invocation has to be.
#[derive(Debug, Default)]
pub(super) struct Filters {
    document: Option<String>,
    status: Option<String>,
    /// Whether it is over.
    is_over: Option<bool>,
    after: Option<i64>,
    before: Option<i64>,
    /// The instance that it is on, and its path if there still is one.
    instance: Option<(String, Option<ObjectPath>)>,
}

impl Filters {
    /// Reads the filters.
    ///
    /// # Errors
    /// `ValidationException` for a value that none can be.
    pub(super) fn of(context: &Context, caller: &Caller, input: &Value) -> Result<Self, Fault> {
        let mut filters = Self::default();
        for filter in input.list("Filters") {
            let value = filter.text("value").unwrap_or_default();
            let key = filter.text("key").unwrap_or_default();
            let invalid = || {
                let message =
                    format!("The following filter value is not valid: {value} for filter key {key}.");
                Fault::common(Common::Validation, message)
            };
            let time = || timestamp::parse(value).ok_or_else(invalid);
            match key {
                "DocumentName" => filters.document = Some(value.to_owned()),
                "Status" => filters.status = Some(value.to_owned()),
                "ExecutionStage" => {
                    filters.is_over = Some(match value {
                        "Executing" => false,
                        "Complete" => true,
                        _ => return Err(invalid()),
                    });
                }
                "InvokedAfter" => filters.after = Some(time()?),
                "InvokedBefore" => filters.before = Some(time()?),
                // The model knows no other.
                _ => return Err(invalid()),
            }
        }
        filters.instance = input
            .text("InstanceId")
            .map(|id| (id.to_owned(), fleet::paths(context, caller, std::iter::once(id)).pop()));
        Ok(filters)
    }

    /// Whether an action passes, of which `status` is AWS' word for it or for its part.
    pub(super) fn passes(&self, action: &Action, status: &str) -> bool {
        let name = super::document::name(action.operation);
        let is_over = !matches!(status, "Pending" | "InProgress");
        let at = action.accepted_at.0;
        self.document.as_deref().is_none_or(|document| document == name)
            && self.status.as_deref().is_none_or(|wanted| wanted == status)
            && self.is_over.is_none_or(|wanted| wanted == is_over)
            && self.after.is_none_or(|after| at > after)
            && self.before.is_none_or(|before| at < before)
    }

    /// True when no instance is named.
    pub(super) fn is_anywhere(&self) -> bool {
        self.instance.is_none()
    }

    /// Whether a part is on the instance that is named.
    pub(super) fn is_at(&self, part: &Part<'_>) -> bool {
        match &self.instance {
            None => true,
            Some((_, Some(path))) => *path == part.server,
            // Its server may have gone since.
            Some((id, None)) => part.id() == *id,
        }
    }
}
