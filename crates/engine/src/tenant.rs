//! Tenants as objects: described, suspended, resumed, forgotten.
//!
//! Invariants
//! - TN-1: a tenant that is not described has no quotas and is not suspended; one with servers or people is not forgotten
//!   while it is suspended, so that forgetting lets nobody in.
//! - TN-2: one is removed when nothing of it is there any more, and what the history has of it until then is not shown again.
//!
//! Elsewhere: who may (`authorise`: those of everything); how quotas are held (`topmast-master`, `tenant`).

pub mod removal;

use crate::rejection::check_tenant;
use crate::{Rejection, State};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use topmast_model::event::EventBody;
use topmast_model::path::{Level, ObjectPath};
use topmast_model::principal::Grant;
use topmast_model::tenant::{
    OBJECTIVES_MAX, Objective, Quotas, TENANTS_MAX, TITLE_MAX, TenantOrder, USAGE_DAYS_MAX, Usage, UsageNote,
};
use topmast_model::time::UnixMillis;

const DAY_MS: i64 = 86_400_000;

/// What is kept of a tenant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tenant {
    /// What people call it.
    pub title: String,
    /// What it may use.
    #[serde(default)]
    pub quotas: Quotas,
    /// What availability is promised to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objective: Option<Objective>,
    /// And to what of it: by `SERVER`, `APPLICATION` or `APPLICATION/SERVICE`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub objectives: BTreeMap<String, Objective>,
    /// When it was described first.
    pub described_at: UnixMillis,
    /// Since when nobody of it is let in, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended: Option<Suspension>,
}

/// That nobody of a tenant is let in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suspension {
    /// Since when.
    pub since: UnixMillis,
    /// Why, which its people are told.
    pub reason: String,
}

impl Tenant {
    /// What availability is promised to something of it.
    pub fn objective_of(&self, name: &str) -> Option<Objective> {
        self.objectives.get(name).copied().or(self.objective)
    }
}

impl State {
    /// Tenants that are described, by name.
    pub fn tenants(&self) -> &BTreeMap<String, Tenant> {
        &self.tenants
    }

    /// When tenants were removed, by name: what the history has of them from before is nobody's any more.
    pub fn removed_tenants(&self) -> &BTreeMap<String, UnixMillis> {
        &self.removed_tenants
    }

    /// Every tenant that there is something of, described or not: servers, grants, or a description.
    pub fn tenant_names(&self) -> BTreeSet<&str> {
        let described = self.tenants.keys().map(String::as_str);
        let servers = self.servers.iter().filter_map(|(path, _)| path.name_at(Level::Tenant));
        let users = self.users.values().flat_map(|user| &user.grants);
        let granted = users.filter_map(|grant| grant.path.as_ref()?.name_at(Level::Tenant));
        described.chain(servers).chain(granted).collect()
    }

    /// What a tenant used, by days since the Unix epoch.
    pub fn usage(&self, tenant: &str) -> impl Iterator<Item = (i64, &Usage)> {
        self.usage.get(tenant).into_iter().flatten().map(|(day, usage)| (*day, usage))
    }

    /// The suspension that keeps whoever has these grants out: that of the one tenant in which they all lie.
    pub fn suspension(&self, grants: &[Grant]) -> Option<(&str, &Suspension)> {
        let (name, kept) = self.tenants.get_key_value(only_tenant(grants)?)?;
        Some((name, kept.suspended.as_ref()?))
    }
}

/// The one tenant in which all grants lie; none of who may do something elsewhere, or nothing.
pub fn only_tenant(grants: &[Grant]) -> Option<&str> {
    let mut tenants = grants.iter().map(|grant| grant.path.as_ref()?.name_at(Level::Tenant));
    let first = tenants.next()??;
    tenants.all(|tenant| tenant == Some(first)).then_some(first)
}

