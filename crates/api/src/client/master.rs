//! The masters of a cluster.

use super::{Client, ClientError};
use crate::master::MasterRow;
use crate::page::Page;
use crate::route;

type Answer<T> = Result<T, ClientError>;

#[expect(clippy::missing_errors_doc, reason = "every method returns ClientError as the type documents it")]
impl Client {
    /// The masters of the cluster.
    pub async fn master_list(&self) -> Answer<Page<MasterRow>> {
        self.call(&route::MASTER_LIST, &[]).json().await
    }

    /// Makes another master the active one.
    pub async fn master_promote(&self, name: &str) -> Answer<()> {
        self.call(&route::MASTER_PROMOTE, &[name]).empty().await
    }
}
