//! `TagResource`, `UntagResource`, `ListTagsForResource`: of clusters, services, tasks and container instances.

use super::{invalid, short};
use crate::aws::resource::{Change, Resource, Resources, all_tags};
use crate::aws::{Caller, internal};
use crate::bus::SubmitError;
use crate::http::Context;
use topmast_aws::{Common, Fault, Value};
use topmast_engine::Rejection;
use topmast_model::tag::{TAGS_MAX, TagTarget, check_tag};

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let resource = named(context, caller, input)?;
    Ok(Value::map([("tags", told(context, caller, &resource))]))
}

pub(super) async fn tag(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let resource = named(context, caller, input)?;
    let mut change = Change::default();
    for tag in input.list("tags") {
        let (key, value) = (tag.text("key").unwrap_or_default(), tag.text("value").unwrap_or_default());
        check_tag(key, value).map_err(|error| invalid(format!("The tag {key} is not valid: {error}.")))?;
        change.tags.insert(key.to_owned(), value.to_owned());
    }
    submit(context, caller, "ecs:TagResource", &change, resource).await
}

pub(super) async fn untag(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let resource = named(context, caller, input)?;
    let change = Change::without(input.texts("tagKeys").take(TAGS_MAX));
    submit(context, caller, "ecs:UntagResource", &change, resource).await
}

/// The tags of something that is described, when they are asked for.
pub(super) fn included(context: &Context, caller: &Caller, input: &Value, target: TagTarget) -> Value {
    if !input.texts("include").any(|what| what == "TAGS") {
        return Value::Null;
    }
    told(context, caller, &Resource::Object(target))
}

fn told(context: &Context, caller: &Caller, resource: &Resource) -> Value {
    let tags = all_tags(&context.bus.state(), caller, resource);
    let tag = |(key, value): (String, String)| Value::map([("key", key.into()), ("value", value.into())]);
    Value::List(tags.into_iter().map(tag).collect())
}

fn named(context: &Context, caller: &Caller, input: &Value) -> Result<Resource, Fault> {
    let arn = input.text("resourceArn").unwrap_or_default();
    let resource = arn.strip_prefix("arn:").and_then(|rest| rest.splitn(5, ':').nth(4));
    let is_ours = arn.split(':').nth(2) == Some("ecs");
    let kind = resource.filter(|_| is_ours).and_then(|resource| resource.split('/').next());
    if let Some(resource) = Resources::of(context, caller).named(arn).filter(|_| kind.is_some()) {
        return Ok(resource);
    }
    Err(match kind {
        Some("cluster") => Fault::modelled("ClusterNotFoundException", "Cluster not found."),
        Some("service") => Fault::modelled("ServiceNotFoundException", "Service not found."),
        Some("task" | "container-instance") => Fault::modelled(
            "ResourceNotFoundException",
            format!("The resource {} was not found.", short(arn)),
        ),
        // They are one for each application and have no tags.
        Some("task-definition") => Fault::modelled("ClientException", "Unable to describe task definition."),
        _ => invalid("The ARN provided is invalid."),
    })
}

async fn submit(
    context: &Context,
    caller: &Caller,
    name: &str,
    change: &Change,
    resource: Resource,
) -> Result<Value, Fault> {
    change.submit(context, caller, resource).await.map_err(|error| match error {
        SubmitError::Rejected(Rejection::Forbidden { .. }) => caller.denied(name),
        SubmitError::Rejected(Rejection::LimitReached { message }) => {
            Fault::modelled("LimitExceededException", message)
        }
        SubmitError::Rejected(rejection) => invalid(rejection.to_string()),
        SubmitError::TooLarge(told) => invalid(told),
        SubmitError::Busy => Fault::common(Common::Throttling, "Rate exceeded"),
        error => internal(&error),
    })?;
    Ok(Value::empty())
}
