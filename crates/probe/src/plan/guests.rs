//! Systems inside a system: zones, domains, virtual machines, containers, as their host tells of them.
//!
//! A guest is known by its kind and name. What share of which processors a percentage is differs by tool; all become
//! seconds of processor time.

use super::samples::Sums;
use crate::guest::{GuestFigures, Guests, Part};
use crate::reading::Reading;
use topmast_model::agentless::HostSystem;
use topmast_model::catalogue as metric;
use topmast_model::guest::{GuestCondition, GuestKind};
use topmast_model::sample::SampleSink;

/// Guests of one kind whose figures are kept with their host's.
const GUESTS_MAX: usize = topmast_model::guest::GUESTS_MAX;

/// What is said of a guest.
struct Guest<'a> {
    name: Option<&'a str>,
    state: Option<&'a str>,
    runs: Option<bool>,
    /// Processors in use.
    processors: Option<f64>,
    /// Processors that it has.
    given: Option<u64>,
    /// Memory, of which the host says that it is in use, or given.
    memory_bytes: Option<u64>,
    /// Memory that it may use.
    memory_max_bytes: Option<u64>,
    is_used: bool,
    uptime_seconds: Option<u64>,
    /// It is the host itself.
    is_host: bool,
}

/// Where a reading's guests are told.
pub(super) struct Telling<'a> {
    pub(super) sums: &'a mut Sums,
    pub(super) guests: &'a mut Guests,
    /// True when the part came to its end without anything left out of it, so that who is missing is not there.
    pub(super) is_whole: bool,
}

/// The kinds of which a part of this name tells.
pub(super) fn kinds(part: &str) -> &'static [GuestKind] {
    match part {
        "zoneadm" | "prstat" => &[GuestKind::Zone],
        "ldm" => &[GuestKind::Ldom],
        "lswpar" => &[GuestKind::Wpar],
        "virsh" | "esxtop" => &[GuestKind::Vm],
        "docker" => &[GuestKind::Container],
        _ => &[],
    }
}

/// A part that printed nothing: when it ended well, there are none of what it lists.
pub(super) fn none(part: &str, status: u8, guests: &mut Guests) {
    let how = Part { lists: true, measures: true, is_whole: status == 0 };
    if how.is_whole {
        guests.part(kinds(part), how, |_| {});
    }
}

