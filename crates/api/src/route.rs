//! The routes: one table, from which everything else about them is made.
//!
//! OpenAPI, the master's router and its test, the table of rights and the client all
//! read [`ROUTES`]; a route that is not here does not exist.
//!
//! Invariants
//! - operation ids are unique, and so are method and path together.
//! - a route says who may use it; there is no default.

mod parameter;
mod table;

pub use table::*;

use std::fmt;
use topmast_model::principal::Right;

/// What the path of nearly every route begins with.
pub const PREFIX: &str = "/api/v1/";

/// HTTP method of a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Method {
    /// Reads.
    Get,
    /// Makes.
    Post,
    /// Replaces.
    Put,
    /// Ends.
    Delete,
}

impl Method {
    /// As in a request line.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Delete => "DELETE",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Who may use a route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Everybody, without credentials.
    Public,
    /// Every principal; what it may see or do there is decided per object.
    Principal,
    /// Principals with this right, somewhere at least; per object it is decided inside.
    Needs(Right),
    /// A principal with this right somewhere: here, or in a joined cluster, which decides that itself. Who may have it
    /// there alone has to read something here.
    InSome(Right),
}

impl Access {
    /// The right needed before anything else is looked at.
    pub const fn right(self) -> Option<Right> {
        match self {
            Self::Needs(right) | Self::InSome(right) => Some(right),
            Self::Public | Self::Principal => None,
        }
    }
}

/// A parameter in the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: &'static str,
    /// The schema of its value.
    pub value: Value,
    /// What it does.
    pub summary: &'static str,
}

/// The schema of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    /// Any text.
    Text,
    /// A number that is not negative.
    Count,
    /// A schema of the document, by name.
    Schema(&'static str),
}

/// What a route answers when all is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// JSON of a schema, with a status.
    Json(u16, &'static str),
    /// 204, nothing to say.
    Empty,
    /// 303, where it goes on.
    Redirect,
    /// A text of a media type.
    Text(&'static str),
    /// Server-sent events: event names with the schemas of their data.
    Stream(&'static [(&'static str, Option<&'static str>)]),
    /// 101, a WebSocket.
    WebSocket,
}

/// One method of one path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Route {
    /// HTTP method.
    pub method: Method,
    /// Path, in the router's syntax: `{name}` is one segment, `{*path}` the rest.
    pub path: &'static str,
    /// Operation id, which is also the handler's name: `<noun>_<verb>`.
    pub operation: &'static str,
    /// One line for people.
    pub summary: &'static str,
    /// Who may use it.
    pub access: Access,
    /// Parameters in the query.
    pub query: &'static [Parameter],
    /// Schema of the JSON body.
    pub body: Option<&'static str>,
    /// Answers when all is well.
    pub answers: &'static [Answer],
}

/// Routes that only read, and yet ask agents or note something.
const READ_BY_ACTIVE: &[&str] =
    &["ping_get", "log_list", "log_tail", "log_download", "oidc_begin", "oidc_callback"];

impl Route {
    /// True when only the active one of several masters can answer.
    pub fn is_for_active(&self) -> bool {
        self.method != Method::Get || READ_BY_ACTIVE.contains(&self.operation)
    }

    /// The path with its parameters filled in, in order, percent-encoded; a `/` stays as it is in `{*path}` only.
    ///
    /// A parameter without an argument becomes empty, and the master answers "not found".
    pub fn fill(&self, arguments: &[&str]) -> String {
        let mut arguments = arguments.iter();
        let mut path = String::with_capacity(self.path.len() + 64);
        let mut rest = self.path;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            path.push_str(before);
            encode(arguments.next().copied().unwrap_or_default(), name.starts_with('*'), &mut path);
            rest = after;
        }
        path.push_str(rest);
        path
    }

    /// Names of the parameters in the path, without the `*`.
    pub fn path_parameters(&self) -> impl Iterator<Item = &'static str> {
        self.path
            .split('{')
            .skip(1)
            .filter_map(|rest| rest.split_once('}'))
            .map(|(name, _)| name.trim_start_matches('*'))
    }
}

/// The route of a method and a path, percent-encoded or not; that with the most fixed words, as the master's router takes it.
pub fn find(method: &str, path: &str) -> Option<&'static Route> {
    // A handler of GET answers HEAD too.
    let method = if method == "HEAD" { "GET" } else { method };
    let fits = ROUTES.iter().filter(|route| route.method.as_str() == method && matches(route.path, path));
    fits.max_by_key(|route| route.path.split('/').filter(|word| !word.starts_with('{')).count())
}

