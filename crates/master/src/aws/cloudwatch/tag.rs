//! `ListTagsForResource`, `TagResource`, `UntagResource`: of alarms and dashboards.

use super::alarm::{self, put};
use super::dashboard;
use crate::aws::Caller;
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_aws::{Fault, Value};
use topmast_engine::State;
use topmast_model::aws_alarm::alarm_name;
use topmast_model::command::Command;
use topmast_model::dashboard::DashboardOrder;
use topmast_model::principal::Right;

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "cloudwatch:ListTagsForResource")?;
    let state = context.bus.state();
    // One that is not there has none.
    let named = named(input);
    let tags = named.as_ref().and_then(|named| named.tags(&state, caller));
    let tag = |(key, value): (&String, &String)| {
        Value::map([("Key", key.as_str().into()), ("Value", value.as_str().into())])
    };
    Ok(Value::map([("Tags", Value::List(tags.into_iter().flatten().map(tag).collect()))]))
}

pub(super) async fn tag(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let tags = put::tags(input)?;
    change(context, caller, "cloudwatch:TagResource", input, tags, Vec::new()).await
}

pub(super) async fn untag(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let removed = input.texts("TagKeys").map(str::to_owned).collect();
    change(context, caller, "cloudwatch:UntagResource", input, BTreeMap::new(), removed).await
}

async fn change(
    context: &Context,
    caller: &Caller,
    action: &str,
    input: &Value,
    tags: BTreeMap<String, String>,
    removed: Vec<String>,
) -> Result<Value, Fault> {
    caller.needs(Right::ManageRules, action)?;
    let unknown = || Fault::modelled("ResourceNotFoundException", "Unknown");
    let named = named(input).filter(|named| named.tags(&context.bus.state(), caller).is_some());
    let tenant = caller.tenant.clone();
    match named.ok_or_else(unknown)? {
        Tagged::Alarm(name) => {
            let command = Command::TagAwsAlarm { tenant, name: name.to_owned(), tags, removed };
            alarm::submit(context, caller, action, command).await
        }
        Tagged::Dashboard(name) => {
            let order = DashboardOrder::Tag { name: name.to_owned(), tags, removed };
            let command = Command::ChangeDashboards { tenant, order };
            dashboard::submit(context, caller, action, command).await
        }
    }
}

/// What can have tags.
pub(in crate::aws) enum Tagged<'a> {
    Alarm(&'a str),
    Dashboard(&'a str),
}

impl<'a> Tagged<'a> {
    /// What an ARN is of.
    pub(in crate::aws) fn of(arn: &'a str) -> Option<Self> {
        let name = alarm_name(arn);
        if name != arn {
            return Some(Self::Alarm(name));
        }
        dashboard::named(arn).map(Self::Dashboard)
    }

    /// Its tags; `None` when it is not there.
    pub(in crate::aws) fn tags<'s>(
        &self,
        state: &'s State,
        caller: &Caller,
    ) -> Option<&'s BTreeMap<String, String>> {
        match self {
            Self::Alarm(name) => state.aws_alarms(&caller.tenant).get(name).map(|kept| &kept.tags),
            Self::Dashboard(name) => state.dashboards(&caller.tenant).get(*name).map(|kept| &kept.tags),
        }
    }
}

fn named(input: &Value) -> Option<Tagged<'_>> {
    Tagged::of(input.text("ResourceARN")?)
}
