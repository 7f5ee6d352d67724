"""What the rule asks: feedback, who has read the notice, links that end, records whose positions were let go.

Revision 0004.
"""

import sqlalchemy as sa
from alembic import op

from fieldapp.core.db import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "feedback",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Uuid(), nullable=True),
        sa.Column("code_sha256", sa.String(length=64), nullable=True),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("answered_by", sa.Uuid(), nullable=True),
        sa.Column("answered_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["answered_by"], ["user.id"], name=op.f("fk_feedback_answered_by")),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_feedback_user_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_feedback")),
        sa.UniqueConstraint("number", name=op.f("uq_feedback_number")),
    )
    op.create_index("ix_feedback_said", "feedback", ["said_at", "id"], unique=False)
    op.create_index("ix_feedback_open", "feedback", ["answered_at", "said_at", "id"], unique=False)
    op.create_index("ix_feedback_user", "feedback", ["user_id", "said_at", "id"], unique=False)
    op.create_table(
        "notice_seen",
        sa.Column("user_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("fk_notice_seen_user_id")),
        sa.PrimaryKeyConstraint("user_id", "version", name=op.f("pk_notice_seen")),
    )
    op.create_table(
        "link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("token_sha256", sa.String(length=64), nullable=False),
        sa.Column("target_type", sa.String(length=20), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("maker_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcDateTime(), nullable=False),
        sa.Column("expires_at", UtcDateTime(), nullable=False),
        sa.Column("revoked_at", UtcDateTime(), nullable=True),
        sa.Column("revoked_by", sa.Uuid(), nullable=True),
        sa.Column("opened", sa.Integer(), nullable=False),
        sa.Column("opened_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(["maker_id"], ["user.id"], name=op.f("fk_link_maker_id")),
        sa.ForeignKeyConstraint(["revoked_by"], ["user.id"], name=op.f("fk_link_revoked_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link")),
        sa.UniqueConstraint("token_sha256", name=op.f("uq_link_token_sha256")),
    )
    op.create_index("ix_link_maker", "link", ["maker_id", "made_at", "id"], unique=False)
    op.create_index("ix_link_made", "link", ["made_at", "id"], unique=False)
    op.add_column("raw", sa.Column("position_removed_at", UtcDateTime(), nullable=True))


def downgrade() -> None:
    op.drop_column("raw", "position_removed_at")
    op.drop_table("link")
    op.drop_table("notice_seen")
    op.drop_table("feedback")
