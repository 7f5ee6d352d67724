"""A visit's page. What is said on it later is `supplement_views`."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Blueprint
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from flask_babel import gettext as _

from fieldapp.core.i18n import local, locale_name, named
from fieldapp.feed.supplement_views import insiders, show_visit, visit_of
from fieldapp.visits.models import VisitKind

bp = Blueprint("visit", __name__)


@bp.get("/visits/<uuid:id>")
@insiders
def visit_page(id: UUID) -> ResponseReturnValue:
    return show_visit(visit_of(id))


@bp.app_template_filter("said_plainly")
def said_plainly(one: Any) -> str:
    """A part of an original record in a line: a name with its unit, a code, a text."""
    return " · ".join(str(v) for v in one.values() if v) if isinstance(one, dict) else str(one)


@bp.app_template_filter("kind_choice")
def kind_choice(kind: VisitKind) -> tuple[str, str]:
    return kind.code, named(kind)


@bp.app_template_filter("twice_itself")
def twice_itself(text: str) -> tuple[str, str]:
    """A choice whose value is its words."""
    return text, text


@bp.app_template_filter("say_half_day")
def say_half_day(at: datetime) -> str:
    """11月22日上午: as a bulletin says it."""
    there = local(at)
    day = format_date(there.date(), "d MMM" if locale_name() == "en" else "M月d日")
    halves = {0: _("%(day)s, early", day=day), 1: _("%(day)s, morning", day=day), 2: _("%(day)s, afternoon", day=day),
              3: _("%(day)s, evening", day=day)}  # fmt: skip
    return str(halves[0 if there.hour < 6 else 1 if there.hour < 12 else 2 if there.hour < 18 else 3])
