//! `/api/v1/clusters/NAME/…`: a request of a person goes on to a joined cluster as it is, and its answer comes back.
//!
//! What changes something there, and what reads logs, is in this master's journal before it is sent, and again when it
//! was answered.

use crate::federation::{Federation, Join, Noted, PassError, PassedPath, is_upgrade, returned, send};
use crate::http::Context;
use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONNECTION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, UPGRADE};
use axum::http::request::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use futures_util::StreamExt as _;
use futures_util::stream::unfold;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use topmast_api::problem::ProblemCode;
use topmast_api::route::{self, Access, Method, PREFIX, Route};
use topmast_model::id::ActionId;
use topmast_model::principal::Right;

/// What is shown of another cluster is data: whatever it sends, no page of it runs at this master's address.
const POLICY: &str = "default-src 'none'; sandbox";
/// Largest answer that is looked into for the action that was made: one with the most targets has some 10 MB.
const ANSWER_MAX: usize = 64 << 20;
/// What lines of logs come by.
const READS_LOGS: [&str; 3] =
    [route::LOG_TAIL.operation, route::LOG_SEARCH.operation, route::LOG_DOWNLOAD.operation];
/// Time between two looks whether the credentials still hold.
const HOLDS: Duration = Duration::from_secs(1);

/// Passes a request on.
pub(super) async fn cluster_pass(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
    request: Request,
) -> Result<Response, Refusal> {
    let (mut parts, body) = request.into_parts();
    let address = parts.uri.clone();
    let below = address.path().strip_prefix(PREFIX).and_then(|path| path.strip_prefix("clusters/"));
    let (name, path) = below.and_then(|below| below.split_once('/')).unwrap_or_default();
    let path = PassedPath::new(path, address.query())?;
    if Federation::speaks_for(&authenticated.principal).is_none() {
        return Err(nobody(&authenticated));
    }
    let join = context.federation.join(name).ok_or_else(|| Refusal::not_found("joined cluster", name))?;
    let route = route::find(parts.method.as_str(), &format!("{PREFIX}{}", path.path));
    if route.is_some_and(|route| route.access == Access::Public) {
        let detail = "whoever asks for that has to be at that cluster itself; log in there";
        return Err(Refusal::new(ProblemCode::Forbidden, detail));
    }
    let place = join.place().ok_or_else(|| {
        let detail = format!("too many requests wait for {name}; close some, or try again in a moment");
        Refusal::new(ProblemCode::Busy, detail)
    })?;
    let is_noted = is_noted(route, parts.method.as_str(), is_upgrade(&parts.headers));
    let from = parts.extensions.remove::<OnUpgrade>();
    let join = Arc::clone(join);
    let passage = Passage { context, authenticated, join, place, from };
    if !is_noted {
        return passage.pass(&path, &parts, body).await;
    }
    let (path, query) = (path.path.to_owned(), path.query.map(str::to_owned));
    // On its own, so that how it ended is noted although who asked has left.
    let noted = tokio::spawn(passage.pass_noted(path, query, parts, body, makes_action(route)));
    noted.await.unwrap_or_else(|error| Err(Refusal::new(ProblemCode::Internal, error.to_string())))
}

/// A request on its way.
struct Passage {
    context: Arc<Context>,
    authenticated: Authenticated,
    join: Arc<Join>,
    place: OwnedSemaphorePermit,
    from: Option<OnUpgrade>,
}

impl Passage {
    async fn pass(self, path: &PassedPath<'_>, parts: &Parts, body: Body) -> Result<Response, Refusal> {
        let person = Federation::speaks_for(&self.authenticated.principal)
            .ok_or_else(|| nobody(&self.authenticated))?;
        let answer = send(&self.join, person, path, parts, body).await?;
        self.hand_on(answer).await
    }

    /// The same with a note before and after it.
    async fn pass_noted(
        self,
        path: String,
        query: Option<String>,
        parts: Parts,
        body: Body,
        makes_action: bool,
    ) -> Result<Response, Refusal> {
        let (context, principal) = (Arc::clone(&self.context), self.authenticated.principal.clone());
        let noted = Noted::sent(&context, &principal, self.join.name(), parts.method.as_str(), &path).await?;
        let path = PassedPath::new(&path, query.as_deref())?;
        let passed = self.pass(&path, &parts, body).await;
        let (action, passed) = match passed {
            Ok(response) if makes_action => action_of(response).await,
            passed => (None, passed),
        };
        let status = passed.as_ref().ok().map(|response| response.status().as_u16());
        let message = passed.as_ref().err().map(|refusal| refusal.detail().to_owned());
        noted.answered(&context, &principal, status, action, message).await;
        passed
    }

