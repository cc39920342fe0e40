//! `DescribeRegions` and `DescribeAvailabilityZones`: the one region that the tool signed for, with our clusters as zones.

use super::{dry_run, filter, invalid};
use crate::aws::{Caller, fleet};
use crate::http::Context;
use std::collections::BTreeSet;
use topmast_aws::{Fault, Value};

const OPT_IN: &str = "opt-in-not-required";

pub(super) fn regions(caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let region = &caller.region;
    check("RegionNames", input, "region", &|name| name == *region)?;
    let known = |name: &str| matches!(name, "region-name" | "opt-in-status");
    let of = |region: &String, name: &str| {
        vec![if name == "region-name" { region.clone() } else { OPT_IN.to_owned() }]
    };
    let kept = filter::keep(input, vec![region.clone()], &known, &of)?;
    dry_run(input)?;
    let told = |region: &String| {
        Value::map([("RegionName", region.as_str().into()), ("OptInStatus", OPT_IN.into())])
    };
    Ok(Value::map([("Regions", Value::List(kept.iter().map(told).collect()))]))
}

pub(super) fn zones(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let clusters: BTreeSet<String> =
        fleet::instances(context, caller).iter().map(|instance| instance.cluster().to_owned()).collect();
    let is_zone = |name: &str| clusters.contains(name);
    check("ZoneNames", input, "availability zone", &is_zone)?;
    check("ZoneIds", input, "availability zone", &is_zone)?;
    let asked: BTreeSet<&str> = input.texts("ZoneNames").chain(input.texts("ZoneIds")).collect();
    let wanted = clusters.into_iter().filter(|zone| asked.is_empty() || asked.contains(zone.as_str()));
    let known = |name: &str| {
        matches!(name, "zone-name" | "zone-id" | "region-name" | "state" | "opt-in-status" | "zone-type")
    };
    let of = |zone: &String, name: &str| {
        vec![match name {
            "zone-name" | "zone-id" => zone.clone(),
            "region-name" => caller.region.clone(),
            "state" => "available".to_owned(),
            "zone-type" => "availability-zone".to_owned(),
            _ => OPT_IN.to_owned(),
        }]
    };
    let kept = filter::keep(input, wanted.collect(), &known, &of)?;
    dry_run(input)?;
    let told = |zone: &String| {
        Value::map([
            ("ZoneName", zone.as_str().into()),
            ("ZoneId", zone.as_str().into()),
            ("RegionName", caller.region.as_str().into()),
            ("State", "available".into()),
            ("OptInStatus", OPT_IN.into()),
            ("ZoneType", "availability-zone".into()),
            ("Messages", Value::List(Vec::new())),
        ])
    };
    Ok(Value::map([("AvailabilityZones", Value::List(kept.iter().map(told).collect()))]))
}

/// Refuses names that there are not.
fn check(member: &str, input: &Value, what: &str, is_there: &dyn Fn(&str) -> bool) -> Result<(), Fault> {
    match input.texts(member).find(|name| !is_there(name)) {
        Some(name) => Err(invalid(format!("Invalid {what}: [{name}]"))),
        None => Ok(()),
    }
}
