//! Who is there: the masters of this cluster, as each says of itself every second.

use super::{Aside, Sharing, notice};
use crate::bus::MasterRole;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use topmast_journal::stream::{Bucket, LinkError};
use topmast_model::id::Seq;

/// Time between two words of a master on itself.
const TELL: Duration = Duration::from_secs(1);
/// A server that takes nothing for longer is left for another: it may answer, and not reach the others itself. They choose
/// a new leader in less.
const UNHEARD: Duration = Duration::from_secs(10);
/// Key of a master, before its name.
const KEY: &str = "master.";
/// A master that was silent for longer is shown as gone.
pub(crate) const SILENT: Duration = Duration::from_secs(5);

/// What a master says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Said {
    url: String,
    version: String,
    is_active: bool,
    /// The last record that it has.
    seq: u64,
    /// Agents that are connected.
    agents: usize,
    /// What keeps it from following, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stuck: Option<String>,
    /// What somebody should look at though it follows, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notice: Option<String>,
}

/// A master of the cluster.
#[derive(Debug, Clone)]
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) url: String,
    pub(crate) version: String,
    pub(crate) is_active: bool,
    /// The last record that it has.
    pub(crate) seq: Seq,
    pub(crate) agents: usize,
    /// What keeps it from following.
    pub(crate) stuck: Option<String>,
    /// What somebody should look at though it follows.
    pub(crate) notice: Option<String>,
    /// Time since it was heard of; none for this master itself.
    pub(crate) age: Option<Duration>,
}

/// The masters that this one knows, itself among them.
pub(crate) struct Members {
    own_url: String,
    aside: OnceLock<Aside>,
    others: Mutex<Others>,
    given_to: watch::Sender<Option<String>>,
}

#[derive(Default)]
struct Others {
    /// What was heard, which writing it was, and when.
    heard: BTreeMap<String, (Said, u64, Instant)>,
    /// Name and URL of who holds the lease.
    active: Option<(String, String)>,
    stuck: Option<String>,
}

impl Members {
    /// Of a master that is reached at a URL.
    pub(crate) fn new(own_url: String) -> Self {
        Self { own_url, aside: OnceLock::new(), others: Mutex::default(), given_to: watch::Sender::new(None) }
    }

    /// Where this master is reached by the others.
    pub(crate) fn own_url(&self) -> &str {
        &self.own_url
    }

    /// Notes that this master's copy is to be put aside when it has ended.
    pub(super) fn put_aside(&self, aside: Aside) {
        // It is judged once in a run.
        let _ = self.aside.set(aside);
    }

    /// The copy that is to be put aside when this master has ended.
    pub(crate) fn aside(&self) -> Option<&Aside> {
        self.aside.get()
    }

    /// Notes who holds the lease.
    pub(super) fn active_is(&self, name: &str, url: &str) {
        self.lock().active = Some((name.to_owned(), url.to_owned()));
    }

    /// Where the active master is, as far as known.
    pub(crate) fn active_url(&self) -> Option<String> {
        self.lock().active.as_ref().map(|(_, url)| url.clone())
    }

    /// Notes why this master cannot follow; none when it can. True when that is news.
    pub(super) fn stuck(&self, reason: Option<String>) -> bool {
        let mut others = self.lock();
        let is_news = others.stuck != reason;
        others.stuck = reason;
        is_news
    }

    /// True while this master cannot follow.
    pub(super) fn is_stuck(&self) -> bool {
        self.lock().stuck.is_some()
    }

    /// Asks this master, the active one, to give its lease to another.
    pub(crate) fn give_to(&self, name: &str) {
        self.given_to.send_replace(Some(name.to_owned()));
    }

    pub(super) fn given_to(&self) -> watch::Receiver<Option<String>> {
        self.given_to.subscribe()
    }

    /// All that are known, by name; `own` is this one.
    pub(crate) fn all(&self, own: Member) -> Vec<Member> {
        let others = self.lock();
        let own = Member { stuck: others.stuck.clone(), ..own };
        let heard = others.heard.iter().filter(|(name, _)| **name != own.name);
        let mut all: Vec<_> = heard
            .map(|(name, (said, _, at))| Member {
                name: name.clone(),
                url: said.url.clone(),
                version: said.version.clone(),
                // Its word may be older than its end.
                is_active: said.is_active && others.active.as_ref().is_none_or(|(active, _)| active == name),
                seq: Seq(said.seq),
                agents: said.agents,
                stuck: said.stuck.clone(),
                notice: said.notice.clone(),
                age: Some(at.elapsed()),
            })
            .collect();
        all.push(own);
        all.sort_by(|a, b| a.name.cmp(&b.name));
        all
    }

