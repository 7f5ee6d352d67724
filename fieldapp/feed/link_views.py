"""What is taken along of a visit, a project or one's days: text for a chat group, and links that end."""

from datetime import date
from typing import Any
from uuid import UUID

from flask import Blueprint, Response, current_app, make_response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import format_date
from sqlalchemy.orm import Session

from fieldapp.accounts.models import DESK, LEAD, OFFICER, SECURITY
from fieldapp.core import clock, tokens
from fieldapp.core.access import public, role
from fieldapp.core.db import new_id
from fieldapp.core.i18n import locale_name
from fieldapp.core.limits import limiter
from fieldapp.core.login import person
from fieldapp.core.problems import not_found
from fieldapp.core.web import db, no_store, read, settings, today
from fieldapp.feed import link_actions, link_queries, policy, summary_queries
from fieldapp.feed.forms import id_of
from fieldapp.feed.models import PROJECT, VISIT, Link
from fieldapp.feed.visit_queries import visit_page
from fieldapp.photos.sending import sent_picture

bp = Blueprint("links", __name__)
listing = role(OFFICER, LEAD, DESK, SECURITY)  # their own; a security administrator sees and ends any
staff = role(OFFICER, LEAD, DESK)
OUTSIDE = (("Referrer-Policy", "no-referrer"), ("X-Robots-Tag", "noindex, nofollow"), ("Cache-Control", "no-store"))


@bp.app_template_filter("phones_masked")
def phones_masked(text: str) -> str:
    return summary_queries.phones_masked(text)


@bp.app_template_filter("say_plain_day")
def say_plain_day(day: date) -> str:
    """11月22日: in a text that is read on another day, nothing is today or yesterday."""
    return str(format_date(day, "d MMM" if locale_name() == "en" else "M月d日"))


# -- texts to take along -------------------------------------------------------------------------------------------


@bp.get("/today/text")
@staff
def days_text() -> ResponseReturnValue:
    """The day, or the week from Monday on, as one logged it; for a lead also as the team did."""
    team = person().is_lead and request.args.get("team") == "1"
    days = summary_queries.WEEK if request.args.get("days") == str(summary_queries.WEEK) else 1
    summary = summary_queries.days_summary(read(), person(), days, zone=settings().timezone, team=team)
    text = render_template("feed/wechat_days.txt", summary=summary, who=person(), week=days > 1).strip()
    return render_template("feed/days_text.html", text=text, days=days, summary=summary, person=person())


def _project_text(project: Any) -> str:
    summary = summary_queries.project_summary(read(), person(), project, zone_readable=settings().zone_readable)
    return render_template("feed/wechat_project.txt", one=summary, today=person().day).strip()


# -- making and taking back ----------------------------------------------------------------------------------------


@bp.get("/projects/<uuid:id>/share")
@staff
def share_project(id: UUID) -> ResponseReturnValue:
    return _share(PROJECT, id)


@bp.get("/visits/<uuid:id>/share")
@staff
def share_visit(id: UUID) -> ResponseReturnValue:
    return _share(VISIT, id)


def _share(type: str, id: UUID) -> ResponseReturnValue:
    """The text to copy, the form for a link, and one's links to this that still open."""
    title, text = _to_share(type, id)
    own = (Link.target_type == type, Link.target_id == id, Link.maker_id == person().id, Link.revoked_at.is_(None),
           Link.expires_at > clock.now())  # fmt: skip
    lines = link_queries.listed(read(), person(), *own)
    html = render_template(
        "feed/share.html", type=type, id=id, title=title, text=text, lines=lines, fresh=new_id(),
        days=link_actions.DAYS, address=_address, made=request.args.get("made", ""),
    )  # fmt: skip
    return no_store(make_response(html))


