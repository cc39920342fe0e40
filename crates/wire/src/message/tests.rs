//! Messages as a whole: each kind there and back, and what else may arrive.

use super::*;
use crate::limits::{COMMAND_MAX, FRAME_MAX, INPUT_MAX, LOG_REQUEST_MAX, OUTPUT_MAX, PEM_MAX, TEXT_MAX};
use proptest::prelude::*;
use topmast_model::custom::CustomStep;
use topmast_model::id::ActionId;
use topmast_model::package::{Digest, Package, PackageFormat};
use topmast_model::report::{Report, StepOutcome};
use topmast_model::server::{ServerFacts, ServerRole};
use topmast_model::time::UnixMillis;
use uuid::Uuid;

/// Of minisign's own documentation.
const KEY: &str = "RWQf6LRCGA9i53mlYecO4IzT51TGPpvWucNSCh1CBM0QTaLn73Y7GFO3";

fn step() -> impl Strategy<Value = StepId> {
    any::<(u128, u32)>()
        .prop_map(|(action, target)| StepId { action: ActionId(Uuid::from_u128(action)), target })
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zA-Z0-9 ]{0,20}", any::<String>()]
}

fn registration() -> impl Strategy<Value = ServerRegistration> {
    (any::<u128>(), any::<bool>(), text(), any::<u64>(), any::<i64>(), prop::collection::vec(text(), 0..4))
        .prop_map(|(instance, master, version, number, boot_time, addresses)| ServerRegistration {
            instance: Uuid::from_u128(instance),
            role: if master { ServerRole::Master } else { ServerRole::Agent },
            version: version.clone(),
            address: "192.0.2.1".into(),
            interval_ms: number,
            abilities: [].into(),
            labels: [("role".to_owned(), version.clone())].into(),
            facts: ServerFacts {
                hostname: version,
                memory_bytes: number,
                boot_time: UnixMillis(boot_time),
                addresses,
                ..ServerFacts::default()
            },
        })
}

fn report() -> impl Strategy<Value = NumberedReport> {
    let report = prop_oneof![
        text().prop_map(|name| Report::ApplicationGone { name }),
        (text(), prop::option::of(text())).prop_map(|(file, problem)| Report::UnitFile { file, problem }),
        (step(), any::<bool>(), text()).prop_map(|(step, succeeded, message)| Report::StepFinished {
            step,
            outcome: StepOutcome { succeeded, message }
        }),
    ];
    (any::<u64>(), report).prop_map(|(number, report)| NumberedReport { number, report })
}

fn pane() -> impl Strategy<Value = PaneId> {
    any::<(u128, u16)>().prop_map(|(terminal, pane)| PaneId { terminal: Uuid::from_u128(terminal), pane })
}

fn size() -> impl Strategy<Value = PaneSize> {
    any::<(u16, u16)>().prop_map(|(columns, rows)| PaneSize { columns, rows })
}

fn outcome() -> impl Strategy<Value = PaneOutcome> {
    prop_oneof![
        any::<i32>().prop_map(PaneOutcome::Exited),
        text().prop_map(PaneOutcome::Signalled),
        Just(PaneOutcome::Stopped),
        text().prop_map(PaneOutcome::Limited),
        text().prop_map(PaneOutcome::Failed),
        Just(PaneOutcome::Unknown),
    ]
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(any::<u8>(), 0..100)
}

fn agent_message() -> impl Strategy<Value = AgentMessage> {
    let hello =
        (any::<u32>(), text(), prop::collection::vec(any::<u8>(), 0..80), registration(), any::<u64>())
            .prop_map(|(protocol, certificate_pem, signature, registration, last_report)| {
                let server = "acme/main/db-1.example".parse().unwrap();
                AgentMessage::Hello(Box::new(Hello {
                    protocol,
                    server,
                    certificate_pem,
                    signature,
                    registration,
                    last_report,
                }))
            });
    prop_oneof![
        hello,
        prop::collection::vec(any::<u8>(), 0..100).prop_map(AgentMessage::Frame),
        prop::collection::vec(report(), 0..5).prop_map(AgentMessage::Reports),
        (step(), any::<u64>(), text()).prop_map(|(step, epoch, reason)| AgentMessage::Refused {
            step,
            epoch: Epoch(epoch),
            reason
        }),
        text().prop_map(|csr_pem| AgentMessage::RenewRequest { csr_pem }),
        any::<u64>().prop_map(|nonce| AgentMessage::Pong { nonce }),
        (pane(), text()).prop_map(|(pane, account)| AgentMessage::PaneStarted { pane, account }),
        (pane(), any::<bool>(), bytes()).prop_map(|(pane, error, bytes)| AgentMessage::PaneOutput {
            pane,
            stream: if error { PaneStream::Error } else { PaneStream::Output },
            bytes,
        }),
        (pane(), outcome()).prop_map(|(pane, outcome)| AgentMessage::PaneEnded { pane, outcome }),
        (digest(), any::<u64>(), 1..=256_u32 << 10).prop_map(|(sha256, offset, length)| {
            AgentMessage::AskPackage(PieceRequest { sha256, offset, length })
        }),
        any::<u64>().prop_map(|up_to| AgentMessage::ReportsForgotten { up_to }),
        Just(AgentMessage::Unknown),
    ]
}

