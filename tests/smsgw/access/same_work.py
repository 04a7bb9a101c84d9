"""What a thread calls while something is asked, so that two ways can be compared step by step and not by a watch."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any

OURS = ("/smsgw/access/", "/smsgw/clients/", "/webadmin/", "/argon2/")
COSTLY = {"compare_digest", "_compare_digest", "openssl_sha256", "argon2_verify", "argon2_hash", "execute"}


def steps(ask: Callable[[], object]) -> list[str]:
    """The functions of ours, and the hashes, comparisons and statements, that this thread goes through, in order."""
    seen: list[str] = []

    def note(frame: FrameType, event: str, called: Any) -> None:
        if event == "call" and any(room in frame.f_code.co_filename for room in OURS):
            seen.append(frame.f_code.co_qualname)
        elif event == "c_call" and called.__name__ in COSTLY:
            seen.append(called.__name__)

    sys.setprofile(note)
    try:
        ask()
    finally:
        sys.setprofile(None)
    return seen
