//! Parameters as AWS' tools keep them: values with a name, their versions, labels and tags.
//!
//! ```text
//! tenant ─► /shop/port ─► 7 (LABEL live) ─ 8 ─ 9: the newest is the one that is meant
//! ```
//!
//! Invariants
//! - PA-1: a tenant has at most `PARAMETERS_MAX` parameters, of `BYTES_MAX` bytes in all.
//! - PA-2: a parameter has at most `VERSIONS_MAX` versions: a new one takes the place of the oldest, unless that has a label.
//! - PA-3: a label is on one version of a parameter at most.
//! - PA-4: a value that is to be secure is sealed before it gets here.
//!
//! Elsewhere: names and bounds of texts (`topmast-model`, `parameter`); AWS' operations (`topmast-master`).

use crate::rejection::check_tenant;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use topmast_model::event::EventBody;
use topmast_model::parameter::{
    LABELS_MAX, NAMED_MAX, ParameterKind, ParameterOrder, ParameterValue, ParameterVersion, SEALED_MAX,
    TEXT_MAX, is_label, is_name, key,
};
use topmast_model::path::ObjectPath;
use topmast_model::tag::TAGS_MAX;
use topmast_model::time::UnixMillis;

/// Most parameters of a tenant: AWS' bound for one account and region.
pub const PARAMETERS_MAX: usize = 10_000;
/// Bytes of all versions of a tenant's parameters: they lie in memory.
const BYTES_MAX: usize = 64 << 20;
/// Most versions of a parameter, as at AWS.
pub const VERSIONS_MAX: usize = 100;
/// Bytes that a version or a parameter takes beside its texts.
const OVERHEAD: usize = 200;
/// Bytes of a tag: 128 and 256 characters.
const TAG_MAX: usize = 4 * (128 + 256);

/// A version of a parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Version {
    /// What it is.
    pub put: Arc<ParameterVersion>,
    /// When it was put.
    pub put_at: UnixMillis,
    /// Its labels.
    pub labels: BTreeSet<String>,
}

/// A parameter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name as it was put first.
    pub name: String,
    /// Its versions by their numbers; never none.
    pub versions: BTreeMap<u64, Version>,
    /// Its tags.
    pub tags: BTreeMap<String, String>,
}

impl Parameter {
    /// The number of the newest version, and the version.
    pub fn newest(&self) -> Option<(u64, &Version)> {
        self.versions.last_key_value().map(|(number, version)| (*number, version))
    }

    /// The number of the version with a label, and the version.
    pub fn labelled(&self, label: &str) -> Option<(u64, &Version)> {
        let mut all = self.versions.iter();
        all.find(|(_, version)| version.labels.contains(label)).map(|(number, version)| (*number, version))
    }

    fn size(&self) -> usize {
        let tags: usize = self.tags.iter().map(|(key, value)| key.len() + value.len()).sum();
        let versions: usize = self.versions.values().map(|version| size(&version.put)).sum();
        OVERHEAD + self.name.len() + tags + versions
    }
}

fn size(version: &ParameterVersion) -> usize {
    let texts = [&version.description, &version.allowed_pattern, &version.key];
    let texts: usize = texts.into_iter().flatten().map(String::len).sum();
    OVERHEAD + version.value.size() + texts + version.data_type.len() + version.put_by.len()
}

/// Parameters of one tenant.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Parameters {
    /// By their names with the slash before.
    all: BTreeMap<String, Parameter>,
    bytes: usize,
}

static NONE: Parameters = Parameters { all: BTreeMap::new(), bytes: 0 };

impl Parameters {
    /// The parameter of this name, with a slash before it or not.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.all.get(key(name).as_ref())
    }

    /// All of them by their names with the slash before, in order.
    pub fn all(&self) -> &BTreeMap<String, Parameter> {
        &self.all
    }

    /// Changes one, and knows its size afterwards.
    fn change(&mut self, name: &str, change: impl FnOnce(&mut Parameter)) {
        let Some(parameter) = self.all.get_mut(key(name).as_ref()) else { return };
        let before = parameter.size();
        change(parameter);
        self.bytes = self.bytes.saturating_sub(before) + parameter.size();
    }
}

impl State {
    /// The parameters of a tenant.
    pub fn parameters(&self, tenant: &ObjectPath) -> &Parameters {
        self.parameters.get(tenant.as_str()).unwrap_or(&NONE)
    }
}

/// Why a version of a parameter cannot be put.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unfit {
    /// There is one, and it may not be overwritten.
    Exists,
    /// The one that there is, is of another kind.
    Kind,
    /// There are as many versions as may be, and the oldest, this one, has a label.
    Labelled(u64),
    /// There are as many parameters as may be.
    Full,
}

