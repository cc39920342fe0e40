//! A message in a chat: the incoming web hooks of Slack, which Mattermost, Rocket.Chat and others take as well.
//!
//! Slack makes a mention of `<!channel>`, Mattermost of `@channel`; both make links and the latter pictures. A problem's
//! text can do none of it (SN-2): `&`, `<` and `>` are written as entities, and behind an `@` and between `]` and `(`
//! stands a character without width.

use super::{Delivery, Failure, Senders, post};
use crate::notification::message::{clip, line};
use crate::notification::{AlarmFact, Fact, Message};
use serde_json::{Value, json};
use topmast_model::notification::channel::Chat;
use topmast_model::notification::{Channel, Secret};
use topmast_model::status::{AlarmState, Severity};

/// Problems that are shown in full; a message with more is not read but scrolled.
const SHOWN_MAX: usize = 10;
/// Longest text of one part, in characters; what is longer is folded away by the chat.
const TEXT_MAX: usize = 700;
/// Colour of what is over.
const OVER: &str = "#2f9e44";

pub(super) async fn send(
    senders: &Senders,
    channel: &Channel<Secret>,
    chat: &Chat<Secret>,
    message: &Message,
) -> Result<Delivery, Failure> {
    let body = document(&senders.config.cluster, chat.channel.as_deref(), message);
    let request = senders.http.post(&chat.url.0);
    post::post(&channel.target(), request, body.to_string().into_bytes()).await
}

fn document(cluster: &str, channel: Option<&str>, message: &Message) -> Value {
    let mut text = plain(&message.subject());
    if message.test && !message.facts.is_empty() {
        text.push_str("\nThis is a test; nothing is wrong.");
    }
    if let Some(reason) = &message.reason {
        text = format!("{text}\nYou are told because: {}", plain(reason));
    }
    let rest = message.facts.len().saturating_sub(SHOWN_MAX) + message.left_out;
    if rest > 0 {
        text = format!("{text}\n… and {rest} more problems than are shown here.");
    }
    if let Some(link) = &message.link {
        text = format!("{text}\n{}", address(link));
    }
    let facts = message.facts.iter().take(SHOWN_MAX).map(|fact| attachment(cluster, fact));
    let shown: Vec<Value> = facts.chain(message.alarm.iter().map(|alarm| of_alarm(cluster, alarm))).collect();
    let mut document =
        json!({ "text": text, "attachments": shown, "unfurl_links": false, "unfurl_media": false });
    if let Some(channel) = channel {
        document["channel"] = channel.into();
    }
    document
}

fn of_alarm(cluster: &str, alarm: &AlarmFact) -> Value {
    let title = clip(&line(&alarm.title()), TEXT_MAX);
    let rows = alarm.rows().into_iter().filter(|(name, _)| *name != "Reason");
    let fields: Vec<Value> = rows
        .map(
            |(name, value)| json!({ "title": name, "value": plain(&clip(&value, TEXT_MAX)), "short": false }),
        )
        .collect();
    let colour = match alarm.to {
        AlarmState::Ok => OVER,
        AlarmState::Alarm => colour(Severity::Major),
        AlarmState::InsufficientData => colour(Severity::Info),
    };
    json!({
        "color": colour,
        "fallback": plain(&title),
        "title": plain(&title),
        "text": plain(&clip(&alarm.reason, TEXT_MAX)),
        "fields": fields,
        "footer": format!("Topmast {cluster}"),
        "ts": alarm.at.0.div_euclid(1_000),
        "mrkdwn_in": [],
    })
}

fn attachment(cluster: &str, fact: &Fact) -> Value {
    let title = clip(&format!("[{}] {}", fact.badge(), line(&fact.message)), TEXT_MAX);
    let advice = if fact.is_over() { "" } else { fact.advice.as_str() };
    let is_short = |value: &str| value.chars().count() <= 40;
    let fields: Vec<Value> = fact
        .rows()
        .into_iter()
        .map(|(name, value)| json!({ "title": name, "value": plain(&clip(&value, TEXT_MAX)), "short": is_short(&value) }))
        .collect();
    json!({
        "color": if fact.is_over() { OVER } else { colour(fact.severity) },
        "fallback": plain(&title),
        "title": plain(&title),
        "title_link": fact.link.as_deref().map(address),
        "text": plain(&clip(advice, TEXT_MAX)),
        "fields": fields,
        "footer": format!("Topmast {cluster}"),
        "ts": fact.since.0.div_euclid(1_000),
        "mrkdwn_in": [],
    })
}

