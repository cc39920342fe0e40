//! Zabbix' senders for real: Debian's `zabbix_sender` brings values, and whatever else may come to the port.

use super::ingest::found_in;
use super::world::{World, path, until, within};
use crate::config::ZabbixConfig;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::process::Command;
use topmast_api::tenant::TenantRequest;
use topmast_ingest::zabbix::{frame, unframe};

async fn world(allow: &[&str]) -> (World, SocketAddr) {
    let allow = allow.iter().map(|network| (*network).to_owned()).collect();
    let listen = Some("127.0.0.1:0".parse().unwrap());
    let world = World::start_with(|config| config.ingest.zabbix = ZabbixConfig { listen, allow }).await;
    let address = world.master.zabbix_address().unwrap();
    (world, address)
}

/// What `zabbix_sender` prints; `None` when it is not there.
async fn send(address: SocketAddr, arguments: &[&str], input: &str) -> Option<(bool, String)> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("values");
    std::fs::write(&file, input).unwrap();
    let port = address.port().to_string();
    let mut command = Command::new("/usr/bin/zabbix_sender");
    command.args(["-z", "127.0.0.1", "-p", &port, "-vv"]).args(arguments);
    if !input.is_empty() {
        command.arg("-i").arg(&file);
    }
    match within(command.output()).await {
        Ok(output) => {
            let text = [output.stdout, output.stderr].concat();
            Some((output.status.success(), String::from_utf8(text).unwrap()))
        }
        Err(error) => {
            println!("skipped: zabbix_sender cannot be started ({error}); scripts/setup test installs it");
            None
        }
    }
}

#[tokio::test]
async fn debians_sender_is_answered_in_its_own_words() {
    let (world, address) = world(&["127.0.0.0/8"]).await;
    let one = ["-s", "db1", "-k", "app.orders[eu,1]", "-o", "17"];
    let Some((good, text)) = send(address, &one, "").await else { return };
    assert!(good && text.contains("processed: 1; failed: 0; total: 1; seconds spent: 0."), "{text}");
    let own = "cluster=\"main\",host=\"db1\"";
    let found = until(async || found_in(&world, "app_orders").pop()).await;
    assert_eq!(found.0, format!("app_orders{{{own},parameters=\"eu,1\",tenant=\"acme\"}}"));
    assert_eq!(found.1[0].1.to_bits(), 17.0_f64.to_bits());
    // Many at once, with times, one that is no number and one of another century.
    let now = world.master.context.bus.clock().now().0 / 1_000;
    let mut lines: Vec<String> =
        (0..300).map(|second| format!("db1 app.load {} {second}", now - 300 + second)).collect();
    lines.push(format!("db1 app.state {now} running"));
    lines.push("db1 app.load 1000 1".into());
    let (good, text) = send(address, &["-T"], &(lines.join("\n") + "\n")).await.unwrap();
    // It says so by its exit code as well, and counts over its requests.
    assert!(!good && text.contains("sent: 302; skipped: 0; total: 302"), "{text}");
    assert!(text.contains("processed: 250; failed: 0; total: 250"), "{text}");
    assert!(text.contains("processed: 50; failed: 2; total: 52"), "{text}");
    let load = found_in(&world, "app_load").pop().unwrap();
    assert_eq!((load.0, load.1.len()), (format!("app_load{{{own},tenant=\"acme\"}}"), 300));
}

#[tokio::test]
async fn sender_from_elsewhere_is_not_read() {
    // ZT-1
    let (world, address) = world(&["10.0.0.0/8", "127.0.0.2"]).await;
    let Some((good, text)) = send(address, &["-s", "a", "-k", "a", "-o", "1"], "").await else { return };
    assert!(!good, "{text}");
    let (good, text) =
        send(address, &["-s", "a", "-k", "a", "-o", "1", "-I", "127.0.0.2"], "").await.unwrap();
    assert!(good, "{text}");
    let figures = world.master.context.zabbix.figures();
    assert_eq!((figures.refused_senders, figures.processed), (1, 1));
}

