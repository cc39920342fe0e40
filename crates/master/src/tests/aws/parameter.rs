//! Parameters: put, told, labelled, tagged, listed, deleted; what is secure is sealed.

use super::ssm::{ask, ok};
use super::{Tool, world};
use base64::Engine as _;
use serde_json::{Value, json};
use std::path::Path;

async fn put(tool: &Tool, name: &str, value: &str) -> Value {
    let input = json!({"Name": name, "Value": value, "Type": "String", "Overwrite": true});
    ok(tool, "PutParameter", input).await
}

/// Code and message of a refusal.
async fn refused(tool: &Tool, operation: &str, input: Value) -> (String, String) {
    let (status, answer) = ask(tool, operation, input).await;
    assert_eq!(status, 400, "{answer}");
    let text = |name: &str| answer[name].as_str().unwrap_or_default().to_owned();
    (text("__type"), if answer["message"].is_null() { text("Message") } else { text("message") })
}

fn names(answer: &Value) -> Vec<&str> {
    answer["Parameters"].as_array().unwrap().iter().map(|one| one["Name"].as_str().unwrap()).collect()
}

/// True when a file below the folder has the text.
fn has(folder: &Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return has(&path, text);
        }
        let bytes = std::fs::read(&path).unwrap_or_default();
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    })
}

#[tokio::test]
async fn a_parameter_has_versions_and_outlives_a_restart() {
    let world = world().await;
    let tool = Tool::granted(&world, &["admin:acme"]).await;
    let made = json!({"Name": "/shop/port", "Value": "80", "Type": "String", "Description": "of the shop"});
    assert_eq!(ok(&tool, "PutParameter", made.clone()).await, json!({"Version": 1, "Tier": "Standard"}));
    assert_eq!(
        refused(&tool, "PutParameter", made).await,
        (
            "ParameterAlreadyExists".to_owned(),
            "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."
                .to_owned()
        )
    );
    // What is not said stays.
    let again = json!({"Name": "/shop/port", "Value": "8080", "Overwrite": true});
    assert_eq!(ok(&tool, "PutParameter", again).await["Version"], 2);
    let world = world.restart().await;
    let tool = Tool { url: world.master.url(), ..tool };
    let newest = ok(&tool, "GetParameter", json!({"Name": "/shop/port"})).await["Parameter"].clone();
    let told = (&newest["Value"], &newest["Version"], &newest["Type"], &newest["DataType"]);
    assert_eq!(told, (&json!("8080"), &json!(2), &json!("String"), &json!("text")), "{newest}");
    let arn = newest["ARN"].as_str().unwrap().to_owned();
    assert!(arn.starts_with("arn:aws:ssm:eu-central-1:") && arn.ends_with(":parameter/shop/port"), "{arn}");
    assert!(newest["LastModifiedDate"].is_number() && newest["Selector"].is_null(), "{newest}");
    let first = ok(&tool, "GetParameter", json!({"Name": format!("{arn}:1")})).await["Parameter"].clone();
    let told = (&first["Name"], &first["Value"], &first["Selector"]);
    assert_eq!(told, (&json!("/shop/port"), &json!("80"), &json!(":1")), "{first}");
    assert_eq!(
        refused(&tool, "GetParameter", json!({"Name": "/shop/port:3"})).await,
        (
            "ParameterVersionNotFound".to_owned(),
            "Systems Manager could not find version 3 of /shop/port. Verify the version and try again."
                .to_owned()
        )
    );
    let history = ok(&tool, "GetParameterHistory", json!({"Name": "/shop/port", "MaxResults": 1})).await;
    assert_eq!(history["Parameters"][0]["Description"], "of the shop");
    let next = json!({"Name": "/shop/port", "NextToken": history["NextToken"]});
    let history = ok(&tool, "GetParameterHistory", next).await;
    let second = &history["Parameters"][0];
    assert_eq!((&second["Version"], &second["Description"]), (&json!(2), &json!("of the shop")));
    assert!(history["NextToken"].is_null() && second["Labels"] == json!([]), "{history}");
    assert!(second["LastModifiedUser"].as_str().unwrap().contains(":user/admin/"), "{second}");
}

