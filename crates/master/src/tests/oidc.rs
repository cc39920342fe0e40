//! Logging in through a real identity provider, played by a browser that keeps cookies and follows redirects by hand.

use super::world::{World, refused, within};
use crate::config::{GroupGrants, OidcConfig, SecretSource};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::{Response, StatusCode, Url};
use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use topmast_api::problem::ProblemCode;
use topmast_api::session::{DeviceLogin, LoopbackLogin, LoopbackSessionRequest};
use topmast_api::user::PasswordRequest;

/// Where the provider is told to send browsers back: nothing listens there, the browser of the test goes to the master.
const PUBLIC_URL: &str = "http://127.0.0.1:9";
const CLIENT_SECRET: &str = "a secret of 32 characters and more";

/// The provider's process; it ends with this.
struct Provider {
    _process: Child,
    /// Kept open: a provider that cannot say something ends.
    _said: Lines<BufReader<ChildStdout>>,
    issuer: String,
    folder: TempDir,
}

impl Provider {
    async fn start(algorithm: &str) -> Self {
        Self::start_with(algorithm, true).await
    }

    /// With or without codes for terminals.
    async fn start_with(algorithm: &str, devices: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let people = folder.path().join("people.json");
        std::fs::write(&people, "{}").unwrap();
        std::fs::write(folder.path().join("secret"), CLIENT_SECRET).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../testkit/js-oidc/provider.js");
        let mut process = Command::new("node")
            .arg(script)
            .arg(format!("{PUBLIC_URL}/api/v1/oidc/callback"))
            .args([algorithm, people.to_str().unwrap()])
            .env("DEVICES", if devices { "yes" } else { "no" })
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .expect("node runs the identity provider: `scripts/setup test` installs it");
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let port = within(lines.next_line()).await.unwrap();
        let port = port.expect("the identity provider prints its port: `scripts/setup test` installs it");
        Self { _process: process, _said: lines, issuer: format!("http://127.0.0.1:{port}"), folder }
    }

    /// Says who is in which groups from now on.
    fn people(&self, people: &serde_json::Value) {
        std::fs::write(self.folder.path().join("people.json"), people.to_string()).unwrap();
    }

    async fn master(&self) -> World {
        self.master_with(|_| {}).await
    }

    async fn master_with(&self, change: impl FnOnce(&mut OidcConfig)) -> World {
        let text = format!(
            "issuer = {:?}\nclient_id = \"topmast\"\nclient_secret = \"file:{}\"",
            self.issuer,
            self.folder.path().join("secret").display()
        );
        let mut oidc: OidcConfig = toml::from_str(&text).unwrap();
        change(&mut oidc);
        let rule = |text: &str| toml::from_str::<GroupGrants>(text).unwrap();
        World::start_with(|config| {
            config.public_url = Some(PUBLIC_URL.into());
            config.access.oidc = Some(oidc);
            config.access.groups = vec![
                rule("group = \"noc\"\ngrants = [\"operator:acme/main\", \"viewer\"]"),
                rule("group = \"root\"\ngrants = [\"admin\"]"),
            ];
        })
        .await
    }
}

