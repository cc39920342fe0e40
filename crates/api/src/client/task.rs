//! Runs of tasks, and signs of those that others run.

use super::{Client, ClientError};
use crate::heartbeat::{HeartbeatCreated, HeartbeatRequest, HeartbeatRow, PingRequest};
use crate::page::Page;
use crate::route;
use crate::task::{TaskRunOrdered, TaskRunRequest, TaskRuns, TaskRunsQuery};
use topmast_model::path::ObjectPath;

type Answer<T> = Result<T, ClientError>;

#[expect(clippy::missing_errors_doc, reason = "every method returns ClientError as the type documents it")]
impl Client {
    /// Runs of a task that an agent runs.
    pub async fn task_run_list(&self, path: &ObjectPath, query: &TaskRunsQuery) -> Answer<TaskRuns> {
        self.call(&route::TASK_RUN_LIST, &[path.as_str()]).query(query).json().await
    }

    /// Lets an agent run a task now.
    pub async fn task_run_create(
        &self,
        path: &ObjectPath,
        request: &TaskRunRequest,
    ) -> Answer<TaskRunOrdered> {
        self.call(&route::TASK_RUN_CREATE, &[path.as_str()]).body(request).json().await
    }

    /// Tasks that others run and give signs of.
    pub async fn heartbeat_list(&self) -> Answer<Page<HeartbeatRow>> {
        self.call(&route::HEARTBEAT_LIST, &[]).json().await
    }

    /// Expects signs of a task.
    pub async fn heartbeat_create(&self, request: &HeartbeatRequest) -> Answer<HeartbeatCreated> {
        self.call(&route::HEARTBEAT_CREATE, &[]).body(request).json().await
    }

    /// Expects signs of a task no longer.
    pub async fn heartbeat_delete(&self, path: &ObjectPath) -> Answer<()> {
        self.call(&route::HEARTBEAT_DELETE, &[path.as_str()]).empty().await
    }

    /// Gives a sign of a task.
    pub async fn heartbeat_ping(&self, path: &ObjectPath, request: &PingRequest) -> Answer<()> {
        self.call(&route::HEARTBEAT_PING, &[path.as_str()]).body(request).empty().await
    }

    /// Gives a sign of a task by the secret of its address.
    pub async fn ping(&self, secret: &str, request: &PingRequest) -> Answer<()> {
        self.call(&route::PING_GET, &[secret]).query(request).empty().await
    }
}
