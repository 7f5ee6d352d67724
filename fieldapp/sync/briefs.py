"""The pages that open on a phone without a network: fragments rendered here, by the very templates of the pages.

They lie on shelves, by a hash of their address; a shelf is a row of the reference data, and what the phone has of
each is said by a few bytes in its cursor. So a cursor has one length however much is carried, only shelves on which
something changed are sent, and a page that this person may no longer read goes with its shelf.
"""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts import queries as accounts
from fieldapp.core import clock
from fieldapp.core.payload import Payload
from fieldapp.feed import brief_queries, queries
from fieldapp.feed.brief_queries import EnterpriseHead, Head, Reach, Visited
from fieldapp.issues import queries as issues
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Opened

SHELVES = 256
BYTES_A_SHELF = 3
PAGES_A_PART = 40  # some 100 KB
PROJECTS, ISSUES = 300, 100
CARRIED_AFTER_OPENING = timedelta(days=30)
EMPTY = bytes(BYTES_A_SHELF)
NOTHING = EMPTY * SHELVES

Render = Callable[..., str]


class Shelf(Payload):
    """A row of `briefs`: the pages whose addresses fall on one shelf, each a fragment of HTML."""

    id: str
    pages: dict[str, str]


@dataclass(frozen=True)
class Press:
    """What makes fragments of facts: the templates, in the reader's language, and their version."""

    render: Render
    version: str
    neglect_days: int
    timezone: str


@dataclass(frozen=True)
class Part:
    """Some shelves for the phone, and where the next answer goes on; at the end all that the phone then has."""

    rows: list[dict[str, Any]]
    removed: list[str]
    next: str | None
    has: str


@dataclass(frozen=True)
class _Page:
    path: str
    facts: Any  # all that it shows; another digest when one of them changes
    template: str
    values: dict[str, Any]
    project_id: UUID | None = None  # its last visits are read only if it is sent


def part(session: Session, reach: Reach, press: Press, has: str, going_on: str) -> Part:
    """The next shelves that are not as the phone (by its cursor) has them."""
    pages = _pages(session, reach, press)
    shelves: list[list[_Page]] = [[] for _ in range(SHELVES)]
    for page in pages:
        shelves[shelf_of(page.path)].append(page)
    before, (start, told) = _read(has), _going_on(going_on)
    salt = f"{press.version} {reach.person.day}"
    sent: list[int] = []
    for number in range(start, SHELVES):
        digest = _digest(salt, shelves[number])
        if digest != _of(before, number):
            if sum(len(shelves[one]) for one in sent) >= PAGES_A_PART:
                return _made(session, reach, press, shelves, sent, f"{number}.{_write(told)}", "")
            sent.append(number)
        told += digest
    return _made(session, reach, press, shelves, sent, None, "" if told == NOTHING else _write(told))


def shelf_of(path: str) -> int:
    return hashlib.sha256(path.encode()).digest()[0]


def _of(digests: bytes, number: int) -> bytes:
    return digests[number * BYTES_A_SHELF :][:BYTES_A_SHELF]


def _digest(salt: str, shelf: list[_Page]) -> bytes:
    if not shelf:
        return EMPTY
    said = json.dumps([salt, sorted((page.path, page.facts) for page in shelf)], default=str)
    return hashlib.sha256(said.encode()).digest()[:BYTES_A_SHELF]


def _write(digests: bytes) -> str:
    return base64.urlsafe_b64encode(digests).decode()


def _read(text: str) -> bytes:
    """What a cursor says; of one that is not ours, that the phone has nothing, and each shelf is told to it anew."""
    try:
        digests = base64.urlsafe_b64decode(text)
    except (ValueError, binascii.Error):
        return b""
    return digests if len(digests) == len(NOTHING) else (NOTHING if not text else b"")


def _going_on(text: str) -> tuple[int, bytes]:
    number, _, told = text.partition(".")
    try:
        digests = base64.urlsafe_b64decode(told)
    except (ValueError, binascii.Error):
        return 0, b""
    if number.isdecimal() and len(digests) == int(number) * BYTES_A_SHELF and int(number) <= SHELVES:
        return int(number), digests
    return 0, b""


def _made(
    session: Session,
    reach: Reach,
    press: Press,
    shelves: list[list[_Page]],
    sent: list[int],
    next: str | None,
    has: str,
) -> Part:
    wanted = {page.project_id for number in sent for page in shelves[number] if page.project_id is not None}
    visited = brief_queries.visited(session, reach, wanted)
    drawn = {number: {page.path: _draw(press, page, visited) for page in shelves[number]} for number in sent}
    rows = [{"id": f"b{number}", "pages": pages} for number, pages in drawn.items() if pages]
    return Part(rows, [f"b{number}" for number in sent if not shelves[number]], next, has)


