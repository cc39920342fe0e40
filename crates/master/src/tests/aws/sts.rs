//! STS: temporary credentials, what they are good for, and when they end.

use super::{Tool, element, world};
use crate::access::temporary::{Holder, Temporary};
use crate::tests::world::World;
use serde_json::json;
use topmast_model::principal::Role;
use topmast_model::time::UnixMillis;

const ACCOUNT: &str = "123456789012";

fn role(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:role/{name}")
}

/// The tool that the credentials of an answer make.
fn with_credentials(tool: &Tool, xml: &str) -> Tool {
    let text = |name| element(xml, name).replace("&#43;", "+");
    Tool {
        url: tool.url.clone(),
        id: text("AccessKeyId"),
        secret: text("SecretAccessKey"),
        token: Some(text("SessionToken")),
    }
}

async fn assume(tool: &Tool, parameters: &[(&str, &str)]) -> Tool {
    let (status, xml) = tool.sts("AssumeRole", parameters).await;
    assert_eq!(status, 200, "{xml}");
    with_credentials(tool, &xml)
}

/// The code and the message of a refusal.
async fn refused(tool: &Tool, action: &str, parameters: &[(&str, &str)]) -> (String, String) {
    let (status, xml) = tool.sts(action, parameters).await;
    assert!((400..500).contains(&status), "{xml}");
    (element(&xml, "Code").to_owned(), element(&xml, "Message").replace("&apos;", "'"))
}

async fn list_metrics(tool: &Tool) -> (u16, serde_json::Value) {
    tool.json("monitoring", "GraniteServiceVersion20100801.ListMetrics", json!({})).await
}

async fn put_metric(tool: &Tool) -> (u16, serde_json::Value) {
    let data = json!({"Namespace": "Shop", "MetricData": [{"MetricName": "Orders", "Value": 1}]});
    tool.json("monitoring", "GraniteServiceVersion20100801.PutMetricData", data).await
}

/// The end of the error's type.
fn kind(answer: &serde_json::Value) -> &str {
    answer["__type"].as_str().unwrap().rsplit('#').next().unwrap()
}

