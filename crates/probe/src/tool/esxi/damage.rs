//! Texts that lost every capital D, A and F: filters that take `ESC [ … D`, `A` or `F` out of screens take those letters
//! with them. Labels are known again; names are not.

/// Whether a label is the known one, damaged or not.
pub(super) fn is(label: &str, known: &str) -> bool {
    let left = known.bytes().filter(|byte| !matches!(byte, b'D' | b'A' | b'F'));
    label == known || label.bytes().eq(left)
}

/// The known label that this one is, if any, and whether it is damaged.
pub(super) fn known(label: &str, all: &[&'static str]) -> Option<(&'static str, bool)> {
    let found =
        all.iter().find(|known| **known == label).or_else(|| all.iter().find(|known| is(label, known)))?;
    Some((found, *found != label))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_known_without_three_letters() {
        assert!(is("NME", "NAME") && is("NAME", "NAME") && !is("NM", "NAME"));
        assert_eq!(known("%USE", &["%RUN", "%USED"]), Some(("%USED", true)));
        assert_eq!(known("GID", &["ID", "GID"]), Some(("GID", false)));
    }
}
