//! Texts of `top` from 3.2 to 4, translated, cut and glued ones among them.

use super::*;
use crate::reading::Process;

fn read_text(text: &str) -> Reading {
    parse(&Text::of("top", text)).unwrap()
}

/// procps 4.0.2, shortened.
const PROCPS_4: &str = "\
top - 19:56:11 up  3:24,  0 user,  load average: 3.89, 3.63, 2.51
Tasks:  90 total,   1 running,  89 sleeping,   0 stopped,   0 zombie
%Cpu(s): 23.5 us,  5.9 sy,  2.0 ni, 68.0 id,  0.1 wa,  0.2 hi,  0.3 si,  0.4 st 
MiB Mem :  24105.1 total,   6597.1 free,   1849.4 used,  16059.4 buff/cache     
MiB Swap:   1024.0 total,    768.0 free,    256.0 used.  22255.7 avail Mem 

  PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
23888 root      30  10  757884   1.5g 158472 S 175.0   1.6   0:05.38 rustc
    1 messageb+ 10 -10   46744  14412   6460 S   0.0   0.1   1:38.01 dbus daemon
";

const MIB: u64 = 1 << 20;

#[test]
fn procps_4_is_understood() {
    let reading = read_text(PROCPS_4);
    assert_eq!(reading.uptime_seconds, Some(12_240));
    assert_eq!((reading.users, reading.load5), (Some(0), Some(3.63)));
    assert_eq!((reading.process_count, reading.processes_running), (Some(90), Some(1)));
    assert_eq!(
        (reading.cpu_user_pct, reading.cpu_idle_pct, reading.cpu_steal_pct),
        (Some(23.5), Some(68.0), Some(0.4))
    );
    assert_eq!(reading.mem_free_bytes, Some(6_917_560_730));
    assert_eq!((reading.swap_total_bytes, reading.swap_used_bytes), (Some(1024 * MIB), Some(256 * MIB)));
    assert_eq!(reading.mem_available_bytes, Some(23_336_792_883));
    let processes = reading.processes.unwrap();
    let expect = Process {
        pid: Some(1),
        user: Some("messageb+".to_owned()),
        state: Some("S".to_owned()),
        cpu_pct: Some(0.0),
        mem_pct: Some(0.1),
        rss_bytes: Some(14_412 << 10),
        virt_bytes: Some(46_744 << 10),
        command: Some("dbus daemon".to_owned()),
        ..Process::default()
    };
    assert_eq!(processes[1], expect);
    assert_eq!((processes[0].rss_bytes, processes[0].cpu_pct), (Some(1536 * MIB), Some(175.0)));
    assert_eq!(reading.remarks, []);
}

#[test]
fn translated_labels_are_understood_by_their_order() {
    let reading = read_text(
        "\
top - 10:00:01 up 1 day,  2:03,  1 user,  load average: 0,84, 0,41, 0,56
Aufgaben: 301 gesamt,   2 laufend, 299 schlafend,   0 gestoppt,   0 Zombie
%CPU(s):  4,9 be,  1,1 sy,  0,5 ni, 93,0 un,  0,2 wa,  0,0 hi,  0,3 si,  0,0 st
MiB Spch:   8000,5 gesamt,   1000,0 frei,   3000,0 belegt,   4000,5 Puff/Cache
MiB Swap:   2048,0 gesamt,   2047,0 frei,      1,0 belegt.   4500,0 verf\u{fc} Spch

    PID BENUTZER  PR  NI    VIRT    RES    SHR S  %CPU  %MEM    ZEIT+ BEFEHL
   4711 eva       20   0    1024    512    256 R  98,3   0,5   1:39.15 yes
",
    );
    assert_eq!((reading.process_count, reading.processes_running), (Some(301), Some(2)));
    assert_eq!((reading.cpu_user_pct, reading.cpu_idle_pct), (Some(4.9), Some(93.0)));
    assert_eq!((reading.mem_free_bytes, reading.mem_used_bytes), (Some(1000 * MIB), Some(3000 * MIB)));
    assert_eq!(
        (reading.mem_buff_cache_bytes, reading.swap_free_bytes),
        (Some(4_194_828_288), Some(2047 * MIB))
    );
    assert_eq!(reading.mem_available_bytes, Some(4500 * MIB));
    let process = &reading.processes.unwrap()[0];
    assert_eq!((process.user.as_deref(), process.command.as_deref()), (Some("eva"), Some("yes")));
    assert_eq!(reading.remarks, []);
}

