//! What can go wrong between a client and a master, in words that say what to do.

use crate::problem::Problem;
use std::error::Error;

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// The address is not one.
    #[error("{url:?} is not the address of a master; it looks like https://console.example:7400")]
    Url {
        /// As given.
        url: String,
    },
    /// Credentials over an open line.
    #[error("credentials are not sent over plain HTTP to {url}; use https")]
    PlainHttp {
        /// As given.
        url: String,
    },
    /// The name is not one of a user.
    #[error("{user:?} cannot be the name of a user")]
    User {
        /// As given.
        user: String,
    },
    /// The CA is not one.
    #[error("the CA certificate is not PEM; fetch it again from the master's /api/v1/ca.pem")]
    Ca,
    /// The process has no TLS provider.
    #[error("no rustls provider is installed in this process")]
    NoProvider,
    /// TLS cannot be set up, e.g. for want of the system's roots.
    #[error("TLS cannot be set up; give the cluster's CA with --ca")]
    Tls {
        /// What the library says.
        source: reqwest::Error,
    },
}

/// Why a request was not answered as asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// No client could be made.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// Nobody answers.
    #[error("cannot reach {url}: {reason}; is the master running? `topmast master` starts one")]
    Unreachable {
        /// The master's address.
        url: String,
        /// The innermost cause.
        reason: String,
    },
    /// The certificate is not one that is trusted.
    #[error(
        "{url} cannot be trusted: {reason}; log in with `topmast login {url} --ca FILE` or `--fingerprint`"
    )]
    Untrusted {
        /// The master's address.
        url: String,
        /// What is wrong with the certificate.
        reason: String,
    },
    /// The connection broke after it was made.
    #[error("the connection to {url} was lost: {reason}")]
    Lost {
        /// The master's address.
        url: String,
        /// The innermost cause.
        reason: String,
    },
    /// No answer in time.
    #[error("{url} did not answer within {seconds} s; it may be overloaded, try again")]
    Timeout {
        /// The master's address.
        url: String,
        /// How long was waited.
        seconds: u64,
    },
    /// The master says no.
    #[error("{0}")]
    Refused(Box<Problem>),
    /// What answers does not speak this API.
    #[error("{url} does not answer as a Topmast master does: {message}")]
    Strange {
        /// The address.
        url: String,
        /// What was unexpected.
        message: String,
    },
}

impl ClientError {
    /// True when the same request may do later, without anybody changing it.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unreachable { .. } | Self::Lost { .. } | Self::Timeout { .. } => true,
            Self::Refused(problem) => problem.status == 503,
            Self::Build(_) | Self::Untrusted { .. } | Self::Strange { .. } => false,
        }
    }

    /// The master's reason, when it gave one.
    pub fn problem(&self) -> Option<&Problem> {
        match self {
            Self::Refused(problem) => Some(problem),
            _ => None,
        }
    }

    /// Tells a master that is not there from one that is not trusted and one that went away.
    pub(super) fn connection(url: &str, error: &reqwest::Error) -> Self {
        let url = url.to_owned();
        let is_connect = error.is_connect();
        let certificate = sources(error).find_map(certificate_fault);
        let reason = sources(error).last().map_or_else(|| error.to_string(), ToString::to_string);
        match certificate {
            Some(reason) => Self::Untrusted { url, reason },
            None if is_connect => Self::Unreachable { url, reason },
            None => Self::Lost { url, reason },
        }
    }
}

fn sources<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn Error + 'static)| (*error).source())
}

/// The fault of a certificate, if that is what the error is about.
fn certificate_fault(error: &(dyn Error + 'static)) -> Option<String> {
    // An I/O error hides what it wraps from `source`, and may wrap another one.
    let mut inner = error;
    while let Some(wrapped) = inner.downcast_ref::<std::io::Error>() {
        inner = wrapped.get_ref()?;
    }
    let tls = inner.downcast_ref::<rustls::Error>()?;
    match tls {
        rustls::Error::InvalidCertificate(fault) => Some(format!("its certificate is refused ({fault})")),
        _ => None,
    }
}
