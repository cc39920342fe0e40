//! Random commands over the small universe of names.

use super::access::any_access_order;
use super::notification::{any_notification, any_telling_alarm};
use super::problem::any_problem;
use super::safety::any_safety;
use super::tenant::any_tenant;
use super::*;
use crate::aws_alarm::tests::{composite_alarm, metric_alarm};
use crate::configuration::tests::{some_configuration, some_held};
use crate::log_group::tests::some_filter;
use crate::parameter::tests::some_version;
use topmast_model::access::NewSession;
use topmast_model::account::AccountId;
use topmast_model::aws_alarm::{ActionOutcome, Basis, SeenAlarm, StateSaid};
use topmast_model::code::{CodeKind, CodeOrder};
use topmast_model::command::MasterOrder;
use topmast_model::configuration::{ApplyConfiguration, ConfigurationOrder, ConfigurationUse};
use topmast_model::dashboard::DashboardOrder;
use topmast_model::federation::{PassedAnswer, PassedNote, PassedRequest};
use topmast_model::log::{LogReading, LogUse};
use topmast_model::log_group::{LogGroupOrder, LogGroupSpec};
use topmast_model::package::key::TrustKeyOrder;
use topmast_model::package::{PackageOrder, PackageVersion};
use topmast_model::parameter::ParameterOrder;
use topmast_model::principal::Grant;
use topmast_model::status::AlarmState;
use topmast_model::tag::TagTarget;
use topmast_model::task_order::{HeartbeatSpec, Ping, Sign, TaskOrder};

pub(super) fn any_move() -> impl Strategy<Value = Move> {
    // Mostly the one who may, so that histories get somewhere; now and then the clock is set back.
    let pass = prop_oneof![8 => 0_i64..5_000, 2 => 0_i64..200_000, 1 => -10_000_i64..0, 1 => Just(HOUR_MS)];
    (pass, any_command(), 0_u8..10, any_who()).prop_map(|(pass_ms, (fitting, command), luck, anybody)| {
        let who = if luck < 7 { fitting } else { anybody };
        Move { pass_ms, who, command }
    })
}

/// A move of a history in which mostly problems come and go and are told.
pub(super) fn any_told_move() -> impl Strategy<Value = Move> {
    let pass = prop_oneof![8 => 0_i64..5_000, 3 => 0_i64..200_000, 1 => -10_000_i64..0, 1 => Just(HOUR_MS)];
    let settle = (Just(Who::Master), Just(Command::SettleProblems));
    let told = prop_oneof![8 => any_problem(), 4 => settle, 14 => any_notification(), 6 => any_telling_alarm(), 1 => any_aws_alarm()];
    let others = (any_command(), 0_u8..10, any_who())
        .prop_map(|((fitting, command), luck, anybody)| (if luck < 7 { fitting } else { anybody }, command));
    let next = prop_oneof![6 => told, 1 => others];
    (pass, next).prop_map(|(pass_ms, (who, command))| Move { pass_ms, who, command })
}

const HOUR_MS: i64 = 3_600_000;

fn any_who() -> impl Strategy<Value = Who> {
    prop_oneof![
        Just(Who::Master),
        prop::sample::select(&USERS[..]).prop_map(Who::User),
        any_server().prop_map(Who::Agent),
        Just(Who::Nobody),
    ]
}

pub(super) fn any_server() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&SERVERS[..])
}

