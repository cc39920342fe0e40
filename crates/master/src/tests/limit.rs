//! The bounds of the history's series: who breaks one is told which, what it is and what to do; the rest goes on.

use super::ingest::{Sample, Way, problem, request};
use super::world::{World, until};
use crate::config::MasterConfig;
use topmast_api::problem::ProblemCode;
use topmast_api::query::{InstantQuery, QueryResult};
use topmast_model::sample::Series;
use topmast_model::time::UnixMillis;
use topmast_wire::{AgentMessage, FrameEncoder};

/// A master with so many series of all, and of one server or target.
async fn world(all: usize, of_one: usize) -> World {
    let limit = |config: &mut MasterConfig| {
        (config.history.max_series, config.history.max_server_series) = (all, of_one);
    };
    World::start_with(limit).await
}

/// A request with series `m0`, `m1`, ... of one target.
async fn send(way: &Way, count: usize, time: i64) -> reqwest::Response {
    let names: Vec<String> = (0..count).map(|number| format!("m{number}")).collect();
    let labels: Vec<_> = names.iter().map(|name| [("__name__", name.as_str()), ("job", "node")]).collect();
    let samples: Vec<Sample<'_>> = labels.iter().map(|labels| (&labels[..], time, 1.0)).collect();
    way.remote_write(&request(&samples)).await
}

async fn metrics(way: &Way) -> String {
    let client = reqwest::Client::new();
    let request = client.get(format!("{}/api/v1/metrics", way.url())).bearer_auth(&way.world.secret);
    request.send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn sender_of_more_series_than_the_master_takes_is_told_so_and_the_others_go_on() {
    let way = Way::into(world(3, 1_000).await).await;
    assert_eq!(send(&way, 3, way.now).await.status(), 204);
    for second in [1, 2] {
        let told = problem(send(&way, 5, way.now + second * 1_000).await).await;
        // Not to be sent again: it would be refused again.
        assert_eq!((told.status, told.code), (400, ProblemCode::Invalid));
        for text in [
            "3 samples were taken",
            "2 new series were refused: this master, and so its tenant, has at most 3 at one time",
            "history.max_series in master.toml",
            "drop labels whose values keep changing, or raise it",
        ] {
            assert!(told.detail.contains(text), "{told} has no {text:?}");
        }
        assert!(!told.detail.contains("max_server_series"), "{told}");
    }
    for metric in ["m0", "m1", "m2"] {
        assert_eq!(way.found(metric)[0].1.len(), 3, "{metric}");
    }
    assert_eq!(way.found("m3").len(), 0);
    let status = way.world.admin.history_status().await.unwrap();
    assert_eq!((status.series, status.series_max, status.refused_series), (3, 3, 4));
    let metrics = metrics(&way).await;
    for line in [
        "topmast_history_series_count 3",
        "topmast_history_max_series_count 3",
        "topmast_history_refused_series_total 4",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in {metrics}");
    }
}

#[tokio::test]
async fn sender_of_more_series_than_one_target_may_have_is_told_so() {
    let way = Way::into(world(1_000, 1).await).await;
    let told = problem(send(&way, 40, way.now).await).await;
    let text =
        "a server or scrape target has at most 1 at one time (history.max_server_series in master.toml)";
    assert!(told.detail.contains(text) && !told.detail.contains("its tenant"), "{told}");
    let status = way.world.admin.history_status().await.unwrap();
    assert_eq!((status.series + status.refused_series, status.server_series_max), (40, 1));
}

#[tokio::test]
async fn agent_with_more_series_than_a_server_may_have_stays_live_and_its_first_series_are_kept() {
    let world = world(1_000, 3).await;
    let mut agent = world.agent("db").await;
    let now = world.master.context.bus.clock().now().0;
    let mut encoder = FrameEncoder::new();
    let series = |place| Series::new("m", [("place", place)]);
    let series = ["0", "1", "2", "3", "4"].map(|place| encoder.define(&series(place)).unwrap());
    for second in -3..0 {
        let values: Vec<(u32, f64)> = series.iter().map(|index| (*index, 7.0)).collect();
        encoder.tick(UnixMillis(now + second * 1_000), &values).unwrap();
        agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    }
    let query = InstantQuery { query: "sum(count_over_time(m[1m]))".into(), time: None };
    let samples = async || match world.admin.query_instant(&query).await.unwrap().data {
        QueryResult::Vector(found) => {
            (found.first()?.value.1.0 >= 9.0).then(|| found[0].value.1.0.to_string())
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(until(samples).await, "9");
    let status = world.admin.history_status().await.unwrap();
    assert_eq!((status.refused_series, status.server_series_max), (2, 3));
    assert_eq!(world.master.context.live.series_count(), 5);
}
