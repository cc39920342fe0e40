//! The switch's HTTP port: what it shows of itself, and how it is broken.
//!
//! ```text
//! GET  /topmast/v1/services          services and tasks, as the agent reads them
//! GET  /metrics                      Prometheus text
//! GET  /actuator/health, /actuator/metrics[/NAME]   as Spring Boot answers
//! GET  /health                       200, or 503 while Platform is in MALFUNCTION
//! GET, POST, DELETE /fault    PUT /rate    POST /task/end-of-day
//! POST /services/NAME/sign-on, sign-off, reset
//! ```
//!
//! Invariants
//! - While the fault `hang` is in force the first four do not answer; the control routes always do.
//! - A request body over [`BODY_MAX`] is refused unread; every refusal is `application/problem+json`.

mod actuator;
mod control;
mod metrics;
mod network;
mod problem;
mod requests;
mod services;

use crate::fault::Order;
use crate::log::Line;
use crate::simulate::Switch;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post, put};
use problem::Problem;
use requests::Requests;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::{mpsc, watch};

/// Largest request body: the longest sensible fault is a hundred bytes.
const BODY_MAX: usize = 16 * 1024;

/// What the HTTP handlers and the main loop share.
#[derive(Debug)]
pub(crate) struct Shared {
    switch: Mutex<Switch>,
    requests: Mutex<Requests>,
    orders: mpsc::Sender<Order>,
    hanging: watch::Sender<bool>,
}

impl Shared {
    /// Shares a switch; orders to end the process go to `orders`.
    pub(crate) fn new(switch: Switch, orders: mpsc::Sender<Order>) -> Self {
        Self {
            switch: Mutex::new(switch),
            requests: Mutex::default(),
            orders,
            hanging: watch::Sender::new(false),
        }
    }

    fn switch(&self) -> MutexGuard<'_, Switch> {
        // A panic under the lock leaves counters that are still worth showing.
        self.switch.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn requests(&self) -> MutexGuard<'_, Requests> {
        self.requests.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Moves the switch on by `ticks` and returns what it logged.
    pub(crate) fn tick(&self, ticks: u64, now: u64) -> Vec<Line> {
        let mut switch = self.switch();
        let lines = (0..ticks).flat_map(|_| switch.tick(now)).collect();
        self.publish(&switch);
        lines
    }

    /// Lets waiting requests go on, or makes new ones wait, as the faults say.
    fn publish(&self, switch: &Switch) {
        let hangs = switch.faults.hangs();
        self.hanging.send_if_modified(|hanging| std::mem::replace(hanging, hangs) != hangs);
    }
}

/// Serves until `stopped` becomes true, then finishes the open requests.
pub(crate) async fn serve(listener: TcpListener, shared: Arc<Shared>, mut stopped: watch::Receiver<bool>) {
    let until_stopped = async move {
        let _ = stopped.wait_for(|stopped| *stopped).await;
    };
    if let Err(error) = axum::serve(listener, router(shared)).with_graceful_shutdown(until_stopped).await {
        Line::error(format!("http server ended: {error}")).write();
    }
}

/// All routes.
fn router(shared: Arc<Shared>) -> Router {
    let shown = Router::new()
        .route("/topmast/v1/services", get(services::services_show))
        .route("/metrics", get(metrics::metrics_show))
        .route("/actuator/health", get(actuator::health_show))
        .route("/actuator/metrics", get(actuator::metric_list))
        .route("/actuator/metrics/{name}", get(actuator::metric_show))
        .route("/health", get(services::health_show))
        .route_layer(middleware::from_fn_with_state(Arc::clone(&shared), wait_while_hanging));
    let control = Router::new()
        .route("/fault", get(control::fault_list).post(control::fault_create).delete(control::fault_clear))
        .route("/rate", put(control::rate_update))
        .route("/task/{name}", post(control::task_start))
        .route("/services/{service}/sign-on", post(network::sign_on))
        .route("/services/{service}/sign-off", post(network::sign_off))
        .route("/services/{service}/reset", post(network::reset));
    shown
        .merge(control)
        .fallback(|| async { Problem::not_found("there is nothing at this path") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(BODY_MAX))
        .layer(middleware::from_fn_with_state(Arc::clone(&shared), requests::count_answered))
        .with_state(shared)
}

async fn wait_while_hanging(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    let mut hanging = shared.hanging.subscribe();
    let _ = hanging.wait_for(|hanging| !hanging).await;
    next.run(request).await
}

#[cfg(test)]
mod tests;
