//! Custom actions: what a unit file lets people do with an application, or with each of its services, beside running it.
//!
//! ```text
//! unit file ─► CustomAction ─ report ─► master: offers it, takes a CustomOrder ─► CustomUse, in the journal
//!                  └──────────────────► agent: takes the arguments, checks them again ─► Prepared, done
//! ```
//!
//! Invariants
//! - CU-1: an argument is whole: one word of a program's arguments, one segment of a path, or one member of a body.
//!   No shell reads it.
//! - CU-2: master and agent check arguments with the same function, [`CustomAction::complete`].
//! - CU-3: what passes [`CustomAction::check`] is within its bounds, and each of its parameters is used.
//!
//! Elsewhere: who may order one (`topmast-engine`, `action/custom`); how it is done (`topmast-agent`,
//! `supervisor/custom`).

mod means;
mod parameter;
#[cfg(test)]
mod tests;

pub use means::{Means, Method, Prepared, Request};
pub use parameter::{Argument, Parameter, ParameterKind};

use crate::application::Operation;
use crate::path::{Level, ObjectPath, check_name};
use crate::principal::Right;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::RangeInclusive;

/// Most custom actions of an application: more is a program that wants a console of its own.
pub const ACTIONS_MAX: usize = 32;
/// Most bytes of them as JSON: they travel in the report of an application's state, which has 120 KiB.
pub const DECLARED_MAX: usize = 48 << 10;
/// Most parameters of one.
pub const PARAMETERS_MAX: usize = 16;
/// Most bytes of all arguments as JSON: they are in the event beside up to a million bytes of targets.
pub const ARGUMENTS_MAX: usize = 8 << 10;
/// Longest description, in bytes.
pub const DESCRIPTION_MAX: usize = 500;
/// How long one may take, in milliseconds: what takes longer is a task.
pub const TIMEOUT_MS: RangeInclusive<u64> = 1_000..=12 * 60 * 60 * 1_000;
/// Time that an order has beyond what its action may take: for the way there and back, and to begin.
pub const MARGIN_MS: u64 = 30_000;

/// The name of what stands for the service in the means of its actions.
pub const SERVICE: &str = "service";
/// Names that parameters cannot have: they stand for something else in a unit file.
const RESERVED: [&str; 2] = [SERVICE, "version_dir"];

/// The arguments of an order, by parameter.
pub type Arguments = BTreeMap<String, Argument>;

/// What a custom action is done to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustomTarget {
    /// The application.
    #[default]
    Application,
    /// Each of its services by itself.
    Service,
}

impl CustomTarget {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Application, Self::Service];

    /// The word used in API and errors.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Application => "application",
            Self::Service => "service",
        }
    }

    /// The level of its paths.
    pub const fn level(self) -> Level {
        match self {
            Self::Application => Level::Application,
            Self::Service => Level::Service,
        }
    }
}

/// Who may order a custom action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CustomRight {
    /// Whoever may operate the application.
    #[default]
    Operator,
    /// Administrators alone.
    Admin,
}

impl CustomRight {
    /// Both.
    pub const ALL: &'static [Self] = &[Self::Operator, Self::Admin];

    /// The word used in unit files and the API.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::Admin => "admin",
        }
    }

    /// The right that it takes on every target.
    pub const fn right(self) -> Right {
        match self {
            Self::Operator => Right::Operate,
            Self::Admin => Right::Administer,
        }
    }
}

/// A custom action as its unit file declares it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomAction {
    /// Its name, unique in the application.
    pub name: String,
    /// What it does, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// What it is done to.
    #[serde(default)]
    pub target: CustomTarget,
    /// How it is done.
    pub means: Means,
    /// How long it may take, in milliseconds; then it is ended and has failed.
    pub timeout_ms: u64,
    /// Who may order it.
    #[serde(default)]
    pub right: CustomRight,
    /// Asked about before it is ordered.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm: bool,
    /// The application does not serve meanwhile, so that guards look at it as at a restart.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disrupts: bool,
    /// What it is told.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
}

/// What is wrong with a custom action or with its arguments.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {message}")]
pub struct CustomError {
    /// The field or the parameter.
    pub field: String,
    /// What is wrong, and what to write instead.
    pub message: String,
}