/// Whether a version can be put, apart from its texts. Returns the number that it would have.
///
/// # Errors
/// What is in the way.
pub fn check_put(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    version: &ParameterVersion,
    overwrite: bool,
) -> Result<u64, Unfit> {
    let parameters = state.parameters(tenant);
    let bytes = parameters.bytes + size(version) + OVERHEAD + name.len();
    let Some(kept) = parameters.get(name) else {
        let is_full = parameters.all.len() >= PARAMETERS_MAX || bytes > BYTES_MAX;
        return if is_full { Err(Unfit::Full) } else { Ok(1) };
    };
    if !overwrite {
        return Err(Unfit::Exists);
    }
    let newest = kept.newest().map_or(0, |(number, _)| number);
    if kept.newest().is_some_and(|(_, newest)| newest.put.kind != version.kind) {
        return Err(Unfit::Kind);
    }
    if kept.versions.len() >= VERSIONS_MAX
        && let Some((oldest, version)) = kept.versions.first_key_value()
        && !version.labels.is_empty()
    {
        return Err(Unfit::Labelled(*oldest));
    }
    if bytes > BYTES_MAX { Err(Unfit::Full) } else { Ok(newest + 1) }
}

/// Decides `ChangeParameters`.
pub(crate) fn change(
    state: &State,
    tenant: &ObjectPath,
    order: &ParameterOrder,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    match order {
        ParameterOrder::Put { name, number, version, tags } => {
            put(state, tenant, name, (*number, version), tags)
        }
        ParameterOrder::Delete { names } => delete(state, tenant, names),
        ParameterOrder::Label { name, version, labels, removed } => {
            label(state, tenant, name, *version, (labels, removed))
        }
        ParameterOrder::Tag { name, tags, removed } => tag(state, tenant, name, tags, removed),
    }
}

/// Of one that is there the tags stay. Who was faster with that number wins.
fn put(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    (number, version): (u64, &ParameterVersion),
    tags: &BTreeMap<String, String>,
) -> Result<Vec<EventBody>, Rejection> {
    if !is_name(name) {
        return Err(Rejection::invalid(
            "name",
            "has parts of letters, digits, `.`, `-` and `_`, with slashes between",
        ));
    }
    check_version(version)?;
    let is_new = state.parameters(tenant).get(name).is_none();
    let tags = if is_new { tags.clone() } else { BTreeMap::new() };
    check_tags(&tags)?;
    let next = check_put(state, tenant, name, version, number > 1).map_err(|unfit| match unfit {
        Unfit::Exists => Rejection::conflict(format!("there is a parameter {name}")),
        Unfit::Kind => Rejection::conflict(format!("the parameter {name} is of another type")),
        Unfit::Labelled(oldest) => {
            Rejection::conflict(format!("version {oldest} of {name}, the oldest, has a label; move it first"))
        }
        Unfit::Full => Rejection::limit(format!(
            "{tenant} has {PARAMETERS_MAX} parameters or {BYTES_MAX} bytes of them; delete some first"
        )),
    })?;
    if next != number {
        return Err(Rejection::conflict(format!("the next version of {name} is {next}, not {number}")));
    }
    let (tenant, name, version) = (tenant.clone(), name.to_owned(), Box::new(version.clone()));
    Ok(vec![EventBody::ParameterPut { tenant, name, number, version, tags }])
}

fn delete(state: &State, tenant: &ObjectPath, names: &[String]) -> Result<Vec<EventBody>, Rejection> {
    if names.len() > NAMED_MAX {
        return Err(Rejection::invalid("names", format!("at most {NAMED_MAX} at once")));
    }
    let parameters = state.parameters(tenant);
    let found: BTreeSet<&String> =
        names.iter().filter_map(|name| Some(&parameters.get(name)?.name)).collect();
    let deleted = |name: &String| EventBody::ParameterDeleted { tenant: tenant.clone(), name: name.clone() };
    Ok(found.into_iter().map(deleted).collect())
}

/// `(new, gone)` labels.
fn label(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    number: u64,
    (new, gone): (&[String], &[String]),
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.parameters(tenant).get(name).ok_or_else(|| Rejection::no_parameter(name))?;
    let version = kept.versions.get(&number);
    let version = version.ok_or_else(|| Rejection::no_parameter(&format!("{name}:{number}")))?;
    if let Some(label) = new.iter().find(|label| !is_label(label)) {
        return Err(Rejection::invalid("labels", format!("{label} cannot be a label")));
    }
    let mut labels = version.labels.clone();
    labels.retain(|label| !gone.contains(label));
    labels.extend(new.iter().cloned());
    if labels.len() > LABELS_MAX {
        return Err(Rejection::invalid("labels", format!("a version has at most {LABELS_MAX}")));
    }
    if labels == version.labels {
        return Ok(Vec::new());
    }
    let (tenant, name, labels) = (tenant.clone(), kept.name.clone(), labels.into_iter().collect());
    Ok(vec![EventBody::ParameterLabelled { tenant, name, number, labels }])
}

