//! The switch's business services and what is counted of each.

use crate::latency::Latencies;
use crate::response::Response;
use serde::{Serialize, Serializer};

/// One business service of the switch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ServiceName {
    /// The acquirer's database: cards, limits and the transaction log. Everything needs it.
    AcqDb,
    /// The adapter of the hardware security module, which checks PINs.
    HsmAdapter,
    /// The link to Mastercard for credit cards.
    McCredit,
    /// The link to Mastercard for debit cards.
    McDebit,
    /// The link to Visa for credit cards.
    VisaCredit,
    /// The link to Visa for debit cards.
    VisaDebit,
    /// The switch as its acquirers see it.
    Platform,
}

impl ServiceName {
    /// Every service, in the order shown.
    pub(crate) const ALL: [Self; 7] = [
        Self::AcqDb,
        Self::HsmAdapter,
        Self::McCredit,
        Self::McDebit,
        Self::VisaCredit,
        Self::VisaDebit,
        Self::Platform,
    ];

    /// The links to the card schemes.
    pub(crate) const SCHEMES: [Self; 4] = [Self::McCredit, Self::McDebit, Self::VisaCredit, Self::VisaDebit];

    /// The name in the interfaces.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::AcqDb => "AcqDB",
            Self::HsmAdapter => "HSMAdapter",
            Self::McCredit => "MC_CREDIT",
            Self::McDebit => "MC_DEBIT",
            Self::VisaCredit => "VISA_CREDIT",
            Self::VisaDebit => "VISA_DEBIT",
            Self::Platform => "Platform",
        }
    }

    /// The service of that name.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.as_str() == name)
    }

    /// The service's place in [`ServiceName::ALL`].
    pub(crate) fn index(self) -> usize {
        self as usize
    }
}

impl Serialize for ServiceName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// What a service does now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ServiceStatus {
    /// It works.
    Started,
    /// It does nothing, as asked.
    Stopped,
    /// It runs but cannot do its work; its codes say why.
    Malfunction,
}

/// Why a service is not [`ServiceStatus::Started`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Business status code, e.g. `DISCONN01`.
    pub(crate) code: &'static str,
    /// The cause in words.
    pub(crate) message: String,
}

/// State and counters of one service.
#[derive(Debug)]
pub(crate) struct Service {
    /// Present while the service is in MALFUNCTION.
    pub(crate) failure: Option<Failure>,
    /// True while the link is signed off.
    pub(crate) signed_off: bool,
    /// When it last changed (ms since the Unix epoch).
    pub(crate) since: u64,
    /// Transactions by response code, indexed by [`Response::index`].
    responses: [u64; Response::ALL.len()],
    /// How long they took.
    pub(crate) latencies: Latencies,
}

impl Service {
    /// A working service that has seen nothing yet.
    pub(crate) fn new(now: u64) -> Self {
        Self {
            failure: None,
            signed_off: false,
            since: now,
            responses: [0; Response::ALL.len()],
            latencies: Latencies::default(),
        }
    }

    /// What it does now.
    pub(crate) fn status(&self) -> ServiceStatus {
        match (&self.failure, self.signed_off) {
            (Some(_), _) => ServiceStatus::Malfunction,
            (None, true) => ServiceStatus::Stopped,
            (None, false) => ServiceStatus::Started,
        }
    }

    /// Takes over a new state; `since` moves only when something changed.
    pub(crate) fn set_failure(&mut self, failure: Option<Failure>, now: u64) {
        if self.failure != failure {
            self.failure = failure;
            self.since = now;
        }
    }

    /// Takes it into the network, or out of it; true when that is news.
    pub(crate) fn sign(&mut self, on: bool, now: u64) -> bool {
        let is_news = self.signed_off == on;
        if is_news {
            (self.signed_off, self.since) = (!on, now);
        }
        is_news
    }

    /// The cause of its state in words.
    pub(crate) fn message(&self) -> Option<String> {
        let failure = self.failure.as_ref().map(|failure| failure.message.clone());
        failure.or_else(|| self.signed_off.then(|| "signed off by an operator".to_owned()))
    }

    /// Counts one transaction.
    pub(crate) fn count(&mut self, response: Response, now: u64, seconds: f64) {
        if let Some(count) = self.responses.get_mut(response.index()) {
            *count += 1;
        }
        self.latencies.record(now, seconds);
    }

    /// Response codes seen so far with their counts.
    pub(crate) fn responses(&self) -> impl Iterator<Item = (Response, u64)> {
        Response::ALL.into_iter().zip(self.responses).filter(|(_, count)| *count > 0)
    }

    /// Transactions since the start.
    pub(crate) fn transactions(&self) -> u64 {
        self.responses.iter().sum()
    }

    /// Technical failures since the start.
    pub(crate) fn errors(&self) -> u64 {
        self.responses().filter(|(response, _)| response.is_error()).map(|(_, count)| count).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for (index, service) in ServiceName::ALL.into_iter().enumerate() {
            assert_eq!(ServiceName::parse(service.as_str()), Some(service));
            assert_eq!(service.index(), index);
        }
        assert_eq!(ServiceName::parse("acqdb"), None);
    }

    #[test]
    fn declines_are_not_errors_and_since_moves_with_the_state_only() {
        let mut service = Service::new(1);
        for response in Response::ALL {
            service.count(response, 2, 0.01);
        }
        assert_eq!((service.transactions(), service.errors()), (8, 2));
        let failure = Some(Failure { code: "DISCONN01", message: "no link".to_owned() });
        service.set_failure(failure.clone(), 5);
        service.set_failure(failure, 9);
        assert_eq!((service.since, service.status()), (5, ServiceStatus::Malfunction));
        service.set_failure(None, 10);
        assert_eq!((service.since, service.status()), (10, ServiceStatus::Started));
    }
}
