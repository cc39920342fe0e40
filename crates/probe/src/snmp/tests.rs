//! Objects as systems tell them: Net-SNMP on Linux as recorded, others as documented, and anything.

use super::*;
use crate::fixture::Recorder;
use proptest::prelude::*;

const TEN: Option<Duration> = Some(Duration::from_secs(10));

fn oid_of(text: &str) -> Vec<u32> {
    text.split('.').map(|arc| arc.parse().unwrap()).collect()
}

fn text(text: &str) -> Value {
    Value::Text(text.as_bytes().to_vec())
}

fn objects(pairs: &[(&str, Value)]) -> Objects {
    let mut objects = Objects::default();
    for (oid, value) in pairs {
        objects.put(&oid_of(oid), value.clone());
    }
    objects
}

fn read(objects: &Objects) -> Recorder {
    let mut sink = Recorder::default();
    HostReader::default().read(objects, None, &mut sink);
    sink
}

fn check(sink: &Recorder, expected: &[(&str, f64)]) {
    for (series, value) in expected {
        assert_eq!(sink.value(series), Some(*value), "{series}");
    }
}

fn storage_row(index: u32, kind: u32, name: &str, numbers: [i32; 3]) -> Vec<(String, Value)> {
    let cell = |column: u32| format!("1.3.6.1.2.1.25.2.3.1.{column}.{index}");
    let kind = Value::Identifier(oid_of(&format!("1.3.6.1.2.1.25.2.1.{kind}")));
    let [unit, size, used] = numbers.map(Value::Integer);
    vec![(cell(2), kind), (cell(3), text(name)), (cell(4), unit), (cell(5), size), (cell(6), used)]
}

fn put_all(objects: &mut Objects, rows: Vec<(String, Value)>) {
    for (oid, value) in rows {
        objects.put(&oid_of(&oid), value);
    }
}

fn linux() -> Objects {
    let mut objects = objects(&[
        ("1.3.6.1.2.1.1.1.0", text("Linux vm 6.1.0-18 #1 SMP PREEMPT_DYNAMIC @0 x86_64")),
        ("1.3.6.1.2.1.1.3.0", Value::Ticks(1_283)),
        ("1.3.6.1.2.1.1.5.0", text("vm")),
        ("1.3.6.1.2.1.25.1.1.0", Value::Ticks(1_932_758)),
        ("1.3.6.1.4.1.2021.10.1.5.1", Value::Integer(80)),
        ("1.3.6.1.4.1.2021.4.3.0", Value::Integer(0)),
        ("1.3.6.1.4.1.2021.4.5.0", Value::Integer(1_000)),
        ("1.3.6.1.4.1.2021.4.6.0", Value::Integer(300)),
        ("1.3.6.1.4.1.2021.4.14.0", Value::Integer(50)),
        ("1.3.6.1.4.1.2021.4.15.0", Value::Integer(450)),
        ("1.3.6.1.4.1.2021.11.50.0", Value::Counter32(1_120_312)),
        ("1.3.6.1.4.1.2021.11.52.0", Value::Counter32(402_659)),
        ("1.3.6.1.4.1.2021.11.53.0", Value::Counter32(770_289)),
        ("1.3.6.1.4.1.2021.11.55.0", Value::Counter32(0)),
        ("1.3.6.1.4.1.2021.11.60.0", Value::Counter32(140)),
        ("1.3.6.1.4.1.2021.11.67.0", Value::Integer(2)),
        ("1.3.6.1.2.1.25.3.8.1.4.6", Value::Identifier(oid_of("1.3.6.1.2.1.25.3.9.23"))),
        ("1.3.6.1.2.1.25.3.8.1.5.6", Value::Integer(1)),
        ("1.3.6.1.2.1.25.3.8.1.7.6", Value::Integer(36)),
        ("1.3.6.1.2.1.2.2.1.2.1", text("lo")),
        ("1.3.6.1.2.1.2.2.1.3.1", Value::Integer(24)),
        ("1.3.6.1.2.1.2.2.1.10.1", Value::Counter32(5)),
        ("1.3.6.1.2.1.2.2.1.2.4", text("Red Hat, Inc. Device")),
        ("1.3.6.1.2.1.2.2.1.3.4", Value::Integer(6)),
        ("1.3.6.1.2.1.2.2.1.10.4", Value::Counter32(7)),
        ("1.3.6.1.2.1.2.2.1.14.4", Value::Counter32(3)),
        ("1.3.6.1.2.1.31.1.1.1.1.4", text("eth0")),
        ("1.3.6.1.2.1.31.1.1.1.6.4", Value::Counter64(13_171_073_675)),
        ("1.3.6.1.2.1.31.1.1.1.7.4", Value::Counter64(100)),
        ("1.3.6.1.2.1.31.1.1.1.8.4", Value::Counter64(20)),
        ("1.3.6.1.2.1.31.1.1.1.9.4", Value::Counter64(3)),
        ("1.3.6.1.4.1.2021.13.15.1.1.2.1", text("loop0")),
        ("1.3.6.1.4.1.2021.13.15.1.1.3.1", Value::Counter32(1)),
        ("1.3.6.1.4.1.2021.13.15.1.1.2.9", text("vda")),
        ("1.3.6.1.4.1.2021.13.15.1.1.3.9", Value::Counter32(1)),
        ("1.3.6.1.4.1.2021.13.15.1.1.5.9", Value::Counter32(4_822_913)),
        ("1.3.6.1.4.1.2021.13.15.1.1.12.9", Value::Counter64(84_000_000_000)),
        ("1.3.6.1.4.1.2021.13.15.1.1.2.10", text("vda1")),
        ("1.3.6.1.4.1.2021.13.15.1.1.3.10", Value::Counter32(1)),
    ]);
    put_all(&mut objects, storage_row(1, 2, "Physical memory", [1_024, 9, 9]));
    put_all(&mut objects, storage_row(34, 4, "/dev/shm", [4_096, 100, 0]));
    put_all(&mut objects, storage_row(36, 4, "/", [4_096, 66_053_021, 17_254_822]));
    objects
}

