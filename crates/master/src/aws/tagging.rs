//! Resource Groups Tagging: instances, services and parameters with their tags.

use super::fleet::{self, Instance};
use super::{Caller, not_here, page};
use crate::http::Context;
use std::collections::{BTreeMap, BTreeSet};
use topmast_aws::{Call, Fault, Value};
use topmast_model::path::Level;
use topmast_model::principal::Right;

/// Most resources of a page.
const PAGE: i64 = 100;

pub(super) fn answer(context: &Context, caller: &Caller, call: &Call) -> Result<Value, Fault> {
    match call.operation.name.as_str() {
        "GetResources" => resources(context, caller, &call.input),
        _ => Err(not_here(call)),
    }
}

/// Something with tags.
struct Resource {
    /// `ec2:instance`, `ecs:service` or `ssm:parameter`.
    kind: &'static str,
    arn: String,
    tags: BTreeMap<String, String>,
}

fn resources(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let told = match input.text("PaginationToken").filter(|token| !token.is_empty()) {
        None => 0,
        Some(token) => page::told(token)
            .ok_or_else(|| Fault::modelled("InvalidParameterException", "PaginationToken is invalid"))?,
    };
    let most = input.integer("ResourcesPerPage").unwrap_or(PAGE).clamp(1, PAGE);
    let known = all(context, caller);
    let mut rest = known.iter().filter(|resource| passes(input, resource)).skip(told);
    let items: Vec<Value> = rest.by_ref().take(usize::try_from(most).unwrap_or(1)).map(mapping).collect();
    let next = rest.next().map(|_| page::token(told + items.len())).unwrap_or_default();
    Ok(Value::map([("ResourceTagMappingList", Value::List(items)), ("PaginationToken", next.into())]))
}

fn all(context: &Context, caller: &Caller) -> Vec<Resource> {
    let instances = fleet::instances(context, caller);
    let instances = instances.iter().map(|instance: &Instance| Resource {
        kind: "ec2:instance",
        arn: caller.arn_of("ec2", &format!("instance/{}", instance.id)),
        tags: instance.tags().into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
    });
    let copies = fleet::copies(context, caller, &caller.tenant);
    let services: BTreeSet<(&str, &str)> = copies
        .iter()
        .map(|copy| (copy.path.name_at(Level::Cluster).unwrap_or_default(), copy.path.name()))
        .collect();
    let services = services.into_iter().map(|(cluster, name)| Resource {
        kind: "ecs:service",
        arn: caller.arn_of("ecs", &format!("service/{cluster}/{name}")),
        tags: BTreeMap::from([("Name".to_owned(), name.to_owned())]),
    });
    let may_read = caller.principal.may(Right::Read, Some(&caller.tenant));
    let state = context.bus.state();
    let parameters = state.parameters(&caller.tenant).all().iter().filter(|_| may_read);
    let parameters = parameters.filter(|(_, parameter)| !parameter.tags.is_empty());
    let parameters = parameters.map(|(key, parameter)| Resource {
        kind: "ssm:parameter",
        arn: caller.arn_of("ssm", &format!("parameter{key}")),
        tags: parameter.tags.clone(),
    });
    instances.chain(services).chain(parameters).collect()
}

fn passes(input: &Value, resource: &Resource) -> bool {
    let mut kinds = input.texts("ResourceTypeFilters").peekable();
    let is_kind = kinds.peek().is_none()
        || kinds.any(|kind| kind == resource.kind || resource.kind.split(':').next() == Some(kind));
    let mut arns = input.texts("ResourceARNList").peekable();
    let is_named = arns.peek().is_none() || arns.any(|arn| arn == resource.arn);
    let has_tags = input.list("TagFilters").iter().all(|filter| {
        let value = filter.text("Key").and_then(|key| resource.tags.get(key));
        let mut wanted = filter.texts("Values").peekable();
        value.is_some_and(|value| wanted.peek().is_none() || wanted.any(|other| other == value))
    });
    is_kind && is_named && has_tags
}

fn mapping(resource: &Resource) -> Value {
    let tag = |(key, value): (&String, &String)| {
        Value::map([("Key", key.as_str().into()), ("Value", value.as_str().into())])
    };
    Value::map([
        ("ResourceARN", resource.arn.as_str().into()),
        ("Tags", Value::List(resource.tags.iter().map(tag).collect())),
    ])
}
