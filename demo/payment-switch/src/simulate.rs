//! The simulated switch: transactions, services and the task, moved on in ticks.
//!
//! ```text
//! acquirer -> Platform -> AcqDB -> [HSMAdapter, when a PIN came along] -> scheme link -> issuer
//! ```
//!
//! Invariants
//! - D-1: no clock and no socket: the same seed, ticks and faults give the same day.
//! - D-2: one authorisation counts once in Platform and once in its scheme, with the code
//!   that was answered; `AcqDB` and `HSMAdapter` count their own calls.
//! - D-3: a broken database fails every authorisation, a broken HSM those with a PIN,
//!   a broken link those of its scheme.
//!
//! Elsewhere: who calls `tick` (`main`), who breaks things (`http::control`).

use crate::end_of_day::{self, EndOfDay, Step};
use crate::fault::{FaultCode, Faults};
use crate::log::Line;
use crate::random::Random;
use crate::response::Response;
use crate::service::{Failure, Service, ServiceName};
use std::fmt::Write;

/// Length of a tick: short beside any latency that is shown, long beside the work of one.
pub(crate) const TICK_MS: u64 = 10;
/// Highest rate: some 2 % of a core, and far above what a demo needs.
pub(crate) const TPS_MAX: f64 = 20_000.0;
/// How long the switch waits for a scheme before it answers 91 itself.
const SCHEME_LIMIT_S: f64 = 5.0;
/// How often errors are summed into a line, so that a broken database does not flood the log.
const ERROR_LINE_MS: u64 = 1_000;

/// What issuers answer besides 00, in parts of a million; about what a healthy portfolio shows.
const ANSWERS: [(Response, f64); 6] = [
    (Response::DoNotHonour, 20_000e-6),
    (Response::InvalidCardNumber, 6_000e-6),
    (Response::InsufficientFunds, 35_000e-6),
    (Response::ExpiredCard, 5_000e-6),
    (Response::IssuerInoperative, 800e-6),
    (Response::SystemMalfunction, 100e-6),
];
/// Share of PINs that are wrong.
const WRONG_PIN: f64 = 0.01;

/// What the switch is started with.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Settings {
    /// Seed of all chance.
    pub(crate) seed: u64,
    /// Transactions per second.
    pub(crate) tps: f64,
    /// Length of a simulated day in ms.
    pub(crate) day_ms: u64,
    /// Transactions per line in the log.
    pub(crate) log_every: u64,
}

/// The whole state of the switch.
#[derive(Debug)]
pub(crate) struct Switch {
    random: Random,
    now: u64,
    tps: f64,
    services: [Service; ServiceName::ALL.len()],
    /// What is broken now.
    pub(crate) faults: Faults,
    /// The settlement task.
    pub(crate) end_of_day: EndOfDay,
    log_every: u64,
    unlogged: [u64; Response::ALL.len()],
    errors: [[u64; Response::ALL.len()]; ServiceName::ALL.len()],
    errors_logged: u64,
    lines: Vec<Line>,
}

impl Switch {
    /// A healthy switch at `now` (ms since the Unix epoch).
    pub(crate) fn new(settings: Settings, now: u64) -> Self {
        Self {
            random: Random::new(settings.seed),
            now,
            tps: settings.tps,
            services: ServiceName::ALL.map(|_| Service::new(now)),
            faults: Faults::default(),
            end_of_day: EndOfDay::new(settings.day_ms, now),
            log_every: settings.log_every,
            unlogged: [0; Response::ALL.len()],
            errors: [[0; Response::ALL.len()]; ServiceName::ALL.len()],
            errors_logged: now,
            lines: Vec::new(),
        }
    }

    /// The time of the last tick (ms since the Unix epoch).
    pub(crate) fn now(&self) -> u64 {
        self.now
    }

    /// Transactions per second.
    pub(crate) fn tps(&self) -> f64 {
        self.tps
    }

