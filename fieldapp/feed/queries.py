"""What today and the head of a project show."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, clock
from fieldapp.core.models import Fact
from fieldapp.feed import unfiled_queries
from fieldapp.issues import policy as issues_policy
from fieldapp.issues import queries as issues
from fieldapp.issues.models import Issue
from fieldapp.photos import policy as photos_policy
from fieldapp.projects import enterprise_queries as enterprises
from fieldapp.projects import queries as projects
from fieldapp.projects.models import Contact, Opened, Project
from fieldapp.visits import policy as visits_policy
from fieldapp.visits import queries as visits
from fieldapp.visits.models import FollowUp, Supplement, Visit, VisitKind


@dataclass(frozen=True)
class ContactCard:
    """A contact as this person may see them: the number whole for those the project is assigned to."""

    id: UUID
    name: str
    title: str
    phone: str
    callable: bool
    confirmed: bool


def neglected(project: Project, days: int) -> bool:
    """久未联系: nobody was in touch for as long as the project wishes, or the setting says."""
    before = projects.neglected_before(clock.now(), project.contact_every_days or days)
    return project.last_contact_at is None or project.last_contact_at < before


def masked(phone: str) -> str:
    """138****0000: enough to recognise a number, not to call it."""
    return f"{phone[:3]}****{phone[-4:]}" if len(phone) >= 11 else f"{phone[:2]}****" if phone else ""


def contact_cards(
    session: Session, person: Person, enterprise_ids: Collection[UUID], *, shown: UUID | None = None
) -> dict[UUID, list[ContactCard]]:
    """The contacts of each enterprise: masked but for those who serve it, and but for `shown`."""
    known = projects.contacts(session, enterprise_ids)
    whole = enterprises.whole_numbers(session, person, known) | {shown}
    found: dict[UUID, list[ContactCard]] = {}
    for one in known:
        if one.enterprise_id is not None:
            found.setdefault(one.enterprise_id, []).append(_card(one, whole=one.id in whole))
    return found


def _card(one: Contact, *, whole: bool) -> ContactCard:
    phone = one.phone if whole else masked(one.phone)
    return ContactCard(one.id, one.name, one.title, phone, whole and bool(one.phone), one.confirmed)


def opened_since(session: Session, user_id: UUID, project_id: UUID, since: datetime) -> bool:
    """Whether this person opened the project after `since`."""
    query = select(Opened.at).where(Opened.user_id == user_id, Opened.project_id == project_id, Opened.at > since)
    return session.scalar(query) is not None


# -- today ---------------------------------------------------------------------------------------------------------

SHOWN_TODAY = 5  # of each list; the rest is one tap away
FOLLOW_UPS_SHOWN = 8  # what is due comes first; those for later make room as these are done

# What the office has to sort out lies above feed (sync): it says here how to count it for a person.
to_sort_out: list[Callable[[Session, Person], int]] = []


@dataclass(frozen=True)
class Today:
    """What concerns one person today."""

    neglected: list[Project]
    neglected_count: int
    follow_ups: list[FollowUp]  # due first
    follow_ups_count: int
    to_call: dict[UUID, ContactCard]  # of each follow-up, where there is somebody whose number is known
    issues: list[Issue]
    logged: list[Visit]
    projects: dict[UUID, Project]  # of all of these
    kinds: dict[str, VisitKind]
    to_sort_out: int
    unfiled: int  # visits that wait for a project, counted no further than a hundred


def today(session: Session, person: Person, *, zone_readable: bool, zone: str, neglect_days: int) -> Today:
    begins = clock.day_begins(person.day, zone)
    logged = visits.logged_between(session, person.id, begins, begins + timedelta(days=1))
    long = [one for one in projects.mine(session, person) if neglected(one, neglect_days)] if person.is_staff else []
    waiting = visits.follow_ups(session, person.id)
    follow_ups = waiting[:FOLLOW_UPS_SHOWN]
    mine = issues.by_due(session, person, issues.mine(person), zone_readable=zone_readable, limit=SHOWN_TODAY).items
    logged_at = {link.project_id for visit in logged for link in visit.projects}
    others = {one.project_id for one in follow_ups if one.project_id}  # a colleague may have asked for it
    others |= {link.project_id for issue in mine for link in issue.projects}
    linked = logged_at | projects.visible_ids(session, person, others, zone_readable=zone_readable)
    return Today(
        neglected=long[:SHOWN_TODAY],
        neglected_count=len(long),
        follow_ups=follow_ups,
        follow_ups_count=len(waiting),
        to_call=_to_call(session, person, follow_ups),
        issues=mine,
        logged=logged,
        projects=projects.by_ids(session, linked),
        kinds={one.code: one for one in visits.kinds(session)},
        to_sort_out=sum(count(session, person) for count in to_sort_out),
        unfiled=unfiled_queries.count(session, person, zone_readable=zone_readable, most=100),
    )


def _to_call(session: Session, person: Person, follow_ups: Sequence[FollowUp]) -> dict[UUID, ContactCard]:
    """Whom to call about each: who was met when it was agreed, else the first of the enterprise's contacts."""
    firms = projects.by_ids(session, {one.project_id for one in follow_ups if one.project_id})
    cards = contact_cards(session, person, {project.enterprise_id for project in firms.values()})
    of_visit = {one.visit_id for one in follow_ups if one.visit_id}
    said = select(Visit.id, Visit.met).where(Visit.id.in_(of_visit if cards else []))
    met: dict[UUID, list[Any]] = dict(session.execute(said).all())
    found: dict[UUID, ContactCard] = {}
    for one in follow_ups:
        firm = firms.get(one.project_id) if one.project_id else None
        callable_ones = [card for card in cards.get(firm.enterprise_id, []) if card.callable] if firm else []
        known = {str(who.get("contact")) for who in met.get(one.visit_id, ())} if one.visit_id else set()
        if callable_ones:
            found[one.id] = next((card for card in callable_ones if str(card.id) in known), callable_ones[0])
    return found


