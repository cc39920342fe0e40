//! Widgets of metrics, read.

use super::*;

fn widget(text: &str) -> Widget {
    Widget::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The mistakes of a widget, each with its place.
fn mistakes(text: &str) -> Vec<(String, String)> {
    match Widget::parse(text) {
        Err(WidgetError::Mistakes(all)) => all.into_iter().map(|one| (one.path, one.message)).collect(),
        other => panic!("{other:?}"),
    }
}

fn parts(widget: &Widget) -> Vec<String> {
    let metrics = widget.entries.iter().map(|entry| match &entry.source {
        Source::Metric { parts, .. } => parts.join("|"),
        Source::Expression { text, .. } => text.clone(),
    });
    metrics.collect()
}

#[test]
fn what_repeats_is_written_short() {
    let told = widget(
        r##"{"metrics": [
            ["Shop", "Orders", "Place", "east", "Kind", "web", {"stat": "Sum"}],
            ["...", "phone"],
            [".", "Returns", ".", "west", ".", ".", {"label": "back", "yAxis": "right", "color": "#0f62b4"}],
            ["...", {"period": 60}],
            [{"expression": "m1 / 2", "id": "e1", "visible": false}],
            ["...", "north", "Kind", "web"]
        ]}"##,
    );
    assert_eq!(
        parts(&told),
        [
            "Shop|Orders|Place|east|Kind|web",
            "Shop|Orders|Place|east|Kind|phone",
            "Shop|Returns|Place|west|Kind|phone",
            "Shop|Returns|Place|west|Kind|phone",
            "m1 / 2",
            "Shop|Returns|Place|north|Kind|web",
        ]
    );
    let back = &told.entries[2];
    assert_eq!(
        (back.label.as_deref(), back.is_right, back.colour.as_deref()),
        (Some("back"), true, Some("#0f62b4"))
    );
    let asked = told.queries((0, 3 * 3_600_000));
    let queries = asked.list("MetricDataQueries");
    let of = |place: usize| queries[place].get("MetricStat").unwrap();
    assert_eq!((of(0).text("Stat"), of(1).text("Stat")), (Some("Sum"), Some("Average")));
    assert_eq!((of(0).integer("Period"), of(3).integer("Period")), (Some(300), Some(60)));
    assert_eq!((queries[4].text("Id"), queries[4].boolean("ReturnData")), (Some("e1"), Some(false)));
    assert_eq!(queries[0].text("Label"), None);
}

#[test]
fn metrics_of_one_name_are_told_apart_by_their_dimensions() {
    let told = widget(
        r#"{"metrics": [["N", "cpu", "I", "i-1", "D", "sda"], ["N", "cpu", "I", "i-2", "D", "sdb"]]}"#,
    );
    let asked = told.queries((0, 1));
    let labels: Vec<_> = asked.list("MetricDataQueries").iter().map(|query| query.text("Label")).collect();
    assert_eq!(labels, [Some("i-1 sda"), Some("i-2 sdb")]);
}