#[tokio::test]
async fn a_secure_string_is_in_clear_for_who_may_operate_and_nowhere_on_the_disk() {
    let world = world().await;
    let tool = Tool::test(&world);
    let secret = "correct horse battery staple";
    let input = json!({"Name": "/shop/password", "Value": secret, "Type": "SecureString"});
    ok(&tool, "PutParameter", input).await;
    put(&tool, "/shop/motto", "in clear on the disk").await;
    let reader = Tool::granted(&world, &["viewer:acme"]).await;
    let plain = json!({"Name": "/shop/password"});
    let opened = json!({"Name": "/shop/password", "WithDecryption": true});
    let sealed = ok(&reader, "GetParameter", plain).await["Parameter"]["Value"].as_str().unwrap().to_owned();
    let bytes = base64::engine::general_purpose::STANDARD.decode(&sealed).unwrap();
    assert!(bytes.len() > secret.len() && !String::from_utf8_lossy(&bytes).contains("horse"));
    assert_eq!(refused(&reader, "GetParameter", opened.clone()).await.0, "AccessDeniedException");
    let operator = Tool::granted(&world, &["operator:acme"]).await;
    assert_eq!(ok(&operator, "GetParameter", opened.clone()).await["Parameter"]["Value"], secret);
    let clear = json!({"Name": "/shop/motto", "WithDecryption": true});
    assert_eq!(ok(&reader, "GetParameter", clear).await["Parameter"]["Value"], "in clear on the disk");
    let history = json!({"Name": "/shop/password", "WithDecryption": true});
    assert_eq!(
        ok(&operator, "GetParameterHistory", history).await["Parameters"][0]["KeyId"],
        "alias/aws/ssm"
    );
    let folder = world.directory.path().to_owned();
    let world = world.restart().await;
    assert!(has(&folder, "in clear on the disk"), "the other is found, so the search finds");
    assert!(!has(&folder, secret));
    let operator = Tool { url: world.master.url(), ..operator };
    assert_eq!(ok(&operator, "GetParameter", opened).await["Parameter"]["Value"], secret);
}

#[tokio::test]
async fn parameters_are_told_by_names_and_by_paths() {
    let world = world().await;
    let tool = Tool::test(&world);
    for name in ["/a/b/c", "/a/b", "/a/d", "/ab", "e"] {
        put(&tool, name, name).await;
    }
    let asked = json!({"Names": ["e", "/e", "/a/b:1", "e", "gone", "e:9", "e:label"]});
    let told = ok(&tool, "GetParameters", asked).await;
    assert_eq!(names(&told), ["e", "/e", "/a/b"], "under the name that was asked for");
    assert_eq!(told["InvalidParameters"], json!(["gone", "e:9", "e:label"]));
    for (path, is_deep, expected) in [
        ("/", false, &["/ab", "e"][..]),
        ("/", true, &["/a/b", "/a/b/c", "/a/d", "/ab", "e"]),
        ("/a", false, &["/a/b", "/a/d"]),
        ("/a/", true, &["/a/b", "/a/b/c", "/a/d"]),
        ("/x", true, &[]),
    ] {
        let told = ok(&tool, "GetParametersByPath", json!({"Path": path, "Recursive": is_deep})).await;
        assert_eq!(names(&told), expected, "{path}");
    }
    let mut paged = Vec::new();
    let mut input = json!({"Path": "/", "Recursive": true, "MaxResults": 2});
    loop {
        let told = ok(&tool, "GetParametersByPath", input.clone()).await;
        paged.extend(names(&told).into_iter().map(str::to_owned));
        if paged.len() == 2 {
            // What goes between two pages leaves no gap.
            ok(&tool, "DeleteParameter", json!({"Name": "/a/b"})).await;
        }
        match &told["NextToken"] {
            Value::Null => break,
            token => input["NextToken"] = token.clone(),
        }
    }
    assert_eq!(paged, ["/a/b", "/a/b/c", "/a/d", "/ab", "e"]);
    let (code, message) = refused(&tool, "GetParametersByPath", json!({"Path": "a"})).await;
    assert_eq!(code, "ValidationException");
    assert!(message.starts_with("The parameter doesn't meet the parameter name requirements."), "{message}");
    let (code, _) = refused(&tool, "GetParametersByPath", json!({"Path": "/", "NextToken": "x"})).await;
    assert_eq!(code, "InvalidNextToken");
    let (code, message) = refused(
        &tool,
        "GetParametersByPath",
        json!({"Path": "/", "ParameterFilters": [{"Key": "Tier", "Values": ["Standard"]}]}),
    )
    .await;
    assert_eq!(code, "InvalidFilterKey");
    assert_eq!(
        message,
        "The following filter key is not valid: Tier. Valid filter keys include: [Type, KeyId]."
    );
}

