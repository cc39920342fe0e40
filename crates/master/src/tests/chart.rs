//! Charts: what an agent sends is seen in its object's chart, by those who may.

use super::peer::{application, service};
use super::world::{World, path, refused, until};
use topmast_api::chart::{Chart, ChartQuery, Unit, figures_of};
use topmast_api::client::Client;
use topmast_api::problem::ProblemCode;
use topmast_model::sample::Series;
use topmast_model::status::{ApplicationStatus, ServiceStatus};
use topmast_wire::{AgentMessage, FrameEncoder};

async fn chart(client: &Client, of: &str, figures: &str) -> Result<Chart, topmast_api::client::ClientError> {
    let query = ChartQuery { figures: Some(figures.into()), ..ChartQuery::default() };
    client.chart_get(&path(of), &query).await
}

/// A world whose server `db` has a load of 1.5 and a switch with one service.
async fn world() -> (World, super::peer::Agent) {
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