#[tokio::test]
async fn nothing_listens_until_it_is_asked_for() {
    let world = World::start().await;
    assert_eq!(world.master.zabbix_address(), None);
}

async fn answer(address: SocketAddr, request: &[u8], closes: bool) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    if closes {
        stream.shutdown().await.unwrap();
    }
    let mut bytes = Vec::new();
    within(stream.read_to_end(&mut bytes)).await.unwrap();
    let payload = unframe(&bytes, 10_000).unwrap().unwrap_or_default();
    String::from_utf8(payload.into_owned()).unwrap()
}

#[tokio::test]
async fn what_is_no_request_is_answered_with_what_to_do() {
    // ZT-2
    let (world, address) = world(&["127.0.0.0/8"]).await;
    for (request, closes, expect) in [
        (
            frame(br#"{"request":"active checks","host":"db1"}"#),
            false,
            "\"active checks\\\" is not answered here",
        ),
        (frame(b"{}"), false, "not what zabbix_sender writes"),
        (b"GET / HTTP/1.1\r\n\r\n".to_vec(), false, "not Zabbix that speaks here"),
        (b"ZBXD\x01\xff\xff\xff\x7f\0\0\0\0".to_vec(), false, "more than the 4194304 that are read here"),
        (b"ZBXD\x01\x05\0\0\0\0\0\0\0ab".to_vec(), true, "cut by the end of the connection"),
    ] {
        let text = answer(address, &request, closes).await;
        assert!(
            text.contains("\"response\":\"failed\"") && text.contains(expect),
            "{text} does not say {expect}"
        );
    }
    // Who only knocks hears nothing, and the next one is served.
    assert_eq!(answer(address, b"", true).await, "");
    let good = frame(br#"{"request":"sender data","data":[{"host":"a","key":"b","value":"1"}]}"#);
    let text = answer(address, &good, false).await;
    assert!(text.contains("processed: 1; failed: 0; total: 1"), "{text}");
    assert_eq!(world.master.context.zabbix.figures().processed, 1);
}

#[tokio::test]
async fn values_of_series_beyond_the_tenants_quota_have_failed() {
    let (world, address) = world(&["127.0.0.0/8"]).await;
    let quota = TenantRequest { title: "Acme Ltd".into(), series: Some(1), ..TenantRequest::default() };
    world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    let value = |key: &str| {
        let data =
            format!(r#"{{"request":"sender data","data":[{{"host":"a","key":"{key}","value":"1"}}]}}"#);
        frame(data.as_bytes())
    };
    for (key, wanted) in [("one", "processed: 1; failed: 0"), ("two", "processed: 0; failed: 1")] {
        let text = answer(address, &value(key), false).await;
        assert!(text.contains(wanted), "{text}");
    }
    let text = answer(address, &value("one"), false).await;
    assert!(text.contains("processed: 1; failed: 0"), "a series that is there goes on: {text}");
    assert!(found_in(&world, "two").is_empty());
}

#[tokio::test]
async fn values_beyond_the_tenants_quota_are_refused_whole_with_the_reason() {
    let (world, address) = world(&["127.0.0.0/8"]).await;
    let quota =
        TenantRequest { title: "Acme Ltd".into(), samples_per_s: Some(1), ..TenantRequest::default() };
    world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    let values = |count: usize| {
        let values = vec![r#"{"host":"a","key":"b","value":"1"}"#; count];
        frame(format!(r#"{{"request":"sender data","data":[{}]}}"#, values.join(",")).as_bytes())
    };
    // The first ones are let through whole, and take what the next quarter of an hour would bring.
    let text = answer(address, &values(1_000), false).await;
    assert!(text.contains("processed: 1000; failed: 0"), "{text}");
    let text = answer(address, &values(1), false).await;
    assert!(text.contains("\"response\":\"failed\""), "{text}");
    assert!(text.contains("tenant acme may bring 1 samples a second"), "{text}");
    assert_eq!(world.master.context.zabbix.figures().processed, 1_000);
}
