//! `ps`: any columns of `-eo`, `-ef`, `aux`.

use crate::tool::system_v_ps;

pub(super) use system_v_ps::parse;
