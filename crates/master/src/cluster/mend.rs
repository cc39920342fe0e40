//! A copy that has other records than the shared journal: put aside once by itself and read anew, if nothing that was
//! acknowledged can be in it alone.
//!
//! ```text
//! stream:  1 ─── shared ─┬─ what the masters went on with
//! copy:    1 ─── shared ─┴─ rest: a batch that servers told of, never acknowledged, and lost
//!                           │ none of it decided here · no more than one append · none put aside before
//!                           └─► this master ends ─► journal.db.diverged-TIME ─► starts anew with an empty copy
//! ```
//!
//! Invariants
//! - M-3: no copy is put aside by itself that holds, beyond the shared journal, a record that this master decided: who
//!   acknowledged a record has it in its own copy, and that copy waits for a person.
//! - M-4: a copy that is put aside is kept, and while one is kept no second one is put aside.
//!
//! Why so: docs/adr/0029-standby-mends-its-copy.md.

use super::follow::Stuck;
use super::{PAUSE, Sharing};
use crate::bus::MasterRole;
use crate::record::{ACTIVATED, RESTORED, from_record};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use topmast_journal::stream::{Follower, ForkError, Found, LinkError, fork};
use topmast_journal::{
    EmbeddedReader, Head, JournalReader, MAX_APPEND_RECORDS, OpenError, PutAsideError, ReadError, Record,
    RecordQuery, put_aside,
};
use topmast_model::event::EventBody;
use topmast_model::id::Seq;
use topmast_model::time::UnixMillis;

/// Name of the journal's file in the data directory.
pub(crate) const JOURNAL: &str = "journal.db";
/// How the names of copies begin that were put aside.
const ASIDE: &str = "journal.db.diverged-";

/// A copy that is to be put aside once this master has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Aside {
    journal: PathBuf,
    to: PathBuf,
    /// Where the copy ended when it was judged.
    head: Head,
}

impl Aside {
    /// Puts it aside.
    ///
    /// # Errors
    /// [`PutAsideError`]; the next start of this master finds the same copy, and judges it again.
    pub(crate) fn put(&self) -> Result<(), PutAsideError> {
        put_aside(&self.journal, &self.to, self.head)
    }
}

impl std::fmt::Display for Aside {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&name_of(&self.to))
    }
}

/// What a copy has beyond the record that it shares with the stream.
#[derive(Debug, PartialEq, Eq)]
struct Rest {
    /// The last record that both have.
    shared: Seq,
    /// The last record of the copy.
    last: Seq,
    /// The masters that decided it, as far as their names are known.
    deciders: Vec<Option<String>>,
}

