//! `GetParameter`, `GetParameters`, `GetParametersByPath`, `GetParameterHistory`.

use super::filter::{Filters, Place};
use super::name::{self, Named};
use super::{Found, not_found, number};
use crate::aws::Caller;
use crate::aws::ssm::{followed, next_page};
use crate::http::Context;
use std::collections::BTreeSet;
use topmast_aws::fault::Kind;
use topmast_aws::{Fault, Value};

/// Parameters of a page, by path.
const BELOW: i64 = 10;
/// Versions of a page.
const HISTORY: i64 = 50;

fn decrypt(input: &Value) -> bool {
    input.boolean("WithDecryption") == Some(true)
}

/// A parameter is told under the name by which it was asked for.
fn told(context: &Context, caller: &Caller, named: &Named<'_>, decrypt: bool) -> Result<Value, Fault> {
    let found = Found::of(context, caller, named)?;
    let name = if named.is_arn { &found.name } else { &named.name };
    found.told(context, caller, name, named.selector.as_ref(), decrypt)
}

pub(super) fn one(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let text = input.text("Name").unwrap_or_default();
    let named = Named::parse(text, caller.account.as_str(), decrypt(input))?;
    Ok(Value::map([("Parameter", told(context, caller, &named, decrypt(input))?)]))
}

pub(super) fn several(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let (mut found, mut invalid) = (Vec::new(), Vec::new());
    let mut seen = BTreeSet::new();
    for text in input.texts("Names").filter(|text| seen.insert(*text)) {
        let told = Named::parse(text, caller.account.as_str(), decrypt(input))
            .and_then(|named| told(context, caller, &named, decrypt(input)));
        match told {
            Ok(told) => found.push(told),
            Err(Fault { kind: Kind::Modelled(shape), .. })
                if matches!(shape.as_ref(), "ParameterNotFound" | "ParameterVersionNotFound") =>
            {
                invalid.push(text);
            }
            Err(fault) => return Err(fault),
        }
    }
    Ok(Value::map([("Parameters", Value::List(found)), ("InvalidParameters", invalid.into())]))
}

pub(super) fn by_path(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let below = name::below(input.text("Path").unwrap_or_default())?;
    let filters = Filters::of(input, Place::Path)?;
    let is_deep = input.boolean("Recursive") == Some(true);
    let after = followed(input)?;
    let most = usize::try_from(input.integer("MaxResults").unwrap_or(BELOW)).unwrap_or(1);
    let found: Vec<(String, Found)> = {
        let state = context.bus.state();
        let parameters = state.parameters(&caller.tenant).all();
        let inside = parameters
            .range(after.as_deref().filter(|after| **after > *below).unwrap_or(&below).to_owned()..)
            .take_while(|(key, _)| key.starts_with(&below))
            .filter(|(key, _)| Some(key.as_str()) != after.as_deref())
            .filter(|(key, _)| is_deep || !key[below.len()..].contains('/'));
        // One more than the page: whether there is another.
        let found = inside.filter_map(|(key, parameter)| {
            let version = filters.version(parameter)?;
            Some((key.clone(), Found::new(parameter, version)))
        });
        found.take(most + 1).collect()
    };
    let next = next_page(found.iter().map(|(key, _)| key.as_str()), most);
    let told: Result<Vec<Value>, Fault> = found
        .iter()
        .take(most)
        .map(|(_, found)| found.told(context, caller, &found.name, None, decrypt(input)))
        .collect();
    Ok(Value::map([("Parameters", Value::List(told?)), ("NextToken", next)]))
}

pub(super) fn history(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let text = input.text("Name").unwrap_or_default();
    let named = Named::parse(text, caller.account.as_str(), true)?;
    let after = followed(input)?.and_then(|after| after.parse().ok()).unwrap_or(0_u64);
    let most = usize::try_from(input.integer("MaxResults").unwrap_or(HISTORY)).unwrap_or(1);
    let found: Vec<Found> = {
        let state = context.bus.state();
        let parameter = state.parameters(&caller.tenant).get(&named.name).ok_or_else(|| not_found(text))?;
        let versions = parameter.versions.range(after.saturating_add(1)..);
        versions.take(most + 1).map(|(number, version)| Found::new(parameter, (*number, version))).collect()
    };
    let numbers: Vec<String> = found.iter().map(|found| found.number.to_string()).collect();
    let next = next_page(numbers.iter().map(String::as_str), most);
    let told: Result<Vec<Value>, Fault> = found
        .iter()
        .take(most)
        .map(|found| {
            let put = &found.version.put;
            let labels: Vec<&str> = found.version.labels.iter().map(String::as_str).collect();
            Ok(Value::map([
                ("Name", found.name.as_str().into()),
                ("Type", put.kind.as_str().into()),
                ("KeyId", put.key.clone().into()),
                ("LastModifiedDate", Value::Timestamp(found.version.put_at.0)),
                ("LastModifiedUser", put.put_by.as_str().into()),
                ("Description", put.description.clone().into()),
                ("Value", found.value(context, caller, decrypt(input))?.into()),
                ("AllowedPattern", put.allowed_pattern.clone().into()),
                ("Version", number(found.number)),
                ("Labels", labels.into()),
                ("Tier", put.tier.as_str().into()),
                ("Policies", Value::List(Vec::new())),
                ("DataType", put.data_type.as_str().into()),
            ]))
        })
        .collect();
    Ok(Value::map([("Parameters", Value::List(told?)), ("NextToken", next)]))
}
