//! Session policies: what temporary credentials are to be good for, at most.
//!
//! Of IAM's language only effects and actions are weighed. Whatever else narrows a statement can only make it give less:
//! an `Allow` for some resources or under a condition gives nothing, a `Deny` for some denies all.
//!
//! Invariants
//! - PO-1: no text gives more than IAM would give by it. So a member that is there twice makes it no policy.

use crate::codec::json;
use crate::value::{Map, Value};
use std::fmt;

/// Most characters of a policy, as at AWS.
pub const POLICY_MAX: usize = 2_048;
/// Most statements and most actions of a statement; 2,048 characters hold fewer.
const PARTS_MAX: usize = 512;

/// What a session may do at most.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    statements: Vec<Statement>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Statement {
    is_allow: bool,
    /// Patterns; every action when missing.
    actions: Option<Vec<String>>,
}

/// How a policy judges an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Judgement {
    /// A statement allows it and none denies it.
    Allowed,
    /// No statement allows it.
    NotAllowed,
    /// A statement denies it.
    Denied,
}

/// Why a text is no policy, in AWS' words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyError {
    /// It is not JSON.
    Json,
    /// It is not of a policy's form.
    Form,
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Json => "This policy contains invalid Json",
            Self::Form => "Syntax errors in policy.",
        })
    }
}

impl std::error::Error for PolicyError {}

impl Policy {
    /// Reads a policy.
    ///
    /// # Errors
    /// [`PolicyError`].
    pub fn parse(text: &str) -> Result<Self, PolicyError> {
        let whole = json::read(text.as_bytes()).map_err(|_| PolicyError::Json)?;
        let statements = match whole.get("Statement") {
            Some(Value::List(all)) if !all.is_empty() && all.len() <= PARTS_MAX => all.iter().collect(),
            Some(one @ Value::Map(_)) => vec![one],
            _ => return Err(PolicyError::Form),
        };
        let mut read = Vec::with_capacity(statements.len());
        for statement in statements {
            read.extend(self::statement(statement.as_map().ok_or(PolicyError::Form)?)?);
        }
        Ok(Self { statements: read })
    }

    /// How it judges an action such as `cloudwatch:PutMetricData`.
    pub fn judge(&self, action: &str) -> Judgement {
        let names = |statement: &&Statement| {
            let patterns = statement.actions.as_deref();
            patterns.is_none_or(|patterns| patterns.iter().any(|pattern| is_like(pattern, action)))
        };
        let mut judgement = Judgement::NotAllowed;
        for statement in self.statements.iter().filter(names) {
            if !statement.is_allow {
                return Judgement::Denied;
            }
            judgement = Judgement::Allowed;
        }
        judgement
    }
}

/// A statement; none for one that gives nothing (PO-1).
fn statement(members: &Map) -> Result<Option<Statement>, PolicyError> {
    let is_allow = match members.get("Effect").and_then(Value::as_text) {
        Some("Allow") => true,
        Some("Deny") => false,
        _ => return Err(PolicyError::Form),
    };
    let actions = members.get("Action").map(texts).transpose()?;
    let resources = members.get("Resource").map(texts).transpose()?;
    let has = |name: &str| members.contains_key(name);
    if actions.is_some() == has("NotAction") || resources.is_some() == has("NotResource") {
        return Err(PolicyError::Form);
    }
    let is_everywhere = resources.is_some_and(|all| all.iter().any(|one| one == "*"));
    let is_narrowed = !is_everywhere || has("Condition") || actions.is_none();
    Ok((!is_allow || !is_narrowed).then_some(Statement { is_allow, actions }))
}

/// One text, or a list of some.
fn texts(value: &Value) -> Result<Vec<String>, PolicyError> {
    let text = |value: &Value| value.as_text().map(str::to_owned).ok_or(PolicyError::Form);
    match value {
        Value::List(all) if !all.is_empty() && all.len() <= PARTS_MAX => all.iter().map(text).collect(),
        Value::Text(_) => Ok(vec![text(value)?]),
        _ => Err(PolicyError::Form),
    }
}

