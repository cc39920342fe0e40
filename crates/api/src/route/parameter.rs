//! What routes take in their query, in the order of the table.

use super::{Parameter, Value};

const fn parameter(name: &'static str, value: Value, summary: &'static str) -> Parameter {
    Parameter { name, value, summary }
}

const FILTER: Parameter = parameter(
    "filter",
    Value::Text,
    "`field:op value` terms and free text, e.g. `status!=UP cpu_pct>80 switch`",
);
const SORT: Parameter = parameter(
    "sort",
    Value::Text,
    "fields separated by commas, `-` before one for descending; by path when missing",
);
const LIMIT: Parameter = parameter("limit", Value::Count, "most items of the page");
const OFFSET: Parameter = parameter("offset", Value::Count, "items to leave out at the beginning");
const FACETS: Parameter = parameter(
    "facets",
    Value::Text,
    "text fields separated by commas of which the values are counted, e.g. `status,os`",
);
const AT: Parameter =
    parameter("at", Value::Schema("Timestamp"), "as of this time in the past; now when missing");
pub(super) const WHEN: &[Parameter] = &[AT];
pub(super) const WATCH: &[Parameter] = &[FILTER, SORT, LIMIT, OFFSET, FACETS];
pub(super) const LIST: &[Parameter] = &[FILTER, SORT, LIMIT, OFFSET, FACETS, AT];

const AFTER: Parameter = parameter("after", Value::Count, "only events after this position");
const OBJECT: Parameter =
    parameter("object", Value::Schema("ObjectPath"), "only what is about this object or something inside it");
const KIND: Parameter = parameter("kind", Value::Text, "only events of this kind");
const ACTION: Parameter = parameter("action", Value::Text, "only events of the action with this id");
const SINCE: Parameter = parameter("since", Value::Schema("Timestamp"), "only events at or after this time");

pub(super) const ACTIONS: &[Parameter] = &[
    FILTER,
    OBJECT,
    parameter("status", Value::Schema("ActionStatus"), "only actions with this status"),
    LIMIT,
    OFFSET,
    parameter("targets", Value::Count, "most targets of each action; all when missing"),
];
pub(super) const EVENTS: &[Parameter] = &[
    FILTER,
    AFTER,
    parameter("before", Value::Count, "only events before this position"),
    LIMIT,
    OBJECT,
    KIND,
    ACTION,
    SINCE,
    parameter("until", Value::Schema("Timestamp"), "only events before this time"),
    parameter("order", Value::Schema("EventOrder"), "asc after `after`, else desc, when missing"),
];
pub(super) const FOLLOW: &[Parameter] = &[FILTER, AFTER, OBJECT, KIND, ACTION, SINCE];
pub(super) const DEEDS: &[Parameter] = &[
    parameter("by", Value::Text, "only deeds of this user, token or access key"),
    parameter("object", Value::Text, "only deeds on this object or inside it, or on whatever has this name"),
    parameter("kind", Value::Text, "only events of this kind, or actions with this operation"),
    parameter("result", Value::Schema("AuditResult"), "only deeds with this result"),
    parameter("since", Value::Schema("Timestamp"), "only deeds at or after this time"),
    parameter("until", Value::Schema("Timestamp"), "only deeds before this time"),
    parameter("before", Value::Count, "only deeds before this position"),
    LIMIT,
];
pub(super) const AVAILABILITY: &[Parameter] = &[
    parameter("period", Value::Text, "`today`, `7d`, `30d` or `90d`, by UTC; 30d when missing"),
    parameter("month", Value::Text, "a month, as `2026-11`, instead"),
];
pub(super) const USAGE: &[Parameter] =
    &[parameter("month", Value::Text, "a month, as `2026-11`; the present one, by UTC, when missing")];
pub(super) const PING: &[Parameter] = &[
    parameter("sign", Value::Text, "started, ok or failed; ok when missing"),
    parameter("message", Value::Text, "in words"),
    parameter("done", Value::Count, "pieces that are done"),
    parameter("total", Value::Count, "pieces in all"),
];
pub(super) const RUNS: &[Parameter] =
    &[parameter("before", Value::Count, "only runs before this position"), LIMIT];
pub(super) const EXPORT: &[Parameter] =
    &[parameter("format", Value::Schema("ExportFormat"), "form of the export, jsonl when missing"), AFTER];
pub(super) const CHART: &[Parameter] = &[
    parameter(
        "figures",
        Value::Text,
        "names of figures separated by commas; all that the object has when missing",
    ),
    parameter("since", Value::Schema("Timestamp"), "from when on; five minutes before the end when missing"),
    parameter("until", Value::Schema("Timestamp"), "until when; now when missing"),
    parameter("points", Value::Count, "most points, 600 when missing, at most 2000"),
];
pub(super) const WIDGET: &[Parameter] =
    &[parameter("minutes", Value::Count, "how long before now it begins; as the widget says when missing")];
const TIMEOUT: Parameter = parameter("timeout", Value::Text, "shortens the time that it may take, e.g. `5s`");
const SERIES_LIMIT: Parameter = parameter("limit", Value::Count, "most items of the answer; 0 is no bound");
const EXPRESSION: Parameter = parameter("query", Value::Text, "a `PromQL` expression");
const LOOKBACK: Parameter =
    parameter("lookback_delta", Value::Text, "how old a value may be, e.g. `1m`; `5m` when missing");