/// A command with somebody who fits it.
fn any_command() -> impl Strategy<Value = (Who, Command)> {
    let root = || Who::User("root");
    let user = || prop::sample::select(&USERS[..]).prop_map(str::to_owned);
    let number = || 0_usize..6;
    let id = || (0_u128..6).prop_map(Uuid::from_u128);
    let expiry = || prop_oneof![Just(UnixMillis(i64::MAX)), (900_000_i64..9_000_000).prop_map(UnixMillis)];
    let operate = any_operation();
    let offset = prop_oneof![6 => Just(1_u64), 2 => Just(0), 1 => Just(2)];
    let report = (any_server(), mostly_one(), offset, prop::collection::vec(any_report(), 0..6)).prop_map(
        |(server, instance, first, reports)| {
            let instance = Uuid::from_u128(instance);
            let reports = numbered(first, reports);
            (Who::Agent(server), Command::ReportFacts { server: path(server), instance, reports })
        },
    );
    let register = (any_server(), mostly_one()).prop_map(|(server, instance)| {
        (
            Who::Agent(server),
            Command::RegisterServer { server: path(server), registration: registration(instance) },
        )
    });
    let skip = (any_server(), mostly_one(), 0_u64..9).prop_map(|(server, instance, up_to)| {
        let instance = Uuid::from_u128(instance);
        (Who::Agent(server), Command::SkipReports { server: path(server), instance, up_to })
    });
    let observe = (any_server(), prop::sample::select(ServerStatus::ALL)).prop_map(|(server, status)| {
        let cause = Cause::Connection { message: "no data".into() };
        Command::ObserveServer { server: path(server), status, cause }
    });
    let enrolment = (number(), any_server(), number()).prop_map(|(secret, server, fingerprint)| {
        enrol_command(secret, &path(server), certificate(fingerprint, UnixMillis(9_000_000)))
    });
    let renew = (any_server(), number()).prop_map(|(server, fingerprint)| {
        let certificate = certificate(fingerprint, UnixMillis(9_000_000));
        (Who::Agent(server), Command::RenewAgent { server: path(server), certificate })
    });
    let by_root = prop_oneof![
        28 => operate,
        3 => (0_u128..8, prop::option::of(any_server())).prop_map(|(id, server)| Command::CancelAction {
            id: action_id(id), within: server.map(path).into_iter().collect()
        }),
        2 => any_task_order(),
        1 => any_server().prop_map(|server| Command::RemoveServer { server: path(server) }),
        1 => any_server().prop_map(|server| Command::RevokeAgent { server: path(server) }),
        2 => (user(), number(), some_grants()).prop_map(|(name, hash, grants)| Command::CreateUser {
            name, password_hash: password(hash), grants
        }),
        1 => (user(), number()).prop_map(|(name, hash)| Command::SetPassword { name, password_hash: password(hash) }),
        2 => (user(), some_grants()).prop_map(|(name, grants)| Command::SetGrants { name, grants }),
        1 => user().prop_map(|name| Command::DeleteUser { name }),
        6 => (id(), user(), number(), some_grants(), any::<bool>()).prop_map(|(id, owner, secret, grants, speaks)| {
            let (name, secret_hash) = (format!("t{secret}"), digest(secret));
            Command::CreateToken {
                id, name, owner, secret_hash, grants, expires_at: None, speaks_for_users: speaks
            }
        }),
        8 => id().prop_map(|id| Command::RevokeToken { id }),
        2 => (id(), any::<bool>()).prop_map(|(id, is_request)| {
            let (join, method, path) = ("east".to_owned(), "POST".to_owned(), "actions".to_owned());
            let note = if is_request {
                PassedNote::Request(PassedRequest { id, join, method, path })
            } else {
                PassedNote::Answer(PassedAnswer { id, join, status: Some(202), action: None, message: None })
            };
            Command::NotePassedOn { note: Box::new(note) }
        }),
        6 => (number(), user(), some_grants()).prop_map(|(number, owner, grants)| Command::CreateAccessKey {
            id: access_key(number), name: format!("k{number}"), owner, account: AccountId::of(1), grants, expires_at: None
        }),
        6 => number().prop_map(|number| Command::RevokeAccessKey { id: access_key(number) }),
        2 => (id(), number(), expiry()).prop_map(|(id, secret, expires_at)| {
            create_join_token(id, &path("acme/main"), secret, 2, expires_at)
        }),
        1 => id().prop_map(|id| Command::RevokeJoinToken { id }),
    ];
    let by_master = prop_oneof![
        3 => observe,
        3 => Just(Command::ExpireActions), 6 => Just(Command::AdvanceActions),
        1 => (0_u64..9).prop_map(activate_master),
        1 => (0_u64..9).prop_map(restore_journal),
        1 => Just(Command::ChangeMaster { order: MasterOrder::HandOver { to: "m2".to_owned() } }),
        2 => (user(), number(), expiry()).prop_map(|(user, secret, expires_at)| Command::OpenSession {
            session: Box::new(NewSession {
                id: Uuid::from_u128(secret as u128), user, secret_hash: digest(secret), expires_at, client: None
            })
        }),
        4 => any_access_order().prop_map(|order| Command::ChangeAccess { order }),
        1 => user().prop_map(|user| Command::RecordLoginFailure { user }),
        2 => enrolment,
    ];
    prop_oneof![
        10 => by_root.prop_map(move |command| (root(), command)),
        6 => by_master.prop_map(|command| (Who::Master, command)),
        8 => report,
        1 => skip,
        2 => register,
        2 => renew,
        6 => any_reading(),
        2 => any_terminal(),
        10 => any_problem(),
        7 => any_aws_alarm(),
        3 => any_dashboard(),
        6 => any_parameter(),
        2 => any_package(),
        1 => any_trust_key(),
        3 => any_log_group(),
        4 => any_configuration(),
        3 => any_tag(),
        8 => any_notification(),
        3 => any_safety(),
        1 => any_tenant(),
    ]
}

