"""The registers of what visits and issues are written with: kinds, categories, programmes, questions, stock phrases."""

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fieldapp.admin.registers.choosing import Choice, Many, Ordered
from fieldapp.admin.registers.fields import Area, Text
from fieldapp.admin.registers.known import Options
from fieldapp.admin.registers.pieces import CODE, EN, NAME, ORDER, ZH, filled, holding, ids_of
from fieldapp.admin.registers.register import Line, Register
from fieldapp.core import i18n
from fieldapp.issues import policy as issues_policy
from fieldapp.issues.category_actions import CATEGORIES
from fieldapp.issues.models import Category
from fieldapp.projects import policy as projects_policy
from fieldapp.projects.models import Phrase, Programme
from fieldapp.projects.zone_actions import PHRASES, PROGRAMMES
from fieldapp.visits import kind_actions as kinds
from fieldapp.visits import policy as visits_policy
from fieldapp.visits.models import Question, VisitKind


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
    line=lambda row, known: Line(i18n.named(row), filled(dict(_groups()).get(row.group, row.group), row.code)),
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
    learn=lambda rows: {"categories": ids_of(rows, "parent"), "units": ids_of(rows, "unit_id")},
    line=lambda row, known: Line(
        i18n.named(row),
        filled(known.title("categories", row.parent) or _("First level"), known.title("units", row.unit_id)),
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
        i18n.named(row), filled(_(", ").join(row.stages), dict(_scopes()).get(row.scope, ""))
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
    line=lambda row, known: Line(row.text, filled(dict(_phrase_fields()).get(row.field, row.field))),
)  # fmt: skip
