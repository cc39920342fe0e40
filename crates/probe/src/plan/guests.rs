//! Systems inside a system: zones, domains, virtual machines, containers, as their host tells of them.
//!
//! A guest is known by its kind and name. What share of which processors a percentage is differs by tool; all become
//! seconds of processor time.

use super::samples::Sums;
use crate::reading::Reading;
use topmast_model::agentless::HostSystem;
use topmast_model::catalogue as metric;
use topmast_model::sample::SampleSink;

/// Guests of one kind that are taken.
const GUESTS_MAX: usize = 512;

/// What is said of a guest.
struct Guest<'a> {
    name: Option<&'a str>,
    runs: Option<bool>,
    /// Processors in use.
    processors: Option<f64>,
    memory_bytes: Option<u64>,
}

/// Emits the guests that a reading tells of.
pub(super) fn emit(system: HostSystem, reading: &Reading, sums: &mut Sums, sink: &mut dyn SampleSink) {
    let share = |percent: Option<f64>, whole: f64| percent.map(|percent| percent / 100.0 * whole);
    let machine = f64::from(sums.known_processors().max(1));
    let zones = reading.zones.iter().flatten().filter(|zone| zone.name.as_deref() != Some("global"));
    let zones = zones.map(|zone| Guest {
        name: zone.name.as_deref(),
        runs: zone.state.as_deref().map(runs),
        processors: share(zone.cpu_pct, machine),
        memory_bytes: zone.rss_bytes,
    });
    let domains = reading.domains.iter().flatten().map(|domain| Guest {
        name: domain.name.as_deref(),
        runs: domain.state.as_deref().map(runs),
        processors: domain.vcpus.and_then(|count| share(domain.util_pct, count as f64)),
        memory_bytes: domain.mem_bytes,
    });
    let vms = reading.vms.iter().flatten().map(|vm| Guest {
        name: vm.name.as_deref(),
        runs: vm.state.as_deref().map(runs),
        processors: share(vm.cpu_pct, 1.0),
        memory_bytes: vm.mem_bytes,
    });
    let containers = reading.containers.iter().flatten().map(|container| Guest {
        name: container.name.as_deref().or(container.id.as_deref()),
        // Only those that run are listed.
        runs: Some(true),
        processors: share(container.cpu_pct, 1.0),
        memory_bytes: container.mem_used_bytes,
    });
    let of_zones = if system == HostSystem::Aix { "wpar" } else { "zone" };
    let of_domains = if system == HostSystem::Solaris { "ldom" } else { "vm" };
    take(of_zones, zones, sums, sink);
    take(of_domains, domains, sums, sink);
    take("vm", vms, sums, sink);
    take("container", containers, sums, sink);
}

fn take<'a>(
    kind: &'static str,
    guests: impl Iterator<Item = Guest<'a>>,
    sums: &mut Sums,
    sink: &mut dyn SampleSink,
) {
    for guest in guests.take(GUESTS_MAX) {
        let Some(name) = guest.name else { continue };
        let labels = [kind, name];
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
        let (mut sums, mut sink) = (Sums::default(), Recorder::default());
        sums.processors(4);
        sums.begin(Some(Duration::from_secs(10)));
        let reading = tool::find(of, tool).unwrap().parse(text.as_bytes()).unwrap();
        emit(system, &reading, &mut sums, &mut sink);
        for (series, value) in expected {
            assert_eq!(sink.value(series), Some(*value), "{series} of {tool}");
        }
        assert_eq!(sink.samples().count(), expected.len(), "{tool}");
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