/// A browser: cookies by name, each for both ends; their names differ.
struct Browser<'a> {
    world: &'a World,
    http: reqwest::Client,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    fn new(world: &'a World) -> Self {
        let none = reqwest::redirect::Policy::none();
        let http = reqwest::Client::builder().redirect(none).build().unwrap();
        Self { world, http, cookies: BTreeMap::new() }
    }

    async fn send(&mut self, url: &Url, form: Option<&str>) -> Response {
        let text = url.as_str().replace(PUBLIC_URL, &self.world.master.url());
        let request = match form {
            None => self.http.get(text),
            Some(form) => self
                .http
                .post(text)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.to_owned()),
        };
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let response = within(request.header(COOKIE, cookies.join("; ")).send()).await.unwrap();
        for cookie in response.headers().get_all(SET_COOKIE) {
            let (name, value) = cookie.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.into(), value.into());
        }
        response
    }

    /// Where the provider sends this browser back to, once a person has logged in there.
    async fn way_back(&mut self, person: &str) -> Url {
        self.way_back_from(&format!("{PUBLIC_URL}/api/v1/oidc/login"), person).await
    }

    async fn way_back_from(&mut self, begin: &str, person: &str) -> Url {
        let mut url = Url::parse(begin).unwrap();
        let mut prompt = format!("prompt=login&login={}&password=x", person.replace('#', "%23"));
        // Begin, log in, consent, and the redirects between them.
        for _ in 0..12 {
            if url.path().ends_with("/callback") {
                return url;
            }
            let form = url
                .path()
                .starts_with("/interaction/")
                .then(|| std::mem::replace(&mut prompt, "prompt=consent".into()));
            let response = self.send(&url, form.as_deref()).await;
            let (status, next) = (response.status(), response.headers().get(LOCATION).cloned());
            let Some(next) = next else { panic!("{url} {status}: {}", response.text().await.unwrap()) };
            url = url.join(next.to_str().unwrap()).unwrap();
        }
        panic!("the provider sends nobody back");
    }

    /// Types a terminal's code at the provider, and logs a person in there.
    async fn type_code(&mut self, begun: &DeviceLogin, person: &str) {
        let page = Url::parse(begun.verification_uri_complete.as_ref().unwrap()).unwrap();
        let text = self.send(&page, None).await.text().await.unwrap();
        let (_, rest) = text.split_once("name=\"xsrf\" value=\"").expect(&text);
        let xsrf = rest.split('"').next().unwrap();
        let mut form = Some(format!("xsrf={xsrf}&user_code={}&confirm=yes", begun.user_code));
        let mut prompt = format!("prompt=login&login={person}&password=x");
        let mut url = Url::parse(&begun.verification_uri).unwrap();
        // The code, login, consent, and the redirects between them.
        for _ in 0..12 {
            let response = self.send(&url, form.as_deref()).await;
            let Some(next) = response.headers().get(LOCATION).cloned() else {
                assert_eq!(response.status(), StatusCode::OK, "{url}");
                return;
            };
            url = url.join(next.to_str().unwrap()).unwrap();
            form = url
                .path()
                .starts_with("/interaction/")
                .then(|| std::mem::replace(&mut prompt, "prompt=consent".into()));
        }
        panic!("the provider takes no code");
    }

    /// Logs a person in. Returns what the master's page says.
    async fn log_in(&mut self, person: &str) -> (StatusCode, String) {
        let back = self.way_back(person).await;
        let response = self.send(&back, None).await;
        (response.status(), response.text().await.unwrap())
    }

    fn session(&self) -> Option<&String> {
        self.cookies.get("topmast_session").filter(|secret| !secret.is_empty())
    }
}

#[tokio::test]
async fn groups_of_the_provider_give_the_grants_and_follow_at_each_login() {
    for algorithm in ["RS256", "ES256"] {
        let provider = Provider::start(algorithm).await;
        provider.people(&serde_json::json!({"ann": ["NOC", "others"]}));
        let world = provider.master().await;
        let mut browser = Browser::new(&world);
        let (status, page) = browser.log_in("ann").await;
        assert_eq!((status, page.contains("Logged in.")), (StatusCode::OK, true), "{algorithm} {page}");
        let ann = world.bearer(browser.session().unwrap());
        let who = ann.session_get().await.unwrap();
        let grants: Vec<String> = who.grants.iter().map(ToString::to_string).collect();
        assert_eq!((who.name.as_str(), grants.join(" ").as_str()), ("ann", "operator:acme/main viewer"));
        provider.people(&serde_json::json!({"ann": ["root"]}));
        browser.log_in("ann").await;
        let who = ann.session_get().await.unwrap();
        assert_eq!(who.grants.iter().map(ToString::to_string).collect::<Vec<_>>(), ["admin"]);
        // The provider alone knows a password of hers.
        assert_eq!(refused(world.basic("ann", "x").session_get().await), ProblemCode::Unauthenticated);
        let password = PasswordRequest { password: "another good password".into(), current: None };
        assert_eq!(refused(world.admin.user_set_password("ann", &password).await), ProblemCode::Conflict);
    }
}

