//! What no honest peer sends: each gets a clear answer, and nothing that is there is lost.

use crate::chaos::ask;
use anyhow::{Context, bail, ensure};
use std::time::Duration;
use topmast_api::client::Client;
use topmast_api::join_token::JoinTokenRequest;
use topmast_api::page::ListQuery;
use topmast_api::problem::{Problem, ProblemCode};
use topmast_api::server::ServerRow;
use topmast_model::application::Operation;
use topmast_model::id::ActionId;
use topmast_model::report::{NumberedReport, Report};
use topmast_model::sample::Series;
use topmast_model::status::ServerStatus;
use topmast_model::time::UnixMillis;
use topmast_testkit::fleet::TestFleet;
use topmast_testkit::simulator::{
    AgentConnection, EnrolError, Identity, Options, Simulator, enrol, enrol_fleet, registration,
};
use topmast_testkit::wait::{DEADLINE, wait_until};
use topmast_wire::limits::MESSAGE_MAX;
use topmast_wire::{AgentMessage, FrameEncoder, MasterMessage};
use uuid::Uuid;

/// A time of day like any other, in milliseconds.
const NOW: i64 = 1_800_000_000_000;

/// Connects and is welcome; returns the number of the last report that the master has.
async fn connect(url: &str, identity: &Identity, instance: Uuid) -> anyhow::Result<(AgentConnection, u64)> {
    let mut connection = AgentConnection::open(url).await?;
    let registration = registration(identity.server.name(), instance, 1_000);
    connection.prove(identity, registration, 0).await?;
    match connection.receive().await? {
        MasterMessage::Welcome { reports_acknowledged, .. } => Ok((connection, reports_acknowledged)),
        other => bail!("no welcome but {other:?}"),
    }
}

/// The master's reason for ending the connection, and whether it is final.
async fn goodbye(connection: &mut AgentConnection) -> anyhow::Result<(String, bool)> {
    let listen = async {
        loop {
            if let MasterMessage::Goodbye { reason, fatal, .. } = connection.receive().await? {
                return Ok((reason, fatal));
            }
        }
    };
    tokio::time::timeout(DEADLINE, listen).await.context("no goodbye")?
}

/// One frame with one series at one time.
fn frame(encoder: &mut FrameEncoder, index: Option<u32>, time: i64) -> anyhow::Result<(u32, Vec<u8>)> {
    let index = match index {
        Some(index) => index,
        None => encoder.define(&Series::new("host_load_1", []))?,
    };
    encoder.tick(UnixMillis(time), &[(index, time as f64)])?;
    Ok((index, encoder.take().context("no frame")?))
}

async fn server(client: &Client) -> anyhow::Result<ServerRow> {
    let page = client.list::<ServerRow>(&ListQuery::default()).await?;
    page.items.into_iter().next().context("no server")
}

