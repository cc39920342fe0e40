//! `PutParameter`.
//!
//! What is not said of a parameter that is there stays as it was: its type, description, pattern, key and tier. Of two
//! that put the next version at once one is told so (`TooManyUpdates`).

use super::{USAGE, name, number, sealed_for, submit, validation};
use crate::aws::{Caller, internal};
use crate::http::Context;
use std::collections::BTreeMap;
use std::sync::Arc;
use topmast_aws::allowed_pattern::AllowedPattern;
use topmast_aws::{Fault, Value};
use topmast_engine::parameter::{Unfit, check_put};
use topmast_model::agentless::Sealed;
use topmast_model::parameter::{
    ParameterKind, ParameterOrder, ParameterTier, ParameterValue, ParameterVersion,
};
use topmast_model::tag::TAGS_MAX;

const PUT: &str = "ssm:PutParameter";
/// The one key that there is, by AWS' name of it.
const KEY: &str = "alias/aws/ssm";
const DATA_TYPES: [&str; 3] = ["text", "aws:ec2:image", "aws:ssm:integration"];
/// What stands for no policies.
const NO_POLICIES: [&str; 4] = ["", "{}", "[]", "[{}]"];
const ADVANCED: &str = "This parameter uses the advanced-parameter tier. You can't downgrade a parameter from the \
    advanced-parameter tier to the standard-parameter tier. If necessary, you can delete the advanced parameter and \
    recreate it as a standard parameter. Be aware that standard parameters have a value limit of 4096 characters.";
const STANDARD: &str = "Standard tier parameters support a maximum parameter value of 4096 characters. To create a \
    larger parameter value, upgrade the parameter to use the advanced-parameter tier. For more information, see \
    https://docs.aws.amazon.com/systems-manager/latest/userguide/parameter-store-advanced-parameters.html";

pub(super) async fn answer(context: &Context, caller: &Caller, input: &Value) -> Result<Value, Fault> {
    let name = input.text("Name").unwrap_or_default().to_owned();
    let overwrite = input.boolean("Overwrite") == Some(true);
    let tags = tags(input)?;
    if overwrite && input.get("Tags").is_some() {
        return Err(validation(
            "Invalid request: tags and overwrite can't be used together. To create a parameter with tags, please \
             remove overwrite flag. To update tags for an existing parameter, please use AddTagsToResource or \
             RemoveTagsFromResource.",
        ));
    }
    name::check_new(&name)?;
    let version = version(context, caller, input, &name)?;
    let next = {
        let state = context.bus.state();
        check_put(&state, &caller.tenant, &name, &version, overwrite)
            .map_err(|unfit| refused(unfit, &name))?
    };
    let tier = version.tier.as_str();
    let version = Box::new(version);
    let order = ParameterOrder::Put { name, number: next, version, tags };
    submit(context, caller, PUT, order).await?;
    Ok(Value::map([("Version", number(next)), ("Tier", tier.into())]))
}

fn refused(unfit: Unfit, name: &str) -> Fault {
    match unfit {
        Unfit::Exists => Fault::modelled(
            "ParameterAlreadyExists",
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true.",
        ),
        Unfit::Kind => Fault::modelled(
            "HierarchyTypeMismatchException",
            "Parameter Store does not support changing a parameter type in a hierarchy. For example, you can't change \
             a parameter from a String type to a SecureString type. You must create a new, unique parameter.",
        ),
        Unfit::Labelled(oldest) => Fault::modelled(
            "ParameterMaxVersionLimitExceeded",
            format!(
                "You attempted to create a new version of {name} by calling the PutParameter API with the overwrite \
                 flag. Version {oldest}, the oldest version, can't be deleted because it has a label associated with \
                 it. Move the label to another version of the parameter, and try again."
            ),
        ),
        Unfit::Full => Fault::modelled(
            "ParameterLimitExceeded",
            "You have exceeded the number of parameters for this Amazon Web Services account. Delete one or more \
             parameters and try again.",
        ),
    }
}

