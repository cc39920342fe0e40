//! `/api/v1/{servers,applications,services,tasks}`: lists, watches and single objects, the same for every kind.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Message, Messages, Mounting, stream};
use crate::merged::{self, JoinedRow};
use crate::view::{Applications, Query, Servers, Services, Sight, Tasks, Touched, View};
use crate::watch::{Changes, Pace, messages, only, page_of, past_page_of};
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use serde_json::Value;
use std::sync::Arc;
use topmast_api::live::{LiveEvent, ObjectTopic};
use topmast_api::page::{ListQuery, Page, When};
use topmast_api::route::Route;
use topmast_api::time::Timestamp;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::{Principal, Right};

/// Mounts the three routes of a kind.
pub(super) fn mount<V: View<Row: JoinedRow>>(
    mounting: Mounting,
    list_route: &'static Route,
    watch_route: &'static Route,
    get_route: &'static Route,
) -> Mounting {
    mounting.route(list_route, list::<V>).route(watch_route, watch::<V>).route(get_route, get::<V>)
}

/// Answers with a page of rows.
async fn list<V: View<Row: JoinedRow>>(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<Response, Refusal> {
    let (at, principal) = (query.at, &authenticated.principal);
    let query = Query::parse::<V>(&query)?;
    if let Some(at) = at {
        return Ok(Json(past_list::<V>(&context, principal, &query, at).await?).into_response());
    }
    if merged::is_several(&context, principal) {
        return Ok(stream::first(merged::list::<V>(&context, principal, query).await?));
    }
    let revision = context.revision();
    Ok(Json(page_of::<V>(&context, principal, &query, revision).await?).into_response())
}

/// The list as of a time in the past.
pub(super) async fn past_list<V: View<Row: JoinedRow>>(
    context: &Arc<Context>,
    principal: &Principal,
    query: &Query,
    at: Timestamp,
) -> Result<Page<Arc<V::Row>>, Refusal> {
    let own = |query: Query| async move {
        let past = context.past(at).await?;
        Ok(past_page_of::<V>(&past, principal, &query).await)
    };
    merged::past_list(context, principal, query, at, own).await
}

/// Answers with everything known of one object.
async fn get<V: View>(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
    Asked(when): Asked<When>,
) -> Result<Json<V::Details>, Refusal> {
    let path = readable(&authenticated.principal, &path, V::LEVEL, V::NOUN)?;
    let look = |sight: &Sight<'_>| V::details(sight, &authenticated.principal, &path);
    let details = match when.at {
        Some(at) => context.past(at).await?.see(look),
        None => context.see(look),
    };
    details.map(Json).ok_or_else(|| Refusal::not_found(V::NOUN, &path))
}

/// Answers with a snapshot, then deltas.
async fn watch<V: View<Row: JoinedRow>>(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<impl IntoResponse + use<V>, Refusal> {
    refuse_past(query.at)?;
    let query = Query::parse::<V>(&query)?;
    let place = context.streams.enter()?;
    let watched = merged::list::<V>(&context, &authenticated.principal, query).await?;
    Ok(stream::answer(&context, authenticated, place, None, messages(watched)))
}

/// A stream of what does not change would never say anything more.
pub(super) fn refuse_past(at: Option<Timestamp>) -> Result<(), Refusal> {
    match at {
        None => Ok(()),
        Some(_) => Err(Refusal::invalid("at", "a past does not change; ask for the list as of that time")),
    }
}

/// What a principal is told of one object: everything known of it, again when that changed; of a past once.
pub(super) async fn follow(
    context: &Arc<Context>,
    principal: &Principal,
    ObjectTopic { path, at }: ObjectTopic,
) -> Result<Messages, Refusal> {
    if !principal.may(Right::Read, Some(&path)) {
        return Err(Refusal::not_found("object", &path));
    }
    if let Some(at) = at {
        let value = context.past(at).await?.see(|sight| look_at(sight, principal, &path));
        let value = value.ok_or_else(|| Refusal::not_found("object", &path))?;
        return Ok(only(Message::new(LiveEvent::Value, &value)));
    }
    let changes = Changes::new(context, Pace::ROWS);
    let principal = principal.clone();
    let follower = Follower { context: Arc::clone(context), principal, path, changes, shown: None };
    Ok(unfold(follower, async |mut follower| Some((follower.next().await?, follower))).boxed())
}

/// Somebody who follows an object.
struct Follower {
    context: Arc<Context>,
    principal: Principal,
    path: ObjectPath,
    changes: Changes,
    /// What was told, but for its ages.
    shown: Option<Value>,
}

impl Follower {
    async fn next(&mut self) -> Option<Result<Message, Refusal>> {
        loop {
            if self.shown.is_some() {
                let path = &self.path;
                let touches = |place: &ObjectPath| place.is_within(path) || path.is_within(place);
                self.changes.next(|event| Touched::by(&event.body).any(touches)).await?;
            }
            let Some(value) = look(&self.context, &self.principal, &self.path) else {
                return Some(Err(Refusal::not_found("object", &self.path)));
            };
            let message = Message::new(LiveEvent::Value, &value);
            let value = Some(without_ages(value));
            if self.shown != value {
                self.shown = value;
                return Some(Ok(message));
            }
        }
    }
}

fn look(context: &Context, principal: &Principal, path: &ObjectPath) -> Option<Value> {
    context.see(|sight| look_at(sight, principal, path))
}

/// Everything known of an object to a principal who may read it, whatever its kind.
fn look_at(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<Value> {
    fn details<V: View>(sight: &Sight<'_>, principal: &Principal, path: &ObjectPath) -> Option<Value> {
        serde_json::to_value(V::details(sight, principal, path)?).ok()
    }
    match path.level() {
        Level::Tenant | Level::Cluster => None,
        Level::Server => details::<Servers>(sight, principal, path),
        Level::Application => details::<Applications>(sight, principal, path),
        // A task's path looks like a service's.
        Level::Service => {
            details::<Services>(sight, principal, path).or_else(|| details::<Tasks>(sight, principal, path))
        }
    }
}

/// An age alone is no change, for it always grows (W-3).
fn without_ages(mut value: Value) -> Value {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("age_ms");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    strip(&mut value);
    value
}

/// Reads a path that must be of a level and that the principal may see.
pub(super) fn readable(
    principal: &Principal,
    text: &str,
    level: Level,
    what: &'static str,
) -> Result<ObjectPath, Refusal> {
    let path: ObjectPath = text.parse()?;
    if path.level() != level || !principal.may(Right::Read, Some(&path)) {
        return Err(Refusal::not_found(what, &path));
    }
    Ok(path)
}
