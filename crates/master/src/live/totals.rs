//! Sums over services: of an application, a cluster, a business service.

use super::figures::ServiceFigures;

/// Transactions and errors of several services together.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Totals {
    /// Transactions a second; `None` until one service's are known.
    tps: Option<f64>,
    /// Errors a second, and the transactions a second of the services that say how many of theirs are errors.
    errors: f64,
    judged: f64,
}

impl Totals {
    /// Adds a service. One that does not count errors adds nothing to their share.
    pub(crate) fn add(&mut self, service: ServiceFigures) {
        let Some(tps) = service.tps else { return };
        self.tps = Some(self.tps.unwrap_or(0.0) + tps);
        if let Some(error_pct) = service.error_pct {
            self.errors += tps * error_pct / 100.0;
            self.judged += tps;
        }
    }

    /// Transactions a second; `None` when no service's are known.
    pub(crate) const fn tps(&self) -> Option<f64> {
        self.tps
    }

    /// Share of the transactions that are errors, in percent; `None` of nothing.
    pub(crate) fn error_pct(&self) -> Option<f64> {
        (self.judged > 0.0).then(|| (100.0 * self.errors / self.judged).clamp(0.0, 100.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn busy_services_weigh_more_and_unknown_ones_nothing() {
        let mut totals = Totals::default();
        assert_eq!((totals.tps(), totals.error_pct()), (None, None));
        for (tps, error_pct) in
            [(None, Some(50.0)), (Some(90.0), Some(0.0)), (Some(10.0), Some(20.0)), (Some(100.0), None)]
        {
            totals.add(ServiceFigures { tps, error_pct, ..ServiceFigures::default() });
        }
        assert_eq!((totals.tps(), totals.error_pct()), (Some(200.0), Some(2.0)));
    }
}