def _draw(press: Press, page: _Page, visited: dict[UUID, Visited]) -> str:
    if page.project_id is None:
        return _spare(press.render(page.template, **page.values))
    return _spare(press.render(page.template, visited=visited[page.project_id], **page.values))


def _spare(html: str) -> str:
    """Without the indentation, which is a tenth of it."""
    return "\n".join(line for line in map(str.strip, html.splitlines()) if line)


# -- which pages, and what they show ---------------------------------------------------------------------------------


def _pages(session: Session, reach: Reach, press: Press) -> list[_Page]:
    day = reach.person.day
    pages = _issue_pages(session, reach)
    if not reach.person.is_staff:
        return pages
    pages.append(_today(session, reach, press))
    found = brief_queries.carried(session, reach, _opened(session, reach), PROJECTS)
    heads = list(brief_queries.heads(session, reach, found).values())
    for head in heads:
        pages.append(
            _Page(f"/projects/{head.project.id}", _facts(head), "feed/_brief.html", {"head": head, "today": day},
                  head.project.id)
        )  # fmt: skip
    for id, firm in brief_queries.enterprise_heads(session, reach, heads).items():
        values = {"firm": firm, "today": day, "spare": True}
        pages.append(_Page(f"/enterprises/{id}", _facts_of_firm(firm), "feed/_enterprise_brief.html", values))
    return pages


def _opened(session: Session, reach: Reach) -> list[UUID]:
    since = clock.now() - CARRIED_AFTER_OPENING
    return list(session.scalars(select(Opened.project_id).where(Opened.user_id == reach.person.id, Opened.at > since)))


def _facts(head: Head) -> list[Any]:
    """`version` moves with everything that shows on the project's timeline."""
    project = head.project
    return [
        project.version, project.title, project.stage, project.key_project, project.last_contact_at, head.neglected,
        project.enterprise.name, project.area.name if project.area else "", head.mine, head.officers,
        head.contacts,
        [brief_queries.coarse(issue) for issue in head.issues],
    ]  # fmt: skip


def _facts_of_firm(firm: EnterpriseHead) -> list[Any]:
    return [firm.enterprise.name, firm.enterprise.uscc, firm.contacts, [_facts(head)[1:] for head in firm.heads]]


def _today(session: Session, reach: Reach, press: Press) -> _Page:
    shown = queries.today(
        session, reach.person, zone_readable=reach.zone_readable, zone=press.timezone,
        neglect_days=reach.neglect_days,
    )  # fmt: skip
    facts = [
        [(one.id, one.last_contact_at) for one in shown.neglected], shown.neglected_count, shown.to_sort_out,
        shown.unfiled,
        [(one.id, one.due_on, one.text, one.project_id, shown.to_call.get(one.id)) for one in shown.follow_ups],
        shown.follow_ups_count,
        [brief_queries.coarse(issue) for issue in shown.issues],
        [(one.id, one.kind, one.state, one.withdrawn_at, one.occurred_at, one.typed_project) for one in shown.logged],
        sorted((str(id), project.title) for id, project in shown.projects.items()),
    ]  # fmt: skip
    return _Page("/", facts, "feed/_today.html", {"today": shown, "day": reach.person.day})


def _issue_pages(session: Session, reach: Reach) -> list[_Page]:
    """My open issues with the names that their lines need, in a fixed number of statements."""
    found = brief_queries.my_open_issues(session, reach, ISSUES)
    linked = {link.project_id for issue in found for link in issue.projects}
    known = projects.by_ids(session, linked)
    shared = {
        "units": {unit.id: unit for unit in accounts.units(session)},
        "people": accounts.names(session, {issue.opened_by for issue in found}),
        "projects": known,
        "may_open": projects.visible_ids(session, reach.person, linked, zone_readable=reach.zone_readable),
    }
    categories = {one.code: one for one in issues.categories(session)}
    pages = []
    for issue in found:
        titles = [known[link.project_id].title for link in issue.projects if link.project_id in known]
        facts = [brief_queries.coarse(issue), issue.description, issue.raised_by, issue.place, titles]
        values = {**shared, "issue": issue, "category": categories.get(issue.category or ""), "spare": True}
        pages.append(_Page(f"/issues/{issue.id}", facts, "issues/_brief.html", values))
    return pages
