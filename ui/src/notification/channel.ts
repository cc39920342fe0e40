// Channels as they are edited: a text for each kind to begin with.

/** The kinds of channel, each with a text that has what it needs. Names and addresses are those of documentation. */
export const TEMPLATES: Readonly<Record<string, string>> = {
  email: `[[channel]]
name = "on-call"
email = { host = "mail.example.com", user = "topmast", password = "", from = "Topmast <topmast@example.com>", to = ["ann@example.com"] }
`,
  webhook: `[[channel]]
name = "tickets"
webhook = { url = "https://tickets.example.com/topmast" }
`,
  chat: `[[channel]]
name = "ops-chat"
chat = { url = "https://chat.example.com/hooks/" }
`,
  syslog: `[[channel]]
name = "siem"
syslog = { host = "log.example.com", transport = "tls", facility = "local3" }
`,
  snmp_trap: `[[channel]]
name = "nms"
snmp_trap = { host = "nms.example.com", version = { v2c = { community = "" } } }
`,
  script: `[[channel]]
name = "pager"
script = { program = "/etc/topmast/notify/page" }
`,
};

/** A kind in words. */
export const KINDS: Readonly<Record<string, string>> = {
  email: 'Mail',
  webhook: 'Web hook',
  chat: 'Chat (Slack, Mattermost)',
  syslog: 'Syslog',
  snmp_trap: 'SNMP',
  script: 'Program on the master',
};
