//! HTTP: one port, one router, built from the API's route table; what is not in it may be the console's.
//!
//! Each route is mounted with its row of the table, and the guard in front of it
//! does what the row says about access; a handler without a row cannot be mounted.
//! A test calls every route without credentials and with too small a role.

pub(crate) mod authenticate;
mod aws;
mod body;
mod console;
mod cookie;
mod journal;
pub(crate) mod problem;
mod stream;
mod ui;
mod v1;

pub(crate) use journal::JournalAccess;
pub(crate) use stream::{Message, Messages, Streams};
pub(crate) use v1::chart::figure_points;
pub(crate) use v1::problem::{PACE as PROBLEM_PACE, ProblemList, look as look_at_problems};

use crate::access::last_seen::LastSeen;
use crate::access::ldap::Directory;
use crate::access::oidc::Oidc;
use crate::access::throttle::LoginThrottle;
use crate::access::verified::VerifiedPasswords;
use crate::aws::instance::Ids;
use crate::aws::logs::AwsLogs;
use crate::aws::metrics::Metrics;
use crate::bus::CommandBus;
use crate::ca::ClusterCa;
use crate::cluster::forward::{Forwarder, forward};
use crate::cluster::{Members, regain};
use crate::config::MasterConfig;
use crate::counters::Counters;
use crate::federation::Federation;
use crate::history::History;
use crate::ingest::Ingest;
use crate::live::LiveModel;
use crate::merged::is_several;
use crate::neighbour::Neighbours;
use crate::notification::Senders;
use crate::package::{PackageStore, gather};
use crate::past::Pasts;
use crate::query::Queries;
use crate::registry::Registry;
use crate::scrape::Scrapes;
use crate::ssh::Readers;
use crate::ssh::seal::Seal;
use crate::statsd::Statsd;
use crate::stop::StopSignal;
use crate::tenant::{Kept, Meters};
use crate::terminal::Terminals;
use crate::view::Sight;
use crate::watch::{Lists, WatchHub};
use crate::zabbix::Zabbix;
use authenticate::Authenticated;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::handler::Handler;
use axum::http::header::UPGRADE;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, get, on};
use console::Speech;
use problem::Refusal;
use std::sync::Arc;
use std::time::Instant;
use tokio::sync::Semaphore;
use topmast_api::problem::ProblemCode;
use topmast_api::route::{Access, Answer, Method, PREFIX, Route};
use topmast_api::session::SecondFactorState;
use topmast_logfile::LogPolicy;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Grant, Principal, Right};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

/// Largest request body: an action on 10,000 targets with long paths.
const BODY_MAX: usize = 2 << 20;

/// What somebody can do who has yet to set a second factor.
const WITHOUT_FACTOR: [&str; 4] =
    ["session_get", "session_close", "second_factor_offer", "second_factor_set"];

/// Everything that handlers and connections share.
pub(crate) struct Context {
    pub(crate) bus: CommandBus,
    pub(crate) live: Arc<LiveModel>,
    pub(crate) history: Arc<History>,
    pub(crate) queries: Queries,
    pub(crate) ingest: Arc<Ingest>,
    pub(crate) scrapes: Scrapes,
    pub(crate) readers: Readers,
    /// What of logs that are read over ssh is hidden.
    pub(crate) logs: LogPolicy,
    pub(crate) seal: Seal,
    pub(crate) senders: Senders,
    /// Channels that are tested at once.
    pub(crate) tests: Semaphore,
    pub(crate) terminals: Terminals,
    pub(crate) packages: PackageStore,
    pub(crate) aws_metrics: Metrics,
    pub(crate) instances: Ids,
    pub(crate) aws_logs: AwsLogs,
    pub(crate) statsd: Statsd,
    pub(crate) zabbix: Zabbix,
    pub(crate) neighbours: Neighbours,
    pub(crate) registry: Arc<Registry>,
    pub(crate) members: Members,
    /// The clusters that are joined.
    /// Carries commands to the active master; none where this one is alone.
    pub(crate) forwarder: Option<Forwarder>,
    pub(crate) meters: Meters,
    pub(crate) watches: WatchHub,
    pub(crate) lists: Lists,
    pub(crate) streams: Streams,
    pub(crate) journal: JournalAccess,
    pub(crate) pasts: Pasts,
    pub(crate) throttle: LoginThrottle,
    pub(crate) verified: VerifiedPasswords,
    pub(crate) last_seen: LastSeen,
    pub(crate) oidc: Option<Oidc>,
    pub(crate) directory: Option<Directory>,
    pub(crate) counters: Counters,
    pub(crate) federation: Federation,
    pub(crate) cluster: ObjectPath,
    pub(crate) ca: ClusterCa,
    pub(crate) config: Arc<MasterConfig>,
    pub(crate) stop: StopSignal,
}

