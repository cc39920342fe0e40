//! Packages: which there are, of whom, and whether they are in use. Their bytes are the master's.
//!
//! Invariants
//! - PK-3: a version of a package has one digest for ever, until it is removed.
//! - PK-4: a package that an application runs, or that an open action brings, is not removed.
//!
//! Elsewhere: installing one (`action/operate.rs`); whose signatures are trusted (`key`).

pub mod key;

use crate::rejection::{Listed, check_tenant};
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use topmast_model::event::EventBody;
use topmast_model::package::{Digest, Package, PackageChange, PackageOrder, PackageVersion};
use topmast_model::path::ObjectPath;
use topmast_model::principal::Actor;
use topmast_model::time::UnixMillis;

/// Most versions of a tenant, of all its packages: some hundred applications with a hundred versions each.
const PACKAGES_MAX: usize = 10_000;

/// A package that there is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredPackage {
    /// What it is.
    pub package: Package,
    /// When it was added.
    pub added_at: UnixMillis,
    /// By whom, e.g. `user admin`.
    pub added_by: String,
}

/// Packages of one tenant.
pub type Packages = BTreeMap<PackageVersion, StoredPackage>;

static NONE: Packages = BTreeMap::new();

impl State {
    /// The packages of a tenant, by name and version.
    pub fn packages(&self, tenant: &ObjectPath) -> &Packages {
        self.packages.get(tenant.as_str()).unwrap_or(&NONE)
    }

    /// All packages, by tenant, name and version.
    pub fn all_packages(&self) -> impl Iterator<Item = (ObjectPath, &StoredPackage)> {
        let tenants = self.packages.iter().filter_map(|(tenant, all)| Some((tenant.parse().ok()?, all)));
        tenants.flat_map(|(tenant, all): (ObjectPath, &Packages)| {
            all.values().map(move |kept| (tenant.clone(), kept))
        })
    }

    /// Applications of a tenant that are installed from a package.
    ///
    /// Cost: O(applications of the tenant).
    pub fn installed<'a>(
        &'a self,
        tenant: &'a ObjectPath,
        id: &'a PackageVersion,
    ) -> impl Iterator<Item = &'a ObjectPath> {
        let within = self.applications.within(Some(tenant));
        within.filter(|(_, state)| state.package.as_ref() == Some(id)).map(|(path, _)| path)
    }

    /// True when a package of any tenant has these bytes: they must stay in the store.
    pub fn has_package_bytes(&self, digest: &Digest) -> bool {
        self.packages.values().flat_map(BTreeMap::values).any(|kept| kept.package.sha256 == *digest)
    }
}

/// Decides `ChangePackages`.
pub(crate) fn change(
    state: &State,
    tenant: &ObjectPath,
    order: &PackageOrder,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    let change = match order {
        PackageOrder::Add { package } => add(state, tenant, package)?,
        PackageOrder::Remove { id } => Some(remove(state, tenant, id)?),
    };
    Ok(change
        .into_iter()
        .map(|change| EventBody::PackageChanged { tenant: tenant.clone(), change })
        .collect())
}

/// Nothing when it is there already; a version is never given other bytes (PK-3).
fn add(state: &State, tenant: &ObjectPath, package: &Package) -> Result<Option<PackageChange>, Rejection> {
    package.check().map_err(|error| Rejection::invalid("package", error.to_string()))?;
    let packages = state.packages(tenant);
    match packages.get(&package.id) {
        Some(kept) if kept.package == *package => return Ok(None),
        Some(_) => {
            return Err(Rejection::conflict(format!(
                "{} is there already with other content; give this another version, or remove that first",
                package.id
            )));
        }
        None => {}
    }
    if packages.len() >= PACKAGES_MAX {
        return Err(Rejection::limit(format!(
            "{tenant} has {PACKAGES_MAX} packages; remove some with `topmast packages rm`"
        )));
    }
    Ok(Some(PackageChange::Added { package: Box::new(package.clone()) }))
}

fn remove(state: &State, tenant: &ObjectPath, id: &PackageVersion) -> Result<PackageChange, Rejection> {
    if !state.packages(tenant).contains_key(id) {
        return Err(missing(id));
    }
    let users: Listed = state.installed(tenant, id).collect();
    if !users.is_empty() {
        return Err(Rejection::conflict(format!(
            "{id} is installed as {users}; upgrade or uninstall that first"
        )));
    }
    let brings = |action: &&crate::Action| {
        action.package.as_ref().is_some_and(|package| package.id == *id)
            && action.steps.iter().any(|step| step.target.is_within(tenant))
    };
    if let Some(action) = state.open_actions().find(brings) {
        return Err(Rejection::conflict(format!(
            "action {} is bringing {id} to servers; wait for its outcome",
            action.id
        )));
    }
    Ok(PackageChange::Removed { id: id.clone() })
}

pub(crate) fn missing(id: &PackageVersion) -> Rejection {
    Rejection::NotFound {
        what: "package",
        names: Listed::one(id),
        hint: "`topmast packages` lists those there are",
    }
}