/// Emits the guests that a part's reading tells of.
pub(super) fn emit(
    (system, part): (HostSystem, &str),
    reading: &Reading,
    telling: &mut Telling<'_>,
    sink: &mut dyn SampleSink,
) {
    let Telling { sums, guests, is_whole } = telling;
    let machine_bytes = sums.machine_bytes();
    // Not every processor's share is known, so 0 is "not known".
    let all = Some(u64::from(sums.known_processors())).filter(|count| *count > 0);
    let share = |percent: Option<f64>, whole: f64| percent.map(|percent| percent / 100.0 * whole);
    let machine = f64::from(sums.known_processors().max(1));
    let zones = reading.zones.iter().flatten().filter(|zone| zone.name.as_deref() != Some("global"));
    let zones = zones.map(|zone| Guest {
        name: zone.name.as_deref(),
        state: zone.state.as_deref(),
        runs: zone.state.as_deref().map(runs),
        processors: share(zone.cpu_pct, machine),
        given: all,
        memory_bytes: zone.rss_bytes,
        memory_max_bytes: machine_bytes,
        is_used: true,
        uptime_seconds: None,
        is_host: false,
    });
    let domains = reading.domains.iter().flatten().map(|domain| Guest {
        name: domain.name.as_deref(),
        state: domain.state.as_deref(),
        runs: domain.state.as_deref().map(runs),
        processors: domain.vcpus.and_then(|count| share(domain.util_pct, count as f64)),
        given: domain.vcpus,
        memory_bytes: domain.mem_bytes,
        memory_max_bytes: domain.mem_bytes,
        is_used: false,
        uptime_seconds: domain.uptime_seconds,
        is_host: domain.flags.as_deref().is_some_and(is_control),
    });
    let vms = reading.vms.iter().flatten().map(|vm| Guest {
        name: vm.name.as_deref(),
        state: vm.state.as_deref().or((part == "esxtop").then_some("running")),
        // esxtop has worlds of machines that run.
        runs: vm.state.as_deref().map(runs).or((part == "esxtop").then_some(true)),
        processors: share(vm.cpu_pct, 1.0),
        given: vm.vcpus,
        memory_bytes: vm.mem_bytes,
        memory_max_bytes: vm.mem_bytes,
        is_used: false,
        uptime_seconds: vm.uptime_seconds,
        is_host: false,
    });
    let containers = reading.containers.iter().flatten().map(|container| Guest {
        name: container.name.as_deref().or(container.id.as_deref()),
        // Only those that run are listed.
        state: Some("running"),
        runs: Some(true),
        processors: share(container.cpu_pct, 1.0),
        given: all,
        memory_bytes: container.mem_used_bytes,
        memory_max_bytes: container.mem_limit_bytes,
        is_used: true,
        uptime_seconds: None,
        is_host: false,
    });
    let of_zones = if system == HostSystem::Aix { GuestKind::Wpar } else { GuestKind::Zone };
    let of_domains = if system == HostSystem::Solaris { GuestKind::Ldom } else { GuestKind::Vm };
    // What prstat has are zones with processes; which there are is said by zoneadm.
    let how = Part { lists: part != "prstat", measures: part != "zoneadm", is_whole: *is_whole };
    guests.part(kinds(part), how, |guests| {
        take(of_zones, zones, (sums, guests), sink);
        take(of_domains, domains, (sums, guests), sink);
        take(GuestKind::Vm, vms, (sums, guests), sink);
        take(GuestKind::Container, containers, (sums, guests), sink);
    });
}

fn take<'a>(
    kind: GuestKind,
    rows: impl Iterator<Item = Guest<'a>>,
    (sums, guests): (&mut Sums, &mut Guests),
    sink: &mut dyn SampleSink,
) {
    for (index, guest) in rows.enumerate() {
        let Some(name) = guest.name else { continue };
        if !guest.is_host {
            guests.take(kind, name, condition(&guest), figures(&guest, (kind, name), sums));
        }
        if index >= GUESTS_MAX {
            continue;
        }
        let labels = [kind.as_str(), name];
        if let Some(runs) = guest.runs {
            sink.sample(metric::HOST_GUEST_RUNNING_COUNT, &labels, f64::from(u8::from(runs)));
        }
        if let Some(processors) = guest.processors {
            sums.add(metric::HOST_GUEST_CPU_SECONDS, &labels, processors, sink);
        }
        if let Some(bytes) = guest.memory_bytes {
            sink.sample(metric::HOST_GUEST_MEMORY_BYTES, &labels, bytes as f64);
        }
    }
}

fn condition(guest: &Guest<'_>) -> GuestCondition {
    match (guest.runs, guest.state) {
        // It is there and does nothing.
        (_, Some(state)) if state.trim().eq_ignore_ascii_case("paused") => {
            GuestCondition::Stopped(state.trim().to_owned())
        }
        // libvirt's word for one that runs and waits; which of the two it is changes all the time.
        (Some(true), Some(state)) if state.trim().eq_ignore_ascii_case("idle") => {
            GuestCondition::Runs("running".to_owned())
        }
        (Some(true), Some(state)) => GuestCondition::Runs(state.trim().to_owned()),
        (Some(false), Some(state)) => GuestCondition::Stopped(state.trim().to_owned()),
        _ => GuestCondition::Untold,
    }
}