/// True when a text is of a pattern's form, where `*` is any characters and `?` is one; case does not count.
fn is_like(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut next) = (0, 0);
    // Where to go on when the last star takes one more.
    let mut star: Option<(usize, usize)> = None;
    while next < text.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, next));
                at += 1;
            }
            Some(byte) if *byte == b'?' || byte.eq_ignore_ascii_case(&text[next]) => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((place, taken)) = star else { return false };
                star = Some((place, taken + 1));
                at = place + 1;
                next = taken + 1;
            }
        }
    }
    pattern[at..].iter().all(|byte| *byte == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(statements: &str, action: &str, expect: Judgement) {
        let policy = Policy::parse(&format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#));
        assert_eq!(policy.unwrap().judge(action), expect, "{statements}: {action}");
    }

    #[test]
    fn an_action_is_allowed_when_a_statement_names_it_and_none_denies_it() {
        use Judgement::{Allowed, Denied, NotAllowed};
        let read = r#"[{"Effect": "Allow", "Action": ["cloudwatch:Get*", "ssm:*"], "Resource": "*"},
            {"Effect": "Deny", "Action": "ssm:?utParameter", "Resource": "*"}]"#;
        judge(read, "cloudwatch:GetMetricData", Allowed);
        judge(read, "CLOUDWATCH:getmetricdata", Allowed);
        judge(read, "cloudwatch:PutMetricData", NotAllowed);
        judge(read, "ssm:GetParameter", Allowed);
        judge(read, "ssm:PutParameter", Denied);
        judge(
            r#"{"Effect": "Allow", "Action": "*", "Resource": ["arn:x", "*"]}"#,
            "logs:PutLogEvents",
            Allowed,
        );
    }

    #[test]
    fn what_is_not_weighed_gives_less_and_never_more() {
        // PO-1
        let action = "logs:PutLogEvents";
        for narrowed in [
            r#""Action": "*", "Resource": "arn:aws:logs:*:*:log-group:mine""#,
            r#""Action": "*", "NotResource": "arn:x""#,
            r#""NotAction": "iam:*", "Resource": "*""#,
            r#""Action": "*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}"#,
        ] {
            judge(&format!(r#"{{"Effect": "Allow", {narrowed}}}"#), action, Judgement::NotAllowed);
            let all = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;
            judge(&format!(r#"[{all}, {{"Effect": "Deny", {narrowed}}}]"#), action, Judgement::Denied);
        }
    }

    #[test]
    fn anything_else_is_no_policy() {
        for (text, expect) in [
            ("", PolicyError::Form),
            ("{", PolicyError::Json),
            ("[]", PolicyError::Form),
            (r#"{"Statement": []}"#, PolicyError::Form),
            (r#"{"Statement": {"Effect": "allow", "Action": "*", "Resource": "*"}}"#, PolicyError::Form),
            (r#"{"Statement": {"Effect": "Allow", "Resource": "*"}}"#, PolicyError::Form),
            (r#"{"Statement": {"Effect": "Allow", "Action": 5, "Resource": "*"}}"#, PolicyError::Form),
            (r#"{"Statement": {"Effect": "Allow", "Action": "a:b"}}"#, PolicyError::Form),
            // PO-1: IAM refuses it; whoever takes the last one gives what the first one denies.
            (
                r#"{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}"#,
                PolicyError::Json,
            ),
        ] {
            assert_eq!(Policy::parse(text), Err(expect), "{text}");
        }
    }

    #[test]
    fn a_pattern_full_of_stars_ends() {
        assert!(!is_like(&"*a".repeat(1_000), &"a".repeat(999)));
        assert!(is_like("*", "") && is_like("a*b?", "a12bb") && !is_like("a", "ab"));
    }
}
