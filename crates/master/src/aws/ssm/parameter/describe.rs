//! `DescribeParameters`: everything of parameters but their values.

use super::filter::{Filters, Place};
use super::{Found, arn, number};
use crate::aws::Caller;
use crate::aws::ssm::{followed, next_page};
use crate::http::Context;
use topmast_aws::{Fault, Value};

/// Parameters of a page, when nothing is said.
const PAGE: i64 = 10;

pub(super) fn answer(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let filters = Filters::of(input, Place::Describe)?;
    let after = followed(input)?;
    let most = usize::try_from(input.integer("MaxResults").unwrap_or(PAGE)).unwrap_or(1);
    // Other accounts share nothing here.
    let is_shared = input.boolean("Shared") == Some(true);
    let found: Vec<(String, Found)> = {
        let state = context.bus.state();
        let parameters = state.parameters(&caller.tenant).all();
        let rest = parameters.range(after.clone().unwrap_or_default()..).filter(|_| !is_shared);
        let found = rest.filter(|(key, _)| Some(*key) != after.as_ref()).filter_map(|(key, parameter)| {
            let version = filters.version(parameter)?;
            Some((key.clone(), Found::new(parameter, version)))
        });
        found.take(most + 1).collect()
    };
    let next = next_page(found.iter().map(|(key, _)| key.as_str()), most);
    let told = found.iter().take(most).map(|(_, found)| told(caller, found)).collect();
    Ok(Value::map([("Parameters", Value::List(told)), ("NextToken", next)]))
}

fn told(caller: &Caller, found: &Found) -> Value {
    let put = &found.version.put;
    Value::map([
        ("Name", found.name.as_str().into()),
        ("ARN", arn(caller, &found.name).into()),
        ("Type", put.kind.as_str().into()),
        ("KeyId", put.key.clone().into()),
        ("LastModifiedDate", Value::Timestamp(found.version.put_at.0)),
        ("LastModifiedUser", put.put_by.as_str().into()),
        ("Description", put.description.clone().into()),
        ("AllowedPattern", put.allowed_pattern.clone().into()),
        ("Version", number(found.number)),
        ("Tier", put.tier.as_str().into()),
        ("Policies", Value::List(Vec::new())),
        ("DataType", put.data_type.as_str().into()),
    ])
}
