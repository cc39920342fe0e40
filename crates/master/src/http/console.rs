//! What a console of several clusters says of a request: for which user it comes, and from where.
//!
//! It says so by two headers, beside an API token that speaks for users. With anything else the headers are refused, never
//! ignored: whoever sends them would take the answer for that user's.

use super::problem::Refusal;
use axum::http::HeaderMap;
use std::net::IpAddr;
use topmast_api::console::{ADDRESS, USER};

/// For whom a console asks.
pub(super) struct Speech {
    /// Login name.
    pub(super) user: String,
    /// Where the user is.
    pub(super) address: Option<IpAddr>,
}

impl Speech {
    /// What the headers say; none when a request comes for whoever sends it.
    pub(super) fn of(headers: &HeaderMap) -> Result<Option<Self>, Refusal> {
        let text = |name: &str| match headers.get(name).map(|value| value.to_str()) {
            Some(Ok(text)) if !text.is_empty() => Ok(Some(text)),
            Some(_) => Err(Refusal::invalid(name, "is no text; leave the header out or fill it in")),
            None => Ok(None),
        };
        let address = match text(ADDRESS)?.map(str::parse) {
            Some(Ok(address)) => Some(address),
            Some(Err(_)) => return Err(Refusal::invalid(ADDRESS, "is not an IP address")),
            None => None,
        };
        match text(USER)? {
            Some(user) => Ok(Some(Self { user: user.to_owned(), address })),
            None if address.is_some() => Err(Refusal::invalid(ADDRESS, format!("goes with {USER}"))),
            None => Ok(None),
        }
    }

    /// Refuses the headers where no console speaks.
    pub(super) fn refuse(headers: &HeaderMap) -> Result<(), Refusal> {
        match Self::of(headers)? {
            Some(_) => Err(Refusal::invalid(USER, "goes with an API token that speaks for users")),
            None => Ok(()),
        }
    }
}
