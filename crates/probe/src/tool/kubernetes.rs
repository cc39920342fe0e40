//! Kubernetes and `OpenShift`: `kubectl top`, `oc adm top`.

mod kubectl_top;

use super::Tool;
use super::cut::marked;

pub(super) const TOOLS: &[Tool] = &[Tool {
    name: "kubectl-top",
    origin: "kubernetes kubectl-top",
    parse: |text| marked(text, kubectl_top::parse),
}];
