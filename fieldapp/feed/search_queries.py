"""What a person finds: enterprises, projects, people to call, issues, visits; only what they may see anyway.

Names are few and looked through as they are; texts of visits and issues by the index of pairs (`fieldapp/search`).
"""

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload

from fieldapp.accounts import queries as accounts
from fieldapp.accounts.policy import Person
from fieldapp.core.paging import Page, pack, page, unpack
from fieldapp.feed.queries import masked
from fieldapp.issues import policy as issues_policy
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue
from fieldapp.projects import enterprise_queries as enterprises
from fieldapp.projects import policy as projects_policy
from fieldapp.projects import queries as projects
from fieldapp.projects.enterprise_queries import like
from fieldapp.projects.models import Contact, Enterprise, Project, digits_of
from fieldapp.search import grams
from fieldapp.search import queries as search
from fieldapp.search.models import SearchRow
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits import words as visit_words
from fieldapp.visits.models import Visit

KINDS = ("enterprise", "project", "contact", "issue", "visit")
FEW, MANY = 5, 20  # of each kind beside the others; of one kind alone
TAIL = 4
_NUMBER = re.compile(r"(?:(zf|xq)-?)?(?:(20\d\d)-)?0*(\d{1,9})")


@dataclass(frozen=True)
class Hit:
    """One line: where it leads, what it is called, where it stands, and the words around what was looked for."""

    kind: str
    href: str
    title: str
    sub: tuple[str, ...] = ()
    snippet: str = ""
    thing: Any = None


@dataclass(frozen=True)
class Group:
    kind: str
    hits: list[Hit]
    next: str | None = None


@dataclass(frozen=True)
class Results:
    query: str
    words: list[str] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(len(group.hits) for group in self.groups)


@dataclass(frozen=True)
class Seeker:
    """Who looks, through what, for which words."""

    session: Session
    person: Person
    zone_readable: bool
    words: list[str]
    year: int

    @property
    def single(self) -> bool:
        """One character finds enterprises and numbers only: of texts it would find them all."""
        return max((len(word) for word in self.words), default=0) < 2


def results(
    session: Session, person: Person, query: str, *, zone_readable: bool, kind: str = "", after: str | None = None
) -> Results:
    """What this person finds; a few of each kind, or a page of one."""
    words = grams.words(query)[:8]
    if not words or not person.is_staff:
        return Results(query, words)
    seeker = Seeker(session, person, zone_readable, words, person.day.year)
    kinds = [kind] if kind in KINDS else list(KINDS)
    found = [_FIND[one](seeker, after if kind else None, MANY if kind else FEW) for one in kinds]
    return Results(query, words, [group for group in found if group.hits or (kind and group.next)])


# -- names ---------------------------------------------------------------------------------------------------------


