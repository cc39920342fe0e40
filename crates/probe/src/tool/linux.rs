//! Linux: procps, sysstat, busybox, nmon, libvirt and the kernel's own files.

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[];