/// Why it is not known what a copy has beyond the stream.
#[derive(Debug, thiserror::Error)]
pub(super) enum JudgeError {
    #[error(transparent)]
    Fork(#[from] ForkError),
    #[error("open the copy")]
    Open(#[from] OpenError),
    #[error("read the copy")]
    Read(#[from] ReadError),
    #[error("the master is stopping")]
    Stopping(#[from] tokio::task::JoinError),
}

/// A copy in a data directory that was put aside, in words; none when there is none.
pub(crate) fn notice(data: &Path) -> Option<String> {
    let kept = kept(data)?;
    Some(format!(
        "its copy of the journal had records that the NATS servers lost, was put aside as {kept} and read anew; see why, and move that file away: while it is there no other copy is put aside"
    ))
}

/// The first copy in a data directory that was put aside.
fn kept(data: &Path) -> Option<String> {
    let entries = std::fs::read_dir(data).ok()?;
    entries
        .filter_map(|entry| Some(name_of(&entry.ok()?.path())))
        .filter(|name| name.starts_with(ASIDE))
        .min()
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Whether a copy may be put aside by itself (M-3, M-4).
///
/// - `own`: this master's name.
/// - `kept`: a copy that was put aside before.
fn judge(rest: &Rest, own: &str, kept: Option<String>) -> Result<(), Stuck> {
    let Rest { shared, last, deciders } = rest;
    if *shared == Seq(0) {
        return Err(Stuck::Foreign);
    }
    let first = Seq(shared.0 + 1);
    // A second append is begun only once the first is acknowledged, so of more than one some was.
    if last.0 - shared.0 > MAX_APPEND_RECORDS as u64 {
        return Err(Stuck::LongRest { first, last: *last });
    }
    // Masters of old did not say who they are.
    if deciders.iter().any(|decider| decider.as_deref().is_none_or(|decider| decider == own)) {
        return Err(Stuck::OwnRest { first, last: *last });
    }
    match kept {
        Some(kept) => Err(Stuck::Again { first, last: *last, kept }),
        None => Ok(()),
    }
}

impl Sharing {
    /// Judges a copy that has other records than the stream. Where it may be put aside by itself, this master ends for
    /// that; elsewhere it returns why not, and nothing when the copy was found to be as it should after all.
    pub(super) async fn mend(&self) -> Option<Stuck> {
        // A server that lost the others may tell of what never was: one that takes a word has them.
        let bucket = self.link.bucket();
        self.patiently(|| self.say(&bucket)).await;
        let head = match self.head().await {
            Ok(head) => head,
            Err(error) => return Some(Stuck::Unread(error)),
        };
        let found = self.patiently(|| Follower::locate(&self.link, head)).await;
        if !matches!(found, Found::Diverged | Found::Amid(_)) {
            return None;
        }
        if self.bus().standing().role() != MasterRole::Standby {
            // What it decided since is judged when it is a standby.
            return self.end().await;
        }
        let rest = loop {
            match self.rest(head).await {
                Ok(rest) => break rest,
                Err(JudgeError::Fork(ForkError::Link(LinkError::Servers { .. }))) => {
                    tokio::time::sleep(PAUSE).await;
                }
                Err(error) => return Some(Stuck::Unread(error)),
            }
        };
        if rest.shared == rest.last {
            // Servers told of something else a moment ago.
            return None;
        }
        let data = &self.context.config.data;
        if let Err(stuck) = judge(&rest, &self.context.config.name, kept(data)) {
            return Some(stuck);
        }
        let aside =
            Aside { journal: data.join(JOURNAL), to: data.join(aside_name(self.bus().clock().now())), head };
        tracing::error!(
            shared = %rest.shared,
            last = %rest.last,
            file = %aside,
            "this master's copy has records that the shared journal has not, none of them decided here: it is put aside, kept, and read anew"
        );
        self.context.members.put_aside(aside);
        self.end().await
    }

    /// Ends this master, and with it whoever waits here.
    async fn end<T>(&self) -> T {
        self.bus().standing().depose();
        std::future::pending().await
    }

    /// The last record of this master's copy.
    pub(super) async fn head(&self) -> Result<Head, JudgeError> {
        let last = self.bus().state().last_seq();
        self.on_copy(move |reader| {
            let read = reader.read(Seq(last.0.saturating_sub(1)), 1)?;
            Ok(read.first().filter(|_| last > Seq(0)).map_or_else(Head::default, Record::head))
        })
        .await
    }

    async fn rest(&self, head: Head) -> Result<Rest, JudgeError> {
        let (link, runtime) = (self.link.clone(), tokio::runtime::Handle::current());
        self.on_copy(move |reader| {
            let shared = runtime.block_on(fork(&link, reader))?.seq;
            Ok(Rest { shared, last: head.seq, deciders: deciders(reader, shared)? })
        })
        .await
    }

    pub(super) async fn on_copy<T: Send + 'static>(
        &self,
        read: impl FnOnce(&dyn JournalReader) -> Result<T, JudgeError> + Send + 'static,
    ) -> Result<T, JudgeError> {
        let path = self.context.config.data.join(JOURNAL);
        tokio::task::spawn_blocking(move || read(&EmbeddedReader::open(&path)?)).await?
    }
}

/// The masters that decided what a copy has after a record: the one that was active there, and those after it. A copy
/// that was restored there has the word of that, which answered nobody, and what later masters decided.
fn deciders(reader: &dyn JournalReader, shared: Seq) -> Result<Vec<Option<String>>, ReadError> {
    let activated = RecordQuery { kinds: vec![ACTIVATED.to_owned()], ..RecordQuery::default() };
    let after = RecordQuery { after: Some(shared), limit: MAX_APPEND_RECORDS, ..activated.clone() };
    let mut found = reader.select(&after)?;
    if reader.read(shared, 1)?.first().is_none_or(|next| next.kind != RESTORED) {
        let before =
            RecordQuery { before: Some(Seq(shared.0 + 1)), newest_first: true, limit: 1, ..activated };
        let Some(active) = reader.select(&before)?.pop() else { return Ok(vec![None]) };
        found.push(active);
    }
    let name = |record| match from_record(record).ok()?.body {
        EventBody::MasterActivated { name, .. } => name,
        _ => None,
    };
    Ok(found.iter().map(name).collect())
}

/// A name that says when.
fn aside_name(now: UnixMillis) -> String {
    let time = Timestamp::from_millisecond(now.0).unwrap_or_default();
    format!("{ASIDE}{}", time.strftime("%Y%m%dT%H%M%SZ"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::to_record;
    use topmast_journal::{EmbeddedJournal, Journal as _, Options};
    use topmast_model::event::Event;
    use topmast_model::id::Epoch;
    use topmast_model::principal::Principal;

    fn rest(last: u64, deciders: &[Option<&str>]) -> Rest {
        let deciders = deciders.iter().map(|name| name.map(str::to_owned)).collect();
        Rest { shared: Seq(100), last: Seq(last), deciders }
    }

    #[test]
    fn copy_is_put_aside_only_where_nothing_acknowledged_can_be_in_it_alone() {
        // M-3, M-4
        let others = [Some("m1"), Some("m2")];
        let kept = || Some("journal.db.diverged-20260301T120000Z".to_owned());
        judge(&rest(103, &others), "m3", None).unwrap();
        judge(&rest(100 + MAX_APPEND_RECORDS as u64, &others), "m3", None).unwrap();
        for (rest, kept, wanted) in [
            (rest(103, &others), kept(), "journal.db.diverged-20260301T120000Z"),
            (rest(103, &[Some("m1"), Some("m3")]), None, "101 to 103"),
            (rest(103, &[None]), None, "101 to 103"),
            (rest(101 + MAX_APPEND_RECORDS as u64, &others), None, "more than one append"),
            (Rest { shared: Seq(0), ..rest(5, &others) }, None, "is not the one on the stream"),
        ] {
            let stuck = judge(&rest, "m3", kept).unwrap_err().to_string();
            assert!(stuck.contains(wanted), "{stuck}");
            assert!(
                stuck.contains("move") && stuck.contains("start it again"),
                "it says what to do: {stuck}"
            );
        }
    }

    #[test]
    fn word_of_a_restore_answered_nobody() {
        // M-3
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(JOURNAL);
        let mut journal = EmbeddedJournal::open(&path, Options::default()).unwrap();
        let active = |name: &str| EventBody::MasterActivated {
            epoch: Epoch(1),
            name: Some(name.to_owned()),
            place: None,
            tenant: None,
        };
        let restored = EventBody::JournalRestored { epoch: Epoch(1), backed_up_at: UnixMillis(0) };
        let user = EventBody::UserDeleted { name: "ann".into() };
        let bodies = [active("m1"), user.clone(), restored, active("m2"), user];
        let records = bodies.into_iter().zip(1..).map(|(body, seq)| {
            let (time, tenant, actor) = (UnixMillis(0), "-".to_owned(), Principal::master().actor);
            to_record(&Event { seq: Seq(seq), time, tenant, actor, action: None, body }).unwrap()
        });
        journal.append(Seq(0), &records.collect::<Vec<_>>()).unwrap();
        let reader = journal.reader().unwrap();
        for (shared, expected) in
            [(1, vec!["m2", "m1"]), (2, vec!["m2"]), (3, vec!["m2", "m1"]), (4, vec!["m2"])]
        {
            let found = deciders(reader.as_ref(), Seq(shared)).unwrap();
            let found: Vec<_> = found.iter().map(|name| name.as_deref().unwrap()).collect();
            assert_eq!(found, expected, "{shared}");
        }
    }

    #[test]
    fn copy_that_was_put_aside_is_found_and_told() {
        let data = tempfile::tempdir().unwrap();
        let name = aside_name(UnixMillis(1_772_366_400_000));
        assert_eq!(name, "journal.db.diverged-20260301T120000Z");
        std::fs::write(data.path().join("journal.db"), "").unwrap();
        assert_eq!(notice(data.path()), None);
        std::fs::write(data.path().join(&name), "").unwrap();
        assert!(notice(data.path()).unwrap().contains(&name));
        assert_eq!(notice(&data.path().join("nowhere")), None);
    }
}
