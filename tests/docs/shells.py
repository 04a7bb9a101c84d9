"""A page's shell: its fences, one after the other, in one bash, in a home of their own, beside a gateway that runs."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.docs.commands import Commands
from tests.docs.fences import Fence
from tests.flows.running import Running

ADDRESS = "127.0.0.1:8080"  # where the pages say that the gateway listens
PROGRAM = "127.0.0.1:5000"  # where they say that a program of the reader's is called
RUN = ("sh", "console", "python")
HEAD = r"""set -e -o pipefail
until_says() {  # until_says WORD COMMAND...: wait until the command says it
    local wanted=$1; shift
    for _ in {1..1200}; do if "$@" 2>&1 | grep -q -e "$wanted"; then "$@"; return 0; fi; sleep 0.1; done
    echo "it never said $wanted: $*"; "$@"; false
}
"""
PROGRAMS = (
    "base64", "cat", "cp", "cut", "date", "grep", "head", "ls", "mkdir", "openssl", "sed", "sleep", "sort", "sqlite3",
    "tail", "touch", "wc",
)  # fmt: skip
"""What a page's shell finds besides what bash knows: nothing that changes the machine of whoever runs the tests."""


class Shell:
    """What runs a page. gateway: one that runs already. program: the port of one that answers POST.

    Its words are kept in `home`, a file for each fence.
    """

    def __init__(self, home: Path, commands: Commands, gateway: Running, program: int) -> None:
        self.home, self._gateway = home, gateway
        self._places = {ADDRESS: f"127.0.0.1:{gateway.port}", PROGRAM: f"127.0.0.1:{program}"}
        self._said = home / ".said"
        self._said.mkdir(parents=True, mode=0o700)
        self._environ = {
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PATH": f"{commands.folder}:{_programs(home)}",
            "COMMANDS": str(commands.socket),
            "SAID": str(self._said),
            "SMSGW_CONFIG": str(gateway.config),
            "URL": f"http://127.0.0.1:{gateway.port}",
            "PORT": str(gateway.port),
            "KEY": gateway.secret,
        }

    def run(self, fences: Iterable[Fence]) -> list[str]:
        """Run them; returns what is wrong, in sentences: a command that failed, an answer that is not as shown."""
        fences = [one for one in fences if one.kind in RUN and not one.not_run]
        script = HEAD + "".join(self._piece(one) for one in fences)
        for shown, real in self._places.items():
            script = script.replace(shown, real)
        ran = subprocess.run(
            [str(shutil.which("bash")), "-c", script],
            cwd=self.home, env=self._environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
            check=False,
        )  # fmt: skip
        if ran.returncode != 0:
            reached = sorted(self._said.iterdir(), key=lambda file: file.stat().st_mtime_ns)
            last = reached[-1] if reached else None
            words = last.read_text() if last else ""
            where = f"{fences[0].page}:{last.stem if last else '?'}"
            return [f"{where}: ended with {ran.returncode}:\n{words}{ran.stderr}\n{self._gateway.last_words(12)}"]
        return [wrong for one in fences for wrong in self._differences(one)]

    def _piece(self, fence: Fence) -> str:
        if fence.kind == "console":
            typed = enumerate(commands_of(fence.filled()))
            pieces = [self._caught(f"{fence.line}-{place}", command) for place, (command, _) in typed]
            return self._caught(f"{fence.line}-before", fence.before) + "".join(pieces)
        if fence.kind == "python":
            file = self.home / f"example-{fence.line}.py"
            file.write_text(fence.words)
            run = f"python3 {shlex.quote(str(file))}"
            if fence.until:  # it ends with its reader
                run = f"set +o pipefail; {run} | grep --max-count=1 -e {shlex.quote(fence.until)}; set -o pipefail"
            return self._caught(str(fence.line), f"{fence.before}\n{run}")
        return self._caught(str(fence.line), f"{fence.before}\n{fence.filled()}")

    def _caught(self, name: str, command: str) -> str:
        return f"{{\n:\n{command}\n}} >{shlex.quote(str(self._said / name))}.said 2>&1\n"

    def _differences(self, fence: Fence) -> Iterable[str]:
        if fence.kind != "console":
            return
        words = fence.words
        for shown, real in self._places.items():
            words = words.replace(shown, real)
        for place, (command, shown) in enumerate(commands_of(words)):
            said = (self._said / f"{fence.line}-{place}.said").read_text()
            if shown.strip() and not as_shown(shown, said):
                yield f"{fence.place}: {command}\nsays:\n{said}and the page shows:\n{shown}"


def commands_of(console: str) -> list[tuple[str, str]]:
    """What is typed behind each `$ `, with its further lines behind `> `, and what is shown below it."""
    found: list[tuple[str, str]] = []
    for line in console.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], ""))
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1] = (f"{found[-1][0]}\n{line[2:]}", "")
        else:
            command, shown = found[-1]
            found[-1] = (command, f"{shown}{line}\n")
    return found


def as_shown(shown: str, said: str) -> bool:
    """Whether each line that is shown was said, in this order; … stands for any letters, and blanks count as one."""
    lines = iter(" ".join(line.split()) for line in said.splitlines())
    for wanted in filter(None, (" ".join(line.split()) for line in shown.splitlines())):
        pattern = re.compile(".*".join(map(re.escape, wanted.split("…"))))
        if not any(pattern.fullmatch(line) for line in lines):
            return False
    return True


def _programs(home: Path) -> Path:
    """A folder with PROGRAMS and nothing else."""
    folder = home / ".bin"
    folder.mkdir()
    for name in PROGRAMS:
        if found := shutil.which(name):
            (folder / name).symlink_to(found)
    for name, run in {
        "python3": shlex.quote(sys.executable),  # with its libraries: a link to it would not find them
        "curl": f"{shutil.which('curl')} --silent --show-error --fail-with-body",  # a refusal is a failure
    }.items():
        (folder / name).write_text(f'#!/bin/sh\nexec {run} "$@"\n')
        (folder / name).chmod(0o700)
    return folder