/// Decides `ChangeTenant`.
pub(crate) fn change(
    state: &State,
    tenant: &ObjectPath,
    order: &TenantOrder,
) -> Result<Vec<EventBody>, Rejection> {
    check_tenant(tenant)?;
    let kept = state.tenants.get(tenant.as_str());
    let known = || {
        kept.ok_or_else(|| Rejection::NotFound {
            what: "tenant",
            names: crate::rejection::Listed::one(tenant),
            hint: "describe it first: `topmast tenants set`",
        })
    };
    let is_so = match order {
        TenantOrder::Describe { title, quotas } => {
            check_text("title", title)?;
            if let Some((what, _)) = quotas.all().into_iter().find(|(_, most)| *most == Some(0)) {
                let message = format!("{what} are 1 or more; suspend a tenant that may use nothing");
                return Err(Rejection::invalid("quotas", message));
            }
            if kept.is_none() && state.tenants.len() >= TENANTS_MAX {
                return Err(Rejection::limit(format!(
                    "{TENANTS_MAX} tenants are described; forget some first"
                )));
            }
            kept.is_some_and(|kept| kept.title == *title && kept.quotas == *quotas)
        }
        TenantOrder::Promise { of, objective } => {
            let kept = known()?;
            match of {
                None => kept.objective == *objective,
                Some(of) => {
                    check_text("of", of)?;
                    let is_new = objective.is_some() && !kept.objectives.contains_key(of);
                    if is_new && kept.objectives.len() >= OBJECTIVES_MAX {
                        return Err(Rejection::limit(format!(
                            "{tenant} has {OBJECTIVES_MAX} objectives; remove some first"
                        )));
                    }
                    kept.objectives.get(of) == objective.as_ref()
                }
            }
        }
        TenantOrder::Suspend { reason } => {
            check_text("reason", reason)?;
            known()?.suspended.as_ref().is_some_and(|suspension| suspension.reason == *reason)
        }
        TenantOrder::Resume => known()?.suspended.is_none(),
        TenantOrder::Forget => {
            if known()?.suspended.is_some() {
                return Err(Rejection::conflict(format!(
                    "{tenant} is suspended, and forgetting it would let its people in; resume it first"
                )));
            }
            false
        }
        TenantOrder::Remove { reason } => {
            check_text("reason", reason)?;
            known()?;
            let left = removal::content(state, tenant, reason);
            if let Some(part) = left.first() {
                let (count, what) = (part.names.len(), part.what);
                return Err(Rejection::conflict(format!(
                    "{tenant} still has {count} {what}; remove what is in it first"
                )));
            }
            false
        }
    };
    if is_so {
        return Ok(Vec::new());
    }
    Ok(vec![EventBody::TenantChanged { tenant: tenant.clone(), change: order.clone() }])
}

fn check_text(field: &'static str, text: &str) -> Result<(), Rejection> {
    if text.trim().is_empty() || text.len() > TITLE_MAX || text.chars().any(char::is_control) {
        return Err(Rejection::invalid(field, format!("has 1 to {TITLE_MAX} bytes on one line")));
    }
    Ok(())
}

/// Applies `TenantChanged`.
pub(crate) fn changed(state: &mut State, tenant: &ObjectPath, change: &TenantOrder, time: UnixMillis) {
    let name = tenant.as_str();
    match change {
        TenantOrder::Describe { title, quotas } => {
            let described = || Tenant {
                title: String::new(),
                quotas: Quotas::default(),
                objective: None,
                objectives: BTreeMap::new(),
                described_at: time,
                suspended: None,
            };
            let kept = state.tenants.entry(name.to_owned()).or_insert_with(described);
            title.clone_into(&mut kept.title);
            kept.quotas = *quotas;
        }
        TenantOrder::Promise { of, objective } => {
            let Some(kept) = state.tenants.get_mut(name) else { return };
            match (of, objective) {
                (None, objective) => kept.objective = *objective,
                (Some(of), Some(objective)) => {
                    kept.objectives.insert(of.clone(), *objective);
                }
                (Some(of), None) => {
                    kept.objectives.remove(of);
                }
            }
        }
        TenantOrder::Suspend { reason } => {
            if let Some(kept) = state.tenants.get_mut(name) {
                let since = kept.suspended.as_ref().map_or(time, |suspension| suspension.since);
                kept.suspended = Some(Suspension { since, reason: reason.clone() });
            }
        }
        TenantOrder::Resume => {
            if let Some(kept) = state.tenants.get_mut(name) {
                kept.suspended = None;
            }
        }
        TenantOrder::Forget => {
            state.tenants.remove(name);
        }
        TenantOrder::Remove { .. } => {
            state.tenants.remove(name);
            state.usage.remove(name);
            state.removed_tenants.insert(name.to_owned(), time);
            while state.removed_tenants.len() > TENANTS_MAX {
                let oldest = state.removed_tenants.iter().min_by_key(|(_, time)| **time);
                let Some(oldest) = oldest.map(|(name, _)| name.clone()) else { break };
                state.removed_tenants.remove(&oldest);
            }
        }
    }
}