/// What the parameter is to be.
fn version(context: &Context, caller: &Caller, input: &Value, name: &str) -> Result<ParameterVersion, Fault> {
    let kept: Option<Arc<ParameterVersion>> = {
        let state = context.bus.state();
        let newest = state.parameters(&caller.tenant).get(name).and_then(|parameter| parameter.newest());
        newest.map(|(_, version)| Arc::clone(&version.put))
    };
    let kept = kept.as_deref();
    let value = input.text("Value").unwrap_or_default();
    if value.is_empty() {
        return Err(validation(
            "1 validation error detected: Value '' at 'value' failed to satisfy constraint: Member must have length \
             greater than or equal to 1.",
        ));
    }
    let told =
        input.text("Type").and_then(|told| ParameterKind::ALL.iter().find(|kind| kind.as_str() == told));
    let kind = told
        .copied()
        .or_else(|| kept.map(|kept| kept.kind))
        .ok_or_else(|| validation("A parameter type is required when you create a parameter."))?;
    let data_type = input.text("DataType").filter(|told| !told.is_empty()).unwrap_or(DATA_TYPES[0]);
    if !DATA_TYPES.contains(&data_type) {
        return Err(validation(format!(
            "The following data type is not supported: {data_type} (Data type names are all lowercase.)"
        )));
    }
    if !NO_POLICIES.contains(&input.text("Policies").unwrap_or_default()) {
        return Err(Fault::modelled(
            "InvalidPolicyTypeException",
            "The policy type isn't supported: no parameter of this master ends by itself.",
        ));
    }
    let tier = tier(input, kept, value)?;
    let stays = |member: &str, kept: Option<&String>| {
        input.text(member).map(str::to_owned).or_else(|| kept.cloned()).filter(|text| !text.is_empty())
    };
    let allowed_pattern = stays("AllowedPattern", kept.and_then(|kept| kept.allowed_pattern.as_ref()));
    if let Some(pattern) = &allowed_pattern {
        check_pattern(pattern, kind, value)?;
    }
    let key = stays("KeyId", kept.and_then(|kept| kept.key.as_ref()));
    let (value, key) = if kind == ParameterKind::SecureString {
        let sealed = context.seal.seal_as(USAGE, &sealed_for(caller, name), value);
        let sealed = sealed.map_err(|error| internal(&error))?;
        (ParameterValue::Sealed(Sealed(sealed)), Some(key.unwrap_or_else(|| KEY.to_owned())))
    } else {
        (ParameterValue::Plain(value.into()), key)
    };
    Ok(ParameterVersion {
        value,
        kind,
        tier,
        description: stays("Description", kept.and_then(|kept| kept.description.as_ref())),
        allowed_pattern,
        key,
        data_type: data_type.to_owned(),
        put_by: caller.arn(),
    })
}

/// The tier that is asked for, or that a value needs.
fn tier(input: &Value, kept: Option<&ParameterVersion>, value: &str) -> Result<ParameterTier, Fault> {
    let before = kept.map(|kept| kept.tier);
    let is_small = value.len() <= ParameterTier::Standard.value_max();
    let tier = match input.text("Tier") {
        Some("Standard") if before == Some(ParameterTier::Advanced) => return Err(validation(ADVANCED)),
        Some("Standard") => ParameterTier::Standard,
        Some("Advanced") => ParameterTier::Advanced,
        Some(_) if !is_small => ParameterTier::Advanced,
        _ => before.unwrap_or(ParameterTier::Standard),
    };
    match tier {
        ParameterTier::Standard if !is_small => Err(validation(STANDARD)),
        ParameterTier::Advanced if value.len() > tier.value_max() => Err(validation(
            "The specified parameter value is too large. Advanced-tier parameters support a maximum parameter value \
             of 8192 characters.",
        )),
        _ => Ok(tier),
    }
}

/// Refuses a value, or an item of a list, that does not match.
fn check_pattern(pattern: &str, kind: ParameterKind, value: &str) -> Result<(), Fault> {
    let compiled = AllowedPattern::parse(pattern).ok_or_else(|| {
        Fault::modelled(
            "InvalidAllowedPatternException",
            format!("The request does not meet the regular expression requirement: {pattern}"),
        )
    })?;
    let fits = match kind {
        ParameterKind::StringList => value.split(',').all(|item| compiled.fits(item)),
        _ => compiled.fits(value),
    };
    if fits {
        return Ok(());
    }
    Err(Fault::modelled(
        "ParameterPatternMismatchException",
        format!("Parameter value, cannot be validated against allowedPattern: {pattern}"),
    ))
}

/// The tags that are told.
pub(super) fn tags(input: &Value) -> Result<BTreeMap<String, String>, Fault> {
    let part = |tag: &Value, name: &str| tag.text(name).unwrap_or_default().to_owned();
    let tags: BTreeMap<_, _> =
        input.list("Tags").iter().map(|tag| (part(tag, "Key"), part(tag, "Value"))).collect();
    if tags.len() > TAGS_MAX {
        return Err(too_many_tags());
    }
    if tags.keys().any(|key| key.starts_with("aws:")) {
        return Err(validation("aws: prefixed tag key names are not allowed for external use."));
    }
    Ok(tags)
}

pub(super) fn too_many_tags() -> Fault {
    Fault::modelled(
        "TooManyTagsError",
        "The Targets parameter includes too many tags. Remove one or more tags and try the command again.",
    )
}