/// A command about parameters.
fn any_parameter() -> impl Strategy<Value = (Who, Command)> {
    let tenant = || prop_oneof![9 => Just("acme"), 1 => Just("acme/main")].prop_map(path);
    let name = || prop::sample::select(&["a", "/a", "/a/b", "c", "a//"][..]).prop_map(str::to_owned);
    let label = || prop::sample::select(&["old", "new", "9"][..]).prop_map(str::to_owned);
    let labels = || prop::collection::vec(label(), 0..3);
    let tags = || prop::collection::btree_map(label(), name(), 0..3);
    let version =
        || (any::<bool>(), 0_usize..3).prop_map(|(is_secure, n)| Box::new(some_version(is_secure, n)));
    let order = prop_oneof![
        6 => (name(), 1_u64..4, version(), tags())
            .prop_map(|(name, number, version, tags)| ParameterOrder::Put { name, number, version, tags }),
        1 => prop::collection::vec(name(), 0..3).prop_map(|names| ParameterOrder::Delete { names }),
        3 => (name(), 1_u64..4, labels(), labels()).prop_map(|(name, version, labels, removed)| {
            ParameterOrder::Label { name, version, labels, removed }
        }),
        2 => (name(), tags(), labels())
            .prop_map(|(name, tags, removed)| ParameterOrder::Tag { name, tags, removed }),
    ];
    prop_oneof![
        12 => (tenant(), order)
            .prop_map(|(tenant, order)| (Who::User("root"), Command::ChangeParameters { tenant, order })),
        1 => tenant().prop_map(|tenant| (Who::Master, Command::ForgetParameters { tenant })),
    ]
}

/// A command about configurations, or what is kept as code.
fn any_configuration() -> impl Strategy<Value = (Who, Command)> {
    let name = || prop::sample::select(&["shop", "bank"][..]).prop_map(str::to_owned);
    let reason = || prop::option::of(Just("why".to_owned()));
    let revise =
        (name(), 0_usize..3, prop::option::of(1_u64..4), reason()).prop_map(|(name, n, base, reason)| {
            ConfigurationOrder::Revise { configuration: Box::new(some_configuration(&name, n)), base, reason }
        });
    let server = prop_oneof![9 => prop::sample::select(&SERVERS[..2]), 1 => any_server()];
    let targets = prop::collection::vec(server.prop_map(|server| path(&format!("{server}/switch"))), 1..3);
    let apply =
        (0_u128..8, name(), 1_u64..4, targets, reason()).prop_map(|(id, name, revision, targets, reason)| {
            let override_guards = reason.is_some();
            ConfigurationOrder::Apply(Box::new(ApplyConfiguration {
                id: action_id(id),
                what: ConfigurationUse { name, revision, overwrite: false },
                targets,
                reason,
                timeout_ms: 30_000,
                rolling: None,
                override_guards,
            }))
        });
    let order = prop_oneof![
        8 => revise,
        4 => apply,
        1 => (name(), reason()).prop_map(|(name, reason)| ConfigurationOrder::Delete { name, reason }),
    ];
    let kind = prop::sample::select(CodeKind::ALL);
    let release =
        (kind, name()).prop_map(|(kind, name)| CodeOrder::Release { kind, name, reason: "why".into() });
    let change = order.prop_map(|order| Command::ChangeConfigurations { order });
    let by_root = (change, 0_u8..4, release).prop_map(|(change, luck, release)| match luck {
        0 => Command::ChangeAsCode { order: CodeOrder::Do(Box::new(change)) },
        1 => Command::ChangeAsCode { order: release },
        _ => change,
    });
    by_root.prop_map(|command| (Who::User("root"), command))
}

