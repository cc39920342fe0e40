//! `/api/v1/channels`, `/routes` and `/notifications`: where problems are told, and what was told.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Body, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting};
use crate::notification::{TIME_MAX, secret};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::tz::TimeZone;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use topmast_api::notification::{
    ChannelRow, ChannelTest, NotificationProblem, NotificationRow, NotificationWhy, NotificationsPlan,
    NotificationsRequest, RouteRow, RouteStep, RouteTime, Says,
};
use topmast_api::page::{LIMIT_MAX, ListQuery, Page};
use topmast_api::problem::ProblemCode;
use topmast_api::route;
use topmast_api::time::Timestamp;
use topmast_engine::{Attempt, End, Notification, Submission, plan_channels, plan_routes, why};
use topmast_model::command::Command;
use topmast_model::event::{Event, EventBody};
use topmast_model::filter::fields::{NOTIFICATIONS, notifications};
use topmast_model::filter::{FieldValue, Filter, Row};
use topmast_model::maintenance::Days;
use topmast_model::notification::{
    Channel, ChannelStatus, NotificationId, Outcome, Schedule, Secret, Why, text,
};
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Principal, Right};
use topmast_model::problem::ProblemId;

/// Rows of a page when nobody says how many.
const LIMIT: u32 = 100;
/// How long the answer of a test is waited for: its own time, and that of one before it.
const TEST_MAX: Duration = TIME_MAX.saturating_add(TIME_MAX);

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::CHANNEL_LIST, channel_list)
        .route(&route::CHANNEL_APPLY, channel_apply)
        .route(&route::CHANNEL_DELETE, channel_delete)
        .route(&route::CHANNEL_TEST, channel_test)
        .route(&route::ROUTE_LIST, route_list)
        .route(&route::ROUTE_APPLY, route_apply)
        .route(&route::ROUTE_DELETE, route_delete)
        .route(&route::NOTIFICATION_LIST, notification_list)
        .route(&route::NOTIFICATION_WHY, notification_why)
}

/// What is for everybody is for whoever may read something; what is of a place for those who may read there.
fn may_see(principal: &Principal, place: Option<&ObjectPath>) -> bool {
    place.is_none_or(|place| principal.may(Right::Read, Some(place)))
}

async fn channel_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<ChannelRow>> {
    let (now, state) = (context.bus.clock().now(), context.bus.state());
    let seen =
        state.channels().filter(|kept| may_see(&authenticated.principal, kept.channel.tenant.as_ref()));
    let rows = seen.map(|kept| {
        let channel = &kept.channel;
        let status =
            if kept.failing_since.is_some() { ChannelStatus::Failing } else { ChannelStatus::Working };
        ChannelRow {
            name: channel.name.clone(),
            kind: channel.kind.as_str().to_owned(),
            tenant: channel.tenant.clone(),
            enabled: channel.enabled,
            status: status.as_str().to_owned(),
            failing_since: kept.failing_since.map(Timestamp),
            delivered_at: kept.delivered_at.map(Timestamp),
            recent: kept.recent(now) as u64,
            text: text::write_channels(vec![channel.hidden()]).unwrap_or_default(),
        }
    });
    Json(Page::whole(rows.collect(), state.last_seq().0))
}

async fn channel_apply(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<NotificationsRequest>,
) -> Result<Json<NotificationsPlan>, Refusal> {
    let NotificationsRequest { text, prune, dry_run } = request;
    let read = text::read_channels(&text).map_err(|error| Refusal::invalid("text", error.to_string()))?;
    let mut channels = Vec::new();
    for channel in &read {
        channels.push(sealed(&context, &authenticated.principal, channel)?);
    }
    let command = Command::ApplyChannels { channels: channels.clone(), prune };
    let submission = Submission { principal: authenticated.principal, command };
    context.bus.authorise(&submission)?;
    let planned = plan_channels(&context.bus.state(), &submission.principal, &channels, prune)?;
    apply(&context, submission, dry_run).await?;
    let topmast_engine::ChannelsPlan { added, changed, unchanged, deleted } = planned;
    Ok(Json(NotificationsPlan { added, changed, unchanged, deleted }))
}

