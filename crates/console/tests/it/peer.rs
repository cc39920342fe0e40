//! A master in miniature: the API's routes and types over fixed rows, on a free port of loopback.

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use serde::Serialize;
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use topmast_api::action::{ActionQuery, ActionRequest, ActionTarget};
use topmast_api::event::EventQuery;
use topmast_api::page::{ListQuery, Page};
use topmast_api::problem::{MEDIA_TYPE, Problem, ProblemCode};
use topmast_api::route;
use topmast_api::watch::WatchView;
use topmast_model::id::ActionId;

/// The only token that is good.
pub(crate) const TOKEN: &str = "tms_good";
const TIME: &str = "2026-03-01T12:00:00.000Z";

/// What the tests look at and set.
#[derive(Default)]
struct Seen {
    last_list: Mutex<ListQuery>,
    last_actions: Mutex<ActionQuery>,
    action_lists: AtomicUsize,
    event_lists: Mutex<Vec<EventQuery>>,
    actions: Mutex<Vec<(ActionId, ActionRequest)>>,
    drop_next: AtomicBool,
    watches: AtomicUsize,
}

/// A running peer; it ends with the test's runtime.
pub(crate) struct Peer {
    /// Its address.
    pub(crate) url: String,
    seen: Arc<Seen>,
}

impl Peer {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let seen = Arc::new(Seen::default());
        let guarded = Router::new()
            .route(route::SESSION_CLOSE.path, delete(|| async { StatusCode::NO_CONTENT }))
            .route(route::SERVER_LIST.path, get(server_list))
            .route(route::APPLICATION_LIST.path, get(application_list))
            .route(route::SERVICE_WATCH.path, get(service_watch))
            .route(route::ACTION_CREATE.path, post(action_create))
            .route(route::ACTION_LIST.path, get(action_list))
            .route(route::ACTION_GET.path, get(action_get))
            .route(route::EVENT_LIST.path, get(event_list))
            .route(route::ACTION_WATCH.path, get(action_watch))
            .route(route::EVENT_STREAM.path, get(event_stream))
            .route(route::AUDIT_VERIFY.path, get(audit_verify))
            .layer(from_fn(authenticate));
        let router = Router::new()
            .route(
                route::LIVENESS_GET.path,
                get(|| async { axum::Json(json!({"status": "ok", "version": "0"})) }),
            )
            .route(route::SESSION_OPEN.path, post(session_open))
            .merge(guarded)
            .with_state(Arc::clone(&seen));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, seen }
    }

    /// The query of the last list.
    pub(crate) fn last_list(&self) -> ListQuery {
        self.seen.last_list.lock().unwrap().clone()
    }

    /// The query of the last list of actions.
    pub(crate) fn last_actions(&self) -> ActionQuery {
        self.seen.last_actions.lock().unwrap().clone()
    }

    /// The queries of all lists of events.
    pub(crate) fn event_lists(&self) -> Vec<EventQuery> {
        self.seen.event_lists.lock().unwrap().clone()
    }

    /// How many different actions were accepted.
    pub(crate) fn actions(&self) -> usize {
        self.seen.actions.lock().unwrap().len()
    }

    /// Accepts the next action, but breaks the connection instead of answering.
    pub(crate) fn drop_next_answer(&self) {
        self.seen.drop_next.store(true, Ordering::SeqCst);
    }
}

fn refuse(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap();
    (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], serde_json::to_string(problem).unwrap()).into_response()
}

async fn authenticate(request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    if given == Some(&format!("Bearer {TOKEN}")) {
        return next.run(request).await;
    }
    refuse(&Problem::new(ProblemCode::Unauthenticated, "the token is wrong or over"))
}

async fn session_open(axum::Json(request): axum::Json<topmast_api::session::SessionRequest>) -> Response {
    if request.password != "correct horse battery" {
        return refuse(&Problem::new(ProblemCode::Unauthenticated, "wrong user or password"));
    }
    let principal = json!({"kind": "user", "name": request.user, "auth": "session", "grants": [{"role": "admin", "path": null}]});
    axum::Json(json!({"token": TOKEN, "expires_at": TIME, "principal": principal})).into_response()
}

