"""Logs of the fleet's applications as CloudWatch Logs, with boto3 as it comes from PyPI.

    AWS_ENDPOINT_URL=http://... AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... python3 application_logs.py PHASE [FILE]

    all      two servers tell everything; FILE is the log of web-1, which is written to
    away     the agent of web-2 is not there
    viewer   a key that sees applications and may not read their logs
    one      a key that may read what is on web-1
"""

import sys
import time

import botocore.config
from protocols import client, refused, same

logs = client("logs", "json")
GROUP = "/topmast/shop"
LOG = "main/web-1/shop.log"
START = 1767261600_000  # 2026-01-01T10:00:00Z, when the lines of web-1 begin
DEADLINE_S = 60


def messages(answer):
    return [event["message"] for event in answer["events"]]


def short(answer):
    """The last words of messages."""
    return [message.split()[-1] for message in messages(answer)]


def result(query, start=START // 1000, end=START // 1000 + 86_400):
    query_id = logs.start_query(logGroupName=GROUP, startTime=start, endTime=end, queryString=query)["queryId"]
    deadline = time.monotonic() + DEADLINE_S
    while True:
        told = logs.get_query_results(queryId=query_id)
        if told["status"] not in ("Scheduled", "Running"):
            return query_id, told["status"], [{field["field"]: field["value"] for field in row} for row in told["results"]]
        assert time.monotonic() < deadline, told
        time.sleep(0.1)


def forward(limit, **more):
    """All of the log from its head on, page by page."""
    found, page = [], logs.get_log_events(logGroupName=GROUP, logStreamName=LOG, startFromHead=True, limit=limit, **more)
    while page["events"]:
        found += short(page)
        token = page["nextForwardToken"]
        page = logs.get_log_events(logGroupName=GROUP, logStreamName=LOG, nextToken=token, limit=limit, **more)
    same(page["nextForwardToken"], token)
    return found, token


def everything(path):
    lines = ["one", "two", "trace-1", "trace-2", "trace-3", "three", "4111-11"]
    # Groups and streams.
    groups = logs.describe_log_groups(logGroupNamePrefix="/topmast/")["logGroups"]
    same([group["logGroupName"] for group in groups], [GROUP])
    same(groups[0]["arn"], groups[0]["logGroupArn"] + ":*")
    same([group["logGroupName"] for group in logs.list_log_groups(logGroupNamePattern="^/topmast")["logGroups"]], [GROUP])
    same(logs.list_tags_for_resource(resourceArn=groups[0]["logGroupArn"])["tags"], {})
    streams = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    names = [f"main/{server}/{source}" for server in ("web-1", "web-2") for source in ("output", "shop.log")]
    same([stream["logStreamName"] for stream in streams], names)
    assert all(stream["lastEventTimestamp"] > START and stream["storedBytes"] > 0 for stream in streams), streams
    one = logs.describe_log_streams(logGroupIdentifier=groups[0]["logGroupArn"], logStreamNamePrefix="main/web-2/s")
    same([stream["logStreamName"] for stream in one["logStreams"]], ["main/web-2/shop.log"])
    page = logs.describe_log_streams(logGroupName=GROUP, limit=3)
    page = logs.describe_log_streams(logGroupName=GROUP, limit=3, nextToken=page["nextToken"])
    same([stream["logStreamName"] for stream in page["logStreams"]], names[3:])

    # One stream, in pages of any size, in both directions, rotated files too.
    for limit in (1, 2, 3, 100):
        same((limit, forward(limit)[0]), (limit, lines))
        page = logs.get_log_events(logGroupName=GROUP, logStreamName=LOG, limit=limit)
        found = []
        while page["events"]:
            found = short(page) + found
            token = page["nextBackwardToken"]
            page = logs.get_log_events(logGroupName=GROUP, logStreamName=LOG, limit=limit, nextToken=token)
        same((limit, found), (limit, lines))
    span = dict(startTime=START + 1000, endTime=START + 3600_000)
    same(forward(2, **span)[0], ["two", "trace-1", "trace-2", "trace-3"])
    refused(400, "InvalidParameterException", "nextToken", logs.get_log_events, logGroupName=GROUP, logStreamName=LOG, nextToken="x")
    for stream in ("main/web-1/none.log", "main/web-9/shop.log", "x"):
        no_stream = "The specified log stream does not exist."
        refused(400, "ResourceNotFoundException", no_stream, logs.get_log_events, logGroupName=GROUP, logStreamName=stream)
    refused(400, "ResourceNotFoundException", "log group", logs.get_log_events, logGroupName="/topmast/none", logStreamName=LOG)

    # What is written later comes behind the last token.
    token = forward(100)[1]
    with open(path, "a") as log:
        log.write("2026-01-01T12:00:00Z later\n")
    same(short(logs.get_log_events(logGroupName=GROUP, logStreamName=LOG, nextToken=token)), ["later"])

    # Searches on all servers, in order of time.
    pages = logs.get_paginator("filter_log_events").paginate
    for size in (1, 2, 1000):
        found = pages(logGroupName=GROUP, filterPattern="ERROR", startTime=START, PaginationConfig={"PageSize": size})
        found = [event for page in found for event in page["events"]]
        same([event["logStreamName"] for event in found], [LOG, "main/web-2/shop.log", LOG])
        same([event["timestamp"] - START for event in found], [0, 500, 3600_000])
        same(len({event["eventId"] for event in found}), 3)
    for pattern, expected in [('"ERROR three"', 1), ("?three ?two", 2), ("ERROR -three", 2), ("[time, level = ERROR, which]", 3)]:
        answer = logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)
        same((pattern, len(answer["events"]), answer["searchedLogStreams"]), (pattern, expected, []))
    refused(400, "InvalidParameterException", "in term", logs.filter_log_events, logGroupName=GROUP, filterPattern="a:b")
    answer = logs.filter_log_events(logGroupName=GROUP, logStreamNamePrefix="main/web-2/", filterPattern="ERROR")
    same(len(answer["events"]), 1)
    answer = logs.filter_log_events(logGroupName=GROUP, logStreamNames=[LOG], filterPattern="ERROR")
    same(short(answer), ["one", "three"])
    refused(400, "ResourceNotFoundException", "log stream", logs.filter_log_events, logGroupName=GROUP, logStreamNames=["main/web-1/x"])

    # What is hidden is hidden here, and not found by it.
    same(messages(logs.filter_log_events(logGroupName=GROUP, filterPattern='"4111111111111111"')), [])
    assert any("411111" in text and "4111111111111111" not in text for text in messages(logs.get_log_events(logGroupName=GROUP, logStreamName=LOG)))

    # Queries.
    query_id, status, rows = result("filter @message like /ERROR/ | stats count(*) as n by @logStream | sort @logStream")
    same((status, rows), ("Complete", [{"@logStream": LOG, "n": "2"}, {"@logStream": "main/web-2/shop.log", "n": "1"}]))
    refused(400, "InvalidParameterException", "not running", logs.stop_query, queryId=query_id)
    _, status, rows = result("fields @message, @log | filter @message like 'three' | limit 5")
    same((status, len(rows), rows[0]["@log"].split(":")[1]), ("Complete", 1, GROUP))
    assert "@ptr" not in rows[0], rows
    assert any(field["name"] == "@message" for field in logs.get_log_group_fields(logGroupName=GROUP, time=START // 1000)["logGroupFields"])

    # Nobody changes them.
    event = dict(timestamp=int(time.time() * 1000), message="x")
    for call, arguments in [
        (logs.create_log_group, {}),
        (logs.delete_log_group, {}),
        (logs.create_log_stream, dict(logStreamName="s")),
        (logs.delete_log_stream, dict(logStreamName=LOG)),
        (logs.put_log_events, dict(logStreamName=LOG, logEvents=[event])),
        (logs.put_retention_policy, dict(retentionInDays=1)),
        (logs.delete_retention_policy, {}),
        (logs.put_metric_filter, dict(filterName="f", filterPattern="", metricTransformations=[
            dict(metricName="m", metricNamespace="n", metricValue="1")])),
        (logs.tag_log_group, dict(tags={"a": "b"})),
    ]:
        refused(400, "InvalidParameterException", "not changed", call, logGroupName=GROUP, **arguments)
    refused(400, "InvalidParameterException", "not changed", logs.tag_resource, resourceArn=groups[0]["logGroupArn"], tags={"a": "b"})


def away():
    no_retries = botocore.config.Config(retries={"total_max_attempts": 1})
    impatient = client("logs", "json", config=no_retries)
    answer = logs.filter_log_events(logGroupName=GROUP, filterPattern="ERROR")
    same({event["logStreamName"] for event in answer["events"]}, {LOG})
    same(answer["searchedLogStreams"], [{"logStreamName": "main/web-2", "searchedCompletely": False}])
    gone = dict(logGroupName=GROUP, logStreamName="main/web-2/shop.log")
    refused(500, "ServiceUnavailableException", "the agent of web-2 is not connected", impatient.get_log_events, **gone)
    same(len(logs.describe_log_streams(logGroupName=GROUP)["logStreams"]), 2)
    _, status, rows = result("filter @message like /ERROR/ | stats count(*) as n")
    same((status, rows), ("Timeout", [{"n": "2"}]))


def viewer():
    same(len(logs.describe_log_groups()["logGroups"]), 1)
    query = dict(startTime=0, endTime=1, queryString="fields @message")
    for call, arguments in [
        (logs.describe_log_streams, {}),
        (logs.get_log_events, dict(logStreamName=LOG)),
        (logs.filter_log_events, {}),
        (logs.start_query, query),
        (logs.get_log_group_fields, {}),
    ]:
        refused(400, "AccessDeniedException", "/topmast/shop", call, logGroupName=GROUP, **arguments)
    # What others asked is not told either.
    same(logs.describe_queries()["queries"], [])
    refused(400, "ResourceNotFoundException", "query", logs.get_query_results, queryId=sys.argv[2])


def one():
    same([group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]], [GROUP])
    streams = logs.describe_log_streams(logGroupName=GROUP)["logStreams"]
    same({stream["logStreamName"].split("/")[1] for stream in streams}, {"web-1"})
    same({event["logStreamName"].split("/")[1] for event in logs.filter_log_events(logGroupName=GROUP)["events"]}, {"web-1"})
    hidden = dict(logGroupName=GROUP, logStreamName="main/web-2/shop.log")
    refused(400, "ResourceNotFoundException", "log stream", logs.get_log_events, **hidden)
    same({row["n"] for row in result("filter @message like /ERROR/ | stats count(*) as n")[2]}, {"2"})


phase = sys.argv[1]
if phase == "all":
    everything(sys.argv[2])
    print(logs.describe_queries()["queries"][0]["queryId"])
else:
    dict(away=away, viewer=viewer, one=one)[phase]()
