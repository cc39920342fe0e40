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
    /// Errors ever; `None` until one service's are known.
    errors_total: Option<f64>,
}

impl Totals {
    /// Adds a service. One that does not count errors adds nothing to their share.
    pub(crate) fn add(&mut self, service: ServiceFigures) {
        if let Some(errors) = service.errors {
            self.errors_total = Some(self.errors_total.unwrap_or(0.0) + errors);
        }
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

    /// Errors since the services began to count; `None` when no service's are known.
    pub(crate) const fn errors_total(&self) -> Option<f64> {
        self.errors_total
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

    #[test]
    fn errors_are_summed_without_a_rate_as_well() {
        let mut totals = Totals::default();
        assert_eq!(totals.errors_total(), None);
        for errors in [Some(3.0), None, Some(4.0)] {
            totals.add(ServiceFigures { errors, ..ServiceFigures::default() });
        }
        assert_eq!((totals.errors_total(), totals.tps()), (Some(7.0), None));
    }
}
