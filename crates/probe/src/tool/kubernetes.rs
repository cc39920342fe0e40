//! Kubernetes and OpenShift: `kubectl top`, `oc adm top`.

use super::Tool;

pub(super) const TOOLS: &[Tool] = &[];
