//! Tokens of the next page: how many items were told before, or the name of the last of them.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// A token for what follows `told` items.
pub(super) fn token(told: usize) -> String {
    URL_SAFE_NO_PAD.encode(format!("topmast:{told}"))
}

/// How many items a token says were told; `None` when it is no token of ours.
pub(super) fn told(token: &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix("topmast:")?.parse().ok()
}

/// A token for what follows a name. Names that come and go between do not shift what it begins with.
pub(super) fn after(name: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("topmast>{name}"))
}

/// The name that a token goes on after; `None` when it is no token of ours.
pub(super) fn followed(token: &str) -> Option<String> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    text.strip_prefix("topmast>").map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_tells_where_to_go_on_and_others_nothing() {
        assert_eq!(told(&token(500)), Some(500));
        assert_eq!(followed(&after("/shop")).as_deref(), Some("/shop"));
        assert_eq!((followed(&token(500)), told(&after("/shop"))), (None, None));
        for text in ["", "500", "dG9wbWFzdA", "\u{e9}"] {
            assert_eq!(told(text), None, "{text}");
        }
    }
}
