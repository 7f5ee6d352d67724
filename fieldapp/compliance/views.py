"""`/about` with its long texts, the notice of first sign-in, and what every page tells: a stop, a restricted switch."""

from datetime import date
from typing import Any

from flask import Blueprint, current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from fieldapp.accounts.models import POWERS
from fieldapp.compliance import actions, queries, switches, texts
from fieldapp.core import login
from fieldapp.core.access import public, role, signed_in_early
from fieldapp.core.i18n import locale_name
from fieldapp.core.web import db, no_store, read, settings

bp = Blueprint("compliance", __name__)


def _language() -> str:
    return "en" if locale_name() == "en" else "zh"


def _blocks(name: str) -> list[texts.Block]:
    return texts.blocks(texts.text_of(name, settings(), _language()))


def _titles() -> dict[str, str]:
    return {
        texts.TERMS: str(_("Terms of use")),
        texts.PRIVACY: str(_("Privacy policy")),
        texts.NOTICE: str(_("Before the first use")),
    }


@bp.get("/about")
@public
def about() -> ResponseReturnValue:
    return render_template("compliance/about.html", inside=login.signed_in(), asked=settings(), titles=_titles())


@bp.get("/about/<any(terms, privacy, notice):name>")
@public
def long_text(name: str) -> ResponseReturnValue:
    return render_template(
        "compliance/text.html",
        inside=login.signed_in(),
        title=_titles()[name],
        blocks=_blocks(name),
        version=texts.version_of(name, settings()),
    )


# -- the notice of first sign-in -----------------------------------------------------------------------------------


@bp.post("/notice")
@signed_in_early
def confirm_notice() -> ResponseReturnValue:
    """Confirms the version that was read: one that has changed since is shown again."""
    user_id, version = login.person().id, request.form.get("version", "")
    if version == texts.version_of(texts.NOTICE, settings()):
        db().write(lambda session: actions.confirm_notice(session, user_id, version))
        _seen().add((user_id, version))
    return redirect(login.safe_next(request.form.get("next")), 303)


def _seen() -> set[Any]:
    """Who has confirmed it, as far as this process was told: nobody takes it back."""
    known: set[Any] = current_app.extensions.setdefault("notice-seen", set())
    return known


def _notice_due() -> dict[str, Any] | None:
    """The notice, where the person has not confirmed this version of it yet."""
    if not login.signed_in():
        return None
    one = (login.person().id, texts.version_of(texts.NOTICE, settings()))
    if one in _seen():
        return None
    if queries.has_seen(read(), *one):
        _seen().add(one)
        return None
    return {"version": one[1], "blocks": _blocks(texts.NOTICE)}


# -- the switches --------------------------------------------------------------------------------------------------


@bp.get("/compliance")
@role(*POWERS)
def restricted() -> ResponseReturnValue:
    """What the rule restricts, as `fieldapp compliance` prints it, for each of the three powers."""
    standing = switches.note(db(), settings())
    return no_store(
        current_app.make_response(
            render_template(
                "compliance/switches.html",
                standing=standing,
                absent=switches.ABSENT,
                asked=settings(),
                chinese=_language() == "zh",
            )
        )
    )


@bp.app_context_processor
def _told_on_every_page() -> dict[str, Any]:
    stops_on = settings().stops_on
    return {
        "stops_on": date.fromisoformat(stops_on) if stops_on else None,
        "stop_notice": settings().stop_notice,
        "notice_due": _notice_due,
        "switches_on": lambda: switches.turned_on(settings()),
    }