fn tag(
    state: &State,
    tenant: &ObjectPath,
    name: &str,
    tags: &BTreeMap<String, String>,
    removed: &[String],
) -> Result<Vec<EventBody>, Rejection> {
    let kept = state.parameters(tenant).get(name).ok_or_else(|| Rejection::no_parameter(name))?;
    let wanted = crate::tag::merged(&kept.tags, tags, removed);
    check_tags(&wanted)?;
    if wanted == kept.tags {
        return Ok(Vec::new());
    }
    Ok(vec![EventBody::ParameterTagged { tenant: tenant.clone(), name: kept.name.clone(), tags: wanted }])
}

/// Decides `ForgetParameters`.
pub(crate) fn forget(state: &State, tenant: &ObjectPath) -> Vec<EventBody> {
    if state.parameters(tenant).all.is_empty() {
        return Vec::new();
    }
    vec![EventBody::ParametersForgotten { tenant: tenant.clone() }]
}

/// Applies `ParameterPut`.
pub(crate) fn was_put(
    state: &mut State,
    tenant: &ObjectPath,
    name: &str,
    (number, version): (u64, &ParameterVersion),
    tags: &BTreeMap<String, String>,
    time: UnixMillis,
) {
    let parameters = state.parameters.entry(tenant.as_str().to_owned()).or_default();
    if parameters.get(name).is_none() {
        let new = Parameter { name: name.to_owned(), versions: BTreeMap::new(), tags: tags.clone() };
        parameters.bytes += new.size();
        parameters.all.insert(key(name).into_owned(), new);
    }
    let version = Version { put: Arc::new(version.clone()), put_at: time, labels: BTreeSet::new() };
    parameters.change(name, |parameter| {
        parameter.versions.insert(number, version);
        while parameter.versions.len() > VERSIONS_MAX {
            parameter.versions.pop_first();
        }
    });
}

/// Applies `ParameterDeleted`.
pub(crate) fn deleted(state: &mut State, tenant: &ObjectPath, name: &str) {
    let Some(parameters) = state.parameters.get_mut(tenant.as_str()) else { return };
    if let Some(gone) = parameters.all.remove(key(name).as_ref()) {
        parameters.bytes = parameters.bytes.saturating_sub(gone.size());
    }
    if parameters.all.is_empty() {
        state.parameters.remove(tenant.as_str());
    }
}

/// Applies `ParameterLabelled`.
pub(crate) fn labelled(state: &mut State, tenant: &ObjectPath, name: &str, number: u64, labels: &[String]) {
    let Some(parameters) = state.parameters.get_mut(tenant.as_str()) else { return };
    parameters.change(name, |parameter| {
        for (other, version) in &mut parameter.versions {
            if *other == number {
                version.labels = labels.iter().cloned().collect();
            } else {
                version.labels.retain(|label| !labels.contains(label));
            }
        }
    });
}

/// Applies `ParameterTagged`.
pub(crate) fn tagged(state: &mut State, tenant: &ObjectPath, name: &str, tags: &BTreeMap<String, String>) {
    if let Some(parameters) = state.parameters.get_mut(tenant.as_str()) {
        parameters.change(name, |parameter| parameter.tags.clone_from(tags));
    }
}

fn check_version(version: &ParameterVersion) -> Result<(), Rejection> {
    let (is_sealed, most) = match &version.value {
        ParameterValue::Plain(_) => (false, version.tier.value_max()),
        ParameterValue::Sealed(_) => (true, SEALED_MAX),
    };
    if is_sealed != (version.kind == ParameterKind::SecureString) {
        return Err(Rejection::invalid("value", "is sealed when it is secure, and only then"));
    }
    if version.value.size() == 0 || version.value.size() > most {
        return Err(Rejection::invalid("value", format!("has 1 to {most} bytes")));
    }
    let texts = [&version.description, &version.allowed_pattern, &version.key].into_iter().flatten();
    let mut texts = texts.chain([&version.data_type, &version.put_by]);
    if texts.any(|text| text.len() > TEXT_MAX) {
        return Err(Rejection::invalid("version", format!("a text of it has at most {TEXT_MAX} bytes")));
    }
    Ok(())
}

fn check_tags(tags: &BTreeMap<String, String>) -> Result<(), Rejection> {
    if tags.len() > TAGS_MAX || tags.iter().any(|(key, value)| key.len() + value.len() > TAG_MAX) {
        return Err(Rejection::invalid("tags", format!("at most {TAGS_MAX}, of {TAG_MAX} bytes")));
    }
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
