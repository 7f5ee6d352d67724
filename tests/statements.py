"""What was asked of the database meanwhile: lists must cost the same however long they are."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event

from fieldapp.core.db import Database


@contextmanager
def statements_of(what: Database | Flask | FlaskClient) -> Iterator[list[str]]:
    """The statements so far; an application has engines of its own."""
    app = what.application if isinstance(what, FlaskClient) else what
    database = app.extensions["fieldapp"].db if isinstance(app, Flask) else app
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        heard.append(statement)

    event.listen(database.engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(database.engine, "before_cursor_execute", hear)
