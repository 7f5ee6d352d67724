"""Rows of the database as plain facts, without what opens doors."""

import base64
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import Column, Table, select
from sqlalchemy.engine import Row
from sqlalchemy.orm import Session

# What whoever holds an export could sign in or open something with.
KEYS = {
    "user": {"password_hash", "session_epoch"},
    "link": {"token_sha256"},
    "feedback": {"code_sha256"},
    "code_app": {"secret", "last_step"},
    "recovery_code": {"code_sha256"},
    "passkey": {"credential_id", "public_key"},
}
A_BATCH = 500


def columns(table: Table) -> list[Column[Any]]:
    return [column for column in table.columns if column.name not in KEYS.get(table.name, set())]


def plain(row: Row[Any] | Mapping[str, Any]) -> dict[str, Any]:
    """A row as JSON can say it: times in UTC with their zone, bytes as text where they are text, else in base 64."""
    mapping = row._mapping if isinstance(row, Row) else row
    return {str(name): _plain(value) for name, value in mapping.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, bytes | memoryview):
        whole = bytes(value)
        try:
            return whole.decode()
        except UnicodeDecodeError:
            return base64.b64encode(whole).decode()
    return value


def every(session: Session, table: Table, *where: Any) -> Iterator[dict[str, Any]]:
    """The rows of a table in the order of their keys, never all in memory."""
    query = select(*columns(table)).where(*where).order_by(*table.primary_key.columns)
    for row in session.execute(query.execution_options(yield_per=A_BATCH)):
        yield plain(row)
