//! Deciding about channels.

use crate::{Listed, Rejection, State};
use std::collections::BTreeSet;
use topmast_model::event::EventBody;
use topmast_model::notification::Channel;
use topmast_model::principal::{Principal, Right};

/// Most channels.
pub const CHANNELS_MAX: usize = 200;

/// What applying channels would do: a dry run shows it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ChannelsPlan {
    /// Channels that are new.
    pub added: Vec<String>,
    /// Channels that become others.
    pub changed: Vec<String>,
    /// Channels that are as they are to be.
    pub unchanged: Vec<String>,
    /// Channels that go.
    pub deleted: Vec<String>,
}

/// Works out what applying channels would do. Of those that are not among them, whoever asks deletes what is for them to delete.
///
/// # Errors
/// A [`Rejection`] when they cannot be applied.
pub fn plan_channels(
    state: &State,
    who: &Principal,
    channels: &[Channel],
    prune: bool,
) -> Result<ChannelsPlan, Rejection> {
    let (mut names, mut plan) = (BTreeSet::new(), ChannelsPlan::default());
    for channel in channels {
        channel.check().map_err(|error| Rejection::invalid("channels", error.to_string()))?;
        if !names.insert(channel.name.as_str()) {
            let message = format!("there are two channels {:?}; rename one", channel.name);
            return Err(Rejection::invalid("channels", message));
        }
        let list = match state.channel(&channel.name) {
            None => &mut plan.added,
            Some(kept) if kept == channel => &mut plan.unchanged,
            Some(_) => &mut plan.changed,
        };
        list.push(channel.name.clone());
    }
    if prune {
        let all = state.notifications.channels.values().map(|kept| &kept.channel);
        let left = all.filter(|channel| !names.contains(channel.name.as_str()));
        let theirs = left.filter(|channel| who.may(Right::ManageNotifications, channel.tenant.as_ref()));
        plan.deleted = theirs.map(|channel| channel.name.clone()).collect();
    }
    for name in &plan.deleted {
        refuse_used(state, name)?;
    }
    if state.notifications.channels.len() + plan.added.len() - plan.deleted.len() > CHANNELS_MAX {
        let message = format!("there would be more than {CHANNELS_MAX} channels; delete some first");
        return Err(Rejection::limit(message));
    }
    Ok(plan)
}

/// A route without its channel would tell nobody, and nobody would see it.
fn refuse_used(state: &State, name: &str) -> Result<(), Rejection> {
    let routes = state.notifications.routes.values().map(|kept| &kept.route);
    let using: Listed = routes
        .filter(|route| route.all_channels().any(|channel| channel == name))
        .map(|route| &route.name)
        .collect();
    if using.is_empty() {
        return Ok(());
    }
    Err(Rejection::conflict(format!("route {using} tells on channel {name}; change or delete it first")))
}

/// Decides `ApplyChannels`.
pub(crate) fn apply_channels(
    state: &State,
    who: &Principal,
    channels: &[Channel],
    prune: bool,
) -> Result<Vec<EventBody>, Rejection> {
    let plan = plan_channels(state, who, channels, prune)?;
    let news = channels.iter().filter(|channel| !plan.unchanged.contains(&channel.name));
    let applied = news.map(|channel| EventBody::ChannelApplied { channel: Box::new(channel.clone()) });
    let deleted = plan.deleted.iter().filter_map(|name| state.channel(name)).map(deleted);
    Ok(applied.chain(deleted).collect())
}

/// Decides `DeleteChannel`.
pub(crate) fn delete_channel(state: &State, name: &str) -> Result<Vec<EventBody>, Rejection> {
    let channel = state.channel(name).ok_or_else(|| Rejection::NotFound {
        what: "channel",
        names: Listed::one(name),
        hint: "`topmast channels` shows which there are",
    })?;
    refuse_used(state, name)?;
    Ok(vec![deleted(channel)])
}

fn deleted(channel: &Channel) -> EventBody {
    EventBody::ChannelDeleted { name: channel.name.clone(), tenant: channel.tenant.clone() }
}