    /// Changes the rate; the caller has checked it against [`TPS_MAX`].
    pub(crate) fn set_tps(&mut self, tps: f64) {
        self.tps = tps;
    }

    /// A service by name.
    pub(crate) fn service(&self, name: ServiceName) -> &Service {
        &self.services[name.index()]
    }

    /// Takes a scheme's link into its network, or out of it; true when that is news.
    pub(crate) fn sign(&mut self, name: ServiceName, on: bool) -> bool {
        let is_news = self.services[name.index()].sign(on, self.now);
        self.refresh();
        is_news
    }

    /// Moves the switch on by one tick that ends at `now`, and returns what it logged.
    pub(crate) fn tick(&mut self, now: u64) -> Vec<Line> {
        self.now = now;
        self.faults.expire(now);
        self.refresh();
        for _ in 0..self.random.arrivals(self.tps * TICK_MS as f64 / 1_000.0) {
            self.authorise();
        }
        self.settle();
        self.log_errors();
        std::mem::take(&mut self.lines)
    }

    /// Brings every service's state in line with the faults in force.
    pub(crate) fn refresh(&mut self) {
        for name in ServiceName::ALL {
            let failure = self.failure(name);
            let service = &mut self.services[name.index()];
            let before = service.status();
            service.set_failure(failure, self.now);
            if service.status() != before {
                self.lines.push(match &service.failure {
                    Some(Failure { code, message }) => {
                        Line::error(format!("{} MALFUNCTION {code}: {message}", name.as_str()))
                    }
                    None => Line::info(format!("{} STARTED: it works again", name.as_str())),
                });
            }
        }
    }

    fn failure(&self, name: ServiceName) -> Option<Failure> {
        let broken = |name: ServiceName, code: FaultCode| Failure {
            code: code.as_str(),
            message: format!("{} {}", name.as_str(), code.text()),
        };
        if let Some(code) = self.faults.malfunction(name) {
            return Some(broken(name, code));
        }
        if name != ServiceName::Platform {
            return None;
        }
        if let Some(code) = self.faults.malfunction(ServiceName::AcqDb) {
            return Some(broken(ServiceName::AcqDb, code));
        }
        let is_cut = |scheme: &ServiceName| {
            self.faults.malfunction(*scheme).is_some() || self.service(*scheme).signed_off
        };
        let cut_off = ServiceName::SCHEMES.iter().all(is_cut);
        cut_off.then(|| Failure {
            code: FaultCode::Unavailable.as_str(),
            message: "no scheme link works".to_owned(),
        })
    }

    fn authorise(&mut self) {
        let scheme = match self.random.unit() {
            share if share < 0.30 => ServiceName::McCredit,
            share if share < 0.50 => ServiceName::McDebit,
            share if share < 0.70 => ServiceName::VisaCredit,
            _ => ServiceName::VisaDebit,
        };
        let pin_share = match scheme {
            ServiceName::McDebit | ServiceName::VisaDebit => 0.6,
            _ => 0.2,
        };
        let with_pin = self.random.chance(pin_share);
        let (response, seconds) = self.answer(scheme, with_pin);
        self.count(scheme, response, seconds);
        self.count(ServiceName::Platform, response, seconds);
        self.unlogged[response.index()] += 1;
        if self.unlogged.iter().sum::<u64>() >= self.log_every {
            self.log_transactions();
        }
    }

