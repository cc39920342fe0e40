//! From the text of a unit file to a [`Unit`] with all its defaults.

use super::custom;
use super::reader::{Problem, Table, Value};
use super::service;
use super::{
    Account, CommandLine, Health, HealthCheck, Missed, Overlap, Restart, RestartPolicy, Run, Script, Start,
    Stop, Task, TaskCommand, Unit, Version, words,
};
use crate::platform::stop;
use crate::task::schedule::Schedule;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeTable;
use topmast_model::application::{AFTER_MAX, ApplicationKind};
use topmast_model::path::check_name;

/// Fields of the file itself; those of tables stand with the table's function.
const FIELDS: &[&str] = &[
    "description",
    "kind",
    "command",
    "systemd_unit",
    "windows_service",
    "start_command",
    "stop_command",
    "status_command",
    "status_interval",
    "status_timeout",
    "working_directory",
    "user",
    "group",
    "environment",
    "environment_file",
    "depends_on",
    "after",
    "quorum",
    "autostart",
    "http_port",
    "version",
    "version_command",
    "start_wait",
    "start_timeout",
    "stop_signal",
    "stop_grace",
    "restart",
    "health",
    "service",
    "log_files",
    "task",
    "action",
    "service_action",
];
/// Fields that belong to one kind each.
const PROCESS: &[&str] = &["command", "start_wait"];
const SYSTEMD: &[&str] = &["systemd_unit"];
const WINDOWS_SERVICE: &[&str] = &["windows_service"];
const SCRIPT: &[&str] = &["start_command", "stop_command", "status_command", "status_timeout"];

/// What a check may wait: below a millisecond is a typing error, above a day nobody waits.
pub(super) const SPAN: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_hours(24);
/// How often something may be asked: ten times a second is already a load.
pub(super) const INTERVAL: RangeInclusive<Duration> = Duration::from_millis(100)..=Duration::from_hours(24);
/// Largest quorum: as many servers as a cluster may ever have.
const QUORUM_MAX: i64 = 100_000;
/// Most dependencies, tasks, log files and `[[service]]` tables of a unit, each.
pub(super) const LIST_MAX: usize = 100;
/// How often a task may be due: each run is an event in the journal.
const EVERY: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(24 * 366);
/// What a run may take, and by how much it may be late.
const TASK_SPAN: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_hours(24 * 31);
/// Fields of a task: those of every one, then those of one that the agent runs.
const TASK: &[&str] = &[
    "name",
    "schedule",
    "command",
    "every",
    "time_zone",
    "overlap",
    "timeout",
    "retries",
    "retry_wait",
    "late_after",
    "missed",
    "missed_within",
];
/// Those of one that the agent runs.
const OWN_TASK: &[&str] = TASK.split_at(3).1;

pub(super) fn unit(name: &str, text: &str) -> Result<Unit, Problem> {
    if let Err(error) = check_name(name) {
        return Err(Problem::new(0..0, format!("rename the file: {error}")));
    }
    let file = DeTable::parse(text)
        .map_err(|error| Problem::new(error.span().unwrap_or(0..0), error.message().trim_end_matches('.')))?;
    let table = Table::open(file.get_ref(), 0..0, "", FIELDS)?;
    let working_directory = working_directory(&table)?;
    let http_port = table.get("http_port").map(Value::port).transpose()?;
    let run = run(name, &table)?;
    let process = matches!(run, Run::Process { .. });
    let context =
        service::Context { application: name, http_port, working_directory: working_directory.as_ref() };
    Ok(Unit {
        name: name.to_owned(),
        description: table.text("description")?,
        run,
        account: Account { user: table.text("user")?, group: table.text("group")? },
        environment: environment(&table)?,
        environment_file: table.get("environment_file").map(|value| path(value, &context)).transpose()?,
        depends_on: depends_on(name, &table)?,
        after: after(name, &table)?,
        quorum: table.get("quorum").map(quorum).transpose()?,
        // systemd, Windows and init scripts have their own word about starting with the machine.
        autostart: table.boolean("autostart")?.unwrap_or(process),
        http_port,
        version: version(&table)?,
        start: Start {
            wait: table.duration("start_wait", Duration::from_secs(1), Duration::ZERO..=*SPAN.end())?,
            timeout: table.duration("start_timeout", Duration::from_mins(1), SPAN)?,
        },
        stop: Stop {
            signal: table.get("stop_signal").map_or(Ok(stop::USUAL), |value| value.word(&stop::REQUESTS))?,
            grace: table.duration("stop_grace", Duration::from_secs(10), SPAN)?,
        },
        restart: restart(&table, process)?,
        health: table.get("health").map(|value| health(value, &context)).transpose()?,
        services: service::read(&table, &context)?,
        log_files: paths(&table, &context)?,
        tasks: tasks(&table)?,
        actions: custom::read(&table, http_port)?,
        working_directory,
    })
}

