//! Processors: `NtQuerySystemInformation`, which the task manager asks too.

#![expect(unsafe_code, reason = "the Windows API is C")]

use super::MACHINE;
use std::io;
use topmast_model::catalogue::{HOST_CPU_COUNT, HOST_CPU_SECONDS, HOST_UPTIME_SECONDS};
use topmast_model::sample::SampleSink;
use windows_sys::Wdk::System::SystemInformation::{
    NtQuerySystemInformation, SystemProcessorPerformanceInformation,
};
use windows_sys::Win32::System::SystemInformation::GetTickCount64;
use windows_sys::Win32::System::WindowsProgramming::SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION;

/// Processors with series of their own; Windows tells of one group, which holds at most 64.
const PROCESSORS_MAX: usize = 64;

/// Units of 100 ns by what the processor did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Times {
    user: u64,
    system: u64,
    idle: u64,
    /// Interrupts.
    irq: u64,
    /// Deferred procedure calls, the second half of interrupts.
    softirq: u64,
}

impl Times {
    fn of(told: &SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION) -> Self {
        let count = |value: i64| u64::try_from(value).unwrap_or(0);
        let [softirq, irq] = told.Reserved1.map(count);
        let idle = count(told.IdleTime);
        // The time of the kernel holds the idle one and that of interrupts.
        let system = count(told.KernelTime).saturating_sub(idle).saturating_sub(irq).saturating_sub(softirq);
        Self { user: count(told.UserTime), system, idle, irq, softirq }
    }

    fn add(&mut self, other: Self) {
        self.user += other.user;
        self.system += other.system;
        self.idle += other.idle;
        self.irq += other.irq;
        self.softirq += other.softirq;
    }

    fn emit(self, cpu: &str, sink: &mut dyn SampleSink) {
        for (mode, ticks) in [
            ("user", self.user),
            ("system", self.system),
            ("idle", self.idle),
            ("irq", self.irq),
            ("softirq", self.softirq),
        ] {
            sink.sample(HOST_CPU_SECONDS, &[cpu, mode], MACHINE.seconds(ticks));
        }
    }
}

/// Emits the times of each processor, their sum, their number and the uptime.
pub(super) fn read(sink: &mut dyn SampleSink) -> io::Result<()> {
    // SAFETY: it takes nothing and cannot fail.
    let up_ms = unsafe { GetTickCount64() };
    sink.sample(HOST_UPTIME_SECONDS, &[], up_ms as f64 / 1e3);
    let mut told = [SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION::default(); PROCESSORS_MAX];
    let size = u32::try_from(size_of_val(&told)).unwrap_or(0);
    let mut written = 0;
    // SAFETY: `size` is that of the array, whose items are the structure of this class; both outlive the call, which
    // fills in as many as there are processors.
    let status = unsafe {
        NtQuerySystemInformation(
            SystemProcessorPerformanceInformation,
            told.as_mut_ptr().cast(),
            size,
            &raw mut written,
        )
    };
    if status < 0 {
        return Err(io::Error::other(format!("NtQuerySystemInformation gives {status:#010x}")));
    }
    let count = written as usize / size_of::<SYSTEM_PROCESSOR_PERFORMANCE_INFORMATION>();
    let mut all = Times::default();
    let each: Vec<Times> = told.iter().take(count).map(Times::of).collect();
    for times in &each {
        all.add(*times);
    }
    sink.sample(HOST_CPU_COUNT, &[], count as f64);
    all.emit("all", sink);
    for (number, times) in each.iter().enumerate() {
        times.emit(&number.to_string(), sink);
    }
    Ok(())
}
