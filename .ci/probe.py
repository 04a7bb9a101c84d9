"""Start a command, wait until the URL that it prints is ready, look at its first page, stop it."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from queue import Empty, Queue

READY_WITHIN = 60.0
STOPPED_WITHIN = 30.0


def main(command: list[str]) -> None:
    """Probe the command; raises SystemExit with a sentence when anything is not as it should be."""
    begun = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lines: Queue[str] = Queue()
    reader = threading.Thread(target=_read, args=(process, lines), daemon=True)
    reader.start()
    try:
        url = _url(lines, begun + READY_WITHIN)
        _get(f"{url}/readyz", begun + READY_WITHIN)
        print(f"ready after {time.monotonic() - begun:.1f} s: {url}")
        print(f"first page: {len(_get(url + '/', time.monotonic() + 5))} octets")
    finally:
        process.terminate()
        try:
            status = process.wait(STOPPED_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            sys.exit(f"it did not stop within {STOPPED_WITHIN:.0f} s of SIGTERM")
    if status != 0:
        sys.exit(f"it stopped with exit status {status}")
    print("stopped cleanly")


def _read(process: subprocess.Popen[bytes], lines: Queue[str]) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        words = line.decode(errors="replace").rstrip()
        print("  |", words, flush=True)
        lines.put(words)
    lines.put("")  # the end: nothing more will come


def _url(lines: Queue[str], deadline: float) -> str:
    while True:
        try:
            line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
        except Empty:
            sys.exit(f"it printed no URL within {READY_WITHIN:.0f} s")
        if found := re.search(r"https?://[\w.\[\]:-]+", line):
            return found[0].rstrip(":.")


def _get(url: str, deadline: float) -> bytes:
    trouble: Exception | None = None
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                content: bytes = answer.read()
                return content
        except (urllib.error.URLError, OSError) as problem:
            trouble = problem
            time.sleep(0.2)
    sys.exit(f"{url} did not answer with 200: {trouble}")


if __name__ == "__main__":
    main(sys.argv[1:])
