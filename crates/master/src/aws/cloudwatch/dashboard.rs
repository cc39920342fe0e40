//! `PutDashboard`, `GetDashboard`, `ListDashboards`, `DeleteDashboards`.
//!
//! A dashboard belongs to the account, not to a region. It is told as it was put.
//!
//! Elsewhere: what is kept of it and its bounds (`topmast-engine`, `dashboard`).

use super::alarm::put::tags;
use super::invalid;
use crate::aws::{Caller, internal, page};
use crate::bus::SubmitError;
use crate::http::Context;
use topmast_aws::dashboard::{DashboardError, check};
use topmast_aws::{Common, Fault, Value};
use topmast_engine::{Rejection, Submission};
use topmast_model::command::Command;
use topmast_model::dashboard::{BODY_MAX, DashboardOrder, is_name};
use topmast_model::principal::Right;

/// Dashboards of a page.
const PAGE: usize = 1_000;

pub(super) async fn put(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = input.text("DashboardName").unwrap_or_default().to_owned();
    let body = input.text("DashboardBody").unwrap_or_default();
    if !is_name(&name) {
        return Err(invalid(
            "The value for field DashboardName contains invalid characters. It can only contain alphanumerics, dash \
             (-) and underscore (_).\n",
        ));
    }
    if body.len() > BODY_MAX {
        return Err(input_error(format!("The field DashboardBody must not have more than {BODY_MAX} bytes")));
    }
    check(body).map_err(|error| {
        let told = messages(&error);
        input_error(error.to_string()).with("dashboardValidationMessages", Value::List(told))
    })?;
    let order = DashboardOrder::Put { name, body: body.into(), tags: tags(input)? };
    let command = Command::ChangeDashboards { tenant: caller.tenant.clone(), order };
    submit(context, caller, "cloudwatch:PutDashboard", command).await?;
    Ok(Value::map([("DashboardValidationMessages", Value::List(Vec::new()))]))
}

pub(super) fn get(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "cloudwatch:GetDashboard")?;
    let name = input.text("DashboardName").unwrap_or_default();
    let state = context.bus.state();
    let kept = state.dashboards(&caller.tenant).get(name);
    let kept = kept.ok_or_else(|| missing(format!("Dashboard {name} does not exist")))?;
    Ok(Value::map([
        ("DashboardArn", arn(caller, name).into()),
        ("DashboardBody", (&*kept.body).into()),
        ("DashboardName", name.into()),
    ]))
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    caller.needs(Right::Read, "cloudwatch:ListDashboards")?;
    let told = match input.text("NextToken") {
        None => 0,
        Some(token) => page::told(token).ok_or_else(|| invalid("Request parameter NextToken is invalid"))?,
    };
    let prefix = input.text("DashboardNamePrefix").unwrap_or_default();
    let state = context.bus.state();
    let mut fitting =
        state.dashboards(&caller.tenant).iter().filter(|(name, _)| name.starts_with(prefix)).skip(told);
    let entries: Vec<Value> = fitting
        .by_ref()
        .take(PAGE)
        .map(|(name, kept)| {
            Value::map([
                ("DashboardName", name.as_str().into()),
                ("DashboardArn", arn(caller, name).into()),
                ("LastModified", Value::Timestamp(kept.put_at.0)),
                ("Size", i64::try_from(kept.body.len()).unwrap_or(i64::MAX).into()),
            ])
        })
        .collect();
    let next = fitting.next().map_or(Value::Null, |_| Value::Text(page::token(told + entries.len())));
    Ok(Value::map([("DashboardEntries", Value::List(entries)), ("NextToken", next)]))
}

pub(super) async fn delete(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let names: Vec<String> = input.texts("DashboardNames").map(str::to_owned).collect();
    if names.is_empty() {
        return Err(invalid("Need to specify at least 1 dashboard"));
    }
    let order = DashboardOrder::Delete { names };
    let command = Command::ChangeDashboards { tenant: caller.tenant.clone(), order };
    submit(context, caller, "cloudwatch:DeleteDashboards", command).await
}

/// The name of the dashboard that an ARN is of.
pub(super) fn named(arn: &str) -> Option<&str> {
    let (before, name) = arn.split_once(":dashboard/")?;
    before.split(':').nth(2).filter(|service| *service == "cloudwatch").map(|_| name)
}

pub(in crate::aws) fn arn(caller: &Caller, name: &str) -> String {
    caller.global_arn("cloudwatch", &format!("dashboard/{name}"))
}

fn messages(error: &DashboardError) -> Vec<Value> {
    let DashboardError::Mistakes(mistakes) = error else { return Vec::new() };
    let message = |mistake: &topmast_aws::dashboard::Mistake| {
        Value::map([("DataPath", mistake.path.as_str().into()), ("Message", mistake.message.as_str().into())])
    };
    mistakes.iter().map(message).collect()
}

pub(super) async fn submit(
    context: &Context,
    caller: &Caller,
    action: &str,
    command: Command,
) -> Result<Value, Fault> {
    match context.bus.submit(Submission { principal: caller.principal.clone(), command }).await {
        Ok(_) => Ok(Value::empty()),
        Err(SubmitError::Rejected(Rejection::Forbidden { .. })) => Err(caller.denied(action)),
        Err(SubmitError::Rejected(Rejection::NotFound { names, .. })) => {
            Err(missing(format!("The specified dashboard does not exist. [{}]", names.first.join(", "))))
        }
        Err(SubmitError::Rejected(rejection)) => Err(input_error(rejection.to_string())),
        Err(SubmitError::TooLarge(told)) => Err(input_error(told)),
        Err(SubmitError::Busy) => Err(Fault::common(Common::Throttling, "Rate exceeded")),
        Err(error) => Err(internal(&error)),
    }
}

fn input_error(message: String) -> Fault {
    Fault::modelled("DashboardInvalidInputError", message)
}

fn missing(message: String) -> Fault {
    Fault::modelled("DashboardNotFoundError", message)
}
