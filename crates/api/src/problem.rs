//! Errors: RFC 9457 problem details, with a stable code for programs.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// Media type of a problem.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not done. Nothing of it was done unless the code says otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Problem {
    /// `about:blank`: the code says more than a page could.
    #[serde(rename = "type")]
    pub kind: String,
    /// The code in words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What was wrong here, and what to do.
    pub detail: String,
    /// A stable word for programs.
    pub code: ProblemCode,
    /// The first wrong character of a filter, counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<u32>,
    /// The request's field that is wrong.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// Seconds to wait before the next try.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_s: Option<u64>,
}

impl Problem {
    /// A problem with only the fields that every one has.
    pub fn new(code: ProblemCode, detail: impl Into<String>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: detail.into(),
            code,
            column: None,
            field: None,
            retry_after_s: None,
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $word:literal $status:literal $title:literal;)*) => {
        /// What kind of problem; each has one HTTP status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum ProblemCode {
            $($(#[$doc])* #[serde(rename = $word)] $name,)*
            /// A code that this build does not know.
            #[serde(other, rename = "other")]
            Other,
        }

        impl ProblemCode {
            /// Every code that a master of this build sends.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The word sent over the API.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* Self::Other => "other" }
            }

            /// Its HTTP status.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* Self::Other => 500 }
            }

            /// The code in words.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* Self::Other => "Unknown problem" }
            }
        }
    };
}

codes! {
    /// The request cannot be understood, or a field of it is wrong.
    Invalid = "invalid" 400 "Invalid request";
    /// The filter cannot be understood; `column` says where.
    InvalidFilter = "invalid_filter" 400 "Invalid filter";
    /// No credentials, or wrong or expired ones.
    Unauthenticated = "unauthenticated" 401 "Not authenticated";
    /// The password is right; the login needs a code of the second factor too, or another one.
    SecondFactor = "second_factor" 401 "Second factor needed";
    /// The user has to set a second factor before anything else.
    SecondFactorDue = "second_factor_due" 403 "Second factor has to be set";
    /// The principal lacks the right.
    Forbidden = "forbidden" 403 "Not allowed";
    /// What is named does not exist.
    NotFound = "not_found" 404 "Not found";
    /// The address exists, but not with this method.
    MethodNotAllowed = "method_not_allowed" 405 "Method not allowed";
    /// It contradicts what is there.
    Conflict = "conflict" 409 "Conflict";
    /// A guard refuses it; who may override guards can say so, with a reason.
    Guarded = "guarded" 409 "Refused by a guard";
    /// A policy wants another person to approve it first; the same request again is done then.
    AwaitsApproval = "awaits_approval" 409 "Waits for approval";
    /// A bound on what is kept was reached.
    LimitReached = "limit_reached" 409 "Limit reached";
    /// What it rests on has ended.
    Expired = "expired" 410 "Expired";
    /// The body is larger than allowed.
    TooLarge = "too_large" 413 "Too large";
    /// The body is not JSON.
    UnsupportedMediaType = "unsupported_media_type" 415 "Unsupported media type";
    /// Too many tries; `retry_after_s` says when to try again.
    TooManyRequests = "too_many_requests" 429 "Too many requests";
    /// A fault of Topmast, with its trace in the master's log.
    Internal = "internal" 500 "Internal error";
    /// Whether it was done is not known, as when a master loses its journal amid a command; look before asking again.
    OutcomeUnknown = "outcome_unknown" 503 "Outcome unknown";
    /// This master is a standby, and the active one cannot be asked for it.
    Standby = "standby" 503 "Standby";
    /// Too many commands or readers; try again.
    Busy = "busy" 503 "Busy";
    /// A joined cluster cannot be asked, or lets this console not in; nothing was done there.
    ClusterAway = "cluster_away" 502 "Joined cluster cannot be asked";
    /// The journal cannot be written; free its disk.
    Storage = "storage" 503 "Journal cannot be written";
    /// The master is stopping.
    Stopping = "stopping" 503 "Stopping";
}

// By hand: a derived schema would have the names that the codes have here, not the words that are sent.
impl PartialSchema for ProblemCode {
    fn schema() -> RefOr<Schema> {
        let words = Self::ALL.iter().map(|code| code.as_str()).chain([Self::Other.as_str()]);
        let about = "What kind of problem; each has one HTTP status.";
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some(about))
            .enum_values(Some(words.collect::<Vec<_>>()))
            .into()
    }
}

impl ToSchema for ProblemCode {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}

impl fmt::Display for ProblemCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problem_has_the_fields_of_the_standard_and_leaves_out_what_is_missing() {
        let problem =
            Problem { column: Some(5), ..Problem::new(ProblemCode::InvalidFilter, "no field \"cpuu\"") };
        let json = serde_json::to_value(&problem).unwrap();
        let expected = serde_json::json!({
            "type": "about:blank", "title": "Invalid filter", "status": 400,
            "detail": "no field \"cpuu\"", "code": "invalid_filter", "column": 5,
        });
        assert_eq!(json, expected);
        assert_eq!(serde_json::from_value::<Problem>(json).unwrap(), problem);
    }

    #[test]
    fn code_of_a_newer_master_is_still_read() {
        let code: ProblemCode = serde_json::from_str(r#""quorum_lost""#).unwrap();
        assert_eq!(code, ProblemCode::Other);
    }

    #[test]
    fn schema_has_the_words_that_are_sent() {
        let schema = serde_json::to_value(ProblemCode::schema()).unwrap();
        let words = ProblemCode::ALL.iter().map(|code| serde_json::to_value(code).unwrap());
        let told = schema["enum"].as_array().unwrap();
        assert_eq!(told[..told.len() - 1], words.collect::<Vec<_>>());
    }

    #[test]
    fn codes_serialise_as_their_words() {
        for code in ProblemCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
    }
}
