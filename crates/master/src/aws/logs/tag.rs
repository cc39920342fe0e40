//! Tags of groups: `TagLogGroup`, `UntagLogGroup`, `ListTagsLogGroup`, `TagResource`, `UntagResource`,
//! `ListTagsForResource`.

use super::application;
use super::{change, group::tags, group_of, identified};
use crate::aws::Caller;
use crate::http::Context;
use std::borrow::Cow;
use std::collections::BTreeMap;
use topmast_aws::{Fault, Map, Value};
use topmast_model::log_group::LogGroupOrder;
use topmast_model::principal::Right;
use topmast_model::tag::TAGS_MAX;

pub(super) async fn tag_group(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    put(context, caller, "logs:TagLogGroup", name(input), tags(input), Vec::new()).await
}

pub(super) async fn untag_group(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let removed = input.texts("tags").map(str::to_owned).collect();
    put(context, caller, "logs:UntagLogGroup", name(input), BTreeMap::new(), removed).await
}

pub(super) fn list_of_group(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    told(context, caller, "logs:ListTagsLogGroup", name(input))
}

pub(super) async fn tag(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = resource(caller, input)?;
    put(context, caller, "logs:TagResource", name, tags(input), Vec::new()).await
}

pub(super) async fn untag(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let removed = input.texts("tagKeys").map(str::to_owned).collect();
    put(context, caller, "logs:UntagResource", resource(caller, input)?, BTreeMap::new(), removed).await
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    told(context, caller, "logs:ListTagsForResource", resource(caller, input)?)
}

async fn put(
    context: &Context,
    caller: &Caller,
    action: &str,
    name: &str,
    tags: BTreeMap<String, String>,
    removed: Vec<String>,
) -> Result<Value, Fault> {
    caller.needs(Right::Write, action)?;
    {
        let state = context.bus.state();
        let kept = &group_of(state.log_groups(&caller.tenant), name)?.spec.tags;
        let stay = kept.keys().filter(|key| !removed.contains(key) && !tags.contains_key(*key)).count();
        if stay + tags.len() > TAGS_MAX {
            let message = format!("The log group has more than {TAGS_MAX} tags");
            return Err(Fault::modelled("TooManyTagsException", message));
        }
    }
    change(context, caller, action, name, LogGroupOrder::Tag { tags, removed }).await
}

fn told(context: &Context, caller: &Caller, action: &str, name: &str) -> Result<Value, Fault> {
    if application::is_own(name) {
        application::seen(context, caller, name)?;
        return Ok(Value::map([("tags", Value::Map(Map::new()))]));
    }
    caller.needs(Right::Read, action)?;
    let state = context.bus.state();
    let group = group_of(state.log_groups(&caller.tenant), name)?;
    let tags = group.spec.tags.iter().map(|(key, value)| (Cow::Owned(key.clone()), value.as_str().into()));
    Ok(Value::map([("tags", Value::Map(tags.collect()))]))
}

fn name(input: &Value) -> &str {
    input.text("logGroupName").unwrap_or_default()
}

fn resource<'a>(caller: &Caller, input: &'a Value) -> Result<&'a str, Fault> {
    identified(caller, input.text("resourceArn").unwrap_or_default())
}