fn figures(guest: &Guest<'_>, (kind, name): (GuestKind, &str), sums: &mut Sums) -> GuestFigures {
    // What does not run has none, whatever is given to it.
    if guest.runs == Some(false) {
        return GuestFigures::default();
    }
    let known = guest.processors.zip(guest.given);
    let busy_idle_seconds = known.map(|(busy, given)| {
        let labels = [kind.as_str(), name];
        (sums.sum("busy", &labels, busy), sums.sum("idle", &labels, given as f64 - busy))
    });
    GuestFigures {
        cpu_count: guest.given.and_then(|count| u32::try_from(count).ok()).unwrap_or_default(),
        busy_idle_seconds,
        memory_total_bytes: guest.memory_max_bytes,
        memory_used_bytes: guest.memory_bytes.filter(|_| guest.is_used),
        uptime_seconds: guest.uptime_seconds,
    }
}

/// Whether a domain's flags are those of the control domain, which is the host itself: `normal,control,vio-service`,
/// or letters at places, of which the fourth is `c`.
fn is_control(flags: &str) -> bool {
    flags.split(',').any(|flag| flag.trim() == "control") || flags.as_bytes().get(3) == Some(&b'c')
}

/// Whether a state is that of a guest that runs, in the words of zoneadm, ldm, lswpar, virsh, esxcli.
fn runs(state: &str) -> bool {
    let state = state.trim().to_ascii_lowercase();
    matches!(
        state.as_str(),
        "running" | "active" | "a" | "on" | "poweredon" | "powered on" | "idle" | "paused"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::Recorder;
    use crate::tool;
    use std::time::Duration;

    fn check(system: HostSystem, of: &str, tool: &str, text: &str, expected: &[(&str, f64)]) {
        let part = if tool == "stats" { "docker" } else { tool };
        let (mut sums, mut guests, mut sink) = (Sums::default(), Guests::default(), Recorder::default());
        sums.processors(4);
        sums.begin(Some(Duration::from_secs(10)));
        let reading = tool::find(of, tool).unwrap().parse(text.as_bytes()).unwrap();
        let mut telling = Telling { sums: &mut sums, guests: &mut guests, is_whole: true };
        emit((system, part), &reading, &mut telling, &mut sink);
        for (series, value) in expected {
            assert_eq!(sink.value(series), Some(*value), "{series} of {tool}");
        }
        assert_eq!(sink.samples().count(), expected.len(), "{tool}");
        // Each with a condition is a guest of its own as well.
        let listing = guests.told().unwrap();
        let running = expected.iter().filter(|(series, _)| series.contains("running_count"));
        assert_eq!(listing.guests.len(), running.count(), "{tool}");
    }

    #[test]
    fn zones_of_solaris_without_the_global_one() {
        check(
            HostSystem::Solaris,
            "solaris",
            "zoneadm",
            "0:global:running:/::solaris:shared:-:none:\n4:shop:running:/zones/shop:1234-5:solaris:excl:-::\n-:old:installed:/zones/old:1234-6:solaris:excl:-::\n",
            &[
                (r#"host_guest_running_count{guest="shop",kind="zone"}"#, 1.0),
                (r#"host_guest_running_count{guest="old",kind="zone"}"#, 0.0),
            ],
        );
    }

    #[test]
    fn domain_of_the_host_itself_is_no_guest_of_it() {
        let text = "VERSION 1.17\nDOMAIN|name=primary|state=active|flags=normal,control,vio-service|ncpu=8|mem=4|util=1|uptime=9|norm_util=1\nDOMAIN|name=shop|state=active|flags=normal|ncpu=8|mem=8|util=25|uptime=60|norm_util=25\nDOMAIN|name=spare|state=bound|flags=normal|ncpu=4|mem=8\n";
        let parser = tool::find("solaris", "ldm").unwrap();
        let (mut sums, mut guests, mut sink) = (Sums::default(), Guests::default(), Recorder::default());
        sums.begin(Some(Duration::from_secs(10)));
        let reading = parser.parse(text.as_bytes()).unwrap();
        let mut telling = Telling { sums: &mut sums, guests: &mut guests, is_whole: true };
        emit((HostSystem::Solaris, "ldm"), &reading, &mut telling, &mut sink);
        let listing = guests.told().unwrap();
        assert_eq!(listing.complete, [GuestKind::Ldom]);
        let names: Vec<&str> = listing.guests.iter().map(|guest| guest.name.as_str()).collect();
        assert_eq!(names, ["shop", "spare"]);
        let [shop, spare] = [&listing.guests[0], &listing.guests[1]];
        assert_eq!(shop.condition, GuestCondition::Runs("active".into()));
        assert_eq!(shop.figures.busy_idle_seconds, Some((20.0, 60.0)));
        assert_eq!((shop.figures.cpu_count, shop.figures.uptime_seconds), (8, Some(60)));
        assert_eq!((shop.figures.memory_total_bytes, shop.figures.memory_used_bytes), (Some(8), None));
        assert_eq!(spare.condition, GuestCondition::Stopped("bound".into()));
        assert_eq!(spare.figures, GuestFigures::default());
        assert!(is_control("-n-cv-") && !is_control("-n----"));
    }

    #[test]
    fn domains_of_libvirt_and_of_a_control_domain() {
        check(
            HostSystem::Linux,
            "linux",
            "virsh",
            "Domain: 'db 1'\n  state.state=1\n  balloon.current=1048576\n  vcpu.current=2\n\nDomain: 'web'\n  state.state=5\n",
            &[
                (r#"host_guest_running_count{guest="db 1",kind="vm"}"#, 1.0),
                (r#"host_guest_memory_bytes{guest="db 1",kind="vm"}"#, 1_073_741_824.0),
                (r#"host_guest_running_count{guest="web",kind="vm"}"#, 0.0),
            ],
        );
        check(
            HostSystem::Solaris,
            "solaris",
            "ldm",
            "VERSION 1.17\nDOMAIN|name=shop|state=active|flags=normal|ncpu=8|mem=8589934592|util=25|uptime=60|norm_util=25\n",
            &[
                (r#"host_guest_running_count{guest="shop",kind="ldom"}"#, 1.0),
                (r#"host_guest_cpu_seconds_total{guest="shop",kind="ldom"}"#, 20.0),
                (r#"host_guest_memory_bytes{guest="shop",kind="ldom"}"#, 8_589_934_592.0),
            ],
        );
    }

    #[test]
    fn states_are_told_in_the_words_of_the_host() {
        let text = "Domain: 'a'\n  state.state=1\n\nDomain: 'b'\n  state.state=2\n\nDomain: 'c'\n  state.state=3\n\nDomain: 'd'\n  state.state=5\n\nDomain: 'e'\n  vcpu.current=2\n";
        let reading = tool::find("linux", "virsh").unwrap().parse(text.as_bytes()).unwrap();
        let (mut sums, mut guests) = (Sums::default(), Guests::default());
        let mut telling = Telling { sums: &mut sums, guests: &mut guests, is_whole: true };
        emit((HostSystem::Linux, "virsh"), &reading, &mut telling, &mut Recorder::default());
        let told = guests.told().unwrap().guests;
        let conditions: Vec<&GuestCondition> = told.iter().map(|guest| &guest.condition).collect();
        let runs = GuestCondition::Runs("running".into());
        let [paused, off] = ["paused", "shut off"].map(|state| GuestCondition::Stopped(state.into()));
        assert_eq!(conditions, [&runs, &runs, &paused, &off, &GuestCondition::Untold]);
    }

    #[test]
    fn containers_by_name() {
        check(
            HostSystem::Linux,
            "docker",
            "stats",
            "{\"BlockIO\":\"0B / 0B\",\"CPUPerc\":\"150.00%\",\"Container\":\"ab\",\"ID\":\"ab\",\"MemPerc\":\"1.00%\",\"MemUsage\":\"10MiB / 1GiB\",\"Name\":\"web\",\"NetIO\":\"0B / 0B\",\"PIDs\":\"3\"}\n",
            &[
                (r#"host_guest_running_count{guest="web",kind="container"}"#, 1.0),
                (r#"host_guest_cpu_seconds_total{guest="web",kind="container"}"#, 15.0),
                (r#"host_guest_memory_bytes{guest="web",kind="container"}"#, 10_485_760.0),
            ],
        );
    }
}
