"""CloudWatch with boto3 as it comes from PyPI: puts metrics, and reads them back by every operation.

    AWS_ENDPOINT_URL=http://... AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... python3 cloudwatch.py PROTOCOL

PROTOCOL is json, query or cbor: what botocore may choose from. Which one it takes is looked at in what it sends.
"""

import datetime
import json
import os
import shutil
import subprocess
import sys

import botocore.exceptions
import protocols

SENT = {
    "json": b"application/x-amz-json-1.0",
    "query": b"application/x-www-form-urlencoded; charset=utf-8",
    "cbor": b"application/cbor",
}
protocol = sys.argv[1]
client = protocols.client("cloudwatch", protocol)
sent = set()


def look(request, **_):
    kind = request.headers["Content-Type"]
    sent.add(kind if isinstance(kind, bytes) else kind.encode())


client.meta.events.register("before-send.cloudwatch", look)


def same(found, expected):
    assert found == expected, f"{protocol}: {found!r}, not {expected!r}"


def refused(code, part, call, **arguments):
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        same(error.response["Error"]["Code"], code)
        assert part in error.response["Error"]["Message"], error
        return
    raise AssertionError(f"{protocol}: {arguments} is not refused")


# Whole minutes, some of them ago.
now = datetime.datetime.now(datetime.timezone.utc).replace(second=0, microsecond=0)
begin, minute = now - datetime.timedelta(minutes=10), datetime.timedelta(minutes=1)
namespace = f"Shop/{protocol}"


def datum(name, place, value, zone, unit="Count"):
    dimensions = [{"Name": "Zone", "Value": zone}]
    return {"MetricName": name, "Dimensions": dimensions, "Timestamp": begin + place * minute, "Value": value, "Unit": unit}


data = [datum("Orders", place, value, zone) for zone, values in [("a", [1, 2, 3]), ("b", [10, 20])] for place, value in enumerate(values)]
data += [datum("Errors", 0, 1, "a"), datum("Errors", 2, 3, "a")]
client.put_metric_data(Namespace=namespace, MetricData=data)
# More than botocore sends uncompressed.
many = [{"MetricName": "Latency", "Timestamp": begin, "Values": [float(v) for v in range(1, 101)], "Counts": [1.0] * 100, "Unit": "Milliseconds"}]
client.put_metric_data(Namespace=namespace, MetricData=many * 20)

listed = client.list_metrics(Namespace=namespace, MetricName="Orders", Dimensions=[{"Name": "Zone"}])["Metrics"]
same(sorted(metric["Dimensions"][0]["Value"] for metric in listed), ["a", "b"])

statistics = client.get_metric_statistics(
    Namespace=namespace, MetricName="Latency", StartTime=begin, EndTime=now, Period=60, ExtendedStatistics=["p50"]
)
same(statistics["Datapoints"][0]["ExtendedStatistics"], {"p50": 50.5})


def metric(id, name, zone, stat="Sum", **more):
    dimensions = [{"Name": "Zone", "Value": zone}]
    of = {"Namespace": namespace, "MetricName": name, "Dimensions": dimensions}
    return {"Id": id, "MetricStat": {"Metric": of, "Period": 60, "Stat": stat}, **more}


def get(queries, **more):
    """Labels and values by id, the oldest first."""
    more = {"StartTime": begin, "EndTime": begin + 5 * minute, "ScanBy": "TimestampAscending", **more}
    results = []
    for page in client.get_paginator("get_metric_data").paginate(MetricDataQueries=queries, **more):
        same(page["Messages"], [])
        results += page["MetricDataResults"]
    return [(result["Id"], result["Label"], result["Values"]) for result in results]


