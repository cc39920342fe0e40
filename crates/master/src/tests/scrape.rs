//! Scraping for real: Debian's `node_exporter`, servers that answer badly, and Debian's Prometheus beside it.

use super::ingest::found_in;
use super::senders::{Peer, free_address, start};
use super::world::{World, path, until};
use crate::config::ScrapeConfig;
use reqwest::StatusCode;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use topmast_api::tenant::TenantRequest;

const STALE_BITS: u64 = 0x7ff0_0000_0000_0002;

/// A master with jobs, written as in a `master.toml`.
async fn world(directory: TempDir, jobs: &str) -> World {
    #[derive(serde::Deserialize)]
    struct Sections {
        scrape: Vec<ScrapeConfig>,
    }
    let sections: Sections = toml::from_str(jobs).unwrap();
    World::start_in(directory, |config| config.scrape = sections.scrape).await
}

/// Name, labels and samples of what a metric has, less the labels that are the master's own.
fn found(world: &World, metric: &str) -> Vec<(String, Vec<(i64, f64)>)> {
    let own = |name: String| name.replace("cluster=\"main\",", "").replace(",tenant=\"acme\"", "");
    found_in(world, metric).into_iter().map(|(name, samples)| (own(name), samples)).collect()
}

/// Waits until a series has a sample with a value.
async fn has(world: &World, metric: &str, labels: &str, value: f64) -> Vec<(i64, f64)> {
    let name = format!("{metric}{{{labels}}}");
    until(async || {
        let samples = found(world, metric).into_iter().find(|(own, _)| *own == name)?.1;
        samples.iter().any(|(_, one)| one.to_bits() == value.to_bits()).then_some(samples)
    })
    .await
}

/// What is told of targets once each of them was asked.
async fn asked_targets(world: &World) -> Value {
    let is_asked = |target: &Value| target["health"] != "unknown";
    until(async || {
        let told = targets(world).await;
        let asked = told["data"]["activeTargets"].as_array().unwrap().iter().all(is_asked);
        asked.then_some(told)
    })
    .await
}

async fn targets(world: &World) -> Value {
    let url = format!("{}/api/v1/prometheus/api/v1/targets", world.master.url());
    let answer = reqwest::Client::new().get(url).bearer_auth(&world.secret).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

/// What is wrong with the only target, once something is.
async fn error_of_target(world: &World) -> String {
    until(async || {
        let told = targets(world).await;
        let error = told["data"]["activeTargets"][0]["lastError"].as_str()?.to_owned();
        (!error.is_empty()).then_some(error)
    })
    .await
}

/// What the master counts about itself.
async fn figure(world: &World, name: &str) -> String {
    let url = format!("{}/api/v1/metrics", world.master.url());
    let answer = reqwest::Client::new().get(url).bearer_auth(&world.secret).send().await.unwrap();
    let text = String::from_utf8(answer.bytes().await.unwrap().to_vec()).unwrap();
    let value = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' ').map(str::to_owned));
    value.unwrap_or_else(|| panic!("no {name} in {text}"))
}

/// A server that answers every request by `answer`, which gets the request's head.
async fn serve<F>(answer: impl Fn(String, TcpStream) -> F + Send + 'static) -> String
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                match stream.read_u8().await {
                    Ok(byte) => head.push(byte),
                    Err(_) => break,
                }
            }
            tokio::spawn(answer(String::from_utf8_lossy(&head).into_owned(), stream));
        }
    });
    address
}

/// An answer that is one text.
fn whole(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}

async fn serve_text(status: &'static str, headers: String, body: Vec<u8>) -> String {
    serve(move |_, mut stream| {
        let text = whole(status, &headers, &body);
        async move {
            let _ = stream.write_all(&text).await;
        }
    })
    .await
}

