"""CloudWatch Logs with boto3 as it comes from PyPI: groups, streams, events, searches and queries.

    AWS_ENDPOINT_URL=http://... AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... python3 logs.py json
"""

import sys
import time

from protocols import client, refused, same

logs = client("logs", sys.argv[1])
GROUP = "/shop/orders"
DEADLINE_S = 60
now = int(time.time() * 1000)


def put(stream, *events):
    events = [dict(timestamp=now + offset, message=text) for offset, text in events]
    return logs.put_log_events(logGroupName=GROUP, logStreamName=stream, logEvents=events)


def messages(answer):
    return [event["message"] for event in answer["events"]]


def result(query, **members):
    """The rows of a query as mappings, once it has ended."""
    seconds = now // 1000
    asked = dict(logGroupName=GROUP, startTime=seconds - 3600, endTime=seconds + 3600, queryString=query)
    query_id = logs.start_query(**{**asked, **members})["queryId"]
    end = time.monotonic() + DEADLINE_S
    while True:
        told = logs.get_query_results(queryId=query_id)
        if told["status"] not in ("Scheduled", "Running"):
            same(told["status"], "Complete")
            return [{field["field"]: field["value"] for field in row} for row in told["results"]]
        assert time.monotonic() < end, told
        time.sleep(0.1)


# Groups: made once, listed, tagged, kept for a time.
logs.create_log_group(logGroupName=GROUP, tags={"team": "ops"})
refused(400, "ResourceAlreadyExistsException", "already exists", logs.create_log_group, logGroupName=GROUP)
refused(400, "InvalidParameterException", "at 'logGroupName'", logs.create_log_group, logGroupName="a b")
refused(400, "InvalidParameterException", "/topmast/", logs.create_log_group, logGroupName="/topmast/apps/shop")
group = logs.describe_log_groups(logGroupNamePrefix="/shop")["logGroups"][0]
same((group["logGroupName"], group["storedBytes"], group["metricFilterCount"]), (GROUP, 0, 0))
same(group["arn"], group["logGroupArn"] + ":*")
logs.tag_resource(resourceArn=group["logGroupArn"], tags={"tier": "1"})
same(logs.list_tags_log_group(logGroupName=GROUP)["tags"], {"team": "ops", "tier": "1"})
logs.put_retention_policy(logGroupName=GROUP, retentionInDays=14)
same(logs.describe_log_groups()["logGroups"][0]["retentionInDays"], 14)
refused(400, "InvalidParameterException", "retentionInDays", logs.put_retention_policy, logGroupName=GROUP, retentionInDays=2)

# Streams and events: in order, with what is refused of them told.
for stream in ("web1", "web2"):
    logs.create_log_stream(logGroupName=GROUP, logStreamName=stream)
refused(
    400,
    "ResourceNotFoundException",
    "The specified log stream does not exist.",
    logs.put_log_events,
    logGroupName=GROUP,
    logStreamName="web3",
    logEvents=[dict(timestamp=now, message="x")],
)
answer = put("web1", (-15 * 86_400_000, "old"), (0, "order 1 taken"), (2, "order 2 refused"), (86_400_000, "of tomorrow"))
same(answer["rejectedLogEventsInfo"], {"tooOldLogEventEndIndex": 1, "tooNewLogEventStartIndex": 3})
put("web2", (1, '{"order": 3, "status": "refused", "ms": 12}'), (3, '{"order": 4, "status": "taken", "ms": 4}'))
put("web2", (3, "日本語 🙀"))
named = logs.describe_log_streams(logGroupName=GROUP, orderBy="LastEventTime", descending=True)["logStreams"]
same([stream["logStreamName"] for stream in named], ["web2", "web1"])
same((named[0]["firstEventTimestamp"], named[0]["lastEventTimestamp"]), (now + 1, now + 3))

# Pages of a stream: the end's token is the one that was sent.
page = logs.get_log_events(logGroupName=GROUP, logStreamName="web1", startFromHead=True, limit=1)
same(messages(page), ["order 1 taken"])
page = logs.get_log_events(logGroupName=GROUP, logStreamName="web1", nextToken=page["nextForwardToken"])
same(messages(page), ["order 2 refused"])
end = logs.get_log_events(logGroupName=GROUP, logStreamName="web1", nextToken=page["nextForwardToken"])
same((messages(end), end["nextForwardToken"]), ([], page["nextForwardToken"]))
same(messages(logs.get_log_events(logGroupIdentifier=group["logGroupArn"], logStreamName="web2"))[-1], "日本語 🙀")

