"""Does with boto3 what is told by lines: {"service", "operation", "input"} on the way in, {"output"} or {"error"} out."""

import datetime
import json
import sys

import boto3
import botocore
import botocore.config
import botocore.exceptions

# A fault is told at once: nothing here may be better the second time.
config = botocore.config.Config(retries={"max_attempts": 1})
clients = {}


def plain(value):
    if isinstance(value, datetime.datetime):
        return value.isoformat()
    raise TypeError(f"{value!r} has no place in JSON")


for line in sys.stdin:
    told = json.loads(line)
    service = told["service"]
    if service not in clients:
        clients[service] = boto3.client(service, config=config)
    try:
        call = getattr(clients[service], botocore.xform_name(told["operation"]))
        output = call(**told["input"])
        output.pop("ResponseMetadata")
        answer = {"output": output}
    except botocore.exceptions.ClientError as error:
        answer = {"error": {"code": error.response["Error"]["Code"], "message": error.response["Error"].get("Message")}}
    print(json.dumps(answer, default=plain), flush=True)
