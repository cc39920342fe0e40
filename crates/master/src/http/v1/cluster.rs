//! `/api/v1/clusters`: the own cluster, and the joined ones with the freshness of each.

mod pass;

use super::overview;
use crate::federation::Join;
use crate::http::authenticate::Authenticated;
use crate::http::problem::Refusal;
use crate::http::{Context, Message, Messages, Mounting, stream};
use crate::watch::{Watched, keep};
use axum::Json;
use axum::extract::State;
use axum::response::IntoResponse;
use futures_util::StreamExt as _;
use pass::cluster_pass;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{MissedTickBehavior, interval};
use tokio_stream::wrappers::IntervalStream;
use topmast_api::cluster::{ClusterCounts, ClusterRow, ClusterStatus};
use topmast_api::live::LiveEvent;
use topmast_api::overview::Overview;
use topmast_api::page::Page;
use topmast_api::route;
use topmast_model::principal::Right;

/// Time between two looks.
const LOOK: Duration = Duration::from_secs(1);

pub(super) fn mount(mounting: Mounting) -> Mounting {
    mounting
        .route(&route::CLUSTER_LIST, cluster_list)
        .route(&route::CLUSTER_WATCH, cluster_watch)
        .route(&route::CLUSTER_PASS_GET, cluster_pass)
        .route(&route::CLUSTER_PASS_POST, cluster_pass)
        .route(&route::CLUSTER_PASS_PUT, cluster_pass)
        .route(&route::CLUSTER_PASS_DELETE, cluster_pass)
}

async fn cluster_list(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Json<Page<ClusterRow>> {
    let overview = overview::own(&context, &authenticated.principal).await;
    let page = page(&context, &authenticated, &*overview);
    keep(overview);
    Json(page)
}

/// Answers with the list, and with another one whenever it is no longer the same.
async fn cluster_watch(
    State(context): State<Arc<Context>>,
    authenticated: Authenticated,
) -> Result<impl IntoResponse, Refusal> {
    let place = context.streams.enter()?;
    let messages = follow(&context, &authenticated).await;
    Ok(stream::answer(&context, authenticated, place, None, messages))
}

/// The list now, and again each second in which it changed.
pub(super) async fn follow(context: &Arc<Context>, authenticated: &Authenticated) -> Messages {
    let (context, authenticated) = (Arc::clone(context), authenticated.clone());
    let overview = overview::own(&context, &authenticated.principal).await;
    let mut told: Option<Vec<ClusterRow>> = None;
    let mut timer = interval(LOOK);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let pages = IntervalStream::new(timer).filter_map(move |_| {
        let now = page(&context, &authenticated, &*overview);
        let rows: Vec<ClusterRow> = now.items.iter().map(steady).collect();
        let is_news = told.as_ref() != Some(&rows);
        told = Some(rows);
        std::future::ready(is_news.then(|| Ok(Message::new(LiveEvent::Snapshot, &now))))
    });
    pages.boxed()
}

/// A row without what is different each second although all is well.
fn steady(row: &ClusterRow) -> ClusterRow {
    let is_well = row.status == ClusterStatus::Up;
    ClusterRow { age_ms: row.age_ms.filter(|_| !is_well), lag_ms: None, ..row.clone() }
}

fn page(context: &Context, authenticated: &Authenticated, overview: &dyn Watched) -> Page<ClusterRow> {
    let (latest, _) = overview.join();
    let own = own(context, serde_json::from_str(&latest.data).unwrap_or_default());
    // A tenant is not told how much the others have; a console is told of this cluster only (FE-3).
    let with_counts = authenticated.principal.may(Right::Read, None);
    let joins: &[Arc<Join>] = if authenticated.by_console { &[] } else { context.federation.joins() };
    let joined = joins.iter().map(|join| join.row(with_counts));
    Page::whole(std::iter::once(own).chain(joined).collect(), context.revision())
}

/// The own cluster, as much of it as the overview's reader may see.
fn own(context: &Context, overview: Overview) -> ClusterRow {
    let Overview { servers, applications, services, tasks, problems, clusters, .. } = overview;
    ClusterRow {
        name: context.config.cluster.clone(),
        is_own: true,
        status: ClusterStatus::Up,
        reason: None,
        url: context.members.own_url().to_owned(),
        version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        age_ms: None,
        lag_ms: None,
        clusters: clusters.into_iter().map(|cluster| cluster.path).collect(),
        counts: Some(ClusterCounts { servers, applications, services, tasks, problems }),
    }
}