async fn server_list(State(seen): State<Arc<Seen>>, Query(query): Query<ListQuery>) -> Response {
    *seen.last_list.lock().unwrap() = query;
    let row = |name: &str, address: &str, role: &str, status: &str| {
        json!({
            "name": name, "address": address, "role": role, "version": "0.1.0", "status": status,
            "cpu_pct": null, "memory_pct": null, "uptime_s": null, "os": null, "age_ms": 12_400, "stale": true,
            "path": format!("acme/main/{name}"), "cluster": "acme/main", "kernel": null, "architecture": null,
            "virtualisation": null, "cpu_count": null, "load1": null, "memory_bytes": null, "memory_used_bytes": null,
            "swap_pct": null, "disk_pct": null, "disk_mount": null, "network_rx_bytes_per_s": null,
            "network_tx_bytes_per_s": null, "applications_started": 1, "applications_total": 1, "services_bad": 0,
            "cpu_trend": [], "labels": {"role": "switch"}, "unit_problems": [], "since": TIME, "cause": "connected", "cause_detail": {"kind": "agent_start"},
            "connected": true, "health": "healthy", "problem": null,
        })
    };
    let mut first = row("pay-1", "10.0.0.11", "master", "UP");
    for (field, value) in [
        ("cpu_pct", json!(12.3)),
        ("memory_pct", json!(61.0)),
        ("uptime_s", json!(187_200)),
        ("os", json!("Debian GNU/Linux 12 (bookworm)")),
        ("age_ms", json!(400)),
        ("stale", json!(false)),
    ] {
        first[field] = value;
    }
    page(&[first, row("pay-2", "10.0.0.12", "agent", "STALE")])
}

fn page(rows: &[Value]) -> Response {
    axum::Json(json!({"items": rows, "total": rows.len(), "revision": 1})).into_response()
}

async fn application_list(Query(query): Query<ListQuery>) -> Response {
    let filter = query.filter.unwrap_or_default();
    if let Some(column) = filter.find("stauts") {
        let column = u32::try_from(column).unwrap() + 1;
        let problem = Problem::new(ProblemCode::InvalidFilter, "there is no field stauts");
        return refuse(&Problem { column: Some(column), ..problem });
    }
    let row = |server: &str| {
        json!({
            "name": "switch", "server": server, "status": "STARTED", "version": null, "restarts": 0, "http_port": null,
            "version_differs": null, "instances_started": 2, "instances_total": 2, "restarts_1h": 0, "restarts_24h": 0,
            "memory_bytes": null, "cpu_pct": null, "started_at": TIME, "cause": "started with the agent",
            "cause_detail": {"kind": "agent_start"}, "path": format!("acme/main/{server}/switch"), "kind": "process",
            "desired": "started", "pid": 7, "since": TIME, "age_ms": 0, "stale": false, "health": "healthy", "problem": null,
        })
    };
    let wrong_name = filter.starts_with("name=") && filter != "name=\"switch\"";
    if wrong_name { page(&[]) } else { page(&[row("pay-1"), row("pay-2")]) }
}

async fn action_create(
    State(seen): State<Arc<Seen>>,
    axum::Json(request): axum::Json<ActionRequest>,
) -> Response {
    if request.dry_run {
        let target = |path| json!({"path": path, "status": "STARTED", "effect": "will be stopped", "batch": 1, "wave": 1});
        let targets: Vec<Value> = request.targets.iter().map(target).collect();
        return axum::Json(
            json!({"operation": request.operation, "guards": [], "approval": [], "targets": targets}),
        )
        .into_response();
    }
    let id = request.id.unwrap();
    {
        let mut actions = seen.actions.lock().unwrap();
        if !actions.iter().any(|(known, _)| *known == id) {
            actions.push((id, request.clone()));
        }
    }
    if seen.drop_next.swap(false, Ordering::SeqCst) {
        // A body shorter than its announced length: the answer is lost on the way.
        let short = Body::from_stream(cut_off(b"{"));
        return (StatusCode::ACCEPTED, [(header::CONTENT_LENGTH, "1000")], short).into_response();
    }
    (StatusCode::ACCEPTED, axum::Json(action(id, &request, "PENDING", None))).into_response()
}

