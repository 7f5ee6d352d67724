"""What an administrator keeps: archives, what is set on a page, and the order of long lists.

Revision 0005.
"""

import sqlalchemy as sa
from alembic import op

from fieldapp.core.db import UtcDateTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

NOW_ARCHIVED = ("zone", "area", "phrase")


def upgrade() -> None:
    for table in NOW_ARCHIVED:
        op.add_column(table, sa.Column("archived_at", UtcDateTime(), nullable=True))
    op.create_index("ix_contact_name", "contact", ["name", "id"])
    op.create_index("ix_assignment_starts", "assignment", ["starts_on", "id"])
    op.create_table(
        "setting",
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("value", sa.JSON(), nullable=False),
        sa.Column("changed_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
    )


def downgrade() -> None:
    op.drop_table("setting")
    op.drop_index("ix_assignment_starts", "assignment")
    op.drop_index("ix_contact_name", "contact")
    for table in NOW_ARCHIVED:
        op.drop_column(table, "archived_at")
