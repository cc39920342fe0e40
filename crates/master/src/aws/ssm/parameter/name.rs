//! Names of parameters: `/shop/port`, `/shop/port:7`, `/shop/port:live`, `arn:aws:ssm:…:parameter/shop/port`.
//!
//! The texts of refusals are AWS'.

use super::{not_found, validation};
use topmast_aws::{Common, Fault};
use topmast_model::parameter::{LEVELS_MAX, NAME_MAX, is_name};

const RULE: &str = "Parameter name: can't be prefixed with \"ssm\" (case-insensitive). If formed as a path, it can \
    consist of sub-paths divided by slash symbol; each sub-path can be formed as a mix of letters, numbers and the \
    following 3 symbols .-_";
const PATH_RULE: &str = "The parameter doesn't meet the parameter name requirements. The parameter name must begin \
    with a forward slash \"/\". It can't be prefixed with \"aws\" or \"ssm\" (case-insensitive). It must use only \
    letters, numbers, or the following symbols: . (period), - (hyphen), _ (underscore). Special characters are not \
    allowed. All sub-paths, if specified, must use the forward slash symbol \"/\". Valid example: \
    /get/parameters2-/by1./path0_.";
/// Where AWS finds secrets of another service.
const SECRETS: &str = "/aws/reference/secretsmanager/";

/// Which version is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Selector {
    Version(u64),
    Label(String),
}

/// A parameter that is named.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named<'a> {
    /// As it was written.
    pub(super) text: &'a str,
    /// Without what is around it.
    pub(super) name: String,
    pub(super) selector: Option<Selector>,
    /// True when it was named in full, with account and region.
    pub(super) is_arn: bool,
}

impl<'a> Named<'a> {
    /// Reads a name of something that is there already.
    ///
    /// # Errors
    /// `ValidationException` for what is no name, `ParameterNotFound` for what cannot be there.
    pub(super) fn parse(text: &'a str, account: &str, decrypt: bool) -> Result<Self, Fault> {
        let is_arn = text.starts_with("arn:");
        let rest = if is_arn {
            let (before, rest) = text.split_once(":parameter/").ok_or_else(|| validation(RULE))?;
            let mut parts = before.split(':').skip(2);
            if (parts.next(), parts.nth(1)) != (Some("ssm"), Some(account)) {
                return Err(not_found(text));
            }
            format!("/{rest}")
        } else {
            text.to_owned()
        };
        let (name, selector) = match rest.split_once(':') {
            None => (rest, None),
            Some((_, selector)) if selector.contains(':') => return Err(not_found(text)),
            Some((name, selector)) => {
                let number = selector.bytes().all(|byte| byte.is_ascii_digit()).then(|| selector.parse());
                let selector = match number {
                    Some(Ok(number)) => Selector::Version(number),
                    Some(Err(_)) if !selector.is_empty() => return Err(not_found(text)),
                    _ => Selector::Label(selector.to_owned()),
                };
                (name.to_owned(), Some(selector))
            }
        };
        if name.starts_with(SECRETS) {
            return Err(no_secret(&name, decrypt));
        }
        if !is_name(&name) || begins(&name, "ssm") {
            return Err(validation(RULE));
        }
        Ok(Self { text, name, selector, is_arn })
    }
}

/// There are no secrets of another service here.
fn no_secret(name: &str, decrypt: bool) -> Fault {
    if !decrypt {
        return validation("WithDecryption flag must be True for retrieving a Secret Manager secret.");
    }
    Fault::modelled(
        "ParameterNotFound",
        format!(
            "An error occurred (ParameterNotFound) when referencing Secrets Manager: Secret {name} not found."
        ),
    )
}

