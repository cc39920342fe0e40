//! What the counters of Windows mean, in English and as its other languages name them.

use crate::reading::{Disk, FilesystemReading, Interface, Process, Processor, Reading};
use crate::tool::pdh::Counter;
use crate::tool::row::fact;
use crate::tool::table::listed;
use crate::tool::text;
use std::collections::HashMap;

/// Objects by their names, of which the first is the English one. German, French, Spanish, Italian, Portuguese, Dutch,
/// Swedish, Polish, Russian.
const OBJECTS: &[&[&str]] = &[
    &[
        "processor",
        "processor information",
        "prozessor",
        "prozessorinformationen",
        "processeur",
        "informations sur le processeur",
        "procesador",
        "información del procesador",
        "processore",
        "informazioni processore",
        "processador",
        "informações do processador",
        "processorinformatie",
        "procesor",
        "процессор",
        "сведения о процессоре",
    ],
    &[
        "memory",
        "speicher",
        "arbeitsspeicher",
        "mémoire",
        "memoria",
        "memória",
        "geheugen",
        "minne",
        "pamięć",
        "память",
    ],
    &["system", "système", "sistema", "systeem", "система"],
    &[
        "physicaldisk",
        "physikalischer datenträger",
        "disque physique",
        "disco físico",
        "disco fisico",
        "fysieke schijf",
        "fysisk disk",
        "dysk fizyczny",
        "физический диск",
    ],
    &[
        "logicaldisk",
        "logischer datenträger",
        "disque logique",
        "disco lógico",
        "disco logico",
        "logische schijf",
        "logisk disk",
        "dysk logiczny",
        "логический диск",
    ],
    &[
        "network interface",
        "network adapter",
        "netzwerkschnittstelle",
        "netzwerkadapter",
        "interface réseau",
        "carte réseau",
        "interfaz de red",
        "adaptador de red",
        "interfaccia di rete",
        "interface de rede",
        "netwerkinterface",
        "nätverksgränssnitt",
        "interfejs sieciowy",
        "сетевой интерфейс",
    ],
    &["process", "prozess", "processus", "proceso", "processo", "proces", "процесс"],
    &["hyper-v hypervisor logical processor", "logischer prozessor für hyper-v-hypervisor"],
];

/// Counters by their names, of which the first is the English one.
const NAMES: &[&[&str]] = &[
    &[
        "% processor time",
        "prozessorzeit (%)",
        "% temps processeur",
        "% de tiempo de procesador",
        "% tempo processore",
        "% tempo de processador",
        "% tempo do processador",
        "% processortijd",
        "% processortid",
        "czas procesora (%)",
        "% загруженности процессора",
    ],
    &[
        "% idle time",
        "leerlaufzeit (%)",
        "% d’inactivité",
        "% temps d’inactivité",
        "% de tiempo inactivo",
        "% tempo inattività",
    ],
    &["% user time", "benutzerzeit (%)", "% temps utilisateur", "% de tiempo de usuario", "% tempo utente"],
    &[
        "% privileged time",
        "privilegierte zeit (%)",
        "% temps privilégié",
        "% de tiempo privilegiado",
        "% tempo privilegiato",
    ],
    &["% interrupt time", "interruptzeit (%)", "% temps d’interruption", "% de tiempo de interrupción"],
    &["% dpc time", "dpc-zeit (%)", "% temps dpc", "% de tiempo de dpc"],
    &["interrupts/sec", "interrupts/s", "interruptions/s", "interrupciones/s"],
    &[
        "available bytes",
        "verfügbare bytes",
        "octets disponibles",
        "bytes disponibles",
        "byte disponibili",
        "beschikbare bytes",
        "доступно байт",
    ],
    &[
        "available kbytes",
        "verfügbare kb",
        "kilo-octets disponibles",
        "ko disponibles",
        "kbytes disponibles",
        "kb disponibles",
    ],
    &[
        "available mbytes",
        "verfügbare mb",
        "verfügbare megabytes",
        "méga-octets disponibles",
        "mo disponibles",
        "mbytes disponibles",
        "mb disponibles",
        "mbyte disponibili",
        "доступно мб",
    ],
    &["free & zero page list bytes"],
    &["cache bytes", "cachebytes", "octets de cache"],
    &[
        "processor queue length",
        "prozessor-warteschlangenlänge",
        "longueur de la file du processeur",
        "longitud de la cola del procesador",
    ],
    &["context switches/sec", "kontextwechsel/s", "changements de contexte/s", "cambios de contexto/s"],
    &["system calls/sec", "systemaufrufe/s", "appels système/s", "llamadas al sistema/s"],
    &["system up time", "systembetriebszeit", "temps d’activité système", "tiempo de actividad del sistema"],
    &["processes", "prozesse", "processus", "procesos"],
    &["disk reads/sec", "lesevorgänge/s", "lectures disque/s", "lecturas de disco/s"],
    &["disk writes/sec", "schreibvorgänge/s", "écritures disque/s", "escrituras en disco/s"],
    &["disk transfers/sec", "übertragungen/s", "transferts disque/s", "transferencias de disco/s"],
    &["disk read bytes/sec", "bytes gelesen/s", "lectures disque, octets/s", "bytes de lectura de disco/s"],
    &[
        "disk write bytes/sec",
        "bytes geschrieben/s",
        "écritures disque, octets/s",
        "bytes de escritura en disco/s",
    ],
    &["% disk time", "zeit (%)", "pourcentage du temps disque", "% de tiempo de disco"],
    &["% free space", "freier speicherplatz (%)", "% d’espace libre", "% de espacio libre"],
    &["free megabytes", "mb frei", "freie megabytes", "mégaoctets libres", "megabytes libres"],
    &["bytes received/sec", "empfangene bytes/s", "octets reçus/s", "bytes recibidos/s", "byte ricevuti/sec"],
    &["bytes sent/sec", "bytes gesendet/s", "octets envoyés/s", "bytes enviados/s", "byte inviati/sec"],
    &["id process", "prozesskennung", "id de processus", "id. de proceso"],
    &["working set", "arbeitsseiten", "plage de travail", "espacio de trabajo"],
    &["virtual bytes", "virtuelle größe", "octets virtuels", "bytes virtuales"],
    &["thread count", "threadanzahl", "nombre de threads", "número de subprocesos"],
    &["% total run time"],
];

