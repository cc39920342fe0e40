//! What a browser is given and what is asked of it: the session's cookie, and the Origin of what acts.

use super::world::{DEADLINE, PASSWORD, World, client, config, refused};
use crate::config::{MasterConfig, TlsMode};
use crate::{FIRST_USER, Master};
use reqwest::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderMap, ORIGIN, SET_COOKIE, WWW_AUTHENTICATE};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::json;
use topmast_api::client::Credentials;
use topmast_api::problem::{MEDIA_TYPE, Problem, ProblemCode};
use topmast_api::session::Session;

/// A browser with one page open.
struct Browser {
    http: reqwest::Client,
    url: String,
}

impl Browser {
    fn new(master: &Master) -> Self {
        let ca = reqwest::Certificate::from_pem(master.ca_pem().as_bytes()).unwrap();
        let http = reqwest::Client::builder().tls_certs_only([ca]).timeout(DEADLINE).build().unwrap();
        Self { http, url: master.url() }
    }

    async fn login(&self, password: &str) -> Response {
        let login = json!({"user": FIRST_USER, "password": password, "cookie": true});
        let login = self.http.post(format!("{}/api/v1/sessions", self.url)).json(&login);
        login.send().await.unwrap()
    }

    fn ask(&self, method: Method, path: &str, cookie: &str) -> RequestBuilder {
        self.http.request(method, format!("{}{path}", self.url)).header(COOKIE, cookie)
    }
}

/// The cookie as a browser sends it back, and its attributes.
fn cookie(headers: &HeaderMap) -> (String, Vec<String>) {
    let text = headers[SET_COOKIE].to_str().unwrap();
    let mut parts = text.split("; ").map(str::to_owned);
    (parts.next().unwrap(), parts.collect())
}

async fn problem(request: RequestBuilder) -> Problem {
    let response = request.send().await.unwrap();
    serde_json::from_slice(&response.bytes().await.unwrap()).unwrap()
}

#[tokio::test]
async fn login_for_a_browser_gives_a_cookie_and_no_token() {
    let world = World::start().await;
    let browser = Browser::new(&world.master);
    let login = browser.login(&world.password).await;
    assert_eq!(login.status(), 201);
    let (pair, attributes) = cookie(login.headers());
    assert!(pair.starts_with("topmast_session=tms_"), "{pair}");
    assert_eq!(attributes, ["Path=/", "Max-Age=43200", "HttpOnly", "SameSite=Strict"], "12 hours");
    let text = String::from_utf8(login.bytes().await.unwrap().to_vec()).unwrap();
    assert!(!text.contains("tms_"), "{text}");
    let session: Session = serde_json::from_str(&text).unwrap();
    assert_eq!((session.token, session.principal.name.as_str()), (None, FIRST_USER));
    // Reading needs no Origin: a browser sends none with a plain GET.
    let who = browser.ask(Method::GET, "/api/v1/sessions/current", &pair).send().await.unwrap();
    assert_eq!(who.status(), 200);
    let wrong = browser.login("a wrong password").await;
    assert!(wrong.status() == 401 && !wrong.headers().contains_key(SET_COOKIE));
}

#[tokio::test]
async fn cookie_under_tls_is_secure() {
    let directory = tempfile::tempdir().unwrap();
    let master = Master::start(MasterConfig { tls: TlsMode::On, ..config(&directory) }).await.unwrap();
    let _ = client(&master, Credentials::None);
    let browser = Browser::new(&master);
    let login = browser.login(master.first_password().unwrap()).await;
    let (pair, attributes) = cookie(login.headers());
    assert!(attributes.iter().any(|attribute| attribute == "Secure"), "{attributes:?}");
    // A page of the same host without TLS is another page.
    let close = || browser.ask(Method::DELETE, "/api/v1/sessions/current", &pair);
    let plain = problem(close().header(ORIGIN, browser.url.replace("https", "http"))).await;
    assert_eq!(plain.code, ProblemCode::Forbidden);
    let closed = close().header(ORIGIN, &browser.url).send().await.unwrap();
    assert_eq!(closed.status(), 204);
    let (pair, attributes) = cookie(closed.headers());
    assert!(pair == "topmast_session=" && attributes.contains(&"Max-Age=0".into()), "{attributes:?}");
    master.stop().await;
}

