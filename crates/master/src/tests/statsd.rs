//! StatsD for real: Debian's Python client, bash and plain sockets send, and the history has what they add up to.

use super::ingest::found_in;
use super::senders::start;
use super::world::{World, grants_of, path, until};
use crate::config::StatsdConfig;
use reqwest::StatusCode;
use std::net::SocketAddr;
use tokio::io::AsyncWriteExt as _;
use tokio::net::{TcpStream, UdpSocket};
use topmast_api::tenant::TenantRequest;
use topmast_api::token::TokenRequest;

async fn world(statsd: StatsdConfig) -> (World, SocketAddr) {
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let world = World::start_with(|config| config.statsd = StatsdConfig { listen, ..statsd }).await;
    let address = world.master.statsd_address().unwrap();
    (world, address)
}

/// Waits until the last sample of a series is a value.
async fn becomes(world: &World, series: &str, value: f64) -> Vec<(i64, f64)> {
    let metric = series.split('{').next().unwrap();
    until(async || {
        let found = found_in(world, metric).into_iter().find(|(name, _)| name == series)?.1;
        found.last().is_some_and(|(_, last)| last.to_bits() == value.to_bits()).then_some(found)
    })
    .await
}

async fn figure(world: &World, name: &str) -> u64 {
    let url = format!("{}/api/v1/metrics", world.master.url());
    let answer = reqwest::Client::new().get(url).bearer_auth(&world.secret).send().await.unwrap();
    let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.unwrap_or_else(|| panic!("no {name}")).parse().unwrap()
}

#[tokio::test]
async fn debians_python_client_is_counted() {
    let (world, address) = world(StatsdConfig::default()).await;
    let program = format!(
        "import statsd\n\
         client = statsd.StatsClient('127.0.0.1', {port}, prefix='shop')\n\
         client.incr('orders.paid', 3)\n\
         client.timing('checkout', 320)\n\
         client.gauge('queue', 40)\n\
         client.gauge('queue', -5, delta=True)\n\
         client.set('users', 'ann')\n\
         with client.pipeline() as pipe:\n    pipe.incr('orders.paid')\n    pipe.set('users', 'bob')\n\
         tcp = statsd.TCPStatsClient('127.0.0.1', {port})\n\
         tcp.incr('by_tcp', 7)\n\
         tcp.close()\n",
        port = address.port()
    );
    let folder = tempfile::tempdir().unwrap();
    // The system's Python, for which Debian packages its modules.
    let arguments = ["-c".to_owned(), program];
    let Some(_client) = start("/usr/bin/python3", &arguments, folder.path()) else { return };
    let own = "cluster=\"main\",tenant=\"acme\"";
    let paid = becomes(&world, &format!("shop_orders_paid_total{{{own}}}"), 4.0).await;
    // A beginning, so that what came first is an increase.
    assert_eq!(paid[0].1.to_bits(), 0.0_f64.to_bits());
    becomes(&world, &format!("by_tcp_total{{{own}}}"), 7.0).await;
    becomes(&world, &format!("shop_queue{{{own}}}"), 35.0).await;
    becomes(&world, &format!("shop_users{{{own}}}"), 2.0).await;
    becomes(&world, &format!("shop_checkout_seconds_sum{{{own}}}"), 0.32).await;
    let bucket = |bound: &str| {
        format!("shop_checkout_seconds_bucket{{cluster=\"main\",le=\"{bound}\",tenant=\"acme\"}}")
    };
    becomes(&world, &bucket("0.5"), 1.0).await;
    becomes(&world, &bucket("0.25"), 0.0).await;
}

#[tokio::test]
async fn packets_and_connections_from_elsewhere_are_not_read() {
    // G-1
    let allow = vec!["10.0.0.0/8".to_owned(), "127.0.0.2".to_owned()];
    let (world, address) = world(StatsdConfig { allow, ..StatsdConfig::default() }).await;
    let refused = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    refused.send_to(b"a:1|c", address).await.unwrap();
    let mut connection = TcpStream::connect(address).await.unwrap();
    let _ = connection.write_all(b"a:1|c\n").await;
    until(async || (figure(&world, "topmast_statsd_refused_senders_total").await == 2).then_some(())).await;
    let let_in = UdpSocket::bind("127.0.0.2:0").await.unwrap();
    let_in.send_to(b"a:4|c\n_sc|x|0\nwrong\na:1|c|#zone:z", address).await.unwrap();
    becomes(&world, "a_total{cluster=\"main\",tenant=\"acme\"}", 4.0).await;
    becomes(&world, "a_total{cluster=\"main\",tenant=\"acme\",zone=\"z\"}", 1.0).await;
    for (name, expect) in [("lines", 2), ("passed_over", 1), ("wrong_lines", 1)] {
        assert_eq!(figure(&world, &format!("topmast_statsd_{name}_total")).await, expect, "{name}");
    }
}