fn matches(pattern: &str, path: &str) -> bool {
    let mut words = path.split('/');
    for place in pattern.split('/') {
        if place.starts_with("{*") {
            return words.next().is_some_and(|word| !word.is_empty());
        }
        match words.next() {
            Some(word) if place == word || (place.starts_with('{') && !word.is_empty()) => {}
            _ => return false,
        }
    }
    words.next().is_none()
}

fn encode(text: &str, keep_slashes: bool, into: &mut String) {
    for byte in text.bytes() {
        let plain =
            byte.is_ascii_alphanumeric() || b"-._~@:+".contains(&byte) || (keep_slashes && byte == b'/');
        if plain {
            into.push(char::from(byte));
        } else {
            into.push('%');
            into.extend(
                [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn routes_for_the_active_master_are_there() {
        for operation in READ_BY_ACTIVE {
            let route = ROUTES.iter().find(|route| route.operation == *operation);
            assert!(
                route.is_some_and(|route| route.method == Method::Get && route.is_for_active()),
                "{operation}"
            );
        }
    }

    #[test]
    fn routes_and_operations_are_unique() {
        //
        let operations: HashSet<_> = ROUTES.iter().map(|route| route.operation).collect();
        let places: HashSet<_> = ROUTES.iter().map(|route| (route.method, route.path)).collect();
        assert_eq!((operations.len(), places.len()), (ROUTES.len(), ROUTES.len()));
    }

    #[test]
    fn operations_are_noun_and_verb() {
        for route in ROUTES {
            let plain = route.operation.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
            assert!(plain && route.operation.contains('_'), "{}", route.operation);
            assert!(!route.answers.is_empty(), "{}", route.operation);
        }
    }

    #[test]
    fn find_takes_the_route_that_the_router_takes() {
        let found = |method: &str, path: &str| find(method, path).map(|route| route.operation);
        assert_eq!(found("GET", "/api/v1/servers"), Some("server_list"));
        assert_eq!(found("GET", "/api/v1/servers/watch"), Some("server_watch"));
        assert_eq!(found("HEAD", "/api/v1/servers/a/b/c"), Some("server_get"));
        assert_eq!(found("DELETE", "/api/v1/servers/a/b/c"), Some("server_remove"));
        assert_eq!(found("POST", "/api/v1/actions"), Some("action_create"));
        assert_eq!(found("PUT", "/api/v1/users/eve/password"), Some("user_set_password"));
        assert_eq!(found("PATCH", "/api/v1/servers"), None);
        assert_eq!(found("GET", "/api/v1/servers/"), None);
        assert_eq!(found("GET", "/api/v1/nothing"), None);
        for route in ROUTES {
            let path = route.fill(&["x", "0", "0"]);
            assert_eq!(found(route.method.as_str(), &path), Some(route.operation), "{path}");
        }
    }

    #[test]
    fn only_what_must_be_is_public() {
        let public: Vec<_> = ROUTES
            .iter()
            .filter(|route| route.access == Access::Public)
            .map(|route| route.operation)
            .collect();
        let expect = [
            "liveness_get",
            "session_open",
            "login_ways",
            "oidc_begin",
            "oidc_callback",
            "oidc_device_begin",
            "oidc_device_session",
            "oidc_loopback_begin",
            "oidc_loopback_session",
            "ping_get",
            "ping_post",
            "agent_enrol",
            "agent_connect",
            "ca_get",
        ];
        assert_eq!(public, expect);
    }

    #[test]
    fn fill_encodes_what_a_segment_must_not_hold() {
        assert_eq!(SERVER_GET.fill(&["a/b/c"]), "/api/v1/servers/a/b/c");
        assert_eq!(USER_DELETE.fill(&["a/b?c"]), "/api/v1/users/a%2Fb%3Fc");
        assert_eq!(USER_SET_PASSWORD.fill(&["eve"]), "/api/v1/users/eve/password");
        assert_eq!(USER_SET_PASSWORD.path_parameters().collect::<Vec<_>>(), ["name"]);
        assert_eq!(SERVER_GET.path_parameters().collect::<Vec<_>>(), ["path"]);
    }
}
