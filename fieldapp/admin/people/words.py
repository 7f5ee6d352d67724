"""What roles, duties, refusals and acts are called."""

from flask_babel import lazy_gettext as _l

from fieldapp.accounts.models import ADMIN, AUDITOR, DESK, LEAD, OFFICER, SECURITY, SQUAD, TASK_FORCE, TEAM, UNIT

ROLES = {
    OFFICER: _l("Service officer"), LEAD: _l("Team lead"), DESK: _l("Desk"), UNIT: _l("Handling unit"),
    ADMIN: _l("System administrator"), SECURITY: _l("Security administrator"), AUDITOR: _l("Auditor"),
}  # fmt: skip
ROLES_SAY = {
    OFFICER: _l("logs visits; of a team"),
    LEAD: _l("also reads what the team logged, and sorts it out"),
    DESK: _l("takes calls, files visits, sorts out"),
    UNIT: _l("answers the issues dispatched to its unit"),
    ADMIN: _l("accounts, teams, registers; reads no visits"),
    SECURITY: _l("grants and ends roles; reads no visits"),
    AUDITOR: _l("reads the log; changes nothing"),
}
DUTIES = {
    "统筹": _l("Coordinates"), "带队": _l("Leads the squad"), "队员": _l("Member"), "帮办代办": _l("Files on behalf"),
    "首席服务官": _l("Chief service officer"),
}  # fmt: skip
TEAM_KINDS = {TEAM: _l("Service team"), SQUAD: _l("Squad"), TASK_FORCE: _l("Task force")}
SHOWN = {
    "": _l("In use"),
    "roleless": _l("Without a role"),
    "powers": _l("The three powers"),
    "disabled": _l("Disabled"),
}

REFUSED = {
    "username-form": _l("Small letters, digits, dot, dash; beginning with a letter."),
    "username-taken": _l("This account name is taken."),
    "name-form": _l("Please give a name of 1 to 60 characters."),
    "id-taken": _l("Something else was saved from this form before. Send it again to save this too."),
    "role-unknown": _l("Please choose a role."),
    "duty-unknown": _l("Please choose a duty from the list."),
    "starts-far": _l("The first day is more than a year away."),
    "ends-early": _l("The last day lies before the first, or has gone by."),
    "ends-late": _l("It ends earlier already. For a longer time, propose a new one."),
    "power-apart": _l("Of the three powers, none belongs to a team or unit or has a duty."),
    "power-ends": _l("One of the three powers has no last day. End it when somebody else has it."),
    "team-wanted": _l("A service officer and a team lead belong to a team: please choose it."),
    "team-gone": _l("This team is archived."),
    "team-ends": _l("This team has a last day: please give one that is not later."),
    "unit-wanted": _l("Please choose the handling unit."),
    "unit-apart": _l("Only the role of a handling unit belongs to a unit."),
    "unit-gone": _l("This unit is archived."),
    "membership-gone": _l("The role that it should take the place of has ended."),
    "second-power": _l("They hold another of the three powers. Nobody holds two: end that one first."),
    "power-held": _l("They hold this power already."),
    "user-disabled": _l("This account is disabled."),
    "grant-own": _l("Nobody grants or refuses what is proposed for themselves."),
    "grant-not-yours": _l("Granting is for the security administrator."),
    "last-admin": _l("They are the only system administrator. Have another one appointed first."),
    "last-security": _l("They are the only security administrator. Grant the role to another one first."),
}
FIELD_OF = {
    "username": "username", "name": "name", "role": "role", "duty": "duty", "starts": "starts_on", "ends": "ends_on",
    "power": "role", "second": "role", "team": "team_id", "unit": "unit_id",
}  # fmt: skip

# Of the history on a person's page: what was done to the account, not what its owner did.
TURNS = {
    "user.add": _l("Account made"),
    "user.renamed": _l("Renamed"),
    "user.disable": _l("Disabled"),
    "user.enable": _l("Enabled"),
    "user.password": _l("Password changed"),
    "factor.reset": _l("Second factor taken away"),
    "membership.proposed": _l("Role proposed"),
    "membership.granted": _l("Role granted"),
    "membership.refused": _l("Proposal refused"),
    "membership.taken-back": _l("Proposal taken back"),
    "membership.ended": _l("Role ended"),
}
FACTS = {
    "name": _l("Name"), "role": _l("Role"), "team": _l("Team"), "unit": _l("Handling unit"), "duty": _l("Duty"),
    "starts_on": _l("First day"), "ends_on": _l("Last day"),
}  # fmt: skip


def role(code: str) -> str:
    return str(ROLES.get(code, code))


def duty(code: str) -> str:
    return str(DUTIES.get(code, code))


def refused(code: str) -> str:
    return str(REFUSED[code])