def _holds(seeker: Seeker, *columns: InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Every word stands in one of these columns."""
    return and_(*(or_(*(column.ilike(like(word), escape="\\") for column in columns)) for word in seeker.words))


def _by_name(query: Any, model: Any, after: str | None, limit: int) -> Any:
    start = unpack(after, str, UUID)
    if start is not None:
        name, id = start
        query = query.where(or_(model.name > name, and_(model.name == name, model.id > id)))
    return query.order_by(model.name, model.id).limit(limit + 1)


def _enterprises(seeker: Seeker, after: str | None, limit: int) -> Group:
    seen = projects_policy.readable_enterprise(seeker.person, zone_readable=seeker.zone_readable)
    query = select(Enterprise).where(
        seen, Enterprise.archived_at.is_(None),
        _holds(seeker, Enterprise.name, Enterprise.short_name, Enterprise.initials),
    )  # fmt: skip
    rows = list(seeker.session.scalars(_by_name(query, Enterprise, after, limit)))
    return _group("enterprise", page(rows, limit, _after_name), lambda one: Hit(
        "enterprise", f"/enterprises/{one.id}", one.name, (one.sector,), thing=one))  # fmt: skip


def _projects(seeker: Seeker, after: str | None, limit: int) -> Group:
    if seeker.single:
        return Group("project", [])
    seen = projects_policy.visible(seeker.person, zone_readable=seeker.zone_readable)
    query = select(Project).join(Enterprise, Enterprise.id == Project.enterprise_id)
    query = query.where(
        seen, Project.archived_at.is_(None),
        _holds(seeker, Project.name, Project.phase, Project.initials, Enterprise.name, Enterprise.initials),
    ).options(joinedload(Project.enterprise))  # fmt: skip
    rows = list(seeker.session.scalars(_by_name(query, Project, after, limit)))
    stages = {stage.code: stage for stage in projects.stages(seeker.session)} if rows else {}
    return _group("project", page(rows, limit, _after_name), lambda one: Hit(
        "project", f"/projects/{one.id}", one.title, (one.enterprise.name,), thing=stages.get(one.stage)))  # fmt: skip


def _contacts(seeker: Seeker, after: str | None, limit: int) -> Group:
    """People to call by their name; by the last digits of their number only who may see it."""
    if seeker.single:
        return Group("contact", [])
    seen = projects_policy.readable_enterprise(seeker.person, zone_readable=seeker.zone_readable)
    whole = projects_policy.sees_number(seeker.person)
    digits = digits_of(seeker.words[0]) if len(seeker.words) == 1 else ""
    by_number = len(digits) == TAIL == len(seeker.words[0])
    way = and_(Contact.phone_tail == digits, whole) if by_number else _holds(seeker, Contact.name, Contact.title)
    query = select(Contact, Enterprise.name).join(Enterprise, Enterprise.id == Contact.enterprise_id)
    query = query.where(Contact.archived_at.is_(None), Enterprise.archived_at.is_(None), seen, way)
    rows = list(seeker.session.execute(_by_name(query, Contact, after, limit)))
    open_to = enterprises.whole_numbers(seeker.session, seeker.person, [one for one, _firm in rows])

    def hit(row: tuple[Contact, str]) -> Hit:
        one, firm = row
        number = one.phone if one.id in open_to else masked(one.phone)
        return Hit(
            "contact", f"/enterprises/{one.enterprise_id}#contacts", one.name, (one.title, firm, number), thing=one
        )

    return _group("contact", page(rows, limit, lambda row: pack(row[0].name, row[0].id)), hit)


def _after_name(one: Any) -> str:
    return pack(one.name, one.id)


def _group(kind: str, rows: Page[Any], hit: Any) -> Group:
    return Group(kind, [hit(one) for one in rows.items], rows.next)


# -- texts and numbers ---------------------------------------------------------------------------------------------


def numbers(word: str, prefix: str, year: int) -> list[str]:
    """The human numbers that this may be: ZF-2026-000128, also as 128, zf128 or 2026-128."""
    found = _NUMBER.fullmatch(word)
    if found is None or found[1] not in (None, prefix.lower()):
        return []
    years = [int(found[2])] if found[2] else [year, year - 1]
    return [f"{prefix}-{one}-{int(found[3]):06d}" for one in years]


def _issues(seeker: Seeker, after: str | None, limit: int) -> Group:
    seen = issues_policy.readable(seeker.person, zone_readable=seeker.zone_readable)
    refs, following = _texts(seeker, "issue", select(Issue.id).where(Issue.id == SearchRow.ref, seen), after, limit)
    if not after:
        refs = list(dict.fromkeys([*_numbered(seeker, Issue, "XQ", seen), *refs]))
    found = issues.issues_of(seeker.session, seeker.person, refs, zone_readable=seeker.zone_readable)
    linked = {link.project_id for one in found.values() for link in one.projects}
    titles = _titles(seeker, linked)

    def hit(one: Issue) -> Hit:
        places = tuple(titles[link.project_id] for link in one.projects if link.project_id in titles)
        said = snippet([one.description, one.raised_by, one.place], seeker.words)
        return Hit("issue", f"/issues/{one.id}", one.title, (*places[:1], one.number or ""), said, one)

    return Group("issue", [hit(found[ref]) for ref in refs if ref in found], following)


def _visits(seeker: Seeker, after: str | None, limit: int) -> Group:
    seen = visits_policy.readable(seeker.person, zone_readable=seeker.zone_readable)
    refs, following = _texts(seeker, "visit", select(Visit.id).where(Visit.id == SearchRow.ref, seen), after, limit)
    if not after:
        refs = list(dict.fromkeys([*_numbered(seeker, Visit, "ZF", seen), *refs]))
    found = visits.visits_of(seeker.session, seeker.person, refs, zone_readable=seeker.zone_readable)
    titles = _titles(seeker, {link.project_id for one in found.values() for link in one.projects})
    names = accounts.names(seeker.session, {one.owner_id for one in found.values()})

    def hit(one: Visit) -> Hit:
        places = [titles[link.project_id] for link in one.projects if link.project_id in titles]
        title = places[0] if places else one.typed_project
        sub = (names.get(one.owner_id, ""), one.number or "")
        said = snippet(visit_words.parts(visit_words.columns(one)), seeker.words)
        return Hit("visit", f"/visits/{one.id}", title, sub, said, one)

    return Group("visit", [hit(found[ref]) for ref in refs if ref in found], following)


_FIND = {"enterprise": _enterprises, "project": _projects, "contact": _contacts, "issue": _issues, "visit": _visits}


def _texts(seeker: Seeker, kind: str, seen: Any, after: str | None, limit: int) -> tuple[list[UUID], str | None]:
    start = unpack(after, int)
    found = search.find(
        seeker.session, kind, " ".join(seeker.words), where=seen.correlate(SearchRow).exists(),
        after=start[0] if start else None, limit=limit,
    )  # fmt: skip
    return found.refs, None if found.next is None else pack(found.next)


def _numbered(seeker: Seeker, model: Any, prefix: str, seen: ColumnElement[bool]) -> list[UUID]:
    said = (
        [one for word in seeker.words for one in numbers(word, prefix, seeker.year)] if len(seeker.words) == 1 else []
    )
    if not said:
        return []
    query = select(model.id).where(model.number.in_(said), seen, _counts(model))
    return list(seeker.session.scalars(query.order_by(model.number.desc())))


def _counts(model: Any) -> ColumnElement[bool]:
    """What was withdrawn is not found, by its number neither."""
    left: ColumnElement[bool] = model.withdrawn_at.is_(None) if model is Visit else model.state != "withdrawn"
    return left


def _titles(seeker: Seeker, ids: set[UUID]) -> dict[UUID, str]:
    """Of the projects among these that this person may read."""
    if not ids:
        return {}
    seen = projects_policy.visible(seeker.person, zone_readable=seeker.zone_readable)
    query = select(Project).where(Project.id.in_(ids), seen)
    return {one.id: one.title for one in seeker.session.scalars(query)}


# -- what is shown of a text ---------------------------------------------------------------------------------------

BEFORE, SHOWN = 16, 80


def snippet(texts: list[str], words: list[str]) -> str:
    """The words around the first match; of a text that matches nowhere (an addition did) nothing."""
    for text in texts:
        line = " ".join(text.split())
        places = [at for word in words if (at := line.lower().find(word)) >= 0]
        if places:
            begin = max(0, min(places) - BEFORE)
            cut = line[begin : begin + SHOWN]
            return ("…" if begin else "") + cut + ("…" if begin + SHOWN < len(line) else "")
    return ""
