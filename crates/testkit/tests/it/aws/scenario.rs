//! One text for every client (`scenario.json`): calls, what must come of them, and what is kept for the calls after them.
//!
//! A step calls an operation `with` an input. `expect` names members that the answer must have, with lists in whole;
//! `{"above": 0}` stands for a number, `until` looks again until it is so. `keep` names values by JSON pointer, `{name}`
//! puts them into later steps. `refused` is a code and a part of its message. `on` says whose step it is, if not everybody's.
//! The call `demo fault` is no client's: it breaks the demo switch. A `name` lets somebody differ in a step (`Difference`).

use super::driver::{Driver, Refusal};
use anyhow::{Context, bail, ensure};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use topmast_testkit::wait::{DEADLINE, wait_for};

const TEXT: &str = include_str!("scenario.json");

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    name: Option<String>,
    call: String,
    #[serde(default)]
    with: Value,
    #[serde(default)]
    expect: Value,
    #[serde(default)]
    keep: BTreeMap<String, String>,
    #[serde(default)]
    until: bool,
    refused: Option<Refusal>,
    on: Option<String>,
}

/// What somebody does in a step in place of what is right.
#[derive(Debug)]
pub(super) struct Difference {
    /// The step's name.
    pub(super) step: &'static str,
    /// `expect` or `refused` as in a step.
    pub(super) instead: &'static str,
    /// Who recorded what is right.
    pub(super) source: &'static str,
}

/// The part of a step that a difference replaces.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Instead {
    expect: Value,
    refused: Option<Refusal>,
}

/// Names and what they stand for.
pub(super) type Names = BTreeMap<String, String>;

/// Whole minutes of a quarter of an hour ago, and a time of the next hour.
pub(super) fn times() -> Names {
    let now = jiff::Timestamp::now().as_second();
    let begin = (now - 900).div_euclid(60) * 60;
    let text = |second| jiff::Timestamp::from_second(second).unwrap_or_default().to_string();
    let minutes = [0, 1, 5].map(|minute| (format!("minute{minute}"), text(begin + 60 * minute)));
    minutes.into_iter().chain([("end".to_owned(), text(begin + 2_700))]).collect()
}

/// Goes through the steps that are for `whom`. A difference that is none any more fails, too.
pub(super) async fn play(
    driver: &mut Driver,
    whom: &str,
    names: &mut Names,
    differences: &[Difference],
) -> anyhow::Result<()> {
    let mut steps: Vec<Step> = serde_json::from_str(TEXT)?;
    for Difference { step: name, instead, source } in differences {
        let step = steps.iter_mut().find(|step| step.name.as_deref() == Some(name));
        let step = step.with_context(|| format!("there is no step {name} (of {source})"))?;
        let instead: Instead = serde_json::from_str(instead).with_context(|| format!("instead of {name}"))?;
        (step.expect, step.refused) = (instead.expect, instead.refused);
    }
    for step in steps.iter().filter(|step| step.on.as_deref().is_none_or(|on| on == whom)) {
        take(driver, step, names).await.with_context(|| format!("{whom}: {} {}", step.call, step.with))?;
    }
    Ok(())
}

async fn take(driver: &mut Driver, step: &Step, names: &mut Names) -> anyhow::Result<()> {
    let (service, operation) = step.call.split_once(' ').context("a call is a service and an operation")?;
    let input = match filled(&step.with, names) {
        Value::Null => Value::Object(Map::new()),
        input => input,
    };
    if service == "demo" {
        let url = format!("{}/{operation}", names.get("demo").context("no demo")?);
        reqwest::Client::new().post(url).json(&input).send().await?.error_for_status()?;
        return Ok(());
    }
    let expected = filled(&step.expect, names);
    let answer = if step.until {
        let mut last = Value::Null;
        let look = async || match driver.call(service, operation, &input).await {
            Ok(Ok(answer)) if differs(&answer, &expected, "").is_none() => Some(Ok(answer)),
            Ok(Ok(answer)) => {
                last = answer;
                None
            }
            Ok(Err(refusal)) => Some(Err(anyhow::anyhow!("{refusal:?}"))),
            Err(error) => Some(Err(error)),
        };
        let found = wait_for(&step.call, DEADLINE, look).await;
        found.with_context(|| format!("expected {expected}, the last answer is {last}"))??
    } else {
        match (driver.call(service, operation, &input).await?, &step.refused) {
            (Ok(answer), None) => answer,
            (Err(told), Some(refused)) => {
                let part = refused.message.as_deref().unwrap_or_default();
                // Some faults have no message.
                let text = told.message.as_deref().unwrap_or_default();
                let is_so = told.code == refused.code && text.contains(part);
                ensure!(is_so, "{told:?}, not {refused:?}");
                return Ok(());
            }
            (other, _) => bail!("{other:?}"),
        }
    };
    if let Some(difference) = differs(&answer, &expected, "") {
        bail!("{difference}: {answer}");
    }
    for (name, pointer) in &step.keep {
        let kept = answer.pointer(pointer).and_then(Value::as_str);
        names.insert(name.clone(), kept.with_context(|| format!("no {pointer} in {answer}"))?.to_owned());
    }
    Ok(())
}

/// A value with its names replaced.
fn filled(value: &Value, names: &Names) -> Value {
    match value {
        Value::String(text) => {
            let fill =
                |text: String, (name, value): (&String, &String)| text.replace(&format!("{{{name}}}"), value);
            Value::String(names.iter().fold(text.clone(), fill))
        }
        Value::Array(list) => list.iter().map(|item| filled(item, names)).collect(),
        Value::Object(map) => {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), filled(value, names))).collect())
        }
        other => other.clone(),
    }
}

/// Where an answer is not what is expected, if anywhere.
fn differs(answer: &Value, expected: &Value, place: &str) -> Option<String> {
    match (expected, answer) {
        (Value::Null, _) => None,
        (Value::Object(wanted), _) if wanted.contains_key("above") => {
            let above = answer.as_f64().zip(wanted["above"].as_f64());
            above
                .is_none_or(|(number, above)| number <= above)
                .then(|| format!("{place} is {answer}, not {expected}"))
        }
        (Value::Object(wanted), Value::Object(_)) => wanted
            .iter()
            .find_map(|(name, wanted)| differs(&answer[name.as_str()], wanted, &format!("{place}/{name}"))),
        (Value::Array(wanted), Value::Array(list)) if wanted.len() == list.len() => {
            let mut pairs = wanted.iter().zip(list).enumerate();
            pairs.find_map(|(at, (wanted, item))| differs(item, wanted, &format!("{place}/{at}")))
        }
        // The AWS CLI writes times of JSON as they come.
        (Value::String(wanted), Value::Number(seconds)) if is_second(wanted, seconds.as_f64()) => None,
        (Value::Number(_), Value::Number(_)) if expected.as_f64() == answer.as_f64() => None,
        (Value::String(wanted), Value::String(text)) if wanted == text || is_same_time(wanted, text) => None,
        _ if expected == answer => None,
        _ => Some(format!("{place} is {answer}, not {expected}")),
    }
}

/// Clients write times in different ways.
fn is_same_time(one: &str, other: &str) -> bool {
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    time(one).is_some_and(|one| time(other) == Some(one))
}

fn is_second(text: &str, seconds: Option<f64>) -> bool {
    let time = text.parse::<jiff::Timestamp>().ok();
    time.is_some_and(|time| seconds == Some(time.as_millisecond() as f64 / 1_000.0))
}