#[tokio::test]
async fn node_exporter_is_scraped_until_its_file_says_no_more() {
    // R-2
    let directory = tempfile::tempdir().unwrap();
    let address = free_address();
    let arguments = [format!("--web.listen-address={address}"), "--web.disable-exporter-metrics".to_owned()];
    let Some(exporter) = start("prometheus-node-exporter", &arguments, directory.path()) else { return };
    let file = directory.path().join("targets.json");
    let list = format!(r#"[{{"targets":["{address}"],"labels":{{"zone":"z1","cluster":"theirs"}}}}]"#);
    std::fs::write(&file, list).unwrap();
    let jobs = format!(
        "[[scrape]]\njob = \"node\"\nevery = \"1s\"\nfiles = [\"{}\"]\n\
         [[scrape.metric_relabel]]\nsource_labels = [\"__name__\"]\nregex = \"node_netstat_.*\"\naction = \"drop\"\n",
        file.display()
    );
    let world = world(directory, &jobs).await;
    let labels = format!("exported_cluster=\"theirs\",instance=\"{address}\",job=\"node\",zone=\"z1\"");
    has(&world, "up", &labels, 1.0).await;
    // A scrape is taken shard by shard, so that not all of it is there at once.
    let there = async |metric: &str| {
        until(async || Some(found(&world, metric)).filter(|found| !found.is_empty())).await
    };
    let uname = there("node_uname_info").await;
    assert!(uname.len() == 1 && uname[0].0.contains("sysname=\"Linux\""), "{uname:?}");
    until(async || (found(&world, "node_cpu_seconds_total").len() > 4).then_some(())).await;
    // The exporter may not have listened at first.
    let above_zero = async |metric: &str| {
        until(async || {
            found(&world, metric).first()?.1.iter().map(|(_, value)| *value).find(|value| *value > 0.0)
        })
        .await
    };
    let scraped = above_zero("scrape_samples_scraped").await;
    let kept = above_zero("scrape_samples_post_metric_relabeling").await;
    assert!(scraped > kept && kept > 100.0, "{scraped} {kept}");
    let told =
        until(async || Some(targets(&world).await).filter(|told| told.to_string().contains("\"up\""))).await;
    let target = &told["data"]["activeTargets"][0];
    assert_eq!((&target["health"], &target["scrapePool"]), (&"up".into(), &"node".into()));
    assert_eq!(target["discoveredLabels"]["__meta_filepath"], file.to_str().unwrap());
    assert_eq!(target["labels"]["zone"], "z1");

    assert_eq!(figure(&world, "topmast_scrape_targets_up_count").await, "1");
    assert_eq!(found(&world, "node_netstat_Tcp_CurrEstab"), []);

    // A broken file changes nothing; the exporter's end is seen, and so is the file's.
    std::fs::write(&file, "[{").unwrap();
    let broken = async || figure(&world, "topmast_scrape_broken_files_count").await;
    until(async || (broken().await == "1").then_some(())).await;
    drop(exporter);
    let stale = f64::from_bits(STALE_BITS);
    has(&world, "up", &labels, 0.0).await;
    let has_ended =
        |samples: &[(i64, f64)]| samples.last().is_some_and(|(_, last)| last.to_bits() == STALE_BITS);
    until(async || found(&world, "node_load1").first().filter(|(_, load)| has_ended(load)).map(|_| ())).await;
    until(async || (figure(&world, "topmast_scrapes_failed_total").await != "0").then_some(())).await;
    std::fs::write(&file, "[]").unwrap();
    let up = has(&world, "up", &labels, stale).await;
    assert!(has_ended(&up), "{up:?}");
    assert_eq!(targets(&world).await["data"]["activeTargets"], serde_json::json!([]));
}

#[tokio::test]
async fn bad_answers_are_failed_scrapes_within_their_time_and_bounds() {
    // R-1, R-3
    let hanging = serve(|_, stream| async move {
        std::future::pending::<()>().await;
        drop(stream);
    })
    .await;
    // It says no length and never ends by itself.
    let endless = serve(|_, mut stream| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n").await;
        let page = b"# padding\n".repeat(100_000);
        for _ in 0..100 {
            if stream.write_all(&page).await.is_err() {
                return;
            }
        }
    })
    .await;
    let zeros = {
        use std::io::Write as _;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(&b"# padding\n".repeat(10_000_000)).unwrap();
        packed.finish().unwrap()
    };
    let large = serve_text("200 OK", "Content-Encoding: gzip\r\n".into(), zeros).await;
    let failing = serve_text("500 Internal Server Error", String::new(), b"a 1\n".to_vec()).await;
    let garbage = serve_text("200 OK", String::new(), b"<html>no metrics</html>\n".to_vec()).await;
    let binary = serve_text("200 OK", String::new(), b"a 1\n\xff\xfe\n".to_vec()).await;
    let open = "Content-Type: application/openmetrics-text\r\n";
    let cut = serve_text("200 OK", open.into(), b"a 1\n".to_vec()).await;
    let good = serve_text("200 OK", String::new(), b"good_metric 1\n".to_vec()).await;
    let moved = serve_text("302 Found", format!("Location: http://{good}/metrics\r\n"), Vec::new()).await;
    let around = serve_text("302 Found", "Location: /metrics\r\n".into(), Vec::new()).await;
    let closed = free_address();
    let bad = [
        (&hanging, "did not answer within 1 s"),
        (&endless, "more than 33554432 bytes"),
        (&large, "larger than 33554432 bytes"),
        (&failing, "500"),
        (&garbage, "line 1: it starts with no metric name"),
        (&binary, "byte 4"),
        (&cut, "does not end with # EOF"),
        (&around, "redirects"),
        (&closed, "refused"),
    ];
    let all: Vec<String> = bad.iter().map(|(address, _)| format!("{address:?}")).collect();
    let jobs = format!(
        "[[scrape]]\njob = \"bad\"\nevery = \"5s\"\ntimeout = \"5s\"\ntargets = [{}]\n\
         [[scrape.relabel]]\nsource_labels = [\"__address__\"]\nregex = \"{hanging}\"\n\
         target_label = \"__scrape_timeout__\"\nreplacement = \"1s\"\n\
         [[scrape]]\njob = \"moved\"\nevery = \"1s\"\ntargets = [{moved:?}]\n\
         [[scrape]]\njob = \"fixed\"\nevery = \"1s\"\nfollow_redirects = false\ntargets = [{moved:?}]\n",
        all.join(",")
    );
    let world = world(tempfile::tempdir().unwrap(), &jobs).await;
    for (address, _) in bad {
        has(&world, "up", &format!("instance=\"{address}\",job=\"bad\""), 0.0).await;
    }
    let told = asked_targets(&world).await;
    let active = told["data"]["activeTargets"].as_array().unwrap();
    for (address, expect) in bad {
        let target = active.iter().find(|target| target["labels"]["instance"] == **address).unwrap();
        let error = target["lastError"].as_str().unwrap();
        assert!(
            target["health"] == "down" && error.contains(expect),
            "{address}: {error:?} has no {expect:?}"
        );
    }
    has(&world, "good_metric", &format!("instance=\"{moved}\",job=\"moved\""), 1.0).await;
    has(&world, "up", &format!("instance=\"{moved}\",job=\"fixed\""), 0.0).await;
    // Nothing of the bad pages came in.
    assert_eq!(found(&world, "a"), []);
}

