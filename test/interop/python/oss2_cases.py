"""oss2, with each of its signatures."""

import os
import tempfile
from importlib.metadata import version

import oss2
from oss2.credentials import Credentials, CredentialsProvider

from harness import BUCKET, REGION, STAGE, case, code_of, equal, folder, http, let_time_pass, vend

AUTHS = {"V1": oss2.ProviderAuth, "V2": oss2.ProviderAuthV2, "V4": oss2.ProviderAuthV4}
PART = 100 * 1024


class Vended(CredentialsProvider):
    """Hands out what was vended last; `renew` asks oss-valet again."""

    def __init__(self, change=None):
        self.change = change or {}
        self.renew()

    def renew(self):
        answer = {**vend(), **self.change}
        self.keys = Credentials(answer["AccessKeyId"], answer["AccessKeySecret"], answer["SecurityToken"])

    def get_credentials(self):
        return self.keys


def code(error):
    return error.code


def register(signature):
    sdk = f"oss2 {version('oss2')} {signature}"
    own = folder(sdk)

    def bucket(provider=None, name=BUCKET):
        auth = AUTHS[signature](provider or Vended())
        return oss2.Bucket(auth, STAGE["oss"], name, region=REGION)

    @case(sdk, "put, get, head, delete")
    def _():
        client, key, body = bucket(), own + "é a+b.txt", os.urandom(70_000)
        equal(client.put_object(key, body, {"x-oss-meta-colour": "blue"}).status, 200)
        got = client.get_object(key)
        equal(got.read(), body)
        equal(got.headers["x-oss-meta-colour"], "blue")
        equal(client.head_object(key).content_length, 70_000)
        client.delete_object(key)
        equal(client.object_exists(key), False)

    @case(sdk, "list in pages")
    def _():
        client, place = bucket(), own + "my photos/"
        keys = [f"{place}{name}" for name in ("1+1", "2", "3 a", "4", "é")]
        for key in keys:
            client.put_object(key, b"x")
        pages = {
            "ListObjects": oss2.ObjectIterator(client, prefix=place, max_keys=2),
            "ListObjectsV2": oss2.ObjectIteratorV2(client, prefix=place, max_keys=2),
        }
        for iterator in pages.values():
            found = list(iterator)
            equal([entry.key for entry in found], keys)
            equal(all(entry.last_modified > 0 for entry in found), True)

    @case(sdk, "upload in parts")
    def _():
        client, key = bucket(), own + "parts.bin"
        upload = client.init_multipart_upload(key).upload_id
        body = os.urandom(PART + 7)
        client.upload_part(key, upload, 1, body[:PART])
        client.upload_part(key, upload, 2, body[PART:])
        parts = client.list_parts(key, upload).parts
        equal([part.size for part in parts], [PART, 7])
        client.complete_multipart_upload(key, upload, parts)
        equal(client.get_object(key).read(), body)

    @case(sdk, "resumable upload and download")
    def _():
        client, key, body = bucket(), own + "resumable.bin", os.urandom(10 * PART + 5)
        with tempfile.TemporaryDirectory() as place:
            source, target = os.path.join(place, "source"), os.path.join(place, "target")
            store = {"root": place}
            with open(source, "wb") as file:
                file.write(body)
            oss2.resumable_upload(
                client, key, source, oss2.ResumableStore(**store), multipart_threshold=PART, part_size=PART, num_threads=3
            )
            oss2.resumable_download(
                client, key, target, multiget_threshold=PART, part_size=PART, num_threads=3,
                store=oss2.ResumableDownloadStore(**store),
            )
            with open(target, "rb") as file:
                equal(file.read(), body)

    @case(sdk, "presigned PUT and GET")
    def _():
        client, key = bucket(), own + "presigned é+.txt"
        headers = {"Content-Type": "text/plain"}
        http("PUT", client.sign_url("PUT", key, 60, headers=headers, slash_safe=True), b"by URL", headers)
        equal(http("GET", client.sign_url("GET", key, 60, slash_safe=True)), b"by URL")

    @case(sdk, "another user's folder is closed")
    def _():
        client = bucket()
        client.put_object(own + "mine", b"x")
        for call in (
            lambda: client.put_object("users/bob/a", b"x"),
            lambda: client.get_object("users/bob/a"),
            lambda: client.delete_object("users/bob/a"),
            lambda: list(oss2.ObjectIteratorV2(client, prefix="users/bob/")),
            lambda: list(oss2.ObjectIterator(client, prefix="")),
            lambda: client.copy_object(BUCKET, "users/bob/a", own + "theirs"),
            lambda: client.copy_object(BUCKET, own + "mine", "users/bob/mine"),
        ):
            equal(code_of(call, code), "AccessDenied")

    @case(sdk, "upload in parts across an expiry")
    def _():
        provider = Vended()
        client, key = bucket(provider), own + "expiry.bin"
        body = os.urandom(2 * PART)
        upload = client.init_multipart_upload(key).upload_id
        client.upload_part(key, upload, 1, body[:PART])
        let_time_pass(3601)
        second = lambda: client.upload_part(key, upload, 2, body[PART:])
        equal(code_of(second, code), "SecurityTokenExpired")
        provider.renew()
        second()
        client.complete_multipart_upload(key, upload, client.list_parts(key, upload).parts)
        equal(client.get_object(key).read(), body)

    @case(sdk, "the usual errors have their codes")
    def _():
        def refused(change=None, name=BUCKET):
            return code_of(lambda: bucket(Vended(change), name).get_object(own + "none"), code)

        equal(refused(), "NoSuchKey")
        equal(refused({"AccessKeySecret": "wrong"}), "SignatureDoesNotMatch")
        equal(refused({"AccessKeyId": "STS.nobodysKeyOfThisSandbox00"}), "InvalidAccessKeyId")
        equal(refused({"SecurityToken": "CAISwrong"}), "InvalidSecurityToken")
        equal(refused(name="no-such-bucket"), "NoSuchBucket")


for each in AUTHS:
    register(each)
