//! Network interfaces: `GetIfTable2`.
//!
//! Left out are the loopback, the filters that sit on an interface and count its traffic once more, and what is not
//! there now: Windows remembers every adapter that was ever put in.

#![expect(unsafe_code, reason = "the Windows API is C")]

use crate::platform::system::text::narrow;
use std::io;
use std::ptr;
use std::slice;
use topmast_model::catalogue::{
    HOST_NETWORK_RECEIVE_BYTES, HOST_NETWORK_RECEIVE_DROPPED, HOST_NETWORK_RECEIVE_ERRORS,
    HOST_NETWORK_RECEIVE_PACKETS, HOST_NETWORK_TRANSMIT_BYTES, HOST_NETWORK_TRANSMIT_DROPPED,
    HOST_NETWORK_TRANSMIT_ERRORS, HOST_NETWORK_TRANSMIT_PACKETS,
};
use topmast_model::sample::SampleSink;
use windows_sys::Win32::Foundation::NO_ERROR;
use windows_sys::Win32::NetworkManagement::IpHelper::{
    FreeMibTable, GetIfTable2, IF_TYPE_SOFTWARE_LOOPBACK, MIB_IF_ROW2, MIB_IF_TABLE2,
};
use windows_sys::Win32::NetworkManagement::Ndis::IfOperStatusUp;

/// Interfaces with series of their own, 8 each.
const INTERFACES_MAX: usize = 256;
/// `FilterInterface` of the flags, the second bit.
const FILTER: u8 = 1 << 1;

/// Emits bytes, packets, errors and drops of each interface, both ways.
pub(super) fn read(sink: &mut dyn SampleSink) -> io::Result<()> {
    let table = Interfaces::get()?;
    let counts = |row: &&MIB_IF_ROW2| {
        row.Type != IF_TYPE_SOFTWARE_LOOPBACK
            && row.OperStatus == IfOperStatusUp
            && row.InterfaceAndOperStatusFlags._bitfield & FILTER == 0
    };
    for row in table.rows().iter().filter(counts).take(INTERFACES_MAX) {
        let name = narrow(&row.Alias);
        let interface = [name.as_str()];
        for (metric, value) in [
            (HOST_NETWORK_RECEIVE_BYTES, row.InOctets),
            (HOST_NETWORK_RECEIVE_PACKETS, row.InUcastPkts.saturating_add(row.InNUcastPkts)),
            (HOST_NETWORK_RECEIVE_ERRORS, row.InErrors),
            (HOST_NETWORK_RECEIVE_DROPPED, row.InDiscards),
            (HOST_NETWORK_TRANSMIT_BYTES, row.OutOctets),
            (HOST_NETWORK_TRANSMIT_PACKETS, row.OutUcastPkts.saturating_add(row.OutNUcastPkts)),
            (HOST_NETWORK_TRANSMIT_ERRORS, row.OutErrors),
            (HOST_NETWORK_TRANSMIT_DROPPED, row.OutDiscards),
        ] {
            sink.sample(metric, &interface, value as f64);
        }
    }
    Ok(())
}

/// The table, which Windows allocates.
struct Interfaces(*mut MIB_IF_TABLE2);

impl Interfaces {
    fn get() -> io::Result<Self> {
        let mut table = ptr::null_mut();
        // SAFETY: the table's address goes to a local variable.
        let status = unsafe { GetIfTable2(&raw mut table) };
        if status != NO_ERROR || table.is_null() {
            return Err(io::Error::from_raw_os_error(i32::try_from(status).unwrap_or(i32::MAX)));
        }
        Ok(Self(table))
    }

    fn rows(&self) -> &[MIB_IF_ROW2] {
        // SAFETY: the table is Windows' own: so many rows follow each other from the first one on, and they live
        // until the table is freed, which takes `self`. The address of the rows is taken without a reference to
        // the array of one in its declaration.
        unsafe { slice::from_raw_parts((&raw const (*self.0).Table).cast(), (*self.0).NumEntries as usize) }
    }
}

impl Drop for Interfaces {
    fn drop(&mut self) {
        // SAFETY: the table is one of `GetIfTable2`, which says to free it so, and nobody has it after.
        unsafe { FreeMibTable(self.0.cast()) };
    }
}
