"""The registers of the zone, its areas, enterprises, contacts, projects, and who serves them."""

from datetime import date

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from fieldapp.accounts.models import Team, User
from fieldapp.admin.registers.choosing import Choice, Ref, Whom
from fieldapp.admin.registers.fields import Amount, Check, CreditCode, Day, FirstDay, Number, Text, Whole
from fieldapp.admin.registers.known import Known, Options, project_named
from fieldapp.admin.registers.pieces import NAME, ORDER, filled, holding, ids_of
from fieldapp.admin.registers.places import Point, Shape
from fieldapp.admin.registers.register import Beside, Line, Register
from fieldapp.projects.enterprise_queries import like, named
from fieldapp.projects.firm_actions import CONTACTS, ENTERPRISES
from fieldapp.projects.models import Area, Assignment, Contact, Enterprise, Project, Zone
from fieldapp.projects.policy import may_keep
from fieldapp.projects.project_actions import ASSIGNMENTS, PROJECTS
from fieldapp.projects.zone_actions import AREAS, ZONES

ZONES_PAGE = Register(
    slug="zones", icon="map", title=_l("Zones"), one=_l("Zone"), say=_l("Name and outline of the development zone"),
    kept=ZONES, may=may_keep, order=(Zone.name, Zone.id), search=holding(Zone.name),
    fields=(
        Text(name="name", most=80, **NAME),
        Shape(
            name="basemap", label=_l("Outline"), whole=True,
            hint=_l("GeoJSON in WGS-84: coast, roads, plots. Shown under every map. May be left empty."),
        ),
    ),
    line=lambda row, known: Line(row.name), beside=(Beside("areas", "zone_id", _l("Its areas")),),
)  # fmt: skip

AREAS_PAGE = Register(
    slug="areas", icon="flag", title=_l("Areas"), one=_l("Area"), say=_l("Sub-zones, by which figures are counted"),
    kept=AREAS, may=may_keep, order=(Area.name, Area.id),
    search=holding(Area.name), filters=("zone_id",),
    fields=(
        Choice(name="zone_id", label=_l("Zone"), options="zones", titles="zones", ids=True, required=True),
        Text(name="name", most=80, **NAME),
        Shape(name="boundary", label=_l("Boundary"), hint=_l("GeoJSON, a Polygon in WGS-84. May be left empty.")),
    ),
    learn=lambda rows: {"zones": ids_of(rows, "zone_id")},
    line=lambda row, known: Line(row.name, filled(known.title("zones", row.zone_id))),
    beside=(Beside("projects", "area_id", _l("Its projects")),),
)  # fmt: skip

ENTERPRISES_PAGE = Register(
    slug="enterprises", icon="building", title=_l("Enterprises"), one=_l("Enterprise"),
    say=_l("Names, credit codes, sectors"), kept=ENTERPRISES, may=may_keep,
    order=(Enterprise.name, Enterprise.id),
    search=lambda text: or_(named(text), Enterprise.uscc.ilike(like(text), escape="\\")),
    fields=(
        Text(name="name", most=120, hint=_l("As on its licence."), **NAME),
        Text(name="short_name", label=_l("Short name"), most=60),
        CreditCode(
            name="uscc", label=_l("Unified social credit code"), hint=_l("18 characters; may be left empty.")
        ),
        Text(name="sector", label=_l("Sector"), most=80),
    ),
    line=lambda row, known: Line(
        row.name, filled(row.sector, row.uscc or ""),
        filled("" if row.confirmed else _("To be confirmed"), _("Merged") if row.merged_into else ""),
    ),
    beside=(
        Beside("projects", "enterprise_id", _l("Its projects")),
        Beside("contacts", "enterprise_id", _l("Its contacts")),
    ),
)  # fmt: skip


def _masked(row: Contact) -> str:
    return f"***{row.phone_tail}" if row.phone_tail else ""


CONTACTS_PAGE = Register(
    slug="contacts", icon="phone", title=_l("Contacts"), one=_l("Contact"),
    say=_l("Whom to call at an enterprise; numbers are not shown whole"), kept=CONTACTS, may=may_keep,
    order=(Contact.name, Contact.id), filters=("enterprise_id",),
    search=lambda text: or_(
        holding(Contact.name, Contact.title)(text),
        Contact.enterprise_id.in_(select(Enterprise.id).where(named(text))),
    ),
    fields=(
        Ref(name="enterprise_id", label=_l("Enterprise"), target="enterprises", required=True),
        Text(name="name", label=_l("Name"), required=True, most=60),
        Text(name="title", label=_l("Job title"), most=60),
        Number(name="phone", label=_l("Telephone"), hint=_l("Left empty, it stays as it is.")),
        ORDER,
    ),
    learn=lambda rows: {"enterprises": ids_of(rows, "enterprise_id")},
    line=lambda row, known: Line(
        row.name, filled(row.title, known.title("enterprises", row.enterprise_id), _masked(row)),
        filled("" if row.confirmed else _("To be confirmed")),
    ),
)  # fmt: skip


