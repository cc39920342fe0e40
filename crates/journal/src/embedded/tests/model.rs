//! Random histories against a plain vector that does the same.

use super::*;
use proptest::prelude::*;

/// Few values, so that conditions meet.
fn new_record() -> impl Strategy<Value = NewRecord> {
    let object = prop::option::of(prop::sample::select(vec![
        "a", "a/b", "a/b/c", "a/bc", "a/b-c", "a/b0", "a/b/d/e", "z", "",
    ]));
    let action = prop::option::of(prop::sample::select(vec!["one", "two", "three"]));
    (0..20_i64, "[ab]", object, action, "[KLM]", any::<u16>(), ".{0,40}").prop_map(
        |(time, tenant, object, action, kind, version, text)| NewRecord {
            time: UnixMillis(time - 5),
            tenant,
            actor: serde_json::json!({ "name": text }).to_string(),
            action: action.map(str::to_owned),
            object: object.map(str::to_owned),
            kind,
            version,
            payload: serde_json::json!([text]).to_string(),
        },
    )
}

fn query() -> impl Strategy<Value = RecordQuery> {
    let seq = || prop::option::of((0..60_u64).prop_map(Seq));
    let time = || prop::option::of((-6..16_i64).prop_map(UnixMillis));
    let prefix = prop::option::of(prop::sample::select(vec!["a", "a/b", "a/b/d", "z", "none"]));
    let kinds = prop::collection::vec("[KLM]", 0..3);
    let actions = prop::collection::vec(prop::sample::select(vec!["one", "two", "x"]), 0..3);
    let tenant = prop::option::of("[abc]");
    (seq(), seq(), time(), time(), prefix, kinds, actions, tenant, any::<bool>(), 0..70_usize).prop_map(
        |(after, before, since, until, prefix, kinds, actions, tenant, newest_first, limit)| RecordQuery {
            after,
            before,
            since,
            until,
            object_prefix: prefix.map(str::to_owned),
            kinds,
            actions: actions.into_iter().map(str::to_owned).collect(),
            tenant,
            newest_first,
            limit,
        },
    )
}

/// What a query means, word by word.
fn meets(query: &RecordQuery, record: &Record) -> bool {
    let within = |prefix: &String| {
        record.object.as_ref().is_some_and(|path| path == prefix || path.starts_with(&format!("{prefix}/")))
    };
    query.after.is_none_or(|seq| record.seq > seq)
        && query.before.is_none_or(|seq| record.seq < seq)
        && query.since.is_none_or(|time| record.time >= time)
        && query.until.is_none_or(|time| record.time < time)
        && query.object_prefix.as_ref().is_none_or(within)
        && (query.kinds.is_empty() || query.kinds.contains(&record.kind))
        && (query.actions.is_empty() || record.action.as_ref().is_some_and(|id| query.actions.contains(id)))
        && query.tenant.as_ref().is_none_or(|tenant| *tenant == record.tenant)
}

#[derive(Debug, Clone)]
enum Step {
    Append(Vec<NewRecord>),
    AppendAfterWrong(u64, Vec<NewRecord>),
    Reopen,
    Read(u64, usize),
    Select(RecordQuery),
    Verify,
}

