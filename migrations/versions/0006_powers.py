"""Three powers: memberships are proposed by one and granted by another; teams have a kind and can be archived.

Revision 0006.
"""

import sqlalchemy as sa
from alembic import op

from fieldapp.core.db import UtcDateTime

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("team", sa.Column("kind", sa.String(length=20), nullable=False, server_default="team"))
    op.add_column("team", sa.Column("archived_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE team SET kind = 'task_force' WHERE ends_on IS NOT NULL")
    op.create_index("ix_membership_starts", "membership", ["starts_on", "id"])
    op.create_table(
        "proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=True),
        sa.Column("unit_id", sa.Uuid(), nullable=True),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("duty", sa.String(length=20), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("replaces_id", sa.Uuid(), nullable=True),
        sa.Column("proposed_by", sa.Uuid(), nullable=True),
        sa.Column("proposed_at", UtcDateTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_proposal_user_id")),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_proposal_team_id")),
        sa.ForeignKeyConstraint(["unit_id"], ["unit.id"], name=op.f("fk_proposal_unit_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["membership.id"], name=op.f("fk_proposal_replaces_id")),
        sa.ForeignKeyConstraint(["proposed_by"], ["user.id"], name=op.f("fk_proposal_proposed_by")),
        sa.ForeignKeyConstraint(["decided_by"], ["user.id"], name=op.f("fk_proposal_decided_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_proposal")),
    )
    op.create_index(op.f("ix_proposal_user_id"), "proposal", ["user_id"])
    op.create_index("ix_proposal_open", "proposal", ["outcome", "proposed_at", "id"])


def downgrade() -> None:
    op.drop_table("proposal")
    op.drop_index("ix_membership_starts", "membership")
    op.drop_column("team", "archived_at")
    op.drop_column("team", "kind")
