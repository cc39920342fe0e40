//! `GET /containers/{id}/stats` of Docker's Engine API.
//!
//! Processor time is the difference to `precpu_stats`; the first answer, and one with `one-shot`, has none there,
//! and then there is no share. Memory is without the page cache that the kernel can drop, as `docker stats` has it.

use super::super::json::{self, list, string, whole};
use super::super::table::Kept;
use super::super::text::Text;
use crate::error::{Fault, ParseError};
use crate::reading::{Container, Reading};
use serde_json::{Deserializer, Value};

pub(in super::super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut containers: Kept<Container> = Kept::new();
    // A stream is one answer after the other.
    for value in Deserializer::from_str(text.all()).into_iter::<Value>() {
        let value = match value {
            Ok(value) => value,
            Err(error) if containers.is_empty() => {
                json::parse(text)?;
                let line = u32::try_from(error.line()).unwrap_or(u32::MAX);
                return Err(ParseError { line, ..text.error(Fault::Malformed("JSON, whole to its end")) });
            }
            Err(error) => {
                reading.remark(u32::try_from(error.line()).unwrap_or(u32::MAX), "the last answer is cut");
                break;
            }
        };
        let answers = match value {
            Value::Array(answers) => answers,
            answer => vec![answer],
        };
        for answer in answers {
            if answer.get("cpu_stats").is_none() && answer.get("memory_stats").is_none() {
                let message = string(&answer, "message").unwrap_or_default();
                reading.remark(1, format!("an answer without figures {message}"));
                continue;
            }
            let container = container(&answer);
            // The same container again is its next answer.
            let known = containers
                .iter_mut()
                .find(|known| known.id.is_some() && known.id == container.id || known.name == container.name);
            match known {
                Some(known) => *known = container,
                None => containers.push(container),
            }
            if containers.len() > MAX_CONTAINERS {
                return Err(text.error(Fault::Malformed("at most 1000 containers")));
            }
        }
    }
    if containers.is_empty() {
        return Err(text.error(Fault::Missing("cpu_stats or memory_stats")));
    }
    reading.containers = Some(containers.finish(&mut reading, 1));
    Ok(reading)
}

/// Answers are of one container each; so many in one text are no honest stream.
const MAX_CONTAINERS: usize = 1000;

fn container(answer: &Value) -> Container {
    let memory = answer.get("memory_stats").unwrap_or(&Value::Null);
    let (net_rx_bytes, net_tx_bytes) = network(answer);
    Container {
        id: string(answer, "id"),
        // The API has a slash before it.
        name: string(answer, "name").map(|name| name.trim_start_matches('/').to_owned()),
        cpu_pct: processor(answer),
        mem_pct: None,
        mem_used_bytes: used(memory),
        // Of a group without one the kernel has all of its addresses.
        mem_limit_bytes: whole(memory, "limit").filter(|limit| (1..1 << 60).contains(limit)),
        net_rx_bytes,
        net_tx_bytes,
        block_read_bytes: block(answer, "read"),
        block_write_bytes: block(answer, "write"),
    }
}

/// Share of a processor, 100 for each of them.
fn processor(answer: &Value) -> Option<f64> {
    let (now, before) = (answer.get("cpu_stats")?, answer.get("precpu_stats")?);
    let usage = |stats: &Value| whole(stats.get("cpu_usage")?, "total_usage");
    let used = usage(now)?.checked_sub(usage(before)?)? as f64;
    let system = whole(now, "system_cpu_usage");
    if let (Some(system), Some(system_before)) = (system, whole(before, "system_cpu_usage")) {
        let passed = system.checked_sub(system_before).filter(|passed| *passed > 0 && system_before > 0)?;
        let single = || Some(list(now.get("cpu_usage")?, "percpu_usage").len() as u64);
        let processors = whole(now, "online_cpus")
            .filter(|count| *count > 0)
            .or_else(single)
            .filter(|count| *count > 0)?;
        return Some(used / passed as f64 * processors as f64 * 100.0);
    }
    // Windows counts in 100 ns, and the clock tells how much there could have been.
    let processors = whole(answer, "num_procs").filter(|count| *count > 0 && system.is_none())?;
    let seconds = seconds(answer.get("read")?.as_str()?)? - seconds(answer.get("preread")?.as_str()?)?;
    // The first answer has no time before it.
    (seconds > 0.0 && seconds < 86_400.0).then(|| used / (seconds * 1e7 * processors as f64) * 100.0)
}

/// Seconds of an RFC 3339 time since the year 0; only differences of times near each other are of use.
fn seconds(time: &str) -> Option<f64> {
    let (date, clock) = time.split_once('T')?;
    let mut date = date.split('-').map(|part| part.parse::<u32>().ok());
    let (year, month, day) = (date.next()??, date.next()??, date.next()??);
    let end = clock.find(['Z', '+', '-']).unwrap_or(clock.len());
    let (clock, zone) = clock.split_at_checked(end)?;
    let mut clock = clock.split(':');
    let (hour, minute): (f64, f64) = (clock.next()?.parse().ok()?, clock.next()?.parse().ok()?);
    let second: f64 = clock.next()?.parse().ok()?;
    let zone = match zone.split_once(':') {
        Some((hours, minutes)) => hours.parse::<f64>().ok()? * 3600.0 + minutes.parse::<f64>().ok()? * 60.0,
        None => 0.0,
    };
    let days = (f64::from(year) * 12.0 + f64::from(month)) * 31.0 + f64::from(day);
    Some(days * 86_400.0 + hour * 3600.0 + minute * 60.0 + second - zone)
}

