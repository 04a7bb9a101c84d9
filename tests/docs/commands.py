"""A process that has read every command in, and runs command lines in copies of itself: a page has twenty of them.

`smsgw` in a page's shell is `CLIENT`: it hands its words, its folder, its environment and its three files over, and
ends as the command ended. What the command does is done by the program as it is; only the imports were done before.
`cam_…` in a command line stands for the newest id that begins so and was told by a command of this page.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import traceback
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLIENT = r"""#!/usr/bin/python3 -IS
import glob, json, os, re, socket, sys
told = "".join(open(name, errors="replace").read() for name in sorted(glob.glob(os.environ["SAID"] + "/*.said")))
def newest(found):
    ids = re.findall(rf"\b{found[1]}[0-9A-Z]{{26}}\b", told)
    return ids[-1] if ids else sys.exit(f"no id that begins with {found[1]} was told before")
words = [re.sub(r"\b([a-z]{2,5}_)…", newest, word) for word in sys.argv[1:]]
asked = json.dumps([words, os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as to:
    to.connect(os.environ["COMMANDS"])
    socket.send_fds(to, [asked], [0, 1, 2])
    sys.exit(int(to.recv(16) or b"137"))
"""


class Commands:
    """The process, and a folder with the `smsgw` that speaks to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.socket = folder / "commands.socket"
        client = folder / "smsgw"
        client.write_text(CLIENT)
        client.chmod(0o755)
        self._process = subprocess.Popen(
            ["setpriv", "--pdeathsig=KILL", sys.executable, "-X", "utf8", __file__, str(self.socket)],
            cwd=ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert self._process.stdout is not None
        self._process.stdout.readline()

    def close(self) -> None:
        """End it."""
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait(60)
        self._process.stdout.close()


def serve(path: str) -> None:
    """Run what is asked for, until somebody ends this process."""
    import importlib

    from smsgw.__main__ import COMMANDS, main

    for place in (*COMMANDS.values(), "office."):
        importlib.import_module(f"smsgw.cli.{place.partition('.')[0]}")
    importlib.import_module("smsgw.gateway")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listening:
        listening.bind(path)
        listening.listen(16)
        os.write(1, b"ready\n")
        while True:
            caller, _ = listening.accept()
            asked, files, _, _ = socket.recv_fds(caller, 1 << 20, 3)
            if os.fork() == 0:
                listening.close()
                status = _run(json.loads(asked), files, main)
                caller.send(str(status).encode())
                os._exit(0)
            caller.close()
            for file in files:
                os.close(file)


def _run(asked: list[object], files: list[int], main: object) -> int:
    """In the copy: be as a process that was started from that shell, and return how it ended."""
    words, folder, environ = asked
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environ)
    for ours, theirs in zip(files, (0, 1, 2), strict=True):
        os.dup2(ours, theirs)
        os.close(ours)
    sys.argv = ["smsgw", *words]
    try:
        main(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(bool(end.code))
    except BaseException:  # noqa: BLE001 - as Python itself ends a program
        traceback.print_exc()
        return 70
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    serve(sys.argv[1])
