//! Queries of Logs Insights: started, told, stopped, listed.

use super::{ask, now, ok, put, refused, told, with_stream};
use crate::tests::aws::Tool;
use serde_json::{Value, json};

/// A request for a query over the last hour.
fn about(query: &str) -> Value {
    let seconds = now() / 1_000;
    json!({
        "logGroupName": "g", "startTime": seconds - 3_600, "endTime": seconds + 60, "queryString": query,
    })
}

/// The result of a query once it has ended.
async fn result(tool: &Tool, input: Value) -> Value {
    let id = ok(tool, "StartQuery", input).await["queryId"].clone();
    loop {
        let answer = ok(tool, "GetQueryResults", json!({"queryId": id})).await;
        if !["Scheduled", "Running"].contains(&answer["status"].as_str().unwrap()) {
            return answer;
        }
        tokio::task::yield_now().await;
    }
}

/// The values of a field, in the order of the rows.
fn values(answer: &Value, field: &str) -> Vec<String> {
    assert_eq!(answer["status"], "Complete", "{answer}");
    let rows = answer["results"].as_array().unwrap().iter();
    let found = rows.filter_map(|row| {
        let row = row.as_array().unwrap();
        let found = row.iter().find(|one| one["field"] == field)?;
        Some(found["value"].as_str().unwrap().to_owned())
    });
    found.collect()
}

