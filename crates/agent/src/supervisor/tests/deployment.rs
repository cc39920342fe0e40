//! Versions that come, prove themselves or go back: real packages, real processes, a master that answers from a folder.

use super::*;
use crate::package::place::tests::package;
use flate2::Compression;
use flate2::write::GzEncoder;
use topmast_model::package::{Package, PackageFormat, PackageVersion};
use topmast_wire::PackagePiece;

/// The unit of an application that is installed from packages.
const UNIT: &str = "command = ['{version_dir}/switch']\nenvironment = { HERE = 'DIR' }\nstart_wait = '200ms'\n\
                    autostart = false\n[restart]\npolicy = 'on-failure'\ninitial = '1h'\n";
const RUNS: &str = "#!/bin/sh\nexec sleep 1000\n";
const ENDS: &str = "#!/bin/sh\nexit 7\n";

/// Packages whose bytes a master has in the folder `store`.
pub(super) fn serving(dir: &Path) -> Packages {
    let packages = Packages::default();
    let (courier, store) = (Arc::clone(&packages.courier), dir.join("store"));
    tokio::spawn(async move {
        let mut asked = courier.asked();
        loop {
            while let Some(question) = courier.next() {
                let content = fs::read(store.join(question.sha256.as_str()));
                let from = usize::try_from(question.offset).unwrap();
                let piece = |bytes: Vec<u8>| {
                    bytes[from.min(bytes.len())..(from + question.length as usize).min(bytes.len())].to_vec()
                };
                let content = content.map(piece).map_err(|error| error.to_string());
                courier.answer(PackagePiece { sha256: question.sha256, offset: question.offset, content });
            }
            if asked.changed().await.is_err() {
                return;
            }
        }
    });
    packages
}

impl Bench {
    /// A package of one file that the master has.
    fn file(&self, id: &str, script: &str) -> Package {
        let bytes = format!("{script}# {id}\n");
        self.store(package(id, bytes.as_bytes()), bytes.as_bytes())
    }

    /// A package with a unit file and its program.
    fn archive(&self, id: &str, script: &str, unit: &str) -> Package {
        let mut builder = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
        let unit = unit.replace("DIR", self.dir.path().to_str().unwrap());
        for (name, text, mode) in [("topmast.toml", unit.as_str(), 0o644), ("switch", script, 0o755)] {
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            header.set_mode(mode);
            builder.append_data(&mut header, name, text.as_bytes()).unwrap();
        }
        let bytes = builder.into_inner().unwrap().finish().unwrap();
        let package = Package { format: PackageFormat::TarGz, file: None, ..package(id, &bytes) };
        self.store(package, &bytes)
    }

    fn store(&self, package: Package, bytes: &[u8]) -> Package {
        fs::create_dir_all(self.path("store")).unwrap();
        fs::write(self.path("store").join(package.sha256.as_str()), bytes).unwrap();
        package
    }

    fn bring(&self, operation: Operation, package: &Package) -> StepId {
        let step = StepId { action: ActionId(Uuid::new_v4()), target: 0 };
        let package = Some(Box::new(package.clone()));
        self.handle().execute(StepRequest { package, ..request(step, operation, "app") });
        step
    }

    async fn deploy(&self, operation: Operation, package: &Package) -> StepOutcome {
        let step = self.bring(operation, package);
        self.outcome(step).await
    }

    /// What runs, and from what it was installed.
    async fn runs(&self, id: &str) -> u32 {
        let id: PackageVersion = id.parse().unwrap();
        let view = self.until("app", |view| view.state.status == Started && view.state.pid.is_some()).await;
        assert_eq!(
            (view.state.package.as_ref(), view.state.version.as_deref()),
            (Some(&id), Some(id.version()))
        );
        view.state.pid.unwrap()
    }
}

fn succeeded(outcome: &StepOutcome, text: &str) {
    assert!(outcome.succeeded && outcome.message.contains(text), "{outcome:?} lacks {text:?}");
}

fn failed(outcome: &StepOutcome, text: &str) {
    assert!(!outcome.succeeded && outcome.message.contains(text), "{outcome:?} lacks {text:?}");
}

