"""What a command ends with: the exit status of every error, and the next step for those that name none.

0 ok · 1 failure · 2 usage · 3 refused by policy · 4 timeout · 5 unreachable · 6 configuration · 7 authentication ·
130 interrupted. A unit for systemd names 6 in RestartPreventExitStatus: a wrong file stays wrong.
"""

from __future__ import annotations

import errno
from dataclasses import dataclass, field
from typing import Any

import click

from smsgw import errors

OK, FAILURE, USAGE, REFUSED, TIMEOUT, UNREACHABLE, CONFIGURATION, AUTHENTICATION = range(8)
INTERRUPTED = 130  # 128 + SIGINT, as shells say it


class NotInTime(errors.SmsgwError):
    """We waited as long as we were told to, and it did not happen."""

    code = "timeout"


class Unreachable(errors.SmsgwError):
    """The gateway is not running, or does not answer."""

    code = "unreachable"


class Failed(errors.SmsgwError):
    """What was asked for was tried and did not come out well."""

    code = "failed"


STATUS: tuple[tuple[type[BaseException], int, str], ...] = (  # the first that fits: status, and the next step
    (errors.BadConfig, CONFIGURATION, "smsgw config check FILE tells every mistake; smsgw config shows every key"),
    (errors.RefusedByPolicy, REFUSED, "smsgw send --dry-run … shows what the gate says, and sends nothing"),
    (
        errors.Unauthenticated,
        AUTHENTICATION,
        "give a valid key with --key or SMSGW_API_KEY; smsgw key create makes one",
    ),
    (errors.Forbidden, AUTHENTICATION, "use a key that has this scope: smsgw key ls shows them"),
    (NotInTime, TIMEOUT, "smsgw log shows how far it came"),
    (Unreachable, UNREACHABLE, "start it: smsgw run"),
    (errors.StoreUnreachable, UNREACHABLE, "smsgw doctor finds what is wrong"),
    (errors.BadInput, USAGE, "correct it and try again; --help explains every argument"),
    (errors.NotFound, FAILURE, "smsgw log and smsgw link ls show what there is"),
    (errors.QueueFull, FAILURE, "try again later; smsgw link ls shows which link is stuck"),
    (errors.StoreTooNew, FAILURE, "install the newer smsgw again"),
    (errors.SmsgwError, FAILURE, "smsgw doctor finds what is wrong"),
)
# The core speaks to every caller; on a command line the next step is an option or a command.
HINTS = {
    "duplicate_message": "if it is meant: smsgw send --allow-duplicate …",
    "recipient_opted_out": "only the person can take that back, by sending START",
    "no_route": "smsgw link ls shows the links; add one, or widen its prefixes, in the configuration",
    "recipient_invalid": "write it with + and the country, as +38640111222, or set region in [sending]",
    "link_unknown": "smsgw link ls shows the links",
    "not_found": "",
}


@dataclass(frozen=True)
class Ending:
    """How a command ended badly: the exit status, and what there is to say."""

    status: int
    code: str
    detail: str
    hint: str
    faults: list[dict[str, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """The object that --json prints."""
        return {"error": {"code": self.code, "detail": self.detail, "hint": self.hint, "errors": self.faults}}


def ending(problem: BaseException) -> Ending | None:
    """How a command ends that raised this; None for a defect of ours, which deserves its trace."""
    if isinstance(problem, errors.SmsgwError):
        return _of_ours(problem)
    if isinstance(problem, click.UsageError):
        path = problem.ctx.command_path if problem.ctx else "smsgw"
        return Ending(USAGE, "usage", problem.format_message(), f"{path} --help")
    if isinstance(problem, click.ClickException):
        return Ending(problem.exit_code, "failed", problem.format_message(), "smsgw --help")
    if isinstance(problem, (KeyboardInterrupt, click.Abort)):
        return Ending(INTERRUPTED, "interrupted", "interrupted", "run it again when you like")
    if isinstance(problem, OSError):
        return Ending(FAILURE, "system", _of_system(problem), _after(problem))
    return None


def _of_ours(problem: errors.SmsgwError) -> Ending:
    status, step = next((status, step) for kind, status, step in STATUS if isinstance(problem, kind))
    if isinstance(problem, errors.BadConfig):
        faults = [{"pointer": "", "code": "bad_config", "detail": says} for says in problem.mistakes]
        return Ending(status, problem.code, str(problem), problem.hint or step, faults)
    found = problem.faults if isinstance(problem, (errors.BadInput, errors.RefusedByPolicy)) else []
    faults = [{"pointer": each.pointer, "code": each.code, "detail": each.detail} for each in found]
    code = faults[0]["code"] if faults else problem.code
    return Ending(status, code, str(problem), problem.hint or HINTS.get(code) or step, faults)


def _of_system(problem: OSError) -> str:
    what = problem.strerror or str(problem) or "it was not done in time"  # TimeoutError has no words
    return f"{problem.filename}: {what}" if problem.filename else what


def _after(problem: OSError) -> str:
    if problem.errno in (errno.EACCES, errno.EPERM):
        return "run it as the user that owns the file, such as: sudo -u smsgw smsgw …"
    if problem.errno == errno.ENOSPC:
        return "free some disk space, then run it again"
    return "smsgw doctor finds what is wrong"
