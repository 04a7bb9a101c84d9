"""The upper rungs of the ladder, done to a port that nobody has open: the radio, the reset, the USB power.

A deaf modem may still hear: what has no answer is said all the same. A command for the power is run without a shell.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress

from drivers.modem.at import Modem
from drivers.modem.comms import SteadyComms
from drivers.modem.library import SerialException, TimeoutException

log = logging.getLogger(__name__)

_ANSWERS_WITHIN = 15.0  # seconds: a radio takes its time
_DEAF_AFTER = 1.0  # seconds to wait with a modem that did not answer before
_POWER_WITHIN = 60.0  # seconds for the command in power_cycle


def radio(modem: Modem, commands: Sequence[str]) -> bool:
    """Take the radio off the air and back; whether the modem answered. The port is opened and closed."""

    def say() -> bool:
        answered = [_say(modem, command) for command in commands]  # each is said, answered or not
        return any(answered)

    return _with_port(modem, say)


def reset(modem: Modem, commands: Sequence[str]) -> bool:
    """Restart the firmware with the first command that the modem knows, or with all when it is deaf."""

    def say() -> bool:
        return any(_say(modem, command) and modem.accepted for command in commands)

    return _with_port(modem, say)


def _with_port(modem: Modem, say: Callable[[], bool]) -> bool:
    try:
        SteadyComms.connect(modem)  # the package's own connect says too much
        return say()
    except (SerialException, OSError, TimeoutException) as refusal:
        log.warning("%s: %s", modem.port, refusal)
        return False
    finally:
        with suppress(OSError):
            modem.close()


def _say(modem: Modem, command: str) -> bool:
    answered = modem.blurt(command, _ANSWERS_WITHIN if modem.blurt("AT", _DEAF_AFTER) else _DEAF_AFTER)
    log.info("%s: %s: %s", modem.port, command, "answered" if answered else "no answer")
    return answered


def power(command: Sequence[str]) -> bool:
    """Run the configured command; whether it said that it worked. What it printed goes to the log."""
    try:
        ran = subprocess.run(
            list(command), stdin=subprocess.DEVNULL, capture_output=True, timeout=_POWER_WITHIN, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as refusal:
        log.error("power_cycle: %s", refusal)
        return False
    said = (ran.stdout + ran.stderr).decode(errors="replace").strip()
    log.info("power_cycle: %s ended with %d: %s", command[0], ran.returncode, said[-500:])
    return ran.returncode == 0
