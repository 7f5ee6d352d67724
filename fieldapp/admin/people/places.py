"""The registers of teams and handling units."""

from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from fieldapp.accounts import policy
from fieldapp.accounts.models import TASK_FORCE, TEAM_KINDS, Team, Unit
from fieldapp.accounts.place_actions import TEAMS, UNITS
from fieldapp.admin.people import words
from fieldapp.admin.registers.choosing import Choice
from fieldapp.admin.registers.fields import Day, Text, Typed, Whole, Wrong
from fieldapp.admin.registers.known import Known, Options
from fieldapp.admin.registers.pieces import NAME, ORDER, filled, holding
from fieldapp.admin.registers.register import Beside, Line, Register

ENDS = _l("Archive it: the roles in it end today")


def _kinds() -> Options:
    return [(code, str(words.TEAM_KINDS[code])) for code in TEAM_KINDS]


@dataclass(frozen=True, kw_only=True)
class LastDay(Day):
    """A task force has one, others may."""

    def read(self, typed: Typed, known: Known) -> dict[str, Any]:
        read = super().read(typed, known)
        if read[self.name] is None and typed.one("kind") == TASK_FORCE:
            raise Wrong(_("A task force has a last day; it can be moved later."))
        return read


def _team_line(row: Team, known: Known) -> Line:
    ends = _("until %(day)s", day=row.ends_on) if row.ends_on else ""
    over = _("Over") if row.ends_on and row.ends_on < known.today else ""
    return Line(row.name, filled(str(words.TEAM_KINDS.get(row.kind, row.kind)), ends), filled(over))


TEAMS_PAGE = Register(
    slug="teams", icon="people", title=_l("Teams"), one=_l("Team"),
    say=_l("Service teams, squads, task forces with an end"),
    kept=TEAMS, may=policy.may_keep_people, order=(Team.order, Team.name, Team.id), sure=True,
    search=holding(Team.name),
    fields=(
        Text(name="name", most=80, **NAME),
        Choice(name="kind", label=_l("Kind of team"), options=_kinds, required=True),
        LastDay(
            name="ends_on", label=_l("Last day"),
            hint=_l("Of a task force. Roles in it end on that day at the latest."),
        ),
        ORDER,
    ),
    line=_team_line, beside=(Beside("memberships", "team", _l("Who is in it")),), words={"archive": ENDS},
)  # fmt: skip

UNITS_PAGE = Register(
    slug="units", icon="kind-department", title=_l("Handling units"), one=_l("Handling unit"),
    say=_l("Whom issues are dispatched to, in organisation order"), kept=UNITS, may=policy.may_keep_people,
    order=(Unit.order, Unit.name, Unit.id), sure=True, search=holding(Unit.name),
    fields=(
        Text(name="name", most=80, **NAME),
        Whole(
            name="order", label=_l("Place in the list"), empty=0,
            hint=_l("The organisation order: smaller numbers come first, in every table."),
        ),
    ),
    line=lambda row, known: Line(row.name, (_("No. %(n)s", n=row.order),)),
    beside=(Beside("memberships", "unit", _l("Who is in it")),), words={"archive": ENDS},
)  # fmt: skip
