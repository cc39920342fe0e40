//! Packages: uploaded, listed, given to agents by piece, brought by actions, removed.

use super::action::request;
use super::peer::{Agent, application, finished};
use super::world::{World, path, refused};
use topmast_api::action::ActionRequest;
use topmast_api::package::{PackageRow, PackageUpload};
use topmast_api::problem::ProblemCode;
use topmast_model::application::{ApplicationState, Operation};
use topmast_model::package::{Digest, PackageFormat};
use topmast_model::report::Report;
use topmast_model::status::ApplicationStatus;
use topmast_wire::{AgentMessage, MasterMessage, PackagePiece, PieceRequest};

fn upload(name: &str, version: &str) -> PackageUpload {
    let file = Some(format!("{name}-{version}.tar.gz"));
    PackageUpload { name: name.into(), version: version.into(), file, ..PackageUpload::default() }
}

async fn add(world: &World, version: &str, bytes: &'static str) -> PackageRow {
    world.admin.package_add(&upload("switch", version), bytes).await.unwrap()
}

fn files(world: &World) -> usize {
    let folders = std::fs::read_dir(world.directory.path().join("master/packages/sha256")).unwrap();
    folders.map(|folder| std::fs::read_dir(folder.unwrap().path()).unwrap().count()).sum()
}

/// Asks for a piece as an agent does.
async fn piece(agent: &mut Agent, sha256: &Digest, offset: u64, length: u32) -> Result<Vec<u8>, String> {
    let sha256 = sha256.clone();
    agent.link.send(&AgentMessage::AskPackage(PieceRequest { sha256, offset, length })).await;
    loop {
        if let MasterMessage::PackagePiece(piece) = agent.link.next().await.unwrap() {
            let PackagePiece { content, .. } = *piece;
            return content;
        }
    }
}

#[tokio::test]
async fn package_is_added_once_listed_and_removed_with_its_bytes() {
    let world = World::start().await;
    let row = add(&world, "1.0", "some bytes").await;
    assert_eq!((row.format, row.size_bytes, row.added_by.as_str()), (PackageFormat::TarGz, 10, "user admin"));
    assert_eq!(row.sha256.as_str(), crate::access::secret::fingerprint("some bytes"));
    add(&world, "1.0", "some bytes").await;
    let other = world.admin.package_add(&upload("switch", "1.0"), "other bytes").await;
    assert_eq!(refused(other), ProblemCode::Conflict);
    assert_eq!(files(&world), 1, "what was refused is not kept");
    add(&world, "1.1", "some bytes").await;
    let world = world.restart().await;
    let rows = world.admin.package_list().await.unwrap().items;
    assert_eq!(rows.iter().map(|row| row.version.as_str()).collect::<Vec<_>>(), ["1.0", "1.1"]);
    let remove = async |version| world.admin.package_remove(&path("acme"), "switch", version).await;
    remove("1.0").await.unwrap();
    assert_eq!(files(&world), 1, "another version has the same bytes");
    assert_eq!(refused(remove("1.0").await), ProblemCode::NotFound);
    remove("1.1").await.unwrap();
    assert_eq!(files(&world), 0);
}