pub(crate) fn changed(
    state: &mut State,
    tenant: &ObjectPath,
    change: &PackageChange,
    actor: &Actor,
    time: UnixMillis,
) {
    let packages = state.packages.entry(tenant.as_str().to_owned()).or_default();
    match change {
        PackageChange::Added { package } => {
            let kept =
                StoredPackage { package: (**package).clone(), added_at: time, added_by: actor.to_string() };
            packages.insert(package.id.clone(), kept);
        }
        PackageChange::Removed { id } => {
            packages.remove(id);
        }
    }
    if packages.is_empty() {
        state.packages.remove(tenant.as_str());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::application::{ApplicationState, Operation};
    use topmast_model::command::Command;
    use topmast_model::report::Report;

    const DB_SWITCH: &str = "acme/main/db/switch";

    fn world() -> World {
        let mut world = World::with_applications(&[DB_SWITCH, "acme/main/web/switch"]);
        world.by("root", add_package("switch@2.0", 1)).unwrap();
        world
    }

    fn remove_package(id: &str) -> Command {
        let order = PackageOrder::Remove { id: id.parse().unwrap() };
        Command::ChangePackages { tenant: path("acme"), order }
    }

    fn install(id: u128, operation: Operation, target: &str, package: Option<&str>) -> Command {
        Command::OperateApplications {
            id: action_id(id),
            operation,
            targets: vec![path(target)],
            reason: None,
            timeout_ms: 60_000,
            rolling: None,
            conduct: topmast_model::action::Conduct::default(),
            package: package.map(|id| id.parse().unwrap()),
            custom: None,
        }
    }

    #[test]
    fn version_keeps_its_bytes() {
        // PK-3
        let mut world = world();
        assert_eq!(world.by("root", add_package("switch@2.0", 1)), Ok(Vec::new()), "again");
        refused(world.by("root", add_package("switch@2.0", 2)), "conflict", "another version");
        assert_eq!(kinds(&world.by("root", add_package("switch@2.1", 2)).unwrap()), ["PackageChanged"]);
        let kept = world.state.packages(&path("acme"));
        let names: Vec<String> = kept.keys().map(ToString::to_string).collect();
        assert_eq!(names, ["switch@2.0", "switch@2.1"]);
        assert!(world.state.packages(&path("other")).is_empty());
    }

    #[test]
    fn package_in_use_is_not_removed() {
        // PK-4
        let mut world = world();
        refused(world.by("root", remove_package("switch@9")), "not_found", "topmast packages");
        world.by("root", install(1, Operation::Upgrade, DB_SWITCH, Some("switch@2.0"))).unwrap();
        refused(world.by("root", remove_package("switch@2.0")), "conflict", "is bringing");
        let state =
            ApplicationState { package: Some("switch@2.0".parse().unwrap()), ..application_state("STARTED") };
        let report = Report::Application { name: "switch".into(), state };
        world.report(&path("acme/main/db"), vec![report, finished(1, 0, true)]).unwrap();
        refused(world.by("root", remove_package("switch@2.0")), "conflict", DB_SWITCH);
        world.report(&path("acme/main/db"), vec![application_report("switch", "STARTED")]).unwrap();
        world.by("root", remove_package("switch@2.0")).unwrap();
        assert!(world.state.packages(&path("acme")).is_empty());
    }

    #[test]
    fn install_is_of_a_package_that_there_is_and_may_make_an_application() {
        let mut world = world();
        let new = "acme/main/db/router";
        let facts = world.by("root", install(1, Operation::Install, new, Some("switch@2.0"))).unwrap();
        assert!(
            matches!(&facts[0], EventBody::ActionAccepted { package: Some(package), .. } if package.size == 7)
        );
        let upgrade = install(2, Operation::Upgrade, "acme/main/web/router", Some("switch@2.0"));
        refused(world.by("root", upgrade), "not_found", "acme/main/web/router");
        let nowhere = install(2, Operation::Install, "acme/main/none/router", Some("switch@2.0"));
        refused(world.by("root", nowhere), "not_found", "acme/main/none");
        refused(
            world.by("root", install(2, Operation::Upgrade, DB_SWITCH, Some("switch@3"))),
            "not_found",
            "switch@3",
        );
        refused(world.by("root", install(2, Operation::Upgrade, DB_SWITCH, None)), "invalid", "names none");
        refused(
            world.by("root", install(2, Operation::Restart, DB_SWITCH, Some("switch@2.0"))),
            "invalid",
            "takes none",
        );
        world.by("root", install(2, Operation::Rollback, DB_SWITCH, None)).unwrap();
    }

    #[test]
    fn going_back_to_a_version_takes_an_agent_that_can() {
        let mut world = world();
        let back = |id, version| install(id, Operation::Rollback, DB_SWITCH, Some(version));
        refused(world.by("root", back(1, "switch@3")), "not_found", "switch@3");
        let facts = world.by("root", back(1, "switch@2.0")).unwrap();
        assert!(matches!(&facts[0], EventBody::ActionAccepted { package: Some(_), .. }), "{facts:?}");
        let mut world = self::world();
        let server = path("acme/main/db");
        let abilities = [topmast_model::package::ABILITY.to_owned()].into();
        let registration = topmast_model::command::ServerRegistration { abilities, ..registration(1) };
        world.by_master(Command::RegisterServer { server, registration }).unwrap();
        refused(world.by("root", back(1, "switch@2.0")), "conflict", "upgrade to the version");
        world.by("root", install(1, Operation::Rollback, DB_SWITCH, None)).unwrap();
    }

    #[test]
    fn agent_that_cannot_install_is_named() {
        let mut world = world();
        let server = path("acme/main/db");
        let registration =
            topmast_model::command::ServerRegistration { abilities: [].into(), ..registration(1) };
        world.by_master(Command::RegisterServer { server, registration }).unwrap();
        let order = install(1, Operation::Upgrade, DB_SWITCH, Some("switch@2.0"));
        refused(world.by("root", order), "conflict", "acme/main/db");
        assert!(world.by("root", install(1, Operation::Restart, DB_SWITCH, None)).is_ok());
    }
}
