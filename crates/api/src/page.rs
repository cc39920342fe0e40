//! Lists: filter, sort, window, and the page that answers.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Rows of a page when the request does not say: all of a usual fleet's servers.
pub const LIMIT_DEFAULT: u32 = 1_000;
/// Most rows of a page; further ones by `offset`.
pub const LIMIT_MAX: u32 = 10_000;
/// Most keys of a sort.
const SORT_KEYS_MAX: usize = 8;

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
}

impl<T> Page<T> {
    /// A list that has no windows: all of its rows.
    pub fn whole(items: Vec<T>, revision: u64) -> Self {
        Self { total: items.len() as u64, items, revision }
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
}