#[tokio::test]
async fn lines_are_cut_where_they_end_however_they_come() {
    // G-2
    let (world, address) = world(StatsdConfig::default()).await;
    let mut connection = TcpStream::connect(address).await.unwrap();
    for part in ["a:1|", "c\nb:2|c\nc:", "3|c\n"] {
        connection.write_all(part.as_bytes()).await.unwrap();
    }
    // No line has so many bytes, nor is so much of one held.
    connection.write_all(&vec![b'x'; 100_000]).await.unwrap();
    connection.write_all(b"\nd:4|c").await.unwrap();
    drop(connection);
    for (name, value) in [("a", 1.0), ("b", 2.0), ("c", 3.0), ("d", 4.0)] {
        becomes(&world, &format!("{name}_total{{cluster=\"main\",tenant=\"acme\"}}"), value).await;
    }
    assert!(figure(&world, "topmast_statsd_wrong_lines_total").await > 0);
}

#[tokio::test]
async fn lines_come_by_http_with_a_token_that_writes() {
    // No socket is needed for it.
    let world = World::start().await;
    assert_eq!(world.master.statsd_address(), None);
    let token = async |grant: &str| {
        let request = TokenRequest {
            name: grant.replace([':', '/'], "-"),
            owner: None,
            grants: grants_of(&[grant]),
            expires_in_s: None,
            speaks_for_users: false,
        };
        world.admin.token_create(&request).await.unwrap().secret
    };
    let (writer, viewer) = (token("writer:acme/main").await, token("viewer:acme/main").await);
    let post = async |secret: &str, body: &'static str| {
        let request = reqwest::Client::new().post(format!("{}/api/v1/statsd", world.master.url()));
        let answer = request.bearer_auth(secret).body(body).send().await.unwrap();
        (answer.status(), String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap())
    };
    assert_eq!(post(&viewer, "a:1|c").await.0, StatusCode::FORBIDDEN);
    assert_eq!(post(&writer, "a:1|c\nb:2|g\n").await.0, StatusCode::NO_CONTENT);
    let (status, text) = post(&writer, "a:1|c\nwrong\n").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("1 lines were taken; 1 were not: line 2: it is not NAME:VALUE|TYPE"), "{text}");
    becomes(&world, "a_total{cluster=\"main\",tenant=\"acme\"}", 2.0).await;
    becomes(&world, "b{cluster=\"main\",tenant=\"acme\"}", 2.0).await;
}

#[tokio::test]
async fn series_beyond_the_tenants_quota_are_counted_and_not_kept() {
    let (world, address) = world(StatsdConfig::default()).await;
    let quota = TenantRequest { title: "Acme Ltd".into(), series: Some(1), ..TenantRequest::default() };
    world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    sender.send_to(b"a:1|g\nb:1|g\nc:1|g", address).await.unwrap();
    let series = until(async || {
        let rows = world.admin.tenant_list().await.unwrap().items;
        let series = rows.into_iter().find(|row| row.tenant.as_str() == "acme")?.series;
        (series.refused > 0).then_some(series)
    })
    .await;
    assert_eq!((series.now, series.quota, series.taken), (1, Some(1), 1));
    let kept = ["a", "b", "c"].iter().filter(|name| !found_in(&world, name).is_empty()).count();
    assert_eq!(kept, 1);
}

#[tokio::test]
async fn what_is_beyond_the_tenants_quota_is_counted_and_not_kept() {
    let (world, address) = world(StatsdConfig::default()).await;
    let quota =
        TenantRequest { title: "Acme Ltd".into(), samples_per_s: Some(1), ..TenantRequest::default() };
    world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    let sender = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let lines: Vec<String> = (0..200).map(|number| format!("many.n{number}:1|c")).collect();
    for lines in lines.chunks(50) {
        sender.send_to(lines.join("\n").as_bytes(), address).await.unwrap();
    }
    // What is told first is taken whole; what comes while that is paid for is not.
    let refused_beyond = async |count: u64| {
        until(async || {
            let rows = world.admin.tenant_list().await.unwrap().items;
            let samples = rows.into_iter().find(|row| row.tenant.as_str() == "acme")?.samples;
            (samples.refused > count).then_some(samples)
        })
        .await
    };
    let samples = refused_beyond(0).await;
    assert!(samples.taken >= 200, "{samples:?}");
    sender.send_to(b"late:1|c", address).await.unwrap();
    until(async || (figure(&world, "topmast_statsd_lines_total").await == 201).then_some(())).await;
    refused_beyond(samples.refused).await;
    assert!(found_in(&world, "late_total").is_empty());
}