#[tokio::test]
async fn who_is_in_no_group_or_has_anothers_name_is_not_let_in() {
    let provider = Provider::start("ES256").await;
    provider.people(
        &serde_json::json!({"eve": ["others"], "admin": ["root"], "bob": ["noc"], "bob#2": ["root"]}),
    );
    let world = provider.master().await;
    for (person, status, why) in [
        ("eve", StatusCode::FORBIDDEN, "in no group"),
        ("admin", StatusCode::CONFLICT, "belongs to another user"),
        ("bob", StatusCode::OK, "Logged in."),
        ("bob#2", StatusCode::CONFLICT, "belongs to another user"),
    ] {
        let mut browser = Browser::new(&world);
        let (found, page) = browser.log_in(person).await;
        assert_eq!(found, status, "{person}: {page}");
        assert!(page.contains(why), "{person}: {page}");
        assert_eq!(browser.session().is_some(), status == StatusCode::OK, "{person}");
    }
    let names: Vec<String> =
        world.admin.user_list().await.unwrap().items.into_iter().map(|row| row.name).collect();
    assert_eq!(names, ["admin", "bob"]);
}

#[tokio::test]
async fn login_ends_only_in_the_browser_that_began_it_and_once() {
    let provider = Provider::start("ES256").await;
    provider.people(&serde_json::json!({"ann": ["noc"]}));
    let world = provider.master().await;
    let mut ann = Browser::new(&world);
    let back = ann.way_back("ann").await;
    // Somebody who got hold of the address: without the cookie, or with that of a login of one's own.
    let mut stranger = Browser::new(&world);
    assert_eq!(stranger.send(&back, None).await.status(), StatusCode::UNAUTHORIZED);
    stranger.way_back("ann").await;
    assert_eq!(stranger.send(&back, None).await.status(), StatusCode::UNAUTHORIZED);
    let mut wrong = back.clone();
    let iss = &provider.issuer;
    wrong.set_query(Some(&format!("code=made-up&state=made-up&iss={iss}")));
    assert_eq!(ann.send(&wrong, None).await.status(), StatusCode::UNAUTHORIZED);
    for query in ["", "error=access_denied&error_description=%3Cb%3Eno", "code=x", "state=x"] {
        wrong.set_query(Some(&format!("{query}&iss={iss}")));
        let response = stranger.send(&wrong, None).await;
        let (status, page) = (response.status(), response.text().await.unwrap());
        assert!(matches!(status.as_u16(), 401 | 429) && !page.contains("<b>"), "{query}: {status} {page}");
    }
    assert_eq!((ann.session(), stranger.session()), (None, None));
    // The address's failures are over.
    let mut again = Browser::new(&world);
    let sealed = again.way_back("ann").await;
    let cookies = again.cookies.clone();
    world.master.context.throttle.forget_addresses();
    assert_eq!(again.send(&sealed, None).await.status(), StatusCode::OK);
    again.cookies = cookies;
    assert_eq!(again.send(&sealed, None).await.status(), StatusCode::UNAUTHORIZED, "a code is good once");
}

/// An address with another `iss`, or none.
fn sent_by(url: &Url, iss: Option<&str>) -> Url {
    let mut other = url.clone();
    let pairs = url.query_pairs().filter(|(name, _)| name != "iss");
    other.query_pairs_mut().clear().extend_pairs(pairs).extend_pairs(iss.map(|iss| ("iss", iss)));
    other
}

