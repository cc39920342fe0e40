//! The text form of a channel: its kind is the key of one table.

use super::{Channel, ChannelKind, Chat, Email, Script, SnmpTrap, Syslog, Webhook};
use crate::path::ObjectPath;
use serde::{Deserialize, Serialize};

/// What is written. Exactly one of the kinds is there, which no derived form of serde says as clearly.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[serde(bound(serialize = "S: Serialize", deserialize = "S: Deserialize<'de>"))]
pub(super) struct Form<S> {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<ObjectPath>,
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    enabled: bool,
    #[serde(default = "super::none", skip_serializing_if = "Option::is_none")]
    email: Option<Email<S>>,
    #[serde(default = "super::none", skip_serializing_if = "Option::is_none")]
    webhook: Option<Webhook<S>>,
    #[serde(default = "super::none", skip_serializing_if = "Option::is_none")]
    chat: Option<Chat<S>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    syslog: Option<Syslog>,
    #[serde(default = "super::none", skip_serializing_if = "Option::is_none")]
    snmp_trap: Option<SnmpTrap<S>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    script: Option<Script>,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_yes(enabled: &bool) -> bool {
    *enabled
}

/// A channel of no kind or of several.
#[derive(Debug, thiserror::Error)]
#[error(
    "channel {name:?} has {found} kinds; give it exactly one of email, webhook, chat, syslog, snmp_trap and script"
)]
pub(super) struct FormError {
    name: String,
    found: usize,
}

impl<S> TryFrom<Form<S>> for Channel<S> {
    type Error = FormError;

    fn try_from(form: Form<S>) -> Result<Self, FormError> {
        let mut kinds: Vec<ChannelKind<S>> = Vec::new();
        kinds.extend(form.email.map(ChannelKind::Email));
        kinds.extend(form.webhook.map(ChannelKind::Webhook));
        kinds.extend(form.chat.map(ChannelKind::Chat));
        kinds.extend(form.syslog.map(ChannelKind::Syslog));
        kinds.extend(form.snmp_trap.map(ChannelKind::SnmpTrap));
        kinds.extend(form.script.map(ChannelKind::Script));
        let found = kinds.len();
        match (kinds.pop(), found) {
            (Some(kind), 1) => Ok(Self { name: form.name, tenant: form.tenant, enabled: form.enabled, kind }),
            _ => Err(FormError { name: form.name, found }),
        }
    }
}

impl<S> From<Channel<S>> for Form<S> {
    fn from(channel: Channel<S>) -> Self {
        let Channel { name, tenant, enabled, kind } = channel;
        let mut form = Self {
            name,
            tenant,
            enabled,
            email: None,
            webhook: None,
            chat: None,
            syslog: None,
            snmp_trap: None,
            script: None,
        };
        match kind {
            ChannelKind::Email(email) => form.email = Some(email),
            ChannelKind::Webhook(hook) => form.webhook = Some(hook),
            ChannelKind::Chat(chat) => form.chat = Some(chat),
            ChannelKind::Syslog(syslog) => form.syslog = Some(syslog),
            ChannelKind::SnmpTrap(trap) => form.snmp_trap = Some(trap),
            ChannelKind::Script(script) => form.script = Some(script),
        }
        form
    }
}