def _to_share(type: str, id: UUID) -> tuple[str, str]:
    """Title and text of what may go out; 404 for anything else."""
    readable = settings().zone_readable
    if type == PROJECT:
        project = link_queries.project_to_share(read(), person(), id, zone_readable=readable)
        if project is None:
            raise not_found()
        return project.title, _project_text(project)
    visit = link_queries.visit_to_share(read(), person(), id, zone_readable=readable)
    if visit is None:
        raise not_found()
    page = visit_page(read(), person(), visit, zone_readable=readable)
    return page.main.title if page.main else visit.typed_project, render_template("feed/wechat.txt", page=page).strip()


@bp.post("/projects/<uuid:id>/share")
@limiter.limit("60/hour")
@staff
def link_to_project(id: UUID) -> ResponseReturnValue:
    return _make(PROJECT, id)


@bp.post("/visits/<uuid:id>/share")
@limiter.limit("60/hour")
@staff
def link_to_visit(id: UUID) -> ResponseReturnValue:
    return _make(VISIT, id)


def _make(type: str, target_id: UUID) -> ResponseReturnValue:
    _to_share(type, target_id)
    by, id, asked = person(), id_of(request.form.get("id")), request.form.get("days", "")
    days = int(asked) if asked in {str(days) for days in link_actions.DAYS} else link_actions.DAYS[0]

    def write(session: Session) -> bool:
        return link_actions.make(session, by, id, _token(id), type, target_id, days)

    if not db().write_once(write):
        raise not_found()
    return redirect(f"/{type}s/{target_id}/share?made={id}#links", 303)


def _token(id: UUID) -> str:
    return tokens.token(current_app.config["SECRET_KEY"], "link", id)


def _address(link: Link) -> str:
    """The whole address, for as long as the server's secret is the one that it was made with."""
    token = _token(link.id)
    if tokens.hashed(token) != link.token_sha256:
        return ""
    return f"{settings().origin.rstrip('/') or request.host_url.rstrip('/')}/link/{token}"


@bp.get("/links")
@listing
def links_page() -> ResponseReturnValue:
    return no_store(make_response(render_template("feed/links.html", **_links())))


@bp.get("/links/rows")
@listing
def links_rows() -> ResponseReturnValue:
    return no_store(make_response(render_template("feed/_link_rows.html", **_links())))


def _links() -> dict[str, Any]:
    page = link_queries.listed(read(), person(), after=request.args.get("after"))
    return {"page": page, "now": clock.now(), "address": _address, "asker": person()}


@bp.post("/links/<uuid:id>/revocation")
@listing
def revoke(id: UUID) -> ResponseReturnValue:
    by, link = person(), read().get(Link, id)
    if link is None or not policy.may_revoke(by, link):
        raise not_found()
    db().write(lambda session: link_actions.revoke(session, by, id))
    return redirect("/links?revoked=1", 303)


# -- what a holder sees --------------------------------------------------------------------------------------------


@bp.get("/link/<token>")
@limiter.limit("60/minute")
@public
def opened(token: str) -> ResponseReturnValue:
    """Read by whoever holds it; each opening is counted."""
    shown = _behind(token)
    if shown is None:
        return _outside(make_response(render_template("feed/link_ended.html"), 404))
    db().write(lambda session: link_actions.opened(session, shown.link))
    return _outside(make_response(render_template("feed/link.html", shown=shown, token=token)))


@bp.get("/link/<token>/photos/<uuid:photo_id>/<any(thumb, display):size>")
@limiter.limit("600/minute")
@public
def photo(token: str, photo_id: UUID, size: str) -> ResponseReturnValue:
    shown = _behind(token)
    found = shown.photos.get(photo_id) if shown else None
    if found is None:
        raise not_found()
    return _outside(sent_picture(found.thumb_key if size == "thumb" else found.display_key))


def _behind(token: str) -> link_queries.Behind | None:
    now, day = clock.now(), today()
    return link_queries.behind(read(), token, now, day, zone_readable=settings().zone_readable)


def _outside(answer: Response) -> Response:
    """Found by no search engine, kept by no browser, and told to no site that one goes on to."""
    for name, value in OUTSIDE:
        answer.headers[name] = value
    return answer