#[tokio::test]
async fn what_acts_by_cookie_must_come_from_the_own_page() {
    let world = World::start().await;
    let browser = Browser::new(&world.master);
    let (pair, _) = cookie(browser.login(&world.password).await.headers());
    let body = json!({"name": "eve", "password": PASSWORD, "grants": []});
    let create = || browser.ask(Method::POST, "/api/v1/users", &pair).json(&body);
    let absent = problem(create()).await;
    assert_eq!(absent.code, ProblemCode::Forbidden);
    assert!(absent.detail.contains("no Origin") && absent.detail.contains("Bearer"), "{absent}");
    // Another port of this host is the same site to a browser: it sends the cookie along.
    for origin in ["http://127.0.0.1:1", "https://evil.example", "null"] {
        let other = problem(create().header(ORIGIN, origin)).await;
        assert_eq!(other.code, ProblemCode::Forbidden, "{origin}");
        assert!(other.detail.contains(origin), "{other}");
    }
    assert_eq!(world.admin.user_list().await.unwrap().items.len(), 1, "nothing was done");
    assert_eq!(create().header(ORIGIN, &browser.url).send().await.unwrap().status(), 201);
    // Whoever sends the token itself is a program, or has read it: the Origin shows nothing.
    let delete = browser.http.delete(format!("{}/api/v1/users/eve", browser.url)).bearer_auth(&world.secret);
    let deleted = delete.header(COOKIE, &pair).header(ORIGIN, "https://evil.example").send().await.unwrap();
    assert_eq!(deleted.status(), 204);
}

#[tokio::test]
async fn logout_ends_the_session_of_the_cookie() {
    let world = World::start().await;
    let browser = Browser::new(&world.master);
    let (pair, _) = cookie(browser.login(&world.password).await.headers());
    let close = browser.ask(Method::DELETE, "/api/v1/sessions/current", &pair);
    let closed = close.header(ORIGIN, &browser.url).send().await.unwrap();
    assert_eq!((closed.status().as_u16(), cookie(closed.headers()).0.as_str()), (204, "topmast_session="));
    let over = browser.ask(Method::GET, "/api/v1/sessions/current", &pair).send().await.unwrap();
    assert_eq!(over.status(), 401);
    // With Basic among them a browser would open a window of its own.
    assert_eq!(over.headers()[WWW_AUTHENTICATE], "Bearer");
    // The logout of a program has no cookie to clear.
    let program = browser.http.delete(format!("{}/api/v1/sessions/current", browser.url));
    let program = program.bearer_auth(&world.secret).send().await.unwrap();
    assert!(program.status() == 204 && !program.headers().contains_key(SET_COOKIE));
    assert_eq!(refused(world.admin.session_get().await), ProblemCode::Unauthenticated);
}

#[tokio::test]
async fn opened_address_is_a_page_under_the_policy_and_never_the_api() {
    let world = World::start().await;
    let browser = Browser::new(&world.master);
    let open = async |path: &str| {
        let request =
            browser.http.get(format!("{}{path}", browser.url)).header(ACCEPT, "text/html,*/*;q=0.8");
        request.send().await.unwrap()
    };
    // With the console inside it is the console, without it a page that says so.
    for path in ["/", "/servers?filter=status!%3DUP"] {
        let page = open(path).await;
        assert_eq!(page.headers()[CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert_eq!(page.headers()["x-content-type-options"], "nosniff");
        assert_eq!(page.headers()["cache-control"], "no-cache");
        assert!(
            page.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'")
        );
        assert!(page.text().await.unwrap().starts_with("<!doctype html>"), "{path}");
    }
    for path in ["/api/v1/nothing", "/healthz/nothing"] {
        assert_eq!(open(path).await.headers()[CONTENT_TYPE], MEDIA_TYPE, "{path}");
    }
}
