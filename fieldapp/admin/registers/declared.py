"""The registers, one declaration each. A new one needs its `Kept` in its feature's actions, and a row here."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import joinedload

from fieldapp.accounts.models import Team, User
from fieldapp.admin.people.places import TEAMS_PAGE, UNITS_PAGE
from fieldapp.admin.registers.fields import (
    Amount,
    Area,
    Check,
    Choice,
    Code,
    CreditCode,
    Day,
    FirstDay,
    Many,
    Number,
    Ordered,
    Ref,
    Text,
    Whole,
    Whom,
)
from fieldapp.admin.registers.known import Known, Options, project_named
from fieldapp.admin.registers.places import Point, Shape
from fieldapp.admin.registers.register import Beside, Line, Register
from fieldapp.core import i18n
from fieldapp.issues import policy as issues_policy
from fieldapp.issues.category_actions import CATEGORIES
from fieldapp.issues.models import Category
from fieldapp.projects import models as places
from fieldapp.projects import policy as projects_policy
from fieldapp.projects.enterprise_queries import like, named
from fieldapp.projects.firm_actions import CONTACTS, ENTERPRISES
from fieldapp.projects.models import Assignment, Contact, Enterprise, Phrase, Programme, Project, Zone
from fieldapp.projects.project_actions import ASSIGNMENTS, PROJECTS
from fieldapp.projects.zone_actions import AREAS, PHRASES, PROGRAMMES, ZONES
from fieldapp.visits import kind_actions as kinds
from fieldapp.visits import policy as visits_policy
from fieldapp.visits.models import Question, VisitKind

NAME = {"label": _l("What it is called"), "required": True}
ORDER = Whole(name="order", label=_l("Place in the list"), hint=_l("Smaller numbers come first."), empty=0)
CODE = Code(
    name="code", label=_l("Code in records"), hint=_l("What records say; it cannot be changed later."), required=True
)
ZH = {"name": "zh", "label": _l("Name in Chinese"), "required": True}
EN = {"name": "en", "label": _l("Name in English"), "hint": _l("Left empty, it is the Chinese one."), "instead": "zh"}


def holding(*columns: Any) -> Any:
    """Rows of which one of these columns holds what was typed."""

    def search(text: str) -> ColumnElement[bool]:
        what = like(text)
        return or_(*(column.ilike(what, escape="\\") for column in columns))

    return search


def _ids(rows: Iterable[Any], name: str) -> list[Any]:
    return [getattr(row, name) for row in rows if getattr(row, name)]


def _some(*words: str) -> tuple[str, ...]:
    return tuple(word for word in words if word)


# -- the words of what is chosen -----------------------------------------------------------------------------------


def _groups() -> Options:
    return list(
        zip(kinds.GROUPS, (_("On site"), _("By telephone"), _("At the office"), _("Meeting"), _("Away")), strict=True)
    )


def _wished() -> Options:
    return list(zip(kinds.WISHED, (_("Expected"), _("Optional"), _("Not asked")), strict=True))


def _scopes() -> Options:
    return list(zip(kinds.SCOPES, (_("Before building"), _("While building"), _("In production")), strict=True))


def _icons() -> Options:
    said = {
        "site-walk": _("Site"), "phone": _("Telephone"), "meeting": _("Meeting"), "reception": _("Reception"),
        "department": _("Department"), "accompany": _("In company"), "policy": _("Policy"), "watch": _("Watch"),
        "acceptance": _("Acceptance"), "trip": _("Trip"), "online": _("Online"),
    }  # fmt: skip
    return list(said.items())


def _asked() -> Options:
    said = {
        "photos": _("Photos"), "met": _("Whom one met"), "needs": _("Needs"), "progress": _("Progress"),
        "problems": _("Problems"), "issues": _("Issues"), "answers": _("Answers given"), "content": _("Content"),
        "next_step": _("Next step"), "participants": _("Who took part"), "outside": _("Units from outside"),
        "programmes": _("Programmes"), "enterprises": _("Further enterprises"), "policy_items": _("Policies explained"),
        "ended_at": _("Until when"),
    }  # fmt: skip
    return [(code, said[code]) for code in kinds.ASKED]


def _phrase_fields() -> Options:
    chosen = ("content", "progress", "needs", "problems", "answers", "next_step")
    said = dict(_asked())
    return [(code, said[code]) for code in chosen]


def _roles() -> Options:
    return [("main", _("Main")), ("supporting", _("Supporting"))]


# -- places and firms ----------------------------------------------------------------------------------------------

ZONES_PAGE = Register(
    slug="zones", icon="map", title=_l("Zones"), one=_l("Zone"), say=_l("Name and outline of the development zone"),
    kept=ZONES, may=projects_policy.may_keep, order=(Zone.name, Zone.id), search=holding(Zone.name),
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
    kept=AREAS, may=projects_policy.may_keep, order=(places.Area.name, places.Area.id),
    search=holding(places.Area.name), filters=("zone_id",),
    fields=(
        Choice(name="zone_id", label=_l("Zone"), options="zones", titles="zones", ids=True, required=True),
        Text(name="name", most=80, **NAME),
        Shape(name="boundary", label=_l("Boundary"), hint=_l("GeoJSON, a Polygon in WGS-84. May be left empty.")),
    ),
    learn=lambda rows: {"zones": _ids(rows, "zone_id")},
    line=lambda row, known: Line(row.name, _some(known.title("zones", row.zone_id))),
    beside=(Beside("projects", "area_id", _l("Its projects")),),
)  # fmt: skip

ENTERPRISES_PAGE = Register(
    slug="enterprises", icon="building", title=_l("Enterprises"), one=_l("Enterprise"),
    say=_l("Names, credit codes, sectors"), kept=ENTERPRISES, may=projects_policy.may_keep,
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
        row.name, _some(row.sector, row.uscc or ""),
        _some("" if row.confirmed else _("To be confirmed"), _("Merged") if row.merged_into else ""),
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
    say=_l("Whom to call at an enterprise; numbers are not shown whole"), kept=CONTACTS, may=projects_policy.may_keep,
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
    learn=lambda rows: {"enterprises": _ids(rows, "enterprise_id")},
    line=lambda row, known: Line(
        row.name, _some(row.title, known.title("enterprises", row.enterprise_id), _masked(row)),
        _some("" if row.confirmed else _("To be confirmed")),
    ),
)  # fmt: skip


def _project_line(row: Project, known: Known) -> Line:
    stage = dict(known.options("stages")).get(row.stage, row.stage)
    tags = _("Key project") if row.key_project else "", "" if row.lat is not None else _("Not on the map")
    return Line(row.title, _some(row.enterprise.name, stage, row.area.name if row.area else ""), _some(*tags))


PROJECTS_PAGE = Register(
    slug="projects", icon="projects", title=_l("Projects"), one=_l("Project"),
    say=_l("Phase, stage, place on the map, area, priority"), kept=PROJECTS, may=projects_policy.may_keep,
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
    return Line(f"{known.title('projects', row.project_id)} · {whom}", _some(role, span))


ASSIGNMENTS_PAGE = Register(
    slug="assignments", icon="people", title=_l("Assignments"), one=_l("Assignment"),
    say=_l("Which officer or team serves a project, from when to when"), kept=ASSIGNMENTS,
    may=projects_policy.may_keep, order=(Assignment.starts_on, Assignment.id), newest_first=True,
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
        "projects": _ids(rows, "project_id"), "users": _ids(rows, "user_id"), "teams": _ids(rows, "team_id"),
    },
    line=_assignment_line, acts=(("/admin/assignments/handover", _l("Hand over all of one to another")),),
    words={
        "current": _l("Current"), "aside": _l("No longer"), "archive": _l("End it today"), "archived": _l("No longer"),
    },
)  # fmt: skip


# -- what visits and issues are made of ----------------------------------------------------------------------------

KINDS_PAGE = Register(
    slug="kinds", icon="list", title=_l("Visit kinds"), one=_l("Visit kind"),
    say=_l("What each kind of visit asks for, in which order"), kept=kinds.KINDS, may=visits_policy.may_keep,
    order=(VisitKind.order, VisitKind.code), search=holding(VisitKind.zh, VisitKind.en, VisitKind.code),
    fields=(
        CODE,
        Text(most=40, **ZH),
        Text(most=60, **EN),
        Choice(name="group", label=_l("Group"), options=_groups, required=True),
        Choice(name="icon", label=_l("Picture"), options=_icons, none=_l("By its code")),
        Choice(name="photos", label=_l("Photos"), options=_wished, required=True),
        Choice(name="position", label=_l("Position"), options=_wished, required=True),
        Ordered(
            name="fields", label=_l("What is asked, in which order"), options=_asked,
            hint=_l("1 comes first; what has no number is not asked at first sight."),
        ),
        ORDER,
    ),
    line=lambda row, known: Line(i18n.named(row), _some(dict(_groups()).get(row.group, row.group), row.code)),
)  # fmt: skip

CATEGORIES_PAGE = Register(
    slug="categories", icon="issues", title=_l("Issue categories"), one=_l("Issue category"),
    say=_l("Two levels, and which unit is proposed for each"), kept=CATEGORIES, may=issues_policy.may_keep,
    order=(Category.order, Category.code), search=holding(Category.zh, Category.en, Category.code), filters=("parent",),
    fields=(
        CODE,
        Choice(name="parent", label=_l("Belongs to"), options="upper", titles="categories", none=_l("First level")),
        Text(most=40, **ZH),
        Text(most=60, **EN),
        Choice(
            name="unit_id", label=_l("Unit that is proposed"), options="units", titles="units", ids=True,
            none=_l("None"),
        ),
        Text(name="closing_condition", label=_l("What closes it"), most=200),
        ORDER,
    ),
    learn=lambda rows: {"categories": _ids(rows, "parent"), "units": _ids(rows, "unit_id")},
    line=lambda row, known: Line(
        i18n.named(row),
        _some(known.title("categories", row.parent) or _("First level"), known.title("units", row.unit_id)),
    ),
)  # fmt: skip

PROGRAMMES_PAGE = Register(
    slug="programmes", icon="kind-policy", title=_l("Programmes"), one=_l("Programme"),
    say=_l("Campaigns that a visit can answer for"), kept=PROGRAMMES, may=projects_policy.may_keep,
    order=(Programme.order, Programme.code), search=holding(Programme.name, Programme.code),
    fields=(CODE, Text(name="name", most=80, **NAME), ORDER),
    line=lambda row, known: Line(row.name, (row.code,)),
)  # fmt: skip

QUESTIONS_PAGE = Register(
    slug="questions", icon="info", title=_l("Questions"), one=_l("Question"), say=_l("What to ask at which stage"),
    kept=kinds.QUESTIONS, may=visits_policy.may_keep, order=(Question.order, Question.code),
    search=holding(Question.zh, Question.en, Question.code), filters=("scope",),
    fields=(
        CODE,
        Area(name="zh", label=_l("Question in Chinese"), required=True, most=120),
        Area(name="en", label=_l("Question in English"), hint=EN["hint"], instead="zh", most=200),
        Many(
            name="stages", label=_l("Stages"), options="stages",
            hint=_l("None chosen: as long as what is chosen below holds."),
        ),
        Choice(name="scope", label=_l("Or as long as"), options=_scopes, none=_l("At these stages only")),
        ORDER,
    ),
    line=lambda row, known: Line(
        i18n.named(row), _some(_(", ").join(row.stages), dict(_scopes()).get(row.scope, ""))
    ),
)  # fmt: skip

PHRASES_PAGE = Register(
    slug="phrases", icon="edit", title=_l("Stock phrases"), one=_l("Stock phrase"),
    say=_l("What one tap writes into a field"), kept=PHRASES, may=projects_policy.may_keep,
    order=(Phrase.order, Phrase.id), search=holding(Phrase.text), filters=("field",),
    fields=(
        Choice(name="field", label=_l("Field"), options=_phrase_fields, required=True),
        Area(name="text", label=_l("Text"), required=True, most=200),
        ORDER,
    ),
    line=lambda row, known: Line(row.text, _some(dict(_phrase_fields()).get(row.field, row.field))),
)  # fmt: skip

REGISTERS: dict[str, Register] = {
    one.slug: one
    for one in (
        PROJECTS_PAGE, ENTERPRISES_PAGE, CONTACTS_PAGE, ASSIGNMENTS_PAGE, AREAS_PAGE, ZONES_PAGE, KINDS_PAGE,
        CATEGORIES_PAGE, PROGRAMMES_PAGE, QUESTIONS_PAGE, PHRASES_PAGE, TEAMS_PAGE, UNITS_PAGE,
    )
}  # fmt: skip
PEOPLE = ("teams", "units")
PLACES = ("projects", "enterprises", "contacts", "assignments", "areas", "zones")
WORDS = ("kinds", "categories", "programmes", "questions", "phrases")