#[tokio::test]
async fn what_another_provider_sent_logs_nobody_in() {
    // OI-3
    let provider = Provider::start_with("ES256", false).await;
    provider.people(&serde_json::json!({"ann": ["noc"]}));
    let world = provider.master().await;
    let mut browser = Browser::new(&world);
    let back = browser.way_back("ann").await;
    let cookies = browser.cookies.clone();
    let mut refused_by = back.clone();
    refused_by.set_query(Some("error=access_denied&error_description=of%20another"));
    let others = [
        (
            sent_by(&back, Some("https://login.evil.example")),
            "sent by &quot;https://login.evil.example&quot;",
        ),
        (sent_by(&back, None), "does not say that the identity provider"),
        (refused_by, "does not say that the identity provider"),
    ];
    for (other, why) in others {
        browser.cookies.clone_from(&cookies);
        let response = browser.send(&other, None).await;
        let (status, page) = (response.status(), response.text().await.unwrap());
        assert_eq!((status, browser.session()), (StatusCode::UNAUTHORIZED, None), "{page}");
        assert!(page.contains(why) && !page.contains("of another"), "{page}");
    }
    // The provider was not asked about any of them: its code is still good.
    browser.cookies = cookies;
    world.master.context.throttle.forget_addresses();
    assert_eq!(browser.send(&back, None).await.status(), StatusCode::OK);

    let terminal = world.anybody();
    let begun = terminal.oidc_loopback_begin(4_711).await.unwrap();
    let back = Browser::new(&world).way_back_from(&begun.url, "ann").await;
    let request = brought(&begun, &back);
    for iss in [None, Some("https://login.evil.example".to_owned())] {
        let wrong = LoopbackSessionRequest { iss, ..request.clone() };
        assert_eq!(refused(terminal.oidc_loopback_session(&wrong).await), ProblemCode::Unauthenticated);
    }
    assert_eq!(terminal.oidc_loopback_session(&request).await.unwrap().principal.name, "ann");
}

#[tokio::test]
async fn provider_that_is_another_or_takes_no_secret_lets_nobody_in() {
    let provider = Provider::start("ES256").await;
    provider.people(&serde_json::json!({"ann": ["noc"]}));
    let world =
        provider.master_with(|oidc| oidc.issuer = oidc.issuer.replace("127.0.0.1", "localhost")).await;
    let login = reqwest::get(format!("{}/api/v1/oidc/login", world.master.url())).await.unwrap();
    let text = login.text().await.unwrap();
    assert!(text.contains("write its issuer as it does"), "{text}");
    let wrong = provider.folder.path().join("wrong");
    std::fs::write(&wrong, "a wrong secret").unwrap();
    let world = provider.master_with(|oidc| oidc.client_secret = Some(SecretSource::File(wrong))).await;
    let (status, page) = Browser::new(&world).log_in("ann").await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(page.contains("invalid_client") && !page.contains("a wrong secret"), "{page}");
}

#[tokio::test]
async fn ways_in_are_told_before_a_login() {
    let provider = Provider::start("ES256").await;
    let world = provider.master_with(|oidc| oidc.name = "Acme".into()).await;
    assert_eq!(world.anybody().login_ways().await.unwrap().oidc.as_deref(), Some("Acme"));
    assert_eq!(World::start().await.anybody().login_ways().await.unwrap().oidc, None);
}

#[tokio::test]
async fn terminal_logs_in_with_a_code_that_is_typed_in_a_browser() {
    let provider = Provider::start("ES256").await;
    provider.people(&serde_json::json!({"ann": ["noc"], "eve": []}));
    let world = provider.master().await;
    let terminal = world.anybody();
    let begun = terminal.oidc_device_begin().await.unwrap();
    assert!(!begun.qr.is_empty() && begun.interval_s >= 1, "{begun:?}");
    assert_eq!(
        terminal.oidc_device_session(&begun.login).await.unwrap().session,
        None,
        "nobody typed it yet"
    );
    Browser::new(&world).type_code(&begun, "ann").await;
    let session = terminal.oidc_device_session(&begun.login).await.unwrap().session.unwrap();
    assert_eq!(session.principal.name, "ann");
    let who = world.bearer(session.token.as_ref().unwrap()).session_get().await.unwrap();
    let grants: Vec<String> = who.grants.iter().map(ToString::to_string).collect();
    assert_eq!((who.name.as_str(), grants.join(" ").as_str()), ("ann", "operator:acme/main viewer"));
    // A code is good for one session, and what was not begun here for none.
    assert_eq!(refused(terminal.oidc_device_session(&begun.login).await), ProblemCode::Unauthenticated);
    assert_eq!(refused(terminal.oidc_device_session("made up").await), ProblemCode::Unauthenticated);
    // Who is in no group that gives anything is not let in by this way either.
    let begun = terminal.oidc_device_begin().await.unwrap();
    Browser::new(&world).type_code(&begun, "eve").await;
    assert_eq!(refused(terminal.oidc_device_session(&begun.login).await), ProblemCode::Forbidden);
}

