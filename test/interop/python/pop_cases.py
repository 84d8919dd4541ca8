"""The Tea SDKs of STS and RAM, and the credentials library that many other programs rest on."""

import json
import uuid
from importlib.metadata import version

from alibabacloud_credentials.client import Client as CredentialsClient
from alibabacloud_credentials.models import Config as CredentialsConfig
from alibabacloud_ram20150501.client import Client as RamClient
from alibabacloud_ram20150501 import models as ram
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_sts20150401 import models as sts
from alibabacloud_tea_openapi.models import Config

from harness import STAGE, case, code_of, equal

STS = f"alibabacloud_sts20150401 {version('alibabacloud_sts20150401')}"
RAM = f"alibabacloud_ram20150501 {version('alibabacloud_ram20150501')}"
CREDENTIALS = f"alibabacloud_credentials {version('alibabacloud_credentials')}"


def config(endpoint, key_id, secret, token=None):
    return Config(
        access_key_id=key_id, access_key_secret=secret, security_token=token,
        endpoint=endpoint.removeprefix("http://"), protocol="http",
    )


def sts_client(key_id=STAGE["callerId"], secret=STAGE["callerSecret"], token=None):
    return StsClient(config(STAGE["sts"], key_id, secret, token))


def assume(client, name="alice", **more):
    request = sts.AssumeRoleRequest(role_arn=STAGE["roleArn"], role_session_name=name, duration_seconds=900, **more)
    return client.assume_role(request).body


def code(error):
    return error.code


@case(STS, "AssumeRole, and who that is")
def _():
    keys = assume(sts_client(), "a.b@c-d_e").credentials
    session = sts_client(keys.access_key_id, keys.access_key_secret, keys.security_token)
    equal(session.get_caller_identity().body.arn, STAGE["roleArn"] + "/a.b@c-d_e")


@case(STS, "AssumeRole with a policy of blanks, line breaks and plus signs")
def _():
    policy = json.dumps(
        {"Version": "1", "Statement": [
            {"Effect": "Allow", "Action": ["oss:GetObject"], "Resource": ["acs:oss:*:*:examplebucket/a+b ~é*/*"]}
        ]},
        indent=4, ensure_ascii=False,
    )
    equal(assume(sts_client(), policy=policy).credentials.access_key_id[:4], "STS.")
    equal(code_of(lambda: assume(sts_client(), "a+b c"), code), "InvalidParameter.RoleSessionName")


@case(STS, "the usual errors have their codes")
def _():
    equal(code_of(lambda: assume(sts_client(secret="wrong")), code), "SignatureDoesNotMatch")
    equal(code_of(lambda: assume(sts_client("LTAInobody")), code), "InvalidAccessKeyId.NotFound")
    equal(code_of(lambda: assume(sts_client(), policy="{ }"), code), "InvalidParameter.PolicyGrammar")


@case(RAM, "a role with an indented trust policy, seen, and deleted again")
def _():
    client = RamClient(config(STAGE["ram"], STAGE["adminId"], STAGE["adminSecret"]))
    name = f"interop-{uuid.uuid4().hex[:12]}"
    trust = json.dumps(
        {"Version": "1", "Statement": [
            {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"RAM": [f"acs:ram::{STAGE['accountId']}:root"]}}
        ]},
        indent=2,
    )
    client.create_role(
        ram.CreateRoleRequest(role_name=name, description="for a + b, and c", assume_role_policy_document=trust)
    )
    role = client.get_role(ram.GetRoleRequest(role_name=name)).body.role
    equal(json.loads(role.assume_role_policy_document), json.loads(trust))
    equal(role.description, "for a + b, and c")
    client.delete_role(ram.DeleteRoleRequest(role_name=name))
    gone = lambda: client.get_role(ram.GetRoleRequest(role_name=name))
    equal(code_of(gone, code), "EntityNotExist.Role")


@case(CREDENTIALS, "credentials_uri: through valet sidecar")
def _():
    client = CredentialsClient(CredentialsConfig(type="credentials_uri", credentials_uri=STAGE["credentialsUri"]))
    keys = client.get_credential()
    session = sts_client(keys.access_key_id, keys.access_key_secret, keys.security_token)
    equal(session.get_caller_identity().body.identity_type, "AssumedRoleUser")
    another = CredentialsClient(CredentialsConfig(type="credentials_uri", credentials_uri=STAGE["credentialsUri"]))
    equal(another.get_credential().access_key_id, keys.access_key_id)
