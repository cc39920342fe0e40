"""CloudWatch's alarms with boto3 as it comes from PyPI: put, looked at, told of, deleted.

    AWS_ENDPOINT_URL=http://... AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... python3 alarm.py PROTOCOL

PROTOCOL is json, query or cbor.
"""

import datetime
import json
import os
import shutil
import subprocess
import sys
import time

from protocols import client, refused, same

protocol = sys.argv[1]
cloudwatch = client("cloudwatch", protocol)
BOTH = ["MetricAlarm", "CompositeAlarm"]
DEADLINE_S = 60
LONG = "a" * 255
TOPIC = "arn:aws:sns:us-east-1:123456789012:ops"
namespace = f"Alarms/{protocol}"


def named(suffix):
    """The name of an alarm of this run: the tenant is shared with the runs of the other protocols."""
    return f"{protocol}-{suffix}"


def alarm(suffix):
    told = cloudwatch.describe_alarms(AlarmNames=[named(suffix)], AlarmTypes=BOTH)
    return (told["MetricAlarms"] + told["CompositeAlarms"])[0]


def is_in(suffix, state):
    """The alarm, once it is in a state."""
    end = time.monotonic() + DEADLINE_S
    while True:
        told = alarm(suffix)
        if told["StateValue"] == state:
            return told
        assert time.monotonic() < end, f"{suffix} does not come into {state}: {told}"
        time.sleep(0.1)


def put(suffix, **members):
    basis = dict(
        AlarmName=named(suffix),
        Namespace=namespace,
        MetricName="Orders",
        Statistic="Average",
        Period=60,
        EvaluationPeriods=1,
        Threshold=2,
        ComparisonOperator="GreaterThanThreshold",
    )
    given = {**basis, **members}
    cloudwatch.put_metric_alarm(**{name: value for name, value in given.items() if value is not None})


def set_state(suffix, state):
    cloudwatch.set_alarm_state(AlarmName=named(suffix), StateValue=state, StateReason="by hand")


# ---- What is put is told as it was sent, with what AWS adds and without what was not said.

zone = [{"Name": "Zone", "Value": "a"}]
put("orders", Dimensions=zone, Unit="Count", AlarmActions=[TOPIC], Tags=[{"Key": "team", "Value": "shop"}])
new = alarm("orders")
arn = new["AlarmArn"]
assert arn.endswith(f":alarm:{named('orders')}") and arn.startswith("arn:aws:cloudwatch:us-east-1:"), arn
same((new["StateValue"], new["StateReason"]), ("INSUFFICIENT_DATA", "Unchecked: Initial alarm creation"))
same((new["ActionsEnabled"], new["OKActions"], new["AlarmActions"]), (True, [], [TOPIC]))
same((new["Dimensions"], new["Threshold"], new["Unit"]), (zone, 2.0, "Count"))
for absent in ["AlarmDescription", "TreatMissingData", "DatapointsToAlarm", "Metrics", "StateReasonData"]:
    assert absent not in new, absent
assert isinstance(new["StateTransitionedTimestamp"], datetime.datetime)
same(cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "team", "Value": "shop"}])
cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "stage", "Value": "test"}])
cloudwatch.untag_resource(ResourceARN=arn, TagKeys=["team"])
same(cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "stage", "Value": "test"}])

# ---- Values that come make it fire; its reason, JSON and history are AWS'.

ago = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(minutes=2)
datum = {"MetricName": "Orders", "Dimensions": zone, "Timestamp": ago, "Unit": "Count"}
cloudwatch.put_metric_data(Namespace=namespace, MetricData=[{**datum, "Value": value} for value in (21, 22)])
fired = is_in("orders", "ALARM")
assert fired["StateReason"].startswith("Threshold Crossed: 1 datapoint [21.5 ("), fired
assert fired["StateReason"].endswith(")] was greater than the threshold (2.0)."), fired
data = json.loads(fired["StateReasonData"])
same((data["version"], data["period"], data["unit"], data["recentDatapoints"]), ("1.0", 60, "Count", [21.5]))
same(data["evaluatedDatapoints"], [{"timestamp": data["startDate"], "sampleCount": 2.0, "value": 21.5}])
states = cloudwatch.describe_alarm_history(AlarmName=named("orders"), HistoryItemType="StateUpdate")
(item,) = states["AlarmHistoryItems"]
same((item["HistorySummary"], item["AlarmType"]), ("Alarm updated from INSUFFICIENT_DATA to ALARM", "MetricAlarm"))
change = json.loads(item["HistoryData"])
same(change["oldState"], {"stateValue": "INSUFFICIENT_DATA", "stateReason": "Unchecked: Initial alarm creation"})
same(change["newState"], {"stateValue": "ALARM", "stateReason": fired["StateReason"], "stateReasonData": data})
on_it = cloudwatch.describe_alarms_for_metric(Namespace=namespace, MetricName="Orders", Dimensions=zone, Statistic="Average")
same([one["AlarmName"] for one in on_it["MetricAlarms"]], [named("orders")])
same(cloudwatch.describe_alarms_for_metric(Namespace=namespace, MetricName="Orders")["MetricAlarms"], [])