    fn heard(&self, all: Vec<(String, Said, u64)>) {
        let mut others = self.lock();
        let before = std::mem::take(&mut others.heard);
        for (name, said, revision) in all {
            let at = match before.get(&name) {
                Some((_, known, at)) if *known == revision => *at,
                _ => Instant::now(),
            };
            others.heard.insert(name, (said, revision, at));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Others> {
        self.others.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sharing {
    /// Says every second who this master is and how far, and hears the others.
    pub(super) async fn tell(&self) {
        let bucket = self.link.bucket();
        let mut timer = tokio::time::interval(TELL);
        timer.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut heard = Instant::now();
        loop {
            timer.tick().await;
            // Servers that do not answer are told of by those who wait for them.
            if self.say(&bucket).await.is_err() {
                if heard.elapsed() > UNHEARD {
                    self.link.leave_server().await;
                    heard = Instant::now();
                }
                continue;
            }
            heard = Instant::now();
            if let Ok(all) = all_said(&bucket).await {
                self.context.members.heard(all);
            }
        }
    }
}

impl Sharing {
    /// Names and URLs of the other masters, as the servers have them now.
    ///
    /// # Errors
    /// [`LinkError`] when no server answers.
    pub(super) async fn others(&self) -> Result<Vec<(String, String)>, LinkError> {
        let all = all_said(&self.link.bucket()).await?.into_iter();
        let others = all.filter(|(name, ..)| *name != self.context.config.name);
        Ok(others.map(|(name, said, _)| (name, said.url)).collect())
    }

    /// Says once who this master is and how far.
    ///
    /// # Errors
    /// [`LinkError`], as from a server that has lost the others.
    pub(super) async fn say(&self, bucket: &Bucket) -> Result<(), LinkError> {
        let key = format!("{KEY}{}", self.context.config.name);
        let Member { url, version, is_active, seq, agents, stuck, notice, .. } = self.context.own_member();
        let said = Said { url, version, is_active, seq: seq.0, agents, stuck, notice };
        bucket.put(&key, serde_json::to_vec(&said).unwrap_or_default()).await
    }
}

/// What each master said last, by name, and which writing that was.
async fn all_said(bucket: &Bucket) -> Result<Vec<(String, Said, u64)>, LinkError> {
    let all = bucket.all(KEY).await?.into_iter();
    let said = all.filter_map(|(key, entry)| {
        Some((key.strip_prefix(KEY)?.to_owned(), serde_json::from_slice(&entry.value).ok()?, entry.revision))
    });
    Ok(said.collect())
}

impl crate::http::Context {
    /// What this master says of itself.
    pub(crate) fn own_member(&self) -> Member {
        Member {
            name: self.config.name.clone(),
            url: self.members.own_url().to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            is_active: self.bus.standing().role() == MasterRole::Active,
            seq: self.bus.state().last_seq(),
            agents: self.registry.connected(),
            stuck: self.members.lock().stuck.clone(),
            notice: notice(&self.config.data),
            age: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_who_holds_the_lease_is_shown_as_active() {
        let members = Members::new("https://b:7400".into());
        let url = |name: &str| format!("https://{name}:7400");
        let said = |name| Said {
            url: url(name),
            version: "1".into(),
            is_active: true,
            seq: 7,
            agents: 2,
            stuck: None,
            notice: None,
        };
        members.heard(vec![("a".into(), said("a"), 1)]);
        let own = |is_active| Member {
            name: "b".into(),
            url: url("b"),
            version: "1".into(),
            is_active,
            seq: Seq(7),
            agents: 2,
            stuck: None,
            notice: None,
            age: None,
        };
        let active = |is_active| {
            let all = members.all(own(is_active)).into_iter();
            all.filter(|member| member.is_active).map(|member| member.name).collect::<Vec<_>>()
        };
        members.active_is("a", &url("a"));
        assert_eq!(active(false), ["a"]);
        members.active_is("b", &url("b"));
        assert_eq!(active(true), ["b"], "a was killed and has said nothing since");
    }
}
