"""`/login/sso`: out to the issuer and back; an account is found by a claim and never made."""

from uuid import UUID

from flask import Blueprint, make_response, redirect, render_template, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from fieldapp.accounts import entering, factor_queries, halfway, queries, sso
from fieldapp.accounts.models import User
from fieldapp.accounts.policy import may_sign_in, person_on
from fieldapp.core import audit, clock, login, reauth
from fieldapp.core.access import public
from fieldapp.core.limits import limiter
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, settings

bp = Blueprint("sso", __name__)


@bp.get("/login/sso")
@limiter.limit("200/minute")
@public
def leave() -> ResponseReturnValue:
    """By a link and not by a form: the pages' policy lets forms go to ourselves only."""
    if not sso.is_on():
        raise not_found()
    again = request.args.get("again") == "1" and login.signed_in()
    if login.signed_in() and not again:
        return redirect(login.safe_next(request.args.get("next")))
    ours = request.headers.get("Sec-Fetch-Site") in (None, "same-origin")  # another site calls no machine one's own
    cookie["sso"] = {
        "next": login.safe_next(request.args.get("next")), "own": ours and request.args.get("own") == "y",
        "again": login.person().id.hex if again else "",
    }  # fmt: skip
    try:
        return no_store(sso.leave(again=again))
    except (sso.Away, sso.Refused) as error:
        return _failed(error)


@bp.get("/login/sso/back")
@limiter.limit("200/minute")
@public
def come_back() -> ResponseReturnValue:
    if not sso.is_on():
        raise not_found()
    asked = cookie.pop("sso", None)
    if asked is None:
        return redirect("/login")
    try:
        known = sso.come_back()
    except (sso.Away, sso.Refused) as error:
        return _failed(error)
    user = queries.by_username(read(), known.account)
    if user is None or not may_sign_in(person_on(user, clock.today(settings().timezone))):
        _note_of_issuer(None if user is None else user, "sign-in.unknown", known)
        return _page(403, unknown=known.account)
    if asked["again"]:
        return _shown_again(user, known, asked)
    return _enter(user, known, asked)


def _enter(user: User, known: sso.Known, asked: dict[str, str]) -> ResponseReturnValue:
    """The issuer's word is a first factor; a second one of ours is asked for unless it says that it saw several."""
    own, there = bool(asked["own"]), login.safe_next(asked["next"])
    if factor_queries.factors(read(), user.id).any and not known.several_factors:
        _note_of_issuer(user, "sign-in.first", known)
        halfway.begin(user, how="sso", own_device=own, next=there)
        return redirect("/login/second")
    _note_of_issuer(user, "sign-in", known)
    entering.enter(user, how="sso", own_device=own, strong=known.several_factors, proven=_just_now(known))
    return redirect(there)


def _just_now(known: sso.Known) -> bool:
    at = known.authenticated_at
    return at is not None and clock.now() - at <= reauth.RECENT


def _shown_again(user: User, known: sso.Known, asked: dict[str, str]) -> ResponseReturnValue:
    """Instead of the password that is asked for again: the same person, and just now."""
    same = login.signed_in() and login.person().id == user.id and asked["again"] == user.id.hex
    if not (same and _just_now(known)):
        _note_of_issuer(user, "password-again.failed", known)
        return _failed(sso.Refused("again"))
    _note_of_issuer(user, "password-again", known)
    login.note_proof()
    return redirect(login.safe_next(asked["next"]))


def _note_of_issuer(user: User | None, verb: str, known: sso.Known) -> None:
    db().write(lambda session: _told_of_issuer(session, user.id if user else None, verb, known))


def _told_of_issuer(session: Session, who: UUID | None, verb: str, known: sso.Known) -> None:
    audit.record(session, who, verb, "user", who or known.account[:60], how="sso", subject=known.subject[:120])


def _failed(error: Exception) -> ResponseReturnValue:
    if isinstance(error, sso.Away):
        return _page(503, alert=_("The sign-in service does not answer. Please try again shortly."))
    db().write(lambda session: audit.record(session, None, "sign-in.failed", "user", "sso", why=str(error)[:60]))
    return _page(403, alert=_("The sign-in was not completed. Please try again."))


def _page(status: int, *, alert: str = "", unknown: str = "") -> ResponseReturnValue:
    html = render_template("accounts/sso_failed.html", alert=alert, unknown=unknown, service=service())
    return no_store(make_response(html, status))


def service() -> str:
    """Whose accounts these are."""
    return settings().oidc_name or str(_("the organisation's account"))