# -- the lists of what not to do, and what to do ---------------------------------------------------------------------

LISTS = "lists-seen:"  # and the person's id


def lists_put_away(session: Session, user_id: UUID) -> bool:
    """Whether this person has taken the card with the lists off today's page."""
    return session.get(Fact, f"{LISTS}{user_id}") is not None


def put_lists_away(session: Session, user_id: UUID) -> None:
    said = changes.insert(session, Fact).values(name=f"{LISTS}{user_id}", value=clock.now().isoformat())
    if session.execute(said.on_conflict_do_nothing().returning(Fact.name)).first() is not None:
        audit.record(session, user_id, "lists.seen", "user", user_id)


# -- the photos below us -------------------------------------------------------------------------------------------


def let_photos_ask(*, zone_readable: bool) -> None:
    """Tell photos, which stand below, who may read what shows them."""

    def visit(session: Session, person: Person, ids: Collection[UUID]) -> Collection[UUID]:
        seen = visits_policy.readable(person, zone_readable=zone_readable)
        return session.scalars(select(Visit.id).where(Visit.id.in_(list(ids)), seen)).all()

    def supplement(session: Session, person: Person, ids: Collection[UUID]) -> Collection[UUID]:
        seen = visits_policy.readable(person, zone_readable=zone_readable)
        query = select(Supplement.id).join(Visit, Visit.id == Supplement.visit_id)
        return session.scalars(query.where(Supplement.id.in_(list(ids)), seen)).all()

    def issue(session: Session, person: Person, ids: Collection[UUID]) -> Collection[UUID]:
        seen = issues_policy.readable(person, zone_readable=zone_readable)
        return session.scalars(select(Issue.id).where(Issue.id.in_(list(ids)), seen)).all()

    photos_policy.readers.update(visit=visit, supplement=supplement, issue=issue)
