//! `df`: in blocks of 512 bytes, or with `-k -m -g -P -I -M`.

use crate::tool::mounts;

pub(super) use mounts::parse;