#[tokio::test]
async fn application_is_upgraded_and_rolled_back() {
    let bench = Bench::start(&[("app", UNIT)]).await;
    let (one, two) = (bench.file("app@1", RUNS), bench.file("app@2", RUNS));
    failed(&bench.ask(Operation::Rollback, "app").await, "was not installed from a package");
    succeeded(&bench.deploy(Operation::Install, &one).await, "app@1 STARTED as process");
    let first = bench.runs("app@1").await;
    succeeded(&bench.deploy(Operation::Upgrade, &two).await, "app@2 STARTED as process");
    let second = bench.runs("app@2").await;
    assert!(!is_alive(first) && is_alive(second));
    succeeded(&bench.ask(Operation::Rollback, "app").await, "app@1 STARTED");
    bench.runs("app@1").await;
    failed(&bench.ask(Operation::Rollback, "app").await, "no version before app@1");
    bench.runs("app@1").await;
}

#[tokio::test]
async fn version_that_does_not_become_healthy_goes_back_by_itself() {
    // D-1
    let bench = Bench::start(&[("app", UNIT)]).await;
    let (one, bad) = (bench.file("app@1", RUNS), bench.file("app@2", ENDS));
    bench.deploy(Operation::Install, &one).await;
    let outcome = bench.deploy(Operation::Upgrade, &bad).await;
    failed(&outcome, "app@2 did not become healthy");
    failed(&outcome, "code 7");
    failed(&outcome, "app@1 is back, STARTED as process");
    bench.runs("app@1").await;
}

#[tokio::test]
async fn health_check_decides_where_there_is_one() {
    // D-1
    let health = "start_timeout = '500ms'\n[health]\nexec = ['test', '-e', '{version_dir}/../../well']\ninterval = '100ms'\n";
    let bench = Bench::start(&[("app", &UNIT.replace("[restart]", &format!("{health}[restart]")))]).await;
    let (one, two) = (bench.file("app@1", RUNS), bench.file("app@2", RUNS));
    let well = bench.path("data/installed/app/well");
    fs::create_dir_all(well.parent().unwrap()).unwrap();
    fs::write(&well, "").unwrap();
    succeeded(&bench.deploy(Operation::Install, &one).await, "app@1 STARTED");
    fs::remove_file(&well).unwrap();
    let step = bench.bring(Operation::Upgrade, &two);
    // Once it is on its way back the check passes again.
    bench.until("app", |view| view.state.package.as_ref() == Some(&two.id)).await;
    bench.until("app", |view| view.state.package.as_ref() == Some(&one.id)).await;
    fs::write(&well, "").unwrap();
    let outcome = bench.outcome(step).await;
    failed(&outcome, "not healthy within 500 ms");
    failed(&outcome, "app@1 is back, STARTED");
}

#[tokio::test]
async fn first_version_that_fails_is_stopped() {
    let bench = Bench::start(&[("app", UNIT)]).await;
    let outcome = bench.deploy(Operation::Install, &bench.file("app@1", ENDS)).await;
    failed(&outcome, "it is the first version, so it is stopped");
    assert_eq!(bench.status("app", Stopped).await.state.package, None);
    succeeded(&bench.deploy(Operation::Install, &bench.file("app@2", RUNS)).await, "app@2 STARTED");
}

#[tokio::test]
async fn whatever_fails_before_the_switch_leaves_what_runs_alone() {
    // D-2
    let bench = Bench::start(&[("app", UNIT)]).await;
    bench.deploy(Operation::Install, &bench.file("app@1", RUNS)).await;
    let pid = bench.runs("app@1").await;
    let wrong = bench.store(package("app@2", b"what was announced"), b"what is there now");
    failed(&bench.deploy(Operation::Upgrade, &wrong).await, "the master has 17 bytes");
    let wrong = bench.store(package("app@2", b"what was announced"), b"what is there  now");
    failed(&bench.deploy(Operation::Upgrade, &wrong).await, "SHA-256");
    let no_archive = Package { format: PackageFormat::Zip, ..bench.file("app@2", RUNS) };
    failed(&bench.deploy(Operation::Upgrade, &no_archive).await, "no good zip archive");
    let gone = package("app@3", b"nobody has this");
    failed(&bench.deploy(Operation::Upgrade, &gone).await, "No such file");
    assert_eq!(bench.runs("app@1").await, pid);
}

