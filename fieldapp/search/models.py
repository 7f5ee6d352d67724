"""What can be found, and by which words.

Beside this table stands `search_gram`, the index of its pairs of characters, which looks different on each database
(SQLite: a contentless FTS5 table; PostgreSQL: arrays under GIN) and so is no model: `search.grams` reads and writes it.
"""

from uuid import UUID

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from fieldapp.core.db import Base


class SearchRow(Base):
    """The words of one thing. `id` is made of its time, so that the newest has the highest."""

    __tablename__ = "search_row"
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    kind: Mapped[str] = mapped_column(String(20))
    ref: Mapped[UUID] = mapped_column(unique=True)
    text: Mapped[str] = mapped_column(Text)  # folded: what LIKE checks again