/// A command about groups of logs.
fn any_log_group() -> impl Strategy<Value = (Who, Command)> {
    let tenant = || prop_oneof![9 => Just("acme"), 1 => Just("acme/main")].prop_map(path);
    let name = || prop::sample::select(&["a", "b", "/topmast/c", ""][..]).prop_map(str::to_owned);
    let tags = || prop::collection::btree_map(name(), name(), 0..3);
    let spec = (tags(), any::<bool>()).prop_map(|(tags, is_protected)| LogGroupSpec {
        tags,
        is_protected,
        ..LogGroupSpec::default()
    });
    let order = prop_oneof![
        4 => spec.prop_map(|spec| LogGroupOrder::Create { spec }),
        1 => Just(LogGroupOrder::Delete),
        2 => prop::option::of(0_u32..4).prop_map(|days| LogGroupOrder::Retain { days }),
        2 => any::<bool>().prop_map(|is_protected| LogGroupOrder::Protect { is_protected }),
        2 => (tags(), prop::collection::vec(name(), 0..3))
            .prop_map(|(tags, removed)| LogGroupOrder::Tag { tags, removed }),
        4 => name().prop_map(|stream| LogGroupOrder::CreateStream { stream }),
        2 => name().prop_map(|stream| LogGroupOrder::DeleteStream { stream }),
        3 => (name(), 0_u8..3)
            .prop_map(|(filter, number)| LogGroupOrder::PutFilter { filter, spec: some_filter(number) }),
        1 => name().prop_map(|filter| LogGroupOrder::DeleteFilter { filter }),
    ];
    prop_oneof![
        5 => (tenant(), name(), order).prop_map(|(tenant, name, order)| {
            (Who::User("root"), Command::ChangeLogGroup { tenant, name, order })
        }),
        1 => tenant().prop_map(|tenant| (Who::Master, Command::ForgetLogGroups { tenant })),
    ]
}

/// A command about dashboards.
fn any_dashboard() -> impl Strategy<Value = (Who, Command)> {
    let tenant = || prop_oneof![9 => Just("acme"), 1 => Just("acme/main")].prop_map(path);
    let name = || prop::sample::select(&["a", "b", "c", ""][..]).prop_map(str::to_owned);
    let names = || prop::collection::vec(name(), 0..3);
    let tags = || prop::collection::btree_map(name(), name(), 0..3);
    let body = prop::sample::select(&["{}", "{ }"][..]).prop_map(Into::into);
    let by_root = prop_oneof![
        4 => (name(), body, tags()).prop_map(|(name, body, tags)| DashboardOrder::Put { name, body, tags }),
        2 => names().prop_map(|names| DashboardOrder::Delete { names }),
        2 => (name(), tags(), names())
            .prop_map(|(name, tags, removed)| DashboardOrder::Tag { name, tags, removed }),
    ];
    let by_root = (tenant(), by_root).prop_map(|(tenant, order)| Command::ChangeDashboards { tenant, order });
    prop_oneof![
        5 => by_root.prop_map(|command| (Who::User("root"), command)),
        1 => tenant().prop_map(|tenant| (Who::Master, Command::ForgetDashboards { tenant })),
    ]
}