/// Decides `NoteUsage`.
pub(crate) fn note_usage(notes: &[UsageNote]) -> Vec<EventBody> {
    let noted = notes.iter().filter(|note| note.usage != Usage::default());
    noted
        .map(|UsageNote { tenant, day, usage }| EventBody::UsageNoted {
            tenant: tenant.clone(),
            day: *day,
            usage: *usage,
        })
        .collect()
}

/// Counts an action that was accepted.
pub(crate) fn acted(state: &mut State, tenant: &str, time: UnixMillis) {
    let usage = Usage { actions: 1, ..Usage::default() };
    used(state, tenant, time.0.div_euclid(DAY_MS), &usage);
}

/// Applies `UsageNoted`: the newest days are kept.
pub(crate) fn used(state: &mut State, tenant: &str, day: i64, usage: &Usage) {
    if !state.usage.contains_key(tenant) && state.usage.len() >= TENANTS_MAX {
        return;
    }
    let days = state.usage.entry(tenant.to_owned()).or_default();
    days.entry(day).or_default().add(usage);
    while days.len() > USAGE_DAYS_MAX {
        days.pop_first();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::*;
    use topmast_model::command::Command;

    fn change_of(order: TenantOrder) -> Command {
        Command::ChangeTenant { tenant: path("acme"), order }
    }

    fn describe(title: &str, requests_per_s: Option<u64>) -> Command {
        let quotas = Quotas { requests_per_s, ..Quotas::default() };
        change_of(TenantOrder::Describe { title: title.into(), quotas })
    }

    fn suspend(reason: &str) -> Command {
        change_of(TenantOrder::Suspend { reason: reason.into() })
    }

    #[test]
    fn tenant_is_described_suspended_resumed_and_forgotten() {
        // TN-1
        let mut world = World::with_applications(&["acme/main/db/a"]);
        refused(world.by("root", suspend("unpaid")), "not_found", "tenants set");
        assert_eq!(kinds(&world.by("root", describe("Acme Ltd", Some(5))).unwrap()), ["TenantChanged"]);
        assert!(world.by("root", describe("Acme Ltd", Some(5))).unwrap().is_empty());
        world.by("root", suspend("unpaid")).unwrap();
        let of = |text: &str| text.parse::<Grant>().unwrap();
        let inside = [of("admin:acme/main"), of("viewer:acme")];
        assert_eq!(world.state.suspension(&inside).unwrap().1.reason, "unpaid");
        for outside in [vec![], vec![of("admin")], vec![of("admin:acme"), of("viewer:bolt")]] {
            assert_eq!(world.state.suspension(&outside), None, "{outside:?}");
        }
        refused(world.by("root", change_of(TenantOrder::Forget)), "conflict", "resume it first");
        // What is changed of one that is suspended lets nobody in.
        world.by("root", describe("Acme", None)).unwrap();
        assert!(world.state.suspension(&inside).is_some());
        world.by("root", change_of(TenantOrder::Resume)).unwrap();
        assert_eq!(world.state.suspension(&inside), None);
        world.by("root", change_of(TenantOrder::Forget)).unwrap();
        assert!(world.state.tenants().is_empty());
        assert_eq!(world.state.tenant_names().into_iter().collect::<Vec<_>>(), ["acme"]);
    }

    #[test]
    fn objective_is_promised_to_all_of_a_tenant_and_to_something_of_it() {
        let mut world = World::with_applications(&["acme/main/db/a"]);
        let promise = |of: Option<&str>, percent: Option<f64>| {
            let objective = percent.map(|percent| Objective::try_from(percent).unwrap());
            change_of(TenantOrder::Promise { of: of.map(str::to_owned), objective })
        };
        refused(world.by("root", promise(None, Some(99.9))), "not_found", "tenants set");
        world.by("root", describe("Acme", None)).unwrap();
        world.by("root", promise(None, Some(99.9))).unwrap();
        world.by("root", promise(Some("shop/pay"), Some(99.95))).unwrap();
        assert!(world.by("root", promise(Some("shop/pay"), Some(99.95))).unwrap().is_empty());
        // Describing it anew keeps what was promised.
        world.by("root", describe("Acme Ltd", None)).unwrap();
        let of =
            |world: &World, name| world.state.tenants()["acme"].objective_of(name).map(Objective::percent);
        assert_eq!((of(&world, "shop/pay"), of(&world, "shop")), (Some(99.95), Some(99.9)));
        world.by("root", promise(Some("shop/pay"), None)).unwrap();
        world.by("root", promise(None, None)).unwrap();
        assert_eq!(of(&world, "shop/pay"), None);
        refused(world.by("root", promise(Some(" "), Some(9.0))), "invalid", "of");
    }

    #[test]
    fn tenant_is_removed_part_by_part_and_nothing_of_others_with_it() {
        // TN-2, TR-1
        let mut world = World::with_applications(&["acme/main/db/a", "bolt/main/db/b"]);
        world.by("root", create_user("own", &["admin:acme"])).unwrap();
        world.by("root", create_user("both", &["viewer:acme/main", "viewer:bolt"])).unwrap();
        let remove = || change_of(TenantOrder::Remove { reason: "the contract has ended".into() });
        refused(world.by("root", remove()), "not_found", "tenants set");
        world.by("root", describe("Acme", None)).unwrap();
        world.by("root", suspend("unpaid")).unwrap();
        refused(world.by("root", remove()), "conflict", "still has 1 users");
        let parts = removal::content(&world.state, &path("acme"), "why");
        let name = |part: &removal::Part| part.names.join(" ").split(" of ").last().map(str::to_owned);
        let plan: Vec<_> = parts.iter().map(|part| (part.what, name(part).unwrap())).collect();
        let expect = [
            ("users", "own"),
            ("grants of other users", "both"),
            ("join tokens", "acme/main"),
            ("servers", "acme/main/db"),
            ("applications", "acme/main/db/a"),
        ];
        assert_eq!(plan, expect.map(|(what, names)| (what, names.to_owned())));
        for part in parts {
            for command in part.commands {
                world.by("root", command).unwrap();
            }
        }
        world.by("root", remove()).unwrap();
        assert!(removal::content(&world.state, &path("acme"), "").is_empty());
        assert_eq!(world.state.tenant_names().into_iter().collect::<Vec<_>>(), ["bolt"]);
        assert_eq!(world.state.users()["both"].grants, ["viewer:bolt".parse().unwrap()]);
        assert_eq!(world.state.removed_tenants().keys().collect::<Vec<_>>(), ["acme"]);
        assert_eq!(world.state.applications().within(Some(&path("bolt"))).count(), 1);
    }

    #[test]
    fn usage_is_added_up_by_day_and_the_newest_days_are_kept() {
        let mut world = World::with_applications(&["acme/main/db/a"]);
        let note = |day: i64, servers: u64, samples: u64| {
            let usage = Usage { servers, samples, ..Usage::default() };
            Command::NoteUsage { notes: vec![UsageNote { tenant: path("acme"), day, usage }] }
        };
        refused(world.by("root", note(1, 1, 1)), "forbidden", "act as a master");
        world.by_master(note(1, 3, 10)).unwrap();
        assert_eq!(kinds(&world.by_master(note(1, 2, 5)).unwrap()), ["UsageNoted"]);
        assert!(world.by_master(note(2, 0, 0)).unwrap().is_empty());
        let days: Vec<_> =
            world.state.usage("acme").map(|(day, used)| (day, used.servers, used.samples)).collect();
        assert_eq!(days, [(1, 3, 15)]);
        for day in 2..=i64::try_from(USAGE_DAYS_MAX).unwrap() + 1 {
            world.by_master(note(day, 1, 1)).unwrap();
        }
        assert_eq!(
            (world.state.usage("acme").count(), world.state.usage("acme").next().unwrap().0),
            (USAGE_DAYS_MAX, 2)
        );
    }

    #[test]
    fn only_who_manages_everything_changes_tenants() {
        let mut world = World::with_applications(&["acme/main/db/a"]);
        world.by("root", create_user("ann", &["admin:acme"])).unwrap();
        refused(world.by("ann", describe("Acme", None)), "forbidden", "everything");
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut world = World::with_applications(&["acme/main/db/a"]);
        for title in ["", " ", "a\nb", &"x".repeat(TITLE_MAX + 1)] {
            refused(world.by("root", describe(title, None)), "invalid", "title");
        }
        refused(world.by("root", describe("Acme", Some(0))), "invalid", "suspend");
        let quotas = Quotas::default();
        let order = TenantOrder::Describe { title: "x".into(), quotas };
        let below = Command::ChangeTenant { tenant: path("acme/main"), order };
        refused(world.by("root", below), "invalid", "no tenant");
    }
}