#[tokio::test]
async fn application_that_was_stopped_stays_so() {
    let bench = Bench::start(&[("app", UNIT)]).await;
    bench.deploy(Operation::Install, &bench.file("app@1", RUNS)).await;
    bench.ask(Operation::Stop, "app").await;
    let outcome = bench.deploy(Operation::Upgrade, &bench.file("app@2", RUNS)).await;
    succeeded(&outcome, "app@2 is in place, and STOPPED as before");
    assert_eq!(bench.status("app", Stopped).await.state.version.as_deref(), Some("2"));
    bench.ask(Operation::Start, "app").await;
    bench.runs("app@2").await;
}

#[tokio::test]
async fn package_may_bring_a_new_application_and_take_it_along_again() {
    let bench = Bench::start(&[]).await;
    let unit = UNIT.replace("autostart = false", "autostart = true");
    let (one, two) = (
        bench.archive("app@1", RUNS, &unit),
        bench.archive("app@2", RUNS, &unit.replace("[restart]", "description = 'second'\n[restart]")),
    );
    let bad = bench.archive("app@3", ENDS, &unit.replace("[restart]", "description = 'third'\n[restart]"));
    succeeded(&bench.deploy(Operation::Install, &one).await, "app@1 STARTED");
    bench.runs("app@1").await;
    succeeded(&bench.deploy(Operation::Upgrade, &two).await, "app@2 STARTED");
    let description =
        |text: &'static str| move |view: &ApplicationView| view.unit.description.as_deref() == Some(text);
    bench.until("app", description("second")).await;
    failed(&bench.deploy(Operation::Upgrade, &bad).await, "app@2 is back");
    bench.runs("app@2").await;
    bench.until("app", description("second")).await;
    succeeded(&bench.ask(Operation::Uninstall, "app").await, "3 versions are removed");
    let mut board = bench.handle().applications();
    tokio::time::timeout(DEADLINE, board.wait_for(|views| views.is_empty())).await.unwrap().unwrap();
    assert!(!bench.path("apps.d/app.toml").exists() && !bench.path("data/installed/app").exists());
}

#[tokio::test]
async fn uninstalled_application_keeps_a_unit_file_of_the_servers_own() {
    let bench = Bench::start(&[("app", UNIT)]).await;
    bench.deploy(Operation::Install, &bench.file("app@1", RUNS)).await;
    let pid = bench.runs("app@1").await;
    succeeded(&bench.ask(Operation::Uninstall, "app").await, "STOPPED, and 1 versions are removed");
    let view = bench.status("app", Stopped).await;
    assert!(!is_alive(pid) && view.state.package.is_none() && bench.path("apps.d/app.toml").exists());
    failed(&bench.ask(Operation::Uninstall, "app").await, "was not installed from a package");
}

#[tokio::test]
async fn agent_that_ends_while_a_version_proves_itself_goes_on_with_that() {
    // D-1
    let slow = UNIT.replace("start_wait = '200ms'", "start_wait = '3s'");
    let mut bench = Bench::start(&[("app", &slow)]).await;
    let one = bench.file("app@1", RUNS);
    succeeded(&bench.deploy(Operation::Install, &one).await, "app@1 STARTED");
    let two = bench.file("app@2", "#!/bin/sh\nsleep 2\nexit 7\n");
    let step = bench.bring(Operation::Upgrade, &two);
    bench
        .until("app", |view| {
            view.state.package.as_ref() == Some(&two.id)
                && view.state.pid.is_some()
                && view.state.status == Starting
        })
        .await;
    bench.end().await;
    bench.run();
    let outcome = bench.outcome(step).await;
    failed(&outcome, "app@1 is back, STARTED");
    failed(&outcome, "the agent was interrupted meanwhile");
    bench.runs("app@1").await;
}