impl CustomError {
    fn new(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl CustomAction {
    /// Checks what the types do not (CU-3).
    ///
    /// # Errors
    /// The first field that is wrong, with what to write instead.
    pub fn check(&self) -> Result<(), CustomError> {
        check_name(&self.name).map_err(|error| CustomError::new("name", error.to_string()))?;
        if self.name.parse::<Operation>().is_ok() {
            let message = format!("{} is an operation of every application; choose another name", self.name);
            return Err(CustomError::new("name", message));
        }
        check_description(self.description.as_deref())?;
        if !TIMEOUT_MS.contains(&self.timeout_ms) {
            return Err(CustomError::new("timeout", "is out of range; write a time from 1s to 12h"));
        }
        if self.disrupts && self.target == CustomTarget::Service {
            let message = "is of actions of the application: guards count applications; remove it";
            return Err(CustomError::new("disrupts", message));
        }
        if self.parameters.len() > PARAMETERS_MAX {
            let message =
                format!("are {}; declare at most {PARAMETERS_MAX} parameters", self.parameters.len());
            return Err(CustomError::new("parameter", message));
        }
        let mut names = BTreeSet::new();
        for parameter in &self.parameters {
            parameter.check()?;
            if RESERVED.contains(&parameter.name.as_str()) || !names.insert(parameter.name.as_str()) {
                let message = format!("{:?} is taken; choose another name", parameter.name);
                return Err(CustomError::new("parameter.name", message));
            }
        }
        if self.target == CustomTarget::Service {
            names.insert(SERVICE);
        }
        self.means.check(&names)
    }

    /// All arguments of an order: those given, checked, and the defaults of the others (CU-2).
    ///
    /// # Errors
    /// The first parameter that is unknown, missing or wrong.
    pub fn complete(&self, given: &Arguments) -> Result<Arguments, CustomError> {
        let is_known = |name: &&String| self.parameters.iter().any(|parameter| parameter.name == **name);
        if let Some(unknown) = given.keys().find(|name| !is_known(name)) {
            let names: Vec<&str> = self.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            let names = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let message = format!("{} has no such parameter; its parameters: {names}", self.name);
            return Err(CustomError::new(unknown, message));
        }
        let complete = |parameter: &Parameter| {
            let argument = match (given.get(&parameter.name), &parameter.default) {
                (Some(given), _) => parameter.kind.take(given),
                (None, Some(default)) => Ok(default.clone()),
                (None, None) => Err(format!("is missing; give {}", parameter.kind)),
            };
            let argument = argument.map_err(|message| CustomError::new(&parameter.name, message))?;
            Ok((parameter.name.clone(), argument))
        };
        let all: Arguments = self.parameters.iter().map(complete).collect::<Result<_, CustomError>>()?;
        let bytes = serde_json::to_string(&all).map_or(usize::MAX, |json| json.len());
        if bytes > ARGUMENTS_MAX {
            let message = format!("have {bytes} bytes together; give at most {ARGUMENTS_MAX}");
            return Err(CustomError::new("arguments", message));
        }
        Ok(all)
    }

    /// What is to be done, with the arguments in their places.
    ///
    /// - `service`: the name of the service that it is done to.
    /// - `arguments`: complete ones.
    ///
    /// # Errors
    /// An argument that does not fit where it belongs.
    pub fn prepare(&self, service: Option<&str>, arguments: &Arguments) -> Result<Prepared, CustomError> {
        let mut words: BTreeMap<&str, String> =
            arguments.iter().map(|(name, argument)| (name.as_str(), argument.to_string())).collect();
        if let Some(service) = service {
            words.insert(SERVICE, service.to_owned());
        }
        self.means.prepare(&words, arguments)
    }
}

fn check_description(description: Option<&str>) -> Result<(), CustomError> {
    if description.is_some_and(|text| text.len() > DESCRIPTION_MAX) {
        let message = format!("is too long; write at most {DESCRIPTION_MAX} bytes");
        return Err(CustomError::new("description", message));
    }
    Ok(())
}

/// Checks all custom actions of an application together.
///
/// # Errors
/// What is wrong with one, or that they are too many or have the same name.
pub fn check_all(actions: &[CustomAction]) -> Result<(), CustomError> {
    if actions.len() > ACTIONS_MAX {
        let message = format!("are {}; declare at most {ACTIONS_MAX}", actions.len());
        return Err(CustomError::new("action", message));
    }
    let mut names = BTreeSet::new();
    for action in actions {
        action.check()?;
        if !names.insert(&action.name) {
            let message = format!("{:?} is declared twice; choose another name", action.name);
            return Err(CustomError::new("name", message));
        }
    }
    let bytes = serde_json::to_string(actions).map_or(usize::MAX, |json| json.len());
    if bytes > DECLARED_MAX {
        let message = format!("have {bytes} bytes together; declare at most {DECLARED_MAX}");
        return Err(CustomError::new("action", message));
    }
    Ok(())
}

/// What somebody orders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CustomOrder {
    /// The custom action.
    pub name: String,
    /// What it is told; defaults where nothing is said.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: Arguments,
}

/// A custom action that was accepted: as it was declared then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomUse {
    /// The custom action.
    pub name: String,
    /// All its arguments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: Arguments,
    /// Who may order it.
    #[serde(default)]
    pub right: CustomRight,
    /// The applications do not serve meanwhile.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub disrupts: bool,
}

/// As people write it: `rotate-keys keys=3`.
impl fmt::Display for CustomUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.arguments.iter().try_for_each(|(name, argument)| write!(f, " {name}={argument}"))
    }
}

/// One step of it, as an agent is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomStep {
    /// The custom action.
    pub name: String,
    /// The service that it is done to; the application when none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// All its arguments.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arguments: Arguments,
}

impl CustomUse {
    /// The step on a target.
    pub fn step(&self, target: &ObjectPath) -> CustomStep {
        let service = (target.level() == Level::Service).then(|| target.name().to_owned());
        CustomStep { name: self.name.clone(), service, arguments: self.arguments.clone() }
    }
}
