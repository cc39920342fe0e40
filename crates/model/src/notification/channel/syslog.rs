//! A channel to a syslog server.

use serde::{Deserialize, Serialize};

/// Lines of syslog, RFC 5424.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Syslog {
    /// The server.
    pub host: String,
    /// Its port; 514, or 6514 with TLS, when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// How lines go there.
    #[serde(default)]
    pub transport: SyslogTransport,
    /// Where the server files them.
    #[serde(default)]
    pub facility: Facility,
    /// The program that they are of; `topmast` when missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub app_name: Option<String>,
}

impl Syslog {
    /// The port, also when it is not given.
    pub fn port(&self) -> u16 {
        self.port.unwrap_or(match self.transport {
            SyslogTransport::Udp | SyslogTransport::Tcp => 514,
            SyslogTransport::Tls => 6514,
        })
    }
}

/// How lines go to a syslog server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SyslogTransport {
    /// A datagram each; a lost one is lost.
    Udp,
    /// A connection, each line with its length before it (RFC 6587).
    #[default]
    Tcp,
    /// The same over TLS (RFC 5425).
    Tls,
}

/// What a line is about, as syslog servers sort it: those facilities that programs use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Facility {
    /// 1
    User,
    /// 3
    #[default]
    Daemon,
    /// 16
    Local0,
    /// 17
    Local1,
    /// 18
    Local2,
    /// 19
    Local3,
    /// 20
    Local4,
    /// 21
    Local5,
    /// 22
    Local6,
    /// 23
    Local7,
}

impl Facility {
    /// Its number in the protocol.
    pub const fn number(self) -> u8 {
        match self {
            Self::User => 1,
            Self::Daemon => 3,
            Self::Local0 => 16,
            Self::Local1 => 17,
            Self::Local2 => 18,
            Self::Local3 => 19,
            Self::Local4 => 20,
            Self::Local5 => 21,
            Self::Local6 => 22,
            Self::Local7 => 23,
        }
    }
}
