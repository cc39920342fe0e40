//! The table of functions, in order of their names.

use super::Type::{Range, Scalar, Text, Vector};
use super::{Calendar, Function, Over, Type, Work};

/// All functions, ascending by name.
pub(in crate::promql) static FUNCTIONS: [Function; 78] = [
    math("abs", f64::abs),
    vector("absent", &[Vector], Work::Absent),
    over("absent_over_time", Over::Absent),
    math("acos", f64::acos),
    math("acosh", f64::acosh),
    math("asin", f64::asin),
    math("asinh", f64::asinh),
    math("atan", f64::atan),
    math("atanh", f64::atanh),
    over("avg_over_time", Over::Average),
    math("ceil", f64::ceil),
    over("changes", Over::Changes),
    vector("clamp", &[Vector, Scalar, Scalar], Work::Clamp),
    vector("clamp_max", &[Vector, Scalar], Work::ClampMax),
    vector("clamp_min", &[Vector, Scalar], Work::ClampMin),
    math("cos", f64::cos),
    math("cosh", f64::cosh),
    over("count_over_time", Over::Count),
    calendar("day_of_month", Calendar::DayOfMonth),
    calendar("day_of_week", Calendar::DayOfWeek),
    calendar("day_of_year", Calendar::DayOfYear),
    calendar("days_in_month", Calendar::DaysInMonth),
    math("deg", f64::to_degrees),
    over("delta", Over::Delta),
    over("deriv", Over::Derivative),
    vector("double_exponential_smoothing", &[Range, Scalar, Scalar], Work::Over(Over::Smoothing)),
    math("exp", f64::exp),
    over("first_over_time", Over::First),
    math("floor", f64::floor),
    vector("histogram_avg", &[Vector], Work::NativeHistogram),
    vector("histogram_count", &[Vector], Work::NativeHistogram),
    vector("histogram_fraction", &[Scalar, Scalar, Vector], Work::NativeHistogram),
    vector("histogram_quantile", &[Scalar, Vector], Work::HistogramQuantile),
    vector("histogram_stddev", &[Vector], Work::NativeHistogram),
    vector("histogram_stdvar", &[Vector], Work::NativeHistogram),
    vector("histogram_sum", &[Vector], Work::NativeHistogram),
    vector("holt_winters", &[Range, Scalar, Scalar], Work::Over(Over::Smoothing)),
    calendar("hour", Calendar::Hour),
    over("idelta", Over::Idelta),
    over("increase", Over::Increase),
    over("irate", Over::Irate),
    repeating("label_join", &[Vector, Text, Text, Text], Work::LabelJoin),
    vector("label_replace", &[Vector, Text, Text, Text, Text], Work::LabelReplace),
    over("last_over_time", Over::Last),
    math("ln", f64::ln),
    math("log10", f64::log10),
    math("log2", f64::log2),
    over("mad_over_time", Over::MedianDeviation),
    over("max_over_time", Over::Max),
    over("min_over_time", Over::Min),
    calendar("minute", Calendar::Minute),
    calendar("month", Calendar::Month),
    scalar("pi", &[], Work::Pi),
    vector("predict_linear", &[Range, Scalar], Work::Over(Over::PredictLinear)),
    over("present_over_time", Over::Present),
    vector("quantile_over_time", &[Scalar, Range], Work::Over(Over::Quantile)),
    math("rad", f64::to_radians),
    over("rate", Over::Rate),
    over("resets", Over::Resets),
    Function { optional: 1, ..vector("round", &[Vector, Scalar], Work::Round) },
    scalar("scalar", &[Vector], Work::Scalar),
    math("sgn", sign),
    math("sin", f64::sin),
    math("sinh", f64::sinh),
    vector("sort", &[Vector], Work::Sort { descending: false }),
    repeating("sort_by_label", &[Vector, Text], Work::SortByLabel { descending: false }),
    repeating("sort_by_label_desc", &[Vector, Text], Work::SortByLabel { descending: true }),
    vector("sort_desc", &[Vector], Work::Sort { descending: true }),
    math("sqrt", f64::sqrt),
    over("stddev_over_time", Over::StandardDeviation),
    over("stdvar_over_time", Over::Variance),
    over("sum_over_time", Over::Sum),
    math("tan", f64::tan),
    math("tanh", f64::tanh),
    scalar("time", &[], Work::Time),
    vector("timestamp", &[Vector], Work::Timestamp),
    vector("vector", &[Scalar], Work::Vector),
    calendar("year", Calendar::Year),
];

const fn vector(name: &'static str, parameters: &'static [Type], work: Work) -> Function {
    Function { name, parameters, optional: 0, repeats: false, returns: Vector, work }
}

const fn repeating(name: &'static str, parameters: &'static [Type], work: Work) -> Function {
    Function { name, parameters, optional: 0, repeats: true, returns: Vector, work }
}

const fn scalar(name: &'static str, parameters: &'static [Type], work: Work) -> Function {
    Function { name, parameters, optional: 0, repeats: false, returns: Scalar, work }
}

const fn math(name: &'static str, work: fn(f64) -> f64) -> Function {
    vector(name, &[Vector], Work::Math(work))
}

const fn calendar(name: &'static str, work: Calendar) -> Function {
    Function {
        name,
        parameters: &[Vector],
        optional: 1,
        repeats: false,
        returns: Vector,
        work: Work::Calendar(work),
    }
}

const fn over(name: &'static str, work: Over) -> Function {
    vector(name, &[Range], Work::Over(work))
}

/// -1, 0 or 1; zero keeps its sign, and what is no number stays none.
fn sign(value: f64) -> f64 {
    if value < 0.0 {
        -1.0
    } else if value > 0.0 {
        1.0
    } else {
        value
    }
}