#[tokio::test]
async fn an_assumed_role_may_what_the_role_may_and_says_who_it_is() {
    let world = world().await;
    let tool = Tool::test(&world);
    let session = ("RoleSessionName", "deploy");
    let viewer = assume(&tool, &[("RoleArn", &role("viewer")), session]).await;
    assert!(viewer.id.starts_with("ASIA") && viewer.secret.len() == 40);
    let (status, xml) = viewer.sts("GetCallerIdentity", &[]).await;
    assert_eq!(status, 200, "{xml}");
    assert_eq!(element(&xml, "Arn"), format!("arn:aws:sts::{ACCOUNT}:assumed-role/viewer/deploy"));
    assert!(element(&xml, "UserId").starts_with("AROA") && element(&xml, "UserId").ends_with(":deploy"));
    assert_eq!(list_metrics(&viewer).await.0, 200);
    let (status, answer) = put_metric(&viewer).await;
    assert_eq!((status, kind(&answer)), (400, "AccessDeniedException"), "{answer}");
    // From there, only what a viewer may, and for an hour at most.
    let (code, message) = refused(&viewer, "AssumeRole", &[("RoleArn", &role("operator")), session]).await;
    assert_eq!(code, "AccessDenied");
    assert_eq!(
        message,
        format!(
            "User: arn:aws:sts::{ACCOUNT}:assumed-role/viewer/deploy is not authorized to perform: sts:AssumeRole on resource: {}",
            role("operator")
        )
    );
    let long = [
        ("RoleArn", role("viewer")),
        ("RoleSessionName", "again".into()),
        ("DurationSeconds", "3601".into()),
    ];
    let long: Vec<(&str, &str)> = long.iter().map(|(name, value)| (*name, value.as_str())).collect();
    assert_eq!(refused(&viewer, "AssumeRole", &long).await.0, "ValidationError");
    assert_eq!(refused(&viewer, "GetSessionToken", &[]).await.0, "AccessDenied");
    // Without the token, with another's and with a part of it the id is nobody's.
    let other = assume(&tool, &[("RoleArn", &role("viewer")), session]).await;
    let cut = viewer.token.clone().map(|token| token[1..].to_owned());
    for token in [None, other.token, cut] {
        let (url, id, secret) = (viewer.url.clone(), viewer.id.clone(), viewer.secret.clone());
        let wrong = Tool { url, id, secret, token };
        assert_eq!(refused(&wrong, "GetCallerIdentity", &[]).await.0, "InvalidClientTokenId");
        assert_eq!(kind(&list_metrics(&wrong).await.1), "UnrecognizedClientException");
    }
    let forged = Tool { secret: other.secret, ..viewer };
    assert_eq!(refused(&forged, "GetCallerIdentity", &[]).await.0, "SignatureDoesNotMatch");
    super::super::world::within(world.master.stop()).await;
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_with_its_key() {
    // TC-1
    let world = world().await;
    let key = Tool::granted(&world, &["viewer:acme"]).await;
    let (status, xml) = key.sts("GetSessionToken", &[("DurationSeconds", "900")]).await;
    assert_eq!(status, 200, "{xml}");
    let session = with_credentials(&key, &xml);
    let mine = |xml: String| element(&xml, "Arn").to_owned();
    let arn = mine(session.sts("GetCallerIdentity", &[]).await.1);
    assert_eq!(arn, mine(key.sts("GetCallerIdentity", &[]).await.1));
    assert_eq!(list_metrics(&session).await.0, 200);
    let over = over(&world, &key);
    let (code, message) = refused(&over, "GetCallerIdentity", &[]).await;
    assert_eq!(
        (code.as_str(), message.as_str()),
        ("ExpiredToken", "The security token included in the request is expired")
    );
    assert_eq!(kind(&list_metrics(&over).await.1), "ExpiredTokenException");
    world.admin.access_key_revoke(&key.id.parse().unwrap()).await.unwrap();
    assert_eq!(refused(&session, "GetCallerIdentity", &[]).await.0, "InvalidClientTokenId");
    super::super::world::within(world.master.stop()).await;
}

/// Credentials of a key whose time is over.
fn over(world: &World, key: &Tool) -> Tool {
    let temporary = Temporary {
        transitive: std::collections::BTreeSet::new(),
        parent: key.id.parse().unwrap(),
        holder: Holder::Role { role: Role::Viewer, session: "deploy".into() },
        policies: Vec::new(),
        expires_at: UnixMillis(1),
    };
    let made = temporary.issue(&world.master.context.seal).unwrap();
    Tool { url: key.url.clone(), id: made.id.to_string(), secret: made.secret, token: Some(made.token) }
}

#[tokio::test]
async fn nobody_gets_a_role_that_they_have_not_nor_one_elsewhere() {
    let world = world().await;
    let test = Tool::test(&world);
    let narrow = Tool::granted(&world, &["operator:acme/main", "viewer:acme"]).await;
    let xml = narrow.sts("GetCallerIdentity", &[]).await.1;
    let own = |name: &str| format!("arn:aws:iam::{}:role/{name}", element(&xml, "Account"));
    let session = ("RoleSessionName", "deploy");
    for arn in [own("admin"), own("auditor"), own("agent"), own("nothing"), role("viewer")] {
        let (code, message) = refused(&narrow, "AssumeRole", &[("RoleArn", &arn), session]).await;
        assert_eq!(code, "AccessDenied");
        assert!(
            message.ends_with(&format!("is not authorized to perform: sts:AssumeRole on resource: {arn}"))
        );
    }
    // An operator of one cluster stays one of that cluster.
    let operator = assume(&narrow, &[("RoleArn", &own("operator")), session]).await;
    assert_eq!(kind(&put_metric(&operator).await.1), "AccessDeniedException");
    for (name, value, message) in [
        ("RoleArn", "nothing-valid-in-here", "nothing-valid-in-here is invalid"),
        ("RoleArn", "arn:a:a::aaaaaaaaaa:", "arn:a:a::aaaaaaaaaa: is invalid"),
        (
            "RoleSessionName",
            "Session1:2",
            "1 validation error detected: Value 'Session1:2' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*",
        ),
        (
            "DurationSeconds",
            "43201",
            "1 validation error detected: Value '43201' at 'durationSeconds' failed to satisfy constraint: Member must have value less than or equal to 43200",
        ),
    ] {
        let mut parameters =
            std::collections::BTreeMap::from([session, ("RoleArn", "arn:aws:iam::123456789012:role/viewer")]);
        parameters.insert(name, value);
        let parameters: Vec<(&str, &str)> = parameters.into_iter().collect();
        let expect = ("ValidationError".to_owned(), message.to_owned());
        assert_eq!(refused(&test, "AssumeRole", &parameters).await, expect);
    }
    super::super::world::within(world.master.stop()).await;
}

#[tokio::test]
async fn a_policy_bounds_the_session_and_what_it_assumes() {
    let world = world().await;
    let tool = Tool::test(&world);
    let policy = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Action": ["cloudwatch:List*", "sts:*"], "Resource": "*"},
        {"Effect": "Deny", "Action": "ec2:*", "Resource": "*"},
    ]})
    .to_string();
    let arn = role("operator");
    let bounded = [("RoleArn", arn.as_str()), ("RoleSessionName", "deploy"), ("Policy", policy.as_str())];
    let first = assume(&tool, &bounded).await;
    let again = assume(&first, &bounded[..2]).await;
    for tool in [first, again] {
        assert_eq!(list_metrics(&tool).await.0, 200);
        let (status, answer) = put_metric(&tool).await;
        assert_eq!((status, kind(&answer)), (400, "AccessDeniedException"));
        let expect = "is not authorized to perform: cloudwatch:PutMetricData because no session policy allows the cloudwatch:PutMetricData action";
        assert!(answer.to_string().contains(expect), "{answer}");
        let (status, xml) = tool.ec2("DescribeInstances", &[]).await;
        assert_eq!((status, element(&xml, "Code")), (403, "UnauthorizedOperation"));
        assert!(xml.contains("with an explicit deny in a session policy"), "{xml}");
        assert_eq!(tool.sts("GetCallerIdentity", &[]).await.0, 200);
    }
    let wrong = [("RoleArn", arn.as_str()), ("RoleSessionName", "deploy"), ("Policy", "{")];
    let expect = ("MalformedPolicyDocument".to_owned(), "This policy contains invalid Json".to_owned());
    assert_eq!(refused(&tool, "AssumeRole", &wrong).await, expect);
    super::super::world::within(world.master.stop()).await;
}