fn step() -> impl Strategy<Value = Step> {
    let records = || prop::collection::vec(new_record(), 0..8);
    prop_oneof![
        4 => records().prop_map(Step::Append),
        1 => (0..60_u64, records()).prop_map(|(after, records)| Step::AppendAfterWrong(after, records)),
        1 => Just(Step::Reopen),
        2 => (0..60_u64, 0..70_usize).prop_map(|(after, limit)| Step::Read(after, limit)),
        8 => query().prop_map(Step::Select),
        1 => Just(Step::Verify),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn journal_does_what_a_vector_does(steps in prop::collection::vec(step(), 1..30)) {
        let (_directory, path) = directory();
        let mut journal = open(&path);
        let mut model: Vec<Record> = Vec::new();
        for step in steps {
            let head = Seq(model.len() as u64);
            prop_assert_eq!(journal.head().seq, head);
            let reader = journal.reader().unwrap();
            match step {
                Step::Append(records) => {
                    let sealed = journal.append(head, &records).unwrap();
                    prop_assert_eq!(sealed.len(), records.len());
                    model.extend(sealed);
                }
                Step::AppendAfterWrong(after, records) => {
                    if Seq(after) != head {
                        prop_assert!(journal.append(Seq(after), &records).is_err());
                    }
                }
                Step::Reopen => {
                    drop((journal, reader));
                    journal = open(&path);
                }
                Step::Read(after, limit) => {
                    let expected: Vec<_> =
                        model.iter().filter(|record| record.seq > Seq(after)).take(limit).cloned().collect();
                    prop_assert_eq!(reader.read(Seq(after), limit).unwrap(), expected);
                }
                Step::Select(query) => {
                    let mut expected: Vec<_> = model.iter().filter(|record| meets(&query, record)).cloned().collect();
                    if query.newest_first {
                        expected.reverse();
                    }
                    expected.truncate(query.limit);
                    prop_assert_eq!(reader.select(&query).unwrap(), expected);
                }
                Step::Verify => {
                    let verified = reader.verify().unwrap();
                    prop_assert_eq!(verified, Verified { records: head.0, head: journal.head() });
                }
            }
        }
    }
}

#[test]
fn common_conditions_and_rare_ones_find_the_same_as_a_walk() {
    // Enough records for each way that `select` can take.
    let (_directory, path) = directory();
    let mut journal = open(&path);
    let mut model = Vec::new();
    for _ in 0..4 {
        model.extend(append_numbered(&mut journal, 4_000));
    }
    let base = RecordQuery { limit: 60, ..RecordQuery::default() };
    let queries = [
        RecordQuery { object_prefix: Some("acme".into()), ..base.clone() },
        RecordQuery { object_prefix: Some("acme/prod/sw3".into()), ..base.clone() },
        RecordQuery { tenant: Some("acme".into()), kinds: vec!["Kind2".into()], ..base.clone() },
        RecordQuery { kinds: vec!["Kind2".into(), "Kind4".into()], ..base.clone() },
        RecordQuery { actions: vec!["action-9000".into(), "action-4".into()], ..base.clone() },
        RecordQuery { tenant: Some("other".into()), ..base.clone() },
        RecordQuery { since: Some(model[10_000].time), until: Some(model[10_020].time), ..base.clone() },
        RecordQuery { since: Some(model[2_000].time), until: Some(model[9_000].time), ..base.clone() },
        RecordQuery { since: Some(model[100].time), before: Some(Seq(15_000)), ..base },
    ];
    let reader = journal.reader().unwrap();
    for mut query in queries {
        for newest_first in [false, true] {
            query.newest_first = newest_first;
            let mut expected: Vec<_> = model.iter().filter(|record| meets(&query, record)).cloned().collect();
            if newest_first {
                expected.reverse();
            }
            expected.truncate(query.limit);
            assert_eq!(reader.select(&query).unwrap(), expected, "{query:?}");
        }
    }
}

#[test]
fn an_answer_is_bounded_in_records_values_and_bytes() {
    let (_directory, path) = directory();
    let mut journal = open(&path);
    let large = NewRecord { payload: format!("\"{}\"", "x".repeat(900_000)), ..numbered(1) };
    for _ in 0..2 {
        journal.append(journal.head().seq, &vec![large.clone(); 16]).unwrap();
    }
    let reader = journal.reader().unwrap();
    let first = reader.read(Seq(0), usize::MAX).unwrap();
    assert!(first.len() < 32 && !first.is_empty());
    let rest = reader.read(first.last().unwrap().seq, usize::MAX).unwrap();
    assert_eq!(first.len() + rest.len(), 32);
    let query = RecordQuery { kinds: vec!["K".into(); 1_001], ..RecordQuery::default() };
    assert!(matches!(
        reader.select(&query),
        Err(ReadError::TooManyValues { what: "kinds", found: 1_001, limit: 1_000 })
    ));
}
