"""Logging a visit, and ticking off what followed from it. What is said later is `supplement_actions`."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from uuid import UUID

from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.orm import Session

from fieldapp.accounts.models import User
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, numbers
from fieldapp.core.db import Ending, at_end, table_of
from fieldapp.core.fixed import Fixed
from fieldapp.core.payload import Arrival, CannotPlace
from fieldapp.projects import actions as projects
from fieldapp.search import actions as search
from fieldapp.visits import calls, follow_up_actions, milestones, stages, words
from fieldapp.visits.body import NextStep, VisitBody
from fieldapp.visits.columns import SEALED, sealed_columns
from fieldapp.visits.links import Links, link, show
from fieldapp.visits.models import FollowUp, Participant, Visit, VisitEnterprise, VisitKind, VisitProject
from fieldapp.visits.supplement_actions import refold

VISITS = table_of(Visit)
numbers.kept_in(numbers.VISIT, VISITS.c.id, VISITS.c.number)
_INSERT = Fixed(lambda dialect: changes.insert_for(dialect, VISITS).on_conflict_do_nothing(), columns=("id", *SEALED))
_SET_NUMBER = Fixed(update(VISITS).where(VISITS.c.id == bindparam("visit")).values(number=bindparam("given")))
_KIND = Fixed(select(VisitKind.code).where(VisitKind.code == bindparam("code")))


class AlreadyHere(Exception):
    """Another visit has this id: it came by the other door, perhaps this very moment."""


def log(session: Session, author: Person, arrival: Arrival, body: VisitBody, links: Links, *, fresh: bool) -> str:
    """Write a visit, or (not `fresh`) its newer revision, onto the timelines of its links; the number comes at the end.

    Returns its state. What lies beside it (photos, issues) is feed.actions.log_visit's. Raises AlreadyHere."""
    if _KIND.first(session, code=body.kind) is None:
        raise CannotPlace("unknown-kind", body.kind)
    before: set[UUID] = set()
    values = sealed_columns(author, arrival, body, links)
    if fresh:
        if _INSERT.run(session, id=arrival.id, **values) == 0:
            raise AlreadyHere
        at_end(session, Ending.VISIT_NUMBER, str(arrival.id), partial(_number, arrival.id, arrival.times.received_at))
    else:
        before = set(session.scalars(select(VisitProject.project_id).where(VisitProject.visit_id == arrival.id)))
        _clear(session, arrival.id)
        session.execute(update(VISITS).where(VISITS.c.id == arrival.id), values)
    link(session, arrival.id, links)
    _take_part(session, arrival.id, author.id, body.participants)
    _follow_up(session, author.id, arrival.id, body, links, fresh=fresh)
    if body.follow_up is not None or not fresh:
        follow_up_actions.answer(session, author.id, arrival.id, body.follow_up, fresh=fresh)
    show(session, arrival.id, author.id, values["occurred_at"], arrival.times.received_at, body.kind, links)
    if body.milestones:
        milestones.show(
            session, arrival.id, author.id, values["milestones"], links.main, occurred_at=values["occurred_at"],
            received_at=arrival.times.received_at,
        )  # fmt: skip
    if body.stage and fresh:
        stages.see(session, arrival.id, body.stage, links.main)
    for id in links.project_ids:
        if calls.is_contact(values):
            projects.visited(session, id, values["occurred_at"])
        else:
            projects.touch(session, id)
        changes.note(session, "project", id)
    if fresh:
        search.say(session, words.KIND, arrival.id, values["occurred_at"], words.parts(values))
    audit.record(session, author.id, "visit.logged" if fresh else "visit.revised", "visit", arrival.id)
    if not fresh:
        refold(session, arrival.id, before)
    state: str = values["state"]
    return state


def _number(id: UUID, received_at: datetime, session: Session) -> None:
    number = numbers.give(session, numbers.VISIT, id, received_at)
    _SET_NUMBER.run(session, visit=id, given=number)


def _clear(session: Session, id: UUID) -> None:
    """Take away what the earlier revision was linked to. Its number stays."""
    for child in (VisitProject, VisitEnterprise, Participant):
        session.execute(delete(child).where(child.visit_id == id))
    session.execute(delete(FollowUp).where(FollowUp.visit_id == id, FollowUp.done_at.is_(None)))


def _take_part(session: Session, id: UUID, author_id: UUID, participants: Iterable[UUID]) -> None:
    named = set(participants) - {author_id}
    if named:
        known = session.scalars(select(User.id).where(User.id.in_(named)))
        session.add_all(Participant(visit_id=id, user_id=user_id) for user_id in known)


def _follow_up(session: Session, author_id: UUID, id: UUID, body: VisitBody, links: Links, *, fresh: bool) -> None:
    """待跟进: for the person named, or for the author. A revision does not bring back what was ticked off."""
    step = body.next_step
    if step is None or not (step.text.strip() or step.on):
        return
    named = session.get(User, step.by) if step.by else None
    if named is not None:
        session.execute(update(VISITS).where(VISITS.c.id == id).values(next_step_by=named.name))
    whose = named.id if named else author_id
    if not fresh and _is_done(session, whose, id, step):
        return
    main = links.main.id if links.main else None
    session.add(FollowUp(owner_id=whose, visit_id=id, project_id=main, text=step.text, due_on=step.on))


def _is_done(session: Session, whose: UUID, id: UUID, step: NextStep) -> bool:
    same = (FollowUp.visit_id == id, FollowUp.owner_id == whose, FollowUp.text == step.text)
    on = FollowUp.due_on.is_(None) if step.on is None else FollowUp.due_on == step.on
    return session.scalar(select(FollowUp.id).where(*same, on, FollowUp.done_at.is_not(None)).limit(1)) is not None
