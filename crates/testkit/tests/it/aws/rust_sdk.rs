//! The SDK for Rust, in the protocol that it chooses: CBOR of indefinite length, compressed when it is long.

use super::relay::Relay;
use super::{access_key, driver::Endpoint};
use crate::journey::{Terminal, free_port, payment_switch_at};
use anyhow::{Context, ensure};
use aws_sdk_cloudwatch::config::{BehaviorVersion, Config, Credentials, Region};
use aws_sdk_cloudwatch::config::{retry::RetryConfig, timeout::TimeoutConfig};
use aws_sdk_cloudwatch::error::ProvideErrorMetadata as _;
use aws_sdk_cloudwatch::primitives::DateTime;
use aws_sdk_cloudwatch::types::{
    AlarmHistoryItem, ComparisonOperator, Dimension, DimensionFilter, HistoryItemType, Metric, MetricAlarm,
    MetricDataQuery, MetricDatum, MetricStat, ScanBy, StandardUnit, StateValue, Statistic,
};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::json;
use topmast_model::principal::Role;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::wait::{DEADLINE, wait_for};

const NAMESPACE: &str = "Shop/rust";
const ALARM: &str = "rust-fault";

/// HTTP for the SDK by the client that is here anyway: no second one, and no TLS.
#[derive(Debug, Clone, Default)]
struct Http(reqwest::Client);

impl HttpConnector for Http {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let http = self.0.clone();
        HttpConnectorFuture::new(async move {
            let method = request.method().parse::<reqwest::Method>();
            let method = method.map_err(|error| ConnectorError::user(Box::new(error)))?;
            let body =
                request.body().bytes().ok_or_else(|| ConnectorError::user("a body in parts".into()))?;
            let mut sent = http.request(method, request.uri()).body(body.to_vec());
            for (name, value) in request.headers() {
                sent = sent.header(name, value);
            }
            let answer = sent.send().await.map_err(|error| ConnectorError::io(Box::new(error)))?;
            let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
            let body = answer.bytes().await.map_err(|error| ConnectorError::io(Box::new(error)))?;
            let status =
                StatusCode::try_from(status).map_err(|error| ConnectorError::user(Box::new(error)))?;
            let mut response = HttpResponse::new(status, SdkBody::from(body));
            for (name, value) in &headers {
                let value = value.to_str().map_err(|error| ConnectorError::user(Box::new(error)))?;
                response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
            }
            Ok(response)
        })
    }
}

