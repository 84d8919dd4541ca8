"""
alibabacloud-oss-v2, with signature V4. With V1, version 1.4.1 sends the security token in a header `security-token`,
which OSS does not know, and does not sign it: V1 goes without temporary credentials.
"""

import os
import tempfile
from importlib.metadata import version

import alibabacloud_oss_v2 as oss
from alibabacloud_oss_v2.credentials import CredentialsProviderFunc

from harness import BUCKET, REGION, STAGE, case, code_of, equal, folder, http, let_time_pass, vend

PART = 100 * 1024


def code(error):
    """What the service said, inside the SDK's own error."""
    while not hasattr(error, "code") and hasattr(error, "unwrap"):
        error = error.unwrap()
    return getattr(error, "code", repr(error))


def keys_of(answer):
    return oss.credentials.Credentials(answer["AccessKeyId"], answer["AccessKeySecret"], answer["SecurityToken"])


SDK = f"alibabacloud-oss-v2 (Python) {version('alibabacloud-oss-v2')} V4"
OWN = folder(SDK)


def client(provide=None, **change):
    keys = keys_of({**vend(), **change}) if provide is None else None
    config = oss.Config(
        region=REGION,
        endpoint=STAGE["oss"],
        signature_version="v4",
        credentials_provider=CredentialsProviderFunc(provide or (lambda: keys)),
    )
    return oss.Client(config)


def place(key, bucket=BUCKET):
    return {"bucket": bucket, "key": key}


def read(service, key):
    return service.get_object(oss.GetObjectRequest(**place(key))).body.read()


@case(SDK, "put, get, head, delete")
def _():
    service, key, body = client(), OWN + "é a+b.txt", os.urandom(70_000)
    service.put_object(oss.PutObjectRequest(**place(key), body=body, metadata={"colour": "blue"}))
    equal(read(service, key), body)
    head = service.head_object(oss.HeadObjectRequest(**place(key)))
    equal((head.content_length, head.metadata.get("colour")), (70_000, "blue"))
    service.delete_object(oss.DeleteObjectRequest(**place(key)))
    equal(service.is_object_exist(BUCKET, key), False)


@case(SDK, "list in pages")
def _():
    service, prefix = client(), OWN + "my photos/"
    keys = [f"{prefix}{name}" for name in ("1+1", "2", "3 a", "4", "é")]
    for key in keys:
        service.put_object(oss.PutObjectRequest(**place(key), body=b"x"))
    for pages, request in (
        (service.list_objects_paginator(), oss.ListObjectsRequest(bucket=BUCKET, prefix=prefix)),
        (service.list_objects_v2_paginator(), oss.ListObjectsV2Request(bucket=BUCKET, prefix=prefix)),
    ):
        found = [entry for page in pages.iter_page(request, limit=2) for entry in page.contents]
        equal([entry.key for entry in found], keys)
        equal(all(entry.last_modified.year >= 2020 for entry in found), True)


@case(SDK, "upload in parts")
def _():
    service, key, body = client(), OWN + "parts.bin", os.urandom(PART + 7)
    upload = service.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(**place(key))).upload_id
    for number, part in ((1, body[:PART]), (2, body[PART:])):
        service.upload_part(oss.UploadPartRequest(**place(key), upload_id=upload, part_number=number, body=part))
    pages = service.list_parts_paginator().iter_page(oss.ListPartsRequest(**place(key), upload_id=upload), limit=1)
    listed = [part for page in pages for part in page.parts]
    equal([part.size for part in listed], [PART, 7])
    complete(service, key, upload, listed)
    equal(read(service, key), body)


@case(SDK, "resumable upload and download")
def _():
    service, key, body = client(), OWN + "resumable.bin", os.urandom(10 * PART + 5)
    with tempfile.TemporaryDirectory() as directory:
        source, target = os.path.join(directory, "source"), os.path.join(directory, "target")
        with open(source, "wb") as file:
            file.write(body)
        options = {"part_size": PART, "parallel_num": 3, "enable_checkpoint": True, "checkpoint_dir": directory}
        service.uploader(**options).upload_file(oss.PutObjectRequest(**place(key)), source)
        service.downloader(**options).download_file(oss.GetObjectRequest(**place(key)), target)
        with open(target, "rb") as file:
            equal(file.read(), body)


@case(SDK, "presigned PUT and GET")
def _():
    service, key = client(), OWN + "presigned é+.txt"
    put = service.presign(oss.PutObjectRequest(**place(key), content_type="text/plain"))
    http("PUT", put.url, b"by URL", {"Content-Type": "text/plain", **dict(put.signed_headers or {})})
    equal(http("GET", service.presign(oss.GetObjectRequest(**place(key))).url), b"by URL")


@case(SDK, "another user's folder is closed")
def _():
    service = client()
    service.put_object(oss.PutObjectRequest(**place(OWN + "mine"), body=b"x"))
    theirs = place("users/bob/a")
    for call in (
        lambda: service.put_object(oss.PutObjectRequest(**theirs, body=b"x")),
        lambda: service.get_object(oss.GetObjectRequest(**theirs)),
        lambda: service.delete_object(oss.DeleteObjectRequest(**theirs)),
        lambda: service.list_objects(oss.ListObjectsRequest(bucket=BUCKET)),
        lambda: service.list_objects_v2(oss.ListObjectsV2Request(bucket=BUCKET, prefix="users/bob/")),
        lambda: service.copy_object(oss.CopyObjectRequest(**place(OWN + "copy"), source_key="users/bob/a")),
        lambda: service.copy_object(oss.CopyObjectRequest(**theirs, source_key=OWN + "mine")),
    ):
        equal(code_of(call, code), "AccessDenied")


@case(SDK, "upload in parts across an expiry")
def _():
    held = {"keys": keys_of(vend())}
    service, key, body = client(lambda: held["keys"]), OWN + "expiry.bin", os.urandom(2 * PART)
    upload = service.initiate_multipart_upload(oss.InitiateMultipartUploadRequest(**place(key))).upload_id

    def send(number, part):
        request = oss.UploadPartRequest(**place(key), upload_id=upload, part_number=number, body=part)
        return oss.UploadPart(part_number=number, etag=service.upload_part(request).etag)

    first = send(1, body[:PART])
    let_time_pass(3601)
    equal(code_of(lambda: send(2, body[PART:]), code), "SecurityTokenExpired")
    held["keys"] = keys_of(vend())
    complete(service, key, upload, [first, send(2, body[PART:])])
    equal(read(service, key), body)


@case(SDK, "the usual errors have their codes")
def _():
    def refused(bucket=BUCKET, **change):
        request = oss.GetObjectRequest(**place(OWN + "none", bucket))
        return code_of(lambda: client(**change).get_object(request), code)

    equal(refused(), "NoSuchKey")
    equal(refused(AccessKeySecret="wrong"), "SignatureDoesNotMatch")
    equal(refused(AccessKeyId="STS.nobodysKeyOfThisSandbox00"), "InvalidAccessKeyId")
    equal(refused(SecurityToken="CAISwrong"), "InvalidSecurityToken")
    equal(refused("no-such-bucket"), "NoSuchBucket")


def complete(service, key, upload, parts):
    entries = [oss.UploadPart(part_number=part.part_number, etag=part.etag) for part in parts]
    whole = oss.CompleteMultipartUpload(parts=entries)
    service.complete_multipart_upload(
        oss.CompleteMultipartUploadRequest(**place(key), upload_id=upload, complete_multipart_upload=whole)
    )