/// The channel as it is kept. A secret that is as it was keeps its seal, so that applying a file again changes nothing.
pub(super) fn sealed(
    context: &Context,
    principal: &Principal,
    channel: &Channel<Secret>,
) -> Result<Channel, Refusal> {
    let kept = context.bus.state().channel(&channel.name).cloned();
    let kept = kept.filter(|kept| principal.may(Right::ManageNotifications, kept.tenant.as_ref()));
    let opened = kept.as_ref().and_then(|kept| secret::open(&context.seal, kept).ok());
    let mut secrets: BTreeMap<String, Secret> = BTreeMap::new();
    if let Some(opened) = &opened {
        let _ = opened.try_map(|place, secret| {
            secrets.insert(place.to_owned(), secret.clone());
            Ok::<_, std::convert::Infallible>(())
        });
    }
    let filled = channel.try_map(|place, secret| match secrets.get(place) {
        _ if !secret.is_hidden() => Ok(secret.clone()),
        Some(kept) => Ok(kept.clone()),
        None => Err(Refusal::invalid(
            "text",
            format!(
                "channel {:?}, {place}: there is no secret yet that <secret> could stand for",
                channel.name
            ),
        )),
    })?;
    filled.check_secrets().map_err(|error| Refusal::invalid("text", error.to_string()))?;
    match kept {
        Some(kept) if opened.as_ref() == Some(&filled) => Ok(kept),
        _ => secret::seal(&context.seal, &filled)
            .map_err(|error| Refusal::new(ProblemCode::Internal, error.to_string())),
    }
}

async fn apply(context: &Context, submission: Submission, dry_run: bool) -> Result<(), Refusal> {
    if dry_run {
        context.bus.rehearse(&submission)?;
    } else {
        context.bus.submit(submission).await?;
    }
    Ok(())
}