pub(super) const INSTANT: &[Parameter] = &[
    EXPRESSION,
    parameter("time", Value::Text, "seconds since the Unix epoch, or RFC 3339; now when missing"),
    TIMEOUT,
    SERIES_LIMIT,
    LOOKBACK,
];
const START: Parameter = parameter("start", Value::Text, "first time, in seconds or RFC 3339");
const END: Parameter = parameter("end", Value::Text, "last time, in seconds or RFC 3339");
pub(super) const RANGE: &[Parameter] = &[
    EXPRESSION,
    START,
    END,
    parameter("step", Value::Text, "seconds between two values, or a duration such as `15s`"),
    TIMEOUT,
    SERIES_LIMIT,
    LOOKBACK,
];
pub(super) const MATCH: &[Parameter] = &[
    parameter("match[]", Value::Text, "a selector such as `{server=\"db-1\"}`; may be given several times"),
    START,
    END,
    SERIES_LIMIT,
];
pub(super) const METADATA: &[Parameter] =
    &[parameter("metric", Value::Text, "only this metric"), SERIES_LIMIT];
pub(super) const INFLUX: &[Parameter] = &[parameter(
    "precision",
    Value::Text,
    "unit of the lines' times: ns, us, ms, s, m or h; ns when missing",
)];
pub(super) const TARGETS: &[Parameter] = &[
    parameter("state", Value::Text, "active, dropped or any; any when missing"),
    parameter("scrapePool", Value::Text, "only this job"),
];
const LOG_SOURCE: Parameter =
    parameter("source", Value::Text, "only this source of each application; all of them when missing");
const LOG_PATTERN: Parameter =
    parameter("pattern", Value::Text, "an expression that is found in the lines; all lines when missing");
const LOG_IGNORE_CASE: Parameter =
    parameter("ignore_case", Value::Text, "true: small letters and capitals are the same");
const LOG_FIXED: Parameter = parameter("fixed", Value::Text, "true: the pattern is a plain text");
const LOG_INVERT: Parameter = parameter("invert", Value::Text, "true: lines in which it is not found");
pub(super) const LOG_LIST_QUERY: &[Parameter] = &[FILTER, LOG_SOURCE];
pub(super) const LOG_TAIL_QUERY: &[Parameter] = &[
    FILTER,
    LOG_SOURCE,
    LOG_PATTERN,
    LOG_IGNORE_CASE,
    LOG_FIXED,
    LOG_INVERT,
    parameter("lines", Value::Count, "lines of each source to begin with; 10 when missing"),
];
pub(super) const LOG_DOWNLOAD_QUERY: &[Parameter] = &[
    FILTER,
    LOG_SOURCE,
    LOG_PATTERN,
    LOG_IGNORE_CASE,
    LOG_FIXED,
    LOG_INVERT,
    parameter("since", Value::Schema("Timestamp"), "only lines written at or after this time"),
    parameter("until", Value::Schema("Timestamp"), "only lines written before this time"),
    parameter("context", Value::Count, "lines around each match, on both sides"),
    parameter("limit", Value::Count, "most matches on each server; no bound when missing"),
    parameter("timeout_s", Value::Count, "most seconds on each server; an hour when missing"),
    parameter("bytes", Value::Count, "most bytes that are read on each server; no bound when missing"),
];
pub(super) const PACKAGE_UPLOAD: &[Parameter] = &[parameter(
    "tenant",
    Value::Schema("ObjectPath"),
    "whose it is to be; the master's own tenant when missing",
)];
pub(super) const PACKAGE: &[Parameter] = &[
    parameter(
        "tenant",
        Value::Schema("ObjectPath"),
        "whose it is to be; the master's own tenant when missing",
    ),
    parameter("name", Value::Text, "name of the package"),
    parameter("version", Value::Text, "its version, which names these bytes for ever"),
    parameter(
        "format",
        Value::Schema("PackageFormat"),
        "what the bytes are; by the file's name when missing",
    ),
    parameter("file", Value::Text, "name of the file; a single file is installed under it"),
    parameter("sha256", Value::Text, "what the bytes are to be, in 64 digits; others are refused"),
    parameter(
        "offset",
        Value::Count,
        "bytes that the master has already, of an upload that was cut; with sha256",
    ),
    parameter("signature", Value::Text, "the text of minisign's signature"),
];
pub(super) const TERMINALS: &[Parameter] = &[LIMIT, OFFSET];
pub(super) const NOTIFICATIONS: &[Parameter] = &[FILTER, LIMIT, OFFSET];
pub(super) const NONE: &[Parameter] = &[];

pub(super) const CONFIGURATION: &[Parameter] =
    &[parameter("revision", Value::Count, "the revision to tell; the newest when missing")];
pub(super) const DIFF: &[Parameter] = &[
    parameter("from", Value::Count, "the older revision; the one before `to` when missing, 0 is nothing"),
    parameter("to", Value::Count, "the newer revision; the newest when missing"),
];

pub(super) const OIDC: &[Parameter] = &[
    Parameter { name: "code", value: Value::Text, summary: "what the provider gives for the tokens" },
    Parameter { name: "state", value: Value::Text, summary: "which login it belongs to" },
    Parameter { name: "iss", value: Value::Text, summary: "the provider that sends it (RFC 9207)" },
    Parameter { name: "error", value: Value::Text, summary: "why the provider refused" },
    Parameter { name: "error_description", value: Value::Text, summary: "the same in words" },
];
