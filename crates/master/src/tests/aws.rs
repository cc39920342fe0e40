//! AWS' tools in front of the fleet: requests signed as they sign, answered in their protocols.

mod alarm;
mod approval;
mod console;
mod dashboard;
mod ec2;
mod ecs;
mod logs;
mod parameter;
mod refusal;
mod ssm;
mod sts;
mod tag;
mod widget;

use super::peer::{Agent, application};
use super::world::World;
use std::time::SystemTime;
use topmast_aws::Request;
use topmast_aws::signature::Signer;
use topmast_model::status::ApplicationStatus;

/// A tool with an access key.
pub(super) struct Tool {
    url: String,
    id: String,
    secret: String,
    /// Of a temporary key.
    token: Option<String>,
}

impl Tool {
    /// With the test key, which may do everything in the tenant.
    fn test(world: &World) -> Self {
        Self { url: world.master.url(), id: "test".into(), secret: "test".into(), token: None }
    }

    /// With a key of the admin's that may do what is granted.
    pub(super) async fn granted(world: &World, grants: &[&str]) -> Self {
        let request = topmast_api::access_key::AccessKeyRequest {
            name: format!("tool-{}", grants.join("-").replace([':', '/'], "-")),
            owner: None,
            grants: super::world::grants_of(grants),
            expires_in_s: None,
        };
        let made = world.admin.access_key_create(&request).await.unwrap();
        Self { url: world.master.url(), id: made.row.id.to_string(), secret: made.secret, token: None }
    }

    /// Sends a form to EC2: the status and the XML.
    async fn ec2(&self, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2016-11-15").extend_pairs(parameters);
        let form = form.finish();
        self.send("ec2", "/", "application/x-www-form-urlencoded; charset=utf-8", None, form).await
    }

    /// Sends a form to STS: the status and the XML.
    async fn sts(&self, action: &str, parameters: &[(&str, &str)]) -> (u16, String) {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2011-06-15").extend_pairs(parameters);
        let form = form.finish();
        self.send("sts", "/", "application/x-www-form-urlencoded; charset=utf-8", None, form).await
    }

    /// Sends JSON to an operation: the status and the answer.
    pub(super) async fn json(
        &self,
        service: &str,
        target: &str,
        input: serde_json::Value,
    ) -> (u16, serde_json::Value) {
        let content_type = "application/x-amz-json-1.1";
        let (status, body) = self.send(service, "/", content_type, Some(target), input.to_string()).await;
        (status, serde_json::from_str(&body).unwrap())
    }

    pub(super) async fn send(
        &self,
        service: &str,
        path: &str,
        content_type: &str,
        target: Option<&str>,
        body: String,
    ) -> (u16, String) {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let now = i64::try_from(now.as_millis()).unwrap();
        let date = topmast_aws::timestamp::format_basic(now);
        let host = self.url.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let mut headers = vec![("content-type", content_type), ("host", &host), ("x-amz-date", &date)];
        headers.extend(self.token.as_deref().map(|token| ("x-amz-security-token", token)));
        headers.extend(target.map(|target| ("x-amz-target", target)));
        let signed: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        let bytes: Vec<(&str, &[u8])> =
            headers.iter().map(|(name, value)| (*name, value.as_bytes())).collect();
        let request = Request { method: "POST", path, query: "", headers: &bytes, body: body.as_bytes() };
        let signer =
            Signer { access_key_id: &self.id, secret: &self.secret, region: "eu-central-1", service };
        let authorization = signer.authorization(&request, &signed, now).unwrap();
        let mut sent = reqwest::Client::new().post(format!("http://{host}{path}"));
        for (name, value) in &headers {
            sent = sent.header(*name, *value);
        }
        let answer = sent.header("authorization", authorization).body(body.clone()).send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// A master that knows the test keys.
async fn world() -> World {
    World::start_with(|config| config.aws_test_keys = true).await
}

/// A server with `one` STARTED and `two` STOPPED.
async fn with_two(world: &World, name: &str) -> Agent {
    let mut agent = world.agent(name).await;
    let reports =
        vec![application("one", ApplicationStatus::Started), application("two", ApplicationStatus::Stopped)];
    agent.report(reports).await;
    agent
}

/// What is between the first `<name>` after `from` and its end.
fn element<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}
