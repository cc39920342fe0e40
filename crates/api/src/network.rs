//! From which networks people and programs may come.

use serde::{Deserialize, Serialize};
use topmast_model::network::Network;
use utoipa::ToSchema;

/// The networks from which anybody may come; those of users and tokens count beside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Networks {
    /// As `10.0.0.0/8` or `fd00::/8`; from everywhere when there are none.
    #[schema(value_type = Vec<String>)]
    pub networks: Vec<Network>,
}

/// Replaces a list of networks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NetworksRequest {
    /// All of them from now on; from everywhere when there are none.
    #[schema(value_type = Vec<String>)]
    pub networks: Vec<Network>,
    /// Although whoever asks could not come any more.
    #[serde(default)]
    pub force: bool,
}
