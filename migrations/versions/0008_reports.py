"""Workbooks on their way into the registers.

Revision 0008.
"""

import sqlalchemy as sa
from alembic import op

from fieldapp.core.db import UtcDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workbook",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("brought_by", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("skip_bad", sa.Boolean(), nullable=False),
        sa.Column("overtaken", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.String(length=40), nullable=False),
        sa.Column("said", sa.JSON(), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("findings", sa.JSON(), nullable=False),
        sa.Column("found", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.JSON(), nullable=False),
        sa.Column("accounts", sa.JSON(), nullable=False),
        sa.Column("done", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("lease", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["brought_by"], ["user.id"], name=op.f("fk_workbook_brought_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workbook")),
    )
    op.create_index("ix_workbook_state", "workbook", ["state", "at"])
    op.create_index("ix_workbook_at", "workbook", ["at", "id"])


def downgrade() -> None:
    op.drop_table("workbook")