#[test]
fn long_spans_have_longer_periods() {
    let told = widget(r#"{"metrics": [["N", "a", {"period": 60}]], "start": "-P90D"}"#);
    let now = 100 * 86_400_000;
    let span = told.span(now).unwrap();
    assert_eq!(span, (10 * 86_400_000, now));
    let asked = told.queries(span);
    let period = asked.list("MetricDataQueries")[0].get("MetricStat").unwrap().integer("Period").unwrap();
    assert_eq!((period % 60, 90 * 86_400 / period <= POINTS_MAX), (0, true), "{period}");
}

#[test]
fn everything_else_has_its_usual_value() {
    let told = widget(r#"{"metrics": [["N", "a"]]}"#);
    assert_eq!((told.width, told.height, told.view, told.is_stacked), (600, 400, View::TimeSeries, false));
    assert_eq!(told.span(10_800_000), Some((0, 10_800_000)));
    let told = widget(
        r##"{"metrics": [["N", "a"]], "view": "pie", "stacked": true, "width": 1, "height": 2000, "title": "T",
            "legend": {"position": "hidden"}, "timezone": "+0130", "start": "-PT1H", "end": "-PT2H",
            "yAxis": {"left": {"min": 0, "max": 10.5, "label": "ms"}, "right": {"min": null}},
            "annotations": {
                "horizontal": [{"value": 5, "fill": "above", "color": "#f00", "label": "L", "yAxis": "right"},
                    [{"value": 1, "label": "from"}, {"value": 2, "label": "to"}], {"value": 9, "visible": false}],
                "vertical": [{"value": "2018-08-28T15:25:26Z", "label": "deploy"}]}}"##,
    );
    assert_eq!((told.view, told.legend, told.offset.seconds()), (View::Pie, Legend::Hidden, 5_400));
    assert_eq!(told.left, Axis { min: Some(0.0), max: Some(10.5), label: "ms".into() });
    assert_eq!((told.horizontal.len(), told.horizontal[0].fill), (2, Fill::Beyond));
    assert_eq!((told.horizontal[1].to, told.horizontal[1].label.as_str()), (Some(2.0), "from – to"));
    assert!((told.vertical[0].at - 1_535_469_926_000.0).abs() < 0.5);
    assert_eq!(told.span(10_800_000), None, "it ends before it begins");
}

#[test]
fn mistakes_are_told_with_their_places() {
    let check = |text: &str, path: &str, message: &str| {
        assert_eq!(mistakes(text), [(path.to_owned(), message.to_owned())], "{text}");
    };
    check("{}", "", "Should have required property 'metrics'");
    check(r#"{"metrics": 1}"#, "/metrics", "Should be array");
    check(r#"{"metrics": ["a"]}"#, "/metrics/0", "Should be array");
    check(r#"{"metrics": [["a"]]}"#, "/metrics/0", "Should NOT have fewer than 2 items");
    check(r#"{"metrics": [["a", 1]]}"#, "/metrics/0/1", "Should be string");
    check(r#"{"metrics": [["a", "b", "c"]]}"#, "/metrics/0", "Should have a value for each dimension");
    check(r#"{"metrics": [["...", "b"]]}"#, "/metrics/0/0", "Should follow a metric with as many parts");
    check(r#"{"metrics": [["a", "."]]}"#, "/metrics/0/1", "Should follow a metric with as many parts");
    let many = vec![r#"["a", "b"]"#; METRICS_MAX + 1].join(",");
    check(&format!(r#"{{"metrics": [{many}]}}"#), "/metrics", "Should NOT have more than 100 items");
    let with = |rest: &str| format!(r#"{{"metrics": [["a", "b"]], {rest}}}"#);
    check(&with(r#""width": 2001"#), "/width", "Should be <= 2000");
    check(&with(r#""height": 0"#), "/height", "Should be >= 1");
    check(&with(r#""width": "wide""#), "/width", "Should be integer");
    check(&with(r#""view": "chart""#), "/view", "Should be equal to one of the allowed values");
    check(&with(r#""stacked": "yes""#), "/stacked", "Should be boolean");
    check(&with(r#""start": "yesterday""#), "/start", "Should be an ISO 8601 date or period of time");
    check(
        &with(r#""annotations": {"horizontal": [{"label": "a"}]}"#),
        "/annotations/horizontal/0",
        "Should have required property 'value'",
    );
    assert_eq!(Widget::parse("[]"), Err(WidgetError::NotJson));
    assert_eq!(Widget::parse(&" ".repeat(BYTES_MAX + 1)), Err(WidgetError::TooLarge));
    let error = Widget::parse(r#"{"metrics": ["a"]}"#).unwrap_err().to_string();
    let expected = "The metric widget is invalid, there are 1 validation error:\n[\n  {\n    \"dataPath\": \
                    \"/metrics/0\",\n    \"message\": \"Should be array\"\n  }\n]";
    assert_eq!(error, expected);
}