#[test]
fn net_snmp_on_linux_is_read_as_an_agent_reads_it() {
    let objects = linux();
    let sink = read(&objects);
    check(
        &sink,
        &[
            ("host_uptime_seconds", 19_327.58),
            ("host_load_1", 0.8),
            ("host_cpu_count", 2.0),
            (r#"host_cpu_seconds_total{cpu="all",mode="user"}"#, 11_203.12),
            (r#"host_cpu_seconds_total{cpu="all",mode="system"}"#, 4_026.59),
            (r#"host_cpu_seconds_total{cpu="all",mode="idle"}"#, 7_702.89),
            ("host_context_switches_total", 140.0),
            ("host_memory_total_bytes", 1_024_000.0),
            ("host_memory_available_bytes", 819_200.0),
            ("host_swap_total_bytes", 0.0),
            (r#"host_filesystem_size_bytes{device="",mount="/",type="ext"}"#, 270_553_174_016.0),
            (r#"host_filesystem_free_bytes{device="",mount="/",type="ext"}"#, 199_877_423_104.0),
            (r#"host_filesystem_read_only{device="",mount="/",type="ext"}"#, 0.0),
            (r#"host_network_receive_bytes_total{interface="eth0"}"#, 13_171_073_675.0),
            (r#"host_network_receive_packets_total{interface="eth0"}"#, 123.0),
            (r#"host_network_receive_errors_total{interface="eth0"}"#, 3.0),
            (r#"host_disk_read_bytes_total{device="vda"}"#, 84_000_000_000.0),
            (r#"host_disk_reads_total{device="vda"}"#, 4_822_913.0),
        ],
    );
    let left_out = ["/dev/shm", "\"lo\"", "loop0", "vda1"];
    assert!(sink.samples().all(|(series, _)| left_out.iter().all(|part| !series.contains(part))), "{sink:?}");
    let facts = facts(&objects);
    assert_eq!((facts.hostname.as_str(), facts.os_family.as_str()), ("vm", "linux"));
    assert_eq!((facts.kernel.as_str(), facts.architecture.as_str()), ("6.1.0-18", "x86_64"));
    assert_eq!((facts.cpu_count, facts.memory_bytes), (2, 1_024_000));
}

#[test]
fn host_resources_alone_tell_shares_and_storage() {
    // As Windows and many appliances do.
    let mut objects = objects(&[
        ("1.3.6.1.2.1.1.1.0", text("Hardware: Intel64 - Software: Windows Version 10.0")),
        ("1.3.6.1.2.1.25.3.3.1.1.3", Value::Identifier(vec![0, 0])),
        ("1.3.6.1.2.1.25.3.3.1.2.3", Value::Integer(30)),
        ("1.3.6.1.2.1.25.3.3.1.2.4", Value::Integer(50)),
        ("1.3.6.1.2.1.2.2.1.2.7", text("Ethernet\0")),
        ("1.3.6.1.2.1.2.2.1.10.7", Value::Counter32(12)),
    ]);
    put_all(&mut objects, storage_row(1, 4, "C:\\ Label:Data  Serial Number 1a", [4_096, -1, 1]));
    put_all(&mut objects, storage_row(2, 2, "Physical Memory", [65_536, 100, 60]));
    put_all(&mut objects, storage_row(3, 3, "Virtual Memory", [65_536, 100, 60]));
    let (mut reader, mut sink) = (HostReader::default(), Recorder::default());
    for _ in 0..2 {
        sink = Recorder::default();
        reader.read(&objects, TEN, &mut sink);
    }
    check(
        &sink,
        &[
            (r#"host_cpu_seconds_total{cpu="all",mode="busy"}"#, 16.0),
            (r#"host_cpu_seconds_total{cpu="all",mode="idle"}"#, 24.0),
            ("host_memory_total_bytes", 6_553_600.0),
            ("host_memory_available_bytes", 2_621_440.0),
            (r#"host_filesystem_size_bytes{device="",mount="C:\\",type=""}"#, 4_294_967_295.0 * 4_096.0),
            (r#"host_network_receive_bytes_total{interface="Ethernet"}"#, 12.0),
        ],
    );
    assert_eq!(sink.value("host_swap_total_bytes"), None);
    assert_eq!(facts(&objects).os_family, "windows");
}

#[test]
fn counter_of_32_bits_goes_on_over_its_wrap_and_begins_anew_with_the_system() {
    // SN-1
    let mut reader = HostReader::default();
    let mut at = |ticks: u32, count: u32| {
        let objects = objects(&[
            ("1.3.6.1.2.1.1.3.0", Value::Ticks(ticks)),
            ("1.3.6.1.2.1.2.2.1.2.1", text("eth0")),
            ("1.3.6.1.2.1.2.2.1.10.1", Value::Counter32(count)),
        ]);
        let mut sink = Recorder::default();
        reader.read(&objects, TEN, &mut sink);
        sink.value(r#"host_network_receive_bytes_total{interface="eth0"}"#).unwrap()
    };
    assert_eq!(at(u32::MAX - 1_000, 4_294_967_290).to_bits(), 4_294_967_290.0_f64.to_bits());
    // The time wraps as well, which is no restart.
    assert_eq!(at(10, 10).to_bits(), 4_294_967_306.0_f64.to_bits());
    assert_eq!(at(1_000, 4_294_967_295).to_bits(), 8_589_934_591.0_f64.to_bits());
    assert_eq!(at(5, 7).to_bits(), 7.0_f64.to_bits());
    assert_eq!(at(1_005, 9).to_bits(), 9.0_f64.to_bits());
}

#[test]
fn zeros_before_net_snmp_has_looked_are_not_told() {
    let objects = objects(&[
        ("1.3.6.1.4.1.2021.11.50.0", Value::Counter32(0)),
        ("1.3.6.1.4.1.2021.11.53.0", Value::Counter32(0)),
        ("1.3.6.1.4.1.2021.11.60.0", Value::Counter32(0)),
        ("1.3.6.1.2.1.25.3.3.1.2.3", Value::Integer(30)),
    ]);
    let sink = read(&objects);
    assert!(sink.samples().all(|(series, _)| series == "host_cpu_count"), "{sink:?}");
}

#[test]
fn rows_beyond_the_bound_are_counted() {
    // SN-2
    let mut objects = Objects::default();
    for index in 1..=300 {
        objects.put(&[oid::INTERFACE, &[2, index]].concat(), text(&format!("eth{index}")));
        objects.put(&[oid::INTERFACE, &[10, index]].concat(), Value::Counter32(1));
        objects.put(&[oid::DISK, &[2, index]].concat(), text(&format!("disk-{index}x")));
        put_all(&mut objects, storage_row(index, 4, &format!("/mnt/{index}"), [1, 2, 1]));
    }
    let sink = read(&objects);
    for collector in ["network", "disk", "filesystem"] {
        check(&sink, &[(&format!("host_probe_skipped_count{{collector=\"{collector}\"}}"), 44.0)]);
    }
}

fn any_value() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i32>().prop_map(Value::Integer),
        any::<u32>().prop_map(Value::Gauge),
        any::<u32>().prop_map(Value::Counter32),
        any::<u64>().prop_map(Value::Counter64),
        any::<u32>().prop_map(Value::Ticks),
        prop::collection::vec(any::<u8>(), 0..300).prop_map(Value::Text),
        prop::collection::vec(0_u32..30, 0..12).prop_map(Value::Identifier),
        (1_u32..12).prop_map(|kind| Value::Identifier([oid::STORAGE_TYPES, &[kind]].concat())),
    ]
}

fn any_oid() -> impl Strategy<Value = Vec<u32>> {
    let scalars: Vec<Vec<u32>> =
        SCALARS.iter().flat_map(|group| group.iter().map(|oid| oid.to_vec())).collect();
    let columns: Vec<Vec<u32>> = COLUMNS
        .iter()
        .flat_map(|(table, columns)| columns.iter().map(|column| [*table, &[*column]].concat()))
        .collect();
    let cells = (prop::sample::select(columns), prop::collection::vec(0_u32..4, 0..2));
    prop_oneof![prop::sample::select(scalars), cells.prop_map(|(column, index)| [column, index].concat())]
}

proptest! {
    #[test]
    fn any_objects_are_read_without_a_wrong_number(
        readings in prop::collection::vec(prop::collection::vec((any_oid(), any_value()), 0..60), 1..4),
    ) {
        let mut reader = HostReader::default();
        for reading in readings {
            let mut objects = Objects::default();
            for (oid, value) in reading {
                objects.put(&oid, value);
            }
            // The recorder refuses what is no number.
            reader.read(&objects, TEN, &mut Recorder::default());
            facts(&objects);
        }
    }
}