/// A command about tags.
fn any_tag() -> impl Strategy<Value = (Who, Command)> {
    let key = || prop::sample::select(&["a", "b", "c", "aws:d"][..]).prop_map(str::to_owned);
    let path_of = prop::sample::select(
        &["acme", "acme/main", "acme/main/db", "acme/main/web", "acme/main/db/switch", "bolt/main/db"][..],
    );
    let name = prop::option::weighted(0.2, prop::sample::select(&APPLICATIONS[..]).prop_map(str::to_owned));
    let target = (path_of, name).prop_map(|(text, application)| TagTarget { path: path(text), application });
    let tags = prop::collection::btree_map(key(), key(), 0..3);
    let removed = prop::collection::btree_map(key(), prop::option::of(key()), 0..3);
    let by_root = (prop::collection::vec(target, 1..3), tags, removed)
        .prop_map(|(targets, tags, removed)| Command::TagObjects { targets, tags, removed });
    prop_oneof![
        5 => by_root.prop_map(|command| (Who::User("root"), command)),
        1 => Just((Who::Master, Command::ForgetTags { tenant: path("acme") })),
    ]
}

/// A command about alarms of AWS' tools.
fn any_aws_alarm() -> impl Strategy<Value = (Who, Command)> {
    let tenant = || prop_oneof![9 => Just("acme"), 1 => Just("acme/main")].prop_map(path);
    let name = || prop::sample::select(&["a", "b", "c"][..]).prop_map(str::to_owned);
    let names = || prop::collection::vec(name(), 0..3);
    let state = || prop::sample::select(AlarmState::ALL);
    let said = || state().prop_map(|state| StateSaid { state, reason: "seen".into(), data: None });
    let at = || prop_oneof![Just(UnixMillis(0)), (1_000_000_i64..1_010_000).prop_map(UnixMillis)];
    let rule = prop::sample::select(&["ALARM(a)", "ALARM(b) AND NOT OK(a)", "ALARM(c)", "OK("][..]);
    let suppressor = prop::option::of(name());
    let composite = (name(), rule, suppressor, 0_u32..5).prop_map(|(name, rule, suppressor, wait)| {
        let mut alarm = composite_alarm(&name, rule);
        if let Basis::Composite(basis) = &mut alarm.basis {
            (basis.suppressor, basis.wait_s, basis.extension_s) = (suppressor, Some(wait), Some(wait));
        }
        alarm
    });
    let topic = prop::sample::select(&["ops", "chat", "boss"][..]);
    let alarm = (prop_oneof![name().prop_map(|name| metric_alarm(&name)), composite], topic).prop_map(
        |(mut alarm, topic)| {
            alarm.alarm_actions = vec![format!("arn:aws:sns:us-east-1:000000000001:{topic}")];
            alarm.ok_actions.clone_from(&alarm.alarm_actions);
            alarm
        },
    );
    let tags = || prop::collection::btree_map(name(), name(), 0..3);
    let outcome = || ActionOutcome { action: "arn:aws:sns:::ops".into(), error: None };
    let seen = (name(), at(), at(), said()).prop_map(|(name, configured_at, state_at, said)| SeenAlarm {
        name,
        configured_at,
        state_at,
        said,
    });
    let by_root = prop_oneof![
        6 => (tenant(), alarm, tags()).prop_map(|(tenant, alarm, tags)| {
            Command::PutAwsAlarm { tenant, alarm: Box::new(alarm), tags }
        }),
        1 => (tenant(), names()).prop_map(|(tenant, names)| Command::DeleteAwsAlarms { tenant, names }),
        4 => (tenant(), name(), said())
            .prop_map(|(tenant, name, said)| Command::SetAwsAlarmState { tenant, name, said }),
        1 => (tenant(), names(), any::<bool>())
            .prop_map(|(tenant, names, enabled)| Command::SwitchAwsAlarmActions { tenant, names, enabled }),
        1 => (tenant(), name(), tags(), names())
            .prop_map(|(tenant, name, tags, removed)| Command::TagAwsAlarm { tenant, name, tags, removed }),
    ];
    let by_master = prop_oneof![
        4 => (tenant(), prop::collection::vec(seen, 0..3))
            .prop_map(|(tenant, seen)| Command::ObserveAwsAlarms { tenant, seen }),
        2 => (tenant(), name(), at()).prop_map(move |(tenant, name, state_at)| {
            Command::RecordAwsAlarmActions { tenant, name, state_at, outcomes: vec![outcome()] }
        }),
        1 => tenant().prop_map(|tenant| Command::ForgetAwsAlarms { tenant }),
    ];
    prop_oneof![
        3 => by_root.prop_map(|command| (Who::User("root"), command)),
        2 => by_master.prop_map(|command| (Who::Master, command)),
    ]
}