put("silent", MetricName="Silent", EvaluationPeriods=2, TreatMissingData="breaching")
silent = is_in("silent", "ALARM")
same(
    silent["StateReason"],
    "Threshold Crossed: no datapoints were received for 2 periods and 2 missing datapoints were treated as [Breaching].",
)
assert "startDate" not in json.loads(silent["StateReasonData"]), silent

# ---- Actions, switched off and on.

put("acts", TreatMissingData="ignore", AlarmActions=[TOPIC], OKActions=["arn:aws:lambda:us-east-1:123456789012:function:f"])
set_state("acts", "ALARM")
cloudwatch.disable_alarm_actions(AlarmNames=[named("acts"), "gone"])
same(alarm("acts")["ActionsEnabled"], False)
set_state("acts", "OK")
cloudwatch.enable_alarm_actions(AlarmNames=[named("acts")])
set_state("acts", "ALARM")
set_state("acts", "OK")
end = time.monotonic() + DEADLINE_S
while True:
    told = cloudwatch.describe_alarm_history(AlarmName=named("acts"), ScanBy="TimestampAscending")["AlarmHistoryItems"]
    if any("Failed to execute action arn:aws:lambda:" in item["HistorySummary"] for item in told):
        break
    assert time.monotonic() < end, told
    time.sleep(0.1)
kinds = [item["HistoryItemType"] for item in told]
same((kinds.count("ConfigurationUpdate"), kinds.count("StateUpdate"), told == sorted(told, key=lambda item: item["Timestamp"])), (3, 4, True))
failed = [item for item in told if item["HistorySummary"].startswith("Failed to execute action arn:aws:lambda:")]
same(json.loads(failed[0]["HistoryData"])["actionState"], "Failed")

# ---- Composite alarms.

rule = f'ALARM("{named("orders")}") AND AT_LEAST(1, NOT OK, ({named("silent")}, {named("acts")}))'
suppressor = dict(ActionsSuppressor=named("acts"), ActionsSuppressorWaitPeriod=10, ActionsSuppressorExtensionPeriod=20)
cloudwatch.put_composite_alarm(AlarmName=named("shop"), AlarmRule=rule, AlarmActions=[TOPIC], **suppressor)
shop = is_in("shop", "ALARM")
same(shop["AlarmRule"], rule)
same({name: shop[name] for name in suppressor}, suppressor)
same((shop["ActionsSuppressedBy"], shop["ActionsSuppressedReason"]), ("WaitPeriod", "Actions suppressed by WaitPeriod"))
assert shop["StateReason"].endswith("was created and its alarm rule evaluates to ALARM"), shop
children = cloudwatch.describe_alarms(ChildrenOfAlarmName=named("shop"))
same(sorted(one["AlarmName"] for one in children["MetricAlarms"]), sorted(map(named, ["acts", "orders", "silent"])))
parents = cloudwatch.describe_alarms(ParentsOfAlarmName=named("orders"))
same([one["AlarmName"] for one in parents["CompositeAlarms"]], [named("shop")])
set_state("orders", "OK")
calm = is_in("shop", "OK")
assert f"{arn} transitioned to OK at " in calm["StateReason"], calm
same([one["arn"] for one in json.loads(calm["StateReasonData"])["triggeringAlarms"]], [arn])

# ---- Lists, by page and by what is asked for.

pages = cloudwatch.get_paginator("describe_alarms").paginate(
    AlarmNamePrefix=f"{protocol}-", AlarmTypes=BOTH, PaginationConfig={"PageSize": 3}
)
pages = [[one["AlarmName"] for one in page["MetricAlarms"] + page["CompositeAlarms"]] for page in pages]
same(pages, [[named("acts"), named("orders"), named("shop")], [named("silent")]])
told = cloudwatch.describe_alarms(AlarmNamePrefix=f"{protocol}-", ActionPrefix="arn:aws:sns:")
same([one["AlarmName"] for one in told["MetricAlarms"]], [named("acts"), named("orders")])
told = cloudwatch.describe_alarms(AlarmNamePrefix=f"{protocol}-", StateValue="ALARM")
same([one["AlarmName"] for one in told["MetricAlarms"]], [named("silent")])

