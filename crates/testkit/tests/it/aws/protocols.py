"""boto3 as it comes from PyPI, made to speak one of the protocols that a service's model names."""

import boto3
import botocore.exceptions
import botocore.loaders

PROTOCOLS = {"json": "json", "query": "query", "cbor": "smithy-rpc-v2-cbor", "ec2": "ec2"}


def client(service, protocol, credentials=None, config=None):
    """A client that speaks json, query, cbor or ec2; with temporary credentials as STS tells them, if any."""

    class Loader(botocore.loaders.Loader):
        """The models as they are, with one of the protocols that they name."""

        def load_service_model(self, service_name, type_name, api_version=None):
            model = super().load_service_model(service_name, type_name, api_version)
            if type_name == "service-2":
                metadata = dict(model["metadata"], protocol=PROTOCOLS[protocol], protocols=[PROTOCOLS[protocol]])
                model = dict(model, metadata=metadata)
            return model

    keys = {}
    if credentials:
        keys = dict(aws_access_key_id=credentials["AccessKeyId"], aws_secret_access_key=credentials["SecretAccessKey"])
        keys["aws_session_token"] = credentials["SessionToken"]
    session = boto3.Session(region_name="us-east-1", **keys)
    known = session._session.get_component("data_loader")
    session._session.register_component("data_loader", Loader(extra_search_paths=known.search_paths))
    return session.client(service, config=config)


def same(found, expected):
    assert found == expected, f"{found!r}, not {expected!r}"


def refused(status, code, part, call, **arguments):
    """Asks for what is to be refused."""
    try:
        call(**arguments)
    except botocore.exceptions.ClientError as error:
        same(error.response["Error"]["Code"], code)
        same(error.response["ResponseMetadata"]["HTTPStatusCode"], status)
        assert part in error.response["Error"].get("Message", ""), error
        return
    raise AssertionError(f"{arguments} is not refused")
