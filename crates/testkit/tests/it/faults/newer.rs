//! A master of a newer version, for one append: amid an upgrade it leads, and journals a kind of event that the older
//! masters do not know. It comes to the stream by the code and in the form that any master's do.

use anyhow::Context as _;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::runtime::Handle;
use topmast_journal::stream::{Follower, StreamJournal};
use topmast_journal::{EmbeddedJournal, Journal as _, NewRecord, Options};
use topmast_model::id::Seq;
use topmast_model::time::UnixMillis;
use topmast_testkit::cluster::TestCluster;

/// The kind that nobody knows.
pub(super) const KIND: &str = "TideTurned";
pub(super) const PAYLOAD: &str = r#"{"height_m":3}"#;

/// Appends one event behind all others, however often a master that leads is quicker; where it is.
pub(super) async fn journal_one_event(cluster: &TestCluster) -> anyhow::Result<Seq> {
    let (link, runtime) = (cluster.link().clone(), Handle::current());
    let folder = cluster.path().join("newer");
    std::fs::create_dir(&folder)?;
    let append = move || {
        let copy = EmbeddedJournal::open(&folder.join("journal.db"), Options::default())?;
        let mut journal = StreamJournal::new(copy, link.clone(), runtime.clone());
        let mut follower = Follower::new(link.clone(), 0);
        loop {
            let end = runtime.block_on(link.end())?;
            while let Some(batch) = runtime.block_on(follower.next_until(end))? {
                journal.take(&batch)?;
            }
            journal.stand_at(end, journal.head())?;
            match journal.append(journal.head().seq, &[event()?]) {
                Ok(records) => return Ok(records.first().context("nothing was appended")?.seq),
                Err(error) if error.is_deposed() => {}
                Err(error) => return Err(error.into()),
            }
        }
    };
    tokio::task::spawn_blocking(append).await?
}

fn event() -> anyhow::Result<NewRecord> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?;
    Ok(NewRecord {
        time: UnixMillis(i64::try_from(now.as_millis())?),
        tenant: "default".to_owned(),
        actor: r#"{"address":null,"auth":"internal","kind":"master","name":"m4"}"#.to_owned(),
        action: None,
        object: None,
        kind: KIND.to_owned(),
        version: 1,
        payload: PAYLOAD.to_owned(),
    })
}
