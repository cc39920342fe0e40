//! Answers as agents give them: 6.0 on Linux as recorded, older and other ones as documented, and anything.

use super::*;
use crate::fixture::Recorder;
use proptest::prelude::*;

const TEN: Option<Duration> = Some(Duration::from_secs(10));

fn answers(pairs: &[(&str, &str)]) -> Answers {
    let mut answers = Answers::default();
    for (key, text) in pairs {
        answers.put(key, Answer::of(text.as_bytes()));
    }
    answers
}

const LINUX: &[(&str, &str)] = &[
    ("agent.version", "6.0.14"),
    ("system.hostname", "vm"),
    ("system.uname", "Linux vm 6.1.0-18 #1 SMP PREEMPT_DYNAMIC @0 x86_64"),
    ("system.sw.os[name]", "Debian GNU/Linux 12 (bookworm)"),
    ("system.sw.arch", "x86_64"),
    ("system.boottime", "1795883499"),
    ("system.cpu.num", "2"),
    ("vm.memory.size[total]", "25276059648"),
    ("net.if.discovery", r#"[{"{#IFNAME}":"lo"},{"{#IFNAME}":"eth0"},{"{#IFNAME}":"veth12"}]"#),
    (
        "vfs.dev.discovery",
        r#"[{"{#DEVNAME}":"zram0","{#DEVTYPE}":"disk"},{"{#DEVNAME}":"vda","{#DEVTYPE}":"disk"},{"{#DEVNAME}":"vda1","{#DEVTYPE}":"partition"}]"#,
    ),
    (
        "vfs.fs.get",
        r#"[{"fsname":"/proc","fstype":"proc","bytes":{"total":0,"free":0,"used":0}},
            {"fsname":"/","fstype":"ext4","bytes":{"total":1000,"free":300,"used":600,"pfree":33.3},"inodes":{"total":64,"free":60}},
            {"fsname":"/run","fstype":"tmpfs","bytes":{"total":10,"free":10,"used":0}}]"#,
    ),
    ("system.cpu.util[,user,avg1]", "25.000000"),
    ("system.cpu.util[,system,avg1]", "5.000000"),
    ("system.cpu.util[,idle,avg1]", "70.000000"),
    ("system.cpu.util[,guest,avg1]", "ZBX_NOTSUPPORTED\0Invalid second parameter."),
    ("system.cpu.load[all,avg1]", "3.953613"),
    ("vm.memory.size[available]", "23998222336"),
    ("vm.memory.size[buffers]", "ZBX_NOTSUPPORTED\0Invalid first parameter."),
    ("system.uptime", "17650"),
    ("proc.num[,,run]", "3"),
    ("net.if.in[eth0,bytes]", "11075714244"),
    ("net.if.out[eth0,errors]", "0"),
    ("vfs.dev.read[vda,sectors]", "100"),
    ("vfs.dev.read[vda,operations]", "7"),
];

