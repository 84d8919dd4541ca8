"""ossfs: OSS as a file system (fsspec), as pandas, dask and others use it."""

import os
from importlib.metadata import version

from ossfs import OSSFileSystem

from harness import BUCKET, STAGE, case, equal, folder, vend

SDK = f"ossfs {version('ossfs')}"
OWN = f"{BUCKET}/{folder(SDK)}"


def files(user="alice"):
    keys = vend(user)
    return OSSFileSystem(
        endpoint=STAGE["oss"],
        key=keys["AccessKeyId"],
        secret=keys["AccessKeySecret"],
        token=keys["SecurityToken"],
        skip_instance_cache=True,
    )


@case(SDK, "put, get, head, delete")
def _():
    system, path, body = files(), OWN + "é a+b.txt", os.urandom(70_000)
    system.pipe_file(path, body)
    equal(system.cat_file(path), body)
    equal(system.info(path)["size"], 70_000)
    system.rm_file(path)
    system.invalidate_cache()
    equal(system.exists(path), False)


@case(SDK, "list and walk")
def _():
    system, place = files(), OWN + "my photos"
    for name in ("1+1", "2", "a/3", "a/4"):
        system.pipe_file(f"{place}/{name}", b"x")
    system.invalidate_cache()
    names = sorted(path.strip("/") for path in system.ls(place, detail=False))
    equal(names, [f"{place}/1+1", f"{place}/2", f"{place}/a"])
    equal(len(system.find(place)), 4)


@case(SDK, "files in parts, read in blocks")
def _():
    system, path, body = files(), OWN + "big.bin", os.urandom(12 * 1024 * 1024)
    with system.open(path, "wb") as file:
        file.write(body)
    with system.open(path, "rb", block_size=1024 * 1024) as file:
        file.seek(5 * 1024 * 1024 + 3)
        equal(file.read(100), body[5 * 1024 * 1024 + 3 :][:100])
    equal(system.cat_file(path), body)


@case(SDK, "another user's folder is closed")
def _():
    bobs, own = f"{BUCKET}/users/bob/a", OWN + "mine"
    files("bob").pipe_file(bobs, b"x")
    system = files()
    system.pipe_file(own, b"x")
    for call in (
        lambda: system.pipe_file(bobs, b"x"),
        lambda: system.cat_file(bobs),
        lambda: system.rm_file(bobs),
        lambda: system.cp_file(bobs, OWN + "theirs"),
        lambda: system.cp_file(own, f"{BUCKET}/users/bob/mine"),
    ):
        try:
            call()
        except PermissionError:
            continue
        raise AssertionError("expected PermissionError")
    # ossfs shows a folder that it may not list as an empty one.
    equal(system.ls(f"{BUCKET}/users/bob"), [])