/// Told apart also by those who see no red beside green; the words say it as well.
const fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Info => "#4dabf7",
        Severity::Warning => "#f2c037",
        Severity::Major => "#e8590c",
        Severity::Critical => "#a61e4d",
    }
}

/// Text that is nothing but text.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut before = '\0';
    for char in text.chars() {
        match char {
            '&' => plain.push_str("&amp;"),
            '<' => plain.push_str("&lt;"),
            '>' => plain.push_str("&gt;"),
            '@' => plain.push_str("@\u{200b}"),
            '(' if before == ']' => plain.push_str("\u{200b}("),
            '\n' => plain.push('\n'),
            char if char.is_control() => plain.push(' '),
            char => plain.push(char),
        }
        before = char;
    }
    plain
}

/// A link of ours: it stays one, so nothing may stand in it that ends it.
fn address(link: &str) -> String {
    line(link).replace('&', "&amp;").replace(['<', '>', '|', ' '], "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notification::message::tests::{alarm, fact, message};
    use topmast_model::problem::Notice;

    #[test]
    fn document_has_the_form_that_chats_take() {
        let mut told = fact(Notice::Opened, "db-1 is down: a < b & c");
        told.advice = "Ask @ann.".into();
        let mut whole = message(vec![told, fact(Notice::Recovered, "web-1 is down")]);
        whole.link = Some("https://console.example.com/problems?a=1&b=2".into());
        let expect = json!({
            "text": "[CRITICAL] 2 problems: db-1 is down: a &lt; b &amp; c, …\nhttps://console.example.com/problems?a=1&amp;b=2",
            "channel": "#ops",
            "unfurl_links": false,
            "unfurl_media": false,
            "attachments": [
                {
                    "color": "#a61e4d",
                    "fallback": "[CRITICAL] db-1 is down: a &lt; b &amp; c",
                    "title": "[CRITICAL] db-1 is down: a &lt; b &amp; c",
                    "title_link": "https://console.example.com/problems/17",
                    "text": "Ask @\u{200b}ann.",
                    "fields": [
                        { "title": "Object", "value": "acme/main/db-1", "short": true },
                        { "title": "Since", "value": "2026-11-29 05:12:03 UTC, 12m34s ago", "short": true },
                        { "title": "Rule", "value": "server-down", "short": true },
                        { "title": "Problem", "value": "17", "short": true }
                    ],
                    "footer": "Topmast acme/main",
                    "ts": 1_795_929_123,
                    "mrkdwn_in": []
                },
                {
                    "color": "#2f9e44",
                    "fallback": "[recovered] web-1 is down",
                    "title": "[recovered] web-1 is down",
                    "title_link": "https://console.example.com/problems/17",
                    "text": "",
                    "fields": [
                        { "title": "Object", "value": "acme/main/db-1", "short": true },
                        {
                            "title": "Since",
                            "value": "2026-11-29 05:12:03 UTC, over after 12m34s",
                            "short": false
                        },
                        { "title": "Rule", "value": "server-down", "short": true },
                        { "title": "Problem", "value": "17", "short": true }
                    ],
                    "footer": "Topmast acme/main",
                    "ts": 1_795_929_123,
                    "mrkdwn_in": []
                }
            ]
        });
        assert_eq!(document("acme/main", Some("#ops"), &whole), expect);
    }

    #[test]
    fn text_of_a_problem_mentions_nobody_and_makes_no_link() {
        // SN-2
        let evil = "<!channel> <@U1> @here @all <https://evil|click> ![x](https://evil/p.png) \u{7}";
        let mut told = fact(Notice::Opened, evil);
        told.advice = evil.into();
        told.cause = Some(evil.into());
        told.owner = Some(evil.into());
        told.detail = evil.into();
        let mut whole = message(vec![told]);
        whole.reason = Some(evil.into());
        let text = document("acme/main", None, &whole).to_string();
        for bad in ["<", ">", "@h", "@a", "@U", "](", "\\u0007"] {
            assert!(!text.contains(bad), "{bad}: {text}");
        }
        let text = document("acme/main", None, &alarm(evil, evil)).to_string();
        for bad in ["<", ">", "@h", "@a", "@U", "](", "\\u0007"] {
            assert!(!text.contains(bad), "{bad}: {text}");
        }
        let long = message(vec![fact(Notice::Opened, &"x".repeat(100_000)); 50]);
        let length = document("acme/main", None, &long).to_string().len();
        assert!(length < 40_000, "{length}");
    }
}