/// A name without case, blanks (a console breaks lines at them) and marks (a code page garbles them).
fn folded(name: &str) -> String {
    let lower = name.to_lowercase();
    let ascii: String =
        lower.chars().filter(|char| char.is_ascii_alphanumeric() || matches!(char, '%' | '/')).collect();
    // Of other alphabets nothing would be left.
    if ascii.trim_matches('%').len() < 3 { lower.split_whitespace().collect() } else { ascii }
}

fn english(table: &'static [&[&'static str]], name: &str) -> Option<&'static str> {
    let name = folded(name);
    table.iter().find(|names| names.iter().any(|known| folded(known) == name)).map(|names| names[0])
}

/// Lists in the making.
#[derive(Default)]
pub(super) struct Counters {
    names: HashMap<String, (Option<&'static str>, Option<&'static str>)>,
    places: HashMap<(u8, String), usize>,
    cpus: Vec<Processor>,
    disks: Vec<Disk>,
    filesystems: Vec<FilesystemReading>,
    interfaces: Vec<Interface>,
    processes: Vec<Process>,
    unknown: u32,
}

impl Counters {
    /// Takes a counter and its value, which may be blank.
    pub(super) fn take(&mut self, reading: &mut Reading, counter: &Counter, value: Option<&str>) {
        let number = value.and_then(text::number);
        if let (Some(value), None) = (value, number) {
            let value: String = value.chars().take(40).collect();
            reading.remark(1, format!("{} is `{value}`, left out", counter.path()));
        }
        let number = number.filter(|number| *number >= 0.0);
        let known = format!("{}\\{}", counter.object, counter.name);
        let (object, name) = *self
            .names
            .entry(known)
            .or_insert_with(|| (english(OBJECTS, &counter.object), english(NAMES, &counter.name)));
        let instance = counter.instance.as_deref().unwrap_or_default();
        let total = instance.to_ascii_lowercase().ends_with("_total");
        let share = number.filter(|share| *share <= 100.0);
        let understood = match (object.unwrap_or_default(), name.unwrap_or_default()) {
            ("processor", name) => self.processor(reading, instance, total, name, share, number),
            ("hyper-v hypervisor logical processor", "% total run time") if total => {
                reading.cpu_idle_pct = share.map(|busy| 100.0 - busy);
                false
            }
            ("memory" | "system", name) => host(reading, name, number),
            ("physicaldisk" | "logicaldisk", name) if !total => self.disk(reading, instance, name, number),
            ("network interface", name) => self.interface(instance, name, number),
            ("process", name) if !total => self.process(instance, name, number),
            _ => false,
        };
        if !understood && let Some(value) = value {
            self.unknown += 1;
            fact(reading, &counter.path(), value);
        }
    }

