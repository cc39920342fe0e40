//! Invocations: what became of an action on one instance.

use super::command::{self, action, actions, command_id, passes};
use super::{document, paged};
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
    pub(super) id: String,
    pub(super) server: ObjectPath,
    pub(super) steps: Vec<&'a Step>,
}

impl Part<'_> {
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
    parts.into_iter().map(|(server, steps)| Part { id: instance::id(&server), server, steps }).collect()
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let found = match input.text("CommandId") {
        Some(id) => vec![action(context, caller, command_id(id)?)?],
        None => actions(context, caller),
    };
    let has_details = input.boolean("Details") == Some(true);
    let mut kept = Vec::new();
    for action in &found {
        if !passes(input, action)? {
            continue;
        }
        let parts = parts(caller, action);
        let wanted = parts.iter().filter(|part| input.text("InstanceId").is_none_or(|id| part.id == id));
        kept.extend(wanted.map(|part| told(action, part, has_details)));
    }
    paged(input, "CommandInvocations", PAGE, kept)
}

fn told(action: &Action, part: &Part<'_>, has_details: bool) -> Value {
    let word = command::status(part.status());
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
        ("InstanceId", part.id.as_str().into()),
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
        parts.iter().find(|part| Some(part.id.as_str()) == input.text("InstanceId")).ok_or_else(missing)?;
    if input.text("PluginName").is_some_and(|name| name != PLUGIN) {
        return Err(Fault::modelled("InvalidPluginName", "").without_message());
    }
    let word = command::status(part.status());
    let text = |at: Option<UnixMillis>| {
        at.map(|at| timestamp::format(at.0, TimestampFormat::Iso8601)).unwrap_or_default()
    };
    Ok(Value::map([
        ("CommandId", action.id.to_string().into()),
        ("InstanceId", part.id.as_str().into()),
        ("Comment", action.reason.clone().into()),
        ("DocumentName", document::name(action.operation).into()),
        ("DocumentVersion", document::VERSION.into()),
        ("PluginName", PLUGIN.into()),
        ("ResponseCode", part.response_code().into()),
        ("ExecutionStartDateTime", text(part.started_at()).into()),
        ("ExecutionEndDateTime", text(part.finished_at()).into()),
        ("Status", word.into()),
        ("StatusDetails", word.into()),
        ("StandardOutputContent", part.output(false, OUTPUT_MAX).into()),
        ("StandardErrorContent", part.output(true, ERROR_MAX).into()),
    ]))
}