async fn channel_delete(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<StatusCode, Refusal> {
    let command = Command::DeleteChannel { name };
    apply(&context, Submission { principal: authenticated.principal, command }, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn channel_test(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<Json<ChannelTest>, Refusal> {
    let principal = &authenticated.principal;
    let channel = context.bus.state().channel(&name).cloned();
    let channel = channel.filter(|channel| may_see(principal, channel.tenant.as_ref()));
    channel.ok_or_else(|| Refusal::not_found("channel", &name))?;
    let Ok(_place) = context.tests.try_acquire() else {
        return Err(Refusal::retry(
            ProblemCode::LimitReached,
            "other channels are being tested; try again",
            5,
        ));
    };
    // Before it begins, so that its end is not missed.
    let events = context.bus.events();
    let command = Command::TestChannel { name };
    let submitted = context.bus.submit(Submission { principal: authenticated.principal, command }).await?;
    let id = submitted.iter().find_map(|event| match &event.body {
        EventBody::NotificationAsked { id, .. } => Some(*id),
        _ => None,
    });
    let id = id.ok_or_else(|| Refusal::new(ProblemCode::Internal, "the test is not in the journal"))?;
    let ended = tokio::time::timeout(TEST_MAX, ended(&context, events, id)).await;
    let (delivered, answer) = ended.unwrap_or_else(|_| {
        (
            false,
            "it is still being sent; `topmast notifications why=test` shows what becomes of it".to_owned(),
        )
    });
    Ok(Json(ChannelTest { delivered, answer }))
}

/// Waits until a notification ended; whether it was delivered, and what the receiver said.
async fn ended(context: &Context, mut events: Receiver<Arc<Event>>, id: NotificationId) -> (bool, String) {
    loop {
        match events.recv().await {
            Ok(event) if !is_end(&event.body, id) => continue,
            Ok(_) | Err(RecvError::Lagged(_)) => {}
            Err(RecvError::Closed) => return (false, "the master is stopping".to_owned()),
        }
        let state = context.bus.state();
        let found = state.notifications().find(|one| one.id == id && one.end.is_some());
        if let Some(found) = found {
            return match (&found.end, found.attempts.last().and_then(|attempt| attempt.outcome.as_ref())) {
                (_, Some(Outcome::Delivered { answer })) => (true, answer.clone()),
                (Some(End::Withdrawn { reason } | End::Refused { reason }), _)
                | (_, Some(Outcome::Failed { reason, .. })) => (false, reason.clone()),
                (_, Some(Outcome::Unknown) | None) => (false, "it is not known whether it came".to_owned()),
            };
        }
    }
}

fn is_end(body: &EventBody, of: NotificationId) -> bool {
    match body {
        EventBody::NotificationFinished { id, .. } | EventBody::NotificationWithdrawn { id, .. } => *id == of,
        // Ends what was to be sent there.
        EventBody::ChannelDeleted { .. } => true,
        _ => false,
    }
}

async fn route_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<RouteRow>> {
    let (now, state) = (context.bus.clock().now(), context.bus.state());
    let routes = state.routes().into_iter();
    let seen = routes.filter(|kept| may_see(&authenticated.principal, kept.route.within.as_ref()));
    let rows = seen.map(|kept| {
        let route = &kept.route;
        RouteRow {
            name: route.name.clone(),
            order: route.order,
            within: route.within.clone(),
            filter: route.filter.as_str().to_owned(),
            severity: route.severity,
            channels: route.channels.clone(),
            schedule: route.schedule.iter().map(time).collect(),
            group_by: word(&route.group.by),
            group_wait: route.group.wait.to_string(),
            repeat: route.repeat.map(|repeat| repeat.to_string()),
            per_hour: route.per_hour,
            escalation: route
                .escalation
                .iter()
                .map(|step| RouteStep { after: step.after.to_string(), channels: step.channels.clone() })
                .collect(),
            goes_on: route.goes_on,
            enabled: route.enabled,
            in_schedule: kept.is_in_schedule(now),
            text: text::write_routes(std::slice::from_ref(route)).unwrap_or_default(),
        }
    });
    Json(Page::whole(rows.collect(), state.last_seq().0))
}

fn time(time: &Schedule) -> RouteTime {
    let weekdays = match &time.on {
        Days::Daily => Some(Vec::new()),
        Days::Weekly(days) => Some(days.iter().map(word).collect()),
        Days::Monthly(_) | Days::MonthlyOn { .. } => None,
    };
    RouteTime { weekdays, at: word(&time.at), lasts: time.lasts.to_string(), zone: time.zone.clone() }
}

/// The word that the text form has.
fn word(value: &impl serde::Serialize) -> String {
    let value = serde_json::to_value(value).unwrap_or_default();
    value.as_str().unwrap_or_default().to_owned()
}

async fn route_apply(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Body(request): Body<NotificationsRequest>,
) -> Result<Json<NotificationsPlan>, Refusal> {
    let NotificationsRequest { text, prune, dry_run } = request;
    let routes = text::read_routes(&text).map_err(|error| Refusal::invalid("text", error.to_string()))?;
    for time in routes.iter().flat_map(|route| &route.schedule) {
        if let Err(error) = TimeZone::get(&time.zone) {
            let message = format!("this master does not know time zone {:?}: {error}", time.zone);
            return Err(Refusal::invalid("zone", message));
        }
    }
    let command = Command::ApplyRoutes { routes: routes.clone(), prune };
    let submission = Submission { principal: authenticated.principal, command };
    context.bus.authorise(&submission)?;
    let planned = plan_routes(&context.bus.state(), &submission.principal, &routes, prune)?;
    apply(&context, submission, dry_run).await?;
    let topmast_engine::RoutesPlan { added, changed, unchanged, deleted } = planned;
    Ok(Json(NotificationsPlan { added, changed, unchanged, deleted }))
}

async fn route_delete(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(name): Named<String>,
) -> Result<StatusCode, Refusal> {
    let command = Command::DeleteRoute { name };
    apply(&context, Submission { principal: authenticated.principal, command }, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn notification_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<NotificationRow>>, Refusal> {
    let filter = query.filter.as_deref().unwrap_or_default();
    let filter = Filter::parse(filter, NOTIFICATIONS)
        .map_err(|error| Refusal::invalid("filter", error.to_string()))?;
    let state = context.bus.state();
    let mut rows: Vec<NotificationRow> =
        state.notifications().flat_map(|notification| rows(&authenticated.principal, notification)).collect();
    rows.retain(|row| filter.matches(&Asks(row)));
    rows.sort_by_key(|row| std::cmp::Reverse((row.time.0, row.id, row.attempt)));
    let total = rows.len() as u64;
    let offset = usize::try_from(query.offset.unwrap_or(0)).unwrap_or(usize::MAX);
    let limit = query.limit.unwrap_or(LIMIT).min(LIMIT_MAX) as usize;
    let items = rows.into_iter().skip(offset).take(limit).collect();
    Ok(Json(Page { items, total, revision: state.last_seq().0, facets: Vec::new(), missing: Vec::new() }))
}

/// The attempts of a notification, of what the principal may read.
fn rows(principal: &Principal, notification: &Notification) -> Vec<NotificationRow> {
    let told = notification.told.iter().filter(|told| principal.may(Right::Read, Some(&told.object)));
    let problems: Vec<NotificationProblem> = told
        .map(|told| NotificationProblem {
            id: told.problem.0,
            object: told.object.clone(),
            notice: told.notice.as_str().to_owned(),
            severity: told.severity,
        })
        .collect();
    let is_seen = if notification.why.is_asked() {
        may_see(principal, notification.within.as_ref())
    } else {
        !problems.is_empty()
    };
    if !is_seen {
        return Vec::new();
    }
    let why = match notification.why {
        Why::Route => "route",
        Why::Reminder => "reminder",
        Why::Escalation { .. } => "escalation",
        Why::Limit => "limit",
        Why::Test => "test",
        Why::Alarm => "alarm",
    };
    let about = about(notification, &problems);
    let row = |time, attempt, (result, reason): (&str, String), next_at| NotificationRow {
        id: notification.id.0,
        time: Timestamp(time),
        attempt,
        problems: problems.clone(),
        channel: notification.channel.clone(),
        route: notification.route.clone(),
        why: why.to_owned(),
        about: about.clone(),
        result: result.to_owned(),
        reason,
        next_at,
    };
    let last = notification.attempts.len();
    let tried = (1..).zip(&notification.attempts).map(|(number, attempt): (usize, &Attempt)| {
        let is_last = number == last;
        let gave_up = is_last && notification.end == Some(End::GivenUp);
        let result = match &attempt.outcome {
            None => ("sending", String::new()),
            Some(Outcome::Delivered { answer }) => ("delivered", answer.clone()),
            Some(Outcome::Failed { reason, .. }) if gave_up => ("given-up", reason.clone()),
            Some(Outcome::Failed { reason, .. }) => ("failed", reason.clone()),
            Some(Outcome::Unknown) => ("unknown", "the master ended meanwhile".to_owned()),
        };
        let next_at = notification.next_at.filter(|_| is_last).map(Timestamp);
        row(attempt.at, number as u64, result, next_at)
    });
    let mut all: Vec<NotificationRow> = tried.collect();
    match &notification.end {
        Some(End::Withdrawn { reason }) => {
            all.push(row(notification.due_at, 0, ("withdrawn", reason.clone()), None));
        }
        Some(End::Refused { reason }) => {
            all.push(row(notification.due_at, 0, ("refused", reason.clone()), None));
        }
        None if last == 0 => all.push(row(notification.due_at, 0, ("waiting", String::new()), None)),
        _ => {}
    }
    all
}

/// What is told, in a line.
fn about(notification: &Notification, problems: &[NotificationProblem]) -> String {
    match (&notification.alarm, problems) {
        (Some(told), _) => format!("alarm {}: {} to {}", told.alarm.name, told.from, told.to.state),
        (None, []) => "a test".to_owned(),
        (None, [one]) => format!("problem {} on {}: {}", one.id, one.object, one.notice),
        (None, [first, rest @ ..]) => format!("problem {} and {} more", first.id, rest.len()),
    }
}

struct Asks<'a>(&'a NotificationRow);

impl Row for Asks<'_> {
    fn values(&self, field: usize, each: &mut dyn FnMut(FieldValue<'_>)) {
        let row = self.0;
        let text = match field {
            notifications::CHANNEL => Some(&row.channel),
            notifications::ROUTE => Some(&row.route),
            notifications::WHY => Some(&row.why),
            notifications::RESULT => Some(&row.result),
            notifications::ABOUT => Some(&row.about),
            notifications::REASON => Some(&row.reason).filter(|reason| !reason.is_empty()),
            _ => None,
        };
        if let Some(text) = text {
            return each(FieldValue::Text(text));
        }
        match field {
            notifications::ID => each(FieldValue::Number(row.id as f64)),
            notifications::TIME => each(FieldValue::Number(row.time.0.0 as f64)),
            notifications::ATTEMPT => each(FieldValue::Number(row.attempt as f64)),
            notifications::PROBLEM => {
                row.problems.iter().for_each(|one| each(FieldValue::Number(one.id as f64)));
            }
            notifications::PATH => {
                row.problems.iter().for_each(|one| each(FieldValue::Text(one.object.as_str())));
            }
            notifications::NOTICE => row.problems.iter().for_each(|one| each(FieldValue::Text(&one.notice))),
            notifications::SEVERITY => {
                row.problems.iter().for_each(|one| each(FieldValue::Text(one.severity.as_str())));
            }
            _ => {}
        }
    }
}

async fn notification_why(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(id): Named<ProblemId>,
) -> Result<Json<NotificationWhy>, Refusal> {
    let (principal, state) = (&authenticated.principal, context.bus.state());
    let problem = state.told_problem(id).filter(|problem| principal.may(Right::Read, Some(problem.object())));
    let found = problem.and_then(|_| why(&state, id, context.bus.clock().now()));
    let found = found.ok_or_else(|| Refusal::not_found("problem", id))?;
    let hidden = |name: &str| {
        let route = state.route(name).and_then(|route| route.within.as_ref());
        let channel = state.channel(name).and_then(|channel| channel.tenant.as_ref());
        !may_see(principal, route) || !may_see(principal, channel)
    };
    let says = |all: Vec<(String, String)>| {
        let seen = all.into_iter().filter(|(name, _)| !hidden(name));
        seen.map(|(name, says)| Says { name, says }).collect()
    };
    Ok(Json(NotificationWhy {
        problem: id.0,
        summary: found.problem,
        routes: says(found.routes),
        channels: says(found.channels),
    }))
}