fn custom_step() -> CustomStep {
    let json = serde_json::json!({ "name": "sign-on", "service": "MC", "arguments": { "force": true, "share": 0.5 } });
    serde_json::from_value(json).unwrap()
}

fn digest() -> impl Strategy<Value = Digest> {
    any::<[u8; 32]>().prop_map(|bytes| Digest::of_bytes(&bytes).unwrap())
}

fn package() -> impl Strategy<Value = Package> {
    (digest(), any::<u64>(), prop::option::of(text()), 0..3_usize).prop_map(
        |(sha256, size, signature, format)| Package {
            id: "switch@2.4.1".parse().unwrap(),
            format: PackageFormat::ALL[format],
            file: signature.as_ref().map(|_| "switch".to_owned()),
            sha256,
            size,
            signature,
        },
    )
}

fn master_message() -> impl Strategy<Value = MasterMessage> {
    let package = || prop::option::of(package().prop_map(Box::new));
    let execute = (
        step(),
        any::<u64>(),
        0..Operation::ALL.len(),
        text(),
        prop::option::of(text()),
        any::<u64>(),
        package(),
    )
        .prop_map(|(step, epoch, operation, principal, reason, expires_in_ms, package)| {
            MasterMessage::Execute(Box::new(Execute {
                step,
                epoch: Epoch(epoch),
                operation: Operation::ALL[operation],
                application: "payment-switch".into(),
                principal,
                reason,
                expires_in_ms,
                package,
                trust_keys: (0..operation % 3).map(|_| KEY.parse().unwrap()).collect(),
                custom: (operation % 2 == 0).then(|| Box::new(custom_step())),
                configuration: None,
            }))
        });
    let open = (pane(), any::<[u64; 4]>(), prop::option::of(text()), size(), text()).prop_map(
        |(pane, [epoch, timeout_ms, output_max_bytes, credit_bytes], command, size, principal)| {
            MasterMessage::OpenPane(Box::new(OpenPane {
                pane,
                epoch: Epoch(epoch),
                command,
                size,
                timeout_ms,
                output_max_bytes,
                credit_bytes,
                principal,
            }))
        },
    );
    let content = prop_oneof![bytes().prop_map(Ok), text().prop_map(Err)];
    let piece = (digest(), any::<u64>(), content).prop_map(|(sha256, offset, content)| {
        MasterMessage::PackagePiece(Box::new(PackagePiece { sha256, offset, content }))
    });
    prop_oneof![
        piece,
        (any::<u32>(), any::<[u8; 32]>(), text())
            .prop_map(|(protocol, nonce, master)| MasterMessage::Challenge { protocol, nonce, master }),
        any::<(u64, bool, u64, u32, u64)>().prop_map(
            |(epoch, active, reports_acknowledged, credit, heartbeat_ms)| {
                MasterMessage::Welcome {
                    epoch: Epoch(epoch),
                    active,
                    reports_acknowledged,
                    credit,
                    heartbeat_ms,
                }
            }
        ),
        any::<u64>().prop_map(|up_to| MasterMessage::ReportsAcknowledged { up_to }),
        execute,
        (any::<u128>(), any::<u64>(), "[a-z]{1,9}", "[a-z]{1,9}", "[a-z ]{0,20}").prop_map(
            |(id, epoch, application, task, principal)| {
                let (id, epoch) = (uuid::Uuid::from_u128(id), Epoch(epoch));
                MasterMessage::RunTask(Box::new(RunTask { id, epoch, application, task, principal }))
            }
        ),
        any::<u32>().prop_map(|frames| MasterMessage::Credit { frames }),
        (text(), text()).prop_map(|(pem, ca_pem)| MasterMessage::Certificate { pem, ca_pem }),
        (text(), any::<u64>(), any::<bool>()).prop_map(|(reason, retry_after_ms, fatal)| {
            MasterMessage::Goodbye { reason, retry_after_ms, fatal }
        }),
        any::<u64>().prop_map(|nonce| MasterMessage::Ping { nonce }),
        open,
        (pane(), bytes()).prop_map(|(pane, bytes)| MasterMessage::PaneInput { pane, bytes }),
        (pane(), size()).prop_map(|(pane, size)| MasterMessage::ResizePane { pane, size }),
        pane().prop_map(|pane| MasterMessage::StopPane { pane }),
        (pane(), any::<u64>()).prop_map(|(pane, bytes)| MasterMessage::PaneCredit { pane, bytes }),
        (pane(), any::<u64>(), any::<Vec<u8>>()).prop_map(|(pane, number, request_json)| {
            MasterMessage::OpenLog(Box::new(OpenLog {
                pane,
                epoch: Epoch(number),
                request_json,
                credit_bytes: number,
                principal: "admin".into(),
            }))
        }),
        Just(MasterMessage::Unknown),
    ]
}