#[tokio::test]
async fn a_federated_user_may_what_the_policy_gives_and_nothing_without() {
    let world = world().await;
    let tool = Tool::test(&world);
    let policy =
        json!({"Statement": {"Effect": "Allow", "Action": ["cloudwatch:List*", "sts:*"], "Resource": "*"}});
    let (name, policy) = (("Name", "visitor"), policy.to_string());
    let (status, xml) = tool.sts("GetFederationToken", &[name, ("Policy", &policy)]).await;
    assert_eq!(status, 200, "{xml}");
    assert_eq!(element(&xml, "FederatedUserId"), format!("{ACCOUNT}:visitor"));
    let arn = format!("arn:aws:sts::{ACCOUNT}:federated-user/visitor");
    assert_eq!(element(&xml, "Arn"), arn);
    let bounded = with_credentials(&tool, &xml);
    let (_, xml) = bounded.sts("GetCallerIdentity", &[]).await;
    assert_eq!((element(&xml, "Arn"), element(&xml, "UserId")), (&*arn, &*format!("{ACCOUNT}:visitor")));
    assert_eq!(list_metrics(&bounded).await.0, 200);
    assert_eq!(kind(&put_metric(&bounded).await.1), "AccessDeniedException");
    // From there, nobody goes on.
    for (action, parameters) in [
        ("AssumeRole", vec![("RoleArn", role("viewer")), ("RoleSessionName", "again".to_owned())]),
        ("GetSessionToken", Vec::new()),
        ("GetFederationToken", vec![("Name", "again".to_owned())]),
    ] {
        let parameters: Vec<_> = parameters.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(refused(&bounded, action, &parameters).await.0, "AccessDenied", "{action}");
    }

    let (_, xml) = tool.sts("GetFederationToken", &[name]).await;
    assert_eq!(element(&xml, "PackedPolicySize"), "0");
    let (_, answer) = list_metrics(&with_credentials(&tool, &xml)).await;
    let expect = format!(
        "User: {arn} is not authorized to perform: cloudwatch:ListMetrics because no session policy allows the cloudwatch:ListMetrics action"
    );
    assert_eq!(answer["message"].as_str().or(answer["Message"].as_str()), Some(&*expect), "{answer}");
    let long = "x".repeat(2_049);
    let (code, message) = refused(&tool, "GetFederationToken", &[name, ("Policy", &long)]).await;
    assert_eq!(code, "ValidationError");
    assert!(message.ends_with("Member must have length less than or equal to 2048"), "{message}");
    super::super::world::within(world.master.stop()).await;
}