    fn processor(
        &mut self,
        reading: &mut Reading,
        instance: &str,
        total: bool,
        name: &str,
        share: Option<f64>,
        number: Option<f64>,
    ) -> bool {
        if total {
            // That of one node of several is not the host's.
            if instance.contains(',') {
                return false;
            }
            match name {
                // Windows measures the time of its idle thread, and this is the rest.
                "% processor time" => {
                    reading.cpu_idle_pct = reading.cpu_idle_pct.or(share.map(|busy| 100.0 - busy));
                }
                "% idle time" => reading.cpu_idle_pct = share,
                "% user time" => reading.cpu_user_pct = share,
                "% privileged time" => reading.cpu_sys_pct = share,
                "% interrupt time" => reading.cpu_irq_pct = share,
                "% dpc time" => reading.cpu_softirq_pct = share,
                "interrupts/sec" => reading.interrupts_per_s = number,
                _ => return false,
            }
            // The share that is busy has no key of its own: it stays a fact as well.
            return name != "% processor time";
        }
        let set: fn(&mut Processor, Option<f64>) = match name {
            "% processor time" => |cpu, value| cpu.busy = value,
            "% idle time" => |cpu, value| cpu.idle = value,
            "% user time" => |cpu, value| cpu.user = value,
            "% privileged time" => |cpu, value| cpu.sys = value,
            _ => return false,
        };
        let place = *self.places.entry((0, instance.to_owned())).or_insert_with(|| {
            self.cpus.push(Processor { id: Some(instance.to_owned()), ..Processor::default() });
            self.cpus.len() - 1
        });
        set(&mut self.cpus[place], share);
        true
    }

    fn disk(&mut self, reading: &mut Reading, instance: &str, name: &str, number: Option<f64>) -> bool {
        if matches!(name, "% free space" | "free megabytes") {
            let place = *self.places.entry((1, instance.to_owned())).or_insert_with(|| {
                let filesystem =
                    FilesystemReading { mount: Some(instance.to_owned()), ..FilesystemReading::default() };
                self.filesystems.push(filesystem);
                self.filesystems.len() - 1
            });
            let filesystem = &mut self.filesystems[place];
            if name == "free megabytes" {
                filesystem.available_bytes = number.and_then(|mib| text::bytes(mib * 1_048_576.0));
            } else {
                filesystem.used_pct = number.filter(|free| *free <= 100.0).map(|free| 100.0 - free);
            }
            return true;
        }
        let set: fn(&mut Disk, Option<f64>) = match name {
            "disk reads/sec" => |disk, value| disk.reads_per_s = value,
            "disk writes/sec" => |disk, value| disk.writes_per_s = value,
            "disk transfers/sec" => |disk, value| disk.transfers_per_s = value,
            "disk read bytes/sec" => |disk, value| disk.read_bytes_per_s = value,
            "disk write bytes/sec" => |disk, value| disk.write_bytes_per_s = value,
            "% idle time" => |disk, value| {
                disk.busy_pct = value.filter(|idle| *idle <= 100.0).map(|idle| 100.0 - idle);
            },
            "% disk time" => |disk, value| disk.busy_pct = disk.busy_pct.or(value),
            _ => return false,
        };
        if name == "% disk time" && number.is_some_and(|busy| busy > 100.0) {
            // It is the length of the queue times 100, and no share when it passes that.
            reading.remark(1, format!("% disk time of {instance} passes 100, left out"));
            return false;
        }
        let place = *self.places.entry((2, instance.to_owned())).or_insert_with(|| {
            self.disks.push(Disk { device: Some(instance.to_owned()), ..Disk::default() });
            self.disks.len() - 1
        });
        set(&mut self.disks[place], number);
        true
    }

    fn interface(&mut self, instance: &str, name: &str, number: Option<f64>) -> bool {
        let set: fn(&mut Interface, Option<f64>) = match name {
            "bytes received/sec" => |interface, value| interface.rx_bytes_per_s = value,
            "bytes sent/sec" => |interface, value| interface.tx_bytes_per_s = value,
            _ => return false,
        };
        let place = *self.places.entry((3, instance.to_owned())).or_insert_with(|| {
            self.interfaces.push(Interface { name: Some(instance.to_owned()), ..Interface::default() });
            self.interfaces.len() - 1
        });
        set(&mut self.interfaces[place], number);
        true
    }