    /// Takes one authorisation down the chain: the answer and the time it took.
    fn answer(&mut self, scheme: ServiceName, with_pin: bool) -> (Response, f64) {
        let mut seconds = self.duration(ServiceName::Platform, 0.001);
        if self.faults.malfunction(ServiceName::Platform).is_some() {
            return (Response::SystemMalfunction, seconds);
        }

        let spent = self.duration(ServiceName::AcqDb, 0.002);
        seconds += spent;
        let looked_up = match self.faults.malfunction(ServiceName::AcqDb) {
            None => Response::Approved,
            Some(FaultCode::Disconnected) => Response::IssuerInoperative,
            Some(FaultCode::Unavailable) => Response::SystemMalfunction,
        };
        self.count(ServiceName::AcqDb, looked_up, spent);
        if looked_up != Response::Approved {
            return (looked_up, seconds);
        }

        if with_pin {
            let spent = self.duration(ServiceName::HsmAdapter, 0.004);
            seconds += spent;
            let wrong = self.random.chance(WRONG_PIN);
            let checked = match self.faults.malfunction(ServiceName::HsmAdapter) {
                Some(_) => Response::SystemMalfunction,
                None if wrong => Response::IncorrectPin,
                None => Response::Approved,
            };
            self.count(ServiceName::HsmAdapter, checked, spent);
            if checked != Response::Approved {
                return (checked, seconds);
            }
        }

        if self.service(scheme).signed_off {
            return (Response::IssuerInoperative, seconds);
        }
        match self.faults.malfunction(scheme) {
            Some(FaultCode::Disconnected) => return (Response::IssuerInoperative, seconds),
            Some(FaultCode::Unavailable) => return (Response::IssuerInoperative, seconds + SCHEME_LIMIT_S),
            None => {}
        }
        let spent = self.duration(scheme, 0.040);
        if spent > SCHEME_LIMIT_S {
            return (Response::IssuerInoperative, seconds + SCHEME_LIMIT_S);
        }
        (self.issuer_answer(), seconds + spent)
    }

    fn issuer_answer(&mut self) -> Response {
        let mut share = self.random.unit();
        for (response, part) in ANSWERS {
            if share < part {
                return response;
            }
            share -= part;
        }
        Response::Approved
    }

    /// Time a service takes for one call: log-normal, times its slowness.
    fn duration(&mut self, name: ServiceName, median_s: f64) -> f64 {
        // Sigma 0.45 puts the p99 near three times the median, as such systems show.
        self.random.log_normal(median_s, 0.45) * self.faults.slowness(name)
    }

    fn count(&mut self, name: ServiceName, response: Response, seconds: f64) {
        self.services[name.index()].count(response, self.now, seconds);
        if response.is_error() {
            self.errors[name.index()][response.index()] += 1;
        }
    }

    fn settle(&mut self) {
        let database = self.faults.malfunction(ServiceName::AcqDb);
        let slowness = self.faults.slowness(ServiceName::AcqDb);
        let name = end_of_day::NAME;
        self.lines.extend(self.end_of_day.tick(self.now, TICK_MS, database, slowness).map(
            |step| match step {
                Step::Started => Line::info(format!("{name} started")),
                Step::Finished => Line::info(format!("{name} finished")),
                Step::Failed(reason) => Line::error(format!("{name} failed: {reason}")),
            },
        ));
    }

    fn log_transactions(&mut self) {
        let total: u64 = self.unlogged.iter().sum();
        let mut text = format!("authorised {total} transactions:");
        for (response, count) in Response::ALL.iter().zip(self.unlogged).filter(|(_, count)| *count > 0) {
            let _ = write!(text, " {}={count}", response.code()); // writing to a String cannot fail
        }
        self.lines.push(Line::info(text));
        self.unlogged = [0; Response::ALL.len()];
    }

    fn log_errors(&mut self) {
        // The distance either way: a clock set back must not silence the log until it has caught up.
        if self.now.abs_diff(self.errors_logged) < ERROR_LINE_MS {
            return;
        }
        self.errors_logged = self.now;
        for name in ServiceName::ALL {
            let counts = std::mem::take(&mut self.errors[name.index()]);
            for (response, count) in Response::ALL.iter().zip(counts).filter(|(_, count)| *count > 0) {
                let (service, code, text) = (name.as_str(), response.code(), response.text());
                self.lines.push(Line::error(format!("{service} {code} {text}: {count} in the last second")));
            }
        }
    }
}

#[cfg(test)]
mod tests;
