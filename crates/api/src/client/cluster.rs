//! The clusters that a master knows: its own, and those that are joined.

use super::stream::PageStream;
use super::{Client, ClientError};
use crate::cluster::ClusterRow;
use crate::page::{ListQuery, Page};
use crate::route;

impl Client {
    /// The own cluster, then the joined ones by name.
    ///
    /// # Errors
    /// [`ClientError`] as the type documents it.
    pub async fn cluster_list(&self) -> Result<Page<ClusterRow>, ClientError> {
        self.call(&route::CLUSTER_LIST, &[]).json().await
    }

    /// The same list, whole each time that it changed; connects at the first `next`.
    pub fn cluster_watch(&self) -> PageStream<ClusterRow> {
        PageStream::new(self, &route::CLUSTER_WATCH, ListQuery::default())
    }
}
