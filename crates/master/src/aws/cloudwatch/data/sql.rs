//! Metrics Insights: one series for each group of metrics.

use super::work::Work;
use std::collections::BTreeMap;
use topmast_aws::Fault;
use topmast_aws::insights::{Aggregate, Query};
use topmast_aws::metric_math::Series;
use topmast_aws::search::Candidate;
use topmast_aws::statistic::Statistic;
use topmast_aws::summary::Summary;

/// The series of a query; those without a group have no label.
pub(super) fn series(work: &Work<'_>, query: &Query, period: Option<i64>) -> Result<Vec<Series>, Fault> {
    let period_s = period.unwrap_or_else(|| work.period());
    let mut groups: BTreeMap<String, BTreeMap<i64, Summary>> = BTreeMap::new();
    for metric in work.found(|candidate| query.finds(candidate))? {
        let dimensions: Vec<(&str, &str)> =
            metric.dimensions.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let (namespace, name, account_id) = (&metric.namespace, &metric.name, &work.account);
        let group =
            query.group(&Candidate { namespace, name, dimensions: &dimensions, account_id }).join(" ");
        let sums = groups.entry(group).or_default();
        for (begin, summary) in work.spans(&metric, None, period_s)?.spans {
            sums.entry(begin).or_default().add(&summary);
        }
    }
    let statistic = statistic(query.aggregate);
    let mut several: Vec<(Series, Summary)> = Vec::with_capacity(groups.len());
    for (label, sums) in groups {
        let value = |(begin, summary): (i64, Summary)| Some((begin * 1_000, statistic.of(&summary)?));
        let points: Vec<(i64, f64)> = sums.into_iter().filter_map(value).collect();
        let summary = Summary::of_values(points.iter().map(|(_, value)| (*value, 1.0)));
        several.push((Series { label, period_s, points, ..Series::default() }, summary));
    }
    if let Some((by, is_descending)) = query.order {
        let by = self::statistic(by);
        let key = |(_, summary): &(Series, Summary)| by.of(summary);
        // Those without a value come last, whatever the order.
        several.sort_by(|one, other| match (key(one), key(other)) {
            (Some(one), Some(other)) if is_descending => other.total_cmp(&one),
            (Some(one), Some(other)) => one.total_cmp(&other),
            (one, other) => other.is_some().cmp(&one.is_some()),
        });
    }
    several.truncate(query.limit as usize);
    Ok(several.into_iter().map(|(series, _)| series).collect())
}

fn statistic(aggregate: Aggregate) -> Statistic {
    match aggregate {
        Aggregate::Avg => Statistic::Average,
        Aggregate::Count => Statistic::SampleCount,
        Aggregate::Max => Statistic::Maximum,
        Aggregate::Min => Statistic::Minimum,
        Aggregate::Sum => Statistic::Sum,
    }
}