#[test]
fn numbers_that_are_cut_are_left_out() {
    let reading = read_text(
        "\
KiB Mem : 13174792+total,  1234567 free, 90000000 used, 40513353+buff/cache
KiB Swap:  2097148 total,  2097148 free,        0 used. 11911
",
    );
    assert_eq!((reading.mem_total_bytes, reading.mem_free_bytes), (None, Some(1_264_196_608)));
    assert_eq!((reading.mem_available_bytes, reading.swap_used_bytes), (None, Some(0)));
    assert_eq!(reading.remarks.len(), 3);
}

#[test]
fn two_processors_or_memory_and_swap_share_a_line() {
    let reading = read_text("\
%Cpu0  :  1.0 us,  2.0 sy,  0.0 ni, 97.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st   %Cpu1  : 11.0 us,  0.0 sy,  0.0 ni, 89.0 id,  0.0 wa,  0.0 hi,  0.0 si,  0.0 st 
GiB Mem :     23.5 total,     13.3 free,      1.4 used,      9.2 buff/cache       GiB Swap:      4.0 total,      4.0 free,      0.0 used.     21.7 avail Mem 
");
    let cpus = reading.cpus.unwrap();
    assert_eq!((cpus.len(), cpus[1].id.as_deref(), cpus[1].user), (2, Some("1"), Some(11.0)));
    assert_eq!((reading.mem_total_bytes, reading.swap_total_bytes), (Some(25_232_932_864), Some(4 << 30)));
    assert_eq!((reading.cpu_user_pct, reading.processes), (None, None));
}

#[test]
fn bars_say_less_than_numbers() {
    let reading = read_text(
        "\
%Cpu(s):  92.0/8.0   100[||||||||||]
MiB Mem :  6.7/24105.0   [|||       ]
MiB Swap:  0.0/1024.0    [          ]
",
    );
    assert_eq!(
        (reading.cpu_user_pct, reading.cpu_sys_pct, reading.cpu_idle_pct),
        (Some(92.0), Some(8.0), None)
    );
    assert_eq!((reading.mem_total_bytes, reading.swap_total_bytes), (Some(24_105 * MIB), Some(1024 * MIB)));
    assert_eq!(reading.mem_used_bytes, None);
}

#[test]
fn procps_3_2_has_its_units_behind_the_numbers() {
    let reading = read_text(
        "\
Cpu(s): 50.5%us,  1.0%sy,  0.0%ni, 48.0%id,  0.5%wa,  0.0%hi,  0.0%si,  0.0%st
Mem:   4054712k total,  4000000k used,    54712k free,    10000k buffers
Swap:  2097144k total,        0k used,  2097144k free,  1200000k cached
",
    );
    assert_eq!((reading.cpu_user_pct, reading.mem_used_bytes), (Some(50.5), Some(4_000_000 << 10)));
    assert_eq!(
        (reading.mem_buffers_bytes, reading.mem_cached_bytes),
        (Some(10_000 << 10), Some(1_200_000 << 10))
    );
    assert_eq!(reading.processes, None);
}

#[test]
fn fields_may_stand_behind_the_command() {
    let reading = read_text("\
    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND                   PPID   UID nTH CGROUPS                ENVIRON                vMj
   4810 kim       20   0   10288   4052   3332 R   5.9   0.1   0:00.02 Web Content               1580  1000   7 12:memory:/user.slice+ SHELL=/bin/sh PWD=/x     0
   1234 kim       20   0   10288   4052   3332 R   5.9   0.1 111110:00.02 sh                       3456  1000   1 -                      -                        0
    PID COMMAND         %CPU S
      9 Isolated Web Co  1.5 R
");
    // The second header begins a frame; the frame before it had more, but its table as well.
    assert_eq!(reading.processes.as_ref().unwrap()[0].command.as_deref(), Some("Isolated Web Co"));
    let reading = read_text(
        "\
    PID USER      COMMAND                   PPID   UID nTH CGROUPS                ENVIRON                vMj
   4810 kim       Web Content               1580  1000   7 12:memory:/user.slice+ SHELL=/bin/sh PWD=/x     0
      9 kim       sh                           2  1000   1 -                      -                        0
",
    );
    let processes = reading.processes.unwrap();
    assert_eq!((processes[0].command.as_deref(), processes[0].ppid), (Some("Web Content"), Some(1580)));
    assert_eq!((processes[1].command.as_deref(), processes[1].nlwp), (Some("sh"), Some(1)));
}

#[test]
fn the_last_complete_frame_counts() {
    let two = format!("{PROCPS_4}\n{}", PROCPS_4.replace("23888", "23889").replace("3.89", "4.89"));
    assert_eq!(read_text(&two).load1, Some(4.89));
    let cut = two.len() - 200;
    assert_eq!(read_text(&two[..cut]).load1, Some(3.89));
    // A terminal without cursor movement: the next frame begins behind the last row.
    let glued = format!("{}     -{}", PROCPS_4.trim_end(), PROCPS_4.replace("3.89", "4.89"));
    let reading = read_text(&glued);
    assert_eq!((reading.load1, reading.processes.unwrap().len()), (Some(4.89), 2));
}

#[test]
fn rows_that_are_cut_are_left_out() {
    let reading = read_text(&PROCPS_4[..PROCPS_4.len() - 30]);
    assert_eq!(reading.processes.unwrap().len(), 1);
    assert_eq!(reading.remarks.len(), 1);
    assert_eq!(parse(&Text::of("top", "top: failed tty get\n")).unwrap_err().line, 1);
}

#[test]
fn procps_2_has_its_processors_in_a_table() {
    let reading = read_text(
        "\
 14:05:01  up 41 days,  5:17,  3 users,  load average: 0.00, 0.01, 0.05
82 processes: 81 sleeping, 1 running, 0 zombie, 0 stopped
CPU states:  cpu    user    nice  system    irq  softirq  iowait    idle
           total    0.9%    0.1%    0.8%   0.0%     0.2%    0.3%   97.7%
           cpu00    1.9%    0.0%    0.8%   0.0%     0.0%    0.3%   97.0%
Mem:   513428k av,  500000k used,   13428k free,       7k shrd,   50000k buff
                    300000k actv,  100000k in_d,   10000k in_c
Swap: 1048568k av,       8k used, 1048560k free                  300000k cached

  PID USER     PRI  NI  SIZE  RSS SHARE STAT %CPU %MEM   TIME CPU COMMAND
    1 root      15   0   500  400   300 S <   0.0  0.1   0:04   1 init x
",
    );
    assert_eq!(
        (reading.cpu_user_pct, reading.cpu_nice_pct, reading.cpu_sys_pct),
        (Some(0.9), Some(0.1), Some(0.8))
    );
    assert_eq!((reading.cpu_wait_pct, reading.cpu_idle_pct), (Some(0.3), Some(97.7)));
    let cpu = &reading.cpus.as_ref().unwrap()[0];
    assert_eq!((cpu.id.as_deref(), cpu.user, cpu.idle), (Some("0"), Some(1.9), Some(97.0)));
    assert_eq!((reading.process_count, reading.processes_running), (Some(82), Some(1)));
    assert_eq!(
        (reading.mem_total_bytes, reading.mem_buffers_bytes),
        (Some(513_428 << 10), Some(50_000 << 10))
    );
    assert_eq!((reading.mem_cached_bytes, reading.swap_used_bytes), (Some(300_000 << 10), Some(8 << 10)));
    let process = &reading.processes.as_ref().unwrap()[0];
    assert_eq!(
        (process.rss_bytes, process.virt_bytes, process.cpu_pct),
        (Some(400 << 10), Some(500 << 10), Some(0.0))
    );
    assert_eq!((process.state.as_deref(), process.command.as_deref()), (Some("S"), Some("init x")));
    assert_eq!(reading.remarks, []);
}

/// toybox of Android 14, shortened.
#[test]
fn toybox_sorts_by_a_column_in_brackets() {
    let reading = read_text(
        "Last login: Tue Mar  3 10:00:00 2026 from 10.0.0.9\nTasks: 612 total,   2 running, 610 sleeping,   0 stopped,   0 zombie\n  Mem:  4000000K total,  3900000K used,   100000K free,    51200K buffers\n Swap:  2000000K total,   500000K used,  1500000K free,  1200000K cached\n400%cpu  40%user   4%nice  60%sys 290%idle   2%iow   2%irq   2%sirq   0%host\n  PID USER         PR  NI VIRT  RES  SHR S[%CPU] %MEM     TIME+ ARGS            \n 1234 shell        20   0  10G 3.9M 3.0M R 20.0   0.1   0:00.33 top -b -n 1\n",
    );
    assert_eq!(
        (reading.cpu_user_pct, reading.cpu_idle_pct, reading.cpu_count),
        (Some(10.0), Some(72.5), Some(4))
    );
    assert_eq!((reading.process_count, reading.processes_running), (Some(612), Some(2)));
    let process = &reading.processes.unwrap()[0];
    assert_eq!((process.cpu_pct, process.mem_pct), (Some(20.0), Some(0.1)));
    assert_eq!(process.command.as_deref(), Some("top -b -n 1"));
}

#[test]
fn a_first_line_that_is_not_understood_counts_no_tasks() {
    let reading = read_text(
        "top - 18:55:40 up 12 Tage, 10:34,  3 Benutzer,  Durchschnittslast: 0,84, 0,41, 0,56\nTasks: 230 gesamt,   1 laufend, 229 schlafend,   0 gestoppt,   0 Zombie\n",
    );
    assert_eq!((reading.process_count, reading.processes_running), (Some(230), Some(1)));
}