fn client(endpoint: &Endpoint) -> aws_sdk_cloudwatch::Client {
    let http = SharedHttpConnector::new(Http::default());
    let http: SharedHttpClient = http_client_fn(move |_, _| http.clone());
    let config = Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("us-east-1"))
        .endpoint_url(&endpoint.url)
        .credentials_provider(Credentials::new(&endpoint.key, &endpoint.secret, None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .http_client(http)
        .build();
    aws_sdk_cloudwatch::Client::from_conf(config)
}

fn dimension(name: &str, value: &str) -> Dimension {
    Dimension::builder().name(name).value(value).build()
}

/// Seconds of a whole minute, some minutes ago.
fn begin() -> i64 {
    (jiff::Timestamp::now().as_second() - 900).div_euclid(60) * 60
}

#[tokio::test]
async fn the_sdk_for_rust_puts_reads_and_sees_an_alarm_fire() -> anyhow::Result<()> {
    let mut fleet = TestFleet::start("rust-sdk").await?;
    let port = free_port()?;
    fleet.add_agent("demo", &[payment_switch_at(port)?]).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    terminal.shows("services", "name=MC_CREDIT status=STARTED tps>0", 1).await?;
    let relay = Relay::start(fleet.url()).await?;
    let key = access_key(&fleet, "rust", &[Role::Admin]).await?;
    let client = client(&Endpoint { url: relay.url.clone(), ..key });
    metrics(&client).await.context("metrics")?;
    dashboards(&client).await.context("dashboards")?;
    alarm(&client, port).await.context("alarm")?;
    let seen: Vec<String> = relay.seen().into_iter().collect();
    ensure!(seen == ["application/cbor", "gzip"], "{seen:?}");
    terminal.done(&["stop", "payment-switch"]).await?;
    Ok(fleet.finish()?)
}

async fn metrics(client: &aws_sdk_cloudwatch::Client) -> anyhow::Result<()> {
    let (begin, zone) = (begin(), dimension("Zone", "a"));
    let datum = |place: i64, value: f64| {
        let time = DateTime::from_secs(begin + 60 * place);
        let datum = MetricDatum::builder().metric_name("Orders").dimensions(zone.clone()).timestamp(time);
        datum.value(value).unit(StandardUnit::Count).build()
    };
    let put = || client.put_metric_data().namespace(NAMESPACE);
    put().metric_data(datum(0, 1.0)).metric_data(datum(1, 2.5)).send().await?;
    // Longer than what the SDK sends uncompressed.
    let mut many = put();
    for _ in 0..20 {
        let latency = MetricDatum::builder().metric_name("Latency").timestamp(DateTime::from_secs(begin));
        let latency = (1..=100).fold(latency, |datum, value| datum.values(f64::from(value)).counts(1.0));
        many = many.metric_data(latency.unit(StandardUnit::Milliseconds).build());
    }
    many.send().await?;

    let listed = client.list_metrics().namespace(NAMESPACE).metric_name("Orders").send().await?;
    ensure!(listed.metrics().len() == 1 && listed.metrics()[0].dimensions() == [zone.clone()], "{listed:?}");

    let span = (DateTime::from_secs(begin), DateTime::from_secs(begin + 300));
    let told = client.get_metric_statistics().namespace(NAMESPACE).metric_name("Latency").period(60);
    let told = told.start_time(span.0).end_time(span.1).statistics(Statistic::SampleCount);
    let told = told.extended_statistics("p50").send().await;
    let told = told.err().context("statistics of both kinds are refused")?.into_service_error();
    ensure!(told.is_invalid_parameter_combination_exception(), "{told:?}");
    let told = client.get_metric_statistics().namespace(NAMESPACE).metric_name("Latency").period(60);
    let told = told.start_time(span.0).end_time(span.1).extended_statistics("p50").send().await?;
    let p50 = told.datapoints()[0].extended_statistics().and_then(|all| all.get("p50"));
    ensure!(p50 == Some(&50.5), "{told:?}");

    let metric = Metric::builder().namespace(NAMESPACE).metric_name("Orders").dimensions(zone).build();
    let stat = MetricStat::builder().metric(metric).period(60).stat("Sum").build();
    let queries = [
        MetricDataQuery::builder().id("a").metric_stat(stat).return_data(false).build(),
        MetricDataQuery::builder().id("b").expression("a * 2").label("twice ${MAX}").build(),
    ];
    let read = client.get_metric_data().set_metric_data_queries(Some(queries.to_vec()));
    let read = read.start_time(span.0).end_time(span.1).scan_by(ScanBy::TimestampAscending);
    let page = read.into_paginator().send().next().await.context("no page")??;
    let [result] = page.metric_data_results() else { anyhow::bail!("{page:?}") };
    ensure!(result.values() == [2.0, 5.0] && result.label() == Some("twice 5"), "{result:?}");
    ensure!(result.timestamps() == [begin, begin + 60].map(DateTime::from_secs), "{result:?}");

    let refused = put().metric_data(MetricDatum::builder().metric_name("a").value(1.0).values(1.0).build());
    let error = refused.send().await.err().context("a value and values are refused")?.into_service_error();
    let message = "The parameters MetricData.member.1.Value and MetricData.member.1.Values are mutually exclusive and you have specified both.";
    ensure!(
        error.is_invalid_parameter_combination_exception() && error.message() == Some(message),
        "{error:?}"
    );
    Ok(())
}

async fn dashboards(client: &aws_sdk_cloudwatch::Client) -> anyhow::Result<()> {
    let body = r#"{"widgets": []}"#;
    client.put_dashboard().dashboard_name("rust").dashboard_body(body).send().await?;
    let told = client.get_dashboard().dashboard_name("rust").send().await?;
    ensure!(told.dashboard_body() == Some(body), "{told:?}");
    client.delete_dashboards().dashboard_names("rust").send().await?;
    let gone = client.get_dashboard().dashboard_name("rust").send().await.err().context("it is gone")?;
    ensure!(gone.into_service_error().is_dashboard_not_found_error());
    Ok(())
}

async fn alarm(client: &aws_sdk_cloudwatch::Client, demo: u16) -> anyhow::Result<()> {
    let service = DimensionFilter::builder().name("Service").value("MC_CREDIT").build();
    let of = || client.list_metrics().namespace("Topmast/Service").metric_name("error_pct");
    let found = of().dimensions(service).send().await?;
    let [metric] = found.metrics() else { anyhow::bail!("{found:?}") };
    let put =
        client.put_metric_alarm().alarm_name(ALARM).namespace("Topmast/Service").metric_name("error_pct");
    let put = put.set_dimensions(Some(metric.dimensions().to_vec())).statistic(Statistic::Maximum).period(10);
    let put = put.evaluation_periods(1).threshold(50.0).treat_missing_data("ignore");
    put.comparison_operator(ComparisonOperator::GreaterThanThreshold).send().await?;
    is_in(client, &StateValue::Ok).await?;
    let fault = json!({"kind": "malfunction", "service": "MC_CREDIT", "code": "DISCONN01"});
    let url = format!("http://127.0.0.1:{demo}/fault");
    reqwest::Client::new().post(url).json(&fault).send().await?.error_for_status()?;
    is_in(client, &StateValue::Alarm).await?;
    let history =
        client.describe_alarm_history().alarm_name(ALARM).history_item_type(HistoryItemType::StateUpdate);
    let history = history.max_records(1).send().await?;
    let told = history.alarm_history_items().first().and_then(AlarmHistoryItem::history_summary);
    ensure!(told == Some("Alarm updated from OK to ALARM"), "{history:?}");
    client.delete_alarms().alarm_names(ALARM).send().await?;
    let left = client.describe_alarms().alarm_names(ALARM).send().await?;
    ensure!(left.metric_alarms().is_empty(), "{left:?}");
    let unknown = client.set_alarm_state().alarm_name(ALARM).state_value(StateValue::Ok).state_reason("gone");
    let error = unknown.send().await.err().context("it is gone")?.into_service_error();
    ensure!(error.is_resource_not_found() && error.code() == Some("ResourceNotFound"), "{error:?}");
    Ok(())
}

/// Waits until the alarm is in a state.
async fn is_in(client: &aws_sdk_cloudwatch::Client, state: &StateValue) -> anyhow::Result<()> {
    let look = async || match client.describe_alarms().alarm_names(ALARM).send().await {
        Ok(told) if told.metric_alarms().first().and_then(MetricAlarm::state_value) == Some(state) => {
            Some(Ok(()))
        }
        Ok(_) => None,
        Err(error) => Some(Err(error.into())),
    };
    wait_for(&format!("{ALARM} is {state}"), DEADLINE, look).await?
}