/// A command about terminals, or about logs.
pub(super) fn any_terminal() -> impl Strategy<Value = (Who, Command)> {
    let id = || (0_u128..4).prop_map(|id| TerminalId(Uuid::from_u128(id)));
    let targets = prop::collection::vec(any_server(), 1..3);
    let command = prop::option::of(Just("uptime".to_owned()));
    let open = (id(), targets, command).prop_map(|(id, targets, command)| Command::OpenTerminal {
        id,
        targets: targets.into_iter().map(path).collect(),
        command,
        reason: None,
        account: None,
    });
    let close = (id(), 1_usize..3).prop_map(|(id, count)| Command::CloseTerminal {
        id,
        results: vec![PaneResult::of(PaneEnd::Exited(0)); count],
    });
    prop_oneof![
        3 => open.prop_map(|command| (Who::User("root"), command)),
        2 => close.prop_map(|command| (Who::Master, command)),
        1 => any_log(),
    ]
}

/// Somebody reads logs.
fn any_log() -> impl Strategy<Value = (Who, Command)> {
    let targets = prop::collection::vec((any_server(), prop::sample::select(&APPLICATIONS[..])), 1..3);
    let who = prop::sample::select(&[Who::User("root"), Who::User("ann")][..]);
    (who, targets).prop_map(|(who, targets)| {
        let targets = targets.into_iter().map(|(server, name)| path(&format!("{server}/{name}"))).collect();
        let purpose = LogUse::Tail;
        let reading = LogReading { purpose, pattern: None, source: None, since: None, until: None, targets };
        (who, Command::ReadLogs { reading: Box::new(reading) })
    })
}

/// A command about servers that are read over ssh.
fn any_reading() -> impl Strategy<Value = (Who, Command)> {
    // Others have agents, mostly.
    let server = || prop_oneof![1 => any_server(), 5 => Just("acme/main/aix1")].prop_map(path);
    let keys = || "[ab]".prop_map(|key| vec![format!("SHA256:{}", key.repeat(43))]);
    let add = (server(), any::<bool>(), 1_u16..3).prop_map(|(server, replace, port)| {
        let mut host = host();
        host.endpoint.port = port;
        let servers = vec![NewAgentlessServer { server, host, instance: Uuid::from_u128(9) }];
        Command::AddAgentlessServers { servers, replace }
    });
    let trust =
        (server(), keys()).prop_map(|(server, fingerprints)| Command::TrustHostKeys { server, fingerprints });
    let pin =
        (server(), keys()).prop_map(|(server, fingerprints)| Command::PinHostKeys { server, fingerprints });
    let problem = prop::option::of(prop::sample::select(&["hangs", "floods"][..]));
    let report = (server(), problem)
        .prop_map(|(server, problem)| Command::ReportReading { server, problem: problem.map(str::to_owned) });
    let guests = (server(), any_guests(), prop::sample::subsequence(GuestKind::ALL, 0..3)).prop_map(
        |(host, guests, complete)| Command::ReportGuests { host, interval_ms: 1_000, complete, guests },
    );
    let remove = Just(Command::RemoveServer { server: path("acme/main/aix1") });
    let names = prop::collection::vec(prop::sample::select(&["switch", "batch", "a b"][..]), 0..3);
    let set = (server(), names).prop_map(|(server, names)| {
        let applications = names.into_iter().map(agentless_application).collect();
        Command::SetAgentlessApplications { server, applications }
    });
    let seen = (server(), prop::collection::vec(any_report(), 0..2))
        .prop_map(|(server, reports)| Command::ReportOverSsh { server, reports });
    prop_oneof![
        20 => guests.prop_map(|command| (Who::Master, command)),
        1 => remove.prop_map(|command| (Who::User("root"), command)),
        2 => set.prop_map(|command| (Who::User("root"), command)),
        2 => seen.prop_map(|command| (Who::Master, command)),
        3 => add.prop_map(|command| (Who::User("root"), command)),
        1 => trust.prop_map(|command| (Who::User("root"), command)),
        2 => pin.prop_map(|command| (Who::Master, command)),
        6 => report.prop_map(|command| (Who::Master, command)),
    ]
}

