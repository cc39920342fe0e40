//! Random commands about tenants.

use super::*;
use topmast_model::tenant::{Objective, Quotas, TenantOrder, Usage, UsageNote};

/// A command about a tenant.
pub(super) fn any_tenant() -> impl Strategy<Value = (Who, Command)> {
    let tenant = prop_oneof![9 => Just("acme"), 1 => Just("acme/main")].prop_map(path);
    let text = || prop::sample::select(&["a", "b", ""][..]).prop_map(str::to_owned);
    let order = prop_oneof![
        4 => (text(), prop::option::of(0_u64..3)).prop_map(|(title, series)| {
            TenantOrder::Describe { title, quotas: Quotas { series, ..Quotas::default() } }
        }),
        2 => (prop::option::of(text()), prop::option::of(90_u32..100)).prop_map(|(of, percent)| {
            let objective = percent.and_then(|percent| Objective::try_from(f64::from(percent)).ok());
            TenantOrder::Promise { of, objective }
        }),
        2 => text().prop_map(|reason| TenantOrder::Suspend { reason }),
        2 => Just(TenantOrder::Resume),
        1 => Just(TenantOrder::Forget),
        1 => text().prop_map(|reason| TenantOrder::Remove { reason }),
    ];
    let who = prop::sample::select(&["root", "ann"][..]);
    let change = (who, tenant, order)
        .prop_map(|(who, tenant, order)| (Who::User(who), Command::ChangeTenant { tenant, order }));
    let note = (0_i64..3, 0_u64..3).prop_map(|(day, samples)| {
        let usage = Usage { samples, ..Usage::default() };
        (Who::Master, Command::NoteUsage { notes: vec![UsageNote { tenant: path("acme"), day, usage }] })
    });
    prop_oneof![3 => change, 1 => note]
}
