"""Enterprises and contacts that officers add, and what search needs.

Revision 0002.
"""

import unicodedata

import sqlalchemy as sa
from alembic import op
from sqlalchemy.orm import Session

from fieldapp.core.db import UtcDateTime
from fieldapp.search import actions as search
from fieldapp.search.grams import DROP, POSTGRESQL, SQLITE

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("enterprise") as table:
        table.add_column(sa.Column("proposed_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("proposed_team", sa.Uuid(), nullable=True))
    with op.batch_alter_table("contact") as table:
        table.alter_column("enterprise_id", existing_type=sa.Uuid(), nullable=True)
        table.add_column(sa.Column("phone_tail", sa.String(4), nullable=False, server_default=""))
        table.add_column(sa.Column("confirmed", sa.Boolean(), nullable=False, server_default=sa.true()))
        table.add_column(sa.Column("proposed_by", sa.Uuid(), nullable=True))
        table.add_column(sa.Column("visit_id", sa.Uuid(), nullable=True))
    _keep_tails()
    op.create_index("ix_contact_phone_tail", "contact", ["phone_tail"])
    op.create_index("ix_contact_visit", "contact", ["visit_id"])
    op.create_table(
        "search_row",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("ref", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_search_row"),
        sa.UniqueConstraint("ref", name="uq_search_row_ref"),
    )
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
    _index_what_is_here()


def _index_what_is_here() -> None:
    """Every visit and issue so far, with what was said of it later (`fieldapp reindex` does the same at any time)."""
    session = Session(op.get_bind())
    visit, supplement, issue, event = (
        sa.table(name, sa.column("id", sa.Uuid()), *(sa.column(column, kind) for column, kind in columns.items()))
        for name, columns in TABLES.items()
    )
    here = sa.select(visit).where(visit.c.withdrawn_at.is_(None))
    for row in session.execute(here).yield_per(500):
        added = sa.select(supplement.c.body).where(supplement.c.visit_id == row.id, supplement.c.type == "addition")
        people = [text for one in (*row.met, *row.outside) for text in one.values() if text != one.get("contact")]
        later = [body.get("text", "") for body in session.scalars(added.order_by(supplement.c.received_at))]
        said = [getattr(row, name) for name in TEXTS]
        search.say(session, "visit", row.id, row.occurred_at, [*said, *people, *row.policy_items, *later])
    for row in session.execute(sa.select(issue).where(issue.c.state != "withdrawn")).yield_per(500):
        told = sa.select(event.c.body).where(event.c.issue_id == row.id, event.c.applied).order_by(event.c.order)
        later = [body.get("text", "") for body in session.scalars(told)]
        said = [row.title, row.description, row.raised_by, row.place]
        search.say(session, "issue", row.id, row.opened_at, [*said, *later])


TEXTS = ("content", "progress", "needs", "problems", "answers", "next_step", "typed_project")
TABLES = {
    "visit": {**dict.fromkeys(TEXTS, sa.Text()), "met": sa.JSON(), "outside": sa.JSON(), "policy_items": sa.JSON(),
              "occurred_at": UtcDateTime(), "withdrawn_at": UtcDateTime()},
    "supplement": {"visit_id": sa.Uuid(), "type": sa.Text(), "body": sa.JSON(), "received_at": UtcDateTime()},
    "issue": {**dict.fromkeys(("title", "description", "raised_by", "place", "state"), sa.Text()),
              "opened_at": UtcDateTime()},
    "issue_event": {"issue_id": sa.Uuid(), "order": sa.BigInteger(), "applied": sa.Boolean(), "body": sa.JSON()},
}


def _keep_tails() -> None:
    """The last four digits of every number that is here."""
    contact = sa.table("contact", sa.column("id", sa.Uuid()), sa.column("phone"), sa.column("phone_tail"))
    connection = op.get_bind()
    for id, phone in connection.execute(sa.select(contact.c.id, contact.c.phone).where(contact.c.phone != "")).all():
        digits = "".join(str(unicodedata.digit(char)) for char in phone if char.isdigit())
        if len(digits) >= 7:
            connection.execute(contact.update().where(contact.c.id == id).values(phone_tail=digits[-4:]))


def downgrade() -> None:
    op.execute(DROP)
    op.drop_table("search_row")
    op.drop_index("ix_contact_visit", "contact")
    op.drop_index("ix_contact_phone_tail", "contact")
    connection = op.get_bind()
    contact = sa.table("contact", sa.column("enterprise_id"))
    connection.execute(contact.delete().where(contact.c.enterprise_id.is_(None)))  # 0001 has no place for them
    with op.batch_alter_table("contact") as table:
        for name in ("visit_id", "proposed_by", "confirmed", "phone_tail"):
            table.drop_column(name)
        table.alter_column("enterprise_id", existing_type=sa.Uuid(), nullable=False)
    with op.batch_alter_table("enterprise") as table:
        table.drop_column("proposed_team")
        table.drop_column("proposed_by")
