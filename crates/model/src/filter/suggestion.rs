//! The nearest known name to one that is not.

use super::FieldDef;

/// What to say about a name that no field has.
pub(super) fn unknown_field(name: &str, fields: &[FieldDef]) -> String {
    let wanted = name.to_ascii_lowercase();
    let names = fields.iter().flat_map(|field| [field.name].into_iter().chain(field.aliases.iter().copied()));
    let nearest = names.map(|known| (distance(&wanted, known), known)).min();
    match nearest {
        // Beyond a third of its letters a name is another one, not a slip.
        Some((distance, known)) if distance <= wanted.len().div_ceil(3) => {
            format!("there is no field {name}; do you mean {known}?")
        }
        _ => {
            let names: Vec<_> = fields.iter().map(|field| field.name).collect();
            format!(
                "there is no field {name}; there are {}; to search for the text, quote it",
                names.join(", ")
            )
        }
    }
}

/// How many letters to insert, drop, change or swap with the next to get from one name to the other.
fn distance(from: &str, to: &str) -> usize {
    let (from, to) = (from.as_bytes(), to.as_bytes());
    let mut before = vec![0; to.len() + 1];
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut next = vec![row + 1; to.len() + 1];
        for (column, b) in to.iter().enumerate() {
            let mut best =
                (last[column] + usize::from(a != b)).min(last[column + 1] + 1).min(next[column] + 1);
            if row > 0 && column > 0 && *a == to[column - 1] && from[row - 1] == *b {
                best = best.min(before[column - 1] + 1);
            }
            next[column + 1] = best;
        }
        before = std::mem::replace(&mut last, next);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distance_counts_slips_of_the_fingers() {
        for (from, to, expected) in [
            ("status", "status", 0),
            ("stauts", "status", 1),
            ("statu", "status", 1),
            ("sstatus", "status", 1),
            ("ststus", "status", 1),
            ("", "cpu", 3),
            ("cpu", "", 3),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }
}
