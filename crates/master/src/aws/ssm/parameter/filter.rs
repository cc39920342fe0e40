//! Filters of parameters: keys with values of which one must fit; all filters have to.
//!
//! The texts of refusals are AWS'.

use super::name;
use super::validation;
use std::collections::BTreeSet;
use topmast_aws::{Fault, Value};
use topmast_engine::parameter::{Parameter, Version};
use topmast_model::parameter::{ParameterKind, key};

const TIERS: [&str; 3] = ["Standard", "Advanced", "Intelligent-Tiering"];

/// Where filters stand, which says what they may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// `DescribeParameters`.
    Describe,
    /// `GetParametersByPath`.
    Path,
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    Equals,
    Begins,
    Contains,
    /// Below a path, but not deeper.
    OneLevel,
    Recursive,
}

#[derive(Debug)]
struct Filter {
    key: String,
    how: How,
    values: Vec<String>,
}

/// All filters of a request.
#[derive(Debug)]
pub(super) struct Filters(Vec<Filter>);

impl Filters {
    /// Reads the filters.
    ///
    /// # Errors
    /// `InvalidFilterKey`, `InvalidFilterOption`, `InvalidFilterValue`, `ValidationException`.
    pub(super) fn of(input: &Value, place: Place) -> Result<Self, Fault> {
        let (old, new) = (input.list("Filters"), input.list("ParameterFilters"));
        if !old.is_empty() && !new.is_empty() {
            return Err(validation("You can use either Filters or ParameterFilters in a single request."));
        }
        let mut filters = Vec::new();
        for filter in old {
            let key = filter.text("Key").unwrap_or_default().to_owned();
            let how = if key == "Name" { How::Begins } else { How::Equals };
            filters.push(Filter { key, how, values: filter.texts("Values").map(str::to_owned).collect() });
        }
        let mut seen = BTreeSet::new();
        for filter in new {
            let key = filter.text("Key").unwrap_or_default();
            check_key(key, place)?;
            let values: Vec<String> = filter.texts("Values").map(str::to_owned).collect();
            if values.is_empty() && !key.starts_with("tag:") {
                let message = format!("The following filter values are missing : null for filter key {key}.");
                return Err(Fault::modelled("InvalidFilterValue", message));
            }
            if !seen.insert(key) {
                return Err(invalid_key(format!(
                    "The following filter is duplicated in the request: {key}. A request can contain only one \
                     occurrence of a specific filter."
                )));
            }
            let how = how(key, filter.text("Option"))?;
            check_values(key, &values)?;
            filters.push(Filter { key: key.to_owned(), how, values });
        }
        Ok(Self(filters))
    }

    /// The version of a parameter that passes: the newest, or that with a label which is asked for.
    pub(super) fn version<'a>(&self, parameter: &'a Parameter) -> Option<(u64, &'a Version)> {
        let labels = self.0.iter().find(|filter| filter.key == "Label");
        let version = match labels {
            None => parameter.newest(),
            Some(filter) => filter.values.iter().find_map(|label| parameter.labelled(label)),
        }?;
        self.0.iter().all(|filter| filter.passes(parameter, version.1)).then_some(version)
    }
}

fn invalid_key(message: String) -> Fault {
    Fault::modelled("InvalidFilterKey", message)
}

fn check_key(key: &str, place: Place) -> Result<(), Fault> {
    let valid = match place {
        Place::Describe if key == "Label" => "Path, Name, Type, KeyId, Tier",
        Place::Path if !matches!(key, "Type" | "KeyId" | "Label") => "Type, KeyId",
        _ => return Ok(()),
    };
    Err(invalid_key(format!(
        "The following filter key is not valid: {key}. Valid filter keys include: [{valid}]."
    )))
}

fn how(key: &str, told: Option<&str>) -> Result<How, Fault> {
    let how = match (key, told) {
        ("Path", None | Some("OneLevel")) => How::OneLevel,
        ("Path", Some("Recursive")) => How::Recursive,
        ("Name", Some("Contains")) => How::Contains,
        (key, Some("BeginsWith")) if key != "Path" => How::Begins,
        (key, None | Some("Equals")) if key != "Path" => How::Equals,
        (key, told) => {
            let valid = if key == "Path" { "Recursive, OneLevel" } else { "BeginsWith, Equals" };
            let message = format!(
                "The following filter option is not valid: {}. Valid options include: [{valid}].",
                told.unwrap_or_default()
            );
            return Err(Fault::modelled("InvalidFilterOption", message));
        }
    };
    Ok(how)
}

fn check_values(key: &str, values: &[String]) -> Result<(), Fault> {
    let kinds: Vec<&str> = ParameterKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let valid: &[&str] = match key {
        "Tier" => &TIERS,
        "Type" => &kinds,
        "Path" => return values.iter().try_for_each(|path| check_path(path)),
        _ => return Ok(()),
    };
    // What only begins one is no value either; AWS takes it.
    let Some(wrong) = values.iter().find(|value| !valid.contains(&value.as_str())) else { return Ok(()) };
    Err(Fault::modelled(
        "InvalidFilterValue",
        format!(
            "The following filter value is not valid: {wrong}. Valid values include: [{}].",
            valid.join(", ")
        ),
    ))
}

fn check_path(path: &str) -> Result<(), Fault> {
    let begins = |word: &str| path.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if begins("/aws") || begins("/ssm") {
        return Err(validation(
            "Filters for common parameters can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). When using \
             global parameters, please specify within a global namespace.",
        ));
    }
    name::below(path).map(|_| ())
}

impl Filter {
    fn passes(&self, parameter: &Parameter, version: &Version) -> bool {
        let put = &version.put;
        let its = match self.key.as_str() {
            // Which the version was found by.
            "Label" => return true,
            "Path" => return self.is_below(&key(&parameter.name)),
            "Name" => return self.is_named(&key(&parameter.name)),
            "Type" => Some(put.kind.as_str()),
            "Tier" => Some(put.tier.as_str()),
            "KeyId" => put.key.as_deref(),
            "DataType" => Some(put.data_type.as_str()),
            other => {
                let tag = other.strip_prefix("tag:").and_then(|tag| parameter.tags.get(tag));
                if self.values.is_empty() {
                    return tag.is_some();
                }
                tag.map(String::as_str)
            }
        };
        its.is_some_and(|its| self.values.iter().any(|value| self.fits(its, value)))
    }

    fn fits(&self, its: &str, value: &str) -> bool {
        match self.how {
            How::Begins => its.starts_with(value),
            How::Contains => its.contains(value),
            How::Equals | How::OneLevel | How::Recursive => its == value,
        }
    }

    /// A name is compared with the slash before, which the value needs not have.
    fn is_named(&self, name: &str) -> bool {
        self.values.iter().any(|value| match self.how {
            How::Contains => name.contains(value.as_str()),
            _ => self.fits(name, &key(value)),
        })
    }

    fn is_below(&self, name: &str) -> bool {
        self.values.iter().any(|path| {
            let Ok(below) = name::below(path) else { return false };
            let rest = name.strip_prefix(&below);
            rest.is_some_and(|rest| self.how == How::Recursive || !rest.contains('/'))
        })
    }
}