#[tokio::test]
async fn provider_without_codes_for_terminals_says_so() {
    let provider = Provider::start_with("ES256", false).await;
    let world = provider.master().await;
    let problem = world.anybody().oidc_device_begin().await.unwrap_err();
    let problem = problem.problem().unwrap();
    assert_eq!(problem.code, ProblemCode::NotFound);
    assert!(problem.detail.contains("make an API token"), "{problem}");
}

/// What a browser brings a terminal.
fn brought(begun: &LoopbackLogin, back: &Url) -> LoopbackSessionRequest {
    let of = |name: &str| back.query_pairs().find(|(found, _)| found == name).unwrap().1.into_owned();
    let (login, iss) = (begun.login.clone(), Some(of("iss")));
    LoopbackSessionRequest { login, state: of("state"), code: of("code"), iss }
}

#[tokio::test]
async fn terminal_logs_in_with_a_browser_that_comes_back_to_it() {
    // OI-1
    let provider = Provider::start_with("ES256", false).await;
    provider.people(&serde_json::json!({"ann": ["noc"], "eve": []}));
    let world = provider.master().await;
    let terminal = world.anybody();
    let begun = terminal.oidc_loopback_begin(4_711).await.unwrap();
    let back = Browser::new(&world).way_back_from(&begun.url, "ann").await;
    assert!(back.as_str().starts_with("http://127.0.0.1:4711/callback?"), "{back}");
    let request = brought(&begun, &back);
    assert_eq!(request.state, begun.state);
    // A code belongs to the login that it was asked for, and the state tells which.
    let other = terminal.oidc_loopback_begin(4_712).await.unwrap();
    for wrong in [
        LoopbackSessionRequest { login: other.login.clone(), ..request.clone() },
        LoopbackSessionRequest { login: other.login, state: other.state, ..request.clone() },
        LoopbackSessionRequest { login: "made up".into(), ..request.clone() },
    ] {
        let refused = refused(terminal.oidc_loopback_session(&wrong).await);
        assert_eq!(refused, ProblemCode::Unauthenticated, "{}", wrong.state);
    }
    // With another login's verifier the provider refused, and forgot the code.
    world.master.context.throttle.forget_addresses();
    let begun = terminal.oidc_loopback_begin(4_711).await.unwrap();
    let back = Browser::new(&world).way_back_from(&begun.url, "ann").await;
    let session = terminal.oidc_loopback_session(&brought(&begun, &back)).await.unwrap();
    let who = world.bearer(session.token.as_ref().unwrap()).session_get().await.unwrap();
    let grants: Vec<String> = who.grants.iter().map(ToString::to_string).collect();
    assert_eq!((who.name.as_str(), grants.join(" ").as_str()), ("ann", "operator:acme/main viewer"));
    let again = refused(terminal.oidc_loopback_session(&brought(&begun, &back)).await);
    assert_eq!(again, ProblemCode::Unauthenticated, "a code is good once");
    let begun = terminal.oidc_loopback_begin(4_711).await.unwrap();
    let back = Browser::new(&world).way_back_from(&begun.url, "eve").await;
    let eve = refused(terminal.oidc_loopback_session(&brought(&begun, &back)).await);
    assert_eq!(eve, ProblemCode::Forbidden);
    assert_eq!(refused(terminal.oidc_loopback_begin(0).await), ProblemCode::Invalid);
    assert_eq!(refused(World::start().await.anybody().oidc_loopback_begin(1).await), ProblemCode::NotFound);
}
