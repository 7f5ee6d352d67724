"""Named values of this server, read and written as they are: a mark of how far something has come, a day."""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.core.changes import insert
from fieldapp.core.models import Fact


def get(session: Session, name: str) -> dict[str, Any]:
    """What is kept under this name; nothing: an empty one."""
    value = text(session, name)
    found: dict[str, Any] = json.loads(value) if value else {}
    return found


def put(session: Session, name: str, **values: Any) -> None:
    """Keep these values under this name, in the place of those before."""
    put_text(session, name, json.dumps(values, ensure_ascii=False))


def text(session: Session, name: str) -> str | None:
    return session.scalar(select(Fact.value).where(Fact.name == name))


def put_text(session: Session, name: str, value: str) -> None:
    row = insert(session, Fact).values(name=name, value=value)
    session.execute(row.on_conflict_do_update(index_elements=["name"], set_={"value": value}))
