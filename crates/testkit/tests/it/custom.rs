//! Custom actions with a real agent, a real program and the demo payment switch: through the command line and the API.

use crate::journey::{Terminal, free_port, payment_switch_at};
use anyhow::{Context as _, bail, ensure};
use serde_json::{Value, json};
use topmast_api::action::ActionRequest;
use topmast_api::client::Client;
use topmast_model::application::Operation;
use topmast_testkit::fleet::{Application, TestFleet};

/// Beside what the demo offers: a program that notes what it was told, and one that does not end.
const ACTIONS: &str = r#"
[[action]]
name = "rotate-keys"
command = ["/bin/sh", "-c", "echo \"$@\" >> rotated; echo \"$1 keys are new\"", "rotate", "{keys}", "{note}"]
timeout = "20s"
confirm = true
[[action.parameter]]
name = "keys"
type = "integer"
min = 1
max = 10
default = 2
[[action.parameter]]
name = "note"
type = "text"
default = ""

[[action]]
name = "hang"
command = ["/bin/sleep", "100000"]
timeout = "1s"
"#;

async fn demo(name: &str) -> anyhow::Result<(TestFleet, Terminal, String)> {
    let mut fleet = TestFleet::start(name).await?;
    let switch: Application = payment_switch_at(free_port()?)?.with(ACTIONS);
    fleet.add_agent("demo", &[switch]).await?;
    let terminal = Terminal { home: fleet.path().join("home"), url: fleet.url().to_owned() };
    let row = terminal.shows("services", "name=MC_CREDIT status=STARTED", 1).await?.remove(0);
    let service = row["path"].as_str().context("no path")?.to_owned();
    Ok((fleet, terminal, service))
}

#[tokio::test]
async fn services_of_the_switch_are_signed_off_and_on_and_reset() -> anyhow::Result<()> {
    let (fleet, terminal, service) = demo("custom-service").await?;
    let offered = terminal.done(&["act", "--list", "payment-switch/MC_CREDIT"]).await?;
    ensure!(["sign-on", "sign-off", "reset"].iter().all(|name| offered.contains(name)), "{offered}");
    let plan = terminal.done(&["act", "sign-off", &service, "-n"]).await?;
    ensure!(plan.contains("asks for POST /services/MC_CREDIT/sign-off"), "{plan}");
    terminal.shows("services", "name=MC_CREDIT status=STARTED", 1).await?;

    let told = terminal.done(&["act", "sign-off", "payment-switch/MC_CREDIT", "--reason", "cutover"]).await?;
    ensure!(told.contains("SUCCEEDED") && told.contains("MC_CREDIT is signed off"), "{told}");
    terminal.shows("services", "name=MC_CREDIT status=STOPPED", 1).await?;
    let told = terminal.done(&["act", "sign-on", &service, "--set", "keys=new"]).await?;
    ensure!(told.contains("MC_CREDIT is signed on with new keys"), "{told}");
    terminal.shows("services", "name=MC_CREDIT status=STARTED", 1).await?;

    // What the switch refuses has failed, in its own words.
    let refused = terminal.run(&["act", "sign-off", "payment-switch/AcqDB"]).await?;
    ensure!(refused.code == 1 && refused.out.contains("AcqDB is no link to a scheme"), "{}", refused.out);
    terminal.done(&["act", "reset", "payment-switch/AcqDB"]).await?;
    let events = terminal.done(&["events", "--kind", "ActionAccepted"]).await?;
    ensure!(events.contains(&format!("sign-on keys=new on {service}")), "{events}");
    let why = terminal.done(&["audit", "search", "--object", "MC_CREDIT", "-o", "json"]).await?;
    ensure!(why.contains("cutover"), "{why}");
    let table = terminal.done(&["audit", "search", "--object", "MC_CREDIT", "-o", "csv"]).await?;
    let (head, deeds) = table.split_once("\r\n").context("no deed")?;
    ensure!(head.starts_with("event.time,event.actor.name,event.actor.auth,event.actor.address,"), "{head}");
    let deed = deeds.lines().last().context("no deed")?;
    ensure!(
        ["admin", "ActionAccepted", &service, "cutover"].iter().all(|value| deed.contains(value)),
        "{deed}"
    );
    Ok(fleet.finish()?)
}

