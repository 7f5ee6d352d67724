"""Lines of projects with their enterprises, and of contacts."""

from typing import Any

from fieldapp.core.db import new_id
from fieldapp.projects import credit_code
from fieldapp.projects.firm_actions import CONTACTS, ENTERPRISES
from fieldapp.projects.models import digits_of
from fieldapp.projects.project_actions import PROJECTS
from fieldapp.sheets import values
from fieldapp.sheets.known import Firm, Known, Named, Site
from fieldapp.sheets.reading import Row
from fieldapp.sheets.steps import Step, differing
from fieldapp.sheets.values import Bad

MOST_DAYS = 366


def project(row: Row, known: Known) -> Step:
    """Raises Bad."""
    cells, step = row.cells, Step()
    said = _project_said(cells, known)
    there = _found(cells["enterprise"], _code(cells), known)
    here = known.sites.get((there.id, cells["name"], cells["phase"])) if there else None
    if here is not None and here.archived:
        raise Bad("archived", "name")
    known.once(row, cells["enterprise"], cells["name"], cells["phase"])
    firm = _firm(row, known, step, may_make=True)
    if here is None:
        site = Site(new_id(), firm.id, cells["name"], cells["phase"], said)
        known.add_site(site)
        whole = {"enterprise_id": firm.id, "name": site.name, "phase": site.phase, **_filled(said)}
        step.adds(PROJECTS, site.id, whole)
        return step
    changed = differing(here.said, said)
    if changed:
        here.said |= changed
        step.changes(PROJECTS, here.id, changed)
    return step


def _project_said(cells: dict[str, str], known: Known) -> dict[str, Any]:
    said: dict[str, Any] = {"stage": values.one_of(known.stages, "no-stage", "stage", cells["stage"])}
    if cells["area"]:
        said["area_id"] = _area(cells["area"], known).id
    if cells["key_project"]:
        said["key_project"] = values.truth("key_project", cells["key_project"])
    there = values.point(cells["lat"], cells["lng"], cells["crs"])
    if there is not None:
        said |= {"lat": round(there.lat, 7), "lng": round(there.lng, 7)}
    for column, digits in (("investment", 12), ("site_area", 10)):
        if cells[column]:
            said[column] = values.amount(column, cells[column], digits)
    if cells["contact_every_days"]:
        said["contact_every_days"] = values.whole("contact_every_days", cells["contact_every_days"], 1, MOST_DAYS)
    return said


def _area(name: str, known: Known) -> Named:
    open_ones = [area for area in known.areas.get(name, []) if not area.archived]
    if len(open_ones) != 1:
        raise Bad("two-areas" if open_ones else "no-area", "area", said=name)
    return open_ones[0]


def _filled(said: dict[str, Any]) -> dict[str, Any]:
    """A new project has every column."""
    empty: dict[str, Any] = {
        "area_id": None, "key_project": False, "lat": None, "lng": None, "fence": None, "investment": None,
        "site_area": None, "contact_every_days": None,
    }  # fmt: skip
    return empty | said


# -- enterprises ---------------------------------------------------------------------------------------------------


def _code(cells: dict[str, str]) -> str:
    code = credit_code.tidy(cells["uscc"])
    if code and len(code) != credit_code.LENGTH:
        raise Bad("no-code", "uscc", said=code)
    return code


def _firm(row: Row, known: Known, step: Step, *, may_make: bool) -> Firm:
    """The enterprise that a line names; made, or completed, on the way."""
    cells = row.cells
    name, code = cells["enterprise"], _code(cells)
    said = {column: cells.get(column, "") for column in ("short_name", "sector")}
    firm = _found(name, code, known)
    if firm is None:
        if not may_make:
            raise Bad("no-enterprise", "enterprise", said=name)
        firm = Firm(new_id(), name, code or None, said, line=row.number)
        known.add_firm(firm)
        step.adds(ENTERPRISES, firm.id, {"name": name, "uscc": code or None, **said})
        return firm
    if firm.archived:
        raise Bad("archived", "enterprise")
    changed = differing({**firm.said, "uscc": firm.uscc}, {**said, "uscc": code})
    if changed and may_make:
        if firm.line is not None:
            raise Bad("otherwise", "enterprise", said=firm.line)
        firm.said |= changed
        if code:
            firm.uscc, known.by_code[code] = code, firm
        step.changes(ENTERPRISES, firm.id, changed)
    if may_make:
        firm.line = firm.line or row.number
    if code and not credit_code.fits(code):
        step.warnings.append(("odd-code", "uscc"))
    return firm


def _found(name: str, code: str, known: Known) -> Firm | None:
    """By its code; else the one of that name. Raises Bad where the two do not go together."""
    if code and (firm := known.by_code.get(code)) is not None:
        if firm.name != name:
            raise Bad("code-of-another", "uscc", said=firm.name)
        return firm
    named = [one for one in known.by_name.get(name, []) if not one.archived] or known.by_name.get(name, [])
    if not named:
        return None
    if code:
        named = [one for one in named if not one.uscc]
        if not named:
            raise Bad("name-of-another", "enterprise", said=name)
    if len(named) > 1:
        raise Bad("two-enterprises", "enterprise", said=name)
    return named[0]


# -- contacts ------------------------------------------------------------------------------------------------------


def contact(row: Row, known: Known) -> Step:
    """Raises Bad. Another number is another contact: who has left is archived by hand, and nobody is overwritten."""
    cells, step = row.cells, Step()
    firm = _firm(row, known, step, may_make=False)
    said = {"name": cells["name"], "title": cells["title"], "phone": cells["phone"]}
    key = firm.id, said["name"], digits_of(said["phone"])
    if said["phone"] and len(key[2]) < 5:
        raise Bad("no-phone", "phone", said=said["phone"])
    known.once(row, *key)
    here = known.contacts.get(key)
    if here is None:
        id = new_id()
        known.contacts[key] = id, said["title"]
        step.adds(CONTACTS, id, {"enterprise_id": firm.id, "order": 0, **said})
    elif said["title"] and here[1] != said["title"]:
        known.contacts[key] = here[0], said["title"]
        step.changes(CONTACTS, here[0], {"title": said["title"]})
    return step
