"""What an officer records on site: milestones, what was asked, the stage that was seen; and the questions to ask.

Revision 0003.
"""

import json
from pathlib import Path

import sqlalchemy as sa
from alembic import op

from fieldapp.core import clock
from fieldapp.core.db import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SEEDS = Path(__file__).parents[1] / "data" / "0003"
NONE_SAID = sa.text("'[]'")  # by visits of before


def upgrade() -> None:
    op.add_column("visit", sa.Column("milestones", sa.JSON(), nullable=False, server_default=NONE_SAID))
    op.add_column("visit", sa.Column("asked", sa.JSON(), nullable=False, server_default=NONE_SAID))
    op.create_table(
        "question",
        sa.Column("code", sa.String(length=40), nullable=False),
        sa.Column("zh", sa.String(length=120), nullable=False),
        sa.Column("en", sa.String(length=200), nullable=False),
        sa.Column("stages", sa.JSON(), nullable=False),
        sa.Column("scope", sa.String(length=20), nullable=False),
        sa.Column("order", sa.Integer(), nullable=False),
        sa.Column("archived_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_question")),
    )
    op.create_table(
        "stage_seen",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("visit_id", sa.Uuid(), nullable=False),
        sa.Column("project_id", sa.Uuid(), nullable=False),
        sa.Column("before", sa.String(length=10), nullable=False),
        sa.Column("stage", sa.String(length=10), nullable=False),
        sa.Column("seen_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime(), nullable=True),
        sa.Column("decided_by", sa.Uuid(), nullable=True),
        sa.Column("decision", sa.String(length=12), nullable=False),
        sa.ForeignKeyConstraint(["before"], ["stage.code"], name=op.f("fk_stage_seen_before_stage")),
        sa.ForeignKeyConstraint(["decided_by"], ["user.id"], name=op.f("fk_stage_seen_decided_by_user")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_stage_seen_project_id_project")),
        sa.ForeignKeyConstraint(["stage"], ["stage.code"], name=op.f("fk_stage_seen_stage_stage")),
        sa.ForeignKeyConstraint(["visit_id"], ["visit.id"], name=op.f("fk_stage_seen_visit_id_visit")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stage_seen")),
        sa.UniqueConstraint("visit_id", name=op.f("uq_stage_seen_visit_id")),
    )
    op.create_index("ix_stage_seen_project", "stage_seen", ["project_id", "decided_at"])
    op.create_index("ix_stage_seen_waiting", "stage_seen", ["decided_at", "seen_at"])
    _seed()


def _seed() -> None:
    columns = {"stages": sa.JSON(), "order": sa.Integer()}
    names = ("code", "zh", "en", "stages", "scope", "order")
    table = sa.table("question", *[sa.column(name, columns.get(name, sa.String())) for name in names])
    questions = json.loads((SEEDS / "questions.json").read_text(encoding="utf-8"))
    op.bulk_insert(table, questions)
    _tell_phones([question["code"] for question in questions])


def _tell_phones(codes: list[str]) -> None:
    """Phones that have loaded their reference data before ask for what changed since: these rows did."""
    counter = sa.table("counter", sa.column("name"), sa.column("value"))
    bind = op.get_bind()
    version = bind.execute(sa.select(counter.c.value).where(counter.c.name == "reference")).scalar()
    if version is None:  # a new server, to which no phone has spoken
        return
    bind.execute(sa.update(counter).where(counter.c.name == "reference").values(value=version + 1))
    columns = ("kind", "row", "version", sa.column("removed", sa.Boolean()), sa.column("changed_at", UtcDateTime()))
    change = sa.table("change", *[sa.column(one) if isinstance(one, str) else one for one in columns])
    said = {"kind": "question", "version": version + 1, "removed": False, "changed_at": clock.now()}
    op.bulk_insert(change, [{**said, "row": code} for code in codes])


def downgrade() -> None:
    op.drop_table("stage_seen")
    op.execute("DELETE FROM change WHERE kind = 'question'")
    op.drop_table("question")
    op.drop_column("visit", "asked")
    op.drop_column("visit", "milestones")
