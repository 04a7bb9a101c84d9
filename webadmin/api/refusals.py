"""The codes with which whatever sends a message may be refused: the gate's, and those of a queue that is full."""

from __future__ import annotations

ONCE = ("idempotency_conflict", "idempotency_in_progress")  # of what heeds an Idempotency-Key by itself
BUSY = ("queue_full", "store_full")
POLICY = (
    "client_ref_conflict",
    "budget_exceeded",
    "category_missing",
    "category_unknown",
    "channel_not_wanted",
    "consent_missing",
    "country_not_allowed",
    "duplicate_message",
    "frequency_capped",
    "no_route",
    "quiet_hours",
    "recipient_opted_out",
    "refused",
    "sender_not_allowed",
    "suppressed",
    "text_too_long",
    "way_out_missing",
)
