"""SQLite: CHECKs and indexes that say IN say OR, which a change of a row pays a tenth for. No row is touched.

The words of the schema are changed in place, as sqlite.org/lang_altertable.html (section 7) has it for constraints:
what they demand is the same as before. PostgreSQL has nothing to change.
"""

from __future__ import annotations

import re

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
works_for = "0021"
branch_labels = None
depends_on = None

_LISTED = re.compile(r"(\w+) (NOT )?IN \(((?:'[^'(),]*'|\d+)(?:, (?:'[^'(),]*'|\d+))*)\)")


def upgrade() -> None:
    """Say the same in other words."""
    conn = op.get_bind()
    if conn.dialect.name != "sqlite":
        return
    ours = "type IN ('table', 'index') AND sql LIKE '% IN (%'"  # a view or trigger may be somebody's own
    said = conn.execute(sa.text(f"SELECT rowid, sql FROM sqlite_master WHERE {ours}")).all()
    conn.execute(sa.text("PRAGMA writable_schema = ON"))
    for row, sql in said:
        conn.execute(
            sa.text("UPDATE sqlite_master SET sql = :sql WHERE rowid = :row"),
            {"sql": _LISTED.sub(_compared, sql), "row": row},
        )
    version = conn.scalar(sa.text("PRAGMA schema_version"))
    conn.execute(sa.text(f"PRAGMA schema_version = {int(version or 0) + 1}"))  # every connection reads it anew
    conn.execute(sa.text("PRAGMA writable_schema = OFF"))


def _compared(found: re.Match[str]) -> str:
    column, negated, values = found.groups()
    each, joint = ("<>", " AND ") if negated else ("=", " OR ")
    return f"({joint.join(f'{column} {each} {value}' for value in values.split(', '))})"


def downgrade() -> None:
    """Data would be lost."""
    raise RuntimeError("restore the backup made before the upgrade")
