//! Charts: what an agent sends is seen in its object's chart, by those who may; soon and long after.

use super::peer::{Agent, application, service};
use super::world::{World, path, refused, until};
use topmast_api::chart::{Chart, ChartQuery, Unit, figures_of};
use topmast_api::client::Client;
use topmast_api::problem::ProblemCode;
use topmast_api::time::Timestamp;
use topmast_model::sample::Series;
use topmast_model::status::{ApplicationStatus, ServiceStatus};
use topmast_model::time::UnixMillis;
use topmast_wire::{AgentMessage, FrameEncoder};

async fn chart(client: &Client, of: &str, figures: &str) -> Result<Chart, topmast_api::client::ClientError> {
    let query = ChartQuery { figures: Some(figures.into()), ..ChartQuery::default() };
    client.chart_get(&path(of), &query).await
}

/// A world whose server `db` has a load of 1.5 and a switch with one service.
async fn world() -> (World, Agent) {
    let world = World::start().await;
    let mut agent = world.agent("db").await;
    agent
        .report(vec![
            application("switch", ApplicationStatus::Started),
            service("switch", "AcqDB", ServiceStatus::Started, &[]),
        ])
        .await;
    let mut encoder = FrameEncoder::new();
    let load = encoder.define(&Series::new("host_load_1", Vec::<(&str, &str)>::new())).unwrap();
    encoder.tick(world.master.context.bus.clock().now(), &[(load, 1.5)]).unwrap();
    agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    (world, agent)
}

#[tokio::test]
async fn chart_shows_each_second_that_was_heard() {
    let (world, _agent) = world().await;
    let chart = until(async || {
        let chart = chart(&world.admin, "acme/main/db", "load1,cpu_pct,load1").await.unwrap();
        chart.figures[0].values.contains(&Some(1.5)).then_some(chart)
    })
    .await;
    assert_eq!((chart.resolution_ms, chart.times.len()), (1_000, 300));
    assert!(chart.times.windows(2).all(|pair| pair[1] == pair[0] + 1_000));
    let figures: Vec<_> = chart.figures.iter().map(|figure| (figure.name.as_str(), figure.unit)).collect();
    assert_eq!(figures, [("load1", Unit::Number), ("cpu_pct", Unit::Percent)]);
    assert!(chart.figures.iter().all(|figure| figure.values.len() == chart.times.len()));
    assert_eq!(chart.figures[0].values[0], None, "nothing is shown of the time before");
    assert!(chart.figures[1].values.iter().all(Option::is_none));
    for of in ["acme/main", "acme/main/db", "acme/main/db/switch", "acme/main/db/switch/AcqDB"] {
        let chart = world.admin.chart_get(&path(of), &ChartQuery::default()).await.unwrap();
        let names: Vec<&str> = chart.figures.iter().map(|figure| figure.name.as_str()).collect();
        let all: Vec<&str> = figures_of(chart.path.level()).iter().map(|figure| figure.name).collect();
        assert_eq!(names, all);
    }
}

#[tokio::test]
async fn chart_is_for_those_who_may_read_the_object_and_names_what_there_is() {
    let (world, _agent) = world().await;
    let (viewer, _) = world.user("eve", &["viewer:acme/main/db/switch"]).await;
    assert!(chart(&viewer, "acme/main/db/switch", "tps").await.is_ok());
    for hidden in ["acme/main", "acme/main/db"] {
        assert_eq!(refused(chart(&viewer, hidden, "tps").await), ProblemCode::NotFound, "{hidden}");
    }
    for missing in ["acme", "acme/other", "acme/main/web", "acme/main/db/batch", "acme/main/db/switch/HSM"] {
        assert_eq!(refused(chart(&world.admin, missing, "tps").await), ProblemCode::NotFound, "{missing}");
    }
    let error = chart(&world.admin, "acme/main/db/switch", "tps,load1").await.unwrap_err();
    let problem = error.problem().unwrap();
    assert_eq!((problem.code, problem.field.as_deref()), (ProblemCode::Invalid, Some("figures")));
    assert_eq!(
        problem.detail,
        "acme/main/db/switch has no figure \"load1\"; there are cpu_pct, memory_bytes, tps, error_pct"
    );
}