#[tokio::test]
async fn credentials_are_sent_and_gzip_and_open_metrics_are_read() {
    let page = b"# TYPE a counter\na_total 2 # {trace_id=\"x\"} 1\n# EOF\n";
    let packed = {
        use std::io::Write as _;
        let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packed.write_all(page).unwrap();
        packed.finish().unwrap()
    };
    let address = serve(move |head, mut stream| {
        let head = head.to_ascii_lowercase();
        let known =
            head.contains("authorization: bearer s3cret\r\n") || head.contains("authorization: basic dtpz");
        assert!(head.contains("accept-encoding: gzip\r\n") && head.contains("application/openmetrics-text"));
        let headers =
            "Content-Encoding: gzip\r\nContent-Type: application/openmetrics-text; version=1.0.0\r\n";
        let text = if known { whole("200 OK", headers, &packed) } else { whole("401 Unauthorized", "", b"") };
        async move {
            let _ = stream.write_all(&text).await;
        }
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let secret = directory.path().join("secret");
    std::fs::write(&secret, "s3cret\n").unwrap();
    let secret = secret.display();
    let jobs = format!(
        "[[scrape]]\njob = \"token\"\nevery = \"1s\"\ntargets = [{address:?}]\nbearer_token_file = \"{secret}\"\n\
         [[scrape]]\njob = \"basic\"\nevery = \"1s\"\ntargets = [{address:?}]\nuser = \"u\"\npassword_file = \"{secret}\"\n\
         [[scrape]]\njob = \"nobody\"\nevery = \"1s\"\ntargets = [{address:?}]\n"
    );
    let world = world(directory, &jobs).await;
    for job in ["token", "basic"] {
        has(&world, "a_total", &format!("instance=\"{address}\",job=\"{job}\""), 2.0).await;
    }
    has(&world, "up", &format!("instance=\"{address}\",job=\"nobody\""), 0.0).await;
}

#[tokio::test]
async fn targets_are_for_those_who_read_everything() {
    let world = World::start().await;
    let (_, secret) = world.user("reader", &["viewer:acme/main/db-1"]).await;
    let url = format!("{}/api/v1/prometheus/api/v1/targets", world.master.url());
    let asked = reqwest::Client::new().get(&url).bearer_auth(secret).send().await.unwrap();
    assert_eq!(asked.status(), StatusCode::FORBIDDEN);
    let wrong = reqwest::Client::new().get(format!("{url}?state=odd")).bearer_auth(&world.secret);
    assert_eq!(wrong.send().await.unwrap().status(), StatusCode::BAD_REQUEST);
}

/// What both configurations say, as Prometheus has it.
const RELABEL_YAML: &str = "
    relabel_configs:
      - { source_labels: [__meta_filepath, zone], separator: '@', regex: '.*/(.*)\\.json@(.+)', target_label: from, replacement: '${1}-$2' }
      - { source_labels: [off], regex: 'yes', action: drop }
      - { source_labels: [__address__], modulus: 97, target_label: shard, action: hashmod }
      - { source_labels: [zone], target_label: zone_upper, action: uppercase }
      - { regex: 'm_(.+)', action: labelmap, replacement: 'mapped_$1' }
      - { regex: 'm_.+', action: labeldrop }
    metric_relabel_configs:
      - { source_labels: [__name__], regex: 'node_(load1|uname_info|cpu_seconds_total)', action: keep }
      - { source_labels: [exported_mode], regex: 'i.*', target_label: kind, replacement: 'idle-$0' }
      - { source_labels: [machine, nodename], target_label: both }
      - { regex: 'version|release', action: labeldrop }
";
const RELABEL_TOML: &str = r#"
relabel = [
    { source_labels = ["__meta_filepath", "zone"], separator = "@", regex = '.*/(.*)\.json@(.+)', target_label = "from", replacement = "${1}-$2" },
    { source_labels = ["off"], regex = "yes", action = "drop" },
    { source_labels = ["__address__"], modulus = 97, target_label = "shard", action = "hashmod" },
    { source_labels = ["zone"], target_label = "zone_upper", action = "uppercase" },
    { regex = "m_(.+)", action = "labelmap", replacement = "mapped_$1" },
    { regex = "m_.+", action = "labeldrop" },
]
metric_relabel = [
    { source_labels = ["__name__"], regex = "node_(load1|uname_info|cpu_seconds_total)", action = "keep" },
    { source_labels = ["exported_mode"], regex = "i.*", target_label = "kind", replacement = "idle-$0" },
    { source_labels = ["machine", "nodename"], target_label = "both" },
    { regex = "version|release", action = "labeldrop" },
]
"#;

/// All label sets of some metrics that a Prometheus, or what answers like it, has; less the labels of our own.
async fn label_sets(base: &str, secret: &str) -> Option<BTreeSet<String>> {
    let url = format!("{base}/api/v1/series?match[]=%7B__name__%3D~%22up%7Cscrape_.%2B%7Cnode_.%2B%22%7D");
    let answer = reqwest::Client::new().get(url).bearer_auth(secret).send().await.ok()?;
    let answer: Value = serde_json::from_slice(&answer.bytes().await.ok()?).ok()?;
    let told = |series: &Value| {
        let mut labels = series.as_object().unwrap().clone();
        labels.retain(|name, _| !["tenant", "cluster"].contains(&name.as_str()));
        serde_json::to_string(&labels).unwrap()
    };
    Some(answer["data"].as_array()?.iter().map(told).collect())
}

fn exporter(folder: &Path, address: &str) -> Option<Peer> {
    start("prometheus-node-exporter", &[format!("--web.listen-address={address}")], folder)
}

#[tokio::test]
async fn series_are_those_of_prometheus_with_the_same_configuration() {
    let directory = tempfile::tempdir().unwrap();
    let (one, closed, address) = (free_address(), free_address(), free_address());
    let Some(_exporter) = exporter(directory.path(), &one) else { return };
    let list = serde_json::json!([
        { "targets": [one], "labels": { "zone": "z-a", "m_rack": "7", "instance": "named", "mode": "mine" } },
        { "targets": [closed], "labels": { "zone": "z-b" } },
        { "targets": ["127.0.0.1:1"], "labels": { "off": "yes" } },
    ]);
    let file = directory.path().join("list.json");
    std::fs::write(&file, list.to_string()).unwrap();
    let yaml = format!(
        "global: {{ scrape_interval: 1s }}\nscrape_configs:\n  - job_name: node\n    \
         file_sd_configs: [{{ files: ['{}'] }}]{RELABEL_YAML}",
        file.display()
    );
    std::fs::write(directory.path().join("prometheus.yml"), yaml).unwrap();
    let arguments = [
        "--config.file=prometheus.yml".to_owned(),
        "--storage.tsdb.path=data".to_owned(),
        format!("--web.listen-address={address}"),
    ];
    let Some(_prometheus) = start("prometheus", &arguments, directory.path()) else { return };
    let jobs = format!(
        "[[scrape]]\njob = \"node\"\nevery = \"1s\"\nfiles = [\"{}\"]\n{RELABEL_TOML}",
        file.display()
    );
    let world = world(directory, &jobs).await;
    let (ours, theirs) = (format!("{}/api/v1/prometheus", world.master.url()), format!("http://{address}"));
    // Both have scraped both targets.
    let whole = |sets: &BTreeSet<String>| {
        let has = |text: &str| sets.iter().any(|set| set.contains(text));
        has("node_uname_info")
            && sets.iter().filter(|set| set.contains("\"scrape_series_added\"")).count() == 2
    };
    let all = async |base: &str| {
        until(async || label_sets(base, &world.secret).await.filter(|sets| whole(sets))).await
    };
    let (ours, theirs) = (all(&ours).await, all(&theirs).await);
    assert!(ours.len() > 20, "{ours:?}");
    assert_eq!(ours, theirs);
    assert!(
        ours.iter().any(|set| set.contains("exported_mode"))
            && ours.iter().any(|set| set.contains("\"idle-i"))
    );
}

#[tokio::test]
async fn scrape_beyond_the_tenants_quota_is_not_kept_and_its_target_says_why() {
    let lines: Vec<String> = (0..1_000).map(|number| format!("many{{number=\"{number}\"}} 1\n")).collect();
    let address = serve_text("200 OK", String::new(), lines.concat().into_bytes()).await;
    let jobs = format!("[[scrape]]\njob = \"many\"\nevery = \"1s\"\ntargets = [\"{address}\"]\n");
    let world = world(tempfile::tempdir().unwrap(), &jobs).await;
    has(&world, "many", &format!("instance=\"{address}\",job=\"many\",number=\"7\""), 1.0).await;
    let quota =
        TenantRequest { title: "Acme Ltd".into(), samples_per_s: Some(1), ..TenantRequest::default() };
    world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    let error = error_of_target(&world).await;
    assert!(error.contains("tenant acme may bring 1 samples a second"), "{error}");
}

#[tokio::test]
async fn series_of_a_scrape_beyond_the_tenants_quota_are_not_kept_and_its_target_says_why() {
    let asked = Arc::new(AtomicU64::new(0));
    // Each page has a series that is new.
    let address = serve(move |_, mut stream| {
        let number = asked.fetch_add(1, Ordering::Relaxed);
        let page = whole("200 OK", "", format!("new{{number=\"{number}\"}} 1\n").as_bytes());
        async move {
            let _ = stream.write_all(&page).await;
        }
    })
    .await;
    let jobs = format!("[[scrape]]\njob = \"new\"\nevery = \"1s\"\ntargets = [\"{address}\"]\n");
    let world = world(tempfile::tempdir().unwrap(), &jobs).await;
    has(&world, "new", &format!("instance=\"{address}\",job=\"new\",number=\"0\""), 1.0).await;
    let quota = TenantRequest { title: "Acme Ltd".into(), series: Some(1), ..TenantRequest::default() };
    world.admin.tenant_set(&path("acme"), &quota).await.unwrap();
    let error = error_of_target(&world).await;
    assert!(error.contains("tenant acme may have 1 series at one time"), "{error}");
}
