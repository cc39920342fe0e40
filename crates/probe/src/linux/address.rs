//! The host's own IP addresses, the one others most likely reach first.
//!
//! IPv4 addresses are the local leaves of the routing table's tree; the one on
//! the network of the default route is the host's face. Then the other IPv4
//! addresses, then IPv6 of global scope. Loopback and link-local ones are left out.

use super::facts::FactFiles;
use std::net::{Ipv4Addr, Ipv6Addr};

pub(super) const TRIE: &str = "/proc/net/fib_trie";
pub(super) const ROUTES: &str = "/proc/net/route";
pub(super) const IPV6: &str = "/proc/net/if_inet6";

/// Addresses kept; a load balancer may have thousands, and a list longer than this helps nobody.
const MAX_ADDRESSES: usize = 16;

/// Reads the addresses. `architecture` tells the byte order in which the kernel prints routes.
pub(super) fn addresses(architecture: &str, files: &FactFiles) -> Vec<String> {
    let facing = facing_networks(architecture, files);
    let mut ipv4 = ipv4(files);
    // Stable: within a group the routing table's order stays.
    ipv4.sort_by_key(|address| !facing.iter().any(|network| network.holds(*address)));
    let ipv4 = ipv4.into_iter().map(|address| address.to_string());
    let ipv6 = files.lines(IPV6).filter_map(global_ipv6).map(|address| address.to_string());
    ipv4.chain(ipv6).take(MAX_ADDRESSES).collect()
}

fn ipv4(files: &FactFiles) -> Vec<Ipv4Addr> {
    let mut found: Vec<Ipv4Addr> = Vec::new();
    let mut leaf = None;
    for line in files.lines(TRIE) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse().ok();
        } else if line == "/32 host LOCAL"
            && let Some(address) = leaf.take()
            && !Ipv4Addr::is_loopback(&address)
            && !address.is_link_local()
            && !found.contains(&address)
        {
            found.push(address);
        }
    }
    found
}

#[derive(PartialEq, Eq)]
struct Network {
    address: u32,
    mask: u32,
}

impl Network {
    fn holds(&self, address: Ipv4Addr) -> bool {
        address.to_bits() & self.mask == self.address
    }
}

/// Networks directly reached through the interfaces of the default routes.
fn facing_networks(architecture: &str, files: &FactFiles) -> Vec<Network> {
    let routes: Vec<(&str, Network)> =
        files.lines(ROUTES).filter_map(|line| route(architecture, line)).collect();
    let default = |interface: &str| {
        routes
            .iter()
            .any(|(other, network)| *other == interface && *network == Network { address: 0, mask: 0 })
    };
    let faces: Vec<&str> =
        routes.iter().map(|(interface, _)| *interface).filter(|name| default(name)).collect();
    let facing = |(interface, network): &(&str, Network)| faces.contains(interface) && network.mask != 0;
    routes.into_iter().filter(facing).map(|(_, network)| network).collect()
}

/// Interface and network of one route: `interface destination gateway flags … mask …`.
fn route<'a>(architecture: &str, line: &'a str) -> Option<(&'a str, Network)> {
    // The kernel prints the number in memory, which holds the address in network order.
    let big_endian = matches!(architecture, "s390" | "s390x" | "ppc" | "ppc64");
    let bits = |hex: &str| {
        let printed = u32::from_str_radix(hex, 16).ok()?;
        Some(if big_endian { printed } else { printed.swap_bytes() })
    };
    let mut words = line.split_whitespace();
    let interface = words.next()?;
    let address = bits(words.next()?)?;
    // gateway, flags, two counts and the metric lie between
    let mask = bits(words.nth(5)?)?;
    Some((interface, Network { address, mask }))
}

/// The address of a line `address index prefix scope flags interface`, if its scope is global.
fn global_ipv6(line: &str) -> Option<Ipv6Addr> {
    let mut words = line.split_whitespace();
    let address = words.next().filter(|hex| hex.len() == 32)?;
    let scope = words.nth(2)?;
    (scope == "00").then(|| u128::from_str_radix(address, 16).ok().map(Ipv6Addr::from_bits))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::fact_files;

    #[test]
    fn the_default_routes_network_comes_first() {
        assert_eq!(addresses("x86_64", &fact_files("debian-12")), ["192.0.2.2", "fd00::2"]);
        // In the routing tree 10.0.9.11 stands before 10.20.0.11, which faces the default gateway.
        assert_eq!(addresses("x86_64", &fact_files("centos-7")), ["10.20.0.11", "10.0.9.11", "172.17.0.1"]);
    }

    #[test]
    fn routes_are_read_in_the_machines_byte_order() {
        let host = |architecture, destination, mask| {
            let (_, network) = route(architecture, &format!("eth0 {destination} 0 1 0 0 0 {mask} 0 0 0"))?;
            Some(network.holds(Ipv4Addr::new(192, 0, 2, 77)))
        };
        assert_eq!(host("x86_64", "000200C0", "00FFFFFF"), Some(true));
        assert_eq!(host("s390x", "C0000200", "FFFFFF00"), Some(true));
        assert_eq!(host("x86_64", "000300C0", "00FFFFFF"), Some(false));
        assert_eq!(host("x86_64", "0003zzC0", "00FFFFFF"), None);
    }

    #[test]
    fn a_host_with_many_addresses_shows_the_first() {
        let trie: Vec<_> = (1..=40).map(|n| format!("  |-- 10.0.0.{n}\n     /32 host LOCAL\n")).collect();
        let files = FactFiles::from_iter([(TRIE, trie.concat().into_bytes())]);
        assert_eq!(addresses("x86_64", &files).len(), MAX_ADDRESSES);
    }
}
