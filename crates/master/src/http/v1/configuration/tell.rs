//! How configurations are told: a row of a list, and one with everything about it.

use crate::configuration::hidden;
use std::collections::BTreeMap;
use topmast_api::configuration::{
    ConfigurationDetails, ConfigurationPeers, ConfigurationRevision, ConfigurationRow, ConfigurationTarget,
    DriftedFile, PeerContent,
};
use topmast_api::time::Timestamp;
use topmast_engine::State;
use topmast_engine::configuration::KeptRevision;
use topmast_model::code::CodeKind;
use topmast_model::configuration::{ConfigurationStatus, Held, text};
use topmast_model::path::ObjectPath;
use topmast_model::principal::{Principal, Right};

/// What is told of a configuration; none of one that may not be read.
pub(super) fn row(state: &State, principal: &Principal, name: &str) -> Option<ConfigurationRow> {
    let (number, newest) = state.configurations().get(name)?.newest()?;
    let configuration = &newest.configuration;
    if !principal.may(Right::Read, Some(&configuration.within)) {
        return None;
    }
    let mut row = ConfigurationRow {
        name: name.to_owned(),
        within: configuration.within.clone(),
        application: configuration.application.clone(),
        revision: number,
        author: newest.author.to_string(),
        at: Timestamp(newest.at),
        reason: newest.reason.clone(),
        files: configuration.files.iter().map(|file| file.path.clone()).collect(),
        as_code: state.kept_as_code().has(CodeKind::Configuration, name),
        targets: 0,
        in_sync: 0,
        pending: 0,
        drifted: 0,
    };
    for target in state.configuration_targets(name) {
        row.targets += 1;
        *match target.status {
            ConfigurationStatus::InSync => &mut row.in_sync,
            ConfigurationStatus::Pending => &mut row.pending,
            ConfigurationStatus::Drifted => &mut row.drifted,
        } += 1;
    }
    Some(row)
}

pub(super) fn details(
    state: &State,
    principal: &Principal,
    name: &str,
    number: u64,
    revision: &KeptRevision,
) -> Option<ConfigurationDetails> {
    let kept = state.configurations().get(name)?;
    let revisions = kept.revisions.iter().rev().map(|(number, revision)| ConfigurationRevision {
        number: *number,
        author: revision.author.to_string(),
        at: Timestamp(revision.at),
        reason: revision.reason.clone(),
    });
    Some(ConfigurationDetails {
        configuration: row(state, principal, name)?,
        revision: number,
        text: text::write(&[hidden(&revision.configuration)]).unwrap_or_default(),
        revisions: revisions.collect(),
        targets: targets(state, name),
        peers: peers(state, name),
    })
}

fn targets(state: &State, name: &str) -> Vec<ConfigurationTarget> {
    let told = state.configuration_targets(name).map(|target| {
        let held = target.held.map(|kept| &kept.held);
        let drifted = held.into_iter().flat_map(Held::drifted).map(|file| DriftedFile {
            path: file.path.clone(),
            laid: file.laid.clone(),
            found: file.found.clone(),
        });
        ConfigurationTarget {
            path: target.application.clone(),
            status: target.status,
            revision: held.map(|held| held.revision).filter(|revision| *revision > 0),
            since: target.held.map(|kept| Timestamp(kept.since)),
            drifted: drifted.collect(),
        }
    });
    told.collect()
}

/// Files of which what is there is not the same everywhere that something was laid down.
fn peers(state: &State, name: &str) -> Vec<ConfigurationPeers> {
    let mut files: BTreeMap<&str, BTreeMap<Option<&str>, Vec<ObjectPath>>> = BTreeMap::new();
    for target in state.configuration_targets(name) {
        for file in target.held.into_iter().flat_map(|kept| &kept.held.files) {
            let contents = files.entry(&file.path).or_default();
            contents.entry(file.found.as_deref()).or_default().push(target.application.clone());
        }
    }
    let differing = files.into_iter().filter(|(_, contents)| contents.len() > 1);
    let told = differing.map(|(path, contents)| {
        let each = contents.into_iter();
        let mut contents: Vec<PeerContent> = each
            .map(|(sha256, targets)| PeerContent { sha256: sha256.map(str::to_owned), targets })
            .collect();
        contents.sort_by_key(|content| std::cmp::Reverse(content.targets.len()));
        ConfigurationPeers { path: path.to_owned(), contents }
    });
    told.collect()
}