/// Time between two ticks of [`half_an_hour`].
const INTERVAL_MS: i64 = 10_000;
const MINUTE_MS: i64 = 60_000;

/// A server that was heard for half an hour until now but for ten minutes in the middle.
///
/// What is counted grows evenly, but faster after the gap; what is measured goes to and fro about a mean.
async fn half_an_hour(world: &World) -> Agent {
    let mut identity = world.enrol("db").await;
    identity.interval_ms = INTERVAL_MS.unsigned_abs();
    let mut agent = Agent::connect(world, identity).await;
    agent
        .report(vec![
            application("switch", ApplicationStatus::Started),
            service("switch", "AcqDB", ServiceStatus::Started, &[]),
        ])
        .await;
    let mut encoder = FrameEncoder::new();
    let mut define = |metric: &str, labels: &[(&str, &str)]| {
        encoder.define(&Series::new(metric, labels.iter().copied())).unwrap()
    };
    let disk = [("mount", "/"), ("device", "/dev/vda"), ("type", "ext4")];
    let acq = [("application", "switch"), ("service", "AcqDB")];
    let [load, total, available, size, free, usable] = [
        define("host_load_1", &[]),
        define("host_memory_total_bytes", &[]),
        define("host_memory_available_bytes", &[]),
        define("host_filesystem_size_bytes", &disk),
        define("host_filesystem_free_bytes", &disk),
        define("host_filesystem_available_bytes", &disk),
    ];
    let [idle, user, received, looped, transactions, errors] = [
        define("host_cpu_seconds_total", &[("cpu", "all"), ("mode", "idle")]),
        define("host_cpu_seconds_total", &[("cpu", "all"), ("mode", "user")]),
        define("host_network_receive_bytes_total", &[("interface", "eth0")]),
        define("host_network_receive_bytes_total", &[("interface", "lo")]),
        define("service_transactions_total", &acq),
        define("service_errors_total", &acq),
    ];
    let p95 = define(
        "service_latency_seconds",
        &[("application", "switch"), ("service", "AcqDB"), ("quantile", "0.95")],
    );
    let now = world.master.context.bus.clock().now().0;
    for tick in (0..180).filter(|tick| !(60..120).contains(tick)) {
        // The last is of now.
        let time = UnixMillis(now - (179 - tick) * INTERVAL_MS);
        let (seconds, swing) = (10.0 * tick as f64, if tick % 2 == 0 { 1.0 } else { -1.0 });
        let late = tick >= 120;
        let values = [
            (load, if late { 3.0 + swing } else { 1.5 + swing }),
            (total, 1_000.0),
            (available, 250.0),
            (size, 100.0),
            (free, 30.0),
            (usable, 20.0),
            (idle, 3.0 * seconds),
            (user, seconds),
            (received, if late { 9_000.0 * (seconds - 1_200.0) + 1e6 } else { 700.0 * seconds }),
            (looped, 1e6 * seconds),
            (transactions, 40.0 * seconds),
            (errors, 10.0 * seconds),
            (p95, 0.2 + swing * 0.1),
        ];
        encoder.tick(time, &values).unwrap();
    }
    agent.link.send(&AgentMessage::Frame(encoder.take().unwrap())).await;
    agent
}

/// The chart of an hour, of which there is half: in steps of a minute.
async fn last_hour(world: &World, of: &str) -> Chart {
    let now = world.master.context.bus.clock().now();
    let since = Some(Timestamp(UnixMillis(now.0 - 60 * MINUTE_MS)));
    let query = ChartQuery { since, points: Some(35), ..ChartQuery::default() };
    world.admin.chart_get(&path(of), &query).await.unwrap()
}

