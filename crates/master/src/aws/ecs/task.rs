//! Tasks: copies of applications while they run.
//!
//! A task's id tells which run of which copy it is: 16 hexadecimal digits of the application's path, 8 of the process'
//! number (0 where none is known), 8 that check both. So a run that is over is known as stopped, though nobody kept it.

use super::cluster::{self, instance_arn};
use super::service::definition_arn;
use super::{asked, cluster_arn, failure, invalid, paged, short, submit, tag};
use crate::aws::fleet::{self, Copy, Order};
use crate::aws::{Caller, instance};
use crate::http::Context;
use std::collections::BTreeMap;
use topmast_aws::{Fault, Value};
use topmast_model::application::Operation;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::status::ApplicationStatus;
use topmast_model::tag::TagTarget;

const STOP: &str = "ecs:StopTask";
/// Hexadecimal digits of the parts of an id that are not the process' number.
const PATH_DIGITS: usize = 16;
const CHECK_DIGITS: usize = 8;

/// The id of a run.
fn id(path: &ObjectPath, pid: u32) -> String {
    let copy = instance::hashed("", path.as_str(), PATH_DIGITS);
    let check = instance::hashed("", &format!("{path} {pid}"), CHECK_DIGITS);
    format!("{copy}{pid:08x}{check}")
}

fn current(copy: &Copy) -> String {
    id(&copy.path, copy.reported.pid.unwrap_or_default())
}

fn arn(caller: &Caller, cluster: &ObjectPath, id: &str) -> String {
    caller.arn_of("ecs", &format!("task/{}/{id}", cluster.name()))
}

/// The ARN of the run of an application with a process' number.
pub(in crate::aws) fn run_arn(caller: &Caller, application: &ObjectPath, pid: u32) -> String {
    let cluster = application.name_at(Level::Cluster).unwrap_or_default();
    caller.arn_of("ecs", &format!("task/{cluster}/{}", id(application, pid)))
}

/// The application whose run a task was.
pub(in crate::aws) fn application(
    context: &Context,
    caller: &Caller,
    cluster: &ObjectPath,
    task: &str,
) -> Option<ObjectPath> {
    let copies = fleet::copies(context, caller, cluster);
    copy_of(&runs(&copies), task).map(|copy| copy.path.clone())
}

/// Copies by the digits that ids begin with.
type Runs<'a> = BTreeMap<String, &'a Copy>;

fn runs(copies: &[Copy]) -> Runs<'_> {
    copies.iter().map(|copy| (instance::hashed("", copy.path.as_str(), PATH_DIGITS), copy)).collect()
}

/// Whose run an id is, if it is one.
fn copy_of<'a>(runs: &Runs<'a>, task: &str) -> Option<&'a Copy> {
    let pid = u32::from_str_radix(task.get(PATH_DIGITS..PATH_DIGITS + 8)?, 16).ok()?;
    runs.get(&task[..PATH_DIGITS]).copied().filter(|copy| id(&copy.path, pid) == task)
}

pub(super) fn list(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let cluster = cluster::named(context, caller, input)?;
    let mut copies = fleet::copies(context, caller, &cluster);
    if let Some(name) = input.text("serviceName").map(short) {
        if !copies.iter().any(|copy| copy.path.name() == name) {
            return Err(Fault::modelled("ServiceNotFoundException", "Service not found."));
        }
        copies.retain(|copy| copy.path.name() == name);
    }
    if let Some(family) = input.text("family") {
        copies.retain(|copy| copy.path.name() == family);
    }
    if let Some(server) = input.text("containerInstance").map(short) {
        copies.retain(|copy| {
            let at = copy.path.ancestor(Level::Server);
            at.is_some_and(|at| short(&instance_arn(caller, &at)) == server)
        });
    }
    if input.text("launchType").is_some_and(|kind| kind != "EXTERNAL") || input.text("startedBy").is_some() {
        copies.clear();
    }
    let is_running = input.text("desiredStatus") != Some("STOPPED");
    copies.retain(|copy| copy.is_stopped() != is_running);
    paged(input, "taskArns", copies.iter().map(|copy| arn(caller, &cluster, &current(copy))).collect())
}