fn order(path: &str, name: &str, arguments: &Value) -> anyhow::Result<ActionRequest> {
    let custom = Some(serde_json::from_value(json!({ "name": name, "arguments": arguments }))?);
    Ok(ActionRequest { custom, ..ActionRequest::new(Operation::Act, vec![path.parse()?]) })
}

/// Why the master refuses.
async fn refusal(client: &Client, request: &ActionRequest) -> anyhow::Result<String> {
    match client.action_create(request).await {
        Err(error) => Ok(error.to_string()),
        Ok(action) => bail!("not refused: {action:?}"),
    }
}

#[tokio::test]
async fn application_does_what_its_unit_file_declares_once_and_within_its_bounds() -> anyhow::Result<()> {
    let (mut fleet, terminal, service) = demo("custom-application").await?;
    let path = service.rsplit_once('/').context("no path")?.0.to_owned();
    let client = fleet.client();
    let plan = terminal.done(&["act", "rotate-keys", "--filter", "name=payment-switch", "-n"]).await?;
    ensure!(plan.contains(&path) && plan.contains("rotate 2 "), "{plan}");
    let offered = terminal.done(&["act", "--list", "--filter", "name=payment-switch"]).await?;
    ensure!(offered.contains("rotate-keys"), "{offered}");
    let both = terminal.run(&["act", "rotate-keys", &path, "--filter", "name=payment-switch"]).await?;
    ensure!(both.code == 2 && both.err.contains("or --filter, not both"), "{} {}", both.code, both.err);
    let rotate = |arguments: Value| order(&path, "rotate-keys", &arguments);
    let plan = client.action_plan(&ActionRequest { dry_run: true, ..rotate(json!({}))? }).await?;
    ensure!(plan.confirm && plan.targets[0].effect.contains("rotate 2 "), "{plan:?}");
    for (arguments, text) in [
        (json!({ "keys": 11 }), "keys: is 11; give an integer from 1 to 10"),
        (json!({ "keys": "3" }), "give an integer"),
        (json!({ "key": 3 }), "no such parameter"),
    ] {
        let detail = refusal(&client, &rotate(arguments)?).await?;
        ensure!(detail.contains(text), "{detail}");
    }
    ensure!(refusal(&client, &order(&path, "sign-on", &json!({}))?).await?.contains("sign-on of"));

    // One order, sent twice; what is in it is a word of its own.
    let asked = rotate(json!({ "keys": 3, "note": "$(touch here) ; x" }))?;
    let accepted = client.action_create(&asked).await?;
    let again = ActionRequest { id: Some(accepted.id), ..asked };
    ensure!(client.action_create(&again).await?.id == accepted.id);
    let finished = terminal.done(&["actions", &accepted.id.to_string(), "-w", "-o", "json"]).await?;
    ensure!(finished.contains("3 keys are new") && finished.contains("SUCCEEDED"), "{finished}");
    let rotated = fleet.path().join("demo/rotated");
    ensure!(std::fs::read_to_string(&rotated)? == "3 $(touch here) ; x\n");
    fleet.agents()[0].process().kill()?;
    fleet.agents()[0].start_again()?;
    terminal.shows("servers", "status=UP", 1).await?;
    terminal.shows("services", "name=MC_CREDIT status=STARTED", 1).await?;
    ensure!(client.action_create(&again).await?.id == accepted.id);

    let late = terminal.run(&["act", "hang", "payment-switch"]).await?;
    ensure!(late.code == 1 && late.out.contains("did not end within 1 s and was killed"), "{}", late.out);
    ensure!(std::fs::read_to_string(&rotated)?.lines().count() == 1, "it was done once");

    // A policy that names it: nothing begins before another person has approved it.
    terminal.done(&["policies", "set", "keys", "--on-action", "rotate-keys"]).await?;
    let told = terminal.run(&["act", "rotate-keys", "payment-switch"]).await?;
    ensure!(told.code == 0 && told.err.contains("waits for approval"), "{}{}", told.out, told.err);
    let own = terminal.run(&["approve", told.out.trim()]).await?;
    ensure!(own.code != 0 && own.err.contains("another person has to"), "{}", own.err);
    terminal.done(&["cancel", told.out.trim()]).await?;
    let other = terminal.done(&["act", "sign-off", &service]).await?;
    ensure!(other.contains("SUCCEEDED"), "{other}");
    Ok(fleet.finish()?)
}
