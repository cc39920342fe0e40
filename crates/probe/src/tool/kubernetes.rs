//! Kubernetes and `OpenShift`: `kubectl top`, `oc adm top`.

mod kubectl_top;

use super::Tool;

pub(super) const TOOLS: &[Tool] =
    &[Tool { name: "kubectl-top", origin: "kubernetes kubectl-top", parse: kubectl_top::parse }];
