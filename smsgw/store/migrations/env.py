"""Alembic's entry: runs the revisions over the connection that `schema.upgrade` hands in."""

from __future__ import annotations

from alembic import context

from smsgw.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_as_batch=True)
context.run_migrations()
