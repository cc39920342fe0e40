//! How two values are compared, in filter patterns and in queries of logs alike; what that means of each kind of
//! value, they know.

/// A comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Relation {
    Equal,
    Unequal,
    Less,
    AtMost,
    Greater,
    AtLeast,
}

impl Relation {
    /// By their signs; one that another one begins with comes after it.
    pub(crate) const SIGNS: [(&'static str, Self); 6] = [
        ("!=", Self::Unequal),
        ("<=", Self::AtMost),
        (">=", Self::AtLeast),
        ("=", Self::Equal),
        ("<", Self::Less),
        (">", Self::Greater),
    ];

    /// Of a sign.
    pub(crate) fn of(sign: &str) -> Option<Self> {
        Self::SIGNS.into_iter().find_map(|(known, relation)| (known == sign).then_some(relation))
    }
}