fn run(name: &str, table: &Table<'_, '_>) -> Result<Run, Problem> {
    let kinds = [
        ApplicationKind::Process,
        ApplicationKind::Systemd,
        ApplicationKind::Script,
        ApplicationKind::WindowsService,
    ];
    let kinds = kinds.map(|kind| (kind.as_str(), kind));
    let kind = table.get("kind").map_or(Ok(ApplicationKind::Process), |value| value.word(&kinds))?;
    for (owner, fields) in [
        (ApplicationKind::Process, PROCESS),
        (ApplicationKind::Systemd, SYSTEMD),
        (ApplicationKind::Script, SCRIPT),
        (ApplicationKind::WindowsService, WINDOWS_SERVICE),
    ] {
        if owner != kind {
            table.refuse(
                fields,
                &format!("is for kind {:?} and this is {:?}", owner.as_str(), kind.as_str()),
            )?;
        }
    }
    let fields = ["user", "group", "environment", "environment_file", "stop_signal"];
    match kind {
        ApplicationKind::Systemd => {
            table.refuse(&fields, "belongs into the systemd unit")?;
        }
        ApplicationKind::WindowsService => {
            table.refuse(&fields, "belongs into the service's own settings")?;
        }
        ApplicationKind::Process => {
            let kinds = "is for kinds \"systemd\", \"script\" and \"windows-service\"";
            table.refuse(&["status_interval"], kinds)?;
        }
        ApplicationKind::Script => {}
    }
    let status_interval = table.duration("status_interval", Duration::from_secs(2), INTERVAL)?;
    Ok(match kind {
        ApplicationKind::Process => Run::Process {
            command: command(table.need("command", r#"command = ["/usr/bin/program", "argument"]"#)?)?,
        },
        ApplicationKind::Systemd => {
            let unit = table.text("systemd_unit")?.unwrap_or_else(|| name.to_owned());
            let unit = if unit.contains('.') { unit } else { format!("{unit}.service") };
            Run::Systemd { unit, status_interval }
        }
        ApplicationKind::WindowsService => Run::WindowsService {
            service: table.text("windows_service")?.unwrap_or_else(|| name.to_owned()),
            status_interval,
        },
        ApplicationKind::Script => Run::Script(Script {
            start: command(table.need("start_command", r#"start_command = ["/opt/app/bin/start"]"#)?)?,
            stop: command(table.need("stop_command", r#"stop_command = ["/opt/app/bin/stop"]"#)?)?,
            status: command(table.need("status_command", r#"status_command = ["/opt/app/bin/status"]"#)?)?,
            status_interval,
            status_timeout: table.duration("status_timeout", Duration::from_secs(10), SPAN)?,
        }),
    })
}

/// A command as an array of words, or as one text that is split into words.
pub(super) fn command(value: Value<'_, '_>) -> Result<CommandLine, Problem> {
    if !value.is_array() {
        let text = value.text()?;
        return words::split(&text).map_err(|error| value.problem(format!("the command {error}")));
    }
    let words: Vec<String> = value.items()?.into_iter().map(Value::any_text).collect::<Result<_, _>>()?;
    if words.first().is_none_or(String::is_empty) {
        return Err(
            value.problem(r#"the command is empty; write a program first, as in ["/usr/bin/program"]"#)
        );
    }
    Ok(CommandLine(words))
}

fn working_directory(table: &Table<'_, '_>) -> Result<Option<PathBuf>, Problem> {
    let Some(value) = table.get("working_directory") else { return Ok(None) };
    let path = PathBuf::from(value.text()?);
    if path.is_absolute() {
        Ok(Some(path))
    } else {
        Err(value.problem("write an absolute path, one that starts with /"))
    }
}

/// A path; a relative one starts at the working directory.
pub(super) fn path(value: Value<'_, '_>, context: &service::Context<'_>) -> Result<PathBuf, Problem> {
    let path = PathBuf::from(value.text()?);
    match context.working_directory {
        _ if path.is_absolute() => Ok(path),
        Some(directory) => Ok(directory.join(path)),
        None => {
            Err(value.problem("write an absolute path, or add working_directory, where relative paths start"))
        }
    }
}

fn paths(table: &Table<'_, '_>, context: &service::Context<'_>) -> Result<Vec<PathBuf>, Problem> {
    let Some(value) = table.get("log_files") else { return Ok(Vec::new()) };
    bounded(value)?.into_iter().map(|value| path(value, context)).collect()
}

/// The items of an array that people write by hand.
pub(super) fn bounded<'a, 'i>(value: Value<'a, 'i>) -> Result<Vec<Value<'a, 'i>>, Problem> {
    let items = value.items()?;
    if items.len() > LIST_MAX {
        return Err(value.problem(format!("{} entries are too many; write at most {LIST_MAX}", items.len())));
    }
    Ok(items)
}

fn environment(table: &Table<'_, '_>) -> Result<BTreeMap<String, String>, Problem> {
    let Some(value) = table.get("environment") else { return Ok(BTreeMap::new()) };
    let pairs = value.pairs()?.into_iter().map(|(name, value)| {
        if name.is_empty() || name.contains(['=', '\0']) {
            return Err(value.problem("a variable's name is not empty and has no ="));
        }
        if name.starts_with("TOPMAST_") {
            return Err(value.problem("names that start with TOPMAST_ are the agent's own; choose another"));
        }
        Ok((name.to_owned(), value.any_text()?))
    });
    pairs.collect()
}

fn depends_on(name: &str, table: &Table<'_, '_>) -> Result<Vec<String>, Problem> {
    let Some(value) = table.get("depends_on") else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for item in bounded(value)? {
        let dependency = item.text()?;
        if dependency == name {
            return Err(item.problem(format!("{name} depends on itself; remove it")));
        }
        if !names.contains(&dependency) {
            names.push(dependency);
        }
    }
    Ok(names)
}

fn after(name: &str, table: &Table<'_, '_>) -> Result<Vec<String>, Problem> {
    let Some(value) = table.get("after") else { return Ok(Vec::new()) };
    let mut names = Vec::new();
    for item in bounded(value)? {
        let before = item.text()?;
        if before == name {
            return Err(item.problem(format!("{name} comes after itself; remove it")));
        }
        check_name(&before).map_err(|error| item.problem(error.to_string()))?;
        if !names.contains(&before) {
            names.push(before);
        }
    }
    if names.len() > AFTER_MAX {
        return Err(value.problem(format!("are {} names; give at most {AFTER_MAX}", names.len())));
    }
    Ok(names)
}

fn quorum(value: Value<'_, '_>) -> Result<u32, Problem> {
    let count = value.integer(1..=QUORUM_MAX)?;
    u32::try_from(count).map_err(|error| value.problem(error.to_string()))
}

fn version(table: &Table<'_, '_>) -> Result<Option<Version>, Problem> {
    let text = table.text("version")?.map(Version::Text);
    match (text, table.get("version_command")) {
        (Some(_), Some(value)) => Err(value.problem("version is there too; keep one of the two")),
        (text, None) => Ok(text),
        (None, Some(value)) => command(value).map(|command| Some(Version::Command(command))),
    }
}

fn restart(table: &Table<'_, '_>, process: bool) -> Result<Restart, Problem> {
    const POLICIES: [(&str, RestartPolicy); 3] = [
        ("never", RestartPolicy::Never),
        ("on-failure", RestartPolicy::OnFailure),
        ("always", RestartPolicy::Always),
    ];
    let mut restart = Restart {
        // What systemd, Windows or a script runs is restarted by these, or by whoever wrote the script.
        policy: if process { RestartPolicy::OnFailure } else { RestartPolicy::Never },
        initial: Duration::from_secs(1),
        max: Duration::from_mins(1),
        factor: 2.0,
        max_restarts: 5,
        window: Duration::from_mins(10),
    };
    let Some(value) = table.get("restart") else { return Ok(restart) };
    let table = value.table(&["policy", "initial", "max", "factor", "max_restarts", "window"])?;
    if let Some(value) = table.get("policy") {
        restart.policy = value.word(&POLICIES)?;
    }
    restart.initial = table.duration("initial", restart.initial, Duration::ZERO..=*SPAN.end())?;
    restart.max = table.duration("max", restart.max.max(restart.initial), restart.initial..=*SPAN.end())?;
    if let Some(value) = table.get("factor") {
        restart.factor = value.number(1.0..=100.0)?;
    }
    if let Some(value) = table.get("max_restarts") {
        // The range makes the conversion fit.
        restart.max_restarts = u32::try_from(value.integer(0..=1_000)?).unwrap_or(0);
    }
    restart.window = table.duration("window", restart.window, Duration::from_secs(1)..=*SPAN.end())?;
    Ok(restart)
}

fn health(value: Value<'_, '_>, context: &service::Context<'_>) -> Result<Health, Problem> {
    let table = value.table(&["http", "tcp", "exec", "interval", "timeout", "failures"])?;
    let checks = ["http", "tcp", "exec"].map(|name| table.get(name));
    let check = match checks {
        [Some(http), None, None] => HealthCheck::Http { url: service::url_or_path(http, context)? },
        [None, Some(tcp), None] => {
            let (host, port) = service::host_and_port(tcp)?;
            HealthCheck::Tcp { host, port }
        }
        [None, None, Some(exec)] => HealthCheck::Exec { command: command(exec)? },
        _ => {
            let message =
                r#"write exactly one check in [health]: http = "/health", tcp = 8080 or exec = ["…"]"#;
            return Err(Problem::new(table.span(), message));
        }
    };
    let interval = table.duration("interval", Duration::from_secs(5), INTERVAL)?;
    let failures = table.get("failures").map_or(Ok(3), |value| value.integer(1..=100))?;
    Ok(Health {
        check,
        interval,
        timeout: table.duration("timeout", Duration::from_secs(2), SPAN)?,
        // The range makes the conversion fit.
        failures: u32::try_from(failures).unwrap_or(u32::MAX),
    })
}

fn tasks(table: &Table<'_, '_>) -> Result<Vec<Task>, Problem> {
    let Some(value) = table.get("task") else { return Ok(Vec::new()) };
    let mut tasks: Vec<Task> = Vec::new();
    for value in bounded(value)? {
        let table = value.table(TASK)?;
        let name = service::name(table.need("name", r#"name = "end-of-day""#)?)?;
        if tasks.iter().any(|task| task.name == name) {
            return Err(value.problem(format!("a second task is named {name:?}; choose another name")));
        }
        let run = task_command(&table)?;
        let schedule = if run.is_some() { None } else { table.text("schedule")? };
        tasks.push(Task { name, schedule, run });
    }
    Ok(tasks)
}

/// What the agent runs; nothing without a command, for then the application runs it.
fn task_command(table: &Table<'_, '_>) -> Result<Option<TaskCommand>, Problem> {
    let Some(program) = table.get("command") else {
        table.refuse(OWN_TASK, "is for a task with a command")?;
        return Ok(None);
    };
    let zone = table.get("time_zone");
    let zone_name = zone.map(Value::text).transpose()?;
    let schedule = match (table.get("schedule"), table.get("every")) {
        (Some(_), Some(every)) => {
            return Err(every.problem("schedule and every exclude each other; remove one"));
        }
        (Some(cron), None) => {
            // Told at the zone when that is what is wrong.
            let place =
                zone.filter(|_| Schedule::cron("@daily", zone_name.as_deref()).is_err()).unwrap_or(cron);
            let text = cron.text()?;
            Some(Schedule::cron(&text, zone_name.as_deref()).map_err(|error| place.problem(error))?)
        }
        (None, Some(every)) => {
            table.refuse(&["time_zone"], "is for a cron expression")?;
            Some(Schedule::every(every.duration(EVERY)?, &every.text()?))
        }
        (None, None) => {
            table.refuse(&["time_zone"], "is for a cron expression")?;
            None
        }
    };
    let within = table.duration("missed_within", Duration::from_hours(24), TASK_SPAN)?;
    let missed = [("skip", Missed::Skip), ("run-once", Missed::RunOnce(within))];
    let missed = table.get("missed").map_or(Ok(Missed::Skip), |value| value.word(&missed))?;
    if missed == Missed::Skip {
        table.refuse(&["missed_within"], "is for missed = \"run-once\"")?;
    }
    let overlaps = [("skip", Overlap::Skip), ("queue", Overlap::Queue), ("kill", Overlap::Kill)];
    Ok(Some(TaskCommand {
        command: command(program)?,
        schedule,
        overlap: table.get("overlap").map_or(Ok(Overlap::Skip), |value| value.word(&overlaps))?,
        timeout: table.duration("timeout", Duration::from_hours(1), TASK_SPAN)?,
        retries: match table.get("retries") {
            // The range makes the conversion fit.
            Some(value) => value.integer(0..=100).map(|count| u32::try_from(count).unwrap_or(0))?,
            None => 0,
        },
        retry_wait: table.duration("retry_wait", Duration::from_mins(1), SPAN)?,
        late_after: table.duration("late_after", Duration::from_mins(5), TASK_SPAN)?,
        missed,
    }))
}
