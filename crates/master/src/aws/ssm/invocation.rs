//! Invocations: what became of an action on one instance.

use super::command::{self, action, command_id, may_read};
use super::filter::Filters;
use super::{Page, document};
use crate::aws::{Caller, instance};
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_aws::model::TimestampFormat;
use topmast_aws::{Fault, Value, timestamp};
use topmast_engine::{Action, Step};
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ActionStatus;
use topmast_model::time::UnixMillis;

const PAGE: i64 = 50;
/// The name of the one step of a document.
const PLUGIN: &str = "topmast:operateApplication";
/// Longest output, in bytes, as there.
const OUTPUT_MAX: usize = 24_000;
const ERROR_MAX: usize = 8_000;

/// The part of an action that is done on one instance.
pub(super) struct Part<'a> {
    pub(super) server: ObjectPath,
    pub(super) steps: Vec<&'a Step>,
}

impl Part<'_> {
    /// The id of the instance.
    pub(super) fn id(&self) -> String {
        instance::id(&self.server)
    }

    /// AWS' word for how far it is.
    fn word(&self) -> &'static str {
        let mut failed = self.steps.iter().filter(|step| step.status == ActionStatus::Failed).peekable();
        let is_cancelled = self.status() == ActionStatus::Failed
            && failed.peek().is_some()
            && failed.all(|step| step.is_cancelled());
        if is_cancelled { command::CANCELLED } else { command::status(self.status()) }
    }

    /// The worst once all are over.
    pub(super) fn status(&self) -> ActionStatus {
        let any = |status| self.steps.iter().any(|step| step.status == status);
        let all = |status| self.steps.iter().all(|step| step.status == status);
        if all(ActionStatus::Pending) {
            ActionStatus::Pending
        } else if any(ActionStatus::Pending) || any(ActionStatus::Running) {
            ActionStatus::Running
        } else if any(ActionStatus::Failed) {
            ActionStatus::Failed
        } else if any(ActionStatus::Unknown) {
            ActionStatus::Unknown
        } else {
            ActionStatus::Succeeded
        }
    }

    fn started_at(&self) -> Option<UnixMillis> {
        self.steps.iter().filter_map(|step| step.started_at).min()
    }

    /// When the last of them was over; none while one is not.
    fn finished_at(&self) -> Option<UnixMillis> {
        let times: Option<Vec<UnixMillis>> = self.steps.iter().map(|step| step.finished_at).collect();
        times?.into_iter().max()
    }

    /// The outcomes in words, a line for each application, of those that failed or of the others.
    fn output(&self, is_failed: bool, most: usize) -> String {
        let wanted = self.steps.iter().filter(|step| {
            !step.message.is_empty()
                && matches!(step.status, ActionStatus::Failed | ActionStatus::Unknown) == is_failed
        });
        let mut text = String::new();
        for step in wanted {
            text.extend([step.target.name(), ": ", &step.message, "\n"]);
        }
        let end =
            (0..=most.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
        text.truncate(end);
        text
    }

    /// 0, 1, and -1 while it is not known.
    fn response_code(&self) -> i64 {
        match self.status() {
            ActionStatus::Succeeded => 0,
            ActionStatus::Failed => 1,
            ActionStatus::Pending | ActionStatus::Running | ActionStatus::Unknown => -1,
        }
    }
}

/// The parts of an action that the key may read.
pub(super) fn parts<'a>(caller: &Caller, action: &'a Action) -> Vec<Part<'a>> {
    let mut parts: BTreeMap<ObjectPath, Vec<&Step>> = BTreeMap::new();
    for step in action.steps.iter().filter(|step| caller.sees(&step.target)) {
        if let Some(server) = step.target.ancestor(Level::Server) {
            parts.entry(server).or_default().push(step);
        }
    }
    parts.into_iter().map(|(server, steps)| Part { server, steps }).collect()
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let (page, filters) = (Page::of(input, PAGE)?, Filters::of(context, caller, input)?);
    let asked = input.text("CommandId").map(command_id).transpose()?;
    if let Some(id) = asked {
        action(context, caller, id)?;
    }
    let has_details = input.boolean("Details") == Some(true);
    let filters = &filters;
    let (told, next) = context.see(|sight| {
        let all = sight.state.actions().rev().filter(|action| asked.is_none_or(|id| id == action.id));
        let parts = all.filter(|action| may_read(caller, action)).flat_map(|action| {
            let parts = parts(caller, action).into_iter();
            let fitting =
                parts.filter(move |part| filters.is_at(part) && filters.passes(action, part.word()));
            fitting.map(move |part| (action, part))
        });
        let (parts, next) = page.cut(parts);
        (parts.iter().map(|(action, part)| told(action, part, has_details)).collect(), next)
    });
    Ok(Value::map([("CommandInvocations", Value::List(told)), ("NextToken", next)]))
}

