//! What is told of pages, one after the other.

use super::*;
use crate::intake::Told as Sunk;
use crate::relabel::{Action, RuleText};
use proptest::prelude::*;

fn options() -> Options {
    let target = [("instance", "h:1"), ("job", "j")];
    Options {
        target: target.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
        honor_labels: false,
        honor_timestamps: true,
        relabel: Vec::new(),
        sample_limit: 0,
    }
}

/// What a page makes the sink hear, a line a sample, sorted; ends as `stale`.
fn told(held: &mut Held, page: &str, options: &Options, time: i64) -> Result<Vec<String>, ScrapeError> {
    let mut sunk = Sunk::default();
    held.page(page.as_bytes(), Form::Text, options, time, &mut sunk)?;
    Ok(lines(sunk))
}

fn lines(sunk: Sunk) -> Vec<String> {
    let mut lines: Vec<String> = sunk
        .0
        .into_iter()
        .map(|(series, samples)| {
            let [(time, value)] = samples[..] else { panic!("{series} has not one sample") };
            let value =
                if value.to_bits() == STALE.to_bits() { "stale".to_owned() } else { value.to_string() };
            format!("{series} {value} @{time}")
        })
        .collect();
    lines.sort();
    lines
}

#[test]
fn vanished_series_end_once() {
    // S-1
    let (mut held, options) = (Held::default(), options());
    let first = told(&mut held, "a 1\nb{x=\"y\"} 2\nc 3 77\n", &options, 10).unwrap();
    assert_eq!(
        first,
        ["a{instance=h:1,job=j} 1 @10", "b{instance=h:1,job=j,x=y} 2 @10", "c{instance=h:1,job=j} 3 @77"]
    );
    // The time of `c` is the page's, so its end is not told.
    let second = told(&mut held, "a 4\n", &options, 20).unwrap();
    assert_eq!(second, ["a{instance=h:1,job=j} 4 @20", "b{instance=h:1,job=j,x=y} stale @20"]);
    assert_eq!(told(&mut held, "a 5\n", &options, 30).unwrap(), ["a{instance=h:1,job=j} 5 @30"]);
    for expect in [&["a{instance=h:1,job=j} stale @40"][..], &[]] {
        let mut sunk = Sunk::default();
        held.end(40, &mut sunk);
        assert_eq!(lines(sunk), expect);
    }
    assert_eq!(told(&mut held, "a 6\n", &options, 50).unwrap(), ["a{instance=h:1,job=j} 6 @50"]);
}

#[test]
fn half_a_page_is_no_page() {
    // S-2
    let (mut held, options) = (Held::default(), options());
    told(&mut held, "a 1\n", &options, 10).unwrap();
    let error = told(&mut held, "new 1\na 2\nb\n", &options, 20).unwrap_err();
    assert_eq!(error.to_string(), "line 3: it has no value");
    let mut sunk = Sunk::default();
    held.end(20, &mut sunk);
    // Not of `new`, which was never told.
    assert_eq!(lines(sunk), ["a{instance=h:1,job=j} stale @20"]);
    let mut sunk = Sunk::default();
    let scraped = held.page(b"new 1\na 2\n", Form::Text, &options, 30, &mut sunk).unwrap();
    assert_eq!((scraped.samples, scraped.kept, scraped.added), (2, 2, 1));
}

#[test]
fn clashing_labels_become_exported_unless_they_are_honoured() {
    let page = "a{job=\"own\",exported_job=\"older\",instance=\"\"} 1\n";
    let check = |honor_labels, expect: &str| {
        let options = Options { honor_labels, ..options() };
        assert_eq!(told(&mut Held::default(), page, &options, 1).unwrap(), [expect]);
    };
    check(false, "a{exported_exported_job=own,exported_job=older,instance=h:1,job=j} 1 @1");
    check(true, "a{exported_job=older,job=own} 1 @1");
}

#[test]
fn samples_are_relabelled_counted_and_limited() {
    let drop = RuleText {
        source_labels: vec!["__name__".into()],
        regex: "b|c".into(),
        action: Action::Drop,
        ..RuleText::default()
    };
    let rename = RuleText {
        source_labels: vec!["__name__".into()],
        regex: "(d)".into(),
        target_label: "__name__".into(),
        replacement: "${1}_total".into(),
        ..RuleText::default()
    };
    let nameless = RuleText {
        source_labels: vec!["__name__".into()],
        regex: "e".into(),
        target_label: "__name__".into(),
        replacement: String::new(),
        ..RuleText::default()
    };
    let relabel = [drop, rename, nameless].map(|text| Rule::try_from(text).unwrap()).to_vec();
    let mut options = Options { relabel, sample_limit: 3, ..options() };
    let page = b"a 1\nb 1\nc 1\nd 1\ne 1\na 1\n";
    let (mut held, mut sunk) = (Held::default(), Sunk::default());
    let scraped = held.page(page, Form::Text, &options, 1, &mut sunk).unwrap();
    assert_eq!(lines(sunk), ["a{instance=h:1,job=j} 1 @1", "d_total{instance=h:1,job=j} 1 @1"]);
    assert_eq!((scraped.samples, scraped.kept, scraped.added), (6, 3, 2));
    assert_eq!(scraped.outcome.left_out, 2);
    assert_eq!(scraped.outcome.reason.as_deref(), Some("line 5: a series has no metric name"));
    options.sample_limit = 1;
    let error = held.page(page, Form::Text, &options, 2, &mut Sunk::default()).unwrap_err();
    assert_eq!(error, ScrapeError::SampleLimit(1));
}

#[test]
fn times_of_the_page_count_only_when_honoured() {
    let options = Options { honor_timestamps: false, ..options() };
    let mut held = Held::default();
    assert_eq!(told(&mut held, "a 1 77\n", &options, 5).unwrap(), ["a{instance=h:1,job=j} 1 @5"]);
    assert_eq!(told(&mut held, "", &options, 6).unwrap(), ["a{instance=h:1,job=j} stale @6"]);
}

#[test]
fn wrong_bytes_and_labels_that_are_there_twice_are_said() {
    let mut held = Held::default();
    let error = held.page(b"a 1\n\xff", Form::Text, &options(), 1, &mut Sunk::default()).unwrap_err();
    assert_eq!(error, ScrapeError::Text(4));
    let mut sunk = Sunk::default();
    let scraped = held.page(b"a{b=\"1\",b=\"2\"} 1\n", Form::Text, &options(), 1, &mut sunk).unwrap();
    assert_eq!((sunk.0.len(), scraped.outcome.left_out), (0, 1));
}

proptest! {
    #[test]
    fn every_series_that_was_told_ends(pages in prop::collection::vec("([a-c](\\{[a-b]=\"[x-y]?\"\\})? 1\n){0,6}", 1..6)) {
        let (mut held, mut live) = (Held::default(), std::collections::BTreeSet::new());
        for (time, page) in (1..).zip(&pages) {
            for line in told(&mut held, page, &options(), time).unwrap() {
                let series = line.split(' ').next().unwrap().to_owned();
                if line.contains(" stale ") { prop_assert!(live.remove(&series)) } else { live.insert(series); }
            }
        }
        let mut sunk = Sunk::default();
        held.end(99, &mut sunk);
        for line in lines(sunk) {
            prop_assert!(live.remove(line.split(' ').next().unwrap()));
        }
        prop_assert!(live.is_empty());
    }
}
