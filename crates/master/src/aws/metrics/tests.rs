//! Metrics on a real file: added up, kept apart, aged, bounded.

use super::*;
use topmast_aws::statistic::Statistic;

const NOW: i64 = 1_800_000_000;
/// Metrics that a tenant may have here.
const MOST: u32 = 10;

fn metric(name: &str, dimensions: &[(&str, &str)]) -> Metric {
    Metric {
        namespace: "Shop".into(),
        name: name.into(),
        dimensions: dimensions.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect(),
    }
}

fn point(second: i64, unit: &str, values: &[f64]) -> Point {
    let summary = Summary::of_values(values.iter().map(|value| (*value, 1.0)));
    Point { second, unit: unit.into(), summary }
}

fn world() -> (tempfile::TempDir, Metrics) {
    let folder = tempfile::tempdir().unwrap();
    let metrics = Metrics::open(folder.path(), MOST).unwrap();
    (folder, metrics)
}

#[test]
fn values_of_the_same_minute_are_added_up_in_any_order_and_stay_after_a_restart() {
    let (folder, metrics) = world();
    let orders = metric("Orders", &[("Till", "1")]);
    metrics.put("acme", &[(orders.clone(), point(NOW, "Count", &[1.0, 2.0]))]).unwrap();
    metrics.put("acme", &[(orders.clone(), point(NOW - 60, "Count", &[7.0]))]).unwrap();
    metrics.put("acme", &[(orders.clone(), point(NOW, "Count", &[3.0]))]).unwrap();
    drop(metrics);
    let metrics = Metrics::open(folder.path(), MOST).unwrap();
    let points = metrics.points("acme", &orders, None, NOW - 60, NOW + 1).unwrap();
    assert_eq!(points, [point(NOW - 60, "Count", &[7.0]), point(NOW, "Count", &[1.0, 2.0, 3.0])]);
    assert_eq!(
        metrics.points("acme", &orders, None, NOW - 60, NOW).unwrap().len(),
        1,
        "the end is not in it"
    );
}

#[test]
fn units_dimensions_and_tenants_are_apart() {
    let (_folder, metrics) = world();
    let (plain, by_till) = (metric("Orders", &[]), metric("Orders", &[("Till", "1")]));
    metrics
        .put(
            "acme",
            &[
                (plain.clone(), point(NOW, "Count", &[1.0])),
                (plain.clone(), point(NOW, "None", &[2.0])),
                (by_till.clone(), point(NOW, "None", &[3.0])),
            ],
        )
        .unwrap();
    metrics.put("bolt", &[(plain.clone(), point(NOW, "None", &[9.0]))]).unwrap();
    let of = |unit| metrics.points("acme", &plain, unit, NOW, NOW + 1).unwrap();
    assert_eq!(of(None).len(), 2);
    assert_eq!(of(Some("None")), [point(NOW, "None", &[2.0])]);
    let names = |tenant, since| -> Vec<Metric> {
        let known = metrics.list(tenant, Some("Shop"), Some("Orders"), since).unwrap();
        known.into_iter().map(|known| known.metric).collect()
    };
    assert_eq!(names("acme", NOW), [by_till, plain.clone()]);
    assert_eq!(names("acme", NOW + 1), []);
    metrics.clear("acme").unwrap();
    assert_eq!(names("acme", NOW), []);
    assert_eq!(metrics.points("acme", &plain, None, NOW, NOW + 1).unwrap(), []);
    assert_eq!(names("bolt", NOW), [plain]);
}