#[tokio::test]
async fn a_label_moves_from_version_to_version() {
    let world = world().await;
    let tool = Tool::test(&world);
    for value in ["one", "two", "three"] {
        put(&tool, "/shop/motto", value).await;
    }
    let label = |version: i64, labels: Value| json!({"Name": "/shop/motto", "ParameterVersion": version, "Labels": labels});
    let told = ok(&tool, "LabelParameterVersion", label(1, json!(["live", "old"]))).await;
    assert_eq!(told, json!({"InvalidLabels": [], "ParameterVersion": 1}));
    ok(&tool, "LabelParameterVersion", json!({"Name": "/shop/motto", "Labels": ["live"]})).await;
    let told = ok(&tool, "LabelParameterVersion", label(2, json!(["fine", "9", "aws1"]))).await;
    assert_eq!(told["InvalidLabels"], json!(["9", "aws1"]));
    let history = ok(&tool, "GetParameterHistory", json!({"Name": "/shop/motto"})).await;
    let labels: Vec<&Value> =
        history["Parameters"].as_array().unwrap().iter().map(|version| &version["Labels"]).collect();
    assert_eq!(labels, [&json!(["old"]), &json!([]), &json!(["live"])]);
    let live = ok(&tool, "GetParameter", json!({"Name": "/shop/motto:live"})).await["Parameter"].clone();
    assert_eq!((&live["Value"], &live["Selector"]), (&json!("three"), &json!(":live")));
    let filter = json!([{"Key": "Label", "Values": ["old"]}]);
    let found = json!({"Path": "/shop", "ParameterFilters": filter});
    let found = ok(&tool, "GetParametersByPath", found).await;
    assert_eq!(found["Parameters"][0]["Value"], "one");
    let (code, _) = refused(&tool, "GetParameter", json!({"Name": "/shop/motto:fine"})).await;
    assert_eq!(code, "ParameterVersionNotFound");
    let many: Vec<String> = (0..10).map(|number| format!("l{number}")).collect();
    let (code, _) = refused(&tool, "LabelParameterVersion", label(1, json!(many))).await;
    assert_eq!(code, "ParameterVersionLabelLimitExceeded");
    let (code, _) = refused(&tool, "LabelParameterVersion", label(4, json!(["x"]))).await;
    assert_eq!(code, "ParameterVersionNotFound");
    let told = ok(&tool, "UnlabelParameterVersion", label(1, json!(["old", "live"]))).await;
    assert_eq!(told, json!({"RemovedLabels": ["old"], "InvalidLabels": ["live"]}));
}

