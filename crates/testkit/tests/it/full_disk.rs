//! A full disk under the journal: commands are refused with the reason, telemetry goes on, and all is
//! well again once there is room, without a restart.
//!
//! The disk is a small tmpfs, which only root can mount; without that right the test says so and ends.

use crate::chaos::ask;
use anyhow::{Context, ensure};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;
use topmast_api::action::ActionRequest;
use topmast_api::page::ListQuery;
use topmast_api::problem::ProblemCode;
use topmast_api::server::ServerRow;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::status::ServerStatus;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::simulator::{Options, Simulator, enrol_fleet};
use topmast_testkit::wait::{DEADLINE, wait_for, wait_until};
use uuid::Uuid;

/// A mounted tmpfs; unmounted when dropped.
pub(crate) struct SmallDisk(pub(crate) PathBuf);

impl SmallDisk {
    /// Mounts one, or says why it cannot.
    pub(crate) fn mount(path: PathBuf) -> Result<Self, String> {
        fs::create_dir_all(&path).map_err(|error| error.to_string())?;
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(&path).output();
        let mount = mount.map_err(|error| error.to_string())?;
        if mount.status.success() {
            Ok(Self(path))
        } else {
            Err(String::from_utf8_lossy(&mount.stderr).into_owned())
        }
    }

    /// Writes until not a byte fits any more.
    pub(crate) fn fill(&self) -> anyhow::Result<PathBuf> {
        let path = self.0.join("filler");
        let mut file = File::create(&path)?;
        for size in [65_536, 1] {
            let block = vec![0_u8; size];
            let full = loop {
                if let Err(error) = file.write_all(&block) {
                    break error;
                }
            };
            ensure!(full.kind() == ErrorKind::StorageFull, full);
        }
        Ok(path)
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily, for a master that is still ending holds files open.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

#[tokio::test]
async fn full_disk_refuses_commands_and_nothing_else() -> anyhow::Result<()> {
    let directory = tempfile::Builder::new().prefix("topmast-disk-").tempdir()?;
    let disk = match SmallDisk::mount(directory.path().join("disk")) {
        Ok(disk) => disk,
        Err(reason) => {
            println!("not tested: a tmpfs cannot be mounted here: {reason}");
            return Ok(());
        }
    };
    let data = disk.0.join("master");
    let fleet = TestFleet::start_in(directory, &data).await?;
    let client = fleet.client();
    let token = fleet.join_token(1).await?;
    let identities = enrol_fleet(&client, &token, "sim", 1).await?;
    let simulator = Simulator::start(fleet.url(), &identities, &Options::default())?;
    let target = identities[0].server.join("app0")?;
    wait_until("its reports are in the journal", DEADLINE, async || {
        let tally = *simulator.tally().borrow();
        tally.ticks > 0 && tally.unacknowledged == 0
    })
    .await?;

    let filler = disk.fill()?;
    let refused = async || {
        let request = ActionRequest {
            id: Some(ActionId(Uuid::now_v7())),
            ..ActionRequest::new(Operation::Restart, vec![target.clone()])
        };
        // The journal's file may have room for a few more.
        client.action_create(&request).await.err()
    };
    let error = wait_for("a command is refused", DEADLINE, refused).await?;
    let full_since = Instant::now();
    let problem = error.problem().with_context(|| format!("{error}"))?;
    ensure!(problem.code == ProblemCode::Storage, "{problem:?}");

    simulator.change_service(0, 0, 0, vec!["HELD01".into()]).await?;
    let fresh = async || {
        let page = client.list::<ServerRow>(&ListQuery::default()).await.ok()?;
        let row = page.items.into_iter().next()?;
        let younger = u128::from(row.age_ms?) < full_since.elapsed().as_millis();
        (row.status == ServerStatus::Up && younger).then_some(())
    };
    wait_for("data younger than the full disk", DEADLINE, fresh).await?;
    ensure!(
        simulator.tally().borrow().unacknowledged > 0,
        "a report was acknowledged that cannot be in the journal"
    );

    fs::remove_file(&filler)?;
    let again = ask(&client, ActionId(Uuid::now_v7()), Operation::Restart, &target).await?;
    ensure!(again.is_ok(), "{again:?}");
    wait_until("the reports held meanwhile are in the journal", DEADLINE, async || {
        simulator.tally().borrow().unacknowledged == 0
    })
    .await?;
    let service = client.service_get(&target.join("SERVICE0")?).await?;
    ensure!(service.row.codes == ["HELD01"], "{:?}", service.row);
    ensure!(client.audit_verify().await?.ok, "the journal is not whole");
    drop(simulator);
    fleet_ends(fleet, disk, &data)
}

/// The master first, then its disk, then the folder that holds the mount.
fn fleet_ends(mut fleet: TestFleet, disk: SmallDisk, data: &Path) -> anyhow::Result<()> {
    fleet.master().process().kill()?;
    drop(disk);
    ensure!(!data.exists(), "the disk is still mounted");
    Ok(fleet.finish()?)
}
