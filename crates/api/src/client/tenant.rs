//! Tenants: what they may use and use.

use super::{Client, ClientError};
use crate::availability::{Availability, AvailabilityQuery, ObjectiveRequest};
use crate::page::Page;
use crate::route;
use crate::tenant::{
    SuspendRequest, TenantPart, TenantRemoveRequest, TenantRequest, TenantRow, TenantUsageQuery,
    TenantUsageRow,
};
use topmast_model::path::ObjectPath;

type Answer<T> = Result<T, ClientError>;

#[expect(clippy::missing_errors_doc, reason = "every method returns ClientError as the type documents it")]
impl Client {
    /// Tenants that may be read as a whole.
    pub async fn tenant_list(&self) -> Answer<Page<TenantRow>> {
        self.call(&route::TENANT_LIST, &[]).json().await
    }

    /// What tenants used in a month.
    pub async fn tenant_usage(&self, query: &TenantUsageQuery) -> Answer<Page<TenantUsageRow>> {
        self.call(&route::TENANT_USAGE, &[]).query(query).json().await
    }

    /// How available what a tenant has was.
    pub async fn tenant_availability(
        &self,
        tenant: &ObjectPath,
        query: &AvailabilityQuery,
    ) -> Answer<Availability> {
        self.call(&route::TENANT_AVAILABILITY, &[tenant.as_str()]).query(query).json().await
    }

    /// Says what availability is promised to a tenant.
    pub async fn tenant_promise(&self, tenant: &ObjectPath, request: &ObjectiveRequest) -> Answer<()> {
        self.call(&route::TENANT_PROMISE, &[tenant.as_str()]).body(request).empty().await
    }

    /// Describes a tenant and says what it may use.
    pub async fn tenant_set(&self, tenant: &ObjectPath, request: &TenantRequest) -> Answer<TenantRow> {
        self.call(&route::TENANT_SET, &[tenant.as_str()]).body(request).json().await
    }

    /// Forgets what a tenant is called and may use.
    pub async fn tenant_forget(&self, tenant: &ObjectPath) -> Answer<()> {
        self.call(&route::TENANT_FORGET, &[tenant.as_str()]).empty().await
    }

    /// What would go with a tenant.
    pub async fn tenant_content(&self, tenant: &ObjectPath) -> Answer<Page<TenantPart>> {
        self.call(&route::TENANT_CONTENT, &[tenant.as_str()]).json().await
    }

    /// Removes a tenant with all that it has; what that was.
    pub async fn tenant_remove(
        &self,
        tenant: &ObjectPath,
        request: &TenantRemoveRequest,
    ) -> Answer<Page<TenantPart>> {
        self.call(&route::TENANT_REMOVE, &[tenant.as_str()]).body(request).json().await
    }

    /// Lets nobody of a tenant in.
    pub async fn tenant_suspend(&self, tenant: &ObjectPath, request: &SuspendRequest) -> Answer<()> {
        self.call(&route::TENANT_SUSPEND, &[tenant.as_str()]).body(request).empty().await
    }

    /// Lets the people of a tenant in again.
    pub async fn tenant_resume(&self, tenant: &ObjectPath) -> Answer<()> {
        self.call(&route::TENANT_RESUME, &[tenant.as_str()]).empty().await
    }
}