    /// The answer as it comes, for as long as the person's credentials hold here.
    async fn hand_on(self, answer: reqwest::Response) -> Result<Response, Refusal> {
        let mut response = Response::new(Body::empty());
        *response.status_mut() = answer.status();
        *response.headers_mut() = returned(answer.headers());
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
        if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
            let invalid = || Refusal::new(ProblemCode::Invalid, "WebSockets go over HTTP/1.1");
            let to =
                answer.upgrade().await.map_err(|error| Refusal::new(ProblemCode::Busy, error.to_string()))?;
            let Self { context, authenticated, place, from, .. } = self;
            tokio::spawn(carry(context, authenticated, place, from.ok_or_else(invalid)?, to));
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("Upgrade"));
            response.headers_mut().insert(UPGRADE, HeaderValue::from_static("websocket"));
            return Ok(response);
        }
        let Self { context, authenticated, place, .. } = self;
        let ends = Box::pin(ends(context, authenticated));
        let open = Some((answer.bytes_stream(), ends, place));
        let pieces = unfold(open, |open| async move {
            let (mut pieces, mut ends, place) = open?;
            tokio::select! {
                // An end like any other would pass for the whole.
                () = &mut ends => Some((Err(std::io::Error::other("the session has ended")), None)),
                piece = pieces.next() => {
                    Some((piece?.map_err(std::io::Error::other), Some((pieces, ends, place))))
                }
            }
        });
        // A compressor asks once more after the end.
        *response.body_mut() = Body::from_stream(pieces.fuse());
        Ok(response)
    }
}

/// Ends when the credentials hold no longer, or the master stops.
async fn ends(context: Arc<Context>, authenticated: Authenticated) {
    let over = async {
        while authenticated.holds(&context) {
            tokio::time::sleep(HOLDS).await;
        }
    };
    tokio::select! {
        () = over => {}
        () = context.stop.given() => {}
    }
}

/// Why a principal is not spoken for (FE-2, FE-3).
fn nobody(authenticated: &Authenticated) -> Refusal {
    let detail = if authenticated.by_console {
        "joins of joins are not followed; join that cluster itself"
    } else {
        "joined clusters are asked in a person's name, and this is a program's token or key; log in as a user, or \
         ask that cluster with a token of its own"
    };
    Refusal::new(ProblemCode::Forbidden, detail)
}

/// True for what may change something, and for logs: not for what else only reads, though it be by POST, but for shells.
fn is_noted(route: Option<&Route>, method: &str, is_upgrade: bool) -> bool {
    match route {
        Some(route) if READS_LOGS.contains(&route.operation) => true,
        Some(route) if route.access == Access::Needs(Right::Read) => false,
        // A tab's own WebSocket is everybody's.
        Some(route) if route.method == Method::Get => is_upgrade && route.access != Access::Principal,
        Some(_) => true,
        // What this build does not know.
        None => !matches!(method, "GET" | "HEAD") || is_upgrade,
    }
}

fn makes_action(route: Option<&Route>) -> bool {
    route.is_some_and(|route| route.operation == route::ACTION_CREATE.operation)
}

/// Carries a WebSocket's bytes both ways until either side ends it, or the credentials end.
async fn carry(
    context: Arc<Context>,
    authenticated: Authenticated,
    place: OwnedSemaphorePermit,
    from: OnUpgrade,
    mut to: reqwest::Upgraded,
) {
    let Ok(from) = from.await else { return };
    let mut from = TokioIo::new(from);
    tokio::select! {
        // How it ended is known to both sides already.
        _ = tokio::io::copy_bidirectional(&mut from, &mut to) => {}
        () = ends(context, authenticated) => {}
    }
    drop(place);
}

/// The action that an answer tells of, and the answer.
async fn action_of(response: Response) -> (Option<ActionId>, Result<Response, Refusal>) {
    let is_json = |value: &HeaderValue| value.as_bytes().starts_with(b"application/json");
    if !response.status().is_success() || !response.headers().get(CONTENT_TYPE).is_some_and(is_json) {
        return (None, Ok(response));
    }
    let (parts, body) = response.into_parts();
    let bytes = match to_bytes(body, ANSWER_MAX).await {
        Ok(bytes) => bytes,
        Err(error) => return (None, Err(Refusal::new(ProblemCode::OutcomeUnknown, error.to_string()))),
    };
    let told = serde_json::from_slice::<serde_json::Value>(&bytes).unwrap_or_default();
    let id = told["id"].as_str().and_then(|id| id.parse().ok()).map(ActionId);
    (id, Ok(Response::from_parts(parts, Body::from(bytes))))
}

impl From<PassError> for Refusal {
    fn from(error: PassError) -> Self {
        let code = match &error {
            PassError::Path(_) => ProblemCode::NotFound,
            PassError::Away { .. } => ProblemCode::ClusterAway,
            PassError::Silent { .. } => ProblemCode::OutcomeUnknown,
        };
        Self::new(code, error.to_string())
    }
}
