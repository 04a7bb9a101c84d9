"""Why some fences of the pages are not run by the tests, and how many there are of each reason.

The numbers are a bound: it is easier to have a fence run than to say here that one more cannot be.
"""

from __future__ import annotations

REASONS = {
    "makes the environment that the tests run in": 3,
    "needs a Pi": 3,
    "needs a modem": 3,
    "needs a proxy": 1,
    "needs Postfix": 1,
    "needs PostgreSQL": 1,
    "systemd/container/trial does": 1,
    "systemd/debian/trial does": 1,
    "tests/docs/installing.py does": 10,
    "tests/docs/test_point_in_time.py does": 1,
    "tests/peers/test_webhook_standard.py does": 1,
}
"""`<!-- not run: REASON -->`, and how many fences say so."""
