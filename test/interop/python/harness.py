"""What every case needs: the stage that the runner started, an App's way to credentials, and the lines that it reads."""

import json
import os
import sys
import traceback
import urllib.parse
import urllib.request

# Empty for programs that know the real names alone.
STAGE = json.loads(os.environ.get("INTEROP_STAGE", "{}"))
BUCKET, REGION = STAGE.get("bucket"), STAGE.get("region")

_cases = []


def case(sdk, name):
    """Registers a case: a function without arguments that raises where something is wrong."""

    def register(run):
        _cases.append((sdk, name, run))
        return run

    return register


def run_cases():
    """Names every case first, so that one that never ran is missed. Then runs them, one line each."""
    _say({"expect": [{"sdk": sdk, "case": name} for sdk, name, _ in _cases]})
    for sdk, name, run in _cases:
        try:
            run()
            _say({"sdk": sdk, "case": name, "ok": True})
        except Exception as error:  # the case failed, whatever it was
            where = traceback.extract_tb(error.__traceback__)[1:2]
            place = f" ({where[0].filename.rsplit('/', 1)[-1]}:{where[0].lineno})" if where else ""
            detail = f"{type(error).__name__}: {error}{place}"
            _say({"sdk": sdk, "case": name, "ok": False, "detail": detail})


def app_token(user):
    body = urllib.parse.urlencode({"sub": user}).encode()
    with urllib.request.urlopen(STAGE["login"], body, 30) as answer:
        return json.load(answer)["access_token"]


def vend(user="alice"):
    """The credentials that an App gets for its user."""
    headers = {"Authorization": f"Bearer {app_token(user)}"}
    with urllib.request.urlopen(urllib.request.Request(STAGE["credentials"], headers=headers), None, 30) as answer:
        return json.load(answer)


def let_time_pass(seconds):
    """The sandbox's clock goes on: what was vended expires."""
    body = json.dumps({"advanceMs": seconds * 1000}).encode()
    request = urllib.request.Request(STAGE["control"] + "/clock", body, {"Content-Type": "application/json"})
    urllib.request.urlopen(request, None, 30).close()


def equal(got, wanted):
    if got != wanted:
        raise AssertionError(f"{_short(got)} is not {_short(wanted)}")


def code_of(call, code_from):
    """The code that the client told apart. Raises where the call went through."""
    try:
        call()
    except Exception as error:
        return code_from(error)
    raise AssertionError("expected a refusal")


def folder(sdk):
    """A folder of alice's for one SDK."""
    name = "".join(character if character.isalnum() else "-" for character in sdk)
    return f"users/alice/{name}/"


def http(method, url, body=None, headers=None):
    request = urllib.request.Request(url, body, headers or {}, method=method)
    with urllib.request.urlopen(request, None, 30) as answer:
        return answer.read()


def _short(value):
    text = repr(value)
    return text if len(text) < 200 else f"{text[:200]}..."


def _say(line):
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
