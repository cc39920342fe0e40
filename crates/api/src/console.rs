//! What a console of several clusters says beside its API token: for which user a request comes.

/// Header with the user's login name.
pub const USER: &str = "topmast-user";
/// Header with the network address of the user.
pub const ADDRESS: &str = "topmast-address";