/// The values of a figure before and after the gap of [`half_an_hour`]; what is in the gap must be unknown. Of
/// what goes to and fro without the steps at the edges, which hold a part of it.
fn sides(chart: &Chart, figure: &str) -> [Vec<f64>; 2] {
    let figure = chart.figures.iter().find(|known| known.name == figure).unwrap();
    let known: Vec<usize> = (0..chart.times.len()).filter(|place| figure.values[*place].is_some()).collect();
    let gap = known.windows(2).position(|pair| pair[1] - pair[0] > 1).expect("a gap") + 1;
    let (before, after) = known.split_at(gap);
    for side in [before, after] {
        assert!((10..=11).contains(&side.len()), "{}: {known:?}", figure.name);
        assert!(side.windows(2).all(|pair| pair[1] == pair[0] + 1), "{}: {known:?}", figure.name);
    }
    let edge = usize::from(matches!(&*figure.name, "load1" | "latency_p95_ms"));
    let inner = |side: &[usize]| {
        side[edge..side.len() - edge]
            .iter()
            .filter_map(|place| figure.values[*place].map(f64::from))
            .collect()
    };
    [inner(before), inner(after)]
}

#[tokio::test]
async fn chart_of_an_hour_has_the_averages_of_each_minute_and_the_gap() {
    let world = World::start().await;
    let _agent = half_an_hour(&world).await;
    let chart = until(async || {
        let chart = last_hour(&world, "acme/main/db").await;
        chart.figures[0].values.iter().any(Option::is_some).then_some(chart)
    })
    .await;
    assert_eq!(chart.resolution_ms, 60_000);
    let begun = chart.times[0] - chart.kept_since.unwrap();
    assert!((-MINUTE_MS..=0).contains(&begun), "it begins where the history does: {begun}");
    let check = |chart: &Chart, figure: &str, expected: [f64; 2]| {
        for (values, expected) in sides(chart, figure).iter().zip(expected) {
            for value in values {
                // Values have seven digits.
                assert!((value - expected).abs() <= 1e-5 * expected, "{figure}: {value}, not {expected}");
            }
        }
    };
    check(&chart, "cpu_pct", [25.0; 2]);
    check(&chart, "memory_pct", [75.0; 2]);
    check(&chart, "load1", [1.5, 3.0]);
    check(&chart, "disk_pct", [100.0 * 70.0 / 90.0; 2]);
    check(&chart, "network_rx_bytes_per_s", [700.0, 9_000.0]);
    let swap = chart.figures.iter().find(|figure| figure.name == "swap_pct").unwrap();
    assert!(swap.values.iter().all(Option::is_none), "a server without swap has no share of it");
    for of in ["acme/main", "acme/main/db/switch", "acme/main/db/switch/AcqDB"] {
        let chart = last_hour(&world, of).await;
        check(&chart, "tps", [40.0; 2]);
        check(&chart, "error_pct", [25.0; 2]);
    }
    let service = last_hour(&world, "acme/main/db/switch/AcqDB").await;
    check(&service, "latency_p95_ms", [200.0; 2]);

    // The row of now says the same. There, rates are over the last tick or five seconds, here over a minute, so
    // they are compared where the counters grew evenly.
    let row = world.admin.server_get(&path("acme/main/db")).await.unwrap().row;
    for (figure, shown) in [
        ("cpu_pct", row.cpu_pct),
        ("memory_pct", row.memory_pct),
        ("disk_pct", row.disk_pct),
        ("network_rx_bytes_per_s", row.network_rx_bytes_per_s),
    ] {
        check(&chart, figure, [sides(&chart, figure)[0][0], shown.unwrap()]);
    }

    let world = world.restart().await;
    let again = last_hour(&world, "acme/main/db").await;
    let of = |chart: &Chart| -> Vec<(i64, Option<f32>)> {
        chart.times.iter().copied().zip(chart.figures[0].values.iter().copied()).collect()
    };
    let known = |points: Vec<(i64, Option<f32>)>| points.into_iter().filter(|(_, value)| value.is_some());
    let (before, after): (Vec<_>, Vec<_>) = (known(of(&chart)).collect(), known(of(&again)).collect());
    assert_eq!(after, before, "a restart keeps it");
}
