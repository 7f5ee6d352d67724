"""Lines of handling units, of accounts with what they should become, and of who serves which project."""

from functools import partial
from uuid import UUID

from sqlalchemy.orm import Session

from fieldapp.accounts import actions, membership_actions, people_actions
from fieldapp.accounts.membership_actions import Wanted
from fieldapp.accounts.models import DUTIES, LEAD, OFFICER, UNIT, User
from fieldapp.accounts.place_actions import TEAMS, UNITS
from fieldapp.core.db import new_id
from fieldapp.projects.project_actions import ASSIGNMENTS, MAIN
from fieldapp.sheets import values
from fieldapp.sheets.known import Account, Known, Named, Serving, Site
from fieldapp.sheets.reading import Row
from fieldapp.sheets.steps import CHANGED, NEW, Doer, Step
from fieldapp.sheets.values import Bad

LAST_ORDER = 9999


def unit(row: Row, known: Known) -> Step:
    """Raises Bad."""
    name, step = row.cells["name"], Step()
    known.once(row, name)
    said = {"order": values.whole("order", row.cells["order"], 0, LAST_ORDER)} if row.cells["order"] else {}
    here = known.units.get(name)
    if here is None:
        here = known.units[name] = Named(new_id(), order=said.get("order", len(known.units)))
        step.adds(UNITS, here.id, {"name": name, "order": here.order})
        return step
    if here.archived:
        raise Bad("archived", "name")
    if said and here.order != said["order"]:
        here.order = said["order"]
        step.changes(UNITS, here.id, said)
    return step


# -- accounts ------------------------------------------------------------------------------------------------------


def account(row: Row, known: Known) -> Step:
    """An account, and what it should become: proposed, for a security administrator to grant. Raises Bad."""
    cells, step = row.cells, Step()
    username = cells["username"].lower()
    here = known.accounts.get(username)
    if not actions.USERNAME.fullmatch(username):
        raise Bad("username-form", "username", said=username)
    if here is not None and here.disabled:
        raise Bad("disabled", "username")
    if here is not None and here.line is not None and here.name != cells["name"]:
        raise Bad("otherwise", "name", said=here.line)
    known.once(row, username, cells["role"], cells["team"], cells["unit"])
    wanted = _wanted(cells, known, step)
    if here is None:
        here = known.accounts[username] = Account(new_id(), cells["name"], line=row.number)
        _make(step, here.id, username, here.name)
    here.line = here.line or row.number
    if here.name != cells["name"]:
        here.name = cells["name"]
        step.then(CHANGED, partial(_rename, here.id, here.name))
    held = (wanted.role, wanted.team_id, wanted.unit_id, wanted.duty)
    if held not in here.holds:
        here.holds.add(held)
        step.then(CHANGED, partial(_propose, here.id, new_id(), wanted, known))
    return step


def _wanted(cells: dict[str, str], known: Known, step: Step) -> Wanted:
    role = values.one_of(values.ROLES, "no-role", "role", cells["role"])
    if cells["duty"] and cells["duty"] not in DUTIES:
        raise Bad("no-duty", "duty", said=cells["duty"])
    if role in (OFFICER, LEAD) and not cells["team"]:
        raise Bad("team-needed", "team")
    if (role == UNIT) != bool(cells["unit"]):
        raise Bad("unit-needed" if role == UNIT else "unit-apart", "unit")
    unit = _place(known.units, cells["unit"], "no-unit", "unit") if cells["unit"] else None
    team = _team(cells["team"], known, step) if cells["team"] else None
    return Wanted(role, known.day, team.id if team else None, unit.id if unit else None, cells["duty"])


def _place(places: dict[str, Named], name: str, code: str, column: str) -> Named:
    found = places.get(name)
    if found is None:
        raise Bad(code, column, said=name)
    if found.archived:
        raise Bad("archived", column)
    return found


def _team(name: str, known: Known, step: Step) -> Named:
    if name not in known.teams:
        made = known.teams[name] = Named(new_id())
        step.adds(TEAMS, made.id, {"name": name, "order": len(known.teams)})
    return _place(known.teams, name, "no-team", "team")


def _make(step: Step, id: UUID, username: str, name: str) -> None:
    """Its password is one that only who downloads the list learns; hashing it is slow on purpose."""
    hashes: list[str] = []

    def prepare(doer: Doer) -> None:
        hashes[:] = [actions.hash_of(people_actions.one_time_password(doer.secret, id))]

    def make(session: Session, doer: Doer) -> None:
        people_actions.make(session, id, username=username, name=name, password_hash=hashes[0], by=doer.by)

    step.prepare, step.account = prepare, (id, username)
    step.then(NEW, make)


def _rename(id: UUID, name: str, session: Session, doer: Doer) -> None:
    people_actions.rename(session, session.get_one(User, id), name, by=doer.by)


def _propose(id: UUID, proposal: UUID, wanted: Wanted, known: Known, session: Session, doer: Doer) -> None:
    user = session.get_one(User, id)
    membership_actions.propose(session, user, wanted, id=proposal, by=doer.by, day=known.day)


# -- who serves what -----------------------------------------------------------------------------------------------


def assignment(row: Row, known: Known) -> Step:
    """Raises Bad. The same officer or team again with the other part: from that day on it has that part."""
    cells, step = row.cells, Step()
    site = _site(cells, known)
    whom, is_team = _whom(cells, known)
    role = values.one_of(values.PARTS, "no-part", "role", cells["role"]) if cells["role"] else MAIN
    starts = values.day("starts_on", cells["starts_on"]) if cells["starts_on"] else None
    ends = values.day("ends_on", cells["ends_on"]) if cells["ends_on"] else None
    first = starts or known.day
    if ends is not None and ends < first:
        raise Bad("ends-early", "ends_on")
    said = {
        "project_id": site.id, "user_id": None if is_team else whom, "team_id": whom if is_team else None,
        "role": role, "starts_on": first, "ends_on": ends,
    }  # fmt: skip
    known.once(row, site.id, whom)
    serving = known.serving.setdefault((site.id, whom), [])
    here = next((one for one in serving if ends is None or one.starts_on <= ends), None)
    if here is None:
        id = new_id()
        serving.append(Serving(id, role, first, ends))
        step.adds(ASSIGNMENTS, id, said)
    elif (here.role, here.ends_on) != (role, ends if ends is not None or not cells["starts_on"] else here.ends_on):
        changed = said | {"starts_on": starts or max(known.day, here.starts_on)}
        step.changes(ASSIGNMENTS, here.id, changed)
        here.role, here.ends_on = role, ends
    return step


def _site(cells: dict[str, str], known: Known) -> Site:
    named = [one for one in known.sites_named.get(cells["project"], []) if one.phase == cells["phase"]]
    if cells["enterprise"]:
        firms = {firm.id for firm in known.by_name.get(cells["enterprise"], [])}
        named = [one for one in named if one.firm in firms]
    open_ones = [one for one in named if not one.archived]
    if len(open_ones) != 1:
        code = "two-projects" if open_ones else "archived" if named else "no-project"
        raise Bad(code, "project", said=cells["project"])
    return open_ones[0]


def _whom(cells: dict[str, str], known: Known) -> tuple[UUID, bool]:
    if bool(cells["username"]) == bool(cells["team"]):
        raise Bad("one-of-two", "username")
    if cells["team"]:
        return _place(known.teams, cells["team"], "no-team", "team").id, True
    account = known.accounts.get(cells["username"].lower())
    if account is None:
        raise Bad("no-account", "username", said=cells["username"])
    if account.disabled:
        raise Bad("disabled", "username")
    return account.id, False
