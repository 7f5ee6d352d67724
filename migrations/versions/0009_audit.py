"""How the auditor finds rows of the log: by person, by act, by kind of thing.

Revision 0009.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = {"ix_audit_actor": "actor_id", "ix_audit_verb": "verb", "ix_audit_kind": "subject_type"}
SEALED = sa.text("seq IS NOT NULL")


def upgrade() -> None:
    for name, column in INDEXES.items():
        op.create_index(name, "audit", [column, "seq"], sqlite_where=SEALED, postgresql_where=SEALED)


def downgrade() -> None:
    for name in INDEXES:
        op.drop_index(name, table_name="audit")
