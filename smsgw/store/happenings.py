"""What happens to records that have no states of their own: told in history beside the moves of those that have."""

from __future__ import annotations

HAPPENINGS: dict[str, dict[str, str]] = {
    "customer": {
        "created": "somebody became known to us",
        "updated": "what is known of somebody was changed",
        "merged": "it became a part of another customer",
        "erased": "they were forgotten",
    },
    "consent": {
        "granted": "an address said yes, and it was written down",
        "revoked": "an address took a yes back, or said no",
    },
    "conversation": {
        "assigned": "it is somebody's now, or nobody's",
        "snoozed": "it is put off until a time",
        "closed": "it is done, until they write again",
        "reopened": "somebody opened it again",
        "returned": "it was put off, and its time has come",
    },
    "link": {
        "up": "it connects to its network",
        "down": "it does not",
        "degraded": "it works, but not as it should",
        "resting": "it does not send for a while, on purpose",
    },
}
"""What happens to records that have no states of their own, and what it means: lines of history all the same."""
