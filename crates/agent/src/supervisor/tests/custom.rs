//! Custom actions with real programs and a real HTTP port: what arguments become, what ends them, and how often.

use super::*;
use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use topmast_model::custom::{Argument, Arguments, CustomStep};

/// A script is the program: its words are what a parameter may become. The application itself is down.
fn acting(script: &str, action: &str) -> String {
    let command = format!("command = ['sh', '-c', '''{script}''', 'act', '{{keys}}', '--note={{note}}']");
    let parameters = "[[action.parameter]]\nname = 'keys'\ntype = 'integer'\nmin = 1\nmax = 10\ndefault = 2\n\
                      [[action.parameter]]\nname = 'note'\ntype = 'text'\ndefault = ''";
    let action = format!("[[action]]\nname = 'rotate'\n{command}\n{action}\n{parameters}");
    unit("exec sleep 1000", &format!("autostart = false\n{action}"))
}

fn order(name: &str, service: Option<&str>, arguments: &[(&str, Argument)]) -> StepRequest {
    let step = StepId { action: ActionId(Uuid::new_v4()), target: 0 };
    let arguments: Arguments =
        arguments.iter().map(|(name, argument)| ((*name).to_owned(), argument.clone())).collect();
    let custom = CustomStep { name: name.to_owned(), service: service.map(str::to_owned), arguments };
    StepRequest { custom: Some(Box::new(custom)), ..request(step, Operation::Act, "app") }
}

impl Bench {
    async fn act(&self, order: StepRequest) -> StepOutcome {
        let step = order.step;
        self.handle().execute(order);
        self.outcome(step).await
    }
}

fn text(text: &str) -> Argument {
    Argument::Text(text.to_owned())
}

#[tokio::test]
async fn arguments_are_whole_words_of_the_program_and_its_output_is_told() {
    let bench = Bench::start(&[("app", &acting("printf \"%s|\" \"$@\"; echo; echo late >&2", ""))]).await;
    let outcome = bench.act(order("rotate", None, &[("note", text("a b; touch DIR/x `id` $(id)"))])).await;
    assert!(outcome.succeeded, "{}", outcome.message);
    let lines: Vec<&str> = outcome.message.lines().collect();
    assert!(lines[0].starts_with("sh ended with code 0 after "), "{lines:?}");
    assert_eq!(lines[1..], ["2|--note=a b; touch DIR/x `id` $(id)|", "late"]);
    let failed = Bench::start(&[("app", &acting("echo no disk; exit 3", ""))]).await;
    let outcome = failed.act(order("rotate", None, &[])).await;
    assert!(!outcome.succeeded && outcome.message.ends_with("\nno disk"), "{}", outcome.message);
    assert!(outcome.message.starts_with("sh ended with code 3"), "{}", outcome.message);
}

#[tokio::test]
async fn arguments_are_checked_again_and_nothing_is_done_when_they_are_wrong() {
    let bench = Bench::start(&[("app", &acting("touch DIR/done", ""))]).await;
    let check = async |order: StepRequest, words: &str| {
        let outcome = bench.act(order).await;
        assert!(!outcome.succeeded && outcome.message.contains(words), "{}", outcome.message);
    };
    check(order("rotate", None, &[("keys", Argument::Integer(11))]), "give an integer from 1 to 10").await;
    check(order("rotate", None, &[("other", Argument::Integer(1))]), "no such parameter").await;
    check(order("rotate", Some("MC"), &[]), "app declares no action rotate of its service").await;
    check(order("reset", None, &[]), "app declares no action reset of its application").await;
    check(StepRequest { custom: None, ..order("rotate", None, &[]) }, "names no custom action").await;
    assert!(!bench.path("done").exists());
}

#[tokio::test]
async fn action_beyond_its_time_fails_in_words_and_leaves_nothing_running() {
    let bench =
        Bench::start(&[("app", &acting("sleep 1000 & echo $! > DIR/pid; wait", "timeout = '1s'"))]).await;
    let outcome = bench.act(order("rotate", None, &[])).await;
    assert!(!outcome.succeeded);
    assert_eq!(outcome.message, "sh did not end within 1 s and was killed");
    let sleeping = read_pid(&bench.path("pid")).unwrap();
    until(|| !is_alive(sleeping)).await;
}

