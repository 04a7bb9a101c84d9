"""Webhooks: tell other programs over HTTP what happened, signed, in order, and until they have it."""
