//! The texts inside of CloudWatch's requests: metric math, searches, Metrics Insights, rules of composite alarms,
//! dashboards and their widgets. No text may panic, and what metric math gives are numbers.

#![no_main]

use libfuzzer_sys::fuzz_target;
use topmast_aws::dashboard::{check, placed};
use topmast_aws::insights::Query;
use topmast_aws::label::Label;
use topmast_aws::metric_math::{Expression, Grid, MathError, Operand, Series, Source, evaluate};
use topmast_aws::search::{Candidate, Search};
use topmast_aws::widget::Widget;
use topmast_engine::alarm::CompositeRule;
use topmast_model::status::AlarmState;

struct One;

fn series() -> Series {
    let points = vec![(0, 1.0), (60_000, 0.0), (180_000, -2.5)];
    Series { id: "m1".to_owned(), label: "m".to_owned(), origin: None, period_s: 60, points }
}

impl Source for One {
    fn query(&self, id: &str) -> Option<Operand> {
        (id == "m1").then(|| Operand::Series(series()))
    }

    fn metrics(&self) -> Vec<Series> {
        vec![series(), Series::default()]
    }

    fn search(&self, _: &str, _: &str, _: Option<i64>) -> Result<Vec<Series>, MathError> {
        Ok(self.metrics())
    }

    fn grid(&self) -> Grid {
        Grid { start: 0, end: 240_000, period_s: 60 }
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let candidate = Candidate {
        namespace: "AWS/EC2",
        name: "CPUUtilization",
        dimensions: &[("InstanceId", "i-1"), ("a", "SDBFailure")],
        account_id: "1",
    };
    if let Ok(expression) = Expression::parse(text)
        && let Ok(several) = evaluate(&expression, &One)
    {
        assert!(several.iter().flat_map(|series| &series.points).all(|(_, value)| value.is_finite()));
    }
    let _ = Label::parse(text).map(|label| label.is_plain());
    if let Ok(search) = Search::parse(text) {
        let _ = search.finds(&candidate);
    }
    if let Ok(query) = Query::parse(text) {
        assert!(query.limit <= 500);
        let _ = (query.finds(&candidate), query.group(&candidate));
    }
    if let Ok(rule) = CompositeRule::parse(text) {
        assert!(rule.children().len() <= 100);
        let _ = rule.holds(|name| (name.len() % 2 == 0).then_some(AlarmState::Alarm));
    }
    if let Ok(widget) = Widget::parse(text) {
        assert!(widget.entries.len() <= 100);
        let span = widget.span(1_796_000_000_000).unwrap_or((0, 1));
        assert_eq!(widget.queries(span).list("MetricDataQueries").len(), widget.entries.len());
    }
    let _ = check(text);
    assert!(placed(text).iter().all(|widget| widget.x + widget.width <= 24));
});
