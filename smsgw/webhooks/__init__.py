"""Webhooks: tell other programs over HTTP what happened, signed, in order, and again until they have taken it."""
