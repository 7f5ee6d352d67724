"""Memberships: proposed by one, granted and ended by another (`powers` has the table)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from fieldapp.accounts import policy, powers
from fieldapp.accounts.actions import Refused
from fieldapp.accounts.models import (
    DUTIES,
    GRANTED,
    LEAD,
    OFFICER,
    POWERS,
    REFUSED,
    ROLES,
    SECURITY,
    TAKEN_BACK,
    UNIT,
    Membership,
    Proposal,
    Team,
    Unit,
    User,
)
from fieldapp.accounts.policy import Person
from fieldapp.core import audit, changes, clock

OF_A_TEAM = (OFFICER, LEAD)
A_DAY = timedelta(days=1)
FARTHEST = timedelta(days=366)  # a day typed wrong is more likely than one so far away


@dataclass(frozen=True)
class Wanted:
    """What somebody should become."""

    role: str
    starts_on: date
    team_id: UUID | None = None
    unit_id: UUID | None = None
    duty: str = ""
    ends_on: date | None = None


def propose(
    session: Session, user: User, wanted: Wanted, *, id: UUID, by: UUID | None, day: date, replaces: UUID | None = None
) -> Proposal:
    """Ask for a membership; `replaces`: one that ends when this begins. Saying it again changes nothing."""
    known = session.get(Proposal, id)
    if known is not None:
        if known.user_id != user.id or _of(known) != wanted:
            raise Refused("id-taken")
        return known
    if user.disabled_at is not None:
        raise Refused("user-disabled")
    _check_fits(session, wanted, day)
    before = _replaced(session, user, replaces, day)
    _check_one_power(session, user.id, wanted.role, day, leaving=before)
    made = Proposal(
        id=id, user_id=user.id, proposed_by=by, proposed_at=clock.now(), replaces_id=replaces, role=wanted.role,
        team_id=wanted.team_id, unit_id=wanted.unit_id, duty=wanted.duty, starts_on=wanted.starts_on,
        ends_on=wanted.ends_on,
    )  # fmt: skip
    session.add(made)
    session.flush()
    _told(session, by, "membership.proposed", made.user_id, _facts(made), proposal=str(made.id))
    return made


def _of(proposal: Proposal) -> Wanted:
    one = proposal
    return Wanted(one.role, one.starts_on, one.team_id, one.unit_id, one.duty, one.ends_on)


def _check_fits(session: Session, wanted: Wanted, day: date) -> None:
    if wanted.role not in ROLES:
        raise Refused("role-unknown")
    if wanted.duty and wanted.duty not in DUTIES:
        raise Refused("duty-unknown")
    if abs(wanted.starts_on - day) > FARTHEST:
        raise Refused("starts-far")
    if wanted.ends_on is not None and wanted.ends_on < max(wanted.starts_on, day):
        raise Refused("ends-early")
    if wanted.role in POWERS and (wanted.team_id or wanted.unit_id or wanted.duty):
        raise Refused("power-apart")
    if wanted.role in POWERS and wanted.ends_on is not None:
        raise Refused("power-ends")  # it ends when somebody else has it: never on a day on which nobody might look
    if wanted.role in OF_A_TEAM and wanted.team_id is None:
        raise Refused("team-wanted")
    if (wanted.role == UNIT) != (wanted.unit_id is not None):
        raise Refused("unit-wanted" if wanted.role == UNIT else "unit-apart")
    _check_place(session, wanted)


def _check_place(session: Session, wanted: Wanted) -> None:
    if wanted.team_id is not None:
        team = session.get(Team, wanted.team_id)
        if team is None or team.archived_at is not None:
            raise Refused("team-gone")
        if team.ends_on is not None and (wanted.ends_on is None or wanted.ends_on > team.ends_on):
            raise Refused("team-ends")
    if wanted.unit_id is not None:
        unit = session.get(Unit, wanted.unit_id)
        if unit is None or unit.archived_at is not None:
            raise Refused("unit-gone")


def _replaced(session: Session, user: User, id: UUID | None, day: date) -> Membership | None:
    if id is None:
        return None
    found = session.get(Membership, id)
    if found is None or found.user_id != user.id or not _goes_on(found, day):
        raise Refused("membership-gone")
    return found


def _check_one_power(
    session: Session, user_id: UUID, role: str, day: date, *, leaving: Membership | None = None
) -> None:
    if role not in POWERS:
        return
    if leaving is not None and leaving.role in POWERS and leaving.role != role:
        raise Refused("second-power")  # first the one ends, seen by everybody; then another can be proposed
    if powers.held_from(session, user_id, day) - {role}:
        raise Refused("second-power")
    if leaving is None and role in powers.held_from(session, user_id, day):
        raise Refused("power-held")


def _goes_on(held: Membership, day: date) -> bool:
    return held.ends_on is None or (held.ends_on >= day and held.ends_on >= held.starts_on)


# -- deciding ------------------------------------------------------------------------------------------------------


def may_decide(session: Session, by: Person, proposal: Proposal, *, three_powers: bool) -> bool:
    """Never of oneself. Where there is no security administrator, a system administrator appoints the first one."""
    if by.id == proposal.user_id:
        return False
    if policy.may_grant(by, three_powers=three_powers):
        return True
    return by.is_admin and proposal.role == SECURITY and not powers.stands(session, SECURITY)


def grant(session: Session, id: UUID, *, by: Person | None, day: date, three_powers: bool = True) -> Membership | None:
    """What was proposed is so from now on. None: somebody has decided on it. `by` none: on the server itself.

    Raises Refused for what must not be, whoever asks for it."""
    powers.alone(session)
    proposal = session.get_one(Proposal, id, with_for_update={"of": Proposal})
    if proposal.outcome:
        return None
    if by is not None and not may_decide(session, by, proposal, three_powers=three_powers):
        raise Refused("grant-own" if by.id == proposal.user_id else "grant-not-yours")
    user = session.get_one(User, proposal.user_id, populate_existing=True)
    if user.disabled_at is not None:
        raise Refused("user-disabled")
    _check_place(session, _of(proposal))
    before = session.get(Membership, proposal.replaces_id) if proposal.replaces_id else None
    if before is not None and not _goes_on(before, day):
        before = None
    _check_one_power(session, user.id, proposal.role, day, leaving=before)
    if before is not None and before.role != proposal.role:
        _check_not_last(session, before)
    begins = proposal.starts_on
    if before is not None or proposal.role in POWERS:
        begins = day if proposal.role in POWERS else max(begins, day)  # what was so until now stays as it was
    if before is not None:
        _end(session, before, begins - A_DAY, by.id if by else None)
    held = Membership(
        user_id=user.id, team_id=proposal.team_id, unit_id=proposal.unit_id, role=proposal.role, duty=proposal.duty,
        starts_on=begins, ends_on=proposal.ends_on,
    )  # fmt: skip
    session.add(held)
    _decide(session, proposal, GRANTED, by.id if by else None)
    session.flush()
    facts = {**_facts(proposal), "starts_on": [None, begins.isoformat()]}
    _told(
        session, by.id if by else None, "membership.granted", user.id, facts, proposal=str(id), membership=str(held.id)
    )
    changes.note(session, "officer", user.id)
    return held


def grant_all(
    session: Session, ids: Iterable[UUID], *, by: Person, day: date, three_powers: bool
) -> tuple[int, list[tuple[Proposal, str]]]:
    """Grant each of those that were looked at; how many were, and what stands against each of the others."""
    granted, refused = 0, []
    for id in ids:
        proposal = session.get(Proposal, id)
        if proposal is None:
            continue
        try:
            granted += grant(session, id, by=by, day=day, three_powers=three_powers) is not None
        except Refused as reason:  # raised before anything was written
            refused.append((proposal, reason.code))
    return granted, refused


def refuse(session: Session, id: UUID, *, by: Person) -> None:
    """It is not to be. Twice is as good as once."""
    _close(session, id, REFUSED, by.id, "membership.refused")


def take_back(session: Session, id: UUID, *, by: UUID | None) -> None:
    """The proposal was a mistake, or is not needed any more."""
    _close(session, id, TAKEN_BACK, by, "membership.taken-back")


def _close(session: Session, id: UUID, outcome: str, by: UUID | None, verb: str) -> None:
    proposal = session.get_one(Proposal, id, with_for_update={"of": Proposal})
    if not proposal.outcome:
        _decide(session, proposal, outcome, by)
        audit.record(session, by, verb, "user", proposal.user_id, proposal=str(id), role=proposal.role)


def _decide(session: Session, proposal: Proposal, outcome: str, by: UUID | None) -> None:
    proposal.outcome, proposal.decided_by, proposal.decided_at = outcome, by, clock.now()


# -- ending --------------------------------------------------------------------------------------------------------


def may_end(by: Person, held: Membership, *, three_powers: bool) -> bool:
    return policy.may_grant(by, three_powers=three_powers)


def end(session: Session, id: UUID, *, by: UUID | None, day: date, last_day: date | None = None) -> Membership:
    """`last_day` is its last one; none: from this moment on it is no more. Raises Refused."""
    powers.alone(session)
    held = session.get_one(Membership, id, with_for_update={"of": Membership}, populate_existing=True)
    last = day - A_DAY if last_day is None else last_day
    if not _goes_on(held, day):
        return held
    if last < day - A_DAY or (held.ends_on is not None and last > held.ends_on):
        raise Refused("ends-early" if last < day else "ends-late")
    _check_not_last(session, held)
    _end(session, held, last, by)
    return held


def _check_not_last(session: Session, held: Membership) -> None:
    if held.role in powers.lost_without(session, held.user_id):
        raise Refused(f"last-{held.role}")


def _end(session: Session, held: Membership, last: date, by: UUID | None) -> None:
    was, held.ends_on = held.ends_on, max(last, held.starts_on - A_DAY)
    session.flush()
    told = {"ends_on": [was.isoformat() if was else None, held.ends_on.isoformat()]}
    _told(session, by, "membership.ended", held.user_id, told, membership=str(held.id), role=held.role)
    changes.note(session, "officer", held.user_id)


def end_in(session: Session, place: ColumnElement[bool], last: date, *, by: UUID | None) -> int:
    """Every membership in a team or unit that goes on beyond `last` has it as its last day; how many. None of a power:
    the server's command may have put one into a team, and whoever keeps teams must not end it with them."""
    powers.alone(session)
    served = session.scalars(select(Membership).where(place, Membership.role.not_in(POWERS)))
    beyond = [one for one in served if _goes_on(one, last + A_DAY)]
    for held in beyond:
        _end(session, held, last, by)
    return len(beyond)


def _facts(proposal: Proposal) -> dict[str, list[str | None]]:
    """As the log says it: from nothing to this."""
    one = proposal
    facts = {
        "role": one.role, "team": str(one.team_id) if one.team_id else None,
        "unit": str(one.unit_id) if one.unit_id else None, "duty": one.duty or None,
        "starts_on": one.starts_on.isoformat(), "ends_on": one.ends_on.isoformat() if one.ends_on else None,
    }  # fmt: skip
    return {name: [None, value] for name, value in facts.items() if value is not None}


def _told(
    session: Session, by: UUID | None, verb: str, user_id: UUID, changed: dict[str, list[str | None]], **more: str
) -> None:
    audit.record(session, by, verb, "user", user_id, changes=changed, **more)
