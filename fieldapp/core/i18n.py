"""Language and the way dates are said: 今天 09:41, 昨天, 11月20日 周五."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from flask import Flask, g, request
from flask_babel import Babel, format_date, get_locale
from flask_babel import gettext as _

from fieldapp.core.web import settings, today

LOCALES = ("zh_Hans_CN", "en")
COOKIE = "fieldapp_lang"


def choose() -> str:
    """The signed-in person's choice, else this browser's, else the setting. Chinese comes first."""
    person = g.get("person")
    if person is not None and person.locale in LOCALES:
        return str(person.locale)
    chosen = request.cookies.get(COOKIE) if request else None
    return chosen if chosen in LOCALES else settings().locale


def locale_name() -> str:
    return "en" if str(get_locale() or "") == "en" else "zh_Hans_CN"


def local(at: datetime) -> datetime:
    """`at` in the zone of the office."""
    return at.astimezone(ZoneInfo(settings().timezone))


def say_day(day: date) -> str:
    """今天, 昨天, 11月20日 周五; with the year where it is not this one."""
    here = today()
    if day == here:
        return str(_("Today"))
    if day == here - timedelta(days=1):
        return str(_("Yesterday"))
    if day == here + timedelta(days=1):
        return str(_("Tomorrow"))
    chinese = locale_name() != "en"
    if day.year == here.year:
        return str(format_date(day, "M月d日 EEE" if chinese else "EEE d MMM"))
    return str(format_date(day, "y年M月d日" if chinese else "d MMM y"))


def say_time(at: datetime) -> str:
    """今天 09:41."""
    there = local(at)
    return f"{say_day(there.date())} {there:%H:%M}"


def full_time(at: datetime) -> str:
    """2026-11-22 09:41, for lists, print and `title`."""
    return f"{local(at):%Y-%m-%d %H:%M}"


def say_distance(metres: float) -> str:
    """350 m, 2.4 km, 12 km."""
    if metres < 1000:
        return str(_("%(n)s m", n=round(metres)))
    km = metres / 1000
    return str(_("%(n)s km", n=f"{km:.1f}" if km < 10 else f"{km:.0f}"))


def named(row: Any) -> str:
    """The name, in the reader's language, of a row that carries both (a kind, a stage, a category)."""
    return "" if row is None else str(row.en if locale_name() == "en" else row.zh)


def init_app(app: Flask) -> None:
    Babel(app, locale_selector=choose, default_timezone="Asia/Shanghai")
    app.context_processor(lambda: {"locale": locale_name()})
    app.jinja_env.filters.update(
        say_day=say_day, say_time=say_time, full_time=full_time, say_distance=say_distance, local=local, named=named
    )
