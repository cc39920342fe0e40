//! Parameters deleted, their versions labelled, themselves tagged.

use super::put::{tags, too_many_tags};
use super::{Named, no_version, not_found, number, submit, validation};
use crate::aws::Caller;
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_aws::{Fault, Value};
use topmast_engine::parameter::Parameter;
use topmast_model::event::EventBody;
use topmast_model::parameter::{LABELS_MAX, ParameterOrder, is_label};
use topmast_model::tag::TAGS_MAX;

/// The parameter that is named, as far as `look` wants to know.
fn known<T>(
    context: &Context,
    caller: &Caller,
    text: &str,
    look: impl FnOnce(&Parameter) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let named = Named::parse(text, caller.account.as_str(), true)?;
    if named.selector.is_some() {
        return Err(not_found(text));
    }
    let state = context.bus.state();
    look(state.parameters(&caller.tenant).get(&named.name).ok_or_else(|| not_found(text))?)
}

pub(super) async fn delete(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let text = input.text("Name").unwrap_or_default();
    let name = known(context, caller, text, |parameter| Ok(parameter.name.clone()))?;
    let order = ParameterOrder::Delete { names: vec![name] };
    let events = submit(context, caller, "ssm:DeleteParameter", order).await?;
    if events.is_empty() { Err(not_found(text)) } else { Ok(Value::empty()) }
}

pub(super) async fn delete_several(
    context: &Context,
    caller: &Caller,
    input: &Value,
) -> Result<Value, Fault> {
    let mut asked = BTreeMap::new();
    let mut invalid = Vec::new();
    for text in input.texts("Names") {
        match known(context, caller, text, |parameter| Ok(parameter.name.clone())) {
            Ok(name) => {
                asked.insert(name, text);
            }
            Err(_) => invalid.push(text),
        }
    }
    let order = ParameterOrder::Delete { names: asked.keys().cloned().collect() };
    let events = submit(context, caller, "ssm:DeleteParameters", order).await?;
    let deleted: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.body {
            EventBody::ParameterDeleted { name, .. } => asked.get(name).copied(),
            _ => None,
        })
        .collect();
    Ok(Value::map([("DeletedParameters", deleted.into()), ("InvalidParameters", invalid.into())]))
}

pub(super) async fn label(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let text = input.text("Name").unwrap_or_default();
    let labels: Vec<String> = input.texts("Labels").map(str::to_owned).collect();
    let invalid: Vec<&str> = input.texts("Labels").filter(|label| !is_label(label)).collect();
    let (name, version) = known(context, caller, text, |parameter| {
        let newest = parameter.newest().map(|(number, _)| number);
        let asked = input.integer("ParameterVersion").map_or(newest, |asked| u64::try_from(asked).ok());
        let number = asked.ok_or_else(|| no_version(input.integer("ParameterVersion").unwrap_or(0), text))?;
        let version = parameter.versions.get(&number).ok_or_else(|| no_version(number, text))?;
        let more = labels.iter().filter(|label| !version.labels.contains(*label)).count();
        if version.labels.len() + more > LABELS_MAX {
            return Err(Fault::modelled(
                "ParameterVersionLabelLimitExceeded",
                "A parameter version can have maximum 10 labels.Move one or more labels to another version and try \
                 again.",
            ));
        }
        Ok((parameter.name.clone(), number))
    })?;
    // One that is no label, and none of them is attached.
    if invalid.is_empty() {
        let order = ParameterOrder::Label { name, version, labels, removed: Vec::new() };
        submit(context, caller, "ssm:LabelParameterVersion", order).await?;
    }
    Ok(Value::map([("InvalidLabels", invalid.into()), ("ParameterVersion", number(version))]))
}

pub(super) async fn unlabel(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let text = input.text("Name").unwrap_or_default();
    let asked = input.integer("ParameterVersion").unwrap_or_default();
    let (name, version, kept) = known(context, caller, text, |parameter| {
        let found =
            u64::try_from(asked).ok().and_then(|number| Some((number, parameter.versions.get(&number)?)));
        let (number, version) = found.ok_or_else(|| no_version(asked, text))?;
        Ok((parameter.name.clone(), number, version.labels.clone()))
    })?;
    let (removed, invalid): (Vec<&str>, Vec<&str>) =
        input.texts("Labels").partition(|label| kept.contains(*label));
    let order = ParameterOrder::Label {
        name,
        version,
        labels: Vec::new(),
        removed: removed.iter().map(|label| (*label).to_owned()).collect(),
    };
    submit(context, caller, "ssm:UnlabelParameterVersion", order).await?;
    Ok(Value::map([("RemovedLabels", removed.into()), ("InvalidLabels", invalid.into())]))
}

/// The name and the tags of the parameter that a request about tags names.
fn tagged(
    context: &Context,
    caller: &Caller,
    input: &Value,
) -> Result<(String, BTreeMap<String, String>), Fault> {
    let message = "The resource ID is not valid. Verify that you entered the correct ID and try again.";
    let invalid = || Fault::modelled("InvalidResourceId", message);
    if input.text("ResourceType") != Some("Parameter") {
        return Err(invalid());
    }
    let text = input.text("ResourceId").unwrap_or_default();
    let found =
        known(context, caller, text, |parameter| Ok((parameter.name.clone(), parameter.tags.clone())));
    found.map_err(|_| invalid())
}

pub(super) fn list_tags(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let (_, tags) = tagged(context, caller, input)?;
    let tag = |(key, value): (String, String)| Value::map([("Key", key.into()), ("Value", value.into())]);
    Ok(Value::map([("TagList", Value::List(tags.into_iter().map(tag).collect()))]))
}

pub(super) async fn add_tags(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let (name, kept) = tagged(context, caller, input)?;
    let tags = tags(input)?;
    if kept.len() + tags.keys().filter(|key| !kept.contains_key(*key)).count() > TAGS_MAX {
        return Err(too_many_tags());
    }
    let order = ParameterOrder::Tag { name, tags, removed: Vec::new() };
    submit(context, caller, "ssm:AddTagsToResource", order).await?;
    Ok(Value::empty())
}

pub(super) async fn remove_tags(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let (name, _) = tagged(context, caller, input)?;
    let removed: Vec<String> = input.texts("TagKeys").map(str::to_owned).collect();
    if removed.len() > 1_000 {
        return Err(validation("TagKeys are at most 1000"));
    }
    let order = ParameterOrder::Tag { name, tags: BTreeMap::new(), removed };
    submit(context, caller, "ssm:RemoveTagsFromResource", order).await?;
    Ok(Value::empty())
}