impl Context {
    /// Calls `look` with everything that rows are made of. The writer waits meanwhile: keep it short.
    pub(crate) fn see<T>(&self, look: impl FnOnce(&Sight<'_>) -> T) -> T {
        let state = self.bus.state();
        // Behind the state, which its writer holds as well when it notes what it did.
        let recent = self.bus.recent();
        look(&Sight {
            state: &state,
            recent: &recent,
            live: &self.live,
            registry: &self.registry,
            now: Instant::now(),
            time: self.bus.clock().now(),
        })
    }

    /// Grows with everything that can change a row.
    pub(crate) fn revision(&self) -> u64 {
        self.bus.state().last_seq().0 + self.live.revision()
    }
}

/// The whole router.
pub(crate) fn router(context: Arc<Context>) -> Router {
    v1::mount(Mounting::new(&context))
        .router
        .route(gather::CONTENT, get(gather::content))
        .route(regain::REST, get(regain::rest))
        .fallback(|State(context): State<Arc<Context>>, request: Request| async move {
            // Below the API there is nothing here for whoever asks; what it says of itself does not matter.
            if aws::is_for_us(&request) || !request.uri().path().starts_with(PREFIX) {
                Speech::refuse(request.headers())?;
            }
            if aws::is_for_us(&request) && context.is_standby() {
                return forward(&context, request).await;
            }
            if aws::is_for_us(&request) {
                return Ok(aws::answer(context, request).await);
            }
            ui::answer(ui::embedded, &request).ok_or_else(|| {
                Refusal::new(
                    ProblemCode::NotFound,
                    "there is nothing at this address; GET /api/v1/openapi.json lists what there is",
                )
            })
        })
        .method_not_allowed_fallback(|| async {
            Refusal::new(
                ProblemCode::MethodNotAllowed,
                "this address has no such method; GET /api/v1/openapi.json lists what there is",
            )
        })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(CompressionLayer::new())
        .layer(CatchPanicLayer::custom(|_| {
            Refusal::new(ProblemCode::Internal, "a fault of topmast; its trace is in the master's log")
                .into_response()
        }))
        .layer(from_fn(headers))
        .layer(from_fn_with_state(Arc::clone(&context), origin))
        .with_state(context)
}

/// The operations that have a handler.
#[cfg(test)]
pub(crate) fn mounted_operations(context: &Arc<Context>) -> Vec<&'static str> {
    v1::mount(Mounting::new(context)).mounted
}

/// A router under construction.
pub(crate) struct Mounting {
    router: Router<Arc<Context>>,
    context: Arc<Context>,
    #[cfg(test)]
    mounted: Vec<&'static str>,
}

impl Mounting {
    fn new(context: &Arc<Context>) -> Self {
        Self {
            router: Router::new(),
            context: Arc::clone(context),
            #[cfg(test)]
            mounted: Vec::new(),
        }
    }

    /// Mounts a handler at its row of the table, behind the row's guard.
    pub(crate) fn route<H, T>(mut self, route: &'static Route, handler: H) -> Self
    where
        H: Handler<T, Arc<Context>>,
        T: 'static,
    {
        let method = match route.method {
            Method::Get => MethodFilter::GET,
            Method::Post => MethodFilter::POST,
            Method::Put => MethodFilter::PUT,
            Method::Delete => MethodFilter::DELETE,
        };
        let guarded =
            on(method, handler).layer(from_fn_with_state((Arc::clone(&self.context), route), guard));
        self.router = self.router.route(route.path, guarded);
        #[cfg(test)]
        self.mounted.push(route.operation);
        self
    }
}

/// Authenticates as the route's row demands.
async fn guard(
    State((context, route)): State<(Arc<Context>, &'static Route)>,
    request: Request,
    next: Next,
) -> Result<Response, Refusal> {
    if route.is_for_active() && context.is_standby() {
        return forward(&context, request).await;
    }
    if route.access == Access::Public {
        Speech::refuse(request.headers())?;
        return Ok(next.run(request).await);
    }
    let (mut parts, body) = request.into_parts();
    let authenticated = Authenticated::of(&mut parts, &context).await?;
    admit(&context, &authenticated.principal.grants)?;
    // What reads and what opens a WebSocket may have one address.
    let opens = route.answers == [Answer::WebSocket]
        || route.answers.contains(&Answer::WebSocket) && parts.headers.contains_key(UPGRADE);
    let acts = route.method != Method::Get || opens;
    if authenticated.by_cookie && acts {
        cookie::check_origin(&parts, context.config.tls)?;
    }
    if authenticated.second_factor == Some(SecondFactorState::Due)
        && !WITHOUT_FACTOR.contains(&route.operation)
    {
        return Err(Refusal::new(
            ProblemCode::SecondFactorDue,
            "your role needs a second factor; set one first: in the console, or by `topmast second-factor set`",
        ));
    }
    if let Some(right) = right_here(&context, route.access, &authenticated.principal) {
        Refusal::unless_somewhere(&authenticated.principal, right)?;
    }
    parts.extensions.insert(authenticated);
    Ok(next.run(Request::from_parts(parts, body)).await)
}

/// The right that a principal needs here.
fn right_here(context: &Context, access: Access, principal: &Principal) -> Option<Right> {
    match access {
        Access::InSome(_) if is_several(context, principal) => Some(Right::Read),
        access => access.right(),
    }
}

/// Where a request comes from that another master of the cluster forwarded.
async fn origin(State(context): State<Arc<Context>>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    context.take_forwarded(&mut parts);
    next.run(Request::from_parts(parts, body)).await
}

/// Lets nobody of a suspended tenant in, and of the others as many requests as their quotas say.
fn admit(context: &Context, grants: &[Grant]) -> Result<(), Refusal> {
    match context.meters.admit(&context.bus.state(), grants, Instant::now()) {
        Ok(()) => Ok(()),
        Err(Kept::Suspended(detail)) => Err(Refusal::new(ProblemCode::Forbidden, detail)),
        Err(Kept::Late(detail, wait)) => {
            let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
            Err(Refusal::retry(ProblemCode::TooManyRequests, detail, seconds))
        }
    }
}

/// Headers that every answer carries.
async fn headers(request: Request, next: Next) -> Response {
    use axum::http::HeaderValue;
    use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // What is shown is live: a copy kept on the way would be stale.
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}
