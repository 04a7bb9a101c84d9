"""Run work on media from outside in a process of its own, with bounds on its memory and time.

The process reads one job from its standard input, a line of JSON and the octets, and answers in the same form. What
it cannot do, it says; when it is killed or runs out of anything, that is said here.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import asdict

from .adapt import Fitted, Unfit, picture

SECONDS = 20.0
MEGABYTES = 1024  # of address space: a picture of 40 million pixels in four octets takes 160, and copies are made


def fit(octets: bytes, most: int, width: int, height: int, seconds: float = SECONDS) -> Fitted:
    """`adapt.picture` in a process of its own. Raises Unfit."""
    job = json.dumps({"most": most, "width": width, "height": height, "seconds": int(seconds) + 1}).encode()
    command = [
        sys.executable,
        "-I",
        "-c",
        "import sys; sys.path[:0] = sys.argv[1:]; from smsgw.media import child; child.main()",
    ]
    try:
        ran = subprocess.run(
            [*command, *sys.path], input=job + b"\n" + octets, capture_output=True, timeout=seconds, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise Unfit(f"the picture took more than {seconds:g} seconds") from error
    head, _, made = ran.stdout.partition(b"\n")
    try:
        told = json.loads(head)
    except json.JSONDecodeError as error:
        raise Unfit("the picture took more memory or time than it may") from error
    if "unfit" in told:
        raise Unfit(told["unfit"])
    return Fitted(octets=made, **told)


def main() -> None:
    """The process: one job, one answer."""
    head, _, octets = sys.stdin.buffer.read().partition(b"\n")
    job = json.loads(head)
    resource.setrlimit(resource.RLIMIT_AS, (MEGABYTES << 20, MEGABYTES << 20))
    resource.setrlimit(resource.RLIMIT_CPU, (job["seconds"], job["seconds"]))
    made = b""
    try:
        fitted = picture(octets, job["most"], job["width"], job["height"])
        told = asdict(fitted)
        made = told.pop("octets")
    except Unfit as error:
        told = {"unfit": str(error)}
    except MemoryError:
        told = {"unfit": "the picture took more memory than it may"}
    sys.stdout.buffer.write(json.dumps(told).encode() + b"\n" + made)