#[tokio::test]
async fn wrong_uploads_are_refused_and_leave_nothing() {
    let world = World::start_with(|config| config.packages.max_bytes = 10).await;
    let good = upload("switch", "1.0");
    let cases = [
        (PackageUpload { name: "../switch".into(), ..good.clone() }, ProblemCode::Invalid),
        (PackageUpload { version: "../1".into(), ..good.clone() }, ProblemCode::Invalid),
        (PackageUpload { format: Some("rar".into()), ..good.clone() }, ProblemCode::Invalid),
        (
            PackageUpload { file: Some("../switch".into()), format: Some("file".into()), ..good.clone() },
            ProblemCode::Invalid,
        ),
        (PackageUpload { sha256: Some("0".repeat(64)), ..good.clone() }, ProblemCode::Invalid),
        (PackageUpload { sha256: Some("x".into()), ..good.clone() }, ProblemCode::Invalid),
        (PackageUpload { signature: Some("x".repeat(5_000)), ..good.clone() }, ProblemCode::Invalid),
        (PackageUpload { tenant: Some(path("acme/main")), ..good.clone() }, ProblemCode::Invalid),
    ];
    for (upload, code) in cases {
        assert_eq!(refused(world.admin.package_add(&upload, "bytes").await), code, "{upload:?}");
    }
    assert_eq!(refused(world.admin.package_add(&good, "eleven byte").await), ProblemCode::TooLarge);
    assert_eq!(refused(world.admin.package_add(&good, "").await), ProblemCode::Invalid);
    let (operator, _) = world.user("eve", &["operator"]).await;
    assert_eq!(refused(operator.package_add(&good, "bytes").await), ProblemCode::Forbidden);
    let (other, _) = world.user("bob", &["admin:other"]).await;
    assert_eq!(refused(other.package_add(&good, "bytes").await), ProblemCode::Forbidden);
    assert!(other.package_list().await.unwrap().items.is_empty());
    assert_eq!((files(&world), world.admin.package_list().await.unwrap().items.len()), (0, 0));
    let incoming = world.directory.path().join("master/packages/incoming");
    assert_eq!(std::fs::read_dir(incoming).unwrap().count(), 0);
}

#[tokio::test]
async fn agent_is_given_packages_of_its_tenant_by_piece_and_what_to_install() {
    let world = World::start().await;
    let row = add(&world, "1.0", "some bytes").await;
    let elsewhere = PackageUpload { tenant: Some(path("other")), ..upload("switch", "1.0") };
    let other = world.admin.package_add(&elsewhere, "of another tenant").await.unwrap();
    let mut agent = world.agent("db").await;
    assert_eq!(piece(&mut agent, &row.sha256, 5, 3).await.unwrap(), b"byt");
    assert_eq!(piece(&mut agent, &row.sha256, 8, 100).await.unwrap(), b"es");
    assert!(piece(&mut agent, &row.sha256, 11, 1).await.is_err());
    assert!(piece(&mut agent, &other.sha256, 0, 1).await.unwrap_err().contains("no such package"));

    let install = |package: &str| ActionRequest {
        package: Some(package.parse().unwrap()),
        ..request(Operation::Install, &["acme/main/db/switch"])
    };
    assert_eq!(refused(world.admin.action_create(&install("switch@9")).await), ProblemCode::NotFound);
    let plan =
        world.admin.action_plan(&ActionRequest { dry_run: true, ..install("switch@1.0") }).await.unwrap();
    assert_eq!(plan.targets[0].effect, "is new and gets switch@1.0");
    let action = world.admin.action_create(&install("switch@1.0")).await.unwrap();
    assert_eq!(action.package, Some("switch@1.0".parse().unwrap()));
    let order = agent.order().await;
    let package = order.package.unwrap();
    assert_eq!((order.operation, &package.sha256, package.size), (Operation::Install, &row.sha256, 10));
    let removal = world.admin.package_remove(&path("acme"), "switch", "1.0").await;
    assert_eq!(refused(removal), ProblemCode::Conflict);

    let Report::Application { state, .. } = application("switch", ApplicationStatus::Started) else {
        panic!()
    };
    let state = ApplicationState { package: Some(package.id.clone()), version: Some("1.0".into()), ..state };
    let installed = Report::Application { name: "switch".into(), state };
    agent.report(vec![installed, finished(order.step, true, "switch@1.0 STARTED")]).await;
    let rows = world.admin.package_list().await.unwrap().items;
    assert_eq!(rows[0].applications, [path("acme/main/db/switch")]);
    let found = world.admin.action_get(action.id).await.unwrap();
    assert_eq!(found.package, Some("switch@1.0".parse().unwrap()));
    let removal = world.admin.package_remove(&path("acme"), "switch", "1.0").await;
    assert_eq!(refused(removal), ProblemCode::Conflict);
}