#[tokio::test]
async fn a_query_finds_counts_and_points_back() {
    let (_world, tool) = with_stream().await;
    ok(&tool, "CreateLogStream", json!({"logGroupName": "g", "logStreamName": "t"})).await;
    let start = now() - 60_000;
    put(
        &tool,
        "s",
        &[(start, r#"{"level": "info", "ms": 5}"#), (start + 2, r#"{"level": "error", "ms": 7}"#)],
    )
    .await;
    put(&tool, "t", &[(start + 1, r#"{"level": "info", "ms": 9}"#)]).await;

    let answer = result(&tool, about("fields ms | filter level = 'info'")).await;
    assert_eq!(values(&answer, "ms"), ["9", "5"], "newest first");
    let statistics = &answer["statistics"];
    assert_eq!((&statistics["recordsMatched"], &statistics["recordsScanned"]), (&json!(2.0), &json!(3.0)));
    let pointer = values(&answer, "@ptr").remove(0);
    let record = ok(&tool, "GetLogRecord", json!({"logRecordPointer": pointer})).await["logRecord"].clone();
    assert_eq!(
        (&record["ms"], &record["@logStream"], &record["@log"]),
        (&json!("9"), &json!("t"), &json!("123456789012:g"))
    );
    let wrong = json!({"logRecordPointer": "x"});
    assert_eq!(refused(&tool, "GetLogRecord", wrong).await.0, "InvalidParameterException");

    let answer = result(&tool, about("stats count(*) as n, avg(ms) by level | sort n desc")).await;
    assert_eq!(
        (values(&answer, "level"), values(&answer, "n")),
        (vec!["info".into(), "error".into()], vec!["2".into(), "1".into()])
    );
    assert_eq!(values(&answer, "avg(ms)"), ["7", "7"]);
    assert!(values(&answer, "@ptr").is_empty());
    // The time that is asked for, to the second, and the limit.
    let mut narrow = about("fields ms");
    narrow["endTime"] = json!(start / 1_000 - 5);
    assert!(values(&result(&tool, narrow).await, "ms").is_empty());
    let mut limited = about("fields ms");
    limited["limit"] = json!(1);
    assert_eq!(values(&result(&tool, limited).await, "ms"), ["7"]);
    let by_arn = json!({
        "logGroupIdentifiers": ["arn:aws:logs:eu-central-1:123456789012:log-group:g"],
        "startTime": start / 1_000, "endTime": start / 1_000 + 1, "queryString": "stats max(ms)",
    });
    assert_eq!(values(&result(&tool, by_arn).await, "max(ms)"), ["9"]);

    let fields = ok(&tool, "GetLogGroupFields", json!({"logGroupName": "g"})).await;
    let named = |name: &str| {
        let found = fields["logGroupFields"].as_array().unwrap().iter().find(|field| field["name"] == name);
        found.unwrap()["percent"].as_i64()
    };
    assert_eq!((named("@message"), named("level"), named("ms")), (Some(100), Some(100), Some(100)));
}

#[tokio::test]
async fn queries_are_listed_and_forgotten_with_the_rest() {
    let (_world, tool) = with_stream().await;
    let input = about("fields @message");
    let (start, end) = (input["startTime"].clone(), input["endTime"].clone());
    let id = ok(&tool, "StartQuery", input.clone()).await["queryId"].clone();
    result(&tool, about("limit 1")).await;
    let listed = ok(&tool, "DescribeQueries", json!({"logGroupName": "g", "status": "Complete"})).await;
    let one = listed["queries"].as_array().unwrap().iter().find(|query| query["queryId"] == id).unwrap();
    let text = format!("SOURCE \"g\" START={start}000 END={end}999 | fields @message");
    assert_eq!((&one["queryString"], &one["logGroupName"]), (&json!(text), &json!("g")));
    assert_eq!((&one["queryLanguage"], &one["status"]), (&json!("CWLI"), &json!("Complete")));
    assert!(one["createTime"].is_i64(), "{one}");
    for other in
        [json!({"status": "Scheduled"}), json!({"logGroupName": "h"}), json!({"queryLanguage": "SQL"})]
    {
        assert_eq!(ok(&tool, "DescribeQueries", other.clone()).await["queries"], json!([]), "{other}");
    }
    let page = ok(&tool, "DescribeQueries", json!({"maxResults": 1})).await;
    assert_eq!(page["queries"].as_array().unwrap().len(), 1);
    let rest = ok(&tool, "DescribeQueries", json!({"nextToken": page["nextToken"]})).await;
    assert_eq!(rest["queries"][0]["queryId"], id);
    let (code, message) = refused(&tool, "StopQuery", json!({"queryId": id})).await;
    assert!(code == "InvalidParameterException" && message.contains("not running"), "{message}");
    let url = format!("{}/moto-api/reset", tool.url);
    reqwest::Client::new().post(url).send().await.unwrap();
    assert_eq!(
        refused(&tool, "GetQueryResults", json!({"queryId": id})).await.0,
        "ResourceNotFoundException"
    );
}

#[tokio::test]
async fn what_is_no_query_is_refused_with_its_place() {
    let (world, tool) = with_stream().await;
    let (status, answer) = ask(&tool, "StartQuery", about("fields @message | count()")).await;
    assert_eq!((status, &answer["__type"]), (400, &json!("MalformedQueryException")), "{answer}");
    let message = "unexpected symbol found count at line 1 and position 19";
    assert!(answer["message"].as_str().unwrap().starts_with(message), "{answer}");
    let compile = json!({"location": {"startCharOffset": 18, "endCharOffset": 23}, "message": message});
    assert_eq!(answer["queryCompileError"], compile);
    let mut nowhere = about("fields @message");
    nowhere["logGroupName"] = json!("nowhere");
    let (code, message) = refused(&tool, "StartQuery", nowhere).await;
    let start = "Log group 'nowhere' does not exist for account ID '123456789012' (Service: AWSLogs; Status Code: 400; ";
    assert!(code == "ResourceNotFoundException" && message.starts_with(start), "{message}");
    let mut both = about("fields @message");
    both["logGroupNames"] = json!(["g"]);
    assert_eq!(refused(&tool, "StartQuery", both).await.0, "InvalidParameterException");
    let mut backwards = about("fields @message");
    backwards["endTime"] = json!(1);
    assert_eq!(refused(&tool, "StartQuery", backwards).await.0, "InvalidParameterException");
    let unknown = told("ResourceNotFoundException", "The specified query does not exist.");
    for id in ["no uuid", "6f1b1f4e-0000-4000-8000-000000000000"] {
        assert_eq!(refused(&tool, "GetQueryResults", json!({"queryId": id})).await, unknown);
    }
    let writer = Tool::granted(&world, &["writer:acme"]).await;
    assert_eq!(refused(&writer, "StartQuery", about("limit 1")).await.0, "AccessDeniedException");
    // One tenant's queries are nobody else's: another account does not find them.
    let id = ok(&tool, "StartQuery", about("limit 1")).await["queryId"].clone();
    assert_eq!(ask(&tool, "GetQueryResults", json!({"queryId": id})).await.0, 200);
}