# ---- What is refused.

validation = (400, "ValidationError")
metrics = [{"Id": "e1", "Expression": "SEARCH('a', 'Sum', 60)"}]
plain = dict(Namespace=None, MetricName=None, Statistic=None, Period=None)
refused(*validation, "MetricName must not be null", put, suffix="x", MetricName=None)
refused(*validation, "cannot both be set", put, suffix="x", ThresholdMetricId="t1")
refused(*validation, "SEARCH is not supported on Metric Alarms.", put, suffix="x", Metrics=metrics, **plain)
twice = [{"Id": name, "Expression": "TIME_SERIES(1)"} for name in ("e1", "e2")]
refused(*validation, "Exactly one element of the metrics list should return data.", put, suffix="x", Metrics=twice, **plain)
circle = [{"Id": "e1", "Expression": "e2"}, {"Id": "e2", "Expression": "e1", "ReturnData": False}]
refused(*validation, "It depends on itself", put, suffix="x", Metrics=circle, **plain)
refused(400, "InvalidParameterValue", "The value 90 for parameter", put, suffix="x", Statistic=None, ExtendedStatistic="90")
refused(*validation, "'stateValue' failed to satisfy constraint", cloudwatch.set_alarm_state, AlarmName="x", StateValue="X", StateReason="")
refused(404, "ResourceNotFound", "", cloudwatch.set_alarm_state, AlarmName="gone", StateValue="OK", StateReason="")
composite = cloudwatch.put_composite_alarm
refused(*validation, "alarms [gone] in the alarm rule do not exist", composite, AlarmName="x", AlarmRule="ALARM(gone)")
refused(*validation, "depend on its own state", composite, AlarmName=named("shop"), AlarmRule=f'OK("{named("shop")}")')
refused(*validation, "Error in AlarmRule [Unsupported token ')' at char 1]", composite, AlarmName="x", AlarmRule="()")
refused(*validation, "Error in AlarmRule [", composite, AlarmName="x", AlarmRule="(" * 10_000)
refused(*validation, "composite alarm(s) depending on it", cloudwatch.delete_alarms, AlarmNames=[named("orders")])
refused(400, "InvalidNextToken", "", cloudwatch.describe_alarms, NextToken="x")
unknown = dict(ResourceARN=arn + "-gone", Tags=[{"Key": "a", "Value": "b"}])
refused(404, "ResourceNotFoundException", "Unknown", cloudwatch.tag_resource, **unknown)
same(cloudwatch.list_tags_for_resource(ResourceARN=arn + "-gone")["Tags"], [])

# ---- A name of every length, and none at all.

put("", AlarmName=LONG, AlarmDescription="< & >")
same(cloudwatch.describe_alarms(AlarmNames=[LONG])["MetricAlarms"][0]["AlarmDescription"], "< & >")
cloudwatch.delete_alarms(AlarmNames=[LONG, "gone"])
cloudwatch.delete_alarms(AlarmNames=[named(suffix) for suffix in ("shop", "orders", "silent", "acts")])
same(cloudwatch.describe_alarms(AlarmNamePrefix=f"{protocol}-", AlarmTypes=BOTH)["MetricAlarms"], [])
left = cloudwatch.describe_alarm_history(AlarmName=named("orders"), HistoryItemType="ConfigurationUpdate", MaxRecords=1)
same(left["AlarmHistoryItems"][0]["HistorySummary"], f'Alarm "{named("orders")}" deleted')

# ---- The AWS CLI says the same.

tool = shutil.which("aws", path=os.path.dirname(sys.executable)) or shutil.which("aws")
if tool and protocol == "json":
    arguments = [tool, "cloudwatch", "put-metric-alarm", "--region", "us-east-1", "--alarm-name", "cli", "--namespace", "a"]
    arguments += ["--metric-name", "b", "--statistic", "Sum", "--period", "60", "--evaluation-periods", "1", "--threshold", "1"]
    subprocess.run([*arguments, "--comparison-operator", "LessThanThreshold"], check=True)
    asked = [tool, "cloudwatch", "describe-alarms", "--region", "us-east-1", "--alarm-names", "cli", "--output", "json"]
    told = json.loads(subprocess.run(asked, check=True, capture_output=True).stdout)
    same(told["MetricAlarms"][0]["ComparisonOperator"], "LessThanThreshold")
    cloudwatch.delete_alarms(AlarmNames=["cli"])
print(f"{protocol}: alarms are as AWS has them")
