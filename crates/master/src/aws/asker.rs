//! Whose reading of metrics it is: of somebody with a key, or at the console without one.

use super::Caller;
use topmast_aws::{Common, Fault};
use topmast_model::account::AccountId;
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Principal, Right};

/// Who reads, and what answers say of them.
pub(crate) struct Asker {
    /// Who, with what they may do.
    pub(super) principal: Principal,
    /// The one tenant that is read.
    pub(super) tenant: ObjectPath,
    /// Where labels say that a metric is.
    pub(super) account: AccountId,
    /// The same.
    pub(super) region: String,
    /// What is told to who may not read the whole tenant.
    denied: Fault,
}

impl Asker {
    /// Whoever looks at a tenant's dashboards in the console: no key, no account.
    pub(crate) fn of_console(principal: Principal, tenant: ObjectPath) -> Self {
        let denied = format!("this needs the right to read all of {tenant}");
        let denied = Fault::common(Common::AccessDenied, denied);
        Self { principal, tenant, account: AccountId::of(0), region: String::new(), denied }
    }

    /// Refuses whoever may not read the whole tenant, to which belongs what programs put.
    pub(super) fn needs_all(&self) -> Result<(), Fault> {
        if self.sees_all() { Ok(()) } else { Err(self.denied.clone()) }
    }

    /// True for who may read the whole tenant.
    pub(super) fn sees_all(&self) -> bool {
        self.principal.may(Right::Read, Some(&self.tenant))
    }
}

impl From<&Caller> for Asker {
    fn from(caller: &Caller) -> Self {
        Self {
            principal: caller.principal.clone(),
            tenant: caller.tenant.clone(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            denied: caller.denied("cloudwatch:GetMetricData"),
        }
    }
}
