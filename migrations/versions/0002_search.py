"""Enterprises and contacts that officers add, and what search needs.

Revision 0002.
"""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEX = {
    "sqlite": (
        "CREATE VIRTUAL TABLE search_gram USING fts5(grams, content='', columnsize=0, detail=none, tokenize='ascii')",
    ),
    "postgresql": (
        "CREATE TABLE search_gram (id BIGINT PRIMARY KEY, grams TEXT[] NOT NULL)",
        "CREATE INDEX ix_search_gram ON search_gram USING gin (grams)",
    ),
}


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
    for statement in INDEX[op.get_bind().dialect.name]:
        op.execute(statement)
    _have_it_filled()


def _have_it_filled() -> None:
    """By the jobs, once the server runs (fieldapp/feed/jobs.py): the rules of the index are the code's, and change."""
    connection = op.get_bind()
    if any(connection.scalar(sa.text(f"SELECT 1 FROM {table} LIMIT 1")) for table in ("visit", "issue")):
        connection.execute(sa.text("INSERT INTO fact (name, value) VALUES ('search-due', '0002')"))


def _keep_tails() -> None:
    """The last four digits of every number that is here."""
    contact = sa.table("contact", sa.column("id", sa.Uuid()), sa.column("phone"), sa.column("phone_tail"))
    connection = op.get_bind()
    for id, phone in connection.execute(sa.select(contact.c.id, contact.c.phone).where(contact.c.phone != "")).all():
        digits = "".join(str(unicodedata.digit(char)) for char in phone if char.isdigit())
        if len(digits) >= 7:
            connection.execute(contact.update().where(contact.c.id == id).values(phone_tail=digits[-4:]))


def downgrade() -> None:
    op.execute("DELETE FROM fact WHERE name = 'search-due'")
    op.execute("DROP TABLE search_gram")
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
