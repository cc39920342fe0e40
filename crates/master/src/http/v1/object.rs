//! `/api/v1/{servers,applications,services,tasks}`: lists, watches and single objects, the same for every kind.

use crate::http::authenticate::Authenticated;
use crate::http::body::{Asked, Named};
use crate::http::problem::Refusal;
use crate::http::{Context, Mounting, stream};
use crate::view::{Query, View};
use crate::watch::{WatchHub, page_of};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::Event;
use futures_util::stream as streams;
use std::sync::Arc;
use tokio::sync::broadcast::error::RecvError;
use topmast_api::page::{ListQuery, Page};
use topmast_api::route::Route;
use topmast_api::watch::HEARTBEAT;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Right;

/// Mounts the three routes of a kind.
pub(super) fn mount<V: View + 'static>(
    mounting: Mounting,
    list_route: &'static Route,
    watch_route: &'static Route,
    get_route: &'static Route,
) -> Mounting {
    mounting.route(list_route, list::<V>).route(watch_route, watch::<V>).route(get_route, get::<V>)
}

/// Answers with a page of rows.
async fn list<V: View + 'static>(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<Json<Page<V::Row>>, Refusal> {
    let query = Query::parse::<V>(&query)?;
    let revision = context.revision();
    Ok(Json(page_of::<V>(&context, &authenticated.principal, &query, revision).await))
}

/// Answers with everything known of one object.
async fn get<V: View>(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Named(path): Named<String>,
) -> Result<Json<V::Details>, Refusal> {
    let path = readable(&authenticated, &path, V::LEVEL, V::NOUN)?;
    context.see(|sight| V::details(sight, &path)).map(Json).ok_or_else(|| Refusal::not_found(V::NOUN, &path))
}

/// Answers with a snapshot, then deltas, for as long as the credentials hold.
async fn watch<V: View + 'static>(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    Asked(query): Asked<ListQuery>,
) -> Result<impl IntoResponse + use<V>, Refusal> {
    let query = Query::parse::<V>(&query)?;
    let place = context.streams.enter()?;
    let watched = WatchHub::watch::<V>(&context, &authenticated.principal, query).await;
    let (snapshot, deltas) = watched.join();
    let begin = (Some(snapshot), deltas, watched, place);
    let stopped = context.stop.given();
    let messages = streams::unfold(begin, move |(snapshot, mut deltas, watched, place)| {
        let (context, authenticated) = (Arc::clone(&context), authenticated.clone());
        async move {
            let event = match snapshot {
                Some(snapshot) => stream::event("snapshot", &snapshot),
                None => match tokio::time::timeout(HEARTBEAT, deltas.recv()).await {
                    Err(_) => stream::heartbeat(),
                    Ok(Ok(delta)) => stream::event("delta", &delta),
                    Ok(Err(RecvError::Lagged(_))) => resynchronise(watched.as_ref(), &mut deltas),
                    Ok(Err(RecvError::Closed)) => return None,
                },
            };
            // Asked after the wait: who lost the right meanwhile is told nothing more.
            authenticated.holds(&context).then_some((event, (None, deltas, watched, place)))
        }
    });
    Ok(stream::answer(stopped, messages))
}

/// A reader that was too slow begins anew.
fn resynchronise(
    watched: &dyn crate::watch::Watched,
    deltas: &mut tokio::sync::broadcast::Receiver<Arc<str>>,
) -> Event {
    let (snapshot, fresh) = watched.join();
    *deltas = fresh;
    stream::event("snapshot", &snapshot)
}

/// Reads a path that must be of a level and that the principal may see.
pub(super) fn readable(
    authenticated: &Authenticated,
    text: &str,
    level: Level,
    what: &'static str,
) -> Result<ObjectPath, Refusal> {
    let path: ObjectPath = text
        .parse()
        .map_err(|error: topmast_model::path::PathError| Refusal::invalid("path", error.to_string()))?;
    if path.level() != level || !authenticated.principal.may(Right::Read, Some(&path)) {
        return Err(Refusal::not_found(what, &path));
    }
    Ok(path)
}
