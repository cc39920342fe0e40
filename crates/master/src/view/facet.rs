//! Facets: how often each value of a field stands in the rows of a list.

use super::View;
use std::collections::HashMap;
use topmast_api::page::{FACET_VALUES_MAX, Facet, FacetValue};
use topmast_model::filter::FieldValue;

/// How often a value was seen.
struct Seen {
    count: u64,
    /// The last row that has it: a value that stands twice in one row counts once.
    row: usize,
}

/// Counts the values of some fields, by name; those of equal count in order of the alphabet.
///
/// Cost: O(rows) a field, and O(log values) a value.
pub(super) fn count<V: View>(rows: &[V::Row], fields: &[String]) -> Vec<Facet> {
    fields.iter().map(|field| count_field::<V>(rows, field)).collect()
}

fn count_field<V: View>(rows: &[V::Row], field: &str) -> Facet {
    let mut found: HashMap<Box<str>, Seen> = HashMap::new();
    let position = V::FIELDS.iter().position(|known| known.name == field);
    for (number, row) in rows.iter().enumerate() {
        let Some(position) = position else { break };
        V::values(row, position, &mut |value| {
            let FieldValue::Text(text) = value else { return };
            match found.get_mut(text) {
                Some(seen) if seen.row == number => {}
                Some(seen) => *seen = Seen { count: seen.count + 1, row: number },
                None => {
                    found.insert(text.into(), Seen { count: 1, row: number });
                }
            }
        });
    }
    let mut values: Vec<FacetValue> = found
        .into_iter()
        .map(|(value, seen)| FacetValue { value: value.into(), count: seen.count })
        .collect();
    values
        .sort_unstable_by(|one, other| other.count.cmp(&one.count).then_with(|| one.value.cmp(&other.value)));
    let more = values.len() > FACET_VALUES_MAX;
    values.truncate(FACET_VALUES_MAX);
    Facet { field: field.to_owned(), values, more }
}