fn any_guests() -> impl Strategy<Value = Vec<GuestReport>> {
    let name = prop::sample::select(&["web", "db 1", "db_1", "db/1"][..]);
    let condition = prop_oneof![
        Just(GuestCondition::Runs("running".into())),
        Just(GuestCondition::Stopped("installed".into())),
        Just(GuestCondition::Untold),
    ];
    let guest =
        (prop::sample::select(GuestKind::ALL), name, condition).prop_map(|(kind, name, condition)| {
            GuestReport { kind, name: name.to_owned(), condition, cpu_count: 2 }
        });
    prop::collection::vec(guest, 0..6)
}

/// An action, half of them in batches.
pub(super) fn any_operation() -> impl Strategy<Value = Command> {
    let rolling = (1_u32..4, prop_oneof![Just(0_u64), Just(2_000)], prop::sample::select(OnError::ALL))
        .prop_map(|(batch, wait_ms, on_error)| Rolling { batch, wait_ms, on_error });
    // Mostly of one tenant, as an action must be.
    let of_one = || prop::sample::select(&SERVERS[..2]);
    let target = (prop_oneof![9 => of_one(), 1 => any_server()], prop::sample::select(&APPLICATIONS[..]))
        .prop_map(|(server, name)| format!("{server}/{name}"));
    let targets = prop::collection::vec(target, 1..4);
    let conduct = (prop::bool::weighted(0.7), prop::bool::weighted(0.2), prop::bool::weighted(0.2));
    let at = prop::option::weighted(0.1, (1_000_000_i64..1_100_000).prop_map(UnixMillis));
    let conduct = (conduct, at).prop_map(|((override_guards, waves, ask), not_before)| Conduct {
        override_guards,
        waves,
        ask,
        not_before,
    });
    let operation =
        prop_oneof![3 => prop::sample::select(Operation::RUNNING), 1 => prop::sample::select(Operation::ALL)];
    let input = (0_u128..8, operation, targets, prop::option::of(rolling), conduct, any_package_version());
    input.prop_map(|(id, operation, targets, rolling, conduct, package)| Command::OperateApplications {
        id: action_id(id),
        operation,
        targets: targets.iter().map(|text| path(text)).collect(),
        reason: Some("it is to be".into()),
        timeout_ms: 30_000,
        rolling,
        conduct,
        package: operation.needs_package().then_some(package),
        custom: (operation == Operation::Act).then(|| custom_order("rotate")),
    })
}

fn any_package_version() -> impl Strategy<Value = PackageVersion> {
    prop::sample::select(&["switch@1", "switch@2", "batch@1"][..]).prop_map(|text| text.parse().unwrap())
}

/// A package that comes or goes.
fn any_package() -> impl Strategy<Value = (Who, Command)> {
    let tenant = prop_oneof![9 => Just("acme"), 1 => Just("acme/main")].prop_map(path);
    let order = prop_oneof![
        3 => (any_package_version(), 1_u8..3).prop_map(|(id, bytes)| some_package(&id.to_string(), bytes))
            .prop_map(|package| PackageOrder::Add { package: Box::new(package) }),
        1 => any_package_version().prop_map(|id| PackageOrder::Remove { id }),
    ];
    (tenant, order).prop_map(|(tenant, order)| (Who::User("root"), Command::ChangePackages { tenant, order }))
}

