"""`smsgw` with a modem driver that has less patience.

Run as: python tests/flows/hurried.py 5 run

A modem may think for eight seconds before its prompt, and rest for an hour. The simulated one does not need that long,
so a test need not wait for it. Everything else is the program that people run.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Any

PATIENCE = {
    "at": ["COMMAND_TIMEOUT", "PROMPT_TIMEOUT", "PIN_TIMEOUT", "LISTING_SILENCE"],
    "healing": ["_ANSWERS_WITHIN", "_DEAF_AFTER"],
    "ladder": ["_SAME_TROUBLE"],
    "owner": ["_RESTS", "_BOOTS_WITHIN"],
    "ports": ["_SILENT_FOR", "_SILENT_AT_MOST", "_ANOTHER_FOR"],
    "prepare": ["_LOOK_AGAIN"],
    "watch": ["_LOOK_FOR_NETWORK", "_NO_NETWORK_FOR"],
}


def hurry(factor: float) -> None:
    """Divide the driver's patience. Raises AttributeError when a name is no longer there."""
    for module, names in PATIENCE.items():
        room = importlib.import_module(f"drivers.modem.{module}")
        for name in names:
            setattr(room, name, _less(getattr(room, name), factor))
    comms = importlib.import_module("drivers.modem.comms").SteadyComms
    comms.quiet = comms.quiet / factor


def _less(patience: Any, factor: float) -> Any:
    return tuple(one / factor for one in patience) if isinstance(patience, tuple) else patience / factor


if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])
    from smsgw.__main__ import main

    hurry(float(sys.argv[1]))
    main(sys.argv[2:])
