//! The bounds of dashboards as AWS' tools make them.
//!
//! Elsewhere: dashboards that are kept (`topmast-engine`, `dashboard`).

/// Bytes of what a dashboard says is to be drawn.
pub const BODY_MAX: usize = 256 << 10;
/// Most dashboards that one command names.
pub const NAMED_MAX: usize = 1_000;
/// Characters of a name.
const NAME_MAX: usize = 255;

/// True for what AWS takes for a dashboard's name.
pub fn is_name(name: &str) -> bool {
    let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(is_fit)
}
