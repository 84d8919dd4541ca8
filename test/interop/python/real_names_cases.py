"""
One program of production for each SDK: https, the real endpoints, keys in the environment. Nothing here knows of a
sandbox: the variables that the program is started with lead there.
"""

import json
import os
from importlib.metadata import version

import alibabacloud_oss_v2 as oss_v2
import oss2
from alibabacloud_sts20150401 import models as sts
from alibabacloud_sts20150401.client import Client as StsClient
from alibabacloud_tea_openapi.models import Config

from harness import case, code_of, equal

BUCKET, KEY = "examplebucket", "exampleobject.txt"
POLICY = json.dumps(
    {"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": ["oss:PutObject"], "Resource": ["acs:oss:*:*:examplebucket/*"]}
    ]},
    indent=2,
)


def assume():
    config = Config(
        access_key_id=os.environ["OSS_ACCESS_KEY_ID"],
        access_key_secret=os.environ["OSS_ACCESS_KEY_SECRET"],
        endpoint="sts.cn-hangzhou.aliyuncs.com",
    )
    request = sts.AssumeRoleRequest(
        role_arn=os.environ["OSS_STS_ROLE_ARN"], role_session_name="alice", policy=POLICY
    )
    return StsClient(config).assume_role(request).body.credentials


@case(f"alibabacloud_sts20150401 {version('alibabacloud_sts20150401')}", "AssumeRole at sts.cn-hangzhou.aliyuncs.com")
def _():
    equal(assume().access_key_id[:4], "STS.")


def put_with_oss2(endpoint):
    keys = assume()
    auth = oss2.StsAuth(
        keys.access_key_id, keys.access_key_secret, keys.security_token, auth_version=oss2.AUTH_VERSION_4
    )
    bucket = oss2.Bucket(auth, endpoint, BUCKET, region="cn-hangzhou")
    equal(bucket.put_object(KEY, b"Hello OSS").etag, "F0F18C2C66AE1DD512BDCD4366F76DA3")
    # The session policy allows PutObject alone.
    equal(code_of(lambda: bucket.delete_object(KEY), lambda error: error.code), "AccessDenied")


for address in ("https://oss-cn-hangzhou.aliyuncs.com", "http://oss-cn-hangzhou.aliyuncs.com"):
    case(f"oss2 {version('oss2')} V4", f"PutObject at {address}")(lambda address=address: put_with_oss2(address))


@case(f"alibabacloud-oss-v2 (Python) {version('alibabacloud-oss-v2')} V4", "PutObject in cn-hangzhou, no endpoint named")
def _():
    keys = assume()
    provider = oss_v2.credentials.StaticCredentialsProvider(
        keys.access_key_id, keys.access_key_secret, keys.security_token
    )
    client = oss_v2.Client(oss_v2.Config(region="cn-hangzhou", credentials_provider=provider))
    result = client.put_object(oss_v2.PutObjectRequest(bucket=BUCKET, key=KEY, body=b"Hello OSS"))
    equal(result.etag, '"F0F18C2C66AE1DD512BDCD4366F76DA3"')