/// A trust key that comes or goes.
fn any_trust_key() -> impl Strategy<Value = (Who, Command)> {
    let comment = prop_oneof![2 => Just(None), 1 => Just(Some("ann's".to_owned()))];
    let order = prop_oneof![
        3 => (0_usize..3, comment).prop_map(|(number, comment)| TrustKeyOrder::Add { key: trust_key(number), comment }),
        1 => (0_usize..3).prop_map(|number| TrustKeyOrder::Remove { id: trust_key(number).id() }),
    ];
    order.prop_map(|order| (Who::User("root"), Command::ChangeTrustKeys { tenant: path("acme"), order }))
}

fn mostly_one() -> impl Strategy<Value = u128> {
    prop_oneof![19 => Just(1_u128), 1 => Just(2)]
}

pub(super) fn any_report() -> impl Strategy<Value = Report> {
    let name = || prop::sample::select(&["switch", "batch", "a b"][..]).prop_map(str::to_owned);
    let inner = || prop::sample::select(&["HSM", "DB"][..]).prop_map(str::to_owned);
    let a_step = || (0_u128..8, 0_u32..3);
    prop_oneof![
        3 => (name(), prop::sample::select(&["STARTED", "FAILED", "STOPPED"][..]))
            .prop_map(|(name, status)| declaring_report(&name, status, vec![custom_action("rotate", "application")])),
        1 => name().prop_map(|name| Report::ApplicationGone { name }),
        2 => (name(), inner(), prop::sample::select(ServiceStatus::ALL))
            .prop_map(|(application, name, status)| service_report(&application, &name, status)),
        1 => (name(), inner()).prop_map(|(application, name)| Report::ServiceGone { application, name }),
        2 => (name(), inner(), prop::sample::select(TaskStatus::ALL))
            .prop_map(|(application, name, status)| task_report(&application, &name, status)),
        1 => (name(), inner()).prop_map(|(application, name)| Report::TaskGone { application, name }),
        1 => (name(), prop::option::of(name())).prop_map(|(file, problem)| Report::UnitFile { file, problem }),
        3 => a_step().prop_map(|(action, target)| started(action, target)),
        1 => a_step().prop_map(|(action, target)| Report::StepLost {
            step: step(action, target),
            message: "nobody knows".into(),
        }),
        1 => (name(), 1_u64..3, any::<bool>()).prop_map(|(application, revision, drifted)| Report::Configuration {
            application, name: "shop".into(), held: some_held(revision, drifted)
        }),
        4 => (a_step(), any::<bool>()).prop_map(|((action, target), ok)| finished(action, target, ok)),
    ]
}

/// Heartbeats and runs of two tasks of each server's first application.
fn any_task_order() -> impl Strategy<Value = Command> {
    let spec = HeartbeatSpec { every_ms: 60_000, grace_ms: 0 };
    let order = prop_oneof![
        3 => (0_usize..6).prop_map(move |secret| TaskOrder::Expect { spec, secret_hash: digest(secret) }),
        1 => Just(TaskOrder::Forget),
        3 => prop::sample::select(&[Sign::Started, Sign::Ok, Sign::Failed][..])
            .prop_map(|sign| TaskOrder::Ping(Ping { sign, message: None, progress: None })),
        1 => (0_u128..6).prop_map(|id| TaskOrder::Run { id: Uuid::from_u128(id), reason: None }),
    ];
    (any_server(), order).prop_map(|(server, order)| {
        let task = path(&format!("{server}/{}/backup", APPLICATIONS[0]));
        Command::OrderTask { task, order }
    })
}

pub(super) fn some_grants() -> impl Strategy<Value = Vec<Grant>> {
    prop::collection::vec(prop::sample::select(&GRANTS[..]), 0..3).prop_map(|texts| grants(&texts))
}