fn told(action: &Action, part: &Part<'_>, has_details: bool) -> Value {
    let word = part.word();
    let time = |at: Option<UnixMillis>| at.map_or(Value::Null, |at| Value::Timestamp(at.0));
    let plugin = || {
        let output = [part.output(false, OUTPUT_MAX), part.output(true, ERROR_MAX)].concat();
        Value::map([
            ("Name", PLUGIN.into()),
            ("Status", word.into()),
            ("StatusDetails", word.into()),
            ("ResponseCode", part.response_code().into()),
            ("ResponseStartDateTime", time(part.started_at())),
            ("ResponseFinishDateTime", time(part.finished_at())),
            ("Output", output.into()),
        ])
    };
    Value::map([
        ("CommandId", action.id.to_string().into()),
        ("InstanceId", part.id().into()),
        ("InstanceName", part.server.name().into()),
        ("Comment", action.reason.clone().into()),
        ("DocumentName", document::name(action.operation).into()),
        ("DocumentVersion", document::VERSION.into()),
        ("RequestedDateTime", Value::Timestamp(action.accepted_at.0)),
        ("Status", word.into()),
        ("StatusDetails", word.into()),
        ("CommandPlugins", Value::List(if has_details { vec![plugin()] } else { Vec::new() })),
    ])
}

pub(super) fn get(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let missing = || Fault::modelled("InvocationDoesNotExist", "").without_message();
    let id = command_id(input.text("CommandId").unwrap_or_default())?;
    let action = action(context, caller, id).map_err(|_| missing())?;
    let parts = parts(caller, &action);
    let part =
        parts.iter().find(|part| Some(part.id().as_str()) == input.text("InstanceId")).ok_or_else(missing)?;
    if input.text("PluginName").is_some_and(|name| name != PLUGIN) {
        return Err(Fault::modelled("InvalidPluginName", "").without_message());
    }
    let word = part.word();
    let text = |at: Option<UnixMillis>| {
        at.map(|at| timestamp::format(at.0, TimestampFormat::Iso8601)).unwrap_or_default()
    };
    Ok(Value::map([
        ("CommandId", action.id.to_string().into()),
        ("InstanceId", part.id().into()),
        ("Comment", action.reason.clone().into()),
        ("DocumentName", document::name(action.operation).into()),
        ("DocumentVersion", document::VERSION.into()),
        ("PluginName", PLUGIN.into()),
        ("ResponseCode", part.response_code().into()),
        ("ExecutionStartDateTime", text(part.started_at()).into()),
        ("ExecutionElapsedTime", elapsed(part).into()),
        ("ExecutionEndDateTime", text(part.finished_at()).into()),
        ("Status", word.into()),
        ("StatusDetails", word.into()),
        ("StandardOutputContent", part.output(false, OUTPUT_MAX).into()),
        ("StandardOutputUrl", "".into()),
        ("StandardErrorContent", part.output(true, ERROR_MAX).into()),
        ("StandardErrorUrl", "".into()),
    ]))
}

/// How long it took, as a duration of ISO 8601.
fn elapsed(part: &Part<'_>) -> String {
    let Some((from, to)) = part.started_at().zip(part.finished_at()) else { return String::new() };
    let millis = to.0.saturating_sub(from.0).max(0);
    format!("PT{}.{:03}S", millis / 1_000, millis % 1_000)
}