#[test]
fn linux_host_is_read_as_its_own_agent_reads_it() {
    let (mut reader, answers) = (HostReader::default(), answers(LINUX));
    let facts = reader.discover(&answers);
    assert_eq!((facts.hostname.as_str(), facts.os.as_str()), ("vm", "Debian GNU/Linux 12 (bookworm)"));
    assert_eq!((facts.os_family.as_str(), facts.kernel.as_str()), ("linux", "6.1.0-18"));
    assert_eq!((facts.cpu_count, facts.memory_bytes), (2, 25_276_059_648));
    assert_eq!(facts.boot_time, UnixMillis(1_795_883_499_000));
    let checks = reader.checks();
    for (asked, expect) in [
        ("net.if.in[eth0,bytes]", true),
        ("net.if.in[lo,bytes]", false),
        ("net.if.in[veth12,bytes]", false),
        ("vfs.dev.read[vda,sectors]", true),
        ("vfs.dev.read[vda1,sectors]", false),
        ("vfs.dev.read[zram0,sectors]", false),
        ("vfs.fs.get", true),
    ] {
        assert_eq!(checks.iter().any(|key| key == asked), expect, "{asked}");
    }
    let mut last = Recorder::default();
    for elapsed in [None, TEN, TEN] {
        last = Recorder::default();
        reader.read(&answers, elapsed, &mut last);
    }
    for (series, value) in [
        (r#"host_cpu_seconds_total{cpu="all",mode="user"}"#, 10.0),
        (r#"host_cpu_seconds_total{cpu="all",mode="idle"}"#, 28.0),
        ("host_cpu_count", 2.0),
        ("host_load_1", 3.953_613),
        ("host_memory_total_bytes", 25_276_059_648.0),
        ("host_memory_available_bytes", 23_998_222_336.0),
        ("host_uptime_seconds", 17_650.0),
        (r#"host_processes_count{state="running"}"#, 3.0),
        (r#"host_network_receive_bytes_total{interface="eth0"}"#, 11_075_714_244.0),
        (r#"host_network_transmit_errors_total{interface="eth0"}"#, 0.0),
        (r#"host_disk_reads_total{device="vda"}"#, 7.0),
        (r#"host_disk_read_bytes_total{device="vda"}"#, 51_200.0),
        (r#"host_filesystem_size_bytes{device="",mount="/",type="ext4"}"#, 1_000.0),
        (r#"host_filesystem_free_bytes{device="",mount="/",type="ext4"}"#, 400.0),
        (r#"host_filesystem_available_bytes{device="",mount="/",type="ext4"}"#, 300.0),
        (r#"host_filesystem_files_free_count{device="",mount="/",type="ext4"}"#, 60.0),
    ] {
        assert_eq!(last.value(series), Some(value), "{series}");
    }
    // ZA-1
    assert_eq!(last.value("host_memory_buffers_bytes"), None);
    assert!(last.samples().all(|(series, _)| !series.contains("/run") && !series.contains("/proc")));
}

#[test]
fn windows_tells_all_that_is_busy_as_system() {
    let answers = answers(&[
        ("system.cpu.num", "4"),
        ("system.cpu.util[,system,avg1]", "25"),
        ("system.cpu.util[,user,avg1]", "ZBX_NOTSUPPORTED\0Invalid second parameter."),
        ("vfs.fs.get", r#"[{"fsname":"C:","fstype":"NTFS","bytes":{"total":100,"free":40,"used":60}}]"#),
        ("system.uname", "Windows WIN-1 10.0.20348 Microsoft Windows Server 2022 Standard x64"),
    ]);
    let mut reader = HostReader::default();
    let facts = reader.discover(&answers);
    assert_eq!((facts.os_family.as_str(), facts.kernel.as_str()), ("windows", "10.0.20348"));
    let mut sink = Recorder::default();
    reader.read(&answers, TEN, &mut sink);
    assert_eq!(sink.value(r#"host_cpu_seconds_total{cpu="all",mode="system"}"#), Some(10.0));
    assert_eq!(sink.value(r#"host_cpu_seconds_total{cpu="all",mode="idle"}"#), Some(30.0));
    assert_eq!(sink.value(r#"host_filesystem_free_bytes{device="",mount="C:",type="NTFS"}"#), Some(40.0));
}

#[test]
fn old_agent_is_asked_about_each_filesystem() {
    let found = answers(&[
        ("vfs.fs.get", "ZBX_NOTSUPPORTED\0Unsupported item key."),
        (
            "vfs.fs.discovery",
            r#"{"data":[{"{#FSNAME}":"/","{#FSTYPE}":"overlay"},{"{#FSNAME}":"/a, b","{#FSTYPE}":"xfs"},{"{#FSNAME}":"/dev","{#FSTYPE}":"devtmpfs"}]}"#,
        ),
    ]);
    let mut reader = HostReader::default();
    reader.discover(&found);
    let checks = reader.checks();
    assert!(checks.iter().any(|key| key == "vfs.fs.size[\"/a, b\",total]"), "{checks:?}");
    assert!(!checks.iter().any(|key| key.contains("/dev") || key == "vfs.fs.get"), "{checks:?}");
    let mut sink = Recorder::default();
    let sizes = [
        ("vfs.fs.size[/,total]", "100"),
        ("vfs.fs.size[/,free]", "20"),
        ("vfs.fs.size[/,used]", "70"),
        ("vfs.fs.size[\"/a, b\",total]", "0"),
    ];
    reader.read(&answers(&sizes), TEN, &mut sink);
    assert_eq!(sink.value(r#"host_filesystem_free_bytes{device="",mount="/",type="overlay"}"#), Some(30.0));
    assert_eq!(sink.samples().count(), 3);
}

#[test]
fn rows_beyond_the_bound_are_counted() {
    // ZA-2
    let rows: Vec<String> = (0..40).map(|number| format!(r#"{{"{{#IFNAME}}":"eth{number}"}}"#)).collect();
    let rows = format!("[{}]", rows.join(","));
    let mut reader = HostReader::default();
    reader.discover(&answers(&[("net.if.discovery", &rows)]));
    let asked =
        reader.checks().iter().filter(|key| key.starts_with("net.if.in[") && key.contains("bytes")).count();
    assert_eq!(asked, 32);
    let mut sink = Recorder::default();
    reader.read(&Answers::default(), TEN, &mut sink);
    assert_eq!(sink.value(r#"host_probe_skipped_count{collector="network"}"#), Some(8.0));
}

#[test]
fn agent_that_knows_nothing_says_why() {
    assert_eq!(answers(&[]).nothing(), None);
    assert_eq!(answers(LINUX).nothing(), None);
    let denied = answers(&[("a", "ZBX_NOTSUPPORTED\0Unsupported item key."), ("b", "ZBX_NOTSUPPORTED")]);
    assert_eq!(denied.nothing(), Some("Unsupported item key."));
}

#[test]
fn gap_is_not_filled_with_the_share_after_it() {
    let (mut reader, answers) = (HostReader::default(), answers(LINUX));
    reader.discover(&answers);
    let mut sink = Recorder::default();
    reader.read(&answers, Some(Duration::from_hours(5)), &mut sink);
    assert_eq!(sink.value(r#"host_cpu_seconds_total{cpu="all",mode="user"}"#), Some(90.0));
}

proptest! {
    #[test]
    fn any_answers_are_read_without_a_wrong_number(
        texts in prop::collection::vec(prop_oneof![".{0,40}", "[0-9.e+-]{1,9}", r#"\[\{"[{}#a-zA-Z":0-9/,]{0,60}\}\]"#], 48),
    ) {
        let mut reader = HostReader::default();
        let keys: Vec<String> = DISCOVERY.iter().map(|key| (*key).to_owned()).collect();
        let put = |keys: &[String]| {
            let mut answers = Answers::default();
            for (key, text) in keys.iter().zip(texts.iter().cycle()) {
                answers.put(key, Answer::of(text.as_bytes()));
            }
            answers
        };
        reader.discover(&put(&keys));
        let checks = reader.checks();
        reader.read(&put(&checks), TEN, &mut Recorder::default());
    }
}
