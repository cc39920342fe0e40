"""STS and dashboards with boto3 as it comes from PyPI, and requests that are signed in their URL.

    AWS_ENDPOINT_URL=http://... AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=... python3 identity.py PROTOCOL

PROTOCOL is json, query or cbor, for CloudWatch; STS and EC2 have forms only.
"""

import json
import sys
import urllib.error
import urllib.request

from protocols import client, refused, same

protocol = sys.argv[1]
sts, cloudwatch = client("sts", "query"), client("cloudwatch", protocol)
DATUM = {"Namespace": "Shop", "MetricData": [{"MetricName": "Orders", "Value": 1}]}
DENIED = 403 if protocol == "query" else 400
me = sts.get_caller_identity()


def named(suffix):
    """The name of a dashboard of this run: the tenant is shared with the runs of the other protocols."""
    return f"{protocol}-{suffix}"


# ---- Temporary credentials: the key's own, a role's, a federated user's.

session = sts.get_session_token(DurationSeconds=900)["Credentials"]
same(client("sts", "query", session).get_caller_identity()["Arn"], me["Arn"])
client("cloudwatch", protocol, session).put_metric_data(**DATUM)

role = f"arn:aws:iam::{me['Account']}:role/viewer"
assumed = sts.assume_role(RoleArn=role, RoleSessionName="report")
arn = f"arn:aws:sts::{me['Account']}:assumed-role/viewer/report"
same(assumed["AssumedRoleUser"]["Arn"], arn)
same(client("sts", "query", assumed["Credentials"]).get_caller_identity()["Arn"], arn)
viewer = client("cloudwatch", protocol, assumed["Credentials"])
viewer.list_metrics(Namespace="Shop")
words = f"User: {arn} is not authorized to perform: cloudwatch:PutMetricData"
refused(DENIED, "AccessDenied", words, viewer.put_metric_data, **DATUM)

policy = {"Statement": {"Effect": "Allow", "Action": "cloudwatch:List*", "Resource": "*"}}
federated = sts.get_federation_token(Name="visitor", Policy=json.dumps(policy))
arn = f"arn:aws:sts::{me['Account']}:federated-user/visitor"
same(federated["FederatedUser"], {"FederatedUserId": f"{me['Account']}:visitor", "Arn": arn})
visitor = client("cloudwatch", protocol, federated["Credentials"])
visitor.list_metrics(Namespace="Shop")
refused(DENIED, "AccessDenied", "no session policy allows", visitor.put_metric_data, **DATUM)
refused(400, "ValidationError", "", sts.get_session_token, DurationSeconds=129_601)
refused(400, "MalformedPolicyDocument", "invalid Json", sts.get_federation_token, Name="visitor", Policy="{")

# ---- Dashboards.

widget = {"type": "metric", "x": 0, "y": 0, "width": 6, "height": 6, "properties": {"metrics": [["Shop", "Orders"]], "region": "us-east-1"}}
body = json.dumps({"widgets": [widget]})
same(cloudwatch.put_dashboard(DashboardName=named("a"), DashboardBody=body)["DashboardValidationMessages"], [])
cloudwatch.put_dashboard(DashboardName=named("b"), DashboardBody=body)
told = cloudwatch.get_dashboard(DashboardName=named("a"))
arn = f"arn:aws:cloudwatch::{me['Account']}:dashboard/{named('a')}"
same((told["DashboardArn"], told["DashboardBody"], told["DashboardName"]), (arn, body, named("a")))
pages = cloudwatch.get_paginator("list_dashboards").paginate(DashboardNamePrefix=protocol)
same([(one["DashboardName"], one["Size"]) for page in pages for one in page["DashboardEntries"]], [(named("a"), len(body)), (named("b"), len(body))])
cloudwatch.tag_resource(ResourceARN=arn, Tags=[{"Key": "team", "Value": "shop"}])
same(cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"], [{"Key": "team", "Value": "shop"}])
wrong = json.dumps({"widgets": [{"type": "metric", "properties": {"metrics": ["Shop"]}}]})
refused(400, "InvalidParameterInput", "Should be array", cloudwatch.put_dashboard, DashboardName="x", DashboardBody=wrong)
refused(404, "ResourceNotFound", "Dashboard x does not exist", cloudwatch.get_dashboard, DashboardName="x")
refused(404, "ResourceNotFound", "x", cloudwatch.delete_dashboards, DashboardNames=[named("a"), "x"])
refused(400, "InvalidParameterValue", "at least 1", cloudwatch.delete_dashboards, DashboardNames=[])
cloudwatch.delete_dashboards(DashboardNames=[named("a"), named("b")])
same(cloudwatch.list_dashboards(DashboardNamePrefix=protocol)["DashboardEntries"], [])

# ---- Signed in the URL: whoever has it may do this one thing, without a key.


def fetch(url):
    """Status and text."""
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def changed(url, name, value):
    """The URL with another value of a parameter."""
    before, _, rest = url.partition(f"{name}=")
    _, separator, after = rest.partition("&")
    return f"{before}{name}={value}{separator}{after}"


for signer, operation, arguments, part in [
    (sts, "get_caller_identity", {}, f"<Account>{me['Account']}</Account>"),
    (client("sts", "query", session), "get_caller_identity", {}, f"<Arn>{me['Arn']}</Arn>"),
    (client("ec2", "ec2"), "describe_regions", {}, "<regionName>us-east-1</regionName>"),
    (client("cloudwatch", "query"), "list_metrics", {"Namespace": "Shop"}, "<MetricName>Orders</MetricName>"),
]:
    url = signer.generate_presigned_url(operation, Params=arguments, ExpiresIn=60, HttpMethod="GET")
    status, text = fetch(url)
    assert status == 200 and part in text, text
    status, text = fetch(changed(url, "Action", "Nothing"))
    assert status in (401, 403) and "The request signature we calculated does not match" in text, text
    status, text = fetch(changed(url, "X-Amz-Expires", 604_801))
    assert status in (400, 403) and "X-Amz-Expires" in text, text
print(f"{protocol}: STS, dashboards and signed URLs are as AWS has them")