# Searches over all streams, page by page.
pages = logs.get_paginator("filter_log_events").paginate(logGroupName=GROUP, PaginationConfig={"PageSize": 2})
found = [event for page in pages for event in page["events"]]
same([event["timestamp"] - now for event in found], [0, 1, 2, 3, 3])
same(len({event["eventId"] for event in found}), 5)
for pattern, expected in [
    ("refused", 2),
    ("order -taken", 2),
    ('"order 1"', 1),
    ("?taken ?refused", 4),
    ("{ $.ms > 5 }", 1),
    ("[w1, number > 1, w3]", 1),
]:
    same((pattern, len(messages(logs.filter_log_events(logGroupName=GROUP, filterPattern=pattern)))), (pattern, expected))
refused(400, "InvalidParameterException", "Invalid character(s) in term", logs.filter_log_events, logGroupName=GROUP, filterPattern="a:b")

# Queries.
rows = result("fields order, ms | filter status = 'refused' or ms < 5 | sort order asc")
same([(row["order"], row["ms"]) for row in rows], [("3", "12"), ("4", "4")])
record = logs.get_log_record(logRecordPointer=rows[0]["@ptr"])["logRecord"]
same((record["@logStream"], record["status"]), ("web2", "refused"))
rows = result("parse @message 'order * *' as number, fate | filter ispresent(fate) | stats count(*) as n by fate | sort fate")
same(rows, [{"fate": "refused", "n": "1"}, {"fate": "taken", "n": "1"}])
rows = result("stats count(*) as n, max(ms) by bin(1d)")
same((sum(int(row["n"]) for row in rows), rows[-1]["max(ms)"]), (5, "12"))
refused(400, "MalformedQueryException", "unexpected symbol found nonsense", result, query="nonsense")
assert any(field["name"] == "status" for field in logs.get_log_group_fields(logGroupName=GROUP)["logGroupFields"])
same({query["status"] for query in logs.describe_queries(logGroupName=GROUP)["queries"]}, {"Complete"})

# Metrics of what is logged, from when a filter is put.
metric = dict(metricNamespace="Shop", metricName="Ms", metricValue="$.ms", unit="Milliseconds", dimensions={"Status": "$.status"})
filtered = dict(logGroupName=GROUP, filterName="ms", filterPattern="{ $.ms = * }")
logs.put_metric_filter(**filtered, metricTransformations=[metric])
kept = logs.describe_metric_filters(metricName="Ms", metricNamespace="Shop")["metricFilters"]
same([(one["filterName"], one["metricTransformations"]) for one in kept], [("ms", [metric])])
put("web1", (5, '{"status": "refused", "ms": 30}'), (6, '{"status": "refused", "ms": 10}'), (7, '{"status": "taken"}'))
counted = client("cloudwatch", sys.argv[1]).get_metric_statistics(
    Namespace="Shop", MetricName="Ms", Dimensions=[{"Name": "Status", "Value": "refused"}], Period=86400,
    StartTime=now // 1000 - 86400, EndTime=now // 1000 + 86400, Statistics=["Sum", "SampleCount"],
)["Datapoints"]
same([sum(point[of] for point in counted) for of in ("Sum", "SampleCount")], [40.0, 2.0])
same({point["Unit"] for point in counted}, {"Milliseconds"})
logs.delete_metric_filter(logGroupName=GROUP, filterName="ms")
matches = logs.test_metric_filter(filterPattern="[w1, number > 1, ...]", logEventMessages=["a 1 b", "a 2 b"])["matches"]
same([(one["eventNumber"], one["extractedValues"]) for one in matches], [(2, {"$w1": "a", "$number": "2", "$3": "b"})])

# What is deleted is gone, also when it is made again.
logs.delete_log_stream(logGroupName=GROUP, logStreamName="web1")
logs.create_log_stream(logGroupName=GROUP, logStreamName="web1")
same(messages(logs.get_log_events(logGroupName=GROUP, logStreamName="web1")), [])
logs.delete_log_group(logGroupName=GROUP)
refused(400, "ResourceNotFoundException", "log group", logs.filter_log_events, logGroupName=GROUP)
same(logs.describe_log_groups()["logGroups"], [])
