//! Interfaces as `ifconfig` lists them, which is what `netstat -ie` prints: one stanza each, of net-tools old and new
//! and of busybox.
//!
//! ```text
//! eth0: flags=4163<UP,BROADCAST,RUNNING,MULTICAST>  mtu 1500
//!         RX packets 92771  bytes 81245120 (77.4 MiB)
//!         RX errors 1  dropped 2  overruns 0  frame 0
//!
//! eth0      Link encap:Ethernet  HWaddr 52:54:00:00:00:01
//!           RX packets:92771 errors:1 dropped:2 overruns:0 frame:0
//!           RX bytes:81245120 (77.4 MiB)  TX bytes:9120 (8.9 KiB)
//! ```

use super::super::table::Kept;
use super::super::text::{Line, Text, count};
use crate::error::{Fault, ParseError};
use crate::reading::{Interface, Reading};

/// Whether a line is one of an interface's counters.
fn is_counters(line: &str) -> bool {
    ["RX packets", "TX packets"].iter().any(|start| line.trim_start().starts_with(start))
}

/// Whether a text has such stanzas.
pub(super) fn has(text: &Text<'_>) -> bool {
    text.lines().any(|line| is_counters(line.text))
}

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let mut interfaces: Kept<Interface> = Kept::new();
    // What stands before the first stanza is what a login says: one begins where an interface has counters.
    let mut interface: Option<Interface> = None;
    let close = |interface: Option<Interface>, interfaces: &mut Kept<Interface>| {
        let Some(interface) = interface else { return };
        // One again is the next report.
        if interfaces.iter().next().is_some_and(|first| first.name == interface.name) {
            interfaces.clear();
        }
        interfaces.push(interface);
    };
    for line in text.lines().filter(|line| !line.is_blank()) {
        if let Some(name) = name(line.text) {
            close(interface.take(), &mut interfaces);
            interface = Some(Interface { name: Some(name.to_owned()), ..Interface::default() });
        } else if let Some(interface) = &mut interface {
            counters(line, interface, &mut reading);
        }
    }
    close(interface, &mut interfaces);
    if interfaces.is_empty() {
        return Err(text.error(Fault::Missing("an interface with its counters")));
    }
    reading.interfaces = Some(interfaces.finish(&mut reading, 1));
    Ok(reading)
}

/// The name that a stanza begins with: `eth0: flags=…`, `eth0:1    Link encap:…`.
fn name(line: &str) -> Option<&str> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let (name, rest) = line.split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    (rest.starts_with("flags=") || rest.starts_with("Link encap")).then(|| name.trim_end_matches(':'))
}

/// Counters of a line, each after its name, those of either direction after `RX` and `TX`.
fn counters(line: Line<'_>, interface: &mut Interface, reading: &mut Reading) {
    let mut words = line.text.split(|char: char| char.is_whitespace() || char == ':');
    let mut sent = None;
    while let Some(word) = words.next() {
        let field = match (sent, word) {
            (_, "RX" | "TX") => {
                sent = Some(word == "TX");
                continue;
            }
            (Some(false), "packets") => &mut interface.rx_packets,
            (Some(false), "bytes") => &mut interface.rx_bytes,
            (Some(false), "errors") => &mut interface.rx_errors,
            (Some(false), "dropped") => &mut interface.rx_dropped,
            (Some(true), "packets") => &mut interface.tx_packets,
            (Some(true), "bytes") => &mut interface.tx_bytes,
            (Some(true), "errors") => &mut interface.tx_errors,
            (Some(true), "dropped") => &mut interface.tx_dropped,
            _ => continue,
        };
        *field = words.next().filter(|word| !word.is_empty()).and_then(count);
        if field.is_none() {
            reading.remark(line.number, format!("{word} is cut or garbled"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("netstat", text)).unwrap()
    }

    fn eth0() -> Interface {
        Interface {
            name: Some("eth0".to_owned()),
            rx_bytes: Some(81_245_120),
            rx_packets: Some(92_771),
            rx_errors: Some(1),
            rx_dropped: Some(2),
            tx_bytes: Some(9120),
            tx_packets: Some(88),
            tx_errors: Some(3),
            tx_dropped: Some(4),
            ..Interface::default()
        }
    }

    #[test]
    fn stanzas_old_and_new_say_the_same() {
        let new = "Kernel Interface table\neth0: flags=4163<UP,BROADCAST,RUNNING>  mtu 1500\n        inet 10.0.0.5  netmask 255.255.255.0  broadcast 10.0.0.255\n        RX packets 92771  bytes 81245120 (77.4 MiB)\n        RX errors 1  dropped 2  overruns 0  frame 0\n        TX packets 88  bytes 9120 (8.9 KiB)\n        TX errors 3  dropped 4 overruns 0  carrier 0  collisions 0\n\nlo: flags=73<UP,LOOPBACK,RUNNING>  mtu 65536\n        RX packets 7  bytes 800 (800.0 B)\n";
        let old = "Kernel Interface table\neth0      Link encap:Ethernet  HWaddr 52:54:00:00:00:01  \n          UP BROADCAST RUNNING MULTICAST  MTU:1500  Metric:1\n          RX packets:92771 errors:1 dropped:2 overruns:0 frame:0\n          TX packets:88 errors:3 dropped:4 overruns:0 carrier:0\n          collisions:0 txqueuelen:1000 \n          RX bytes:81245120 (77.4 MiB)  TX bytes:9120 (8.9 KiB)\n\neth0:1    Link encap:Ethernet  HWaddr 52:54:00:00:00:01  \n          inet addr:10.0.0.6  Bcast:10.0.0.255  Mask:255.255.255.0\n";
        let (new, old) = (read(new).interfaces.unwrap(), read(old).interfaces.unwrap());
        assert_eq!((&new[0], &old[0]), (&eth0(), &eth0()));
        assert_eq!((new[1].rx_packets, new[1].tx_packets), (Some(7), None));
        assert_eq!((old[1].name.as_deref(), old[1].rx_packets), (Some("eth0:1"), None));
    }

    #[test]
    fn a_counter_that_is_cut_is_left_out() {
        let reading = read("eth0: flags=4163<UP>  mtu 1500\n        RX packets 92771  bytes 8124\u{2026}");
        let interface = &reading.interfaces.as_ref().unwrap()[0];
        assert_eq!((interface.rx_packets, interface.rx_bytes), (Some(92_771), None));
        assert_eq!(reading.remarks[0].line, 2);
    }
}
