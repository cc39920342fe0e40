//! Parameter Store: values with names, of which every change is a version that can be labelled.
//!
//! A parameter belongs to the account, whatever the region. A `SecureString` is sealed before it becomes a command, so
//! that neither journal nor audit has it in clear; it is opened for who may operate in the whole tenant.
//!
//! Elsewhere: what is kept and its bounds (`topmast_engine::parameter`), what seals (`ssh::seal`).

mod change;
mod describe;
mod filter;
mod get;
mod name;
mod put;

use crate::aws::{Caller, internal};
use crate::bus::SubmitError;
use crate::http::Context;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use name::{Named, Selector};
use std::sync::Arc;
use topmast_aws::{Call, Common, Fault, Value};
use topmast_engine::parameter::{Parameter, Version};
use topmast_engine::{Rejection, Submission};
use topmast_model::command::Command;
use topmast_model::event::Event;
use topmast_model::parameter::{ParameterOrder, ParameterValue, key};
use topmast_model::principal::Right;

/// What values are sealed for; and with it the tenant and the name.
const USAGE: &str = "parameter";

/// Does an operation of parameters; `None` when it is none of them.
pub(super) async fn answer(context: &Context, caller: &Caller, call: &Call) -> Option<Result<Value, Fault>> {
    let (name, input) = (call.operation.name.as_str(), &call.input);
    let reads = |answer: fn(&Context, &Caller, &Value) -> Result<Value, Fault>| {
        caller.needs(Right::Read, &format!("ssm:{name}"))?;
        answer(context, caller, input)
    };
    Some(match name {
        "PutParameter" => put::answer(context, caller, input).await,
        "GetParameter" => reads(get::one),
        "GetParameters" => reads(get::several),
        "GetParametersByPath" => reads(get::by_path),
        "GetParameterHistory" => reads(get::history),
        "DescribeParameters" => reads(describe::answer),
        "DeleteParameter" => change::delete(context, caller, input).await,
        "DeleteParameters" => change::delete_several(context, caller, input).await,
        "LabelParameterVersion" => change::label(context, caller, input).await,
        "UnlabelParameterVersion" => change::unlabel(context, caller, input).await,
        "AddTagsToResource" => change::add_tags(context, caller, input).await,
        "RemoveTagsFromResource" => change::remove_tags(context, caller, input).await,
        "ListTagsForResource" => reads(change::list_tags),
        _ => return None,
    })
}

fn validation(message: impl Into<String>) -> Fault {
    Fault::common(Common::Validation, message)
}

fn not_found(text: &str) -> Fault {
    Fault::modelled("ParameterNotFound", format!("Parameter {text} not found."))
}

fn no_version(number: impl std::fmt::Display, name: &str) -> Fault {
    Fault::modelled(
        "ParameterVersionNotFound",
        format!(
            "Systems Manager could not find version {number} of {name}. Verify the version and try again."
        ),
    )
}

/// The name of a parameter that is told outside.
fn arn(caller: &Caller, name: &str) -> String {
    caller.arn_of("ssm", &format!("parameter{}", key(name)))
}

/// One version of a parameter, away from the state.
struct Found {
    /// Its parameter's name as it was put.
    name: String,
    number: u64,
    version: Version,
}

impl Found {
    fn new(parameter: &Parameter, (number, version): (u64, &Version)) -> Self {
        Self { name: parameter.name.clone(), number, version: version.clone() }
    }

    /// The version that is meant.
    fn of(context: &Context, caller: &Caller, named: &Named<'_>) -> Result<Self, Fault> {
        let state = context.bus.state();
        let missing = || not_found(named.text);
        let parameter = state.parameters(&caller.tenant).get(&named.name).ok_or_else(missing)?;
        let version = match &named.selector {
            None => parameter.newest().ok_or_else(missing)?,
            Some(Selector::Version(number)) => {
                let version = parameter.versions.get(number);
                (*number, version.ok_or_else(|| no_version(number, &named.name))?)
            }
            Some(Selector::Label(label)) => parameter.labelled(label).ok_or_else(|| {
                let message = format!(
                    "Systems Manager could not find label {label} for parameter {}. Verify the label and try again.",
                    named.name
                );
                Fault::modelled("ParameterVersionNotFound", message)
            })?,
        };
        Ok(Self::new(parameter, version))
    }

    /// As `GetParameter` tells it, under a name.
    fn told(
        &self,
        context: &Context,
        caller: &Caller,
        name: &str,
        selector: Option<&Selector>,
        decrypt: bool,
    ) -> Result<Value, Fault> {
        let put = &self.version.put;
        let selector = selector.map(|selector| match selector {
            Selector::Version(number) => format!(":{number}"),
            Selector::Label(label) => format!(":{label}"),
        });
        Ok(Value::map([
            ("Name", name.into()),
            ("Type", put.kind.as_str().into()),
            ("Value", self.value(context, caller, decrypt)?.into()),
            ("Version", number(self.number)),
            ("Selector", selector.into()),
            ("LastModifiedDate", Value::Timestamp(self.version.put_at.0)),
            ("ARN", arn(caller, &self.name).into()),
            ("DataType", put.data_type.as_str().into()),
        ]))
    }

    /// The value in clear, or what it is sealed to.
    fn value(&self, context: &Context, caller: &Caller, decrypt: bool) -> Result<String, Fault> {
        let sealed = match &self.version.put.value {
            ParameterValue::Plain(text) => return Ok(text.to_string()),
            ParameterValue::Sealed(sealed) => &sealed.0,
        };
        if !decrypt {
            // With the padding that AWS' tools expect of base64.
            let bytes = STANDARD_NO_PAD.decode(sealed).map_err(|error| internal(&error))?;
            return Ok(STANDARD.encode(bytes));
        }
        caller.needs(Right::Operate, "kms:Decrypt")?;
        let opened = context.seal.reveal_as(USAGE, &sealed_for(caller, &self.name), sealed);
        opened.map_err(|error| Fault::modelled("InvalidKeyId", error.to_string()))
    }
}

/// What a value of a parameter is sealed for.
fn sealed_for(caller: &Caller, name: &str) -> String {
    format!("{} {}", caller.tenant, key(name))
}

fn number(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// Has something changed, as `action` of AWS'.
async fn submit(
    context: &Context,
    caller: &Caller,
    action: &str,
    order: ParameterOrder,
) -> Result<Vec<Arc<Event>>, Fault> {
    let command = Command::ChangeParameters { tenant: caller.tenant.clone(), order };
    let submission = Submission { principal: caller.principal.clone(), command };
    context.bus.submit(submission).await.map_err(|error| match error {
        SubmitError::Rejected(Rejection::Forbidden { .. }) => caller.denied(action),
        SubmitError::Rejected(Rejection::NotFound { names, .. }) => not_found(&names.first.join(", ")),
        // It was looked at before: somebody else was faster.
        SubmitError::Rejected(Rejection::Conflict { message }) => Fault::modelled("TooManyUpdates", message),
        SubmitError::Rejected(Rejection::LimitReached { message }) => {
            Fault::modelled("ParameterLimitExceeded", message)
        }
        SubmitError::Rejected(rejection) => validation(rejection.to_string()),
        SubmitError::TooLarge(told) => validation(told),
        SubmitError::Busy => Fault::common(Common::Throttling, "Rate exceeded"),
        error => internal(&error),
    })
}
