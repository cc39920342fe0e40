//! The real senders: Debian's Prometheus and vmagent scrape themselves and write to a master.

use super::ingest::Way;
use super::world::until;
use std::fs::File;
use std::path::Path;
use std::process::{Child, Command};

/// A process that ends with the test; it writes into a file, which never fills up as a pipe does.
pub(super) struct Peer(Child);

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts a program, or says why not.
pub(super) fn start(program: &str, arguments: &[String], folder: &Path) -> Option<Peer> {
    let log = File::create(folder.join("log")).unwrap();
    let mut command = Command::new(program);
    command.args(arguments).current_dir(folder).stdout(log.try_clone().unwrap()).stderr(log);
    match command.spawn() {
        Ok(process) => Some(Peer(process)),
        Err(error) => {
            println!("skipped: {program} cannot be started ({error}); scripts/setup test installs it");
            None
        }
    }
}

/// A port of the loopback that was free a moment ago.
pub(super) fn free_address() -> String {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string()
}

/// Waits until a sender's own `up` is 1 several times over, and another of its metrics is there.
async fn arrives(way: &Way, address: &str, metric: &str) {
    let instance = format!("instance=\"{address}\"");
    let up = until(async || {
        let found = way.found("up").into_iter().find(|(name, _)| name.contains(&instance));
        found.filter(|(_, samples)| {
            samples.iter().filter(|(_, value)| value.to_bits() == 1.0_f64.to_bits()).count() >= 3
        })
    })
    .await;
    assert_eq!(up.0, format!("up{{cluster=\"main\",{instance},job=\"itself\",tenant=\"acme\"}}"));
    assert!(up.1.is_sorted_by(|one, other| one.0 < other.0));
    assert!(up.1.iter().all(|(time, _)| (way.now - 60_000..way.now + 3_600_000).contains(time)));
    assert!(way.found(metric).iter().any(|(name, _)| name.contains(&instance)), "no {metric}");
}

#[tokio::test]
async fn prometheus_writes_what_it_scrapes() {
    let way = Way::open().await;
    let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
    let (url, secret) = (way.url(), &way.secret);
    let config = format!(
        "global: {{ scrape_interval: 1s }}\n\
         scrape_configs:\n  - job_name: itself\n    static_configs: [{{ targets: ['{address}'] }}]\n\
         remote_write:\n  - url: {url}/api/v1/prometheus/write\n    authorization: {{ credentials: {secret} }}\n    \
         queue_config: {{ batch_send_deadline: 1s }}\n"
    );
    std::fs::write(folder.path().join("prometheus.yml"), config).unwrap();
    let arguments = [
        "--config.file=prometheus.yml".to_owned(),
        "--storage.tsdb.path=data".to_owned(),
        format!("--web.listen-address={address}"),
    ];
    let Some(_sender) = start("prometheus", &arguments, folder.path()) else { return };
    arrives(&way, &address, "prometheus_build_info").await;
}

#[tokio::test]
async fn vmagent_writes_what_it_scrapes() {
    let way = Way::open().await;
    let (folder, address) = (tempfile::tempdir().unwrap(), free_address());
    let config = format!(
        "global: {{ scrape_interval: 1s }}\n\
         scrape_configs:\n  - job_name: itself\n    static_configs: [{{ targets: ['{address}'] }}]\n"
    );
    std::fs::write(folder.path().join("scrape.yml"), config).unwrap();
    let arguments = [
        format!("-httpListenAddr={address}"),
        format!("-remoteWrite.url={}/api/v1/prometheus/write", way.url()),
        format!("-remoteWrite.bearerToken={}", way.secret),
        "-promscrape.config=scrape.yml".to_owned(),
        "-remoteWrite.tmpDataPath=data".to_owned(),
    ];
    let Some(_sender) = start("vmagent", &arguments, folder.path()) else { return };
    arrives(&way, &address, "vm_app_version").await;
}
