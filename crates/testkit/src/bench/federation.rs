//! Many clusters in one console: how late it is, what it costs, and what one cluster that hangs does to the others.
//!
//! ```text
//! 50 × (simulated fleet ──samples, changes──► master) ──watches, in a person's name──► console ──► who looks
//! ```
//!
//! Each cluster has a master of its own; the console is one more, without servers. All of it shares the machine's cores.
//! A change is timed as in `latency`: from before a simulated agent hands its report to the socket until a watcher of
//! the console's merged list has parsed it.

mod look;
mod tree;

use super::figure::spread;
use super::{BenchError, Bound, Figure, Settings};
use look::{Answers, Change};
use std::time::{Duration, Instant};
use tree::{SERIES, Tree};

/// DESIGN's bound for a change, and so much for the hop to the console: it merges at most each 50 ms.
const CHANGE_MS: f64 = 250.0 + 50.0;
/// DESIGN's bound for a first page.
const PAGE_MS: f64 = 1_000.0;
/// Ours for what a person waits for who looks at the same already.
const SHOWN_MS: f64 = 250.0;
/// Ours, as under load: a server tells every second.
const AGE_MS: f64 = 2_000.0;
/// DESIGN's bound for a live screen after a failover.
const WHOLE_S: f64 = 5.0;
/// People who look at the same at once, beside the first.
const MORE_PEOPLE: u8 = 4;
/// So long after a cluster hung nothing of it is waited for any more.
const GIVEN_UP: Duration = Duration::from_secs(15);
const MIB: f64 = 1_048_576.0;

pub(super) async fn measure(settings: &Settings, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    let mut tree = Tree::start(settings.clusters, settings.cluster_servers).await?;
    whole(&mut tree, show).await?;
    cost(&mut tree, settings.span / 4, show).await?;
    let seen = look::watch(&tree);
    let change = Change::new(&tree, &seen, 0..settings.clusters);
    let span = settings.span / 2;
    let (sent, answers) = tokio::join!(change.many("ALL", settings.changes), Answers::of(&tree, span));
    changes("federation", &sent?, &seen, &tree.to_string(), show);
    answers?.figures("federation", show);

    // The first cluster hangs; changes are of the others.
    tree.members[0].fleet.master().process().pause()?;
    let change = Change::new(&tree, &seen, 1..settings.clusters);
    let (sent, answers) =
        tokio::join!(change.many("OTHER", settings.changes / 2), Answers::of(&tree, GIVEN_UP));
    let name = "federation, one hangs";
    changes(name, &sent?, &seen, "those of the other clusters, from the moment on", show);
    answers?.figures(name, show);
    Answers::of(&tree, GIVEN_UP).await?.figures("federation, one is down", show);
    tree.members[0].fleet.master().process().resume()?;
    seen.close();
    tree.finish()
}

/// A console that starts, until it shows every server of every cluster.
async fn whole(tree: &mut Tree, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    tree.console.master().process().kill()?;
    let begun = Instant::now();
    tree.console.master().start_again().await?;
    let answers = begun.elapsed().as_secs_f64();
    tree.is_whole().await?;
    let note = format!("{tree}; the master itself answers after {answers:.2} s");
    let figure = Figure::new("federation, console start → whole tree", begun.elapsed().as_secs_f64(), "s");
    show(figure.target(Bound::AtMost(WHOLE_S)).note(note));
    Ok(())
}

/// What the console costs while nobody, one person and more people look.
async fn cost(tree: &mut Tree, span: Duration, show: &mut dyn FnMut(Figure)) -> Result<(), BenchError> {
    // What the start left behind is kept for some seconds.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let joins = tree.members.len() as f64;
    let idle = tree.members[0].idle.resident_bytes as f64 / MIB;
    let mut people = Vec::new();
    for (who, count) in [("nobody looks", 0), ("one person looks", 1), ("five people look", 1 + MORE_PEOPLE)]
    {
        while people.len() < usize::from(count) {
            people.push(look::person(tree, people.len())?);
        }
        tokio::time::sleep(Duration::from_secs(3)).await;
        let (begun, before) = (Instant::now(), tree.console.master().process().usage()?);
        let ticks = tree.ticks();
        tokio::time::sleep(span).await;
        let (passed, after) = (begun.elapsed().as_secs_f64(), tree.console.master().process().usage()?);
        let share = after.cpu.saturating_sub(before.cpu).as_secs_f64() / passed * 100.0;
        let resident = after.resident_bytes as f64 / MIB;
        let ticks = (tree.ticks() - ticks) as f64 / passed / tree.servers() as f64 * 100.0;
        let name = |what: &str| format!("federation, {who}: console, {what}");
        let note = format!("{:.3} % a join; the fleets made {ticks:.0} % of their ticks", share / joins);
        show(Figure::new(name("processor"), share, "% of a core").note(note));
        let note = format!("a master without servers takes {idle:.0} MiB");
        show(Figure::new(name("memory"), resident, "MiB").note(note));
    }
    Ok(())
}

/// How long changes took to the watcher of the merged list.
fn changes(
    name: &str,
    sent: &[(String, Instant)],
    seen: &look::Watcher,
    what: &str,
    show: &mut dyn FnMut(Figure),
) {
    let mut times_ms = seen.times_ms(sent);
    times_ms.sort_by(f64::total_cmp);
    let note = format!("{} changes, {} never seen; {what}", sent.len(), sent.len() - times_ms.len());
    spread(&format!("{name}: change → merged list"), &times_ms, CHANGE_MS, &note, show);
}

impl Answers {
    fn figures(mut self, name: &str, show: &mut dyn FnMut(Figure)) {
        for (what, times_ms, bound) in [
            ("merged list, first page", &mut self.first_ms, PAGE_MS),
            ("merged list, shown already", &mut self.again_ms, SHOWN_MS),
            ("merged query", &mut self.query_ms, PAGE_MS),
        ] {
            times_ms.sort_by(f64::total_cmp);
            let note = format!("{} asked", times_ms.len());
            spread(&format!("{name}: {what}"), times_ms, bound, &note, show);
        }
        self.ages_ms.sort_by(f64::total_cmp);
        let note = format!("{} rows, as the console tells them", self.ages_ms.len());
        spread(&format!("{name}: age of a row"), &self.ages_ms, AGE_MS, &note, show);
        show(
            Figure::new(format!("{name}: clusters missing in a query, most"), self.missing, "")
                .note(format!("{SERIES} series a server; the query sums one of each up, by cluster")),
        );
    }
}
