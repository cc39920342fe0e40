//! `ListTagsForResource`, `TagResource`, `UntagResource`: of alarms.

use super::alarm::{put, submit};
use crate::aws::Caller;
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_aws::{Fault, Value};
use topmast_model::aws_alarm::alarm_name;
use topmast_model::command::Command;
use topmast_model::principal::Right;

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "cloudwatch:ListTagsForResource")?;
    let state = context.bus.state();
    // One that is not there has none.
    let kept = named(input).and_then(|name| state.aws_alarms(&caller.tenant).get(name));
    let tags = kept.into_iter().flat_map(|kept| &kept.tags);
    let tag = |(key, value): (&String, &String)| {
        Value::map([("Key", key.as_str().into()), ("Value", value.as_str().into())])
    };
    Ok(Value::map([("Tags", Value::List(tags.map(tag).collect()))]))
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
    let name = named(input).filter(|name| context.bus.state().aws_alarms(&caller.tenant).get(name).is_some());
    let name = name.ok_or_else(|| Fault::modelled("ResourceNotFoundException", "Unknown"))?.to_owned();
    let command = Command::TagAwsAlarm { tenant: caller.tenant.clone(), name, tags, removed };
    submit(context, caller, action, command).await
}

/// The name of the alarm that an ARN is of.
fn named(input: &Value) -> Option<&str> {
    let arn = input.text("ResourceARN")?;
    let name = alarm_name(arn);
    (name != arn).then_some(name)
}
