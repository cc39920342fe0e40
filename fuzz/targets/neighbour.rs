//! What neighbours answer: Zabbix agents, SNMP and a Docker Engine. No answer may panic or make a number that is none.
//!
//! The first byte says whose answers the rest is; a zero byte ends one.

#![no_main]

use libfuzzer_sys::fuzz_target;
use std::time::Duration;
use topmast_model::catalogue::Metric;
use topmast_model::sample::SampleSink;
use topmast_probe::{docker, snmp, zabbix};

struct Finite;

impl SampleSink for Finite {
    fn sample(&mut self, metric: &'static Metric, labels: &[&str], value: f64) {
        assert_eq!(metric.labels.len(), labels.len());
        assert!(value.is_finite(), "{}", metric.name);
    }
}

const ELAPSED: Option<Duration> = Some(Duration::from_secs(10));

fn of_zabbix(texts: &[&[u8]]) {
    let mut reader = zabbix::HostReader::default();
    let mut texts = texts.iter().copied().cycle();
    let mut answer = |keys: Vec<String>| {
        let mut answers = zabbix::Answers::default();
        for key in keys {
            answers.put(&key, zabbix::Answer::of(texts.next().unwrap_or_default()));
        }
        answers
    };
    let found = answer(zabbix::DISCOVERY.iter().map(|key| (*key).to_owned()).collect());
    reader.discover(&found);
    for _ in 0..2 {
        let checks = reader.checks();
        reader.read(&answer(checks), ELAPSED, &mut Finite);
    }
}

fn of_snmp(texts: &[&[u8]]) {
    let mut reader = snmp::HostReader::default();
    let scalars = snmp::SCALARS.iter().flat_map(|group| group.iter().map(|oid| oid.to_vec()));
    let columns = snmp::COLUMNS.iter().flat_map(|(table, columns)| {
        columns.iter().flat_map(move |column| (1..3_u32).map(move |row| [*table, &[*column, row]].concat()))
    });
    let oids: Vec<Vec<u32>> = scalars.chain(columns).collect();
    for part in texts.chunks(oids.len()) {
        let mut objects = snmp::Objects::default();
        for (oid, text) in oids.iter().zip(part.iter().cycle()) {
            let mut number = [0; 8];
            let length = text.len().saturating_sub(1).min(8);
            number[..length].copy_from_slice(&text[text.len().min(1)..][..length]);
            let (long, short) = (u64::from_le_bytes(number), u64::from_le_bytes(number) as u32);
            let value = match text.first().copied().unwrap_or_default() % 7 {
                0 => snmp::Value::Integer(short as i32),
                1 => snmp::Value::Gauge(short),
                2 => snmp::Value::Counter32(short),
                3 => snmp::Value::Counter64(long),
                4 => snmp::Value::Ticks(short),
                5 => snmp::Value::Text(text[1..].to_vec()),
                _ => snmp::Value::Identifier(vec![1, 3, 6, 1, 2, 1, 25, 2, 1, short % 12]),
            };
            objects.put(oid, value);
        }
        reader.read(&objects, ELAPSED, &mut Finite);
        snmp::facts(&objects);
    }
}

fn of_docker(texts: &[&[u8]]) {
    let mut texts = texts.iter().copied();
    let _ = docker::facts(texts.next().unwrap_or_default());
    let Ok((list, skipped)) = docker::containers(texts.next().unwrap_or_default()) else { return };
    assert!(list.iter().all(|container| !container.stats_path().contains("..")));
    let mut containers = docker::Containers::new(list, skipped);
    for (container, text) in containers.asked().into_iter().zip(texts) {
        containers.put(&container.id, text);
    }
    containers.emit(&mut Finite);
}

fuzz_target!(|input: &[u8]| {
    let Some((whose, rest)) = input.split_first() else { return };
    let texts: Vec<&[u8]> = rest.split(|byte| *byte == 0).collect();
    match whose % 3 {
        0 => of_zabbix(&texts),
        1 => of_snmp(&texts),
        _ => of_docker(&texts),
    }
});
