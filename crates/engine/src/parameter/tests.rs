//! Parameters: versions, labels and bounds.

use super::*;
use crate::fixture::path;
use topmast_model::agentless::Sealed;
use topmast_model::parameter::{ParameterTier, VALUE_MAX};

/// A version whose value tells the number.
pub(crate) fn some_version(is_secure: bool, number: usize) -> ParameterVersion {
    let text = number.to_string();
    let (kind, value) = if is_secure {
        (ParameterKind::SecureString, ParameterValue::Sealed(Sealed(text)))
    } else {
        (ParameterKind::String, ParameterValue::Plain(text.into()))
    };
    ParameterVersion {
        value,
        kind,
        tier: ParameterTier::Standard,
        description: None,
        allowed_pattern: None,
        key: None,
        data_type: "text".into(),
        put_by: "root".into(),
    }
}

fn applied(state: &mut State, events: Vec<EventBody>) -> usize {
    let count = events.len();
    for event in events {
        match event {
            EventBody::ParameterPut { tenant, name, number, version, tags } => {
                was_put(state, &tenant, &name, (number, &version), &tags, UnixMillis(1));
            }
            EventBody::ParameterDeleted { tenant, name } => deleted(state, &tenant, &name),
            EventBody::ParameterLabelled { tenant, name, number, labels } => {
                labelled(state, &tenant, &name, number, &labels);
            }
            EventBody::ParameterTagged { tenant, name, tags } => tagged(state, &tenant, &name, &tags),
            _ => {}
        }
    }
    let sum: usize = state.parameters(&path("acme")).all.values().map(Parameter::size).sum();
    assert_eq!(state.parameters(&path("acme")).bytes, sum, "PA-1");
    count
}

fn put_one(state: &mut State, name: &str, number: usize) -> Result<usize, Rejection> {
    let version = some_version(false, number);
    let next = check_put(state, &path("acme"), name, &version, true).unwrap_or_default();
    let events = put(state, &path("acme"), name, (next, &version), &BTreeMap::new())?;
    Ok(applied(state, events))
}

fn label_one(state: &mut State, name: &str, number: u64, labels: &[&str]) -> Result<usize, Rejection> {
    let labels: Vec<String> = labels.iter().map(|label| (*label).to_owned()).collect();
    let events = label(state, &path("acme"), name, number, (&labels, &[]))?;
    Ok(applied(state, events))
}

#[test]
fn a_new_version_takes_the_place_of_the_oldest_unless_that_has_a_label() {
    // PA-2
    let mut state = State::default();
    for number in 1..=VERSIONS_MAX + 1 {
        put_one(&mut state, "/shop/port", number).unwrap();
    }
    let kept = state.parameters(&path("acme")).get("/shop/port").unwrap();
    assert_eq!(kept.versions.keys().copied().collect::<Vec<_>>(), (2..=101).collect::<Vec<_>>());
    assert_eq!(kept.newest().unwrap().1.put.value, ParameterValue::Plain("101".into()));
    label_one(&mut state, "/shop/port", 2, &["live"]).unwrap();
    let version = some_version(false, 0);
    assert_eq!(check_put(&state, &path("acme"), "/shop/port", &version, true), Err(Unfit::Labelled(2)));
    label_one(&mut state, "/shop/port", 3, &["live"]).unwrap();
    assert_eq!(check_put(&state, &path("acme"), "/shop/port", &version, true), Ok(102));
}