pub(super) fn describe(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let cluster = cluster::named(context, caller, input)?;
    let copies = fleet::copies(context, caller, &cluster);
    let runs = runs(&copies);
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for task in asked(input, "tasks", "Tasks")?.map(short) {
        match copy_of(&runs, task) {
            Some(copy) => {
                let tags = tag::included(context, caller, input, TagTarget::object(copy.path.clone()));
                found.push(told(caller, &cluster, task, copy).with("tags", tags));
            }
            None => failures.push(failure(arn(caller, &cluster, task))),
        }
    }
    Ok(Value::map([("tasks", Value::List(found)), ("failures", Value::List(failures))]))
}

fn told(caller: &Caller, cluster: &ObjectPath, task: &str, copy: &Copy) -> Value {
    let is_over = task != current(copy);
    let status = match copy.status {
        _ if is_over || copy.is_stopped() => "STOPPED",
        ApplicationStatus::Starting => "PENDING",
        ApplicationStatus::Stopping => "STOPPING",
        ApplicationStatus::Failed | ApplicationStatus::Quarantined => "STOPPED",
        // What is not heard from runs as far as anybody knows; that its server is lost is told beside.
        ApplicationStatus::Started | ApplicationStatus::Unknown | ApplicationStatus::Stopped => "RUNNING",
    };
    let is_wanted = !is_over && copy.is_wanted() && copy.ordered != Some(Operation::Restart);
    let health = match copy.status {
        _ if status == "STOPPED" => "UNKNOWN",
        ApplicationStatus::Started => "HEALTHY",
        _ => "UNKNOWN",
    };
    let name = copy.path.name();
    let server = copy.path.ancestor(Level::Server);
    let started = copy.reported.started_at.filter(|_| !is_over).map(|at| at.0);
    let reason = (status == "STOPPED" && !is_over).then(|| copy.reported.cause.to_string());
    let connectivity = if copy.status == ApplicationStatus::Unknown { "DISCONNECTED" } else { "CONNECTED" };
    Value::map([
        ("taskArn", arn(caller, cluster, task).into()),
        ("clusterArn", cluster_arn(caller, cluster).into()),
        ("taskDefinitionArn", definition_arn(caller, name).into()),
        ("containerInstanceArn", server.map(|server| instance_arn(caller, &server)).into()),
        ("group", format!("service:{name}").into()),
        ("launchType", "EXTERNAL".into()),
        ("lastStatus", status.into()),
        ("desiredStatus", if is_wanted { "RUNNING" } else { "STOPPED" }.into()),
        ("healthStatus", health.into()),
        ("connectivity", connectivity.into()),
        ("startedAt", started.map_or(Value::Null, Value::Timestamp)),
        ("stoppedReason", reason.into()),
        ("containers", Value::List(Vec::new())),
    ])
}

/// Stops a copy, which stays stopped.
pub(super) async fn stop(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let cluster = cluster::named(context, caller, input)?;
    let task = short(input.text("task").unwrap_or_default());
    let copies = fleet::copies(context, caller, &cluster);
    let copy = copy_of(&runs(&copies), task).ok_or_else(|| invalid("The referenced task was not found."))?;
    let is_over = task != current(copy) || copy.is_stopped() || copy.ordered == Some(Operation::Stop);
    if is_over {
        caller.may_operate(std::iter::once(&copy.path), STOP)?;
    } else {
        let reason = input.text("reason").map_or_else(|| STOP.to_owned(), |why| format!("{STOP}: {why}"));
        submit(context, caller, &Order::new(Operation::Stop, vec![copy.path.clone()], reason), STOP).await?;
    }
    let copies = fleet::copies(context, caller, &cluster);
    let now = copy_of(&runs(&copies), task).unwrap_or(copy);
    Ok(Value::map([("task", told(caller, &cluster, task, now))]))
}
