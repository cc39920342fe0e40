//! The fields of each kind of row, by their JSON names.
//!
//! Beside each list a module holds the positions, for implementing
//! [`Row`](super::Row): `servers::CPU_PCT` is the position of `cpu_pct` in [`SERVERS`].

use super::{FieldDef, FieldKind};

macro_rules! fields {
    ($(#[$doc:meta])* $list:ident $positions:ident {
        $($position:ident $name:literal $kind:ident $(($words:expr))? [$($alias:literal),*];)*
    }) => {
        $(#[$doc])*
        pub const $list: &[FieldDef] = &[$(FieldDef {
            name: $name,
            kind: FieldKind::$kind $(($words))?,
            aliases: &[$($alias),*],
        }),*];

        #[doc = concat!("Positions in [`", stringify!($list), "`].")]
        pub mod $positions {
            $(
                #[doc = concat!("`", $name, "`")]
                pub const $position: usize = super::position(super::$list, $name);
            )*
        }
    };
}

/// Where a name is in a list; evaluated while compiling.
const fn position(fields: &[FieldDef], name: &str) -> usize {
    let mut position = 0;
    while position < fields.len() && !is_same(fields[position].name.as_bytes(), name.as_bytes()) {
        position += 1;
    }
    position
}

const fn is_same(left: &[u8], right: &[u8]) -> bool {
    match (left, right) {
        ([], []) => true,
        ([a, left @ ..], [b, right @ ..]) => *a == *b && is_same(left, right),
        _ => false,
    }
}

/// The words of [`Health`](crate::status::Health), from best to worst.
const HEALTH: &[&str] = &["healthy", "degraded", "unknown", "failed"];
/// The words of [`Severity`](crate::status::Severity), from least to worst.
const SEVERITY: &[&str] = &["info", "warning", "major", "critical"];
/// The words of a field that holds or does not.
const FLAG: &[&str] = &["false", "true"];

fields! {
    /// Fields of a server.
    SERVERS servers {
        NAME "name" Text ["server"];
        PATH "path" Text [];
        TENANT "tenant" Text [];
        CLUSTER "cluster" Text [];
        ADDRESS "address" Text ["ip"];
        ROLE "role" Text [];
        PARENT "parent" Text ["host"];
        KIND "kind" Text [];
        VERSION "version" Text [];
        STATUS "status" Status(&["UP", "STALE", "DOWN", "UNKNOWN"]) [];
        HEALTH "health" Choice(HEALTH) [];
        PROBLEM "problem" Choice(SEVERITY) [];
        CPU_PCT "cpu_pct" Number ["cpu"];
        CPU_COUNT "cpu_count" Number ["cpus"];
        LOAD1 "load1" Number ["load"];
        MEMORY_PCT "memory_pct" Number ["memory", "mem"];
        MEMORY_BYTES "memory_bytes" Bytes ["memory", "mem"];
        MEMORY_USED_BYTES "memory_used_bytes" Bytes ["memory_used"];
        SWAP_PCT "swap_pct" Number ["swap"];
        DISK_PCT "disk_pct" Number ["disk"];
        DISK_MOUNT "disk_mount" Text ["mount"];
        NETWORK_RX_BYTES_PER_S "network_rx_bytes_per_s" Bytes ["rx"];
        NETWORK_TX_BYTES_PER_S "network_tx_bytes_per_s" Bytes ["tx"];
        APPLICATIONS_STARTED "applications_started" Number [];
        APPLICATIONS_TOTAL "applications_total" Number ["applications", "apps"];
        SERVICES_BAD "services_bad" Number ["bad"];
        UPTIME_S "uptime_s" Seconds ["uptime"];
        OS "os" Text [];
        KERNEL "kernel" Text [];
        ARCHITECTURE "architecture" Text ["arch"];
        VIRTUALISATION "virtualisation" Text [];
        LABEL "label" Text ["labels"];
        UNIT_PROBLEMS "unit_problems" Text ["unit_problem"];
        CONNECTED "connected" Choice(FLAG) [];
        SINCE "since" Time [];
        CAUSE "cause" Text [];
        AGE_MS "age_ms" Millis ["age"];
        STALE "stale" Choice(FLAG) [];
    }
}

fields! {
    /// Fields of an application.
    APPLICATIONS applications {
        NAME "name" Text ["application", "app"];
        PATH "path" Text [];
        TENANT "tenant" Text [];
        CLUSTER "cluster" Text [];
        SERVER "server" Text [];
        KIND "kind" Text [];
        STATUS "status" Status(&["STARTING", "STARTED", "STOPPING", "STOPPED", "FAILED", "QUARANTINED", "UNKNOWN"]) [];
        HEALTH "health" Choice(HEALTH) [];
        PROBLEM "problem" Choice(SEVERITY) [];
        DESIRED "desired" Text [];
        VERSION "version" Text [];
        VERSION_DIFFERS "version_differs" Choice(FLAG) [];
        INSTANCES_STARTED "instances_started" Number [];
        INSTANCES_TOTAL "instances_total" Number ["instances"];
        PID "pid" Number [];
        RESTARTS "restarts" Number [];
        RESTARTS_1H "restarts_1h" Number [];
        RESTARTS_24H "restarts_24h" Number [];
        HTTP_PORT "http_port" Number ["port"];
        MEMORY_BYTES "memory_bytes" Bytes ["memory", "mem"];
        CPU_PCT "cpu_pct" Number ["cpu"];
        TPS "tps" Number [];
        ERRORS_TOTAL "errors_total" Number ["errors"];
        ERROR_PCT "error_pct" Number [];
        STARTED_AT "started_at" Time ["started"];
        SINCE "since" Time [];
        CAUSE "cause" Text [];
        LAST_ACTION "last_action" Time [];
        AGE_MS "age_ms" Millis ["age"];
        STALE "stale" Choice(FLAG) [];
    }
}

fields! {
    /// Fields of a service.
    SERVICES services {
        NAME "name" Text ["service"];
        PATH "path" Text [];
        TENANT "tenant" Text [];
        CLUSTER "cluster" Text [];
        SERVER "server" Text [];
        APPLICATION "application" Text ["app"];
        STATUS "status" Status(&["STARTED", "STOPPED", "MALFUNCTION", "UNKNOWN"]) [];
        HEALTH "health" Choice(HEALTH) [];
        PROBLEM "problem" Choice(SEVERITY) [];
        CODES "codes" Text ["code"];
        TPS "tps" Number [];
        TRANSACTIONS_TOTAL "transactions_total" Number ["transactions", "total"];
        ERRORS_TOTAL "errors_total" Number ["errors"];
        ERROR_PCT "error_pct" Number [];
        LATENCY_P50_MS "latency_p50_ms" Millis ["p50"];
        LATENCY_P95_MS "latency_p95_ms" Millis ["p95", "latency"];
        MESSAGE "message" Text [];
        SINCE "since" Time [];
        AGE_MS "age_ms" Millis ["age"];
        STALE "stale" Choice(FLAG) [];
    }
}

fields! {
    /// Fields of a task.
    TASKS tasks {
        NAME "name" Text ["task"];
        PATH "path" Text [];
        TENANT "tenant" Text [];
        CLUSTER "cluster" Text [];
        SERVER "server" Text [];
        APPLICATION "application" Text ["app"];
        STATUS "status" Status(&["OK", "RUNNING", "FAILED", "LATE", "UNKNOWN"]) [];
        HEALTH "health" Choice(HEALTH) [];
        SCHEDULE "schedule" Text [];
        LAST_STARTED "last_started" Time [];
        LAST_FINISHED "last_finished" Time [];
        DURATION_MS "duration_ms" Millis ["duration"];
        NEXT_DUE "next_due" Time ["due"];
        LATE_S "late_s" Seconds ["late"];
        MESSAGE "message" Text [];
        SINCE "since" Time [];
        AGE_MS "age_ms" Millis ["age"];
        STALE "stale" Choice(FLAG) [];
    }
}

fields! {
    /// Fields of an action; those of its targets have a value for each target.
    ACTIONS actions {
        ID "id" Text ["action"];
        OPERATION "operation" Text [];
        STATUS "status" Status(&["PENDING", "RUNNING", "SUCCEEDED", "FAILED", "UNKNOWN"]) [];
        PRINCIPAL "principal" Text ["user", "actor"];
        REASON "reason" Text [];
        PATH "path" Text ["target"];
        TENANT "tenant" Text [];
        CLUSTER "cluster" Text [];
        SERVER "server" Text [];
        APPLICATION "application" Text ["app"];
        MESSAGE "message" Text [];
        TARGETS "targets" Number [];
        CREATED_AT "created_at" Time ["created", "time"];
        COMPLETED_AT "completed_at" Time ["completed"];
        EXPIRES_AT "expires_at" Time ["expires"];
    }
}

fields! {
    /// Fields of an event; `status` and `message` are what its payload says.
    EVENTS events {
        SEQ "seq" Number [];
        TIME "time" Time [];
        KIND "kind" Text [];
        ACTOR "actor" Text ["user", "principal"];
        ACTION "action" Text [];
        OBJECT "object" Text ["path"];
        TENANT "tenant" Text [];
        CLUSTER "cluster" Text [];
        SERVER "server" Text [];
        APPLICATION "application" Text ["app"];
        STATUS "status" Text [];
        MESSAGE "message" Text ["reason", "payload"];
    }
}

fields! {
    /// Fields of an object that a rule looks at: what its scope can name. What an object does not have, such
    /// as the application of a server, has no value.
    OBJECTS objects {
        KIND "kind" Choice(&["server", "application", "service", "task", "cluster", "tenant"]) [];
        NAME "name" Text [];
        PATH "path" Text ["object"];
        TENANT "tenant" Text [];
        CLUSTER "cluster" Text [];
        SERVER "server" Text [];
        APPLICATION "application" Text ["app"];
        SERVICE "service" Text [];
        ROLE "role" Text [];
        OS "os" Text [];
        LABEL "label" Text ["labels"];
    }
}

fields! {
    /// Fields of a problem.
    PROBLEMS problems {
        ID "id" Number ["problem"];
        STATUS "status" Status(&["OPEN", "CLOSED"]) [];
        SEVERITY "severity" Status(&["info", "warning", "major", "critical"]) [];
        RULE "rule" Text [];
        PATH "path" Text ["object"];
        DETAIL "detail" Text [];
        TENANT "tenant" Text [];
        CLUSTER "cluster" Text [];
        SERVER "server" Text [];
        APPLICATION "application" Text ["app"];
        MESSAGE "message" Text [];
        SINCE "since" Time [];
        CLOSED_AT "closed_at" Time ["closed"];
        DURATION_MS "duration_ms" Millis ["duration"];
        OWNER "owner" Text ["acknowledged_by"];
        ACKNOWLEDGED "acknowledged" Choice(FLAG) ["acked"];
        SUPPRESSED "suppressed" Choice(&["maintenance", "muted", "parent-down", "action", "flapping", "acknowledged"]) ["suppression"];
        FLAPPING "flapping" Choice(FLAG) [];
        CAUSE "cause" Number [];
        SYMPTOMS "symptoms" Number [];
        LABEL "label" Text ["labels"];
    }
}

fields! {
    /// Fields of what a channel was told.
    NOTIFICATIONS notifications {
        ID "id" Number [];
        TIME "time" Time [];
        PROBLEM "problem" Number ["problems"];
        PATH "path" Text ["object"];
        NOTICE "notice" Text [];
        SEVERITY "severity" Status(&["info", "warning", "major", "critical"]) [];
        CHANNEL "channel" Text [];
        ROUTE "route" Text [];
        WHY "why" Text [];
        RESULT "result" Text [];
        REASON "reason" Text [];
        ABOUT "about" Text [];
        ATTEMPT "attempt" Number [];
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::{
        ActionStatus, ApplicationStatus, Health, ProblemStatus, ServerStatus, ServiceStatus, Severity,
        TaskStatus,
    };
    use std::collections::HashSet;

    const LISTS: [&[FieldDef]; 9] =
        [SERVERS, APPLICATIONS, SERVICES, TASKS, ACTIONS, EVENTS, OBJECTS, PROBLEMS, NOTIFICATIONS];

    #[test]
    fn names_are_unique_and_no_alias_hides_one() {
        for list in LISTS {
            let names: HashSet<_> = list.iter().map(|field| field.name).collect();
            assert_eq!(names.len(), list.len());
            for alias in list.iter().flat_map(|field| field.aliases) {
                assert!(!names.contains(alias), "{alias}");
            }
        }
    }

    #[test]
    fn positions_are_those_of_the_lists() {
        assert_eq!(SERVERS[servers::AGE_MS].name, "age_ms");
        assert_eq!(EVENTS[events::SEQ].name, "seq");
        assert_eq!(ACTIONS[actions::COMPLETED_AT].name, "completed_at");
    }

    #[test]
    fn status_fields_list_exactly_the_statuses_there_are() {
        fn check<S: Copy>(list: &[FieldDef], all: &[S], word: fn(S) -> &'static str) {
            let words: Vec<_> = all.iter().map(|status| word(*status)).collect();
            let field = list.iter().find(|field| field.name == "status").unwrap();
            assert_eq!(field.kind, FieldKind::Status(words.leak()));
        }
        check(SERVERS, ServerStatus::ALL, ServerStatus::as_str);
        check(APPLICATIONS, ApplicationStatus::ALL, ApplicationStatus::as_str);
        check(SERVICES, ServiceStatus::ALL, ServiceStatus::as_str);
        check(TASKS, TaskStatus::ALL, TaskStatus::as_str);
        check(ACTIONS, ActionStatus::ALL, ActionStatus::as_str);
        check(PROBLEMS, ProblemStatus::ALL, ProblemStatus::as_str);
        let severities: Vec<_> = Severity::ALL.iter().map(|severity| severity.as_str()).collect();
        assert_eq!(PROBLEMS[problems::SEVERITY].kind, FieldKind::Status(severities.clone().leak()));
        assert_eq!(SEVERITY, severities, "as they are sorted");
        let words: Vec<_> = Health::ALL.iter().map(|health| health.as_str()).collect();
        assert_eq!(HEALTH, words, "from best to worst, as they are sorted");
    }
}