#[tokio::test]
async fn described_parameters_pass_all_filters() {
    let world = world().await;
    let tool = Tool::test(&world);
    let team = json!([{"Key": "team", "Value": "ops"}]);
    let all = [
        json!({"Name": "port", "Value": "80", "Type": "String", "AllowedPattern": "\\d+", "Tags": team}),
        json!({"Name": "/shop/hosts", "Value": "a,b", "Type": "StringList"}),
        json!({"Name": "/shop/db/password", "Value": "x", "Type": "SecureString", "KeyId": "alias/own"}),
        json!({"Name": "/shop/terms", "Value": "x".repeat(5_000), "Type": "String", "Tier": "Intelligent-Tiering"}),
    ];
    for one in all {
        ok(&tool, "PutParameter", one).await;
    }
    let filter = |key: &str, option: &str, values: &[&str]| match option {
        "" => json!({"Key": key, "Values": values}),
        option => json!({"Key": key, "Option": option, "Values": values}),
    };
    for (filters, expected) in [
        (json!([]), &["port", "/shop/db/password", "/shop/hosts", "/shop/terms"][..]),
        (json!([filter("Name", "", &["/port", "gone"])]), &["port"]),
        (
            json!([filter("Name", "BeginsWith", &["shop/"])]),
            &["/shop/db/password", "/shop/hosts", "/shop/terms"],
        ),
        (json!([filter("Name", "Contains", &["/ho", "por"])]), &["port", "/shop/hosts"]),
        (json!([filter("Path", "", &["/shop"])]), &["/shop/hosts", "/shop/terms"]),
        (
            json!([filter("Path", "Recursive", &["/shop/"])]),
            &["/shop/db/password", "/shop/hosts", "/shop/terms"],
        ),
        (json!([filter("Path", "OneLevel", &["/"])]), &["port"]),
        (json!([filter("Type", "", &["String"])]), &["port", "/shop/terms"]),
        (json!([filter("KeyId", "BeginsWith", &["alias/"])]), &["/shop/db/password"]),
        (json!([filter("Tier", "", &["Advanced"])]), &["/shop/terms"]),
        (json!([filter("tag:team", "", &["ops"])]), &["port"]),
        (json!([{"Key": "tag:team"}]), &["port"]),
        (json!([filter("Type", "", &["String"]), filter("Tier", "", &["Standard"])]), &["port"]),
    ] {
        let told = ok(&tool, "DescribeParameters", json!({"ParameterFilters": filters})).await;
        let mut sorted = expected.to_vec();
        sorted.sort_unstable_by_key(|name| name.trim_start_matches('/'));
        assert_eq!(names(&told), sorted, "{filters}");
    }
    let told = ok(&tool, "DescribeParameters", json!({"Filters": [filter("Name", "", &["port"])]})).await;
    let port = &told["Parameters"][0];
    assert_eq!(
        (&port["AllowedPattern"], &port["Version"], &port["Value"]),
        (&json!("\\d+"), &json!(1), &Value::Null)
    );
    let listed = json!({"ResourceType": "Parameter", "ResourceId": "/port"});
    assert_eq!(ok(&tool, "ListTagsForResource", listed.clone()).await["TagList"], team);
    let more = json!({"ResourceType": "Parameter", "ResourceId": "port", "Tags": [{"Key": "stage", "Value": "test"}]});
    ok(&tool, "AddTagsToResource", more).await;
    let less = json!({"ResourceType": "Parameter", "ResourceId": "port", "TagKeys": ["team", "gone"]});
    ok(&tool, "RemoveTagsFromResource", less).await;
    let tags = ok(&tool, "ListTagsForResource", listed).await;
    assert_eq!(tags["TagList"], json!([{"Key": "stage", "Value": "test"}]));
    let target = "ResourceGroupsTaggingAPI_20170126.GetResources";
    let (_, found) = tool.json("tagging", target, json!({"ResourceTypeFilters": ["ssm:parameter"]})).await;
    let arn = "arn:aws:ssm:eu-central-1:123456789012:parameter/port";
    assert_eq!(found["ResourceTagMappingList"][0]["ResourceARN"], arn, "{found}");
    let gone = json!({"ResourceType": "Parameter", "ResourceId": "gone"});
    assert_eq!(refused(&tool, "ListTagsForResource", gone).await.0, "InvalidResourceId");
}

