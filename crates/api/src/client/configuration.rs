//! One method a route of configurations, and of what is kept as code.

use super::{Client, ClientError};
use crate::action::Action;
use crate::code::{CodePlan, CodeReleaseRequest, CodeRequest, CodeRow};
use crate::configuration::{
    ConfigurationApplyPlan, ConfigurationApplyRequest, ConfigurationDetails, ConfigurationDiff,
    ConfigurationQuery, ConfigurationRequest, ConfigurationRevertRequest, ConfigurationRevised,
    ConfigurationRow, DiffQuery,
};
use crate::page::Page;
use crate::route;

type Answer<T> = Result<T, ClientError>;

#[expect(clippy::missing_errors_doc, reason = "every method returns ClientError as the type documents it")]
impl Client {
    /// Lists configurations.
    pub async fn configuration_list(&self) -> Answer<Page<ConfigurationRow>> {
        self.call(&route::CONFIGURATION_LIST, &[]).json().await
    }

    /// Makes a configuration, or gives one another revision; a dry run only tells what would change.
    pub async fn configuration_revise(&self, request: &ConfigurationRequest) -> Answer<ConfigurationRevised> {
        self.call(&route::CONFIGURATION_REVISE, &[]).body(request).json().await
    }

    /// Tells a configuration as a revision has it.
    pub async fn configuration_get(
        &self,
        name: &str,
        query: &ConfigurationQuery,
    ) -> Answer<ConfigurationDetails> {
        self.call(&route::CONFIGURATION_GET, &[name]).query(query).json().await
    }

    /// Deletes a configuration.
    pub async fn configuration_delete(&self, name: &str) -> Answer<()> {
        self.call(&route::CONFIGURATION_DELETE, &[name]).empty().await
    }

    /// Compares two revisions.
    pub async fn configuration_diff(&self, name: &str, query: &DiffQuery) -> Answer<ConfigurationDiff> {
        self.call(&route::CONFIGURATION_DIFF, &[name]).query(query).json().await
    }

    /// Makes what an older revision says the newest one.
    pub async fn configuration_revert(
        &self,
        name: &str,
        request: &ConfigurationRevertRequest,
    ) -> Answer<ConfigurationRevised> {
        self.call(&route::CONFIGURATION_REVERT, &[name]).body(request).json().await
    }

    /// Lays a revision down on servers.
    pub async fn configuration_apply(
        &self,
        name: &str,
        request: &ConfigurationApplyRequest,
    ) -> Answer<Action> {
        let request = ConfigurationApplyRequest { dry_run: false, ..request.clone() };
        self.call(&route::CONFIGURATION_APPLY, &[name]).body(&request).json().await
    }

    /// Tells what laying a revision down would do.
    pub async fn configuration_plan(
        &self,
        name: &str,
        request: &ConfigurationApplyRequest,
    ) -> Answer<ConfigurationApplyPlan> {
        let request = ConfigurationApplyRequest { dry_run: true, ..request.clone() };
        self.call(&route::CONFIGURATION_APPLY, &[name]).body(&request).json().await
    }

    /// Lists what is kept as code.
    pub async fn code_list(&self) -> Answer<Page<CodeRow>> {
        self.call(&route::CODE_LIST, &[]).json().await
    }

    /// Brings things as code; a dry run only tells what that would do.
    pub async fn code_apply(&self, request: &CodeRequest) -> Answer<CodePlan> {
        self.call(&route::CODE_APPLY, &[]).body(request).json().await
    }

    /// Lets a thing be changed by hand again.
    pub async fn code_release(&self, request: &CodeReleaseRequest) -> Answer<()> {
        self.call(&route::CODE_RELEASE, &[]).body(request).empty().await
    }
}