#[test]
fn old_points_get_coarser_and_go() {
    let (_folder, metrics) = world();
    let orders = metric("Orders", &[]);
    let minutes: Vec<_> =
        (0..10).map(|minute| (orders.clone(), point(NOW + minute * 60, "None", &[1.0, 5.0]))).collect();
    metrics.put("acme", &minutes).unwrap();
    let points = || metrics.points("acme", &orders, None, 0, i64::MAX).unwrap();
    metrics.age(NOW + DAY).unwrap();
    assert_eq!(points().len(), 10);
    metrics.age(NOW + 16 * DAY).unwrap();
    let coarse = points();
    assert_eq!(coarse.iter().map(|point| point.second - NOW).collect::<Vec<_>>(), [0, 300]);
    assert_eq!(Statistic::Percentile(100.0).of(&coarse[0].summary), Some(5.0));
    assert!(coarse.iter().map(|point| point.summary.count).eq([10.0, 10.0]));
    metrics.age(NOW + 64 * DAY).unwrap();
    assert!(points().iter().map(|point| point.summary.count).eq([20.0]));
    metrics.age(NOW + 456 * DAY).unwrap();
    assert_eq!(points(), []);
    assert_eq!(metrics.list("acme", None, None, 0).unwrap(), []);
}

/// Metrics of a tenant that has so many.
fn with(metrics: &Metrics, count: u32) {
    let request: Vec<_> =
        (0..count).map(|at| (metric(&at.to_string(), &[]), point(NOW - 60, "None", &[1.0]))).collect();
    metrics.put("acme", &request).unwrap();
}

#[test]
fn a_request_is_taken_whole_or_not() {
    // M-1, M-2
    let (_folder, metrics) = world();
    with(&metrics, MOST);
    let known = metric("1", &[]);
    let request =
        [(known.clone(), point(NOW, "None", &[1.0])), (metric("New", &[]), point(NOW, "None", &[1.0]))];
    assert!(matches!(metrics.put("acme", &request), Err(MetricsError::Full { most: MOST })));
    assert_eq!(metrics.points("acme", &known, None, NOW, i64::MAX).unwrap(), [], "nothing of it was taken");
    metrics.put("acme", &request[..1]).unwrap();
    metrics.put("bolt", &request).unwrap();
}

#[test]
fn the_metrics_of_one_request_are_counted_as_they_come() {
    // M-2
    let (_folder, metrics) = world();
    with(&metrics, MOST - 1);
    let request = ["New", "Newer"].map(|name| (metric(name, &[]), point(NOW, "None", &[1.0])));
    let is_full = |put| matches!(put, Err(MetricsError::Full { .. }));
    assert!(is_full(metrics.put("acme", &request)), "the second is one too many");
    metrics.put("acme", &request[..1]).unwrap();
    assert!(is_full(metrics.put("acme", &request[1..])));
}

#[test]
fn a_metric_that_was_forgotten_or_has_aged_away_comes_back() {
    let (_folder, metrics) = world();
    let [orders, other] = ["Orders", "Other"].map(|name| metric(name, &[]));
    let put = |metric: &Metric, second| {
        metrics.put("acme", &[(metric.clone(), point(second, "None", &[1.0]))]).unwrap();
    };
    let told = |metric| metrics.points("acme", metric, None, 0, i64::MAX).unwrap().len();
    put(&orders, NOW);
    metrics.clear("acme").unwrap();
    // Takes the id that is free now.
    put(&other, NOW);
    put(&orders, NOW);
    assert_eq!((told(&orders), told(&other)), (1, 1));
    metrics.age(NOW + 456 * DAY).unwrap();
    put(&other, NOW);
    assert_eq!((told(&orders), told(&other)), (0, 1));
}

#[test]
fn the_newest_point_is_the_newest_in_any_order() {
    let (folder, metrics) = world();
    let orders = metric("Orders", &[]);
    let put = |metrics: &Metrics, second| {
        metrics.put("acme", &[(orders.clone(), point(second, "None", &[1.0]))]).unwrap();
        metrics.list("acme", None, None, 0).unwrap()[0].newest - NOW
    };
    assert_eq!([0, -60, 60, 30].map(|after| put(&metrics, NOW + after)), [0, 0, 60, 60]);
    drop(metrics);
    let metrics = Metrics::open(folder.path(), MOST).unwrap();
    assert_eq!([0, 60, 61].map(|after| put(&metrics, NOW + after)), [60, 60, 61]);
}
