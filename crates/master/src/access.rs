//! Access: passwords, secrets, throttling, and who is asking.
//!
//! What users, tokens and grants exist is state of the engine; here are the parts
//! that need randomness, time or much processor work.

pub(crate) mod config;
pub(crate) mod idle;
pub(crate) mod last_seen;
pub(crate) mod ldap;
pub(crate) mod oidc;
pub(crate) mod outside;
pub mod password;
pub mod policy;
pub(crate) mod second_factor;
pub mod secret;
pub(crate) mod secret_source;
pub(crate) mod signing;
pub(crate) mod temporary;
pub mod throttle;
pub(crate) mod totp;
pub mod verified;