hidden = {"ReturnData": False}
same(get([metric("m1", "Orders", "a"), metric("m2", "Orders", "b")]), [("m1", "Orders", [1.0, 2.0, 3.0]), ("m2", "Orders", [10.0, 20.0])])
same(
    get([{"Id": "e2", "Expression": "e1 * 100"}, {"Id": "e1", "Expression": "m1 / m2", **hidden}, metric("m1", "Errors", "a", **hidden), metric("m2", "Orders", "a", **hidden)]),
    [("e2", "e2", [100.0, 0.0, 100.0])],
)
same(
    get([metric("m1", "Errors", "a", **hidden), {"Id": "e1", "Expression": "FILL(m1, 0)", "Label": "filled"}]),
    [("e1", "filled", [1.0, 0.0, 3.0, 0.0, 0.0])],
)
same(get([metric("m1", "Orders", "a", **hidden), {"Id": "e1", "Expression": "SUM(m1)", **hidden}, {"Id": "e2", "Expression": "m1 - m1 + e1"}]), [("e2", "e2", [6.0, 6.0, 6.0])])
search = f"SEARCH('{{{namespace},Zone}} MetricName=\"Orders\"', 'Sum', 60)"
same(get([{"Id": "s", "Expression": search}]), [("s", "a", [1.0, 2.0, 3.0]), ("s", "b", [10.0, 20.0])])
same(get([{"Id": "s", "Expression": f"SUM({search})"}]), [("s", "s", [11.0, 22.0, 3.0])])
label = "${PROP('Dim.Zone')} ${MAX} ${LABEL}"
same(get([{"Id": "s", "Expression": f"SORT({search}, MAX, DESC)", "Label": label}]), [("s", "b 20 b", [10.0, 20.0]), ("s", "a 3 a", [1.0, 2.0, 3.0])])
at = (begin + 2 * minute + datetime.timedelta(minutes=90)).strftime("%Y-%m-%d %H:%M +0130")
same(get([metric("m1", "Orders", "a", Label="at ${MAX_TIME}")], LabelOptions={"Timezone": "+0130"})[0][1], f"at {at}")
sql = f'SELECT SUM(Orders) FROM "{namespace}" WHERE Zone != \'c\' GROUP BY Zone ORDER BY MAX() DESC LIMIT 1'
same(get([{"Id": "q", "Expression": sql, "Period": 60}]), [("q", "b", [10.0, 20.0])])
# Two pages, the newest first.
pages = client.get_paginator("get_metric_data").paginate(
    MetricDataQueries=[{"Id": "s", "Expression": f"SUM({search})"}], StartTime=begin, EndTime=now, MaxDatapoints=2
)
same([page["MetricDataResults"][0]["Values"] for page in pages], [[3.0, 22.0], [11.0]])

span = {"StartTime": begin, "EndTime": now}
for expression, part in [
    ("m1 +", "Error in expression 'e1': "),
    ("e1 + 1", "Error in expression 'e1': It depends on itself"),
    ("1 + 1", "scalar"),
    ("NOTHING(m1)", "The function NOTHING is not known"),
    ("SEARCH('{', 'Sum')", "Error in expression 'e1': SEARCH"),
    ("SELECT nothing", "Error in expression 'e1': "),
]:
    queries = [metric("m1", "Orders", "a"), {"Id": "e1", "Expression": expression}]
    refused("ValidationError", part, client.get_metric_data, MetricDataQueries=queries, **span)
refused("ValidationError", "must not equal", client.get_metric_data, MetricDataQueries=[metric("m1", "Orders", "a")], StartTime=begin, EndTime=begin)

# Whose names are the fleet's own.
refused("InvalidParameterValue", "Topmast/Server", client.put_metric_data, Namespace="Topmast/Server", MetricData=[{"MetricName": "a", "Value": 1}])

same(sent, {SENT[protocol]})

# The command line goes the same ways; it chooses its protocol by itself.
path = os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]])
aws = shutil.which("aws", path=path)
assert aws, "the AWS CLI is not installed; scripts/setup test does it"


def command_line(*arguments):
    words = [aws, "--region", "us-east-1", "--output", "json", *arguments]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)


if protocol == "json":
    same(command_line("cloudwatch", "put-metric-data", "--namespace", "Shop/cli", "--metric-name", "Orders", "--value", "3").stderr, "")
    told = command_line("cloudwatch", "list-metrics", "--namespace", "Shop/cli")
    same(json.loads(told.stdout)["Metrics"], [{"Namespace": "Shop/cli", "MetricName": "Orders", "Dimensions": []}])
    times = ["--start-time", begin.isoformat(), "--end-time", now.isoformat()]
    queries = json.dumps([{"Id": "s", "Expression": f"SUM({search})"}])
    told = command_line("cloudwatch", "get-metric-data", "--metric-data-queries", queries, *times)
    same(json.loads(told.stdout)["MetricDataResults"][0]["Values"], [3.0, 22.0, 11.0])
    told = command_line("cloudwatch", "get-metric-data", "--metric-data-queries", '[{"Id": "e", "Expression": "1 +"}]', *times)
    assert told.returncode and "(ValidationError)" in told.stderr and "Error in expression 'e'" in told.stderr, told
print(f"{protocol}: all as expected with botocore {botocore.__version__}")