#[tokio::test]
async fn action_that_is_ordered_again_is_done_once() {
    // L-1
    let mut bench = Bench::start(&[("app", &acting("echo x >> DIR/done", ""))]).await;
    let ordered = order("rotate", None, &[]);
    assert!(bench.act(ordered.clone()).await.succeeded);
    bench.handle().execute(ordered.clone());
    bench.end().await;
    bench.run();
    bench.handle().execute(ordered);
    // Steps are done in their order, so the ones before have been looked at.
    assert!(bench.act(order("rotate", None, &[])).await.succeeded);
    assert_eq!(fs::read_to_string(bench.path("done")).unwrap(), "x\nx\n");
}

#[tokio::test]
async fn action_that_the_end_of_the_agent_cuts_off_is_unknown_and_not_done_again() {
    let script = "echo x >> DIR/done; echo $$ > DIR/pid; exec sleep 1000";
    let mut bench = Bench::start(&[("app", &acting(script, ""))]).await;
    let ordered = order("rotate", None, &[]);
    bench.handle().execute(ordered.clone());
    until(|| read_pid(&bench.path("pid")).is_some()).await;
    bench.end().await;
    let sleeping = read_pid(&bench.path("pid")).unwrap();
    until(|| !is_alive(sleeping)).await;
    bench.run();
    let lost = |report: &Report| matches!(report, Report::StepLost { step, .. } if *step == ordered.step);
    until(|| bench.reports().iter().any(lost)).await;
    bench.handle().execute(ordered.clone());
    bench.end().await;
    bench.run();
    bench.until("app", |_| true).await;
    assert_eq!(bench.reports().iter().filter(|report| lost(report)).count(), 1, "it is told once");
    assert_eq!(fs::read_to_string(bench.path("done")).unwrap(), "x\n");
}

/// Answers each request with the next of some answers, and tells what was asked.
fn answering(answers: Vec<&'static str>) -> (u16, std::thread::JoinHandle<Vec<String>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = std::thread::spawn(move || {
        let mut asked = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let mut request = Vec::new();
            let mut buffer = [0; 4096];
            while !is_whole(&request) {
                let length = stream.read(&mut buffer).unwrap();
                request.extend_from_slice(&buffer[..length]);
            }
            stream.write_all(answer.as_bytes()).unwrap();
            asked.push(String::from_utf8(request).unwrap());
        }
        asked
    });
    (port, asked)
}

/// Its head is there, and as many bytes behind it as it says.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= length.map_or(0, |length| length.parse().unwrap())
}

#[tokio::test]
async fn service_is_told_by_a_request_and_its_answer_is_the_outcome() {
    let (port, asked) = answering(vec![
        "HTTP/1.1 200 OK\r\ncontent-length: 23\r\n\r\n{\"message\":\"signed on\"}",
        "HTTP/1.1 409 Conflict\r\ncontent-length: 22\r\n\r\n{\"detail\":\"it is broken\"}",
    ]);
    let action = "[[service_action]]\nname = 'sign-on'\npath = '/services/{service}/sign-on'\n\
                  [[service_action.parameter]]\nname = 'force'\ntype = 'boolean'\ndefault = false";
    let text = unit("exec sleep 1000", &format!("autostart = false\nhttp_port = {port}\n{action}"));
    let bench = Bench::start(&[("app", &text)]).await;
    let good = bench.act(order("sign-on", Some("MC_CREDIT"), &[("force", Argument::Boolean(true))])).await;
    assert!(good.succeeded, "{}", good.message);
    assert!(good.message.starts_with("/services/MC_CREDIT/sign-on answered 200 after "), "{}", good.message);
    assert!(good.message.ends_with("\nsigned on"), "{}", good.message);
    let bad = bench.act(order("sign-on", Some("MC_CREDIT"), &[])).await;
    assert!(!bad.succeeded && bad.message.contains("answered 409"), "{}", bad.message);
    let asked = asked.join().unwrap();
    assert!(asked[0].starts_with("POST /services/MC_CREDIT/sign-on HTTP/1.1\r\n"), "{}", asked[0]);
    assert!(asked[0].ends_with("\r\n\r\n{\"force\":true}"), "{}", asked[0]);
    // Nobody listens there any more.
    let gone = bench.act(order("sign-on", Some("MC_CREDIT"), &[])).await;
    assert!(!gone.succeeded && gone.message.contains(&format!("127.0.0.1:{port}")), "{}", gone.message);
}