proptest! {
    #[test]
    fn agent_message_is_the_same_after(message in agent_message()) {
        prop_assert_eq!(AgentMessage::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn master_message_is_the_same_after(message in master_message()) {
        prop_assert_eq!(MasterMessage::decode(&message.encode()), Ok(message));
    }

    #[test]
    fn message_with_a_field_of_a_newer_peer_is_read_without_it(message in master_message()) { // W-1
        let mut bytes = message.encode();
        bytes.extend_from_slice(&[0xa2, 0x06, 2, b'h', b'i']); // field 100, two bytes
        prop_assert_eq!(MasterMessage::decode(&bytes), Ok(message));
    }

    #[test]
    fn message_cut_short_is_refused_or_of_another_kind(message in agent_message(), at: prop::sample::Index) {
        let bytes = message.encode();
        prop_assume!(!bytes.is_empty());
        let cut = at.index(bytes.len());
        match AgentMessage::decode(&bytes[..cut]) {
            // The one length with nothing in it at all.
            Ok(short) => prop_assert!(cut == 0 && short == AgentMessage::Unknown, "{cut}: {short:?}"),
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) { // W-2
        drop(AgentMessage::decode(&bytes));
        drop(MasterMessage::decode(&bytes));
    }
}

#[test]
fn message_of_a_newer_kind_is_unknown() {
    // Field 99 of the envelope, a message with one field.
    let bytes = [0x9a, 0x06, 2, 0x08, 0x01];
    assert_eq!(AgentMessage::decode(&bytes), Ok(AgentMessage::Unknown)); // W-1
    assert_eq!(MasterMessage::decode(&bytes), Ok(MasterMessage::Unknown));
}

#[test]
fn messages_have_the_bytes_that_the_format_page_shows() {
    let step =
        StepId { action: ActionId(Uuid::from_u128(0x0192_f0c1_2a3b_7c4d_8e5f_6071_8293_a4b5)), target: 3 };
    let refused = AgentMessage::Refused { step, epoch: Epoch(300), reason: "old".into() };
    #[rustfmt::skip]
    let expected = [
        0x22, 30, // field 4 of the envelope: Refused
        0x0a, 20, // field 1: step
        0x0a, 16, 0x01, 0x92, 0xf0, 0xc1, 0x2a, 0x3b, 0x7c, 0x4d, 0x8e, 0x5f, 0x60, 0x71, 0x82, 0x93, 0xa4, 0xb5,
        0x10, 3, // its target
        0x10, 0xac, 0x02, // field 2: epoch
        0x1a, 3, b'o', b'l', b'd', // field 3: reason
    ];
    assert_eq!(refused.encode(), expected);
    assert_eq!(MasterMessage::Credit { frames: 5 }.encode(), [0x2a, 2, 0x08, 5]);
    assert_eq!(AgentMessage::Frame(vec![1, 2]).encode(), [0x12, 2, 1, 2]);
    let pane = PaneId { terminal: step.action.0, pane: 3 };
    let ended = AgentMessage::PaneEnded { pane, outcome: PaneOutcome::Exited(-1) };
    #[rustfmt::skip]
    let expected = [
        0x4a, 24, // field 9 of the envelope: PaneEnded
        0x0a, 20, // field 1: pane
        0x0a, 16, 0x01, 0x92, 0xf0, 0xc1, 0x2a, 0x3b, 0x7c, 0x4d, 0x8e, 0x5f, 0x60, 0x71, 0x82, 0x93, 0xa4, 0xb5,
        0x10, 3, // its place
        0x10, 1, // field 2: exited with -1
    ];
    assert_eq!(ended.encode(), expected);
    let open = MasterMessage::OpenPane(Box::new(open_pane(pane)));
    assert_eq!(open.encode()[..26], [&[0x4a, 50], &expected[2..24], &[0x10, 1]].concat());
    assert_eq!(
        open.encode()[26..],
        *b"\x1a\x06uptime\x20\x50\x28\x18\x30\xe8\x07\x38\x40\x40\x20\x4a\x05admin",
        "command, columns, rows, time, output, credit, principal"
    );
    assert_eq!(MasterMessage::PaneInput { pane, bytes: vec![3] }.encode()[..2], [0x52, 25]);
    assert_eq!(
        MasterMessage::ResizePane { pane, size: PaneSize { columns: 1, rows: 1 } }.encode()[..2],
        [0x5a, 26]
    );
    assert_eq!(MasterMessage::StopPane { pane }.encode()[..2], [0x62, 22]);
    assert_eq!(MasterMessage::PaneCredit { pane, bytes: 1 }.encode()[..2], [0x6a, 24]);
    let account = "x".to_owned();
    assert_eq!(AgentMessage::PaneStarted { pane, account }.encode()[..2], [0x3a, 25]);
    let error = AgentMessage::PaneOutput { pane, stream: PaneStream::Error, bytes: vec![7] };
    assert_eq!(error.encode()[24..], [0x10, 1, 0x1a, 1, 7]);
}

#[test]
fn wrong_field_is_named() {
    let execute = Execute {
        step: StepId { action: ActionId(Uuid::nil()), target: 0 },
        epoch: Epoch(1),
        operation: Operation::Stop,
        application: "switch".into(),
        principal: "user admin".into(),
        reason: None,
        expires_in_ms: 0,
        package: None,
        trust_keys: Vec::new(),
        configuration: None,
        custom: None,
    };
    let check = |execute: Execute, field: &str| {
        let error = MasterMessage::decode(&MasterMessage::Execute(Box::new(execute)).encode()).unwrap_err();
        assert!(error.to_string().starts_with(&format!("message field {field}: ")), "{error}");
    };
    check(Execute { application: "../x".into(), ..execute.clone() }, "execute.application");
    check(Execute { principal: "x".repeat(TEXT_MAX + 1), ..execute.clone() }, "execute.principal");
    let elsewhere = CustomStep { service: Some("../x".into()), ..custom_step() };
    check(Execute { custom: Some(Box::new(elsewhere)), ..execute.clone() }, "execute.custom");
    check(Execute { reason: Some("x".repeat(TEXT_MAX + 1)), ..execute }, "execute.reason");

    let text = |error: Result<AgentMessage, DecodeError>| error.unwrap_err().to_string();
    assert_eq!(text(AgentMessage::decode(&[0x22, 0])), "message field refused.step: is missing");
    assert!(text(AgentMessage::decode(&[0x22, 2, 0x0a, 0])).starts_with("message field refused.step: "));
    assert!(
        text(AgentMessage::decode(&[0x1a, 3, 0x0a, 1, b'{'])).starts_with("message field reports.report: ")
    );
    assert!(text(AgentMessage::decode(&[0x0a, 2, 0x12, 0])).starts_with("message field hello.server: "));
    assert!(
        text(AgentMessage::decode(&[0x0a, 5, 0x12, 3, b'a', b'/', b'b']))
            .ends_with("a/b is not tenant/cluster/server")
    );
    let csr_pem = "x".repeat(PEM_MAX + 1);
    assert_eq!(
        text(AgentMessage::decode(&AgentMessage::RenewRequest { csr_pem }.encode())),
        "message field renew_request.csr_pem: has 16385 bytes, more than 16384"
    );
    assert!(
        text(AgentMessage::decode(&AgentMessage::Frame(vec![0; FRAME_MAX + 1]).encode()))
            .starts_with("message field frame: ")
    );
    assert!(MasterMessage::decode(&[0x0a, 2, 0x12, 0]).unwrap_err().to_string().contains("challenge.nonce"));
    assert!(text(AgentMessage::decode(&vec![0; MESSAGE_MAX + 1])).contains("longer than 1048576"));
    assert!(AgentMessage::decode(&AgentMessage::Frame(vec![0; FRAME_MAX]).encode()).is_ok());
}

fn open_pane(pane: PaneId) -> OpenPane {
    OpenPane {
        pane,
        epoch: Epoch(1),
        command: Some("uptime".into()),
        size: PaneSize { columns: 80, rows: 24 },
        timeout_ms: 1_000,
        output_max_bytes: 64,
        credit_bytes: 32,
        principal: "admin".into(),
    }
}

#[test]
fn what_is_too_long_for_a_pane_is_refused() {
    // W-2
    let pane = PaneId { terminal: Uuid::nil(), pane: 0 };
    let open = |command: usize, principal: usize| {
        let open = OpenPane {
            command: Some("x".repeat(command)),
            principal: "x".repeat(principal),
            ..open_pane(pane)
        };
        MasterMessage::decode(&MasterMessage::OpenPane(Box::new(open)).encode())
            .map_err(|error| error.to_string())
    };
    assert!(open(COMMAND_MAX, TEXT_MAX).is_ok());
    assert!(open(COMMAND_MAX + 1, 0).unwrap_err().starts_with("message field open_pane.command: has "));
    assert!(open(0, TEXT_MAX + 1).unwrap_err().starts_with("message field open_pane.principal: has "));
    let input =
        |length| MasterMessage::decode(&MasterMessage::PaneInput { pane, bytes: vec![0; length] }.encode());
    assert!(input(INPUT_MAX).is_ok());
    assert!(
        input(INPUT_MAX + 1).unwrap_err().to_string().starts_with("message field pane_input.bytes: has ")
    );
    let output = |length| {
        let output = AgentMessage::PaneOutput { pane, stream: PaneStream::Output, bytes: vec![0; length] };
        AgentMessage::decode(&output.encode())
    };
    assert!(output(OUTPUT_MAX).is_ok());
    assert!(
        output(OUTPUT_MAX + 1).unwrap_err().to_string().starts_with("message field pane_output.bytes: has ")
    );
    let failed = PaneOutcome::Failed("x".repeat(TEXT_MAX + 1));
    let error =
        AgentMessage::decode(&AgentMessage::PaneEnded { pane, outcome: failed }.encode()).unwrap_err();
    assert!(error.to_string().starts_with("message field pane_ended.outcome: has "));
    // A pane's place that no pane has, and an output that no program has.
    let wrong_place = [
        0x62, 24, 0x0a, 22, 0x0a, 16, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10, 0x80, 0x80, 0x04,
    ];
    let error = MasterMessage::decode(&wrong_place).unwrap_err().to_string();
    assert_eq!(error, "message field stop_pane.pane: is more than 65535");
    let mut wrong_stream =
        AgentMessage::PaneOutput { pane, stream: PaneStream::Error, bytes: vec![] }.encode();
    *wrong_stream.last_mut().unwrap() = 2;
    let error = AgentMessage::decode(&wrong_stream).unwrap_err().to_string();
    assert_eq!(error, "message field pane_output.stream: 2 is neither 0 nor 1");
}

#[test]
fn request_for_logs_that_cannot_be_read_is_an_error_of_its_own() {
    let pane = PaneId { terminal: Uuid::nil(), pane: 0 };
    let open = |request_json: Vec<u8>| {
        let open = OpenLog { pane, epoch: Epoch(1), request_json, credit_bytes: 1, principal: String::new() };
        MasterMessage::decode(&MasterMessage::OpenLog(Box::new(open)).encode())
    };
    let Ok(MasterMessage::OpenLog(newer)) = open(br#"{"applications":[],"what":{"what":"dream"}}"#.to_vec())
    else {
        panic!("the message itself is whole");
    };
    assert!(newer.request().unwrap_err().to_string().contains("unknown variant `dream`"));
    assert!(open(vec![b' '; LOG_REQUEST_MAX]).is_ok());
    let error = open(vec![b' '; LOG_REQUEST_MAX + 1]).unwrap_err().to_string();
    assert!(error.starts_with("message field open_log.request: has "), "{error}");
}

#[test]
fn report_batches_fit_and_leave_nothing_out() {
    let report = |number: u64, length| NumberedReport {
        number,
        report: Report::ApplicationGone { name: "x".repeat(length) },
    };
    assert_eq!(report_batch(&[]), 0);
    let small: Vec<_> = (1..=2_000).map(|number| report(number, 10)).collect();
    assert_eq!(report_batch(&small), REPORTS_MAX);
    let large: Vec<_> = (1..=100).map(|number| report(number, 100_000)).collect();
    let mut rest = large.as_slice();
    while !rest.is_empty() {
        let (batch, after) = rest.split_at(report_batch(rest));
        let bytes = AgentMessage::Reports(batch.to_vec()).encode();
        assert_eq!(AgentMessage::decode(&bytes), Ok(AgentMessage::Reports(batch.to_vec())));
        assert!(after.is_empty() || bytes.len() > MESSAGE_MAX - 110_000, "batch of {} bytes", bytes.len());
        rest = after;
    }
}