fn borrowed(parameters: &[(String, String)]) -> Vec<(&str, &str)> {
    parameters.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

#[tokio::test]
async fn a_transitive_tag_goes_on_and_is_not_given_anew() {
    let world = world().await;
    let tool = Tool::test(&world);
    let arn = role("viewer");
    let base = [("RoleArn", arn.as_str()), ("RoleSessionName", "one")];
    let tagged = |keys: &[&'static str], transitive: &[&'static str]| {
        let mut parameters: Vec<(String, String)> =
            base.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        for (place, key) in (1..).zip(keys) {
            parameters.push((format!("Tags.member.{place}.Key"), (*key).to_owned()));
            parameters.push((format!("Tags.member.{place}.Value"), "v".to_owned()));
        }
        for (place, key) in (1..).zip(transitive) {
            parameters.push((format!("TransitiveTagKeys.member.{place}"), (*key).to_owned()));
        }
        parameters
    };
    let one = assume(&tool, &borrowed(&tagged(&["Team", "Stage"], &["Team"]))).await;
    let two = assume(&one, &borrowed(&tagged(&["Stage"], &[]))).await;
    let message = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key \
                   from the calling session.";
    for session in [&one, &two] {
        for key in ["Team", "TEAM"] {
            let refusal = refused(session, "AssumeRole", &borrowed(&tagged(&[key], &[]))).await;
            assert_eq!(refusal, ("InvalidParameterValue".to_owned(), message.to_owned()));
        }
    }
}

#[tokio::test]
async fn the_account_of_a_key_is_told_to_its_own_tenant() {
    let world = World::start().await;
    let tool = Tool::granted(&world, &["viewer:acme"]).await;
    let other = Tool::granted(&world, &["viewer:globex"]).await;
    let account = async |tool: &Tool, id: &str| {
        let (status, xml) = tool.sts("GetAccessKeyInfo", &[("AccessKeyId", id)]).await;
        (status, if status == 200 { element(&xml, "Account").to_owned() } else { xml })
    };
    let mine = element(&tool.sts("GetCallerIdentity", &[]).await.1, "Account").to_owned();
    assert_eq!(account(&tool, &tool.id).await, (200, mine.clone()));
    let (_, xml) = tool.sts("GetSessionToken", &[]).await;
    let session = with_credentials(&tool, &xml);
    assert_eq!(account(&session, &session.id).await, (200, mine.clone()));
    assert_eq!(account(&session, &tool.id).await, (200, mine));
    // AW-1: of another tenant, or of nobody.
    for id in [&*other.id, "AKIAIOSFODNN7EXAMPLE", "AKIA-no-key-at-all"] {
        let (status, xml) = account(&tool, id).await;
        assert!(status == 400 && element(&xml, "Code") == "ValidationError", "{xml}");
    }
}