    fn process(&mut self, instance: &str, name: &str, number: Option<f64>) -> bool {
        let set: fn(&mut Process, Option<f64>) = match name {
            "% processor time" => |process, value| process.cpu_pct = value,
            "id process" => |process, value| process.pid = value.and_then(text::bytes),
            "working set" => |process, value| process.rss_bytes = value.and_then(text::bytes),
            "virtual bytes" => |process, value| process.virt_bytes = value.and_then(text::bytes),
            "thread count" => |process, value| process.nlwp = value.and_then(text::bytes),
            _ => return false,
        };
        let place = *self.places.entry((4, instance.to_owned())).or_insert_with(|| {
            self.processes.push(Process { command: Some(instance.to_owned()), ..Process::default() });
            self.processes.len() - 1
        });
        set(&mut self.processes[place], number);
        true
    }

    /// Puts the lists into the reading.
    pub(super) fn finish(self, reading: &mut Reading) {
        reading.cpus = listed(self.cpus, "processors", reading);
        reading.disks = listed(self.disks, "disks", reading);
        reading.filesystems = listed(self.filesystems, "filesystems", reading);
        reading.interfaces = listed(self.interfaces, "interfaces", reading);
        reading.processes = listed(self.processes, "processes", reading);
        let facts = reading.facts.as_ref().map_or(0, Vec::len);
        if usize::try_from(self.unknown).is_ok_and(|unknown| unknown > facts) {
            reading.remark(
                1,
                format!(
                    "{} of {} counters without a key left out",
                    self.unknown as usize - facts,
                    self.unknown
                ),
            );
        }
    }
}

fn host(reading: &mut Reading, name: &str, number: Option<f64>) -> bool {
    let bytes = |unit: f64| number.and_then(|value| text::bytes(value * unit));
    match name {
        "available bytes" => reading.mem_available_bytes = bytes(1.0),
        "available kbytes" => reading.mem_available_bytes = reading.mem_available_bytes.or(bytes(1024.0)),
        "available mbytes" => {
            reading.mem_available_bytes = reading.mem_available_bytes.or(bytes(1_048_576.0));
        }
        "free & zero page list bytes" => reading.mem_free_bytes = bytes(1.0),
        "cache bytes" => reading.mem_cached_bytes = bytes(1.0),
        "processor queue length" => reading.procs_running = bytes(1.0),
        "context switches/sec" => reading.context_switches_per_s = number,
        "system calls/sec" => reading.syscalls_per_s = number,
        "system up time" => reading.uptime_seconds = number.and_then(|seconds| text::bytes(seconds.floor())),
        "processes" => reading.process_count = bytes(1.0),
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(counters: &[(&str, &str)]) -> Reading {
        let mut reading = Reading::default();
        let mut lists = Counters::default();
        for (path, value) in counters {
            lists.take(&mut reading, &Counter::of(path).unwrap(), Some(value));
        }
        lists.finish(&mut reading);
        reading
    }

    #[test]
    fn names_are_understood_in_other_languages() {
        for path in [
            "\\Prozessor(_Total)\\Prozessorzeit (%)",
            "\\Processeur(_Total)\\% temps processeur",
            "\\Процессор(_Total)\\% загруженности процессора",
        ] {
            assert_eq!(read(&[(path, "25,5")]).cpu_idle_pct, Some(74.5), "{path}");
        }
        assert_eq!(read(&[("\\Speicher\\Verf\u{fffd}gbare MB", "2")]).mem_available_bytes, Some(2 << 20));
    }

    #[test]
    fn instances_become_rows() {
        let reading = read(&[
            ("\\\\h\\processor(0)\\% processor time", "10"),
            ("\\\\h\\processor(1)\\% processor time", "20"),
            ("\\\\h\\PhysicalDisk(0 C:)\\% Disk Time", "1056.5"),
            ("\\\\h\\PhysicalDisk(0 C:)\\Disk Reads/sec", "3"),
            ("\\\\h\\LogicalDisk(C:)\\Free Megabytes", "4"),
            ("\\\\h\\Process(shop)\\Working Set", "4096"),
            ("\\\\h\\System\\Processor Queue Length", "5"),
            ("\\\\h\\Zone(a)\\Heat", "3000"),
        ]);
        let cpus = reading.cpus.unwrap();
        assert_eq!((cpus.len(), cpus[1].busy, cpus[1].user), (2, Some(20.0), None));
        let disks = reading.disks.unwrap();
        assert_eq!((disks[0].busy_pct, disks[0].reads_per_s), (None, Some(3.0)));
        assert_eq!(reading.filesystems.unwrap()[0].available_bytes, Some(4 << 20));
        assert_eq!((reading.processes.unwrap()[0].rss_bytes, reading.procs_running), (Some(4096), Some(5)));
        let facts = reading.facts.unwrap();
        assert_eq!(facts.last().unwrap(), &("Zone(a)\\Heat".to_owned(), "3000".to_owned()));
    }
}
