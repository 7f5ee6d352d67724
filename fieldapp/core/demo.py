"""The banner over demo data, so that nobody takes an invented visit for a real one."""

from collections.abc import Callable

from flask import Flask
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from fieldapp.core.web import db


def init_app(app: Flask, is_demo: Callable[[Session], bool]) -> None:
    """Give templates `demo_banner`. Asked of the database until it has answered once; error pages need no database."""
    answers: list[bool] = []

    def banner() -> dict[str, bool]:
        if not answers:
            try:
                with db().reading() as session:
                    answers.append(is_demo(session))
            except SQLAlchemyError:
                return {"demo_banner": False}
        return {"demo_banner": answers[0]}

    app.context_processor(banner)
