//! Attributes as labels.

use super::model::{AnyValue, KeyValue};
use crate::intake::{LABELS_MAX, push_name};

/// Attributes of a resource that become a label, and its name. Others of it do not: they would be on every series.
const OF_RESOURCE: [(&str, &str); 11] = [
    ("host.name", "server"),
    ("service.instance.id", "instance"),
    ("k8s.cluster.name", "k8s_cluster"),
    ("k8s.namespace.name", "namespace"),
    ("k8s.node.name", "node"),
    ("k8s.pod.name", "pod"),
    ("k8s.container.name", "container"),
    ("k8s.deployment.name", "deployment"),
    ("k8s.statefulset.name", "statefulset"),
    ("k8s.daemonset.name", "daemonset"),
    ("k8s.job.name", "k8s_job"),
];

/// Attributes that are looked at: with all of them a series has too many labels and is left out.
const ATTRIBUTES_MAX: usize = LABELS_MAX + 2;

/// Owned labels, each once.
pub(super) type Labels = Vec<(String, String)>;

/// The text of a value; of arrays and maps there is none.
fn text(value: &AnyValue<'_>) -> Option<String> {
    let AnyValue { string_value, bool_value, int_value, double_value, .. } = value;
    string_value
        .as_deref()
        .map(str::to_owned)
        .or_else(|| bool_value.map(|value| value.to_string()))
        .or_else(|| int_value.map(|value| value.to_string()))
        .or_else(|| double_value.map(|value| value.to_string()))
}

/// The labels that all series of a resource get.
pub(super) fn of_resource(attributes: &[KeyValue<'_>]) -> Labels {
    let find = |key: &str| attributes.iter().find(|pair| pair.key == key).and_then(|pair| text(&pair.value));
    let mut labels = Labels::new();
    if let Some(name) = find("service.name") {
        let job = find("service.namespace").map_or(name.clone(), |namespace| format!("{namespace}/{name}"));
        labels.push(("job".to_owned(), job));
    }
    let others = OF_RESOURCE.iter().filter_map(|(key, label)| Some(((*label).to_owned(), find(key)?)));
    labels.extend(others);
    labels
}

/// The labels of a point: its attributes, and what its resource gives. An attribute with the name of one that is
/// given, or of `le` or `quantile`, is put behind `exported_`; values of attributes that become the same name
/// are joined by `;`.
pub(super) fn of_point(attributes: &[KeyValue<'_>], resource: &Labels) -> Labels {
    let mut labels = Labels::with_capacity(attributes.len() + resource.len() + 1);
    let mut pairs: Vec<_> = attributes
        .iter()
        .take(ATTRIBUTES_MAX)
        .filter_map(|pair| Some((&*pair.key, text(&pair.value)?)))
        .collect();
    pairs.sort_unstable();
    for (key, value) in pairs {
        let mut name = String::new();
        push_name(&mut name, key, false);
        let given = resource.iter().any(|(given, _)| *given == name);
        if given || matches!(name.as_str(), "le" | "quantile" | "__name__") {
            name.insert_str(0, "exported_");
        }
        match labels.iter_mut().find(|(other, _)| *other == name) {
            Some((_, other)) => {
                other.push(';');
                other.push_str(&value);
            }
            None => labels.push((name, value)),
        }
    }
    labels.extend(resource.iter().cloned());
    labels
}
