//! Objects of joined clusters on the command line: `default/main@east/web-1/switch` is asked of `east`, in its own paths.
//!
//! Elsewhere: how the master passes it on (`/api/v1/clusters/NAME/…`).

use super::failure::Failure;
use topmast_api::client::Client;
use topmast_model::path::ObjectPath;

/// The client that answers for an object, and the object as that one calls it.
pub(super) fn at(client: &Client, path: &ObjectPath) -> (Client, ObjectPath) {
    // Whoever named a cluster for the whole command uses that cluster's own paths.
    let join = path.join_name().filter(|_| client.cluster().is_none());
    match join.and_then(|join| Some((join, path.left(join)?))) {
        Some((join, own)) => (client.at_cluster(join), own),
        None => (client.clone(), path.clone()),
    }
}

/// Objects by who answers for them, each in the order given: one group for the own cluster and for each joined one.
pub(super) fn by_cluster(client: &Client, paths: &[ObjectPath]) -> Vec<(Client, Vec<ObjectPath>)> {
    let mut groups: Vec<(Client, Vec<ObjectPath>)> = Vec::new();
    for path in paths {
        let (client, own) = at(client, path);
        match groups.iter_mut().find(|(other, _)| other.cluster() == client.cluster()) {
            Some((_, group)) => group.push(own),
            None => groups.push((client, vec![own])),
        }
    }
    groups
}

/// The one cluster that all objects are in, and the objects as it calls them.
///
/// # Errors
/// [`Failure::Usage`] when they are in several, over which `what` does not go.
pub(super) fn one_cluster(
    client: &Client,
    paths: &[ObjectPath],
    what: &str,
) -> Result<(Client, Vec<ObjectPath>), Failure> {
    let mut groups = by_cluster(client, paths);
    if groups.len() > 1 {
        let names: Vec<&str> =
            groups.iter().map(|(client, _)| client.cluster().unwrap_or("this one")).collect();
        return Err(Failure::Usage(format!(
            "these are in several clusters ({}), and {what} goes to one at a time: name the servers of one",
            names.join(", ")
        )));
    }
    Ok(groups.pop().unwrap_or_else(|| (client.clone(), Vec::new())))
}

/// A path as it is called here: with the name of the joined cluster that the client is at.
pub(super) fn shown(client: &Client, path: &ObjectPath) -> ObjectPath {
    client.cluster().and_then(|join| path.joined(join).ok()).unwrap_or_else(|| path.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use topmast_api::client::{ANSWER_TIMEOUT, Credentials, Endpoint};

    fn client() -> Client {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let url = "http://127.0.0.1:9".to_owned();
        let endpoint =
            Endpoint { url, ca_pem: None, credentials: Credentials::None, timeout: ANSWER_TIMEOUT };
        Client::new(endpoint).unwrap()
    }

    fn paths(texts: &[&str]) -> Vec<ObjectPath> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn objects_go_to_their_clusters_and_are_shown_as_they_were_named() {
        let client = client();
        let named = ["a/b@east/web/x", "a/b/web/x", "a/b@west/web/x", "a/b@east/db/x", "a/b/db@x/y"];
        let groups = by_cluster(&client, &paths(&named));
        let told: Vec<_> = groups.iter().map(|(client, paths)| (client.cluster(), paths.clone())).collect();
        assert_eq!(
            told,
            [
                (Some("east"), paths(&["a/b/web/x", "a/b/db/x"])),
                (None, paths(&["a/b/web/x", "a/b/db@x/y"])),
                (Some("west"), paths(&["a/b/web/x"])),
            ]
        );
        assert_eq!(shown(&groups[0].0, &groups[0].1[0]).as_str(), named[0]);
        assert_eq!(shown(&groups[1].0, &groups[1].1[0]).as_str(), named[1]);
        assert!(one_cluster(&client, &paths(&named), "a command").is_err());
        let (east, own) = one_cluster(&client, &paths(&named[..1]), "a command").unwrap();
        assert_eq!((east.cluster(), own), (Some("east"), paths(&["a/b/web/x"])));
        // Of a cluster that was named for the whole command, paths are its own.
        assert_eq!(at(&east, &paths(&named)[0]).1.as_str(), named[0]);
    }
}
