//! Grants compared: what covers what, and what two have in common.

use topmast_model::principal::{Grant, Right, Role};

/// True when every right of `grant`, everywhere it reaches, is also given by `held`.
///
/// Paths are a tree without end, so several narrower grants never add up to a
/// wider one; several roles on one path can add up to another.
pub(crate) fn covers(held: &[Grant], grant: &Grant) -> bool {
    Right::ALL
        .iter()
        .filter(|right| grant.role.has(**right))
        .all(|right| held.iter().any(|own| own.role.has(*right) && own.covers(grant.path.as_ref())))
}

/// What both lists give: the largest role common to each pair, where both reach.
pub fn intersection(left: &[Grant], right: &[Grant]) -> Vec<Grant> {
    let mut common = Vec::new();
    for a in left {
        for b in right {
            let narrower = if a.covers(b.path.as_ref()) { b } else { a };
            let both_reach = a.covers(narrower.path.as_ref()) && b.covers(narrower.path.as_ref());
            let Some(role) = meet(a.role, b.role).filter(|_| both_reach) else { continue };
            let grant = Grant { role, path: narrower.path.clone() };
            if !covers(&common, &grant) {
                common.push(grant);
            }
        }
    }
    common
}

/// The grantable role with the most rights among those that both roles include.
fn meet(a: Role, b: Role) -> Option<Role> {
    let rights = |role: Role| Right::ALL.iter().filter(move |right| role.has(**right));
    Role::GRANTABLE
        .iter()
        .copied()
        .filter(|role| rights(*role).all(|right| a.has(*right) && b.has(*right)))
        .max_by_key(|role| rights(*role).count())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grants(texts: &[&str]) -> Vec<Grant> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn covers_compares_roles_by_rights_and_paths_by_names() {
        let check = |held: &[&str], asked: &str, expect: bool| {
            assert_eq!(covers(&grants(held), &asked.parse().unwrap()), expect, "{held:?} covers {asked}");
        };
        check(&["admin"], "auditor:acme", true);
        check(&["admin:acme"], "admin:acme/main", true);
        check(&["admin:acme"], "viewer", false);
        check(&["admin:acme"], "viewer:acmex", false);
        check(&["operator:acme"], "viewer:acme/main", true);
        check(&["operator:acme"], "auditor:acme", false);
        check(&["operator", "auditor"], "admin", false);
        check(&["operator:acme/main", "viewer"], "operator:acme", false);
        check(&["viewer:a/b", "viewer:a/c"], "viewer:a", false);
        check(&[], "viewer:a", false);
    }

    #[test]
    fn intersection_is_the_smaller_role_on_the_narrower_path() {
        let check = |left: &[&str], right: &[&str], expect: &[&str]| {
            assert_eq!(
                intersection(&grants(left), &grants(right)),
                grants(expect),
                "{left:?} with {right:?}"
            );
        };
        check(&["admin"], &["operator:acme"], &["operator:acme"]);
        check(&["viewer:acme/main"], &["admin:acme"], &["viewer:acme/main"]);
        check(&["operator"], &["auditor"], &["viewer"]);
        check(&["operator:acme"], &["operator:bolt"], &[]);
        check(&["operator"], &["operator:a", "viewer", "admin:b"], &["operator:a", "viewer", "operator:b"]);
        check(&["operator"], &[], &[]);
    }
}
