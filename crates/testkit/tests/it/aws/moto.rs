//! The same scenario on another server of AWS' protocols: what both are asked, both answer, but for what is known.

use super::driver::{Driver, Endpoint};
use super::scenario::{self, Difference};
use crate::journey::free_port;
use anyhow::ensure;
use tokio::net::TcpStream;
use topmast_testkit::process::Process;
use topmast_testkit::wait::{DEADLINE, wait_until};

/// Where moto is not as AWS is. The recordings are of `LocalStack`'s tests, `tests/aws/services/cloudwatch`, which it ran on AWS.
const DIFFERENCES: &[Difference] = &[
    Difference {
        step: "label",
        instead: r#"{"expect": {"MetricDataResults": [{"Id": "a", "Label": "Orders Sum", "Values": [1, 2.5]}]}}"#,
        source: "recording test_get_metric_data_for_multiple_metrics: the label is the metric's name alone",
    },
    Difference {
        step: "no dimensions",
        instead: r#"{"expect": {"Datapoints": [{"Sum": 11}, {"Sum": 2.5}]}}"#,
        source: "recording test_get_metric_with_null_dimensions: none is the metric without any",
    },
    Difference {
        step: "two values",
        instead: r#"{"refused": {"code": "InvalidParameterValue", "message": "are mutually exclusive"}}"#,
        source: "test_put_metric_data_validation, which passed on AWS: InvalidParameterCombination",
    },
    Difference {
        step: "dimension twice",
        instead: "{}",
        source: "what AWS said to dropwizard-metrics-cloudwatch, its issue 3",
    },
    Difference {
        step: "new alarm",
        instead: r#"{"expect": {"MetricAlarms": [{"AlarmName": "boto3-orders", "StateValue": "OK"}]}}"#,
        source: "recording test_describe_minimal_metric_alarm: INSUFFICIENT_DATA at first, not OK",
    },
];

#[tokio::test]
async fn moto_does_the_scenario_but_for_what_is_known() -> anyhow::Result<()> {
    let program = super::driver::python("python-moto").with_file_name("moto_server");
    ensure!(program.exists(), "there is no {}: scripts/setup test installs it", program.display());
    let (folder, port) = (tempfile::tempdir()?, free_port()?);
    let arguments = ["-H", "127.0.0.1", "-p", &port.to_string()];
    let _server = Process::start(&program, arguments, &[], &folder.path().join("log"))?;
    let url = format!("http://127.0.0.1:{port}");
    wait_until("moto listens", DEADLINE, async || TcpStream::connect(("127.0.0.1", port)).await.is_ok())
        .await?;
    let endpoint = Endpoint { url, key: "test".to_owned(), secret: "test".to_owned() };
    let mut names = scenario::times();
    names.insert("client".to_owned(), "boto3".to_owned());
    scenario::play(&mut Driver::boto3("python-aws", &endpoint)?, "moto", &mut names, DIFFERENCES).await
}