/// Whether a name begins with a word, whatever its case and with a slash or not.
fn begins(name: &str, word: &str) -> bool {
    let name = name.strip_prefix('/').unwrap_or(name);
    name.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// Refuses a name that a new parameter cannot have.
pub(super) fn check_new(name: &str) -> Result<(), Fault> {
    let (is_aws, is_ssm) = (begins(name, "aws"), begins(name, "ssm"));
    let is_path = name.matches('/').count() > 1;
    if is_aws && is_path && name.starts_with('/') {
        return Err(Fault::common(
            Common::AccessDenied,
            format!("No access to reserved parameter name: {name}."),
        ));
    }
    if (is_aws || is_ssm) && !is_path {
        return Err(validation(
            "Parameter name: can't be prefixed with \"aws\" or \"ssm\" (case-insensitive).",
        ));
    }
    if is_ssm {
        return Err(validation(RULE));
    }
    if is_name(name) {
        return Ok(());
    }
    let path = name.strip_prefix('/');
    let has_levels = path.unwrap_or(name).split('/').count();
    if path.is_some() && has_levels > LEVELS_MAX {
        return Err(Fault::modelled(
            "HierarchyLevelLimitExceededException",
            "A hierarchy can have a maximum of 15 levels. For more information, see Requirements and constraints for \
             parameter names in the Amazon Web Services Systems Manager User Guide.",
        ));
    }
    if path.is_none() && name.contains('/') {
        return Err(validation("Parameter name must be a fully qualified name"));
    }
    if name.len() > NAME_MAX {
        return Err(validation(format!(
            "1 validation error detected: Value at 'name' failed to satisfy constraint: Member must have length less \
             than or equal to {NAME_MAX}"
        )));
    }
    Err(validation(RULE))
}

/// The beginning of the names below a path, with the slash at its end.
///
/// # Errors
/// `ValidationException` for what is no path.
pub(super) fn below(path: &str) -> Result<String, Fault> {
    if path == "/" {
        return Ok(path.to_owned());
    }
    let plain = path.strip_suffix('/').unwrap_or(path);
    if !plain.starts_with('/') || !is_name(plain) || begins(plain, "ssm") {
        return Err(validation(PATH_RULE));
    }
    Ok(format!("{plain}/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ACCOUNT: &str = "123456789012";

    fn parsed(text: &str) -> Result<(String, Option<Selector>), String> {
        let named = Named::parse(text, ACCOUNT, true).map_err(|fault| fault.to_string())?;
        Ok((named.name, named.selector))
    }

    #[test]
    fn a_name_may_have_a_version_a_label_and_an_account() {
        let version = |number| Some(Selector::Version(number));
        for (text, name, selector) in [
            ("port", "port", None),
            ("/shop/port:7", "/shop/port", version(7)),
            ("/shop/port:live", "/shop/port", Some(Selector::Label("live".into()))),
            ("arn:aws:ssm:eu-central-1:123456789012:parameter/port", "/port", None),
            ("arn:aws:ssm:eu-central-1:123456789012:parameter/shop/port:7", "/shop/port", version(7)),
        ] {
            assert_eq!(parsed(text), Ok((name.to_owned(), selector)), "{text}");
        }
        for (text, part) in [
            ("port:1:2", "Parameter port:1:2 not found."),
            ("port:99999999999999999999", "not found"),
            ("arn:aws:ssm:eu-central-1:210987654321:parameter/port", "not found"),
            ("arn:aws:ssm:eu-central-1:123456789012:document/port", "sub-paths divided by slash symbol"),
            ("shop/port", "sub-paths divided by slash symbol"),
            ("/shop//port", "sub-paths divided by slash symbol"),
            ("/shop/po rt", "sub-paths divided by slash symbol"),
            ("/aws/reference/secretsmanager/x", "Secret /aws/reference/secretsmanager/x not found."),
        ] {
            assert!(parsed(text).unwrap_err().contains(part), "{text}: {:?}", parsed(text));
        }
    }

    #[test]
    fn a_new_name_keeps_aws_rules() {
        for name in ["port", "/port", "/shop/port", "law", "/shop/aws/ssm"] {
            assert_eq!(check_new(name), Ok(()), "{name}");
        }
        let deep = "/a".repeat(16);
        for (name, part) in [
            ("ssm_port", "\"aws\" or \"ssm\""),
            ("/AWS", "\"aws\" or \"ssm\""),
            ("/Ssm/port/a", "prefixed with \"ssm\""),
            ("/aws/port", "No access to reserved parameter name: /aws/port."),
            ("shop/port", "fully qualified"),
            ("po rt", "sub-paths"),
            ("port:1", "sub-paths"),
            (&deep, "15 levels"),
        ] {
            let refused = check_new(name).unwrap_err().to_string();
            assert!(refused.contains(part), "{name}: {refused}");
        }
        assert!(check_new(&"a".repeat(1_012)).is_err());
    }

    #[test]
    fn what_is_below_a_path_begins_with_it() {
        assert_eq!(below("/").unwrap(), "/");
        assert_eq!(below("/shop").unwrap(), "/shop/");
        assert_eq!(below("/shop/").unwrap(), "/shop/");
        for path in ["shop", "//", "/shop//", "/sh#p", "/ssm"] {
            assert!(below(path).is_err(), "{path}");
        }
    }
}