def _project_line(row: Project, known: Known) -> Line:
    stage = dict(known.options("stages")).get(row.stage, row.stage)
    tags = _("Key project") if row.key_project else "", "" if row.lat is not None else _("Not on the map")
    return Line(row.title, filled(row.enterprise.name, stage, row.area.name if row.area else ""), filled(*tags))


PROJECTS_PAGE = Register(
    slug="projects", icon="projects", title=_l("Projects"), one=_l("Project"),
    say=_l("Phase, stage, place on the map, area, priority"), kept=PROJECTS, may=may_keep,
    order=(Project.name, Project.id), search=project_named, filters=("enterprise_id", "area_id"),
    load=(joinedload(Project.enterprise), joinedload(Project.area)),
    fields=(
        Text(name="name", most=120, **NAME),
        Text(name="phase", label=_l("Phase"), hint=_l("Such as 一期; each phase is a row of its own."), most=20),
        Ref(name="enterprise_id", label=_l("Enterprise"), target="enterprises", required=True),
        Choice(name="stage", label=_l("Stage"), options="stages", required=True),
        Choice(name="area_id", label=_l("Area"), options="areas", titles="areas", ids=True, none=_l("None")),
        Check(name="key_project", label=_l("Key project")),
        Point(name="point", label=_l("Place on the map")),
        Whole(
            name="contact_every_days", label=_l("Contact every so many days"), least=1, most=365,
            hint=_l("A wish, never a duty; left empty, that of the zone."),
        ),
        Amount(name="investment", label=_l("Total investment, in 10,000 yuan"), most=999_999_999_999),
        Amount(name="site_area", label=_l("Site area, in mu"), most=9_999_999_999),
        Shape(
            name="fence", label=_l("Site boundary"), hint=_l("GeoJSON, a Polygon in WGS-84. Nothing is gated by it.")
        ),
    ),
    line=_project_line,
    beside=(Beside("assignments", "project_id", _l("Who serves it")),),
)  # fmt: skip


def _roles() -> Options:
    return [("main", _("Main")), ("supporting", _("Supporting"))]


def _over(today: date) -> ColumnElement[bool]:
    """Assignments that have ended, or never began."""
    return and_(
        Assignment.ends_on.is_not(None), or_(Assignment.ends_on < today, Assignment.ends_on < Assignment.starts_on)
    )


def _assignment_line(row: Assignment, known: Known) -> Line:
    whom = known.title("users", row.user_id) or known.title("teams", row.team_id)
    span = f"{row.starts_on} – {row.ends_on}"
    if row.ends_on is None:
        span = _("since %(day)s", day=row.starts_on)
    elif row.ends_on < row.starts_on:
        span = _("never began")
    role = dict(_roles()).get(row.role, row.role)
    return Line(f"{known.title('projects', row.project_id)} · {whom}", filled(role, span))


ASSIGNMENTS_PAGE = Register(
    slug="assignments", icon="people", title=_l("Assignments"), one=_l("Assignment"),
    say=_l("Which officer or team serves a project, from when to when"), kept=ASSIGNMENTS,
    may=may_keep, order=(Assignment.starts_on, Assignment.id), newest_first=True,
    archives=False, past=_over, filters=("project_id",),
    search=lambda text: or_(
        Assignment.project_id.in_(select(Project.id).where(project_named(text))),
        Assignment.user_id.in_(select(User.id).where(holding(User.name, User.initials)(text))),
        Assignment.team_id.in_(select(Team.id).where(holding(Team.name)(text))),
    ),
    fields=(
        Ref(name="project_id", label=_l("Project"), target="projects", required=True, only_new=True),
        Whom(name="whom", label=_l("Officer or team"), required=True),
        Choice(name="role", label=_l("Role"), options=_roles, required=True),
        FirstDay(
            name="starts_on", label=_l("First day"), required=True,
            hint=_l("A change begins on this day; what was before ends the day before."),
        ),
        Day(name="ends_on", label=_l("Last day"), hint=_l("Left empty: until further notice.")),
    ),
    learn=lambda rows: {
        "projects": ids_of(rows, "project_id"), "users": ids_of(rows, "user_id"), "teams": ids_of(rows, "team_id"),
    },
    line=_assignment_line, acts=(("/admin/assignments/handover", _l("Hand over all of one to another")),),
    words={
        "current": _l("Current"), "aside": _l("No longer"), "archive": _l("End it today"), "archived": _l("No longer"),
    },
)  # fmt: skip
