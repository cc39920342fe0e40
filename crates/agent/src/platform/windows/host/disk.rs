//! Disks: the counters that the disk driver keeps.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::{MACHINE, float};
use std::fs::{File, OpenOptions};
use std::io;
use std::os::windows::fs::OpenOptionsExt;
use std::os::windows::io::AsRawHandle;
use std::ptr;
use std::time::Duration;
use topmast_model::catalogue::{
    HOST_DISK_BUSY_SECONDS, HOST_DISK_IN_FLIGHT_COUNT, HOST_DISK_READ_BYTES, HOST_DISK_READ_SECONDS,
    HOST_DISK_READS, HOST_DISK_WRITE_SECONDS, HOST_DISK_WRITES, HOST_DISK_WRITTEN_BYTES,
};
use topmast_model::sample::SampleSink;
use windows_sys::Win32::System::IO::DeviceIoControl;
use windows_sys::Win32::System::Ioctl::{DISK_PERFORMANCE, IOCTL_DISK_PERFORMANCE};

/// Numbers that are tried; there may be gaps where a disk was taken out.
const DISKS_MAX: u32 = 64;
/// Time between two looks for disks that came or went.
const LOOK: Duration = Duration::from_mins(1);

/// Every disk, open for its counters.
#[derive(Debug, Default)]
pub(super) struct Disks {
    open: Vec<Disk>,
    look_at: Duration,
}

#[derive(Debug)]
struct Disk {
    name: String,
    file: File,
    /// Time without idleness up to the first look, which Windows counts from 1601.
    busy_before: Option<i64>,
}

impl Disks {
    /// Emits the counters of each disk. One that does not count has none: a disk of a virtual machine may be so.
    #[expect(clippy::unnecessary_wraps, reason = "the other parts can fail")]
    pub(super) fn read(&mut self, since: Duration, sink: &mut dyn SampleSink) -> io::Result<()> {
        if since >= self.look_at {
            self.look_at = since + LOOK;
            self.look();
        }
        for disk in &mut self.open {
            // A disk that is taken out is gone at the next look.
            if let Ok(told) = counters(&disk.file) {
                disk.emit(&told, sink);
            }
        }
        Ok(())
    }

    fn look(&mut self) {
        self.open.retain(|disk| counters(&disk.file).is_ok());
        for number in 0..DISKS_MAX {
            let name = format!("PhysicalDrive{number}");
            if self.open.iter().any(|disk| disk.name == name) {
                continue;
            }
            // No access is needed to ask, and so no administrator.
            let opened = OpenOptions::new().access_mode(0).open(format!(r"\\.\{name}"));
            if let Ok(file) = opened
                && counters(&file).is_ok()
            {
                self.open.push(Disk { name, file, busy_before: None });
            }
        }
    }
}

impl Disk {
    fn emit(&mut self, told: &DISK_PERFORMANCE, sink: &mut dyn SampleSink) {
        let device = [self.name.as_str()];
        let seconds = |ticks: i64| MACHINE.seconds(u64::try_from(ticks).unwrap_or(0));
        sink.sample(HOST_DISK_READS, &device, f64::from(told.ReadCount));
        sink.sample(HOST_DISK_WRITES, &device, f64::from(told.WriteCount));
        sink.sample(HOST_DISK_READ_BYTES, &device, float(told.BytesRead));
        sink.sample(HOST_DISK_WRITTEN_BYTES, &device, float(told.BytesWritten));
        sink.sample(HOST_DISK_READ_SECONDS, &device, seconds(told.ReadTime));
        sink.sample(HOST_DISK_WRITE_SECONDS, &device, seconds(told.WriteTime));
        let busy = told.QueryTime.saturating_sub(told.IdleTime);
        let before = *self.busy_before.get_or_insert(busy);
        sink.sample(HOST_DISK_BUSY_SECONDS, &device, seconds(busy.saturating_sub(before)));
        sink.sample(HOST_DISK_IN_FLIGHT_COUNT, &device, f64::from(told.QueueDepth));
    }
}

fn counters(disk: &File) -> io::Result<DISK_PERFORMANCE> {
    let mut told = DISK_PERFORMANCE::default();
    let size = u32::try_from(size_of_val(&told)).unwrap_or(0);
    let mut written = 0;
    // SAFETY: the handle is open as long as `disk` is borrowed; nothing goes in; `told` is the structure of this
    // request, `size` long; it is not overlapped.
    let done = unsafe {
        DeviceIoControl(
            disk.as_raw_handle(),
            IOCTL_DISK_PERFORMANCE,
            ptr::null(),
            0,
            (&raw mut told).cast(),
            size,
            &raw mut written,
            ptr::null_mut(),
        )
    };
    if done == 0 {
        return Err(io::Error::last_os_error());
    }
    if written < size { Err(io::ErrorKind::UnexpectedEof.into()) } else { Ok(told) }
}