/// One piece, then a broken connection.
fn cut_off(piece: &'static [u8]) -> impl futures_util::Stream<Item = Result<&'static [u8], std::io::Error>> {
    futures_util::stream::iter([Ok(piece), Err(std::io::Error::other("lost"))])
}

fn action(id: ActionId, request: &ActionRequest, status: &str, message: Option<&str>) -> Value {
    let targets: Vec<Value> = request
        .targets
        .iter()
        .map(|path| json!({"path": path, "status": status, "message": message, "started_at": null, "finished_at": null}))
        .collect();
    let typed: Vec<ActionTarget> = serde_json::from_value(json!(targets)).unwrap();
    json!({
        "id": id, "operation": request.operation, "status": status, "principal": "user eve", "auth": "token",
        "reason": request.reason, "created_at": TIME, "completed_at": null, "expires_at": TIME, "targets": targets,
        "counts": topmast_api::action::ActionCounts::of(typed.iter().map(|target| target.status)),
    })
}

async fn action_watch(State(seen): State<Arc<Seen>>, Path(id): Path<ActionId>) -> Response {
    let (_, request) = seen.actions.lock().unwrap().iter().find(|(known, _)| *known == id).cloned().unwrap();
    let (status, message) = match request.reason.as_deref() {
        Some("fail") => ("FAILED", "did not stop within 10 s"),
        Some("unknown") => ("UNKNOWN", "no outcome in time"),
        _ => ("SUCCEEDED", "STARTED as process 7"),
    };
    let running = action(id, &request, "RUNNING", None);
    let done = action(id, &request, status, Some(message));
    stream(&[("snapshot", text(&running)), ("heartbeat", "{}".into()), ("progress", text(&done))])
}

fn stream(events: &[(&str, String)]) -> Response {
    let mut text = String::new();
    for (name, data) in events {
        text.extend(["event: ", name, "\ndata: ", data, "\n\n"]);
    }
    ([(header::CONTENT_TYPE, "text/event-stream")], text).into_response()
}

fn text(data: &impl Serialize) -> String {
    serde_json::to_string(data).unwrap()
}

/// Three connections: a row that breaks, the same row again, then no row at all.
async fn service_watch(State(seen): State<Arc<Seen>>) -> Response {
    let row = |status: &str, codes: &[&str]| -> topmast_api::service::ServiceRow {
        serde_json::from_value(json!({
            "name": "MC_CREDIT", "application": "switch", "server": "pay-1", "status": status, "codes": codes,
            "tps": 12.5, "transactions_total": 1_234_567, "errors_total": 3, "latency_p95_ms": 41.0, "since": TIME,
            "path": "acme/main/pay-1/switch/MC_CREDIT", "error_pct": 0.1, "latency_p50_ms": 12.0, "message": null,
            "age_ms": 0, "stale": false, "health": "healthy", "problem": null,
        }))
        .unwrap()
    };
    let broken = row("MALFUNCTION", &["DISCONN01"]);
    match seen.watches.fetch_add(1, Ordering::SeqCst) {
        0 => {
            let first = Page {
                items: vec![row("STARTED", &[])],
                total: 1,
                revision: 1,
                facets: Vec::new(),
                missing: Vec::new(),
            };
            let mut view = WatchView::new(first.clone());
            let delta = view
                .advance(Page {
                    items: vec![broken],
                    total: 1,
                    revision: 2,
                    facets: Vec::new(),
                    missing: Vec::new(),
                })
                .unwrap();
            stream(&[("snapshot", text(&first)), ("delta", text(&delta))])
        }
        1 => stream(&[(
            "snapshot",
            text(&Page {
                items: vec![broken],
                total: 1,
                revision: 2,
                facets: Vec::new(),
                missing: Vec::new(),
            }),
        )]),
        _ => stream(&[("snapshot", text(&json!({"items": [], "total": 0, "revision": 3})))]),
    }
}

fn event(seq: u64) -> Value {
    json!({
        "seq": seq, "time": TIME, "tenant": "acme", "action": null, "kind": "ServerRemoved", "object": null,
        "actor": {"kind": "master", "name": "master", "auth": "internal", "address": null}, "payload": {},
    })
}

/// Events 9, 7 and 3 on pages that end early, as those of a master that looks for rare events.
async fn event_list(State(seen): State<Arc<Seen>>, Query(query): Query<EventQuery>) -> Response {
    let before = query.before.map_or(10, |seq| seq.0);
    seen.event_lists.lock().unwrap().push(query);
    let next = [8, 4].into_iter().find(|next| *next < before);
    axum::Json(json!({"items": [event(before - 1)], "head_seq": 9, "next": next})).into_response()
}

async fn action_list(State(seen): State<Arc<Seen>>, Query(query): Query<ActionQuery>) -> Response {
    *seen.last_actions.lock().unwrap() = query;
    let listed = seen.action_lists.fetch_add(1, Ordering::SeqCst);
    let status = if listed == 0 { "RUNNING" } else { "SUCCEEDED" };
    page(&[action(ActionId(uuid::Uuid::nil()), &restart(), status, None)])
}

fn restart() -> ActionRequest {
    let target = "acme/main/pay-1/switch".parse().unwrap();
    ActionRequest {
        reason: Some("new key".into()),
        ..ActionRequest::new(topmast_model::application::Operation::Restart, vec![target])
    }
}

async fn action_get(Path(id): Path<ActionId>) -> Response {
    axum::Json(action(id, &restart(), "FAILED", Some("did not stop within 10 s"))).into_response()
}

/// Two events a connection.
async fn event_stream(headers: HeaderMap, Query(query): Query<EventQuery>) -> Response {
    let last = headers.get("last-event-id").map(|id| id.to_str().unwrap().parse::<u64>().unwrap());
    let last = last.or(query.after.map(|seq| seq.0)).unwrap_or(0);
    let message = |seq| format!("id: {seq}\nevent: event\ndata: {}\n\n", event(seq));
    let text: String = (last + 1..=last + 2).map(message).collect();
    ([(header::CONTENT_TYPE, "text/event-stream")], text).into_response()
}

async fn audit_verify() -> Response {
    let found = json!({"records": 7, "head_seq": 6, "head_hash": "ab", "ok": false, "problem": "record 7 was changed"});
    axum::Json(found).into_response()
}
