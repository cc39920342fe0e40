//! Lists: filter, sort, window, facets, and the page that answers.

use crate::time::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rows of a page when the request does not say: all of a usual fleet's servers.
pub const LIMIT_DEFAULT: u32 = 1_000;
/// Most rows of a page; further ones by `offset`.
pub const LIMIT_MAX: u32 = 10_000;
/// Most keys of a sort.
const SORT_KEYS_MAX: usize = 8;
/// Most fields of which the values are counted: as many as fit beside a table.
pub const FACETS_MAX: usize = 8;
/// Most values of a facet; a field with more is better filtered by text.
pub const FACET_VALUES_MAX: usize = 20;

/// What a list or watch shows of its kind.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ListQuery {
    /// `field:op value` terms and free text; empty for everything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filter: Option<String>,
    /// Fields separated by commas, each with `-` before it for descending; by path when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// Most rows: [`LIMIT_DEFAULT`] when missing, at most [`LIMIT_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
    /// Rows to leave out at the beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offset: Option<u64>,
    /// Text fields separated by commas of which the values are counted, at most [`FACETS_MAX`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub facets: Option<String>,
    /// As of this time in the past; now when missing. Such a list does not change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// Which time of an object is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    /// As of this time in the past; now when missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
}

/// A window of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Page<T> {
    /// The rows, in the order asked for.
    pub items: Vec<T>,
    /// Rows that the filter lets through, in all windows.
    pub total: u64,
    /// Grows with every change of what is listed.
    pub revision: u64,
    /// The facets asked for, in that order; missing when none were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub facets: Vec<Facet>,
    /// Joined clusters that are not in it, or only as they last were, each with why.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<String>,
}

/// How often each value of a field stands in the rows that the filter lets through, in all windows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Facet {
    /// The field.
    pub field: String,
    /// The most frequent values, at most [`FACET_VALUES_MAX`]; a row without a value counts nowhere.
    pub values: Vec<FacetValue>,
    /// True when there are more values.
    pub more: bool,
}

/// One value of a facet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FacetValue {
    /// As a filter compares it: `field=value`.
    pub value: String,
    /// Rows that have it.
    pub count: u64,
}

impl<T> Page<T> {
    /// A list that has no windows: all of its rows.
    pub fn whole(items: Vec<T>, revision: u64) -> Self {
        Self { total: items.len() as u64, items, revision, facets: Vec::new(), missing: Vec::new() }
    }
}

/// One key of a sort.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SortKey {
    /// The row's field.
    pub field: String,
    /// Largest first.
    pub descending: bool,
}

/// Reads `field` or `-field`, several separated by commas.
///
/// - `fields`: the names that can be sorted by.
///
/// # Errors
/// [`SortError`] with what can be written instead.
pub fn parse_sort(text: &str, fields: &[&str]) -> Result<Vec<SortKey>, SortError> {
    let keys: Vec<SortKey> = text
        .split(',')
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .map(|key| {
            let (field, descending) = key.strip_prefix('-').map_or((key, false), |field| (field, true));
            SortKey { field: field.to_owned(), descending }
        })
        .collect();
    if keys.len() > SORT_KEYS_MAX {
        return Err(SortError::TooMany { count: keys.len() });
    }
    match keys.iter().find(|key| !fields.contains(&key.field.as_str())) {
        Some(key) => Err(SortError::Field { field: key.field.clone(), allowed: fields.join(", ") }),
        None => Ok(keys),
    }
}

/// Reads the fields to count, separated by commas; one named twice counts once.
///
/// - `fields`: the names of those that can be counted.
///
/// # Errors
/// [`FacetError`] with what can be written instead.
pub fn parse_facets(text: &str, fields: &[&str]) -> Result<Vec<String>, FacetError> {
    let mut wanted: Vec<String> = Vec::new();
    for field in text.split(',').map(str::trim).filter(|field| !field.is_empty()) {
        if !fields.contains(&field) {
            return Err(FacetError::Field { field: field.to_owned(), allowed: fields.join(", ") });
        }
        if !wanted.iter().any(|known| known == field) {
            wanted.push(field.to_owned());
        }
    }
    if wanted.len() > FACETS_MAX {
        return Err(FacetError::TooMany { count: wanted.len() });
    }
    Ok(wanted)
}

/// Why facets cannot be counted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FacetError {
    /// The rows have no such field, or its values are numbers.
    #[error("cannot count the values of {field:?}; it is one of {allowed}")]
    Field {
        /// The field asked for.
        field: String,
        /// The fields there are.
        allowed: String,
    },
    /// More fields than anybody can look at.
    #[error("{count} facets are too many; give at most {FACETS_MAX}")]
    TooMany {
        /// How many there were.
        count: usize,
    },
}

/// Why a sort cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SortError {
    /// The rows have no such field.
    #[error("cannot sort by {field:?}; it is one of {allowed}")]
    Field {
        /// The field asked for.
        field: String,
        /// The fields there are.
        allowed: String,
    },
    /// More keys than anybody can mean.
    #[error("{count} sort keys are too many; give at most {SORT_KEYS_MAX}")]
    TooMany {
        /// How many there were.
        count: usize,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sort_reads_keys_with_their_direction() {
        let keys = parse_sort("-cpu_pct, name", &["name", "cpu_pct"]).unwrap();
        let key = |field: &str, descending| SortKey { field: field.into(), descending };
        assert_eq!(keys, [key("cpu_pct", true), key("name", false)]);
        assert_eq!(parse_sort("", &["name"]), Ok(Vec::new()));
    }

    #[test]
    fn sort_refuses_an_unknown_field_and_names_the_others() {
        let error = parse_sort("-cpu", &["name", "cpu_pct"]).unwrap_err();
        assert_eq!(error.to_string(), r#"cannot sort by "cpu"; it is one of name, cpu_pct"#);
        assert!(matches!(parse_sort(&"name,".repeat(9), &["name"]), Err(SortError::TooMany { count: 9 })));
    }

    #[test]
    fn facets_are_fields_once_each_and_bounded() {
        assert_eq!(parse_facets(" os, status,os,", &["status", "os"]).unwrap(), ["os", "status"]);
        let error = parse_facets("cpu_pct", &["status", "os"]).unwrap_err();
        assert_eq!(error.to_string(), r#"cannot count the values of "cpu_pct"; it is one of status, os"#);
        let names: Vec<String> = (0..=FACETS_MAX).map(|number| format!("field{number}")).collect();
        let fields: Vec<&str> = names.iter().map(String::as_str).collect();
        assert_eq!(parse_facets(&names.join(","), &fields), Err(FacetError::TooMany { count: 9 }));
        assert!(parse_facets(&names[1..].join(","), &fields).is_ok());
    }
}
