//! Objects of CIM classes: what each means is told by its properties, whose names are English everywhere.

mod class;
mod date;

use crate::error::{Fault, ParseError};
use crate::reading::Reading;
use crate::tool::record;
use crate::tool::text::Text;

pub(super) fn parse(text: &Text<'_>) -> Result<Reading, ParseError> {
    let mut reading = Reading::default();
    let records = record::read(text, &mut reading)?;
    let mut objects = class::Objects::default();
    let mut understood = false;
    for record in &records {
        understood |= objects.take(&mut reading, record);
    }
    objects.finish(&mut reading);
    if understood { Ok(reading) } else { Err(text.error(Fault::Malformed("objects of a known CIM class"))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Reading {
        parse(&Text::of("windows cim", text)).unwrap()
    }

    #[test]
    fn operating_system_counts_in_kibibytes() {
        let reading = read(
            "{\"Caption\":\"Microsoft Windows Server 2022\",\"TotalVisibleMemorySize\":4194304,\"FreePhysicalMemory\":1048576,\
             \"SizeStoredInPagingFiles\":2048,\"FreeSpaceInPagingFiles\":1024,\"NumberOfProcesses\":88,\
             \"LastBootUpTime\":\"\\/Date(1700000000000)\\/\",\"LocalDateTime\":\"\\/Date(1700003600500)\\/\"}",
        );
        assert_eq!((reading.mem_total_bytes, reading.mem_free_bytes), (Some(4 << 30), Some(1 << 30)));
        assert_eq!((reading.swap_total_bytes, reading.swap_free_bytes), (Some(2 << 20), Some(1 << 20)));
        assert_eq!((reading.process_count, reading.uptime_seconds), (Some(88), Some(3600)));
        assert_eq!(reading.mem_used_bytes, None);
    }

    #[test]
    fn several_documents_are_one_reading() {
        let reading = read(
            "[{\"Name\":\"0\",\"PercentProcessorTime\":10,\"PercentIdleTime\":89},{\"Name\":\"_Total\",\"PercentProcessorTime\":11,\"PercentIdleTime\":88,\"PercentUserTime\":7,\"PercentPrivilegedTime\":4}]\n\
             {\"DeviceID\":\"C:\",\"Size\":1000,\"FreeSpace\":400,\"DriveType\":3}\n\
             [{\"ProcessId\":4,\"Name\":\"System\",\"ParentProcessId\":0,\"WorkingSetSize\":4096,\"VirtualSize\":8192,\"ThreadCount\":9}]\n\
             {\"Name\":\"eth\",\"BytesReceivedPersec\":5,\"BytesSentPersec\":6,\"Timestamp_Sys100NS\":0}\n",
        );
        assert_eq!(
            (reading.cpu_idle_pct, reading.cpu_user_pct, reading.cpu_sys_pct),
            (Some(88.0), Some(7.0), Some(4.0))
        );
        assert_eq!(reading.cpus.unwrap()[0].busy, Some(10.0));
        let filesystems = reading.filesystems.unwrap();
        assert_eq!((filesystems[0].total_bytes, filesystems[0].available_bytes), (Some(1000), Some(400)));
        let processes = reading.processes.unwrap();
        assert_eq!(
            (processes[0].pid, processes[0].rss_bytes, processes[0].nlwp),
            (Some(4), Some(4096), Some(9))
        );
        assert_eq!(reading.interfaces.unwrap()[0].rx_bytes_per_s, Some(5.0));
    }

    #[test]
    fn raw_counters_need_two_samples() {
        let sample = |idle: u64, time: u64| {
            format!(
                "{{\"Name\":\"_Total\",\"PercentProcessorTime\":{idle},\"PercentUserTime\":{idle},\"Timestamp_Sys100NS\":{time}}}"
            )
        };
        let one = read(&sample(500_000, 13_000_000_000));
        assert_eq!((one.cpu_idle_pct, one.remarks.len()), (None, 1));
        let two =
            read(&format!("{}\n{}", sample(500_000, 13_000_000_000), sample(10_500_000, 13_040_000_000)));
        assert_eq!((two.cpu_idle_pct, two.cpu_user_pct), (Some(25.0), Some(25.0)));
    }

    #[test]
    fn unknown_classes_are_refused() {
        assert!(parse(&Text::of("windows cim", "{\"a\":1}")).is_err());
        assert!(parse(&Text::of("windows cim", "{\"Name\":")).is_err());
    }
}