/// Memory in use, less page cache that has not been used for long.
fn used(memory: &Value) -> Option<u64> {
    if let Some(private) = whole(memory, "privateworkingset") {
        return Some(private);
    }
    let usage = whole(memory, "usage")?;
    let stats = memory.get("stats").unwrap_or(&Value::Null);
    // Version 1 of control groups, then version 2.
    let cache = |name: &str| whole(stats, name).filter(|cache| *cache < usage);
    Some(usage - cache("total_inactive_file").or_else(|| cache("inactive_file")).unwrap_or(0))
}

/// Bytes of all its interfaces.
fn network(answer: &Value) -> (Option<u64>, Option<u64>) {
    let interfaces: Vec<&Value> = match answer.get("networks").and_then(Value::as_object) {
        Some(interfaces) => interfaces.values().collect(),
        // Before API 1.21 there was one.
        None => answer.get("network").into_iter().collect(),
    };
    let sum = |name: &str| {
        let mut counts = interfaces.iter().filter_map(|interface| whole(interface, name));
        let first = counts.next()?;
        counts.try_fold(first, u64::checked_add)
    };
    (sum("rx_bytes"), sum("tx_bytes"))
}

/// Bytes of all its block devices.
fn block(answer: &Value, operation: &str) -> Option<u64> {
    // Windows.
    if let Some(bytes) =
        answer.get("storage_stats").and_then(|stats| whole(stats, &format!("{operation}_size_bytes")))
    {
        return Some(bytes);
    }
    let of_operation =
        |entry: &&Value| string(entry, "op").is_some_and(|op| op.eq_ignore_ascii_case(operation));
    let mut counts = list(answer.get("blkio_stats")?, "io_service_bytes_recursive")
        .iter()
        .filter(of_operation)
        .filter_map(|entry| whole(entry, "value"));
    let first = counts.next()?;
    counts.try_fold(first, u64::checked_add)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Container {
        parse(&Text::of("docker", text)).unwrap().containers.unwrap().remove(0)
    }

    const ANSWER: &str = r#"{"id": "ed37", "name": "/web", "read": "2026-11-28T10:00:01.5Z", "preread": "2026-11-28T10:00:00.5Z",
        "cpu_stats": {"cpu_usage": {"total_usage": 3000000000}, "system_cpu_usage": 9000000000, "online_cpus": 4},
        "precpu_stats": {"cpu_usage": {"total_usage": 2000000000}, "system_cpu_usage": 5000000000, "online_cpus": 4},
        "memory_stats": {"usage": 5000, "limit": 100000, "stats": {"inactive_file": 1000}},
        "networks": {"eth0": {"rx_bytes": 10, "tx_bytes": 20}, "eth1": {"rx_bytes": 1, "tx_bytes": 2}},
        "blkio_stats": {"io_service_bytes_recursive": [{"op": "read", "value": 7}, {"op": "Read", "value": 1}, {"op": "write"}]}}"#;

    #[test]
    fn figures_are_those_of_docker_stats() {
        let container = read(ANSWER);
        assert_eq!((container.name.as_deref(), container.cpu_pct), (Some("web"), Some(100.0)));
        assert_eq!((container.mem_used_bytes, container.mem_limit_bytes), (Some(4000), Some(100_000)));
        assert_eq!((container.net_rx_bytes, container.net_tx_bytes), (Some(11), Some(22)));
        assert_eq!((container.block_read_bytes, container.block_write_bytes), (Some(8), None));
        let version_1 = ANSWER
            .replace("\"inactive_file\": 1000", "\"inactive_file\": 1000, \"total_inactive_file\": 2000");
        assert_eq!(read(&version_1).mem_used_bytes, Some(3000));
    }

    #[test]
    fn without_an_answer_before_there_is_no_share() {
        let first = ANSWER.replace(
            "\"total_usage\": 2000000000}, \"system_cpu_usage\": 5000000000, \"online_cpus\": 4",
            "\"total_usage\": 0}",
        );
        assert_eq!(read(&first).cpu_pct, None);
    }

    #[test]
    fn windows_counts_against_the_clock() {
        let container = read(
            r#"{"name": "/win", "read": "2026-11-28T10:00:02+01:00", "preread": "2026-11-28T09:00:00Z", "num_procs": 2,
            "cpu_stats": {"cpu_usage": {"total_usage": 30000000}}, "precpu_stats": {"cpu_usage": {"total_usage": 10000000}},
            "memory_stats": {"commitbytes": 9, "privateworkingset": 8192}, "storage_stats": {"read_size_bytes": 5, "write_size_bytes": 6}}"#,
        );
        assert_eq!(
            (container.cpu_pct, container.mem_used_bytes, container.mem_limit_bytes),
            (Some(50.0), Some(8192), None)
        );
        assert_eq!((container.block_read_bytes, container.block_write_bytes), (Some(5), Some(6)));
    }

    #[test]
    fn streams_end_with_their_last_whole_answer() {
        let text = format!("{ANSWER}\n{}\n{}", ANSWER.replace("5000,", "6000,"), &ANSWER[..90]);
        let reading = parse(&Text::of("docker", &text)).unwrap();
        assert_eq!((reading.containers.unwrap()[0].mem_used_bytes, reading.remarks.len()), (Some(5000), 1));
        assert!(parse(&Text::of("docker", &ANSWER[..90])).is_err());
        assert!(parse(&Text::of("docker", r#"{"message": "No such container: x"}"#)).is_err());
    }

    #[test]
    fn a_limit_of_all_addresses_is_none() {
        for limit in ["0", "9223372036854771712", "18446744073709551615"] {
            let text = format!(r#"{{"name":"/a","memory_stats":{{"usage":5,"limit":{limit}}}}}"#);
            let reading = parse(&Text::of("docker", &text)).unwrap();
            assert_eq!(reading.containers.unwrap()[0].mem_limit_bytes, None, "{limit}");
        }
    }
}