#[tokio::test]
async fn what_is_no_parameter_or_filter_is_refused_in_aws_words() {
    let world = world().await;
    let tool = Tool::test(&world);
    put(&tool, "port", "80").await;
    let input = |name: &str, value: &str, more: Value| {
        let mut input = json!({"Name": name, "Value": value, "Type": "String"});
        input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        input
    };
    let long = "x".repeat(4_097);
    for (input, code, message) in [
        (
            input("a", "", json!({})),
            "ValidationException",
            "Value '' at 'value' failed to satisfy constraint",
        ),
        (
            input("a/b", "1", json!({})),
            "ValidationException",
            "Parameter name must be a fully qualified name",
        ),
        (input("AWS", "1", json!({})), "ValidationException", "can't be prefixed with \"aws\" or \"ssm\""),
        (
            input("/aws/a", "1", json!({})),
            "AccessDeniedException",
            "No access to reserved parameter name: /aws/a.",
        ),
        (
            input("a", "1", json!({"Type": "Number"})),
            "ValidationException",
            "[SecureString, StringList, String]",
        ),
        (json!({"Name": "a", "Value": "1"}), "ValidationException", "A parameter type is required"),
        (
            input("a", "1", json!({"DataType": "Text"})),
            "ValidationException",
            "data type is not supported: Text",
        ),
        (input("a", &long, json!({})), "ValidationException", "Standard tier parameters support a maximum"),
        (input("a", &long.repeat(2), json!({"Tier": "Advanced"})), "ValidationException", "8192 characters"),
        (
            input("a", "x", json!({"AllowedPattern": "\\d+"})),
            "ParameterPatternMismatchException",
            "Parameter value, cannot be validated against allowedPattern: \\d+",
        ),
        (
            input("a", "1,x", json!({"AllowedPattern": "\\d+", "Type": "StringList"})),
            "ParameterPatternMismatchException",
            "cannot be validated",
        ),
        (
            input("a", "1", json!({"AllowedPattern": "("})),
            "InvalidAllowedPatternException",
            "regular expression",
        ),
        (
            input("port", "1", json!({"Type": "StringList", "Overwrite": true})),
            "HierarchyTypeMismatchException",
            "does not support changing a parameter type",
        ),
        (
            input("port", "1", json!({"Overwrite": true, "Tags": [{"Key": "a", "Value": "b"}]})),
            "ValidationException",
            "tags and overwrite can't be used together",
        ),
        (
            input("a", "1", json!({"Policies": "[{\"Type\": \"Expiration\"}]"})),
            "InvalidPolicyTypeException",
            "The policy type isn't supported",
        ),
    ] {
        let (found, told) = refused(&tool, "PutParameter", input.clone()).await;
        assert_eq!(found, code, "{input}: {told}");
        assert!(told.contains(message), "{input}: {told}");
    }
    for (filters, code, message) in [
        (json!([{"Key": "Label", "Values": ["a"]}]), "InvalidFilterKey", "[Path, Name, Type, KeyId, Tier]."),
        (json!([{"Key": "Name"}]), "InvalidFilterValue", "values are missing : null for filter key Name."),
        (
            json!([{"Key": "Name", "Values": ["a"]}, {"Key": "Name", "Values": ["b"]}]),
            "InvalidFilterKey",
            "The following filter is duplicated in the request: Name.",
        ),
        (
            json!([{"Key": "Path", "Values": ["/Aws"]}]),
            "ValidationException",
            "Filters for common parameters",
        ),
        (json!([{"Key": "Path", "Values": ["//"]}]), "ValidationException", "The parameter doesn't meet"),
        (
            json!([{"Key": "Path", "Option": "Equals", "Values": ["/a"]}]),
            "InvalidFilterOption",
            "The following filter option is not valid: Equals. Valid options include: [Recursive, OneLevel].",
        ),
        (
            json!([{"Key": "Type", "Values": ["Text"]}]),
            "InvalidFilterValue",
            "not valid: Text. Valid values include: [String, StringList, SecureString].",
        ),
    ] {
        let (found, told) = refused(&tool, "DescribeParameters", json!({"ParameterFilters": filters})).await;
        assert!(found == code && told.contains(message), "{filters}: {found} {told}");
    }
    let gone = json!({"Name": "gone"});
    for operation in ["GetParameter", "DeleteParameter", "GetParameterHistory"] {
        let told = refused(&tool, operation, gone.clone()).await;
        assert_eq!(told, ("ParameterNotFound".into(), "Parameter gone not found.".into()), "{operation}");
    }
    let viewer = Tool::granted(&world, &["viewer:acme"]).await;
    assert_eq!(refused(&viewer, "PutParameter", input("a", "1", json!({}))).await.0, "AccessDeniedException");
    let part = Tool::granted(&world, &["viewer:acme/main"]).await;
    assert_eq!(refused(&part, "GetParameter", json!({"Name": "port"})).await.0, "AccessDeniedException");
}

#[tokio::test]
async fn a_reset_forgets_parameters_and_deleting_tells_what_there_was_not() {
    let world = world().await;
    let tool = Tool::test(&world);
    for name in ["a", "/b", "c"] {
        put(&tool, name, "1").await;
    }
    let told = ok(&tool, "DeleteParameters", json!({"Names": ["/a", "b", "gone", "po rt"]})).await;
    assert_eq!(told, json!({"DeletedParameters": ["b", "/a"], "InvalidParameters": ["gone", "po rt"]}));
    assert_eq!(names(&ok(&tool, "DescribeParameters", json!({})).await), ["c"]);
    let reset = format!("{}/moto-api/reset", world.master.url().trim_end_matches('/'));
    assert_eq!(reqwest::Client::new().post(reset).send().await.unwrap().status(), 200);
    assert!(names(&ok(&tool, "DescribeParameters", json!({})).await).is_empty());
}