#[test]
fn a_label_is_on_one_version() {
    // PA-3
    let mut state = State::default();
    for number in 1..=2 {
        put_one(&mut state, "port", number).unwrap();
    }
    assert_eq!(label_one(&mut state, "port", 1, &["live", "old"]).unwrap(), 1);
    assert_eq!(label_one(&mut state, "/port", 1, &["live"]).unwrap(), 0, "again");
    label_one(&mut state, "port", 2, &["live"]).unwrap();
    let kept = state.parameters(&path("acme")).get("port").unwrap();
    assert_eq!(kept.labelled("live").unwrap().0, 2);
    assert_eq!(kept.labelled("old").unwrap().0, 1);
    let many: Vec<String> = (0..LABELS_MAX).map(|number| format!("l{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert!(label_one(&mut state, "port", 2, &many).is_err(), "with `live` there are too many");
    assert!(label_one(&mut state, "port", 3, &["live"]).is_err());
    assert!(label_one(&mut state, "port", 2, &["9"]).is_err());
    let events = label(&state, &path("acme"), "port", 2, (&[], &["live".into()])).unwrap();
    applied(&mut state, events);
    assert_eq!(state.parameters(&path("acme")).get("port").unwrap().labelled("live"), None);
}

#[test]
fn one_name_with_and_without_the_slash_is_one_parameter() {
    let (mut state, tenant) = (State::default(), path("acme"));
    let tags = BTreeMap::from([("team".to_owned(), "ops".to_owned())]);
    let events = put(&state, &tenant, "port", (1, &some_version(false, 1)), &tags).unwrap();
    applied(&mut state, events);
    let again = put(&state, &tenant, "/port", (1, &some_version(false, 1)), &tags);
    assert!(matches!(again, Err(Rejection::Conflict { .. })));
    let other = put(&state, &tenant, "/port", (2, &some_version(true, 1)), &tags);
    assert!(matches!(other, Err(Rejection::Conflict { .. })), "of another kind");
    let later = put(&state, &tenant, "/port", (3, &some_version(false, 1)), &tags);
    assert!(matches!(later, Err(Rejection::Conflict { .. })), "somebody else's version is between");
    put_one(&mut state, "/port", 2).unwrap();
    assert_eq!((state.parameters(&tenant).get("port").unwrap().name.as_str(), tags.len()), ("port", 1));
    assert_eq!(state.parameters(&tenant).get("port").unwrap().tags, tags);
    let events = tag(&state, &tenant, "/port", &BTreeMap::new(), &["team".into()]).unwrap();
    applied(&mut state, events);
    let events = delete(&state, &tenant, &["/port".into(), "port".into(), "gone".into()]).unwrap();
    assert_eq!(applied(&mut state, events), 1);
    assert!(state.parameters.is_empty());
    assert_eq!(put_one(&mut state, "port", 1).unwrap(), 1);
    assert_eq!(state.parameters(&tenant).get("port").unwrap().newest().unwrap().0, 1, "it begins anew");
}

#[test]
fn names_values_and_counts_are_bounded() {
    // PA-1, PA-4
    let (mut state, tenant) = (State::default(), path("acme"));
    assert!(put_one(&mut state, "a/b", 1).is_err());
    let refused = |version: &ParameterVersion| {
        put(&State::default(), &path("acme"), "a", (1, version), &BTreeMap::new()).is_err()
    };
    let plain = some_version(false, 1);
    assert!(!refused(&plain));
    assert!(refused(&ParameterVersion { kind: ParameterKind::SecureString, ..plain.clone() }));
    assert!(refused(&ParameterVersion { kind: ParameterKind::String, ..some_version(true, 1) }));
    let long = |bytes: usize| ParameterValue::Plain("x".repeat(bytes).into());
    assert!(!refused(&ParameterVersion { value: long(VALUE_MAX / 2), ..plain.clone() }));
    assert!(refused(&ParameterVersion { value: long(VALUE_MAX / 2 + 1), ..plain.clone() }));
    assert!(refused(&ParameterVersion { value: long(0), ..plain.clone() }));
    assert!(refused(&ParameterVersion { description: Some("x".repeat(TEXT_MAX + 1)), ..plain.clone() }));
    let full = ParameterVersion { value: long(VALUE_MAX), tier: ParameterTier::Advanced, ..plain };
    let mut number = 0;
    let refusal = loop {
        number += 1;
        match put(&state, &tenant, &format!("p{number}"), (1, &full), &BTreeMap::new()) {
            Ok(events) => {
                for event in events {
                    if let EventBody::ParameterPut { tenant, name, number, version, tags } = event {
                        was_put(&mut state, &tenant, &name, (number, &version), &tags, UnixMillis(1));
                    }
                }
            }
            Err(refusal) => break refusal,
        }
    };
    assert!(matches!(refusal, Rejection::LimitReached { .. }), "{refusal}");
    assert!(number > BYTES_MAX / (VALUE_MAX + 1_000) && state.parameters(&tenant).bytes <= BYTES_MAX);
}