#[tokio::test]
async fn wrong_frames_end_the_connection_with_a_reason_and_the_next_one_works() -> anyhow::Result<()> {
    let fleet = TestFleet::start("frames").await?;
    let identity = enrol(&fleet.client(), &fleet.join_token(1).await?, "raw").await?;
    let instance = Uuid::now_v7();

    let mut encoder = FrameEncoder::new();
    let (index, first) = frame(&mut encoder, None, 1_000)?;
    let (_, second) = frame(&mut encoder, Some(index), 2_000)?;
    let mut corrupt = first.clone();
    corrupt[3] ^= 1;
    let cases = [
        ("corrupt", vec![corrupt], "checksum"),
        ("replayed", vec![first.clone(), first.clone()], "replayed"),
        ("out of order", vec![second], "replayed or one is missing"),
        ("empty", vec![Vec::new()], "cut short"),
    ];
    for (name, frames, expected) in cases {
        let (mut connection, _) = connect(fleet.url(), &identity, instance).await?;
        for frame in frames {
            connection.send(&AgentMessage::Frame(frame)).await?;
        }
        let (reason, fatal) = goodbye(&mut connection).await?;
        ensure!(reason.contains(expected) && !fatal, "{name}: {reason}");
    }

    let (mut connection, _) = connect(fleet.url(), &identity, instance).await?;
    connection.send_bytes(b"no message at all".to_vec()).await?;
    let (reason, _) = goodbye(&mut connection).await?;
    ensure!(reason.contains("topmast agent protocol"), "{reason}");

    // Longer than any message: the master need not read on to say no.
    let (mut connection, _) = connect(fleet.url(), &identity, instance).await?;
    let _ = connection.send_bytes(vec![0; 2 * MESSAGE_MAX]).await;
    let ended = async || connection.receive().await.is_err();
    wait_until("the connection with the long message ends", DEADLINE, ended).await?;

    let (mut connection, _) = connect(fleet.url(), &identity, instance).await?;
    connection.send(&AgentMessage::Frame(first)).await?;
    let client = fleet.client();
    let up = async || server(&client).await.is_ok_and(|row| row.status == ServerStatus::Up);
    wait_until("the server is UP with a good frame", DEADLINE, up).await?;
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn clock_that_jumps_and_reports_that_repeat_lose_nothing() -> anyhow::Result<()> {
    let fleet = TestFleet::start("clock").await?;
    let client = fleet.client();
    let identity = enrol(&client, &fleet.join_token(1).await?, "raw").await?;
    let instance = Uuid::now_v7();
    let (mut connection, _) = connect(fleet.url(), &identity, instance).await?;
    let (mut encoder, mut index) = (FrameEncoder::new(), None);
    // Forward by years, back to 1970, and before.
    for time in [NOW - 1, 4_000_000_000_000, 0, -1, NOW] {
        let (defined, bytes) = frame(&mut encoder, index, time)?;
        index = Some(defined);
        connection.send(&AgentMessage::Frame(bytes)).await?;
    }
    let refused = |number: u64, file: &str| {
        let report = Report::UnitFile { file: file.to_owned(), problem: Some("not TOML".into()) };
        NumberedReport { number, report }
    };
    let reports = [refused(1, "a.toml"), refused(2, "b.toml")];
    // The same reports again, as after a lost acknowledgement: counted once.
    for _ in 0..2 {
        connection.send(&AgentMessage::Reports(reports.to_vec())).await?;
        loop {
            match tokio::time::timeout(DEADLINE, connection.receive()).await?? {
                MasterMessage::ReportsAcknowledged { up_to } => {
                    ensure!(up_to == 2, "acknowledged up to {up_to}");
                    break;
                }
                MasterMessage::Goodbye { reason, .. } => bail!("goodbye: {reason}"),
                _ => {}
            }
        }
    }
    let row = server(&client).await?;
    ensure!(row.connected && row.unit_problems.len() == 2, "{row:?}");
    // Its age is that of its arrival, not of what its clock once said.
    let just_now = u64::try_from(DEADLINE.as_millis())?;
    ensure!(row.age_ms.is_some_and(|age| age < just_now), "{row:?}");
    // Its newest value counts, whatever the clock said before.
    let newest = async || {
        let server = client.server_get(&identity.server).await;
        server.is_ok_and(|server| server.samples.iter().any(|sample| sample.value == Some(NOW as f64)))
    };
    wait_until("the newest value is shown", DEADLINE, newest).await?;
    let (_, received) = connect(fleet.url(), &identity, instance).await?;
    ensure!(received == 2, "the journal has {received} reports");
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn identity_belongs_to_one_agent_and_tokens_admit_as_often_as_they_say() -> anyhow::Result<()> {
    let fleet = TestFleet::start("identity").await?;
    let client = fleet.client();
    let token = fleet.join_token(1).await?;
    let identities = enrol_fleet(&client, &token, "sim", 1).await?;
    let refused = |answer: Result<Identity, EnrolError>| match answer {
        Err(EnrolError::Request { source, .. }) => {
            Ok(source.problem().map(|problem| problem.detail.clone()).unwrap_or_default())
        }
        other => Err(anyhow::anyhow!("not refused: {other:?}")),
    };
    for wrong in [token.as_str(), "tmj_wrong", ""] {
        let reason = refused(enrol(&client, wrong, "other").await)?;
        ensure!(reason.contains("join token is wrong, used up or expired"), "{wrong:?}: {reason}");
    }
    let short = JoinTokenRequest { uses: Some(10_000), expires_in_s: Some(1), ..JoinTokenRequest::default() };
    let short = client.join_token_create(&short).await?.secret;
    let mut count = 0;
    let expired = async || {
        count += 1;
        enrol(&client, &short, &format!("late{count}")).await.is_err()
    };
    wait_until("a token of one second expires", DEADLINE, expired).await?;

    let simulator = Simulator::start(fleet.url(), &identities, &Options::default())?;
    wait_until("the agent is connected", DEADLINE, async || simulator.tally().borrow().connected == 1)
        .await?;
    let mut second = AgentConnection::open(fleet.url()).await?;
    let copy = registration("sim0000", Uuid::now_v7(), 1_000);
    second.prove(&identities[0], copy, 0).await?;
    let (reason, fatal) = goodbye(&mut second).await?;
    ensure!(fatal && reason.contains("another agent with the identity of"), "{reason}");
    let tally = *simulator.tally().borrow();
    ensure!((tally.connected, tally.lost) == (1, 0), "the first agent was disturbed: {tally:?}");

    client.agent_revoke(&identities[0].server).await?;
    let out = async || simulator.tally().borrow().refused == 1;
    wait_until("the revoked agent is sent away for good", Duration::from_mins(2), out).await?;
    drop(simulator);
    Ok(fleet.finish()?)
}

#[tokio::test]
async fn wrong_requests_are_refused_at_their_place_and_repeated_ones_are_the_same() -> anyhow::Result<()> {
    let fleet = TestFleet::start("requests").await?;
    let client = fleet.client();
    let problem = async |filter: &str| -> anyhow::Result<Problem> {
        let query = ListQuery { filter: Some(filter.into()), ..ListQuery::default() };
        let error = client.list::<ServerRow>(&query).await.err().context("a wrong filter was taken")?;
        error.problem().cloned().with_context(|| format!("{error}"))
    };
    for (filter, column) in
        [("nosuchfield=1", 1), ("status=UP nosuchfield=1", 11), ("status=UP cpu_pct>high", 19)]
    {
        let problem = problem(filter).await?;
        ensure!(problem.code == ProblemCode::InvalidFilter, "{filter}: {problem:?}");
        ensure!(problem.column == Some(column), "{filter}: column {:?}, not {column}", problem.column);
    }

    let identities = enrol_fleet(&client, &fleet.join_token(1).await?, "sim", 1).await?;
    let simulator = Simulator::start(fleet.url(), &identities, &Options::default())?;
    wait_until("its reports are in the journal", DEADLINE, async || {
        let tally = *simulator.tally().borrow();
        tally.connected == 1 && tally.unacknowledged == 0
    })
    .await?;
    let target = identities[0].server.join("app0")?;
    let id = ActionId(Uuid::now_v7());
    let first = ask(&client, id, Operation::Restart, &target).await?;
    let again = ask(&client, id, Operation::Restart, &target).await?;
    let (Ok(first), Ok(again)) = (first, again) else { bail!("a command is refused") };
    ensure!((first.id, first.created_at) == (again.id, again.created_at), "two actions with one id");
    let other = ask(&client, id, Operation::Stop, &target).await?;
    ensure!(other.is_err_and(|problem| problem.code == ProblemCode::Conflict), "one id for two actions");
    let ran = async || client.action_get(id).await.is_ok_and(|action| action.status.is_final());
    wait_until("the action has its outcome", DEADLINE, ran).await?;
    ensure!(simulator.done_steps().len() == 1, "{:?}", simulator.done_steps());
    drop(simulator);
    Ok(fleet.finish()?)
}
